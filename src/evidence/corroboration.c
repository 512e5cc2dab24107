#include "evidence/corroboration.h"

#include "caa/method.h"

/* R-MPIC-2: how many of the remote perspectives used may fail to corroborate. */
#define FEW_REMOTES      5
#define FEW_MAY_DISAGREE 1
#define MAY_DISAGREE     2

bool
cx_remotes_needed(const cx_str *methods, size_t n, bool onion, bool mailbox)
{
    for (size_t i = 0; i < n; i++) {
        if (!cx_method_without_remotes(methods[i], onion, mailbox)) {
            return true;
        }
    }
    return n == 0;
}

/* An address has nothing to corroborate (R-ID-1). */
static bool
name_needs_it(const struct cx_record *record, const struct cx_record_name *name)
{
    bool onion = name->kind == CX_RECORD_NAME_ONION || name->kind == CX_RECORD_NAME_ONION_WILDCARD;
    const struct cx_record_validation *validation =
        name->validation == CX_RECORD_NONE ? NULL : &record->validations[name->validation];

    return name->kind != CX_RECORD_NAME_IP &&
           (validation == NULL || cx_remotes_needed(validation->methods, validation->n_methods,
                                                    onion, name->kind == CX_RECORD_NAME_MAILBOX));
}

bool
cx_corroboration_needed(const struct cx_record *record)
{
    for (size_t i = 0; i < record->n_names; i++) {
        if (name_needs_it(record, &record->names[i])) {
            return true;
        }
    }
    return false;
}

/* Different ones, of those that exist. */
static unsigned
count_regions(const struct cx_corroboration *c)
{
    static const char *const known[] = { "AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE" };
    unsigned n = 0;

    for (size_t k = 0; k < CX_COUNT(known); k++) {
        for (size_t i = 0; i < c->n_regions; i++) {
            if (cx_str_equal(c->regions[i], cx_str_of(known[k]))) {
                n++;
                break;
            }
        }
    }
    return n;
}

const char *
cx_phase_lacks(struct cx_mpic_phase phase, const struct cx_corroboration *c)
{
    uint64_t may_disagree = c->n_used <= FEW_REMOTES ? FEW_MAY_DISAGREE : MAY_DISAGREE;

    if (phase.remotes == 0) {
        return NULL;
    }
    if (c->kind == CX_CORROBORATION_NONE) {
        return "there is none";
    }
    if (c->n_used < phase.remotes) {
        return "too few remote perspectives";
    }
    if (phase.quorum && (c->n_agreed > c->n_used || c->n_used - c->n_agreed > may_disagree)) {
        return "too many remote perspectives disagree";
    }
    return count_regions(c) < phase.regions ? "too few regions agree" : NULL;
}

const char *
cx_corroboration_lacks(const struct cx_record *record)
{
    if (!cx_corroboration_needed(record)) {
        return NULL;
    }
    for (size_t i = 0; i < record->n_cases; i++) {
        const char *lacks = cx_phase_lacks(cx_mpic_phase_at(record->cases[i].profile, record->date),
                                           &record->corroboration);

        if (lacks != NULL) {
            return lacks;
        }
    }
    return NULL;
}

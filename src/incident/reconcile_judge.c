#include "incident/reconcile_judge.h"

#include "base/limits.h"

static const struct {
    const char *word;
    const char *sentence;
} reasons[CX_RECONCILE_REASONS] = {
#define X(name, word, sentence) { word, sentence },
#include "incident/reconcile_reasons.def"
#undef X
};

const char *
cx_reconcile_word(enum cx_reconcile_reason reason)
{
    return reasons[reason].word;
}

const char *
cx_reconcile_sentence(enum cx_reconcile_reason reason)
{
    return reasons[reason].sentence;
}

static void
add(uint32_t *set, bool applies, enum cx_reconcile_reason reason)
{
    *set |= applies ? CX_RECONCILE_BIT(reason) : 0;
}

/* ---- the certificate */

static unsigned
purposes_by_names(const struct cx_record_name *names, size_t n)
{
    unsigned purposes = 0;

    for (size_t i = 0; i < n; i++) {
        purposes |= CX_PURPOSE_BIT(names[i].kind == CX_RECORD_NAME_MAILBOX ? CX_PURPOSE_SMIME
                                                                           : CX_PURPOSE_TLS);
    }
    return purposes;
}

cx_status
cx_reconcile_subject_of(const struct cx_certificate *certificate,
                        const struct cx_reconcile_options *options, struct cx_arena *arena,
                        struct cx_reconcile_subject *ret)
{
    const struct cx_issued *issued = &certificate->issued;
    struct cx_record_name *names = cx_arena_get(arena, issued->n_names + 1, sizeof(*names));
    size_t n = 0;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = (struct cx_reconcile_subject){ .signing =
                                              cx_signing_of(certificate, options->precertificate) };
    for (size_t i = 0; i < issued->n_names; i++) {
        enum cx_permit_fault fault;
        cx_status s = cx_permit_name_of_text(issued->names[i], arena, &names[n], &fault, NULL);

        if (!cx_ok(s) && cx_status_class(s) != CX_CLASS_DENIED) {
            return s;
        }
        n += cx_ok(s) ? 1 : 0;
        add(&ret->reasons, !cx_ok(s), CX_RECONCILE_NAME);
    }
    add(&ret->reasons, n == 0, CX_RECONCILE_NAME);
    add(&ret->reasons, ret->signing.at == CX_TIME_NONE, CX_RECONCILE_NO_MOMENT);
    add(&ret->reasons, issued->names_partial, CX_RECONCILE_PARTIAL); /* R-PRF-10 */
    ret->permit = (struct cx_permit_subject){
        .names = names,
        .n_names = n,
        .purposes = options->purposes != 0 ? options->purposes : purposes_by_names(names, n),
    };
    return CX_SUCCESS;
}

/* ---- a record */

cx_time
cx_reconcile_earliest(const struct cx_reconcile_options *options, cx_time signed_at)
{
    return signed_at - (options->life_s != 0 ? (cx_time)options->life_s : CX_PERMIT_LIFE_S);
}

static struct cx_permit_trust
trust_of(const struct cx_reconcile_options *options, const struct cx_hash *authority)
{
    return (struct cx_permit_trust){
        .authority = *authority,
        .profile = options->profile,
        .accept_lf = options->accept_lf,
        .accept_exempt = options->accept_exempt,
        .life_s = options->life_s,
    };
}

/* What a signer would say of it for its own names, its own issuing key and the moment of its logging. */
static cx_status
assess_by_itself(const struct cx_record *record, const struct cx_reconcile_options *options,
                 struct cx_arena *arena, struct cx_assessment *ret)
{
    struct cx_permit_subject subject = { .names = record->names, .n_names = record->n_names };
    struct cx_record as_if = *record;
    struct cx_permit_trust trust;
    cx_status s;

    if (!record
             ->has_authority) { /* told apart by the reason AUTHORITY; here it must not hide the rest */
        as_if.has_authority = true;
        memset(as_if.authority.b, 1, sizeof(as_if.authority.b));
    }
    trust = trust_of(options, &as_if.authority);
    s = cx_permit_check(&as_if, &subject, &trust, record->time_ms, arena, &ret->fault, &ret->why);
    return cx_ok(s) || cx_status_class(s) == CX_CLASS_DENIED ? CX_SUCCESS : s;
}

static enum cx_reconcile_reason
reason_of_fault(enum cx_permit_fault fault, const struct cx_record *record)
{
    if (fault == CX_PERMIT_VERDICT || fault == CX_PERMIT_LOOKUP_FAILURE ||
        fault == CX_PERMIT_EXEMPT) {
        return CX_RECONCILE_VERDICT;
    }
    if (fault == CX_PERMIT_CORROBORATION) { /* that is why there is no expiry */
        return CX_RECONCILE_CORROBORATION;
    }
    return record->conclusion.expires == CX_TIME_NONE ? CX_RECONCILE_NO_EXPIRY
                                                      : CX_RECONCILE_REFUSED;
}

static unsigned
purposes_of(const struct cx_record *record)
{
    unsigned purposes = 0;

    for (size_t i = 0; i < record->n_cases; i++) {
        purposes |= CX_PURPOSE_BIT(record->cases[i].purpose);
    }
    return purposes;
}

static bool
is_for_authority(const struct cx_record *record, const struct cx_reconcile_options *options)
{
    return record->has_authority &&
           (!options->has_authority || cx_hash_equal(&record->authority, &options->authority));
}

static void
assess_time(const struct cx_record *record, const struct cx_reconcile_subject *subject,
            const struct cx_reconcile_options *options, struct cx_assessment *ret)
{
    cx_time signed_at = subject->signing.at, logged = (cx_time)(record->time_ms / 1000);
    cx_time expires = record->conclusion.expires;

    ret->distance = logged > signed_at ? logged - signed_at : signed_at - logged;
    ret->in_time = logged <= signed_at + (cx_time)options->skew_s &&
                   logged > cx_reconcile_earliest(options, signed_at);
    add(&ret->reasons, logged > signed_at + (cx_time)options->skew_s, CX_RECONCILE_BEFORE_CHECK);
    add(&ret->reasons, expires != CX_TIME_NONE && signed_at >= expires, CX_RECONCILE_AFTER_EXPIRY);
}

/* The last word: what a signer does, with all that is to be signed. */
static cx_status
confirm(const struct cx_record *record, const struct cx_reconcile_subject *subject,
        const struct cx_reconcile_options *options, struct cx_arena *arena,
        struct cx_assessment *ret)
{
    struct cx_permit_trust trust =
        trust_of(options, options->has_authority ? &options->authority : &record->authority);
    uint64_t signed_ms = (uint64_t)subject->signing.at * 1000;
    cx_status s = cx_permit_check(record, &subject->permit, &trust,
                                  signed_ms > record->time_ms ? signed_ms : record->time_ms, arena,
                                  &ret->fault, &ret->why);

    if (!cx_ok(s) && cx_status_class(s) != CX_CLASS_DENIED) {
        return s;
    }
    add(&ret->reasons, !cx_ok(s), CX_RECONCILE_REFUSED);
    return CX_SUCCESS;
}

cx_status
cx_reconcile_assess(const struct cx_record *record, const struct cx_reconcile_subject *subject,
                    const struct cx_reconcile_options *options, struct cx_arena *arena,
                    struct cx_assessment *ret)
{
    *ret = (struct cx_assessment){ .reasons = subject->reasons };
    CX_TRY(cx_permit_compare_names(record, &subject->permit, arena, &ret->names));
    CX_TRY(assess_by_itself(record, options, arena, ret));
    assess_time(record, subject, options, ret);
    add(&ret->reasons, ret->names.n_missing + ret->names.n_extra != 0, CX_RECONCILE_NAMES);
    add(&ret->reasons, purposes_of(record) != subject->permit.purposes, CX_RECONCILE_PURPOSE);
    add(&ret->reasons, !is_for_authority(record, options), CX_RECONCILE_AUTHORITY);
    if (ret->fault != CX_PERMIT_NO_FAULT) {
        ret->reasons |= CX_RECONCILE_BIT(reason_of_fault(ret->fault, record));
    }
    add(&ret->reasons, record->is_shadow, CX_RECONCILE_NO_EXPIRY); /* whatever it says beside it */
    return ret->reasons != 0 ? CX_SUCCESS : confirm(record, subject, options, arena, ret);
}

uint32_t
cx_reconcile_fate(bool is_late, bool is_claimed, const struct cx_reconcile_options *options)
{
    uint32_t set = 0;

    add(&set, is_late, CX_RECONCILE_LATE);
    add(&set, options->claims_required && !is_claimed, CX_RECONCILE_NOT_CLAIMED);
    return set;
}

/* ---- which is nearer */

static unsigned
count_of(uint32_t set)
{
    unsigned n = 0;

    for (; set != 0; set &= set - 1) {
        n++;
    }
    return n;
}

bool
cx_assessment_nearer(const struct cx_assessment *a, const struct cx_assessment *b)
{
    size_t a_apart = a->names.n_missing + a->names.n_extra;
    size_t b_apart = b->names.n_missing + b->names.n_extra;

    if ((a_apart == 0) != (b_apart == 0)) {
        return a_apart == 0;
    }
    if (a->in_time != b->in_time) {
        return a->in_time;
    }
    if (a_apart != b_apart) {
        return a_apart < b_apart;
    }
    if (count_of(a->reasons) != count_of(b->reasons)) {
        return count_of(a->reasons) < count_of(b->reasons);
    }
    return a->distance < b->distance;
}

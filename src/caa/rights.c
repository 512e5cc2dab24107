#include "caa/rights.h"

#include "base/buf.h"
#include "caa/method.h"
#include "caa/value.h"

static const char *const uses[] = {
    [CX_USE_PLAIN] = "plain",
    [CX_USE_WILDCARD] = "wildcard",
    [CX_USE_MAIL] = "mail",
    [CX_USE_MARK] = "mark",
};

static const char *const whos[] = {
    [CX_WHO_UNKNOWN] = "unknown",
    [CX_WHO_ANYONE] = "anyone",
    [CX_WHO_LISTED] = "listed",
    [CX_WHO_NOBODY] = "nobody",
};

const char *
cx_use_word(enum cx_use use)
{
    return uses[use];
}

const char *
cx_who_word(enum cx_who who)
{
    return whos[who];
}

static bool
set_has(const struct cx_answer *set, enum cx_tag tag)
{
    for (size_t i = 0; i < set->n_records; i++) {
        if (cx_tag_of(set->records[i].tag) == tag) {
            return true;
        }
    }
    return false;
}

/* R-DEC-2, R-DEC-3, R-MAIL-2, R-VMC-1; CX_TAG_UNKNOWN if the set has none. */
static enum cx_tag
property_of(const struct cx_answer *set, enum cx_use use)
{
    enum cx_tag wanted = CX_TAG_ISSUE;

    switch (use) {
    case CX_USE_WILDCARD:
        wanted = set_has(set, CX_TAG_ISSUEWILD) ? CX_TAG_ISSUEWILD : CX_TAG_ISSUE;
        break;
    case CX_USE_MAIL:
        wanted = CX_TAG_ISSUEMAIL;
        break;
    case CX_USE_MARK:
        wanted = CX_TAG_ISSUEVMC;
        break;
    case CX_USE_PLAIN:
    case CX_USE_COUNT:
        break;
    }
    return set_has(set, wanted) ? wanted : CX_TAG_UNKNOWN;
}

static const struct cx_caa *
critical_unknown(const struct cx_answer *set)
{
    for (size_t i = 0; i < set->n_records; i++) {
        if (cx_caa_critical(&set->records[i]) && cx_tag_of(set->records[i].tag) == CX_TAG_UNKNOWN) {
            return &set->records[i];
        }
    }
    return NULL;
}

static bool
is_parameter(const struct cx_param *param, const char *word)
{
    return cx_span_equal_fold(param->tag, cx_span_of_str(cx_str_of(word)));
}

static void
put_separated(struct cx_buf *buf, const char *words)
{
    cx_buf_puts(buf, buf->n == 0 ? "" : "; ");
    cx_buf_puts(buf, words);
}

/* What the parameters demand, in words. *never: what they demand cannot be. */
static void
put_limits(const struct cx_issue_value *value, struct cx_buf *buf, bool *never)
{
    unsigned accounts = 0, methods = 0;
    struct cx_param param;

    for (size_t at = 0; cx_param_next(value, &at, &param);) {
        if (is_parameter(&param, "accounturi")) {
            *never = *never || ++accounts > 1 || !cx_is_uri(param.value);
            put_separated(buf, "only account ");
        } else if (is_parameter(&param, "validationmethods")) {
            *never = *never || ++methods > 1 || param.value.n == 0 ||
                     !cx_method_list_well_formed(param.value);
            put_separated(buf, "only by ");
        } else {
            continue; /* means what the CA says; not a limit that others know */
        }
        cx_buf_put_escaped(buf, param.value);
    }
}

static cx_status
take_permitted(const struct cx_caa *record, struct cx_arena *arena, struct cx_permitted *permitted,
               bool *ret_taken)
{
    struct cx_issue_value value = cx_issue_value_parse(record->value, CX_GRAMMAR_RFC8659);
    struct cx_buf buf;
    cx_status s;

    *ret_taken = value.well_formed && value.issuer.n != 0;
    if (!*ret_taken) {
        return CX_SUCCESS;
    }
    *permitted = (struct cx_permitted){ .issuer = value.issuer, .record = record };
    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    put_limits(&value, &buf, &permitted->never);
    s = cx_buf_ok(&buf) ? cx_arena_text(arena, cx_buf_str(&buf), &permitted->limits)
                        : (cx_status){ CX_E_NOMEM };
    cx_buf_done(&buf);
    return s;
}

static cx_status
list_permitted(const struct cx_answer *set, struct cx_arena *arena, struct cx_right *right)
{
    struct cx_permitted *v = cx_arena_get(arena, set->n_records + 1, sizeof(*v));
    bool any = false;

    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < set->n_records; i++) {
        bool taken = false;

        if (cx_tag_of(set->records[i].tag) == right->property) {
            CX_TRY(take_permitted(&set->records[i], arena, &v[right->n], &taken));
            any = any || (taken && !v[right->n].never);
            right->n += taken ? 1 : 0;
        }
    }
    right->v = v;
    right->who = any ? CX_WHO_LISTED : CX_WHO_NOBODY;
    return CX_SUCCESS;
}

cx_status
cx_right_of(const struct cx_answer *set, enum cx_use use, struct cx_arena *arena,
            struct cx_right *ret)
{
    struct cx_right right = { .who = CX_WHO_ANYONE };

    if (set != NULL && cx_outcome_is_failure(set->outcome)) {
        right.who = CX_WHO_UNKNOWN;
    } else if (set != NULL && critical_unknown(set) != NULL) {
        right.who = CX_WHO_NOBODY;
        right.critical = critical_unknown(set);
    } else if (set != NULL) {
        right.property = property_of(set, use);
        if (right.property != CX_TAG_UNKNOWN) {
            CX_TRY(list_permitted(set, arena, &right));
        }
    }
    *ret = right;
    return CX_SUCCESS;
}

bool
cx_right_names(const struct cx_right *right, cx_span issuer)
{
    for (size_t i = 0; i < right->n; i++) {
        if (!right->v[i].never && cx_span_equal_fold(right->v[i].issuer, issuer)) {
            return true;
        }
    }
    return false;
}

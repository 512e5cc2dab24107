#include "engine/policy.h"

#include "base/limits.h"
#include "caa/tag.h"
#include "engine/member.h"

static cx_status
read_own_entry(const struct cx_json *json, struct cx_arena *arena, struct cx_own *own,
               struct cx_detail *detail)
{
    static const char *const members[] = { "name", "from", "until", "issuemail_parameters", NULL };
    const struct cx_where where = { "policy.own", CX_E_POLICY, detail };
    cx_str name = { NULL, 0 };

    *own = (struct cx_own){ .from = CX_TIME_NONE, .until = CX_TIME_MAX };
    if (!cx_json_string(json, &name)) {
        CX_TRY(cx_json_only(json, "policy.own", members, CX_E_POLICY, detail));
        CX_TRY(cx_member_text(json, "name", &where, &name));
        CX_TRY(cx_member_time(json, "from", &where, &own->from));
        CX_TRY(cx_member_time(json, "until", &where, &own->until));
        CX_TRY(cx_member_bool(json, "issuemail_parameters", &where, &own->issuemail_parameters));
    }
    if (name.n == 0) {
        return cx_fail(detail, CX_E_POLICY, "policy.own: an entry without a name");
    }
    return cx_arena_text(arena, name, &own->name);
}

static cx_status
read_own(const struct cx_json *json, struct cx_arena *arena, struct cx_policy *policy,
         struct cx_detail *detail)
{
    size_t n = cx_json_size(json);
    struct cx_own *own;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_kind_of(json) != CX_JSON_ARRAY || n == 0 || n > CX_ISSUERS_MAX) {
        return cx_fail(detail, CX_E_POLICY, "policy.own: an array of 1 to %d names is needed",
                       CX_ISSUERS_MAX);
    }
    own = cx_arena_get(arena, n, sizeof(*own));
    if (own == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(read_own_entry(cx_json_at(json, i), arena, &own[i], detail));
    }
    policy->own = own;
    policy->n_own = n;
    return CX_SUCCESS;
}

/* R-TAG-14: only tags whose processing exists, or that have no effect elsewhere by their specification. */
static cx_status
read_known_tags(const struct cx_json *json, struct cx_arena *arena, struct cx_policy *policy,
                struct cx_detail *detail)
{
    const struct cx_where where = { "policy", CX_E_POLICY, detail };
    const cx_str *tags = NULL;
    size_t n = 0;

    if (cx_json_get(json, "known_tags") == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_member_texts(json, "known_tags", &where, 16, arena, &tags, &n));
    policy->knows_contactemail = policy->knows_contactphone = false;
    policy->knows_issuemail = policy->knows_issuevmc = false;
    for (size_t i = 0; i < n; i++) {
        switch (cx_tag_of(cx_span_of_str(tags[i]))) {
        case CX_TAG_CONTACTEMAIL:
            policy->knows_contactemail = true;
            break;
        case CX_TAG_CONTACTPHONE:
            policy->knows_contactphone = true;
            break;
        case CX_TAG_ISSUEMAIL:
            policy->knows_issuemail = true;
            break;
        case CX_TAG_ISSUEVMC:
            policy->knows_issuevmc = true;
            break;
        case CX_TAG_ISSUE:
        case CX_TAG_ISSUEWILD:
        case CX_TAG_IODEF:
            break; /* always known */
        case CX_TAG_UNKNOWN:
            return cx_fail(detail, CX_E_POLICY,
                           "policy.known_tags: \"%.*s\" has no processing here, so declaring it "
                           "known could permit what its publisher forbids",
                           (int)(tags[i].n < 60 ? tags[i].n : 60), tags[i].p);
        }
    }
    return CX_SUCCESS;
}

/* true, false, or the date from which the parameter is honoured. */
static cx_status
read_honoured(const struct cx_json *json, const char *member, cx_time *from,
              struct cx_detail *detail)
{
    const struct cx_where where = { "policy.honour", CX_E_POLICY, detail };
    bool honoured;

    if (cx_json_bool(cx_json_get(json, member), &honoured)) {
        *from = honoured ? CX_TIME_NONE : CX_TIME_MAX;
        return CX_SUCCESS;
    }
    return cx_member_time(json, member, &where, from);
}

static cx_status
read_honour(const struct cx_json *json, struct cx_policy *policy, struct cx_detail *detail)
{
    static const char *const members[] = { "accounturi", "validationmethods", NULL };

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "policy.honour", members, CX_E_POLICY, detail));
    CX_TRY(read_honoured(json, "accounturi", &policy->accounturi_from, detail));
    return read_honoured(json, "validationmethods", &policy->validationmethods_from, detail);
}

static cx_status
read_exceptions(const struct cx_json *json, struct cx_arena *arena, struct cx_policy *policy,
                struct cx_detail *detail)
{
    const struct cx_where where = { "policy", CX_E_POLICY, detail };
    const struct {
        const char *word;
        bool *documented;
    } words[] = {
        { "precertificate", &policy->exceptions.precertificate },
        { "constrained", &policy->exceptions.constrained },
        { "dns-operator", &policy->exceptions.dns_operator },
    };
    const cx_str *given = NULL;
    size_t n = 0;

    CX_TRY(cx_member_texts(json, "exceptions", &where, CX_COUNT(words), arena, &given, &n));
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < CX_COUNT(words) && !cx_str_equal(given[i], cx_str_of(words[k].word))) {
            k++;
        }
        if (k == CX_COUNT(words)) {
            return cx_fail(detail, CX_E_POLICY,
                           "policy.exceptions: \"precertificate\", \"constrained\" or "
                           "\"dns-operator\" is needed");
        }
        *words[k].documented = true;
    }
    return CX_SUCCESS;
}

/* A member with two words, the default first. */
static cx_status
read_switch(const struct cx_json *json, const char *member, const char *off, const char *on,
            bool *ret, struct cx_detail *detail)
{
    const struct cx_where where = { "policy", CX_E_POLICY, detail };
    const char *const words[] = { off, on, NULL };
    size_t which = *ret ? 1 : 0;

    CX_TRY(cx_member_word(json, member, &where, words, &which));
    *ret = which == 1;
    return CX_SUCCESS;
}

static cx_status
read_switches(const struct cx_json *json, struct cx_policy *p, struct cx_detail *detail)
{
    const struct cx_where where = { "policy", CX_E_POLICY, detail };
    int64_t limit = p->alias_limit;

    CX_TRY(read_switch(json, "issuer_case", "fold", "strict", &p->issuer_case_strict, detail));
    CX_TRY(read_switch(json, "param_case", "fold", "strict", &p->param_case_strict, detail));
    CX_TRY(read_switch(json, "label_case", "exact", "fold", &p->label_case_fold, detail));
    CX_TRY(read_switch(json, "lf_servfail", "strict", "classified", &p->lf_servfail_classified,
                       detail));
    CX_TRY(read_switch(json, "onion", "br", "rfc9799", &p->onion_rfc9799, detail));
    CX_TRY(cx_member_bool(json, "lf_permit", &where, &p->lf_permit));
    CX_TRY(cx_member_time(json, "ca_tbr_from", &where, &p->ca_tbr_from));
    CX_TRY(cx_member_number(json, "alias_limit", &where, CX_ALIASES_LOWEST, CX_ALIASES_DEFAULT,
                            &limit));
    p->alias_limit = (unsigned)limit;
    return CX_SUCCESS;
}

cx_status
cx_policy_from_json(const struct cx_json *json, struct cx_arena *arena, struct cx_policy *ret,
                    struct cx_detail *detail)
{
    static const char *const members[] = {
        "own",
        "known_tags",
        "issuer_case",
        "param_case",
        "label_case",
        "honour",
        "ca_tbr_from",
        "lf_permit",
        "lf_servfail",
        "alias_limit",
        "exceptions",
        "onion",
        "negative_trust_anchors",
        NULL,
    };
    const struct cx_where where = { "policy", CX_E_POLICY, detail };
    struct cx_policy policy = cx_policy_default();
    if (json != NULL) {
        CX_TRY(cx_json_only(json, "policy", members, CX_E_POLICY, detail));
        CX_TRY(read_own(cx_json_get(json, "own"), arena, &policy, detail));
        CX_TRY(read_known_tags(json, arena, &policy, detail));
        CX_TRY(read_honour(cx_json_get(json, "honour"), &policy, detail));
        CX_TRY(read_exceptions(json, arena, &policy, detail));
        CX_TRY(read_switches(json, &policy, detail));
        CX_TRY(cx_member_texts(json, "negative_trust_anchors", &where, CX_FACTS_MAX, arena,
                               &policy.negative_trust_anchors, &policy.n_negative_trust_anchors));
    }
    *ret = policy;
    return CX_SUCCESS;
}

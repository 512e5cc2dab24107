#include "caa/failure.h"

#include "base/limits.h"

bool
cx_validation_required(const struct cx_case *c)
{
    return c->epoch->validation || c->epoch->parameters || c->policy->accounturi_from <= c->date ||
           c->policy->validationmethods_from <= c->date;
}

/* R-FAIL-3, R-SEC-2, R-SEC-4 */
static bool
state_is_enough(const struct cx_case *c, enum cx_dnssec dnssec)
{
    switch (dnssec) {
    case CX_DNSSEC_SECURE:
    case CX_DNSSEC_INSECURE:
        return true;
    case CX_DNSSEC_INDETERMINATE:
        return !cx_validation_required(c);
    case CX_DNSSEC_BOGUS:
        return false;
    }
    return false;
}

/* "Records" without records, or a DNAME without target: no such answer exists, so nothing is known. */
static bool
holds_nothing(const struct cx_answer *answer)
{
    return answer->type == CX_TYPE_DNAME ? answer->n_aliases == 0 : answer->n_records == 0;
}

bool
cx_answer_failed(const struct cx_case *c, const struct cx_answer *answer)
{
    return cx_outcome_is_failure(answer->outcome) || !state_is_enough(c, answer->dnssec) ||
           answer->n_aliases > c->policy->alias_limit ||
           (answer->outcome == CX_OUTCOME_RECORDS && holds_nothing(answer));
}

/* Outcomes that can be outside the CA and do not show that a record exists. */
static bool
kind_can_be_excused(const struct cx_case *c, const struct cx_answer *answer)
{
    if (answer->n_aliases > c->policy->alias_limit) {
        return false; /* our own limit */
    }
    switch (answer->outcome) {
    case CX_OUTCOME_TIMEOUT:
    case CX_OUTCOME_SERVFAIL:
    case CX_OUTCOME_REFUSED:
        return true;
    case CX_OUTCOME_MALFORMED:
        return answer->malformed ==
               CX_MALFORMED_MESSAGE; /* R-SYN-6: else a record evidently exists */
    case CX_OUTCOME_UNSET:
    case CX_OUTCOME_RECORDS:
    case CX_OUTCOME_NODATA:
    case CX_OUTCOME_NXDOMAIN:
    case CX_OUTCOME_TRUNCATED:
    case CX_OUTCOME_LOOP:
    case CX_OUTCOME_BOGUS:
    case CX_OUTCOME_INDETERMINATE:
    case CX_OUTCOME_DEADLINE:
    case CX_OUTCOME_ERROR: /* R-FAIL-8: inside the CA */
        return false;
    }
    return false;
}

/* R-FAIL-1, R-FAIL-10: the zone was shown to have no chain. */
static bool
in_zone_without_chain(const struct cx_facts *facts, cx_span name)
{
    for (size_t i = 0; i < facts->n_no_chain; i++) {
        if (cx_name_within(name, cx_name_span(&facts->no_chain[i]))) {
            return true;
        }
    }
    return false;
}

/* R-FAIL-6: one name of an alias chain in a zone with a chain defeats the exception. */
static bool
all_without_chain(const struct cx_facts *facts, const struct cx_answer *answer)
{
    for (size_t i = 0; i < answer->n_aliases; i++) {
        if (!in_zone_without_chain(facts, answer->aliases[i])) {
            return false;
        }
    }
    return in_zone_without_chain(facts, answer->name);
}

static bool
third_limb(const struct cx_case *c, const struct cx_answer *answer)
{
    return answer->dnssec == CX_DNSSEC_INSECURE ||
           (c->epoch->limb == CX_LIMB_NO_CHAIN && answer->dnssec == CX_DNSSEC_INDETERMINATE &&
            all_without_chain(c->facts, answer));
}

/* R-FAIL-8: stated for the request, or shown with the failure itself. */
static bool
is_outside(const struct cx_case *c, const struct cx_answer *answer)
{
    return c->facts->control_probe || answer->n_control >= CX_CONTROL_NAMES_MIN;
}

bool
cx_failure_excused(const struct cx_case *c, const struct cx_answer *answer, struct cx_rules *rules)
{
    struct cx_rules ignored = { { 0 } };
    bool strict = c->epoch->strict_servfail && !c->policy->lf_servfail_classified;
    const struct {
        bool met;
        enum cx_rule rule;
    } limbs[] = {
        { kind_can_be_excused(c, answer) && c->epoch->limb != CX_LIMB_UNAVAILABLE, CX_R_DNS_1 },
        { c->policy->lf_permit, CX_R_FAIL_5 },
        { answer->attempts >= 2, CX_R_FAIL_7 },
        { is_outside(c, answer), CX_R_FAIL_8 },
        { third_limb(c, answer), CX_R_FAIL_3 },
        { answer->outcome != CX_OUTCOME_SERVFAIL || !strict, CX_R_SEC_5 },
    };
    bool excused = true;

    rules = rules != NULL ? rules : &ignored;
    for (size_t i = 0; i < CX_COUNT(limbs); i++) {
        if (!limbs[i].met) {
            excused = false;
            cx_rules_add(rules, limbs[i].rule);
        }
    }
    if (excused) {
        cx_rules_add(rules, c->epoch->limb == CX_LIMB_NO_CHAIN ? CX_R_FAIL_1 : CX_R_FAIL_2);
        cx_rules_add(rules, CX_R_FAIL_9);
    }
    return excused;
}

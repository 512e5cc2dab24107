#include "caa/exception.h"

#define SC062_FROM cx_time_of_day(2023, 9, 15) /* profiles: R-EXC-2, sections of R-EXC-3 */

/* R-TIME-1 for the precertificate's own check. */
static bool
precertificate_in_window(const struct cx_precertificate *p)
{
    cx_time window = p->ttl > CX_WINDOW_S && p->ttl <= INT32_MAX ? (cx_time)p->ttl : CX_WINDOW_S;

    return p->signed_at >= p->checked && p->signed_at - p->checked <= window;
}

static enum cx_exception
by_precertificate(const struct cx_case *c, struct cx_rules *rules)
{
    const struct cx_precertificate *p = &c->facts->precertificate;
    bool old_text = c->date < SC062_FROM;

    if (!p->given || c->epoch->profile != CX_PROFILE_TLS_BR ||
        !c->policy->exceptions.precertificate) {
        return CX_EXCEPTION_NONE;
    }
    cx_rules_add(rules, old_text ? CX_R_EXC_1 : CX_R_EXC_2);
    if (p->logs < 2 || !p->was_checked) {
        return CX_EXCEPTION_NONE;
    }
    if (precertificate_in_window(p)) {
        return CX_EXCEPTION_EXEMPT;
    }
    return old_text ? CX_EXCEPTION_ARGUABLE : CX_EXCEPTION_NONE;
}

/* R-EXC-3, R-EXC-4: the profile of the issuer, by date. */
static bool
is_constrained(const struct cx_case *c)
{
    const struct cx_constrained *k = &c->facts->constrained;
    bool smime = c->epoch->profile == CX_PROFILE_SMIME_BR;

    switch (k->section) {
    case CX_CONSTRAINED_7_1_5:
        return (smime || c->date < SC062_FROM) && k->permitted_names && k->directory_name;
    case CX_CONSTRAINED_7_1_2_3:
        return !smime && c->date >= SC062_FROM;
    case CX_CONSTRAINED_7_1_2_5:
        return !smime && c->date >= SC062_FROM && k->permitted_names && k->directory_name;
    case CX_CONSTRAINED_NONE:
        return false;
    }
    return false;
}

static enum cx_exception
by_constraint(const struct cx_case *c, struct cx_rules *rules)
{
    const struct cx_constrained *k = &c->facts->constrained;

    if (k->section == CX_CONSTRAINED_NONE || !c->policy->exceptions.constrained) {
        return CX_EXCEPTION_NONE;
    }
    cx_rules_add(rules, CX_R_EXC_3);
    cx_rules_add(rules, CX_R_EXC_4);
    return is_constrained(c) && k->contract_no_caa && k->contract_from <= c->date &&
                   c->date < k->contract_until
               ? CX_EXCEPTION_EXEMPT
               : CX_EXCEPTION_NONE;
}

/* R-EXC-5 */
static enum cx_exception
by_dns_operator(const struct cx_case *c, struct cx_rules *rules)
{
    if (!c->facts->dns_operator || c->epoch->profile != CX_PROFILE_TLS_BR ||
        !c->policy->exceptions.dns_operator || c->date >= cx_time_of_day(2021, 7, 12)) {
        return CX_EXCEPTION_NONE;
    }
    cx_rules_add(rules, CX_R_EXC_5);
    return c->date < cx_time_of_day(2021, 7, 1) ? CX_EXCEPTION_EXEMPT : CX_EXCEPTION_ARGUABLE;
}

enum cx_exception
cx_exception_of(const struct cx_case *c, struct cx_rules *rules)
{
    enum cx_exception (*const tries[])(const struct cx_case *, struct cx_rules *) = {
        by_precertificate,
        by_constraint,
        by_dns_operator,
    };
    enum cx_exception best = CX_EXCEPTION_NONE;

    if (c->epoch->profile != CX_PROFILE_SMIME_BR &&
        (c->epoch->profile != CX_PROFILE_TLS_BR || !c->epoch->binding)) {
        return CX_EXCEPTION_NONE;
    }
    for (size_t i = 0; i < CX_COUNT(tries); i++) {
        enum cx_exception found = tries[i](c, rules);

        if (found == CX_EXCEPTION_EXEMPT) {
            cx_rules_add(rules, CX_R_EXC_7);
            return found;
        }
        best = found == CX_EXCEPTION_NONE ? best : found;
    }
    return best;
}

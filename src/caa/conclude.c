#include "caa/conclude.h"

#define SC095_FROM  cx_time_of_day(2026, 3, 31) /* R-EXC-8 */
#define SC095_NAMED cx_time_of_day(2026, 3, 15)

void
cx_conclude_name(struct cx_conclusion *conclusion, const struct cx_finding *finding)
{
    bool first = conclusion->verdict == CX_VERDICT_UNSET;
    /* An open finding must not be forgotten by the next name's. */
    enum cx_verdict verdict =
        finding->verdict == CX_VERDICT_UNSET ? CX_VERDICT_FAIL : finding->verdict;

    if (first || cx_verdict_is_worse(verdict, conclusion->verdict)) {
        conclusion->verdict = verdict;
        conclusion->reason = finding->reason;
    }
    if (first) {
        conclusion->valid_until = CX_TIME_NONE;
    }
    if (finding->valid_until != CX_TIME_NONE && (conclusion->valid_until == CX_TIME_NONE ||
                                                 finding->valid_until < conclusion->valid_until)) {
        conclusion->valid_until = finding->valid_until;
    }
    conclusion->hypothetical = conclusion->hypothetical || finding->hypothetical;
    cx_rules_add(&conclusion->rules, CX_R_DEC_8);
}

/* Certificate-level findings only ever worsen. */
static void
worsen(struct cx_conclusion *k, enum cx_verdict verdict, enum cx_reason reason, enum cx_rule rule)
{
    cx_rules_add(&k->rules, rule);
    if (cx_verdict_is_worse(verdict, k->verdict)) {
        k->verdict = verdict;
        k->reason = reason;
    }
}

/* R-TIME-5: the latest check before signing wins. */
static void
apply_later(struct cx_conclusion *k, const struct cx_facts *facts)
{
    const struct cx_later *latest = NULL;

    for (size_t i = 0; i < facts->n_later; i++) {
        const struct cx_later *one = &facts->later[i];

        if (latest == NULL || one->time > latest->time ||
            (one->time == latest->time && cx_verdict_is_worse(one->verdict, latest->verdict))) {
            latest = one;
        }
    }
    if (latest != NULL && !cx_verdict_positive(latest->verdict)) {
        worsen(k, latest->verdict, CX_REASON_SUPERSEDED, CX_R_TIME_5);
    }
}

static bool
permits(enum cx_verdict verdict)
{
    return verdict == CX_VERDICT_PERMIT || verdict == CX_VERDICT_PERMIT_LF;
}

static void
apply_delegated(struct cx_conclusion *k, const struct cx_case *c)
{
    if (!c->facts->delegated || c->epoch->profile != CX_PROFILE_TLS_BR || c->date < SC095_NAMED) {
        return;
    }
    if (c->date >= SC095_FROM) {
        worsen(k, CX_VERDICT_FAIL, CX_REASON_DELEGATED, CX_R_EXC_8);
    } else if (permits(k->verdict)) {
        worsen(k, CX_VERDICT_ARGUABLE, CX_REASON_DELEGATED, CX_R_EXC_8);
    }
}

static void
apply_signing_time(struct cx_conclusion *k, const struct cx_facts *facts, cx_time newest)
{
    if (!facts->has_signing_time || !permits(k->verdict) || k->valid_until == CX_TIME_NONE) {
        return;
    }
    if (facts->signing_time > k->valid_until) {
        worsen(k, CX_VERDICT_FAIL, CX_REASON_STALE, CX_R_TIME_4);
    } else if (newest != CX_TIME_NONE && facts->signing_time < newest) {
        worsen(k, CX_VERDICT_FAIL, CX_REASON_EVIDENCE_LATE, CX_R_PRF_5);
    }
}

void
cx_conclude(struct cx_conclusion *conclusion, const struct cx_case *c, cx_time newest)
{
    apply_signing_time(conclusion, c->facts, newest);
    apply_later(conclusion, c->facts);
    apply_delegated(conclusion, c);
    if (c->facts->has_deadline && c->facts->completed > c->facts->deadline) {
        worsen(conclusion, CX_VERDICT_FAIL, CX_REASON_LATE, CX_R_PRF_1);
    }
    if (!permits(conclusion->verdict) || conclusion->hypothetical) {
        conclusion->valid_until = CX_TIME_NONE;
    } else {
        cx_rules_add(&conclusion->rules, CX_R_TIME_1);
    }
}

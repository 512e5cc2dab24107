#include "caa/judge.h"

#include "caa/decide.h"
#include "caa/exception.h"
#include "caa/failure.h"
#include "caa/window.h"

#define ONION_EXCLUDED cx_time_of_day(2022, 4, 23) /* R-ID-2 */

static void
set_verdict(struct cx_finding *f, enum cx_verdict verdict, enum cx_reason reason)
{
    f->verdict = verdict;
    f->reason = reason;
}

static void
add_reading(struct cx_finding *f, enum cx_verdict verdict, const char *reading)
{
    for (size_t i = 0; i < f->n_readings; i++) {
        if (f->readings[i].verdict == verdict) {
            return;
        }
    }
    if (f->n_readings < CX_READINGS_MAX) {
        f->readings[f->n_readings++] = (struct cx_reading){ verdict, reading };
    }
}

/* The prohibiting reading first. */
static void
sort_readings(struct cx_finding *f)
{
    for (size_t i = 1; i < f->n_readings; i++) {
        for (size_t k = i;
             k > 0 && cx_verdict_is_worse(f->readings[k].verdict, f->readings[k - 1].verdict);
             k--) {
            struct cx_reading swap = f->readings[k];

            f->readings[k] = f->readings[k - 1];
            f->readings[k - 1] = swap;
        }
    }
}

/* Which rule explains that an answer could not be used. */
static void
explain_failure(const struct cx_case *c, const struct cx_answer *answer, struct cx_finding *f)
{
    set_verdict(f, CX_VERDICT_FAIL, CX_REASON_LOOKUP);
    cx_rules_add(&f->rules, CX_R_TREE_9);
    if (answer == NULL || answer->outcome == CX_OUTCOME_LOOP ||
        answer->n_aliases > c->policy->alias_limit) {
        cx_rules_add(&f->rules, CX_R_TREE_13);
        return;
    }
    if (answer->outcome == CX_OUTCOME_BOGUS || answer->dnssec == CX_DNSSEC_BOGUS) {
        f->reason = CX_REASON_BOGUS;
        cx_rules_add(&f->rules, CX_R_SEC_4);
        return;
    }
    if (!cx_outcome_is_failure(answer->outcome) && answer->dnssec == CX_DNSSEC_INDETERMINATE &&
        cx_validation_required(c)) {
        f->reason = CX_REASON_UNVALIDATED;
        cx_rules_add(&f->rules, c->epoch->validation ? CX_R_SEC_2 : CX_R_8657_9);
        return;
    }
    if (answer->outcome == CX_OUTCOME_TRUNCATED) {
        cx_rules_add(&f->rules, CX_R_SYN_10);
    } else if (answer->malformed == CX_MALFORMED_RDATA) {
        cx_rules_add(&f->rules, CX_R_SYN_6);
    } else if (answer->malformed == CX_MALFORMED_OWNER) {
        cx_rules_add(&f->rules, CX_R_TREE_15);
    }
    (void)cx_failure_excused(c, answer,
                             &f->rules); /* for the rules it cites; the climb has asked */
}

/* Rules and notes that the way of the search calls for. */
static void
explain_search(const struct cx_case *c, const struct cx_subject *subject,
               const struct cx_search *search, struct cx_finding *f)
{
    cx_rules_add(&f->rules, c->epoch->algorithm == CX_ALGORITHM_RFC6844       ? CX_R_T44_1
                            : c->epoch->algorithm == CX_ALGORITHM_ERRATUM5065 ? CX_R_T44_4
                                                                              : CX_R_TREE_1);
    if (subject->wildcard) {
        cx_rules_add(&f->rules, CX_R_TREE_8);
    }
    if (search->dname_seen) {
        cx_rules_add(&f->rules, CX_R_T44_5);
    }
    for (size_t i = 0; i < search->n_used; i++) {
        const struct cx_answer *answer = search->used[i];

        if (answer->type == CX_TYPE_CAA && answer->n_aliases != 0) {
            cx_rules_add(&f->rules, CX_R_TREE_4);
        }
        if (answer->outcome == CX_OUTCOME_NXDOMAIN) {
            cx_rules_add(&f->rules, CX_R_TREE_6);
        }
        if (answer->dnssec == CX_DNSSEC_INDETERMINATE && !cx_outcome_is_failure(answer->outcome)) {
            cx_rules_add(&f->rules, CX_R_SEC_1);
            cx_notes_add(&f->notes, CX_NOTE_UNVALIDATED, (cx_span){ NULL, 0 });
        }
        if (cx_outcome_is_failure(answer->outcome) && answer != search->answer) {
            (void)cx_failure_excused(c, answer, &f->rules); /* cites what excused it */
        }
    }
}

static void
explain_skip(const struct cx_search *search, struct cx_finding *f)
{
    if (search->skip_ignored) {
        cx_rules_add(&f->rules, CX_R_P16_E8);
        cx_notes_add(&f->notes, CX_NOTE_SKIP_IGNORED, (cx_span){ NULL, 0 });
    }
    if (search->skipped) {
        cx_rules_add(&f->rules, CX_R_P16_8);
        cx_rules_add(&f->rules, CX_R_P16_11);
        cx_notes_add(&f->notes, CX_NOTE_INVERTED, (cx_span){ NULL, 0 });
    }
}

static void
explain_set(const struct cx_answer *set, struct cx_finding *f)
{
    if (cx_name_labels(set->name) == 1) {
        cx_rules_add(&f->rules, CX_R_TREE_7);
    }
    if (set->n_aliases != 0 && cx_span_equal(set->records_at, set->name)) {
        cx_rules_add(&f->rules, CX_R_TREE_14);
        cx_notes_add(&f->notes, CX_NOTE_CNAME_AND_CAA, (cx_span){ NULL, 0 });
    }
}

/* R-FAIL-9: what an excused failure on the way makes of a verdict. */
static enum cx_verdict
after_excuse(enum cx_verdict verdict, struct cx_finding *f)
{
    switch (verdict) {
    case CX_VERDICT_PERMIT:
        return CX_VERDICT_PERMIT_LF;
    case CX_VERDICT_DENY:
        cx_notes_add(&f->notes, CX_NOTE_LITERAL_READING, cx_span_of_str(CX_STR("PERMIT-LF")));
        return verdict;
    case CX_VERDICT_UNSET:
    case CX_VERDICT_FAIL:
    case CX_VERDICT_PERMIT_LF:
    case CX_VERDICT_EXEMPT:
    case CX_VERDICT_NA:
    case CX_VERDICT_ARGUABLE:
        return verdict;
    }
    return CX_VERDICT_FAIL;
}

/* The verdict of one finished search into f, whose readings are added to. */
static void
judge_search(const struct cx_case *c, const struct cx_subject *subject,
             const struct cx_search *search, struct cx_finding *f)
{
    struct cx_decision decision;

    explain_search(c, subject, search, f);
    explain_skip(search, f);
    if (search->state == CX_SEARCH_FOUND) {
        f->set = search->answer;
        explain_set(f->set, f);
        decision = cx_decide(c, subject, f->set, &f->rules, &f->notes);
        set_verdict(f, decision.verdict, decision.reason);
        if (search->skipped && decision.verdict == CX_VERDICT_DENY) {
            cx_rules_add(&f->rules, CX_R_P16_E4);
        }
        for (size_t i = 0; decision.verdict == CX_VERDICT_ARGUABLE && i < 2; i++) {
            enum cx_verdict reading = decision.readings[i].verdict;

            add_reading(f, search->excused ? after_excuse(reading, f) : reading,
                        decision.readings[i].reading);
        }
    } else if (search->state == CX_SEARCH_EMPTY) {
        set_verdict(f, CX_VERDICT_PERMIT, CX_REASON_NO_RECORDS);
    } else {
        explain_failure(c, search->answer, f);
    }
    f->excused = search->excused;
    if (search->excused) {
        f->verdict = after_excuse(f->verdict, f);
        f->reason = f->verdict == CX_VERDICT_PERMIT_LF ? CX_REASON_EXCUSED : f->reason;
    }
}

static void
take_need(const struct cx_search *search, struct cx_finding *f)
{
    memcpy(f->need, search->need, search->n_need * sizeof(f->need[0]));
    f->n_need = search->n_need;
}

static void
take_seen(const struct cx_search *search, struct cx_finding *f)
{
    for (size_t i = 0; i < search->n_seen; i++) {
        size_t k = 0;

        while (k < f->n_seen && f->seen[k] != search->seen[i]) {
            k++;
        }
        if (k == f->n_seen && f->n_seen < CX_CLIMB_MAX) {
            f->seen[f->n_seen++] = search->seen[i];
        }
    }
}

static enum cx_verdict
worst_reading(const struct cx_finding *f)
{
    enum cx_verdict worst = f->verdict;

    for (size_t i = 0; i < f->n_readings; i++) {
        worst = cx_verdict_worse(f->readings[i].verdict, worst);
    }
    return worst;
}

/* R-T44-5: the other reading of a DNAME on the way. False if it needs more answers. */
static bool
judge_dns_reading(const struct cx_case *c, const struct cx_subject *subject,
                  const struct cx_answers *answers, struct cx_finding *f)
{
    struct cx_finding other = { .verdict = CX_VERDICT_UNSET };
    struct cx_search search;

    cx_climb(c, subject, answers, false, &search);
    if (search.state == CX_SEARCH_NEEDS) {
        take_need(&search, f);
        return false;
    }
    take_seen(&search, f);
    judge_search(c, subject, &search, &other);
    cx_rules_join(&f->rules, &other.rules);
    for (size_t i = 0; i < other.notes.n; i++) {
        cx_notes_add(&f->notes, other.notes.v[i].code, other.notes.v[i].detail);
    }
    f->excused = f->excused || other.excused;
    cx_window_of(c, &search, &other);
    f->valid_until = other.valid_until < f->valid_until ? other.valid_until : f->valid_until;
    f->newest = other.newest > f->newest ? other.newest : f->newest;
    if (other.verdict == f->verdict && other.verdict != CX_VERDICT_ARGUABLE) {
        return true;
    }
    if (cx_verdict_is_worse(worst_reading(&other), worst_reading(f))) {
        f->set = other.set;
    }
    if (f->verdict != CX_VERDICT_ARGUABLE) {
        add_reading(f, f->verdict, "a DNAME redirects its own name too (RFC 6844 as written)");
    }
    for (size_t i = 0; i < other.n_readings; i++) {
        add_reading(f, other.readings[i].verdict, other.readings[i].reading);
    }
    if (other.verdict != CX_VERDICT_ARGUABLE) {
        add_reading(f, other.verdict, "a DNAME redirects only names below it (erratum 5097)");
    }
    set_verdict(f, CX_VERDICT_ARGUABLE, CX_REASON_READINGS);
    return true;
}

/* Searches and decides; false while questions are open. */
static bool
judge_by_search(const struct cx_case *c, const struct cx_subject *subject,
                const struct cx_answers *answers, struct cx_finding *f)
{
    struct cx_search search;

    cx_climb(c, subject, answers, true, &search);
    if (search.state == CX_SEARCH_NEEDS) {
        take_need(&search, f);
        return false;
    }
    take_seen(&search, f);
    judge_search(c, subject, &search, f);
    cx_window_of(c, &search, f);
    return !search.dname_seen || judge_dns_reading(c, subject, answers, f);
}

/* R-ID-3: the set that the service itself published. */
static void
judge_onion_service(const struct cx_case *c, const struct cx_subject *subject, struct cx_finding *f)
{
    const struct cx_onion *onion = &c->facts->onion;
    struct cx_answer set = {
        .name = subject->name,
        .type = CX_TYPE_CAA,
        .outcome = CX_OUTCOME_RECORDS,
        .records_at = subject->name,
        .records = onion->records,
        .n_records = onion->n_records,
    };
    struct cx_decision decision;

    cx_rules_add(&f->rules, CX_R_ID_3);
    f->newest = c->date; /* when the descriptor was read */
    f->valid_until = c->date + CX_WINDOW_S;
    if (!onion->second_layer) {
        set_verdict(f, onion->caa_critical ? CX_VERDICT_DENY : CX_VERDICT_FAIL,
                    onion->caa_critical ? CX_REASON_ONION_CRITICAL : CX_REASON_LOOKUP);
    } else if (onion->n_records == 0) {
        set_verdict(f, CX_VERDICT_PERMIT, CX_REASON_NO_RECORDS);
    } else {
        decision = cx_decide(c, subject, &set, &f->rules, &f->notes);
        set_verdict(f, decision.verdict, decision.reason);
        for (size_t i = 0; decision.verdict == CX_VERDICT_ARGUABLE && i < 2; i++) {
            add_reading(f, decision.readings[i].verdict, decision.readings[i].reading);
        }
    }
}

/* R-ID-2: before the exclusion a denying onion name would be arguable. */
static void
soften_onion(const struct cx_case *c, const struct cx_subject *subject, struct cx_finding *f)
{
    if (subject->kind == CX_SUBJECT_ONION && c->epoch->profile == CX_PROFILE_TLS_BR &&
        !c->policy->onion_rfc9799 && f->verdict == CX_VERDICT_DENY) {
        cx_rules_add(&f->rules, CX_R_ID_2);
        add_reading(f, CX_VERDICT_DENY, "the text of the date covered every domain name");
        add_reading(f, CX_VERDICT_PERMIT, "public DNS holds no onion names");
        set_verdict(f, CX_VERDICT_ARGUABLE, CX_REASON_READINGS);
    }
}

/* One reading of the text exempts: only a verdict that is not positive becomes arguable by it. */
static void
soften_exception(struct cx_finding *f)
{
    if (!cx_verdict_positive(f->verdict)) {
        if (f->verdict != CX_VERDICT_ARGUABLE) {
            add_reading(f, f->verdict, "the exception does not apply, and the check stands");
        }
        add_reading(f, CX_VERDICT_EXEMPT, "the exception applies");
        set_verdict(f, CX_VERDICT_ARGUABLE, CX_REASON_READINGS);
    }
}

/* A reading that fails is no denial: docs/interpretations.md 2 lifts denials only. */
static bool
reads_as_failure(const struct cx_finding *f)
{
    for (size_t i = 0; i < f->n_readings; i++) {
        if (f->readings[i].verdict == CX_VERDICT_FAIL) {
            return true;
        }
    }
    return false;
}

/* R-GEN-4, R-REV-8, R-MAIL-5: before CAA was a duty a denial does not bind; a failure still is one. */
static void
unbind(const struct cx_case *c, struct cx_finding *f)
{
    if (c->epoch->binding || (f->verdict != CX_VERDICT_DENY && f->verdict != CX_VERDICT_ARGUABLE)) {
        return;
    }
    if (reads_as_failure(f)) {
        f->n_readings = 0;
        set_verdict(f, CX_VERDICT_FAIL, CX_REASON_LOOKUP);
        return;
    }
    cx_rules_add(&f->rules, c->epoch->profile == CX_PROFILE_SMIME_BR ? CX_R_MAIL_5 : CX_R_GEN_4);
    cx_notes_add(&f->notes, CX_NOTE_NOT_BINDING,
                 cx_span_of_str(cx_str_of(cx_verdict_word(f->verdict))));
    if (c->epoch->profile == CX_PROFILE_SMIME_BR && c->date >= cx_time_of_day(2024, 9, 15)) {
        cx_notes_add(&f->notes, CX_NOTE_SHOULD_CHECK, (cx_span){ NULL, 0 });
    }
    f->n_readings = 0;
    /* R-FAIL-9: what would be PERMIT is PERMIT-LF. The reason keeps saying what the records meant. */
    f->verdict = f->excused ? CX_VERDICT_PERMIT_LF : CX_VERDICT_PERMIT;
}

static void
note_profile(const struct cx_case *c, struct cx_finding *f)
{
    if (c->epoch->profile == CX_PROFILE_PROPOSAL_2016) {
        cx_notes_add(&f->notes, CX_NOTE_SIMULATED, (cx_span){ NULL, 0 });
        if (c->order != CX_ORDER_BOTTOM_UP) {
            cx_rules_add(&f->rules, CX_R_P16_10);
        }
    }
    if (c->purpose == CX_PURPOSE_VMC) {
        cx_rules_add(&f->rules, CX_R_VMC_1);
        cx_notes_add(&f->notes, CX_NOTE_SEMANTICS_UNVERIFIED, (cx_span){ NULL, 0 });
    }
}

/* R-T44-8: notes what erratum 5065 would have made of it, unless that search fails. False if it needs more answers. */
static bool
search_by_erratum(const struct cx_case *c, const struct cx_subject *subject,
                  const struct cx_answers *answers, struct cx_finding *f)
{
    struct cx_finding other = { .verdict = CX_VERDICT_UNSET };
    struct cx_epoch epoch = *c->epoch;
    struct cx_case corrected = *c;
    struct cx_search search;

    epoch.algorithm = CX_ALGORITHM_ERRATUM5065;
    corrected.epoch = &epoch;
    cx_climb(&corrected, subject, answers, true, &search);
    if (search.state == CX_SEARCH_NEEDS) {
        take_need(&search, f);
        return false;
    }
    judge_search(&corrected, subject, &search, &other);
    if (other.verdict != f->verdict && other.verdict != CX_VERDICT_FAIL) {
        cx_rules_add(&f->rules, CX_R_T44_8);
        cx_notes_add(&f->notes, CX_NOTE_ERRATUM_DIFFERS,
                     cx_span_of_str(cx_str_of(cx_verdict_word(other.verdict))));
    }
    return true;
}

/* A finding is large: a second one is made only where it is asked for. */
static bool
note_erratum(const struct cx_case *c, const struct cx_subject *subject,
             const struct cx_answers *answers, struct cx_finding *f)
{
    return c->epoch->algorithm != CX_ALGORITHM_RFC6844 || !c->epoch->binding ||
           search_by_erratum(c, subject, answers, f);
}

/* Names that are settled without a search. */
static bool
judge_without_search(const struct cx_case *c, const struct cx_subject *subject,
                     enum cx_exception exception, struct cx_finding *f)
{
    if (subject->kind == CX_SUBJECT_IP) {
        f->rules = (struct cx_rules){ { 0 } }; /* exceptions do not matter here */
        cx_rules_add(&f->rules, CX_R_ID_1);
        set_verdict(f, CX_VERDICT_NA, CX_REASON_NOT_APPLICABLE);
        return true;
    }
    if (subject->kind == CX_SUBJECT_ONION && !c->policy->onion_rfc9799 &&
        c->epoch->profile == CX_PROFILE_TLS_BR && c->date >= ONION_EXCLUDED) {
        cx_rules_add(&f->rules, CX_R_ID_2);
        set_verdict(f, CX_VERDICT_NA, CX_REASON_NOT_APPLICABLE);
        return true;
    }
    if (exception == CX_EXCEPTION_EXEMPT) {
        set_verdict(f, CX_VERDICT_EXEMPT, CX_REASON_EXEMPT);
        return true;
    }
    return false;
}

static void
reset(struct cx_finding *f)
{
    set_verdict(f, CX_VERDICT_UNSET, CX_REASON_UNSET);
    f->rules = (struct cx_rules){ { 0 } };
    f->notes.n = f->n_readings = f->n_seen = f->n_need = 0;
    f->set = NULL;
    f->excused = f->hypothetical = false;
    f->valid_until = f->newest = CX_TIME_NONE;
}

/* What nobody filled in is no case, and must not be judged as one. */
static bool
can_be_judged(const struct cx_case *c, const struct cx_subject *subject)
{
    return c->epoch != NULL && c->epoch->profile != CX_PROFILE_UNSET && c->policy != NULL &&
           c->facts != NULL && c->purpose != CX_PURPOSE_UNSET && c->order != CX_ORDER_UNSET &&
           subject->kind != CX_SUBJECT_UNSET &&
           (subject->kind == CX_SUBJECT_IP ||
            (subject->name.n > 1 && !cx_name_is_root(subject->name)));
}

void
cx_judge(const struct cx_case *c, const struct cx_subject *subject,
         const struct cx_answers *answers, struct cx_finding *ret)
{
    enum cx_exception exception;

    reset(ret);
    if (!can_be_judged(c, subject)) {
        set_verdict(ret, CX_VERDICT_FAIL, CX_REASON_UNSET);
        return;
    }
    exception = cx_exception_of(c, &ret->rules);
    if (judge_without_search(c, subject, exception, ret)) {
        return;
    }
    if (subject->kind == CX_SUBJECT_ONION && c->policy->onion_rfc9799) {
        judge_onion_service(c, subject, ret);
    } else if (!judge_by_search(c, subject, answers, ret) ||
               !note_erratum(c, subject, answers, ret)) {
        set_verdict(ret, CX_VERDICT_UNSET, CX_REASON_UNSET);
        return;
    }
    soften_onion(c, subject, ret);
    if (exception == CX_EXCEPTION_ARGUABLE) {
        soften_exception(ret);
    }
    unbind(c, ret);
    note_profile(c, ret);
    sort_readings(ret);
    cx_window_close(c, ret);
}

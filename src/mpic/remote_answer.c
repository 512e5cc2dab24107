#include "mpic/remote_answer.h"

#include "base/limits.h"

/* A resolver of a remote perspective need not validate (R-SEC-6): of an answer, no known state is no fault. Of a failure it
 * stays one. Times were looked at before (cx_remote_time): to the judge all are that of the check. */
static void
take_given(const struct cx_answer *given, struct cx_answer *answer)
{
    *answer = *given;
    answer->time = CX_TIME_NONE;
    if (!cx_outcome_is_failure(answer->outcome) && answer->dnssec == CX_DNSSEC_INDETERMINATE) {
        answer->dnssec = CX_DNSSEC_INSECURE;
    }
}

static const struct cx_answer *
given_for(const struct cx_remote *remote, const struct cx_question *q)
{
    for (size_t i = 0; i < remote->n_answers; i++) {
        if (remote->answers[i].type == q->type && cx_span_equal(remote->answers[i].name, q->name)) {
            return &remote->answers[i];
        }
    }
    return NULL;
}

/* From a set and the name where it was found, or from none at all. Of DNAME it says nothing, and that is a failure. */
static void
take_seen(const struct cx_remote *remote, cx_span found_at, struct cx_answer *answer)
{
    if (answer->type != CX_TYPE_CAA) {
        return;
    }
    answer->dnssec = CX_DNSSEC_INSECURE;
    answer->attempts = 1;
    answer->outcome = CX_OUTCOME_NODATA;
    if (remote->said == CX_REMOTE_RECORDS && cx_span_equal(answer->name, found_at)) {
        answer->outcome = CX_OUTCOME_RECORDS;
        answer->records = remote->records;
        answer->n_records = remote->n_records;
    }
}

static cx_status
add_answer(const struct cx_remote *remote, cx_span found_at, const struct cx_question *q,
           struct cx_arena *arena, struct cx_answers *answers)
{
    struct cx_answer *answer = cx_arena_get(arena, 1, sizeof(*answer));
    const struct cx_answer *given = given_for(remote, q);
    cx_span name;

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_arena_copy(arena, q->name, &name));
    *answer = (struct cx_answer){ .name = name,
                                  .type = q->type,
                                  .outcome = CX_OUTCOME_ERROR,
                                  .time = CX_TIME_NONE,
                                  .records_at = name };
    if (remote->said != CX_REMOTE_ANSWERS) {
        take_seen(remote, found_at, answer);
    } else if (given != NULL) {
        take_given(given, answer);
    }
    return cx_answers_add(answers, arena, answer);
}

/* Control names (R-FAIL-8) that the primary asked say nothing of another's resolver. */
static struct cx_facts
facts_of_remote(const struct cx_facts *facts)
{
    struct cx_facts ret = *facts;

    ret.control_probe = false;
    return ret;
}

cx_status
cx_remote_judge(const struct cx_case *c, const struct cx_subject *subject,
                const struct cx_remote *remote, struct cx_arena *arena, enum cx_verdict *ret)
{
    struct cx_facts facts = facts_of_remote(c->facts);
    cx_span found_at = remote->found_at.n != 0 ? remote->found_at : subject->name;
    struct cx_answers answers = { .n = 0 };
    struct cx_case remote_case = *c;
    struct cx_finding finding;

    remote_case.facts = &facts;
    remote_case.order = CX_ORDER_BOTTOM_UP; /* nothing beforehand: it saw no more than it needed */
    for (size_t round = 0; round < CX_CLIMB_MAX; round++) {
        cx_judge(&remote_case, subject, &answers, &finding);
        if (finding.verdict != CX_VERDICT_UNSET) {
            break;
        }
        for (size_t i = 0; i < finding.n_need; i++) {
            CX_TRY(add_answer(remote, found_at, &finding.need[i], arena, &answers));
        }
    }
    *ret = finding.verdict;
    return CX_SUCCESS;
}

cx_time
cx_remote_time(const struct cx_remote *remote)
{
    cx_time time = remote->time;

    for (size_t i = 0; i < remote->n_answers && time != CX_TIME_NONE; i++) {
        cx_time asked = remote->answers[i].time;

        time = asked != CX_TIME_NONE && asked < time ? asked : time;
    }
    return time;
}

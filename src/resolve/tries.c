#include "resolve/tries.h"

#include "base/limits.h"

#include <event2/event.h>

/* How little a failure is excused: of two, the greater counts. 0: another try is of no use, or may not be. */
static unsigned
weight(const struct cx_answer *answer)
{
    switch (answer->outcome) {
    case CX_OUTCOME_TIMEOUT:
        return 1;
    case CX_OUTCOME_REFUSED:
        return 2;
    case CX_OUTCOME_MALFORMED:
        return answer->malformed == CX_MALFORMED_MESSAGE ? 3 : 0;
    case CX_OUTCOME_SERVFAIL:
        return 4;
    case CX_OUTCOME_TRUNCATED:
        return 5;
    case CX_OUTCOME_DEADLINE:
        return 6;
    case CX_OUTCOME_UNSET:
    case CX_OUTCOME_RECORDS:
    case CX_OUTCOME_NODATA:
    case CX_OUTCOME_NXDOMAIN:
    case CX_OUTCOME_LOOP:
    case CX_OUTCOME_BOGUS:
    case CX_OUTCOME_INDETERMINATE:
    case CX_OUTCOME_ERROR:
        return 0;
    }
    return 0;
}

bool
cx_tries_may_help(const struct cx_answer *failure)
{
    return weight(failure) != 0;
}

/* ---- what one try gave */

/* With what was seen of it on the wire. */
static cx_status
explain(struct cx_try *try, struct cx_answer *answer, enum cx_seen *ret_seen)
{
    struct cx_tries *t = try->tries;
    struct cx_explainer *explainer = t->setup->explainer;
    uint64_t since = try->lookup.since;

    *ret_seen = CX_SEEN_FAILED;
    if (explainer == NULL) {
        return CX_SUCCESS;
    }
    answer->time = cx_explain_answer_time(explainer, answer, since, answer->time);
    CX_TRY(cx_explain(explainer, since, t->arena, answer, ret_seen));
    CX_TRY(cx_explain_list(explainer, since, t->arena, answer));
    if (answer->n_exchanges == 0 && *ret_seen == CX_SEEN_FAILED) {
        *ret_seen = CX_SEEN_NOTHING;
    }
    return CX_SUCCESS;
}

static bool
same_aliases(const struct cx_answer *a, const struct cx_answer *b)
{
    bool same = a->n_aliases == b->n_aliases;

    for (size_t i = 0; same && i < a->n_aliases; i++) {
        same = cx_span_equal(a->aliases[i], b->aliases[i]);
    }
    return same;
}

/* R-FAIL-6: of tries that failed at different names, one alone would not tell all zones that the failure concerns. */
static cx_status
count(struct cx_tries *t, const struct cx_answer *answer, enum cx_seen seen)
{
    struct cx_answer *first;

    t->contradicted = t->contradicted || seen == CX_SEEN_REPLIED;
    if (seen != CX_SEEN_FAILED) {
        return CX_SUCCESS;
    }
    t->n_seen++;
    if (t->first_seen != NULL) {
        t->contradicted = t->contradicted || !same_aliases(t->first_seen, answer);
        return CX_SUCCESS;
    }
    first = cx_arena_get(t->arena, 1, sizeof(*first));
    if (first == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *first = *answer; /* join may overwrite what is in it */
    t->first_seen = first;
    return CX_SUCCESS;
}

/* An answer, and what is no matter of chance (bogus, a loop), stands for itself. A try of which nothing was seen says
 * nothing if another was. */
static void
join(struct cx_tries *t, struct cx_answer *answer, bool seen)
{
    const struct cx_answer *failed = t->failed;
    unsigned before = t->n_seen - (seen ? 1 : 0);

    if (failed != NULL && weight(answer) != 0 && before != 0 &&
        (!seen || weight(failed) > weight(answer))) {
        *answer = *failed;
    }
}

/* R-FAIL-7: one more, if the tries so far are not two that asked somebody. */
static bool
wants_another(const struct cx_tries *t)
{
    return t->n_seen < 2 && t->n < CX_TRIES_MAX && !t->setup->only_one;
}

static cx_status
take_failure(struct cx_tries *t, struct cx_answer *answer, enum cx_seen seen)
{
    CX_TRY(count(t, answer, seen));
    join(t, answer, seen == CX_SEEN_FAILED);
    answer->attempts = t->n_seen > 1 && !t->contradicted ? t->n_seen : 1;
    CX_TRY(cx_tries_list(t, answer));
    t->failed = answer;
    if (wants_another(t)) {
        t->next_wanted = true;
    } else {
        t->answer = answer;
    }
    return CX_SUCCESS;
}

static cx_status
take(struct cx_try *try, struct cx_answer *answer, bool was_over)
{
    struct cx_tries *t = try->tries;
    enum cx_seen seen;

    CX_TRY(explain(try, answer, &seen));
    if (weight(answer) != 0) {
        return was_over ? CX_SUCCESS : take_failure(t, answer, seen);
    }
    t->next_wanted = false;
    t->answer = answer;
    return t->n > 1 ? cx_tries_list(t, answer) : CX_SUCCESS;
}

static void
finish(struct cx_tries *t, cx_status s)
{
    t->no_memory = t->no_memory || !cx_ok(s);
    t->changed(t->ctx);
}

static cx_status
read_result(struct cx_try *try, const struct cx_result *result, bool was_over)
{
    struct cx_tries *t = try->tries;
    struct cx_answer *answer = cx_arena_get(t->arena, 1, sizeof(*answer));

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_result_read(result, &t->question, try->lookup.context_begun, t->arena, answer));
    return take(try, answer, was_over);
}

/* R-FAIL-7: an answer that comes late replaces a failure that was not given away yet. */
static void
on_result(struct cx_lookup *lookup, const struct cx_result *result)
{
    struct cx_try *try = CX_OF_MEMBER(struct cx_try, lookup, lookup);
    struct cx_tries *t = try->tries;
    bool was_over = try->over || t->answer != NULL;

    try->over = true;
    if (result == NULL) {
        return; /* closing */
    }
    if (t->ended || t->no_memory || (t->answer != NULL && weight(t->answer) == 0)) {
        t->changed(t->ctx);
        return;
    }
    finish(t, read_result(try, result, was_over));
}

/* libunbound has not given up yet, and we cannot tell it to. What has happened says how it stands: no reply so far is
 * silence. Where that is not all there is to it, it is our own deadline that ends it. */
static cx_status
give_up(struct cx_try *try)
{
    struct cx_tries *t = try->tries;
    struct cx_answer *answer = cx_arena_get(t->arena, 1, sizeof(*answer));
    cx_time begun = cx_time_now() - CX_TRY_MS / 1000 - 1;
    enum cx_seen seen;

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_result_failure(CX_OUTCOME_SERVFAIL, "no answer within our time for one try",
                             &t->question, begun, t->arena, answer));
    CX_TRY(explain(try, answer, &seen));
    if (seen != CX_SEEN_FAILED) {
        answer->outcome = CX_OUTCOME_DEADLINE;
    }
    return take_failure(t, answer, seen);
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct cx_tries *t = ctx;
    struct cx_try *try = &t->all[t->n - 1];

    (void)fd, (void)what; /* a timer has neither */
    if (try->over || t->ended || t->answer != NULL) {
        return;
    }
    try->over = true;
    finish(t, give_up(try));
}

/* ---- tries */

static cx_status
begin_try(struct cx_tries *t, struct cx_detail *detail)
{
    const struct timeval span = { .tv_sec = CX_TRY_MS / 1000,
                                  .tv_usec = (CX_TRY_MS % 1000) * 1000 };
    struct cx_try *try = &t->all[t->n];

    try->tries = t;
    try->lookup.done = on_result;
    /* Without a tap there is nothing to be said of a try that has not ended. */
    if (t->setup->explainer != NULL && evtimer_add(t->timer, &span) != 0) {
        return cx_fail(detail, CX_E_INTERNAL, "no timer for a try");
    }
    t->n++;
    return cx_resolver_ask(t->n == 1 ? t->setup->first : t->setup->again, &t->question,
                           &try->lookup, detail);
}

cx_status
cx_tries_start(struct cx_tries *t, struct cx_detail *detail)
{
    t->timer = evtimer_new(t->setup->base, on_timer, t);
    if (t->timer == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    t->since = t->setup->explainer != NULL ? cx_explain_mark(t->setup->explainer) : 0;
    return begin_try(t, detail);
}

void
cx_tries_step(struct cx_tries *t)
{
    struct cx_detail detail = { .text = "" };

    if (t->next_wanted && !t->ended) {
        t->next_wanted = false;
        if (!cx_ok(begin_try(t, &detail))) {
            t->answer = t->failed;
        }
    }
}

bool
cx_tries_owed(const struct cx_tries *t)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (t->all[i].lookup.open) {
            return true;
        }
    }
    return false;
}

cx_status
cx_tries_list(const struct cx_tries *t, struct cx_answer *answer)
{
    return t->setup->explainer == NULL
               ? CX_SUCCESS
               : cx_explain_list(t->setup->explainer, t->since, t->arena, answer);
}

void
cx_tries_done(struct cx_tries *t)
{
    if (t->timer != NULL) {
        event_free(t->timer);
        t->timer = NULL;
    }
}

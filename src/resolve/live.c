#include "resolve/live.h"

#include "base/alloc.h"
#include "resolve/control.h"
#include "resolve/explain.h"
#include "resolve/nettle_p256.h"
#include "resolve/proof.h"

#include <event2/event.h>
#include <unbound.h>

#include <stddef.h>

/* Who makes the first try of a question and who those after a failure: libunbound answers a failed question from its cache
 * for some seconds, and asks no server that was silent before for minutes. */
enum role {
    ROLE_FIRST,
    ROLE_AGAIN,
    ROLES,
};

/* With a first try that sent nothing, because its servers are thought to be down, two others. */
#define TRIES_MAX 3
/* Less than it takes to find out that a server is silent: a context that makes second tries asks every server. */
#define AGAIN_RENEW_S 4

/* One question, until both we have answered it and libunbound has given its result: it cannot be told to forget one
 * for good, and works on after our deadline. */
struct pending {
    struct pending *next; /* list of all */
    struct pending *previous;
    struct pending *next_ready;
    struct pending *next_work;
    struct live *live;
    struct event *deadline;
    struct cx_arena *arena;
    cx_answered *answered;
    void *ctx;
    struct cx_name name;
    uint16_t type;
    struct cx_lookup lookup;
    uint64_t since; /* mark of the tap at the first try */
    int64_t asked_us;
    unsigned tries;           /* begun */
    uint32_t tries_seen;      /* that sent anything; without a tap, all */
    bool retry;               /* another try is to begin */
    bool has_work;            /* is in the list of work */
    bool ended;               /* answer is made (NULL: out of memory) */
    bool delivered;           /* only libunbound's result is missing */
    struct cx_answer *failed; /* what the tries came to so far, while there is another */
    struct cx_answer *answer;
    struct cx_collected proof;
    struct cx_control_waiter control;
};

struct live {
    struct cx_live_options options;
    struct cx_anchors anchors;
    struct event_base *base;
    struct cx_resolver *resolvers[ROLES];
    struct cx_materials *materials;
    struct cx_control *control; /* NULL: no control names */
    struct cx_tap *tap;         /* NULL: none, as is explainer then */
    struct cx_explainer *explainer;
    struct pending *work; /* for advance, in any order */
    struct pending *all;
    struct pending *ready; /* ended and not delivered, oldest first */
    struct pending **ready_end;
    size_t n_ready;
    size_t open; /* asked and not delivered */
};

/* ---- questions */

/* Gives up what is collected for p; nothing wakes it after that. */
static void
stop_collecting(struct pending *p)
{
    cx_collected_done(&p->proof);
    if (p->live->control != NULL) {
        cx_control_cancel(p->live->control, &p->control);
    }
}

static void
forget(struct pending *p)
{
    stop_collecting(p);
    if (p->next != NULL) {
        p->next->previous = p->previous;
    }
    if (p->previous != NULL) {
        p->previous->next = p->next;
    } else {
        p->live->all = p->next;
    }
    if (p->deadline != NULL) {
        event_free(p->deadline);
    }
    cx_free(p);
}

/* The answer is made; it is delivered by wait, when libunbound is not on the stack. */
static void
end(struct pending *p, struct cx_answer *answer)
{
    struct live *live = p->live;

    p->ended = true;
    p->answer = answer;
    stop_collecting(p);
    (void)event_del(p->deadline); /* fails only for events that were never added */
    *live->ready_end = p;
    live->ready_end = &p->next_ready;
    live->n_ready++;
}

static struct cx_question
question_of(const struct pending *p)
{
    return (struct cx_question){ .name = cx_name_span(&p->name), .type = p->type };
}

static void
end_failed(struct pending *p, enum cx_outcome outcome, const char *why)
{
    struct cx_answer *answer = cx_arena_get(p->arena, 1, sizeof(*answer));
    struct cx_question question = question_of(p);
    cx_time ago = (cx_tap_now_us() - p->asked_us) / 1000000 + 1;

    if (answer != NULL &&
        !cx_ok(cx_result_failure(outcome, why, &question, cx_time_now() - ago, p->arena, answer))) {
        answer = NULL;
    }
    end(p, answer);
}

/* What needs doing outside libunbound. */
static void
has_work(void *ctx)
{
    struct pending *p = ctx;

    if (!p->has_work && !p->ended) {
        p->has_work = true;
        p->next_work = p->live->work;
        p->live->work = p;
    }
}

/* ---- tries */

/* What one try gave. */
static cx_status
read_result(struct pending *p, const struct cx_result *result, struct cx_answer *ret,
            bool *ret_seen)
{
    struct cx_question question = question_of(p);
    uint64_t since = p->lookup.since;
    struct live *live = p->live;

    CX_TRY(cx_result_read(result, &question, p->lookup.context_begun, p->arena, ret));
    *ret_seen = true;
    if (live->explainer == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_explain(live->explainer, since, p->arena, ret));
    CX_TRY(cx_explain_list(live->explainer, since, p->arena, ret));
    ret->time = cx_explain_answer_time(live->explainer, ret, since, ret->time);
    *ret_seen = ret->n_exchanges != 0;
    return CX_SUCCESS;
}

/* How little a failure is excused: of two, the greater counts. 0: a second try is of no use, or may not be. */
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
    case CX_OUTCOME_UNSET:
    case CX_OUTCOME_RECORDS:
    case CX_OUTCOME_NODATA:
    case CX_OUTCOME_NXDOMAIN:
    case CX_OUTCOME_LOOP:
    case CX_OUTCOME_BOGUS:
    case CX_OUTCOME_INDETERMINATE:
    case CX_OUTCOME_DEADLINE:
    case CX_OUTCOME_ERROR:
        return 0;
    }
    return 0;
}

/* An answer, and what is no matter of chance (bogus, a loop), replaces the failures before it. Of failures the one counts
 * that is excused less; a try that sent nothing says nothing if another did. */
static void
join_tries(struct pending *p, struct cx_answer *answer, bool seen)
{
    const struct cx_answer *failed = p->failed;
    cx_time time = answer->time;

    if (failed != NULL && weight(answer) != 0 && p->tries_seen != 0 &&
        (!seen || (p->tries_seen > 1 && weight(failed) > weight(answer)))) {
        *answer = *failed;
        answer->time = time < failed->time ? time : failed->time;
    }
}

/* R-FAIL-7: one more, if that may help and the tries so far are not two that asked somebody. */
static bool
wants_another(const struct pending *p, const struct cx_answer *answer)
{
    return weight(answer) != 0 && p->tries_seen < 2 && p->tries < TRIES_MAX &&
           !p->live->options.no_retry;
}

static cx_status
take_result(struct pending *p, const struct cx_result *result)
{
    struct cx_answer *answer = cx_arena_get(p->arena, 1, sizeof(*answer));
    struct live *live = p->live;
    bool seen;

    if (answer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(read_result(p, result, answer, &seen));
    p->tries_seen += seen ? 1 : 0;
    join_tries(p, answer, seen);
    if (weight(answer) != 0 && p->tries_seen > 1) {
        answer->attempts = p->tries_seen;
    }
    if (p->tries > 1 && live->explainer != NULL) {
        CX_TRY(cx_explain_list(live->explainer, p->since, p->arena, answer));
    }
    if (wants_another(p, answer)) {
        p->failed = answer;
        p->retry = true;
    } else {
        p->answer = answer;
    }
    return CX_SUCCESS;
}

static void
on_result(struct cx_lookup *lookup, const struct cx_result *result)
{
    struct pending *p = (struct pending *)((uintptr_t)lookup - offsetof(struct pending, lookup));

    if (result == NULL) {
        return; /* closing, which frees p */
    }
    if (p->delivered) {
        forget(p);
        return;
    }
    if (p->ended) {
        return; /* our deadline came first; freed when delivered */
    }
    if (cx_ok(take_result(p, result))) {
        has_work(p);
    } else {
        end(p, NULL);
    }
}

/* Gives the question to libunbound, which may call on_result at once. Class INTERNAL: it does not take it. */
static cx_status
submit(struct pending *p, struct cx_detail *detail)
{
    struct cx_resolver *resolver = p->live->resolvers[p->tries == 0 ? ROLE_FIRST : ROLE_AGAIN];
    struct cx_question question = question_of(p);

    p->tries++;
    return cx_resolver_ask(resolver, &question, &p->lookup, detail);
}

/* ---- what an answer needs beside itself */

/* R-FAIL-7 wants to see the tries: without a tap nobody has seen them, and nothing is made of the insecurity of a
 * failure. Where the answer is bogus the state is known. */
static bool
wants_proof(const struct pending *p, const struct cx_answer *answer)
{
    return cx_outcome_is_failure(answer->outcome) ? p->live->tap != NULL && weight(answer) != 0
                                                  : !p->live->options.no_proof;
}

/* The collected proof of answer is in it (true), or awaited. */
static cx_status
collect(struct pending *p, struct cx_answer *answer, bool *ret_done)
{
    struct live *live = p->live;

    *ret_done = true;
    if (!wants_proof(p, answer)) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_proof_collect(live->materials, &p->proof, p->arena, answer, ret_done));
    if (*ret_done && live->control != NULL && cx_outcome_is_failure(answer->outcome)) {
        *ret_done = cx_control_ready(live->control, &p->control);
        return *ret_done ? cx_control_list(live->control, p->arena, answer) : CX_SUCCESS;
    }
    return CX_SUCCESS;
}

/* The next step of a question, when something happened: another try; proof, while that is under way and after it; and
 * in the end the answer. All tries have the first one's time. */
static void
advance(struct pending *p)
{
    struct cx_detail detail = { .text = "" };
    bool done = true;

    if (p->retry) {
        p->retry = false;
        if (!cx_ok(submit(p, &detail))) {
            p->answer = p->failed;
        }
    }
    if (p->ended) {
        return;
    }
    if (!cx_ok(collect(p, p->answer != NULL ? p->answer : p->failed, &done))) {
        end(p, NULL);
    } else if (done && p->answer != NULL) {
        end(p, p->answer);
    }
}

/* What collecting begins here may end at once, and be work for the next turn of the loop. */
static void
do_work(struct live *live)
{
    while (live->work != NULL) {
        struct pending *p = live->work;

        live->work = p->next_work;
        p->has_work = false;
        if (!p->ended) {
            advance(p);
        }
    }
    if (live->control != NULL) {
        cx_control_step(live->control);
    }
}

/* All tries are done, and only what shows more about it is missing: the answer stands without. */
static void
on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct pending *p = ctx;

    (void)fd, (void)what; /* a timer has neither */
    if (p->answer != NULL) {
        end(p, p->answer);
    } else {
        end_failed(p, CX_OUTCOME_DEADLINE, "no answer within our deadline");
    }
}

/* ---- the source */

static struct pending *
new_pending(struct live *live, const struct cx_question *question)
{
    struct pending *p = cx_alloc(1, sizeof(*p));

    if (p == NULL) {
        return NULL;
    }
    p->live = live;
    p->type = question->type;
    p->name.n = (uint8_t)question->name.n;
    memcpy(p->name.wire, question->name.p, question->name.n);
    p->asked_us = cx_tap_now_us();
    p->since = live->tap != NULL ? cx_tap_mark(live->tap) : 0;
    p->lookup.done = on_result;
    p->proof.waiter.wake = has_work;
    p->proof.waiter.ctx = p;
    p->control.wake = has_work;
    p->control.ctx = p;
    p->control.since_us = p->asked_us - (int64_t)CX_CONTROL_WINDOW_MS * 1000;
    p->deadline = evtimer_new(live->base, on_deadline, p);
    p->next = live->all;
    if (p->next != NULL) {
        p->next->previous = p;
    }
    live->all = p;
    if (p->deadline == NULL) {
        forget(p);
        return NULL;
    }
    return p;
}

static bool
start_deadline(struct pending *p)
{
    unsigned ms = p->live->options.deadline_ms;
    struct timeval span = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

    return evtimer_add(p->deadline, &span) == 0;
}

static void
start(struct pending *p)
{
    struct cx_detail detail = { .text = "" };

    if (!start_deadline(p)) {
        end_failed(p, CX_OUTCOME_ERROR, "no timer for our deadline");
    } else if (!cx_ok(submit(p, &detail))) {
        end_failed(p, CX_OUTCOME_ERROR, detail.text);
    }
}

static void
live_ask(void *self, const struct cx_question *question, struct cx_arena *arena,
         cx_answered *answered, void *ctx)
{
    struct live *live = self;
    struct pending *p = question->name.n <= CX_NAME_MAX ? new_pending(live, question) : NULL;

    if (p == NULL) {
        answered(ctx, NULL);
        return;
    }
    p->arena = arena;
    p->answered = answered;
    p->ctx = ctx;
    live->open++;
    start(p);
}

static void
deliver(struct live *live)
{
    struct pending *p = live->ready;
    cx_answered *answered = p->answered;
    const struct cx_answer *answer = p->answer;
    void *ctx = p->ctx;

    live->ready = p->next_ready;
    if (live->ready == NULL) {
        live->ready_end = &live->ready;
    }
    live->n_ready--;
    live->open--;
    if (p->lookup.open) {
        p->delivered = true;
    } else {
        forget(p);
    }
    answered(ctx, answer);
}

/* What is ready does not wait, but does not keep the network waiting either. */
static cx_status
turn(struct live *live)
{
    struct cx_tap *before;
    int error, flags;

    for (size_t i = 0; i < ROLES; i++) {
        cx_resolver_tidy(live->resolvers[i]);
    }
    do_work(live);
    flags = live->n_ready != 0 || live->work != NULL ? EVLOOP_NONBLOCK : EVLOOP_ONCE;
    before = cx_tap_enter(live->tap);
    error = event_base_loop(live->base, flags);
    cx_tap_leave(before);
    do_work(live);
    return error == 0 || live->n_ready != 0
               ? CX_SUCCESS
               : (cx_status){ CX_E_INTERNAL }; /* each question that is not ready has a timer */
}

/* What answered asks for may be ready at once; it is for the next call, so that this one ends. */
static void
deliver_ready(struct live *live)
{
    for (size_t n = live->n_ready; n != 0; n--) {
        deliver(live);
    }
}

static cx_status
live_wait(void *self)
{
    struct live *live = self;

    if (live->open == 0) {
        return CX_SUCCESS;
    }
    do {
        CX_TRY(turn(live));
    } while (live->n_ready == 0);
    deliver_ready(live);
    return CX_SUCCESS;
}

struct event_base *
cx_live_base(const struct cx_source *source)
{
    return ((struct live *)source->self)->base;
}

cx_status
cx_live_turn(struct cx_source *source)
{
    CX_TRY(turn(source->self));
    deliver_ready(source->self);
    return CX_SUCCESS;
}

static void
live_close(void *self)
{
    struct live *live = self;

    for (size_t i = 0; i < ROLES; i++) {
        cx_resolver_free(live->resolvers[i]); /* gives results for all that it still owes */
    }
    while (live->all != NULL) {
        forget(live->all);
    }
    cx_control_free(live->control);
    cx_materials_free(live->materials);
    if (live->base != NULL) {
        event_base_free(live->base);
    }
    cx_explainer_free(live->explainer);
    cx_tap_close(live->tap);
    cx_anchors_done(&live->anchors);
    cx_free(live);
}

static const struct cx_source_ops live_ops = { live_ask, live_wait, live_close };

/* Where the tap does not work there is none, and everything is as libunbound tells it. */
static cx_status
open_tap(struct live *live, struct cx_detail *detail)
{
    if (live->options.no_tap || !cx_tap_works()) {
        return CX_SUCCESS;
    }
    live->tap = cx_tap_open();
    live->explainer = live->tap != NULL ? cx_explainer_new(live->tap) : NULL;
    return live->explainer != NULL ? CX_SUCCESS : cx_fail(detail, CX_E_NOMEM, "out of memory");
}

static cx_status
open_control(struct live *live, const struct cx_resolver_setup *setup, struct cx_detail *detail)
{
    size_t n = live->options.n_control;

    if (n == 0) {
        return CX_SUCCESS;
    }
    if (n < CX_CONTROL_NAMES_MIN || n > CX_CONTROL_NAMES_MAX) {
        return cx_fail(detail, CX_E_USAGE, "control names: %d to %d are needed, not %zu",
                       CX_CONTROL_NAMES_MIN, CX_CONTROL_NAMES_MAX, n);
    }
    return cx_control_new(live->options.control, n, setup, live->explainer, &live->control, detail);
}

/* What is known of the cache that was. */
static void
on_renewed(void *ctx)
{
    struct live *live = ctx;

    if (live->explainer != NULL) {
        cx_explainer_renew(live->explainer);
    }
    cx_materials_forget(live->materials);
}

static cx_status
open_resolvers(struct live *live, struct cx_detail *detail)
{
    struct cx_resolver_setup first = { &live->options,
                                       live->options.renew_s,
                                       &live->anchors,
                                       live->base,
                                       live->tap,
                                       on_renewed,
                                       live };
    struct cx_resolver_setup again = first;

    again.renew_s = AGAIN_RENEW_S;
    again.renewed = NULL;
    live->resolvers[ROLE_FIRST] = cx_resolver_new(&first);
    live->resolvers[ROLE_AGAIN] = cx_resolver_new(&again);
    if (live->resolvers[ROLE_FIRST] == NULL || live->resolvers[ROLE_AGAIN] == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    live->materials = cx_materials_new(live->resolvers[ROLE_FIRST], live->explainer);
    if (live->materials == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    CX_TRY(open_control(live, &again, detail));
    return cx_resolver_renew(live->resolvers[ROLE_FIRST], detail);
}

static cx_status
open_parts(struct live *live, struct cx_detail *detail)
{
    if (live->options.lab && live->options.root_hints == NULL) {
        return cx_fail(detail, CX_E_USAGE,
                       "a lab needs root hints of its own, or its questions go to the Internet");
    }
    CX_TRY(cx_anchors_read(live->options.anchor, &live->anchors, detail));
    live->base = event_base_new();
    if (live->base == NULL) {
        return cx_fail(detail, CX_E_INTERNAL, "no event loop");
    }
    CX_TRY(open_tap(live, detail));
    return open_resolvers(live, detail);
}

cx_status
cx_live_open(const struct cx_live_options *options, struct cx_source *ret, struct cx_detail *detail)
{
    struct live *live = cx_alloc(1, sizeof(*live));
    cx_status s;

    if (live == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    live->options = *options;
    live->options.deadline_ms =
        options->deadline_ms != 0 ? options->deadline_ms : CX_LIVE_DEADLINE_MS;
    live->options.renew_s = options->renew_s != 0 ? options->renew_s : CX_LIVE_RENEW_S;
    live->ready_end = &live->ready;
    cx_nettle_p256_use(!options->no_openssl_p256);
    s = open_parts(live, detail);
    if (!cx_ok(s)) {
        live_close(live);
        return s;
    }
    *ret = (struct cx_source){ &live_ops, live };
    return CX_SUCCESS;
}

const char *
cx_live_version(void)
{
    return ub_version();
}

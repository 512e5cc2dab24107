#include "resolve/live.h"

#include "base/alloc.h"
#include "resolve/control.h"
#include "resolve/explain.h"
#include "resolve/nettle_p256.h"
#include "resolve/proof.h"
#include "resolve/root_watch.h"
#include "resolve/tries.h"

#include <event2/event.h>
#include <unbound.h>

/* Who makes the first try of a question, and who those after a failure. */
enum role {
    ROLE_FIRST,
    ROLE_AGAIN,
    ROLES,
};

/* Less than it takes to find out that a server is silent: libunbound answers a failed question from its cache for some
 * seconds, and asks no server that was silent for minutes; a context as young as this asks all. */
#define AGAIN_RENEW_S 4

/* One question, until both we have answered it and libunbound has given its results: it cannot be told to forget one
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
    int64_t asked_us;
    struct cx_tries tries;
    bool has_work;  /* is in the list of work */
    bool ended;     /* answer is made (NULL: out of memory) */
    bool delivered; /* only results of libunbound are missing */
    struct cx_answer *answer;
    struct cx_collected proof;
    struct cx_control_waiter control;
};

struct live {
    struct cx_live_options options;
    struct cx_alarms alarms;
    struct cx_anchor_file anchors;
    struct cx_root_watch root_watch;
    struct event_base *base;
    struct cx_resolver *resolvers[ROLES];
    struct cx_tries_setup tries;
    struct cx_materials
        *materials[ROLES];      /* of answers; of failures, whose servers may be thought down */
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
    cx_tries_done(&p->tries);
    cx_free(p);
}

/* The answer is made; it is delivered by wait, when libunbound is not on the stack. */
static void
end(struct pending *p, struct cx_answer *answer)
{
    struct live *live = p->live;

    p->ended = true;
    p->tries.ended = true;
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
    cx_time ago = (cx_clock_us() - p->asked_us) / 1000000 + 1;

    if (answer == NULL ||
        !cx_ok(cx_result_failure(outcome, why, &question, cx_time_now() - ago, p->arena, answer)) ||
        !cx_ok(cx_tries_list(&p->tries, answer))) {
        answer = NULL;
    }
    end(p, answer);
}

/* What needs doing outside libunbound. */
static void
has_work(void *ctx)
{
    struct pending *p = ctx;

    if (!p->has_work) {
        p->has_work = true;
        p->next_work = p->live->work;
        p->live->work = p;
    }
}

/* ---- what an answer needs beside itself */

/* Of failures, of those that may be excused: R-FAIL-7 wants two tries that were seen, so without a tap nothing is made of
 * the insecurity of one; and a forwarder that fails is inside the CA (R-FAIL-8). */
static bool
wants_proof(const struct pending *p, const struct cx_answer *answer)
{
    const struct cx_live_options *options = &p->live->options;

    return cx_outcome_is_failure(answer->outcome)
               ? p->live->tap != NULL && options->forward == NULL && !options->no_retry &&
                     cx_tries_may_help(answer)
               : !options->no_proof;
}

/* R-FAIL-8: control names are asked when the last try has failed, or were a moment before. */
static cx_status
await_control(struct pending *p, struct cx_answer *answer, bool *ret_done)
{
    struct live *live = p->live;

    if (live->control == NULL) {
        return CX_SUCCESS;
    }
    if (p->control.since_us == 0) {
        p->control.since_us = cx_clock_us() - (int64_t)CX_CONTROL_WINDOW_MS * 1000;
    }
    *ret_done = cx_control_ready(live->control, &p->control);
    return *ret_done ? cx_control_list(live->control, p->arena, answer) : CX_SUCCESS;
}

/* *ret_done: what shows more about answer is in it; else it is awaited. */
static cx_status
collect(struct pending *p, struct cx_answer *answer, bool *ret_done)
{
    struct live *live = p->live;

    *ret_done = true;
    if (!wants_proof(p, answer)) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_proof_collect(
        live->materials[cx_outcome_is_failure(answer->outcome) ? ROLE_AGAIN : ROLE_FIRST],
        &p->proof, p->arena, answer, ret_done));
    if (*ret_done && cx_outcome_is_failure(answer->outcome) && answer == p->tries.answer) {
        return await_control(p, answer, ret_done);
    }
    return CX_SUCCESS;
}

/* The next step of a question, when something happened: another try; proof, while that is under way and after it; and
 * in the end the answer. */
static void
advance(struct pending *p)
{
    struct cx_tries *t = &p->tries;
    bool done = true;

    cx_tries_step(t);
    if (t->no_memory) {
        end(p, NULL);
        return;
    }
    if (t->answer == NULL && t->failed == NULL) {
        return;
    }
    if (!cx_ok(collect(p, t->answer != NULL ? t->answer : t->failed, &done))) {
        end(p, NULL);
    } else if (done && t->answer != NULL) {
        end(p, t->answer);
    }
}

/* libunbound owes nothing more for what was delivered. */
static void
forget_if_done(struct pending *p)
{
    if (p->delivered && !cx_tries_owed(&p->tries)) {
        forget(p);
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
        if (p->ended) {
            forget_if_done(p);
        } else {
            advance(p);
        }
    }
    if (live->control != NULL) {
        cx_control_step(live->control);
    }
    if (live->open != 0) { /* nothing goes out before a question does */
        cx_root_watch_step(&live->root_watch);
    }
}

/* All tries are done, and only what shows more about it is missing: the answer stands without. */
static void
on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct pending *p = ctx;

    (void)fd, (void)what; /* a timer has neither */
    if (p->tries.answer != NULL) {
        end(p, p->tries.answer);
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
    p->name = cx_name_of(question->name);
    p->asked_us = cx_clock_us();
    p->tries.setup = &live->tries;
    p->tries.question = question_of(p);
    p->tries.changed = has_work;
    p->tries.ctx = p;
    p->proof.waiter.wake = has_work;
    p->proof.waiter.ctx = p;
    p->control.wake = has_work;
    p->control.ctx = p;
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
    } else if (!cx_ok(cx_tries_start(&p->tries, &detail))) {
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
    p->arena = p->tries.arena = arena;
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
    p->delivered = true;
    if (!p->has_work) { /* else from there */
        forget_if_done(p);
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
    cx_alarms_tell(&live->alarms, live->options.alarm, live->options.alarm_ctx);
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
    cx_root_watch_done(&live->root_watch);
    cx_control_free(live->control);
    for (size_t i = 0; i < ROLES; i++) {
        cx_materials_free(live->materials[i]);
    }
    if (live->base != NULL) {
        event_base_free(live->base);
    }
    cx_explainer_free(live->explainer);
    cx_tap_close(live->tap);
    cx_anchor_file_done(&live->anchors);
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

/* What is known of the caches that were. */
static void
on_first_renewed(void *ctx)
{
    struct live *live = ctx;

    if (live->explainer != NULL) {
        cx_explainer_renew(live->explainer);
    }
    cx_materials_forget(live->materials[ROLE_FIRST]);
    cx_root_watch_renew(&live->root_watch);
}

static void
on_again_renewed(void *ctx)
{
    cx_materials_forget(((struct live *)ctx)->materials[ROLE_AGAIN]);
}

static cx_status
open_resolver(struct live *live, enum role role, const struct cx_resolver_setup *setup,
              struct cx_detail *detail)
{
    live->resolvers[role] = cx_resolver_new(setup);
    if (live->resolvers[role] == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    live->materials[role] = cx_materials_new(live->resolvers[role], live->explainer);
    return live->materials[role] != NULL ? CX_SUCCESS
                                         : cx_fail(detail, CX_E_NOMEM, "out of memory");
}

static cx_status
open_resolvers(struct live *live, struct cx_detail *detail)
{
    struct cx_resolver_setup setup = { .options = &live->options,
                                       .renew_s = live->options.renew_s,
                                       .anchors = &live->anchors,
                                       .base = live->base,
                                       .tap = live->tap,
                                       .renewed = on_first_renewed,
                                       .ctx = live };

    CX_TRY(open_resolver(live, ROLE_FIRST, &setup, detail));
    live->root_watch = (struct cx_root_watch){
        .materials = live->materials[ROLE_FIRST],
        .file = &live->anchors,
        .alarms = &live->alarms,
    };
    setup.renew_s = AGAIN_RENEW_S;
    setup.renewed = on_again_renewed;
    CX_TRY(open_resolver(live, ROLE_AGAIN, &setup, detail));
    setup.renewed = NULL;
    CX_TRY(open_control(live, &setup, detail));
    live->tries = (struct cx_tries_setup){
        .first = live->resolvers[ROLE_FIRST],
        .again = live->resolvers[ROLE_AGAIN],
        .explainer = live->explainer,
        .base = live->base,
        .only_one = live->options.no_retry,
    };
    return cx_resolver_renew(live->resolvers[ROLE_FIRST], detail);
}

static cx_status
open_parts(struct live *live, struct cx_detail *detail)
{
    if (live->options.lab && live->options.root_hints == NULL) {
        return cx_fail(detail, CX_E_USAGE,
                       "a lab needs root hints of its own, or its questions go to the Internet");
    }
    CX_TRY(cx_anchor_file_open(live->options.anchor, &live->alarms, &live->anchors, detail));
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
    *ret = (struct cx_source){ &live_ops, live, CX_ORIGIN_DNS };
    return CX_SUCCESS;
}

const char *
cx_live_version(void)
{
    return ub_version();
}

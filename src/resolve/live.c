/* libunbound caches, and does not say whether a message came from its cache or when it was fetched; but the clock of an
 * answer starts when its question was sent (R-TIME-2). TTLs do not tell either: the original TTL is unknown. What is
 * certain: nothing in a cache is older than the first question. So every answer of a context carries the time at which
 * the first question of that context was asked, and a context takes no more questions after renew_s: the next one opens a new context with empty
 * caches, and the old one goes when its last question is done. In a run of seconds this is exact to seconds; in a
 * daemon it takes at most five minutes off the eight hours. Remembering when each name was first asked would not do:
 * aliases, DNAMEs and failed questions leave cached pieces of names that were never asked. */
#include "resolve/live.h"

#include "base/alloc.h"
#include "resolve/anchor.h"
#include "resolve/context.h"
#include "resolve/explain.h"
#include "resolve/nettle_p256.h"
#include "resolve/result.h"

#include <event2/event.h>
#include <unbound-event.h>
#include <unbound.h>

struct context {
    struct context *next; /* older ones, which only finish */
    struct ub_ctx *ub;
    cx_time begun; /* when its first question was asked; until then, when it was opened */
    bool used;
    size_t owed; /* results that libunbound has yet to give */
};

/* First tries, and second ones: libunbound answers a failed question from its cache for some seconds. */
enum tries {
    FIRST_TRY,
    SECOND_TRY,
    N_TRIES,
};

/* One question, until both we have answered it and libunbound has given its result: it cannot be told to forget one
 * for good, and works on after our deadline. */
struct pending {
    struct pending *next; /* list of all */
    struct pending *previous;
    struct pending *next_ready;
    struct pending *next_again;
    struct live *live;
    struct context *context;
    struct event *deadline;
    struct cx_arena *arena;
    cx_answered *answered;
    void *ctx;
    struct cx_name name;
    uint16_t type;
    bool owed;      /* libunbound will call on_result */
    bool ended;     /* answer is made (NULL: out of memory) */
    bool delivered; /* only libunbound's result is missing */
    const struct cx_answer *answer;
    const struct cx_answer *first; /* what the first try failed with, once there is a second */
    uint64_t since[N_TRIES];       /* marks of the tap */
    uint32_t tries_seen;           /* that sent anything, if there is a tap */
};

struct live {
    struct cx_live_options options;
    struct cx_anchors anchors;
    struct event_base *base;
    struct context *contexts[N_TRIES]; /* lists; the first of each takes questions */
    struct cx_tap *tap;                /* NULL: none, as is explainer then */
    struct cx_explainer *explainer;
    struct pending *again; /* for a second try */
    struct pending *all;
    struct pending *ready; /* ended and not delivered, oldest first */
    struct pending **ready_end;
    size_t n_ready;
    size_t open; /* asked and not delivered */
    bool closing;
};

/* ---- questions */

static void
forget(struct pending *p)
{
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
end(struct pending *p, const struct cx_answer *answer)
{
    struct live *live = p->live;

    p->ended = true;
    p->answer = answer;
    if (p->deadline != NULL) {
        (void)event_del(p->deadline); /* fails only for events that were never added */
    }
    *live->ready_end = p;
    live->ready_end = &p->next_ready;
    live->n_ready++;
}

/* A clock set back must not make an answer that is later than now. */
static cx_time
time_of(const struct pending *p)
{
    cx_time now = cx_time_now();

    return p->context != NULL && p->context->begun < now ? p->context->begun : now;
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

    if (answer != NULL &&
        !cx_ok(cx_result_failure(outcome, why, &question, time_of(p), p->arena, answer))) {
        answer = NULL;
    }
    end(p, answer);
}

/* What one try gave. */
static cx_status
read_result(struct pending *p, const struct cx_result *result, struct cx_answer *ret)
{
    struct cx_question question = question_of(p);
    struct live *live = p->live;
    uint64_t since = p->since[p->first != NULL ? SECOND_TRY : FIRST_TRY];

    CX_TRY(cx_result_read(result, &question, time_of(p), p->arena, ret));
    if (live->explainer == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_explain(live->explainer, since, p->arena, ret));
    CX_TRY(cx_explain_list(live->explainer, since, p->arena, ret));
    p->tries_seen += ret->n_exchanges != 0 ? 1 : 0;
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

/* An answer, and what is no matter of chance (bogus, a loop), replaces the failure of the first try. */
static cx_status
join_tries(struct pending *p, struct cx_answer *answer)
{
    cx_time time = answer->time;

    if (p->first == NULL) {
        return CX_SUCCESS;
    }
    if (weight(answer) != 0 && weight(p->first) > weight(answer)) {
        *answer = *p->first;
        answer->time = time;
    }
    answer->attempts = p->live->tap == NULL || p->tries_seen >= 2 ? 2 : 1;
    return p->live->explainer == NULL
               ? CX_SUCCESS
               : cx_explain_list(p->live->explainer, p->since[FIRST_TRY], p->arena, answer);
}

static void
end_with(struct pending *p, const struct cx_result *result)
{
    struct cx_answer *answer = cx_arena_get(p->arena, 1, sizeof(*answer));

    if (answer == NULL || !cx_ok(read_result(p, result, answer))) {
        end(p, NULL);
    } else if (p->first == NULL && weight(answer) != 0 && !p->live->options.no_retry) {
        p->first = answer;
        p->next_again = p->live->again;
        p->live->again = p;
    } else {
        end(p, cx_ok(join_tries(p, answer)) ? answer : NULL);
    }
}

/* ---- called by libunbound and libevent */

/* ub_event_callback_type. May run inside ub_resolve_event, and inside ub_ctx_delete. */
static void
on_result(void *ctx, int rcode, void *packet, int n, int sec, char *why_bogus, int ratelimited)
{
    struct pending *p = ctx;
    struct cx_result result = {
        .rcode = rcode,
        .packet = { packet, packet != NULL && n > 0 ? (size_t)n : 0 },
        .sec = sec,
        .why_bogus = why_bogus,
        .ratelimited = ratelimited != 0,
    };

    p->owed = false;
    p->context->owed--;
    if (p->live->closing) {
        return; /* freed by close */
    }
    if (p->delivered) {
        forget(p);
        return;
    }
    if (p->ended) {
        return; /* our deadline came first; freed when delivered */
    }
    end_with(p, &result);
}

static void
on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* a timer has neither */
    end_failed(ctx, CX_OUTCOME_DEADLINE, "no answer within our deadline");
}

/* ---- contexts */

static void
drop_idle_contexts(struct context **list)
{
    struct context **at = *list != NULL ? &(*list)->next : list;

    while (*at != NULL) {
        struct context *old = *at;

        if (old->owed != 0) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        ub_ctx_delete(old->ub);
        cx_free(old);
    }
}

/* Sees to it that the first context of the list may take questions at this moment; see the head of this file. */
static cx_status
renew(struct live *live, enum tries tries, cx_time now, struct cx_detail *detail)
{
    struct context *context = live->contexts[tries];
    cx_status s;

    if (context != NULL && context->begun <= now &&
        now - context->begun < (cx_time)live->options.renew_s) {
        return CX_SUCCESS;
    }
    context = cx_alloc(1, sizeof(*context));
    if (context == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    context->begun = now;
    s = cx_context_open(&live->options, &live->anchors, now, live->base, &context->ub, detail);
    if (!cx_ok(s)) {
        cx_free(context);
        return s;
    }
    if (tries == FIRST_TRY && live->explainer != NULL) {
        cx_explainer_renew(live->explainer);
    }
    context->next = live->contexts[tries];
    live->contexts[tries] = context;
    return CX_SUCCESS;
}

static cx_status
take_context(struct live *live, enum tries tries, struct context **ret, struct cx_detail *detail)
{
    cx_time now = cx_time_now();
    struct context *context;

    CX_TRY(renew(live, tries, now, detail));
    context = live->contexts[tries];
    if (!context->used) {
        context->used = true;
        context->begun = now;
    }
    *ret = context;
    return CX_SUCCESS;
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

/* Gives the question to libunbound, which may call on_result at once. Class INTERNAL: it does not take it. */
static cx_status
submit(struct pending *p, enum tries tries, struct cx_detail *detail)
{
    struct context *context;
    struct cx_tap *before;
    char text[CX_NAME_TEXT_MAX];
    int error;

    CX_TRY(take_context(p->live, tries, &context, detail));
    cx_name_text(cx_name_span(&p->name), text);
    p->context = context;
    p->since[tries] = p->live->tap != NULL ? cx_tap_mark(p->live->tap) : 0;
    p->owed = true;
    context->owed++;
    before = cx_tap_enter(p->live->tap);
    error = ub_resolve_event(context->ub, text, p->type, CX_CLASS_IN, p, on_result, NULL);
    cx_tap_leave(before);
    if (error != 0) {
        p->owed = false;
        context->owed--;
        return cx_fail(detail, CX_E_INTERNAL, "%s", ub_strerror(error));
    }
    return CX_SUCCESS;
}

static void
start(struct pending *p)
{
    struct cx_detail detail = { .text = "" };

    if (!cx_ok(submit(p, FIRST_TRY, &detail))) {
        end_failed(p, CX_OUTCOME_ERROR, detail.text);
    } else if (!p->ended && !start_deadline(p)) {
        end_failed(p, CX_OUTCOME_ERROR, "no timer for our deadline");
    }
}

/* Second tries of what has failed since the last call, before any of it can be delivered and freed. They have what is
 * left of the first one's time. */
static void
start_second_tries(struct live *live)
{
    while (live->again != NULL) {
        struct pending *p = live->again;
        struct cx_detail detail = { .text = "" };

        live->again = p->next_again;
        if (!p->ended && !cx_ok(submit(p, SECOND_TRY, &detail))) {
            end(p, p->first); /* with attempts 1 */
        }
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
    if (p->owed) {
        p->delivered = true;
    } else {
        forget(p);
    }
    answered(ctx, answer);
}

static cx_status
live_wait(void *self)
{
    struct live *live = self;
    size_t n;

    if (live->open == 0) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < N_TRIES; i++) {
        drop_idle_contexts(&live->contexts[i]);
    }
    start_second_tries(live);
    /* What is ready does not wait, but does not keep the network waiting either. */
    do {
        int flags = live->n_ready != 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE;
        struct cx_tap *before = cx_tap_enter(live->tap);
        int error = event_base_loop(live->base, flags);

        cx_tap_leave(before);
        if (error != 0 && live->n_ready == 0) {
            return (cx_status){ CX_E_INTERNAL }; /* each question that is not ready has a timer */
        }
        start_second_tries(live);
    } while (live->n_ready == 0);
    /* What answered asks for may be ready at once; it is for the next call, so that this one ends. */
    for (n = live->n_ready; n != 0; n--) {
        deliver(live);
    }
    return CX_SUCCESS;
}

static void
close_contexts(struct context **list)
{
    while (*list != NULL) {
        struct context *context = *list;

        *list = context->next;
        ub_ctx_delete(context->ub); /* calls on_result for everything that it still owes */
        cx_free(context);
    }
}

static void
live_close(void *self)
{
    struct live *live = self;

    live->closing = true;
    for (size_t i = 0; i < N_TRIES; i++) {
        close_contexts(&live->contexts[i]);
    }
    while (live->all != NULL) {
        forget(live->all);
    }
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
    return renew(live, FIRST_TRY, cx_time_now(), detail);
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

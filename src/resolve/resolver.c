/* libunbound caches, and does not say whether a message came from its cache or when it was fetched; but the clock of an
 * answer starts when its question was sent (R-TIME-2). TTLs do not tell either: the original TTL is unknown. What is
 * certain: nothing in a cache is older than the first question. So a context knows when it was asked first, and takes no
 * more questions after renew_s: the next one opens a new context with empty caches, and the old one goes when its last
 * question is done. In a run of seconds this is exact to seconds; in a daemon it takes at most five minutes off the eight
 * hours. Remembering when each name was first asked would not do: aliases, DNAMEs and failed questions leave cached
 * pieces of names that were never asked. Where the wire tap saw the question go out, that is the better clock
 * (resolve/explain.h). */
#include "resolve/resolver.h"

#include "base/alloc.h"
#include "resolve/context.h"

#include <unbound-event.h>
#include <unbound.h>

struct cx_context {
    struct cx_context *next; /* older ones, which only finish */
    struct ub_ctx *ub;
    int64_t
        begun_us; /* cx_clock_us when its first question was asked; until then, when it was opened */
    bool used;
    bool full; /* takes no more questions */
    bool closing;
    size_t owed; /* results that libunbound has yet to give */
};

struct cx_resolver {
    struct cx_resolver_setup setup;
    struct cx_context *contexts; /* the first one takes questions */
};

struct cx_resolver *
cx_resolver_new(const struct cx_resolver_setup *setup)
{
    struct cx_resolver *resolver = cx_alloc(1, sizeof(*resolver));

    if (resolver != NULL) {
        resolver->setup = *setup;
    }
    return resolver;
}

/* Calls on_result for everything that it still owes. */
static void
delete_context(struct cx_context *context)
{
    context->closing = true;
    ub_ctx_delete(context->ub);
    cx_free(context);
}

void
cx_resolver_free(struct cx_resolver *resolver)
{
    while (resolver != NULL && resolver->contexts != NULL) {
        struct cx_context *context = resolver->contexts;

        resolver->contexts = context->next;
        delete_context(context);
    }
    cx_free(resolver);
}

void
cx_resolver_tidy(struct cx_resolver *resolver)
{
    struct cx_context **at = resolver->contexts != NULL ? &resolver->contexts->next : NULL;

    while (at != NULL && *at != NULL) {
        struct cx_context *old = *at;

        if (old->owed != 0) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        delete_context(old);
    }
}

static bool
takes_questions(const struct cx_resolver *resolver)
{
    const struct cx_context *context = resolver->contexts;

    return context != NULL && !context->full &&
           cx_clock_us() - context->begun_us < (int64_t)resolver->setup.renew_s * 1000000;
}

cx_status
cx_resolver_renew(struct cx_resolver *resolver, struct cx_detail *detail)
{
    const struct cx_resolver_setup *setup = &resolver->setup;
    cx_time now = cx_time_now();
    struct cx_context *context;
    cx_status s;

    if (takes_questions(resolver)) {
        return CX_SUCCESS;
    }
    context = cx_alloc(1, sizeof(*context));
    if (context == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    context->begun_us = cx_clock_us();
    cx_anchor_file_refresh(setup->anchors, now);
    s = cx_context_open(setup->options, &setup->anchors->anchors, now, setup->base, &context->ub,
                        detail);
    if (!cx_ok(s)) {
        cx_free(context);
        return s;
    }
    context->next = resolver->contexts;
    resolver->contexts = context;
    if (setup->renewed != NULL) {
        setup->renewed(setup->ctx);
    }
    return CX_SUCCESS;
}

void
cx_resolver_forget(struct cx_resolver *resolver)
{
    if (resolver->contexts != NULL) {
        resolver->contexts->full = true;
    }
}

/* ub_event_callback_type. May run inside ub_resolve_event, and inside ub_ctx_delete. */
static void
on_result(void *ctx, int rcode, void *packet, int n, int sec, char *why_bogus, int ratelimited)
{
    struct cx_lookup *lookup = ctx;
    struct cx_context *context = lookup->context;
    struct cx_result result = {
        .rcode = rcode,
        .packet = { packet, packet != NULL && n > 0 ? (size_t)n : 0 },
        .sec = sec,
        .why_bogus = why_bogus,
        .ratelimited = ratelimited != 0,
    };

    lookup->open = false;
    context->owed--;
    lookup->context_begun = cx_time_at(context->begun_us); /* also if the clock was set since */
    lookup->done(lookup, context->closing ? NULL : &result);
}

cx_status
cx_resolver_ask(struct cx_resolver *resolver, const struct cx_question *question,
                struct cx_lookup *lookup, struct cx_detail *detail)
{
    struct cx_tap *tap = resolver->setup.tap;
    char text[CX_NAME_TEXT_MAX];
    struct cx_context *context;
    struct cx_tap *before;
    int error;

    CX_TRY(cx_resolver_renew(resolver, detail));
    context = resolver->contexts;
    if (!context->used) {
        context->used = true;
        context->begun_us = cx_clock_us();
    }
    cx_name_text(question->name, text);
    lookup->context = context;
    lookup->since = tap != NULL ? cx_tap_mark(tap) : 0;
    lookup->open = true;
    context->owed++;
    before = cx_tap_enter(tap);
    error =
        ub_resolve_event(context->ub, text, question->type, CX_CLASS_IN, lookup, on_result, NULL);
    cx_tap_leave(before);
    if (error != 0) {
        lookup->open = false;
        context->owed--;
        return cx_fail(detail, CX_E_INTERNAL, "%s", ub_strerror(error));
    }
    return CX_SUCCESS;
}

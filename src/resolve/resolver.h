/* libunbound contexts for one purpose: one takes questions, older ones finish theirs.
 * I1: a lookup's done is called exactly once: with the result, or with NULL when the resolver is freed before.
 * I2: nothing in a context's cache is older than context_begun of the lookups that it answers; see resolver.c. */
#ifndef CX_RESOLVE_RESOLVER_H
#define CX_RESOLVE_RESOLVER_H

#include "resolve/anchor_file.h"
#include "resolve/live.h"
#include "resolve/result.h"
#include "resolve/tap.h"

struct event_base;
struct cx_resolver;
struct cx_context;

/* One question to libunbound, owned by who asks. It must stay where it is until done was called, which may be inside
 * cx_resolver_ask: libunbound cannot be told to forget a question. */
struct cx_lookup {
    void (*done)(struct cx_lookup *lookup, const struct cx_result *result);
    cx_time
        context_begun; /* with done: the earliest moment at which the result can have been fetched */
    uint64_t since;    /* mark of the tap at which it was asked */
    bool open;
    struct cx_context *context; /* private to resolver.c */
};

/* Borrowed by the resolver. */
struct cx_resolver_setup {
    const struct cx_live_options *options;
    unsigned renew_s; /* age at which a context takes no more questions */
    struct cx_anchor_file *anchors;
    struct event_base *base;
    struct cx_tap *tap; /* NULL: none */
    void (*renewed)(
        void *ctx); /* called when a context with empty caches takes over; may be NULL */
    void *ctx;
};

/* NULL when out of memory. */
struct cx_resolver *cx_resolver_new(const struct cx_resolver_setup *setup);
/* Not from inside libunbound. Accepts NULL. */
void cx_resolver_free(struct cx_resolver *resolver);

/* Sees to it that a context is there that may take questions at this moment, and sends nothing. Classes: PEER, NOMEM,
 * USAGE. */
cx_status cx_resolver_renew(struct cx_resolver *resolver, struct cx_detail *detail) CX_MUST;
/* The next question goes to a new context with empty caches. */
void cx_resolver_forget(struct cx_resolver *resolver);
/* On failure done is not called. Classes: those of renew, INTERNAL. */
cx_status cx_resolver_ask(struct cx_resolver *resolver, const struct cx_question *question,
                          struct cx_lookup *lookup, struct cx_detail *detail) CX_MUST;
/* Lets contexts go that have nothing left to do. Not from inside libunbound. */
void cx_resolver_tidy(struct cx_resolver *resolver);

#endif

/* The tries of one question: a second complete resolution when the first failed (R-FAIL-7), in a context that neither
 * repeats a failure from its cache nor passes over servers that were silent before. A try that takes too long is given
 * up for the next one, but its answer still counts.
 * I1: an answer replaces every failure; of failures the one stands that is excused least.
 * I2: attempts counts tries that were seen to fail at a server of the zone; without a tap, all. Tries that failed at
 * different places, or one that a server replied to all the same, are no two that failed: then it stays 1. */
#ifndef CX_RESOLVE_TRIES_H
#define CX_RESOLVE_TRIES_H

#include "resolve/explain.h"
#include "resolve/resolver.h"

/* Two that were seen to fail at a server; a third if one of them was not. */
#define CX_TRIES_MAX 3

/* Shared by all questions. */
struct cx_tries_setup {
    struct cx_resolver *first;
    struct cx_resolver *again;      /* for tries after the first */
    struct cx_explainer *explainer; /* NULL: no tap */
    struct event_base *base;
    bool only_one;
};

struct cx_tries;

/* Private to tries.c. */
struct cx_try {
    struct cx_tries *tries;
    struct cx_lookup lookup;
    bool over; /* its result was taken, or it was given up */
};

/* Must stay until cx_tries_owed is false. */
struct cx_tries {
    const struct cx_tries_setup *setup;
    struct cx_question question; /* borrowed */
    struct cx_arena *arena;      /* of the answer */
    void (*changed)(void *ctx);  /* something to do or to see; may be called inside libunbound */
    void *ctx;
    struct cx_answer *failed; /* what the tries came to so far; NULL: nothing yet */
    struct cx_answer *answer; /* what all came to; NULL: not yet */
    bool no_memory;
    bool ended; /* set by the owner: nothing more is wanted */

    /* Private to tries.c. */
    struct cx_try all[CX_TRIES_MAX];
    unsigned n;
    uint32_t n_seen;
    const struct cx_answer *first_seen; /* failure whose aliases led to where all failed */
    bool contradicted;                  /* R-FAIL-6, R-FAIL-7: see I2 */
    bool next_wanted;
    uint64_t since; /* mark of the tap at the first try */
    struct event *timer;
};

/* Begins the first try; everything before no_memory is set by the caller. Classes: NOMEM, INTERNAL, and those of
 * cx_resolver_ask. */
cx_status cx_tries_start(struct cx_tries *tries, struct cx_detail *detail) CX_MUST;
/* After changed, outside libunbound: begins the next try if one is wanted. */
void cx_tries_step(struct cx_tries *tries);
/* libunbound has a result to give, which will call changed. */
bool cx_tries_owed(const struct cx_tries *tries);
/* The exchanges of all tries, into answer. Classes: NOMEM. */
cx_status cx_tries_list(const struct cx_tries *tries, struct cx_answer *answer) CX_MUST;
void cx_tries_done(struct cx_tries *tries);
/* A failure of servers or of the way to them, which another try may mend. */
bool cx_tries_may_help(const struct cx_answer *failure);

#endif

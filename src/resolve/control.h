/* Control probes (R-FAIL-8): when a question fails, known good names are asked for CAA with empty caches, to show that the
 * fault is not on our side.
 * I1: a name counts as answered only by a reply from the network in this round, never from a cache; without a tap, by an
 * answer of a context that is new.
 * I2: one round serves all failures that began before it. */
#ifndef CX_RESOLVE_CONTROL_H
#define CX_RESOLVE_CONTROL_H

#include "resolve/material.h"

struct cx_control;

/* Has a resolver of its own. names are borrowed. explainer may be NULL. Classes: NOMEM, MALFORMED (a name),
 * USAGE (a name twice). */
cx_status cx_control_new(const char *const *names, size_t n, const struct cx_resolver_setup *setup,
                         const struct cx_explainer *explainer, struct cx_control **ret,
                         struct cx_detail *detail) CX_MUST;
/* Wakes nobody. Not from inside libunbound. Accepts NULL. */
void cx_control_free(struct cx_control *control);

/* What a failure waits for; where it is stays its owner's until woken or cancelled. */
struct cx_control_waiter {
    void (*wake)(void *ctx); /* may be called inside libunbound */
    void *ctx;
    int64_t since_us;               /* monotonic: the round must not have begun earlier */
    struct cx_control_waiter *next; /* private to control.c, as is waiting */
    bool waiting;
};

/* True: a round is complete that began at since_us or later. False: waiter is woken when one is. */
bool cx_control_ready(struct cx_control *control, struct cx_control_waiter *waiter);
void cx_control_cancel(struct cx_control *control, struct cx_control_waiter *waiter);
/* The names that answered in the last complete round, into answer->control, held by arena. Classes: NOMEM. */
cx_status cx_control_list(const struct cx_control *control, struct cx_arena *arena,
                          struct cx_answer *answer) CX_MUST;
/* Begins rounds that are waited for. Not from inside libunbound. */
void cx_control_step(struct cx_control *control);

#endif

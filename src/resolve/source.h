/* Where answers come from: the live DNS, a zone file, recorded answers. The engine knows only this table.
 * I1: every question asked is answered exactly once, by an answer; a source that cannot answer gives one with a failure
 * outcome.  I2: an answer and all it points to live in the arena given with the question, or are
 * held by it (cx_arena_hold). */
#ifndef CX_RESOLVE_SOURCE_H
#define CX_RESOLVE_SOURCE_H

#include "base/arena.h"
#include "dns/answer.h"

/* answer == NULL: out of memory; the check must fail. */
typedef void cx_answered(void *ctx, const struct cx_answer *answer);

struct cx_source_ops {
    /* May call answered before it returns. question is borrowed for the call. */
    void (*ask)(void *self, const struct cx_question *question, struct cx_arena *arena,
                cx_answered *answered, void *ctx);
    /* Blocks until at least one open question was answered; returns at once if none is open. */
    cx_status (*wait)(void *self);
    void (*close)(void *self);
};

/* Where answers came from. Only those of the live DNS are evidence of what DNS said. */
enum cx_origin {
    CX_ORIGIN_UNSET = 0, /* not known */
    CX_ORIGIN_DNS,
    CX_ORIGIN_ZONE,
    CX_ORIGIN_RECORDED,
    CX_ORIGIN_REQUEST, /* of a check: they came with its request */
};

struct cx_source {
    const struct cx_source_ops *ops;
    void *self;
    enum cx_origin origin;
};

static inline void
cx_source_ask(const struct cx_source *source, const struct cx_question *question,
              struct cx_arena *arena, cx_answered *answered, void *ctx)
{
    source->ops->ask(source->self, question, arena, answered, ctx);
}

CX_MUST static inline cx_status
cx_source_wait(const struct cx_source *source)
{
    return source->ops->wait(source->self);
}

/* Accepts a source that was never opened. */
static inline void
cx_source_close(struct cx_source *source)
{
    if (source->ops != NULL) {
        source->ops->close(source->self);
        source->ops = NULL;
    }
}

#endif

/* Memory of one check, released whole. Everything parsed for a check lives here; what several checks share is held.
 * I1: never more than the byte cap given at init.  I2: memory is zeroed.  I3: reset invalidates every pointer. */
#ifndef CX_BASE_ARENA_H
#define CX_BASE_ARENA_H

#include "base/span.h"
#include "base/status.h"

struct cx_arena_block;
struct cx_arena_held;

struct cx_arena {
    struct cx_arena_block *head;
    struct cx_arena_held *held;
    size_t used;
    size_t cap;
};

void cx_arena_init(struct cx_arena *arena, size_t cap_bytes);
/* NULL when the cap or memory is exhausted; aligned for any type. */
void *cx_arena_get(struct cx_arena *arena, size_t count, size_t size) CX_MUST;
/* An array of n elements at old with room for one more: old itself while n < *room, else a copy with twice the room. NULL
 * when the cap or memory is exhausted. */
void *cx_arena_widen(struct cx_arena *arena, void *old, size_t n, size_t *room, size_t size)
    CX_MUST;
/* Copies, NUL after the text for convenience at edges. Classes: NOMEM. */
cx_status cx_arena_copy(struct cx_arena *arena, cx_span from, cx_span *ret) CX_MUST;
cx_status cx_arena_text(struct cx_arena *arena, cx_str from, cx_str *ret) CX_MUST;
/* An object from elsewhere that must live as long as the arena: release(object) is called once, by reset or done. Classes:
 * NOMEM, and then it is not held. */
cx_status cx_arena_hold(struct cx_arena *arena, void (*release)(void *object), void *object)
    CX_MUST;
/* Releases what is held, and all but the first block. */
void cx_arena_reset(struct cx_arena *arena);
void cx_arena_done(struct cx_arena *arena);

#endif

/* An answer in one block of memory, counted: what a cache keeps and several checks read at a time. */
#ifndef CX_RESOLVE_SHARED_ANSWER_H
#define CX_RESOLVE_SHARED_ANSWER_H

#include "base/arena.h"
#include "dns/answer.h"

struct cx_shared_answer {
    unsigned refs;
    size_t size; /* octets of the block; materials are not counted */
    struct cx_answer answer;
    struct cx_answer_memo memo; /* the answer's */
};

/* A copy of answer, with one reference, that needs nothing of it any more; its materials are shared. Classes: NOMEM. */
cx_status cx_shared_answer_new(const struct cx_answer *answer, struct cx_shared_answer **ret)
    CX_MUST;
/* For cx_arena_hold; accepts NULL. */
void cx_shared_answer_unref(void *shared);
/* A reference for the life of arena. Classes: NOMEM. */
cx_status cx_shared_answer_hold(struct cx_shared_answer *shared, struct cx_arena *arena) CX_MUST;

#endif

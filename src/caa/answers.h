/* The answers of one check, shared by all its names: a growing table, found by question, kept in the order in which
 * the questions were asked. */
#ifndef CX_CAA_ANSWERS_H
#define CX_CAA_ANSWERS_H

#include "base/arena.h"
#include "dns/answer.h"

struct cx_answers {
    const struct cx_answer **v; /* in order of asking */
    size_t n;
    size_t room;
    uint32_t
        *slots; /* hash index: position + 1, 0 = free; a power of two, or none for few answers */
    size_t n_slots;
};

/* answer is borrowed; it and the table's own memory live in arena. A second answer to the same question is ignored.
 * Classes: NOMEM. */
cx_status cx_answers_add(struct cx_answers *table, struct cx_arena *arena,
                         const struct cx_answer *answer) CX_MUST;
/* NULL if the question was not answered yet. */
const struct cx_answer *cx_answers_find(const struct cx_answers *table, cx_span name,
                                        uint16_t type);

#endif

/* Answers to another process over a stream (resolve/frame.h). What many answers rest on goes over once; after that the
 * number of its slot names it.
 * I1: at the other end, which reads frames in the order of the buffer, each slot that an answer names holds what the
 * answer rests on.
 * I2: only for answers of live sources, of processes that resolve, and of a cache of those (cx_material_of). One sender
 * in a process: of several, each makes the others send again. */
#ifndef CX_RESOLVE_ANSWER_SENDER_H
#define CX_RESOLVE_ANSWER_SENDER_H

#include "base/buf.h"
#include "dns/answer.h"

struct cx_answer_sender;

/* NULL when out of memory. */
struct cx_answer_sender *cx_answer_sender_new(void);
/* Accepts NULL. */
void cx_answer_sender_free(struct cx_answer_sender *sender);
/* The other end is another one from now on, and knows nothing yet. */
void cx_answer_sender_forget(struct cx_answer_sender *sender);

/* Appends to buf what the answer needs, then the answer to the question that has this id. A buffer that overflows says
 * so itself, and then the stream is of no use any more. answer NULL: out of memory. */
void cx_answer_sender_put(struct cx_answer_sender *sender, struct cx_buf *buf, uint32_t id,
                          const struct cx_answer *answer);
/* The same with its question, for who has not asked (CX_FRAME_GIVEN); never NULL. */
void cx_answer_sender_give(struct cx_answer_sender *sender, struct cx_buf *buf, uint32_t id,
                           const struct cx_answer *answer);

#endif

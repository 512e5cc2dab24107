/* Answers of another process over a stream (resolve/frame.h): what came for slots, and the answers that name it.
 * I1: an answer holds what it rests on (cx_arena_hold), whatever becomes of the slots or of the receiver.
 * I2: an answer that comes again in the same octets, resting on the same materials, is the one that was read before: several checks
 * share it, with its memo. */
#ifndef CX_RESOLVE_ANSWER_RECEIVER_H
#define CX_RESOLVE_ANSWER_RECEIVER_H

#include "dns/answer.h"

struct cx_answer_receiver;

/* NULL when out of memory. */
struct cx_answer_receiver *cx_answer_receiver_new(void);
/* Accepts NULL. */
void cx_answer_receiver_free(struct cx_answer_receiver *receiver);
/* The other end is another one from now on: it has filled no slot yet. */
void cx_answer_receiver_forget(struct cx_answer_receiver *receiver);

/* Bodies of frames of their kinds, in order. Classes: MALFORMED, NOMEM. What failed ends the stream; only NOMEM of an
 * answer is that answer's alone. */
cx_status cx_answer_receiver_material(struct cx_answer_receiver *receiver, cx_span body) CX_MUST;
/* To a question of ours, found by the id of the frame (cx_frame_get_id). *ret NULL: the other end had no memory. */
cx_status cx_answer_receiver_answer(const struct cx_answer_receiver *receiver, cx_span body,
                                    const struct cx_question *question, struct cx_arena *arena,
                                    const struct cx_answer **ret) CX_MUST;
/* With its question, of which id is the sender's own (CX_FRAME_GIVEN). */
cx_status cx_answer_receiver_given(struct cx_answer_receiver *receiver, cx_span body,
                                   struct cx_arena *arena, const struct cx_answer **ret) CX_MUST;

#endif

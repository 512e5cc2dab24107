/* What a process that judges and one that resolves say to each other over a stream, and what the one that judges tells a
 * third of the answers it was given: length (4 octets), kind (1), body;
 * numbers big-endian. Both ends are the same program; still, a reader takes nothing on trust, because the process that
 * reads from the network may have been taken over.
 * I1: what an answer holds is read from its message here; a message that says otherwise than the frame is refused. What
 * no message says, DNSSEC state, time, the kind of a failure and what was seen of it, is the process's word.
 * I2: every length is compared with what is left and with CX_FRAME_MAX before it is used. */
#ifndef CX_RESOLVE_FRAME_H
#define CX_RESOLVE_FRAME_H

#include "base/buf.h"
#include "resolve/alarm.h"
#include "resolve/material.h"

enum cx_frame_kind {
    CX_FRAME_HELLO = 1, /* from the resolving end, once: it is ready, or why it is not */
    CX_FRAME_QUESTION,
    CX_FRAME_MATERIAL, /* for a slot; what was there before is replaced */
    CX_FRAME_ANSWER,
    CX_FRAME_ALARM,
    CX_FRAME_GIVEN, /* an answer with its question, for who has not asked */
};

struct cx_frame {
    enum cx_frame_kind kind;
    cx_span body;
    size_t size; /* with its head */
};

/* The first frame of what came in. *ret_more: more octets are needed. Classes: MALFORMED. */
cx_status cx_frame_next(cx_span octets, struct cx_frame *ret, bool *ret_more) CX_MUST;

/* Appending; a buffer that overflows says so itself. */
void cx_frame_put_hello(struct cx_buf *buf, cx_status status, const struct cx_detail *detail);
void cx_frame_put_question(struct cx_buf *buf, uint32_t id, const struct cx_question *question);
void cx_frame_put_material(struct cx_buf *buf, uint32_t slot,
                           const struct cx_proof_message *message);
/* Materials are given by slot: those of the answer's proof, then those of its control. answer NULL: out of memory. */
void cx_frame_put_answer(struct cx_buf *buf, uint32_t id, const struct cx_answer *answer,
                         const uint32_t *slots);
/* As well, and never NULL; what it answers is in it. */
void cx_frame_put_given(struct cx_buf *buf, uint32_t id, const struct cx_answer *answer,
                        const uint32_t *slots);
void cx_frame_put_alarm(struct cx_buf *buf, const char *text);

/* Reading a body. Classes: MALFORMED, and NOMEM where something is made. */

/* The status that was put, with its text in detail. */
cx_status cx_frame_get_hello(cx_span body, struct cx_detail *detail) CX_MUST;
cx_status cx_frame_get_question(cx_span body, uint32_t *ret_id, struct cx_name *ret_name,
                                uint16_t *ret_type) CX_MUST;
cx_status cx_frame_get_material(cx_span body, uint32_t *ret_slot, struct cx_material **ret) CX_MUST;
/* Of an answer, with its question or without. */
cx_status cx_frame_get_id(cx_span body, uint32_t *ret) CX_MUST;
/* The answer to question, in arena; materials is what is in the slots now. *ret NULL: the other end had no memory. */
cx_status cx_frame_get_answer(cx_span body, const struct cx_question *question,
                              struct cx_material *const materials[CX_WORKER_SLOTS],
                              struct cx_arena *arena, const struct cx_answer **ret) CX_MUST;
/* The question is that of the frame: name and type of the answer. */
cx_status cx_frame_get_given(cx_span body, struct cx_material *const materials[CX_WORKER_SLOTS],
                             struct cx_arena *arena, const struct cx_answer **ret) CX_MUST;
/* Any octets but NUL, and at least one. */
cx_status cx_frame_get_alarm(cx_span body, char ret[CX_ALARM_TEXT]) CX_MUST;

#endif

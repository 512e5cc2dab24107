/* The object that keeps one answer (docs/formats/record.cddl, answer-object): what a question gave, as the judge read it,
 * when, from whom, and by digest the messages that it was read from and rests on.
 * I1: encode(decode(x)) == x for every accepted x without negative keys.
 * I2: an answer that was read here has records (or, of a DNAME, one alias) exactly if its outcome says so, and the owner of
 * records is the name asked or one of its aliases (R-TREE-15). */
#ifndef CX_EVIDENCE_ANSWER_OBJECT_H
#define CX_EVIDENCE_ANSWER_OBJECT_H

#include "base/buf.h"
#include "dns/answer.h"
#include "evidence/tree.h"

struct cx_answer_object {
    struct cx_answer
        answer; /* octets are empty, also those of proof and control: they are messages by digest */
    bool has_message;
    struct cx_hash message;
};

/* Appends, all or nothing. message: digest of what the answer was read from, or NULL. An answer that was never filled in is
 * written as outcome error. Classes: NOMEM, LIMIT, INTERNAL (an answer that none can be: fault.h; text that is not
 * UTF-8). */
cx_status cx_answer_object_encode(const struct cx_answer *answer, const struct cx_hash *message,
                                  struct cx_buf *buf) CX_MUST;
/* Lives in arena, or borrows octets. Classes: MALFORMED (CX_E_RECORD), NOMEM. */
cx_status cx_answer_object_decode(cx_span octets, struct cx_arena *arena,
                                  struct cx_answer_object *ret, struct cx_detail *detail) CX_MUST;

#endif

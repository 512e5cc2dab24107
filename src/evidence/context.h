/* The object with what many checks share (docs/formats/record.cddl, context-object): who resolved and how, under which
 * trust anchors, OWN, policy, order, and which messages were kept.
 * I1: encode(decode(x)) == x for every accepted x without negative keys. */
#ifndef CX_EVIDENCE_CONTEXT_H
#define CX_EVIDENCE_CONTEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "caa/case.h"
#include "dns/answer.h"

/* Which DNS messages are kept with checks; the answers that were read from them always are. */
enum cx_messages {
    CX_MESSAGES_UNSET = 0,
    CX_MESSAGES_FULL, /* all: what answers were read from, what they rest on, control names */
    CX_MESSAGES_PROOF, /* what an outsider can verify: signed answers, DS and DNSKEY, proofs of insecurity */
    CX_MESSAGES_DIGEST, /* none; their digests are in the answers */
};

/* Of one answer, which of its messages are kept. */
struct cx_kept {
    bool own;      /* what it was read from */
    bool rests_on; /* DS and DNSKEY answers of its chain */
    bool control;  /* answers of control names */
};

/* is_proved: what it rests on shows why dnssec is what it is. */
struct cx_kept cx_messages_kept(enum cx_messages messages, enum cx_dnssec dnssec, bool is_proved);

const char *cx_messages_word(enum cx_messages messages);
enum cx_messages cx_messages_of_word(cx_str word);

struct cx_context {
    cx_str software;
    cx_str resolver;
    const cx_str *anchors; /* DS records in presentation form */
    size_t n_anchors;
    const struct cx_own *own;
    size_t n_own;
    const struct cx_policy *policy; /* to write; NULL: policy_octets */
    cx_span policy_octets;          /* as read: a map with the members of docs/json.md */
    enum cx_order order;
    enum cx_messages messages;
    cx_span
        perspectives; /* the CA's list, one item of CBOR (mpic/perspective.h reads it); n == 0: none */
};

/* Appends, all or nothing. Classes: NOMEM, LIMIT, INTERNAL (a context that none can be: fault.h; text that is not UTF-8). */
cx_status cx_context_encode(const struct cx_context *context, struct cx_buf *buf) CX_MUST;
/* Lives in arena, or borrows octets. Classes: MALFORMED (CX_E_RECORD), NOMEM. */
cx_status cx_context_decode(cx_span octets, struct cx_arena *arena, struct cx_context *ret,
                            struct cx_detail *detail) CX_MUST;

#endif

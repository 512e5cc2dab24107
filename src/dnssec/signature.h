/* What RRSIG records (RFC 4034 section 3) say that they cover and by whom. No signature is verified here. */
#ifndef CX_DNSSEC_SIGNATURE_H
#define CX_DNSSEC_SIGNATURE_H

#include "base/arena.h"
#include "dns/message.h"

struct cx_signature {
    uint16_t covered; /* type */
    uint8_t
        labels; /* of the owner that was signed: fewer than the owner's, if a wildcard made the record */
    struct cx_name signer;
};

/* Classes: MALFORMED. */
cx_status cx_signature_read(const struct cx_message *message, const struct cx_rr *rr,
                            struct cx_signature *ret) CX_MUST;
/* Made by zone for a record of exactly that owner: not another zone's, not expanded from a wildcard. */
bool cx_signature_is_of(const struct cx_signature *signature, cx_span zone, cx_span owner);

/* The zones that signed records of the answer and authority sections, each once, in order of appearance, in arena.
 * Classes: MALFORMED, LIMIT (more than CX_SIGNERS_MAX), NOMEM. */
cx_status cx_signers_read(cx_span octets, struct cx_arena *arena, cx_span **ret, size_t *ret_n)
    CX_MUST;

#endif

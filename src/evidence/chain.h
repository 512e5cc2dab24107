/* How the shards of a log commit to each other: the first entry of each names the last checkpoint of the one before, the
 * last entry names the key of the next (docs/formats/record.cddl).
 * I1: encode(decode(x)) == x for every accepted x without negative keys. I2: what is not understood is refused. */
#ifndef CX_EVIDENCE_CHAIN_H
#define CX_EVIDENCE_CHAIN_H

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

#define CX_CHAIN_SALT 16

struct cx_begin {
    uint8_t salt[CX_CHAIN_SALT];
    uint64_t time_ms;
    cx_str origin;
    cx_str vkey;
    bool has_before; /* false: the log's first shard */
    struct {
        cx_str origin;
        cx_str vkey;
        cx_span checkpoint; /* signed note */
        cx_span later;      /* n == 0: none */
    } before;
    cx_str software; /* n == 0: not said */
};

struct cx_seal {
    uint8_t salt[CX_CHAIN_SALT];
    uint64_t time_ms;
    cx_str origin; /* of the next shard */
    cx_str vkey;
};

/* Appended; errors are the buffer's. */
void cx_begin_encode(const struct cx_begin *begin, struct cx_buf *buf);
void cx_seal_encode(const struct cx_seal *seal, struct cx_buf *buf);
/* Texts and spans borrow octets. Classes: MALFORMED (CX_E_RECORD). */
cx_status cx_begin_decode(cx_span octets, struct cx_begin *ret, struct cx_detail *detail) CX_MUST;
cx_status cx_seal_decode(cx_span octets, struct cx_seal *ret, struct cx_detail *detail) CX_MUST;

#endif

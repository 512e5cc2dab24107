/* The record of a start: a request was accepted, and its check has begun (docs/formats/record.md). By it a check that never
 * ended is known. One struct is what the writer takes and what the reader gives.
 * I1: encode(decode(x)) == x for every accepted x without negative keys.  I2: what is not understood is refused. */
#ifndef CX_EVIDENCE_START_H
#define CX_EVIDENCE_START_H

#include "base/buf.h"
#include "evidence/record.h"

struct cx_start {
    uint8_t salt[CX_RECORD_SALT];
    uint64_t time_ms;
    bool has_authority;
    struct cx_hash authority;
    cx_str request;      /* its id; never empty */
    struct cx_hash body; /* SHA-256 of the request's octets as they were received */
    uint64_t deadline_ms;
    cx_str caller; /* as the configuration names it; n == 0: not said */
    bool has_previous;
    struct cx_hash previous; /* digest of the record of an earlier try, which this one replaces */
};

/* Appends the record's octets, all or nothing. Classes: NOMEM, LIMIT, INTERNAL (what no start can be: fault.h; a text that is
 * not UTF-8; a salt of zeros). */
cx_status cx_start_encode(const struct cx_start *start, struct cx_buf *buf) CX_MUST;
/* Texts borrow octets. Classes: MALFORMED (CX_E_RECORD). */
cx_status cx_start_decode(cx_span octets, struct cx_start *ret, struct cx_detail *detail) CX_MUST;

#endif

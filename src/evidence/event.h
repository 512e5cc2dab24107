/* The record of an event: what happened beside checks and evidence needs (docs/formats/record.md). What each type has, needs
 * and cannot have: event_types.def; writer and reader refuse all else (fault.h).
 * I1: encode(decode(x)) == x for every accepted x without negative keys but those below.  I2: what is not understood is refused. */
#ifndef CX_EVIDENCE_EVENT_H
#define CX_EVIDENCE_EVENT_H

#include "base/buf.h"
#include "evidence/record.h"

/* Stored; never renumbered. */
enum cx_event_type {
    CX_EVENT_UNSET = 0,
#define X(name, number, word, about, by, why, certificate, request, sentence)                      \
    CX_EVENT_##name = number,
#include "evidence/event_types.def"
#undef X
};

struct cx_event {
    uint8_t salt[CX_RECORD_SALT];
    uint64_t time_ms;
    enum cx_event_type type;
    bool has_about;
    struct cx_hash about; /* digest of the record that it concerns: a check */
    cx_str by;            /* caller or person; n == 0: not said */
    cx_str why;           /* n == 0: not said */
    bool has_authority;
    struct cx_hash authority;
    bool has_certificate;
    struct cx_hash certificate; /* SHA-256 of its DER, which is an object of the store */
    cx_str request;             /* its id; n == 0: none */
    /* Of an issuance, by negative keys: what it is found by, and nothing depends on. */
    cx_span
        serial; /* of the certificate: INTEGER content without leading zeros; n == 0: not said */
    bool is_precertificate;
    bool has_precertificate;
    struct cx_hash precertificate; /* SHA-256 of its DER: an issuance that was known before */
};

/* The word and the sentence of a type; "" for no type. */
const char *cx_event_word(enum cx_event_type type);
const char *cx_event_sentence(enum cx_event_type type);

/* Appends the record's octets, all or nothing. Classes: NOMEM, LIMIT, INTERNAL (what no event can be: fault.h; a text that is
 * not UTF-8; a salt of zeros). */
cx_status cx_event_encode(const struct cx_event *event, struct cx_buf *buf) CX_MUST;
/* Texts borrow octets. Classes: MALFORMED (CX_E_RECORD). */
cx_status cx_event_decode(cx_span octets, struct cx_event *ret, struct cx_detail *detail) CX_MUST;

#endif

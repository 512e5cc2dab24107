/* Strict DER (X.690) of the types that certificates are made of, read without copying through the sticky errors of a
 * cx_reader: read several elements, test once.
 * I1: one value has one encoding: definite lengths in their shortest form, primitive strings, TRUE as 0xff, integers
 * without padding, unused bits of zero. Every other encoding fails the reader.
 * I2: an element of a universal type that was returned has content of that type. */
#ifndef CX_PKI_DER_H
#define CX_PKI_DER_H

#include "base/arena.h"
#include "base/reader.h"
#include "base/time.h"

/* First octet of an element: class, constructed or not, number. */
enum cx_der_tag {
    CX_DER_NONE = 0x00,
    CX_DER_BOOLEAN = 0x01,
    CX_DER_INTEGER = 0x02,
    CX_DER_BIT_STRING = 0x03,
    CX_DER_OCTET_STRING = 0x04,
    CX_DER_NULL = 0x05,
    CX_DER_OID = 0x06,
    CX_DER_ENUMERATED = 0x0a,
    CX_DER_UTF8_STRING = 0x0c,
    CX_DER_NUMERIC_STRING = 0x12,
    CX_DER_PRINTABLE_STRING = 0x13,
    CX_DER_T61_STRING = 0x14,
    CX_DER_IA5_STRING = 0x16,
    CX_DER_UTC_TIME = 0x17,
    CX_DER_GENERALIZED_TIME = 0x18,
    CX_DER_VISIBLE_STRING = 0x1a,
    CX_DER_UNIVERSAL_STRING = 0x1c,
    CX_DER_BMP_STRING = 0x1e,
    CX_DER_SEQUENCE = 0x30,
    CX_DER_SET = 0x31,
};

/* Context-specific tags: [n] of a primitive type, and of a constructed or explicitly tagged one. */
#define CX_DER_CONTEXT     0x80u
#define CX_DER_CONSTRUCTED 0x20u
#define CX_DER_FIELD(n)    ((uint8_t)(CX_DER_CONTEXT | (n)))
#define CX_DER_EXPLICIT(n) ((uint8_t)(CX_DER_CONTEXT | CX_DER_CONSTRUCTED | (n)))
#define CX_DER_NUMBER(tag) ((uint8_t)((tag)&0x1fu))

struct cx_der {
    uint8_t tag;
    cx_span content;
    cx_span whole; /* with tag and length */
};

/* The tag of the next element, CX_DER_NONE at the end. */
uint8_t cx_der_peek(const struct cx_reader *r);
/* The next element: of one of the types above, or context-specific, with any content. */
struct cx_der cx_der_next(struct cx_reader *r);
/* The content of the next element, whose tag must be that one. */
cx_span cx_der_get(struct cx_reader *r, uint8_t tag);
/* BOOLEAN DEFAULT FALSE: there and TRUE, or not there. */
bool cx_der_flag(struct cx_reader *r);
/* UTCTime or GeneralizedTime in the forms of RFC 5280 section 4.1.2.5. */
cx_time cx_der_time(struct cx_reader *r);

/* A reader of the content of the next element, whose tag must be that one; and back: fails r unless all was read. */
struct cx_reader cx_der_enter(struct cx_reader *r, uint8_t tag);
void cx_der_leave(struct cx_reader *r, const struct cx_reader *inner);

/* Content as the universal type has it; for implicit tags. */
bool cx_der_fits(uint8_t tag, cx_span content);

/* AlgorithmIdentifier, and SubjectPublicKeyInfo (RFC 5280 section 4.1): their octets, none after a failure. */
cx_span cx_der_algorithm(struct cx_reader *r);
cx_span cx_der_public_key(struct cx_reader *r);

/* Text of one of the string types as UTF-8: borrowed, or in arena. T61String is read as Latin-1, as others read it.
 * Classes: MALFORMED (no string type), NOMEM. */
cx_status cx_der_text(const struct cx_der *string, struct cx_arena *arena, cx_span *ret) CX_MUST;

#endif

/* What all readers of certificate lists share: a record under construction, and its certificate from DER.
 * I1: what a certificate says that cannot be read rejects the record; a failure is the machine's. */
#ifndef CX_INCIDENT_ISSUED_BUILD_H
#define CX_INCIDENT_ISSUED_BUILD_H

#include "base/buf.h"
#include "base/limits.h"
#include "incident/issued.h"

struct cx_issued_build {
    struct cx_arena arena; /* of the record at hand */
    /* The issuer read last: lists have few, in long runs. */
    struct cx_buf issuer;
    struct cx_buf issuer_text;
    struct cx_hash issuer_key;
    struct cx_buf subject_text;
    /* The same of rows, whose issuers are text, and the serial number of one. */
    struct cx_buf row_issuer;
    struct cx_hash row_issuer_key;
    uint8_t serial[CX_SERIAL_MAX];
    bool no_memory; /* for a cell of the row that is read */
};

void cx_issued_build_init(struct cx_issued_build *build);
void cx_issued_build_done(struct cx_issued_build *build);

/* A record that is observed, of which nothing is known; what the one before pointed to is gone. */
void cx_issued_begin(struct cx_issued_build *build, uint64_t line, struct cx_issued_record *record);
void cx_issued_reject(struct cx_issued_record *record, cx_span text, const char *fmt, ...)
    CX_PRINTF(3, 4);
void cx_issued_ignore(struct cx_issued_record *record, const char *fmt, ...) CX_PRINTF(2, 3);
/* One more change to tell of. */
void cx_issued_note(struct cx_issued_record *record, const char *fmt, ...) CX_PRINTF(2, 3);

/* Fills record->issued from a certificate or precertificate, whose octets must live as long as the record. Strict DER, or
 * else what OpenSSL reads, with a note; what neither reads rejects the record, a CA's certificate is ignored (R-REV-7).
 * Classes: NOMEM, INTERNAL. */
cx_status cx_issued_take_der(struct cx_issued_build *build, cx_span der,
                             struct cx_issued_record *record) CX_MUST;
/* Text and key of an issuer. Classes: NOMEM, INTERNAL, MALFORMED. */
cx_status cx_issued_take_issuer(struct cx_issued_build *build, cx_span name,
                                struct cx_issued *issued, struct cx_detail *detail) CX_MUST;
/* The earlier of what is known and time_ms. */
void cx_issued_seen(struct cx_issued *issued, int64_t time_ms);
/* INTEGER content without leading zeros; of zero, one octet. */
cx_span cx_issued_serial(cx_span content);

/* What comes after the byte order mark and blanks that a text may begin with. */
cx_span cx_issued_text_of(cx_span head);

#endif

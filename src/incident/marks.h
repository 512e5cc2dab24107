/* Certificates that somebody lists by SHA-256 or serial: those whose process consulted the answer, or did not. */
#ifndef CX_INCIDENT_MARKS_H
#define CX_INCIDENT_MARKS_H

#include "incident/certificates.h"

/* A SHA-256, or a serial without leading zeros; unused octets are zero, so that ids are compared as memory. */
struct cx_id {
    uint8_t n;
    uint8_t octets[CX_HASH_SIZE];
};

/* Hexadecimal, with or without colons and 0x. False for anything else. */
bool cx_id_of_text(cx_str text, struct cx_id *ret);
/* False if no id is that long. */
bool cx_id_of_octets(cx_span octets, struct cx_id *ret);

struct cx_marks;

/* One a line; of CSV, the first cell; SHA-256 of the certificate or precertificate, or the serial, in hexadecimal with or without
 * colons. A first line that is neither, and has a letter that no hexadecimal has, is a header. *ret_n of them. Classes: IO, MALFORMED (names the line), NOMEM. */
cx_status cx_marks_read(const char *path, struct cx_marks **ret, uint64_t *ret_n,
                        struct cx_hash *ret_digest, struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_marks_free(struct cx_marks *marks);
/* NULL marks nothing. */
bool cx_marks_have(const struct cx_marks *marks, const struct cx_certificate *certificate);

/* Which lines name a certificate at all: each certificate is met once, then they are counted. */
void cx_marks_meet(struct cx_marks *marks, const struct cx_certificate *certificate);
/* How many of the lines named one that was met. A list of which no line did says something else than was meant: its own refusal. Classes: MALFORMED. */
cx_status cx_marks_matched(const struct cx_marks *marks, const char *path, uint64_t *ret,
                           struct cx_detail *detail) CX_MUST;

#endif

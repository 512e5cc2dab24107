/* Certificates that somebody lists by SHA-256 or serial: those whose process consulted the answer, or did not. */
#ifndef CX_INCIDENT_MARKS_H
#define CX_INCIDENT_MARKS_H

#include "incident/certificates.h"

struct cx_marks;

/* One a line; of CSV, the first cell; SHA-256 of the certificate or precertificate, or the serial, in hexadecimal with or without
 * colons. A first line that is neither is a header. *ret_n of them. Classes: IO, MALFORMED (names the line), NOMEM. */
cx_status cx_marks_read(const char *path, struct cx_marks **ret, uint64_t *ret_n,
                        struct cx_hash *ret_digest, struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_marks_free(struct cx_marks *marks);
/* NULL marks nothing. */
bool cx_marks_have(const struct cx_marks *marks, const struct cx_certificate *certificate);

#endif

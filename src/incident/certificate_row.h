/* A certificate of a run as octets: deterministic CBOR. */
#ifndef CX_INCIDENT_CERTIFICATE_ROW_H
#define CX_INCIDENT_CERTIFICATE_ROW_H

#include "incident/certificates.h"

void cx_certificate_write(const struct cx_certificate *certificate, struct cx_buf *buf);
/* Borrows octets; the array of names is in arena. Classes: STORE, NOMEM. */
cx_status cx_certificate_read_row(cx_span octets, struct cx_arena *arena,
                                  struct cx_certificate *ret) CX_MUST;

/* One row, as it stands in a list, with an issuer_key that does not depend on how the list writes a distinguished name. Classes: INTERNAL, NOMEM. */
cx_status cx_certificate_of(const struct cx_issued *issued, uint32_t input, uint64_t line,
                            struct cx_certificate *ret) CX_MUST;
/* SHA-256 of an issuer as text: attributes in whatever order, case and spacing. *ret_known false: there is none. */
cx_status cx_issuer_key(cx_str issuer, struct cx_hash *ret, bool *ret_known) CX_MUST;
/* Adds to a what b knows of the same certificate; names are those of both, since one left out would make it look better. *ret_new: b
 * was the other half of the pair. Classes: NOMEM. */
cx_status cx_certificate_join(struct cx_certificate *a, const struct cx_certificate *b,
                              struct cx_arena *arena, bool *ret_new) CX_MUST;

#endif

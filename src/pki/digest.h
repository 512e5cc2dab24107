/* SHA-256 and SHA-384 (FIPS 180-4). From any thread. */
#ifndef CX_PKI_DIGEST_H
#define CX_PKI_DIGEST_H

#include "base/span.h"
#include "base/status.h"

#define CX_SHA256_SIZE 32
#define CX_SHA384_SIZE 48

/* Classes: INTERNAL. */
cx_status cx_sha256(cx_span octets, uint8_t ret[CX_SHA256_SIZE]) CX_MUST;
/* Of the parts one behind the other. */
cx_status cx_sha256_parts(const cx_span *parts, size_t n, uint8_t ret[CX_SHA256_SIZE]) CX_MUST;

/* SHA-256 of what comes piece by piece. NULL when out of memory. Freed with cx_digest_free, which accepts NULL. */
struct cx_digest;
struct cx_digest *cx_digest_new(void);
void cx_digest_free(struct cx_digest *digest);
/* Classes: INTERNAL. */
cx_status cx_digest_add(struct cx_digest *digest, cx_span octets) CX_MUST;
/* Of all so far; more may follow. Classes: INTERNAL. */
cx_status cx_digest_of(const struct cx_digest *digest, uint8_t ret[CX_SHA256_SIZE]) CX_MUST;

/* Classes: NOMEM. */
cx_status cx_sha384(cx_span octets, uint8_t ret[CX_SHA384_SIZE]) CX_MUST;

#endif

/* SHA-256 and SHA-384 (FIPS 180-4). */
#ifndef CX_PKI_DIGEST_H
#define CX_PKI_DIGEST_H

#include "base/span.h"
#include "base/status.h"

#define CX_SHA256_SIZE 32
#define CX_SHA384_SIZE 48

/* Classes: NOMEM. */
cx_status cx_sha256(cx_span octets, uint8_t ret[CX_SHA256_SIZE]) CX_MUST;
cx_status cx_sha384(cx_span octets, uint8_t ret[CX_SHA384_SIZE]) CX_MUST;

#endif

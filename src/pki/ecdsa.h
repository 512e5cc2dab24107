/* Verifies ECDSA on P-256 (FIPS 186-5 section 6.4.2) with OpenSSL: what most signatures of DNSSEC are (RFC 6605).
 * Any number of threads. */
#ifndef CX_PKI_ECDSA_H
#define CX_PKI_ECDSA_H

#include "base/span.h"

enum {
    CX_P256_OCTETS = 32
};

/* Public point and signature, as big-endian numbers. */
struct cx_p256_signature {
    uint8_t x[CX_P256_OCTETS];
    uint8_t y[CX_P256_OCTETS];
    uint8_t r[CX_P256_OCTETS];
    uint8_t s[CX_P256_OCTETS];
};

enum cx_p256_verdict {
    CX_P256_UNKNOWN =
        0, /* nothing is known of the signature: the point is none of the curve, or OpenSSL failed */
    CX_P256_VALID,
    CX_P256_INVALID,
};

/* digest may have any length: of a longer one the first 32 octets count, a shorter one is a smaller number. */
enum cx_p256_verdict cx_p256_verify(const struct cx_p256_signature *signature, cx_span digest);

/* "3.0.15": the library that runs, not the headers. */
const char *cx_openssl_version(void);

#endif

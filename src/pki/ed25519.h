/* Ed25519 (RFC 8032): keys, signatures, key files. */
#ifndef CX_PKI_ED25519_H
#define CX_PKI_ED25519_H

#include "base/span.h"
#include "base/status.h"

#define CX_ED25519_PUBLIC    32
#define CX_ED25519_SIGNATURE 64

/* A private key; the octets of it never leave OpenSSL's memory. May be used by several threads. */
struct cx_ed25519_key;

/* Classes: CRYPTO, NOMEM. Freed by the caller. */
cx_status cx_ed25519_generate(struct cx_ed25519_key **ret, struct cx_detail *detail) CX_MUST;
/* From 32 octets: test vectors. */
cx_status cx_ed25519_of_seed(const uint8_t seed[32], struct cx_ed25519_key **ret,
                             struct cx_detail *detail) CX_MUST;
/* PKCS#8 PEM, not encrypted. Reading refuses a file that others than its owner may read or write. Writing makes a new file
 * with mode 0400 and syncs it and its folder; an existing one is refused, one that could not be finished is removed.
 * Classes: IO, CRYPTO (no such key in it), NOMEM. */
cx_status cx_ed25519_read_file(const char *path, struct cx_ed25519_key **ret,
                               struct cx_detail *detail) CX_MUST;
cx_status cx_ed25519_write_file(const struct cx_ed25519_key *key, const char *path,
                                struct cx_detail *detail) CX_MUST;
void cx_ed25519_free(struct cx_ed25519_key *key);

void cx_ed25519_public(const struct cx_ed25519_key *key, uint8_t ret[CX_ED25519_PUBLIC]);
/* Classes: CRYPTO. */
cx_status cx_ed25519_sign(const struct cx_ed25519_key *key, cx_span message,
                          uint8_t ret[CX_ED25519_SIGNATURE], struct cx_detail *detail) CX_MUST;
/* Success if the signature is good. Classes: CRYPTO. */
cx_status cx_ed25519_verify(const uint8_t public_key[CX_ED25519_PUBLIC], cx_span message,
                            const uint8_t signature[CX_ED25519_SIGNATURE]) CX_MUST;

#endif

/* Signatures that were found valid lately. A validator verifies some of them again: libunbound does with the DS and DNSKEY
 * sets of a zone when these are asked for, after it has used them. Valid is a function of point, signature and digest
 * alone, so what was once stays so. Any number of threads. */
#ifndef CX_PKI_VERIFIED_H
#define CX_PKI_VERIFIED_H

#include "pki/ecdsa.h"

/* The very same octets were remembered, and not replaced since. digest of any length but 32 octets never is. */
bool cx_p256_was_valid(const struct cx_p256_signature *signature, cx_span digest);
/* Of what cx_p256_verify called valid. */
void cx_p256_remember_valid(const struct cx_p256_signature *signature, cx_span digest);

#endif

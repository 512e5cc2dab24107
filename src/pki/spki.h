/* Which key: SHA-256 of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), from the files in which keys are kept. */
#ifndef CX_PKI_SPKI_H
#define CX_PKI_SPKI_H

#include "base/span.h"
#include "base/status.h"
#include "pki/digest.h"

/* file: a certificate or a public key, PEM (its first block of these kinds counts) or DER. Classes: MALFORMED
 * (CX_E_CERTIFICATE), NOMEM. */
cx_status cx_spki_digest(cx_span file, uint8_t ret[CX_SHA256_SIZE], struct cx_detail *detail)
    CX_MUST;

/* Whether the signature of certificate (DER) is one by the key of issuer, a certificate (DER) too. Names and dates are not looked
 * at. Classes: MALFORMED (CX_E_CERTIFICATE: one of them cannot be read). */
cx_status cx_spki_signed(cx_span issuer, cx_span certificate, bool *ret, struct cx_detail *detail)
    CX_MUST;

#endif

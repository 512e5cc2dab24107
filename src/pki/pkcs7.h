/* Certificates that stand in a PKCS#7 (CMS) file, the usual container of chains. */
#ifndef CX_PKI_PKCS7_H
#define CX_PKI_PKCS7_H

#include "base/arena.h"

/* It begins as SignedData does; nothing else is said of it. */
bool cx_pkcs7_looks_like(cx_span head);

/* DER or BER. *ret (in arena) are its certificates in DER, in their order; no signature is verified. Classes: MALFORMED
 * (CX_E_CERTIFICATE), LIMIT, NOMEM. */
cx_status cx_pkcs7_certificates(cx_span octets, struct cx_arena *arena, const cx_span **ret,
                                size_t *ret_n, struct cx_detail *detail) CX_MUST;

#endif

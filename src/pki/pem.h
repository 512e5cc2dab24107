/* Blocks of PEM (RFC 7468), with text around them as files of certificates have it. */
#ifndef CX_PKI_PEM_H
#define CX_PKI_PEM_H

#include "base/arena.h"

/* The octets of the first block of one of the kinds ("CERTIFICATE", NULL-terminated), in arena; blocks of other kinds are
 * stepped over, such as a private key in front. n == 0: there is none. Classes: MALFORMED (CX_E_CERTIFICATE: a damaged
 * block before it), NOMEM. */
cx_status cx_pem_first(cx_span file, const char *const *kinds, struct cx_arena *arena, cx_span *ret,
                       struct cx_detail *detail) CX_MUST;

#endif

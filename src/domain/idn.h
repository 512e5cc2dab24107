/* Internationalized domain names: U-labels to A-labels (RFC 5891), where a rule has us convert (R-MAIL-3). */
#ifndef CX_DOMAIN_IDN_H
#define CX_DOMAIN_IDN_H

#include "base/arena.h"

/* The domain in A-labels and lower case, in arena. Also checks the A-labels that are there already; names of ASCII labels
 * come back in lower case. Classes: MALFORMED (CX_E_NAME), NOMEM. */
cx_status cx_domain_to_ascii(cx_str utf8, struct cx_arena *arena, cx_str *ret,
                             struct cx_detail *detail) CX_MUST;

#endif

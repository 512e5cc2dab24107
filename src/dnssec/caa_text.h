/* One CAA record in presentation form, as logs and remote perspectives have it. */
#ifndef CX_DNSSEC_CAA_TEXT_H
#define CX_DNSSEC_CAA_TEXT_H

#include "base/arena.h"
#include "dns/caa.h"

/* 0 issue "ca.example.net", the quotes may be missing; or RFC 3597's generic form. Lives in arena. Classes: MALFORMED
 * (CX_E_ARCHIVE), NOMEM. */
cx_status cx_caa_of_text(cx_str text, struct cx_arena *arena, struct cx_caa *ret,
                         struct cx_detail *detail) CX_MUST;

#endif

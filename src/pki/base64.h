/* Base64 of RFC 4648 section 4, with padding; strict: each value is written in one way only. */
#ifndef CX_PKI_BASE64_H
#define CX_PKI_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

void cx_base64_put(struct cx_buf *buf, cx_span octets);
/* No blanks, canonical padding, zero bits at the end. Classes: MALFORMED (CX_E_BASE64), NOMEM. ret lives in arena. */
cx_status cx_base64_get(cx_str text, struct cx_arena *arena, cx_span *ret) CX_MUST;
/* Of exactly n octets, at most CX_BASE64_FIXED_MAX: a hash, a key. */
#define CX_BASE64_FIXED_MAX 96
bool cx_base64_get_fixed(cx_str text, uint8_t *ret, size_t n) CX_MUST;

#endif

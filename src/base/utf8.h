/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CX_BASE_UTF8_H
#define CX_BASE_UTF8_H

#include "base/span.h"

#define CX_UTF8_CHARACTER 4 /* octets of the longest */

bool cx_utf8_ok(cx_span octets);
/* Writes a character and gives its number of octets, 0 if there is no such character. */
size_t cx_utf8_put(uint32_t character, uint8_t ret[CX_UTF8_CHARACTER]);

#endif

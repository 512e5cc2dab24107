/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CX_BASE_UTF8_H
#define CX_BASE_UTF8_H

#include "base/span.h"

/* Octets of the character in front of text (not empty), and its code point; 0 if it is none. */
static inline size_t
cx_utf8_first(cx_span text, uint32_t *ret)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t c = text.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
    uint32_t point = n == 1 ? c : n == 0 ? 0 : c & (0x7fu >> n);

    if (n == 0 || n > text.n) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((text.p[i] & 0xc0u) != 0x80) {
            return 0;
        }
        point = point << 6 | (text.p[i] & 0x3fu);
    }
    if (point < lowest[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    *ret = point;
    return n;
}

static inline bool
cx_utf8_valid(cx_span text)
{
    uint32_t point;

    for (size_t at = 0, n; at < text.n; at += n) {
        n = cx_utf8_first((cx_span){ text.p + at, text.n - at }, &point);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

#endif

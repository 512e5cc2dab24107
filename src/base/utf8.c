#include "base/utf8.h"

#include "base/status.h"

/* Octets of the well-formed character at p, 0 if there is none. */
static size_t
utf8_length(const uint8_t *p, size_t n)
{
    static const struct {
        uint8_t first, last; /* of the leading octet */
        uint8_t least,
            most; /* of the second: no overlong forms, no surrogates, nothing above U+10FFFF */
        size_t n;
    } rows[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    if (p[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        if (p[0] < rows[i].first || p[0] > rows[i].last) {
            continue;
        }
        if (n < rows[i].n || p[1] < rows[i].least || p[1] > rows[i].most) {
            return 0;
        }
        for (size_t k = 2; k < rows[i].n; k++) {
            if ((p[k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return rows[i].n;
    }
    return 0;
}

bool
cx_utf8_ok(cx_span octets)
{
    for (size_t at = 0; at < octets.n;) {
        size_t n = utf8_length(octets.p + at, octets.n - at);

        if (n == 0) {
            return false;
        }
        at += n;
    }
    return true;
}

size_t
cx_utf8_put(uint32_t character, uint8_t ret[CX_UTF8_CHARACTER])
{
    static const uint8_t heads[] = { 0x00, 0x00, 0xc0, 0xe0, 0xf0 };
    size_t n = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) {
        return 0;
    }
    for (size_t i = n; i-- > 1; character >>= 6) {
        ret[i] = (uint8_t)(0x80 | (character & 0x3f));
    }
    ret[0] = (uint8_t)(heads[n] | character);
    return n;
}

/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CX_BASE_UTF8_H
#define CX_BASE_UTF8_H

#include "base/span.h"

/* Octets that the character with that first octet has; 0 if none begins so. */
static inline size_t
cx_utf8_length(uint8_t first)
{
    return first < 0x80   ? 1
           : first < 0xc0 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf8 ? 4
                          : 0;
}

/* Octets of the character in front of text (not empty), and its code point; 0 if it is none. */
static inline size_t
cx_utf8_first(cx_span text, uint32_t *ret)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = cx_utf8_length(text.p[0]);
    uint32_t point = n == 1 ? text.p[0] : text.p[0] & (0x7fu >> n);

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

/* Octets in front that are ASCII, to the last eight whole ones: nearly all text is. */
static inline size_t
cx_utf8_ascii(cx_span text)
{
    size_t n = 0;
    uint64_t word;

    for (; text.n - n >= sizeof(word); n += sizeof(word)) {
        memcpy(&word, text.p + n, sizeof(word));
        if ((word & 0x8080808080808080u) != 0) {
            break;
        }
    }
    return n;
}

static inline bool
cx_str_is_ascii(cx_str text)
{
    for (size_t i = cx_utf8_ascii(cx_span_of_str(text)); i < text.n; i++) {
        if ((uint8_t)text.p[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static inline bool
cx_utf8_valid(cx_span text)
{
    uint32_t point;

    for (size_t at = cx_utf8_ascii(text), n; at < text.n; at += n) {
        n = cx_utf8_first((cx_span){ text.p + at, text.n - at }, &point);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

/* What of text fits into max octets, without half a character at its end. */
static inline cx_str
cx_utf8_cut(cx_str text, size_t max)
{
    if (text.n > max) {
        text.n = max;
        while (text.n != 0 && ((uint8_t)text.p[text.n] & 0xc0u) == 0x80) {
            text.n--;
        }
    }
    return text;
}

/* Has one of U+0000 to U+001F, U+007F: whatever breaks a line, or steers a terminal. */
static inline bool
cx_str_has_controls(cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((uint8_t)text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Controls, blanks other than SP, and what changes how text is shown but has no shape of its own: as padding or in the
 * middle, nobody would see it. */
static inline bool
cx_utf8_invisible(uint32_t point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        { 0x00, 0x1f },     { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x1680, 0x1680 },
        { 0x180e, 0x180e }, { 0x2000, 0x200b }, { 0x200e, 0x200f }, { 0x2028, 0x202f },
        { 0x205f, 0x206f }, { 0x3000, 0x3000 }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe007f },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Octets of the longest character. */
#define CX_UTF8_CHARACTER 4

/* Writes a character and gives its number of octets, 0 if there is no such character. */
static inline size_t
cx_utf8_put(uint32_t point, uint8_t ret[CX_UTF8_CHARACTER])
{
    static const uint8_t heads[] = { 0x00, 0x00, 0xc0, 0xe0, 0xf0 };
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    for (size_t i = n; i-- > 1; point >>= 6) {
        ret[i] = (uint8_t)(0x80 | (point & 0x3f));
    }
    ret[0] = (uint8_t)(heads[n] | point);
    return n;
}

#endif

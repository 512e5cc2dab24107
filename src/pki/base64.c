#include "pki/base64.h"

#include <openssl/evp.h>

#include <limits.h>

#define GROUP  3 /* octets that four characters stand for */
#define CHARS  4
#define GROUPS 64 /* that are written at once */

void
cx_base64_put(struct cx_buf *buf, cx_span octets)
{
    uint8_t text[GROUPS * CHARS + 1];

    for (size_t at = 0; at < octets.n; at += GROUPS * GROUP) {
        size_t left = octets.n - at;
        int n = EVP_EncodeBlock(text, octets.p + at,
                                (int)(left < GROUPS * GROUP ? left : GROUPS * GROUP));

        cx_buf_put(buf, (cx_str){ (const char *)text, (size_t)n });
    }
}

/* OpenSSL steps over blanks, and takes padding for zeros wherever it stands. */
static bool
is_alphabet(cx_str text, size_t n_padding)
{
    for (size_t i = 0; i < text.n - n_padding; i++) {
        char c = text.p[i];

        if (!cx_ascii_alnum((uint8_t)c) && c != '+' && c != '/') {
            return false;
        }
    }
    return true;
}

/* octets has room for three a group. */
static bool
decode(cx_str text, uint8_t *octets, size_t *ret_n)
{
    size_t n_padding = 0, n = text.n / CHARS * GROUP;

    while (n_padding < text.n && n_padding < 2 && text.p[text.n - 1 - n_padding] == '=') {
        n_padding++;
    }
    if (!is_alphabet(text, n_padding) ||
        EVP_DecodeBlock(octets, (const uint8_t *)text.p, (int)text.n) != (int)n) {
        return false;
    }
    for (size_t i = 0; i < n_padding; i++) {
        if (octets[n - 1 - i] != 0) { /* bits that stand for nothing */
            return false;
        }
    }
    *ret_n = n - n_padding;
    return true;
}

cx_status
cx_base64_get(cx_str text, struct cx_arena *arena, cx_span *ret)
{
    uint8_t *octets;
    size_t n;

    if (text.n % CHARS != 0 || text.n > INT_MAX) {
        return (cx_status){ CX_E_BASE64 };
    }
    octets = cx_arena_get(arena, text.n / CHARS * GROUP + 1, 1); /* nothing is something too */
    if (octets == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (!decode(text, octets, &n)) {
        return (cx_status){ CX_E_BASE64 };
    }
    *ret = (cx_span){ octets, n };
    return CX_SUCCESS;
}

bool
cx_base64_get_fixed(cx_str text, uint8_t *ret, size_t n)
{
    uint8_t octets[CX_BASE64_FIXED_MAX + GROUP];
    size_t got;

    if (n > CX_BASE64_FIXED_MAX || text.n != (n + GROUP - 1) / GROUP * CHARS ||
        !decode(text, octets, &got) || got != n) {
        return false;
    }
    memcpy(ret, octets, n);
    return true;
}

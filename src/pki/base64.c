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

cx_status
cx_base64_get(cx_str text, struct cx_arena *arena, cx_span *ret)
{
    static const cx_status malformed = { CX_E_BASE64 };
    size_t n_padding = 0, n = text.n / CHARS * GROUP;
    uint8_t *octets;

    if (text.n % CHARS != 0 || text.n > INT_MAX) {
        return malformed;
    }
    while (n_padding < text.n && n_padding < 2 && text.p[text.n - 1 - n_padding] == '=') {
        n_padding++;
    }
    if (!is_alphabet(text, n_padding)) {
        return malformed;
    }
    octets = cx_arena_get(arena, n + 1, 1); /* so that nothing is something too */
    if (octets == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (EVP_DecodeBlock(octets, (const uint8_t *)text.p, (int)text.n) != (int)n) {
        return malformed;
    }
    for (size_t i = 0; i < n_padding; i++) {
        if (octets[n - 1 - i] != 0) { /* bits that stand for nothing */
            return malformed;
        }
    }
    *ret = (cx_span){ octets, n - n_padding };
    return CX_SUCCESS;
}

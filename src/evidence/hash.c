#include "evidence/tree.h"

void
cx_hash_text(const struct cx_hash *hash, char ret[CX_HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < CX_HASH_SIZE; i++) {
        ret[2 * i] = digits[hash->b[i] >> 4];
        ret[2 * i + 1] = digits[hash->b[i] & 15u];
    }
    ret[2 * CX_HASH_SIZE] = '\0';
}

bool
cx_hash_of_text(cx_str text, struct cx_hash *ret)
{
    struct cx_hash hash = { { 0 } };

    if (text.n != CX_HASH_TEXT - 1) {
        return false;
    }
    for (size_t i = 0; i < CX_HASH_SIZE; i++) {
        int high = cx_ascii_hex((uint8_t)text.p[2 * i]);
        int low = cx_ascii_hex((uint8_t)text.p[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        hash.b[i] = (uint8_t)(high * 16 + low);
    }
    *ret = hash;
    return true;
}

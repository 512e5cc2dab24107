#include "incident/crc.h"

#include <zlib.h>

uint32_t
cx_crc32(cx_span octets)
{
    return (uint32_t)crc32_z(0, octets.p, octets.n);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* n octets, six bits a character. */
static void
write_text(const uint8_t *octets, size_t n, char *to)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | octets[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *to++ = alphabet[bits >> held & 63u];
        }
    }
    if (held != 0) {
        *to = alphabet[bits << (6 - held) & 63u];
    }
}

bool
cx_crc_is(uint32_t crc, cx_str text)
{
    uint8_t octets[5] = { 0 };
    char written[CX_CRC_TEXT_OLD] = "";
    bool old = text.n == CX_CRC_TEXT_OLD;

    for (size_t i = 0; i < (old ? 5 : 4); i++) {
        octets[i] = (uint8_t)(old ? crc & 0x7fu : crc & 0xffu);
        crc >>= old ? 7 : 8;
        octets[i] |= old && crc != 0 ? 0x80 : 0;
        if (old && crc == 0) { /* the rest of the varint's room is zero */
            break;
        }
    }
    write_text(octets, old ? 5 : 4, written);
    return (old || text.n == CX_CRC_TEXT) && memcmp(text.p, written, text.n) == 0;
}

/* One slot of an anchor: what is accepted is written again octet by octet, but for what fills it up, and not one octet of it
 * can be another. */
#include "base/buf.h"
#include "fuzz.h"
#include "pki/digest.h"
#include "store/slots.h"

#include <string.h>

static bool
is_slot(const uint8_t *octets, size_t n, uint64_t *number, cx_str *text)
{
    bool good = true;

    MUST(cx_ok(cx_slot_parse((cx_span){ octets, n }, number, text, &good)));
    return good;
}

/* The slot's head, text and seal. */
static size_t
write_again(uint64_t number, cx_str text, struct cx_buf *buf)
{
    uint8_t digest[CX_SHA256_SIZE];

    cx_buf_printf(buf, "caaproof slot 1 %llu %zu\n", (unsigned long long)number, text.n);
    cx_buf_put(buf, text);
    cx_buf_putc(buf, '\n');
    MUST(cx_ok(cx_sha256(cx_span_of_str(cx_buf_str(buf)), digest)));
    cx_buf_puts(buf, "sha256 ");
    cx_buf_put_hex(buf, (cx_span){ digest, sizeof(digest) });
    cx_buf_putc(buf, '\n');
    MUST(cx_buf_ok(buf));
    return buf->n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t slot[CX_SLOT_OCTETS];
    struct cx_buf buf;
    uint64_t number, other;
    cx_str text, none;
    size_t n = size < sizeof(slot) ? size : sizeof(slot);

    memset(slot, '\n', sizeof(slot)); /* filled up, so that short inputs are something */
    if (n != 0) {
        memcpy(slot, data, n);
    }
    MUST(size == sizeof(slot) || !is_slot(data, size, &number, &text));
    if (!is_slot(slot, sizeof(slot), &number, &text)) {
        return 0;
    }
    cx_buf_init(&buf, CX_SLOT_OCTETS * 2);
    n = write_again(number, text, &buf);
    MUST(memcmp(buf.p, slot, n) == 0);
    cx_buf_done(&buf);
    for (size_t i = 0; i < n; i++) {
        slot[i] ^= 1;
        MUST(!is_slot(slot, sizeof(slot), &other, &none));
        slot[i] ^= 1;
    }
    return 0;
}

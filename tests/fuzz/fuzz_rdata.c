/* RDATA of a CAA record: what is accepted is what was sent, octet for octet, and its text is printable. */
#include "base/buf.h"
#include "dns/caa.h"
#include "fuzz.h"

#include <string.h>

static void
check_text(const struct cx_caa *caa)
{
    struct cx_buf buf;
    cx_str text;

    cx_buf_init(&buf, (size_t)4 << 20);
    cx_caa_text(caa, &buf);
    MUST(cx_buf_ok(&buf));
    text = cx_buf_str(&buf);
    for (size_t i = 0; i < text.n; i++) {
        MUST(text.p[i] >= 0x20 && text.p[i] < 0x7f);
    }
    cx_buf_done(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_caa caa = { .flags = 0 }, again = { .flags = 0 };
    cx_span rdata = { data, size };

    if (!cx_ok(cx_caa_from_rdata(rdata, &caa))) {
        MUST(size < 3 || data[1] == 0 || (size_t)data[1] > size - 2);
        return 0;
    }
    MUST(caa.flags == data[0]);
    MUST(caa.tag.n == data[1] && caa.tag.n != 0);
    MUST(caa.tag.p == data + 2);
    MUST(caa.value.n == size - 2 - caa.tag.n);
    MUST(caa.value.n == 0 || caa.value.p == data + 2 + caa.tag.n);
    MUST(cx_caa_critical(&caa) == (data[0] >= 128));
    MUST(cx_ok(cx_caa_from_rdata(rdata, &again)) && cx_caa_equal(&caa, &again));
    check_text(&caa);
    return 0;
}

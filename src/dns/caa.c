#include "dns/caa.h"

#include "base/reader.h"

cx_status
cx_caa_from_rdata(cx_span rdata, struct cx_caa *ret)
{
    struct cx_reader r = cx_reader_of(rdata);
    struct cx_caa caa = { .flags = cx_rd_u8(&r) };

    caa.tag = cx_rd_bytes(&r, cx_rd_u8(&r));
    caa.value = cx_rd_rest(&r);
    if (!cx_rd_ok(&r) || caa.tag.n == 0) { /* R-SYN-3, R-SYN-6 */
        return (cx_status){ CX_E_RDATA };
    }
    *ret = caa;
    return CX_SUCCESS;
}

bool
cx_caa_equal(const struct cx_caa *a, const struct cx_caa *b)
{
    return a->flags == b->flags && cx_span_equal(a->tag, b->tag) &&
           cx_span_equal(a->value, b->value);
}

static bool
tag_is_plain(cx_span tag)
{
    for (size_t i = 0; i < tag.n; i++) {
        if (!cx_ascii_alnum(tag.p[i])) {
            return false;
        }
    }
    return true;
}

void
cx_caa_text(const struct cx_caa *caa, struct cx_buf *buf)
{
    if (!tag_is_plain(caa->tag)) {
        cx_buf_printf(buf, "\\# %zu %02x%02x", 2 + caa->tag.n + caa->value.n, (unsigned)caa->flags,
                      (unsigned)caa->tag.n);
        cx_buf_put_hex(buf, caa->tag);
        cx_buf_put_hex(buf, caa->value);
        return;
    }
    cx_buf_printf(buf, "%u ", (unsigned)caa->flags);
    cx_buf_put(buf, cx_str_of_span(caa->tag));
    cx_buf_puts(buf, " \"");
    for (size_t i = 0; i < caa->value.n; i++) {
        if (caa->value.p[i] == '"') {
            cx_buf_puts(buf, "\\\"");
        } else if (caa->value.p[i] == '\\') {
            cx_buf_puts(buf, "\\\\");
        } else {
            cx_buf_put_escaped(buf, (cx_span){ caa->value.p + i, 1 });
        }
    }
    cx_buf_putc(buf, '"');
}

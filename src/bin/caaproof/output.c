#include "bin/caaproof/output.h"

#include "base/limits.h"

cx_status
output_json(const struct cx_json *json)
{
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_RESULT_MAX);
    s = cx_json_write(json, &buf);
    if (cx_ok(s)) {
        (void)fwrite(buf.p, 1, buf.n, stdout); /* the flush at the end tells */
        putchar('\n');
    }
    cx_buf_done(&buf);
    return s;
}

void
output_escaped(FILE *out, cx_span outside)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_LINE_MAX);
    cx_buf_put_escaped(&buf, outside);
    (void)fwrite(buf.p, 1, buf.n, out); /* as above */
    cx_buf_done(&buf);
}

void
output_plain(FILE *out, cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];

        if (c >= 0x20 && c < 0x7f) {
            (void)fputc(c, out); /* the flush at the end tells */
        } else {
            fprintf(out, "\\%03u", (unsigned)c);
        }
    }
}

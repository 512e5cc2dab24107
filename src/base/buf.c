#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
cx_buf_init(struct cx_buf *buf, size_t max_bytes)
{
    *buf = (struct cx_buf){ .max = max_bytes };
}

void
cx_buf_done(struct cx_buf *buf)
{
    cx_free(buf->p);
    *buf = (struct cx_buf){ .max = buf->max };
}

void
cx_buf_clear(struct cx_buf *buf)
{
    buf->n = 0;
    buf->failed = false;
    buf->why = CX_OK;
}

char *
cx_buf_reserve(struct cx_buf *buf, size_t n)
{
    size_t least =
        buf->max < 256 ? buf->max : 256; /* never more room than the maximum: put relies on it */
    size_t room = buf->room != 0 ? buf->room : least;
    char *p;

    if (buf->failed || n > buf->max - buf->n) {
        cx_buf_fail(buf, CX_E_LIMIT);
        return NULL;
    }
    if (n <= buf->room - buf->n) {
        return buf->p + buf->n;
    }
    while (room - buf->n < n) {
        room = room > buf->max / 2 ? buf->max : room * 2;
    }
    p = cx_realloc(buf->p, room, 1);
    if (p == NULL) {
        cx_buf_fail(buf, CX_E_NOMEM);
        return NULL;
    }
    buf->p = p;
    buf->room = room;
    return p + buf->n;
}

void
cx_buf_drop(struct cx_buf *buf, size_t n)
{
    if (n != 0) {
        memmove(buf->p, buf->p + n, buf->n - n);
        buf->n -= n;
    }
}

void
cx_buf_grown(struct cx_buf *buf, size_t n)
{
    buf->n += n;
}

void
cx_buf_put(struct cx_buf *buf, cx_str text)
{
    /* Room as a rule: then nothing is called. What failed once stays as it was. */
    bool fits = text.n <= buf->room - buf->n && !buf->failed;
    char *to = text.n == 0 ? NULL : fits ? buf->p + buf->n : cx_buf_reserve(buf, text.n);

    if (to != NULL) {
        memcpy(to, text.p, text.n);
        buf->n += text.n;
    }
}

void
cx_buf_puts(struct cx_buf *buf, const char *text)
{
    cx_buf_put(buf, cx_str_of(text));
}

void
cx_buf_putc(struct cx_buf *buf, char c)
{
    if (buf->n < buf->room && !buf->failed) {
        buf->p[buf->n++] = c;
    } else {
        cx_buf_put(buf, (cx_str){ &c, 1 });
    }
}

void
cx_buf_printf(struct cx_buf *buf, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text)) {
        cx_buf_fail(buf, CX_E_LIMIT); /* long outside text goes through cx_buf_put */
        return;
    }
    cx_buf_put(buf, (cx_str){ text, (size_t)n });
}

void
cx_buf_put_escaped(struct cx_buf *buf, cx_span outside)
{
    for (size_t i = 0; i < outside.n; i++) {
        uint8_t c = outside.p[i];

        if (c >= 0x20 && c < 0x7f && c != '\\') {
            cx_buf_putc(buf, (char)c);
        } else {
            cx_buf_printf(buf, "\\%03u", (unsigned)c);
        }
    }
}

void
cx_buf_put_hex(struct cx_buf *buf, cx_span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.n; i++) {
        cx_buf_putc(buf, digits[bytes.p[i] >> 4]);
        cx_buf_putc(buf, digits[bytes.p[i] & 15]);
    }
}

cx_str
cx_buf_str(const struct cx_buf *buf)
{
    return (cx_str){ buf->p, buf->n };
}

bool
cx_buf_ok(const struct cx_buf *buf)
{
    return !buf->failed;
}

void
cx_buf_fail(struct cx_buf *buf, enum cx_code why)
{
    buf->why = buf->failed ? buf->why : why;
    buf->failed = true;
}

cx_status
cx_buf_status(const struct cx_buf *buf)
{
    if (!buf->failed) {
        return CX_SUCCESS;
    }
    return (cx_status){ buf->why != CX_OK ? buf->why : CX_E_INTERNAL };
}

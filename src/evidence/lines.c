#include "evidence/lines.h"

#include "base/utf8.h"
#include "pki/base64.h"

#include <inttypes.h>

bool
cx_lines_next(struct cx_lines *lines, cx_str *ret)
{
    cx_str rest = lines->rest;
    const char *end = rest.n == 0 ? NULL : memchr(rest.p, '\n', rest.n);
    size_t n;

    if (end == NULL) {
        return false;
    }
    n = (size_t)(end - rest.p);
    *ret = (cx_str){ rest.p, n };
    lines->rest = (cx_str){ end + 1, rest.n - n - 1 };
    return true;
}

bool
cx_lines_path(struct cx_lines *lines, struct cx_path *ret)
{
    struct cx_path path = { .n = 0 };
    cx_str line;

    while (cx_lines_next(lines, &line)) {
        if (line.n == 0) {
            *ret = path;
            return true;
        }
        if (path.n >= CX_PATH_MAX || !cx_line_hash(line, &path.v[path.n])) {
            return false;
        }
        path.n++;
    }
    return false;
}

bool
cx_line_after(cx_str line, const char *prefix, cx_str *ret)
{
    size_t n = strlen(prefix);

    if (line.n < n || memcmp(line.p, prefix, n) != 0) {
        return false;
    }
    *ret = (cx_str){ line.p + n, line.n - n };
    return true;
}

bool
cx_line_number(cx_str line, uint64_t *ret)
{
    uint64_t number = 0;

    if (line.n == 0 || (line.p[0] == '0' && line.n != 1)) {
        return false;
    }
    for (size_t i = 0; i < line.n; i++) {
        unsigned digit = (unsigned)((uint8_t)line.p[i] - '0');

        if (digit > 9 || number > ((uint64_t)INT64_MAX - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *ret = number;
    return true;
}

bool
cx_line_hash(cx_str line, struct cx_hash *ret)
{
    return cx_base64_get_fixed(line, ret->b, sizeof(ret->b));
}

void
cx_lines_put_number(struct cx_buf *buf, uint64_t number)
{
    cx_buf_printf(buf, "%" PRIu64 "\n", number);
}

void
cx_lines_put_hash(struct cx_buf *buf, const struct cx_hash *hash)
{
    cx_base64_put(buf, (cx_span){ hash->b, sizeof(hash->b) });
    cx_buf_putc(buf, '\n');
}

void
cx_lines_put_path(struct cx_buf *buf, const struct cx_path *path)
{
    if (path->n > CX_PATH_MAX) {
        buf->failed = true;
        return;
    }
    for (size_t i = 0; i < path->n; i++) {
        cx_lines_put_hash(buf, &path->v[i]);
    }
    cx_buf_putc(buf, '\n');
}

bool
cx_text_is_clean(cx_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 && text.p[i] != '\n') {
            return false;
        }
    }
    return cx_utf8_valid(text);
}

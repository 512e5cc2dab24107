#include "bin/caaproof/input.h"

#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define CHUNK 65536

/* Appends what one read gives. False at the end or on failure (errno says which; 0 is the end). */
static bool
read_some(int fd, struct cx_buf *buf)
{
    char *to = cx_buf_reserve(buf, CHUNK);
    ssize_t n;

    if (to == NULL) {
        errno = EFBIG;
        return false;
    }
    do {
        n = read(fd, to, CHUNK);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        errno = n == 0 ? 0 : errno;
        return false;
    }
    cx_buf_grown(buf, (size_t)n);
    return true;
}

cx_status
input_file(const char *path, struct cx_buf *buf, struct cx_detail *detail)
{
    return strcmp(path, "-") == 0 ? cx_stream_read(stdin, path, buf, detail)
                                  : cx_file_read(path, buf, detail);
}

cx_status
input_json(const char *path, struct cx_json **ret, struct cx_detail *detail)
{
    struct cx_detail inner = { .text = "" };
    struct cx_buf buf;
    cx_status s;

    cx_buf_init(&buf, CX_LINE_MAX);
    s = input_file(path, &buf, detail);
    if (cx_ok(s)) {
        s = cx_json_parse(cx_buf_str(&buf), ret, &inner);
        if (!cx_ok(s)) {
            s = cx_fail(detail, s.code, "%s: %s", path, inner.text);
        }
    }
    cx_buf_done(&buf);
    return s;
}

void
input_lines_init(struct input_lines *lines, int fd)
{
    *lines = (struct input_lines){ .fd = fd };
    cx_buf_init(&lines->buf, (size_t)CX_LINE_MAX + 2 * CHUNK);
}

void
input_lines_done(struct input_lines *lines)
{
    cx_buf_done(&lines->buf);
}

static const char *
line_end(const struct input_lines *lines)
{
    size_t left = lines->buf.n - lines->at;

    return left == 0 ? NULL : memchr(lines->buf.p + lines->at, '\n', left);
}

bool
input_lines_ready(struct input_lines *lines)
{
    struct pollfd p = { .fd = lines->fd, .events = POLLIN };

    return lines->ended || line_end(lines) != NULL || poll(&p, 1, 0) > 0;
}

/* Moves what is unread to the front, so that the buffer holds one line and a chunk. */
static void
compact(struct input_lines *lines)
{
    if (lines->at != 0) {
        memmove(lines->buf.p, lines->buf.p + lines->at, lines->buf.n - lines->at);
        lines->buf.n -= lines->at;
        lines->at = 0;
    }
}

static cx_status
fill(struct input_lines *lines, bool *ret_too_long)
{
    while (line_end(lines) == NULL && !lines->ended) {
        compact(lines);
        if (lines->buf.n > CX_LINE_MAX) {
            *ret_too_long = true;
            lines->buf.n = 0;
        }
        if (!read_some(lines->fd, &lines->buf)) {
            if (errno != 0) {
                return (cx_status){ CX_E_IO };
            }
            lines->ended = true;
        }
    }
    return CX_SUCCESS;
}

cx_status
input_lines_next(struct input_lines *lines, cx_str *ret, bool *ret_more)
{
    for (;;) {
        bool too_long = false;
        const char *end;
        cx_str line;

        CX_TRY(fill(lines, &too_long));
        end = line_end(lines);
        line.p = lines->buf.p + lines->at;
        line.n = end != NULL ? (size_t)(end - line.p) : lines->buf.n - lines->at;
        if (end == NULL && line.n == 0 && !too_long) {
            *ret_more = false;
            return CX_SUCCESS;
        }
        lines->number++;
        lines->at += line.n + (end != NULL ? 1 : 0);
        *ret_more = true;
        if (too_long) {
            return (cx_status){ CX_E_LIMIT };
        }
        line.n -= line.n != 0 && line.p[line.n - 1] == '\r' ? 1 : 0;
        if (line.n != 0) {
            *ret = line;
            return CX_SUCCESS;
        }
    }
}

#include "base/file.h"

#include <errno.h>

#define CHUNK ((size_t)1 << 16)

static void
close_file(FILE **file)
{
    if (*file != NULL) {
        (void)fclose(*file); /* only read: nothing can be lost */
    }
}

/* The cap is met exactly, so the last chunk may be shorter. */
static char *
next_chunk(struct cx_buf *buf, size_t *ret_n)
{
    size_t left = buf->max - buf->n;

    *ret_n = left < CHUNK ? left : CHUNK;
    return *ret_n == 0 ? NULL : cx_buf_reserve(buf, *ret_n);
}

cx_status
cx_stream_read(FILE *file, const char *path, struct cx_buf *buf, struct cx_detail *detail)
{
    size_t got = 1;

    while (got != 0) {
        size_t room;
        char *to = next_chunk(buf, &room);

        if (to == NULL && room != 0) {
            return (cx_status){ CX_E_NOMEM };
        }
        if (to == NULL) { /* full: well if the file ends here too */
            if (fgetc(file) != EOF) {
                return cx_fail(detail, CX_E_LIMIT, "%s: larger than %zu octets", path, buf->max);
            }
            break;
        }
        got = fread(to, 1, room, file);
        cx_buf_grown(buf, got);
    }
    return ferror(file) ? cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno)) : CX_SUCCESS;
}

cx_status
cx_file_read(const char *path, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_AUTO(close_file) FILE *file = fopen(path, "rbe");

    if (file == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    return cx_stream_read(file, path, buf, detail);
}

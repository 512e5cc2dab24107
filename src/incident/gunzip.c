#include "incident/gunzip.h"

#include "base/limits.h"

#define ZLIB_CONST /* inputs are */
#include <zlib.h>

#define WINDOW_OF_GZIP (MAX_WBITS + 16) /* of zlib's: a gzip header, and no other */
#define CHUNK          ((size_t)1 << 16)

bool
cx_is_gzip(cx_span head)
{
    return head.n >= 3 && head.p[0] == 0x1f && head.p[1] == 0x8b && head.p[2] == 8;
}

static cx_status
damaged(struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_ARCHIVE, "compressed, and damaged or cut");
}

/* One member. */
static cx_status
inflate_one(z_stream *z, struct cx_buf *buf, struct cx_detail *detail)
{
    int code = Z_OK;

    while (code != Z_STREAM_END) {
        char *to = cx_buf_reserve(buf, CHUNK);
        uInt left = z->avail_in;

        if (to == NULL) {
            return cx_status_class(cx_buf_status(buf)) == CX_CLASS_LIMIT
                       ? cx_fail(detail, CX_E_LIMIT, "compressed: more than %zu octets", buf->max)
                       : cx_buf_status(buf);
        }
        z->next_out = (Bytef *)to;
        z->avail_out = CHUNK;
        code = inflate(z, Z_NO_FLUSH);
        cx_buf_grown(buf, CHUNK - z->avail_out);
        if ((code != Z_OK && code != Z_STREAM_END) ||
            (code == Z_OK && z->avail_in == left && z->avail_out == CHUNK)) {
            return code == Z_MEM_ERROR ? (cx_status){ CX_E_NOMEM } : damaged(detail);
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_gunzip(cx_span octets, struct cx_buf *buf, struct cx_detail *detail)
{
    z_stream z = { .next_in = (z_const Bytef *)octets.p, .avail_in = (uInt)octets.n };
    cx_status s = CX_SUCCESS;

    if (octets.n > CX_INFLATED_MAX || !cx_is_gzip(octets)) {
        return damaged(detail);
    }
    if (inflateInit2(&z, WINDOW_OF_GZIP) != Z_OK) {
        return (cx_status){ CX_E_NOMEM };
    }
    do {
        s = inflate_one(&z, buf, detail);
    } while (cx_ok(s) && z.avail_in != 0 && inflateReset(&z) == Z_OK);
    (void)inflateEnd(&z); /* frees, whatever it says of the stream */
    return s;
}

/* Read-only cursor over borrowed bytes with a sticky error: after the first read past the end every read gives zero,
 * and cx_rd_ok says so. Read several fields, test once. */
#ifndef CX_BASE_READER_H
#define CX_BASE_READER_H

#include "base/span.h"

struct cx_reader {
    cx_span all;
    size_t at;
    bool failed;
};

static inline struct cx_reader
cx_reader_of(cx_span all)
{
    return (struct cx_reader){ .all = all };
}

static inline size_t
cx_rd_left(const struct cx_reader *r)
{
    return r->failed ? 0 : r->all.n - r->at;
}

static inline cx_span
cx_rd_bytes(struct cx_reader *r, size_t n)
{
    cx_span s = { NULL, 0 };

    if (n > cx_rd_left(r)) {
        r->failed = true;
        return s;
    }
    s = (cx_span){ r->all.p + r->at, n };
    r->at += n;
    return s;
}

static inline uint8_t
cx_rd_u8(struct cx_reader *r)
{
    cx_span s = cx_rd_bytes(r, 1);

    return s.n == 1 ? s.p[0] : 0;
}

static inline uint16_t
cx_rd_u16(struct cx_reader *r)
{
    cx_span s = cx_rd_bytes(r, 2);

    return s.n == 2 ? (uint16_t)(((unsigned)s.p[0] << 8) | s.p[1]) : 0;
}

static inline uint32_t
cx_rd_u32(struct cx_reader *r)
{
    uint32_t high = cx_rd_u16(r);

    return (high << 16) | cx_rd_u16(r);
}

static inline cx_span
cx_rd_rest(struct cx_reader *r)
{
    return cx_rd_bytes(r, cx_rd_left(r));
}

static inline bool
cx_rd_ok(const struct cx_reader *r)
{
    return !r->failed;
}

#endif

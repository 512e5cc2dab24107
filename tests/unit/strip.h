/* What readers of records and objects pass over, taken out of octets. */
#ifndef CX_TESTS_UNIT_STRIP_H
#define CX_TESTS_UNIT_STRIP_H

#include "base/cbor.h"

static inline void strip_item(struct cx_reader *r, struct cx_buf *buf);

/* In a map of numbers a negative key may be passed over (docs/formats/record.md). */
static inline void
strip_map(struct cx_reader *r, struct cx_buf *buf)
{
    size_t n = cx_cbor_map(r).left, kept = 0;
    bool numbers = cx_cbor_next(r) == CX_CBOR_UINT;
    struct cx_buf pairs;

    cx_buf_init(&pairs, buf->max);
    for (size_t i = 0; i < n && cx_rd_ok(r); i++) {
        if (numbers && cx_cbor_next(r) == CX_CBOR_NINT) {
            (void)cx_cbor_any(r);
            (void)cx_cbor_any(r);
            continue;
        }
        cx_buf_put(&pairs, cx_str_of_span(cx_cbor_any(r)));
        strip_item(r, &pairs);
        kept++;
    }
    cx_cbor_put_map(buf, kept);
    cx_buf_put(buf, cx_buf_str(&pairs));
    cx_buf_done(&pairs);
}

/* One item without what readers pass over. */
static inline void
strip_item(struct cx_reader *r, struct cx_buf *buf)
{
    if (cx_cbor_next(r) == CX_CBOR_MAP) {
        strip_map(r, buf);
    } else if (cx_cbor_next(r) == CX_CBOR_ARRAY) {
        size_t n = cx_cbor_array(r, SIZE_MAX);

        cx_cbor_put_array(buf, n);
        for (size_t i = 0; i < n && cx_rd_ok(r); i++) {
            strip_item(r, buf);
        }
    } else {
        cx_buf_put(buf, cx_str_of_span(cx_cbor_any(r)));
    }
}

/* The octets, or what is left of them without negative keys. */
static inline bool
is_same_stripped(cx_span octets, size_t before, cx_str written)
{
    struct cx_reader r = cx_reader_of((cx_span){ octets.p + before, octets.n - before });
    struct cx_buf buf;
    bool same;

    if (cx_span_equal(octets, cx_span_of_str(written))) {
        return true;
    }
    cx_buf_init(&buf, octets.n);
    cx_buf_put(&buf, (cx_str){ (const char *)octets.p, before });
    strip_item(&r, &buf);
    same = cx_rd_ok(&r) && buf.n < octets.n && cx_str_equal(cx_buf_str(&buf), written);
    cx_buf_done(&buf);
    return same;
}

#endif

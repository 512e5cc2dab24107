/* What readers of records and objects pass over, taken out of octets. */
#ifndef CX_TESTS_UNIT_STRIP_H
#define CX_TESTS_UNIT_STRIP_H

#include "base/cbor.h"

static inline void strip_item(struct cx_reader *r, int64_t known, struct cx_buf *buf);

/* The next key is negative, and none of -1 to known. */
static inline bool
is_passed_over(const struct cx_reader *r, int64_t known)
{
    struct cx_reader look = *r;

    return cx_cbor_next(r) == CX_CBOR_NINT && cx_cbor_int(&look) < known;
}

/* In a map of numbers a negative key may be passed over (docs/formats/record.md). Those that are known are of this map only. */
static inline void
strip_map(struct cx_reader *r, int64_t known, struct cx_buf *buf)
{
    size_t n = cx_cbor_map(r).left, kept = 0;
    bool numbers = cx_cbor_next(r) == CX_CBOR_UINT;
    struct cx_buf pairs;

    cx_buf_init(&pairs, buf->max);
    for (size_t i = 0; i < n && cx_rd_ok(r); i++) {
        if (numbers && is_passed_over(r, known)) {
            (void)cx_cbor_any(r);
            (void)cx_cbor_any(r);
            continue;
        }
        cx_buf_put(&pairs, cx_str_of_span(cx_cbor_any(r)));
        strip_item(r, 0, &pairs);
        kept++;
    }
    cx_cbor_put_map(buf, kept);
    cx_buf_put(buf, cx_buf_str(&pairs));
    cx_buf_done(&pairs);
}

/* One item without what readers pass over. */
static inline void
strip_item(struct cx_reader *r, int64_t known, struct cx_buf *buf)
{
    if (cx_cbor_next(r) == CX_CBOR_MAP) {
        strip_map(r, known, buf);
    } else if (cx_cbor_next(r) == CX_CBOR_ARRAY) {
        size_t n = cx_cbor_array(r, SIZE_MAX);

        cx_cbor_put_array(buf, n);
        for (size_t i = 0; i < n && cx_rd_ok(r); i++) {
            strip_item(r, 0, buf);
        }
    } else {
        cx_buf_put(buf, cx_str_of_span(cx_cbor_any(r)));
    }
}

/* Of the negative keys of a check those that its reader knows: -1 to -4. */
#define STRIP_KNOWN_OF_CHECK (-4)

/* The octets, or what is left of them without negative keys other than -1 to known of the outermost map. */
static inline bool
is_same_stripped(cx_span octets, size_t before, int64_t known, cx_str written)
{
    struct cx_reader r = cx_reader_of((cx_span){ octets.p + before, octets.n - before });
    struct cx_buf buf;
    bool same;

    if (cx_span_equal(octets, cx_span_of_str(written))) {
        return true;
    }
    cx_buf_init(&buf, octets.n);
    cx_buf_put(&buf, (cx_str){ (const char *)octets.p, before });
    strip_item(&r, known, &buf);
    same = cx_rd_ok(&r) && buf.n < octets.n && cx_str_equal(cx_buf_str(&buf), written);
    cx_buf_done(&buf);
    return same;
}

#endif

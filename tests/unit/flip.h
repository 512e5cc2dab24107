/* What becomes of octets with one bit wrong, for every reader of records and objects. */
#ifndef CX_TESTS_UNIT_FLIP_H
#define CX_TESTS_UNIT_FLIP_H

#include "base/arena.h"
#include "base/cbor.h"
#include "main.h"

#include <stdlib.h>

/* Reads octets, and writes what was read to buf. False if they are refused; a failure to write is a failure of the test. */
typedef bool (*flip_again)(cx_span octets, struct cx_arena *arena, struct cx_buf *buf);

/* How octets of a kind are read, and how many of them stand before the CBOR. */
struct flip_kind {
    flip_again again;
    size_t before;
};

static inline void flip_strip(struct cx_reader *r, struct cx_buf *buf);

/* In a map of numbers a negative key may be passed over (docs/formats/record.md). */
static inline void
flip_strip_map(struct cx_reader *r, struct cx_buf *buf)
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
        flip_strip(r, &pairs);
        kept++;
    }
    cx_cbor_put_map(buf, kept);
    cx_buf_put(buf, cx_buf_str(&pairs));
    cx_buf_done(&pairs);
}

/* One item without what readers pass over. */
static inline void
flip_strip(struct cx_reader *r, struct cx_buf *buf)
{
    if (cx_cbor_next(r) == CX_CBOR_MAP) {
        flip_strip_map(r, buf);
    } else if (cx_cbor_next(r) == CX_CBOR_ARRAY) {
        size_t n = cx_cbor_array(r, SIZE_MAX);

        cx_cbor_put_array(buf, n);
        for (size_t i = 0; i < n && cx_rd_ok(r); i++) {
            flip_strip(r, buf);
        }
    } else {
        cx_buf_put(buf, cx_str_of_span(cx_cbor_any(r)));
    }
}

/* The octets, or what is left of them without negative keys. */
static inline bool
flip_is_same(cx_span octets, size_t before, cx_str written)
{
    struct cx_reader r = cx_reader_of((cx_span){ octets.p + before, octets.n - before });
    struct cx_buf buf;
    bool same;

    if (cx_span_equal(octets, cx_span_of_str(written))) {
        return true;
    }
    cx_buf_init(&buf, octets.n);
    cx_buf_put(&buf, (cx_str){ (const char *)octets.p, before });
    flip_strip(&r, &buf);
    same = cx_rd_ok(&r) && buf.n < octets.n && cx_str_equal(cx_buf_str(&buf), written);
    cx_buf_done(&buf);
    return same;
}

/* How many flips were accepted; each of them gave the flipped octets back. */
static inline size_t
flip_every_bit(cx_span octets, struct flip_kind kind, struct cx_arena *arena)
{
    uint8_t *p = malloc(octets.n);
    size_t accepted = 0;
    struct cx_buf buf;

    assert_non_null(p);
    memcpy(p, octets.p, octets.n);
    cx_buf_init(&buf, 2 * octets.n + 100);
    for (size_t i = 0; i < 8 * octets.n; i++) {
        p[i / 8] ^= (uint8_t)(1u << i % 8);
        cx_arena_reset(arena);
        cx_buf_clear(&buf);
        if (kind.again((cx_span){ p, octets.n }, arena, &buf)) {
            accepted++;
            if (!flip_is_same((cx_span){ p, octets.n }, kind.before, cx_buf_str(&buf))) {
                fail_msg("bit %zu of octet %zu: read as something else", i % 8, i / 8);
            }
        }
        p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    cx_buf_done(&buf);
    free(p);
    return accepted;
}

/* No beginning of them, and nothing behind them, is accepted. */
static inline void
cut_everywhere(cx_span octets, struct flip_kind kind, struct cx_arena *arena)
{
    uint8_t *longer = malloc(octets.n + 1);
    struct cx_buf buf;

    assert_non_null(longer);
    memcpy(longer, octets.p, octets.n);
    longer[octets.n] = 0;
    cx_buf_init(&buf, 2 * octets.n + 100);
    for (size_t n = 0; n <= octets.n + 1; n++) {
        uint8_t *exact =
            malloc(n == 0 ? 1 : n); /* so that a sanitizer sees a read behind the end */

        assert_non_null(exact);
        memcpy(exact, longer, n);
        cx_arena_reset(arena);
        cx_buf_clear(&buf);
        if (kind.again((cx_span){ exact, n }, arena, &buf) != (n == octets.n)) {
            fail_msg("%zu octets of %zu", n, octets.n);
        }
        free(exact);
    }
    cx_buf_done(&buf);
    free(longer);
}

#endif

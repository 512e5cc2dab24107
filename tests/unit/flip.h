/* What becomes of octets with one bit wrong, for every reader of records and objects. */
#ifndef CX_TESTS_UNIT_FLIP_H
#define CX_TESTS_UNIT_FLIP_H

#include "base/arena.h"
#include "main.h"
#include "strip.h"

#include <stdlib.h>

/* Reads octets, and writes what was read to buf. False if they are refused; a failure to write is a failure of the test. */
typedef bool (*flip_again)(cx_span octets, struct cx_arena *arena, struct cx_buf *buf);

/* How octets of a kind are read, how many of them stand before the CBOR, which negative keys are known (strip.h). */
struct flip_kind {
    flip_again again;
    size_t before;
    int64_t known;
};

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
            if (!is_same_stripped((cx_span){ p, octets.n }, kind.before, kind.known,
                                  cx_buf_str(&buf))) {
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

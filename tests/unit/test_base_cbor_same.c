/* Seeded random items, written by us, are read by libcbor with the values they were made of; mutated, both readers agree
 * on whether they are still items of ours. */
#include "../fuzz/cbor_same.h"
#include "base/cbor.h"
#include "main.h"
#include "octets.h"

#include <cbor.h>

#define ITEMS     20000
#define MUTATIONS 25
#define DEPTH     6
#define BUF_MAX   ((size_t)1 << 20)

/* One item, drawn twice from the same numbers: first written, then compared with what libcbor read. */
struct draw {
    struct dice dice;
    struct cx_buf *buf; /* NULL: compare */
};

static uint64_t
draw_number(struct draw *d)
{
    uint64_t bits = dice_bits(&d->dice), edge;
    static const uint64_t edges[] = { 23, 24, 255, 256, 65535, 65536, UINT32_MAX, INT64_MAX };

    if (dice_once_in(&d->dice, 3)) {
        edge = edges[dice_below(&d->dice, CX_COUNT(edges))];
        return edge + dice_below(&d->dice, 2);
    }
    return bits >> dice_below(&d->dice, 64);
}

static void
unsigned_item(struct draw *d, uint64_t value, const cbor_item_t *item)
{
    if (d->buf != NULL) {
        cx_cbor_put_uint(d->buf, value);
    } else {
        assert_true(cbor_isa_uint(item) && cbor_get_int(item) == value);
    }
}

static void
signed_item(struct draw *d, int64_t value, const cbor_item_t *item)
{
    if (d->buf != NULL) {
        cx_cbor_put_int(d->buf, value);
    } else if (value >= 0) {
        assert_true(cbor_isa_uint(item) && cbor_get_int(item) == (uint64_t)value);
    } else {
        assert_true(cbor_isa_negint(item) && cbor_get_int(item) == (uint64_t)(-1 - value));
    }
}

static void
bytes_item(struct draw *d, const cbor_item_t *item)
{
    uint8_t octets[300];
    size_t n = dice_below(&d->dice, dice_once_in(&d->dice, 10) ? sizeof(octets) : 30);

    for (size_t i = 0; i < n; i++) {
        octets[i] = (uint8_t)dice_bits(&d->dice);
    }
    if (d->buf != NULL) {
        cx_cbor_put_bytes(d->buf, (cx_span){ octets, n });
    } else {
        cx_span theirs = { cbor_bytestring_handle(item), cbor_bytestring_length(item) };

        assert_true(cbor_isa_bytestring(item) && cx_span_equal(theirs, (cx_span){ octets, n }));
    }
}

static void
text_item(struct draw *d, const cbor_item_t *item)
{
    static const char *const pieces[] = {
        "a", "Z", "0", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f"
    };
    char text[400];
    size_t n = 0;

    while (n < 300 && !dice_once_in(&d->dice, 12)) {
        const char *piece = pieces[dice_below(&d->dice, CX_COUNT(pieces))];

        memcpy(text + n, piece, strlen(piece));
        n += strlen(piece);
    }
    if (d->buf != NULL) {
        cx_cbor_put_text(d->buf, (cx_str){ text, n });
    } else {
        cx_str theirs = { (const char *)cbor_string_handle(item), cbor_string_length(item) };

        assert_true(cbor_isa_string(item) && cx_str_equal(theirs, (cx_str){ text, n }));
    }
}

static void draw_item(struct draw *d, size_t depth, const cbor_item_t *item);

static void
array_item(struct draw *d, size_t depth, const cbor_item_t *item)
{
    size_t n = dice_below(&d->dice, dice_once_in(&d->dice, 20) ? 40 : 5);

    if (d->buf != NULL) {
        cx_cbor_put_array(d->buf, n);
    } else {
        assert_true(cbor_isa_array(item) && cbor_array_is_definite(item) &&
                    cbor_array_size(item) == n);
    }
    for (size_t i = 0; i < n; i++) {
        draw_item(d, depth + 1, item != NULL ? cbor_array_handle(item)[i] : NULL);
    }
}

/* What keys a map has: one of three kinds, in order. */
struct keys {
    size_t kind;
    size_t step;
};

static void
key_item(struct draw *d, const struct keys *keys, size_t i, const cbor_item_t *item)
{
    char text[64];
    int64_t number = (int64_t)((i + 1) * keys->step);

    memset(text, 'k', sizeof(text));
    if (keys->kind < 2) {
        signed_item(d, keys->kind == 0 ? number : -number, item);
    } else if (d->buf != NULL) {
        cx_cbor_put_text(d->buf, (cx_str){ text, i + keys->step % 32 });
    } else {
        assert_true(cbor_isa_string(item) && cbor_string_length(item) == i + keys->step % 32);
    }
}

static void
map_item(struct draw *d, size_t depth, const cbor_item_t *item)
{
    struct keys keys = { dice_below(&d->dice, 3), 1 + dice_below(&d->dice, 40000) };
    size_t n = dice_below(&d->dice, 6);

    if (d->buf != NULL) {
        cx_cbor_put_map(d->buf, n);
    } else {
        assert_true(cbor_isa_map(item) && cbor_map_is_definite(item) && cbor_map_size(item) == n);
    }
    for (size_t i = 0; i < n; i++) {
        const struct cbor_pair *pair = item != NULL ? &cbor_map_handle(item)[i] : NULL;

        key_item(d, &keys, i, pair != NULL ? pair->key : NULL);
        draw_item(d, depth + 1, pair != NULL ? pair->value : NULL);
    }
}

static void
simple_item(struct draw *d, const cbor_item_t *item)
{
    size_t which = dice_below(&d->dice, 3);

    if (d->buf == NULL) {
        assert_true(which == 2 ? cbor_is_null(item)
                               : cbor_is_bool(item) && cbor_get_bool(item) == (which == 1));
    } else if (which == 2) {
        cx_cbor_put_null(d->buf);
    } else {
        cx_cbor_put_bool(d->buf, which == 1);
    }
}

static void
draw_item(struct draw *d, size_t depth, const cbor_item_t *item)
{
    switch (dice_below(&d->dice, depth < DEPTH ? 8 : 6)) {
    case 0:
        unsigned_item(d, draw_number(d), item);
        break;
    case 1:
        signed_item(d, (int64_t)(draw_number(d) >> 1), item);
        break;
    case 2:
        signed_item(d, -1 - (int64_t)(draw_number(d) >> 1), item);
        break;
    case 3:
        bytes_item(d, item);
        break;
    case 4:
        text_item(d, item);
        break;
    case 5:
        simple_item(d, item);
        break;
    case 6:
        array_item(d, depth, item);
        break;
    default:
        map_item(d, depth, item);
        break;
    }
}

/* The item of a seed into buf, and compared with what libcbor makes of it. */
static void
write_and_compare(uint64_t seed, struct cx_buf *buf)
{
    struct draw d = { { seed }, buf };
    struct cbor_load_result result;
    cbor_item_t *item;

    cx_buf_clear(buf);
    draw_item(&d, 0, NULL);
    assert_true(cx_buf_ok(buf));
    item = cbor_load((const unsigned char *)buf->p, buf->n, &result);
    assert_non_null(item);
    assert_int_equal(result.read, buf->n);
    d = (struct draw){ { seed }, NULL };
    draw_item(&d, 0, item);
    cbor_decref(&item);
}

static void
assert_no_difference(cx_span octets, uint64_t seed)
{
    const char *difference = cbor_difference(octets);

    if (difference != NULL) {
        fail_msg("seed %llu, %zu octets: %s", (unsigned long long)seed, octets.n, difference);
    }
}

TEST(libcbor_reads_what_we_write)
{
    struct cx_buf buf;

    cx_buf_init(&buf, BUF_MAX);
    for (uint64_t seed = 0; seed < ITEMS; seed++) {
        struct cx_reader r;

        write_and_compare(seed, &buf);
        r = cx_reader_of(cx_span_of_str(cx_buf_str(&buf)));
        assert_int_equal(cx_cbor_any(&r).n, buf.n); /* and we accept it */
        assert_no_difference(r.all, seed);
    }
    cx_buf_done(&buf);
}

/* One change: a bit, an octet, something put in, taken out, cut off, or a piece from elsewhere. Not beyond room octets. */
static size_t
mutate(struct dice *dice, uint8_t *p, size_t n, size_t room)
{
    size_t at = dice_below(dice, n), length = 1 + dice_below(dice, n - at < 8 ? n - at : 8);
    static const uint8_t heads[] = { 0x18, 0x19, 0x1f, 0x3b, 0x5f, 0x7f, 0x80, 0x9f,
                                     0xa0, 0xa1, 0xbf, 0xc0, 0xf6, 0xf7, 0xf9, 0xff };

    switch (dice_below(dice, 7)) {
    case 0:
        p[at] = (uint8_t)dice_bits(dice);
        return n;
    case 1:
        p[at] = heads[dice_below(dice, CX_COUNT(heads))];
        return n;
    case 2:
        return at == 0 ? n : at;
    case 3:
        memmove(p + at, p + at + length, n - at - length);
        return n - length;
    case 4:
        if (n + length > room) {
            return n;
        }
        memmove(p + at + length, p + at, n - at); /* the piece twice */
        return n + length;
    default:
        p[at] ^= (uint8_t)(1u << dice_below(dice, 8));
        return n;
    }
}

TEST(both_agree_on_what_is_mutated)
{
    unsigned accepted = 0;
    struct cx_buf buf;

    cx_buf_init(&buf, BUF_MAX);
    for (uint64_t seed = 0; seed < ITEMS; seed++) {
        struct draw d = { { seed }, &buf };
        size_t room;
        uint8_t *p;

        cx_buf_clear(&buf);
        draw_item(&d, 0, NULL);
        room = buf.n + 64;
        p = malloc(room);
        assert_non_null(p);
        for (size_t i = 0; i < MUTATIONS; i++) {
            size_t n = buf.n;
            struct cx_reader r;

            memcpy(p, buf.p, n);
            for (size_t k = 1 + dice_below(&d.dice, 3); k != 0 && n != 0; k--) {
                n = mutate(&d.dice, p, n, room);
            }
            r = cx_reader_of((cx_span){ p, n });
            accepted += cx_cbor_any(&r).n == n && n != 0 ? 1 : 0;
            assert_no_difference((cx_span){ p, n }, seed);
        }
        free(p);
    }
    cx_buf_done(&buf);
    assert_in_range(accepted, ITEMS,
                    ITEMS * MUTATIONS / 2); /* neither all nor none: both halves are met */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(libcbor_reads_what_we_write),
    cmocka_unit_test(both_agree_on_what_is_mutated),
};

TEST_MAIN(tests)

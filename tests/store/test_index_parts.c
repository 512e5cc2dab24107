#include "base/alloc.h"
#include "base/hash.h"
#include "main.h"
#include "store/filter.h"
#include "store/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an index is made of: the hash, places, filters. */

/* Stores have been written with these: they stay. */
TEST(the_hash_is_the_same_for_ever)
{
    static const struct {
        uint64_t key;
        const char *text;
        uint64_t hash;
    } rows[] = {
        { 0x0000000000000000u, "", 0x0000000000000000u },
        { 0x0000000000000000u, "a", 0x553d2b4475435e31u },
        { 0x0123456789abcdefu, "order-1", 0x0c7e33164fb61f4eu },
        { 0x0123456789abcdefu, "www.example.com", 0xb7f978d116dd6c90u },
        { 0xffffffffffffffffu, "sixteen octets..", 0x0ed0ea5d838df7e9u },
    };
    char text[200];

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        uint64_t hash = cx_hash(rows[i].key, cx_span_of_str(cx_str_of(rows[i].text)));

        (void)snprintf(text, sizeof(text), "%s: 0x%016llxu", rows[i].text,
                       (unsigned long long)hash);
        ROW_TRUE(hash == rows[i].hash, text);
    }
}

static uint64_t
nth_hash(uint64_t i)
{
    return cx_hash(7, (cx_span){ (const uint8_t *)&i, sizeof(i) });
}

TEST(a_filter_knows_what_was_added_and_little_else)
{
    static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 262144 };

    for (size_t k = 0; k < CX_COUNT(sizes); k++) {
        struct cx_filter filter;
        unsigned wrong = 0;

        assert_true(cx_ok(cx_filter_init(&filter, sizes[k])));
        for (size_t i = 0; i < sizes[k]; i++) {
            cx_filter_add(&filter, nth_hash(i));
        }
        for (size_t i = 0; i < sizes[k]; i++) {
            assert_true(cx_filter_may_have(&filter, nth_hash(i)));
        }
        for (size_t i = 0; i < 100000; i++) {
            wrong += cx_filter_may_have(&filter, nth_hash(1000000 + i)) ? 1 : 0;
        }
        assert_true(wrong < 300); /* three in a thousand at most, one as a rule */
        cx_filter_done(&filter);
        assert_true(cx_filter_may_have(&filter, 1)); /* without a filter everything may be there */
    }
}

struct seen {
    uint32_t v[64];
    size_t n, stop_at;
};

static cx_status
see(void *ctx, uint32_t place, bool *ret_stop)
{
    struct seen *seen = ctx;

    assert_true(seen->n < CX_COUNT(seen->v));
    seen->v[seen->n++] = place;
    *ret_stop = seen->n == seen->stop_at;
    return CX_SUCCESS;
}

static struct seen
find(const struct cx_places *places, uint64_t hash, size_t stop_at)
{
    struct seen seen = { .stop_at = stop_at };
    bool stop = false;

    assert_true(cx_ok(cx_places_find(places, hash, see, &seen, &stop)));
    assert_int_equal(stop, seen.n == stop_at && stop_at != 0);
    return seen;
}

TEST(places_are_found_newest_first)
{
    struct cx_places *places = cx_places_new();
    struct seen seen;

    assert_non_null(places);
    assert_int_equal(find(places, nth_hash(1), 0).n, 0);
    for (uint32_t i = 0; i < 100000; i++) {
        assert_true(cx_ok(cx_places_add(places, nth_hash(i % 5000), i)));
    }
    assert_int_equal(cx_places_count(places), 100000);
    for (uint32_t i = 0; i < 5000; i++) {
        seen = find(places, nth_hash(i), 0);
        assert_int_equal(seen.n, 20);
        for (size_t k = 0; k < seen.n; k++) {
            assert_int_equal(seen.v[k], 95000 + i - k * 5000);
        }
    }
    seen = find(places, nth_hash(77), 3);
    assert_true(seen.n == 3 && seen.v[2] == 95000 + 77 - 10000);
    assert_int_equal(find(places, nth_hash(5000), 0).n, 0);
    cx_places_free(places);
}

/* A name that an entry has twice, among others of it; and one name of very many entries. */
TEST(one_place_is_there_once)
{
    struct cx_places *places = cx_places_new();

    assert_non_null(places);
    for (uint32_t place = 0; place < 200000; place++) {
        for (uint64_t i = 0; i < 3; i++) {
            assert_true(cx_ok(cx_places_add_once(places, i % 2, place)));
        }
    }
    assert_int_equal(cx_places_count(places), 400000);
    assert_int_equal(find(places, 1, 5).v[4], 199995);
    cx_places_free(places);
}

TEST(pieces_are_all_rows_in_order)
{
    struct cx_places *places = cx_places_new();
    struct cx_place before = { 0, 0 };
    size_t n = 0;

    assert_non_null(places);
    for (uint32_t i = 0; i < 20000; i++) {
        assert_true(cx_ok(cx_places_add(places, nth_hash(i % 3000), i)));
    }
    for (unsigned part = 0; part < CX_PIECES; part++) {
        struct cx_buf buf;

        cx_buf_init(&buf, (size_t)1 << 20);
        assert_true(cx_ok(cx_places_piece(places, part, &buf)));
        assert_int_equal(buf.n % CX_PLACE_OCTETS, 0);
        for (size_t at = 0; at < buf.n; at += CX_PLACE_OCTETS) {
            struct cx_place here = cx_place_read((const uint8_t *)buf.p + at);

            assert_int_equal(here.hash >> 56, part);
            assert_true(here.hash > before.hash ||
                        (here.hash == before.hash && (here.place > before.place || n == 0)));
            assert_int_equal(here.hash, nth_hash(here.place % 3000));
            before = here;
            n++;
        }
        cx_buf_done(&buf);
    }
    assert_int_equal(n, 20000);
    cx_places_free(places);
}

TEST(every_oom_leaves_what_was_there)
{
    for (size_t nth = 1;; nth++) {
        struct cx_places *places = cx_places_new();
        cx_status status = CX_SUCCESS;
        size_t seen;
        uint32_t i = 0;

        assert_non_null(places);
        (void)cx_alloc_fail_nth(nth);
        for (; i < 200 && cx_ok(status); i++) {
            status = cx_places_add(places, i << 3, i); /* one part */
        }
        seen = cx_alloc_fail_nth(0);
        i -= cx_ok(status) ? 0 : 1;
        assert_int_equal(cx_places_count(places), i);
        for (uint32_t k = 0; k < i; k++) {
            assert_int_equal(find(places, k << 3, 0).n, 1);
        }
        cx_places_free(places);
        if (seen < nth) {
            assert_true(cx_ok(status) && nth > 8);
            return;
        }
        assert_int_equal(cx_status_class(status), CX_CLASS_NOMEM);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_hash_is_the_same_for_ever),
    cmocka_unit_test(a_filter_knows_what_was_added_and_little_else),
    cmocka_unit_test(places_are_found_newest_first),
    cmocka_unit_test(one_place_is_there_once),
    cmocka_unit_test(pieces_are_all_rows_in_order),
    cmocka_unit_test(every_oom_leaves_what_was_there),
};

TEST_MAIN(tests)

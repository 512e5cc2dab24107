#include "base/reader.h"
#include "build.h"
#include "main.h"

TEST(reads_fields_in_network_order)
{
    static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct cx_reader r = cx_reader_of((cx_span){ bytes, sizeof(bytes) });
    cx_span rest;

    assert_int_equal(cx_rd_u8(&r), 1);
    assert_int_equal(cx_rd_u16(&r), 0x0203);
    assert_int_equal(cx_rd_u32(&r), 0x04050607);
    assert_int_equal(cx_rd_left(&r), 2);
    rest = cx_rd_rest(&r);
    assert_true(rest.n == 2 && rest.p == bytes + 7);
    assert_true(cx_rd_ok(&r) && cx_rd_left(&r) == 0);
}

TEST(stays_failed_after_the_end)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    struct cx_reader r = cx_reader_of((cx_span){ bytes, sizeof(bytes) });

    assert_int_equal(cx_rd_u16(&r), 0x0102);
    assert_int_equal(cx_rd_u32(&r), 0);
    assert_false(cx_rd_ok(&r));
    assert_int_equal(cx_rd_left(&r), 0);
    assert_int_equal(cx_rd_u8(&r), 0); /* although one octet is left */
    assert_int_equal(cx_rd_bytes(&r, 1).n, 0);
    assert_int_equal(cx_rd_rest(&r).n, 0);
}

TEST(does_not_wrap_on_a_huge_length)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    struct cx_reader r = cx_reader_of((cx_span){ bytes, sizeof(bytes) });

    (void)cx_rd_u8(&r);
    assert_int_equal(cx_rd_bytes(&r, SIZE_MAX).n, 0);
    assert_false(cx_rd_ok(&r));
}

TEST(reads_nothing_from_no_bytes)
{
    struct cx_reader r = cx_reader_of((cx_span){ NULL, 0 });

    assert_int_equal(cx_rd_left(&r), 0);
    assert_int_equal(cx_rd_rest(&r).n, 0);
    assert_true(cx_rd_ok(&r));
    assert_int_equal(cx_rd_u8(&r), 0);
    assert_false(cx_rd_ok(&r));
}

TEST(lines_come_without_their_ends)
{
    cx_str text = CX_STR("a\n\nb\r\nc"), line = { NULL, 0 };
    size_t at = 0, n = 0;
    static const char *const wanted[] = { "a", "", "b\r", "c" };

    while (cx_str_line(text, &at, &line)) {
        assert_true(n < CX_COUNT(wanted));
        assert_true(cx_str_equal(line, cx_str_of(wanted[n++])));
    }
    assert_int_equal(n, CX_COUNT(wanted));
    at = 0;
    assert_false(cx_str_line((cx_str){ NULL, 0 }, &at, &line));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_fields_in_network_order),  cmocka_unit_test(stays_failed_after_the_end),
    cmocka_unit_test(does_not_wrap_on_a_huge_length), cmocka_unit_test(reads_nothing_from_no_bytes),
    cmocka_unit_test(lines_come_without_their_ends),
};

TEST_MAIN(tests)

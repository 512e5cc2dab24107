#include "base/time.h"
#include "build.h"
#include "main.h"

#include <string.h>

TEST(parses_moments_and_dates)
{
    static const struct {
        const char *text;
        cx_time t;
    } rows[] = {
        { "1970-01-01", 0 },
        { "1970-01-01T00:00:00Z", 0 },
        { "1969-12-31T23:59:59Z", -1 },
        { "2026-11-22T12:00:00Z", 1795348800 },
        { "2026-11-22t12:00:00z", 1795348800 },
        { "2026-11-22 12:00:00Z", 1795348800 },
        { "2026-11-22T13:30:00+01:30", 1795348800 },
        { "2026-11-22T10:00:00-02:00", 1795348800 },
        { "2026-11-22T12:00:00.999Z", 1795348800 },
        { "2024-02-29", 1709164800 },
        { "2000-02-29T23:59:59Z", 951868799 },
        { "2038-01-19T03:14:08Z", 2147483648 },
        { "9999-12-31T23:59:59Z", 253402300799 },
        { "0000-03-01", -62162035200 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_time t = CX_TIME_NONE;

        ROW_TRUE(cx_ok(cx_time_parse(cx_str_of(rows[i].text), &t)), rows[i].text);
        ROW_TRUE(t == rows[i].t, rows[i].text);
    }
}

TEST(refuses_what_is_no_moment)
{
    static const char *const rows[] = {
        "",
        "2026",
        "2026-11",
        "2026-11-2",
        "2026-11-32",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2023-02-29",
        "1900-02-29",
        "2026-11-22T",
        "2026-11-22T12:00Z",
        "2026-11-22T12:00:00",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z",
        "2026-11-22T12:00:60Z",
        "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00Zx",
        "2026-11-22T12:00:00+24:00",
        "2026-11-22T12:00:00+01:60",
        "2026-11-22T12:00:00+0100",
        " 2026-11-22",
        "2026-11-22 ",
        "-026-11-22",
        "+2026-11-22",
        "2026/11/22",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_time t = 42;

        ROW_TRUE(cx_status_class(cx_time_parse(cx_str_of(rows[i]), &t)) == CX_CLASS_USAGE, rows[i]);
        ROW_TRUE(t == 42, rows[i]);
    }
}

TEST(refuses_an_embedded_nul)
{
    static const char text[] = "2026-11-22\0T12:00:00Z";
    cx_time t = 42;

    assert_false(cx_ok(cx_time_parse((cx_str){ text, sizeof(text) - 1 }, &t)));
    assert_int_equal(t, 42);
}

TEST(formats_and_parses_back)
{
    char text[CX_TIME_TEXT];

    for (cx_time t = -62167219200; t < 253402300800; t += 86400 * 29 + 4567) {
        cx_time back = CX_TIME_NONE;

        cx_time_format(t, text);
        assert_int_equal(strlen(text), CX_TIME_TEXT - 1);
        assert_true(cx_ok(cx_time_parse(cx_str_of(text), &back)));
        assert_true(back == t);
    }
}

TEST(formats_what_has_no_four_digit_year)
{
    char text[CX_TIME_TEXT];

    cx_time_format(CX_TIME_NONE, text);
    assert_int_equal(strlen(text), CX_TIME_TEXT - 1);
    cx_time_format(CX_TIME_MAX, text);
    assert_int_equal(strlen(text), CX_TIME_TEXT - 1);
    assert_memory_equal(text, "9999", 4);
}

TEST(knows_the_first_second_of_a_day)
{
    assert_true(cx_time_of_day(2017, 9, 8) == time_of("2017-09-08T00:00:00Z"));
    assert_true(cx_time_of_day(2017, 9, 8) - 1 == time_of("2017-09-07T23:59:59Z"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(parses_moments_and_dates),
    cmocka_unit_test(refuses_what_is_no_moment),
    cmocka_unit_test(refuses_an_embedded_nul),
    cmocka_unit_test(formats_and_parses_back),
    cmocka_unit_test(formats_what_has_no_four_digit_year),
    cmocka_unit_test(knows_the_first_second_of_a_day),
};

TEST_MAIN(tests)

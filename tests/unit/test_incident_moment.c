#include "archive.h"
#include "incident/moment.h"

#include <inttypes.h>
#include <stdio.h>

/* 2026-11-22T04:35:24.978Z */
#define MOMENT INT64_C(1795322124978)

static const struct cx_archive_options none = { .year = 0 };
static const struct cx_archive_options west = { .year = 2026,
                                                .zone_s = -5 * 3600,
                                                .has_zone = true };

TEST(times_that_say_all)
{
    static const struct {
        const char *text;
        int64_t ms;
        uint32_t precision;
    } rows[] = {
        { "2026-11-22T04:35:24.978Z", MOMENT, 1 },
        { "2026-11-22T04:35:24.978292+00:00Z", MOMENT, 1 }, /* Boulder on stdout */
        { "2026-11-22T04:35:24.978292+00:00", MOMENT, 1 },
        { "2026-11-22T04:35:24.978+0000", MOMENT, 1 },
        { "2026-11-22T05:35:24.978+01", MOMENT, 1 },
        { "2026-11-21T23:35:24,978-05:00", MOMENT, 1 },
        { "2026-11-22 04:35:24.978 UTC", MOMENT, 1 },
        { "2026-11-22 04:35:24.978 GMT", MOMENT, 1 },
        { "2026-11-22 10:05:24.978 +0530", MOMENT, 1 },
        { "2026-11-22t04:35:24.978z", MOMENT, 1 },
        { "2026-11-22T04:35:24.97Z", MOMENT - 8, 10 },
        { "2026-11-22T04:35:24.9Z", MOMENT - 78, 100 },
        { "2026-11-22T04:35:24Z", MOMENT - 978, 1000 },
        { "1795322124", MOMENT - 978, 1000 },
        { "1795322124.978", MOMENT, 1 },
        { "1795322124978", MOMENT, 1 },
        { "1795322124978292", MOMENT, 1 },
        { "1795322124978292000", MOMENT, 1 },
        { "995322124", INT64_C(995322124000), 1000 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_moment moment;

        ROW_TRUE(cx_ok(cx_moment_of(cx_str_of(rows[i].text), &none, &moment, NULL)), rows[i].text);
        ROW_TRUE(moment.ms == rows[i].ms, rows[i].text);
        ROW_TRUE(moment.precision_ms == rows[i].precision, rows[i].text);
    }
}

TEST(times_that_need_an_option)
{
    static const struct {
        const char *text;
        int64_t ms; /* with the options of the west in 2026 */
        const char *asks_for;
    } rows[] = {
        { "2026-11-21T23:35:24.978", MOMENT, "--zone" },
        { "2026-11-21 23:35:24.978 EST", MOMENT, "--zone" },
        { "21-Nov-2026 23:35:24.978", MOMENT, "--zone" },
        { "Nov 21 23:35:24", MOMENT - 978, "--year" },
        { "Nov 21 23:35:24.978", MOMENT, "--year" },
        { "Nov  1 23:35:24", MOMENT - 978 - INT64_C(20) * 86400 * 1000, "--year" },
        { "Nov 01 23:35:24", MOMENT - 978 - INT64_C(20) * 86400 * 1000, "--year" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_moment moment;
        struct cx_detail detail = { .text = "" };
        cx_str text = cx_str_of(rows[i].text);

        ROW_TRUE(cx_moment_of(text, &none, &moment, &detail).code == CX_E_ARCHIVE, rows[i].text);
        ROW_TRUE(strstr(detail.text, rows[i].asks_for) != NULL, rows[i].text);
        ROW_TRUE(cx_ok(cx_moment_of(text, &west, &moment, NULL)), rows[i].text);
        ROW_TRUE(moment.ms == rows[i].ms, rows[i].text);
    }
}

/* With a year, but no zone, a time is still not known. */
TEST(a_year_is_no_zone)
{
    struct cx_archive_options year = { .year = 2026 };
    struct cx_moment moment;
    struct cx_detail detail = { .text = "" };

    assert_int_equal(cx_moment_of(CX_STR("Nov 22 04:35:24"), &year, &moment, &detail).code,
                     CX_E_ARCHIVE);
    assert_non_null(strstr(detail.text, "--zone"));
}

TEST(what_is_no_time_is_refused)
{
    static const char *const rows[] = {
        "",
        "2026",
        "now",
        "2026-11-22",
        "2026-13-22T04:35:24Z",
        "2026-02-30T04:35:24Z",
        "2026-11-22T24:35:24Z",
        "2026-11-22T04:35:24ZZ",
        "2026-11-22T04:35:24Z and more",
        "2026-11-22T04:35:24+99:00 x",
        "Nov 31 04:35:24",
        "Feb 29 04:35:24",
        "Xyz 22 04:35:24",
        "31-Feb-2026 04:35:24",
        "22-Nov-26 04:35:24",
        "12345",
        "17953221249782920009",
        "9999999999999999999",
        "1795322124.",
        "1795322124.5x",
        "-1795322124",
        "2026-11-22T04:35:24.978 UTC2",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_moment moment = { 77, 77 };
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_moment_of(cx_str_of(rows[i]), &west, &moment, &detail).code == CX_E_ARCHIVE,
                 rows[i]);
        ROW_TRUE(detail.text[0] != '\0' && moment.ms == 77, rows[i]);
    }
}

/* A word behind it in a line is no zone. */
TEST(a_line_goes_on_behind_its_time)
{
    struct cx_moment moment;
    size_t n = 0;

    assert_true(cx_ok(cx_moment_read(CX_STR("2026-11-22T04:35:24.978292+00:00Z va1 dc1"), &none,
                                     &moment, &n, NULL)));
    assert_int_equal(n, 33);
    assert_int_equal(moment.ms, MOMENT);
    assert_int_equal(
        cx_moment_read(CX_STR("2026-11-22 04:35:24 ERROR x"), &none, &moment, &n, NULL).code,
        CX_E_ARCHIVE);
    assert_true(
        cx_ok(cx_moment_read(CX_STR("2026-11-21 23:35:24 ERROR x"), &west, &moment, &n, NULL)));
    assert_int_equal(n, 19);
    assert_int_equal(moment.ms, MOMENT - 978);
}

/* An offset that was not read would make another moment of it, with and without --zone. */
TEST(an_offset_that_is_not_read_is_refused)
{
    static const char *const rows[] = {
        "2026-11-22T05:00:00 UTC+02:00 va1", "2026-11-22 05:00:00 GMT-0800 va1",
        "2026-11-22T05:00:00Z+02:00 va1",    "2026-11-22T05:00:00+5:30 va1",
        "2026-11-22 05:00:00 -123 va1",      "2026-11-22 05:00:00+99:00 va1",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_moment moment;
        size_t n = 0;

        ROW_TRUE(cx_moment_read(cx_str_of(rows[i]), &none, &moment, &n, NULL).code == CX_E_ARCHIVE,
                 rows[i]);
        ROW_TRUE(cx_moment_read(cx_str_of(rows[i]), &west, &moment, &n, NULL).code == CX_E_ARCHIVE,
                 rows[i]);
    }
}

TEST(lines_are_known_to_begin_with_a_time)
{
    assert_true(cx_moment_begins(CX_STR("2026-11-22T04:35:24Z x")));
    assert_true(cx_moment_begins(CX_STR("Nov 22 04:35:24 x")));
    assert_true(cx_moment_begins(CX_STR("22-Nov-2026 04:35:24")));
    assert_false(cx_moment_begins(CX_STR("Checked CAA records")));
    assert_false(cx_moment_begins(CX_STR("")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(times_that_say_all),
    cmocka_unit_test(times_that_need_an_option),
    cmocka_unit_test(a_year_is_no_zone),
    cmocka_unit_test(what_is_no_time_is_refused),
    cmocka_unit_test(a_line_goes_on_behind_its_time),
    cmocka_unit_test(an_offset_that_is_not_read_is_refused),
    cmocka_unit_test(lines_are_known_to_begin_with_a_time),
};

TEST_MAIN(tests)

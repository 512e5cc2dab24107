#include "build.h"
#include "incident/cell_time.h"
#include "main.h"

#define NOON 1795348800000 /* 2026-11-22T12:00:00Z */

static const struct {
    const char *text;
    int64_t ms;
    bool zone, date_only, usual;
} moments[] = {
    { "2026-11-22T12:00:00Z", NOON, true, false, true },
    { "2026-11-22T12:00:00.123Z", NOON + 123, true, false, true },
    { "2026-11-22T12:00:00.1239999Z", NOON + 123, true, false, true },
    { "2026-11-22T12:00:00", NOON, false, false, true },
    { "2026-11-22T12:00:00.5", NOON + 500, false, false, true },
    { "2026-11-22 12:00:00 UTC", NOON, true, false, true },
    { "2026-11-22 12:00", NOON, false, false, true },
    { "2026-11-22 13:00:00 +0100", NOON, true, false, true },
    { "2026-11-22 13:00:00+01", NOON, true, false, true },
    { "2026-11-22T07:30:00-04:30", NOON, true, false, true },
    { "2026/11/22 12:00:00", NOON, false, false, true },
    { "2026-11-22", NOON - 43200000, false, true, true },
    { "2024-02-29", 1709164800000, false, true, true },
    { "Nov 22 12:00:00 2026 GMT", NOON, true, false, false },
    { "nov  22 12:00:00 2026", NOON, false, false, false },
    { "Sun Nov 22 12:00:00 2026", NOON, false, false, false },
    { "Nov 22, 2026", NOON - 43200000, false, true, false },
    { "November 22, 2026, 12:00", NOON, false, false, false },
    { "Sunday, 22 November 2026 12:00:00 GMT", NOON, true, false, false },
    { "22 Nov 2026 12:00:00 +0000", NOON, true, false, false },
    { "22-Nov-2026", NOON - 43200000, false, true, false },
    { "20261122120000Z", NOON, true, false, false },
    { "20261122120000", NOON, false, false, false },
    { "1795348800", NOON, true, false, false },
    { "1795348800123", NOON + 123, true, false, false },
};

TEST(moments_that_are_read)
{
    for (size_t i = 0; i < CX_COUNT(moments); i++) {
        struct cx_cell_moment got = { .ms = -1 };

        ROW_TRUE(cx_cell_time_read(cx_str_of(moments[i].text), &got) == CX_CELL_TIME_READ,
                 moments[i].text);
        ROW_TRUE(got.ms == moments[i].ms, moments[i].text);
        ROW_TRUE(got.has_zone == moments[i].zone, moments[i].text);
        ROW_TRUE(got.date_only == moments[i].date_only, moments[i].text);
        ROW_TRUE(got.usual == moments[i].usual, moments[i].text);
    }
}

TEST(ambiguous_ones_are_refused)
{
    static const char *const texts[] = { "22/11/2026",          "03/04/2026", "03/04/26",
                                         "3.4.2026 12:00:00",   "11-22-2026", "22.11.26",
                                         "1/2/2026 3:04:05 PM", "01/02/03" };

    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        struct cx_cell_moment got = { .ms = -1 };

        ROW_TRUE(cx_cell_time_read(cx_str_of(texts[i]), &got) == CX_CELL_TIME_AMBIGUOUS, texts[i]);
        ROW_TRUE(got.ms == -1, texts[i]);
    }
}

TEST(what_is_no_time_is_refused)
{
    static const char *const texts[] = {
        "",
        "soon",
        "2026",
        "2026-13-01",
        "2026-02-29",
        "2026-00-10",
        "2026-01-00",
        "1969-12-31",
        "2026-11-22T",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z",
        "2026-11-22T12:00:60Z",
        "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00 EST",
        "2026-11-22T12:00:00 PM",
        "2026-11-22 12:00:00 +01:99",
        "2026-11-22 12:00:00 +19:00",
        "2026-11-22 12:00:00 +1",
        "2026-11-22 12:00:00Z and more",
        "2026-11-2212:00:00",
        "Nov 22 12:00:00",
        "Nov 31 12:00:00 2026",
        "Now 22 12:00:00 2026",
        "22 Foo 2026",
        "20261332120000Z",
        "20261122250000Z",
        "179534880",
        "17953488001",
        "1795348800.5",
        "46348.5",
        "1.7953488E+09",
        "-1795348800",
    };

    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        struct cx_cell_moment got = { .ms = -1 };

        ROW_TRUE(cx_cell_time_read(cx_str_of(texts[i]), &got) == CX_CELL_TIME_UNREADABLE, texts[i]);
        ROW_TRUE(got.ms == -1, texts[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(moments_that_are_read),
    cmocka_unit_test(ambiguous_ones_are_refused),
    cmocka_unit_test(what_is_no_time_is_refused),
};

TEST_MAIN(tests)

#include "base/time.h"

#include <string.h>
#include <time.h>

#define DAY_S 86400

/* Days since 1970-01-01: counts from March, so that a leap day is the last of its year. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void
civil_of(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    *month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

static unsigned
days_in(int64_t year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

cx_time
cx_time_of_day(int year, unsigned month, unsigned day)
{
    return days_of(year, month, day) * DAY_S;
}

/* Reads exactly n digits at *at and steps over them. */
static bool
digits(cx_str text, size_t *at, size_t n, unsigned *ret)
{
    unsigned value = 0;

    if (n > text.n - *at) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text.p[*at + i];

        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += n;
    *ret = value;
    return true;
}

static bool
literal(cx_str text, size_t *at, const char *any_of)
{
    if (*at >= text.n || strchr(any_of, text.p[*at]) == NULL || text.p[*at] == '\0') {
        return false;
    }
    (*at)++;
    return true;
}

static bool
parse_date(cx_str text, size_t *at, cx_time *ret)
{
    unsigned year, month, day;

    if (!digits(text, at, 4, &year) || !literal(text, at, "-") || !digits(text, at, 2, &month) ||
        !literal(text, at, "-") || !digits(text, at, 2, &day)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
        return false;
    }
    *ret = days_of(year, month, day) * DAY_S;
    return true;
}

static bool
parse_clock(cx_str text, size_t *at, cx_time *ret)
{
    unsigned hour, minute, second, ignored;

    if (!digits(text, at, 2, &hour) || !literal(text, at, ":") || !digits(text, at, 2, &minute) ||
        !literal(text, at, ":") || !digits(text, at, 2, &second)) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    if (literal(text, at, ".")) {
        if (!digits(text, at, 1, &ignored)) {
            return false;
        }
        while (digits(text, at, 1, &ignored)) {
        }
    }
    *ret = (cx_time)hour * 3600 + (cx_time)minute * 60 + second;
    return true;
}

static bool
parse_offset(cx_str text, size_t *at, cx_time *ret)
{
    unsigned hour, minute;
    bool east;

    if (literal(text, at, "Zz")) {
        *ret = 0;
        return true;
    }
    east = literal(text, at, "+");
    if (!east && !literal(text, at, "-")) {
        return false;
    }
    if (!digits(text, at, 2, &hour) || !literal(text, at, ":") || !digits(text, at, 2, &minute) ||
        hour > 23 || minute > 59) {
        return false;
    }
    *ret = ((cx_time)hour * 3600 + (cx_time)minute * 60) * (east ? 1 : -1);
    return true;
}

cx_status
cx_time_parse(cx_str text, cx_time *ret)
{
    size_t at = 0;
    cx_time day, clock = 0, offset = 0;

    if (!parse_date(text, &at, &day)) {
        return (cx_status){ CX_E_USAGE };
    }
    if (at < text.n && (!literal(text, &at, "Tt ") || !parse_clock(text, &at, &clock) ||
                        !parse_offset(text, &at, &offset))) {
        return (cx_status){ CX_E_USAGE };
    }
    if (at != text.n) {
        return (cx_status){ CX_E_USAGE };
    }
    *ret = day + clock - offset;
    return CX_SUCCESS;
}

static void
put_digits(char *to, size_t n, unsigned value)
{
    while (n-- != 0) {
        to[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

void
cx_time_format(cx_time t, char ret[CX_TIME_TEXT])
{
    int64_t days = t / DAY_S, rest = t % DAY_S, year;
    unsigned month, day;

    if (rest < 0) {
        rest += DAY_S;
        days--;
    }
    civil_of(days, &year, &month, &day);
    if (year < 0 || year > 9999) {
        year = year < 0 ? 0 : 9999;
    }
    memcpy(ret, "0000-00-00T00:00:00Z", CX_TIME_TEXT);
    put_digits(ret, 4, (unsigned)year);
    put_digits(ret + 5, 2, month);
    put_digits(ret + 8, 2, day);
    put_digits(ret + 11, 2, (unsigned)(rest / 3600));
    put_digits(ret + 14, 2, (unsigned)(rest / 60 % 60));
    put_digits(ret + 17, 2, (unsigned)(rest % 60));
}

cx_time
cx_time_now(void)
{
    struct timespec now;

    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (cx_time)now.tv_sec : CX_TIME_NONE;
}

uint64_t
cx_time_now_ms(void)
{
    struct timespec now;

    return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec >= 0
               ? (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000
               : 0;
}

int64_t
cx_clock_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* fails for unknown clocks only */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

cx_time
cx_time_at(int64_t clock_us)
{
    return cx_time_now() - (cx_clock_us() - clock_us + 999999) / 1000000;
}

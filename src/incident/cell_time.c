#include "incident/cell_time.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

struct date {
    unsigned year, month, day;
};

/* ---- pieces; each steps over what it read, and over nothing if it is not there */

static void
pass(cx_str *text, size_t n)
{
    *text = (cx_str){ text->p + n, text->n - n };
}

static bool
take(cx_str *text, const char *any_of)
{
    if (text->n == 0 || text->p[0] == '\0' || strchr(any_of, text->p[0]) == NULL) {
        return false;
    }
    pass(text, 1);
    return true;
}

static void
take_blanks(cx_str *text)
{
    while (take(text, " ")) {
    }
}

static size_t
digits_at(cx_str text)
{
    size_t n = 0;

    while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9') {
        n++;
    }
    return n;
}

/* From least to most digits, and no digit behind them. */
static bool
take_number(cx_str *text, size_t least, size_t most, unsigned *ret)
{
    size_t n = digits_at(*text);
    unsigned value = 0;

    if (n < least || n > most) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        value = value * 10 + (unsigned)(text->p[i] - '0');
    }
    pass(text, n);
    *ret = value;
    return true;
}

static bool
take_word(cx_str *text, const char *word)
{
    size_t n = strlen(word);

    if (text->n < n || !cx_span_equal_fold(cx_span_of_str((cx_str){ text->p, n }),
                                           cx_span_of_str(cx_str_of(word)))) {
        return false;
    }
    pass(text, n);
    return true;
}

/* One of some words of three letters, or longer ones that begin so (November); its number from 1, 0 if it is none. */
static unsigned
take_one_of(cx_str *text, const char *const *words)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (take_word(text, words[i])) {
            while (text->n != 0 && cx_ascii_lower((uint8_t)text->p[0]) >= 'a' &&
                   cx_ascii_lower((uint8_t)text->p[0]) <= 'z') {
                pass(text, 1);
            }
            return i + 1;
        }
    }
    return 0;
}

static unsigned
take_month(cx_str *text)
{
    static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL };

    return take_one_of(text, months);
}

static void
take_weekday(cx_str *text)
{
    static const char *const days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

    if (take_one_of(text, days) != 0) {
        (void)take(text, ",");
        take_blanks(text);
    }
}

/* ---- day, clock and zone */

static bool
is_day(const struct date *d)
{
    unsigned next = d->month % 12 + 1;
    int year = (int)d->year;

    return d->year >= 1970 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
           cx_time_of_day(year, d->month, d->day) <
               cx_time_of_day(next == 1 ? year + 1 : year, next, 1);
}

/* hh:mm[:ss[.fraction]]; false if none is there, which is no failure, or it is none. */
static bool
take_clock(cx_str *text, int64_t *ret_ms)
{
    unsigned hour, minute, second = 0, unit = 100;
    int64_t ms = 0;

    if (!take_number(text, 1, 2, &hour) || !take(text, ":") || !take_number(text, 2, 2, &minute) ||
        (take(text, ":") && !take_number(text, 2, 2, &second)) || hour > 23 || minute > 59 ||
        second > 59) {
        return false;
    }
    if (take(text, ".,")) {
        size_t n = digits_at(*text);

        for (size_t i = 0; i < n; i++, unit /= 10) {
            ms += (int64_t)(unit * (unsigned)(text->p[i] - '0'));
        }
        pass(text, n);
        if (n == 0) {
            return false;
        }
    }
    *ret_ms = ms + hour * HOUR_MS + minute * MINUTE_MS + second * INT64_C(1000);
    return true;
}

/* Z, UTC, GMT, or an offset; to the end of the text. */
static bool
take_zone(cx_str *text, int64_t *ret_ms, bool *ret_has)
{
    unsigned hour, minute = 0;
    bool west, east;

    *ret_ms = 0;
    *ret_has = true;
    take_blanks(text);
    if (text->n == 0) {
        *ret_has = false;
        return true;
    }
    if (take_word(text, "utc") || take_word(text, "gmt") || take_word(text, "z")) {
        return text->n == 0;
    }
    west = take(text, "-");
    east = !west && take(text, "+");
    if ((!west && !east) || text->n < 2) {
        return false;
    }
    hour = (unsigned)(text->p[0] - '0') * 10 + (unsigned)(text->p[1] - '0');
    if (digits_at(*text) < 2) {
        return false;
    }
    pass(text, 2);
    (void)take(text, ":");
    if (text->n != 0 && !take_number(text, 2, 2, &minute)) {
        return false;
    }
    *ret_ms = (west ? -1 : 1) * (hour * HOUR_MS + minute * MINUTE_MS);
    return text->n == 0 && hour <= 14 && minute <= 59;
}

/* ---- whole forms */

static enum cx_cell_time
finish(const struct date *date, int64_t clock_ms, bool date_only, cx_str rest,
       struct cx_cell_moment *ret)
{
    int64_t zone_ms;
    bool has_zone;

    if (!is_day(date) || !take_zone(&rest, &zone_ms, &has_zone)) {
        return CX_CELL_TIME_UNREADABLE;
    }
    ret->ms = cx_time_of_day((int)date->year, date->month, date->day) * 1000 + clock_ms - zone_ms;
    ret->has_zone = has_zone;
    ret->date_only = date_only;
    return CX_CELL_TIME_READ;
}

/* A date, then a clock or nothing, then a zone or nothing. */
static enum cx_cell_time
read_clock(const struct date *date, cx_str rest, struct cx_cell_moment *ret)
{
    bool mark = take(&rest, "Tt");
    int64_t clock_ms = 0;
    bool clock;

    (void)take(&rest, ",");
    take_blanks(&rest);
    clock = digits_at(rest) != 0;
    if ((mark && !clock) || (clock && !take_clock(&rest, &clock_ms))) {
        return CX_CELL_TIME_UNREADABLE;
    }
    return finish(date, clock_ms, !clock, rest, ret);
}

/* 2026-11-22 or 2026/11/22 */
static enum cx_cell_time
read_year_first(cx_str text, struct cx_cell_moment *ret)
{
    struct date date;

    if (!take_number(&text, 4, 4, &date.year) || !take(&text, "-/") ||
        !take_number(&text, 1, 2, &date.month) || !take(&text, "-/") ||
        !take_number(&text, 1, 2, &date.day)) {
        return CX_CELL_TIME_UNREADABLE;
    }
    ret->usual = true;
    return read_clock(&date, text, ret);
}

/* Nov 22 12:00:00 2026 GMT, Nov 22, 2026 12:00 */
static enum cx_cell_time
read_month_first(cx_str text, struct cx_cell_moment *ret)
{
    struct date date = { .month = take_month(&text) };
    int64_t clock_ms;
    cx_str clock;

    take_blanks(&text);
    if (date.month == 0 || !take_number(&text, 1, 2, &date.day)) {
        return CX_CELL_TIME_UNREADABLE;
    }
    (void)take(&text, ",");
    take_blanks(&text);
    clock = text;
    if (take_clock(&clock, &clock_ms)) {
        take_blanks(&clock);
        return take_number(&clock, 4, 4, &date.year) ? finish(&date, clock_ms, false, clock, ret)
                                                     : CX_CELL_TIME_UNREADABLE;
    }
    return take_number(&text, 4, 4, &date.year) ? read_clock(&date, text, ret)
                                                : CX_CELL_TIME_UNREADABLE;
}

/* 22 Nov 2026 12:00:00 GMT, 22-Nov-2026 */
static enum cx_cell_time
read_day_first(cx_str text, struct cx_cell_moment *ret)
{
    struct date date;

    if (!take_number(&text, 1, 2, &date.day) || !take(&text, " -")) {
        return CX_CELL_TIME_UNREADABLE;
    }
    date.month = take_month(&text);
    if (date.month == 0 || !take(&text, " -") || !take_number(&text, 4, 4, &date.year)) {
        return CX_CELL_TIME_UNREADABLE;
    }
    return read_clock(&date, text, ret);
}

/* Seconds or milliseconds since 1970, or 20261122120000Z (GeneralizedTime); the number of digits tells. */
static enum cx_cell_time
read_digits(cx_str text, struct cx_cell_moment *ret)
{
    size_t n = digits_at(text);
    unsigned v[7];
    struct date date;

    if (n == 14) {
        for (size_t i = 0; i < CX_COUNT(v); i++) {
            v[i] = (unsigned)(text.p[2 * i] - '0') * 10 + (unsigned)(text.p[2 * i + 1] - '0');
        }
        date = (struct date){ v[0] * 100 + v[1], v[2], v[3] };
        pass(&text, n);
        return v[4] > 23 || v[5] > 59 || v[6] > 59
                   ? CX_CELL_TIME_UNREADABLE
                   : finish(&date, v[4] * HOUR_MS + v[5] * MINUTE_MS + v[6] * INT64_C(1000), false,
                            text, ret);
    }
    if (n != text.n || (n != 10 && n != 13)) {
        return CX_CELL_TIME_UNREADABLE;
    }
    ret->ms = 0;
    for (size_t i = 0; i < n; i++) {
        ret->ms = ret->ms * 10 + (text.p[i] - '0');
    }
    ret->ms *= n == 10 ? 1000 : 1;
    ret->has_zone = true;
    return CX_CELL_TIME_READ;
}

/* 22/11/2026 or 11.22.26: which is the month depends on who wrote it. */
static bool
is_ambiguous(cx_str text)
{
    unsigned ignored;

    return take_number(&text, 1, 2, &ignored) && take(&text, "/.-") &&
           take_number(&text, 1, 2, &ignored) && take(&text, "/.-") && digits_at(text) >= 2;
}

enum cx_cell_time
cx_cell_time_read(cx_str text, struct cx_cell_moment *ret)
{
    struct cx_cell_moment moment = { .ms = 0 };
    enum cx_cell_time read;
    size_t n;

    if (is_ambiguous(text)) {
        return CX_CELL_TIME_AMBIGUOUS;
    }
    take_weekday(&text);
    n = digits_at(text);
    read = n == 0   ? read_month_first(text, &moment)
           : n > 4  ? read_digits(text, &moment)
           : n == 4 ? read_year_first(text, &moment)
                    : read_day_first(text, &moment);
    if (read == CX_CELL_TIME_READ) {
        *ret = moment;
    }
    return read;
}

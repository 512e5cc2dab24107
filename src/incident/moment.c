#include "incident/moment.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN 40

/* RFC 3339 without fraction and zone. */
#define DATE_TIME 19

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* A time as it stands there, before its zone is known. */
struct local {
    cx_time seconds; /* as if it were UTC */
    unsigned ms;
    uint32_t precision_ms;
};

static cx_status
refuse(cx_str text, const char *why, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_ARCHIVE, "time \"%.*s\": %s",
                   (int)(text.n < SHOWN ? text.n : SHOWN), text.n == 0 ? "" : text.p, why);
}

static bool
is_digit(cx_str text, size_t at)
{
    return at < text.n && text.p[at] >= '0' && text.p[at] <= '9';
}

static size_t
digits_at(cx_str text, size_t at)
{
    size_t n = 0;

    while (is_digit(text, at + n)) {
        n++;
    }
    return n;
}

static unsigned
two_digits(cx_str text, size_t at)
{
    return (unsigned)(text.p[at] - '0') * 10 + (unsigned)(text.p[at + 1] - '0');
}

/* "Jan" is 1; 0 for no month. */
static unsigned
month_at(cx_str text, size_t at)
{
    for (unsigned i = 0; i < 12 && text.n >= 3 && at <= text.n - 3; i++) {
        if (memcmp(text.p + at, months + 3 * (size_t)i, 3) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Seconds of "2026-11-22T04:35:24", which is checked to the last digit. */
static cx_status
seconds_of(const char text[DATE_TIME], cx_time *ret)
{
    char utc[DATE_TIME + 1];

    memcpy(utc, text, DATE_TIME);
    utc[10] = 'T';
    utc[DATE_TIME] = 'Z';
    return cx_time_parse((cx_str){ utc, sizeof(utc) }, ret);
}

/* ---- the parts */

static void
read_fraction(cx_str text, size_t *at, struct local *ret)
{
    static const unsigned weights[] = { 100, 10, 1 };
    size_t n;

    ret->precision_ms = 1000;
    if (*at >= text.n || (text.p[*at] != '.' && text.p[*at] != ',') || !is_digit(text, *at + 1)) {
        return;
    }
    (*at)++;
    n = digits_at(text, *at);
    for (size_t i = 0; i < n && i < CX_COUNT(weights); i++) {
        ret->ms += (unsigned)(text.p[*at + i] - '0') * weights[i];
        ret->precision_ms = weights[i];
    }
    *at += n;
}

/* "2026-11-22T04:35:24" or with a blank; *at stays where it was if it is none. */
static bool
read_rfc3339(cx_str text, size_t *at, struct local *ret)
{
    if (text.n < DATE_TIME || (text.p[10] != 'T' && text.p[10] != 't' && text.p[10] != ' ') ||
        !cx_ok(seconds_of(text.p, &ret->seconds))) {
        return false;
    }
    *at = DATE_TIME;
    return true;
}

/* "22-Nov-2026 04:35:24" */
static bool
read_bind(cx_str text, size_t *at, struct local *ret)
{
    char written[32];
    unsigned month = month_at(text, 3);
    int n;

    if (text.n < 20 || month == 0 || digits_at(text, 0) != 2 || digits_at(text, 7) != 4 ||
        text.p[2] != '-' || text.p[6] != '-' || text.p[11] != ' ') {
        return false;
    }
    n = snprintf(written, sizeof(written), "%.4s-%02u-%.2sT%.8s", text.p + 7, month, text.p,
                 text.p + 12);
    if (n != DATE_TIME || !cx_ok(seconds_of(written, &ret->seconds))) {
        return false;
    }
    *at = 20;
    return true;
}

/* "Nov 22 04:35:24", the day with a blank or 0 in front if it has one digit. */
static bool
is_syslog(cx_str text)
{
    return text.n >= 15 && month_at(text, 0) != 0 && text.p[3] == ' ' && text.p[6] == ' ' &&
           (text.p[4] == ' ' || is_digit(text, 4)) && is_digit(text, 5) && text.p[9] == ':';
}

static cx_status
read_syslog(cx_str text, const struct cx_archive_options *options, size_t *at, struct local *ret,
            struct cx_detail *detail)
{
    char written[32];
    int n;

    if (options->year < 1970 || options->year > 9999) {
        return refuse(text, "no year in it; give one with --year", detail);
    }
    n = snprintf(written, sizeof(written), "%04d-%02u-%c%cT%.8s", options->year, month_at(text, 0),
                 text.p[4] == ' ' ? '0' : text.p[4], text.p[5], text.p + 7);
    if (n != DATE_TIME || !cx_ok(seconds_of(written, &ret->seconds))) {
        return refuse(text, "no such day or hour in the year given with --year", detail);
    }
    *at = 15;
    return CX_SUCCESS;
}

/* ---- the zone */

static bool
is_word_at(cx_str text, size_t at, const char *word)
{
    size_t n = strlen(word);

    return at <= text.n && text.n - at >= n && memcmp(text.p + at, word, n) == 0 &&
           (at + n == text.n || !cx_ascii_alnum((uint8_t)text.p[at + n]));
}

/* +00:00, +0000 or +00. */
static bool
read_offset(cx_str text, size_t *at, int64_t *ret)
{
    size_t from = *at + 1, n = digits_at(text, from);
    unsigned hour, minute = 0;

    if (*at >= text.n || (text.p[*at] != '+' && text.p[*at] != '-') || (n != 2 && n != 4)) {
        return false;
    }
    hour = two_digits(text, from);
    if (n == 4) {
        minute = two_digits(text, from + 2);
    } else if (from + 2 < text.n && text.p[from + 2] == ':' && digits_at(text, from + 3) == 2) {
        minute = two_digits(text, from + 3);
        n = 5;
    }
    if (hour > 14 || minute > 59) {
        return false;
    }
    *ret = ((int64_t)hour * 60 + minute) * 60 * (text.p[*at] == '-' ? -1 : 1);
    *at = from + n;
    return true;
}

/* A zone that can mean one thing only. Boulder writes +00:00Z. */
static bool
read_zone(cx_str text, size_t *at, int64_t *ret)
{
    size_t to = *at + (*at < text.n && text.p[*at] == ' ' ? 1 : 0);
    bool utc = is_word_at(text, to, "UTC") || is_word_at(text, to, "GMT");

    *ret = 0;
    if (utc) {
        to += 3;
    } else if (is_word_at(text, to, "Z") || is_word_at(text, to, "z")) {
        to++;
    } else if (!read_offset(text, &to, ret)) {
        return false;
    } else if (*ret == 0 && is_word_at(text, to, "Z")) {
        to++;
    }
    *at = to;
    return true;
}

/* A sign and a digit: an offset, readable or not. */
static bool
is_offset_at(cx_str text, size_t at)
{
    return at < text.n && (text.p[at] == '+' || text.p[at] == '-') && digits_at(text, at + 1) != 0;
}

/* What looks like an offset and was not read, as in "UTC+02:00" and "+5:30", would else be another moment. */
static cx_status
with_zone(cx_str text, const struct cx_archive_options *options, const struct local *local,
          size_t *at, struct cx_moment *ret, struct cx_detail *detail)
{
    int64_t offset = options->zone_s;

    if (!read_zone(text, at, &offset)) {
        if (is_offset_at(text, *at) ||
            (*at < text.n && text.p[*at] == ' ' && is_offset_at(text, *at + 1))) {
            return refuse(text, "an offset that cannot be read", detail);
        }
        if (!options->has_zone) {
            return refuse(text, "no zone in it; give one with --zone", detail);
        }
        offset = options->zone_s;
    } else if (is_offset_at(text, *at)) {
        return refuse(text, "an offset behind a zone", detail);
    }
    *ret = (struct cx_moment){ .ms = (local->seconds - offset) * 1000 + (int64_t)local->ms,
                               .precision_ms = local->precision_ms };
    return CX_SUCCESS;
}

bool
cx_moment_begins(cx_str text)
{
    return is_syslog(text) || (digits_at(text, 0) == 4 && text.n > 4 && text.p[4] == '-') ||
           (digits_at(text, 0) == 2 && month_at(text, 3) != 0);
}

cx_status
cx_moment_read(cx_str text, const struct cx_archive_options *options, struct cx_moment *ret,
               size_t *ret_n, struct cx_detail *detail)
{
    struct local local = { .seconds = 0 };
    size_t at = 0;

    if (is_syslog(text)) {
        CX_TRY(read_syslog(text, options, &at, &local, detail));
    } else if (!read_rfc3339(text, &at, &local) && !read_bind(text, &at, &local)) {
        return refuse(text, "not a time", detail);
    }
    read_fraction(text, &at, &local);
    CX_TRY(with_zone(text, options, &local, &at, ret, detail));
    *ret_n = at;
    return CX_SUCCESS;
}

/* ---- counts */

/* What the number of digits says: seconds have 9 or 10 between 1973 and 2286, and so on. */
static const struct {
    size_t digits;
    int64_t units; /* in a second */
} counts[] = {
    { 9, 1 }, { 10, 1 }, { 13, 1000 }, { 16, 1000000 }, { 19, 1000000000 },
};

static bool
read_count(cx_str text, size_t n, struct cx_moment *ret)
{
    struct local fraction = { .precision_ms = 1 };
    int64_t value = 0;
    size_t at = n, i = 0;

    for (size_t k = 0; k < n; k++) {
        if (value > (INT64_MAX - 9) / 10) {
            return false;
        }
        value = value * 10 + (text.p[k] - '0');
    }
    while (i < CX_COUNT(counts) && counts[i].digits != n) {
        i++;
    }
    if (i == CX_COUNT(counts)) {
        return false;
    }
    if (counts[i].units == 1) {
        read_fraction(text, &at, &fraction);
        value *= 1000;
    } else {
        value /= counts[i].units / 1000;
    }
    if (at != text.n) {
        return false;
    }
    *ret = (struct cx_moment){ value + (int64_t)fraction.ms, fraction.precision_ms };
    return true;
}

static bool
is_letters(cx_str text)
{
    size_t i = 0;

    while (i < text.n && cx_ascii_lower((uint8_t)text.p[i]) >= 'a' &&
           cx_ascii_lower((uint8_t)text.p[i]) <= 'z') {
        i++;
    }
    return i == text.n && text.n != 0;
}

cx_status
cx_moment_of(cx_str text, const struct cx_archive_options *options, struct cx_moment *ret,
             struct cx_detail *detail)
{
    struct cx_moment moment;
    size_t n = digits_at(text, 0);

    if (n != 0 && (n == text.n || text.p[n] == '.')) {
        return read_count(text, n, ret)
                   ? CX_SUCCESS
                   : refuse(text, "not seconds, ms, us or ns since 1970", detail);
    }
    CX_TRY(cx_moment_read(text, options, &moment, &n, detail));
    /* Names of zones: some mean several. With --zone they mean that one, as everything without a zone does. */
    if (n < text.n && text.p[n] == ' ' && options->has_zone &&
        is_letters((cx_str){ text.p + n + 1, text.n - n - 1 })) {
        n = text.n;
    }
    if (n != text.n) {
        return refuse(text, "something that is no zone comes behind it", detail);
    }
    *ret = moment;
    return CX_SUCCESS;
}

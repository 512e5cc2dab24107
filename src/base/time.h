/* Moments as seconds since 1970-01-01T00:00:00Z, proleptic Gregorian, no leap seconds. */
#ifndef CX_BASE_TIME_H
#define CX_BASE_TIME_H

#include "base/span.h"
#include "base/status.h"

typedef int64_t cx_time;

/* No moment known; and a moment later than every other. */
#define CX_TIME_NONE INT64_MIN
#define CX_TIME_MAX  INT64_MAX
#define CX_TIME_TEXT 21 /* 2026-11-22T12:00:00Z and NUL */

/* RFC 3339 in UTC ("Z" or an offset, fractions cut off) or a date, which means its first second. */
cx_status cx_time_parse(cx_str text, cx_time *ret) CX_MUST;
void cx_time_format(cx_time t, char ret[CX_TIME_TEXT]);
/* First second of a day. */
cx_time cx_time_of_day(int year, unsigned month, unsigned day);
/* The wall clock; not for dns/ and caa/. */
cx_time cx_time_now(void);
/* The same in milliseconds; 0 if there is no clock. */
uint64_t cx_time_now_ms(void);
/* The second that a moment in milliseconds is in, also before 1970. */
static inline cx_time
cx_second_of_ms(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
}

/* A clock that is never set, and does not stop while the machine sleeps: microseconds since some moment. */
int64_t cx_clock_us(void);
/* The wall clock as it was at that moment of the other clock, never later: rounded down, as if it had never been set since. */
cx_time cx_time_at(int64_t clock_us);

#endif

#include "incident/duty.h"

#define DAY_S 86400

#define CAA_BINDS     cx_time_of_day(2017, 9, 8)   /* R-REV-8 */
#define FIVE_DAYS     cx_time_of_day(2018, 10, 14) /* R-REV-2 */
#define CAA_NAMED     cx_time_of_day(2026, 3, 31)  /* R-REV-3 */
#define SHORT_LIVED   cx_time_of_day(2024, 3, 15)  /* R-REV-6 */
#define SHORTER_LIVED cx_time_of_day(2026, 3, 15)  /* R-REV-6 */
#define TWO_YEARS     cx_time_of_day(2020, 10, 19) /* R-RET-2 */
#define AFTER_EXPIRY  cx_time_of_day(2022, 4, 15)  /* R-RET-3 */

const char *
cx_duty_word(enum cx_duty_kind kind)
{
    switch (kind) {
    case CX_DUTY_NONE:
        return "none";
    case CX_DUTY_5D:
        return "5d";
    case CX_DUTY_24H:
        return "24h";
    }
    return "none";
}

const char *
cx_duty_source(cx_str rule)
{
    static const struct {
        const char *rule;
        const char *source;
    } sources[] = {
        { "R-REV-1", "BR 4.9.1.1, before version 1.6.1: 24 hours" },
        { "R-REV-2", "BR 4.9.1.1, not issued in accordance: 5 days" },
        { "R-REV-3", "BR 4.9.1.1(5), since version 2.2.6: 24 hours, reason superseded" },
        { "R-REV-6", "BR 4.9.1: short-lived certificates need not be revoked" },
        { "R-REV-8", "before BR 1.4.3 CAA was a matter of the CPS" },
        { "R-MAIL-9", "S/MIME BR 4.9.1.1, by the shorter of two readings: 24 hours" },
        { "R-PRF-7", "an answer that permitted was not consulted: never settled before BR 2.2.6" },
    };

    for (size_t i = 0; i < CX_COUNT(sources); i++) {
        if (cx_str_equal(rule, cx_str_of(sources[i].rule))) {
            return sources[i].source;
        }
    }
    return NULL;
}

bool
cx_is_short_lived(cx_time signed_at, cx_time not_before, cx_time not_after)
{
    cx_time days = signed_at >= SHORTER_LIVED ? 7 : 10;

    return signed_at >= SHORT_LIVED && not_before != CX_TIME_NONE && not_after != CX_TIME_NONE &&
           not_after + 1 - not_before <= days * DAY_S; /* RFC 5280: notAfter is the last second */
}

bool
cx_unused_permit_is_arguable(cx_time aware)
{
    return aware < CAA_NAMED;
}

static struct cx_duty
no_duty(const char *rule)
{
    return (struct cx_duty){ .kind = CX_DUTY_NONE, .rule = rule, .deadline = CX_TIME_NONE };
}

/* R-REV-9: seconds from the stored instant. */
static struct cx_duty
duty(const struct cx_duty_case *c, enum cx_duty_kind kind, const char *rule, const char *also)
{
    return (struct cx_duty){ kind, rule, also, c->aware + (kind == CX_DUTY_24H ? DAY_S : 5 * DAY_S),
                             false };
}

static struct cx_duty
tls_duty(const struct cx_duty_case *c)
{
    if (c->aware >= CAA_NAMED) {
        return duty(c, CX_DUTY_24H, "R-REV-3", NULL);
    }
    if (c->unused_permit) {
        struct cx_duty ret = no_duty("R-PRF-7");

        ret.arguable = true;
        return ret;
    }
    return c->aware >= FIVE_DAYS ? duty(c, CX_DUTY_5D, "R-REV-2",
                                        "24 hours, if CAA counts as part of domain validation")
                                 : duty(c, CX_DUTY_24H, "R-REV-1", NULL);
}

struct cx_duty
cx_duty_of(const struct cx_duty_case *c)
{
    if (!c->wrong) {
        return no_duty(NULL);
    }
    if (c->profile != CX_PROFILE_TLS_BR && c->profile != CX_PROFILE_SMIME_BR) {
        return no_duty(NULL); /* the contract of a private CA, or of marks, is not known here */
    }
    if (c->signed_at != CX_TIME_NONE && c->signed_at < CAA_BINDS) {
        return no_duty("R-REV-8"); /* of an unknown moment nobody can say that */
    }
    if (c->profile == CX_PROFILE_SMIME_BR) {
        return duty(c, CX_DUTY_24H, "R-MAIL-9", "5 days, by item 11 of S/MIME BR 4.9.1.1");
    }
    if (cx_is_short_lived(c->signed_at, c->not_before, c->not_after)) {
        return no_duty("R-REV-6");
    }
    return tls_duty(c);
}

/* The same day, so many years later; the last of February becomes the first of March. */
static cx_time
years_after(cx_time t, int years)
{
    char text[CX_TIME_TEXT];
    cx_time day;

    cx_time_format(t, text);
    day = cx_time_of_day((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
                             (text[3] - '0') + years,
                         (unsigned)((text[5] - '0') * 10 + (text[6] - '0')),
                         (unsigned)((text[8] - '0') * 10 + (text[9] - '0')));
    return day + ((t % DAY_S) + DAY_S) % DAY_S;
}

cx_time
cx_log_kept_until(cx_time asked, cx_time not_after, cx_time revoked_at)
{
    cx_time ended = revoked_at != CX_TIME_NONE && revoked_at < not_after ? revoked_at : not_after;

    if (asked < TWO_YEARS) {
        return years_after(not_after, 7);
    }
    return years_after(asked < AFTER_EXPIRY ? ended : not_after, 2);
}

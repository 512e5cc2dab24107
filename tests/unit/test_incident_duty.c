/* Duties to the second, sentences of remedies by date, and how long logs have to be kept.
 * TEST R-REV-1 R-REV-2 R-REV-3 R-REV-4 R-REV-6 R-REV-8 R-REV-9 R-MAIL-9 R-PRF-7 R-PRF-8 R-RET-1 R-RET-2 R-RET-3 */
#include "build.h"
#include "incident/duty.h"
#include "incident/remedy.h"
#include "main.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *about;
    enum cx_profile profile;
    const char *signed_at;
    const char *not_before;
    const char *not_after;
    const char *aware;
    const char *duty;
    const char *rule;
    const char *deadline; /* NULL: none */
};

#define YEAR "2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z"

static const struct row rows[] = {
    { "G191", CX_PROFILE_TLS_BR, "2026-03-01T00:00:00Z", YEAR, "2026-03-30T10:00:00Z", "5d",
      "R-REV-2", "2026-04-04T10:00:00Z" },
    { "G192", CX_PROFILE_TLS_BR, "2026-03-01T00:00:00Z", YEAR, "2026-03-31T10:00:00Z", "24h",
      "R-REV-3", "2026-04-01T10:00:00Z" },
    { "G193", CX_PROFILE_TLS_BR, "2018-03-01T00:00:00Z", YEAR, "2018-10-13T12:00:00Z", "24h",
      "R-REV-1", "2018-10-14T12:00:00Z" },
    { "G194", CX_PROFILE_TLS_BR, "2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z",
      "2026-05-07T23:59:59Z", "2026-05-02T00:00:00Z", "none", "R-REV-6", NULL },
    { "G195", CX_PROFILE_TLS_BR, "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z",
      "2026-04-10T23:59:59Z", "2026-04-02T00:00:00Z", "24h", "R-REV-3", "2026-04-03T00:00:00Z" },
    { "G196", CX_PROFILE_SMIME_BR, "2026-06-01T00:00:00Z", YEAR, "2026-06-01T00:00:00Z", "24h",
      "R-MAIL-9", "2026-06-02T00:00:00Z" },
    { "last second of R-REV-1", CX_PROFILE_TLS_BR, "2018-03-01T00:00:00Z", YEAR,
      "2018-10-13T23:59:59Z", "24h", "R-REV-1", "2018-10-14T23:59:59Z" },
    { "first second of R-REV-2", CX_PROFILE_TLS_BR, "2018-03-01T00:00:00Z", YEAR,
      "2018-10-14T00:00:00Z", "5d", "R-REV-2", "2018-10-19T00:00:00Z" },
    { "last second of R-REV-2", CX_PROFILE_TLS_BR, "2018-03-01T00:00:00Z", YEAR,
      "2026-03-30T23:59:59Z", "5d", "R-REV-2", "2026-04-04T23:59:59Z" },
    { "first second of R-REV-3", CX_PROFILE_TLS_BR, "2018-03-01T00:00:00Z", YEAR,
      "2026-03-31T00:00:00Z", "24h", "R-REV-3", "2026-04-01T00:00:00Z" },
    { "last second before CAA bound", CX_PROFILE_TLS_BR, "2017-09-07T23:59:59Z", YEAR,
      "2026-05-01T00:00:00Z", "none", "R-REV-8", NULL },
    { "first second of CAA", CX_PROFILE_TLS_BR, "2017-09-08T00:00:00Z", YEAR,
      "2026-05-01T00:00:00Z", "24h", "R-REV-3", "2026-05-02T00:00:00Z" },
    { "no moment at all", CX_PROFILE_TLS_BR, NULL, YEAR, "2026-05-01T00:00:00Z", "24h", "R-REV-3",
      "2026-05-02T00:00:00Z" },
    { "10 days, the day before SC063", CX_PROFILE_TLS_BR, "2024-03-14T23:59:59Z",
      "2024-03-14T00:00:00Z", "2024-03-23T23:59:59Z", "2024-03-15T00:00:00Z", "5d", "R-REV-2",
      "2024-03-20T00:00:00Z" },
    { "10 days, SC063", CX_PROFILE_TLS_BR, "2024-03-15T00:00:00Z", "2024-03-15T00:00:00Z",
      "2024-03-24T23:59:59Z", "2024-03-16T00:00:00Z", "none", "R-REV-6", NULL },
    { "10 days and a second", CX_PROFILE_TLS_BR, "2024-03-15T00:00:00Z", "2024-03-15T00:00:00Z",
      "2024-03-25T00:00:00Z", "2024-03-16T00:00:00Z", "5d", "R-REV-2", "2024-03-21T00:00:00Z" },
    { "10 days, last second of them", CX_PROFILE_TLS_BR, "2026-03-14T23:59:59Z",
      "2026-03-14T00:00:00Z", "2026-03-23T23:59:59Z", "2026-03-15T00:00:00Z", "none", "R-REV-6",
      NULL },
    { "7 days and a second, since 2026-03-15", CX_PROFILE_TLS_BR, "2026-03-15T00:00:00Z",
      "2026-03-15T00:00:00Z", "2026-03-22T00:00:00Z", "2026-03-16T00:00:00Z", "5d", "R-REV-2",
      "2026-03-21T00:00:00Z" },
    { "a mail certificate has no short life", CX_PROFILE_SMIME_BR, "2026-05-01T00:00:00Z",
      "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", "2026-05-01T12:00:00Z", "24h", "R-MAIL-9",
      "2026-05-02T12:00:00Z" },
    { "a private CA", CX_PROFILE_PRIVATE, "2026-05-01T00:00:00Z", YEAR, "2026-05-01T12:00:00Z",
      "none", NULL, NULL },
    { "a private CA, long ago", CX_PROFILE_PRIVATE, "2016-05-01T00:00:00Z", YEAR,
      "2026-05-01T12:00:00Z", "none", NULL, NULL },
    { "over a leap day", CX_PROFILE_TLS_BR, "2019-05-01T00:00:00Z", YEAR, "2020-02-28T10:00:00Z",
      "5d", "R-REV-2", "2020-03-04T10:00:00Z" },
    { "a weekend stops nothing", CX_PROFILE_TLS_BR, "2026-05-01T00:00:00Z", YEAR,
      "2026-05-09T01:02:03Z", "24h", "R-REV-3", "2026-05-10T01:02:03Z" },
};

static struct cx_duty_case
case_of(const struct row *row)
{
    return (struct cx_duty_case){
        .profile = row->profile,
        .aware = time_of(row->aware),
        .signed_at = row->signed_at != NULL ? time_of(row->signed_at) : CX_TIME_NONE,
        .not_before = time_of(row->not_before),
        .not_after = time_of(row->not_after),
        .wrong = true,
    };
}

static bool
same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

TEST(duties_are_those_of_the_date_of_awareness)
{
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct cx_duty_case c = case_of(row);
        struct cx_duty duty = cx_duty_of(&c);
        cx_time deadline = row->deadline != NULL ? time_of(row->deadline) : CX_TIME_NONE;

        ROW_TRUE(same(cx_duty_word(duty.kind), row->duty), row->about);
        ROW_TRUE(same(duty.rule, row->rule), row->about);
        ROW_TRUE(duty.deadline == deadline, row->about);
        ROW_TRUE(!duty.arguable, row->about);
        ROW_TRUE((duty.also != NULL) == (same(row->rule, "R-REV-2") || same(row->rule, "R-MAIL-9")),
                 row->about); /* G191, G196: the other reading is shown beside it */
        c.wrong = false;
        duty = cx_duty_of(&c);
        ROW_TRUE(duty.kind == CX_DUTY_NONE && duty.deadline == CX_TIME_NONE && duty.rule == NULL,
                 row->about);
    }
}

TEST(an_unused_permit_is_arguable_until_2026_03_30)
{
    static const struct {
        const char *aware;
        bool arguable;
    } moments[] = { { "2019-05-09T00:00:00Z", true }, /* G197 */
                    { "2026-03-30T23:59:59Z", true },
                    { "2026-03-31T00:00:00Z", false },
                    { "2026-05-09T00:00:00Z", false } }; /* G198 */

    for (size_t i = 0; i < CX_COUNT(moments); i++) {
        struct cx_duty_case c = case_of(&rows[0]);
        struct cx_duty duty;

        c.aware = time_of(moments[i].aware);
        c.unused_permit = true;
        duty = cx_duty_of(&c);
        assert_int_equal(duty.arguable, moments[i].arguable);
        assert_int_equal(cx_unused_permit_is_arguable(c.aware), moments[i].arguable);
        assert_int_equal(duty.kind, moments[i].arguable ? CX_DUTY_NONE : CX_DUTY_24H);
    }
}

TEST(a_life_is_short_only_if_both_ends_are_known)
{
    cx_time signed_at = time_of("2026-05-01T00:00:00Z");

    assert_true(cx_is_short_lived(signed_at, signed_at, signed_at + 7 * 86400 - 1));
    assert_false(cx_is_short_lived(signed_at, signed_at, signed_at + 7 * 86400));
    assert_false(cx_is_short_lived(signed_at, CX_TIME_NONE, signed_at + 86400));
    assert_false(cx_is_short_lived(signed_at, signed_at, CX_TIME_NONE));
    assert_false(cx_is_short_lived(CX_TIME_NONE, signed_at, signed_at + 86400));
}

/* ---- remedies */

TEST(remedies_are_in_line_by_the_date)
{
    static const struct {
        const char *aware;
        enum cx_profile profile;
        const char
            *words; /* recheck, archive, archive that spares unused permits, process, rules */
    } table[] = {
        { "2017-09-07T23:59:59Z", CX_PROFILE_TLS_BR,
          "arguable arguable arguable arguable arguable" },
        { "2017-09-08T00:00:00Z", CX_PROFILE_TLS_BR, "arguable arguable arguable yes yes" },
        { "2026-03-30T23:59:59Z", CX_PROFILE_TLS_BR, "arguable arguable arguable yes yes" },
        { "2026-03-31T00:00:00Z", CX_PROFILE_TLS_BR, "no yes no yes yes" },
        { "2026-01-01T00:00:00Z", CX_PROFILE_SMIME_BR, "no yes no yes yes" },
        { "2026-05-01T00:00:00Z", CX_PROFILE_PRIVATE,
          "arguable arguable arguable arguable arguable" },
    };
    static const struct {
        enum cx_remedy remedy;
        bool unused;
    } columns[] = { { CX_REMEDY_RECHECK, false },
                    { CX_REMEDY_ARCHIVE, false },
                    { CX_REMEDY_ARCHIVE, true },
                    { CX_REMEDY_PROCESS, true },
                    { CX_REMEDY_RULES, true } };

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        char words[100] = "";
        size_t at = 0;

        for (size_t k = 0; k < CX_COUNT(columns); k++) {
            struct cx_remedy_judgement j = cx_remedy_judge(
                columns[k].remedy, table[i].profile, time_of(table[i].aware), columns[k].unused);

            at += (size_t)snprintf(words + at, sizeof(words) - at, "%s%s", k == 0 ? "" : " ",
                                   cx_in_line_word(j.in_line));
            assert_true(strlen(j.why) > 20 && j.why[strlen(j.why) - 1] == '.');
        }
        assert_string_equal(words, table[i].words);
    }
}

/* R-PRF-8: the precedent is always told to be one that departs from the text in force. */
TEST(a_recheck_is_never_in_line)
{
    for (cx_time aware = time_of("2017-01-01T00:00:00Z"); aware < time_of("2027-01-01T00:00:00Z");
         aware += 86400) {
        for (unsigned profile = CX_PROFILE_TLS_BR; profile <= CX_PROFILE_PRIVATE; profile++) {
            assert_int_not_equal(
                cx_remedy_judge(CX_REMEDY_RECHECK, (enum cx_profile)profile, aware, true).in_line,
                CX_IN_LINE_YES);
        }
    }
}

/* ---- retention */

TEST(logs_are_kept_as_the_text_of_the_day_says)
{
    static const struct {
        const char *about;
        const char *asked;
        const char *not_after;
        const char *revoked;
        const char *until;
    } table[] = {
        { "G216", "2023-06-01T00:00:00Z", "2021-01-01T00:00:00Z", NULL, "2023-01-01T00:00:00Z" },
        { "G217", "2026-06-01T00:00:00Z", "2024-12-31T00:00:00Z", "2024-01-01T00:00:00Z",
          "2026-12-31T00:00:00Z" },
        { "last second of 7 years", "2020-10-18T23:59:59Z", "2019-01-01T10:11:12Z", NULL,
          "2026-01-01T10:11:12Z" },
        { "first second of 2 years", "2020-10-19T00:00:00Z", "2019-01-01T10:11:12Z", NULL,
          "2021-01-01T10:11:12Z" },
        { "revocation starts the clock", "2022-04-14T23:59:59Z", "2022-12-31T00:00:00Z",
          "2021-06-01T00:00:00Z", "2023-06-01T00:00:00Z" },
        { "it does not any more", "2022-04-15T00:00:00Z", "2022-12-31T00:00:00Z",
          "2021-06-01T00:00:00Z", "2024-12-31T00:00:00Z" },
        { "revoked after it expired", "2022-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
          "2021-06-01T00:00:00Z", "2023-01-01T00:00:00Z" },
        { "29 February", "2024-06-01T00:00:00Z", "2024-02-29T12:00:00Z", NULL,
          "2026-03-01T12:00:00Z" },
        { "29 February, 7 years", "2020-06-01T00:00:00Z", "2020-02-29T23:59:59Z", NULL,
          "2027-03-01T23:59:59Z" },
        { "from one to another", "2019-01-01T00:00:00Z", "2013-02-28T00:00:00Z", NULL,
          "2020-02-28T00:00:00Z" },
    };

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        cx_time revoked = table[i].revoked != NULL ? time_of(table[i].revoked) : CX_TIME_NONE;
        cx_time until =
            cx_log_kept_until(time_of(table[i].asked), time_of(table[i].not_after), revoked);

        ROW_TRUE(until == time_of(table[i].until), table[i].about);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(duties_are_those_of_the_date_of_awareness),
    cmocka_unit_test(an_unused_permit_is_arguable_until_2026_03_30),
    cmocka_unit_test(a_life_is_short_only_if_both_ends_are_known),
    cmocka_unit_test(remedies_are_in_line_by_the_date),
    cmocka_unit_test(a_recheck_is_never_in_line),
    cmocka_unit_test(logs_are_kept_as_the_text_of_the_day_says),
};

TEST_MAIN(tests)

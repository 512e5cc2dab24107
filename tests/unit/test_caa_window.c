#include "build.h"
#include "main.h"

static struct scene s;

static cx_time
until(const char *name)
{
    assert_int_equal(scene_judge(&s, name), CX_VERDICT_PERMIT);
    return s.f.valid_until;
}

static void
with_ttl(const char *name, uint32_t ttl)
{
    struct cx_answer *a = scene_set(&s, name, "0 issue ca.example.net", NULL);

    a->has_ttl = true;
    a->ttl = ttl;
}

/* TEST R-TIME-1, TEST R-TIME-2, TEST R-TIME-3, TEST R-SYN-7 */
TEST(lasts_the_ttl_or_eight_hours)
{
    static const struct {
        uint32_t ttl;
        cx_time window;
    } rows[] = {
        { 0, 28800 },     { 28799, 28800 },       { 28800, 28800 },       { 28801, 28801 },
        { 86400, 86400 }, { 0x80000000u, 28800 }, { 0xffffffffu, 28800 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        scene_open(&s, CX_PROFILE_PRIVATE, "2026-11-22");
        with_ttl("d.test", rows[i].ttl);
        assert_true(until("d.test") == s.c.date + rows[i].window);
        assert_true(s.f.newest == s.c.date && scene_cites(&s, CX_R_TIME_1));
        scene_close(&s);
    }
}

/* TEST R-TIME-3: a negative TTL does not extend it */
TEST(lasts_eight_hours_without_a_set)
{
    struct cx_answer *a;

    scene_open(&s, CX_PROFILE_PRIVATE, "2026-11-22");
    a = scene_put(&s, "d.test", CX_OUTCOME_NODATA);
    a->has_ttl = true;
    a->ttl = 86400;
    assert_true(until("d.test") == s.c.date + 28800);
    scene_close(&s);
}

/* TEST R-TIME-2: from the oldest answer used */
TEST(begins_with_the_oldest_answer_used)
{
    scene_open(&s, CX_PROFILE_PRIVATE, "2026-11-22");
    scene_put(&s, "www.d.test", CX_OUTCOME_NODATA)->time = s.c.date - 100;
    with_ttl("d.test", 0);
    scene_put(&s, "test", CX_OUTCOME_NODATA)->time = s.c.date - 9999; /* not used */
    assert_true(until("www.d.test") == s.c.date - 100 + 28800);
    assert_true(s.f.newest == s.c.date);
    s.c.order = CX_ORDER_PARALLEL;
    assert_true(until("www.d.test") == s.c.date - 100 + 28800);
    scene_close(&s);
}

/* TEST R-P16-E20 */
TEST(counts_every_label_above_a_skip)
{
    scene_open(&s, CX_PROFILE_PROPOSAL_2016, "2026-11-22");
    s.c.order = CX_ORDER_TOP_DOWN;
    scene_put(&s, "test", CX_OUTCOME_NODATA)->time = s.c.date - 50;
    (void)scene_set(&s, "d.test", "0 issue *; skipsubdomaincheck=true", NULL);
    scene_put(&s, "www.d.test", CX_OUTCOME_NODATA)->time = s.c.date - 9999;
    assert_true(until("www.d.test") == s.c.date - 50 + 28800);
    scene_close(&s);
}

/* TEST R-TIME-8 */
TEST(ends_before_the_next_rule_book)
{
    static const struct {
        enum cx_profile profile;
        const char *date, *last;
    } rows[] = {
        { CX_PROFILE_TLS_BR, "2027-03-14T20:00:00Z", "2027-03-14T23:59:59Z" },
        { CX_PROFILE_TLS_BR, "2026-12-14T20:00:00Z", "2026-12-14T23:59:59Z" },
        { CX_PROFILE_SMIME_BR, "2025-05-14T20:00:00Z", "2025-05-14T23:59:59Z" },
        { CX_PROFILE_TLS_BR, "2025-05-14T20:00:00Z", "2025-05-15T04:00:00Z" },
        { CX_PROFILE_TLS_BR, "2027-03-14T16:00:00Z", "2027-03-14T23:59:59Z" },
        { CX_PROFILE_TLS_BR, "2027-03-14T15:59:59Z", "2027-03-14T23:59:59Z" },
        { CX_PROFILE_TLS_BR, "2027-03-14T15:59:58Z", "2027-03-14T23:59:58Z" },
        { CX_PROFILE_PRIVATE, "2027-03-14T20:00:00Z", "2027-03-15T04:00:00Z" },
        { CX_PROFILE_VMC, "2027-03-14T20:00:00Z", "2027-03-15T04:00:00Z" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        bool cut;

        scene_open(&s, rows[i].profile, rows[i].date);
        ROW_TRUE(until("d.test") == time_of(rows[i].last), rows[i].date);
        cut = s.c.date + 28800 != s.f.valid_until;
        ROW_TRUE(scene_cites(&s, CX_R_TIME_8) == cut, rows[i].date);
        scene_close(&s);
    }
}

/* docs/interpretations.md 22: 28800 when a failure was excused, and only a positive verdict has a window */
TEST(an_excused_failure_shortens_and_a_denial_has_none)
{
    struct cx_answer *a;

    scene_open(&s, CX_PROFILE_PRIVATE, "2026-11-22");
    s.policy.lf_permit = s.facts.control_probe = true;
    a = scene_put(&s, "www.d.test", CX_OUTCOME_TIMEOUT);
    a->attempts = 2;
    with_ttl("d.test", 86400);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_PERMIT_LF);
    assert_true(s.f.valid_until == s.c.date + 28800);
    (void)scene_set(&s, "e.test", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "e.test"), CX_VERDICT_DENY);
    assert_true(s.f.valid_until == CX_TIME_NONE && !scene_cites(&s, CX_R_TIME_1));
    (void)scene_put(&s, "f.test", CX_OUTCOME_ERROR);
    assert_int_equal(scene_judge(&s, "f.test"), CX_VERDICT_FAIL);
    assert_true(s.f.valid_until == CX_TIME_NONE);
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lasts_the_ttl_or_eight_hours),
    cmocka_unit_test(lasts_eight_hours_without_a_set),
    cmocka_unit_test(begins_with_the_oldest_answer_used),
    cmocka_unit_test(counts_every_label_above_a_skip),
    cmocka_unit_test(ends_before_the_next_rule_book),
    cmocka_unit_test(an_excused_failure_shortens_and_a_denial_has_none),
};

TEST_MAIN(tests)

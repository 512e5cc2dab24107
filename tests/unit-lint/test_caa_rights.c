#include "build.h"
#include "caa/rights.h"
#include "main.h"

/* A set of "flags tag value" records at d.test. */
static const struct cx_answer *
set_of(struct scene *s, const char *first, const char *second, const char *third)
{
    return scene_set(s, "d.test", first, second, third, NULL);
}

static struct cx_right
right_of(struct scene *s, const struct cx_answer *set, enum cx_use use)
{
    struct cx_right right;

    assert_int_equal(cx_right_of(set, use, &s->arena, &right).code, CX_OK);
    return right;
}

TEST(no_set_leaves_everything_open)
{
    struct scene s;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    for (unsigned use = 0; use < CX_USE_COUNT; use++) {
        assert_int_equal(right_of(&s, NULL, (enum cx_use)use).who, CX_WHO_ANYONE);
        assert_true(cx_use_word((enum cx_use)use)[0] != '\0');
    }
    scene_close(&s);
}

/* TEST R-DEC-2 R-DEC-3 R-DEC-4 R-MAIL-2 R-VMC-1 */
TEST(each_use_has_its_property)
{
    struct scene s;
    const struct cx_answer *set;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    set = set_of(&s, "0 issue a.example", "0 issuewild ;", "0 issuemail b.example");
    assert_int_equal(right_of(&s, set, CX_USE_PLAIN).property, CX_TAG_ISSUE);
    assert_int_equal(right_of(&s, set, CX_USE_PLAIN).who, CX_WHO_LISTED);
    assert_int_equal(right_of(&s, set, CX_USE_WILDCARD).property, CX_TAG_ISSUEWILD);
    assert_int_equal(right_of(&s, set, CX_USE_WILDCARD).who, CX_WHO_NOBODY);
    assert_int_equal(right_of(&s, set, CX_USE_MAIL).property, CX_TAG_ISSUEMAIL);
    assert_int_equal(right_of(&s, set, CX_USE_MARK).who, CX_WHO_ANYONE);
    assert_string_equal(cx_who_word(CX_WHO_LISTED), "listed");
    scene_close(&s);
}

TEST(issue_stands_in_for_issuewild)
{
    struct scene s;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    assert_int_equal(
        right_of(&s, scene_set(&s, "d.test", "0 issue a.example", NULL), CX_USE_WILDCARD).property,
        CX_TAG_ISSUE);
    scene_close(&s);
}

TEST(limits_in_words)
{
    struct scene s;
    struct cx_right right;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    right = right_of(&s,
                     set_of(&s, "0 issue a.example; accounturi=https://x; validationmethods=dns-01",
                            "0 issue b.example; policy=ev", "0 issue c.example; accounturi=1"),
                     CX_USE_PLAIN);
    assert_int_equal(right.n, 3);
    assert_memory_equal(right.v[0].limits.p, "only account https://x; only by dns-01", 38);
    assert_int_equal(right.v[1].limits.n, 0);
    assert_false(right.v[1].never);
    assert_true(right.v[2].never);
    assert_true(cx_right_names(&right, bytes_of("A.EXAMPLE")));
    assert_false(cx_right_names(&right, bytes_of("c.example")));
    assert_false(cx_right_names(&right, bytes_of("example")));
    scene_close(&s);
}

TEST(records_that_can_never_permit_permit_nobody)
{
    static const char *const never[] = {
        "0 issue a.example; accounturi=https://x; accounturi=https://x",
        "0 issue a.example; validationmethods=",
        "0 issue a.example; validationmethods=a,,b",
        "0 issue %",
        "0 issue ; a=b",
    };
    struct scene s;

    for (size_t i = 0; i < CX_COUNT(never); i++) {
        scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
        ROW_TRUE(right_of(&s, scene_set(&s, "d.test", never[i], NULL), CX_USE_PLAIN).who ==
                     CX_WHO_NOBODY,
                 never[i]);
        scene_close(&s);
    }
}

/* TEST R-CRIT-1 */
TEST(a_critical_unknown_tag_stops_everybody)
{
    struct scene s;
    const struct cx_answer *set;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    set = set_of(&s, "0 issue a.example", "128 tbs x", "0 issuemail b.example");
    assert_int_equal(right_of(&s, set, CX_USE_PLAIN).who, CX_WHO_NOBODY);
    assert_ptr_equal(right_of(&s, set, CX_USE_MAIL).critical, &set->records[1]);
    scene_close(&s);
}

TEST(a_failure_is_no_right)
{
    struct scene s;

    scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
    assert_int_equal(right_of(&s, scene_put(&s, "d.test", CX_OUTCOME_TIMEOUT), CX_USE_PLAIN).who,
                     CX_WHO_UNKNOWN);
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_set_leaves_everything_open),
    cmocka_unit_test(each_use_has_its_property),
    cmocka_unit_test(issue_stands_in_for_issuewild),
    cmocka_unit_test(limits_in_words),
    cmocka_unit_test(records_that_can_never_permit_permit_nobody),
    cmocka_unit_test(a_critical_unknown_tag_stops_everybody),
    cmocka_unit_test(a_failure_is_no_right),
};

TEST_MAIN(tests)

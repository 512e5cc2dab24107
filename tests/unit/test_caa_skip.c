#include "build.h"
#include "caa/skip.h"
#include "main.h"

static bool
skips(const char *record, const char *second, bool wildcard)
{
    struct scene s;
    bool result;

    scene_open(&s, CX_PROFILE_PROPOSAL_2016, "2026-11-22");
    result = cx_set_skips(scene_set(&s, "d.test", record, second, NULL), wildcard);
    scene_close(&s);
    return result;
}

/* TEST R-P16-6, TEST R-P16-E3, TEST R-P16-E4 */
TEST(only_one_exact_true_skips)
{
    static const struct {
        const char *record;
        bool skips;
    } rows[] = {
        { "0 issue *; skipsubdomaincheck=true", true },
        { "0 issue other.example; skipsubdomaincheck=true", true },
        { "0 issue ; skipsubdomaincheck=true", true },
        { "0 issue ca; a=b; skipsubdomaincheck = true", true },
        { "0 Issue ca; skipsubdomaincheck=true", true },
        { "0 issue ca; skipsubdomaincheck=TRUE", false },
        { "0 issue ca; skipsubdomaincheck=1", false },
        { "0 issue ca; skipsubdomaincheck=", false },
        { "0 issue ca; skipsubdomaincheck=false", false },
        { "0 issue ca; SkipSubdomainCheck=true", false },
        { "0 issue ca; skipsubdomaincheck=true; skipsubdomaincheck=true", false },
        { "0 issue ca; skipsubdomaincheck=false; skipsubdomaincheck=true", false },
        { "0 issue ca; skipsubdomaincheck=true;", false }, /* malformed */
        { "0 issue ca; skipsubdomaincheck", false },
        { "0 issue ca; skipsubdomaincheck=true x", false },
        { "0 iodef ca; skipsubdomaincheck=true", false },
        { "0 issuemail ca; skipsubdomaincheck=true", false },
        { "0 issue ca", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(skips(rows[i].record, NULL, false) == rows[i].skips, rows[i].record);
    }
}

/* TEST R-P16-E1 */
TEST(one_record_of_the_property_is_enough)
{
    assert_true(skips("0 issue ca; skipsubdomaincheck=false", "0 issue ca; skipsubdomaincheck=true",
                      false));
}

/* TEST R-P16-E2 */
TEST(only_the_deciding_property_counts)
{
    static const char *const issue = "0 issue ca; skipsubdomaincheck=true";
    static const char *const wild = "0 issuewild ca; skipsubdomaincheck=true";

    assert_true(skips(issue, NULL, true)); /* no issuewild: issue decides */
    assert_false(skips(issue, "0 issuewild ca", true));
    assert_true(skips("0 issue ca", wild, true));
    assert_false(skips("0 issue ca", wild, false));
    assert_false(skips(wild, NULL, false));
    assert_true(skips(issue, "0 issuewild ca", false));
}

TEST(an_answer_without_set_does_not_skip)
{
    struct scene s;
    struct cx_answer *a;

    scene_open(&s, CX_PROFILE_PROPOSAL_2016, "2026-11-22");
    a = scene_set(&s, "d.test", "0 issue ca; skipsubdomaincheck=true", NULL);
    for (int i = CX_OUTCOME_UNSET; i <= CX_OUTCOME_ERROR; i++) {
        a->outcome = (enum cx_outcome)i;
        assert_int_equal(cx_set_skips(a, false), i == CX_OUTCOME_RECORDS);
    }
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(only_one_exact_true_skips),
    cmocka_unit_test(one_record_of_the_property_is_enough),
    cmocka_unit_test(only_the_deciding_property_counts),
    cmocka_unit_test(an_answer_without_set_does_not_skip),
};

TEST_MAIN(tests)

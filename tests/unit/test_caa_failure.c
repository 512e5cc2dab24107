#include "build.h"
#include "caa/failure.h"
#include "main.h"

/* A failure with every limb met, and the switches to take one limb away. */
struct limbs {
    const char *about;
    enum cx_profile profile;
    const char *date;
    enum cx_outcome outcome;
    enum cx_malformed malformed;
    enum cx_dnssec dnssec;
    bool lf_permit, classified, control_probe, no_chain;
    uint32_t attempts;
    bool excused;
    enum cx_rule rule; /* that excuses, or that does not */
};

#define TLS   CX_PROFILE_TLS_BR
#define INDET CX_DNSSEC_INDETERMINATE
#define INSEC CX_DNSSEC_INSECURE
#define NOW   "2026-11-22"
#define E8    "2024-10-01"

static void
check(const struct limbs *l)
{
    struct scene s;
    struct cx_answer *a;
    struct cx_rules rules = { { 0 } };
    struct cx_name zone = name_of("d.test");

    scene_open(&s, l->profile, l->date);
    a = scene_put(&s, "www.d.test", l->outcome);
    a->malformed = l->malformed;
    a->dnssec = l->dnssec;
    a->attempts = l->attempts;
    s.policy.lf_permit = l->lf_permit;
    s.policy.lf_servfail_classified = l->classified;
    s.facts.control_probe = l->control_probe;
    s.facts.no_chain = &zone;
    s.facts.n_no_chain = l->no_chain ? 1 : 0;
    ROW_TRUE(cx_answer_failed(&s.c, a), l->about);
    ROW_TRUE(cx_failure_excused(&s.c, a, &rules) == l->excused, l->about);
    ROW_TRUE(cx_failure_excused(&s.c, a, NULL) == l->excused, l->about);
    ROW_TRUE(cx_rules_have(&rules, l->rule), l->about);
    ROW_TRUE(cx_rules_have(&rules, CX_R_FAIL_9) == l->excused, l->about);
    ROW_TRUE((scene_judge(&s, "www.d.test") == CX_VERDICT_PERMIT_LF) == l->excused, l->about);
    ROW_TRUE(l->excused || s.f.verdict == CX_VERDICT_FAIL, l->about);
    scene_close(&s);
}

/* TEST R-FAIL-2, TEST R-FAIL-3, TEST R-FAIL-5, TEST R-FAIL-7, TEST R-FAIL-8, TEST R-SEC-5 */
TEST(every_limb_is_needed)
{
    static const struct limbs rows[] = {
        { "all met", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 0, 1, 0, 2, 1, CX_R_FAIL_2 },
        { "not switched on", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INSEC, 0, 0, 1, 0, 2, 0,
          CX_R_FAIL_5 },
        { "one attempt", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 0, 1, 0, 1, 0, CX_R_FAIL_7 },
        { "no attempt", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 0, 1, 0, 0, 0, CX_R_FAIL_7 },
        { "no control probe", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 0, 0, 0, 2, 0,
          CX_R_FAIL_8 },
        { "indeterminate", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 0, 2, 0, CX_R_FAIL_3 },
        { "no chain is not enough", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 1, 2, 0,
          CX_R_FAIL_3 },
        { "secure", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, CX_DNSSEC_SECURE, 1, 0, 1, 1, 2, 0,
          CX_R_FAIL_3 },
        { "bogus", TLS, NOW, CX_OUTCOME_TIMEOUT, 0, CX_DNSSEC_BOGUS, 1, 0, 1, 1, 2, 0,
          CX_R_FAIL_3 },
        { "servfail", TLS, NOW, CX_OUTCOME_SERVFAIL, 0, INSEC, 1, 0, 1, 0, 2, 0, CX_R_SEC_5 },
        { "servfail classified", TLS, NOW, CX_OUTCOME_SERVFAIL, 0, INSEC, 1, 1, 1, 0, 2, 1,
          CX_R_FAIL_2 },
        { "servfail before", TLS, "2026-03-14", CX_OUTCOME_SERVFAIL, 0, INSEC, 1, 0, 1, 0, 2, 1,
          CX_R_FAIL_2 },
        { "servfail from", TLS, "2026-03-15", CX_OUTCOME_SERVFAIL, 0, INSEC, 1, 0, 1, 0, 2, 0,
          CX_R_SEC_5 },
        { "servfail, private", CX_PROFILE_PRIVATE, E8, CX_OUTCOME_SERVFAIL, 0, INSEC, 1, 0, 1, 0, 2,
          0, CX_R_SEC_5 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        check(&rows[i]);
    }
}

/* TEST R-FAIL-1, TEST R-FAIL-10, TEST R-MAIL-7: the third limb by date */
TEST(the_third_limb_follows_the_date)
{
    static const struct limbs rows[] = {
        { "E8, chain shown absent", TLS, E8, CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 1, 2, 1,
          CX_R_FAIL_1 },
        { "E8, nothing shown", TLS, E8, CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 0, 2, 0,
          CX_R_FAIL_3 },
        { "E8, insecure", TLS, E8, CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 0, 1, 0, 2, 1, CX_R_FAIL_1 },
        { "E8, secure after all", TLS, E8, CX_OUTCOME_TIMEOUT, 0, CX_DNSSEC_SECURE, 1, 0, 1, 1, 2,
          0, CX_R_FAIL_3 },
        { "last day of E8", TLS, "2025-07-20T23:59:59Z", CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 1,
          2, 1, CX_R_FAIL_1 },
        { "E9", TLS, "2025-07-21", CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 1, 2, 0, CX_R_FAIL_3 },
        { "S2", CX_PROFILE_SMIME_BR, "2025-10-12", CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 1, 2, 1,
          CX_R_FAIL_1 },
        { "S3", CX_PROFILE_SMIME_BR, "2025-10-13", CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1, 1, 2, 0,
          CX_R_FAIL_3 },
        { "private never by chain", CX_PROFILE_PRIVATE, E8, CX_OUTCOME_TIMEOUT, 0, INDET, 1, 0, 1,
          1, 2, 0, CX_R_FAIL_3 },
        { "vmc never", CX_PROFILE_VMC, NOW, CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 1, 1, 1, 2, 0,
          CX_R_DNS_1 },
        { "E1 never", TLS, "2016-01-01", CX_OUTCOME_TIMEOUT, 0, INSEC, 1, 1, 1, 1, 2, 0,
          CX_R_DNS_1 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        check(&rows[i]);
    }
}

/* TEST R-DNS-1, TEST R-SYN-6: which failures can be excused at all */
TEST(only_four_kinds_of_failure_can_be_excused)
{
    for (int i = CX_OUTCOME_UNSET; i <= CX_OUTCOME_ERROR; i++) {
        for (int m = CX_MALFORMED_UNSET; m <= CX_MALFORMED_OWNER; m++) {
            enum cx_outcome outcome = (enum cx_outcome)i;
            bool can = outcome == CX_OUTCOME_TIMEOUT || outcome == CX_OUTCOME_SERVFAIL ||
                       outcome == CX_OUTCOME_REFUSED ||
                       (outcome == CX_OUTCOME_MALFORMED && m == CX_MALFORMED_MESSAGE);
            struct limbs l = { cx_outcome_word(outcome),
                               TLS,
                               NOW,
                               outcome,
                               (enum cx_malformed)m,
                               INSEC,
                               1,
                               1,
                               1,
                               1,
                               9,
                               can,
                               can ? CX_R_FAIL_2 : CX_R_DNS_1 };

            if (cx_outcome_is_failure(outcome)) {
                check(&l);
            }
        }
    }
}

/* TEST R-FAIL-6: the zone of the failing target counts too */
TEST(an_alias_target_needs_its_own_proof)
{
    struct scene s;
    struct cx_answer *a;
    struct cx_name zones[2] = { name_of("d.test"), name_of("example") };

    scene_open(&s, TLS, E8);
    a = scene_put(&s, "www.d.test", CX_OUTCOME_TIMEOUT);
    scene_aliases(&s, a, "x.example");
    a->dnssec = INDET;
    a->attempts = 2;
    s.policy.lf_permit = s.facts.control_probe = true;
    s.facts.no_chain = zones;
    s.facts.n_no_chain = 1;
    assert_false(cx_failure_excused(&s.c, a, NULL));
    s.facts.n_no_chain = 2;
    assert_true(cx_failure_excused(&s.c, a, NULL));
    s.facts.no_chain = zones + 1;
    s.facts.n_no_chain = 1;
    assert_false(cx_failure_excused(&s.c, a, NULL));
    scene_close(&s);
}

/* docs/interpretations.md 8, 12: more aliases than the limit is a loop, and a loop is never excused */
TEST(too_many_aliases_are_never_excused)
{
    struct scene s;
    struct cx_answer *a;

    scene_open(&s, TLS, NOW);
    a = scene_put(&s, "www.d.test", CX_OUTCOME_TIMEOUT);
    scene_aliases(&s, a, "a1.x a2.x a3.x a4.x a5.x a6.x a7.x a8.x");
    a->attempts = 2;
    s.policy.lf_permit = s.facts.control_probe = true;
    s.policy.alias_limit = 8;
    assert_true(cx_failure_excused(&s.c, a, NULL));
    scene_aliases(&s, a, "a1.x a2.x a3.x a4.x a5.x a6.x a7.x a8.x a9.x");
    assert_false(cx_failure_excused(&s.c, a, NULL));
    scene_close(&s);
}

/* TEST R-TREE-13 */
TEST(aliases_up_to_the_limit_are_no_failure)
{
    struct scene s;
    struct cx_answer *a;

    scene_open(&s, TLS, NOW);
    s.policy.alias_limit = 8;
    a = scene_put(&s, "www.d.test", CX_OUTCOME_NODATA);
    scene_aliases(&s, a, "a1.x a2.x a3.x a4.x a5.x a6.x a7.x a8.x");
    assert_false(cx_answer_failed(&s.c, a));
    scene_aliases(&s, a, "a1.x a2.x a3.x a4.x a5.x a6.x a7.x a8.x a9.x");
    assert_true(cx_answer_failed(&s.c, a));
    scene_close(&s);
}

/* TEST R-SEC-2, TEST R-8657-9 */
TEST(validation_is_required_by_date_or_by_parameters)
{
    struct scene s;
    struct cx_answer *a;

    scene_open(&s, TLS, "2026-03-14T23:59:59Z");
    s.policy.accounturi_from = s.policy.validationmethods_from = CX_TIME_MAX;
    a = scene_put(&s, "www.d.test", CX_OUTCOME_NODATA);
    a->dnssec = INDET;
    assert_false(cx_validation_required(&s.c));
    assert_false(cx_answer_failed(&s.c, a));
    s.policy.accounturi_from = s.c.date;
    assert_true(cx_validation_required(&s.c) && cx_answer_failed(&s.c, a));
    s.policy.accounturi_from = s.c.date + 1;
    assert_false(cx_validation_required(&s.c));
    s.policy.validationmethods_from = s.c.date;
    assert_true(cx_validation_required(&s.c));
    s.policy.validationmethods_from = CX_TIME_MAX;
    scene_date(&s, "2026-03-15");
    assert_true(cx_validation_required(&s.c) && cx_answer_failed(&s.c, a));
    a->dnssec = INSEC;
    assert_false(cx_answer_failed(&s.c, a));
    a->dnssec = CX_DNSSEC_BOGUS;
    assert_true(cx_answer_failed(&s.c, a));
    scene_close(&s);
}

/* Smell 1: what nobody filled in, or nobody foresaw, is a failure. */
TEST(answers_that_say_nothing_have_failed)
{
    struct scene s;
    struct cx_answer zero, *a;

    scene_open(&s, TLS, E8);
    s.policy.accounturi_from = s.policy.validationmethods_from = CX_TIME_MAX;
    memset(&zero, 0, sizeof(zero));
    assert_true(cx_answer_failed(&s.c, &zero));
    a = scene_put(&s, "www.d.test", CX_OUTCOME_RECORDS); /* ... but without records */
    assert_true(cx_answer_failed(&s.c, a));
    a = scene_put_type(&s, "www.d.test", CX_TYPE_DNAME, CX_OUTCOME_RECORDS);
    assert_true(cx_answer_failed(&s.c, a));
    a = scene_put(&s, "d.test", CX_OUTCOME_NODATA);
    assert_false(cx_answer_failed(&s.c, a));
    a->dnssec = (enum cx_dnssec)99;
    assert_true(cx_answer_failed(&s.c, a));
    a->dnssec = INSEC;
    a->outcome = (enum cx_outcome)99;
    assert_true(cx_answer_failed(&s.c, a));
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_limb_is_needed),
    cmocka_unit_test(the_third_limb_follows_the_date),
    cmocka_unit_test(only_four_kinds_of_failure_can_be_excused),
    cmocka_unit_test(an_alias_target_needs_its_own_proof),
    cmocka_unit_test(too_many_aliases_are_never_excused),
    cmocka_unit_test(aliases_up_to_the_limit_are_no_failure),
    cmocka_unit_test(validation_is_required_by_date_or_by_parameters),
    cmocka_unit_test(answers_that_say_nothing_have_failed),
};

TEST_MAIN(tests)

#include "build.h"
#include "main.h"

#define NOW "2026-11-22"

static struct scene s;

/* Only three outcomes, rightly validated, may ever permit. */
static void
every_combination(const char *date, bool indeterminate_counts)
{
    for (int o = CX_OUTCOME_UNSET; o <= CX_OUTCOME_ERROR + 1; o++) {
        for (int d = CX_DNSSEC_INDETERMINATE; d <= CX_DNSSEC_BOGUS + 1; d++) {
            bool answer =
                o == CX_OUTCOME_RECORDS || o == CX_OUTCOME_NODATA || o == CX_OUTCOME_NXDOMAIN;
            bool state = d == CX_DNSSEC_SECURE || d == CX_DNSSEC_INSECURE ||
                         (d == CX_DNSSEC_INDETERMINATE && indeterminate_counts);
            struct cx_answer *a;

            scene_open(&s, CX_PROFILE_TLS_BR, date);
            s.policy.accounturi_from = s.policy.validationmethods_from = CX_TIME_MAX;
            a = scene_set(&s, "d.test", "0 issue ca.example.net", NULL);
            a->outcome = (enum cx_outcome)o;
            a->dnssec = (enum cx_dnssec)d;
            assert_int_equal(scene_judge(&s, "d.test"),
                             answer && state ? CX_VERDICT_PERMIT : CX_VERDICT_FAIL);
            assert_true((s.f.reason == CX_REASON_LOOKUP || s.f.reason == CX_REASON_BOGUS ||
                         s.f.reason == CX_REASON_UNVALIDATED) == !(answer && state));
            scene_close(&s);
        }
    }
}

/* TEST R-DNS-1, TEST R-SEC-1, TEST R-SEC-2, TEST R-SEC-4 */
TEST(only_validated_answers_permit)
{
    every_combination("2026-11-22", false);
    every_combination("2025-01-01", true);
    every_combination("2019-01-01", true);
}

/* Smell 1 */
TEST(zeroed_memory_never_permits)
{
    struct cx_answer *zero;
    struct cx_case c;
    struct cx_subject subject;
    struct cx_finding f;

    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    zero = scene_put(&s, "d.test", CX_OUTCOME_UNSET);
    zero->dnssec = CX_DNSSEC_INDETERMINATE;
    zero->attempts = 0;
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_FAIL);
    memset(&c, 0, sizeof(c));
    memset(&subject, 0, sizeof(subject));
    cx_judge(&c, &subject, &s.answers, &f);
    assert_int_equal(f.verdict, CX_VERDICT_FAIL);
    cx_judge(&c, &s.subject, &s.answers, &f);
    assert_int_equal(f.verdict, CX_VERDICT_FAIL);
    cx_judge(&s.c, &subject, &s.answers, &f);
    assert_int_equal(f.verdict, CX_VERDICT_FAIL);
    scene_close(&s);
}

TEST(each_missing_part_of_a_case_fails)
{
    struct cx_epoch nothing;
    struct cx_case good;

    memset(&nothing, 0, sizeof(nothing));
    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    (void)scene_put(&s, "test", CX_OUTCOME_NODATA);
    assert_int_equal(scene_judge(&s, "test"), CX_VERDICT_PERMIT);
    good = s.c;
    s.c.epoch = &nothing;
    assert_int_equal(scene_judge(&s, "test"), CX_VERDICT_FAIL);
    s.c = good;
    s.c.purpose = CX_PURPOSE_UNSET;
    assert_int_equal(scene_judge(&s, "test"), CX_VERDICT_FAIL);
    s.c = good;
    s.c.order = CX_ORDER_UNSET;
    assert_int_equal(scene_judge(&s, "test"), CX_VERDICT_FAIL);
    s.c = good;
    s.c.policy = NULL;
    assert_int_equal(scene_judge(&s, "test"), CX_VERDICT_FAIL);
    s.c = good;
    s.subject.kind = CX_SUBJECT_UNSET;
    assert_int_equal(scene_judge(&s, "test"), CX_VERDICT_FAIL);
    s.subject.kind = CX_SUBJECT_DNS;
    assert_int_equal(scene_judge(&s, "."), CX_VERDICT_FAIL); /* nothing to ask is no permission */
    scene_close(&s);
}

TEST(a_zeroed_policy_and_own_list_permit_nothing_by_name)
{
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    memset(&s.policy, 0, sizeof(s.policy));
    (void)scene_set(&s, "d.test", "0 issue ca.example.net", "128 contactemail a@b", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_DENY);
    scene_aliases(&s, scene_put(&s, "e.test", CX_OUTCOME_NODATA), "x.example");
    assert_int_equal(scene_judge(&s, "e.test"), CX_VERDICT_FAIL); /* alias_limit 0 */
    scene_close(&s);
}

TEST(an_open_question_is_no_verdict)
{
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    (void)scene_judge(&s, "d.test");
    s.answers = (struct cx_answers){ .n = 0 };
    cx_judge(&s.c, &s.subject, &s.answers, &s.f);
    assert_int_equal(s.f.verdict, CX_VERDICT_UNSET);
    assert_int_equal(s.f.n_need, 1);
    assert_true(s.f.valid_until == CX_TIME_NONE);
    scene_close(&s);
}

/* TEST R-ID-1 */
TEST(an_ip_address_is_not_covered)
{
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    s.subject.kind = CX_SUBJECT_IP;
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_NA);
    assert_int_equal(s.n_asked, 0);
    scene_close(&s);
}

/* TEST R-ID-2 */
TEST(onion_names_by_date)
{
    scene_open(&s, CX_PROFILE_TLS_BR, "2022-04-23");
    s.subject.kind = CX_SUBJECT_ONION;
    (void)scene_set(&s, "a.onion", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_NA);
    scene_date(&s, "2022-04-22T23:59:59Z");
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_ARGUABLE);
    assert_int_equal(s.f.readings[0].verdict, CX_VERDICT_DENY);
    assert_int_equal(scene_judge(&s, "b.onion"), CX_VERDICT_PERMIT);
    (void)scene_put(&s, "c.onion", CX_OUTCOME_TIMEOUT);
    assert_int_equal(scene_judge(&s, "c.onion"), CX_VERDICT_FAIL);
    scene_close(&s);
    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    s.subject.kind = CX_SUBJECT_ONION;
    (void)scene_set(&s, "a.onion", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_DENY);
    scene_close(&s);
}

/* TEST R-ID-3 */
TEST(onion_services_speak_for_themselves)
{
    struct cx_caa record;

    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    s.subject.kind = CX_SUBJECT_ONION;
    s.policy.onion_rfc9799 = true;
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_FAIL); /* nothing known of it */
    s.facts.onion.caa_critical = true;
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_DENY);
    assert_int_equal(s.f.reason, CX_REASON_ONION_CRITICAL);
    s.facts.onion.second_layer = true;
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_PERMIT);
    assert_int_equal(s.n_asked, 0);
    assert_true(s.f.valid_until == s.c.date + 28800);
    record = scene_record(&s, "0 issue other.example");
    s.facts.onion.records = &record;
    s.facts.onion.n_records = 1;
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_DENY);
    assert_null(s.f.set); /* nothing of a frame that is gone */
    record = scene_record(&s, "0 issue ca.example.net");
    assert_int_equal(scene_judge(&s, "a.onion"), CX_VERDICT_PERMIT);
    scene_close(&s);
}

/* TEST R-GEN-4, TEST R-REV-8, TEST R-MAIL-5: docs/interpretations.md 2 */
TEST(before_the_duty_denials_do_not_bind_but_failures_fail)
{
    static const struct {
        enum cx_profile profile;
        const char *last, *first;
    } rows[] = {
        { CX_PROFILE_TLS_BR, "2017-09-07T23:59:59Z", "2017-09-08" },
        { CX_PROFILE_SMIME_BR, "2025-03-14T23:59:59Z", "2025-03-15" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        scene_open(&s, rows[i].profile, rows[i].last);
        (void)scene_set(&s, "d.test", "0 issue ;", "0 issuemail ;", NULL);
        (void)scene_put(&s, "e.test", CX_OUTCOME_TIMEOUT);
        assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_PERMIT);
        assert_true(scene_notes(&s, CX_NOTE_NOT_BINDING, "DENY"));
        assert_int_equal(s.f.reason, CX_REASON_NO_MATCH);
        assert_int_equal(scene_judge(&s, "e.test"), CX_VERDICT_FAIL);
        scene_date(&s, rows[i].first);
        assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_DENY);
        assert_false(scene_notes(&s, CX_NOTE_NOT_BINDING, NULL));
        scene_close(&s);
    }
    scene_open(&s, CX_PROFILE_TLS_BR, "2016-01-01");
    (void)scene_set(&s, "d.test", "0 iodef x", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_PERMIT);
    assert_true(scene_notes(&s, CX_NOTE_NOT_BINDING, "ARGUABLE"));
    assert_int_equal(s.f.n_readings, 0);
    scene_close(&s);
}

/* docs/interpretations.md 2: a failure never permits, not even as one reading of two */
TEST(before_the_duty_a_failing_reading_still_fails)
{
    scene_open(&s, CX_PROFILE_TLS_BR, "2016-01-01");
    (void)scene_dname(&s, "d.test", "e.example");
    (void)scene_put(&s, "e.example", CX_OUTCOME_TIMEOUT);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_FAIL);
    scene_date(&s, "2017-09-08");
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_ARGUABLE);
    assert_int_equal(s.f.readings[0].verdict, CX_VERDICT_FAIL);
    scene_close(&s);
    scene_open(&s, CX_PROFILE_TLS_BR, "2016-01-01"); /* an arguable exception beside a failure */
    s.policy.exceptions.precertificate = true;
    s.facts.precertificate = (struct cx_precertificate){
        .given = true,
        .was_checked = true,
        .logs = 2,
        .signed_at = 99999,
    };
    (void)scene_put(&s, "d.test", CX_OUTCOME_TIMEOUT);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_FAIL);
    scene_close(&s);
}

static void
open_excused(enum cx_profile profile, const char *date)
{
    struct cx_answer *a;

    scene_open(&s, profile, date);
    s.policy.lf_permit = s.facts.control_probe = true;
    a = scene_put(&s, "www.d.test", CX_OUTCOME_TIMEOUT);
    a->attempts = 2;
}

/* TEST R-FAIL-9: docs/interpretations.md 13 */
TEST(an_excused_failure_never_gives_plain_permission)
{
    open_excused(CX_PROFILE_TLS_BR, NOW);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_PERMIT_LF);
    assert_int_equal(s.f.reason, CX_REASON_EXCUSED);
    assert_true(scene_cites(&s, CX_R_FAIL_2) && scene_cites(&s, CX_R_FAIL_9));
    scene_close(&s);
    open_excused(CX_PROFILE_TLS_BR, NOW);
    (void)scene_set(&s, "d.test", "0 issue ca.example.net", NULL);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_PERMIT_LF);
    scene_close(&s);
    open_excused(CX_PROFILE_TLS_BR, NOW);
    (void)scene_set(&s, "d.test", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_DENY);
    assert_true(scene_notes(&s, CX_NOTE_LITERAL_READING, "PERMIT-LF"));
    scene_close(&s);
    open_excused(CX_PROFILE_TLS_BR, NOW);
    (void)scene_put(&s, "d.test", CX_OUTCOME_ERROR);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_FAIL);
    scene_close(&s);
    open_excused(CX_PROFILE_TLS_BR, "2018-01-01"); /* readings too */
    (void)scene_set(&s, "d.test", "0 iodef x", NULL);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_ARGUABLE);
    assert_int_equal(s.f.readings[1].verdict, CX_VERDICT_PERMIT_LF);
    scene_close(&s);
}

/* docs/interpretations.md 2 and 13 together */
TEST(a_lifted_denial_after_an_excused_failure_is_permit_lf)
{
    open_excused(CX_PROFILE_SMIME_BR, "2024-10-01");
    (void)scene_set(&s, "d.test", "0 issuemail ;", NULL);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_PERMIT_LF);
    assert_true(scene_notes(&s, CX_NOTE_NOT_BINDING, "DENY"));
    scene_close(&s);
}

TEST(same_input_same_finding)
{
    struct cx_finding first;

    scene_open(&s, CX_PROFILE_TLS_BR, "2017-09-08");
    (void)scene_dname(&s, "d.test", "e.example");
    (void)scene_set(&s, "e.example", "0 issue %", NULL);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_ARGUABLE);
    first = s.f;
    memset(&s.f, 0xaa, sizeof(s.f)); /* what was there before has no influence */
    cx_judge(&s.c, &s.subject, &s.answers, &s.f);
    assert_int_equal(s.f.verdict, first.verdict);
    assert_memory_equal(&s.f.rules, &first.rules, sizeof(first.rules));
    assert_int_equal(s.f.notes.n, first.notes.n);
    assert_int_equal(s.f.n_seen, first.n_seen);
    assert_int_equal(s.f.n_readings, first.n_readings);
    scene_close(&s);
}

/* ---- the certificate ---- */

static struct cx_conclusion
conclude(enum cx_verdict a, enum cx_verdict b)
{
    struct cx_conclusion k = { .verdict = CX_VERDICT_UNSET };
    struct cx_finding f = { .verdict = a, .valid_until = 5000 };

    cx_conclude_name(&k, &f);
    f.verdict = b;
    f.valid_until = 4000;
    cx_conclude_name(&k, &f);
    cx_conclude(&k, &s.c, 100);
    return k;
}

/* TEST R-DEC-8, TEST R-TIME-4, TEST R-PRF-10 */
TEST(a_certificate_gets_the_worst_of_its_names)
{
    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    for (int a = CX_VERDICT_PERMIT; a <= CX_VERDICT_ARGUABLE; a++) {
        for (int b = CX_VERDICT_PERMIT; b <= CX_VERDICT_ARGUABLE; b++) {
            struct cx_conclusion k = conclude((enum cx_verdict)a, (enum cx_verdict)b);

            assert_int_equal(k.verdict, cx_verdict_worse((enum cx_verdict)a, (enum cx_verdict)b));
            if (k.verdict == CX_VERDICT_PERMIT || k.verdict == CX_VERDICT_PERMIT_LF) {
                assert_true(k.valid_until == 4000);
            } else {
                assert_true(k.valid_until == CX_TIME_NONE);
            }
        }
    }
    scene_close(&s);
}

TEST(an_open_name_is_not_forgotten)
{
    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    assert_int_equal(conclude(CX_VERDICT_UNSET, CX_VERDICT_PERMIT).verdict, CX_VERDICT_FAIL);
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_UNSET).verdict, CX_VERDICT_FAIL);
    assert_int_equal(conclude(CX_VERDICT_UNSET, CX_VERDICT_UNSET).verdict, CX_VERDICT_FAIL);
    scene_close(&s);
}

TEST(no_name_no_permission)
{
    struct cx_conclusion k = { .verdict = CX_VERDICT_UNSET };

    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    cx_conclude(&k, &s.c, CX_TIME_NONE);
    assert_false(cx_verdict_positive(k.verdict));
    scene_close(&s);
}

/* TEST R-TIME-2, TEST R-TIME-4, TEST R-PRF-5 */
TEST(signing_must_fall_into_the_window)
{
    static const struct {
        cx_time signing;
        enum cx_verdict verdict;
        enum cx_reason reason;
    } rows[] = {
        { 99, CX_VERDICT_FAIL, CX_REASON_EVIDENCE_LATE },
        { 100, CX_VERDICT_PERMIT, CX_REASON_UNSET },
        { 4000, CX_VERDICT_PERMIT, CX_REASON_UNSET },
        { 4001, CX_VERDICT_FAIL, CX_REASON_STALE },
    };

    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    s.facts.has_signing_time = true;
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_conclusion k;

        s.facts.signing_time = rows[i].signing;
        k = conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT);
        assert_int_equal(k.verdict, rows[i].verdict);
        assert_int_equal(k.reason, rows[i].reason);
        assert_int_equal(conclude(CX_VERDICT_DENY, CX_VERDICT_PERMIT).verdict, CX_VERDICT_DENY);
    }
    scene_close(&s);
}

/* TEST R-TIME-5 */
TEST(the_latest_check_wins_and_only_worsens)
{
    struct cx_later later[2] = { { 10, CX_VERDICT_DENY }, { 20, CX_VERDICT_PERMIT } };

    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    s.facts.later = later;
    s.facts.n_later = 2;
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_NA).verdict, CX_VERDICT_PERMIT);
    assert_int_equal(conclude(CX_VERDICT_DENY, CX_VERDICT_NA).verdict, CX_VERDICT_DENY);
    later[0].time = 30;
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_NA).verdict, CX_VERDICT_DENY);
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_NA).reason, CX_REASON_SUPERSEDED);
    later[0].time = 20; /* the same moment: the worse one, whichever is listed first */
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_NA).verdict, CX_VERDICT_DENY);
    later[0] = (struct cx_later){ 20, CX_VERDICT_PERMIT };
    later[1] = (struct cx_later){ 20, CX_VERDICT_FAIL };
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_NA).verdict, CX_VERDICT_FAIL);
    later[1].verdict = CX_VERDICT_UNSET;
    assert_false(cx_verdict_positive(conclude(CX_VERDICT_PERMIT, CX_VERDICT_NA).verdict));
    scene_close(&s);
}

/* TEST R-EXC-8 */
/* TEST R-T44-8: with RFC 6844 as published the target's parent decides, with the erratum one's own. */
TEST(the_erratum_is_noted_where_it_differs)
{
    for (unsigned differs = 0; differs < 2; differs++) {
        scene_open(&s, CX_PROFILE_TLS_BR, "2017-09-20");
        scene_aliases(&s, scene_put(&s, "www.d.test", CX_OUTCOME_NODATA), "h.host.test");
        (void)scene_set(&s, "host.test", "0 issue ca.example.net", NULL);
        (void)scene_set(&s, "d.test", differs ? "0 issue ;" : "0 issue ca.example.net", NULL);
        assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_PERMIT);
        assert_int_equal(scene_notes(&s, CX_NOTE_ERRATUM_DIFFERS, "DENY"), differs);
        assert_int_equal(scene_cites(&s, CX_R_T44_8), differs);
        scene_close(&s);
    }
}

TEST(delegation_by_date)
{
    static const struct {
        enum cx_profile profile;
        const char *date;
        enum cx_verdict verdict;
    } rows[] = {
        { CX_PROFILE_TLS_BR, "2026-03-14T23:59:59Z", CX_VERDICT_PERMIT },
        { CX_PROFILE_TLS_BR, "2026-03-15", CX_VERDICT_ARGUABLE },
        { CX_PROFILE_TLS_BR, "2026-03-30T23:59:59Z", CX_VERDICT_ARGUABLE },
        { CX_PROFILE_TLS_BR, "2026-03-31", CX_VERDICT_FAIL },
        { CX_PROFILE_PRIVATE, "2026-11-22", CX_VERDICT_PERMIT },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        scene_open(&s, rows[i].profile, rows[i].date);
        s.facts.delegated = true;
        ROW_TRUE(conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT).verdict == rows[i].verdict,
                 rows[i].date);
        ROW_TRUE(conclude(CX_VERDICT_DENY, CX_VERDICT_PERMIT).verdict == CX_VERDICT_DENY,
                 rows[i].date);
        s.facts.delegated = false;
        ROW_TRUE(conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT).verdict == CX_VERDICT_PERMIT,
                 rows[i].date);
        scene_close(&s);
    }
}

/* TEST R-PRF-1, TEST R-PRF-3 */
TEST(a_late_result_is_no_permission)
{
    scene_open(&s, CX_PROFILE_PRIVATE, NOW);
    s.facts.completed = 51;
    s.facts.deadline = 50;
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT).verdict, CX_VERDICT_PERMIT);
    s.facts.has_deadline = true;
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT).verdict, CX_VERDICT_FAIL);
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT).reason, CX_REASON_LATE);
    assert_int_equal(conclude(CX_VERDICT_EXEMPT, CX_VERDICT_NA).verdict, CX_VERDICT_FAIL);
    s.facts.completed = 50;
    assert_int_equal(conclude(CX_VERDICT_PERMIT, CX_VERDICT_PERMIT).verdict, CX_VERDICT_PERMIT);
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(only_validated_answers_permit),
    cmocka_unit_test(zeroed_memory_never_permits),
    cmocka_unit_test(each_missing_part_of_a_case_fails),
    cmocka_unit_test(a_zeroed_policy_and_own_list_permit_nothing_by_name),
    cmocka_unit_test(an_open_question_is_no_verdict),
    cmocka_unit_test(an_ip_address_is_not_covered),
    cmocka_unit_test(onion_names_by_date),
    cmocka_unit_test(onion_services_speak_for_themselves),
    cmocka_unit_test(before_the_duty_denials_do_not_bind_but_failures_fail),
    cmocka_unit_test(before_the_duty_a_failing_reading_still_fails),
    cmocka_unit_test(an_excused_failure_never_gives_plain_permission),
    cmocka_unit_test(a_lifted_denial_after_an_excused_failure_is_permit_lf),
    cmocka_unit_test(same_input_same_finding),
    cmocka_unit_test(a_certificate_gets_the_worst_of_its_names),
    cmocka_unit_test(an_open_name_is_not_forgotten),
    cmocka_unit_test(no_name_no_permission),
    cmocka_unit_test(signing_must_fall_into_the_window),
    cmocka_unit_test(the_latest_check_wins_and_only_worsens),
    cmocka_unit_test(the_erratum_is_noted_where_it_differs),
    cmocka_unit_test(delegation_by_date),
    cmocka_unit_test(a_late_result_is_no_permission),
};

TEST_MAIN(tests)

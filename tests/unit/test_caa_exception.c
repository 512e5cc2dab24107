#include "build.h"
#include "caa/exception.h"
#include "main.h"

static struct scene s;

static enum cx_exception
at(const char *date)
{
    struct cx_rules rules = { { 0 } };

    scene_date(&s, date);
    return cx_exception_of(&s.c, &rules);
}

#define NONE     CX_EXCEPTION_NONE
#define EXEMPT   CX_EXCEPTION_EXEMPT
#define ARGUABLE CX_EXCEPTION_ARGUABLE

static void
open_with_precertificate(enum cx_profile profile)
{
    scene_open(&s, profile, "2023-01-01");
    s.policy.exceptions.precertificate = true;
    s.facts.precertificate = (struct cx_precertificate){
        .given = true,
        .was_checked = true,
        .logs = 2,
        .checked = 1000000,
        .signed_at = 1000000,
    };
}

/* TEST R-EXC-1, TEST R-EXC-2, TEST R-EXC-7 */
TEST(a_precertificate_needs_every_fact)
{
    open_with_precertificate(CX_PROFILE_TLS_BR);
    assert_int_equal(at("2026-11-22"), EXEMPT);
    s.facts.precertificate.logs = 1;
    assert_int_equal(at("2026-11-22"), NONE);
    s.facts.precertificate.logs = 2;
    s.facts.precertificate.was_checked = false;
    assert_int_equal(at("2026-11-22"), NONE);
    assert_int_equal(at("2018-01-01"), NONE);
    s.facts.precertificate.was_checked = true;
    s.facts.precertificate.given = false;
    assert_int_equal(at("2026-11-22"), NONE);
    s.facts.precertificate.given = true;
    s.policy.exceptions.precertificate = false;
    assert_int_equal(at("2026-11-22"), NONE);
    scene_close(&s);
    open_with_precertificate(CX_PROFILE_SMIME_BR); /* TEST R-MAIL-6 */
    assert_int_equal(at("2026-11-22"), NONE);
    scene_close(&s);
    open_with_precertificate(CX_PROFILE_PRIVATE);
    assert_int_equal(at("2026-11-22"), NONE);
    scene_close(&s);
}

/* TEST R-EXC-1, TEST R-EXC-2, TEST R-TIME-1 */
TEST(a_precertificates_check_has_a_window)
{
    static const struct {
        int64_t age;
        uint32_t ttl;
        bool in;
    } rows[] = {
        { 0, 0, true },
        { 28800, 0, true },
        { 28801, 0, false },
        { 28801, 28801, true },
        { 28802, 28801, false },
        { -1, 0, false },
        { 28801, 0x80000000u, false },
        { 28801, 0xffffffffu, false },
    };

    open_with_precertificate(CX_PROFILE_TLS_BR);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        s.facts.precertificate.signed_at = 1000000 + rows[i].age;
        s.facts.precertificate.ttl = rows[i].ttl;
        assert_int_equal(at("2023-09-15"), rows[i].in ? EXEMPT : NONE);
        assert_int_equal(at("2023-09-14T23:59:59Z"), rows[i].in ? EXEMPT : ARGUABLE);
    }
    scene_close(&s);
}

static void
open_constrained(enum cx_profile profile, enum cx_constrained_section section)
{
    scene_open(&s, profile, "2023-01-01");
    s.policy.exceptions.constrained = true;
    s.facts.constrained = (struct cx_constrained){
        section, true, true, true, time_of("2015-01-01"), time_of("2030-01-01"),
    };
}

/* TEST R-EXC-3, TEST R-EXC-4 */
TEST(a_constrained_issuer_follows_its_section_and_date)
{
    static const struct {
        enum cx_profile profile;
        enum cx_constrained_section section;
        enum cx_exception before, after; /* 2023-09-15 */
    } rows[] = {
        { CX_PROFILE_TLS_BR, CX_CONSTRAINED_NONE, NONE, NONE },
        { CX_PROFILE_TLS_BR, CX_CONSTRAINED_7_1_5, EXEMPT, NONE },
        { CX_PROFILE_TLS_BR, CX_CONSTRAINED_7_1_2_3, NONE, EXEMPT },
        { CX_PROFILE_TLS_BR, CX_CONSTRAINED_7_1_2_5, NONE, EXEMPT },
        { CX_PROFILE_SMIME_BR, CX_CONSTRAINED_7_1_5, EXEMPT, EXEMPT },
        { CX_PROFILE_SMIME_BR, CX_CONSTRAINED_7_1_2_5, NONE, NONE },
        { CX_PROFILE_SMIME_BR, CX_CONSTRAINED_7_1_2_3, NONE, NONE },
        { CX_PROFILE_PRIVATE, CX_CONSTRAINED_7_1_2_5, NONE, NONE },
        { CX_PROFILE_VMC, CX_CONSTRAINED_7_1_5, NONE, NONE },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        open_constrained(rows[i].profile, rows[i].section);
        assert_int_equal(at("2023-09-14T23:59:59Z"), rows[i].before);
        assert_int_equal(at("2023-09-15"), rows[i].after);
        scene_close(&s);
    }
}

/* TEST R-EXC-3: three facts to prove */
TEST(a_constrained_issuer_needs_every_fact)
{
    bool *facts[4];

    open_constrained(CX_PROFILE_TLS_BR, CX_CONSTRAINED_7_1_2_5);
    facts[0] = &s.facts.constrained.permitted_names;
    facts[1] = &s.facts.constrained.directory_name;
    facts[2] = &s.facts.constrained.contract_no_caa;
    facts[3] = &s.policy.exceptions.constrained;
    for (size_t i = 0; i < 4; i++) {
        *facts[i] = false;
        assert_int_equal(at("2026-11-22"), NONE);
        *facts[i] = true;
    }
    assert_int_equal(at("2026-11-22"), EXEMPT);
    s.facts.constrained.contract_from = time_of("2026-11-22");
    assert_int_equal(at("2026-11-22"), EXEMPT);
    assert_int_equal(at("2026-11-21T23:59:59Z"), NONE);
    s.facts.constrained.contract_until = time_of("2026-11-23");
    assert_int_equal(at("2026-11-22T23:59:59Z"), EXEMPT);
    assert_int_equal(at("2026-11-23"), NONE);
    scene_close(&s);
}

/* TEST R-EXC-5 */
TEST(dns_operators_ended_in_2021)
{
    scene_open(&s, CX_PROFILE_TLS_BR, "2018-01-01");
    s.facts.dns_operator = true;
    assert_int_equal(at("2018-01-01"), NONE); /* not documented */
    s.policy.exceptions.dns_operator = true;
    assert_int_equal(at("2018-01-01"), EXEMPT);
    assert_int_equal(at("2021-06-30T23:59:59Z"), EXEMPT);
    assert_int_equal(at("2021-07-01"), ARGUABLE);
    assert_int_equal(at("2021-07-11T23:59:59Z"), ARGUABLE);
    assert_int_equal(at("2021-07-12"), NONE);
    s.facts.dns_operator = false;
    assert_int_equal(at("2018-01-01"), NONE);
    scene_close(&s);
    scene_open(&s, CX_PROFILE_SMIME_BR, "2018-01-01");
    s.facts.dns_operator = s.policy.exceptions.dns_operator = true;
    assert_int_equal(at("2018-01-01"), NONE);
    scene_close(&s);
}

/* docs/interpretations.md 20 */
TEST(exempt_is_decided_without_questions)
{
    open_with_precertificate(CX_PROFILE_TLS_BR);
    (void)scene_set(&s, "d.test", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_EXEMPT);
    assert_int_equal(s.n_asked, 0);
    assert_true(scene_cites(&s, CX_R_EXC_1) && scene_cites(&s, CX_R_EXC_7));
    s.facts.precertificate.signed_at += 28801; /* ARGUABLE from here */
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_ARGUABLE);
    assert_int_equal(s.f.readings[0].verdict, CX_VERDICT_DENY);
    assert_int_equal(s.f.readings[1].verdict, CX_VERDICT_EXEMPT);
    assert_int_equal(scene_judge(&s, "e.test"), CX_VERDICT_PERMIT); /* a positive one stands */
    (void)scene_put(&s, "f.test", CX_OUTCOME_TIMEOUT);
    assert_int_equal(scene_judge(&s, "f.test"), CX_VERDICT_ARGUABLE);
    assert_int_equal(s.f.readings[0].verdict, CX_VERDICT_FAIL);
    scene_close(&s);
}

TEST(no_facts_no_exception)
{
    scene_open(&s, CX_PROFILE_TLS_BR, "2018-01-01");
    s.policy.exceptions = (struct cx_documented){ true, true, true };
    assert_int_equal(at("2018-01-01"), NONE);
    assert_int_equal(at("2026-11-22"), NONE);
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_precertificate_needs_every_fact),
    cmocka_unit_test(a_precertificates_check_has_a_window),
    cmocka_unit_test(a_constrained_issuer_follows_its_section_and_date),
    cmocka_unit_test(a_constrained_issuer_needs_every_fact),
    cmocka_unit_test(dns_operators_ended_in_2021),
    cmocka_unit_test(exempt_is_decided_without_questions),
    cmocka_unit_test(no_facts_no_exception),
};

TEST_MAIN(tests)

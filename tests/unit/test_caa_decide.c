#include "build.h"
#include "caa/decide.h"
#include "main.h"

#define NOW "2026-11-22"

static struct scene s;

struct row {
    const char *about;
    const char *name; /* d.test or *.d.test */
    const char *records[4];
    enum cx_verdict verdict;
    enum cx_reason reason;
    enum cx_rule rule;
};

static void
check(enum cx_profile profile, const char *date, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];

        scene_open(&s, profile, date);
        (void)scene_set(&s, "d.test", r->records[0], r->records[1], r->records[2], r->records[3],
                        NULL);
        ROW_TRUE(scene_judge(&s, r->name) == r->verdict, r->about);
        ROW_TRUE(s.f.reason == r->reason, r->about);
        ROW_TRUE(scene_cites(&s, r->rule), r->about);
        ROW_TRUE((s.f.n_readings != 0) == (r->verdict == CX_VERDICT_ARGUABLE), r->about);
        scene_close(&s);
    }
}

#define MINE "0 issue ca.example.net"
#define WILD "0 issuewild ca.example.net"
#define P    CX_VERDICT_PERMIT
#define D    CX_VERDICT_DENY
#define A    CX_VERDICT_ARGUABLE
#define OPEN CX_REASON_NO_RESTRICTION
#define YES  CX_REASON_MATCH
#define NO   CX_REASON_NO_MATCH
#define CRIT CX_REASON_CRITICAL
#define BOTH CX_REASON_READINGS

/* TEST R-DEC-1 to R-DEC-5, TEST R-VAL-5 to R-VAL-8, TEST R-EMPTY-3, TEST R-EMPTY-4 */
TEST(rfc8659_sets)
{
    static const struct row rows[] = {
        { "named", "d.test", { MINE }, P, YES, CX_R_DEC_2 },
        { "not named", "d.test", { "0 issue other.example" }, D, NO, CX_R_DEC_1 },
        { "one of two", "d.test", { "0 issue other.example", MINE }, P, YES, CX_R_DEC_1 },
        { "nobody", "d.test", { "0 issue ;" }, D, NO, CX_R_VAL_5 },
        { "nobody beside", "d.test", { "0 issue ;", MINE }, P, YES, CX_R_DEC_1 },
        { "malformed", "d.test", { "0 issue %%" }, D, NO, CX_R_VAL_6 },
        { "malformed beside", "d.test", { "0 issue %%", MINE }, P, YES, CX_R_VAL_6 },
        { "malformed name of ours", "d.test", { MINE "; a" }, D, NO, CX_R_VAL_6 },
        { "subdomain of ours", "d.test", { "0 issue sub.ca.example.net" }, D, NO, CX_R_DEC_1 },
        { "parent of ours", "d.test", { "0 issue example.net" }, D, NO, CX_R_DEC_1 },
        { "longer", "d.test", { "0 issue xca.example.net" }, D, NO, CX_R_DEC_1 },
        { "folded", "d.test", { "0 issue CA.Example.NET" }, P, YES, CX_R_DEC_1 },
        { "issuewild only", "d.test", { "0 issuewild ;" }, P, OPEN, CX_R_DEC_4 },
        { "issuewild does not deny", "d.test", { "0 issuewild ;", MINE }, P, YES, CX_R_DEC_2 },
        { "issuewild does not permit", "d.test", { WILD, "0 issue ;" }, D, NO, CX_R_DEC_2 },
        { "wild by issuewild", "*.d.test", { WILD, "0 issue ;" }, P, YES, CX_R_DEC_3 },
        { "wild ignores issue", "*.d.test", { MINE, "0 issuewild ;" }, D, NO, CX_R_DEC_3 },
        { "bad issuewild counts", "*.d.test", { MINE, "0 issuewild %" }, D, NO, CX_R_DEC_3 },
        { "wild by issue", "*.d.test", { MINE }, P, YES, CX_R_DEC_3 },
        { "wild by denying issue", "*.d.test", { "0 issue ;" }, D, NO, CX_R_DEC_3 },
        { "iodef only", "d.test", { "0 iodef mailto:a@b" }, P, OPEN, CX_R_EMPTY_3 },
        { "unknown only", "d.test", { "0 security x" }, P, OPEN, CX_R_DEC_5 },
        { "mail only", "d.test", { "0 issuemail ;" }, P, OPEN, CX_R_DEC_5 },
        { "star", "d.test", { "0 issue *" }, D, NO, CX_R_VAL_6 },
        { "tag in capitals", "d.test", { "0 ISSUE ;" }, D, NO, CX_R_VAL_5 },
    };

    check(CX_PROFILE_TLS_BR, NOW, rows, CX_COUNT(rows));
    check(CX_PROFILE_PRIVATE, NOW, rows, CX_COUNT(rows));
}

/* TEST R-CRIT-1, -2, -4, -5, -6, TEST R-TAG-14, TEST R-SYN-2, TEST R-SYN-5 */
TEST(critical_records)
{
    static const struct row rows[] = {
        { "unknown", "d.test", { "128 x y", MINE }, D, CRIT, CX_R_CRIT_1 },
        { "unknown, wildcard", "*.d.test", { "128 x y", WILD }, D, CRIT, CX_R_CRIT_1 },
        { "reserved", "d.test", { "128 policy y", MINE }, D, CRIT, CX_R_CRIT_1 },
        { "illegal tag", "d.test", { "128 is-sue y", MINE }, D, CRIT, CX_R_CRIT_1 },
        { "255", "d.test", { "255 x y", MINE }, D, CRIT, CX_R_CRIT_1 },
        { "130", "d.test", { "130 x y", MINE }, D, CRIT, CX_R_SYN_2 },
        { "127 is not", "d.test", { "127 x y", MINE }, P, YES, CX_R_SYN_2 },
        { "1 is not", "d.test", { "1 x y", MINE }, P, YES, CX_R_SYN_2 },
        { "issue", "d.test", { "128 issue ca.example.net" }, P, YES, CX_R_CRIT_2 },
        { "malformed issue", "d.test", { "128 issue %", MINE }, P, YES, CX_R_CRIT_2 },
        { "issuewild", "d.test", { "128 issuewild ;", MINE }, P, YES, CX_R_CRIT_2 },
        { "iodef, odd scheme", "d.test", { "128 iodef x:y", MINE }, P, YES, CX_R_CRIT_2 },
        { "contactemail", "d.test", { "128 contactemail a@b", MINE }, P, YES, CX_R_CRIT_2 },
        { "issuemail", "d.test", { "128 issuemail ;", MINE }, D, CRIT, CX_R_CRIT_5 },
        { "issuevmc", "d.test", { "128 issuevmc ;", MINE }, D, CRIT, CX_R_CRIT_5 },
    };

    check(CX_PROFILE_TLS_BR, NOW, rows, CX_COUNT(rows));
    check(CX_PROFILE_TLS_BR, "2018-01-01", rows, CX_COUNT(rows));
}

/* TEST R-TAG-14, TEST R-CRIT-5 */
TEST(known_tags_are_declared)
{
    static const char *const records[] = { "128 contactemail a", "128 contactphone +1",
                                           "128 issuemail ;", "128 issuevmc ;" };
    bool *knows[4] = { &s.policy.knows_contactemail, &s.policy.knows_contactphone,
                       &s.policy.knows_issuemail, &s.policy.knows_issuevmc };

    for (size_t i = 0; i < 4; i++) {
        scene_open(&s, CX_PROFILE_TLS_BR, NOW);
        (void)scene_set(&s, "d.test", records[i], MINE, NULL);
        *knows[i] = false;
        ROW_TRUE(scene_judge(&s, "d.test") == D, records[i]);
        *knows[i] = true;
        ROW_TRUE(scene_judge(&s, "d.test") == P, records[i]);
        scene_close(&s);
    }
}

/* TEST R-MAIL-2, TEST R-MAIL-4, TEST R-CRIT-5 */
TEST(mail_sets)
{
    static const struct row rows[] = {
        { "issue does not restrict mail", "d.test", { "0 issue ;" }, P, OPEN, CX_R_MAIL_2 },
        { "issuemail names", "d.test", { "0 issuemail ca.example.net" }, P, YES, CX_R_MAIL_2 },
        { "issuemail denies", "d.test", { "0 issuemail ;", MINE }, D, NO, CX_R_VAL_5 },
        { "malformed", "d.test", { "0 issuemail %" }, D, NO, CX_R_VAL_6 },
        { "critical issuemail", "d.test", { "128 issuemail ca.example.net" }, P, YES, CX_R_CRIT_2 },
        { "critical issue", "d.test", { "128 issue ;" }, P, OPEN, CX_R_CRIT_2 },
        { "critical unknown", "d.test", { "128 x ;" }, D, CRIT, CX_R_CRIT_1 },
        { "critical issuevmc", "d.test", { "128 issuevmc ;" }, D, CRIT, CX_R_CRIT_5 },
    };

    check(CX_PROFILE_SMIME_BR, NOW, rows, CX_COUNT(rows));
}

/* TEST R-VMC-1, TEST R-VMC-2 */
TEST(mark_sets)
{
    static const struct row rows[] = {
        { "issue does not restrict", "d.test", { "0 issue ;" }, P, OPEN, CX_R_VMC_1 },
        { "issuevmc names", "d.test", { "0 issuevmc ca.example.net" }, P, YES, CX_R_VMC_1 },
        { "issuevmc denies", "d.test", { "0 issuevmc ;" }, D, NO, CX_R_VMC_1 },
    };

    check(CX_PROFILE_VMC, NOW, rows, CX_COUNT(rows));
    assert_true(scene_notes(&s, CX_NOTE_SEMANTICS_UNVERIFIED, NULL));
}

/* TEST R-EMPTY-1, TEST R-V44-2 */
TEST(rfc6844_sets_before_ballot_219)
{
    static const struct row rows[] = {
        { "named", "d.test", { MINE }, P, YES, CX_R_V44_1 },
        { "not named", "d.test", { "0 issue other.example" }, D, NO, CX_R_DEC_1 },
        { "no issue", "d.test", { "0 iodef mailto:a@b" }, A, BOTH, CX_R_EMPTY_1 },
        { "no issue, wild", "*.d.test", { "0 iodef mailto:a@b" }, A, BOTH, CX_R_EMPTY_1 },
        { "issuewild only", "d.test", { "0 issuewild ;" }, A, BOTH, CX_R_EMPTY_1 },
        { "malformed alone", "d.test", { "0 issue %" }, A, BOTH, CX_R_V44_2 },
        { "malformed, named", "d.test", { "0 issue %", MINE }, P, YES, CX_R_V44_2 },
        { "malformed, other", "d.test", { "0 issue %", "0 issue x.y" }, D, NO, CX_R_V44_2 },
        { "bad issuewild hides issue or not",
          "*.d.test",
          { "0 issuewild %", MINE },
          A,
          BOTH,
          CX_R_V44_2 },
        { "blanks are fine", "d.test", { MINE "; a=1 b=2" }, P, YES, CX_R_V44_1 },
        { "a = b is not", "d.test", { MINE "; a = b" }, A, BOTH, CX_R_V44_2 },
    };

    check(CX_PROFILE_TLS_BR, "2017-09-08", rows, CX_COUNT(rows));
    check(CX_PROFILE_TLS_BR, "2018-05-09", rows, CX_COUNT(rows));
}

/* TEST R-EMPTY-2 */
TEST(rfc6844_sets_after_ballot_219)
{
    static const struct row rows[] = {
        { "no issue", "d.test", { "0 iodef mailto:a@b" }, P, OPEN, CX_R_EMPTY_2 },
        { "malformed alone", "d.test", { "0 issue %" }, A, BOTH, CX_R_V44_2 },
        { "issue for wild", "*.d.test", { "0 issue ;" }, D, NO, CX_R_DEC_3 },
    };

    check(CX_PROFILE_TLS_BR, "2018-05-10", rows, CX_COUNT(rows));
    check(CX_PROFILE_TLS_BR, "2020-10-18T23:59:59Z", rows, CX_COUNT(rows));
}

TEST(the_prohibiting_reading_comes_first)
{
    scene_open(&s, CX_PROFILE_TLS_BR, "2018-05-09");
    (void)scene_set(&s, "d.test", "0 issue %", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), A);
    assert_int_equal(s.f.n_readings, 2);
    assert_int_equal(s.f.readings[0].verdict, D);
    assert_int_equal(s.f.readings[1].verdict, P);
    assert_false(scene_notes(&s, CX_NOTE_LITERAL_READING, NULL)); /* nothing was excused */
    scene_close(&s);
}

/* TEST R-VAL-8 */
TEST(issuer_case)
{
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    (void)scene_set(&s, "d.test", "0 issue CA.example.net", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), P);
    assert_true(scene_notes(&s, CX_NOTE_CASE_FOLDED, "CA.example.net"));
    assert_true(scene_cites(&s, CX_R_VAL_8));
    s.policy.issuer_case_strict = true;
    assert_int_equal(scene_judge(&s, "d.test"), D);
    s.own[0].name = CX_STR("CA.example.net");
    assert_int_equal(scene_judge(&s, "d.test"), P);
    assert_false(scene_notes(&s, CX_NOTE_CASE_FOLDED, NULL));
    scene_close(&s);
}

/* TEST R-DEC-6 */
TEST(without_own_names_nothing_matches)
{
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    s.c.n_own = 0;
    (void)scene_set(&s, "d.test", MINE, NULL);
    assert_int_equal(scene_judge(&s, "d.test"), D);
    scene_close(&s);
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    s.own[0].name = CX_STR(""); /* an empty OWN name matches no empty issuer */
    (void)scene_set(&s, "d.test", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), D);
    scene_close(&s);
}

/* TEST R-P16-7, TEST R-P16-E9, TEST R-P16-E10 */
TEST(star_sets_of_the_proposal)
{
    static const struct row rows[] = {
        { "star", "d.test", { "0 issue *" }, P, YES, CX_R_P16_7 },
        { "star beside", "d.test", { "0 issue *", "0 issue ;" }, P, YES, CX_R_P16_7 },
        { "wild star", "*.d.test", { "0 issuewild *", "0 issue ;" }, P, YES, CX_R_P16_7 },
        { "wild star, plain name", "d.test", { "0 issuewild *", "0 issue ;" }, D, NO, CX_R_VAL_5 },
        { "critical beside star", "d.test", { "0 issue *", "128 x y" }, D, CRIT, CX_R_CRIT_1 },
    };

    check(CX_PROFILE_PROPOSAL_2016, NOW, rows, CX_COUNT(rows));
}

TEST(a_set_without_records_permits_nothing)
{
    struct cx_answer none;
    struct cx_rules rules = { { 0 } };
    struct cx_notes notes = { .n = 0 };

    memset(&none, 0, sizeof(none));
    scene_open(&s, CX_PROFILE_TLS_BR, NOW);
    assert_int_equal(cx_decide(&s.c, &s.subject, &none, &rules, &notes).verdict, D);
    scene_close(&s);
}

/* For people: which records a reason is about. */
TEST(records_that_decided)
{
    static const struct {
        const char *about;
        const char *name;
        const char *records[4];
        size_t n;
        size_t places[2];
    } rows[] = {
        { "restricting",
          "d.test",
          { "0 iodef x", "0 issue ;", "0 issuewild ;", "0 issue a" },
          2,
          { 1, 3 } },
        { "wildcard", "*.d.test", { "0 issue ;", "0 issuewild ;" }, 1, { 1 } },
        { "wildcard by issue", "*.d.test", { "0 iodef x", "0 issue ;" }, 1, { 1 } },
        { "critical", "d.test", { "0 issue ;", "128 x y", "0 x y", "128 issue ;" }, 1, { 1 } },
        { "limits", "d.test", { "0 issue a", MINE "; accounturi=https://x" }, 1, { 1 } },
        { "more than asked for", "d.test", { "0 issue a", "0 issue b", "0 issue c" }, 3, { 0, 1 } },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        size_t places[2] = { 0, 0 }, n;

        scene_open(&s, CX_PROFILE_TLS_BR, NOW);
        (void)scene_set(&s, "d.test", rows[i].records[0], rows[i].records[1], rows[i].records[2],
                        rows[i].records[3], NULL);
        ROW_TRUE(scene_judge(&s, rows[i].name) == D, rows[i].about);
        n = cx_decided_by(&s.c, &s.subject, s.f.set, s.f.reason, places, 2);
        ROW_TRUE(n == rows[i].n, rows[i].about);
        ROW_TRUE(memcmp(places, rows[i].places, sizeof(places)) == 0, rows[i].about);
        scene_close(&s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(records_that_decided),
    cmocka_unit_test(rfc8659_sets),
    cmocka_unit_test(critical_records),
    cmocka_unit_test(known_tags_are_declared),
    cmocka_unit_test(mail_sets),
    cmocka_unit_test(mark_sets),
    cmocka_unit_test(rfc6844_sets_before_ballot_219),
    cmocka_unit_test(rfc6844_sets_after_ballot_219),
    cmocka_unit_test(the_prohibiting_reading_comes_first),
    cmocka_unit_test(issuer_case),
    cmocka_unit_test(without_own_names_nothing_matches),
    cmocka_unit_test(star_sets_of_the_proposal),
    cmocka_unit_test(a_set_without_records_permits_nothing),
};

TEST_MAIN(tests)

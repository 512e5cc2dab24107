#include "build.h"
#include "main.h"

#define E11 "2026-11-22"
#define E12 "2027-03-15"

static struct scene s;

/* The verdict on one issue record "ca.example.net<rest>". */
static enum cx_verdict
with(const char *rest)
{
    char record[512] = "0 issue ca.example.net";

    assert_true(strlen(record) + strlen(rest) < sizeof(record));
    memcpy(record + strlen(record), rest, strlen(rest) + 1);
    s.answers = (struct cx_answers){ .n = 0 };
    (void)scene_set(&s, "d.test", record, NULL);
    return scene_judge(&s, "d.test");
}

static void
open_at(const char *date)
{
    scene_open(&s, CX_PROFILE_TLS_BR, date);
}

struct row {
    const char *rest;
    bool permits;
};

static void
check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ROW_TRUE(with(rows[i].rest) == (rows[i].permits ? CX_VERDICT_PERMIT : CX_VERDICT_DENY),
                 rows[i].rest);
        ROW_TRUE(rows[i].permits || s.f.reason == CX_REASON_PARAMETERS ||
                     s.f.reason == CX_REASON_NO_MATCH,
                 rows[i].rest);
    }
}

/* TEST R-8657-2, TEST R-8657-3, TEST R-VAL-11 */
TEST(accounturi)
{
    static const struct row rows[] = {
        { "", true },
        { "; accounturi=https://ca.example.net/acct/1", true },
        { "; accounturi = https://ca.example.net/acct/1", true },
        { "; accounturi=https://ca.example.net/acct/2", false },
        { "; accounturi=https://ca.example.net/acct/1/", false },
        { "; accounturi=https://ca.example.net:443/acct/1", false },
        { "; accounturi=https://CA.example.net/acct/1", false },
        { "; accounturi=HTTPS://ca.example.net/acct/1", false },
        { "; accounturi=", false },
        { "; accounturi=1", false },
        { "; accounturi=https://ca.example.net/acct/1;"
          " accounturi=https://ca.example.net/acct/1",
          false },
        { "; accounturi=https://ca.example.net/acct/1;"
          " AccountURI=https://ca.example.net/acct/1",
          false },
    };

    open_at(E11);
    check(rows, CX_COUNT(rows));
    s.subject.n_accounts = 0;
    assert_int_equal(with("; accounturi=https://ca.example.net/acct/1"), CX_VERDICT_DENY);
    assert_int_equal(with(""), CX_VERDICT_PERMIT);
    s.subject.n_accounts = 2;
    s.accounts[1] = CX_STR("no-uri"); /* never matches, although the CA knows it by that name */
    assert_int_equal(with("; accounturi=no-uri"), CX_VERDICT_DENY);
    s.accounts[1] = CX_STR("acct:1@ca.example.net");
    assert_int_equal(with("; accounturi=acct:1@ca.example.net"), CX_VERDICT_PERMIT);
    scene_close(&s);
}

/* TEST R-8657-4, TEST R-8657-5, TEST R-VAL-11 */
TEST(validationmethods)
{
    static const struct row rows[] = {
        { "; validationmethods=dns-01", true },
        { "; validationmethods=http-01,dns-01", true },
        { "; validationmethods=dns-01,x", true },
        { "; validationmethods=http-01", false },
        { "; validationmethods=", false },
        { "; validationmethods=dns-01,", false },
        { "; validationmethods=,dns-01", false },
        { "; validationmethods=http-01,,dns-01", false },
        { "; validationmethods=dns-01,h_", false },
        { "; validationmethods=DNS-01", false },
        { "; validationmethods=dns-01; validationmethods=dns-01", false },
        { "; validationmethods=ca-tbr-7", false }, /* TEST R-8657-14: not yet */
    };

    open_at(E11);
    check(rows, CX_COUNT(rows));
    s.subject.n_methods = 0;
    assert_int_equal(with("; validationmethods=dns-01"), CX_VERDICT_DENY);
    s.subject.n_methods = 2;
    s.methods[1] = CX_STR("http-01");
    assert_int_equal(with("; validationmethods=http-01"), CX_VERDICT_PERMIT);
    s.policy.label_case_fold = true; /* TEST R-8657-16 */
    assert_int_equal(with("; validationmethods=DNS-01"), CX_VERDICT_PERMIT);
    scene_close(&s);
}

/* TEST R-8657-6: and within a record, or between records, never mixed */
TEST(both_must_be_met_by_one_record)
{
    open_at(E11);
    assert_int_equal(with("; accounturi=https://ca.example.net/acct/1; validationmethods=dns-01"),
                     CX_VERDICT_PERMIT);
    assert_true(scene_cites(&s, CX_R_8657_6));
    assert_int_equal(with("; accounturi=https://ca.example.net/acct/1; validationmethods=http-01"),
                     CX_VERDICT_DENY);
    assert_int_equal(with("; accounturi=https://ca.example.net/acct/2; validationmethods=dns-01"),
                     CX_VERDICT_DENY);
    assert_int_equal(s.f.reason, CX_REASON_PARAMETERS);
    (void)scene_set(&s, "e.test",
                    "0 issue ca.example.net; accounturi=https://ca.example.net/acct/1;"
                    " validationmethods=http-01",
                    "0 issue ca.example.net; accounturi=https://ca.example.net/acct/2;"
                    " validationmethods=dns-01",
                    NULL);
    assert_int_equal(scene_judge(&s, "e.test"), CX_VERDICT_DENY);
    (void)scene_set(&s, "f.test", "0 issue ca.example.net; validationmethods=http-01",
                    "0 issue ca.example.net; validationmethods=dns-01", NULL);
    assert_int_equal(scene_judge(&s, "f.test"), CX_VERDICT_PERMIT);
    scene_close(&s);
}

/* TEST R-8657-11, TEST R-8657-18 */
TEST(bind_by_policy_and_from_2027_by_law)
{
    static const char other[] = "; accounturi=https://other.example/1";

    open_at("2027-03-14T23:59:59Z");
    s.policy.accounturi_from = s.policy.validationmethods_from = CX_TIME_MAX;
    assert_int_equal(with(other), CX_VERDICT_PERMIT);
    assert_true(scene_notes(&s, CX_NOTE_NOT_HONOURED, "accounturi"));
    assert_true(scene_cites(&s, CX_R_8657_18));
    assert_int_equal(with("; validationmethods=x; validationmethods=x"), CX_VERDICT_PERMIT);
    s.policy.accounturi_from = s.c.date;
    assert_int_equal(with(other), CX_VERDICT_DENY);
    assert_int_equal(with("; validationmethods=x"), CX_VERDICT_PERMIT);
    s.policy.accounturi_from = s.c.date + 1;
    assert_int_equal(with(other), CX_VERDICT_PERMIT);
    s.policy.accounturi_from = CX_TIME_MAX;
    scene_date(&s, E12);
    assert_int_equal(with(other), CX_VERDICT_DENY);
    assert_int_equal(with("; validationmethods=x"), CX_VERDICT_DENY);
    assert_true(scene_cites(&s, CX_R_8657_11));
    scene_close(&s);
}

/* TEST R-8657-14, TEST R-8657-15 */
TEST(br_labels_count_from_2027_or_as_documented)
{
    open_at("2027-03-14T23:59:59Z");
    assert_int_equal(with("; validationmethods=ca-tbr-7"), CX_VERDICT_DENY);
    s.policy.ca_tbr_from = s.c.date;
    assert_int_equal(with("; validationmethods=ca-tbr-7"), CX_VERDICT_PERMIT);
    s.policy.ca_tbr_from = s.c.date + 1;
    assert_int_equal(with("; validationmethods=ca-tbr-7"), CX_VERDICT_DENY);
    scene_date(&s, E12);
    s.policy.ca_tbr_from = CX_TIME_MAX;
    assert_int_equal(with("; validationmethods=ca-tbr-7"), CX_VERDICT_PERMIT);
    assert_int_equal(with("; validationmethods=ca-tbr-19"), CX_VERDICT_DENY);
    s.methods[0] = CX_STR("3.2.2.4.7");
    assert_int_equal(with("; validationmethods=ca-tbr-7"), CX_VERDICT_PERMIT);
    assert_int_equal(with("; validationmethods=dns-01"), CX_VERDICT_DENY);
    scene_close(&s);
}

/* TEST R-8657-13 */
TEST(a_parent_account_needs_all_three_and_the_date)
{
    static const char parent[] = "; accounturi=https://ca.example.net/acct/parent";
    bool *facts[3];

    open_at(E12);
    s.facts.parent_account =
        (struct cx_parent_account){ CX_STR("https://ca.example.net/acct/parent"), true, true,
                                    true };
    facts[0] = &s.facts.parent_account.mapping_auditable;
    facts[1] = &s.facts.parent_account.authorization_verified;
    facts[2] = &s.facts.parent_account.logs_retained;
    assert_int_equal(with(parent), CX_VERDICT_PERMIT);
    assert_true(scene_cites(&s, CX_R_8657_13));
    assert_int_equal(with("; accounturi=https://ca.example.net/acct/x"), CX_VERDICT_DENY);
    for (size_t i = 0; i < 3; i++) {
        *facts[i] = false;
        assert_int_equal(with(parent), CX_VERDICT_DENY);
        *facts[i] = true;
    }
    scene_date(&s, "2027-03-14T23:59:59Z");
    assert_int_equal(with(parent), CX_VERDICT_DENY);
    scene_close(&s);
}

/* TEST R-VAL-9, TEST R-VAL-10 */
TEST(unknown_and_oddly_spelt_parameters)
{
    open_at(E11);
    assert_int_equal(with("; x=1; policy=ev; x=2"), CX_VERDICT_PERMIT);
    assert_true(scene_notes(&s, CX_NOTE_UNKNOWN_PARAMETER, "policy"));
    assert_int_equal(with("; AccountURI=https://other.example/1"), CX_VERDICT_DENY);
    assert_true(scene_notes(&s, CX_NOTE_PARAM_VARIANT, "AccountURI"));
    s.policy.param_case_strict = true;
    assert_int_equal(with("; AccountURI=https://other.example/1"), CX_VERDICT_PERMIT);
    assert_true(scene_notes(&s, CX_NOTE_UNKNOWN_PARAMETER, "AccountURI"));
    assert_int_equal(with("; accounturi=https://other.example/1"), CX_VERDICT_DENY);
    assert_int_equal(with("; skipsubdomaincheck=true"), CX_VERDICT_PERMIT);
    assert_true(scene_cites(&s, CX_R_P16_14)); /* TEST R-P16-14 */
    scene_close(&s);
}

/* TEST R-8657-1 */
TEST(issuemail_has_them_only_as_declared)
{
    static const char record[] = "0 issuemail ca.example.net; accounturi=https://other.example/1";

    scene_open(&s, CX_PROFILE_SMIME_BR, E12);
    (void)scene_set(&s, "d.test", record, NULL);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_PERMIT);
    assert_true(scene_notes(&s, CX_NOTE_UNDEFINED_THERE, "accounturi"));
    s.own[0].issuemail_parameters = true;
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_DENY);
    scene_close(&s);
    scene_open(&s, CX_PROFILE_VMC, E12);
    s.own[0].issuemail_parameters = true;
    (void)scene_set(&s, "d.test", "0 issuevmc ca.example.net; accounturi=https://other.example/1",
                    NULL);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_PERMIT);
    scene_close(&s);
}

/* TEST R-P16-E9 */
TEST(the_star_is_subject_to_parameters)
{
    scene_open(&s, CX_PROFILE_PROPOSAL_2016, E11);
    (void)scene_set(&s, "d.test", "0 issue *; validationmethods=http-01", NULL);
    assert_int_equal(scene_judge(&s, "d.test"), CX_VERDICT_DENY);
    (void)scene_set(&s, "e.test", "0 issue *; validationmethods=dns-01", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "e.test"), CX_VERDICT_PERMIT);
    scene_close(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(accounturi),
    cmocka_unit_test(validationmethods),
    cmocka_unit_test(both_must_be_met_by_one_record),
    cmocka_unit_test(bind_by_policy_and_from_2027_by_law),
    cmocka_unit_test(br_labels_count_from_2027_or_as_documented),
    cmocka_unit_test(a_parent_account_needs_all_three_and_the_date),
    cmocka_unit_test(unknown_and_oddly_spelt_parameters),
    cmocka_unit_test(issuemail_has_them_only_as_declared),
    cmocka_unit_test(the_star_is_subject_to_parameters),
};

TEST_MAIN(tests)

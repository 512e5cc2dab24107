/* What proves, and what does not (R-PRF-4, R-PRF-5): each through an archive on disk.
 * TEST R-PRF-4 R-PRF-5 R-PRF-10 R-PRF-11 R-TIME-1 R-TIME-2 R-TIME-3 R-TIME-5 R-EXC-1 R-EXC-2 R-DEC-6 R-GEN-1 */
#include "build.h"
#include "desk.h"
#include "main.h"

#include <stdio.h>

#define PERMIT "0 issue ca.example.net"
#define DENY   "0 issue other.example"
#define SIGNED "2022-01-01T12:00:00Z"

/* ---- the window, to the second */

static void
window_is(int64_t seconds, uint32_t ttl, const char *records, const char *expected)
{
    struct desk d;

    desk_open(&d, SIGNED);
    desk_set(&d, desk_seen(&d, seconds, "www.d.test"), ttl, records);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, expected);
    desk_close(&d);
}

TEST(the_window_ends_to_the_second)
{
    window_is(-28800, 300, PERMIT, "PROVEN permissive");      /* G136 */
    window_is(-28801, 300, PERMIT, "TAINTED outside-window"); /* G137 */
    window_is(-80000, 86400, PERMIT, "PROVEN permissive");    /* G138 */
    window_is(-86400, 86400, PERMIT, "PROVEN permissive");
    window_is(-86401, 86400, PERMIT, "TAINTED outside-window");
    window_is(-32400, 600, PERMIT, "TAINTED outside-window"); /* G201 */
    window_is(-28800, 300, DENY, "PROVEN-DENY denied");
    window_is(-28801, 300, DENY, "TAINTED outside-window");
    window_is(0, 300, PERMIT, "PROVEN permissive");
    window_is(1, 300, PERMIT, "TAINTED after-signing");
    window_is(600, 300, PERMIT, "TAINTED after-signing"); /* G200 */
    window_is(600, 300, DENY, "TAINTED after-signing");
    window_is(-1, 300, "0 issue ;", "PROVEN-DENY denied");
}

TEST(an_empty_climb_has_eight_hours_whatever_its_negative_ttl)
{
    struct desk d;

    for (int64_t seconds = -28801; seconds <= -28800; seconds++) {
        desk_open(&d, SIGNED);
        desk_seen_empty(&d, seconds, "www.d.test");
        for (size_t i = 0; i < d.n_seen; i++) {
            d.seen[i].o.has_ttl = true;
            d.seen[i].o.ttl = 86400;
        }
        (void)desk_certificate(&d, "www.d.test");
        DESK_IS(&d, seconds == -28800 ? "PROVEN permissive" : "TAINTED outside-window"); /* G139 */
        desk_close(&d);
    }
}

/* The TTL is that of the set that decides: empty answers under it are good for as long. */
TEST(empty_answers_under_a_set_with_a_long_ttl_stretch)
{
    struct desk d;

    desk_open(&d, SIGNED);
    (void)desk_seen(&d, -80000, "www.d.test");
    desk_set(&d, desk_seen(&d, -80000, "d.test"), 86400, PERMIT);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "PROVEN permissive");
    assert_int_equal(d.t->names[0].evidence->window_ends, d.signed_at + 6400);
    d.seen[1].o.ttl = 300;
    DESK_IS(&d, "TAINTED outside-window");
    desk_close(&d);
}

TEST(names_have_their_own_windows)
{
    struct desk d;

    desk_open(&d, SIGNED); /* G140 */
    desk_set(&d, desk_seen(&d, -40000, "a.test"), 86400, PERMIT);
    desk_set(&d, desk_seen(&d, -40000, "b.test"), 60, PERMIT);
    (void)desk_certificate(&d, "a.test b.test");
    DESK_IS(&d, "TAINTED permissive outside-window");
    desk_close(&d);
}

/* ---- which observation speaks */

TEST(a_denial_after_a_permit_wins_and_a_permit_after_a_denial)
{
    struct desk d;

    desk_open(&d, SIGNED); /* G141 */
    desk_set(&d, desk_seen(&d, -7200, "www.d.test"), 300, PERMIT);
    desk_set(&d, desk_seen(&d, -3600, "www.d.test"), 300, DENY);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "PROVEN-DENY denied");
    d.seen[0].o.time_ms += 7000 * 1000;
    DESK_IS(&d, "PROVEN permissive");
    desk_close(&d);
}

/* Seen at the ancestor, after a check had found something else. */
TEST(a_denial_at_an_ancestor_after_a_check_that_permitted_counts)
{
    struct desk d;
    struct cx_observation *check;

    desk_open(&d, SIGNED);
    check = desk_check(&d, -3600, "www.d.test", CX_FORM_PLAIN);
    desk_set(&d, check, 300, PERMIT);
    (void)desk_seen(&d, -7200, "www.d.test");
    desk_set(&d, desk_seen(&d, -60, "d.test"), 300, DENY);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "PROVEN-DENY denied");
    d.seen[2].o.time_ms -= 7000 * 1000; /* before the check: that is the latest */
    DESK_IS(&d, "PROVEN permissive");
    d.seen[2].o.time_ms = check->time_ms - 15000;
    d.seen[1].o.time_ms = check->time_ms - 15000;
    DESK_IS(&d, "TAINTED conflict");
    desk_close(&d);
}

TEST(sources_that_differ_within_fifteen_seconds_contradict)
{
    static const struct {
        int64_t older;
        const char *expected;
    } rows[] = { { -15, "TAINTED conflict" },
                 { -16, "PROVEN permissive" },
                 { 0, "TAINTED conflict" } };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        for (unsigned swap = 0; swap < 2; swap++) {
            struct desk d;

            desk_open(&d, SIGNED);
            desk_set(&d, desk_seen_by(&d, swap, -600, "www.d.test"), 300, PERMIT);
            desk_set(&d, desk_seen_by(&d, 1 - swap, -600 + rows[i].older, "www.d.test"), 300, DENY);
            (void)desk_certificate(&d, "www.d.test");
            DESK_IS(&d, rows[i].expected);
            desk_close(&d);
        }
    }
}

/* Many perspectives: the denial of the last one is not overlooked. */
TEST(a_contradiction_among_many_is_found)
{
    struct desk d;

    for (int denying = 0; denying < 40; denying += 13) {
        desk_open(&d, SIGNED);
        for (int i = 0; i < 40; i++) {
            struct cx_observation *o = desk_seen(&d, -600, "www.d.test");

            desk_set(&d, o, 300, i == denying ? DENY : PERMIT);
            o->ttl = (uint32_t)(300 + i); /* each its own content */
            o->resolver =
                (cx_str){ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", (size_t)i };
        }
        (void)desk_certificate(&d, "www.d.test");
        DESK_IS(&d, "TAINTED conflict");
        desk_close(&d);
    }
}

/* What was permitted long ago, with a TTL that lasts, and denied since: out of its own window the denial proves nothing, but
 * nothing is proven against it either. */
TEST(an_older_denial_that_is_younger_than_a_permit_with_a_long_ttl_contradicts)
{
    struct desk d;

    desk_open(&d, SIGNED);
    desk_set(&d, desk_seen(&d, -80000, "www.d.test"), 86400, PERMIT);
    desk_set(&d, desk_seen(&d, -30000, "www.d.test"), 300, DENY);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "TAINTED conflict");
    d.seen[1].o.time_ms = d.seen[0].o.time_ms - 16000;
    DESK_IS(&d, "PROVEN permissive");
    desk_close(&d);
}

TEST(an_older_denial_that_is_younger_than_a_stretched_answer_contradicts)
{
    struct desk d;

    desk_open(&d, SIGNED);
    (void)desk_seen(&d, -80000, "www.d.test");
    desk_set(&d, desk_seen(&d, -30000, "www.d.test"), 300, DENY);
    desk_set(&d, desk_seen(&d, -3600, "d.test"), 86400, PERMIT);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "TAINTED conflict");
    desk_set(&d, &d.seen[1].o, 300, PERMIT);
    DESK_IS(&d, "PROVEN permissive");
    desk_close(&d);

    desk_open(&d, SIGNED); /* the same at an ancestor */
    (void)desk_seen(&d, -80000, "a.b.test");
    (void)desk_seen(&d, -80000, "b.test");
    desk_set(&d, desk_seen(&d, -30000, "b.test"), 300, DENY);
    desk_set(&d, desk_seen(&d, -3600, "test"), 86400, PERMIT);
    (void)desk_certificate(&d, "a.b.test");
    DESK_IS(&d, "TAINTED conflict");
    desk_close(&d);
}

TEST(failures_questions_claims_and_conclusions_never_displace_an_answer)
{
    static const enum cx_outcome failures[] = { CX_OUTCOME_TIMEOUT, CX_OUTCOME_SERVFAIL,
                                                CX_OUTCOME_BOGUS, CX_OUTCOME_ERROR,
                                                CX_OUTCOME_UNSET };

    for (size_t i = 0; i < CX_COUNT(failures); i++) {
        for (unsigned claim = 0; claim < 4; claim++) {
            struct desk d;
            struct cx_observation *o;

            desk_open(&d, SIGNED);
            desk_set(&d, desk_seen(&d, -600, "www.d.test"), 300, PERMIT);
            o = desk_check(&d, -60, "www.d.test", CX_FORM_PLAIN);
            o->outcome = failures[i];
            o->claim = (enum cx_claim)claim;
            o->grade = CX_GRADE_D;
            (void)desk_certificate(&d, "www.d.test");
            DESK_IS(&d, "PROVEN permissive");
            d.seen[0] = d.seen[1];
            d.n_seen =
                1; /* alone it proves nothing, whatever it claims, whichever grade is taken */
            for (unsigned proof = CX_GRADE_A; proof <= CX_GRADE_D; proof++) {
                d.options.proof = (enum cx_grade)proof;
                desk_run(&d);
                assert_int_equal(d.t->class, CX_TRIAGE_TAINTED);
            }
            desk_close(&d);
        }
    }
}

TEST(a_conclusion_proves_only_where_that_was_asked_for)
{
    struct desk d;
    struct cx_observation *o;

    desk_open(&d, SIGNED);
    o = desk_check(&d, -600, "www.d.test", CX_FORM_PLAIN);
    o->grade = CX_GRADE_D;
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "TAINTED conclusion-only");
    d.options.proof = CX_GRADE_D;
    DESK_IS(&d, "PROVEN permissive");
    assert_int_equal(d.t->grade, CX_GRADE_D);
    o->grade = CX_GRADE_E;
    DESK_IS(&d, "TAINTED conclusion-only");
    o->grade = CX_GRADE_UNSET; /* says nothing of itself */
    d.options.proof = CX_GRADE_C;
    DESK_IS(&d, "TAINTED conclusion-only");
    desk_close(&d);
}

/* Of a grade that proves nothing here, but an answer all the same. */
TEST(a_later_denial_of_a_lesser_grade_contradicts)
{
    struct desk d;

    desk_open(&d, SIGNED);
    d.options.proof = CX_GRADE_A;
    desk_set(&d, desk_seen(&d, -7200, "www.d.test"), 300, PERMIT);
    d.seen[0].o.grade = CX_GRADE_A;
    desk_set(&d, desk_seen(&d, -60, "www.d.test"), 300, DENY);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "TAINTED conflict");
    desk_set(&d, &d.seen[1].o, 300, PERMIT);
    DESK_IS(&d, "PROVEN permissive");
    assert_int_equal(d.t->grade, CX_GRADE_A);
    desk_close(&d);
}

/* ---- form, siblings, climbs, lists of names */

TEST(a_check_of_the_other_form_proves_nothing)
{
    struct desk d;

    desk_open(&d, SIGNED); /* G202 */
    desk_set(&d, desk_check(&d, -600, "d.test", CX_FORM_WILDCARD), 300, PERMIT);
    (void)desk_certificate(&d, "d.test");
    (void)desk_certificate(&d, "*.d.test");
    DESK_IS(&d, "TAINTED other-form");
    assert_non_null(desk_next(&d));
    assert_string_equal(desk_text(&d), "PROVEN permissive");
    d.seen[0].o.form = CX_FORM_PLAIN;
    DESK_IS(&d, "PROVEN permissive");
    assert_non_null(desk_next(&d));
    assert_string_equal(desk_text(&d), "TAINTED other-form");
    desk_close(&d);
}

/* An answer of DNS is of no form: what it means for a wildcard is judged. */
TEST(an_answer_is_judged_for_the_form_that_is_asked_of)
{
    struct desk d;

    desk_open(&d, SIGNED);
    desk_set(&d, desk_seen(&d, -600, "d.test"), 300, PERMIT "|0 issuewild ;");
    (void)desk_certificate(&d, "d.test");
    (void)desk_certificate(&d, "*.d.test");
    DESK_IS(&d, "PROVEN permissive");
    assert_non_null(desk_next(&d));
    assert_string_equal(desk_text(&d), "PROVEN-DENY denied");
    desk_close(&d);
}

TEST(evidence_of_siblings_children_and_checks_of_parents_is_none)
{
    struct desk d;

    desk_open(&d, SIGNED);
    desk_seen_empty(&d, -600, "other.d.test");
    (void)desk_check(&d, -600, "d.test", CX_FORM_PLAIN);
    desk_set(&d, desk_seen(&d, -600, "a.www.d.test"), 300, PERMIT);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "NO-EVIDENCE none");
    desk_close(&d);
}

TEST(every_step_of_a_climb_is_needed)
{
    static const char *const labels[] = { "a.b.d.test", "b.d.test", "d.test", "test" };

    for (size_t missing = 0; missing < CX_COUNT(labels); missing++) {
        struct desk d;

        desk_open(&d, SIGNED);
        for (size_t i = 0; i < CX_COUNT(labels); i++) {
            if (i != missing) {
                (void)desk_seen(&d, -600, labels[i]);
            }
        }
        (void)desk_certificate(&d, "a.b.d.test");
        DESK_IS(&d, missing == 0 ? "NO-EVIDENCE none" : "TAINTED incomplete");
        desk_close(&d);
    }
}

TEST(a_failure_within_a_climb_is_never_stepped_over)
{
    struct desk d;

    desk_open(&d, SIGNED);
    d.policy.lf_permit = true;
    desk_seen_empty(&d, -600, "www.d.test");
    d.seen[1].o.outcome = CX_OUTCOME_TIMEOUT;
    desk_set(&d, &d.seen[2].o, 300, PERMIT);
    (void)desk_certificate(&d, "www.d.test");
    desk_run(&d);
    assert_int_equal(d.t->class, CX_TRIAGE_TAINTED);
    desk_close(&d);
}

TEST(one_name_of_a_hundred_without_evidence_is_enough)
{
    struct desk d;
    char names[2000] = "";
    size_t n = 0;

    desk_open(&d, SIGNED); /* G203, R-PRF-10 */
    for (int i = 0; i < 50; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "n%d.test", i);
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i == 0 ? "" : " ", name);
        desk_set(&d, desk_seen(&d, -60, name), 300, PERMIT);
    }
    (void)desk_certificate(&d, names);
    desk_run(&d);
    assert_int_equal(d.t->class, CX_TRIAGE_PROVEN);
    for (size_t gone = 0; gone < 50; gone += 7) {
        d.seen[gone].o.name = d.seen[(gone + 1) % 50].o.name; /* one name asked twice */
        desk_run(&d);
        assert_int_equal(d.t->class, CX_TRIAGE_TAINTED);
        assert_true((d.t->reasons & CX_EVIDENCE_BIT(CX_EVIDENCE_SOME_NAMES)) != 0);
    }
    desk_close(&d);
}

/* R-PRF-10: a list that leaves names out proves nothing of the certificate. */
TEST(a_list_that_leaves_names_out_proves_nothing)
{
    struct desk d;
    struct cx_issued *issued;

    desk_open(&d, SIGNED);
    desk_set(&d, desk_seen(&d, -60, "www.d.test"), 300, PERMIT);
    issued = desk_certificate(&d, "www.d.test");
    issued->names_partial = true;
    DESK_IS(&d, "TAINTED permissive");
    desk_set(&d, &d.seen[0].o, 300, DENY); /* a denial of one is enough */
    DESK_IS(&d, "PROVEN-DENY denied");
    desk_set(&d, &d.seen[0].o, 300, PERMIT);
    issued = desk_certificate(&d, "www.d.test"); /* another list has them all */
    issued->serial = d.issued[0].serial;
    DESK_IS(&d, "PROVEN permissive");
    desk_close(&d);
}

TEST(a_certificate_without_names_or_without_a_moment_proves_nothing)
{
    struct desk d;
    struct cx_issued *issued;

    desk_open(&d, SIGNED);
    desk_set(&d, desk_seen(&d, -60, "www.d.test"), 300, PERMIT);
    issued = desk_certificate(&d, "");
    DESK_IS(&d, "TAINTED");
    assert_true(d.t->revoke[CX_REMEDY_RULES]);
    d.n_issued = 0;
    issued = desk_certificate(&d, "www.d.test");
    issued->signed_at = CX_TIME_NONE;
    DESK_IS(&d, "PROVEN permissive");
    assert_int_equal(d.t->clock, CX_SIGNING_NOT_BEFORE);
    assert_true((d.t->reasons & CX_EVIDENCE_BIT(CX_EVIDENCE_WEAK_CLOCK)) != 0);
    issued->not_before_is_date = true; /* a clock that shows the day alone */
    desk_run(&d);
    assert_int_equal(d.t->clock, CX_SIGNING_UNKNOWN);
    assert_int_equal(d.t->signed_at, CX_TIME_NONE);
    assert_int_equal(d.t->class, CX_TRIAGE_TAINTED);
    assert_int_equal(d.t->reasons, CX_EVIDENCE_BIT(CX_EVIDENCE_NO_MOMENT));
    issued->not_before = CX_TIME_NONE; /* and no clock at all */
    desk_run(&d);
    assert_int_equal(d.t->class, CX_TRIAGE_TAINTED);
    assert_true(d.t->revoke[CX_REMEDY_RULES]);
    desk_set(&d, &d.seen[0].o, 300, DENY);
    desk_run(&d);
    assert_int_equal(d.t->class, CX_TRIAGE_TAINTED); /* nobody knows whether it denied then */
    desk_close(&d);
}

/* ---- precertificates */

static struct cx_issued *
final_and_precertificate(struct desk *d, unsigned logs, int64_t apart)
{
    struct cx_issued *pre = desk_certificate(d, "www.d.test");
    struct cx_issued *final = desk_certificate(d, "www.d.test");

    pre->kind = CX_ISSUED_PRE;
    pre->has_digest = final->has_digest = true;
    pre->digest.b[0] = 1;
    final->digest.b[0] = 2;
    final->serial = pre->serial;
    final->signed_at = d->signed_at + apart;
    final->sct_ms = (d->signed_at + 1) * 1000;
    final->logs = logs;
    return final;
}

TEST(a_precertificate_in_two_logs_serves_its_certificate)
{
    struct desk d;
    struct cx_issued *final;

    desk_open(&d, SIGNED); /* G143 */
    desk_set(&d, desk_seen(&d, -600, "www.d.test"), 300, PERMIT);
    final = final_and_precertificate(&d, 2, (int64_t)3 * 86400);
    DESK_IS(&d, "PROVEN permissive");
    assert_true((d.t->reasons & CX_EVIDENCE_BIT(CX_EVIDENCE_PRECERTIFICATE)) != 0);
    final->logs = 1; /* G144 */
    DESK_IS(&d, "TAINTED outside-window");
    desk_set(&d, desk_seen(&d, 3 * 86400 - 60, "www.d.test"), 300, PERMIT);
    DESK_IS(&d, "PROVEN permissive");
    final->logs = 2;
    d.policy.exceptions.precertificate = false; /* R-EXC-7: not in the CP/CPS */
    d.n_seen = 1;
    DESK_IS(&d, "TAINTED outside-window");
    desk_close(&d);
}

TEST(a_precertificate_out_of_its_window_serves_nothing)
{
    struct desk d;

    desk_open(&d, SIGNED); /* G145 */
    desk_set(&d, desk_seen(&d, -2 * 86400, "www.d.test"), 300, PERMIT);
    (void)final_and_precertificate(&d, 2, (int64_t)3 * 86400);
    DESK_IS(&d, "TAINTED outside-window");
    desk_close(&d);
}

/* A log's clock counts milliseconds: what came after its SCT came after the signature. */
TEST(an_answer_after_the_sct_is_after_the_signature)
{
    struct desk d;
    struct cx_issued *issued;

    desk_open(&d, SIGNED);
    desk_set(&d, desk_seen(&d, 0, "www.d.test"), 300, PERMIT);
    d.seen[0].o.time_ms += 500;
    issued = desk_certificate(&d, "www.d.test");
    issued->signed_at = CX_TIME_NONE;
    issued->sct_ms = d.signed_at * 1000 + 500;
    issued->logs = 2;
    DESK_IS(&d, "PROVEN permissive");
    issued->sct_ms--;
    DESK_IS(&d, "TAINTED after-signing");
    desk_close(&d);
}

/* ---- rules of the date */

TEST(validation_is_needed_from_its_date_on)
{
    static const struct {
        const char *signed_at;
        const char *expected;
    } rows[] = { { "2026-03-14T23:59:59Z", "PROVEN permissive" },
                 { "2026-03-15T00:00:00Z", "TAINTED not-validated" } };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct desk d;

        desk_open(&d, rows[i].signed_at); /* R-SEC-2 */
        desk_seen_empty(&d, -600, "www.d.test");
        for (size_t k = 0; k < d.n_seen; k++) {
            d.seen[k].o.dnssec = CX_DNSSEC_INDETERMINATE;
        }
        (void)desk_certificate(&d, "www.d.test");
        DESK_IS(&d, rows[i].expected);
        d.validated[0] = true; /* the CA's own word */
        DESK_IS(&d, "PROVEN permissive");
        d.seen[0].o.unvalidated = true; /* whose word is not about what was seen before */
        DESK_IS(&d, rows[i].expected);
        d.seen[0].o.unvalidated = false;
        d.validated[0] = false;
        for (size_t k = 1; k < d.n_seen; k++) { /* of one step alone it is not enough */
            d.seen[k].o.dnssec = CX_DNSSEC_SECURE;
        }
        DESK_IS(&d, rows[i].expected);
        desk_set(&d, &d.seen[0].o, 300, DENY);
        DESK_IS(&d, i == 0 ? "PROVEN-DENY denied" : rows[i].expected);
        desk_close(&d);
    }
}

/* Nobody knows whether it was true; but no permission stands against it. */
TEST(a_denial_that_was_not_validated_contradicts)
{
    struct desk d;
    struct cx_observation *check;

    desk_open(&d, "2026-04-01T00:00:00Z");
    desk_seen_empty(&d, -600, "www.d.test");
    check = desk_check(&d, -60, "www.d.test", CX_FORM_PLAIN);
    check->dnssec = CX_DNSSEC_INDETERMINATE;
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "PROVEN permissive");
    desk_set(&d, check, 300, DENY);
    DESK_IS(&d, "TAINTED conflict");
    check->time_ms -= 600000;
    DESK_IS(&d, "PROVEN permissive");
    desk_close(&d);
}

/* The same answer twice in one moment: whichever comes first in the archive, the one that was validated counts. */
TEST(an_answer_that_was_validated_speaks_for_the_moment)
{
    for (unsigned swap = 0; swap < 2; swap++) {
        struct desk d;

        desk_open(&d, "2026-04-01T00:00:00Z");
        desk_set(&d, desk_seen_by(&d, swap, -600, "www.d.test"), 300, PERMIT);
        desk_set(&d, desk_seen_by(&d, 1 - swap, -600, "www.d.test"), 300, PERMIT);
        d.seen[1].o.dnssec = CX_DNSSEC_INDETERMINATE;
        (void)desk_certificate(&d, "www.d.test");
        DESK_IS(&d, "PROVEN permissive");
        desk_close(&d);
    }
}

/* R-T44-2: until 2017-10-26 the tree of an alias target was searched too. */
TEST(the_search_is_that_of_the_date)
{
    static const struct {
        const char *signed_at;
        const char *expected;
    } rows[] = {
        { "2017-10-26T12:00:00Z", "TAINTED incomplete" },
        { "2017-10-27T12:00:00Z", "PROVEN permissive" },
        { "2021-01-01T12:00:00Z", "PROVEN permissive" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct desk d;

        desk_open(&d, rows[i].signed_at);
        desk_seen_empty(&d, -600, "x.customer.test");
        desk_alias(&d, &d.seen[0].o, "h.host.example");
        (void)desk_certificate(&d, "x.customer.test");
        DESK_IS(&d, rows[i].expected);
        desk_close(&d);
    }
}

TEST(names_of_the_ca_count_from_their_dates_on)
{
    struct desk d;

    desk_open(&d, "2026-12-01T00:00:00Z"); /* G094 */
    d.own[0].from = time_of("2026-12-01T00:00:00Z");
    desk_set(&d, desk_seen(&d, -600, "www.d.test"), 300, PERMIT);
    d.seen[0].o.dnssec = CX_DNSSEC_SECURE;
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "PROVEN permissive");
    d.issued[0].signed_at--;
    DESK_IS(&d, "PROVEN-DENY denied");
    desk_close(&d);
}

TEST(rules_of_another_date_are_applied_and_the_moment_stays)
{
    struct desk d;

    desk_open(&d, "2026-04-01T00:00:00Z");
    desk_seen_empty(&d, -600, "www.d.test");
    for (size_t k = 0; k < d.n_seen; k++) {
        d.seen[k].o.dnssec = CX_DNSSEC_INDETERMINATE;
    }
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "TAINTED not-validated");
    d.options.has_rules_of = true;
    d.options.rules_of = time_of("2021-01-01T00:00:00Z");
    DESK_IS(&d, "PROVEN permissive");
    desk_close(&d);
}

/* ---- where a check says that it found the set */

TEST(a_check_that_found_its_set_elsewhere_proves_nothing)
{
    struct desk d;
    struct cx_observation *o;
    struct cx_name elsewhere = name_of("www.other.example");
    struct cx_name above = name_of("d.test");

    desk_open(&d, SIGNED);
    o = desk_check(&d, -600, "www.d.test", CX_FORM_PLAIN);
    desk_set(&d, o, 300, PERMIT);
    o->found_at = cx_name_span(&above);
    (void)desk_certificate(&d, "www.d.test");
    DESK_IS(&d, "PROVEN permissive");
    o->found_at = cx_name_span(&elsewhere);
    desk_run(&d);
    assert_int_equal(d.t->class, CX_TRIAGE_TAINTED);
    desk_close(&d);
}

/* R-PRF-7, G197, G198 */
TEST(an_answer_that_was_not_consulted_is_unused)
{
    struct desk d;
    char path[SCRATCH_PATH];
    struct cx_detail detail = { .text = "" };
    struct cx_marks *marks;
    struct cx_hash digest;
    uint64_t n;

    desk_open(&d, "2019-04-01T00:00:00Z");
    desk_set(&d, desk_seen(&d, -600, "www.d.test"), 300, PERMIT);
    (void)desk_certificate(&d, "www.d.test");
    scratch_join(path, d.folder, "marks");
    scratch_write(path, "01\n");
    SCRATCH_OK(cx_marks_read(path, &marks, &n, &digest, &detail));
    d.options.not_consulted = marks;
    d.options.aware = time_of("2019-05-09T00:00:00Z");
    DESK_IS(&d, "UNUSED-PERMIT permissive");
    assert_true(d.t->duty.arguable && !d.t->revoke[CX_REMEDY_RULES]);
    d.options.aware = time_of("2026-05-09T00:00:00Z");
    DESK_IS(&d, "UNUSED-PERMIT permissive");
    assert_true(!d.t->duty.arguable && d.t->revoke[CX_REMEDY_RULES]);
    assert_int_equal(d.t->duty.deadline, d.options.aware + 86400);
    d.options.not_consulted = NULL;
    d.options.consulted = marks;
    DESK_IS(&d, "PROVEN permissive");
    cx_marks_free(marks);
    desk_close(&d);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_window_ends_to_the_second),
    cmocka_unit_test(an_empty_climb_has_eight_hours_whatever_its_negative_ttl),
    cmocka_unit_test(empty_answers_under_a_set_with_a_long_ttl_stretch),
    cmocka_unit_test(names_have_their_own_windows),
    cmocka_unit_test(a_denial_after_a_permit_wins_and_a_permit_after_a_denial),
    cmocka_unit_test(a_denial_at_an_ancestor_after_a_check_that_permitted_counts),
    cmocka_unit_test(sources_that_differ_within_fifteen_seconds_contradict),
    cmocka_unit_test(a_contradiction_among_many_is_found),
    cmocka_unit_test(an_older_denial_that_is_younger_than_a_permit_with_a_long_ttl_contradicts),
    cmocka_unit_test(an_older_denial_that_is_younger_than_a_stretched_answer_contradicts),
    cmocka_unit_test(failures_questions_claims_and_conclusions_never_displace_an_answer),
    cmocka_unit_test(a_conclusion_proves_only_where_that_was_asked_for),
    cmocka_unit_test(a_later_denial_of_a_lesser_grade_contradicts),
    cmocka_unit_test(a_check_of_the_other_form_proves_nothing),
    cmocka_unit_test(an_answer_is_judged_for_the_form_that_is_asked_of),
    cmocka_unit_test(evidence_of_siblings_children_and_checks_of_parents_is_none),
    cmocka_unit_test(every_step_of_a_climb_is_needed),
    cmocka_unit_test(a_failure_within_a_climb_is_never_stepped_over),
    cmocka_unit_test(one_name_of_a_hundred_without_evidence_is_enough),
    cmocka_unit_test(a_list_that_leaves_names_out_proves_nothing),
    cmocka_unit_test(a_certificate_without_names_or_without_a_moment_proves_nothing),
    cmocka_unit_test(a_precertificate_in_two_logs_serves_its_certificate),
    cmocka_unit_test(a_precertificate_out_of_its_window_serves_nothing),
    cmocka_unit_test(an_answer_after_the_sct_is_after_the_signature),
    cmocka_unit_test(validation_is_needed_from_its_date_on),
    cmocka_unit_test(a_denial_that_was_not_validated_contradicts),
    cmocka_unit_test(an_answer_that_was_validated_speaks_for_the_moment),
    cmocka_unit_test(the_search_is_that_of_the_date),
    cmocka_unit_test(names_of_the_ca_count_from_their_dates_on),
    cmocka_unit_test(rules_of_another_date_are_applied_and_the_moment_stays),
    cmocka_unit_test(a_check_that_found_its_set_elsewhere_proves_nothing),
    cmocka_unit_test(an_answer_that_was_not_consulted_is_unused),
};

TEST_MAIN(tests)

#include "bin/caaproofd/intake.h"
#include "desk.h"
#include "pki/digest.h"

/* The recorder's rules, without its sockets: one id, one end; nothing is permitted but what is in the log in time; what a crash
 * leaves permits nothing (incidents.md scenarios 1-3, 13-15, 17-22). */

/* ---- tests */

TEST(a_positive_check_is_a_permit_and_a_denied_one_is_not)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_check(&d, "b", BODY("b", ""), desk_denied);
    desk_expect_reply(&d, 200, "DENY", false);
    desk_expect_nothing(&d);
    desk_remove(&d);
}

/* Scenario 1: the caller timed out, asks again, and must get the very same check. */
TEST(who_asks_again_gets_the_same_end_also_after_a_restart)
{
    struct desk d;
    uint64_t size;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    size = desk_log_size(&d);
    assert_true(cx_ok(desk_start(&d, 1, "a", BODY("a", ""), 30000)));
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 1, "a", BODY("a", ""), 30000)));
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_int_equal(desk_log_size(&d), size); /* nothing was checked twice */
    desk_remove(&d);
}

TEST(another_body_under_the_same_id_is_a_conflict)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 1, "a", BODY("a", ",\"method\":\"dns-01\""), 30000)));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    desk_ask(&d, OP_GET, "nobody", "");
    desk_expect_reply(&d, 404, "/problems/unknown-id", false);
    desk_remove(&d);
}

/* R-PRF-1. */
TEST(a_verdict_after_the_deadline_is_a_failure_for_ever)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(&d);
    d.now_ms += 1001;
    desk_finish(&d, 0, BODY("a", ""), desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_close(&d);
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* Judged in time, but the disk was slow. */
static void
slow_commit(struct desk *d)
{
    assert_true(cx_ok(desk_start(d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(d);
    d->now_ms += 900;
    desk_finish(d, 0, BODY("a", ""), desk_granted);
    d->now_ms += 200; /* as if the commit took that */
}

TEST(a_commit_after_the_deadline_permits_nothing_for_ever)
{
    struct desk d;

    desk_make(&d);
    slow_commit(&d);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_close(&d);
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* Nobody can tell whether a check that a crash left at the end of the log was durable in time. */
TEST(what_a_crash_leaves_behind_a_deadline_permits_nothing)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    d.now_ms += 31000; /* its deadline is over */
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_close(&d);
    d.now_ms += 120000; /* and stays so, when other entries came after it */
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

TEST(a_start_without_an_end_is_interrupted)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    d.now_ms += CX_START_WAIT_MS;
    desk_turn(&d); /* it is an entry now */
    desk_close(&d);
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(desk_start(&d, 1, "a", BODY("a", ""), 30000)));
    desk_expect_reply(&d, 200, "FAIL", false); /* the same id never ends otherwise */
    assert_true(cx_ok(desk_start(&d, 1, "a", BODY("a", ",\"method\":\"dns-01\""), 30000)));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    desk_remove(&d);
}

TEST(checks_of_a_front_that_is_gone_are_interrupted)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    SCRATCH_OK(ledger_front_lost(d.ledger, &detail));
    desk_turn(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000))); /* its place is free */
    desk_expect_started(&d);
    desk_remove(&d);
}

TEST(an_abandoned_check_is_interrupted)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    SCRATCH_OK(ledger_abandon(d.ledger, 0, &d.out, &detail));
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

TEST(a_permit_is_claimed_once)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    {
        unsigned kind;
        uint32_t status;
        struct cx_json *json;

        desk_ask(&d, OP_CLAIM, "a", "");
        json = desk_said(&d, &kind, &status);
        assert_int_equal(status, 200);
        assert_true(desk_text_is(json, "state", "claimed"));
        cx_json_free(json);
    }
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_close(&d);
    desk_open(&d);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false); /* the verdict stands, the permit is used */
    desk_remove(&d);
}

TEST(a_later_refusal_of_a_name_bars_the_claim)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_check(&d, "b", BODY("b", ""), desk_denied);
    desk_expect_reply(&d, 200, "DENY", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/not-positive", false);
    desk_close(&d);
    desk_open(&d);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/not-positive", false);
    desk_check(&d, "c", BODY("c", ""), desk_granted); /* a new check may be claimed */
    desk_expect_reply(&d, 200, "PERMIT", true);
    {
        unsigned kind;
        uint32_t status;

        desk_ask(&d, OP_CLAIM, "c", "");
        cx_json_free(desk_said(&d, &kind, &status));
        assert_int_equal(status, 200);
    }
    desk_remove(&d);
}

TEST(an_expired_permit_cannot_be_claimed)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    d.now_ms += 901000;
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/expired", false);
    desk_ask(&d, OP_CLAIM, "b", "");
    desk_expect_reply(&d, 404, "/problems/unknown-id", false);
    desk_remove(&d);
}

/* Scenario 17: two parts of one system that see things differently. */
TEST(two_judgements_that_differ_stop_everything)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "p", BODY("p", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    assert_true(cx_ok(desk_finish_as(&d, 0, BODY("a", ""), desk_denied, CX_VERDICT_PERMIT)));
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    desk_ask(&d, OP_CLAIM, "p", "");
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    desk_ask(&d, OP_GET, "p", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    desk_close(&d);
    desk_open(&d); /* it is durable */
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    desk_ask(&d, OP_ACK, "", "");
    desk_expect_reply(&d, 400, "/problems/request", false);
    {
        unsigned kind;
        uint32_t status;

        desk_ask(&d, OP_ACK, "", "looked at it");
        cx_json_free(desk_said(&d, &kind, &status));
        assert_int_equal(status, 200);
    }
    desk_ask(&d, OP_ACK, "", "again");
    desk_expect_reply(&d, 409, "/problems/not-stopped", false);
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    desk_open(&d);
    desk_check(&d, "c", BODY("c", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

TEST(nothing_can_be_overridden)
{
    struct desk d;
    uint64_t size;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_denied);
    desk_expect_reply(&d, 200, "DENY", false);
    size = desk_log_size(&d);
    desk_ask(&d, OP_OVERRIDE, "a", "please");
    desk_expect_reply(&d, 403, "/problems/no-override", false);
    assert_int_equal(desk_log_size(&d), size + 1); /* that it was asked for is kept */
    desk_remove(&d);
}

TEST(in_shadow_mode_nothing_is_permitted)
{
    static const char body[] = "{\"id\":\"a\",\"authority\":\"shadow\",\"names\":"
                               "[\"www.example.com\"],\"verdict\":\"DENY\"}";
    struct cx_detail detail = { .text = "" };
    struct cx_json *status;
    uint8_t digest[32];
    struct desk d;
    int64_t n = 0;

    desk_make(&d);
    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(body)), digest)));
    SCRATCH_OK(ledger_start(d.ledger,
                            &(struct op_start){ .seq = 0,
                                                .authority = 1,
                                                .id = CX_STR("a"),
                                                .digest = { digest, 32 },
                                                .deadline_ms = d.now_ms + 1000,
                                                .caller = CX_STR("ra") },
                            &d.out, &detail));
    desk_expect_started(&d);
    desk_finish(&d, 0, body, desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "PERMIT", false);
    status = ledger_status(d.ledger);
    assert_true(cx_json_integer(cx_json_get(cx_json_get(status, "counts"), "shadow_differs"), &n));
    assert_int_equal(n, 1);
    cx_json_free(status);
    desk_remove(&d);
}

/* What no front of ours says ends the front, and changes nothing. */
TEST(a_front_that_was_taken_over_is_let_go)
{
    struct desk d;

    desk_make(&d);
    assert_int_equal(desk_start(&d, 16, "a", BODY("a", ""), 1000).code, CX_E_FRAME);
    assert_int_equal(desk_start(&d, 0, "a b", BODY("a b", ""), 1000).code, CX_E_FRAME);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(&d);
    assert_int_equal(desk_start(&d, 0, "b", BODY("b", ""), 1000).code, CX_E_FRAME);
    assert_int_equal(desk_finish_as(&d, 0, BODY("b", ""), desk_granted, CX_VERDICT_PERMIT).code,
                     CX_E_FRAME);
    assert_null(ledger_arena(d.ledger, 1));
    desk_remove(&d);
}

/* Issuer, policy, facts and date are the authority's. */
TEST(a_caller_says_no_more_than_is_his)
{
    static const char *const bad[] = {
        BODY("a", ",\"issuer\":[\"other.example\"]"),
        BODY("a", ",\"policy\":{}"),
        BODY("a", ",\"facts\":{}"),
        BODY("a", ",\"date\":\"2020-01-01\""),
        BODY("a", ",\"answers\":[]"),
        BODY("a", ",\"zone\":\"\""),
        BODY("a", ",\"profile\":\"private\""),
        BODY("a b", ""),
        BODY("a/b", ""), /* no path could name it */
        BODY("a\\\\b", ""),
        BODY("..", ""),
        BODY("", ""),
        BODY("a", ",\"timeout_s\":0"),
        BODY("a", ",\"verdict\":\"YES\""),
        "[]",
        "{\"id\":\"a\",\"names\":[\"www.example.com\"]}",
    };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct cx_detail detail = { .text = "" };
        struct intake intake;

        ROW_TRUE(!cx_ok(intake_read(cx_str_of(bad[i]), &intake, &detail)), bad[i]);
        ROW_TRUE(detail.text[0] != '\0', bad[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_positive_check_is_a_permit_and_a_denied_one_is_not),
    cmocka_unit_test(who_asks_again_gets_the_same_end_also_after_a_restart),
    cmocka_unit_test(another_body_under_the_same_id_is_a_conflict),
    cmocka_unit_test(a_verdict_after_the_deadline_is_a_failure_for_ever),
    cmocka_unit_test(a_commit_after_the_deadline_permits_nothing_for_ever),
    cmocka_unit_test(what_a_crash_leaves_behind_a_deadline_permits_nothing),
    cmocka_unit_test(a_start_without_an_end_is_interrupted),
    cmocka_unit_test(checks_of_a_front_that_is_gone_are_interrupted),
    cmocka_unit_test(an_abandoned_check_is_interrupted),
    cmocka_unit_test(a_permit_is_claimed_once),
    cmocka_unit_test(a_later_refusal_of_a_name_bars_the_claim),
    cmocka_unit_test(an_expired_permit_cannot_be_claimed),
    cmocka_unit_test(two_judgements_that_differ_stop_everything),
    cmocka_unit_test(nothing_can_be_overridden),
    cmocka_unit_test(in_shadow_mode_nothing_is_permitted),
    cmocka_unit_test(a_front_that_was_taken_over_is_let_go),
    cmocka_unit_test(a_caller_says_no_more_than_is_his),
};

TEST_MAIN(tests)

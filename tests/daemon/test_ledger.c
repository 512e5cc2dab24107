#include "bin/caaproofd/intake.h"
#include "desk.h"
#include "evidence/start.h"
#include "pki/digest.h"

#include <stdio.h>
#include <string.h>

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
    desk_reopen(&d);
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
    desk_reopen(&d);
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
    desk_reopen(&d);
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
    desk_reopen(&d);
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

static cx_status
take_start(void *ctx, const struct cx_log_row *row)
{
    struct cx_start *start = ctx;

    return row->entry[1] == CX_ENTRY_START ? cx_start_decode(row->record, start, NULL) : CX_SUCCESS;
}

/* However quickly the new try ends. */
TEST(a_new_try_names_the_old_one)
{
    static const char body[] = BODY("b", ",\"previous\":\"a\"");
    struct cx_detail detail = { .text = "" };
    struct cx_log_reader *reader = NULL;
    struct cx_start record = { .has_previous = false };
    uint8_t digest[32];
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_denied);
    desk_expect_reply(&d, 200, "DENY", false);
    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(body)), digest)));
    SCRATCH_OK(ledger_start(d.ledger,
                            &(struct op_start){ .id = CX_STR("b"),
                                                .digest = { digest, 32 },
                                                .deadline_ms = d.now_ms + 30000,
                                                .caller = CX_STR("ra"),
                                                .previous = CX_STR("a") },
                            &d.out, &detail));
    desk_expect_started(&d);
    desk_finish(&d, 0, body, desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "PERMIT", true);
    SCRATCH_OK(cx_log_reader_open(d.log.store, &reader, &detail));
    SCRATCH_OK(cx_log_scan(reader, 1, 0, cx_log_reader_shard(reader, 0)->size, take_start, &record,
                           &detail));
    assert_true(record.has_previous);
    cx_log_reader_close(reader);
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
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_claimed(&d);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_reopen(&d);
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
    desk_reopen(&d);
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

static bool
is_stopped(const struct desk *d, const char *why)
{
    const char *text;
    bool is = ledger_stopped(d->ledger, &text);

    assert_string_equal(text, why);
    return is;
}

/* A stop, or its end. */
static void
say(struct desk *d, enum op what, const char *why)
{
    unsigned kind;
    uint32_t status;

    desk_ask(d, what, "", why);
    cx_json_free(desk_said(d, &kind, &status));
    assert_int_equal(status, 200);
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
    desk_reopen(&d); /* it is durable */
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    desk_ask(&d, OP_ACK, "", "");
    desk_expect_reply(&d, 400, "/problems/request", false);
    say(&d, OP_ACK, "looked at it");
    desk_ask(&d, OP_ACK, "", "again");
    desk_expect_reply(&d, 409, "/problems/not-stopped", false);
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_reopen(&d);
    desk_check(&d, "c", BODY("c", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

/* Late, and of another verdict than the deadline makes: that is no excuse. */
TEST(two_judgements_that_differ_late_stop_everything_too)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(&d);
    d.now_ms += 1001;
    assert_true(cx_ok(desk_finish_as(&d, 0, BODY("a", ""), desk_granted, CX_VERDICT_DENY)));
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(is_stopped(&d, "two judgements of one check differ"));
    desk_remove(&d);
}

/* Whoever ends a stop has seen all that it is for, also after a restart. */
TEST(each_cause_of_a_stop_is_told)
{
    uint64_t size;
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    assert_true(cx_ok(desk_start(&d, 1, "b", BODY("b", ""), 30000)));
    desk_expect_started(&d);
    say(&d, OP_STOP, "a person wants it");
    assert_true(cx_ok(desk_finish_as(&d, 0, BODY("a", ""), desk_denied, CX_VERDICT_PERMIT)));
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(is_stopped(&d, "a person wants it; two judgements of one check differ"));
    size = desk_log_size(&d);
    assert_true(cx_ok(desk_finish_as(&d, 1, BODY("b", ""), desk_denied, CX_VERDICT_PERMIT)));
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(is_stopped(&d, "a person wants it; two judgements of one check differ"));
    assert_int_equal(desk_log_size(&d), size + 2); /* start and end of the check: no cause is new */
    say(&d, OP_STOP, "another one too");
    assert_int_equal(desk_log_size(&d), size + 3);
    desk_reopen(&d);
    assert_true(
        is_stopped(&d, "another one too; two judgements of one check differ; a person wants it"));
    say(&d, OP_ACK, "all three were looked at");
    desk_reopen(&d);
    assert_false(is_stopped(&d, ""));
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

/* What the log must have of the check of an id. */
struct kept {
    const char *body;
    enum cx_verdict own_verdict;
    bool is_shadow, expires;
    size_t n;
};

static cx_status
look_at_row(void *ctx, const struct cx_log_row *row)
{
    struct kept *kept = ctx;
    struct cx_detail detail = { .text = "" };
    struct cx_record record;
    struct cx_arena arena;
    uint8_t digest[32];

    cx_arena_init(&arena, CX_RECORD_MAX);
    SCRATCH_OK(cx_log_record(row, &arena, &record, &detail));
    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(kept->body)), digest)));
    assert_true(record.has_body);
    assert_memory_equal(record.body.b, digest, sizeof(digest));
    assert_true(cx_str_equal(record.caller, CX_STR("ra")));
    assert_int_equal(record.own_verdict, kept->own_verdict);
    assert_int_equal(record.is_shadow, kept->is_shadow);
    assert_int_equal(record.conclusion.expires != CX_TIME_NONE, kept->expires);
    cx_arena_done(&arena);
    kept->n++;
    return CX_SUCCESS;
}

static void
expect_kept(struct desk *d, const char *id, struct kept kept)
{
    struct cx_log_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(cx_log_reader_open(d->log.store, &reader, &detail));
    SCRATCH_OK(cx_log_find(reader, cx_str_of(id), look_at_row, &kept, &detail));
    cx_log_reader_close(reader);
    assert_int_equal(kept.n, 1);
}

TEST(who_asked_is_in_the_record)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    expect_kept(&d, "a", (struct kept){ .body = BODY("a", ""), .expires = true });
    desk_check(&d, "b", BODY("b", ",\"verdict\":\"PERMIT\""), desk_denied);
    desk_expect_reply(&d, 200, "DENY", false);
    expect_kept(&d, "b",
                (struct kept){ .body = BODY("b", ",\"verdict\":\"PERMIT\""),
                               .own_verdict = CX_VERDICT_PERMIT });
    desk_remove(&d);
}

/* The reply again, with the same members as the first one: names of what it was checked for, and how. */
static void
expect_again(struct desk *d, const char *authority, const char *mode)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json;
    unsigned kind;
    uint32_t status;

    SCRATCH_OK(ledger_ask(
        d->ledger, OP_GET,
        &(struct op_ask){ .seq = 20, .caller = CX_STR("ra"), .authorities = 3, .id = CX_STR("a") },
        &d->out, &detail));
    desk_turn(d);
    json = desk_said(d, &kind, &status);
    assert_int_equal(status, 200);
    assert_true(desk_text_is(json, "authority", authority) && desk_text_is(json, "mode", mode));
    cx_json_free(json);
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
    expect_kept(&d, "a",
                (struct kept){ .body = body, .own_verdict = CX_VERDICT_DENY, .is_shadow = true });
    desk_close(&d);
    d.authorities[1].is_shadow = false; /* what was said in shadow mode stays so */
    desk_open(&d);
    expect_again(&d, "shadow", "shadow");
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
        BODY(".", ""),
        BODY("a", ",\"timeout_s\":0"),
        BODY("a", ",\"verdict\":\"YES\""),
        BODY("a", ",\"previous\":\"\""),
        "[]",
        "{\"id\":\"a\",\"names\":[\"www.example.com\"]}",
    };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct cx_detail detail = { .text = "" };
        struct intake intake;

        ROW_TRUE(!cx_ok(intake_read(cx_str_of(bad[i]), &intake, &detail)), bad[i]);
        ROW_TRUE(detail.text[0] != '\0', bad[i]);
    }
    assert_true(intake_is_id(CX_STR("..a%2F?#~\"")));
}

/* Told again it has the same members, but for the permit, which is made anew. */
TEST(what_is_told_again_is_the_same)
{
    CX_AUTO(cx_buf_done) struct cx_buf before = { .max = CX_OP_MAX }, after = { .max = CX_OP_MAX };
    unsigned kind;
    uint32_t status;
    struct cx_json *first, *again;
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    first = desk_said(&d, &kind, &status);
    desk_reopen(&d);
    desk_ask(&d, OP_GET, "a", "");
    again = desk_said(&d, &kind, &status);
    assert_true(cx_json_set(first, "record", cx_json_new_null()) &&
                cx_json_set(again, "record", cx_json_new_null()));
    assert_true(desk_text_is(again, "authority", "one") && desk_text_is(again, "mode", "enforce"));
    assert_true(cx_ok(cx_json_write(first, &before)) && cx_ok(cx_json_write(again, &after)));
    if (!cx_str_equal(cx_buf_str(&before), cx_buf_str(&after))) {
        fail_msg("%.*s\n%.*s", (int)before.n, before.p, (int)after.n, after.p);
    }
    cx_json_free(first);
    cx_json_free(again);
    desk_remove(&d);
}

/* The last reply's "problem": its type, "" if it is null, "-" if it is not there. */
static void
expect_problem(struct desk *d, const char *wanted)
{
    unsigned kind;
    uint32_t status;
    struct cx_json *json = desk_said(d, &kind, &status);
    const struct cx_json *problem = cx_json_get(json, "problem");
    cx_str type = problem == NULL ? CX_STR("-") : CX_STR("");

    assert_int_equal(kind, OP_REPLY);
    assert_int_equal(status, 200);
    (void)cx_json_string(cx_json_get(problem, "type"), &type);
    if (!cx_str_equal(type, cx_str_of(wanted))) {
        fail_msg("%s was wanted, not %.*s", wanted, (int)type.n, type.p);
    }
    cx_json_free(json);
}

/* START to reply, or the reply at once to what is known, with a problem. */
static void
check_for_problem(struct desk *d, const char *id, const char *world)
{
    struct op_frame frame;
    char body[200];
    bool more;

    (void)snprintf(body, sizeof(body), BODY("%s", ""), id);
    d->wants_problem = true;
    assert_true(cx_ok(desk_start(d, 0, id, body, 30000)));
    d->wants_problem = false;
    assert_true(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(&d->out)), &frame, &more)) && !more);
    if (frame.kind == OP_STARTED) {
        desk_expect_started(d);
        desk_finish(d, 0, body, world);
        desk_turn(d);
    }
}

static void
ask_for_problem(struct desk *d, const char *id)
{
    d->wants_problem = true;
    desk_ask(d, OP_GET, id, "");
    d->wants_problem = false;
}

#define ACME "urn:ietf:params:acme:error:"

TEST(who_wants_a_problem_gets_it_now_and_later)
{
    struct desk d;

    desk_make(&d);
    for (int i = 0; i < 2; i++) { /* the second time it is known */
        check_for_problem(&d, "a", desk_denied);
        expect_problem(&d, ACME "caa");
        check_for_problem(&d, "b", desk_granted);
        expect_problem(&d, "");
    }
    desk_reopen(&d);
    ask_for_problem(&d, "a");
    expect_problem(&d, ACME "caa");
    ask_for_problem(&d, "b");
    expect_problem(&d, "");
    desk_ask(&d, OP_GET, "a", "");
    expect_problem(&d, "-");
    desk_check(&d, "c", BODY("c", ""), desk_denied);
    expect_problem(&d, "-");
    desk_remove(&d);
}

/* A positive verdict that came too late is a failure of ours, and so is what was interrupted. */
TEST(the_problem_of_what_is_late_or_interrupted_is_ours)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    d.wants_problem = true;
    assert_true(cx_ok(desk_start(&d, 0, "late", BODY("late", ""), 1000)));
    desk_expect_started(&d);
    desk_finish(&d, 0, BODY("late", ""), desk_granted);
    d.now_ms += 2000;
    desk_turn(&d);
    expect_problem(&d, ACME "serverInternal");
    desk_ask(&d, OP_GET, "late", "");
    expect_problem(&d, ACME "serverInternal");
    assert_true(cx_ok(desk_start(&d, 1, "gone", BODY("gone", ""), 30000)));
    desk_expect_started(&d);
    SCRATCH_OK(ledger_abandon(d.ledger, 1, &d.out, &detail));
    desk_turn(&d);
    expect_problem(&d, ACME "serverInternal");
    desk_ask(&d, OP_GET, "gone", "");
    expect_problem(&d, ACME "serverInternal");
    desk_remove(&d);
}

/* ---- stops that begin by themselves */

static cx_status
start_as(struct desk *d, const char *caller, const char *id, const char *body)
{
    struct cx_detail detail = { .text = "" };
    uint8_t digest[32];

    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(body)), digest)));
    return ledger_start(d->ledger,
                        &(struct op_start){ .id = cx_str_of(id),
                                            .digest = { digest, 32 },
                                            .received_ms = d->now_ms,
                                            .deadline_ms = d->now_ms + 30000,
                                            .caller = cx_str_of(caller) },
                        &d->out, &detail);
}

/* What a canary gets, if DNS says that. */
static void
canary(struct desk *d, const char *id, const char *body, const char *world, const char *verdict)
{
    assert_true(cx_ok(start_as(d, "canary", id, body)));
    desk_expect_started(d);
    desk_finish(d, 0, body, world);
    desk_turn(d);
    desk_expect_reply(d, 200, verdict, false); /* never a permit */
}

TEST(a_canary_that_is_permitted_stops_everything)
{
    static const char why[] = "a canary was permitted: www.example.com";
    struct desk d;

    desk_make(&d);
    d.options.canary = CX_STR("canary");
    canary(&d, "c1", BODY("c1", ""), desk_denied, "DENY");
    assert_false(is_stopped(&d, ""));
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    canary(&d, "c2", BODY("c2", ""), desk_granted, "PERMIT");
    assert_true(is_stopped(&d, why));
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    canary(&d, "c3", BODY("c3", ""), desk_denied,
           "DENY"); /* whoever repairs it can see that it is well */
    desk_reopen(&d);
    assert_true(is_stopped(&d, why));
    say(&d, OP_ACK, "the zone was wrong");
    assert_false(is_stopped(&d, "ra: the zone was wrong"));
    desk_ask(&d, OP_GET, "c2", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    desk_ask(&d, OP_CLAIM, "c2", "");
    desk_expect_reply(&d, 409, "/problems/no-permit", false);
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

/* That it came too late is no excuse. */
TEST(a_canary_that_is_permitted_late_stops_everything_too)
{
    struct desk d;

    desk_make(&d);
    d.options.canary = CX_STR("canary");
    assert_true(cx_ok(start_as(&d, "canary", "c", BODY("c", ""))));
    desk_expect_started(&d);
    d.now_ms += 30001;
    desk_finish(&d, 0, BODY("c", ""), desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(is_stopped(&d, "a canary was permitted: www.example.com"));
    desk_remove(&d);
}

struct own {
    unsigned asked;
    bool is_wrong;
};

static cx_status
own_check(void *ctx, size_t authority, cx_time now, struct cx_detail *detail)
{
    struct own *own = ctx;

    (void)now;
    assert_int_equal(authority, 0);
    own->asked++;
    return own->is_wrong ? cx_fail(detail, CX_E_POLICY, "OWN mismatch: nobody publishes it")
                         : CX_SUCCESS;
}

/* R-OWN: which names are the CA's changes at midnight; what it publishes does not by itself. */
TEST(issuer_domain_names_that_are_not_those_of_the_cps_stop_everything)
{
    static const char why[] = "authority one: OWN mismatch: nobody publishes it";
    struct own own = { .asked = 0 };
    struct desk d;

    desk_make(&d);
    d.options.own_check = own_check;
    d.options.own_ctx = &own;
    d.now_ms += 60000 - d.now_ms % 60000;
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    own.is_wrong = true;
    d.now_ms += 59999;
    desk_check(&d, "b", BODY("b", ""), desk_granted); /* the minute is not over */
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_int_equal(own.asked, 1);
    d.now_ms += 1;
    assert_true(cx_ok(desk_start(&d, 0, "c", BODY("c", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    assert_int_equal(own.asked, 2);
    desk_turn(&d);
    desk_reopen(&d);
    assert_true(is_stopped(&d, why));
    say(&d, OP_ACK, "not looked at");
    assert_true(cx_ok(desk_start(&d, 0, "c", BODY("c", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false); /* it is still so */
    own.is_wrong = false;
    say(&d, OP_ACK, "the CPS was changed");
    desk_check(&d, "c", BODY("c", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

/* ---- clocks */

/* Two hours back: nothing is appended, and nothing ends the ledger; when it is right again, so is everything. */
TEST(a_clock_behind_the_log_is_waited_for)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;
    uint64_t size;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 1, "b", BODY("b", ""), 30000)));
    desk_expect_started(&d);
    assert_true(cx_ok(desk_start(&d, 2, "c", BODY("c", ""), 30000)));
    desk_expect_started(&d);
    size = desk_log_size(&d);
    d.now_ms -= 2 * HOUR_MS;
    desk_turn(&d); /* starts without an entry wait for the clock too */
    desk_expect_nothing(&d);
    assert_true(cx_ok(desk_start(&d, 0, "d", BODY("d", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_finish(&d, 1, BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 503, "/problems/clock", false);
    assert_true(cx_ok(ledger_abandon(d.ledger, 2, &d.out, &detail)));
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 503, "/problems/clock", false);
    assert_true(cx_ok(desk_start(&d, 1, "e", BODY("e", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/clock", false);
    assert_int_equal(desk_log_size(&d), size);
    d.now_ms += 2 * HOUR_MS;
    desk_turn(&d);
    desk_check(&d, "b", BODY("b", ""), desk_granted); /* the same id */
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

TEST(a_front_that_is_lost_while_the_clock_is_wrong_leaves_its_checks_interrupted)
{
    struct cx_detail detail = { .text = "" };
    struct cx_log_opened opened;
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    d.now_ms += 100;
    desk_turn(&d); /* it has an entry of its own */
    d.now_ms -= 2 * HOUR_MS;
    assert_true(cx_ok(ledger_front_lost(d.ledger, &detail)));
    desk_close(&d);
    assert_int_equal(ledger_open(&d.options, &d.ledger, &opened, &detail).code, CX_E_CLOCK);
    d.now_ms += 2 * HOUR_MS;
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* Nine hours ahead: what was good then is not good now (R-TIME-7), and the log goes on from there. */
TEST(a_clock_that_is_set_forward_ends_permits)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_started(&d);
    d.now_ms += 9 * HOUR_MS;
    desk_finish(&d, 0, BODY("b", ""), desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/expired", false);
    desk_check(&d, "c", BODY("c", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
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
    cmocka_unit_test(a_new_try_names_the_old_one),
    cmocka_unit_test(an_abandoned_check_is_interrupted),
    cmocka_unit_test(a_permit_is_claimed_once),
    cmocka_unit_test(a_later_refusal_of_a_name_bars_the_claim),
    cmocka_unit_test(an_expired_permit_cannot_be_claimed),
    cmocka_unit_test(two_judgements_that_differ_stop_everything),
    cmocka_unit_test(two_judgements_that_differ_late_stop_everything_too),
    cmocka_unit_test(each_cause_of_a_stop_is_told),
    cmocka_unit_test(nothing_can_be_overridden),
    cmocka_unit_test(who_asked_is_in_the_record),
    cmocka_unit_test(in_shadow_mode_nothing_is_permitted),
    cmocka_unit_test(a_front_that_was_taken_over_is_let_go),
    cmocka_unit_test(a_caller_says_no_more_than_is_his),
    cmocka_unit_test(a_canary_that_is_permitted_stops_everything),
    cmocka_unit_test(a_canary_that_is_permitted_late_stops_everything_too),
    cmocka_unit_test(issuer_domain_names_that_are_not_those_of_the_cps_stop_everything),
    cmocka_unit_test(a_clock_behind_the_log_is_waited_for),
    cmocka_unit_test(a_front_that_is_lost_while_the_clock_is_wrong_leaves_its_checks_interrupted),
    cmocka_unit_test(a_clock_that_is_set_forward_ends_permits),
    cmocka_unit_test(what_is_told_again_is_the_same),
    cmocka_unit_test(who_wants_a_problem_gets_it_now_and_later),
    cmocka_unit_test(the_problem_of_what_is_late_or_interrupted_is_ours),
};

TEST_MAIN(tests)

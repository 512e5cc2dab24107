#include "bin/caaproofd/intake.h"
#include "bin/caaproofd/ledger.h"
#include "logs.h"
#include "main.h"
#include "pki/digest.h"

#include <stdio.h>
#include <string.h>

/* The recorder's rules, without its sockets: one id, one end; nothing is permitted but what is in the log in time; what a crash
 * leaves permits nothing (incidents.md scenarios 1-3, 13-15, 17-22). */

#define NOW_MS 1795694400000u /* 2026-11-26T12:00:00Z */

struct desk {
    struct test_log log;
    struct ledger_options options;
    struct ledger_authority authorities[2];
    struct cx_json *defaults;
    struct ledger *ledger;
    struct cx_buf out;
    struct cx_check *given; /* whose answers were given */
    uint64_t now_ms;
    bool wants_problem; /* said with each START and GET */
};

static uint64_t
desk_now(void *ctx)
{
    return ((struct desk *)ctx)->now_ms;
}

static struct cx_json *
parse(const char *text)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = NULL;

    if (!cx_ok(cx_json_parse(cx_str_of(text), &json, &detail))) {
        fail_msg("%s: %s", text, detail.text);
    }
    return json;
}

static void
desk_open(struct desk *d)
{
    struct cx_detail detail = { .text = "" };
    struct cx_log_opened opened;

    SCRATCH_OK(ledger_open(&d->options, &d->ledger, &opened, &detail));
}

static void
desk_make(struct desk *d)
{
    *d = (struct desk){ .now_ms = NOW_MS };
    test_log_make(&d->log, 0);
    test_log_close(&d->log);
    d->defaults = parse("{\"issuer\":[\"ca.example.net\"],\"profile\":\"private\"}");
    for (size_t i = 0; i < 2; i++) {
        d->authorities[i] = (struct ledger_authority){
            .name = i == 0 ? "one" : "shadow",
            .key = { { (uint8_t)(i + 1) } },
            .defaults = d->defaults,
            .is_shadow = i == 1,
            .life_s = 900,
        };
    }
    d->options = (struct ledger_options){
        .store = d->log.store,
        .recorder = { .software = CX_STR("test"),
                      .resolver = CX_STR("test"),
                      .live = true,
                      .messages = CX_MESSAGES_DIGEST },
        .authorities = d->authorities,
        .n_authorities = 2,
        .starts_max = 16,
        .now_ms = desk_now,
        .now_ctx = d,
    };
    cx_buf_init(&d->out, CX_OP_MAX);
    d->now_ms = d->log.clock_ms > NOW_MS ? d->log.clock_ms : NOW_MS;
    desk_open(d);
}

static void
desk_close(struct desk *d)
{
    ledger_close(d->ledger);
    d->ledger = NULL;
}

static void
desk_remove(struct desk *d)
{
    desk_close(d);
    cx_check_free(d->given);
    cx_json_free(d->defaults);
    cx_buf_done(&d->out);
    test_log_remove(&d->log);
}

/* ---- what front would do */

#define BODY(id, extra)                                                                            \
    "{\"id\":\"" id "\",\"authority\":\"one\",\"names\":[\"www.example.com\"]" extra "}"

static const char granted[] =
    "{\"names\":[\"www.example.com\"],\"answers\":[{\"name\":\"www.example.com\",\"outcome\":"
    "\"records\",\"dnssec\":\"insecure\",\"ttl\":300,\"records\":[{\"flags\":0,\"tag\":\"issue\","
    "\"value\":\"ca.example.net\"}]}]}";
static const char denied[] =
    "{\"names\":[\"www.example.com\"],\"answers\":[{\"name\":\"www.example.com\",\"outcome\":"
    "\"records\",\"dnssec\":\"insecure\",\"ttl\":300,\"records\":[{\"flags\":0,\"tag\":\"issue\","
    "\"value\":\"other.example\"}]}]}";

static void
ignore(void *ctx, struct cx_check *check)
{
    (void)ctx, (void)check;
}

/* The front's own check of these answers. */
static void
climb(struct desk *d, const char *world)
{
    struct cx_json *json = parse(world);

    cx_check_free(d->given);
    d->given = cx_check_new();
    cx_check_start(d->given, json, d->defaults, NULL, (cx_time)(d->now_ms / 1000), ignore, NULL);
    assert_true(cx_ok(d->given->status));
    cx_json_free(json);
}

static cx_status
start(struct desk *d, uint32_t seq, const char *id, const char *body, uint64_t timeout_ms)
{
    struct cx_detail detail = { .text = "" };
    uint8_t digest[32];

    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(body)), digest)));
    return ledger_start(d->ledger,
                        &(struct op_start){ .seq = seq,
                                            .problem = d->wants_problem,
                                            .id = cx_str_of(id),
                                            .digest = { digest, 32 },
                                            .received_ms = d->now_ms,
                                            .deadline_ms = d->now_ms + timeout_ms,
                                            .caller = CX_STR("ra") },
                        &d->out, &detail);
}

static cx_status
finish_as(struct desk *d, uint32_t seq, const char *body, const char *world,
          enum cx_verdict verdict)
{
    struct cx_detail detail = { .text = "" };

    climb(d, world);
    assert_non_null(ledger_arena(d->ledger, seq));
    for (size_t i = 0; i < d->given->answers.n; i++) {
        assert_true(cx_ok(ledger_answer(d->ledger, seq, d->given->answers.v[i])));
    }
    return ledger_finish(d->ledger,
                         &(struct op_finish){ .seq = seq,
                                              .now = d->now_ms / 1000,
                                              .verdict = verdict != CX_VERDICT_UNSET
                                                             ? verdict
                                                             : d->given->conclusion.verdict,
                                              .body = cx_span_of_str(cx_str_of(body)) },
                         &d->out, &detail);
}

static void
finish(struct desk *d, uint32_t seq, const char *body, const char *world)
{
    assert_true(cx_ok(finish_as(d, seq, body, world, CX_VERDICT_UNSET)));
}

static void
turn(struct desk *d)
{
    struct cx_detail detail = { .text = "" };
    bool more;

    SCRATCH_OK(ledger_turn(d->ledger, &d->out, &more, &detail));
}

/* The oldest thing that was said; NULL: nothing was. Freed by the caller. */
static struct cx_json *
said(struct desk *d, unsigned *ret_kind, uint32_t *ret_status)
{
    struct op_frame frame;
    struct op_reply reply = { .status = 0 };
    struct cx_json *json = NULL;
    struct cx_detail detail;
    bool more;

    *ret_kind = *ret_status = 0;
    assert_true(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(&d->out)), &frame, &more)));
    if (more) {
        return NULL;
    }
    *ret_kind = frame.kind;
    if (frame.kind == OP_REPLY) {
        assert_true(cx_ok(op_get_reply(frame.body, &reply)));
        assert_true(cx_ok(cx_json_parse(reply.body, &json, &detail)));
        *ret_status = reply.status;
    }
    cx_buf_drop(&d->out, frame.size);
    return json;
}

static void
expect_started(struct desk *d)
{
    unsigned kind;
    uint32_t status;

    assert_null(said(d, &kind, &status));
    assert_int_equal(kind, OP_STARTED);
}

static void
expect_nothing(struct desk *d)
{
    assert_int_equal(d->out.n, 0);
}

static bool
text_is(const struct cx_json *json, const char *member, const char *wanted)
{
    cx_str text;

    return cx_json_string(cx_json_get(json, member), &text) &&
           cx_str_equal(text, cx_str_of(wanted));
}

/* A reply with that status, verdict (or type of a problem) and a permit or none. */
static void
expect_reply(struct desk *d, uint32_t status, const char *verdict, bool permit)
{
    unsigned kind;
    uint32_t got;
    struct cx_json *json = said(d, &kind, &got);
    const struct cx_json *record = cx_json_get(json, "record");
    cx_str text;

    assert_int_equal(kind, OP_REPLY);
    assert_int_equal(got, status);
    if (!text_is(json, status < 400 ? "verdict" : "type", verdict)) {
        char *dump = NULL;
        struct cx_buf buf = { .max = CX_OP_MAX };

        assert_true(cx_ok(cx_json_write(json, &buf)));
        cx_buf_putc(&buf, '\0');
        dump = buf.p;
        fail_msg("%s was wanted: %s", verdict, dump);
    }
    assert_int_equal(cx_json_string(cx_json_get(record, "permit"), &text), permit);
    cx_json_free(json);
}

/* START to reply, of an id. */
static void
check_whole(struct desk *d, const char *id, const char *body, const char *world)
{
    assert_true(cx_ok(start(d, 0, id, body, 30000)));
    expect_started(d);
    finish(d, 0, body, world);
    expect_nothing(d); /* nothing is said before the disk has it */
    turn(d);
}

static void
ask(struct desk *d, enum op kind, const char *id, const char *text)
{
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(ledger_ask(d->ledger, kind,
                          &(struct op_ask){ .seq = 20,
                                            .caller = CX_STR("ra"),
                                            .authorities = 1,
                                            .problem = d->wants_problem,
                                            .id = cx_str_of(id),
                                            .text = cx_str_of(text) },
                          &d->out, &detail));
    turn(d);
}

static uint64_t
log_size(struct desk *d)
{
    struct cx_log_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };
    uint64_t size;

    SCRATCH_OK(cx_log_reader_open(d->log.store, &reader, &detail));
    size = cx_log_reader_shard(reader, cx_log_reader_shards(reader) - 1)->size;
    cx_log_reader_close(reader);
    return size;
}

/* ---- tests */

TEST(a_positive_check_is_a_permit_and_a_denied_one_is_not)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    check_whole(&d, "b", BODY("b", ""), denied);
    expect_reply(&d, 200, "DENY", false);
    expect_nothing(&d);
    desk_remove(&d);
}

/* Scenario 1: the caller timed out, asks again, and must get the very same check. */
TEST(who_asks_again_gets_the_same_end_also_after_a_restart)
{
    struct desk d;
    uint64_t size;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    size = log_size(&d);
    assert_true(cx_ok(start(&d, 1, "a", BODY("a", ""), 30000)));
    expect_reply(&d, 200, "PERMIT", true);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(start(&d, 1, "a", BODY("a", ""), 30000)));
    expect_reply(&d, 200, "PERMIT", true);
    assert_int_equal(log_size(&d), size); /* nothing was checked twice */
    desk_remove(&d);
}

TEST(another_body_under_the_same_id_is_a_conflict)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(start(&d, 1, "a", BODY("a", ",\"method\":\"dns-01\""), 30000)));
    expect_reply(&d, 409, "/problems/conflict", false);
    ask(&d, OP_GET, "nobody", "");
    expect_reply(&d, 404, "/problems/unknown-id", false);
    desk_remove(&d);
}

/* R-PRF-1. */
TEST(a_verdict_after_the_deadline_is_a_failure_for_ever)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(start(&d, 0, "a", BODY("a", ""), 1000)));
    expect_started(&d);
    d.now_ms += 1001;
    finish(&d, 0, BODY("a", ""), granted);
    turn(&d);
    expect_reply(&d, 200, "FAIL", false);
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* Judged in time, but the disk was slow. */
static void
slow_commit(struct desk *d)
{
    assert_true(cx_ok(start(d, 0, "a", BODY("a", ""), 1000)));
    expect_started(d);
    d->now_ms += 900;
    finish(d, 0, BODY("a", ""), granted);
    d->now_ms += 200; /* as if the commit took that */
}

TEST(a_commit_after_the_deadline_permits_nothing_for_ever)
{
    struct desk d;

    desk_make(&d);
    slow_commit(&d);
    turn(&d);
    expect_reply(&d, 200, "FAIL", false);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    ask(&d, OP_CLAIM, "a", "");
    expect_reply(&d, 409, "/problems/spent", false);
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* Nobody can tell whether a check that a crash left at the end of the log was durable in time. */
TEST(what_a_crash_leaves_behind_a_deadline_permits_nothing)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    d.now_ms += 31000; /* its deadline is over */
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    desk_close(&d);
    d.now_ms += 120000; /* and stays so, when other entries came after it */
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

TEST(a_start_without_an_end_is_interrupted)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(start(&d, 0, "a", BODY("a", ""), 30000)));
    expect_started(&d);
    d.now_ms += CX_START_WAIT_MS;
    turn(&d); /* it is an entry now */
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(start(&d, 1, "a", BODY("a", ""), 30000)));
    expect_reply(&d, 200, "FAIL", false); /* the same id never ends otherwise */
    assert_true(cx_ok(start(&d, 1, "a", BODY("a", ",\"method\":\"dns-01\""), 30000)));
    expect_reply(&d, 409, "/problems/conflict", false);
    desk_remove(&d);
}

TEST(checks_of_a_front_that_is_gone_are_interrupted)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(start(&d, 0, "a", BODY("a", ""), 30000)));
    expect_started(&d);
    SCRATCH_OK(ledger_front_lost(d.ledger, &detail));
    turn(&d);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(start(&d, 0, "b", BODY("b", ""), 30000))); /* its place is free */
    expect_started(&d);
    desk_remove(&d);
}

TEST(an_abandoned_check_is_interrupted)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(start(&d, 0, "a", BODY("a", ""), 30000)));
    expect_started(&d);
    SCRATCH_OK(ledger_abandon(d.ledger, 0, &d.out, &detail));
    turn(&d);
    expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

TEST(a_permit_is_claimed_once)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    {
        unsigned kind;
        uint32_t status;
        struct cx_json *json;

        ask(&d, OP_CLAIM, "a", "");
        json = said(&d, &kind, &status);
        assert_int_equal(status, 200);
        assert_true(text_is(json, "state", "claimed"));
        cx_json_free(json);
    }
    ask(&d, OP_CLAIM, "a", "");
    expect_reply(&d, 409, "/problems/spent", false);
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_CLAIM, "a", "");
    expect_reply(&d, 409, "/problems/spent", false);
    ask(&d, OP_GET, "a", "");
    expect_reply(&d, 200, "PERMIT", false); /* the verdict stands, the permit is used */
    desk_remove(&d);
}

TEST(a_later_refusal_of_a_name_bars_the_claim)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    check_whole(&d, "b", BODY("b", ""), denied);
    expect_reply(&d, 200, "DENY", false);
    ask(&d, OP_CLAIM, "a", "");
    expect_reply(&d, 409, "/problems/not-positive", false);
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_CLAIM, "a", "");
    expect_reply(&d, 409, "/problems/not-positive", false);
    check_whole(&d, "c", BODY("c", ""), granted); /* a new check may be claimed */
    expect_reply(&d, 200, "PERMIT", true);
    {
        unsigned kind;
        uint32_t status;

        ask(&d, OP_CLAIM, "c", "");
        cx_json_free(said(&d, &kind, &status));
        assert_int_equal(status, 200);
    }
    desk_remove(&d);
}

TEST(an_expired_permit_cannot_be_claimed)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    d.now_ms += 901000;
    ask(&d, OP_CLAIM, "a", "");
    expect_reply(&d, 409, "/problems/expired", false);
    ask(&d, OP_CLAIM, "b", "");
    expect_reply(&d, 404, "/problems/unknown-id", false);
    desk_remove(&d);
}

/* Scenario 17: two parts of one system that see things differently. */
TEST(two_judgements_that_differ_stop_everything)
{
    struct desk d;

    desk_make(&d);
    check_whole(&d, "p", BODY("p", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(start(&d, 0, "a", BODY("a", ""), 30000)));
    expect_started(&d);
    assert_true(cx_ok(finish_as(&d, 0, BODY("a", ""), denied, CX_VERDICT_PERMIT)));
    turn(&d);
    expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(start(&d, 0, "b", BODY("b", ""), 30000)));
    expect_reply(&d, 503, "/problems/stopped", false);
    ask(&d, OP_CLAIM, "p", "");
    expect_reply(&d, 503, "/problems/stopped", false);
    ask(&d, OP_GET, "p", "");
    expect_reply(&d, 200, "PERMIT", false);
    desk_close(&d);
    desk_open(&d); /* it is durable */
    assert_true(cx_ok(start(&d, 0, "b", BODY("b", ""), 30000)));
    expect_reply(&d, 503, "/problems/stopped", false);
    ask(&d, OP_ACK, "", "");
    expect_reply(&d, 400, "/problems/request", false);
    {
        unsigned kind;
        uint32_t status;

        ask(&d, OP_ACK, "", "looked at it");
        cx_json_free(said(&d, &kind, &status));
        assert_int_equal(status, 200);
    }
    ask(&d, OP_ACK, "", "again");
    expect_reply(&d, 409, "/problems/not-stopped", false);
    check_whole(&d, "b", BODY("b", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    desk_open(&d);
    check_whole(&d, "c", BODY("c", ""), granted);
    expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

TEST(nothing_can_be_overridden)
{
    struct desk d;
    uint64_t size;

    desk_make(&d);
    check_whole(&d, "a", BODY("a", ""), denied);
    expect_reply(&d, 200, "DENY", false);
    size = log_size(&d);
    ask(&d, OP_OVERRIDE, "a", "please");
    expect_reply(&d, 403, "/problems/no-override", false);
    assert_int_equal(log_size(&d), size + 1); /* that it was asked for is kept */
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
    expect_started(&d);
    finish(&d, 0, body, granted);
    turn(&d);
    expect_reply(&d, 200, "PERMIT", false);
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
    assert_int_equal(start(&d, 16, "a", BODY("a", ""), 1000).code, CX_E_FRAME);
    assert_int_equal(start(&d, 0, "a b", BODY("a b", ""), 1000).code, CX_E_FRAME);
    assert_true(cx_ok(start(&d, 0, "a", BODY("a", ""), 1000)));
    expect_started(&d);
    assert_int_equal(start(&d, 0, "b", BODY("b", ""), 1000).code, CX_E_FRAME);
    assert_int_equal(finish_as(&d, 0, BODY("b", ""), granted, CX_VERDICT_PERMIT).code, CX_E_FRAME);
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
        BODY("", ""),
        BODY("a/b", ""), /* an id can be asked for: it is a segment of a path */
        BODY("a\\\\b", ""),
        BODY(".", ""),
        BODY("..", ""),
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
    check_whole(&d, "a", BODY("a", ""), granted);
    first = said(&d, &kind, &status);
    desk_close(&d);
    desk_open(&d);
    ask(&d, OP_GET, "a", "");
    again = said(&d, &kind, &status);
    assert_true(cx_json_set(first, "record", cx_json_new_null()) &&
                cx_json_set(again, "record", cx_json_new_null()));
    assert_true(text_is(again, "authority", "one") && text_is(again, "mode", "enforce"));
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
    struct cx_json *json = said(d, &kind, &status);
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
    assert_true(cx_ok(start(d, 0, id, body, 30000)));
    d->wants_problem = false;
    assert_true(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(&d->out)), &frame, &more)) && !more);
    if (frame.kind == OP_STARTED) {
        expect_started(d);
        finish(d, 0, body, world);
        turn(d);
    }
}

static void
ask_for_problem(struct desk *d, const char *id)
{
    d->wants_problem = true;
    ask(d, OP_GET, id, "");
    d->wants_problem = false;
}

#define ACME "urn:ietf:params:acme:error:"

TEST(who_wants_a_problem_gets_it_now_and_later)
{
    struct desk d;

    desk_make(&d);
    for (int i = 0; i < 2; i++) { /* the second time it is known */
        check_for_problem(&d, "a", denied);
        expect_problem(&d, ACME "caa");
        check_for_problem(&d, "b", granted);
        expect_problem(&d, "");
    }
    desk_close(&d);
    desk_open(&d);
    ask_for_problem(&d, "a");
    expect_problem(&d, ACME "caa");
    ask_for_problem(&d, "b");
    expect_problem(&d, "");
    ask(&d, OP_GET, "a", "");
    expect_problem(&d, "-");
    check_whole(&d, "c", BODY("c", ""), denied);
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
    assert_true(cx_ok(start(&d, 0, "late", BODY("late", ""), 1000)));
    expect_started(&d);
    finish(&d, 0, BODY("late", ""), granted);
    d.now_ms += 2000;
    turn(&d);
    expect_problem(&d, ACME "serverInternal");
    ask(&d, OP_GET, "late", "");
    expect_problem(&d, ACME "serverInternal");
    assert_true(cx_ok(start(&d, 1, "gone", BODY("gone", ""), 30000)));
    expect_started(&d);
    SCRATCH_OK(ledger_abandon(d.ledger, 1, &d.out, &detail));
    turn(&d);
    expect_problem(&d, ACME "serverInternal");
    ask(&d, OP_GET, "gone", "");
    expect_problem(&d, ACME "serverInternal");
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
    cmocka_unit_test(an_abandoned_check_is_interrupted),
    cmocka_unit_test(a_permit_is_claimed_once),
    cmocka_unit_test(a_later_refusal_of_a_name_bars_the_claim),
    cmocka_unit_test(an_expired_permit_cannot_be_claimed),
    cmocka_unit_test(two_judgements_that_differ_stop_everything),
    cmocka_unit_test(nothing_can_be_overridden),
    cmocka_unit_test(in_shadow_mode_nothing_is_permitted),
    cmocka_unit_test(a_front_that_was_taken_over_is_let_go),
    cmocka_unit_test(a_caller_says_no_more_than_is_his),
    cmocka_unit_test(what_is_told_again_is_the_same),
    cmocka_unit_test(who_wants_a_problem_gets_it_now_and_later),
    cmocka_unit_test(the_problem_of_what_is_late_or_interrupted_is_ours),
};

TEST_MAIN(tests)

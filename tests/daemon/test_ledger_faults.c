#include "base/alloc.h"
#include "desk.h"
#include "evidence/entry_keys.h"
#include "pki/digest.h"

#include <stdio.h>
#include <string.h>

/* What may befall the recorder: a front that was taken over, clocks that step, memory that is not there, other configurations and sealed
 * shards behind it, and people who write a lot. Whatever it is: no permit that should not be, one end for one id. */

/* Without a turn. */
static cx_status
ask_at_once(struct desk *d, enum op kind, const char *id, const char *text)
{
    struct cx_detail detail = { .text = "" };

    return ledger_ask(d->ledger, kind,
                      &(struct op_ask){ .seq = 20,
                                        .caller = CX_STR("ra"),
                                        .authorities = 1,
                                        .id = cx_str_of(id),
                                        .text = cx_str_of(text) },
                      &d->out, &detail);
}

/* ---- what is not durable */

/* Who claims before he was answered would have a permit of a check that is late. */
TEST(what_is_not_durable_cannot_be_claimed)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(&d);
    desk_finish(&d, 0, BODY("a", ""), desk_granted);
    assert_true(cx_ok(ask_at_once(&d, OP_CLAIM, "a", "")));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    d.now_ms += 1001; /* as if the commit took that */
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_remove(&d);
}

TEST(what_is_not_durable_is_not_told)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(&d);
    desk_finish(&d, 0, BODY("a", ""), desk_granted);
    assert_true(cx_ok(ask_at_once(&d, OP_GET, "a", "")));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 1000)));
    desk_expect_started(&d);
    SCRATCH_OK(ledger_abandon(d.ledger, 0, &d.out, &detail));
    assert_true(cx_ok(ask_at_once(&d, OP_GET, "b", "")));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* ---- a front that was taken over */

/* Else an id that was interrupted would get a second end, by a start under another one; or an authority another's check. */
TEST(a_start_under_another_name_ends_nothing)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;
    uint8_t digest[32];

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    SCRATCH_OK(ledger_abandon(d.ledger, 0, &d.out, &detail));
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    assert_int_equal(desk_finish_as(&d, 0, BODY("a", ""), desk_granted, CX_VERDICT_UNSET).code,
                     CX_E_FRAME);
    SCRATCH_OK(ledger_front_lost(d.ledger, &detail));
    desk_turn(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(cx_sha256(cx_span_of_str(CX_STR(BODY("c", ""))), digest)));
    d.authorities[1].is_shadow = false;
    SCRATCH_OK(ledger_start(d.ledger,
                            &(struct op_start){ .seq = 0,
                                                .authority = 1,
                                                .id = CX_STR("c"),
                                                .digest = { digest, 32 },
                                                .deadline_ms = d.now_ms + 1000,
                                                .caller = CX_STR("ra") },
                            &d.out, &detail));
    desk_expect_started(&d);
    assert_int_equal(desk_finish_as(&d, 0, BODY("c", ""), desk_granted, CX_VERDICT_UNSET).code,
                     CX_E_FRAME);
    desk_remove(&d);
}

/* ---- deadlines */

TEST(front_cannot_make_a_deadline_longer)
{
    struct desk d;

    desk_make(&d);
    d.options.deadline_max_ms = 60000;
    desk_reopen(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000 * HOUR_MS)));
    desk_expect_started(&d);
    d.now_ms += 60001;
    desk_finish(&d, 0, BODY("a", ""), desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* The next commit would have said that it was late. */
TEST(a_restart_doubts_the_last_commit_only)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    d.now_ms += 31000;
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_ask(&d, OP_GET, "b", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_claimed(&d);
    desk_remove(&d);
}

/* However long it had, and however long the commit may have taken. */
TEST(a_restart_doubts_long_deadlines_too)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 120000)));
    desk_expect_started(&d);
    desk_finish(&d, 0, BODY("a", ""), desk_granted);
    desk_turn(&d);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    d.now_ms += 120001;
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

TEST(what_was_late_stays_late_for_ever)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_started(&d);
    desk_finish(&d, 0, BODY("a", ""), desk_granted);
    d.now_ms += 1001; /* as if the commit took that */
    desk_turn(&d);
    desk_expect_reply(&d, 200, "FAIL", false);
    d.now_ms += 24 * HOUR_MS;
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_reopen(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "FAIL", false);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_remove(&d);
}

/* ---- clocks */

static void
claim_once(struct desk *d)
{
    desk_make(d);
    desk_check(d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(d, 200, "PERMIT", true);
    desk_ask(d, OP_CLAIM, "a", "");
    desk_expect_claimed(d);
}

TEST(a_clock_that_was_wrong_for_a_while_forgets_no_claim)
{
    struct desk d;

    claim_once(&d);
    d.now_ms += 9 * HOUR_MS;
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    d.now_ms -= 9 * HOUR_MS;
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_close(&d);
    d.now_ms += 9 * HOUR_MS;
    desk_open(&d);
    d.now_ms -= 9 * HOUR_MS;
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/spent", false);
    desk_remove(&d);
}

/* What cannot be written is refused, and nothing else happens. */
TEST(a_clock_behind_the_log_permits_nothing_and_ends_nothing)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    for (uint32_t i = 0; i < 3; i++) {
        static const char *const ids[] = { "b", "c", "d" };

        assert_true(cx_ok(desk_start(&d, i, ids[i], BODY("b", ""), 30000)));
        desk_expect_started(&d);
    }
    d.now_ms -= 2 * HOUR_MS;
    desk_turn(&d);
    assert_true(cx_ok(desk_start(&d, 3, "e", BODY("e", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_finish(&d, 0, BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_ask(&d, OP_OVERRIDE, "a", "please");
    desk_expect_reply(&d, 503, "/problems/clock", false);
    SCRATCH_OK(ledger_abandon(d.ledger, 1, &d.out, &detail));
    desk_expect_reply(&d, 503, "/problems/clock", false);
    SCRATCH_OK(ledger_front_lost(d.ledger, &detail));
    desk_ask(&d, OP_STOP, "", "the clock is wrong"); /* holds, though it cannot be written */
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_ask(&d, OP_STOP, "", "the clock is wrong"); /* nobody is told that it is */
    desk_expect_reply(&d, 503, "/problems/clock", false);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    d.now_ms += 2 * HOUR_MS;
    desk_reopen(&d);
    desk_check(&d, "b", BODY("b", ""), desk_granted); /* it had no end */
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

TEST(a_stop_while_the_clock_is_wrong_is_written_when_it_is_right)
{
    const char *why;
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    d.now_ms -= 2 * HOUR_MS;
    desk_ask(&d, OP_STOP, "", "the clock is wrong");
    desk_expect_reply(&d, 503, "/problems/clock", false);
    d.now_ms += 2 * HOUR_MS;
    desk_turn(&d);
    desk_reopen(&d);
    assert_true(ledger_stopped(d.ledger, &why));
    assert_string_equal(why, "the clock is wrong");
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_reply(&d, 503, "/problems/stopped", false);
    desk_remove(&d);
}

/* Neither is the front let go, which had the same clock, nor anything judged. */
TEST(a_clock_that_goes_back_during_a_check_ends_that_check_only)
{
    struct desk d;

    desk_make(&d);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_started(&d);
    desk_climb(&d, desk_granted);
    d.now_ms -= 2 * HOUR_MS;
    assert_true(cx_ok(desk_finish_given(&d, 0, BODY("a", ""), CX_VERDICT_UNSET)));
    desk_expect_reply(&d, 503, "/problems/clock", false);
    d.now_ms += 2 * HOUR_MS;
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_remove(&d);
}

/* A permit does not come to life again. */
TEST(what_expired_by_the_log_stays_expired)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    d.now_ms += HOUR_MS;
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    d.now_ms -= HOUR_MS;
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    desk_remove(&d);
}

/* ---- other configurations */

TEST(an_authority_that_went_into_shadow_mode_permits_nothing)
{
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_close(&d);
    d.authorities[0].is_shadow = true;
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 1000)));
    desk_expect_reply(&d, 200, "PERMIT", false);
    desk_ask(&d, OP_CLAIM, "b", "");
    desk_expect_reply(&d, 409, "/problems/no-permit", false);
    desk_remove(&d);
}

/* Claims are remembered for as long as permits live by this configuration. */
TEST(a_permit_of_longer_days_is_not_used_twice)
{
    struct desk d;

    desk_make(&d);
    d.authorities[0].life_s = 8 * 3600;
    desk_reopen(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_claimed(&d);
    desk_close(&d);
    d.now_ms += 2 * HOUR_MS;
    d.authorities[0].life_s = 900;
    desk_open(&d);
    desk_check(&d, "b", BODY("b", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    desk_ask(&d, OP_CLAIM, "a", "");
    assert_true(d.out.n != 0);
    {
        unsigned kind;
        uint32_t status;
        struct cx_json *json = desk_said(&d, &kind, &status);

        assert_int_equal(status, 409);
        cx_json_free(json);
    }
    desk_reopen(&d);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 409, "/problems/expired", false);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false);
    desk_remove(&d);
}

/* The name of an authority may be another one's by now: what was found for one is not told for the other. */
TEST(a_check_of_one_authority_is_not_told_for_another)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;
    uint8_t digest[32];

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(cx_sha256(cx_span_of_str(CX_STR(BODY("a", ""))), digest)));
    SCRATCH_OK(ledger_start(d.ledger,
                            &(struct op_start){ .seq = 0,
                                                .authority = 1,
                                                .id = CX_STR("a"),
                                                .digest = { digest, 32 },
                                                .deadline_ms = d.now_ms + 1000,
                                                .caller = CX_STR("ra") },
                            &d.out, &detail));
    desk_expect_reply(&d, 403, "/problems/forbidden", false);
    desk_remove(&d);
}

static void
seal(struct desk *d)
{
    struct cx_detail detail = { .text = "" };
    const struct cx_log_options options = { .now_ms = d->options.now_ms,
                                            .now_ctx = d->options.now_ctx };
    struct cx_log_opened opened;
    struct cx_log *log;

    SCRATCH_OK(cx_log_open(d->log.store, &options, &log, &opened, &detail));
    SCRATCH_OK(cx_log_seal(log, &detail));
    cx_log_close(log);
}

TEST(ids_of_a_sealed_shard_stay_known)
{
    struct cx_detail detail = { .text = "" };
    struct desk d;

    desk_make(&d);
    desk_check(&d, "a", BODY("a", ""), desk_granted);
    desk_expect_reply(&d, 200, "PERMIT", true);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_started(&d);
    SCRATCH_OK(ledger_front_lost(d.ledger, &detail));
    desk_turn(&d);
    desk_close(&d);
    seal(&d);
    desk_open(&d);
    desk_ask(&d, OP_GET, "a", "");
    desk_expect_reply(&d, 200, "PERMIT", false); /* of this shard only */
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ""), 30000)));
    desk_expect_reply(&d, 200, "PERMIT", false);
    assert_true(cx_ok(desk_start(&d, 0, "a", BODY("a", ",\"method\":\"dns-01\""), 30000)));
    desk_expect_reply(&d, 409, "/problems/conflict", false);
    assert_true(cx_ok(desk_start(&d, 0, "b", BODY("b", ""), 30000)));
    desk_expect_reply(&d, 200, "FAIL", false);
    desk_ask(&d, OP_CLAIM, "a", "");
    desk_expect_reply(&d, 404, "/problems/unknown-id", false);
    desk_remove(&d);
}

/* ---- what people write */

static void
expect_stopped(const struct desk *d, const char *begins)
{
    struct cx_json *status = ledger_status(d->ledger);
    cx_str why;

    assert_true(cx_json_string(cx_json_get(status, "stopped"), &why));
    assert_true(why.n >= strlen(begins) && memcmp(why.p, begins, strlen(begins)) == 0);
    cx_json_free(status);
}

/* A stop that is lost because its reason is long would be the worst time to lose one. */
TEST(a_stop_holds_whatever_its_reason)
{
    char text[CX_CALLER_MAX + 1] = "";

    for (size_t i = 0; i + 2 <= CX_CALLER_MAX; i += 2) {
        memcpy(text + i, "\xc3\xa9", 3);
    }
    for (size_t shift = 0; shift < 2; shift++) { /* each cut is inside a character once */
        struct desk d;
        unsigned kind;
        uint32_t status;

        desk_make(&d);
        text[0] = shift == 0 ? '\xc3' : 'a';
        text[1] = shift == 0 ? '\xa9' : 'b';
        desk_ask(&d, OP_STOP, "", text + shift);
        cx_json_free(desk_said(&d, &kind, &status));
        assert_int_equal(status, 200);
        expect_stopped(&d, shift == 0 ? "\xc3\xa9\xc3\xa9" : "b\xc3\xa9");
        desk_reopen(&d);
        expect_stopped(&d, shift == 0 ? "\xc3\xa9\xc3\xa9" : "b\xc3\xa9");
        desk_remove(&d);
    }
}

/* ---- memory */

struct ends {
    cx_str id;
    size_t checks, interrupted;
};

static cx_status
count_end(void *ctx, const struct cx_log_row *row)
{
    struct ends *ends = ctx;
    struct cx_event event;

    if (row->entry[1] == CX_ENTRY_CHECK) {
        ends->checks++;
    } else if (row->entry[1] == CX_ENTRY_EVENT) {
        assert_true(cx_ok(cx_log_event(row, &event, NULL)));
        ends->interrupted +=
            event.type == CX_EVENT_INTERRUPTED && cx_str_equal(event.request, ends->id) ? 1 : 0;
    }
    return CX_SUCCESS;
}

static void
find_ends(const struct desk *d, struct ends *ends)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 1000 };
    struct cx_detail detail = { .text = "" };
    struct cx_log_reader *reader = NULL;

    SCRATCH_OK(cx_log_reader_open(d->log.store, &reader, &detail));
    SCRATCH_OK(cx_log_find(reader, ends->id, count_end, ends, &detail));
    cx_log_key_request(ends->id, &key);
    SCRATCH_OK(cx_log_find(reader, cx_buf_str(&key), count_end, ends, &detail));
    cx_log_reader_close(reader);
}

/* As the recorder does it: whatever failed, the front is let go, and then comes a turn. A slow check's start is an entry. */
static cx_status
check_or_fail(struct desk *d, const char *id, const char *body, bool slow)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = desk_start(d, 0, id, body, 30000), after;
    bool more;

    if (cx_ok(s) && slow) {
        d->now_ms += CX_START_WAIT_MS;
        s = ledger_turn(d->ledger, &d->out, &more, &detail);
    }
    s = cx_ok(s) ? desk_finish_given(d, 0, body, CX_VERDICT_UNSET) : s;
    s = cx_ok(s) ? ledger_turn(d->ledger, &d->out, &more, &detail) : s;
    if (!cx_ok(s)) {
        assert_int_equal(cx_status_class(s), CX_CLASS_NOMEM);
        after = ledger_front_lost(d->ledger, &detail);
        after = cx_ok(after) ? ledger_turn(d->ledger, &d->out, &more, &detail) : after;
        (void)after; /* it may have failed for good */
    }
    return s;
}

/* A reply with a permit, if there is one, behind OP_STARTED. */
static bool
has_permit(struct desk *d)
{
    bool permit = false;
    unsigned kind;

    do {
        uint32_t status;
        struct cx_json *json = desk_said(d, &kind, &status);
        cx_str text;

        permit |= cx_json_string(cx_json_get(cx_json_get(json, "record"), "permit"), &text);
        cx_json_free(json);
    } while (kind != 0);
    return permit;
}

/* One end at most, and what was told stays true. */
static void
look_at_end(struct desk *d, const char *id, bool permitted)
{
    struct ends ends = { .id = cx_str_of(id) };

    desk_reopen(d);
    find_ends(d, &ends);
    if (ends.checks + ends.interrupted > 1) {
        fail_msg("%s has %zu checks and was interrupted %zu times", id, ends.checks,
                 ends.interrupted);
    }
    assert_true(!permitted || ends.checks == 1);
    desk_ask(d, OP_GET, id, "");
    assert_int_equal(has_permit(d), ends.checks == 1);
}

static void
fail_each_allocation(bool slow)
{
    struct desk d;
    size_t nth = 0, seen;

    desk_make(&d);
    do {
        char id[20], body[100];
        bool permitted;
        cx_status s;

        nth++;
        (void)snprintf(id, sizeof(id), "n%zu", nth);
        (void)snprintf(body, sizeof(body),
                       "{\"id\":\"%s\",\"authority\":\"one\",\"names\":[\"www.example.com\"]}", id);
        desk_climb(&d, desk_granted);
        (void)cx_alloc_fail_nth(nth);
        s = check_or_fail(&d, id, body, slow);
        seen = cx_alloc_fail_nth(0);
        permitted = has_permit(&d);
        assert_true(seen >= nth || (cx_ok(s) && permitted));
        look_at_end(&d, id, permitted);
    } while (seen >= nth);
    assert_true(nth > 20);
    desk_remove(&d);
}

TEST(a_check_survives_every_oom)
{
    fail_each_allocation(false);
    fail_each_allocation(true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_not_durable_cannot_be_claimed),
    cmocka_unit_test(what_is_not_durable_is_not_told),
    cmocka_unit_test(a_start_under_another_name_ends_nothing),
    cmocka_unit_test(front_cannot_make_a_deadline_longer),
    cmocka_unit_test(a_restart_doubts_the_last_commit_only),
    cmocka_unit_test(a_restart_doubts_long_deadlines_too),
    cmocka_unit_test(what_was_late_stays_late_for_ever),
    cmocka_unit_test(a_clock_that_was_wrong_for_a_while_forgets_no_claim),
    cmocka_unit_test(a_clock_behind_the_log_permits_nothing_and_ends_nothing),
    cmocka_unit_test(a_stop_while_the_clock_is_wrong_is_written_when_it_is_right),
    cmocka_unit_test(a_clock_that_goes_back_during_a_check_ends_that_check_only),
    cmocka_unit_test(what_expired_by_the_log_stays_expired),
    cmocka_unit_test(an_authority_that_went_into_shadow_mode_permits_nothing),
    cmocka_unit_test(a_permit_of_longer_days_is_not_used_twice),
    cmocka_unit_test(a_check_of_one_authority_is_not_told_for_another),
    cmocka_unit_test(ids_of_a_sealed_shard_stay_known),
    cmocka_unit_test(a_stop_holds_whatever_its_reason),
    cmocka_unit_test(a_check_survives_every_oom),
};

TEST_MAIN(tests)

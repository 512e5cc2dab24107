#include "desk.h"

#include "pki/digest.h"

#include <string.h>

static uint64_t
desk_now(void *ctx)
{
    return ((struct desk *)ctx)->now_ms;
}

struct cx_json *
desk_parse(const char *text)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = NULL;

    if (!cx_ok(cx_json_parse(cx_str_of(text), &json, &detail))) {
        fail_msg("%s: %s", text, detail.text);
    }
    return json;
}

void
desk_open(struct desk *d)
{
    struct cx_detail detail = { .text = "" };
    struct cx_log_opened opened;

    SCRATCH_OK(ledger_open(&d->options, &d->ledger, &opened, &detail));
}

void
desk_make(struct desk *d)
{
    *d = (struct desk){ .now_ms = NOW_MS };
    test_log_make(&d->log, 0);
    test_log_close(&d->log);
    d->defaults = desk_parse("{\"issuer\":[\"ca.example.net\"],\"profile\":\"private\"}");
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

void
desk_close(struct desk *d)
{
    ledger_close(d->ledger);
    d->ledger = NULL;
}

void
desk_reopen(struct desk *d)
{
    desk_close(d);
    desk_open(d);
}

void
desk_remove(struct desk *d)
{
    desk_close(d);
    cx_check_free(d->given);
    cx_json_free(d->defaults);
    cx_buf_done(&d->out);
    test_log_remove(&d->log);
}

/* ---- what front would do */

const char desk_granted[] =
    "{\"names\":[\"www.example.com\"],\"answers\":[{\"name\":\"www.example.com\",\"outcome\":"
    "\"records\",\"dnssec\":\"insecure\",\"ttl\":300,\"records\":[{\"flags\":0,\"tag\":\"issue\","
    "\"value\":\"ca.example.net\"}]}]}";
const char desk_denied[] =
    "{\"names\":[\"www.example.com\"],\"answers\":[{\"name\":\"www.example.com\",\"outcome\":"
    "\"records\",\"dnssec\":\"insecure\",\"ttl\":300,\"records\":[{\"flags\":0,\"tag\":\"issue\","
    "\"value\":\"other.example\"}]}]}";

static void
ignore(void *ctx, struct cx_check *check)
{
    (void)ctx, (void)check;
}

/* The front's own check of these answers. */
void
desk_climb(struct desk *d, const char *world)
{
    struct cx_json *json = desk_parse(world);

    cx_check_free(d->given);
    d->given = cx_check_new();
    cx_check_start(d->given, json, d->defaults, NULL, (cx_time)(d->now_ms / 1000), ignore, NULL);
    assert_true(cx_ok(d->given->status));
    cx_json_free(json);
}

cx_status
desk_start(struct desk *d, uint32_t seq, const char *id, const char *body, uint64_t timeout_ms)
{
    struct cx_detail detail = { .text = "" };
    uint8_t digest[32];

    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(body)), digest)));
    return ledger_start(d->ledger,
                        &(struct op_start){ .seq = seq,
                                            .id = cx_str_of(id),
                                            .digest = { digest, 32 },
                                            .received_ms = d->now_ms,
                                            .deadline_ms = d->now_ms + timeout_ms,
                                            .caller = CX_STR("ra"),
                                            .problem = d->wants_problem },
                        &d->out, &detail);
}

cx_status
desk_finish_given(struct desk *d, uint32_t seq, const char *body, enum cx_verdict verdict)
{
    struct cx_detail detail = { .text = "" };
    const struct op_finish op = {
        .seq = seq,
        .now = d->now_ms / 1000,
        .verdict = verdict != CX_VERDICT_UNSET ? verdict : d->given->conclusion.verdict,
        .body = cx_span_of_str(cx_str_of(body)),
    };

    for (size_t i = 0; i < d->given->answers.n; i++) {
        if (ledger_arena(d->ledger, seq) == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        CX_TRY(ledger_answer(d->ledger, seq, d->given->answers.v[i]));
    }
    return ledger_finish(d->ledger, &op, &d->out, &detail);
}

cx_status
desk_finish_as(struct desk *d, uint32_t seq, const char *body, const char *world,
               enum cx_verdict verdict)
{
    desk_climb(d, world);
    return desk_finish_given(d, seq, body, verdict);
}

void
desk_finish(struct desk *d, uint32_t seq, const char *body, const char *world)
{
    assert_true(cx_ok(desk_finish_as(d, seq, body, world, CX_VERDICT_UNSET)));
}

void
desk_turn(struct desk *d)
{
    struct cx_detail detail = { .text = "" };
    bool more;

    SCRATCH_OK(ledger_turn(d->ledger, &d->out, &more, &detail));
}

/* The oldest thing that was said; NULL: nothing was. Freed by the caller. */
struct cx_json *
desk_said(struct desk *d, unsigned *ret_kind, uint32_t *ret_status)
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

void
desk_expect_started(struct desk *d)
{
    unsigned kind;
    uint32_t status;

    assert_null(desk_said(d, &kind, &status));
    assert_int_equal(kind, OP_STARTED);
}

void
desk_expect_nothing(struct desk *d)
{
    assert_int_equal(d->out.n, 0);
}

bool
desk_text_is(const struct cx_json *json, const char *member, const char *wanted)
{
    cx_str text;

    return cx_json_string(cx_json_get(json, member), &text) &&
           cx_str_equal(text, cx_str_of(wanted));
}

/* A reply with that status, verdict (or type of a problem) and a permit or none. */
void
desk_expect_reply(struct desk *d, uint32_t status, const char *verdict, bool permit)
{
    unsigned kind;
    uint32_t got;
    struct cx_json *json = desk_said(d, &kind, &got);
    const struct cx_json *record = cx_json_get(json, "record");
    cx_str text;

    assert_int_equal(kind, OP_REPLY);
    assert_int_equal(got, status);
    if (!desk_text_is(json, status < 400 ? "verdict" : "type", verdict)) {
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
void
desk_check(struct desk *d, const char *id, const char *body, const char *world)
{
    assert_true(cx_ok(desk_start(d, 0, id, body, 30000)));
    desk_expect_started(d);
    desk_finish(d, 0, body, world);
    desk_expect_nothing(d); /* nothing is said before the disk has it */
    desk_turn(d);
}

void
desk_ask(struct desk *d, enum op kind, const char *id, const char *text)
{
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(ledger_ask(d->ledger, kind,
                          &(struct op_ask){ .seq = 20,
                                            .caller = CX_STR("ra"),
                                            .authorities = 1,
                                            .id = cx_str_of(id),
                                            .text = cx_str_of(text),
                                            .problem = d->wants_problem },
                          &d->out, &detail));
    desk_turn(d);
}

uint64_t
desk_log_size(struct desk *d)
{
    struct cx_log_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };
    uint64_t size;

    SCRATCH_OK(cx_log_reader_open(d->log.store, &reader, &detail));
    size = cx_log_reader_shard(reader, cx_log_reader_shards(reader) - 1)->size;
    cx_log_reader_close(reader);
    return size;
}

void
desk_expect_claimed(struct desk *d)
{
    unsigned kind;
    uint32_t status;
    struct cx_json *json = desk_said(d, &kind, &status);

    assert_int_equal(status, 200);
    assert_true(desk_text_is(json, "state", "claimed"));
    cx_json_free(json);
}

#include "bin/caaproofd/attest.h"
#include "log.h"
#include "logs.h"
#include "main.h"

#include <stdio.h>
#include <string.h>

/* The recorder's side of the courier: what it says of outsiders is believed nothing, and counted. */

#define FORK "another log of this origin"

struct desk {
    struct test_log log;
    struct config_witness witnesses[2];
    struct config_timestamp timestamp;
    struct cx_ed25519_key *private_keys[2];
    struct cx_note_key keys[2];
    char vkeys[2][400];
    struct attest *attest;
    struct cx_buf out;
    unsigned told[CONFIG_LEVEL_DEBUG + 1];
    char text[600]; /* told last */
};

static struct desk d;

static cx_span
no_roots(void *ctx, unsigned place)
{
    (void)ctx, (void)place;
    return (cx_span){ (const uint8_t *)"none", 4 };
}

static void
on_tell(void *ctx, enum config_level level, const char *text)
{
    (void)ctx;
    d.told[level]++;
    (void)snprintf(d.text, sizeof(d.text), "%s", text);
}

static void
make_witness(size_t i, const char *name)
{
    struct cx_detail detail = { .text = "" };
    struct cx_buf vkey = { .max = sizeof(d.vkeys[0]) };
    uint8_t public_key[CX_ED25519_PUBLIC];

    d.private_keys[i] = private_key_from(40 * (unsigned)(i + 1));
    cx_ed25519_public(d.private_keys[i], public_key);
    SCRATCH_OK(cx_note_key_make(cx_str_of(name), CX_NOTE_KEY_COSIGNATURE, public_key, &d.keys[i],
                                &detail));
    cx_note_key_write(&d.keys[i], &vkey);
    (void)snprintf(d.vkeys[i], sizeof(d.vkeys[i]), "%.*s", (int)vkey.n, vkey.p);
    d.witnesses[i] = (struct config_witness){ CX_STR("http://w.example"), cx_str_of(d.vkeys[i]) };
    cx_buf_done(&vkey);
}

static int
make(void **state)
{
    struct cx_detail detail = { .text = "" };
    struct attest_options options;

    (void)state;
    memset(&d, 0, sizeof(d));
    test_log_make(&d.log, 0);
    test_log_fill(&d.log, 0, 9);
    make_witness(0, "one.example");
    make_witness(1, "two.example");
    d.timestamp = (struct config_timestamp){ CX_STR("http://t.example"), CX_STR("/t") };
    cx_buf_init(&d.out, CX_OP_MAX);
    options = (struct attest_options){ .store = d.log.store,
                                       .witnesses = d.witnesses,
                                       .n_witnesses = 2,
                                       .timestamps = &d.timestamp,
                                       .n_timestamps = 1,
                                       .roots = no_roots,
                                       .tell = on_tell };
    SCRATCH_OK(attest_new(&options, &d.attest, &detail));
    return 0;
}

static int
done(void **state)
{
    (void)state;
    attest_free(d.attest);
    for (size_t i = 0; i < 2; i++) {
        cx_ed25519_free(d.private_keys[i]);
    }
    cx_buf_done(&d.out);
    test_log_remove(&d.log);
    return 0;
}

/* What lies in buf is said by the courier. */
static cx_status
said(struct cx_buf *buf)
{
    struct cx_detail detail = { .text = "" };
    struct op_frame frame;
    bool more = true;
    cx_status s;

    assert_true(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(buf)), &frame, &more)) && !more);
    assert_int_equal(frame.size, buf->n);
    cx_buf_clear(&d.out);
    s = attest_frame(d.attest, d.log.log, &frame, &d.out, &detail);
    cx_buf_done(buf);
    return s;
}

static struct courier_checkpoint
ask(uint64_t from)
{
    struct cx_buf buf = { .max = CX_OP_MAX };
    struct courier_checkpoint ret;
    struct op_frame frame;
    bool more = true;

    courier_put_ask(&buf, from);
    assert_true(cx_ok(said(&buf)));
    assert_true(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(&d.out)), &frame, &more)) && !more);
    assert_int_equal(frame.kind, COURIER_CHECKPOINT);
    assert_true(cx_ok(courier_get_checkpoint(frame.body, &ret)));
    return ret;
}

/* By the key of signer, of the checkpoint that the log has now. */
static cx_status
cosigned(uint32_t place, size_t signer, uint64_t size)
{
    struct cx_detail detail = { .text = "" };
    struct cx_buf buf = { .max = CX_OP_MAX }, lines = { .max = 4096 };
    const char *end = strstr(d.log.note, "\n\n");
    cx_status s;

    SCRATCH_OK(cx_note_sign((cx_str){ d.log.note, (size_t)(end + 1 - d.log.note) }, &d.keys[signer],
                            d.private_keys[signer], 1000, &lines, &detail));
    courier_put_cosigned(&buf, &(struct courier_cosigned){ place, size, cx_buf_str(&lines) });
    s = said(&buf);
    cx_buf_done(&lines);
    return s;
}

static cx_status
failed(enum outsider_kind kind, uint32_t place, bool is_fork, const char *why)
{
    struct cx_buf buf = { .max = CX_OP_MAX };

    courier_put_failed(&buf, &(struct courier_failed){ kind, place, is_fork, cx_str_of(why) });
    return said(&buf);
}

static int64_t
status_of(size_t outsider, const char *member)
{
    struct cx_json *json = attest_status(d.attest, d.log.log);
    int64_t n = -1;

    assert_non_null(json);
    assert_int_equal(cx_json_size(json), 3);
    (void)cx_json_integer(cx_json_get(cx_json_at(json, outsider), member), &n);
    cx_json_free(json);
    return n;
}

TEST(a_checkpoint_with_its_proof)
{
    struct courier_checkpoint c;
    struct cx_hash root = d.log.root;

    c = ask(0);
    assert_true(c.size == 10 && c.path.n == 0 && c.witnesses.n == 2 && c.stamps.n == 1);
    assert_true(cx_str_equal(c.note, cx_str_of(d.log.note)));
    test_log_fill(&d.log, 9, 23);
    c = ask(10);
    assert_int_equal(c.size, 24);
    assert_true(cx_ok(cx_consistency_verify(10, &root, 24, &d.log.root, &c.path)));
    c = ask(25); /* a witness that is ahead of us: no failure of the log */
    assert_true(c.size == 24 && c.path.n == 0);
    assert_int_equal(ask(24).path.n, 0);
}

TEST(what_verifies_counts)
{
    (void)ask(0);
    assert_true(cx_ok(cosigned(1, 1, 10)));
    assert_int_equal(status_of(1, "size"), 10);
    assert_int_equal(status_of(1, "behind"), 0);
    assert_int_equal(status_of(0, "behind"), 10);
    assert_int_equal(ask(0).witnesses.v[1], 10);
    test_log_fill(&d.log, 9, 12);
    assert_int_equal(status_of(1, "behind"), 3);
    /* What was given last counts, whatever has come since. */
    (void)ask(0);
    assert_true(cx_ok(cosigned(0, 0, 13)));
    assert_int_equal(status_of(0, "behind"), 0);
    assert_int_equal(status_of(0, "attested"), 1);
    assert_int_equal(d.told[CONFIG_LEVEL_WARNING] + d.told[CONFIG_LEVEL_ERR], 0);
}

TEST(what_does_not_verify_is_a_failure)
{
    struct cx_buf buf = { .max = CX_OP_MAX };

    (void)ask(0);
    assert_true(cx_ok(cosigned(0, 1, 10))); /* by the key of another */
    assert_int_equal(status_of(0, "failures"), 1);
    assert_int_equal(status_of(0, "size"), 0);
    test_log_fill(&d.log, 9, 12); /* of a later checkpoint than the one that was given */
    assert_true(cx_ok(cosigned(0, 0, 10)));
    assert_int_equal(status_of(0, "failures"), 2);
    courier_put_stamped(&buf, &(struct courier_stamped){ .size = 10,
                                                         .nonce = UINT64_MAX,
                                                         .request = { (const uint8_t *)"q", 1 },
                                                         .response = { (const uint8_t *)"r", 1 } });
    assert_true(cx_ok(said(&buf)));
    assert_int_equal(status_of(2, "failures"), 1);
    assert_int_equal(status_of(2, "size"), 0);
}

TEST(three_failures_are_told_once_and_so_is_their_end)
{
    (void)ask(0);
    for (unsigned i = 1; i <= 5; i++) {
        assert_true(cx_ok(failed(OUTSIDER_WITNESS, 0, false, "no answer")));
        assert_int_equal(d.told[CONFIG_LEVEL_WARNING], i >= 3);
    }
    assert_non_null(strstr(d.text, "one.example failed 3 times: no answer"));
    assert_int_equal(status_of(0, "failures"), 5);
    assert_true(cx_ok(cosigned(0, 0, 10)));
    assert_int_equal(d.told[CONFIG_LEVEL_NOTICE], 1);
    assert_non_null(strstr(d.text, "attests again, at 10 entries"));
    assert_int_equal(status_of(0, "failures"), 0);
    assert_int_equal(status_of(0, "failures_ever"), 5);
    assert_true(cx_ok(failed(OUTSIDER_TSA, 0, false, "no answer")));
    assert_true(cx_ok(cosigned(1, 1, 10)));
    assert_int_equal(d.told[CONFIG_LEVEL_NOTICE], 1); /* nothing was told of these */
}

TEST(a_fork_is_an_alarm_at_once_and_once)
{
    (void)ask(0);
    assert_true(cx_ok(failed(OUTSIDER_WITNESS, 1, true, FORK)));
    assert_int_equal(d.told[CONFIG_LEVEL_ERR], 1);
    assert_non_null(strstr(d.text, "witness two.example knows another log"));
    assert_true(cx_ok(failed(OUTSIDER_WITNESS, 1, true, FORK)));
    assert_int_equal(d.told[CONFIG_LEVEL_ERR], 1);
    assert_int_equal(status_of(1, "forks"), 2);
    assert_true(cx_ok(cosigned(1, 1, 10)));
    assert_int_equal(d.told[CONFIG_LEVEL_NOTICE], 1);
    assert_int_equal(status_of(1, "forks"), 2); /* it was said */
    assert_true(cx_ok(failed(OUTSIDER_WITNESS, 1, true, FORK)));
    assert_int_equal(d.told[CONFIG_LEVEL_ERR], 2);
}

TEST(a_courier_that_says_what_it_must_not_is_let_go)
{
    struct cx_buf buf = { .max = CX_OP_MAX };

    assert_int_equal(cosigned(0, 0, 10).code, CX_E_FRAME); /* nothing was given yet */
    (void)ask(0);
    assert_int_equal(cosigned(0, 0, 9).code, CX_E_FRAME);
    assert_int_equal(cosigned(2, 0, 10).code, CX_E_FRAME);
    assert_int_equal(failed(OUTSIDER_TSA, 1, false, "x").code, CX_E_FRAME);
    assert_int_equal(failed(OUTSIDER_TSA, 0, true, "x").code, CX_E_FRAME);
    assert_int_equal(failed(OUTSIDER_UNSET, 0, false, "x").code, CX_E_FRAME);
    courier_put_checkpoint(&buf, &(struct courier_checkpoint){ .size = 1 });
    assert_int_equal(said(&buf).code, CX_E_FRAME);
    op_put_seq(&buf, OP_ABANDON, 1); /* the front may, it may not */
    assert_int_equal(said(&buf).code, CX_E_FRAME);
    assert_true(cx_ok(cosigned(0, 0, 10)));
}

static void
refused(struct cx_buf *buf, cx_status (*get)(cx_span body))
{
    cx_span all = { (const uint8_t *)buf->p + 5, buf->n - 5 };

    assert_true(cx_ok(get(all)));
    for (size_t n = 0; n < all.n; n++) { /* cut anywhere */
        assert_int_equal(get((cx_span){ all.p, n }).code, CX_E_FRAME);
    }
    cx_buf_putc(buf, '\0');
    assert_int_equal(get((cx_span){ (const uint8_t *)buf->p + 5, buf->n - 5 }).code, CX_E_FRAME);
    cx_buf_done(buf);
}

#define GET(name, type)                                                                            \
    static cx_status get_##name(cx_span body)                                                      \
    {                                                                                              \
        type op;                                                                                   \
                                                                                                   \
        return courier_get_##name(body, &op);                                                      \
    }
GET(ask, uint64_t)
GET(checkpoint, struct courier_checkpoint)
GET(cosigned, struct courier_cosigned)
GET(stamped, struct courier_stamped)
GET(failed, struct courier_failed)

TEST(half_an_operation_is_none)
{
    const cx_span some = { (const uint8_t *)"some", 4 };
    struct cx_buf buf = { .max = CX_OP_MAX };

    courier_put_ask(&buf, 1000);
    refused(&buf, get_ask);
    courier_put_checkpoint(&buf, &(struct courier_checkpoint){ .size = 7,
                                                               .note = CX_STR("note"),
                                                               .path = { .n = 2 },
                                                               .witnesses = { .n = 3 },
                                                               .stamps = { .n = 1 } });
    refused(&buf, get_checkpoint);
    courier_put_cosigned(&buf, &(struct courier_cosigned){ 1, 7, CX_STR("lines") });
    refused(&buf, get_cosigned);
    courier_put_stamped(&buf, &(struct courier_stamped){ 1, 7, UINT64_MAX, some, some });
    refused(&buf, get_stamped);
    courier_put_failed(&buf, &(struct courier_failed){ OUTSIDER_WITNESS, 15, true, CX_STR("why") });
    refused(&buf, get_failed);
}

TEST(operations_have_their_caps)
{
    static char long_text[CX_NOTE_OCTETS_MAX + 1];
    struct cx_buf buf = { .max = CX_OP_MAX };
    struct courier_failed f = { OUTSIDER_TSA, 0, false, { long_text, CX_OUTSIDER_TEXT_MAX } };
    struct courier_cosigned c = { 0, 1, { long_text, CX_NOTE_OCTETS_MAX } };

    memset(long_text, 'a', sizeof(long_text));
    courier_put_failed(&buf, &f);
    refused(&buf, get_failed);
    f.why.n++;
    courier_put_failed(&buf, &f);
    assert_int_equal(get_failed((cx_span){ (const uint8_t *)buf.p + 5, buf.n - 5 }).code,
                     CX_E_FRAME);
    cx_buf_done(&buf);
    f = (struct courier_failed){ OUTSIDER_TSA, CX_OUTSIDERS_MAX, false, CX_STR("") };
    courier_put_failed(&buf, &f);
    assert_int_equal(get_failed((cx_span){ (const uint8_t *)buf.p + 5, buf.n - 5 }).code,
                     CX_E_FRAME);
    cx_buf_done(&buf);
    courier_put_cosigned(&buf, &c);
    assert_true(cx_ok(get_cosigned((cx_span){ (const uint8_t *)buf.p + 5, buf.n - 5 })));
    cx_buf_done(&buf);
    c.lines.n++;
    courier_put_cosigned(&buf, &c);
    assert_int_equal(get_cosigned((cx_span){ (const uint8_t *)buf.p + 5, buf.n - 5 }).code,
                     CX_E_FRAME);
    cx_buf_done(&buf);
}

#define DESK(name) cmocka_unit_test_setup_teardown(name, make, done)

static const struct CMUnitTest tests[] = {
    DESK(a_checkpoint_with_its_proof),
    DESK(what_verifies_counts),
    DESK(what_does_not_verify_is_a_failure),
    DESK(three_failures_are_told_once_and_so_is_their_end),
    DESK(a_fork_is_an_alarm_at_once_and_once),
    DESK(a_courier_that_says_what_it_must_not_is_let_go),
    cmocka_unit_test(half_an_operation_is_none),
    cmocka_unit_test(operations_have_their_caps),
};

TEST_MAIN(tests)

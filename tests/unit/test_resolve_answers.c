/* TEST R-SEC-10, R-FAIL-8: answers over a stream: what they rest on goes over once, and is what it was. */
#include "base/alloc.h"
#include "build.h"
#include "main.h"
#include "resolve/answer_json.h"
#include "resolve/answer_receiver.h"
#include "resolve/answer_sender.h"
#include "resolve/frame.h"

/* Both ends, and what is between them. */
struct stream {
    struct cx_answer_sender *sender;
    struct cx_answer_receiver *receiver;
    struct cx_buf buf;
    struct cx_arena arena; /* of the answers that were read */
    size_t materials;      /* frames of them, ever */
    uint32_t id;           /* of the last answer */
};

static void
begin(struct stream *s)
{
    *s = (struct stream){ .sender = cx_answer_sender_new(), .receiver = cx_answer_receiver_new() };
    assert_non_null(s->sender);
    assert_non_null(s->receiver);
    cx_buf_init(&s->buf, 1u << 20);
    cx_arena_init(&s->arena, 1u << 24);
}

static void
finish(struct stream *s)
{
    cx_answer_sender_free(s->sender);
    cx_answer_receiver_free(s->receiver);
    cx_arena_done(&s->arena);
    cx_buf_done(&s->buf);
}

/* One frame of the buffer; the answer, if it is one. */
static cx_status
take(struct stream *s, const struct cx_frame *frame, const struct cx_question *question,
     const struct cx_answer **ret)
{
    if (frame->kind == CX_FRAME_MATERIAL) {
        s->materials++;
        return cx_answer_receiver_material(s->receiver, frame->body);
    }
    CX_TRY(cx_frame_get_id(frame->body, &s->id));
    if (frame->kind == CX_FRAME_GIVEN) {
        return cx_answer_receiver_given(s->receiver, frame->body, &s->arena, ret);
    }
    assert_int_equal(frame->kind, CX_FRAME_ANSWER);
    return cx_answer_receiver_answer(s->receiver, frame->body, question, &s->arena, ret);
}

/* All that is in the buffer. */
static cx_status
read_all(struct stream *s, const struct cx_question *question, const struct cx_answer **ret)
{
    cx_span left = cx_span_of_str(cx_buf_str(&s->buf));
    cx_status status = CX_SUCCESS;

    assert_true(cx_buf_ok(&s->buf));
    while (left.n != 0 && cx_ok(status)) {
        struct cx_frame frame;
        bool more;

        assert_true(cx_ok(cx_frame_next(left, &frame, &more)));
        assert_false(more);
        status = take(s, &frame, question, ret);
        left = (cx_span){ left.p + frame.size, left.n - frame.size };
    }
    cx_buf_clear(&s->buf);
    return status;
}

/* A DNSKEY answer of a name. */
static struct cx_material *
material_of(const char *text, cx_time time)
{
    struct cx_name name = name_of(text);
    struct cx_question question = { cx_name_span(&name), CX_TYPE_DNSKEY };
    static struct wire w;
    struct cx_material *material;

    wire_open(&w, text, CX_TYPE_DNSKEY, WIRE_QR);
    wire_soa(&w, text, 0, 0);
    assert_true(
        cx_ok(cx_material_new(&question, CX_DNSSEC_SECURE, time, wire_span(&w), &material)));
    return material;
}

/* An answer of www.d.test that rests on materials: a set, with the first n_proof; or, after a timeout, with controls. */
struct told {
    struct wire wire;
    struct cx_name name;
    const struct cx_proof_message *messages[CX_PROOF_MAX + 1];
    struct cx_exchange exchange;
    cx_span alias;
    struct cx_answer answer;
};

static void
tell_set(struct told *t, struct cx_material *const *materials, size_t n)
{
    t->name = name_of("www.d.test");
    wire_open(&t->wire, "www.d.test", CX_TYPE_CAA, WIRE_QR);
    wire_alias(&t->wire, "www.d.test", CX_TYPE_CNAME, "d.test");
    wire_caa(&t->wire, "d.test", 300, "0 issue ca.example.net");
    for (size_t i = 0; i < n; i++) {
        t->messages[i] = &materials[i]->message;
    }
    t->exchange = (struct cx_exchange){
        .server = CX_STR("192.0.2.1"), .tcp = true, .replied = true, .after = 1, .ms = 7
    };
    t->answer = (struct cx_answer){
        .name = cx_name_span(&t->name),
        .type = CX_TYPE_CAA,
        .outcome = CX_OUTCOME_RECORDS,
        .dnssec = CX_DNSSEC_SECURE,
        .attempts = 2,
        .time = time_of("2026-05-04T03:02:01Z"),
        .octets = wire_span(&t->wire),
        .exchanges = &t->exchange,
        .n_exchanges = 1,
        .proof = t->messages,
        .n_proof = n,
        .is_proved = true,
    };
}

static void
tell_failure(struct told *t, struct cx_material *const *materials, size_t n_proof, size_t n)
{
    tell_set(t, materials, n);
    t->answer.outcome = CX_OUTCOME_TIMEOUT;
    t->answer.dnssec = CX_DNSSEC_INSECURE;
    t->answer.octets = (cx_span){ NULL, 0 };
    t->answer.why = CX_STR("no server replied");
    t->answer.cut = CX_STR("insecure");
    t->answer.cut_at = t->answer.name;
    t->answer.n_proof = n_proof;
    t->answer.control = t->messages + n_proof;
    t->answer.n_control = n - n_proof;
}

static void
same_messages(const struct cx_proof_message *const *a, const struct cx_proof_message *const *b,
              size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(cx_span_equal(a[i]->name, b[i]->name));
        assert_true(cx_span_equal(a[i]->octets, b[i]->octets));
        assert_memory_equal(a[i]->digest, b[i]->digest, sizeof(a[i]->digest));
        assert_int_equal(a[i]->type, b[i]->type);
        assert_int_equal(a[i]->dnssec, b[i]->dnssec);
        assert_int_equal(a[i]->time, b[i]->time);
    }
}

static void
same_answer(const struct cx_answer *a, const struct cx_answer *b)
{
    assert_true(cx_span_equal(a->name, b->name));
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->dnssec, b->dnssec);
    assert_int_equal(a->attempts, b->attempts);
    assert_int_equal(a->time, b->time);
    assert_int_equal(a->is_proved, b->is_proved);
    assert_true(cx_span_equal(a->octets, b->octets));
    assert_true(cx_str_equal(a->why, b->why));
    assert_true(cx_str_equal(a->cut, b->cut));
    assert_true(cx_span_equal(a->cut_at, b->cut_at));
    assert_int_equal(a->n_exchanges, b->n_exchanges);
    assert_true(cx_str_equal(a->exchanges[0].server, b->exchanges[0].server));
    assert_int_equal(a->n_proof, b->n_proof);
    same_messages(a->proof, b->proof, a->n_proof);
    assert_int_equal(a->n_control, b->n_control);
    same_messages(a->control, b->control, a->n_control);
}

static void
free_materials(struct cx_material **materials, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_material_unref(materials[i]);
    }
}

TEST(an_answer_arrives_as_it_was)
{
    struct cx_material *m[4] = { material_of("test", 1), material_of("d.test", 2),
                                 material_of("a.test", 3), material_of("b.test", 4) };
    const struct cx_answer *got = NULL;
    static struct told t;
    struct cx_question question;
    struct stream s;

    begin(&s);
    tell_set(&t, m, 2);
    question = (struct cx_question){ t.answer.name, t.answer.type };
    cx_answer_sender_put(s.sender, &s.buf, 7, &t.answer);
    assert_true(cx_ok(read_all(&s, &question, &got)));
    same_answer(got, &t.answer);
    assert_int_equal(s.id, 7);
    assert_int_equal(got->n_records, 1); /* read from the message */
    assert_int_equal(got->n_aliases, 1);
    assert_int_equal(s.materials, 2);
    tell_failure(&t, m, 2, 4);
    cx_answer_sender_put(s.sender, &s.buf, UINT32_MAX, &t.answer);
    assert_true(cx_ok(read_all(&s, &question, &got)));
    same_answer(got, &t.answer);
    assert_int_equal(s.id, UINT32_MAX);
    assert_int_equal(s.materials, 4); /* what was told before is known */
    cx_answer_sender_put(s.sender, &s.buf, 8, NULL);
    assert_true(cx_ok(read_all(&s, &question, &got)));
    assert_null(got);
    free_materials(m, 4);
    finish(&s);
}

TEST(an_answer_brings_its_question)
{
    struct cx_material *m[3] = { material_of("test", 1), material_of("a.test", 3),
                                 material_of("b.test", 4) };
    const struct cx_answer *got = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    tell_set(&t, m, 1);
    cx_answer_sender_give(s.sender, &s.buf, 9, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &got)));
    same_answer(got, &t.answer);
    assert_int_equal(got->n_records, 1);
    assert_int_equal(s.id, 9);
    tell_failure(&t, m, 1, 3);
    t.answer.type = CX_TYPE_DNAME;
    cx_answer_sender_give(s.sender, &s.buf, 10, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &got)));
    same_answer(got, &t.answer);
    assert_int_equal(s.id, 10);
    assert_int_equal(s.materials, 3);
    free_materials(m, 3);
    finish(&s);
}

TEST(an_answer_with_a_question_that_nobody_asks_is_refused)
{
    const struct cx_answer *got = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    tell_set(&t, NULL, 0);
    t.answer.type = CX_TYPE_DS;
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_int_equal(read_all(&s, NULL, &got).code, CX_E_MESSAGE);
    tell_set(&t, NULL, 0);
    t.answer.name = cx_name_parent(t.answer.name); /* its message is about www.d.test */
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_int_equal(read_all(&s, NULL, &got).code, CX_E_MESSAGE);
    assert_null(got);
    finish(&s);
}

/* Slots are given away in turn; two materials are those that every answer rests on, as on the root's key. The new one
 * comes first, when nothing of the answer was named yet. */
TEST(slots_are_given_away_but_never_those_of_the_answer)
{
    struct cx_material *m[3] = { NULL, material_of("test", 0), material_of("a.test", 0) };
    static struct told t;
    struct stream s;

    begin(&s);
    for (int i = 1; i <= 2 * CX_WORKER_SLOTS + 2; i++) {
        const struct cx_answer *got = NULL;

        m[0] = material_of("d.test", i);
        tell_failure(&t, m, 2, 3);
        cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
        assert_true(cx_ok(read_all(&s, NULL, &got)));
        same_answer(got, &t.answer);
        cx_arena_reset(&s.arena);
        cx_material_unref(m[0]);
    }
    assert_int_equal(s.materials, 2 * CX_WORKER_SLOTS + 4); /* each once: none was forgotten */
    free_materials(m + 1, 2);
    finish(&s);
}

TEST(an_answer_keeps_what_it_rests_on)
{
    struct cx_material *m[1] = { material_of("test", 1) };
    const struct cx_answer *got = NULL, *next = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    tell_set(&t, m, 1);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &got)));
    cx_answer_sender_free(s.sender); /* another one, which begins with the same slots */
    s.sender = cx_answer_sender_new();
    assert_non_null(s.sender);
    free_materials(m, 1);
    m[0] = material_of("d.test", 2);
    tell_set(&t, m, 1);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &next)));
    cx_answer_receiver_free(s.receiver);
    s.receiver = NULL;
    assert_int_equal(got->proof[0]->time, 1);
    assert_int_equal(next->proof[0]->time, 2);
    free_materials(m, 1);
    finish(&s);
}

/* That of the second is made once. */
static void
same_json(const struct cx_answer *once, const struct cx_answer *shared)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *own = cx_answer_to_json(once);
    CX_AUTO(cx_json_cleanup) struct cx_json *first = cx_answer_to_json(shared);
    CX_AUTO(cx_json_cleanup) struct cx_json *again = cx_answer_to_json(shared);
    CX_AUTO(cx_buf_done) struct cx_buf wanted = { .max = 10000 };
    CX_AUTO(cx_buf_done) struct cx_buf found = { .max = 10000 };

    assert_ptr_equal(first, again);
    assert_true(cx_ok(cx_json_write(own, &wanted)));
    assert_true(cx_ok(cx_json_write(again, &found)));
    assert_true(cx_str_equal(cx_buf_str(&wanted), cx_buf_str(&found)));
}

/* From the second time on all share one, which outlives the receiver. */
TEST(an_answer_given_again_is_the_one_that_was_read)
{
    struct cx_material *m[3] = { material_of("test", 1), material_of("a.test", 3),
                                 material_of("b.test", 4) };
    const struct cx_answer *got[3] = { NULL }, *other = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    tell_failure(&t, m, 1, 3);
    for (uint32_t i = 0; i < 3; i++) {
        cx_answer_sender_give(s.sender, &s.buf, i, &t.answer);
        assert_true(cx_ok(read_all(&s, NULL, &got[i])));
        assert_int_equal(s.id, i);
        same_answer(got[i], &t.answer);
    }
    assert_null(got[0]->memo);
    assert_non_null(got[1]->memo);
    assert_ptr_equal(got[1], got[2]);
    same_json(got[0], got[1]);
    t.answer.time++; /* of the same question */
    cx_answer_sender_give(s.sender, &s.buf, 4, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &other)));
    same_answer(other, &t.answer);
    cx_answer_receiver_free(s.receiver);
    s.receiver = NULL;
    t.answer.time--;
    same_answer(got[2], &t.answer);
    free_materials(m, 3);
    finish(&s);
}

TEST(what_an_answer_given_again_rests_on_is_looked_at_again)
{
    struct cx_material *m[3] = { material_of("test", 1), material_of("a.test", 3),
                                 material_of("b.test", 4) };
    const struct cx_answer *got = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    for (size_t i = 0; i < 3; i++) { /* each time another stands in the slot */
        cx_answer_sender_forget(s.sender);
        cx_answer_sender_free(s.sender);
        s.sender = cx_answer_sender_new();
        assert_non_null(s.sender);
        tell_set(&t, m + i, 1);
        cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
        assert_true(cx_ok(read_all(&s, NULL, &got)));
        same_answer(got, &t.answer);
    }
    free_materials(m, 3);
    finish(&s);
}

TEST(another_end_is_told_again)
{
    struct cx_material *m[1] = { material_of("test", 1) };
    const struct cx_answer *got = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    tell_set(&t, m, 1);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &got)));
    cx_answer_receiver_forget(s.receiver);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_int_equal(read_all(&s, NULL, &got).code,
                     CX_E_MESSAGE); /* not told: refused, never guessed */
    cx_answer_sender_forget(s.sender);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &got)));
    same_answer(got, &t.answer);
    assert_int_equal(s.materials, 2);
    free_materials(m, 1);
    finish(&s);
}

TEST(more_than_anybody_reads_is_not_sent)
{
    struct cx_material *m[CX_PROOF_MAX + 1];
    const struct cx_answer *got = NULL;
    static struct told t;
    struct stream s;

    begin(&s);
    for (size_t i = 0; i < CX_COUNT(m); i++) {
        m[i] = material_of("d.test", (cx_time)i);
    }
    tell_set(&t, m, CX_PROOF_MAX);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_true(cx_ok(read_all(&s, NULL, &got)));
    same_answer(got, &t.answer);
    tell_set(&t, m, CX_PROOF_MAX + 1);
    cx_answer_sender_give(s.sender, &s.buf, 1, &t.answer);
    assert_int_equal(cx_buf_status(&s.buf).code, CX_E_LIMIT);
    cx_buf_clear(&s.buf);
    tell_failure(&t, m, 0, CX_CONTROL_NAMES_MAX + 1);
    cx_answer_sender_put(s.sender, &s.buf, 1, &t.answer);
    assert_int_equal(cx_buf_status(&s.buf).code, CX_E_LIMIT);
    free_materials(m, CX_COUNT(m));
    finish(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_answer_arrives_as_it_was),
    cmocka_unit_test(an_answer_brings_its_question),
    cmocka_unit_test(an_answer_with_a_question_that_nobody_asks_is_refused),
    cmocka_unit_test(slots_are_given_away_but_never_those_of_the_answer),
    cmocka_unit_test(an_answer_keeps_what_it_rests_on),
    cmocka_unit_test(an_answer_given_again_is_the_one_that_was_read),
    cmocka_unit_test(what_an_answer_given_again_rests_on_is_looked_at_again),
    cmocka_unit_test(another_end_is_told_again),
    cmocka_unit_test(more_than_anybody_reads_is_not_sent),
};

TEST_MAIN(tests)

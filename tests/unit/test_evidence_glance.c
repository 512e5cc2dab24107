#include "evidence/glance.h"
#include "flip.h"
#include "main.h"
#include "specimen.h"

/* As people write it. */
static void
assert_name(cx_str got, const struct cx_record_name *name)
{
    bool wildcard =
        name->kind == CX_RECORD_NAME_WILDCARD || name->kind == CX_RECORD_NAME_ONION_WILDCARD;
    size_t before = wildcard ? 2 : 0;

    assert_int_equal(got.n, before + name->text.n);
    assert_memory_equal(got.p, "*.", before);
    assert_memory_equal(got.p + before, name->text.p, name->text.n);
}

static void
assert_next(struct cx_glance *glance, const struct cx_hash *object)
{
    struct cx_hash got;

    assert_true(cx_glance_object(glance, &got));
    assert_true(cx_hash_equal(&got, object));
}

/* What the whole reader reads is there at a glance: names, and the objects that the record needs. */
static void
assert_same(const struct cx_record *record, cx_span octets)
{
    char buf[CX_GLANCE_NAME];
    struct cx_glance glance;
    struct cx_hash object;
    cx_str name;

    assert_true(cx_ok(cx_glance(octets, &glance)));
    assert_true(glance.time_ms == record->time_ms);
    assert_true(cx_str_equal(glance.request, record->request));
    for (size_t i = 0; i < record->n_names; i++) {
        assert_true(cx_glance_name(&glance, buf, &name));
        assert_name(name, &record->names[i]);
    }
    assert_false(cx_glance_name(&glance, buf, &name));
    assert_next(&glance, &record->context);
    if (record->corroboration.kind != CX_CORROBORATION_NONE) {
        assert_next(&glance, &record->corroboration.object);
    }
    for (size_t i = 0; i < record->n_answers; i++) {
        assert_next(&glance, &record->answers[i]);
    }
    assert_false(cx_glance_object(&glance, &object));
}

TEST(a_glance_sees_what_the_reader_reads)
{
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct dice dice = { seed };
        struct cx_record record;
        struct cx_arena arena;

        cx_arena_init(&arena, SPECIMEN_ARENA);
        record = specimen_record(&dice, seed == 7 ? 1000 : 1 + seed % 3, &arena);
        record.time_ms |= 1; /* 0 is none */
        assert_same(&record, octets_of_record(&record, &arena));
        cx_arena_done(&arena);
    }
}

/* Of what the reader accepts, nothing is hidden from a glance; a glance alone may accept more. */
static bool
both(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_glance glance;
    struct cx_record record;

    if (!cx_ok(cx_record_decode(octets, arena, &record, NULL))) {
        return false;
    }
    assert_int_equal(cx_ok(cx_glance(octets, &glance)), record.time_ms != 0);
    cx_buf_put(buf, cx_str_of_span(octets));
    return true;
}

TEST(octets_that_were_changed)
{
    static const struct flip_kind kind = { both, CX_RECORD_SALT, STRIP_KNOWN_OF_CHECK };
    struct cx_arena arena, kept;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct dice dice = { seed };
        struct cx_record record = specimen_record(&dice, 1, &kept);
        cx_span octets = octets_of_record(&record, &kept);
        struct cx_glance glance;

        assert_true(flip_every_bit(octets, kind, &arena) != 0);
        for (size_t n = 0; n < octets.n; n++) {
            assert_int_equal(cx_glance((cx_span){ octets.p, n }, &glance).code, CX_E_RECORD);
        }
    }
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

TEST(a_record_without_time_is_none)
{
    struct cx_record record = typical_record();
    struct cx_glance glance = { .n_names = 77 };
    struct cx_arena arena;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    record.time_ms = 0;
    assert_int_equal(cx_glance(octets_of_record(&record, &arena), &glance).code, CX_E_RECORD);
    assert_int_equal(glance.n_names, 77); /* untouched */
    cx_arena_done(&arena);
}

/* ---- objects */

static void
assert_messages(struct cx_glance_answer *glance, const struct cx_proof_message *const *list,
                size_t n)
{
    static const struct cx_hash unknown;

    for (size_t i = 0; i < n; i++) {
        struct cx_hash want, got;

        memcpy(want.b, list[i]->digest, CX_HASH_SIZE);
        if (!cx_hash_equal(&want, &unknown)) {
            assert_true(cx_glance_message(glance, &got));
            assert_true(cx_hash_equal(&got, &want));
        }
    }
}

/* Of an answer those messages that are kept, by the table of docs/formats/record.md. */
static void
assert_kept(const struct cx_answer_object *object, cx_span octets, enum cx_messages messages)
{
    const struct cx_answer *a = &object->answer;
    bool all = messages == CX_MESSAGES_FULL;
    bool own = all || (messages == CX_MESSAGES_PROOF && a->dnssec == CX_DNSSEC_SECURE);
    bool rests_on =
        own || (messages == CX_MESSAGES_PROOF && a->dnssec == CX_DNSSEC_INSECURE && a->is_proved);
    struct cx_glance_answer glance;
    struct cx_hash got;

    assert_true(cx_ok(cx_glance_answer(octets, messages, &glance)));
    if (own && object->has_message) {
        assert_true(cx_glance_message(&glance, &got));
        assert_true(cx_hash_equal(&got, &object->message));
    }
    assert_messages(&glance, a->proof, rests_on ? a->n_proof : 0);
    assert_messages(&glance, a->control, all ? a->n_control : 0);
    assert_false(cx_glance_message(&glance, &got));
}

TEST(a_glance_at_an_answer_sees_the_messages_that_were_kept)
{
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct dice dice = { seed };
        struct cx_answer_object object;
        struct cx_glance_answer glance;
        struct cx_arena arena;
        struct cx_buf buf;
        cx_span octets;

        cx_arena_init(&arena, SPECIMEN_ARENA);
        cx_buf_init(&buf, CX_RECORD_MAX);
        object = specimen_answer(&dice, &arena);
        assert_true(cx_ok(cx_answer_object_encode(
            &object.answer, object.has_message ? &object.message : NULL, &buf)));
        octets = cx_span_of_str(cx_buf_str(&buf));
        for (int messages = CX_MESSAGES_FULL; messages <= CX_MESSAGES_DIGEST; messages++) {
            assert_kept(&object, octets, (enum cx_messages)messages);
        }
        for (size_t n = 0; seed < 50 && n < octets.n; n++) {
            assert_int_equal(
                cx_glance_answer((cx_span){ octets.p, n }, CX_MESSAGES_FULL, &glance).code,
                CX_E_RECORD);
        }
        cx_buf_done(&buf);
        cx_arena_done(&arena);
    }
}

TEST(a_glance_at_a_context_sees_what_was_kept)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct dice dice = { seed };
        struct cx_context context;
        struct cx_arena arena;
        struct cx_buf buf;

        cx_arena_init(&arena, SPECIMEN_ARENA);
        cx_buf_init(&buf, CX_RECORD_MAX);
        context = specimen_context(&dice, &arena);
        assert_true(cx_ok(cx_context_encode(&context, &buf)));
        assert_int_equal(cx_glance_context(cx_span_of_str(cx_buf_str(&buf))), context.messages);
        for (size_t n = 0; n < buf.n; n++) {
            assert_int_equal(cx_glance_context((cx_span){ (const uint8_t *)buf.p, n }),
                             CX_MESSAGES_UNSET);
        }
        cx_buf_done(&buf);
        cx_arena_done(&arena);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_glance_sees_what_the_reader_reads),
    cmocka_unit_test(octets_that_were_changed),
    cmocka_unit_test(a_record_without_time_is_none),
    cmocka_unit_test(a_glance_at_an_answer_sees_the_messages_that_were_kept),
    cmocka_unit_test(a_glance_at_a_context_sees_what_was_kept),
};

TEST_MAIN(tests)

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
    static const struct flip_kind kind = { both, CX_RECORD_SALT };
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_glance_sees_what_the_reader_reads),
    cmocka_unit_test(octets_that_were_changed),
    cmocka_unit_test(a_record_without_time_is_none),
};

TEST_MAIN(tests)

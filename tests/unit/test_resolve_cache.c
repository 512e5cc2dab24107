/* TEST R-TIME-2, R-TIME-3, R-DNS-7: answers are kept as long as DNS allows, counted from their own time; failures never. */
#include "base/alloc.h"
#include "build.h"
#include "main.h"
#include "resolve/cache.h"
#include "resolve/material.h"

#include <stdio.h>

/* A source that answers when told to, from a message that the test writes. */
struct scripted {
    struct wire wire;
    cx_time time;
    enum cx_outcome outcome; /* CX_OUTCOME_UNSET: as the message says */
    bool no_memory;
    unsigned asked;
    struct cx_material *material; /* what the answer rests on, or NULL */
    struct {
        struct cx_question question;
        struct cx_name name;
        struct cx_arena *arena;
        cx_answered *answered;
        void *ctx;
    } open[64];
    size_t n_open;
    bool closed;
};

static void
scripted_ask(void *self, const struct cx_question *question, struct cx_arena *arena,
             cx_answered *answered, void *ctx)
{
    struct scripted *s = self;
    size_t at = s->n_open++;

    s->asked++;
    s->open[at].name.n = (uint8_t)question->name.n;
    memcpy(s->open[at].name.wire, question->name.p, question->name.n);
    s->open[at].question = (struct cx_question){ cx_name_span(&s->open[at].name), question->type };
    s->open[at].arena = arena;
    s->open[at].answered = answered;
    s->open[at].ctx = ctx;
}

static void
rest_on(struct scripted *s, struct cx_arena *arena, struct cx_answer *answer)
{
    const struct cx_proof_message **proof = cx_arena_get(arena, 1, sizeof(*proof));

    assert_non_null(proof);
    proof[0] = &cx_material_ref(s->material)->message;
    assert_true(cx_ok(cx_arena_hold(arena, cx_material_unref, s->material)));
    answer->proof = proof;
    answer->n_proof = 1;
    answer->is_proved = true;
}

static cx_status
scripted_wait(void *self)
{
    struct scripted *s = self;

    while (s->n_open != 0) {
        size_t at = --s->n_open;
        struct cx_arena *arena = s->open[at].arena;
        struct cx_answer *answer = cx_arena_get(arena, 1, sizeof(*answer));
        cx_span octets;

        assert_non_null(answer);
        assert_true(cx_ok(cx_arena_copy(arena, wire_span(&s->wire), &octets)));
        assert_true(cx_ok(cx_answer_from_message(octets, &s->open[at].question, arena, answer)));
        answer->time = s->time;
        answer->dnssec = CX_DNSSEC_INSECURE;
        answer->outcome = s->outcome != CX_OUTCOME_UNSET ? s->outcome : answer->outcome;
        if (s->material != NULL) {
            rest_on(s, arena, answer);
        }
        s->open[at].answered(s->open[at].ctx, s->no_memory ? NULL : answer);
    }
    return CX_SUCCESS;
}

static void
scripted_close(void *self)
{
    ((struct scripted *)self)->closed = true;
}

static const struct cx_source_ops scripted_ops = { scripted_ask, scripted_wait, scripted_close };

struct fixture {
    struct scripted inner;
    struct cx_source cache;
    struct cx_arena arena; /* of a check */
};

static void
begin(struct fixture *f, struct cx_cache_options options)
{
    struct cx_source inner = { &scripted_ops, &f->inner, CX_ORIGIN_RECORDED };

    memset(f, 0, sizeof(*f));
    f->inner.time = cx_time_now();
    cx_arena_init(&f->arena, 1u << 24);
    assert_true(cx_ok(cx_cache_open(&options, &inner, &f->cache, NULL)));
    assert_null(inner.ops); /* taken over */
}

static void
finish(struct fixture *f)
{
    cx_source_close(&f->cache);
    assert_true(f->inner.closed);
    cx_arena_done(&f->arena);
}

struct asked {
    unsigned times;
    const struct cx_answer *answer;
};

static void
note(void *ctx, const struct cx_answer *answer)
{
    struct asked *asked = ctx;

    asked->times++;
    asked->answer = answer;
}

static void
ask(struct fixture *f, const char *text, uint16_t type, struct asked *asked)
{
    struct cx_name name = name_of(text);
    struct cx_question question = { cx_name_span(&name), type };

    cx_source_ask(&f->cache, &question, &f->arena, note, asked);
}

/* Asks and waits; how often the source was asked for it. */
static unsigned
get(struct fixture *f, const char *text, const struct cx_answer **ret)
{
    struct asked asked = { 0, NULL };
    unsigned before = f->inner.asked;

    ask(f, text, CX_TYPE_CAA, &asked);
    assert_true(cx_ok(cx_source_wait(&f->cache)));
    assert_int_equal(asked.times, 1);
    if (ret != NULL) {
        *ret = asked.answer;
    }
    return f->inner.asked - before;
}

static void
has_set(struct fixture *f, const char *name, uint32_t ttl)
{
    wire_open(&f->inner.wire, name, CX_TYPE_CAA, WIRE_QR | WIRE_AA);
    wire_caa(&f->inner.wire, name, ttl, "0 issue ca.example.net");
}

static void
is_empty(struct fixture *f, const char *name, uint32_t ttl, uint32_t minimum)
{
    wire_open(&f->inner.wire, name, CX_TYPE_CAA, WIRE_QR | WIRE_AA);
    wire_soa(&f->inner.wire, "test", ttl, minimum);
}

TEST(an_answer_serves_again)
{
    const struct cx_answer *first, *again;
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    has_set(&f, "d.test", 300);
    assert_int_equal(get(&f, "d.test", &first), 1);
    assert_int_equal(get(&f, "d.test", &again), 0);
    assert_ptr_equal(first, again); /* shared, not copied */
    assert_int_equal(again->outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(again->n_records, 1);
    assert_true(cx_span_equal(again->records[0].value, bytes_of("ca.example.net")));
    assert_true(cx_span_equal(again->octets, wire_span(&f.inner.wire)));
    assert_int_equal(again->time, f.inner.time);
    assert_int_equal(cx_cache_stats_of(&f.cache).hits, 1);
    assert_int_equal(cx_cache_stats_of(&f.cache).entries, 1);
    finish(&f);
}

TEST(an_answer_outlives_the_cache_in_its_check)
{
    const struct cx_answer *answer;
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    has_set(&f, "d.test", 300);
    (void)get(&f, "d.test", &answer);
    cx_source_close(&f.cache);
    assert_true(cx_span_equal(answer->records[0].tag, bytes_of("issue")));
    cx_arena_done(&f.arena); /* the last reference */
}

TEST(the_type_is_part_of_the_question)
{
    struct asked caa = { 0, NULL }, dname = { 0, NULL };
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    ask(&f, "d.test", CX_TYPE_CAA, &caa);
    ask(&f, "d.test", CX_TYPE_DNAME, &dname);
    assert_int_equal(f.inner.n_open, 2);
    is_empty(&f, "d.test", 300, 300);
    assert_true(cx_ok(cx_source_wait(&f.cache)));
    assert_int_equal(caa.answer->outcome, CX_OUTCOME_NODATA);
    assert_int_equal(dname.answer->outcome, CX_OUTCOME_MALFORMED); /* the message is about CAA */
    finish(&f);
}

TEST(one_question_under_way_serves_all)
{
    struct asked asked[10] = { { 0, NULL } };
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    has_set(&f, "d.test", 300);
    for (size_t i = 0; i < 10; i++) {
        ask(&f, "d.test", CX_TYPE_CAA, &asked[i]);
    }
    assert_int_equal(f.inner.asked, 1);
    assert_true(cx_ok(cx_source_wait(&f.cache)));
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(asked[i].times, 1);
        assert_int_equal(asked[i].answer->n_records, 1);
    }
    assert_int_equal(cx_cache_stats_of(&f.cache).joined, 9);
    finish(&f);
}

TEST(a_failure_is_told_to_all_and_never_kept)
{
    static const enum cx_outcome failures[] = {
        CX_OUTCOME_UNSET,     CX_OUTCOME_TIMEOUT,   CX_OUTCOME_SERVFAIL,      CX_OUTCOME_REFUSED,
        CX_OUTCOME_TRUNCATED, CX_OUTCOME_MALFORMED, CX_OUTCOME_LOOP,          CX_OUTCOME_BOGUS,
        CX_OUTCOME_DEADLINE,  CX_OUTCOME_ERROR,     CX_OUTCOME_INDETERMINATE,
    };
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    has_set(&f, "d.test", 300);
    for (size_t i = 1; i < CX_COUNT(failures); i++) {
        const struct cx_answer *answer;

        f.inner.outcome = failures[i];
        assert_int_equal(get(&f, "d.test", &answer), 1);
        assert_int_equal(answer->outcome, failures[i]);
    }
    assert_int_equal(cx_cache_stats_of(&f.cache).stored, 0);
    finish(&f);
}

TEST(time_runs_from_the_answers_own_clock)
{
    const cx_time now = cx_time_now();
    const struct {
        const char *about;
        cx_time age;
        uint32_t ttl;
        bool kept;
    } rows[] = {
        { "fresh", 0, 300, true },          { "aged", 200, 300, true },
        { "just over", 300, 300, false },   { "no TTL at all", 0, 0, false },
        { "long over", 4000, 300, false },  { "the ceiling", 3599, 86400, true },
        { "above it", 3601, 86400, false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        static struct fixture f;

        begin(&f, (struct cx_cache_options){ 0 });
        f.inner.time = now - rows[i].age;
        has_set(&f, "d.test", rows[i].ttl);
        assert_int_equal(get(&f, "d.test", NULL), 1);
        ROW_TRUE(cx_cache_stats_of(&f.cache).stored == (rows[i].kept ? 1 : 0), rows[i].about);
        finish(&f);
    }
}

TEST(an_answer_from_the_future_is_not_kept)
{
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    f.inner.time = cx_time_now() + 3600;
    has_set(&f, "d.test", 300);
    (void)get(&f, "d.test", NULL);
    assert_int_equal(cx_cache_stats_of(&f.cache).stored, 0);
    finish(&f);
}

/* R-DNS-7: emptiness lasts min(SOA TTL, MINIMUM), and without SOA not at all. */
TEST(emptiness_lasts_as_the_soa_says)
{
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    f.inner.time -= 100;
    is_empty(&f, "a.test", 300, 90);
    (void)get(&f, "a.test", NULL);
    is_empty(&f, "b.test", 90, 300);
    (void)get(&f, "b.test", NULL);
    wire_open(&f.inner.wire, "c.test", CX_TYPE_CAA, WIRE_QR | WIRE_AA);
    (void)get(&f, "c.test", NULL);
    assert_int_equal(cx_cache_stats_of(&f.cache).stored, 0);
    is_empty(&f, "d.test", 300, 300);
    (void)get(&f, "d.test", NULL);
    assert_int_equal(cx_cache_stats_of(&f.cache).stored, 1);
    finish(&f);
}

TEST(an_alias_with_a_shorter_life_ends_it)
{
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    f.inner.time -= 400; /* wire_alias gives its alias 300 s */
    wire_open(&f.inner.wire, "www.test", CX_TYPE_CAA, WIRE_QR | WIRE_AA);
    wire_alias(&f.inner.wire, "www.test", CX_TYPE_CNAME, "d.test");
    wire_caa(&f.inner.wire, "d.test", 3600, "0 issue ;");
    (void)get(&f, "www.test", NULL);
    assert_int_equal(cx_cache_stats_of(&f.cache).stored, 0);
    finish(&f);
}

TEST(memory_is_bounded_and_the_oldest_goes)
{
    static struct fixture f;
    char name[32];

    begin(&f, (struct cx_cache_options){ .bytes = 20000 });
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "n%d.test", i);
        has_set(&f, name, 300);
        (void)get(&f, name, NULL);
        has_set(&f, "n0.test", 300);
        assert_int_equal(get(&f, "n0.test", NULL), 0); /* asked for all the time: stays */
        assert_true(cx_cache_stats_of(&f.cache).bytes <= 20000);
    }
    has_set(&f, "n1.test", 300);
    assert_int_equal(get(&f, "n1.test", NULL), 1);
    assert_true(cx_cache_stats_of(&f.cache).evicted > 100);
    assert_true(cx_cache_stats_of(&f.cache).entries > 10);
    finish(&f);
}

TEST(thousands_of_names_are_found_again)
{
    static struct fixture f;
    char name[32];

    begin(&f, (struct cx_cache_options){ 0 });
    for (unsigned round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(name, sizeof(name), "n%d.test", i);
            has_set(&f, name, 300);
            assert_int_equal(get(&f, name, NULL), round == 0 ? 1 : 0);
        }
    }
    finish(&f);
}

TEST(what_an_answer_rests_on_is_shared_with_it)
{
    struct cx_name zone = name_of("test");
    struct cx_question ds = { cx_name_span(&zone), CX_TYPE_DS };
    const struct cx_answer *answer;
    struct cx_material *material;
    static struct wire message;
    static struct fixture f;

    wire_open(&message, "test", CX_TYPE_DS, WIRE_QR);
    assert_true(cx_ok(
        cx_material_new(&ds, CX_DNSSEC_SECURE, cx_time_now(), wire_span(&message), &material)));
    begin(&f, (struct cx_cache_options){ 0 });
    f.inner.material = material;
    has_set(&f, "d.test", 300);
    (void)get(&f, "d.test", NULL);
    (void)get(&f, "d.test", &answer);
    assert_true(answer->is_proved);
    assert_int_equal(answer->n_proof, 1);
    assert_ptr_equal(answer->proof[0], &material->message);
    assert_int_equal(material->refs, 2); /* ours, and the kept answer's */
    finish(&f);
    assert_int_equal(material->refs, 1);
    cx_material_unref(material);
}

TEST(closing_with_questions_under_way_leaks_nothing)
{
    struct asked asked[2] = { { 0, NULL } };
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    ask(&f, "d.test", CX_TYPE_CAA, &asked[0]);
    ask(&f, "d.test", CX_TYPE_CAA, &asked[1]);
    finish(&f);
    assert_int_equal(asked[0].times + asked[1].times, 0);
}

TEST(every_failed_allocation_is_told)
{
    for (size_t nth = 1; nth < 12; nth++) {
        struct asked asked[2] = { { 0, NULL } };
        static struct fixture f;

        begin(&f, (struct cx_cache_options){ 0 });
        has_set(&f, "d.test", 300);
        (void)cx_alloc_fail_nth(nth);
        ask(&f, "d.test", CX_TYPE_CAA, &asked[0]);
        ask(&f, "d.test", CX_TYPE_CAA, &asked[1]);
        (void)cx_alloc_fail_nth(0);
        assert_true(cx_ok(cx_source_wait(&f.cache)));
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(asked[i].times, 1);
            assert_true(asked[i].answer == NULL || asked[i].answer->n_records == 1);
        }
        finish(&f);
    }
}

TEST(no_memory_inside_is_no_answer)
{
    const struct cx_answer *answer;
    static struct fixture f;

    begin(&f, (struct cx_cache_options){ 0 });
    has_set(&f, "d.test", 300);
    f.inner.no_memory = true;
    assert_int_equal(get(&f, "d.test", &answer), 1);
    assert_null(answer);
    f.inner.no_memory = false;
    assert_int_equal(get(&f, "d.test", &answer), 1);
    assert_non_null(answer);
    finish(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_answer_serves_again),
    cmocka_unit_test(an_answer_outlives_the_cache_in_its_check),
    cmocka_unit_test(the_type_is_part_of_the_question),
    cmocka_unit_test(one_question_under_way_serves_all),
    cmocka_unit_test(a_failure_is_told_to_all_and_never_kept),
    cmocka_unit_test(time_runs_from_the_answers_own_clock),
    cmocka_unit_test(an_answer_from_the_future_is_not_kept),
    cmocka_unit_test(emptiness_lasts_as_the_soa_says),
    cmocka_unit_test(an_alias_with_a_shorter_life_ends_it),
    cmocka_unit_test(memory_is_bounded_and_the_oldest_goes),
    cmocka_unit_test(thousands_of_names_are_found_again),
    cmocka_unit_test(what_an_answer_rests_on_is_shared_with_it),
    cmocka_unit_test(closing_with_questions_under_way_leaks_nothing),
    cmocka_unit_test(every_failed_allocation_is_told),
    cmocka_unit_test(no_memory_inside_is_no_answer),
};

TEST_MAIN(tests)

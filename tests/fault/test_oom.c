#include "archive.h"
#include "base/alloc.h"
#include "build.h"
#include "engine/check.h"
#include "main.h"

/* Fails the nth allocation for n = 1, 2, ... until the operation passes without meeting it. */

#define ARENA_CAP ((size_t)64 << 20)

static void
message_of_every_kind(struct wire *w)
{
    wire_open(w, "www.d.test", CX_TYPE_CAA, WIRE_QR);
    wire_alias(w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_alias(w, "b.example", CX_TYPE_CNAME, "c.example");
    for (int i = 0; i < 300; i++) { /* more than one arena block */
        char record[] = "0 issue ca000.example.net";

        record[10] = (char)('0' + i / 100);
        record[11] = (char)('0' + i / 10 % 10);
        record[12] = (char)('0' + i % 10);
        wire_caa(w, "c.example", 300, record);
    }
}

TEST(an_answer_from_a_message_survives_every_oom)
{
    static struct wire w;
    struct cx_name name = name_of("www.d.test");
    struct cx_question q = { cx_name_span(&name), CX_TYPE_CAA };

    message_of_every_kind(&w);
    for (size_t nth = 1;; nth++) {
        struct cx_arena arena;
        struct cx_answer answer, before;
        cx_status status;
        size_t seen;

        memset(&answer, 0x5a, sizeof(answer));
        before = answer;
        cx_arena_init(&arena, ARENA_CAP);
        (void)cx_alloc_fail_nth(nth);
        status = cx_answer_from_message(wire_span(&w), &q, &arena, &answer);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) { /* nth lies past the last allocation: the real result */
            assert_true(cx_ok(status));
            assert_int_equal(answer.n_records, 300);
            assert_true(nth > 2);
            cx_arena_done(&arena);
            return;
        }
        assert_int_equal(cx_status_class(status), CX_CLASS_NOMEM);
        assert_memory_equal(&answer, &before, sizeof(answer)); /* outputs untouched */
        cx_arena_done(&arena);
    }
}

/* The cap of an arena is memory too. */
TEST(an_answer_survives_every_cap)
{
    static struct wire w;
    struct cx_name name = name_of("www.d.test");
    struct cx_question q = { cx_name_span(&name), CX_TYPE_CAA };

    message_of_every_kind(&w);
    for (size_t cap = 0; cap < 64000; cap += 1024) {
        struct cx_arena arena;
        struct cx_answer answer = { .outcome = CX_OUTCOME_ERROR };
        cx_status status;

        cx_arena_init(&arena, cap);
        status = cx_answer_from_message(wire_span(&w), &q, &arena, &answer);
        assert_true(cx_ok(status) || cx_status_class(status) == CX_CLASS_NOMEM);
        assert_int_equal(answer.outcome, cx_ok(status) ? CX_OUTCOME_RECORDS : CX_OUTCOME_ERROR);
        cx_arena_done(&arena);
    }
}

/* Adds n answers in a line and says how many went in. */
static size_t
add_line(struct cx_answers *table, struct cx_arena *arena, const struct cx_answer *answers,
         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cx_status status = cx_answers_add(table, arena, &answers[i]);

        if (!cx_ok(status)) {
            assert_int_equal(cx_status_class(status), CX_CLASS_NOMEM);
            return i;
        }
    }
    return n;
}

static void
answers_up_a_name(struct cx_answer *answers, size_t n, const struct cx_name *name)
{
    cx_span at = cx_name_span(name);

    for (size_t i = 0; i < n; i++, at = cx_name_parent(at)) {
        answers[i] = (struct cx_answer){ .name = at,
                                         .type = CX_TYPE_CAA,
                                         .outcome = CX_OUTCOME_NODATA,
                                         .dnssec = CX_DNSSEC_INSECURE,
                                         .time = CX_TIME_NONE };
    }
}

/* A table that could not grow keeps what it had, and the judge asks for the rest: no verdict out of nothing. */
TEST(a_table_survives_every_oom_and_permits_nothing_by_it)
{
    struct cx_name name = name_of("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t");
    struct cx_answer answers[20];

    answers_up_a_name(answers, 20, &name);
    for (size_t nth = 1;; nth++) {
        struct scene s;
        struct cx_answers table = { .n = 0 };
        struct cx_arena arena;
        size_t added, seen;

        scene_open(&s, CX_PROFILE_TLS_BR, "2026-11-22");
        s.subject.name = cx_name_span(&name);
        cx_arena_init(&arena, ARENA_CAP);
        (void)cx_alloc_fail_nth(nth);
        added = add_line(&table, &arena, answers, 20);
        seen = cx_alloc_fail_nth(0);
        assert_int_equal(table.n, added);
        for (size_t i = 0; i < 20; i++) {
            assert_ptr_equal(cx_answers_find(&table, answers[i].name, CX_TYPE_CAA),
                             i < added ? &answers[i] : NULL);
        }
        cx_judge(&s.c, &s.subject, &table, &s.f);
        assert_int_equal(s.f.verdict, added == 20 ? CX_VERDICT_PERMIT : CX_VERDICT_UNSET);
        cx_arena_done(&arena);
        scene_close(&s);
        if (seen < nth) {
            assert_int_equal(added, 20);
            return;
        }
        assert_true(added < 20);
    }
}

/* The same by the cap, which can fall between the two allocations of one growth. */
TEST(a_table_survives_every_cap)
{
    struct cx_name name = name_of("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t");
    struct cx_answer answers[20];

    answers_up_a_name(answers, 20, &name);
    for (size_t cap = 0; cap < 40000; cap += 1000) {
        struct cx_answers table = { .n = 0 };
        struct cx_arena arena;
        size_t added;

        cx_arena_init(&arena, cap);
        added = add_line(&table, &arena, answers, 20);
        assert_int_equal(table.n, added);
        for (size_t i = 0; i < added; i++) {
            assert_ptr_equal(cx_answers_find(&table, answers[i].name, CX_TYPE_CAA), &answers[i]);
        }
        cx_arena_done(&arena);
    }
}

/* The judge itself allocates nothing: nothing of it can fail. */
TEST(the_judge_allocates_nothing)
{
    struct scene s;

    scene_open(&s, CX_PROFILE_TLS_BR, "2017-10-27");
    (void)scene_dname(&s, "d.test", "e.example");
    (void)scene_set(&s, "e.example", "0 issue ;", NULL);
    assert_int_equal(scene_judge(&s, "www.d.test"), CX_VERDICT_ARGUABLE);
    (void)cx_alloc_fail_nth(1);
    cx_judge(&s.c, &s.subject, &s.answers, &s.f);
    assert_int_equal(cx_alloc_fail_nth(0), 0);
    assert_int_equal(s.f.verdict, CX_VERDICT_ARGUABLE);
    scene_close(&s);
}

/* Reads all of an archive; how many observations, of which none may be another than with memory. */
static cx_status
read_archive(const char *format, const char *text, struct cx_buf *says)
{
    const struct cx_archive_options none = { .year = 0 };
    struct cx_input *input = cx_input_of(bytes_of(text));
    struct cx_archive_reader *reader = NULL;
    struct cx_archive_record record;
    bool more = true;
    cx_status status = { CX_E_NOMEM };

    if (input != NULL) {
        status = cx_archive_reader_open(cx_archive_format_named(cx_str_of(format)), &none, input,
                                        &reader, NULL);
    }
    while (cx_ok(status) && more) {
        status = cx_archive_reader_next(reader, &record, &more, NULL);
        for (size_t i = 0; cx_ok(status) && more && i < record.n; i++) {
            observation_text(&record.v[i], says);
        }
        assert_true(!cx_ok(status) || !more || record.fate == CX_FATE_OBSERVED);
    }
    cx_archive_reader_close(reader);
    cx_input_close(input);
    return status;
}

/* The text may be cut where memory ended, and never says anything else. */
static void
archive_survives(const char *format, const char *text)
{
    struct cx_buf whole, says;

    cx_buf_init(&whole, 1 << 20);
    assert_true(cx_ok(read_archive(format, text, &whole)));
    for (size_t nth = 1;; nth++) {
        cx_status status;
        size_t seen;

        cx_buf_init(&says, 1 << 20);
        assert_non_null(cx_buf_reserve(&says, 1 << 16)); /* what is written to is no part of it */
        (void)cx_alloc_fail_nth(nth);
        status = read_archive(format, text, &says);
        seen = cx_alloc_fail_nth(0);
        assert_true(says.n <= whole.n && memcmp(says.p, whole.p, says.n) == 0);
        if (cx_ok(status)) { /* libcsv tries again with less */
            assert_int_equal(says.n, whole.n);
        } else {
            assert_int_equal(cx_status_class(status), CX_CLASS_NOMEM);
        }
        cx_buf_done(&says);
        if (seen < nth) {
            assert_true(cx_ok(status) && nth > 4);
            break;
        }
    }
    cx_buf_done(&whole);
}

TEST(archives_survive_every_oom)
{
    archive_survives(
        "boulder",
        "2026-11-22T04:35:25Z va1 Checked CAA records for a.example, [Present: true, Valid for "
        "issuance: true] Response=\";; ANSWER SECTION:\\na.example. 60 IN CAA 0 issue "
        "\\\"x\\\"\\n\"\n");
    archive_survives("splunk-csv",
                     "_time,_raw\n1795322124,\"[1795322124] unbound[1:0] query: ::1 a. CAA IN\"\n"
                     "1795322124,\"two\nlines unbound[1:0] query: ::1 a. CAA IN\"\n");
    archive_survives(
        "mpic",
        "{\"domain_or_ip_target\":\"a\",\"perspectives\":[{\"timestamp_ns\":1795322124978292000,"
        "\"details\":{\"caa_record_present\":true,\"response\":"
        "\"c2hvcC5leGFtcGxlLiAzNjAwIElOIENBQSAwIGlzc3VlICJjYS5leGFtcGxlIgo=\"}}]}\n");
    archive_survives(
        "caaproof",
        "{\"schema\":1,\"names\":[{\"name\":\"a\",\"answers\":[{\"name\":\"a\",\"outcome\":"
        "\"nodata\",\"time\":\"2026-11-22T04:35:24Z\"}]}]}\n");
}

/* ---- corroboration */

static const char corroborated[] =
    "{\"names\":[\"d.test\"],\"issuer\":\"ca.example.net\",\"date\":\"2026-11-22\","
    "\"answers\":[{\"name\":\"d.test\",\"outcome\":\"nodata\",\"dnssec\":\"insecure\"},{\"name\":"
    "\"test\",\"outcome\":\"nodata\",\"dnssec\":\"insecure\"}],\"perspectives\":{\"primary\":{"
    "\"code\":"
    "\"home\",\"latitude\":47.4,\"longitude\":8.5,\"region\":\"RIPE\"},\"remotes\":[{\"code\":"
    "\"a\","
    "\"latitude\":40,\"longitude\":-83,\"region\":\"ARIN\"},{\"code\":\"b\",\"latitude\":35.7,"
    "\"longitude\":139.7,\"region\":\"APNIC\"}]},\"corroboration\":{\"open_mpic\":{\"d.test\":[{"
    "\"domain_or_ip_target\":\"d.test\",\"perspectives\":[{\"perspective_code\":\"a\","
    "\"check_passed\":true,\"timestamp_ns\":1795305599000000000,\"details\":{"
    "\"caa_record_present\":true,\"found_at\":\"d.test\",\"records_seen\":[\"0 issue "
    "\\\"ca.example.net\\\"\"]}},{\"perspective_code\":\"b\",\"check_passed\":true,\"timestamp_"
    "ns\":"
    "1795305599000000000,\"details\":{\"x_evidence\":{\"answers\":[{\"name\":\"d.test\","
    "\"outcome\":"
    "\"nodata\"},{\"name\":\"test\",\"outcome\":\"nodata\"}]}}}]}]}}}";

static void
ignore(void *ctx, struct cx_check *check)
{
    (void)ctx;
    (void)check;
}

/* Lack of memory is told of; no number comes out of it. */
TEST(corroboration_survives_every_oom)
{
    struct cx_json *json = NULL;

    assert_true(cx_ok(cx_json_parse(cx_str_of(corroborated), &json, NULL)));
    for (size_t nth = 1;; nth++) {
        struct cx_check *check = cx_check_new();
        size_t seen;

        assert_non_null(check);
        (void)cx_alloc_fail_nth(nth);
        cx_check_start(check, json, NULL, NULL, 0, ignore, NULL);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) {
            assert_true(cx_ok(check->status) && nth > 4);
            assert_int_equal(check->corroboration.is.n_agreed, 2);
            assert_string_equal(check->corroboration.lacks, "too few remote perspectives");
            cx_check_free(check);
            break;
        }
        assert_true(cx_status_class(check->status) == CX_CLASS_NOMEM);
        assert_int_equal(check->corroboration.is.n_agreed, 0);
        cx_check_free(check);
    }
    cx_json_free(json);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(corroboration_survives_every_oom),
    cmocka_unit_test(archives_survive_every_oom),
    cmocka_unit_test(an_answer_from_a_message_survives_every_oom),
    cmocka_unit_test(an_answer_survives_every_cap),
    cmocka_unit_test(a_table_survives_every_oom_and_permits_nothing_by_it),
    cmocka_unit_test(a_table_survives_every_cap),
    cmocka_unit_test(the_judge_allocates_nothing),
};

TEST_MAIN(tests)

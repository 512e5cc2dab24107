#include "base/limits.h"
#include "engine/recorder.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "evidence/start.h"
#include "logs.h"
#include "main.h"

#include <string.h>

static struct test_log t;
static struct cx_recorder *recorder;

static const struct cx_recorder_options options = { .messages = CX_MESSAGES_PROOF };

static int
make(void **state)
{
    (void)state;
    test_log_make(&t, 0);
    return cx_ok(cx_recorder_new(t.log, &options, &recorder)) ? 0 : 1;
}

static int
remove_log(void **state)
{
    (void)state;
    cx_recorder_free(recorder);
    test_log_remove(&t);
    return 0;
}

struct rows {
    struct cx_log_row v[8];
    uint8_t records[8][300];
    size_t n;
};

static cx_status
copy(void *ctx, const struct cx_log_row *row)
{
    struct rows *rows = ctx;

    assert_true(rows->n < CX_COUNT(rows->v) && row->record.n <= sizeof(rows->records[0]));
    memcpy(rows->records[rows->n], row->record.p, row->record.n);
    rows->v[rows->n] = *row;
    rows->v[rows->n].record.p = rows->records[rows->n];
    rows->n++;
    return CX_SUCCESS;
}

static void
read_all(struct rows *rows)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    rows->n = 0;
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(
        cx_log_scan(reader, 1, 1, cx_log_reader_shard(reader, 0)->size, copy, rows, &detail));
    cx_log_reader_close(reader);
}

static const struct cx_start a_start = { .time_ms = 1, /* not looked at */
                                         .request = CX_STR_INIT("r-1"),
                                         .body = { { 7 } },
                                         .deadline_ms = TEST_CLOCK_MS + 9000,
                                         .caller = CX_STR_INIT("issuer-1") };

TEST(a_start_is_appended_once)
{
    struct cx_detail detail = { .rule = NULL };
    static struct rows rows;
    struct cx_noted noted;
    struct cx_start read;

    SCRATCH_OK(cx_recorder_start(recorder, &a_start, TEST_CLOCK_MS + 5, &noted, &detail));
    assert_true(noted.shard == 1 && noted.index == 1 && noted.time_ms == TEST_CLOCK_MS + 5);
    SCRATCH_FAILS(cx_recorder_start(recorder, &a_start, TEST_CLOCK_MS + 6, &noted, &detail),
                  CX_CLASS_USAGE);
    SCRATCH_OK(cx_recorder_commit(recorder, &detail));
    read_all(&rows);
    assert_int_equal(rows.n, 1);
    SCRATCH_OK(cx_log_start(&rows.v[0], &read, &detail));
    assert_true(read.time_ms == TEST_CLOCK_MS + 5 && read.deadline_ms == a_start.deadline_ms &&
                cx_str_equal(read.request, a_start.request) &&
                cx_str_equal(read.caller, a_start.caller) &&
                cx_hash_equal(&read.body, &a_start.body));
    assert_memory_equal(noted.digest.b, rows.v[0].entry + 10, CX_HASH_SIZE);
}

TEST(a_start_of_what_has_a_result_is_refused)
{
    struct cx_detail detail = { .text = "" };
    struct cx_start start = a_start;
    struct cx_noted noted = { .index = 42 };

    test_log_fill(&t, 0, 3); /* r-0 to r-2 */
    SCRATCH_FAILS(cx_recorder_start(recorder, &start, TEST_CLOCK_MS, &noted, &detail),
                  CX_CLASS_USAGE);
    assert_non_null(strstr(detail.text, "r-1"));
    start.request = CX_STR("\001start:r-7");
    SCRATCH_FAILS(cx_recorder_start(recorder, &start, TEST_CLOCK_MS, &noted, &detail),
                  CX_CLASS_USAGE);
    start.request = CX_STR("");
    SCRATCH_FAILS(cx_recorder_start(recorder, &start, TEST_CLOCK_MS, &noted, &detail),
                  CX_CLASS_INTERNAL);
    start.request = CX_STR("r-7");
    SCRATCH_FAILS(cx_recorder_start(recorder, &start, TEST_CLOCK_MS - CX_LOG_CLOCK_STEP_MS - 1,
                                    &noted, &detail),
                  CX_CLASS_STORE);
    assert_int_equal(noted.index, 42);
    SCRATCH_OK(cx_recorder_start(recorder, &start, TEST_CLOCK_MS, &noted, &detail));
    SCRATCH_OK(cx_recorder_commit(recorder, &detail));
    assert_int_equal(noted.index, 4);
}

TEST(an_event_brings_its_certificate)
{
    static const cx_span der = { (const uint8_t *)"0\x82", 2 };
    struct cx_event issuance = { .type = CX_EVENT_ISSUANCE,
                                 .has_about = true,
                                 .about = { { 1 } },
                                 .has_certificate = true },
                    stop = { .type = CX_EVENT_STOP };
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    static struct rows rows;
    struct cx_noted noted[2];
    struct cx_arena arena;
    struct cx_event read;
    bool found = false;
    cx_span octets;

    SCRATCH_FAILS(
        cx_recorder_event(recorder, &stop, (cx_span){ NULL, 0 }, TEST_CLOCK_MS, noted, &detail),
        CX_CLASS_INTERNAL);          /* no reason */
    for (size_t i = 0; i < 2; i++) { /* the object is there once, and each record has its salt */
        SCRATCH_OK(cx_recorder_event(recorder, &issuance, der, TEST_CLOCK_MS, &noted[i], &detail));
    }
    assert_false(cx_hash_equal(&noted[0].digest, &noted[1].digest));
    SCRATCH_OK(cx_recorder_commit(recorder, &detail));
    read_all(&rows);
    assert_int_equal(rows.n, 2);
    SCRATCH_OK(cx_log_event(&rows.v[1], &read, &detail));
    assert_true(read.type == CX_EVENT_ISSUANCE && cx_hash_equal(&read.about, &issuance.about));
    cx_arena_init(&arena, (size_t)1 << 20);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    SCRATCH_OK(cx_log_object(reader, 1, &read.certificate, &arena, &octets, &found, &detail));
    assert_true(found && cx_span_equal(octets, der));
    cx_log_reader_close(reader);
    cx_arena_done(&arena);
}

#define RECORDER(name) cmocka_unit_test_setup_teardown(name, make, remove_log)

static const struct CMUnitTest tests[] = {
    RECORDER(a_start_is_appended_once),
    RECORDER(a_start_of_what_has_a_result_is_refused),
    RECORDER(an_event_brings_its_certificate),
};

TEST_MAIN(tests)

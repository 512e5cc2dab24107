/* Checks recorded durably, next to bare inserts of as many octets into SQLite, in turn, in one run.
 *     bench_recording FOLDER [CHECKS [BATCH [ROUNDS]]]
 * One name, three answers that all checks share, as from the cache. One line of JSON for each round:
 *     append  checks that are judged already: record, append, commit after every BATCH
 *     ids     the same, each with a request id of 36 characters, looked up first
 *     whole   with ids, and every check from the request on: climb, judge, conclusion
 *     bare    rows of as many octets as ids took on the disk, committed as often */
#include "engine/recorder.h"
#include "resolve/shared_answer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_TEXT 300

struct run {
    const char *folder;
    size_t checks, batch;
    struct cx_source source;
    struct cx_request request;
    struct cx_arena arena;
    bool ids;
    bool whole;
    double octets; /* of one check on the disk, by the last run */
};

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "bench_recording: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static double
now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
octets_of(const char *folder, const char *name)
{
    char path[2 * PATH_TEXT];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

/* Three answers that all checks share, as a cache gives them. */
struct shelf {
    struct cx_shared_answer *v[3];
};

static void
ask(void *self, const struct cx_question *question, struct cx_arena *arena, cx_answered *answered,
    void *ctx)
{
    struct shelf *shelf = self;

    for (size_t i = 0; i < CX_COUNT(shelf->v); i++) {
        if (cx_span_equal(shelf->v[i]->answer.name, question->name) &&
            cx_ok(cx_shared_answer_hold(shelf->v[i], arena))) {
            answered(ctx, &shelf->v[i]->answer);
            return;
        }
    }
    answered(ctx, NULL);
}

static cx_status
wait_for_nothing(void *self)
{
    (void)self;
    return CX_SUCCESS;
}

static void
close_shelf(void *self)
{
    struct shelf *shelf = self;

    for (size_t i = 0; i < CX_COUNT(shelf->v); i++) {
        cx_shared_answer_unref(shelf->v[i]);
    }
}

static void
open_source(struct run *run, struct shelf *shelf)
{
    static const char *const names[] = { "www.shop.example", "shop.example", "example" };
    static const struct cx_source_ops ops = { ask, wait_for_nothing, close_shelf };
    static const struct cx_caa record = { .tag = { (const uint8_t *)"issue", 5 },
                                          .value = { (const uint8_t *)"ca.example.net", 14 } };

    for (size_t i = 0; i < CX_COUNT(names); i++) {
        struct cx_name name;
        struct cx_answer answer = { .type = CX_TYPE_CAA,
                                    .outcome = i == 2 ? CX_OUTCOME_RECORDS : CX_OUTCOME_NODATA,
                                    .dnssec = CX_DNSSEC_SECURE,
                                    .has_ttl = true,
                                    .ttl = 3600,
                                    .attempts = 1,
                                    .time = cx_time_now(),
                                    .records = i == 2 ? &record : NULL,
                                    .n_records = i == 2 };

        if (!cx_ok(cx_name_from_text(cx_str_of(names[i]), &name, NULL))) {
            die(names[i], "no name");
        }
        answer.name = answer.records_at = cx_name_span(&name);
        if (!cx_ok(cx_shared_answer_new(&answer, &shelf->v[i]))) {
            die("memory", "none");
        }
    }
    run->source = (struct cx_source){ &ops, shelf };
}

static void
read_request(struct run *run)
{
    static const char text[] =
        "{\"names\":[\"www.shop.example\"],\"issuer\":[\"ca.example.net\"],"
        "\"account_uri\":\"https://ca.example.net/acct/1\",\"method\":\"dns-01\"}";
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = NULL;

    cx_arena_init(&run->arena, 1 << 20);
    if (!cx_ok(cx_json_parse(cx_str_of(text), &json, &detail)) ||
        !cx_ok(
            cx_request_from_json(json, NULL, cx_time_now(), &run->arena, &run->request, &detail))) {
        die("request", detail.text);
    }
    cx_json_free(json);
}

static void
finished(void *ctx, struct cx_check *check)
{
    bool *done = ctx;

    *done = true;
    if (check->conclusion.verdict != CX_VERDICT_PERMIT) {
        die("check", check->detail.text);
    }
}

/* Every answer is there at once. */
static struct cx_check *
judge(struct run *run)
{
    struct cx_check *check = cx_check_new();
    bool done = false;

    if (check == NULL) {
        die("memory", "none");
    }
    cx_check_start_request(check, &run->request, &run->source, finished, &done);
    if (!done) {
        die("check", "not done");
    }
    return check;
}

/* By hand: printf would be a thirtieth of what is measured. */
static void
write_id(size_t i, char ret[37])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t halves[] = { i, i * 0x9e3779b97f4a7c15u >> 16 };

    memcpy(ret, "00000000-0000-4000-8000-000000000000", 37);
    for (size_t k = 0; k < 8; k++) {
        ret[7 - k] = digits[halves[0] >> 4 * k & 15];
    }
    for (size_t k = 0; k < 12; k++) {
        ret[35 - k] = digits[halves[1] >> 4 * k & 15];
    }
}

static const struct cx_recorder_terms terms = { .has_authority = true };

static void
record_one(struct run *run, struct cx_recorder *recorder, struct cx_check *check, size_t i)
{
    struct cx_detail detail = { .text = "" };
    struct cx_recorded recorded;
    char id[37];

    if (run->ids) {
        write_id(i, id);
        check->request.id = cx_str_of(id);
        check->request.has_id = true;
    }
    if (!cx_ok(cx_recorder_add(recorder, check, &terms, cx_time_now_ms(), &recorded, &detail))) {
        die("record", detail.text);
    }
}

static void
record_batch(struct run *run, struct cx_recorder *recorder, size_t first, size_t last)
{
    struct cx_check *check = judge(run);

    for (size_t i = first; i < last; i++) {
        record_one(run, recorder, check, i);
        if (run->whole && i + 1 < last) {
            cx_check_free(check);
            check = judge(run);
        }
    }
    cx_check_free(check);
}

static void
record_all(struct run *run, struct cx_log *log, struct cx_recorder *recorder)
{
    struct cx_detail detail = { .text = "" };

    for (size_t i = 0; i < run->checks; i += run->batch) {
        record_batch(run, recorder, i, i + run->batch < run->checks ? i + run->batch : run->checks);
        if (!cx_ok(cx_recorder_commit(recorder, &detail)) || !cx_ok(cx_log_tend(log, &detail))) {
            die("commit", detail.text);
        }
    }
}

/* Checks a second. */
static double
run_recording(struct run *run, const char *name)
{
    const struct cx_log_options log_options = { .keys = NULL };
    const struct cx_recorder_options options = {
        .software = CX_STR("bench"),
        .resolver = CX_STR("bench"),
        .live = true,
        .messages = CX_MESSAGES_FULL,
    };
    struct cx_detail detail = { .text = "" };
    struct cx_recorder *recorder;
    struct cx_log_opened opened;
    struct cx_log *log;
    char path[PATH_TEXT + 20];
    double began, took;

    (void)snprintf(path, sizeof(path), "%s/%s", run->folder, name);
    if (!cx_ok(cx_log_create(path, CX_STR("bench.example/log"), &log_options, &detail)) ||
        !cx_ok(cx_log_open(path, &log_options, &log, &opened, &detail)) ||
        !cx_ok(cx_recorder_new(log, &options, &recorder))) {
        die(path, detail.text);
    }
    began = now_s();
    record_all(run, log, recorder);
    took = now_s() - began;
    cx_recorder_free(recorder);
    cx_log_close(log);
    run->octets = octets_of(path, "0001/records.sqlite") / (double)run->checks;
    return (double)run->checks / took;
}

static void
must(sqlite3 *db, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE) {
        die("SQLite", sqlite3_errmsg(db));
    }
}

/* The pragmas are those of the store. */
static double
run_bare(struct run *run)
{
    static uint8_t octets[65536];
    int n = (int)run->octets - 12; /* what SQLite adds to a row and a page */
    sqlite3_stmt *insert;
    char path[PATH_TEXT + 20];
    double began, took;
    sqlite3 *db;

    (void)snprintf(path, sizeof(path), "%s/bare.sqlite", run->folder);
    must(NULL, sqlite3_open(path, &db));
    must(db, sqlite3_exec(
                 db,
                 "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                 "CREATE TABLE t (number INTEGER PRIMARY KEY, octets BLOB)",
                 NULL, NULL, NULL));
    must(db, sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1, ?2)", -1, &insert, NULL));
    began = now_s();
    for (size_t i = 0; i < run->checks;) {
        must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        for (size_t k = 0; k < run->batch && i < run->checks; k++, i++) {
            memcpy(octets, &i, sizeof(i));
            (void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)i);
            (void)sqlite3_bind_blob(insert, 2, octets, n, SQLITE_STATIC);
            must(db, sqlite3_step(insert));
            (void)sqlite3_reset(insert);
        }
        must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    }
    took = now_s() - began;
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    return (double)run->checks / took;
}

int
main(int argc, char **argv)
{
    struct run run = { .checks = argc > 2 ? strtoul(argv[2], NULL, 10) : 300000,
                       .batch = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000 };
    struct shelf shelf;
    size_t rounds = argc > 4 ? strtoul(argv[4], NULL, 10) : 3;

    if (argc < 2 || run.checks == 0 || run.batch == 0) {
        fprintf(stderr, "usage: bench_recording FOLDER [CHECKS [BATCH [ROUNDS]]]\n");
        return 64;
    }
    open_source(&run, &shelf);
    read_request(&run);
    for (size_t i = 0; i < rounds; i++) {
        char path[PATH_TEXT];
        double append, ids, whole, bare, octets;

        (void)snprintf(path, sizeof(path), "%s/bench.XXXXXX", argv[1]);
        run.folder = mkdtemp(path);
        if (run.folder == NULL) {
            die(path, "cannot be made");
        }
        run.ids = run.whole = false;
        append = run_recording(&run, "append");
        octets = run.octets;
        run.ids = true;
        ids = run_recording(&run, "ids");
        bare = run_bare(&run);
        run.whole = true;
        whole = run_recording(&run, "whole");
        printf("{\"checks\":%zu,\"batch\":%zu,\"append_per_s\":%.0f,\"ids_per_s\":%.0f,\"whole_per_"
               "s\":%.0f,"
               "\"bare_per_s\":%.0f,\"append_next_to_bare\":%.2f,\"ids_next_to_bare\":%.2f,"
               "\"whole_next_to_bare\":%.2f,\"octets_append\":%.0f,\"octets_ids\":%.0f}\n",
               run.checks, run.batch, append, ids, whole, bare, append / bare, ids / bare,
               whole / bare, octets, run.octets);
        (void)fflush(stdout);
    }
    cx_source_close(&run.source);
    cx_arena_done(&run.arena);
    return EXIT_SUCCESS;
}

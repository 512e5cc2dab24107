/* Appending to the log next to what a bare database and a bare file do with the same octets, in turn, in one run.
 *     bench_append FOLDER [ROWS [BATCH [ROUNDS [KIND]]]]
 * One line of JSON for each round and kind. Rows a second, processor time of a row, what a
 * commit took. What makes the records (2 us) is in all three. */
#include "records.h"
#include "store/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RECORD    400
#define PATH_TEXT 300

struct run {
    const char *folder;
    size_t rows, batch;
    double *took_ms; /* of each commit */
    size_t n_took;
    struct cx_buf record;
};

static double
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* User and system, of this process. */
static double
cpu_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "bench_append: %s: %s\n", what, why);
    exit(1);
}

/* The record of row i, with a request id and a name of its own. */
static cx_span
record_of(struct run *run, size_t i, struct cx_log_keys *keys)
{
    static char request[40], name[60];
    static const char *names[1] = { name };
    static cx_str key;
    struct test_record record = { .time_ms = 1700000000000u,
                                  .request = request,
                                  .names = names,
                                  .n_names = 1,
                                  .octets = RECORD };

    (void)snprintf(request, sizeof(request), "order-%016zx", i * 0x9e3779b97f4a7c15u);
    (void)snprintf(name, sizeof(name), "www.customer-%zu.example", i);
    test_record_write(&record, &run->record);
    key = cx_str_of(name);
    *keys = (struct cx_log_keys){ cx_str_of(request), &key, 1 };
    return cx_span_of_str(cx_buf_str(&run->record));
}

static uint64_t
bench_clock(void *ctx)
{
    (void)ctx;
    return 1700000000000u;
}

/* ---- the three */

static void
append_to_log(struct run *run)
{
    struct cx_log_options options = { .now_ms = bench_clock };
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_opened opened;
    struct cx_commit commit;
    struct cx_log *log;
    char path[PATH_TEXT];

    (void)snprintf(path, sizeof(path), "%s/log", run->folder);
    if (!cx_ok(cx_log_create(path, CX_STR("bench.example/log"), &options, &detail)) ||
        !cx_ok(cx_log_open(path, &options, &log, &opened, &detail))) {
        die(path, detail.text);
    }
    for (size_t i = 0; i < run->rows;) {
        double began = now_ms();

        for (size_t k = 0; k < run->batch && i < run->rows; k++, i++) {
            struct cx_log_keys keys;
            cx_span record = record_of(run, i, &keys);
            uint64_t index;
            bool found;

            if (!cx_ok(cx_log_find_request(log, keys.request, &found, &index, &detail)) || found ||
                !cx_ok(cx_log_append(log, CX_ENTRY_CHECK, 1700000000000u, record, &keys, &index,
                                     &detail))) {
                die("append", detail.text);
            }
        }
        if (!cx_ok(cx_log_commit(log, &commit, &detail))) {
            die("commit", detail.text);
        }
        run->took_ms[run->n_took++] = now_ms() - began;
        if (!cx_ok(cx_log_tend(log, &detail))) {
            die("tend", detail.text);
        }
    }
    cx_log_close(log);
}

static void
exec(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        die(sql, sqlite3_errmsg(db));
    }
}

static int
count_frames(void *ctx, sqlite3 *db, const char *name, int frames)
{
    (void)db, (void)name;
    *(int *)ctx = frames;
    return SQLITE_OK;
}

static void
insert_one(sqlite3 *db, sqlite3_stmt *insert, struct run *run, size_t i)
{
    static const uint8_t entry[42];
    struct cx_log_keys keys;
    cx_span record = record_of(run, i, &keys);

    (void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)i);
    (void)sqlite3_bind_blob(insert, 2, entry, sizeof(entry), SQLITE_STATIC);
    (void)sqlite3_bind_blob(insert, 3, record.p, (int)record.n, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) {
        die("insert", sqlite3_errmsg(db));
    }
    (void)sqlite3_reset(insert);
}

static void
insert_into_sqlite(struct run *run)
{
    char path[PATH_TEXT];
    sqlite3 *db;
    sqlite3_stmt *insert;
    int frames = 0, tended = 0;

    (void)snprintf(path, sizeof(path), "%s/bare.sqlite", run->folder);
    if (sqlite3_open(path, &db) != SQLITE_OK) {
        die(path, sqlite3_errmsg(db));
    }
    exec(db,
         "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA "
         "wal_autocheckpoint = 0; PRAGMA cache_size = -65536; PRAGMA secure_delete = OFF; "
         "CREATE TABLE t (number INTEGER PRIMARY KEY, entry BLOB, record BLOB)");
    (void)sqlite3_wal_hook(db, count_frames, &frames);
    if (sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1, ?2, ?3)", -1, &insert, NULL) !=
        SQLITE_OK) {
        die("prepare", sqlite3_errmsg(db));
    }
    for (size_t i = 0; i < run->rows;) {
        double began = now_ms();

        exec(db, "BEGIN IMMEDIATE");
        for (size_t k = 0; k < run->batch && i < run->rows; k++, i++) {
            insert_one(db, insert, run, i);
        }
        exec(db, "COMMIT");
        run->took_ms[run->n_took++] = now_ms() - began;
        tended = frames < tended ? 0 : tended;
        if ((frames - tended) * 8192 > 4 << 20) { /* as the log does */
            (void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
            tended = frames;
        }
    }
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
}

static void
write_to_file(struct run *run)
{
    static uint8_t octets[42];
    char path[PATH_TEXT];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/bare.file", run->folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    for (size_t i = 0; i < run->rows;) {
        double began = now_ms();

        for (size_t k = 0; k < run->batch && i < run->rows; k++, i++) {
            struct cx_log_keys keys;
            cx_span record = record_of(run, i, &keys);

            if (write(fd, octets, sizeof(octets)) != (ssize_t)sizeof(octets) ||
                write(fd, record.p, record.n) != (ssize_t)record.n) {
                die(path, "write");
            }
        }
        if (fdatasync(fd) != 0) {
            die(path, "fdatasync");
        }
        run->took_ms[run->n_took++] = now_ms() - began;
    }
    (void)close(fd);
}

/* ---- */

static int
compare(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void
measure(struct run *run, const char *only, const char *what, void (*how)(struct run *run))
{
    double began = now_ms(), cpu = cpu_us(), took;
    const double *t = run->took_ms;
    size_t n;

    if (only != NULL && strcmp(only, what) != 0) {
        return;
    }
    run->n_took = 0;
    how(run);
    took = now_ms() - began;
    cpu = cpu_us() - cpu;
    n = run->n_took;
    qsort(run->took_ms, n, sizeof(double), compare);
    printf("{\"what\":\"%s\",\"rows\":%zu,\"batch\":%zu,\"rows_per_s\":%.0f,\"cpu_us\":%.2f,\"ms\":"
           "{\"p50\":%.3f,"
           "\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}}\n",
           what, run->rows, run->batch, (double)run->rows / took * 1e3, cpu / (double)run->rows,
           t[n / 2], t[n * 99 / 100], t[n * 999 / 1000], t[n - 1]);
    (void)fflush(stdout);
}

static void
make_folder(const char *parent, char path[PATH_TEXT])
{
    (void)snprintf(path, PATH_TEXT, "%s/bench.XXXXXX", parent);
    if (mkdtemp(path) == NULL) {
        die(path, "mkdtemp");
    }
}

int
main(int argc, char **argv)
{
    struct run run = { .rows = argc > 2 ? strtoul(argv[2], NULL, 10) : 300000,
                       .batch = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000 };
    size_t rounds = argc > 4 ? strtoul(argv[4], NULL, 10) : 3;

    if (argc < 2 || run.rows == 0 || run.batch == 0) {
        fprintf(stderr, "usage: bench_append FOLDER [ROWS [BATCH [ROUNDS [log|sqlite|file]]]]\n");
        return 64;
    }
    run.took_ms = calloc(run.rows / run.batch + 2, sizeof(double));
    cx_buf_init(&run.record, 65536);
    if (run.took_ms == NULL) {
        die("memory", "none");
    }
    for (size_t i = 0; i < rounds; i++) {
        char path[PATH_TEXT];

        make_folder(argv[1], path);
        run.folder = path;
        measure(&run, argc > 5 ? argv[5] : NULL, "log", append_to_log);
        measure(&run, argc > 5 ? argv[5] : NULL, "sqlite", insert_into_sqlite);
        measure(&run, argc > 5 ? argv[5] : NULL, "file", write_to_file);
    }
    cx_buf_done(&run.record);
    free(run.took_ms);
    return 0;
}

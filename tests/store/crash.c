/* A recorder that is killed at random moments, or whose machine loses its power.
 *     crash [ROUNDS [SEED]]
 * A child appends batches of known records, and tells each acknowledged checkpoint. It is killed, or the disk below it takes
 * back what was not synced (disk.h). Then: everything acknowledged is there, every acknowledged checkpoint is the root of the
 * tree at its size, every record is the one that was appended, request ids find their entries, and a check of the store finds
 * nothing. Last line: "N passed, N failed". */
#include "checks.h"
#include "disk.h"
#include "logs.h"
#include "main.h"
#include "store/signed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Rounds that one store lives. */
#define ROUNDS_OF_ONE 12

struct acknowledged {
    uint64_t shard, size;
    struct cx_hash root;
};

static struct test_log t;
static struct acknowledged *known;
static size_t n_known, room;
static uint64_t random_state;

static uint64_t
chance(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

/* ---- the child */

/* The record of an entry has the number of the entry before it, in every shard. */
static void
append_batch(uint64_t n)
{
    uint64_t size = t.commit.size;

    for (uint64_t i = 0; i < n; i++) {
        test_log_append(&t, size + i - 1);
    }
    test_log_commit(&t);
}

static void
tell(int to)
{
    struct acknowledged a = { cx_log_shard(t.log), t.commit.size, t.root };

    if (write(to, &a, sizeof(a)) != (ssize_t)sizeof(a)) {
        _exit(1);
    }
}

static _Noreturn void
child(int to)
{
    struct cx_detail detail = { .rule = NULL };

    test_log_open(&t);
    tell(to);
    for (;;) {
        append_batch(1 + chance(40));
        tell(to);
        if (chance(5) == 0) {
            SCRATCH_OK(cx_log_tend(t.log, &detail));
        }
        if (chance(40) == 0) {
            SCRATCH_OK(cx_log_seal(t.log, &detail));
            test_log_commit(&t);
            tell(to);
        }
    }
}

/* ---- the parent */

static void
note(const struct acknowledged *a)
{
    if (n_known == room) {
        room = room * 2 + 64;
        known = realloc(known, room * sizeof(*known));
        assert_non_null(known);
    }
    known[n_known++] = *a;
}

static void
listen(int from)
{
    struct acknowledged a;

    while (read(from, &a, sizeof(a)) == (ssize_t)sizeof(a)) { /* in one piece: it is a pipe */
        note(&a);
    }
}

/* Kills it after some microseconds, or lets the power go at some operation. Fails if it ended in another way. */
static void
run_child(bool power)
{
    uint64_t operation = 1 + chance(150), seed = chance(1u << 30);
    struct timespec pause = { 0, (long)chance(30000) * 1000 };
    int ends[2], status = 0;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(ends[0]);
        if (power) {
            disk_cut_nth(operation, seed);
        }
        child(ends[1]);
    }
    (void)close(ends[1]);
    if (!power) {
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
    }
    listen(ends[0]);
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (power) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), DISK_CUT);
    } else {
        assert_true(WIFSIGNALED(status));
    }
}

static cx_status
check_row(void *ctx, const struct cx_log_row *row)
{
    (void)ctx;
    /* The first begins the shard; the last may seal it. */
    if (row->index != 0 && row->entry[1] == CX_ENTRY_CHECK &&
        !test_record_is(row->record, row->index - 1)) {
        fail_msg("entry %llu/%llu is another", (unsigned long long)row->shard,
                 (unsigned long long)row->index);
    }
    return CX_SUCCESS;
}

static uint64_t
size_of(const struct cx_log_reader *reader, uint64_t shard)
{
    for (size_t i = 0; i < cx_log_reader_shards(reader); i++) {
        if (cx_log_reader_shard(reader, i)->number == shard) {
            return cx_log_reader_shard(reader, i)->size;
        }
    }
    return 0;
}

static void
verify_tree(void)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    for (size_t i = 0; i < n_known; i++) {
        struct cx_hashes hashes = cx_log_hashes(reader, known[i].shard);
        struct cx_hash root;

        if (known[i].size > size_of(reader, known[i].shard)) {
            fail_msg("of shard %llu %llu entries were acknowledged, %llu are there",
                     (unsigned long long)known[i].shard, (unsigned long long)known[i].size,
                     (unsigned long long)size_of(reader, known[i].shard));
        }
        SCRATCH_OK(cx_tree_root(&hashes, known[i].size, &root));
        assert_true(cx_hash_equal(&root, &known[i].root));
    }
    for (size_t i = 0; i < cx_log_reader_shards(reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(reader, i);

        SCRATCH_OK(cx_log_scan(reader, info->number, 0, info->size, check_row, NULL, &detail));
    }
    cx_log_reader_close(reader);
}

static void
verify_requests(void)
{
    struct cx_detail detail = { .rule = NULL };
    char request[40];

    for (uint64_t index = 1; index < t.commit.size; index += 1 + chance(7)) {
        uint64_t found_at = 0;
        bool found = false;

        (void)snprintf(request, sizeof(request), "r-%llu", (unsigned long long)index - 1);
        SCRATCH_OK(cx_log_find_request(t.log, cx_str_of(request), &found, &found_at, &detail));
        assert_true(found);
        assert_int_equal(found_at, index);
    }
}

static void
verify(void)
{
    test_log_open(&t);
    assert_false(t.opened.behind_anchor);
    verify_tree();
    verify_requests();
    append_batch(3);
    test_log_prove(&t, chance(1000));
    test_log_close(&t);
    ASSERT_FINDINGS(t.store, "");
}

static unsigned long rounds;

static void
crash(void **state)
{
    (void)state;
    for (unsigned long i = 0; i < rounds; i++) {
        if (i % ROUNDS_OF_ONE == 0) {
            if (i != 0) {
                test_log_remove(&t);
            }
            test_log_make(&t, 16 + chance(200));
            test_log_close(&t);
            n_known = 0;
        }
        run_child(i % 2 == 1);
        verify();
    }
    if (rounds != 0) {
        test_log_remove(&t);
    }
    free(known);
}

int
main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(crash) };
    int failed;

    rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 50;
    random_state = argc > 2 ? strtoul(argv[2], NULL, 10) : (uint64_t)time(NULL);
    printf("# %lu rounds, seed %llu\n", rounds, (unsigned long long)random_state);
    (void)fflush(stdout);
    disk_install();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("%lu passed, %d failed\n", failed == 0 ? rounds : 0, failed);
    return failed == 0 ? 0 : 1;
}

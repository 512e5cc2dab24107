/* Readers, checks, backups and retention beside a recorder that appends and seals all the while.
 *     beside [MILLISECONDS [SEED]]
 * Whatever they see is whole: a check finds nothing, a backup is sound, a reader's rows are those that were appended, and
 * what it saw stays. Last line: "N passed, N failed". */
#include "checks.h"
#include "logs.h"
#include "main.h"
#include "store/backup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct test_log t;
static uint64_t random_state, rounds;
static long milliseconds;

static uint64_t
chance(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

static long
now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void
recorder(void)
{
    struct cx_detail detail = { .rule = NULL };

    test_log_open(&t);
    for (;;) {
        uint64_t size = t.commit.size;

        test_log_fill(&t, size - 1, size - 1 + 1 + chance(30));
        if (chance(4) == 0) {
            SCRATCH_OK(cx_log_tend(t.log, &detail));
        }
        if (chance(60) == 0) {
            SCRATCH_OK(cx_log_seal(t.log, &detail));
            test_log_commit(&t);
        }
    }
}

/* ---- what is done beside it */

static cx_status
check_row(void *ctx, const struct cx_log_row *row)
{
    struct cx_log_reader *reader = ctx;
    struct cx_detail detail = { .rule = NULL };
    struct cx_arena arena;
    enum cx_object_kind kind;
    struct cx_hash digest;
    cx_span octets;
    bool found = false;

    if (row->entry[1] != CX_ENTRY_CHECK) {
        return CX_SUCCESS;
    }
    assert_true(test_record_is(row->record, row->index - 1));
    cx_arena_init(&arena, 65536);
    test_digest(test_object(row->index - 1, (unsigned)chance(4), &kind), &digest);
    SCRATCH_OK(cx_log_object(reader, row->shard, &digest, &arena, &octets, &found, &detail));
    assert_true(found);
    cx_arena_done(&arena);
    return CX_SUCCESS;
}

struct want {
    uint64_t shard, index;
    unsigned n;
};

static cx_status
count_wanted(void *ctx, const struct cx_log_row *row)
{
    struct want *want = ctx;

    want->n += row->shard == want->shard && row->index == want->index ? 1 : 0;
    return CX_SUCCESS;
}

static void
read_all(void)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    for (size_t i = 0; i < cx_log_reader_shards(reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(reader, i);
        struct cx_hashes hashes = cx_log_hashes(reader, info->number);
        struct want want = { info->number, info->size / 2, 0 };
        struct cx_hash root;
        char request[40];

        assert_true(info->size > 0);
        SCRATCH_OK(cx_tree_root(&hashes, info->size, &root));
        SCRATCH_OK(cx_log_scan(reader, info->number, 0, info->size, check_row, reader, &detail));
        (void)snprintf(request, sizeof(request), "r-%llu", (unsigned long long)want.index - 1);
        SCRATCH_OK(cx_log_find(reader, cx_str_of(request), count_wanted, &want, &detail));
        assert_int_equal(want.n, want.index > 0 && !(info->sealed && info->size == 2) ? 1 : 0);
    }
    cx_log_reader_close(reader);
}

/* The seal of a shard may be there before the next shard is: a remark. */
static void
check(const char *store)
{
    static struct test_check found;
    size_t at = 0;
    cx_str line;

    test_check_run(&found, store, NULL);
    while (cx_str_line((cx_str){ found.text, found.n }, &at, &line)) {
        if (line.n < 7 || memcmp(line.p, "(chain ", 7) != 0) {
            fail_msg("%s", found.text);
        }
    }
}

static void
back_up(void)
{
    struct cx_detail detail = { .rule = NULL };
    char to[SCRATCH_PATH];

    scratch_join(to, t.folder, "backup");
    SCRATCH_OK(cx_store_backup(t.store, to, NULL, NULL, &detail));
    check(to);
    scratch_remove(to);
}

static void
beside(void **state)
{
    long end = now_ms() + milliseconds;
    int status;
    pid_t pid;

    (void)state;
    test_log_make(&t, 64);
    test_log_fill(&t, 0, 10);
    test_log_close(&t);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        recorder();
    }
    for (; now_ms() < end; rounds++) {
        switch (rounds % 3) {
        case 0:
            read_all();
            break;
        case 1:
            check(t.store);
            break;
        default:
            back_up();
        }
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* it is still at work */
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    test_log_remove(&t);
}

int
main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(beside) };
    int failed;

    milliseconds = argc > 1 ? (long)strtoul(argv[1], NULL, 10) : 3000;
    random_state = argc > 2 ? strtoul(argv[2], NULL, 10) : (uint64_t)time(NULL);
    printf("# %ld ms, seed %llu\n", milliseconds, (unsigned long long)random_state);
    (void)fflush(stdout);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("%llu passed, %d failed\n", (unsigned long long)(failed == 0 ? rounds : 0), failed);
    return failed == 0 ? 0 : 1;
}

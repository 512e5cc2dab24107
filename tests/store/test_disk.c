#include "base/alloc.h"
#include "checks.h"
#include "disk.h"
#include "logs.h"
#include "main.h"
#include "store/signed.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The nth operation of the disk fails, or the nth allocation, for n = 1, 2, ... until what is done passes without meeting it.
 * Whatever failed: the store opens again, has everything that was acknowledged, and no checkpoint contradicts another. */

#define ACKNOWLEDGED_MAX 20

static struct test_log t;
static char pristine[SCRATCH_PATH], pristine_keys[SCRATCH_PATH];

static struct {
    uint64_t shard;
    struct cx_note_key key;
    char note[1024];
    size_t n;
} acknowledged[ACKNOWLEDGED_MAX];
static size_t n_acknowledged;

static int
make_log(void **state)
{
    (void)state;
    test_log_make(&t, 8);
    test_log_fill(&t, 0, 10);
    test_log_fill(&t, 10, 13);
    test_log_close(&t);
    scratch_join(pristine, t.folder, "pristine");
    scratch_join(pristine_keys, t.folder, "pristine.keys");
    scratch_copy(t.store, pristine);
    scratch_copy(t.keys, pristine_keys);
    return 0;
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

static void
restore(void)
{
    scratch_remove(t.store);
    scratch_remove(t.keys);
    scratch_copy(pristine, t.store);
    scratch_copy(pristine_keys, t.keys);
    n_acknowledged = 0;
}

/* ---- what is done; the first failure ends it */

static cx_status
fill(uint64_t first, uint64_t end, struct cx_detail *detail)
{
    for (uint64_t i = first; i < end; i++) {
        CX_TRY(test_log_try(&t, i, detail));
    }
    CX_TRY(cx_log_commit(t.log, &t.commit, detail));
    acknowledged[n_acknowledged].shard = cx_log_shard(t.log);
    acknowledged[n_acknowledged].key = *cx_log_key(t.log);
    acknowledged[n_acknowledged].n = t.commit.checkpoint.n;
    memcpy(acknowledged[n_acknowledged].note, t.commit.checkpoint.p, t.commit.checkpoint.n);
    n_acknowledged++;
    return CX_SUCCESS;
}

static cx_status
work(struct cx_detail *detail)
{
    CX_TRY(cx_log_open(t.store, &t.options, &t.log, &t.opened, detail));
    CX_TRY(fill(13, 16, detail));
    CX_TRY(fill(16, 17, detail));
    CX_TRY(cx_log_tend(t.log, detail));
    CX_TRY(fill(17, 26, detail));
    CX_TRY(cx_log_seal(t.log, detail));
    CX_TRY(fill(0, 3, detail));
    return fill(3, 4, detail);
}

/* ---- what must hold afterwards */

static void
assert_acknowledged(void)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    for (size_t i = 0; i < n_acknowledged; i++) {
        struct cx_hashes hashes = cx_log_hashes(reader, acknowledged[i].shard);
        cx_str note = { acknowledged[i].note, acknowledged[i].n };
        struct cx_signed said;
        struct cx_hash root;

        SCRATCH_OK(cx_signed_read(note, &acknowledged[i].key, &said, &detail));
        SCRATCH_OK(cx_tree_root(&hashes, said.size, &root));
        assert_true(cx_hash_equal(&root, &said.root));
    }
    cx_log_reader_close(reader);
}

static void
assert_sound(void)
{
    test_log_open(&t);
    assert_false(t.opened.behind_anchor);
    assert_acknowledged();
    test_log_fill(&t, 90, 93); /* it goes on */
    test_log_prove(&t, n_acknowledged);
    assert_acknowledged();
    test_log_close(&t);
    ASSERT_FINDINGS(t.store, "");
}

/* With CX_STORE_ALL=1 nothing is left out. */
static uint64_t
step(uint64_t wanted)
{
    return getenv("CX_STORE_ALL") != NULL ? 1 : wanted;
}

static void
fail_every_operation(enum disk_failure how, enum cx_class class, uint64_t by)
{
    uint64_t nth = 1;
    bool met = true;

    for (; met; nth += step(by)) {
        struct cx_detail detail = { .rule = NULL };
        cx_status status;

        restore();
        (void)disk_fail_nth(nth, how);
        status = work(&detail);
        test_log_close(&t);
        met = disk_fail_nth(0, how) >= nth;
        if (!cx_ok(status)) {
            enum cx_class got = cx_status_class(status);

            assert_true(met);
            ROW_TRUE(got == class || got == CX_CLASS_IO, detail.text);
            ROW_TRUE(detail.text[0] != '\0', "a text");
        }
        assert_true(met || cx_ok(status));
        assert_sound();
    }
    assert_true(nth > 60);
    assert_int_equal(n_acknowledged, 5);
}

TEST(a_full_disk_loses_nothing)
{
    fail_every_operation(DISK_FULL_ONCE, CX_CLASS_STORE, 1);
}

TEST(a_failing_disk_loses_nothing)
{
    fail_every_operation(DISK_FAILS_ONCE, CX_CLASS_STORE, 5);
}

TEST(a_dying_disk_loses_nothing)
{
    fail_every_operation(DISK_DIES, CX_CLASS_STORE, 2);
}

/* ---- creating */

TEST(a_creation_that_failed_is_tried_again)
{
    for (uint64_t nth = 1;; nth++) {
        struct cx_detail detail = { .rule = NULL };
        cx_status status;
        bool met;

        scratch_remove(t.store);
        scratch_remove(t.keys);
        (void)disk_fail_nth(nth, DISK_FAILS_ONCE);
        status = cx_log_create(t.store, CX_STR(TEST_ORIGIN), &t.options, &detail);
        met = disk_fail_nth(0, DISK_FAILS_ONCE) >= nth;
        if (!cx_ok(status) &&
            !cx_ok(cx_log_create(t.store, CX_STR(TEST_ORIGIN), &t.options, &detail))) {
            /* It was there already, but for its first checkpoint. */
            assert_non_null(strstr(detail.text, "there is a store already"));
        }
        test_log_open(&t);
        assert_true(t.opened.shard == 1 && t.opened.size == 1 && !t.opened.behind_anchor);
        test_log_fill(&t, 0, 3);
        test_log_close(&t);
        ASSERT_FINDINGS(t.store, "");
        if (!met) {
            assert_true(cx_ok(status) && nth > 15);
            return;
        }
    }
}

/* ---- memory: ours, and SQLite's */

static sqlite3_mem_methods real_memory;
static uint64_t sqlite_seen, sqlite_fail_at;

static bool
sqlite_fails(void)
{
    return ++sqlite_seen == sqlite_fail_at;
}

static void *
failing_malloc(int n)
{
    return sqlite_fails() ? NULL : real_memory.xMalloc(n);
}

static void *
failing_realloc(void *p, int n)
{
    return sqlite_fails() ? NULL : real_memory.xRealloc(p, n);
}

TEST(every_oom_loses_nothing)
{
    for (size_t nth = 1;; nth += step(1 + nth / 100)) {
        struct cx_detail detail = { .rule = NULL };
        cx_status status;
        size_t seen;

        restore();
        (void)cx_alloc_fail_nth(nth);
        status = work(&detail);
        seen = cx_alloc_fail_nth(0);
        test_log_close(&t);
        if (seen < nth) {
            assert_true(cx_ok(status) && nth > 300);
            assert_sound();
            return;
        }
        if (cx_status_class(status) != CX_CLASS_NOMEM) {
            fail_msg("allocation %zu: %s: %s", nth, cx_status_text(status), detail.text);
        }
        if (nth % 7 == 0 || nth < 50) { /* each takes a while */
            assert_sound();
        }
    }
}

/* ---- reading: what is out of memory is told, and never looks like something that is not there */

static cx_status
count_row(void *ctx, const struct cx_log_row *row)
{
    (void)row;
    (*(unsigned *)ctx)++;
    return CX_SUCCESS;
}

struct looked {
    unsigned scanned, found;
    bool object;
};

static cx_status
look_with(struct cx_log_reader *reader, struct looked *looked, struct cx_detail *detail)
{
    struct cx_hashes hashes = cx_log_hashes(reader, 1);
    enum cx_object_kind kind;
    struct cx_arena arena;
    struct cx_hash digest;
    cx_span octets;
    cx_status status;

    test_digest(test_object(3, 1, &kind), &digest);
    CX_TRY(cx_log_scan(reader, 1, 0, 14, count_row, &looked->scanned, detail));
    CX_TRY(cx_log_find(reader, CX_STR("n3.test"), count_row, &looked->found, detail));
    cx_arena_init(&arena, 65536);
    status = cx_log_object(reader, 1, &digest, &arena, &octets, &looked->object, detail);
    cx_arena_done(&arena);
    CX_TRY(status);
    return cx_tree_root(&hashes, 14, &digest);
}

static cx_status
look(struct looked *looked, struct cx_detail *detail)
{
    struct cx_log_reader *reader;
    cx_status status;

    CX_TRY(cx_log_reader_open(t.store, &reader, detail));
    status = look_with(reader, looked, detail);
    cx_log_reader_close(reader);
    return status;
}

TEST(a_reader_tells_every_oom)
{
    restore();
    for (size_t nth = 1;; nth++) {
        struct cx_detail detail = { .rule = NULL };
        struct looked looked = { 0, 0, false };
        cx_status status;
        size_t seen;

        (void)cx_alloc_fail_nth(nth);
        status = look(&looked, &detail);
        seen = cx_alloc_fail_nth(0);
        if (cx_ok(status)) { /* a piece that could not be kept is read again */
            assert_true(looked.scanned == 14 && looked.found == 1 && looked.object);
        } else {
            ROW_TRUE(cx_status_class(status) == CX_CLASS_NOMEM, detail.text);
        }
        if (seen < nth) {
            assert_true(cx_ok(status) && nth > 40);
            return;
        }
    }
}

static void
count_finding(void *ctx, const struct cx_store_finding *finding)
{
    (void)finding;
    (*(unsigned *)ctx)++;
}

TEST(a_check_tells_every_oom_and_finds_nothing_for_it)
{
    restore();
    for (size_t nth = 1;; nth += step(1 + nth / 200)) {
        unsigned findings = 0;
        struct cx_store_check_options options = { .finding = count_finding, .ctx = &findings };
        struct cx_detail detail = { .rule = NULL };
        struct cx_store_totals totals;
        cx_status status;
        size_t seen;

        (void)cx_alloc_fail_nth(nth);
        status = cx_store_check(t.store, &options, &totals, &detail);
        seen = cx_alloc_fail_nth(0);
        assert_int_equal(findings, 0);
        if (cx_ok(status)) {
            assert_int_equal(totals.entries, 14);
        } else {
            ROW_TRUE(cx_status_class(status) == CX_CLASS_NOMEM, detail.text);
        }
        if (seen < nth) {
            assert_true(cx_ok(status) && nth > 100);
            return;
        }
    }
}

TEST(every_oom_of_sqlite_loses_nothing)
{
    for (uint64_t nth = 1;; nth += step(1 + nth / 30)) {
        struct cx_detail detail = { .rule = NULL };
        cx_status status;
        uint64_t seen;

        restore();
        sqlite_seen = 0;
        sqlite_fail_at = nth;
        status = work(&detail);
        seen = sqlite_seen;
        sqlite_fail_at = 0;
        test_log_close(&t);
        if (!cx_ok(status)) {
            assert_true(seen >= nth);
            /* Where SQLite opens or compares files it says otherwise than that memory is out. */
            ROW_TRUE(cx_status_class(status) == CX_CLASS_NOMEM ||
                         cx_status_class(status) == CX_CLASS_STORE,
                     detail.text);
        }
        assert_sound();
        if (seen < nth) {
            assert_true(cx_ok(status) && nth > 300);
            return;
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_full_disk_loses_nothing),
    cmocka_unit_test(a_failing_disk_loses_nothing),
    cmocka_unit_test(a_dying_disk_loses_nothing),
    cmocka_unit_test(every_oom_loses_nothing),
    cmocka_unit_test(a_reader_tells_every_oom),
    cmocka_unit_test(a_check_tells_every_oom_and_finds_nothing_for_it),
    cmocka_unit_test(every_oom_of_sqlite_loses_nothing),
    cmocka_unit_test(a_creation_that_failed_is_tried_again),
};

int
main(int argc, char **argv)
{
    sqlite3_mem_methods memory;

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK) {
        return 1;
    }
    memory = real_memory;
    memory.xMalloc = failing_malloc;
    memory.xRealloc = failing_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK) {
        return 1;
    }
    disk_install();
    return cmocka_run_group_tests(tests, make_log, remove_log);
}

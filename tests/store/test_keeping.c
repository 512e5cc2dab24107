#include "checks.h"
#include "logs.h"
#include "main.h"
#include "store/backup.h"
#include "store/hold.h"
#include "store/retain.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Holds, retention, backup: three shards, one a year, the last one growing. */

#define DAY_MS  86400000u
#define YEAR_MS (365ull * DAY_MS)

static struct test_log t;

static void
make(void)
{
    struct cx_detail detail = { .rule = NULL };

    test_log_make(&t, 16);
    for (unsigned year = 0; year < 2; year++) {
        test_log_fill(&t, year * 100, year * 100 + 40);
        SCRATCH_OK(cx_log_seal(t.log, &detail));
        t.clock_ms += YEAR_MS;
    }
    test_log_fill(&t, 200, 220);
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

static bool
has(const char *name)
{
    char path[SCRATCH_PATH];

    scratch_join(path, t.store, name);
    return scratch_exists(path);
}

/* ---- what retention tells */

static char told[400];

static void
tell(void *ctx, uint64_t shard, enum cx_retained what)
{
    static const char *const words[] = { [CX_RETAINED_HELD] = "held",
                                         [CX_DELETED_MESSAGES] = "messages",
                                         [CX_DELETED_SHARD] = "shard" };
    size_t n = strlen(told);

    (void)ctx;
    (void)snprintf(told + n, sizeof(told) - n, "%s %u ", words[what], (unsigned)shard);
}

/* Ten years later. */
static cx_status
retain(uint64_t messages_before_ms, uint64_t records_before_ms, bool dry, struct cx_detail *detail)
{
    struct cx_retention retention = {
        .now_ms = TEST_CLOCK_MS + 10 * YEAR_MS,
        .messages_before_ms = messages_before_ms,
        .records_before_ms = records_before_ms,
        .dry = dry,
        .reason = CX_STR("as the CPS says"),
        .each = tell,
    };

    told[0] = '\0';
    return cx_store_retain(t.store, &retention, detail);
}

#define FIRST_YEAR  (TEST_CLOCK_MS + 1)
#define SECOND_YEAR (TEST_CLOCK_MS + YEAR_MS + 1)

TEST(messages_of_old_shards_are_deleted)
{
    struct cx_detail detail = { .rule = NULL };

    make();
    SCRATCH_OK(retain(TEST_CLOCK_MS, 0, false, &detail)); /* not before: at */
    assert_string_equal(told, "");
    SCRATCH_OK(retain(FIRST_YEAR, 0, true, &detail));
    assert_string_equal(told, "messages 1 ");
    assert_true(has("0001/messages.sqlite"));
    SCRATCH_OK(retain(FIRST_YEAR, 0, false, &detail));
    assert_string_equal(told, "messages 1 ");
    assert_true(!has("0001/messages.sqlite") && has("0001/records.sqlite"));
    assert_true(!has("0001/records.sqlite-wal") && !has("0001/messages.sqlite-wal"));
    assert_true(has("0002/messages.sqlite"));
    ASSERT_FINDINGS(t.store, "");
    SCRATCH_OK(retain(FIRST_YEAR, 0, false, &detail));
    assert_string_equal(told, "");
    SCRATCH_OK(retain(UINT64_MAX, 0, false, &detail)); /* never those of the last */
    assert_string_equal(told, "messages 2 ");
    test_log_fill(&t, 220, 230);
    ASSERT_FINDINGS(t.store, "");
}

static cx_status
count_row(void *ctx, const struct cx_log_row *row)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader = ctx;
    enum cx_object_kind kind;
    struct cx_arena arena;
    struct cx_hash digest;
    cx_span octets;
    bool found = true;

    cx_arena_init(&arena, 65536);
    test_digest(test_object(0, 3, &kind), &digest);
    SCRATCH_OK(cx_log_object(reader, row->shard, &digest, &arena, &octets, &found, &detail));
    assert_int_equal(found, row->shard != 1);
    test_digest(test_object(0, 0, &kind), &digest);
    SCRATCH_OK(cx_log_object(reader, row->shard, &digest, &arena, &octets, &found, &detail));
    assert_true(found);
    cx_arena_done(&arena);
    return CX_SUCCESS;
}

TEST(deleted_messages_are_not_found_and_nothing_else_is_missed)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;

    make();
    SCRATCH_OK(retain(FIRST_YEAR, 0, false, &detail));
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    for (uint64_t shard = 1; shard <= 3; shard++) {
        SCRATCH_OK(cx_log_scan(reader, shard, 1, 3, count_row, reader, &detail));
    }
    cx_log_reader_close(reader);
}

TEST(old_shards_are_deleted_and_leave_their_last_checkpoint)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    char path[SCRATCH_PATH], text[2000];

    make();
    SCRATCH_OK(retain(0, FIRST_YEAR, true, &detail));
    assert_string_equal(told, "shard 1 ");
    assert_true(has("0001/records.sqlite") && !has("0001/deleted"));
    SCRATCH_OK(retain(0, FIRST_YEAR, false, &detail));
    assert_true(has("0001/deleted") && !has("0001/records.sqlite") &&
                !has("0001/messages.sqlite") && !has("0001/checkpoint"));
    scratch_join(path, t.store, "0001/deleted");
    (void)scratch_read(path, text, sizeof(text));
    assert_memory_equal(text, "2037-01-12T", 11);
    assert_non_null(strstr(text, "as the CPS says\n" TEST_ORIGIN "/1\n42\n"));
    ASSERT_FINDINGS(t.store, "");
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    assert_int_equal(cx_log_reader_shards(reader), 2);
    assert_int_equal(cx_log_reader_shard(reader, 0)->number, 2);
    cx_log_reader_close(reader);
    test_log_close(&t);
    test_log_open(&t);
    test_log_fill(&t, 220, 230);
    SCRATCH_OK(retain(0, SECOND_YEAR, false, &detail));
    assert_string_equal(told, "shard 2 ");
    test_log_close(&t);
    test_log_open(&t);
    assert_int_equal(t.opened.shard, 3);
    ASSERT_FINDINGS(t.store, "");
}

/* I2 */
TEST(a_deletion_that_did_not_end_is_ended)
{
    struct cx_detail detail = { .rule = NULL };
    char path[SCRATCH_PATH], other[SCRATCH_PATH];

    make();
    scratch_join(path, t.store, "0001");
    scratch_join(other, t.folder, "0001");
    scratch_copy(path, other);
    SCRATCH_OK(retain(0, FIRST_YEAR, false, &detail));
    scratch_join(other, t.folder, "0001/records.sqlite");
    scratch_join(path, t.store, "0001/records.sqlite");
    scratch_copy(other, path);
    ASSERT_FINDINGS(t.store, ""); /* it says that it is deleted */
    SCRATCH_OK(retain(0, FIRST_YEAR, false, &detail));
    assert_false(has("0001/records.sqlite"));
}

TEST(records_that_are_too_young_need_a_decision)
{
    struct cx_detail detail = { .rule = NULL };
    uint64_t now = TEST_CLOCK_MS + 10 * YEAR_MS, least = 1129ull * DAY_MS;
    struct cx_retention retention = { .now_ms = now, .reason = CX_STR("x"), .each = tell };

    make();
    retention.records_before_ms = now - least + 1;
    SCRATCH_FAILS(cx_store_retain(t.store, &retention, &detail), CX_CLASS_USAGE);
    assert_true(has("0001/records.sqlite"));
    retention.forced = true;
    retention.dry = true;
    SCRATCH_OK(cx_store_retain(t.store, &retention, &detail));
    retention.forced = false;
    retention.records_before_ms = now - least;
    SCRATCH_OK(cx_store_retain(t.store, &retention, &detail));
    retention.reason = CX_STR("");
    SCRATCH_FAILS(cx_store_retain(t.store, &retention, &detail), CX_CLASS_USAGE);
}

/* I1 */
TEST(what_is_held_stays)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_log_reader *reader;
    char path[SCRATCH_PATH], text[200];

    make();
    SCRATCH_OK(cx_store_hold(t.store, 1, CX_STR("incident 4711"), &detail));
    scratch_join(path, t.store, "0001/hold");
    (void)scratch_read(path, text, sizeof(text));
    assert_string_equal(text, "incident 4711\n");
    SCRATCH_FAILS(cx_store_hold(t.store, 1, CX_STR("again"), &detail), CX_CLASS_USAGE);
    SCRATCH_OK(cx_log_reader_open(t.store, &reader, &detail));
    assert_true(cx_log_reader_shard(reader, 0)->held && !cx_log_reader_shard(reader, 1)->held);
    cx_log_reader_close(reader);
    SCRATCH_OK(retain(SECOND_YEAR, FIRST_YEAR, false, &detail));
    assert_string_equal(told, "held 1 messages 2 ");
    assert_true(has("0001/records.sqlite") && has("0001/messages.sqlite"));
    SCRATCH_OK(cx_store_release(t.store, 1, &detail));
    SCRATCH_FAILS(cx_store_release(t.store, 1, &detail), CX_CLASS_USAGE);
    SCRATCH_OK(retain(SECOND_YEAR, FIRST_YEAR, false, &detail));
    assert_string_equal(told, "shard 1 ");
    SCRATCH_FAILS(cx_store_hold(t.store, 1, CX_STR("too late"), &detail), CX_CLASS_STORE);
}

TEST(a_hold_needs_a_shard_and_a_reason)
{
    static const char *const reasons[] = { "", "two\nlines" };
    struct cx_detail detail = { .rule = NULL };

    make();
    SCRATCH_FAILS(cx_store_hold(t.store, 4, CX_STR("x"), &detail), CX_CLASS_STORE);
    SCRATCH_FAILS(cx_store_release(t.store, 4, &detail), CX_CLASS_STORE);
    for (size_t i = 0; i < CX_COUNT(reasons); i++) {
        SCRATCH_FAILS(cx_store_hold(t.store, 1, cx_str_of(reasons[i]), &detail), CX_CLASS_USAGE);
    }
    assert_false(has("0001/hold"));
    SCRATCH_OK(cx_store_hold(t.store, 3, CX_STR("the growing one may be held"), &detail));
}

/* ---- backup */

TEST(a_backup_is_a_store_without_keys)
{
    struct cx_detail detail = { .rule = NULL };
    static struct test_check check;
    char to[SCRATCH_PATH], path[SCRATCH_PATH];
    struct cx_log_reader *reader;

    make();
    SCRATCH_OK(cx_store_hold(t.store, 2, CX_STR("why not"), &detail));
    SCRATCH_OK(retain(0, FIRST_YEAR, false, &detail));
    test_log_append(&t, 220); /* not committed: not in it */
    scratch_join(to, t.folder, "backup");
    SCRATCH_OK(cx_store_backup(t.store, to, NULL, NULL, &detail));
    test_log_commit(&t);
    SCRATCH_FAILS(cx_store_backup(t.store, to, NULL, NULL, &detail), CX_CLASS_IO);
    scratch_join(path, t.folder, "backup.keys");
    assert_false(scratch_exists(path));
    test_check_run(&check, to, NULL);
    assert_string_equal(check.text, "");
    assert_int_equal(check.totals.anchors, 0);
    SCRATCH_OK(cx_log_reader_open(to, &reader, &detail));
    assert_int_equal(cx_log_reader_shards(reader), 2);
    assert_true(cx_log_reader_shard(reader, 0)->held);
    assert_int_equal(cx_log_reader_shard(reader, 1)->size, 21);
    cx_log_reader_close(reader);
    scratch_join(path, to, "0001/deleted");
    assert_true(scratch_exists(path));
    scratch_join(path, to, "0003/records.sqlite-wal");
    assert_false(scratch_exists(path));
}

TEST(a_backup_that_comes_back_is_of_yesterday)
{
    struct cx_detail detail = { .rule = NULL };
    char to[SCRATCH_PATH];

    make();
    scratch_join(to, t.folder, "backup");
    SCRATCH_OK(cx_store_backup(t.store, to, NULL, NULL, &detail));
    test_log_fill(&t, 220, 230);
    test_log_close(&t);
    scratch_remove(t.store);
    assert_int_equal(rename(to, t.store), 0);
    test_log_open(&t);
    assert_true(t.opened.behind_anchor && t.opened.shard == 4);
    test_log_fill(&t, 300, 305);
    ASSERT_FINDINGS(t.store, "(behind 3/21-30)\n");
}

/* If nothing came after it, it goes on. */
TEST(a_backup_of_the_last_moment_goes_on)
{
    struct cx_detail detail = { .rule = NULL };
    char to[SCRATCH_PATH];

    make();
    scratch_join(to, t.folder, "backup");
    SCRATCH_OK(cx_store_backup(t.store, to, NULL, NULL, &detail));
    test_log_close(&t);
    scratch_remove(t.store);
    assert_int_equal(rename(to, t.store), 0);
    test_log_open(&t);
    assert_true(!t.opened.behind_anchor && t.opened.shard == 3 && t.opened.size == 21);
    test_log_fill(&t, 220, 230);
    test_log_prove(&t, 4);
    ASSERT_FINDINGS(t.store, "");
}

#define LOG(name) cmocka_unit_test_teardown(name, remove_log)

static const struct CMUnitTest tests[] = {
    LOG(messages_of_old_shards_are_deleted),
    LOG(deleted_messages_are_not_found_and_nothing_else_is_missed),
    LOG(old_shards_are_deleted_and_leave_their_last_checkpoint),
    LOG(a_deletion_that_did_not_end_is_ended),
    LOG(records_that_are_too_young_need_a_decision),
    LOG(what_is_held_stays),
    LOG(a_hold_needs_a_shard_and_a_reason),
    LOG(a_backup_is_a_store_without_keys),
    LOG(a_backup_that_comes_back_is_of_yesterday),
    LOG(a_backup_of_the_last_moment_goes_on),
};

TEST_MAIN(tests)

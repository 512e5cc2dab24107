#include "main.h"
#include "scratch.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is SQLite's alone; what every adapter must do is in conformance.c. */

static char place[SCRATCH_PATH];

static int
make_store(void **state)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows;

    (void)state;
    scratch_make(place);
    SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_CREATE, &rows, &detail));
    rows->ops->close(rows);
    return 0;
}

static int
remove_store(void **state)
{
    (void)state;
    scratch_remove(place);
    return 0;
}

/* No mode takes it, and the text says where and why. */
static void
assert_refused(const char *file, const char *why)
{
    for (enum cx_rows_mode mode = CX_ROWS_READ; mode <= CX_ROWS_CREATE; mode++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_rows *rows = NULL;

        SCRATCH_FAILS(cx_sqlite_open(place, mode, &rows, &detail), CX_CLASS_STORE);
        assert_null(rows);
        ROW_TRUE(strstr(detail.text, file) != NULL, detail.text);
        ROW_TRUE(strstr(detail.text, why) != NULL, detail.text);
    }
}

TEST(a_newer_version_is_refused)
{
    scratch_sql(place, CX_SQLITE_MESSAGES, "INSERT INTO migration VALUES (2)");
    assert_refused(CX_SQLITE_MESSAGES, "newer version");
    scratch_sql(place, CX_SQLITE_RECORDS, "INSERT INTO migration VALUES (900)");
    assert_refused(CX_SQLITE_RECORDS, "newer version");
}

TEST(a_strange_file_is_refused)
{
    scratch_sql(place, CX_SQLITE_RECORDS, "PRAGMA application_id = 7");
    assert_refused(CX_SQLITE_RECORDS, "not a file of a store");
}

TEST(the_two_files_are_not_taken_for_each_other)
{
    char records[SCRATCH_PATH], messages[SCRATCH_PATH];

    scratch_join(records, place, CX_SQLITE_RECORDS);
    scratch_join(messages, place, CX_SQLITE_MESSAGES);
    assert_int_equal(rename(messages, records), 0);
    assert_refused(CX_SQLITE_RECORDS, "not a file of a store");
}

TEST(tables_that_are_not_exactly_ours_are_refused)
{
    static const char *const changes[] = {
        "CREATE TRIGGER t AFTER INSERT ON block BEGIN DELETE FROM block; END",
        "DROP TRIGGER t; CREATE INDEX i ON block (entries)",
        "DROP INDEX i; ALTER TABLE block RENAME TO other; CREATE VIEW block AS SELECT * FROM other",
        "DROP VIEW block; CREATE TABLE block (first INTEGER PRIMARY KEY, entries)",
        "DROP TABLE block",
    };

    for (size_t i = 0; i < CX_COUNT(changes); i++) {
        scratch_sql(place, CX_SQLITE_RECORDS, changes[i]);
        assert_refused(CX_SQLITE_RECORDS, "tables");
    }
}

TEST(what_is_no_database_is_refused)
{
    char path[SCRATCH_PATH];

    scratch_join(path, place, CX_SQLITE_RECORDS);
    scratch_write(path,
                  "this is a text, longer than the sixteen octets by which SQLite knows a file");
    assert_refused(CX_SQLITE_RECORDS, "not a database");
    scratch_cut(path, 0);
    for (enum cx_rows_mode mode = CX_ROWS_READ; mode <= CX_ROWS_WRITE; mode++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_rows *rows = NULL;

        SCRATCH_FAILS(cx_sqlite_open(place, mode, &rows, &detail), CX_CLASS_STORE);
        assert_null(rows);
    }
}

TEST(a_row_of_another_type_is_no_row)
{
    static const char *const changes[] = {
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') "
        "WHERE name = 'meta'",
        "INSERT INTO meta VALUES (1, 'text'); PRAGMA writable_schema = ON; "
        "UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'meta'",
    };
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows;

    scratch_sql(place, CX_SQLITE_RECORDS, changes[0]);
    scratch_sql(place, CX_SQLITE_RECORDS, changes[1]);
    SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_READ, &rows, &detail));
    SCRATCH_FAILS(rows->ops->scan(rows, CX_TABLE_META, 0, 9, NULL, NULL, &detail), CX_CLASS_STORE);
    assert_non_null(strstr(detail.text, "another type"));
    rows->ops->close(rows);
}

/* What SQLite was given in place of one of ours, or a part of one. */
TEST(a_block_that_is_none_is_an_error)
{
    static const char *const blocks[] = {
        "x'00'",         "x'0000'",           "x'000041'",
        "x'0000410041'", "x'00006161400000'", "x'1bffffffffffffffff004040'"
    };

    for (size_t i = 0; i < CX_COUNT(blocks); i++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_rows *rows;
        char sql[200];

        (void)snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO block VALUES (0, %s)", blocks[i]);
        scratch_sql(place, CX_SQLITE_RECORDS, sql);
        SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_WRITE, &rows, &detail));
        SCRATCH_FAILS(rows->ops->scan(rows, CX_TABLE_ENTRY, 5, 9, NULL, NULL, &detail),
                      CX_CLASS_STORE);
        ROW_TRUE(strstr(detail.text, "another type") != NULL, blocks[i]);
        SCRATCH_OK(rows->ops->begin(rows, &detail));
        SCRATCH_FAILS(rows->ops->put(rows, CX_TABLE_ENTRY, &(struct cx_row){ .key = 7 }, &detail),
                      CX_CLASS_STORE);
        rows->ops->close(rows);
    }
}

static cx_status
count_row(void *ctx, const struct cx_row *row)
{
    size_t *n = ctx;

    assert_int_equal(row->key, *n);
    assert_int_equal(row->body.n, 20000);
    (*n)++;
    return CX_SUCCESS;
}

/* More than one block holds, read from its middle, and what is in one is not put again. */
TEST(entries_are_one_sequence_across_blocks)
{
    static uint8_t octets[20000];
    struct cx_row row = { .head = { octets, 42 }, .body = { octets, sizeof(octets) } };
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows;
    size_t n;

    SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_WRITE, &rows, &detail));
    SCRATCH_OK(rows->ops->begin(rows, &detail));
    for (row.key = 0; row.key < 9; row.key++) {
        SCRATCH_OK(rows->ops->put(rows, CX_TABLE_ENTRY, &row, &detail));
    }
    SCRATCH_OK(rows->ops->commit(rows, &detail));
    for (n = 0; n < 9;) {
        size_t from = n;

        SCRATCH_OK(rows->ops->scan(rows, CX_TABLE_ENTRY, n, 9, count_row, &n, &detail));
        assert_int_equal(n, 9);
        n = from + 1;
    }
    n = 3;
    SCRATCH_OK(rows->ops->before(rows, CX_TABLE_ENTRY, 4, count_row, &n, &detail));
    assert_int_equal(n, 4);
    SCRATCH_OK(rows->ops->begin(rows, &detail));
    for (row.key = 0; row.key < 9; row.key++) {
        SCRATCH_FAILS(rows->ops->put(rows, CX_TABLE_ENTRY, &row, &detail), CX_CLASS_STORE);
    }
    row.key = 9;
    SCRATCH_OK(rows->ops->put(rows, CX_TABLE_ENTRY, &row, &detail));
    SCRATCH_FAILS(rows->ops->put(rows, CX_TABLE_ENTRY, &row, &detail), CX_CLASS_STORE);
    rows->ops->close(rows);
}

TEST(a_version_that_was_never_released_is_refused)
{
    scratch_sql(place, CX_SQLITE_RECORDS, "UPDATE migration SET number = 1");
    assert_refused(CX_SQLITE_RECORDS, "never released");
}

TEST(settled_files_are_read_where_nothing_can_be_written)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_rows *rows;
    char wal[SCRATCH_PATH];

    SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_WRITE, &rows, &detail));
    SCRATCH_OK(rows->ops->settle(rows, &detail));
    rows->ops->close(rows);
    scratch_join(wal, place, CX_SQLITE_RECORDS "-wal");
    assert_false(scratch_exists(wal));
    assert_int_equal(chmod(place, 0500), 0);
    SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_READ, &rows, &detail));
    rows->ops->close(rows);
    assert_false(scratch_exists(wal));
}

TEST(a_messages_file_that_is_gone_has_no_rows)
{
    struct cx_detail detail = { .rule = NULL };
    struct cx_row row = { .head = { (const uint8_t *)"digest", 6 } };
    struct cx_rows *rows;
    char path[SCRATCH_PATH];

    scratch_join(path, place, CX_SQLITE_MESSAGES);
    assert_int_equal(unlink(path), 0);
    SCRATCH_OK(cx_sqlite_open(place, CX_ROWS_WRITE, &rows, &detail));
    assert_false(rows->ops->has_messages(rows));
    assert_false(scratch_exists(path)); /* never silently made anew */
    SCRATCH_OK(rows->ops->scan(rows, CX_TABLE_MESSAGE, 0, 9, NULL, NULL, &detail));
    SCRATCH_OK(rows->ops->before(rows, CX_TABLE_MESSAGE, 9, NULL, NULL, &detail));
    SCRATCH_OK(rows->ops->begin(rows, &detail));
    SCRATCH_FAILS(rows->ops->put(rows, CX_TABLE_MESSAGE, &row, &detail), CX_CLASS_STORE);
    rows->ops->close(rows);
}

#define IN_STORE(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)

static const struct CMUnitTest tests[] = {
    IN_STORE(a_newer_version_is_refused),
    IN_STORE(a_strange_file_is_refused),
    IN_STORE(the_two_files_are_not_taken_for_each_other),
    IN_STORE(tables_that_are_not_exactly_ours_are_refused),
    IN_STORE(what_is_no_database_is_refused),
    IN_STORE(a_row_of_another_type_is_no_row),
    IN_STORE(a_block_that_is_none_is_an_error),
    IN_STORE(entries_are_one_sequence_across_blocks),
    IN_STORE(a_version_that_was_never_released_is_refused),
    IN_STORE(settled_files_are_read_where_nothing_can_be_written),
    IN_STORE(a_messages_file_that_is_gone_has_no_rows),
};

TEST_MAIN(tests)

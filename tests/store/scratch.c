#include "scratch.h"

#include "main.h"
#include "store/sqlite_block.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
scratch_make(char path[SCRATCH_PATH])
{
    const char *tmp = getenv("TMPDIR");
    int n;

    if (tmp == NULL) { /* in memory, if there is a file system of it: thousands of syncs */
        tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    }
    n = snprintf(path, SCRATCH_PATH, "%s/caaproof-store.XXXXXX", tmp);

    assert_true(n > 0 && n < SCRATCH_PATH);
    assert_non_null(mkdtemp(path));
}

void
scratch_join(char ret[SCRATCH_PATH], const char *path, const char *name)
{
    int n = snprintf(ret, SCRATCH_PATH, "%s/%s", path, name);

    assert_true(n > 0 && n < SCRATCH_PATH);
}

/* Calls each with every name in the folder. */
static void
walk(const char *path, void (*each)(const char *path, const char *to), const char *to)
{
    DIR *dir = opendir(path);

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char from[SCRATCH_PATH], there[SCRATCH_PATH];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        scratch_join(from, path, entry->d_name);
        scratch_join(there, to, entry->d_name);
        each(from, there);
    }
    assert_int_equal(closedir(dir), 0);
}

static void
remove_one(const char *path, const char *to)
{
    struct stat st;

    (void)to;
    assert_int_equal(lstat(path, &st), 0);
    if (S_ISDIR(st.st_mode)) {
        assert_int_equal(chmod(path, 0700), 0);
        walk(path, remove_one, path);
        assert_int_equal(rmdir(path), 0);
    } else {
        assert_int_equal(unlink(path), 0);
    }
}

void
scratch_remove(const char *path)
{
    remove_one(path, path);
}

void
scratch_copy_file(const char *from, const char *to)
{
    char chunk[16384];
    FILE *in = fopen(from, "rbe"), *out = fopen(to, "wxbe");
    size_t n;

    assert_true(in != NULL && out != NULL);
    while ((n = fread(chunk, 1, sizeof(chunk), in)) != 0) {
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    }
    assert_int_equal(ferror(in), 0);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

static void
copy_one(const char *from, const char *to)
{
    struct stat st;

    assert_int_equal(lstat(from, &st), 0);
    if (S_ISDIR(st.st_mode)) {
        assert_int_equal(mkdir(to, 0700), 0);
        walk(from, copy_one, to);
    } else {
        scratch_copy_file(from, to);
        assert_int_equal(chmod(to, st.st_mode & 0777), 0);
    }
}

void
scratch_copy(const char *from, const char *to)
{
    copy_one(from, to);
}

bool
scratch_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

void
scratch_poke(const char *path, long at, const void *octets, size_t n)
{
    FILE *file = fopen(path, "r+be");

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite(octets, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

void
scratch_cut(const char *path, long size)
{
    assert_int_equal(truncate(path, size), 0);
}

size_t
scratch_read(const char *path, char *ret, size_t room)
{
    FILE *file = fopen(path, "rbe");
    size_t n;

    assert_non_null(file);
    n = fread(ret, 1, room - 1, file);
    ret[n] = '\0';
    assert_int_equal(fclose(file), 0);
    return n;
}

void
scratch_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "wbe");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* ---- entries, out of blocks and back */

static void
must(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
        fail_msg("%s: %s", what, sqlite3_errmsg(db));
    }
}

static void
unpack_block(sqlite3 *db, uint64_t first, cx_span octets)
{
    struct cx_block_reader reader = cx_block_reader_of(first, octets);
    sqlite3_stmt *insert;
    struct cx_row row = { 0 };
    bool more = true;

    must(db,
         sqlite3_prepare_v2(db, "INSERT INTO temp.entry VALUES (?, ?, ?, ?, ?)", -1, &insert, NULL),
         "entry");
    for (;;) {
        assert_true(cx_ok(cx_block_next(&reader, &row, &more)));
        if (!more) {
            break;
        }
        (void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)row.key);
        (void)sqlite3_bind_int64(insert, 2, (sqlite3_int64)row.number[0]);
        (void)sqlite3_bind_int64(insert, 3, (sqlite3_int64)row.number[1]);
        (void)sqlite3_bind_blob64(insert, 4, row.head.p, row.head.n, SQLITE_STATIC);
        (void)sqlite3_bind_blob64(insert, 5, row.body.p, row.body.n, SQLITE_STATIC);
        must(db, sqlite3_step(insert), "entry");
        must(db, sqlite3_reset(insert), "entry");
    }
    must(db, sqlite3_finalize(insert), "entry");
}

static void
run(sqlite3 *db, const char *sql)
{
    must(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

void
scratch_unpack(sqlite3 *db)
{
    sqlite3_stmt *select;

    run(db, "BEGIN IMMEDIATE");
    run(db,
        "CREATE TEMP TABLE entry (number INTEGER PRIMARY KEY, objects, messages, entry, record)");
    must(db, sqlite3_prepare_v2(db, "SELECT first, entries FROM block", -1, &select, NULL),
         "block");
    while (sqlite3_step(select) == SQLITE_ROW) {
        unpack_block(
            db, (uint64_t)sqlite3_column_int64(select, 0),
            (cx_span){ sqlite3_column_blob(select, 1), (size_t)sqlite3_column_bytes(select, 1) });
    }
    must(db, sqlite3_finalize(select), "block");
}

static void
put_block(sqlite3 *db, struct cx_sqlite_block *block)
{
    sqlite3_stmt *insert;

    if (block->n == 0) {
        return;
    }
    must(db, sqlite3_prepare_v2(db, "INSERT INTO block VALUES (?, ?)", -1, &insert, NULL), "block");
    (void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)block->first);
    (void)sqlite3_bind_blob64(insert, 2, block->octets.p, block->octets.n, SQLITE_STATIC);
    must(db, sqlite3_step(insert), "block");
    must(db, sqlite3_finalize(insert), "block");
    cx_sqlite_block_clear(block);
}

static cx_span
column(sqlite3_stmt *select, int at)
{
    return (cx_span){ sqlite3_column_blob(select, at), (size_t)sqlite3_column_bytes(select, at) };
}

void
scratch_pack(sqlite3 *db)
{
    struct cx_sqlite_block block;
    sqlite3_stmt *select;

    cx_sqlite_block_init(&block);
    run(db, "DELETE FROM block");
    must(db,
         sqlite3_prepare_v2(db,
                            "SELECT number, objects, messages, entry, record FROM temp.entry ORDER "
                            "BY number",
                            -1, &select, NULL),
         "entry");
    while (sqlite3_step(select) == SQLITE_ROW) {
        const struct cx_row row = {
            .key = (uint64_t)sqlite3_column_int64(select, 0),
            .number = { (uint64_t)sqlite3_column_int64(select, 1),
                        (uint64_t)sqlite3_column_int64(select, 2) },
            .head = column(select, 3),
            .body = column(select, 4),
        };

        if (block.n != 0 && (row.key != block.first + block.n || cx_sqlite_block_is_full(&block))) {
            put_block(db, &block);
        }
        assert_true(cx_ok(cx_sqlite_block_add(&block, &row)));
    }
    put_block(db, &block);
    must(db, sqlite3_finalize(select), "entry");
    cx_sqlite_block_done(&block);
    run(db, "DROP TABLE temp.entry; COMMIT");
}

void
scratch_sql(const char *folder, const char *file, const char *sql)
{
    bool of_entries = strstr(sql, " entry ") != NULL;
    char path[SCRATCH_PATH];
    sqlite3 *db;

    scratch_join(path, folder, file);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (of_entries) {
        scratch_unpack(db);
    }
    run(db, sql);
    if (of_entries) {
        scratch_pack(db);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void
scratch_ok(cx_status status, const struct cx_detail *detail, const char *what, const char *file,
           int line)
{
    if (!cx_ok(status)) {
        print_error("%s: %s: %s\n", what, cx_status_text(status), detail->text);
        _fail(file, line);
    }
}

void
scratch_fails(cx_status status, enum cx_class class, const char *what, const char *file, int line)
{
    if (cx_status_class(status) != class) {
        print_error("%s: %s\n", what, cx_status_text(status));
        _fail(file, line);
    }
}

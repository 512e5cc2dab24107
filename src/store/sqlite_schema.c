#include "base/limits.h"
#include "store/files.h"
#include "store/sqlite.h"
#include "store/sqlite_priv.h"

#include <stdio.h>

/* Forward only: a migration that was released is never edited, the next one is added. Number: place from 1. */
static const char *const records_migrations[] = {
    "CREATE TABLE block ("
    "first INTEGER PRIMARY KEY, "    /* the leaf's index of the first of its entries */
    "entries BLOB NOT NULL) STRICT;" /* sqlite_block.h */
    "CREATE TABLE object ("
    "number INTEGER PRIMARY KEY, "
    "kind INTEGER NOT NULL, "
    "digest BLOB NOT NULL, " /* SHA-256 of octets */
    "octets BLOB NOT NULL) STRICT;"
    "CREATE TABLE tile ("
    "id INTEGER PRIMARY KEY, " /* level << 56 | index */
    "octets BLOB NOT NULL) STRICT;"
    "CREATE TABLE checkpoint ("
    "size INTEGER PRIMARY KEY, "
    "note BLOB NOT NULL) STRICT;"
    "CREATE TABLE segment ("
    "number INTEGER PRIMARY KEY, "
    "bounds BLOB NOT NULL) STRICT;"
    "CREATE TABLE piece ("
    "id INTEGER PRIMARY KEY, " /* (segment << 2 | kind) << 8 | first octet of the hashes */
    "octets BLOB NOT NULL) STRICT;"
    "CREATE TABLE meta ("
    "id INTEGER PRIMARY KEY, "
    "value BLOB NOT NULL) STRICT;",
};

static const char *const messages_migrations[] = {
    "CREATE TABLE message ("
    "number INTEGER PRIMARY KEY, "
    "digest BLOB NOT NULL, "
    "octets BLOB NOT NULL) STRICT;",
};

static const char migration_table[] = "CREATE TABLE migration (number INTEGER PRIMARY KEY) STRICT;";

/* Versions before oldest had other tables, and nobody has kept a file of them. */
static const struct kind {
    const char *const *migrations; /* the first one makes the oldest version */
    int64_t oldest, newest;
    int64_t application_id; /* "CAAr", "CAAm" */
} kinds[] = {
    [CX_SQLITE_OF_RECORDS] = { records_migrations, 2, 2, 0x43414172 },
    [CX_SQLITE_OF_MESSAGES] = { messages_migrations, 1, 1, 0x4341416d },
};

#define TEXT_OF(n)  TEXT_OF_(n)
#define TEXT_OF_(n) #n

/* ---- running */

cx_status
cx_sqlite_failed(const struct cx_sqlite *file, int rc, struct cx_detail *detail)
{
    int system = file->db == NULL ? 0 : sqlite3_system_errno(file->db);
    const char *text = file->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(file->db);

    if ((rc & 0xff) == SQLITE_NOMEM) {
        return (cx_status){ CX_E_NOMEM };
    }
    if ((rc & 0xff) != SQLITE_IOERR && (rc & 0xff) != SQLITE_CANTOPEN) {
        system = 0; /* of an earlier failure */
    }
    return cx_fail(detail, CX_E_STORE, "%s: %s (SQLite %d)%s%s", file->path, text, rc,
                   system != 0 ? ": " : "", system != 0 ? strerror(system) : "");
}

cx_status
cx_sqlite_exec(struct cx_sqlite *file, const char *sql, struct cx_detail *detail)
{
    int rc = sqlite3_exec(file->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? CX_SUCCESS : cx_sqlite_failed(file, rc, detail);
}

cx_status
cx_sqlite_number(struct cx_sqlite *file, const char *sql, int64_t *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    if (rc != SQLITE_ROW) {
        return rc == SQLITE_DONE
                   ? cx_fail(detail, CX_E_STORE, "%s: \"%s\" gives nothing", file->path, sql)
                   : cx_sqlite_failed(file, rc, detail);
    }
    *ret = sqlite3_column_int64(statement, 0);
    return CX_SUCCESS;
}

/* ---- what a file is */

/* Tables as they are, in one text, so that two databases can be compared. */
static cx_status
describe(struct cx_sqlite *file, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db,
                                "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM "
                                "sqlite_schema ORDER BY name",
                                -1, &statement, NULL);

    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) {
            const unsigned char *text = sqlite3_column_text(statement, 0);

            cx_buf_puts(buf, text == NULL ? "?" : (const char *)text);
            cx_buf_putc(buf, '\n');
        }
    }
    if (rc != SQLITE_DONE) {
        return cx_sqlite_failed(file, rc, detail);
    }
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
migrate(struct cx_sqlite *file, const struct kind *kind, int64_t from, struct cx_detail *detail)
{
    char text[80];

    if (from == 0) {
        CX_TRY(cx_sqlite_exec(file, migration_table, detail));
    }
    for (int64_t to = from == 0 ? kind->oldest : from + 1; to <= kind->newest; to++) {
        CX_TRY(cx_sqlite_exec(file, kind->migrations[to - kind->oldest], detail));
        (void)snprintf(text, sizeof(text), "INSERT INTO migration VALUES (%d)", (int)to);
        CX_TRY(cx_sqlite_exec(file, text, detail));
    }
    (void)snprintf(text, sizeof(text), "PRAGMA application_id = %d", (int)kind->application_id);
    return cx_sqlite_exec(file, text, detail);
}

/* What all our migrations make of nothing. */
static cx_status
describe_expected(const struct kind *kind, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_AUTO(cx_sqlite_file_close) struct cx_sqlite memory = { 0 };
    int rc;

    CX_TRY(cx_path_make(&memory.path, "memory"));
    rc = sqlite3_open_v2(":memory:", &memory.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (rc != SQLITE_OK) {
        return cx_sqlite_failed(&memory, rc, detail);
    }
    CX_TRY(migrate(&memory, kind, 0, detail));
    return describe(&memory, buf, detail);
}

static cx_status
compare_tables(struct cx_sqlite *file, struct cx_buf *found, struct cx_buf *expected,
               const struct kind *kind, struct cx_detail *detail)
{
    CX_TRY(describe(file, found, detail));
    CX_TRY(describe_expected(kind, expected, detail));
    if (!cx_str_equal(cx_buf_str(found), cx_buf_str(expected))) {
        return cx_fail(detail, CX_E_STORE, "%s: its tables are not those of a store", file->path);
    }
    return CX_SUCCESS;
}

/* A trigger, a view in a table's place: none of it may run. */
static cx_status
check_tables(struct cx_sqlite *file, const struct kind *kind, struct cx_detail *detail)
{
    struct cx_buf found, expected;
    cx_status status;

    cx_buf_init(&found, CX_SQL_SCHEMA_MAX);
    cx_buf_init(&expected, CX_SQL_SCHEMA_MAX);
    status = compare_tables(file, &found, &expected, kind, detail);
    cx_buf_done(&found);
    cx_buf_done(&expected);
    return status;
}

static cx_status
make_tables(struct cx_sqlite *file, const struct kind *kind, int64_t from, struct cx_detail *detail)
{
    cx_status status;

    CX_TRY(cx_sqlite_exec(file, "BEGIN IMMEDIATE", detail));
    status = migrate(file, kind, from, detail);
    if (cx_ok(status)) {
        status = cx_sqlite_exec(file, "COMMIT", detail);
    }
    if (!cx_ok(status) && sqlite3_get_autocommit(file->db) == 0) {
        (void)sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is told */
    }
    return status;
}

static cx_status
check_version(struct cx_sqlite *file, const struct kind *kind, enum cx_rows_mode mode,
              struct cx_detail *detail)
{
    int64_t tables = 0, application = 0, version = 0;

    CX_TRY(cx_sqlite_number(file, "SELECT count(*) FROM sqlite_schema", &tables, detail));
    if (tables == 0 && mode == CX_ROWS_CREATE) {
        return make_tables(file, kind, 0, detail);
    }
    CX_TRY(cx_sqlite_number(file, "PRAGMA application_id", &application, detail));
    if (application != kind->application_id) {
        return cx_fail(detail, CX_E_STORE, "%s: not a file of a store", file->path);
    }
    CX_TRY(cx_sqlite_number(file, "SELECT max(number) FROM migration", &version, detail));
    if (version < kind->oldest) {
        return cx_fail(detail, CX_E_STORE,
                       "%s: made by a version of this program that was never released (%lld), and "
                       "cannot be read any more",
                       file->path, (long long)version);
    }
    if (version > kind->newest) {
        return cx_fail(detail, CX_E_STORE, "%s: written by a newer version of this program (%lld)",
                       file->path, (long long)version);
    }
    if (version < kind->newest && mode != CX_ROWS_READ) {
        return make_tables(file, kind, version, detail);
    }
    return CX_SUCCESS;
}

/* ---- opening */

static int
on_wal(void *ctx, sqlite3 *db, const char *name, int frames)
{
    struct cx_sqlite *file = ctx;

    (void)db;
    (void)name; /* there is one */
    file->wal_frames = (uint64_t)frames;
    return SQLITE_OK;
}

static cx_status
configure(struct cx_sqlite *file, enum cx_rows_mode mode, struct cx_detail *detail)
{
    (void)sqlite3_extended_result_codes(file->db, 1);                           /* cannot fail */
    (void)sqlite3_busy_timeout(file->db, CX_SQL_BUSY_MS);                       /* cannot fail */
    (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);      /* known */
    (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL); /* known */
    CX_TRY(cx_sqlite_exec(file,
                          "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; "
                          "PRAGMA cache_size = -" TEXT_OF(CX_SQL_CACHE_KIB),
                          detail));
    if (mode == CX_ROWS_READ) {
        return CX_SUCCESS;
    }
    return cx_sqlite_exec(
        file,
        "PRAGMA page_size = " TEXT_OF(
            CX_SQL_PAGE) "; "
                         "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                         "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = OFF",
        detail);
}

/* Only WAL gives what the port promises. */
static cx_status
check_wal(struct cx_sqlite *file, enum cx_rows_mode mode, struct cx_detail *detail)
{
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *statement = NULL;
    const unsigned char *journal = NULL;

    if (mode == CX_ROWS_READ) {
        return CX_SUCCESS;
    }
    if (sqlite3_prepare_v2(file->db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        journal = sqlite3_column_text(statement, 0);
    }
    if (journal == NULL || strcmp((const char *)journal, "wal") != 0) {
        return cx_fail(detail, CX_E_STORE, "%s: cannot be used with a WAL", file->path);
    }
    (void)sqlite3_wal_hook(file->db, on_wal, file); /* there was none */
    return CX_SUCCESS;
}

static cx_status
open_file(struct cx_sqlite *file, enum cx_sqlite_kind kind, enum cx_rows_mode mode,
          struct cx_detail *detail)
{
    int flags = mode == CX_ROWS_READ    ? SQLITE_OPEN_READONLY
                : mode == CX_ROWS_WRITE ? SQLITE_OPEN_READWRITE
                                        : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(file->path, &file->db,
                             flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

    if (rc != SQLITE_OK) {
        return cx_sqlite_failed(file, rc, detail);
    }
    CX_TRY(configure(file, mode, detail));
    CX_TRY(check_version(file, &kinds[kind], mode, detail));
    CX_TRY(check_tables(file, &kinds[kind], detail));
    return check_wal(file, mode, detail);
}

cx_status
cx_sqlite_file_open(const char *path, enum cx_sqlite_kind kind, enum cx_rows_mode mode,
                    struct cx_sqlite *file, struct cx_detail *detail)
{
    cx_status status;

    CX_TRY(cx_path_make(&file->path, "%s", path));
    status = open_file(file, kind, mode, detail);
    if (!cx_ok(status)) {
        cx_sqlite_file_close(file);
    }
    return status;
}

void
cx_sqlite_file_close(struct cx_sqlite *file)
{
    for (size_t i = 0; i < CX_SQLS; i++) {
        cx_sqlite_finalize(&file->statements[i]);
    }
    (void)sqlite3_close(file->db); /* busy only with statements of ours, and there are none */
    cx_path_free(&file->path);
    *file = (struct cx_sqlite){ 0 };
}

const char *
cx_sqlite_version(void)
{
    return sqlite3_libversion();
}

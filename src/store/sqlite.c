#include "store/sqlite.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "store/files.h"
#include "store/sqlite_priv.h"

struct rows {
    struct cx_rows base; /* name is folder */
    char *folder;
    enum cx_rows_mode mode;
    struct cx_sqlite records, messages;
    struct cx_slots latest;
    bool putting;          /* between begin and the end of the transaction */
    bool putting_messages; /* and one was put */
    bool viewing;
};

/* Columns of struct cx_row that a table has, in the order of its statements. */
enum {
    NUMBER_0 = 1,
    NUMBER_1 = 2,
    HEAD = 4,
    BODY = 8,
};

static const struct table {
    unsigned columns;
    enum cx_sql put, scan, before;
    const char *name;
} tables[CX_TABLES] = {
#define ROW(table, columns, name)                                                                  \
    [CX_TABLE_##table] = { columns, CX_SQL_##table##_PUT, CX_SQL_##table##_SCAN,                   \
                           CX_SQL_##table##_BEFORE, name }
    ROW(ENTRY, NUMBER_0 | NUMBER_1 | HEAD | BODY, "entry"),
    ROW(OBJECT, NUMBER_0 | HEAD | BODY, "object"),
    ROW(MESSAGE, HEAD | BODY, "message"),
    ROW(TILE, BODY, "tile"),
    ROW(CHECKPOINT, BODY, "checkpoint"),
    ROW(SEGMENT, BODY, "segment"),
    ROW(PIECE, BODY, "piece"),
    ROW(META, BODY, "meta"),
#undef ROW
};

static const char *const statements[CX_SQLS] = {
#define X(name, sql) [CX_SQL_##name] = sql,
#include "store/sqlite_statements.def"
#undef X
};

static struct rows *
self_of(struct cx_rows *rows)
{
    return CX_OF_MEMBER(struct rows, base, rows);
}

/* ---- statements */

static void
finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement); /* repeats a failure that was seen */
}

/* One of the list; prepared once, and once more while it is in use: then *ret_own must be finalized. */
static cx_status
statement_of(struct cx_sqlite *file, enum cx_sql which, sqlite3_stmt **ret, sqlite3_stmt **ret_own,
             struct cx_detail *detail)
{
    sqlite3_stmt **kept = &file->statements[which];
    bool busy = *kept != NULL && sqlite3_stmt_busy(*kept) != 0;
    sqlite3_stmt *made = NULL;

    if (*kept == NULL || busy) {
        int rc = sqlite3_prepare_v3(file->db, statements[which], -1,
                                    busy ? 0 : SQLITE_PREPARE_PERSISTENT, &made, NULL);

        if (rc != SQLITE_OK) {
            return cx_sqlite_failed(file, rc, detail);
        }
    }
    if (busy) {
        *ret_own = made;
    } else if (made != NULL) {
        *kept = made;
    }
    *ret = busy ? made : *kept;
    return CX_SUCCESS;
}

/* A step failed, or ended what began with it; tells the failure. */
static cx_status
finish(struct cx_sqlite *file, sqlite3_stmt *statement, int rc, struct cx_detail *detail)
{
    cx_status status = rc == SQLITE_DONE ? CX_SUCCESS : cx_sqlite_failed(file, rc, detail);

    (void)sqlite3_reset(statement); /* repeats rc */
    return status;
}

static cx_status
run(struct cx_sqlite *file, enum cx_sql which, struct cx_detail *detail)
{
    CX_AUTO(finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    int rc;

    CX_TRY(statement_of(file, which, &statement, &own, detail));
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        rc = SQLITE_DONE; /* VIEW_AT */
    }
    return finish(file, statement, rc, detail);
}

/* ---- transactions */

static void
roll_back_file(struct cx_sqlite *file)
{
    if (file->db != NULL && sqlite3_get_autocommit(file->db) == 0) {
        (void)run(file, CX_SQL_ROLLBACK,
                  NULL); /* what cannot be rolled back is not committed either */
    }
}

static void
roll_back(struct cx_rows *rows)
{
    struct rows *self = self_of(rows);

    roll_back_file(&self->records);
    roll_back_file(&self->messages);
    self->putting = self->putting_messages = false;
}

static cx_status
begin(struct cx_rows *rows, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);

    CX_TRY(run(&self->records, CX_SQL_BEGIN, detail));
    self->putting = true;
    return CX_SUCCESS;
}

/* I2 of the port: messages first. */
static cx_status
commit(struct cx_rows *rows, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);
    cx_status status = CX_SUCCESS;

    if (!self->putting) {
        return cx_fail(detail, CX_E_INTERNAL, "%s: nothing to commit", rows->name);
    }
    if (self->putting_messages) {
        status = run(&self->messages, CX_SQL_COMMIT, detail);
    }
    if (cx_ok(status)) {
        status = run(&self->records, CX_SQL_COMMIT, detail);
    }
    if (!cx_ok(status)) {
        roll_back(rows);
    }
    self->putting = self->putting_messages = false;
    return status;
}

static cx_status
view_begin_file(struct cx_sqlite *file, struct cx_detail *detail)
{
    CX_TRY(run(file, CX_SQL_VIEW, detail));
    return run(file, CX_SQL_VIEW_AT, detail);
}

static void
view_end(struct cx_rows *rows)
{
    struct rows *self = self_of(rows);

    roll_back_file(&self->records);
    roll_back_file(&self->messages);
    self->viewing = false;
}

/* Messages after the rest: then all that the rest needs are there. */
static cx_status
view_begin(struct cx_rows *rows, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);
    cx_status status = view_begin_file(&self->records, detail);

    if (cx_ok(status) && self->messages.db != NULL) {
        status = view_begin_file(&self->messages, detail);
    }
    self->viewing = true;
    if (!cx_ok(status)) {
        view_end(rows);
    }
    return status;
}

/* ---- rows */

/* The file that has the table; NULL: it is not there. */
static struct cx_sqlite *
file_of(struct rows *self, enum cx_table table)
{
    if (table != CX_TABLE_MESSAGE) {
        return &self->records;
    }
    return self->messages.db != NULL ? &self->messages : NULL;
}

static int
bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    return number > INT64_MAX ? SQLITE_TOOBIG
                              : sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

/* Never NULL, which the tables refuse. */
static int
bind_span(sqlite3_stmt *statement, int at, cx_span span)
{
    return span.n == 0 ? sqlite3_bind_zeroblob(statement, at, 0)
                       : sqlite3_bind_blob64(statement, at, span.p, span.n, SQLITE_STATIC);
}

static int
bind_row(sqlite3_stmt *statement, unsigned columns, const struct cx_row *row)
{
    int at = 1, rc = bind_number(statement, at, row->key);

    for (unsigned i = 0; i < 2 && rc == SQLITE_OK; i++) {
        if ((columns & ((unsigned)NUMBER_0 << i)) != 0) {
            rc = bind_number(statement, ++at, row->number[i]);
        }
    }
    if (rc == SQLITE_OK && (columns & HEAD) != 0) {
        rc = bind_span(statement, ++at, row->head);
    }
    if (rc == SQLITE_OK && (columns & BODY) != 0) {
        rc = bind_span(statement, ++at, row->body);
    }
    return rc;
}

static cx_status
put(struct cx_rows *rows, enum cx_table table, const struct cx_row *row, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);
    struct cx_sqlite *file = file_of(self, table);
    CX_AUTO(finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    int rc;

    if (!self->putting || file == NULL) {
        return cx_fail(detail, CX_E_STORE, "%s: nothing can be put into table \"%s\"", rows->name,
                       tables[table].name);
    }
    if (table == CX_TABLE_MESSAGE && !self->putting_messages) {
        CX_TRY(run(file, CX_SQL_BEGIN, detail));
        self->putting_messages = true;
    }
    CX_TRY(statement_of(file, tables[table].put, &statement, &own, detail));
    rc = bind_row(statement, tables[table].columns, row);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    return finish(file, statement, rc, detail);
}

static cx_status
column_number(sqlite3_stmt *statement, int at, uint64_t *ret)
{
    sqlite3_int64 number = sqlite3_column_int64(statement, at);

    if (sqlite3_column_type(statement, at) != SQLITE_INTEGER || number < 0) {
        return (cx_status){ CX_E_STORE };
    }
    *ret = (uint64_t)number;
    return CX_SUCCESS;
}

static cx_status
column_span(sqlite3_stmt *statement, int at, cx_span *ret)
{
    const void *p = sqlite3_column_blob(statement, at);
    int n = sqlite3_column_bytes(statement, at);

    if (sqlite3_column_type(statement, at) != SQLITE_BLOB) {
        return (cx_status){ CX_E_STORE };
    }
    if (p == NULL && n != 0) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = (cx_span){ p, n < 0 ? 0 : (size_t)n };
    return CX_SUCCESS;
}

static cx_status
row_of(sqlite3_stmt *statement, unsigned columns, struct cx_row *row)
{
    int at = 0;

    CX_TRY(column_number(statement, at, &row->key));
    for (unsigned i = 0; i < 2; i++) {
        if ((columns & ((unsigned)NUMBER_0 << i)) != 0) {
            CX_TRY(column_number(statement, ++at, &row->number[i]));
        }
    }
    if ((columns & HEAD) != 0) {
        CX_TRY(column_span(statement, ++at, &row->head));
    }
    if ((columns & BODY) != 0) {
        CX_TRY(column_span(statement, ++at, &row->body));
    }
    return CX_SUCCESS;
}

/* What a query is for. */
struct query {
    struct cx_sqlite *file;
    const struct table *table;
    cx_row_fn each;
    void *ctx;
};

static cx_status
walk(const struct query *query, sqlite3_stmt *statement, struct cx_detail *detail)
{
    int rc;

    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct cx_row row = { 0 };
        cx_status status = row_of(statement, query->table->columns, &row);

        if (status.code == CX_E_STORE) {
            return cx_fail(detail, CX_E_STORE, "%s: table \"%s\" has a row of another type",
                           query->file->path, query->table->name);
        }
        CX_TRY(status);
        CX_TRY(query->each(query->ctx, &row));
    }
    return rc == SQLITE_DONE ? CX_SUCCESS : cx_sqlite_failed(query->file, rc, detail);
}

static cx_status
ask(struct query *query, enum cx_sql which, const uint64_t *keys, int n_keys,
    struct cx_detail *detail)
{
    CX_AUTO(finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    cx_status status;

    if (query->file == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(statement_of(query->file, which, &statement, &own, detail));
    for (int i = 0; i < n_keys; i++) {
        int rc = bind_number(statement, i + 1, keys[i] > INT64_MAX ? INT64_MAX : keys[i]);

        if (rc != SQLITE_OK) {
            return cx_sqlite_failed(query->file, rc, detail);
        }
    }
    status = walk(query, statement, detail);
    (void)sqlite3_reset(statement); /* repeats a failure that was seen */
    return status;
}

static cx_status
scan(struct cx_rows *rows, enum cx_table table, uint64_t first, uint64_t last, cx_row_fn each,
     void *ctx, struct cx_detail *detail)
{
    struct query query = { file_of(self_of(rows), table), &tables[table], each, ctx };

    return ask(&query, query.table->scan, (const uint64_t[]){ first, last }, 2, detail);
}

static cx_status
before(struct cx_rows *rows, enum cx_table table, uint64_t below, cx_row_fn each, void *ctx,
       struct cx_detail *detail)
{
    struct query query = { file_of(self_of(rows), table), &tables[table], each, ctx };

    return ask(&query, query.table->before, &below, 1, detail);
}

/* ---- the last checkpoint */

static cx_status
open_latest(struct rows *self, const char *path, uint64_t size, cx_str note, bool *ret_written,
            struct cx_detail *detail)
{
    bool there;
    struct cx_buf buf;
    uint64_t number;
    cx_status status;

    CX_TRY(cx_path_exists(path, &there, detail));
    *ret_written = !there;
    if (!there) {
        CX_TRY(cx_slots_make(path, size, note, detail));
    }
    CX_TRY(cx_slots_open(path, true, &self->latest, detail));
    cx_buf_init(&buf, CX_SLOT_OCTETS);
    status = cx_slots_read(&self->latest, &buf, &number, &there, detail); /* says which is next */
    cx_buf_done(&buf);
    return status;
}

static cx_status
put_latest(struct cx_rows *rows, uint64_t size, cx_str note, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);
    bool written = false;

    if (self->latest.fd < 0) {
        CX_AUTO(cx_path_free) char *path = NULL;

        CX_TRY(cx_path_make(&path, "%s/" CX_SQLITE_CHECKPOINT, self->folder));
        CX_TRY(open_latest(self, path, size, note, &written, detail));
    }
    return written ? CX_SUCCESS : cx_slots_write(&self->latest, size, note, detail);
}

/* If it has not its size, the one in the table will do. */
static cx_status
get_latest(struct cx_rows *rows, struct cx_buf *buf, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(cx_slots_close) struct cx_slots slots = CX_SLOTS_CLOSED;
    uint64_t number;
    bool there;
    cx_status status;

    CX_TRY(cx_path_make(&path, "%s/" CX_SQLITE_CHECKPOINT, self->folder));
    CX_TRY(cx_path_exists(path, &there, detail));
    if (!there) {
        return CX_SUCCESS;
    }
    status = cx_slots_open(path, false, &slots, detail);
    if (!cx_ok(status)) {
        return status.code == CX_E_STORE ? CX_SUCCESS : status;
    }
    return cx_slots_read(&slots, buf, &number, &there, detail);
}

/* ---- the rest */

/* Passive: neither readers nor the next transaction wait for it. */
static cx_status
tend_file(struct cx_sqlite *file, uint64_t over_octets, struct cx_detail *detail)
{
    int frames = 0, written = 0, rc;

    if (file->wal_frames < file->wal_tended) { /* it began anew */
        file->wal_tended = 0;
    }
    if (file->db == NULL || (file->wal_frames - file->wal_tended) * CX_SQL_PAGE <= over_octets) {
        return CX_SUCCESS;
    }
    rc = sqlite3_wal_checkpoint_v2(file->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &written);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
        return cx_sqlite_failed(file, rc, detail);
    }
    /* What a reader kept from being written back is tried again only when as much has come to it. */
    file->wal_tended = file->wal_frames;
    return CX_SUCCESS;
}

static cx_status
tend(struct cx_rows *rows, uint64_t over_octets, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);

    CX_TRY(tend_file(&self->records, over_octets, detail));
    return tend_file(&self->messages, over_octets, detail);
}

static cx_status
copy_files(struct rows *self, const char *folder, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *records = NULL;
    CX_AUTO(cx_path_free) char *messages = NULL;

    CX_TRY(cx_path_make(&records, "%s/" CX_SQLITE_RECORDS, folder));
    CX_TRY(cx_path_make(&messages, "%s/" CX_SQLITE_MESSAGES, folder));
    CX_TRY(cx_sqlite_copy(&self->records, records, detail));
    return self->messages.db == NULL ? CX_SUCCESS
                                     : cx_sqlite_copy(&self->messages, messages, detail);
}

/* Under one view, or every page that a writer changes meanwhile would begin it anew. */
static cx_status
copy(struct cx_rows *rows, const char *folder, struct cx_detail *detail)
{
    cx_status status;

    CX_TRY(view_begin(rows, detail));
    status = copy_files(self_of(rows), folder, detail);
    view_end(rows);
    return status;
}

static bool
has_messages(struct cx_rows *rows)
{
    return self_of(rows)->messages.db != NULL;
}

/* One database, with what SQLite has beside it. */
static cx_status
remove_database(const char *folder, const char *name, struct cx_detail *detail)
{
    static const char *const tails[] = { "", "-wal", "-shm", "-journal" };

    for (size_t i = 0; i < CX_COUNT(tails); i++) {
        CX_AUTO(cx_path_free) char *path = NULL;

        CX_TRY(cx_path_make(&path, "%s/%s%s", folder, name, tails[i]));
        CX_TRY(cx_file_remove(path, detail));
    }
    return CX_SUCCESS;
}

static cx_status
drop_messages(struct cx_rows *rows, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);

    if (self->mode == CX_ROWS_READ || self->putting) {
        return cx_fail(detail, CX_E_INTERNAL, "%s: messages cannot be deleted now", rows->name);
    }
    cx_sqlite_file_close(&self->messages);
    return remove_database(self->folder, CX_SQLITE_MESSAGES, detail);
}

cx_status
cx_sqlite_remove(const char *folder, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *latest = NULL;

    CX_TRY(remove_database(folder, CX_SQLITE_RECORDS, detail));
    CX_TRY(remove_database(folder, CX_SQLITE_MESSAGES, detail));
    CX_TRY(cx_path_make(&latest, "%s/" CX_SQLITE_CHECKPOINT, folder));
    return cx_file_remove(latest, detail);
}

/* One plain file each, that can be read from where nothing can be written. */
static cx_status
settle_file(struct cx_sqlite *file, struct cx_detail *detail)
{
    cx_status status;

    if (file->db == NULL) {
        return CX_SUCCESS;
    }
    (void)sqlite3_busy_timeout(file->db, 0); /* cannot fail */
    status = cx_sqlite_exec(file, "PRAGMA journal_mode = DELETE", detail);
    (void)sqlite3_busy_timeout(file->db, CX_SQL_BUSY_MS); /* cannot fail */
    if (!cx_ok(status) && (sqlite3_errcode(file->db) & 0xff) == SQLITE_BUSY) {
        return CX_SUCCESS;
    }
    return status;
}

static cx_status
settle(struct cx_rows *rows, struct cx_detail *detail)
{
    struct rows *self = self_of(rows);

    CX_TRY(settle_file(&self->messages, detail));
    return settle_file(&self->records, detail);
}

static void
close_rows(struct cx_rows *rows)
{
    struct rows *self = rows == NULL ? NULL : self_of(rows);

    if (self == NULL) {
        return;
    }
    roll_back(rows);
    cx_sqlite_file_close(&self->records);
    cx_sqlite_file_close(&self->messages);
    cx_slots_close(&self->latest);
    cx_path_free(&self->folder);
    cx_free(self);
}

static const struct cx_rows_ops ops = {
    .begin = begin,
    .put = put,
    .commit = commit,
    .rollback = roll_back,
    .scan = scan,
    .before = before,
    .view_begin = view_begin,
    .view_end = view_end,
    .put_latest = put_latest,
    .get_latest = get_latest,
    .tend = tend,
    .copy = copy,
    .has_messages = has_messages,
    .drop_messages = drop_messages,
    .settle = settle,
    .close = close_rows,
};

/* ---- opening */

static cx_status
open_messages(struct rows *self, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    bool there;

    CX_TRY(cx_path_make(&path, "%s/" CX_SQLITE_MESSAGES, self->folder));
    CX_TRY(cx_path_exists(path, &there, detail));
    return !there && self->mode != CX_ROWS_CREATE
               ? CX_SUCCESS
               : cx_sqlite_file_open(path, CX_SQLITE_OF_MESSAGES, self->mode, &self->messages,
                                     detail);
}

static cx_status
open_rows(struct rows *self, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;

    CX_TRY(cx_path_make(&path, "%s/" CX_SQLITE_RECORDS, self->folder));
    CX_TRY(cx_sqlite_file_open(path, CX_SQLITE_OF_RECORDS, self->mode, &self->records, detail));
    CX_TRY(open_messages(self, detail));
    return self->mode == CX_ROWS_CREATE ? cx_folder_sync(self->folder, detail) : CX_SUCCESS;
}

cx_status
cx_sqlite_open(const char *folder, enum cx_rows_mode mode, struct cx_rows **ret,
               struct cx_detail *detail)
{
    struct rows *self = cx_alloc(1, sizeof(*self));
    cx_status status;

    if (self == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *self = (struct rows){ .base = { .ops = &ops }, .mode = mode, .latest = CX_SLOTS_CLOSED };
    status = cx_path_make(&self->folder, "%s", folder);
    self->base.name = self->folder;
    if (cx_ok(status)) {
        status = open_rows(self, detail);
    }
    if (!cx_ok(status)) {
        close_rows(&self->base);
        return status;
    }
    *ret = &self->base;
    return CX_SUCCESS;
}

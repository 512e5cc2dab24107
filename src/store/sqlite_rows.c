#include "store/sqlite_priv.h"

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

/* The file that has the table; NULL: it is not there. */
static struct cx_sqlite *
file_of(struct cx_sqlite_rows *self, enum cx_table table)
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

cx_status
cx_sqlite_put(struct cx_rows *rows, enum cx_table table, const struct cx_row *row,
              struct cx_detail *detail)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);
    struct cx_sqlite *file = file_of(self, table);
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    int rc;

    if (!self->putting || file == NULL) {
        return cx_fail(detail, CX_E_STORE, "%s: nothing can be put into table \"%s\"", rows->name,
                       tables[table].name);
    }
    if (table == CX_TABLE_MESSAGE && !self->putting_messages) {
        CX_TRY(cx_sqlite_run(file, CX_SQL_BEGIN, detail));
        self->putting_messages = true;
    }
    CX_TRY(cx_sqlite_statement(file, tables[table].put, &statement, &own, detail));
    rc = bind_row(statement, tables[table].columns, row);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    return cx_sqlite_finish(file, statement, rc, detail);
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
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    cx_status status;

    if (query->file == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_sqlite_statement(query->file, which, &statement, &own, detail));
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

cx_status
cx_sqlite_scan(struct cx_rows *rows, enum cx_table table, uint64_t first, uint64_t last,
               cx_row_fn each, void *ctx, struct cx_detail *detail)
{
    struct query query = { file_of(cx_sqlite_self(rows), table), &tables[table], each, ctx };

    return ask(&query, query.table->scan, (const uint64_t[]){ first, last }, 2, detail);
}

cx_status
cx_sqlite_before(struct cx_rows *rows, enum cx_table table, uint64_t below, cx_row_fn each,
                 void *ctx, struct cx_detail *detail)
{
    struct query query = { file_of(cx_sqlite_self(rows), table), &tables[table], each, ctx };

    return ask(&query, query.table->before, &below, 1, detail);
}

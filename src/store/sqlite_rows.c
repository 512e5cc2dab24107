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
    ROW(ENTRY, BODY, "block"), /* as the database has them */
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

static cx_status
insert(struct cx_sqlite *file, enum cx_table table, const struct cx_row *row,
       struct cx_detail *detail)
{
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    int rc;

    CX_TRY(cx_sqlite_statement(file, tables[table].put, &statement, &own, detail));
    rc = bind_row(statement, tables[table].columns, row);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    return cx_sqlite_finish(file, statement, rc, detail);
}

/* ---- entries are put into blocks */

cx_status
cx_sqlite_flush(struct cx_sqlite_rows *self, struct cx_detail *detail)
{
    const struct cx_row row = {
        .key = self->block.first,
        .body = cx_span_of_str(cx_buf_str(&self->block.octets)),
    };

    if (self->block.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(insert(&self->records, CX_TABLE_ENTRY, &row, detail));
    cx_buf_clear(&self->block.octets);
    self->block.n = 0;
    return CX_SUCCESS;
}

static cx_status
take_next(void *ctx, const struct cx_row *row)
{
    *(uint64_t *)ctx = row->key + 1;
    return CX_SUCCESS;
}

static cx_status
take_any(void *ctx, const struct cx_row *row)
{
    (void)row;
    *(bool *)ctx = true;
    return CX_SUCCESS;
}

/* I1 of the port. Keys nearly always ascend; then nothing need be looked for. */
static cx_status
refuse_known_key(struct cx_sqlite_rows *self, uint64_t key, struct cx_detail *detail)
{
    struct cx_sqlite_block *block = &self->block;
    bool known = false;

    if (!block->knows_next) {
        block->next = 0;
        CX_TRY(cx_sqlite_before(&self->base, CX_TABLE_ENTRY, UINT64_MAX, take_next, &block->next,
                                detail));
        block->knows_next = true;
    }
    if (key < block->next) {
        CX_TRY(cx_sqlite_scan(&self->base, CX_TABLE_ENTRY, key, key + 1, take_any, &known, detail));
    }
    return known ? cx_fail(detail, CX_E_STORE, "%s: entry %llu is there already",
                           self->records.path, (unsigned long long)key)
                 : CX_SUCCESS;
}

static cx_status
put_entry(struct cx_sqlite_rows *self, const struct cx_row *row, struct cx_detail *detail)
{
    struct cx_sqlite_block *block = &self->block;

    if (row->key > INT64_MAX || row->number[0] > INT64_MAX || row->number[1] > INT64_MAX) {
        return cx_fail(detail, CX_E_STORE, "%s: a number of more than 63 bits", self->records.path);
    }
    CX_TRY(refuse_known_key(self, row->key, detail));
    if (block->n != 0 && row->key != block->first + block->n) {
        CX_TRY(cx_sqlite_flush(self, detail));
    }
    CX_TRY(cx_sqlite_block_add(block, row));
    block->next = row->key >= block->next ? row->key + 1 : block->next;
    return cx_sqlite_block_is_full(block) ? cx_sqlite_flush(self, detail) : CX_SUCCESS;
}

cx_status
cx_sqlite_put(struct cx_rows *rows, enum cx_table table, const struct cx_row *row,
              struct cx_detail *detail)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);
    struct cx_sqlite *file = file_of(self, table);

    if (!self->putting || file == NULL) {
        return cx_fail(detail, CX_E_STORE, "%s: nothing can be put into table \"%s\"", rows->name,
                       tables[table].name);
    }
    if (table == CX_TABLE_ENTRY) {
        return put_entry(self, row, detail);
    }
    if (table == CX_TABLE_MESSAGE && !self->putting_messages) {
        CX_TRY(cx_sqlite_run(file, CX_SQL_BEGIN, detail));
        self->putting_messages = true;
    }
    return insert(file, table, row, detail);
}

/* ---- reading */

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
    /* Of a query for entries: their keys, and only the last one. */
    uint64_t first, last;
    bool only_last;
};

static cx_status
bad_row(const struct query *query, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_STORE, "%s: table \"%s\" has a row of another type",
                   query->file->path, query->table->name);
}

/* The entries of a block that are meant. */
static cx_status
pass_block(const struct query *query, const struct cx_row *block, struct cx_detail *detail)
{
    struct cx_block_reader reader = cx_block_reader_of(block->key, block->body);
    struct cx_row row = { 0 }, last = { 0 };
    bool more = true, any = false;

    for (;;) {
        if (!cx_ok(cx_block_next(&reader, &row, &more))) {
            return bad_row(query, detail);
        }
        if (!more || row.key >= query->last) {
            break;
        }
        if (row.key >= query->first && !query->only_last) {
            CX_TRY(query->each(query->ctx, &row));
        }
        last = row;
        any = true;
    }
    return any && query->only_last ? query->each(query->ctx, &last) : CX_SUCCESS;
}

static cx_status
walk(const struct query *query, sqlite3_stmt *statement, struct cx_detail *detail)
{
    int rc;

    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct cx_row row = { 0 };
        cx_status status = row_of(statement, query->table->columns, &row);

        if (status.code == CX_E_STORE) {
            return bad_row(query, detail);
        }
        CX_TRY(status);
        CX_TRY(query->table == &tables[CX_TABLE_ENTRY] ? pass_block(query, &row, detail)
                                                       : query->each(query->ctx, &row));
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

/* The writer sees its own. */
static cx_status
see_own(struct cx_rows *rows, enum cx_table table, struct cx_detail *detail)
{
    return table == CX_TABLE_ENTRY ? cx_sqlite_flush(cx_sqlite_self(rows), detail) : CX_SUCCESS;
}

cx_status
cx_sqlite_scan(struct cx_rows *rows, enum cx_table table, uint64_t first, uint64_t last,
               cx_row_fn each, void *ctx, struct cx_detail *detail)
{
    struct query query = { .file = file_of(cx_sqlite_self(rows), table),
                           .table = &tables[table],
                           .each = each,
                           .ctx = ctx,
                           .first = first,
                           .last = last };

    CX_TRY(see_own(rows, table, detail));
    return ask(&query, query.table->scan, (const uint64_t[]){ first, last }, 2, detail);
}

cx_status
cx_sqlite_before(struct cx_rows *rows, enum cx_table table, uint64_t below, cx_row_fn each,
                 void *ctx, struct cx_detail *detail)
{
    struct query query = { .file = file_of(cx_sqlite_self(rows), table),
                           .table = &tables[table],
                           .each = each,
                           .ctx = ctx,
                           .last = below,
                           .only_last = true };

    CX_TRY(see_own(rows, table, detail));
    return ask(&query, query.table->before, &below, 1, detail);
}

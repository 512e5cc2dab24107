/* What the files of the SQLite adapter share. */
#ifndef CX_STORE_SQLITE_PRIV_H
#define CX_STORE_SQLITE_PRIV_H

#include "store/port.h"
#include "store/slots.h"
#include "store/sqlite_block.h"

#include <sqlite3.h>

/* Every statement that is run while a store is in use; what makes and checks files is in sqlite_schema.c. */
enum cx_sql {
#define X(name, sql) CX_SQL_##name,
#include "store/sqlite_statements.def"
#undef X
    CX_SQLS,
};

enum cx_sqlite_kind {
    CX_SQLITE_OF_RECORDS = 0,
    CX_SQLITE_OF_MESSAGES,
};

/* One database file. */
struct cx_sqlite {
    sqlite3 *db; /* NULL: not open */
    char *path;
    sqlite3_stmt *statements[CX_SQLS];
    /* Frames of the WAL, and how many there were when it was last written back. */
    uint64_t wal_frames, wal_tended;
};

struct cx_sqlite_rows {
    struct cx_rows base; /* name is folder */
    char *folder;
    enum cx_rows_mode mode;
    struct cx_sqlite records, messages;
    struct cx_slots latest;
    struct cx_sqlite_block block; /* entries that were put, and are no row yet */
    bool putting;                 /* between begin and the end of the transaction */
    bool putting_messages;        /* and one was put */
    bool viewing;
};

static inline struct cx_sqlite_rows *
cx_sqlite_self(struct cx_rows *rows)
{
    return CX_OF_MEMBER(struct cx_sqlite_rows, base, rows);
}

/* Text and code of the last failure of db. */
cx_status cx_sqlite_failed(const struct cx_sqlite *file, int rc, struct cx_detail *detail);
cx_status cx_sqlite_exec(struct cx_sqlite *file, const char *sql, struct cx_detail *detail) CX_MUST;
/* The first column of the only row. Classes: STORE (also: no row). */
cx_status cx_sqlite_number(struct cx_sqlite *file, const char *sql, int64_t *ret,
                           struct cx_detail *detail) CX_MUST;

/* sqlite_schema.c: opens one file and makes sure of what it is, brings an older one to our version where mode writes. file,
 * zeroed, must stay where it is while it is open. */
cx_status cx_sqlite_file_open(const char *path, enum cx_sqlite_kind kind, enum cx_rows_mode mode,
                              struct cx_sqlite *file, struct cx_detail *detail) CX_MUST;
void cx_sqlite_file_close(struct cx_sqlite *file);

/* sqlite_statement.c. One of the list; prepared once, and once more while it is in use: then *ret_own must be finalized. */
cx_status cx_sqlite_statement(struct cx_sqlite *file, enum cx_sql which, sqlite3_stmt **ret,
                              sqlite3_stmt **ret_own, struct cx_detail *detail) CX_MUST;
/* Of a step that gave rc: tells its failure, and ends what began with it. */
cx_status cx_sqlite_finish(struct cx_sqlite *file, sqlite3_stmt *statement, int rc,
                           struct cx_detail *detail) CX_MUST;
/* One that binds nothing. */
cx_status cx_sqlite_run(struct cx_sqlite *file, enum cx_sql which, struct cx_detail *detail)
    CX_MUST;
void cx_sqlite_finalize(sqlite3_stmt **statement); /* for CX_AUTO */

/* sqlite_rows.c: those of the port. */
cx_status cx_sqlite_put(struct cx_rows *rows, enum cx_table table, const struct cx_row *row,
                        struct cx_detail *detail) CX_MUST;
/* The entries that wait become a row. */
cx_status cx_sqlite_flush(struct cx_sqlite_rows *self, struct cx_detail *detail) CX_MUST;
cx_status cx_sqlite_scan(struct cx_rows *rows, enum cx_table table, uint64_t first, uint64_t last,
                         cx_row_fn each, void *ctx, struct cx_detail *detail) CX_MUST;
cx_status cx_sqlite_before(struct cx_rows *rows, enum cx_table table, uint64_t below,
                           cx_row_fn each, void *ctx, struct cx_detail *detail) CX_MUST;

/* sqlite_copy.c */
cx_status cx_sqlite_copy(struct cx_sqlite *from, const char *path, struct cx_detail *detail)
    CX_MUST;

#endif

#include "store/sqlite_priv.h"

static const char *const statements[CX_SQLS] = {
#define X(name, sql) [CX_SQL_##name] = sql,
#include "store/sqlite_statements.def"
#undef X
};

void
cx_sqlite_finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement); /* repeats a failure that was seen */
}

/* One of the list; prepared once, and once more while it is in use: then *ret_own must be finalized. */
cx_status
cx_sqlite_statement(struct cx_sqlite *file, enum cx_sql which, sqlite3_stmt **ret,
                    sqlite3_stmt **ret_own, struct cx_detail *detail)
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
cx_status
cx_sqlite_finish(struct cx_sqlite *file, sqlite3_stmt *statement, int rc, struct cx_detail *detail)
{
    cx_status status = rc == SQLITE_DONE ? CX_SUCCESS : cx_sqlite_failed(file, rc, detail);

    (void)sqlite3_reset(statement); /* repeats rc */
    return status;
}

cx_status
cx_sqlite_run(struct cx_sqlite *file, enum cx_sql which, struct cx_detail *detail)
{
    CX_AUTO(cx_sqlite_finalize) sqlite3_stmt *own = NULL;
    sqlite3_stmt *statement = NULL;
    int rc;

    CX_TRY(cx_sqlite_statement(file, which, &statement, &own, detail));
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        rc = SQLITE_DONE; /* VIEW_AT */
    }
    return cx_sqlite_finish(file, statement, rc, detail);
}

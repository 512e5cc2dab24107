/* Adapter of the port for SQLite. A shard is a folder: records.sqlite, messages.sqlite, and checkpoint, the last one, for
 * readers. WAL, synchronous=FULL, and what is in the WAL goes to the main file when the caller says so (tend), not while it
 * waits for a commit. */
#ifndef CX_STORE_SQLITE_H
#define CX_STORE_SQLITE_H

#include "store/port.h"

#define CX_SQLITE_RECORDS    "records.sqlite"
#define CX_SQLITE_MESSAGES   "messages.sqlite"
#define CX_SQLITE_CHECKPOINT "checkpoint"

/* The folder is there. CREATE: files that are not there are made; WRITE, READ: records.sqlite must be, messages.sqlite need
 * not. Refused: another program's file, one of a newer version, one whose tables are not exactly ours. Classes: STORE,
 * NOMEM. */
cx_status cx_sqlite_open(const char *folder, enum cx_rows_mode mode, struct cx_rows **ret,
                         struct cx_detail *detail) CX_MUST;
/* Deletes the folder's files; what is not there is well. Nobody has them open for writing. Classes: IO, NOMEM. */
cx_status cx_sqlite_remove(const char *folder, struct cx_detail *detail) CX_MUST;
/* What SQLite this is. */
const char *cx_sqlite_version(void);

#endif

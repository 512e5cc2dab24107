#include "store/files.h"
#include "store/sqlite_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Pages at a step: the source is read under one view all the while, so that what a writer does meanwhile does not matter. */
#define STEP 1024

static cx_status
copy_pages(struct cx_sqlite *from, struct cx_sqlite *to, struct cx_detail *detail)
{
    sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");
    int rc = SQLITE_OK;

    if (backup == NULL) {
        return cx_sqlite_failed(to, sqlite3_errcode(to->db), detail);
    }
    while (rc == SQLITE_OK) {
        rc = sqlite3_backup_step(backup, STEP);
    }
    (void)sqlite3_backup_finish(backup); /* repeats rc */
    return rc == SQLITE_DONE ? CX_SUCCESS : cx_sqlite_failed(to, rc, detail);
}

static cx_status
sync_file(const char *path, struct cx_detail *detail)
{
    CX_AUTO(cx_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    return cx_folder_sync_above(path, detail);
}

static cx_status
copy_to(struct cx_sqlite *from, struct cx_sqlite *to, const char *path, struct cx_detail *detail)
{
    int rc = sqlite3_open_v2(path, &to->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_PRIVATECACHE,
                             NULL);

    if (rc != SQLITE_OK) {
        return cx_sqlite_failed(to, rc, detail);
    }
    (void)sqlite3_extended_result_codes(to->db, 1); /* cannot fail */
    /* Synced when it is whole; until then it has no name that anybody trusts. */
    CX_TRY(cx_sqlite_exec(to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", detail));
    CX_TRY(copy_pages(from, to, detail));
    return cx_sqlite_exec(to, "PRAGMA journal_mode = DELETE", detail);
}

cx_status
cx_sqlite_copy(struct cx_sqlite *from, const char *path, struct cx_detail *detail)
{
    struct cx_sqlite to = { 0 };
    cx_status status;

    CX_TRY(cx_path_make(&to.path, "%s", path));
    status = copy_to(from, &to, path, detail);
    cx_sqlite_file_close(&to);
    return cx_ok(status) ? sync_file(path, detail) : status;
}

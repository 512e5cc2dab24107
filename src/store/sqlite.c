#include "store/sqlite.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "store/files.h"
#include "store/sqlite_priv.h"

/* ---- transactions */

static void
roll_back_file(struct cx_sqlite *file)
{
    if (file->db != NULL && sqlite3_get_autocommit(file->db) == 0) {
        cx_status status = cx_sqlite_run(file, CX_SQL_ROLLBACK, NULL);

        (void)status; /* what cannot be rolled back is not committed either */
    }
}

static void
roll_back(struct cx_rows *rows)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);

    cx_sqlite_block_clear(&self->block);
    roll_back_file(&self->records);
    roll_back_file(&self->messages);
    self->putting = self->putting_messages = false;
}

static cx_status
begin(struct cx_rows *rows, struct cx_detail *detail)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);

    if (self->mode == CX_ROWS_READ) {
        return cx_fail(detail, CX_E_STORE, "%s: open for reading only", rows->name);
    }
    CX_TRY(cx_sqlite_run(&self->records, CX_SQL_BEGIN, detail));
    cx_sqlite_block_clear(&self->block); /* what the last key is, is asked anew: it is cheap */
    self->putting = true;
    return CX_SUCCESS;
}

/* I2 of the port: messages first. */
static cx_status
commit(struct cx_rows *rows, struct cx_detail *detail)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);
    cx_status status = CX_SUCCESS;

    if (!self->putting) {
        return cx_fail(detail, CX_E_INTERNAL, "%s: nothing to commit", rows->name);
    }
    status = cx_sqlite_flush(self, detail);
    if (cx_ok(status) && self->putting_messages) {
        status = cx_sqlite_run(&self->messages, CX_SQL_COMMIT, detail);
    }
    if (cx_ok(status)) {
        status = cx_sqlite_run(&self->records, CX_SQL_COMMIT, detail);
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
    CX_TRY(cx_sqlite_run(file, CX_SQL_VIEW, detail));
    return cx_sqlite_run(file, CX_SQL_VIEW_AT, detail);
}

static void
view_end(struct cx_rows *rows)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);

    roll_back_file(&self->records);
    roll_back_file(&self->messages);
    self->viewing = false;
}

/* Messages after the rest: then all that the rest needs are there. */
static cx_status
view_begin(struct cx_rows *rows, struct cx_detail *detail)
{
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);
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

/* ---- the last checkpoint */

static cx_status
open_latest(struct cx_sqlite_rows *self, const char *path, uint64_t size, cx_str note,
            bool *ret_written, struct cx_detail *detail)
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
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);
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
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);
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
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);

    CX_TRY(tend_file(&self->records, over_octets, detail));
    return tend_file(&self->messages, over_octets, detail);
}

static cx_status
copy_files(struct cx_sqlite_rows *self, const char *folder, struct cx_detail *detail)
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
    status = copy_files(cx_sqlite_self(rows), folder, detail);
    view_end(rows);
    return status;
}

static bool
has_messages(struct cx_rows *rows)
{
    return cx_sqlite_self(rows)->messages.db != NULL;
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
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);

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
    struct cx_sqlite_rows *self = cx_sqlite_self(rows);

    CX_TRY(settle_file(&self->messages, detail));
    return settle_file(&self->records, detail);
}

static void
close_rows(struct cx_rows *rows)
{
    struct cx_sqlite_rows *self = rows == NULL ? NULL : cx_sqlite_self(rows);

    if (self == NULL) {
        return;
    }
    roll_back(rows);
    cx_sqlite_file_close(&self->records);
    cx_sqlite_file_close(&self->messages);
    cx_slots_close(&self->latest);
    cx_sqlite_block_done(&self->block);
    cx_path_free(&self->folder);
    cx_free(self);
}

static const struct cx_rows_ops ops = {
    .begin = begin,
    .put = cx_sqlite_put,
    .commit = commit,
    .rollback = roll_back,
    .scan = cx_sqlite_scan,
    .before = cx_sqlite_before,
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
open_messages(struct cx_sqlite_rows *self, struct cx_detail *detail)
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
open_rows(struct cx_sqlite_rows *self, struct cx_detail *detail)
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
    struct cx_sqlite_rows *self = cx_alloc(1, sizeof(*self));
    cx_status status;

    if (self == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *self =
        (struct cx_sqlite_rows){ .base = { .ops = &ops }, .mode = mode, .latest = CX_SLOTS_CLOSED };
    cx_sqlite_block_init(&self->block);
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

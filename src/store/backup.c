#include "store/backup.h"

#include "base/limits.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/rows.h"
#include "store/signed.h"
#include "store/slots.h"
#include "store/sqlite.h"

/* For CX_AUTO. */
static void
close_rows(struct cx_rows **rows)
{
    if (*rows != NULL) {
        (*rows)->ops->close(*rows);
    }
}

static cx_status
copy_text(const char *from, const char *to, uint64_t shard, const char *name,
          struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_SLOT_OCTETS * 2 };
    CX_AUTO(cx_path_free) char *copy = NULL;
    bool found;

    CX_TRY(cx_shard_text(from, shard, name, &text, &found, detail));
    CX_TRY(cx_shard_file(to, shard, name, &copy));
    return found ? cx_file_make(copy, 0444, cx_buf_str(&text), detail) : CX_SUCCESS;
}

/* The checkpoint that readers of the copy see; read before the rows, so that those are all there. */
static cx_status
put_latest(const char *folder, cx_str note, struct cx_rows *rows, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf vkey = { .max = CX_SLOT_OCTETS };
    CX_AUTO(cx_path_free) char *path = NULL;
    struct cx_note_key key;
    struct cx_signed latest;
    bool found, good;

    CX_TRY(cx_rows_meta(rows, CX_META_VKEY, &vkey, &found, detail));
    CX_TRY(cx_note_key_parse(cx_buf_str(&vkey), &key, detail));
    CX_TRY(cx_signed_try(note, &key, &latest, &good));
    if (!good) {
        return CX_SUCCESS; /* the rows have one that is earlier */
    }
    CX_TRY(cx_path_make(&path, "%s/" CX_SQLITE_CHECKPOINT, folder));
    return cx_slots_make(path, latest.size, note, detail);
}

static cx_status
copy_rows(const char *from, const char *to, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf latest = { .max = CX_SLOT_OCTETS };
    CX_AUTO(close_rows) struct cx_rows *rows = NULL;

    CX_TRY(cx_sqlite_open(from, CX_ROWS_READ, &rows, detail));
    CX_TRY(rows->ops->get_latest(rows, &latest, detail));
    CX_TRY(rows->ops->copy(rows, to, detail));
    return put_latest(to, cx_buf_str(&latest), rows, detail);
}

static cx_status
copy_shard(const char *path, const char *to, uint64_t shard, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *from_folder = NULL;
    CX_AUTO(cx_path_free) char *to_folder = NULL;
    CX_AUTO(cx_path_free) char *deleted = NULL;
    bool is_deleted;

    CX_TRY(cx_shard_path(path, shard, &from_folder));
    CX_TRY(cx_shard_path(to, shard, &to_folder));
    CX_TRY(cx_folder_make(to_folder, detail));
    CX_TRY(copy_text(path, to, shard, CX_FOLDER_HOLD, detail));
    CX_TRY(copy_text(path, to, shard, CX_FOLDER_DELETED, detail));
    CX_TRY(cx_shard_file(path, shard, CX_FOLDER_DELETED, &deleted));
    CX_TRY(cx_path_exists(deleted, &is_deleted, detail));
    return is_deleted ? CX_SUCCESS : copy_rows(from_folder, to_folder, detail);
}

cx_status
cx_store_backup(const char *path, const char *to,
                void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                struct cx_detail *detail)
{
    CX_AUTO(cx_shards_done) struct cx_shards shards = { 0 };
    CX_AUTO(cx_path_free) char *whole = NULL;
    bool there, unfinished;

    CX_TRY(cx_path_make(&whole, "%s.new", to));
    CX_TRY(cx_path_exists(to, &there, detail));
    CX_TRY(cx_path_exists(whole, &unfinished, detail));
    if (there || unfinished) {
        return cx_fail(detail, CX_E_IO, "%s: is there already", there ? to : whole);
    }
    CX_TRY(cx_shards_list(path, &shards, detail));
    if (shards.n == 0) {
        return cx_fail(detail, CX_E_STORE, "%s: not a store", path);
    }
    CX_TRY(cx_folder_make(whole, detail));
    for (size_t i = 0; i < shards.n; i++) {
        CX_TRY(copy_shard(path, whole, shards.v[i], detail));
        if (progress != NULL) {
            progress(ctx, i + 1, shards.n);
        }
    }
    return cx_file_name(whole, to, detail);
}

#include "base/alloc.h"
#include "base/limits.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/reader_priv.h"
#include "store/signed.h"
#include "store/slots.h"
#include "store/sqlite.h"

/* Rows that one transaction reads: a writer's journal can be written back between two. */
#define CHUNK 1024

/* ---- opening */

static cx_status
meta(struct cx_rows *rows, enum cx_meta which, struct cx_buf *buf, struct cx_detail *detail)
{
    bool found;

    cx_buf_clear(buf);
    CX_TRY(cx_rows_meta(rows, which, buf, &found, detail));
    return found ? CX_SUCCESS
                 : cx_fail(detail, CX_E_STORE, "%s: lacks what it says about itself (%d)",
                           rows->name, (int)which);
}

/* The note that goes furthest of those that are the shard's; its rows are there. latest, read before the view began, may be
 * one that a crash cut. */
static cx_status
choose_note(struct cx_reader_shard *shard, uint64_t end, cx_str latest, struct cx_detail *detail)
{
    struct cx_signed row = { .size = 0 }, newest = { .size = 0 };
    uint64_t size;
    bool good;

    CX_TRY(cx_rows_checkpoint(shard->rows, end, &shard->note, &size, detail));
    if (size != 0) {
        CX_TRY(cx_signed_read(cx_buf_str(&shard->note), &shard->info.key, &row, detail));
    }
    CX_TRY(cx_signed_try(latest, &shard->info.key, &newest, &good));
    if (good && newest.size > row.size && newest.size <= end) {
        cx_buf_clear(&shard->note);
        cx_buf_put(&shard->note, latest);
        row = newest;
    }
    shard->info.size = row.size;
    shard->info.checkpoint = cx_buf_str(&shard->note);
    return cx_buf_ok(&shard->note) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
take_first(void *ctx, const struct cx_entry_row *row)
{
    struct cx_log_shard_info *info = ctx;

    info->first_ms = row->entry.time_ms;
    return CX_SUCCESS;
}

static cx_status
take_last(void *ctx, const struct cx_entry_row *row)
{
    struct cx_log_shard_info *info = ctx;

    info->last_ms = row->entry.time_ms;
    info->sealed = row->entry.kind == CX_ENTRY_SEAL;
    return CX_SUCCESS;
}

static cx_status
read_ends(struct cx_reader_shard *shard, struct cx_detail *detail)
{
    struct cx_log_shard_info *info = &shard->info;

    if (info->size == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_rows_entries(shard->rows, 0, 1, take_first, info, detail));
    return cx_rows_entries(shard->rows, info->size - 1, info->size, take_last, info, detail);
}

static cx_status
read_metas(struct cx_reader_shard *shard, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_TRY(meta(shard->rows, CX_META_VKEY, buf, detail));
    CX_TRY(cx_note_key_parse(cx_buf_str(buf), &shard->info.key, detail));
    CX_TRY(meta(shard->rows, CX_META_HASH_KEY, buf, detail));
    return cx_hash_key_read(cx_span_of_str(cx_buf_str(buf)), &shard->hash_key, detail);
}

static cx_status
read_view(struct cx_reader_shard *shard, cx_str latest, struct cx_buf *buf,
          struct cx_detail *detail)
{
    struct cx_rows_extent extent;

    CX_TRY(read_metas(shard, buf, detail));
    CX_TRY(cx_rows_measure(shard->rows, &extent, detail));
    CX_TRY(choose_note(shard, extent.end[CX_SPACE_ENTRIES], latest, detail));
    return read_ends(shard, detail);
}

static cx_status
read_shard(struct cx_reader_shard *shard, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf latest = { .max = CX_SLOT_OCTETS };
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = CX_SLOT_OCTETS };
    cx_status status;

    CX_TRY(shard->rows->ops->get_latest(shard->rows, &latest, detail));
    CX_TRY(shard->rows->ops->view_begin(shard->rows, detail));
    status = read_view(shard, cx_buf_str(&latest), &buf, detail);
    shard->rows->ops->view_end(shard->rows);
    return status;
}

static void
close_shard(struct cx_reader_shard *shard)
{
    cx_index_free(shard->index);
    cx_edge_free(shard->edge);
    if (shard->rows != NULL) {
        shard->rows->ops->close(shard->rows);
    }
    cx_buf_done(&shard->note);
    *shard = (struct cx_reader_shard){ .info = { .number = 0 } };
}

static cx_status
open_shard(struct cx_log_reader *reader, uint64_t number, struct cx_detail *detail)
{
    struct cx_reader_shard *shard = &reader->v[reader->n];
    CX_AUTO(cx_path_free) char *deleted = NULL;
    CX_AUTO(cx_path_free) char *hold = NULL;
    CX_AUTO(cx_path_free) char *folder = NULL;
    bool is_deleted;

    CX_TRY(cx_shard_path(reader->store, number, &folder));
    CX_TRY(cx_shard_file(reader->store, number, CX_FOLDER_DELETED, &deleted));
    CX_TRY(cx_path_exists(deleted, &is_deleted, detail));
    if (is_deleted) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_shard_file(reader->store, number, CX_FOLDER_HOLD, &hold));
    cx_buf_init(&shard->note, CX_SLOT_OCTETS);
    shard->info.number = number;
    reader->n++; /* from here on it is closed with the reader */
    CX_TRY(cx_path_exists(hold, &shard->info.held, detail));
    CX_TRY(cx_sqlite_open(folder, CX_ROWS_READ, &shard->rows, detail));
    CX_TRY(read_shard(shard, detail));
    if (shard->info.size == 0) { /* nothing was signed yet: it is about to begin */
        close_shard(shard);
        reader->n--;
    }
    return CX_SUCCESS;
}

static void
close_reader(struct cx_log_reader **reader)
{
    cx_log_reader_close(*reader);
}

cx_status
cx_log_reader_open(const char *path, struct cx_log_reader **ret, struct cx_detail *detail)
{
    CX_AUTO(close_reader) struct cx_log_reader *reader = cx_alloc(1, sizeof(*reader));
    CX_AUTO(cx_shards_done) struct cx_shards shards = { 0 };

    if (reader == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_path_make(&reader->store, "%s", path));
    CX_TRY(cx_shards_list(path, &shards, detail));
    if (shards.n == 0) {
        return cx_fail(detail, CX_E_STORE, "%s: not a store", path);
    }
    reader->v = cx_alloc(shards.n, sizeof(*reader->v));
    if (reader->v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < shards.n; i++) {
        CX_TRY(open_shard(reader, shards.v[i], detail));
    }
    *ret = CX_STEAL(reader);
    return CX_SUCCESS;
}

void
cx_log_reader_close(struct cx_log_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    for (size_t i = 0; i < reader->n; i++) {
        close_shard(&reader->v[i]);
    }
    cx_free(reader->v);
    cx_path_free(&reader->store);
    cx_free(reader);
}

size_t
cx_log_reader_shards(const struct cx_log_reader *reader)
{
    return reader->n;
}

const struct cx_log_shard_info *
cx_log_reader_shard(const struct cx_log_reader *reader, size_t i)
{
    return &reader->v[i].info;
}

struct cx_reader_shard *
cx_reader_shard_of(struct cx_log_reader *reader, uint64_t number)
{
    for (size_t i = 0; i < reader->n; i++) {
        if (reader->v[i].info.number == number) {
            return &reader->v[i];
        }
    }
    return NULL;
}

/* ---- rows */

struct scan {
    struct cx_reader_shard *shard;
    uint64_t next;
    cx_status (*each)(void *ctx, const struct cx_log_row *row);
    void *ctx;
    struct cx_detail *detail;
};

static cx_status
missing(const struct scan *scan)
{
    return cx_fail(scan->detail, CX_E_STORE, "%s: entry %llu is not there", scan->shard->rows->name,
                   (unsigned long long)scan->next);
}

static cx_status
pass_row(void *ctx, const struct cx_entry_row *row)
{
    struct scan *scan = ctx;
    struct cx_log_row out = { .shard = scan->shard->info.number,
                              .index = row->index,
                              .record = row->record };

    if (row->index != scan->next) {
        return missing(scan);
    }
    scan->next++;
    scan->shard->near[CX_SPACE_OBJECTS] = row->objects;
    scan->shard->near[CX_SPACE_MESSAGES] = row->messages;
    memcpy(out.entry, row->octets, CX_ENTRY_SIZE);
    return scan->each(scan->ctx, &out);
}

cx_status
cx_log_scan(struct cx_log_reader *reader, uint64_t shard, uint64_t first, uint64_t last,
            cx_status (*each)(void *ctx, const struct cx_log_row *row), void *ctx,
            struct cx_detail *detail)
{
    struct scan scan = { cx_reader_shard_of(reader, shard), first, each, ctx, detail };

    if (scan.shard == NULL || last > scan.shard->info.size) {
        return cx_fail(detail, CX_E_STORE, "%s: shard %llu has no entry %llu", reader->store,
                       (unsigned long long)shard, (unsigned long long)(last - 1));
    }
    while (scan.next < last) {
        uint64_t end = last - scan.next > CHUNK ? scan.next + CHUNK : last;

        CX_TRY(cx_rows_entries(scan.shard->rows, scan.next, end, pass_row, &scan, detail));
        if (scan.next != end) {
            return missing(&scan);
        }
    }
    return CX_SUCCESS;
}

/* ---- hashes */

static cx_status
get_tile(void *ctx, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS])
{
    struct cx_reader_shard *shard = ctx;

    return cx_rows_tile(shard->rows, level, index, ret, NULL);
}

static cx_status
put_no_tile(void *ctx, unsigned level, uint64_t index, const uint8_t octets[CX_TILE_OCTETS])
{
    (void)ctx, (void)level, (void)index, (void)octets; /* nothing is appended here */
    return (cx_status){ CX_E_INTERNAL };
}

static cx_status
make_edge(struct cx_reader_shard *shard)
{
    shard->tiles = (struct cx_tiles){ get_tile, put_no_tile, shard };
    return cx_rows_edge(shard->rows, &shard->tiles, shard->info.size, &shard->edge, NULL);
}

static cx_status
get_hash(void *ctx, unsigned level, uint64_t index, struct cx_hash *ret)
{
    struct cx_reader_shard *shard = ctx;
    struct cx_hashes hashes;

    if (shard == NULL) {
        return (cx_status){ CX_E_STORE };
    }
    if (shard->edge == NULL) {
        CX_TRY(make_edge(shard));
    }
    hashes = cx_edge_hashes(shard->edge);
    return hashes.get(hashes.ctx, level, index, ret);
}

struct cx_hashes
cx_log_hashes(struct cx_log_reader *reader, uint64_t shard)
{
    return (struct cx_hashes){ get_hash, cx_reader_shard_of(reader, shard) };
}

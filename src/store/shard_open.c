#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "pki/digest.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/shard_priv.h"
#include "store/sqlite.h"

#include <errno.h>
#include <unistd.h>

static void
close_rows(struct cx_rows **rows)
{
    if (*rows != NULL) {
        (*rows)->ops->close(*rows);
    }
}

/* ---- making */

/* What a shard being made left, when a process ended. */
static cx_status
remove_unfinished(const char *folder, struct cx_detail *detail)
{
    bool there;

    CX_TRY(cx_path_exists(folder, &there, detail));
    if (!there) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_sqlite_remove(folder, detail));
    return rmdir(folder) == 0 ? CX_SUCCESS
                              : cx_fail(detail, CX_E_IO, "%s: %s", folder, strerror(errno));
}

static cx_status
put_metas(struct cx_rows *rows, const struct cx_note_key *key, struct cx_detail *detail)
{
    uint64_t hash_key;
    uint8_t octets[CX_HASH_KEY_OCTETS];
    struct cx_buf vkey;
    cx_status status;

    if (!cx_hash_key(&hash_key)) {
        return cx_fail(detail, CX_E_INTERNAL, "the system has no random octets");
    }
    cx_hash_key_write(hash_key, octets);
    cx_buf_init(&vkey, CX_SIGNED_MAX);
    cx_note_key_write(key, &vkey);
    status = cx_buf_ok(&vkey)
                 ? cx_rows_put_meta(rows, CX_META_VKEY, cx_span_of_str(cx_buf_str(&vkey)), detail)
                 : (cx_status){ CX_E_NOMEM };
    cx_buf_done(&vkey);
    CX_TRY(status);
    CX_TRY(cx_rows_put_meta(rows, CX_META_HASH_KEY, (cx_span){ octets, sizeof(octets) }, detail));
    return cx_rows_put_meta(rows, CX_META_ORIGIN,
                            (cx_span){ (const uint8_t *)key->name, key->n_name }, detail);
}

static cx_status
put_first(struct cx_rows *rows, cx_span begin_record, uint64_t time_ms, struct cx_detail *detail)
{
    struct cx_entry_row row = {
        .entry = { .kind = CX_ENTRY_BEGIN, .time_ms = time_ms },
        .record = begin_record,
    };

    CX_TRY(cx_sha256(begin_record, row.entry.digest));
    cx_entry_write(&row.entry, row.octets);
    return cx_rows_put_entry(rows, &row, detail);
}

static cx_status
fill_new(const char *folder, const struct cx_note_key *key, cx_span begin_record, uint64_t time_ms,
         struct cx_detail *detail)
{
    CX_AUTO(close_rows) struct cx_rows *rows = NULL;

    CX_TRY(cx_sqlite_open(folder, CX_ROWS_CREATE, &rows, detail));
    CX_TRY(rows->ops->begin(rows, detail));
    CX_TRY(put_metas(rows, key, detail));
    CX_TRY(put_first(rows, begin_record, time_ms, detail));
    return rows->ops->commit(rows, detail);
}

cx_status
cx_shard_make(const struct cx_shard_place *place, const struct cx_note_key *key,
              cx_span begin_record, uint64_t time_ms, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *folder = NULL;
    CX_AUTO(cx_path_free) char *unfinished = NULL;

    CX_TRY(cx_shard_path(place->store, place->number, &folder));
    CX_TRY(cx_path_make(&unfinished, "%s.new", folder));
    CX_TRY(remove_unfinished(unfinished, detail));
    CX_TRY(cx_folder_make(unfinished, detail));
    CX_TRY(fill_new(unfinished, key, begin_record, time_ms, detail));
    return cx_file_name(unfinished, folder, detail);
}

/* ---- opening: what the store says */

static cx_status
read_meta(struct cx_rows *rows, enum cx_meta meta, struct cx_buf *buf, struct cx_detail *detail)
{
    bool found;

    cx_buf_clear(buf);
    CX_TRY(cx_rows_meta(rows, meta, buf, &found, detail));
    return found ? CX_SUCCESS
                 : cx_fail(detail, CX_E_STORE, "%s: lacks what it says about itself (%d)",
                           rows->name, (int)meta);
}

/* Key and origin agree. */
static cx_status
read_key(struct cx_shard *shard, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_TRY(read_meta(shard->rows, CX_META_VKEY, buf, detail));
    CX_TRY(cx_note_key_parse(cx_buf_str(buf), &shard->key, detail));
    CX_TRY(read_meta(shard->rows, CX_META_ORIGIN, buf, detail));
    if (!cx_str_equal(cx_buf_str(buf), (cx_str){ shard->key.name, shard->key.n_name })) {
        return cx_fail(detail, CX_E_STORE, "%s: its key is not that of its origin",
                       shard->rows->name);
    }
    return CX_SUCCESS;
}

/* The last checkpoint that the store has, as a row or for readers. */
static cx_status
read_known(struct cx_shard *shard, struct cx_detail *detail)
{
    struct cx_signed row = { .size = 0 }, latest = { .size = 0 };
    bool good;

    CX_TRY(
        cx_rows_checkpoint(shard->rows, INT64_MAX - 1, &shard->known, &shard->known_size, detail));
    if (shard->known_size != 0) {
        CX_TRY(cx_signed_read(cx_buf_str(&shard->known), &shard->key, &row, detail));
    }
    CX_TRY(shard->rows->ops->get_latest(shard->rows, &shard->next_note, detail));
    CX_TRY(cx_signed_try(cx_buf_str(&shard->next_note), &shard->key, &latest, &good));
    latest.size = good ? latest.size : 0;
    if (latest.size > row.size) {
        cx_buf_clear(&shard->known);
        cx_buf_put(&shard->known, cx_buf_str(&shard->next_note));
    }
    shard->known_upto = latest.size > row.size ? latest.size : row.size;
    return cx_buf_ok(&shard->known) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

/* ---- opening: the tree */

static cx_status
get_tile(void *ctx, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS])
{
    struct cx_shard *shard = ctx;

    return cx_rows_tile(shard->rows, level, index, ret, shard->detail);
}

static cx_status
put_tile(void *ctx, unsigned level, uint64_t index, const uint8_t octets[CX_TILE_OCTETS])
{
    struct cx_shard *shard = ctx;

    return cx_rows_put_tile(shard->rows, level, index, octets, shard->detail);
}

static cx_status
open_edge(struct cx_shard *shard, struct cx_detail *detail)
{
    shard->tiles = (struct cx_tiles){ get_tile, put_tile, shard };
    return cx_rows_edge(shard->rows, &shard->tiles, shard->committed, &shard->edge, detail);
}

/* I2: what was signed is still there. */
static cx_status
compare_with_anchor(struct cx_shard *shard, bool *ret_behind, struct cx_detail *detail)
{
    const struct cx_signed *anchor = &shard->signed_for;
    struct cx_hashes hashes;
    struct cx_hash root;

    *ret_behind = anchor->size > shard->committed;
    if (*ret_behind || anchor->size == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(open_edge(shard, detail));
    hashes = cx_edge_hashes(shard->edge);
    CX_TRY(cx_tree_root(&hashes, anchor->size, &root));
    *ret_behind = !cx_hash_equal(&root, &anchor->root);
    return CX_SUCCESS;
}

/* ---- closing for good */

/* The keys' folder first: a copy of the store may be put back, the keys never are. */
static cx_status
close_for_good(struct cx_rows *rows, const struct cx_shard_place *place, cx_str why,
               struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_status status;
    bool closed = false;

    CX_TRY(cx_keys_close(place->keys, place->number, why, detail));
    cx_buf_init(&buf, CX_SLOT_OCTETS);
    status = cx_rows_meta(rows, CX_META_CLOSED, &buf, &closed, detail);
    cx_buf_done(&buf);
    CX_TRY(status);
    if (closed) {
        return CX_SUCCESS;
    }
    CX_TRY(rows->ops->begin(rows, detail));
    CX_TRY(cx_rows_put_meta(rows, CX_META_CLOSED, cx_span_of_str(why), detail));
    return rows->ops->commit(rows, detail);
}

cx_status
cx_shard_give_up(const struct cx_shard_place *place, cx_str why, struct cx_detail *detail)
{
    CX_AUTO(close_rows) struct cx_rows *rows = NULL;
    CX_AUTO(cx_path_free) char *folder = NULL;

    CX_TRY(cx_shard_path(place->store, place->number, &folder));
    CX_TRY(cx_sqlite_open(folder, CX_ROWS_WRITE, &rows, detail));
    return close_for_good(rows, place, why, detail);
}

static cx_status
close_behind(struct cx_shard *shard, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *why = NULL;

    CX_TRY(cx_path_make(&why, "%llu entries were signed, and the store had %llu, or others\n",
                        (unsigned long long)shard->signed_for.size,
                        (unsigned long long)shard->committed));
    return close_for_good(shard->rows, &shard->place, cx_str_of(why), detail);
}

static cx_status
is_closed(struct cx_shard *shard, bool *ret, struct cx_detail *detail)
{
    struct cx_buf buf;
    bool in_keys, in_store = false;
    cx_status status;

    CX_TRY(cx_keys_is_closed(shard->place.keys, shard->place.number, &in_keys, detail));
    cx_buf_init(&buf, CX_SLOT_OCTETS);
    status = cx_rows_meta(shard->rows, CX_META_CLOSED, &buf, &in_store, detail);
    if (cx_ok(status) && in_store != in_keys) { /* interrupted, or put back */
        status = close_for_good(
            shard->rows, &shard->place,
            in_store ? cx_buf_str(&buf) : CX_STR("closed in the folder of keys\n"), detail);
    }
    cx_buf_done(&buf);
    *ret = in_keys || in_store;
    return status;
}

/* ---- opening */

static cx_status
open_anchor(struct cx_shard *shard, struct cx_detail *detail)
{
    CX_TRY(cx_anchor_open(shard->place.keys, shard->place.number, true, &shard->anchor, detail));
    return cx_anchor_read(&shard->anchor, &shard->key, &shard->note, &shard->signed_for, detail);
}

/* Of a closed shard the anchor is told if it can be read. */
static cx_status
open_closed(struct cx_shard *shard)
{
    cx_status status = open_anchor(shard, NULL);

    if (!cx_ok(status)) {
        cx_buf_clear(&shard->note);
        shard->signed_for = (struct cx_signed){ .size = 0 };
    }
    return status.code == CX_E_NOMEM ? status : CX_SUCCESS;
}

static cx_status
measure(struct cx_shard *shard, struct cx_rows_extent *extent, struct cx_detail *detail)
{
    CX_TRY(cx_rows_measure(shard->rows, extent, detail));
    for (size_t i = CX_SPACE_OBJECTS; i < CX_SPACES; i++) {
        if (extent->end[i] < extent->last_needs[i]) {
            return cx_fail(detail, CX_E_STORE, "%s: %s are missing that its entries need",
                           shard->rows->name, i == CX_SPACE_OBJECTS ? "objects" : "messages");
        }
    }
    memcpy(shard->end, extent->end, sizeof(shard->end));
    shard->last = extent->last;
    shard->committed = extent->end[CX_SPACE_ENTRIES];
    return CX_SUCCESS;
}

static cx_status
open_index(struct cx_shard *shard, const struct cx_rows_extent *extent, struct cx_detail *detail)
{
    struct cx_index_options options = { .segment_entries = shard->place.segment_entries,
                                        .for_writing = true };
    struct cx_buf buf;
    cx_status status;

    cx_buf_init(&buf, CX_SIGNED_MAX);
    status = read_meta(shard->rows, CX_META_HASH_KEY, &buf, detail);
    if (cx_ok(status)) {
        status = cx_hash_key_read(cx_span_of_str(cx_buf_str(&buf)), &options.hash_key, detail);
    }
    cx_buf_done(&buf);
    CX_TRY(status);
    shard->recent = cx_alloc(CX_SHARD_RECENT, sizeof(*shard->recent));
    return shard->recent == NULL
               ? (cx_status){ CX_E_NOMEM }
               : cx_index_new(shard->rows, extent, &options, &shard->index, detail);
}

/* For appending, or for the one signature that a sealed shard may lack. */
static cx_status
open_growing(struct cx_shard *shard, const struct cx_rows_extent *extent,
             struct cx_shard_opened *opened, struct cx_detail *detail)
{
    bool behind;

    CX_TRY(open_anchor(shard, detail));
    if (shard->known_upto > shard->signed_for.size) {
        return cx_fail(detail, CX_E_STORE,
                       "%s: the store knows a later checkpoint (%llu): it was set back. Bring the "
                       "right one back, or close its shard for good",
                       shard->anchor.path, (unsigned long long)shard->known_upto);
    }
    CX_TRY(compare_with_anchor(shard, &behind, detail));
    if (behind) {
        opened->state = CX_SHARD_CLOSED;
        opened->closed_now = true;
        return close_behind(shard, detail);
    }
    if (shard->edge == NULL) {
        CX_TRY(open_edge(shard, detail));
    }
    if (shard->signed_for.size > shard->known_upto) { /* a crash took what readers go by */
        CX_TRY(shard->rows->ops->put_latest(shard->rows, shard->signed_for.size,
                                            cx_buf_str(&shard->note), detail));
    }
    opened->uncertain = shard->committed - shard->signed_for.size;
    opened->state = shard->last.kind == CX_ENTRY_SEAL ? CX_SHARD_SEALED : CX_SHARD_GROWS;
    if (opened->state == CX_SHARD_GROWS) {
        CX_TRY(open_index(shard, extent, detail));
    }
    return opened->state == CX_SHARD_GROWS || opened->uncertain != 0
               ? cx_keys_private(shard->place.keys, shard->place.number, &shard->key,
                                 &shard->private_key, detail)
               : CX_SUCCESS;
}

static cx_status
open_shard(struct cx_shard *shard, struct cx_shard_opened *opened, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *folder = NULL;
    struct cx_rows_extent extent;
    bool closed;

    CX_TRY(cx_shard_path(shard->place.store, shard->place.number, &folder));
    CX_TRY(cx_sqlite_open(folder, CX_ROWS_WRITE, &shard->rows, detail));
    CX_TRY(read_key(shard, &shard->known, detail));
    cx_buf_clear(&shard->known);
    CX_TRY(measure(shard, &extent, detail));
    CX_TRY(read_known(shard, detail));
    CX_TRY(is_closed(shard, &closed, detail));
    opened->size = shard->committed;
    if (closed) {
        opened->state = CX_SHARD_CLOSED;
        CX_TRY(open_closed(shard));
    } else {
        CX_TRY(open_growing(shard, &extent, opened, detail));
    }
    opened->anchor_size = shard->signed_for.size;
    return CX_SUCCESS;
}

cx_status
cx_shard_open(const struct cx_shard_place *place, struct cx_shard **ret,
              struct cx_shard_opened *opened, struct cx_detail *detail)
{
    struct cx_shard *shard = cx_alloc(1, sizeof(*shard));
    struct cx_shard_opened found = { .size = 0 };
    cx_status status;

    if (shard == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    shard->place = *place;
    shard->anchor = CX_SLOTS_CLOSED;
    shard->detail = detail;
    cx_buf_init(&shard->note, CX_SLOT_OCTETS);
    cx_buf_init(&shard->next_note, CX_SLOT_OCTETS);
    cx_buf_init(&shard->known, CX_SLOT_OCTETS);
    status = open_shard(shard, &found, detail);
    if (!cx_ok(status)) {
        cx_shard_close(shard);
        return status;
    }
    shard->detail = NULL;
    *ret = shard;
    *opened = found;
    return CX_SUCCESS;
}

void
cx_shard_close(struct cx_shard *shard)
{
    if (shard == NULL) {
        return;
    }
    cx_index_free(shard->index);
    cx_edge_free(shard->edge);
    close_rows(&shard->rows);
    cx_slots_close(&shard->anchor);
    cx_ed25519_free(shard->private_key);
    cx_free(shard->recent);
    cx_buf_done(&shard->note);
    cx_buf_done(&shard->next_note);
    cx_buf_done(&shard->known);
    cx_free(shard);
}

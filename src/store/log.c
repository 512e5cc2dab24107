#include "store/log.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "evidence/entry_keys.h"
#include "evidence/glance.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/succession.h"

struct cx_log {
    struct cx_log_options options;
    struct cx_shard_place place; /* of the shard that grows; texts are of the two below */
    char *store;
    char *keys;
    int lock;
    struct cx_shard *shard;
    struct cx_note_key key; /* of it */
};

static uint64_t
clock_ms(const struct cx_log *log)
{
    return log->options.now_ms != NULL ? log->options.now_ms(log->options.now_ctx)
                                       : cx_time_now_ms();
}

/* For CX_AUTO. */
static void
close_shard(struct cx_shard **shard)
{
    cx_shard_close(*shard);
}

static void
close_log(struct cx_log **log)
{
    cx_log_close(*log);
}

/* Paths and lock. */
static cx_status
new_log(const char *path, const struct cx_log_options *options, struct cx_log **ret,
        struct cx_detail *detail)
{
    CX_AUTO(close_log) struct cx_log *log = cx_alloc(1, sizeof(*log));

    if (log == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    log->lock = -1;
    if (options != NULL) {
        log->options = *options;
    }
    CX_TRY(cx_path_make(&log->store, "%s", path));
    CX_TRY(log->options.keys != NULL ? cx_path_make(&log->keys, "%s", log->options.keys)
                                     : cx_path_make(&log->keys, "%s.keys", path));
    CX_TRY(cx_store_lock(log->store, CX_LOCK_APPENDING, &log->lock, detail));
    log->place = (struct cx_shard_place){ .store = log->store,
                                          .keys = log->keys,
                                          .segment_entries = log->options.segment_entries };
    *ret = CX_STEAL(log);
    return CX_SUCCESS;
}

void
cx_log_close(struct cx_log *log)
{
    if (log == NULL) {
        return;
    }
    cx_shard_close(log->shard);
    cx_fd_close(&log->lock);
    cx_path_free(&log->store);
    cx_path_free(&log->keys);
    cx_free(log);
}

/* ---- creating */

/* The first checkpoint is signed here, so that what was created is a log. */
static cx_status
open_and_commit(struct cx_log *log, struct cx_shard_opened *opened, struct cx_detail *detail)
{
    struct cx_commit commit;

    CX_TRY(cx_shard_open(&log->place, &log->shard, opened, detail));
    log->key = *cx_shard_key(log->shard);
    return opened->state != CX_SHARD_CLOSED && opened->anchor_size == 0
               ? cx_shard_commit(log->shard, &commit, detail)
               : CX_SUCCESS;
}

cx_status
cx_log_create(const char *path, cx_str base_origin, const struct cx_log_options *options,
              struct cx_detail *detail)
{
    CX_AUTO(close_log) struct cx_log *log = NULL;
    CX_AUTO(cx_shards_done) struct cx_shards shards = { 0 };
    struct cx_shard_opened opened;

    CX_TRY(cx_folder_make(path, detail));
    CX_TRY(new_log(path, options, &log, detail));
    CX_TRY(cx_shards_list(path, &shards, detail));
    if (shards.n != 0) {
        return cx_fail(detail, CX_E_STORE, "%s: there is a store already", path);
    }
    log->place.number = 1;
    CX_TRY(cx_shard_make_first(&log->place, base_origin, log->options.software, clock_ms(log),
                               detail));
    return open_and_commit(log, &opened, detail);
}

/* ---- opening */

/* The last shard that was not deleted, and the one before it; 0: none. */
static cx_status
last_shards(const char *store, uint64_t ret[2], struct cx_detail *detail)
{
    CX_AUTO(cx_shards_done) struct cx_shards shards = { 0 };

    CX_TRY(cx_shards_list(store, &shards, detail));
    if (shards.n == 0) {
        return cx_fail(detail, CX_E_STORE, "%s: not a store, or one whose creation did not end",
                       store);
    }
    ret[0] = shards.v[shards.n - 1];
    ret[1] = shards.n > 1 ? shards.v[shards.n - 2] : 0;
    return CX_SUCCESS;
}

/* A sealed or closed shard gets its successor, which is then open in its place. *ret_lost: the one that it announced was
 * signed for, and is not there. */
static cx_status
succeed(struct cx_log *log, uint64_t time_ms, bool *ret_lost, struct cx_detail *detail)
{
    CX_AUTO(close_shard) struct cx_shard *before = CX_STEAL(log->shard);
    struct cx_shard_place next = log->place;
    struct cx_shard_opened opened;
    struct cx_note_key key;
    uint64_t announced;
    cx_str base;

    CX_TRY(cx_base_origin(cx_shard_key(before), log->place.number, &base, detail));
    CX_TRY(cx_seal_announced(before, base, &announced, detail));
    CX_TRY(cx_next_key(&log->place, base, announced, &next.number, &key, detail));
    CX_TRY(cx_shard_make_next(&next, &key, before, log->options.software, time_ms, detail));
    CX_TRY(cx_keys_remove_private(log->keys, log->place.number, detail));
    *ret_lost = announced != 0 && announced != next.number;
    log->place = next;
    return open_and_commit(log, &opened, detail);
}

static cx_status
open_last(struct cx_log *log, struct cx_log_opened *opened, struct cx_detail *detail)
{
    uint64_t last[2] = { 0, 0 };
    struct cx_shard_opened found;
    struct cx_commit commit;
    bool lost;

    CX_TRY(last_shards(log->store, last, detail));
    log->place.number = last[0];
    CX_TRY(open_and_commit(log, &found, detail));
    if (last[1] != 0) { /* a crash may have left it */
        CX_TRY(cx_keys_remove_private(log->keys, last[1], detail));
    }
    *opened = (struct cx_log_opened){ .shard = last[0],
                                      .size = found.size,
                                      .behind_anchor = found.state == CX_SHARD_CLOSED,
                                      .anchor_size = found.anchor_size,
                                      .uncertain = found.uncertain };
    if (found.state == CX_SHARD_GROWS) {
        return CX_SUCCESS;
    }
    if (found.state == CX_SHARD_SEALED) {
        if (found.uncertain != 0) {
            CX_TRY(cx_shard_commit(log->shard, &commit, detail));
        }
        CX_TRY(cx_shard_settle(log->shard, detail));
    }
    CX_TRY(succeed(log, clock_ms(log), &lost, detail));
    opened->behind_anchor |= lost;
    opened->shard = log->place.number;
    opened->size = 1;
    return CX_SUCCESS;
}

cx_status
cx_log_open(const char *path, const struct cx_log_options *options, struct cx_log **ret,
            struct cx_log_opened *opened, struct cx_detail *detail)
{
    CX_AUTO(close_log) struct cx_log *log = NULL;
    struct cx_log_opened found;
    uint64_t last[2] = { 0, 0 };

    CX_TRY(last_shards(path, last, detail)); /* no lock file in what is no store */
    CX_TRY(new_log(path, options, &log, detail));
    CX_TRY(open_last(log, &found, detail));
    *opened = found;
    *ret = CX_STEAL(log);
    return CX_SUCCESS;
}

cx_status
cx_log_give_up(const char *path, const struct cx_log_options *options, cx_str why,
               struct cx_detail *detail)
{
    CX_AUTO(close_log) struct cx_log *log = NULL;
    uint64_t last[2] = { 0, 0 };

    CX_TRY(last_shards(path, last, detail));
    CX_TRY(new_log(path, options, &log, detail));
    log->place.number = last[0];
    return cx_shard_give_up(&log->place, why, detail);
}

/* ---- using */

/* A log whose shard could not be followed by the next has none. */
static cx_status
usable(const struct cx_log *log, struct cx_detail *detail)
{
    return log->shard != NULL ? CX_SUCCESS
                              : cx_fail(detail, CX_E_STORE, "%s: failed before", log->store);
}

cx_status
cx_log_time(const struct cx_log *log, uint64_t now_ms, uint64_t *ret, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_time(log->shard, now_ms, ret, detail);
}

static bool
is_marked(cx_str key)
{
    return key.n != 0 && key.p[0] == CX_LOG_KEY_MARK;
}

/* Nothing that a start or an event is found by. */
static cx_status
check_keys(const struct cx_log_keys *keys, struct cx_detail *detail)
{
    bool marked = keys != NULL && is_marked(keys->request);

    for (size_t i = 0; keys != NULL && i < keys->n_names; i++) {
        marked |= is_marked(keys->names[i]);
    }
    return marked ? cx_fail(detail, CX_E_USAGE,
                            "no request id and no name of a check begins with U+0001")
                  : CX_SUCCESS;
}

/* A start or an event, whose keys are made of its record: nothing else would be found again. */
static cx_status
check_record(const struct cx_entry *entry, cx_span record, const struct cx_log_keys *keys,
             struct cx_detail *detail)
{
    struct cx_glance glance;

    if (entry->kind != CX_ENTRY_START && entry->kind != CX_ENTRY_EVENT) {
        return cx_fail(detail, CX_E_USAGE, "the log itself begins and seals its shards");
    }
    return keys == NULL && cx_ok(cx_glance_of(entry->kind, record, &glance)) &&
                   glance.time_ms == entry->time_ms
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_USAGE,
                         "a start or an event that cannot be read, is of another time, or comes "
                         "with keys");
}

cx_status
cx_log_append(struct cx_log *log, enum cx_entry_kind kind, uint64_t time_ms, cx_span record,
              const struct cx_log_keys *keys, uint64_t *ret_index, struct cx_detail *detail)
{
    struct cx_entry entry = { .kind = kind, .time_ms = time_ms };

    CX_TRY(usable(log, detail));
    CX_TRY(kind == CX_ENTRY_CHECK ? check_keys(keys, detail)
                                  : check_record(&entry, record, keys, detail));
    return cx_shard_append(log->shard, &entry, record, keys, ret_index, detail);
}

const struct cx_entry *
cx_log_last(const struct cx_log *log)
{
    static const struct cx_entry none = { .kind = CX_ENTRY_UNSET };

    return log->shard != NULL ? cx_shard_last(log->shard) : &none;
}

cx_status
cx_log_put_object(struct cx_log *log, enum cx_object_kind kind, const struct cx_hash *digest,
                  cx_span octets, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_put_object(log->shard, kind, digest, octets, detail);
}

cx_status
cx_log_commit(struct cx_log *log, struct cx_commit *ret, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_commit(log->shard, ret, detail);
}

cx_status
cx_log_last_commit(struct cx_log *log, uint64_t *ret_first, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_last_commit(log->shard, ret_first, detail);
}

cx_status
cx_log_tend(struct cx_log *log, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_tend(log->shard, detail);
}

cx_status
cx_log_prove(struct cx_log *log, uint64_t index, struct cx_path *ret, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_prove(log->shard, index, ret, detail);
}

cx_status
cx_log_latest(struct cx_log *log, struct cx_commit *ret, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_latest(log->shard, ret, detail);
}

cx_status
cx_log_consistency(struct cx_log *log, uint64_t from, struct cx_path *ret, struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_consistency(log->shard, from, ret, detail);
}

cx_status
cx_log_find_request(struct cx_log *log, cx_str request, bool *ret_found, uint64_t *ret_index,
                    struct cx_detail *detail)
{
    CX_TRY(usable(log, detail));
    return cx_shard_find_request(log->shard, request, ret_found, ret_index, detail);
}

struct passing {
    uint64_t shard;
    cx_status (*each)(void *ctx, const struct cx_log_row *row);
    void *ctx;
};

static cx_status
pass_row(void *ctx, const struct cx_entry_row *row)
{
    const struct passing *passing = ctx;
    struct cx_log_row passed = {
        .shard = passing->shard,
        .index = row->index,
        .record = row->record,
    };

    memcpy(passed.entry, row->octets, CX_ENTRY_SIZE);
    return passing->each(passing->ctx, &passed);
}

cx_status
cx_log_rows(struct cx_log *log, uint64_t first, uint64_t last,
            cx_status (*each)(void *ctx, const struct cx_log_row *row), void *ctx,
            struct cx_detail *detail)
{
    struct passing passing = { cx_log_shard(log), each, ctx };

    CX_TRY(usable(log, detail));
    return cx_shard_entries(log->shard, first, last, pass_row, &passing, detail);
}

static cx_status
append_seal(struct cx_log *log, uint64_t *ret_time_ms, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf record = { .max = CX_RECORD_MAX };
    struct cx_entry entry = { .kind = CX_ENTRY_SEAL };
    struct cx_note_key next;
    uint64_t number, index;
    cx_str base;

    CX_TRY(cx_shard_time(log->shard, clock_ms(log), &entry.time_ms, detail));
    CX_TRY(cx_base_origin(cx_shard_key(log->shard), log->place.number, &base, detail));
    CX_TRY(cx_next_key(&log->place, base, 0, &number, &next, detail));
    CX_TRY(cx_seal_record(&next, entry.time_ms, &record, detail));
    *ret_time_ms = entry.time_ms;
    return cx_shard_append(log->shard, &entry, cx_span_of_str(cx_buf_str(&record)), NULL, &index,
                           detail);
}

cx_status
cx_log_seal(struct cx_log *log, struct cx_detail *detail)
{
    struct cx_commit commit;
    uint64_t time_ms;
    bool lost; /* impossible: its key was made just now */

    CX_TRY(usable(log, detail));
    CX_TRY(append_seal(log, &time_ms, detail));
    CX_TRY(cx_shard_commit(log->shard, &commit, detail));
    CX_TRY(cx_shard_settle(log->shard, detail));
    return succeed(log, time_ms, &lost, detail);
}

uint64_t
cx_log_shard(const struct cx_log *log)
{
    return log->place.number;
}

uint64_t
cx_log_size(const struct cx_log *log)
{
    return log->shard != NULL ? cx_shard_size(log->shard) : 0;
}

const struct cx_note_key *
cx_log_key(const struct cx_log *log)
{
    return &log->key;
}

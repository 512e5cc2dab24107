#include "store/check.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "evidence/chain.h"
#include "store/check_priv.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/keys.h"
#include "store/sqlite.h"

#include <stdlib.h>

static const struct {
    const char *word, *sentence;
} faults[CX_STORE_FAULTS] = {
#define X(name, word, sentence) [CX_FAULT_##name] = { word, sentence },
#include "store/faults.def"
#undef X
};

const char *
cx_store_fault_word(enum cx_store_fault fault)
{
    return fault < CX_STORE_FAULTS ? faults[fault].word : "?";
}

const char *
cx_store_fault_sentence(enum cx_store_fault fault)
{
    return fault < CX_STORE_FAULTS ? faults[fault].sentence : "?";
}

/* ---- what the parts share */

void
cx_check_report(struct cx_check *check, const struct cx_store_finding *finding)
{
    if (finding->is_remark) {
        check->totals.remarks++;
    } else {
        check->totals.faults++;
    }
    if (check->options->finding != NULL) {
        check->options->finding(check->options->ctx, finding);
    }
}

void
cx_check_step(struct cx_check *check, uint64_t rows)
{
    check->done += rows;
    if (check->options->progress != NULL) {
        check->options->progress(check->options->ctx, check->done, check->total);
    }
}

cx_status
cx_known_add(struct cx_known *known, uint64_t first, uint64_t end)
{
    struct cx_known_range *v;
    size_t at = known->n;

    if (known->n >= CX_CHECK_KNOWN_MAX) {
        known->too_many = true;
        return CX_SUCCESS;
    }
    v = cx_realloc(known->v, known->n + 1, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    known->v = v;
    for (; at != 0 && v[at - 1].first > first; at--) {
        v[at] = v[at - 1];
    }
    v[at] = (struct cx_known_range){ first, end };
    known->n++;
    return CX_SUCCESS;
}

/* Ranges do not overlap but in whole. */
bool
cx_known_has(const struct cx_known *known, uint64_t number)
{
    size_t low = 0, high = known->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (known->v[middle].first <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low != 0 && number < known->v[low - 1].end;
}

cx_status
cx_check_add_extra(struct cx_check_shard *shard, const struct cx_signed *what,
                   enum cx_extra_source source)
{
    struct cx_extra *extras;
    size_t at = shard->n_extras;

    if (what->size == 0) {
        return CX_SUCCESS;
    }
    extras = cx_realloc(shard->extras, shard->n_extras + 1, sizeof(*extras));
    if (extras == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    shard->extras = extras;
    for (; at != 0 && extras[at - 1].what.size > what->size; at--) {
        extras[at] = extras[at - 1];
    }
    extras[at] = (struct cx_extra){ *what, source };
    shard->n_extras++;
    return CX_SUCCESS;
}

/* ---- opening a shard */

static void
report(struct cx_check *check, enum cx_store_fault fault, uint64_t shard, const char *text)
{
    cx_check_report(check,
                    &(struct cx_store_finding){ .fault = fault, .shard = shard, .text = text });
}

static cx_status
read_metas(struct cx_check *check, struct cx_check_shard *shard)
{
    CX_AUTO(cx_buf_done) struct cx_buf vkey = { .max = CX_SLOT_OCTETS };
    CX_AUTO(cx_buf_done) struct cx_buf origin = { .max = CX_SLOT_OCTETS };
    CX_AUTO(cx_buf_done) struct cx_buf other = { .max = CX_SLOT_OCTETS };
    struct cx_rows *rows = shard->rows;
    bool found, has_hash_key;

    CX_TRY(cx_rows_meta(rows, CX_META_VKEY, &vkey, &found, check->detail));
    CX_TRY(cx_rows_meta(rows, CX_META_ORIGIN, &origin, &found, check->detail));
    shard->has_key =
        cx_ok(cx_note_key_parse(cx_buf_str(&vkey), &shard->key, NULL)) &&
        cx_str_equal(cx_buf_str(&origin), (cx_str){ shard->key.name, shard->key.n_name });
    CX_TRY(cx_rows_meta(rows, CX_META_HASH_KEY, &other, &has_hash_key, check->detail));
    has_hash_key =
        cx_ok(cx_hash_key_read(cx_span_of_str(cx_buf_str(&other)), &shard->hash_key, NULL));
    CX_TRY(cx_rows_meta(rows, CX_META_CLOSED, &other, &shard->is_closed, check->detail));
    CX_TRY(cx_rows_meta(rows, CX_META_MESSAGES_GONE, &other, &shard->has_messages_deleted,
                        check->detail));
    if (!shard->has_key || !has_hash_key) {
        report(check, CX_FAULT_META, shard->number, shard->has_key ? "hash key" : "origin or key");
    }
    return CX_SUCCESS;
}

static cx_status
take_key(void *ctx, const struct cx_row *row)
{
    *(uint64_t *)ctx = row->key;
    return CX_SUCCESS;
}

static cx_status
measure(struct cx_check *check, struct cx_check_shard *shard)
{
    cx_status status;

    CX_TRY(shard->rows->ops->view_begin(shard->rows, check->detail));
    status = cx_rows_measure(shard->rows, &shard->extent, check->detail);
    if (cx_ok(status)) {
        status = shard->rows->ops->before(shard->rows, CX_TABLE_CHECKPOINT, INT64_MAX, take_key,
                                          &shard->checkpoints_upto, check->detail);
    }
    shard->rows->ops->view_end(shard->rows);
    return status;
}

static cx_status
add_latest(struct cx_check *check, struct cx_check_shard *shard)
{
    CX_AUTO(cx_buf_done) struct cx_buf note = { .max = CX_SLOT_OCTETS };
    struct cx_signed latest;
    bool good;

    CX_TRY(shard->rows->ops->get_latest(shard->rows, &note, check->detail));
    CX_TRY(cx_signed_try(cx_buf_str(&note), &shard->key, &latest, &good));
    return good ? cx_check_add_extra(shard, &latest, CX_EXTRA_LATEST) : CX_SUCCESS;
}

static cx_status
add_anchor(struct cx_check *check, struct cx_check_shard *shard)
{
    CX_AUTO(cx_buf_done) struct cx_buf note = { .max = CX_SLOT_OCTETS };
    CX_AUTO(cx_slots_close) struct cx_slots anchor = CX_SLOTS_CLOSED;
    struct cx_detail why = { .rule = NULL };
    struct cx_signed read = { .size = 0 };
    bool closed;
    cx_status status;

    if (check->keys == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_keys_is_closed(check->keys, shard->number, &closed, check->detail));
    shard->is_closed |= closed;
    status = cx_anchor_open(check->keys, shard->number, false, &anchor, &why);
    if (cx_ok(status)) {
        status = cx_anchor_read(&anchor, &shard->key, &note, &read, &why);
    }
    if (status.code == CX_E_NOMEM) {
        return status;
    }
    if (!cx_ok(status)) {
        cx_check_report(check, &(struct cx_store_finding){ .fault = CX_FAULT_ANCHOR,
                                                           .is_remark = shard->is_closed,
                                                           .shard = shard->number,
                                                           .text = why.text });
        return CX_SUCCESS;
    }
    check->totals.anchors++;
    return cx_check_add_extra(shard, &read, CX_EXTRA_ANCHOR);
}

/* Checkpoints before rows: a writer may be at work. */
static cx_status
read_shard(struct cx_check *check, struct cx_check_shard *shard)
{
    CX_TRY(read_metas(check, shard));
    if (shard->has_key) {
        CX_TRY(add_latest(check, shard));
        CX_TRY(add_anchor(check, shard));
    }
    CX_TRY(measure(check, shard));
    for (size_t i = 0; i < CX_SPACES; i++) {
        check->total += shard->extent.end[i];
    }
    return CX_SUCCESS;
}

static void
close_rows(struct cx_check_shard *shard)
{
    if (shard->rows != NULL) {
        shard->rows->ops->close(shard->rows);
        shard->rows = NULL;
    }
}

/* What keeps a shard from being read is a finding; what keeps us from working is a failure. */
static cx_status
told(struct cx_check *check, struct cx_check_shard *shard, cx_status status)
{
    switch (cx_status_class(status)) {
    case CX_CLASS_NONE:
        return status;
    case CX_CLASS_STORE:
    case CX_CLASS_IO:
        report(check, CX_FAULT_DATABASE, shard->number, check->detail->text);
        return CX_SUCCESS;
    case CX_CLASS_USAGE:
    case CX_CLASS_MALFORMED:
    case CX_CLASS_LIMIT:
    case CX_CLASS_NOMEM:
    case CX_CLASS_PEER:
    case CX_CLASS_CRYPTO:
    case CX_CLASS_DENIED:
    case CX_CLASS_INTERNAL:
        return status;
    }
    return status;
}

static cx_status
open_shard(struct cx_check *check, uint64_t number)
{
    struct cx_check_shard *shard = &check->shards[check->n_shards];
    CX_AUTO(cx_path_free) char *folder = NULL;
    CX_AUTO(cx_path_free) char *deleted = NULL;
    bool is_deleted;
    cx_status status;

    CX_TRY(cx_shard_path(check->store, number, &folder));
    CX_TRY(cx_shard_file(check->store, number, CX_FOLDER_DELETED, &deleted));
    CX_TRY(cx_path_exists(deleted, &is_deleted, check->detail));
    if (is_deleted) {
        return CX_SUCCESS;
    }
    shard->number = number;
    cx_buf_init(&shard->begin, CX_RECORD_MAX);
    cx_buf_init(&shard->seal, CX_RECORD_MAX);
    check->n_shards++;
    status = cx_sqlite_open(folder, CX_ROWS_READ, &shard->rows, check->detail);
    if (cx_ok(status)) {
        status = read_shard(check, shard);
        if (!cx_ok(status)) {
            close_rows(shard);
        }
    }
    return told(check, shard, status);
}

/* ---- what shards say of each other, for when the other's tree is walked */

static cx_status
take_begin(void *ctx, const struct cx_row *row)
{
    struct cx_check *check = ctx;
    struct cx_begin begin;
    struct cx_signed read;

    if (!cx_ok(cx_begin_decode(row->body, &begin, NULL)) || !begin.has_before) {
        return CX_SUCCESS; /* told of later */
    }
    for (size_t i = 0; i < check->n_shards; i++) {
        struct cx_check_shard *before = &check->shards[i];
        bool good = false;

        if (before->has_key &&
            cx_str_equal(begin.before.origin, (cx_str){ before->key.name, before->key.n_name })) {
            CX_TRY(
                cx_signed_try(cx_str_of_span(begin.before.checkpoint), &before->key, &read, &good));
        }
        if (good) {
            CX_TRY(cx_check_add_extra(before, &read, CX_EXTRA_CHAIN));
        }
    }
    return CX_SUCCESS;
}

static cx_status
read_begins(struct cx_check *check)
{
    for (size_t i = 0; i < check->n_shards; i++) {
        struct cx_check_shard *shard = &check->shards[i];

        if (shard->rows != NULL) {
            CX_TRY(told(check, shard,
                        shard->rows->ops->scan(shard->rows, CX_TABLE_ENTRY, 0, 1, take_begin, check,
                                               check->detail)));
        }
    }
    return CX_SUCCESS;
}

/* ---- all */

static cx_status
check_shard(struct cx_check *check, struct cx_check_shard *shard)
{
    CX_TRY(cx_check_tree(check, shard));
    CX_TRY(cx_check_objects(check, shard));
    CX_TRY(cx_check_index(check, shard));
    return cx_check_wanted(check, shard);
}

static cx_status
check_all(struct cx_check *check, const struct cx_shards *numbers)
{
    for (size_t i = 0; i < numbers->n; i++) {
        CX_TRY(open_shard(check, numbers->v[i]));
    }
    CX_TRY(read_begins(check));
    for (size_t i = 0; i < check->n_shards; i++) {
        if (check->shards[i].rows != NULL) {
            check->totals.shards++;
            CX_TRY(told(check, &check->shards[i], check_shard(check, &check->shards[i])));
        }
    }
    return cx_check_chain(check);
}

static void
release(struct cx_check *check)
{
    for (size_t i = 0; i < check->n_shards; i++) {
        struct cx_check_shard *shard = &check->shards[i];
        close_rows(shard);
        cx_free(shard->extras);
        for (size_t k = 0; k < CX_SPACES; k++) {
            cx_free(shard->bad[k].v);
        }
        cx_buf_done(&shard->begin);
        cx_buf_done(&shard->seal);
    }
    cx_free(check->shards);
    cx_path_free(&check->keys);
}

/* A folder that was named must be there; the one beside the store need not. */
static cx_status
find_keys(struct cx_check *check)
{
    bool there;

    CX_TRY(check->options->keys != NULL ? cx_path_make(&check->keys, "%s", check->options->keys)
                                        : cx_path_make(&check->keys, "%s.keys", check->store));
    CX_TRY(cx_path_exists(check->keys, &there, check->detail));
    if (!there && check->options->keys != NULL) {
        return cx_fail(check->detail, CX_E_IO, "%s: is not there", check->keys);
    }
    if (!there) {
        cx_path_free(&check->keys);
    }
    return CX_SUCCESS;
}

static cx_status
run(struct cx_check *check)
{
    CX_AUTO(cx_shards_done) struct cx_shards numbers = { 0 };

    CX_TRY(cx_shards_list(check->store, &numbers, check->detail));
    if (numbers.n == 0) {
        return cx_fail(check->detail, CX_E_STORE, "%s: not a store", check->store);
    }
    CX_TRY(find_keys(check));
    check->shards = cx_alloc(numbers.n, sizeof(*check->shards));
    return check->shards == NULL ? (cx_status){ CX_E_NOMEM } : check_all(check, &numbers);
}

cx_status
cx_store_check(const char *path, const struct cx_store_check_options *options,
               struct cx_store_totals *ret, struct cx_detail *detail)
{
    struct cx_detail own = { .rule = NULL };
    struct cx_check check = { .options = options, .store = path, .detail = &own };
    cx_status status = run(&check);

    release(&check);
    if (cx_ok(status)) {
        *ret = check.totals;
    } else if (detail != NULL) {
        *detail = own;
    }
    return status;
}

#include "store/shard.h"

#include "base/limits.h"
#include "evidence/entry_keys.h"
#include "pki/digest.h"
#include "store/shard_priv.h"

/* ---- what every call begins and ends with */

/* I3. The shard fails with the call. */
static cx_status
ended(struct cx_shard *shard, cx_status status)
{
    shard->failed |= !cx_ok(status);
    shard->detail = NULL;
    return status;
}

static cx_status
begun(struct cx_shard *shard, struct cx_detail *detail)
{
    if (shard->failed || shard->private_key == NULL) {
        return cx_fail(detail, CX_E_STORE, "%s: nothing can be added after a failure, or a seal",
                       shard->rows->name);
    }
    shard->detail = detail;
    return CX_SUCCESS;
}

/* The checkpoint before becomes a row with what comes after it. */
static cx_status
put_known(struct cx_shard *shard, struct cx_detail *detail)
{
    if (shard->signed_for.size <= shard->known_size) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_rows_put_checkpoint(shard->rows, shard->signed_for.size, cx_buf_str(&shard->note),
                                  detail));
    cx_buf_clear(&shard->known);
    cx_buf_put(&shard->known, cx_buf_str(&shard->note));
    shard->known_size = shard->known_upto = shard->signed_for.size;
    return cx_buf_ok(&shard->known) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

/* Opens a transaction, unless one is open. What the WAL has too much of is written back before, not while somebody waits for
 * a commit, if anybody calls cx_shard_tend. */
static cx_status
begin(struct cx_shard *shard, struct cx_detail *detail)
{
    if (shard->putting) {
        return CX_SUCCESS;
    }
    CX_TRY(shard->rows->ops->tend(shard->rows, CX_LOG_WAL_HARD, detail));
    CX_TRY(shard->rows->ops->begin(shard->rows, detail));
    shard->putting = true;
    return put_known(shard, detail);
}

/* ---- appending */

cx_status
cx_shard_time(const struct cx_shard *shard, uint64_t now_ms, uint64_t *ret,
              struct cx_detail *detail)
{
    uint64_t last = shard->last.time_ms;

    if (now_ms < last && last - now_ms > CX_LOG_CLOCK_STEP_MS) {
        return cx_fail(detail, CX_E_CLOCK, "the clock is %llu ms behind the last entry's time",
                       (unsigned long long)(last - now_ms));
    }
    *ret = now_ms < last ? last : now_ms;
    return CX_SUCCESS;
}

static cx_status
index_key(void *ctx, enum cx_key_kind kind, cx_str key)
{
    struct cx_shard *shard = ctx;

    return cx_index_add(shard->index, kind == CX_KEY_REQUEST ? CX_INDEX_REQUEST : CX_INDEX_NAME,
                        cx_span_of_str(key), shard->end[CX_SPACE_ENTRIES]);
}

/* The entry that is being put. A check's keys come with it, and need not be looked for in its record. */
static cx_status
index_entry(struct cx_shard *shard, const struct cx_log_keys *keys, const struct cx_entry_row *row)
{
    if (row->entry.kind != CX_ENTRY_CHECK) {
        return cx_entry_keys(row->entry.kind, row->record, index_key, shard);
    }
    if (keys == NULL) {
        return CX_SUCCESS;
    }
    if (keys->request.n != 0) {
        CX_TRY(cx_index_add(shard->index, CX_INDEX_REQUEST, cx_span_of_str(keys->request),
                            row->index));
    }
    for (size_t i = 0; i < keys->n_names; i++) {
        CX_TRY(
            cx_index_add(shard->index, CX_INDEX_NAME, cx_span_of_str(keys->names[i]), row->index));
    }
    return CX_SUCCESS;
}

static void
expect_keys(const struct cx_shard *shard, const struct cx_log_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    if (keys->request.n != 0) {
        cx_index_expect(shard->index, CX_INDEX_REQUEST, cx_span_of_str(keys->request));
    }
    for (size_t i = 0; i < keys->n_names; i++) {
        cx_index_expect(shard->index, CX_INDEX_NAME, cx_span_of_str(keys->names[i]));
    }
}

static cx_status
append(struct cx_shard *shard, const struct cx_entry *entry, cx_span record,
       const struct cx_log_keys *keys, struct cx_detail *detail)
{
    struct cx_entry_row row = {
        .index = shard->end[CX_SPACE_ENTRIES],
        .objects = shard->end[CX_SPACE_OBJECTS],
        .messages = shard->end[CX_SPACE_MESSAGES],
        .entry = *entry,
        .record = record,
    };
    struct cx_hash leaf;

    CX_TRY(begin(shard, detail));
    expect_keys(shard, keys);
    CX_TRY(cx_sha256(record, row.entry.digest));
    cx_entry_write(&row.entry, row.octets);
    CX_TRY(cx_hash_leaf((cx_span){ row.octets, CX_ENTRY_SIZE }, &leaf));
    CX_TRY(cx_rows_put_entry(shard->rows, &row, detail));
    CX_TRY(cx_edge_append(shard->edge, &leaf));
    CX_TRY(index_entry(shard, keys, &row));
    shard->end[CX_SPACE_ENTRIES]++;
    shard->last = row.entry;
    shard->new_entries++;
    return entry->kind == CX_ENTRY_SEAL ? cx_index_finish(shard->index, shard->end, detail)
                                        : cx_index_turn(shard->index, shard->end, detail);
}

cx_status
cx_shard_append(struct cx_shard *shard, const struct cx_entry *entry, cx_span record,
                const struct cx_log_keys *keys, uint64_t *ret_index, struct cx_detail *detail)
{
    uint64_t index = shard->end[CX_SPACE_ENTRIES];

    if (record.n > CX_RECORD_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "a record of %zu octets", record.n);
    }
    if (entry->time_ms < shard->last.time_ms) {
        return cx_fail(detail, CX_E_CLOCK, "an entry of an earlier time than the last one's");
    }
    CX_TRY(begun(shard, detail));
    if (entry->kind != CX_ENTRY_SEAL && cx_index_is_full(shard->index, index)) {
        return cx_fail(detail, CX_E_LIMIT, "%s: has %llu entries, and must be sealed",
                       shard->rows->name, (unsigned long long)index);
    }
    CX_TRY(ended(shard, append(shard, entry, record, keys, detail)));
    *ret_index = index;
    return CX_SUCCESS;
}

const struct cx_entry *
cx_shard_last(const struct cx_shard *shard)
{
    return &shard->last;
}

/* ---- objects */

struct confirm {
    struct cx_shard *shard;
    enum cx_object_kind kind;
    const struct cx_hash *digest;
    bool found;
    struct cx_detail *detail;
};

static cx_status
confirm_object(void *ctx, const struct cx_object_row *row)
{
    struct confirm *confirm = ctx;

    confirm->found = cx_hash_equal(&row->digest, confirm->digest);
    return CX_SUCCESS;
}

static cx_status
confirm_sequence(void *ctx, uint64_t sequence, bool *ret_stop)
{
    struct confirm *confirm = ctx;

    CX_TRY(cx_rows_objects(confirm->shard->rows, confirm->kind == CX_OBJECT_MESSAGE, sequence,
                           sequence + 1, confirm_object, confirm, confirm->detail));
    *ret_stop = confirm->found;
    return CX_SUCCESS;
}

static struct cx_recent *
recent_of(struct cx_shard *shard, const struct cx_hash *digest)
{
    return &shard->recent[((size_t)digest->b[0] << 8 | digest->b[1]) % CX_SHARD_RECENT];
}

/* A message is no object, whatever its digest. */
static bool
is_recent(const struct cx_recent *recent, enum cx_object_kind kind, const struct cx_hash *digest)
{
    return recent->kind != CX_OBJECT_UNSET &&
           (recent->kind == CX_OBJECT_MESSAGE) == (kind == CX_OBJECT_MESSAGE) &&
           cx_hash_equal(&recent->digest, digest);
}

static cx_status
put_new_object(struct cx_shard *shard, const struct cx_object_row *row, struct cx_detail *detail)
{
    bool is_message = row->kind == CX_OBJECT_MESSAGE;
    enum cx_space space = is_message ? CX_SPACE_MESSAGES : CX_SPACE_OBJECTS;

    CX_TRY(begin(shard, detail));
    CX_TRY(cx_rows_put_object(shard->rows, row, detail));
    CX_TRY(cx_index_add(shard->index, is_message ? CX_INDEX_MESSAGE : CX_INDEX_OBJECT,
                        (cx_span){ row->digest.b, CX_HASH_SIZE }, row->sequence));
    shard->end[space]++;
    return CX_SUCCESS;
}

static cx_status
put_object(struct cx_shard *shard, enum cx_object_kind kind, const struct cx_hash *digest,
           cx_span octets, struct cx_detail *detail)
{
    bool is_message = kind == CX_OBJECT_MESSAGE;
    struct confirm confirm = { shard, kind, digest, false, detail };
    struct cx_recent *recent = recent_of(shard, digest);
    struct cx_index_query query = {
        .kind = is_message ? CX_INDEX_MESSAGE : CX_INDEX_OBJECT,
        .key = { digest->b, CX_HASH_SIZE },
        .below = UINT64_MAX,
    };
    struct cx_object_row row = {
        .sequence = shard->end[is_message ? CX_SPACE_MESSAGES : CX_SPACE_OBJECTS],
        .kind = kind,
        .digest = *digest,
        .octets = octets,
    };

    if (is_recent(recent, kind, digest)) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_index_find(shard->index, &query, confirm_sequence, &confirm, detail));
    if (!confirm.found) {
        CX_TRY(put_new_object(shard, &row, detail));
    }
    *recent = (struct cx_recent){ kind, *digest };
    return CX_SUCCESS;
}

cx_status
cx_shard_put_object(struct cx_shard *shard, enum cx_object_kind kind, const struct cx_hash *digest,
                    cx_span octets, struct cx_detail *detail)
{
    if (octets.n > CX_RECORD_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "an object of %zu octets", octets.n);
    }
    CX_TRY(begun(shard, detail));
    return ended(shard, put_object(shard, kind, digest, octets, detail));
}

/* ---- committing */

static cx_status
commit_rows(struct cx_shard *shard, struct cx_detail *detail)
{
    if (!shard->putting) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_index_put_due(shard->index, shard->new_entries, detail));
    CX_TRY(shard->rows->ops->commit(shard->rows, detail));
    shard->putting = false;
    shard->committed = shard->end[CX_SPACE_ENTRIES];
    shard->new_entries = 0;
    return CX_SUCCESS;
}

/* I1. */
static cx_status
sign(struct cx_shard *shard, struct cx_detail *detail)
{
    struct cx_signed next = { .size = shard->committed };
    struct cx_buf spare;
    cx_str note;

    CX_TRY(cx_edge_root(shard->edge, &next.root));
    CX_TRY(cx_signed_write(&next, &shard->key, shard->private_key, &shard->next_note, detail));
    note = cx_buf_str(&shard->next_note);
    CX_TRY(cx_slots_write(&shard->anchor, next.size, note, detail));
    CX_TRY(cx_slots_sync(&shard->anchor, detail));
    CX_TRY(shard->rows->ops->put_latest(shard->rows, next.size, note, detail));
    spare = shard->note;
    shard->note = shard->next_note;
    shard->next_note = spare;
    shard->signed_for = next;
    return CX_SUCCESS;
}

static cx_status
commit(struct cx_shard *shard, struct cx_detail *detail)
{
    CX_TRY(commit_rows(shard, detail));
    return shard->committed > shard->signed_for.size ? sign(shard, detail) : CX_SUCCESS;
}

cx_status
cx_shard_commit(struct cx_shard *shard, struct cx_commit *ret, struct cx_detail *detail)
{
    uint64_t first = shard->signed_for.size;

    CX_TRY(begun(shard, detail));
    CX_TRY(ended(shard, commit(shard, detail)));
    *ret = (struct cx_commit){ first, shard->signed_for.size, cx_buf_str(&shard->note) };
    return CX_SUCCESS;
}

static cx_status
tend(struct cx_shard *shard, struct cx_detail *detail)
{
    return shard->putting ? CX_SUCCESS
                          : shard->rows->ops->tend(shard->rows, CX_LOG_WAL_SOFT, detail);
}

cx_status
cx_shard_tend(struct cx_shard *shard, struct cx_detail *detail)
{
    CX_TRY(begun(shard, detail));
    return ended(shard, tend(shard, detail));
}

static cx_status
settle(struct cx_shard *shard, struct cx_detail *detail)
{
    if (shard->signed_for.size > shard->known_size) {
        CX_TRY(shard->rows->ops->begin(shard->rows, detail));
        CX_TRY(put_known(shard, detail));
        CX_TRY(shard->rows->ops->commit(shard->rows, detail));
    }
    return shard->rows->ops->settle(shard->rows, detail);
}

cx_status
cx_shard_settle(struct cx_shard *shard, struct cx_detail *detail)
{
    if (shard->failed || shard->putting) {
        return cx_fail(detail, CX_E_INTERNAL, "%s: cannot be laid to rest now", shard->rows->name);
    }
    return ended(shard, settle(shard, detail));
}

/* ---- asking */

cx_status
cx_shard_prove(struct cx_shard *shard, uint64_t index, struct cx_path *ret,
               struct cx_detail *detail)
{
    CX_TRY(begun(shard, detail));
    if (index >= shard->signed_for.size) {
        return cx_fail(detail, CX_E_USAGE, "entry %llu is not committed",
                       (unsigned long long)index);
    }
    return ended(shard, cx_edge_inclusion(shard->edge, index, shard->signed_for.size, ret));
}

/* A checkpoint becomes a row with what comes after it: the one before the last is there. */
static cx_status
last_commit(struct cx_shard *shard, uint64_t *ret_first, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf note = { .max = CX_SIGNED_MAX };

    return cx_rows_checkpoint(shard->rows, shard->signed_for.size - 1, &note, ret_first, detail);
}

cx_status
cx_shard_last_commit(struct cx_shard *shard, uint64_t *ret_first, struct cx_detail *detail)
{
    CX_TRY(begun(shard, detail));
    return shard->signed_for.size != 0
               ? ended(shard, last_commit(shard, ret_first, detail))
               : cx_fail(detail, CX_E_INTERNAL, "%s: nothing is committed", shard->rows->name);
}

cx_status
cx_shard_latest(struct cx_shard *shard, struct cx_commit *ret, struct cx_detail *detail)
{
    CX_TRY(begun(shard, detail));
    *ret = (struct cx_commit){ shard->signed_for.size, shard->signed_for.size,
                               cx_buf_str(&shard->note) };
    return CX_SUCCESS;
}

cx_status
cx_shard_consistency(struct cx_shard *shard, uint64_t from, struct cx_path *ret,
                     struct cx_detail *detail)
{
    struct cx_hashes hashes;

    CX_TRY(begun(shard, detail));
    if (from > shard->signed_for.size) {
        return cx_fail(detail, CX_E_USAGE, "there are no %llu committed entries",
                       (unsigned long long)from);
    }
    hashes = cx_edge_hashes(shard->edge);
    return ended(shard, cx_tree_consistency(&hashes, from, shard->signed_for.size, ret));
}

struct wanted_request {
    struct cx_shard *shard;
    cx_str request;
    bool found;
    uint64_t index;
    struct cx_detail *detail;
};

static cx_status
confirm_request(void *ctx, const struct cx_entry_row *row)
{
    struct wanted_request *wanted = ctx;
    cx_status status;

    if (row->record.n == 0) {
        return CX_SUCCESS;
    }
    status = cx_entry_has_key(row->entry.kind, row->record, CX_KEY_REQUEST, wanted->request,
                              &wanted->found);
    return cx_status_class(status) == CX_CLASS_MALFORMED
               ? cx_fail(wanted->detail, CX_E_STORE, "%s: the record of entry %llu cannot be read",
                         wanted->shard->rows->name, (unsigned long long)row->index)
               : status;
}

static cx_status
confirm_index(void *ctx, uint64_t index, bool *ret_stop)
{
    struct wanted_request *wanted = ctx;

    CX_TRY(cx_rows_entries(wanted->shard->rows, index, index + 1, confirm_request, wanted,
                           wanted->detail));
    wanted->index = index;
    *ret_stop = wanted->found;
    return CX_SUCCESS;
}

cx_status
cx_shard_find_request(struct cx_shard *shard, cx_str request, bool *ret_found, uint64_t *ret_index,
                      struct cx_detail *detail)
{
    struct wanted_request wanted = { shard, request, false, 0, detail };
    struct cx_index_query query = { CX_INDEX_REQUEST, cx_span_of_str(request), UINT64_MAX };

    CX_TRY(begun(shard, detail));
    CX_TRY(ended(shard, cx_index_find(shard->index, &query, confirm_index, &wanted, detail)));
    *ret_found = wanted.found;
    if (wanted.found) {
        *ret_index = wanted.index;
    }
    return CX_SUCCESS;
}

cx_status
cx_shard_entries(struct cx_shard *shard, uint64_t first, uint64_t last, cx_entry_fn each, void *ctx,
                 struct cx_detail *detail)
{
    uint64_t end = shard->end[CX_SPACE_ENTRIES];

    CX_TRY(begun(shard, detail));
    return first < last && first < end
               ? cx_rows_entries(shard->rows, first, last < end ? last : end, each, ctx, detail)
               : CX_SUCCESS;
}

uint64_t
cx_shard_size(const struct cx_shard *shard)
{
    return shard->end[CX_SPACE_ENTRIES];
}

const struct cx_note_key *
cx_shard_key(const struct cx_shard *shard)
{
    return &shard->key;
}

uint64_t
cx_shard_last_ms(const struct cx_shard *shard)
{
    return shard->last.time_ms;
}

static cx_status
copy_record(void *ctx, const struct cx_entry_row *row)
{
    struct cx_buf *buf = ctx;

    cx_buf_put(buf, cx_str_of_span(row->record));
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_shard_last_record(struct cx_shard *shard, struct cx_buf *buf, struct cx_detail *detail)
{
    uint64_t end = shard->end[CX_SPACE_ENTRIES];

    return end == 0 ? CX_SUCCESS
                    : cx_rows_entries(shard->rows, end - 1, end, copy_record, buf, detail);
}

cx_str
cx_shard_known(const struct cx_shard *shard)
{
    return cx_buf_str(&shard->known);
}

cx_str
cx_shard_later(const struct cx_shard *shard)
{
    return shard->signed_for.size > shard->known_upto ? cx_buf_str(&shard->note)
                                                      : (cx_str){ NULL, 0 };
}

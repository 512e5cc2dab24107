#include "base/limits.h"
#include "evidence/entry_keys.h"
#include "store/reader_priv.h"

/* Of the rows as they are now: what is beyond the reader's size is not given. */
cx_status
cx_reader_index(struct cx_reader_shard *shard, struct cx_detail *detail)
{
    struct cx_index_options options = { .hash_key = shard->hash_key };

    return shard->index != NULL ? CX_SUCCESS
                                : cx_index_open(shard->rows, &options, &shard->index, detail);
}

/* ---- objects */

struct object_search {
    struct cx_reader_shard *shard;
    const struct cx_hash *digest;
    bool message;
    struct cx_arena *arena;
    cx_span found;
    bool is_found;
    struct cx_detail *detail;
};

static cx_status
take_object(void *ctx, const struct cx_object_row *row)
{
    struct object_search *search = ctx;

    if (!cx_hash_equal(&row->digest, search->digest)) {
        return CX_SUCCESS;
    }
    search->is_found = true;
    return cx_arena_copy(search->arena, row->octets, &search->found);
}

static cx_status
try_sequence(void *ctx, uint64_t sequence, bool *ret_stop)
{
    struct object_search *search = ctx;

    CX_TRY(cx_rows_objects(search->shard->rows, search->message, sequence, sequence + 1,
                           take_object, search, search->detail));
    *ret_stop = search->is_found;
    return CX_SUCCESS;
}

/* First near the row that was read last, then everywhere. */
static cx_status
search_objects(struct object_search *search)
{
    enum cx_space space = search->message ? CX_SPACE_MESSAGES : CX_SPACE_OBJECTS;
    struct cx_index_query query = {
        .kind = search->message ? CX_INDEX_MESSAGE : CX_INDEX_OBJECT,
        .key = { search->digest->b, CX_HASH_SIZE },
        .below = search->shard->near[space],
    };

    if (query.below != 0) {
        CX_TRY(cx_index_find(search->shard->index, &query, try_sequence, search, search->detail));
    }
    query.below = UINT64_MAX;
    return search->is_found
               ? CX_SUCCESS
               : cx_index_find(search->shard->index, &query, try_sequence, search, search->detail);
}

cx_status
cx_log_object(struct cx_log_reader *reader, uint64_t shard, const struct cx_hash *digest,
              struct cx_arena *arena, cx_span *ret, bool *ret_found, struct cx_detail *detail)
{
    struct object_search search = {
        .shard = cx_reader_shard_of(reader, shard),
        .digest = digest,
        .arena = arena,
        .detail = detail,
    };

    if (search.shard == NULL) {
        return cx_fail(detail, CX_E_STORE, "%s: there is no shard %llu", reader->store,
                       (unsigned long long)shard);
    }
    CX_TRY(cx_reader_index(search.shard, detail));
    CX_TRY(search_objects(&search));
    if (!search.is_found) {
        search.message = true;
        CX_TRY(search_objects(&search));
    }
    *ret_found = search.is_found;
    if (search.is_found) {
        *ret = search.found;
    }
    return CX_SUCCESS;
}

/* ---- entries */

struct entry_search {
    struct cx_reader_shard *shard;
    cx_str text;
    bool by_request;
    uint64_t
        request_at; /* the entry with that request id, if has_request; then given at its turn among the names */
    bool has_request;
    cx_status (*each)(void *ctx, const struct cx_log_row *row);
    void *ctx;
    bool matched; /* the entry looked at is one */
    struct cx_detail *detail;
};

static cx_status
give(struct entry_search *search, const struct cx_entry_row *row)
{
    struct cx_log_row out = { .shard = search->shard->info.number,
                              .index = row->index,
                              .record = row->record };

    memcpy(out.entry, row->octets, CX_ENTRY_SIZE);
    search->shard->near[CX_SPACE_OBJECTS] = row->objects;
    search->shard->near[CX_SPACE_MESSAGES] = row->messages;
    return search->each(search->ctx, &out);
}

static cx_status
give_row(void *ctx, const struct cx_entry_row *row)
{
    return give(ctx, row);
}

/* Its turn has come: nothing found by name is later. */
static cx_status
give_request(struct entry_search *search)
{
    search->has_request = false;
    return cx_rows_entries(search->shard->rows, search->request_at, search->request_at + 1,
                           give_row, search, search->detail);
}

static cx_status
match_entry(void *ctx, const struct cx_entry_row *row)
{
    struct entry_search *search = ctx;
    cx_status status;

    search->matched = false;
    if (row->record.n == 0) {
        return CX_SUCCESS;
    }
    status = cx_entry_has_key(row->entry.kind, row->record,
                              search->by_request ? CX_KEY_REQUEST : CX_KEY_NAME, search->text,
                              &search->matched);
    if (cx_status_class(status) == CX_CLASS_MALFORMED) {
        return cx_fail(search->detail, CX_E_STORE, "%s: the record of entry %llu cannot be read",
                       search->shard->rows->name, (unsigned long long)row->index);
    }
    CX_TRY(status);
    return search->matched && !search->by_request ? give(search, row) : CX_SUCCESS;
}

static cx_status
try_index(void *ctx, uint64_t index, bool *ret_stop)
{
    struct entry_search *search = ctx;

    if (index >= search->shard->info.size) {
        return CX_SUCCESS;
    }
    if (!search->by_request && search->has_request && search->request_at >= index) {
        bool both = search->request_at == index;

        CX_TRY(give_request(search));
        if (both) {
            return CX_SUCCESS;
        }
    }
    CX_TRY(cx_rows_entries(search->shard->rows, index, index + 1, match_entry, search,
                           search->detail));
    if (search->by_request && search->matched) {
        search->has_request = *ret_stop = true;
        search->request_at = index;
    }
    return CX_SUCCESS;
}

static cx_status
find_in_shard(struct entry_search *search)
{
    struct cx_index_query query = { CX_INDEX_REQUEST, cx_span_of_str(search->text), UINT64_MAX };

    CX_TRY(cx_reader_index(search->shard, search->detail));
    search->by_request = true;
    CX_TRY(cx_index_find(search->shard->index, &query, try_index, search, search->detail));
    search->by_request = false;
    query.kind = CX_INDEX_NAME;
    CX_TRY(cx_index_find(search->shard->index, &query, try_index, search, search->detail));
    return search->has_request ? give_request(search) : CX_SUCCESS;
}

cx_status
cx_log_find(struct cx_log_reader *reader, cx_str request_or_name,
            cx_status (*each)(void *ctx, const struct cx_log_row *row), void *ctx,
            struct cx_detail *detail)
{
    struct entry_search search = {
        .text = request_or_name, .each = each, .ctx = ctx, .detail = detail
    };

    for (size_t i = reader->n; i-- != 0;) {
        search.shard = &reader->v[i];
        CX_TRY(find_in_shard(&search));
    }
    return CX_SUCCESS;
}

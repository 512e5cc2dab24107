#include "evidence/glance.h"
#include "store/check_priv.h"

/* Rows that one transaction reads. */
#define CHUNK 1024

struct wanted {
    struct cx_check *check;
    struct cx_check_shard *shard;
    struct cx_index *index;
    struct cx_hash digest;
    bool found;
    uint64_t next;
    unsigned left; /* rows of this chunk */
};

static cx_status
confirm(void *ctx, const struct cx_row *row)
{
    struct wanted *wanted = ctx;

    wanted->found |= cx_span_equal(row->head, (cx_span){ wanted->digest.b, CX_HASH_SIZE });
    return CX_SUCCESS;
}

static cx_status
search_rows(struct wanted *wanted, uint64_t first, uint64_t end)
{
    return wanted->shard->rows->ops->scan(wanted->shard->rows, CX_TABLE_OBJECT, first, end, confirm,
                                          wanted, wanted->check->detail);
}

static cx_status
try_sequence(void *ctx, uint64_t sequence, bool *ret_stop)
{
    struct wanted *wanted = ctx;

    CX_TRY(search_rows(wanted, sequence, sequence + 1));
    *ret_stop = wanted->found;
    return CX_SUCCESS;
}

static cx_status
want(struct wanted *wanted, const struct cx_row *row)
{
    struct cx_index_query query = { CX_INDEX_OBJECT,
                                    { wanted->digest.b, CX_HASH_SIZE },
                                    row->number[0] };
    cx_status status;

    wanted->found = false;
    status = cx_index_find(wanted->index, &query, try_sequence, wanted, wanted->check->detail);
    if (status.code != CX_E_STORE) { /* a piece that is missing was told of */
        CX_TRY(status);
    }
    if (!wanted->found && wanted->shard->has_piece_faults) { /* the index may be what is wrong */
        CX_TRY(search_rows(wanted, 0, wanted->shard->extent.end[CX_SPACE_OBJECTS]));
    }
    if (!wanted->found) {
        cx_check_report(wanted->check, &(struct cx_store_finding){ .fault = CX_FAULT_OBJECT_WANTED,
                                                                   .shard = wanted->shard->number,
                                                                   .number = row->key,
                                                                   .end = row->key + 1,
                                                                   .has_digest = true,
                                                                   .digest = wanted->digest });
    }
    return CX_SUCCESS;
}

static cx_status
take_entry(void *ctx, const struct cx_row *row)
{
    struct wanted *wanted = ctx;
    struct cx_glance glance;
    struct cx_entry entry;

    if (wanted->left == 0) {
        return (cx_status){ CX_E_LIMIT }; /* the rest in the next transaction */
    }
    wanted->left--;
    wanted->next = row->key + 1;
    if (cx_known_has(&wanted->shard->bad[CX_SPACE_ENTRIES], row->key) ||
        !cx_ok(cx_entry_read(row->head, &entry)) || entry.kind != CX_ENTRY_CHECK ||
        !cx_ok(cx_glance(row->body, &glance))) {
        return CX_SUCCESS; /* told of */
    }
    while (cx_glance_object(&glance, &wanted->digest)) {
        CX_TRY(want(wanted, row));
    }
    return CX_SUCCESS;
}

static cx_status
walk_entries(struct wanted *wanted)
{
    struct cx_rows *rows = wanted->shard->rows;

    while (wanted->left == 0) {
        cx_status status;

        wanted->left = CHUNK;
        status = rows->ops->scan(rows, CX_TABLE_ENTRY, wanted->next,
                                 wanted->shard->extent.end[CX_SPACE_ENTRIES], take_entry, wanted,
                                 wanted->check->detail);
        if (!cx_ok(status) && status.code != CX_E_LIMIT) {
            return status;
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_check_wanted(struct cx_check *check, struct cx_check_shard *shard)
{
    struct cx_index_options options = { .hash_key = shard->hash_key, .lenient = true };
    struct wanted wanted = { .check = check, .shard = shard };
    cx_status status;

    CX_TRY(cx_index_open(shard->rows, &options, &wanted.index, check->detail));
    status = walk_entries(&wanted);
    cx_index_free(wanted.index);
    return status;
}

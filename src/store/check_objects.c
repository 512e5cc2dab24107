#include "base/limits.h"
#include "pki/digest.h"
#include "store/check_priv.h"

/* Rows that one transaction reads. */
#define CHUNK 1024

/* ---- every object and message by itself */

struct walk {
    struct cx_check *check;
    struct cx_check_shard *shard;
    enum cx_space space;
    uint64_t next;
    unsigned left; /* rows of this chunk */
    uint64_t *total;
};

static cx_status
report(struct walk *walk, enum cx_store_fault fault, uint64_t end, const struct cx_hash *digest)
{
    struct cx_store_finding finding = {
        .fault = fault, .shard = walk->shard->number, .number = walk->next, .end = end
    };

    if (digest != NULL) {
        finding.has_digest = true;
        finding.digest = *digest;
    }
    cx_check_report(walk->check, &finding);
    return cx_known_add(&walk->shard->bad[walk->space], walk->next, end);
}

static cx_status
skip_missing(struct walk *walk, uint64_t upto)
{
    if (walk->next < upto) {
        CX_TRY(report(walk,
                      walk->space == CX_SPACE_MESSAGES ? CX_FAULT_MESSAGE_MISSING
                                                       : CX_FAULT_OBJECT_MISSING,
                      upto, NULL));
        walk->next = upto;
    }
    return CX_SUCCESS;
}

static cx_status
check_row(struct walk *walk, const struct cx_row *row)
{
    bool is_message = walk->space == CX_SPACE_MESSAGES;
    struct cx_hash digest, stored = { .b = { 0 } };
    bool kind_fits = is_message || cx_rows_is_object(row->number[0]);

    CX_TRY(cx_sha256(row->body, digest.b));
    if (row->head.n == CX_HASH_SIZE) {
        memcpy(stored.b, row->head.p, CX_HASH_SIZE);
    }
    return kind_fits && row->head.n == CX_HASH_SIZE && cx_hash_equal(&digest, &stored)
               ? CX_SUCCESS
               : report(walk, is_message ? CX_FAULT_MESSAGE : CX_FAULT_OBJECT, row->key + 1,
                        &stored);
}

static cx_status
take_row(void *ctx, const struct cx_row *row)
{
    struct walk *walk = ctx;

    if (walk->left == 0) {
        return (cx_status){ CX_E_LIMIT }; /* the rest in the next transaction */
    }
    CX_TRY(skip_missing(walk, row->key));
    CX_TRY(check_row(walk, row));
    walk->left--;
    walk->next++;
    (*walk->total)++;
    return CX_SUCCESS;
}

static cx_status
walk_space(struct cx_check *check, struct cx_check_shard *shard, enum cx_space space,
           uint64_t *total)
{
    struct walk walk = { check, shard, space, 0, 0, total };
    enum cx_table table = space == CX_SPACE_MESSAGES ? CX_TABLE_MESSAGE : CX_TABLE_OBJECT;
    uint64_t needed = shard->extent.last_needs[space];

    while (walk.left == 0) {
        cx_status status;

        walk.left = CHUNK;
        status = shard->rows->ops->scan(shard->rows, table, walk.next, shard->extent.end[space],
                                        take_row, &walk, check->detail);
        if (!cx_ok(status) && status.code != CX_E_LIMIT) {
            return status;
        }
        cx_check_step(check, CHUNK - walk.left);
    }
    return skip_missing(&walk, needed); /* behind the last row */
}

cx_status
cx_check_objects(struct cx_check *check, struct cx_check_shard *shard)
{
    CX_TRY(walk_space(check, shard, CX_SPACE_OBJECTS, &check->totals.objects));
    if (shard->has_messages_deleted) {
        return CX_SUCCESS;
    }
    if (!shard->rows->ops->has_messages(shard->rows)) {
        cx_check_report(check, &(struct cx_store_finding){ .fault = CX_FAULT_MESSAGES_MISSING,
                                                           .shard = shard->number });
        return CX_SUCCESS;
    }
    return walk_space(check, shard, CX_SPACE_MESSAGES, &check->totals.messages);
}

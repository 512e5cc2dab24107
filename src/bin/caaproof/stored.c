#include "bin/caaproof/stored.h"

#include "base/limits.h"
#include "pki/digest.h"

#include <inttypes.h>

static cx_status
get_object(void *ctx, const struct cx_hash *digest, struct cx_arena *arena, cx_span *ret,
           bool *ret_found, struct cx_detail *detail)
{
    const struct stored *stored = ctx;

    return cx_log_object(stored->reader, stored->shard, digest, arena, ret, ret_found, detail);
}

cx_status
stored_open(const char *path, struct stored *ret, struct cx_detail *detail)
{
    const struct cx_objects objects = { get_object, ret };

    *ret = (struct stored){ .reader = NULL };
    cx_arena_init(&ret->arena, CX_CHECK_MEMORY);
    CX_TRY(cx_log_reader_open(path, &ret->reader, detail));
    ret->recaller = cx_recaller_new(&objects);
    if (ret->recaller == NULL) {
        stored_close(ret);
        return (cx_status){ CX_E_NOMEM };
    }
    return CX_SUCCESS;
}

void
stored_close(struct stored *stored)
{
    cx_recaller_free(stored->recaller);
    cx_log_reader_close(stored->reader);
    cx_arena_done(&stored->arena);
    *stored = (struct stored){ .reader = NULL };
}

cx_status
stored_record(struct stored *stored, const struct cx_log_row *row, struct cx_record *ret,
              struct cx_detail *detail)
{
    struct cx_entry entry;
    struct cx_hash digest;

    if (row->shard != stored->shard) {
        cx_recaller_forget(stored->recaller);
        stored->shard = row->shard;
    }
    if (row->record.n == 0) {
        return cx_fail(detail, CX_E_STORE, "%" PRIu64 "/%" PRIu64 ": the record was deleted",
                       row->shard, row->index);
    }
    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    CX_TRY(cx_sha256(row->record, digest.b));
    if (memcmp(digest.b, entry.digest, CX_HASH_SIZE) != 0) {
        return cx_fail(detail, CX_E_STORE,
                       "%" PRIu64 "/%" PRIu64 ": the record is not what its entry commits to",
                       row->shard, row->index);
    }
    cx_arena_reset(&stored->arena);
    return cx_record_decode(row->record, &stored->arena, ret, detail);
}

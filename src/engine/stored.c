#include "engine/stored.h"

#include "base/limits.h"

static cx_status
get_object(void *ctx, const struct cx_hash *digest, struct cx_arena *arena, cx_span *ret,
           bool *ret_found, struct cx_detail *detail)
{
    const struct cx_stored *stored = ctx;

    return cx_log_object(stored->reader, stored->shard, digest, arena, ret, ret_found, detail);
}

cx_status
cx_stored_open(const char *path, struct cx_stored *ret, struct cx_detail *detail)
{
    const struct cx_objects objects = { get_object, ret };

    *ret = (struct cx_stored){ .reader = NULL };
    cx_arena_init(&ret->arena, CX_CHECK_MEMORY);
    CX_TRY(cx_log_reader_open(path, &ret->reader, detail));
    ret->recaller = cx_recaller_new(&objects);
    if (ret->recaller == NULL) {
        cx_stored_close(ret);
        return (cx_status){ CX_E_NOMEM };
    }
    return CX_SUCCESS;
}

void
cx_stored_close(struct cx_stored *stored)
{
    cx_recaller_free(stored->recaller);
    cx_log_reader_close(stored->reader);
    cx_arena_done(&stored->arena);
    *stored = (struct cx_stored){ .reader = NULL };
}

cx_status
cx_stored_record(struct cx_stored *stored, const struct cx_log_row *row, struct cx_record *ret,
                 struct cx_detail *detail)
{
    if (row->shard != stored->shard) {
        cx_recaller_forget(stored->recaller);
        stored->shard = row->shard;
    }
    cx_arena_reset(&stored->arena);
    return cx_log_record(row, &stored->arena, ret, detail);
}

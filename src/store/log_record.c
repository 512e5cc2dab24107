#include "pki/digest.h"
#include "store/log.h"

#include <inttypes.h>

cx_status
cx_log_record(const struct cx_log_row *row, struct cx_arena *arena, struct cx_record *ret,
              struct cx_detail *detail)
{
    struct cx_record record;
    struct cx_entry entry;
    struct cx_hash digest;

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
    CX_TRY(cx_record_decode(row->record, arena, &record, detail));
    if (record.time_ms != entry.time_ms) {
        return cx_fail(detail, CX_E_STORE,
                       "%" PRIu64 "/%" PRIu64 ": the record is of another time than its entry",
                       row->shard, row->index);
    }
    *ret = record;
    return CX_SUCCESS;
}

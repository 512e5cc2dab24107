#include "pki/digest.h"
#include "store/log.h"

#include <inttypes.h>

/* The entry of a row, which is of that kind, and which the row's record is what it commits to. */
static cx_status
committed(const struct cx_log_row *row, enum cx_entry_kind kind, struct cx_entry *ret,
          struct cx_detail *detail)
{
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
    if (entry.kind != kind) {
        return cx_fail(detail, CX_E_STORE, "%" PRIu64 "/%" PRIu64 ": an entry of another kind",
                       row->shard, row->index);
    }
    *ret = entry;
    return CX_SUCCESS;
}

static cx_status
of_its_time(const struct cx_log_row *row, const struct cx_entry *entry, uint64_t time_ms,
            struct cx_detail *detail)
{
    return time_ms == entry->time_ms
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE,
                         "%" PRIu64 "/%" PRIu64 ": the record is of another time than its entry",
                         row->shard, row->index);
}

cx_status
cx_log_record(const struct cx_log_row *row, struct cx_arena *arena, struct cx_record *ret,
              struct cx_detail *detail)
{
    struct cx_record record;
    struct cx_entry entry;

    CX_TRY(committed(row, CX_ENTRY_CHECK, &entry, detail));
    CX_TRY(cx_record_decode(row->record, arena, &record, detail));
    CX_TRY(of_its_time(row, &entry, record.time_ms, detail));
    *ret = record;
    return CX_SUCCESS;
}

cx_status
cx_log_start(const struct cx_log_row *row, struct cx_start *ret, struct cx_detail *detail)
{
    struct cx_start start;
    struct cx_entry entry;

    CX_TRY(committed(row, CX_ENTRY_START, &entry, detail));
    CX_TRY(cx_start_decode(row->record, &start, detail));
    CX_TRY(of_its_time(row, &entry, start.time_ms, detail));
    *ret = start;
    return CX_SUCCESS;
}

cx_status
cx_log_event(const struct cx_log_row *row, struct cx_event *ret, struct cx_detail *detail)
{
    struct cx_event event;
    struct cx_entry entry;

    CX_TRY(committed(row, CX_ENTRY_EVENT, &entry, detail));
    CX_TRY(cx_event_decode(row->record, &event, detail));
    CX_TRY(of_its_time(row, &entry, event.time_ms, detail));
    *ret = event;
    return CX_SUCCESS;
}

#include "bin/caaproof/stored_checks.h"

#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"

#include <inttypes.h>

static bool
is_before(const struct stored_checks *checks, uint64_t time_ms)
{
    return checks->since != CX_TIME_NONE && (cx_time)(time_ms / 1000) < checks->since;
}

static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct stored_checks *checks = ctx;
    struct cx_record record;
    struct cx_entry entry;

    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    if (entry.kind != CX_ENTRY_CHECK || is_before(checks, entry.time_ms)) {
        return CX_SUCCESS;
    }
    checks->n++;
    if (row->record.n == 0) {
        checks->deleted++;
        return CX_SUCCESS;
    }
    CX_TRY(cx_stored_record(checks->stored, row, &record, checks->detail));
    return checks->take(checks->ctx, row, &record);
}

cx_status
stored_checks_scan(struct stored_checks *checks)
{
    struct cx_log_reader *reader = checks->stored->reader;

    for (size_t i = 0; i < cx_log_reader_shards(reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(reader, i);

        if (!is_before(checks, info->last_ms)) {
            CX_TRY(
                cx_log_scan(reader, info->number, 0, info->size, take_row, checks, checks->detail));
        }
    }
    return CX_SUCCESS;
}

bool
stored_checks_since(const char *value, cx_time *ret)
{
    return cx_ok(cx_time_parse(cx_str_of(value), ret)) ||
           options_complain("--since takes a time such as 2026-11-22T12:00:00Z, or a date", value);
}

void
stored_check_print(const struct cx_log_row *row, const struct cx_record *record)
{
    char time[CX_TIME_TEXT];

    cx_time_format((cx_time)(record->time_ms / 1000), time);
    printf("%s%" PRIu64 "/%" PRIu64 "%s  %s", paint_on(stdout, PAINT_BOLD), row->shard, row->index,
           paint_off(stdout), time);
    if (record->request.n != 0) {
        fputs("  request ", stdout);
        output_plain(stdout, record->request);
    }
}

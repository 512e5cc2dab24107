#include "store/retain.h"

#include "base/limits.h"
#include "base/time.h"
#include "store/files.h"
#include "store/folder.h"
#include "store/log.h"
#include "store/rows.h"
#include "store/slots.h"
#include "store/sqlite.h"

#define DAY_MS UINT64_C(86400000)

struct run {
    const char *path;
    const struct cx_retention *retention;
    struct cx_detail *detail;
};

static void
tell(const struct run *run, uint64_t shard, enum cx_retained what)
{
    if (run->retention->each != NULL) {
        run->retention->each(run->retention->ctx, shard, what);
    }
}

/* For CX_AUTO. */
static void
close_reader(struct cx_log_reader **reader)
{
    cx_log_reader_close(*reader);
}

static void
close_rows(struct cx_rows **rows)
{
    if (*rows != NULL) {
        (*rows)->ops->close(*rows);
    }
}

/* "2029-01-01T00:00:00Z: reason" */
static cx_status
when_and_why(const struct run *run, char **ret)
{
    char time[CX_TIME_TEXT];

    cx_time_format((cx_time)(run->retention->now_ms / 1000), time);
    return cx_path_make(ret, "%s: %.*s\n", time, (int)run->retention->reason.n,
                        run->retention->reason.p);
}

/* ---- messages */

static cx_status
note_messages_gone(const struct run *run, struct cx_rows *rows)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = CX_SLOT_OCTETS };
    CX_AUTO(cx_path_free) char *text = NULL;
    bool noted;

    CX_TRY(cx_rows_meta(rows, CX_META_MESSAGES_GONE, &buf, &noted, run->detail));
    if (noted) { /* by a call that did not end */
        return CX_SUCCESS;
    }
    CX_TRY(when_and_why(run, &text));
    CX_TRY(rows->ops->begin(rows, run->detail));
    CX_TRY(cx_rows_put_meta(rows, CX_META_MESSAGES_GONE, cx_span_of_str(cx_str_of(text)),
                            run->detail));
    return rows->ops->commit(rows, run->detail);
}

static cx_status
delete_messages(const struct run *run, uint64_t shard)
{
    CX_AUTO(cx_path_free) char *folder = NULL;
    CX_AUTO(cx_path_free) char *messages = NULL;
    CX_AUTO(close_rows) struct cx_rows *rows = NULL;
    bool there;

    CX_TRY(cx_shard_path(run->path, shard, &folder));
    CX_TRY(cx_path_make(&messages, "%s/" CX_SQLITE_MESSAGES, folder));
    CX_TRY(cx_path_exists(messages, &there, run->detail));
    if (!there) {
        return CX_SUCCESS;
    }
    if (!run->retention->dry) {
        CX_TRY(cx_sqlite_open(folder, CX_ROWS_WRITE, &rows, run->detail));
        CX_TRY(note_messages_gone(run, rows));
        CX_TRY(rows->ops->drop_messages(rows, run->detail));
        CX_TRY(rows->ops->settle(rows, run->detail));
    }
    tell(run, shard, CX_DELETED_MESSAGES);
    return CX_SUCCESS;
}

/* ---- shards */

static cx_status
delete_shard(const struct run *run, const struct cx_log_shard_info *info)
{
    CX_AUTO(cx_path_free) char *folder = NULL;
    CX_AUTO(cx_path_free) char *deleted = NULL;
    CX_AUTO(cx_path_free) char *text = NULL;
    CX_AUTO(cx_path_free) char *all = NULL;

    if (!run->retention->dry) {
        CX_TRY(cx_shard_path(run->path, info->number, &folder));
        CX_TRY(cx_shard_file(run->path, info->number, CX_FOLDER_DELETED, &deleted));
        CX_TRY(when_and_why(run, &text));
        CX_TRY(cx_path_make(&all, "%s%.*s", text, (int)info->checkpoint.n, info->checkpoint.p));
        CX_TRY(cx_file_make(deleted, 0444, cx_str_of(all), run->detail));
        CX_TRY(cx_sqlite_remove(folder, run->detail));
    }
    tell(run, info->number, CX_DELETED_SHARD);
    return CX_SUCCESS;
}

/* I2: what says that it is deleted is deleted. */
static cx_status
end_deletions(const struct run *run)
{
    CX_AUTO(cx_shards_done) struct cx_shards shards = { 0 };

    CX_TRY(cx_shards_list(run->path, &shards, run->detail));
    for (size_t i = 0; i < shards.n; i++) {
        CX_AUTO(cx_path_free) char *folder = NULL;
        CX_AUTO(cx_path_free) char *deleted = NULL;
        bool there;

        CX_TRY(cx_shard_path(run->path, shards.v[i], &folder));
        CX_TRY(cx_shard_file(run->path, shards.v[i], CX_FOLDER_DELETED, &deleted));
        CX_TRY(cx_path_exists(deleted, &there, run->detail));
        if (there && !run->retention->dry) {
            CX_TRY(cx_sqlite_remove(folder, run->detail));
        }
    }
    return CX_SUCCESS;
}

/* ---- all */

static cx_status
retain_shard(const struct run *run, const struct cx_log_shard_info *info)
{
    bool records = info->last_ms < run->retention->records_before_ms;
    bool messages = info->last_ms < run->retention->messages_before_ms;

    if (!records && !messages) {
        return CX_SUCCESS;
    }
    if (info->held) { /* I1 */
        tell(run, info->number, CX_RETAINED_HELD);
        return CX_SUCCESS;
    }
    return records ? delete_shard(run, info) : delete_messages(run, info->number);
}

static cx_status
check_request(const struct cx_retention *retention, struct cx_detail *detail)
{
    uint64_t least_ms = CX_RETAIN_RECORDS_DAYS * DAY_MS;
    uint64_t latest = retention->now_ms > least_ms ? retention->now_ms - least_ms : 0;

    if (retention->records_before_ms > latest && !retention->forced) {
        return cx_fail(detail, CX_E_USAGE,
                       "records are kept for %d days at least, two years after certificates of 398 "
                       "days, unless that is overridden",
                       CX_RETAIN_RECORDS_DAYS);
    }
    if (retention->reason.n == 0 || retention->reason.n > CX_HOLD_REASON_MAX ||
        memchr(retention->reason.p, '\n', retention->reason.n) != NULL) {
        return cx_fail(detail, CX_E_USAGE, "a deletion needs a reason of one line");
    }
    return CX_SUCCESS;
}

cx_status
cx_store_retain(const char *path, const struct cx_retention *retention, struct cx_detail *detail)
{
    struct run run = { path, retention, detail };
    CX_AUTO(cx_fd_close) int lock = -1;
    CX_AUTO(close_reader) struct cx_log_reader *reader = NULL;
    size_t n;

    CX_TRY(check_request(retention, detail));
    CX_TRY(cx_store_lock(path, CX_LOCK_KEEPING, &lock, detail));
    CX_TRY(end_deletions(&run));
    CX_TRY(cx_log_reader_open(path, &reader, detail));
    n = cx_log_reader_shards(reader);
    for (size_t i = 0; i + 1 < n; i++) { /* I1: not the last */
        CX_TRY(retain_shard(&run, cx_log_reader_shard(reader, i)));
    }
    return CX_SUCCESS;
}

#include "store/hold.h"

#include "base/limits.h"
#include "store/files.h"
#include "store/folder.h"

/* The hold's path, and whether it is there. The shard is, and its data. */
static cx_status
find(const char *path, uint64_t shard, char **ret, bool *ret_held, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *folder = NULL;
    CX_AUTO(cx_path_free) char *deleted = NULL;
    bool there, gone;

    CX_TRY(cx_shard_path(path, shard, &folder));
    CX_TRY(cx_shard_file(path, shard, CX_FOLDER_DELETED, &deleted));
    CX_TRY(cx_path_exists(folder, &there, detail));
    CX_TRY(cx_path_exists(deleted, &gone, detail));
    if (!there || gone) {
        return cx_fail(detail, CX_E_STORE, "%s: shard %llu %s", path, (unsigned long long)shard,
                       gone ? "was deleted" : "is not there");
    }
    CX_TRY(cx_shard_file(path, shard, CX_FOLDER_HOLD, ret));
    return cx_path_exists(*ret, ret_held, detail);
}

cx_status
cx_store_hold(const char *path, uint64_t shard, cx_str reason, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *file = NULL;
    CX_AUTO(cx_path_free) char *line = NULL;
    CX_AUTO(cx_fd_close) int lock = -1;
    bool held;

    if (reason.n == 0 || reason.n > CX_HOLD_REASON_MAX ||
        memchr(reason.p, '\n', reason.n) != NULL || memchr(reason.p, '\0', reason.n) != NULL) {
        return cx_fail(detail, CX_E_USAGE, "a hold needs a reason of one line");
    }
    CX_TRY(cx_store_lock(path, CX_LOCK_KEEPING, &lock, detail));
    CX_TRY(find(path, shard, &file, &held, detail));
    if (held) {
        return cx_fail(detail, CX_E_USAGE, "%s: is there already", file);
    }
    CX_TRY(cx_path_make(&line, "%.*s\n", (int)reason.n, reason.p));
    return cx_file_make(file, 0644, cx_str_of(line), detail);
}

cx_status
cx_store_release(const char *path, uint64_t shard, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *file = NULL;
    CX_AUTO(cx_fd_close) int lock = -1;
    bool held;

    CX_TRY(cx_store_lock(path, CX_LOCK_KEEPING, &lock, detail));
    CX_TRY(find(path, shard, &file, &held, detail));
    return held ? cx_file_remove(file, detail)
                : cx_fail(detail, CX_E_USAGE, "shard %llu is not held", (unsigned long long)shard);
}

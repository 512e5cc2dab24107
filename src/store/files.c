#include "store/files.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

cx_status
cx_path_make(char **ret, const char *fmt, ...)
{
    va_list args;
    int n;
    char *path;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    path = n < 0 ? NULL : cx_alloc((size_t)n + 1, 1);
    if (path == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    va_start(args, fmt);
    (void)vsnprintf(path, (size_t)n + 1, fmt, args); /* fits, as it was measured */
    va_end(args);
    *ret = path;
    return CX_SUCCESS;
}

void
cx_path_free(char **path)
{
    cx_free(*path);
    *path = NULL;
}

static cx_status
failed(const char *path, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
}

void
cx_fd_close(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd); /* what had to be durable was synced */
        *fd = -1;
    }
}

cx_status
cx_path_exists(const char *path, bool *ret, struct cx_detail *detail)
{
    struct stat st;
    bool there = lstat(path, &st) == 0;

    if (!there && errno != ENOENT) {
        return failed(path, detail);
    }
    *ret = there;
    return CX_SUCCESS;
}

cx_status
cx_folder_sync(const char *path, struct cx_detail *detail)
{
    CX_AUTO(cx_fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && fsync(fd) == 0 ? CX_SUCCESS : failed(path, detail);
}

cx_status
cx_folder_sync_above(const char *path, struct cx_detail *detail)
{
    const char *slash = strrchr(path, '/');
    CX_AUTO(cx_path_free) char *above = NULL;

    if (slash == NULL) {
        return cx_folder_sync(".", detail);
    }
    CX_TRY(cx_path_make(&above, "%.*s", slash == path ? 1 : (int)(slash - path), path));
    return cx_folder_sync(above, detail);
}

cx_status
cx_folder_make(const char *path, struct cx_detail *detail)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return failed(path, detail);
    }
    return cx_folder_sync_above(path, detail);
}

cx_status
cx_fd_write_at(int fd, const char *path, cx_str octets, uint64_t at, struct cx_detail *detail)
{
    size_t done = 0;

    while (done < octets.n) {
        ssize_t n = pwrite(fd, octets.p + done, octets.n - done, (off_t)(at + done));

        if (n < 0 && errno != EINTR) {
            return failed(path, detail);
        }
        if (n == 0) {
            return cx_fail(detail, CX_E_IO, "%s: nothing can be written", path);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return CX_SUCCESS;
}

static cx_status
write_new(const char *path, unsigned mode, cx_str octets, struct cx_detail *detail)
{
    CX_AUTO(cx_fd_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);

    if (fd < 0) {
        return failed(path, detail);
    }
    CX_TRY(cx_fd_write_at(fd, path, octets, 0, detail));
    return fsync(fd) == 0 ? CX_SUCCESS : failed(path, detail);
}

cx_status
cx_file_name(const char *from, const char *to, struct cx_detail *detail)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        return failed(to, detail);
    }
    return cx_folder_sync_above(to, detail);
}

cx_status
cx_file_make(const char *path, unsigned mode, cx_str octets, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *whole = NULL;

    CX_TRY(cx_path_make(&whole, "%s.new", path));
    CX_TRY(cx_file_remove(whole, detail)); /* of an earlier try; it may be read-only */
    CX_TRY(write_new(whole, mode, octets, detail));
    return cx_file_name(whole, path, detail);
}

cx_status
cx_file_remove(const char *path, struct cx_detail *detail)
{
    if (unlink(path) != 0) {
        return errno == ENOENT ? CX_SUCCESS : failed(path, detail);
    }
    return cx_folder_sync_above(path, detail);
}

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 16)

static void
close_file(FILE **file)
{
    if (*file != NULL) {
        (void)fclose(*file); /* only read: nothing can be lost */
    }
}

/* The cap is met exactly, so the last chunk may be shorter. */
static char *
next_chunk(struct cx_buf *buf, size_t *ret_n)
{
    size_t left = buf->max - buf->n;

    *ret_n = left < CHUNK ? left : CHUNK;
    return *ret_n == 0 ? NULL : cx_buf_reserve(buf, *ret_n);
}

cx_status
cx_stream_read(FILE *file, const char *path, struct cx_buf *buf, struct cx_detail *detail)
{
    size_t got = 1;

    while (got != 0) {
        size_t room;
        char *to = next_chunk(buf, &room);

        if (to == NULL && room != 0) {
            return (cx_status){ CX_E_NOMEM };
        }
        if (to == NULL) { /* full: well if the file ends here too */
            if (fgetc(file) != EOF) {
                return cx_fail(detail, CX_E_LIMIT, "%s: larger than %zu octets", path, buf->max);
            }
            break;
        }
        got = fread(to, 1, room, file);
        cx_buf_grown(buf, got);
    }
    return ferror(file) ? cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno)) : CX_SUCCESS;
}

cx_status
cx_file_read(const char *path, struct cx_buf *buf, struct cx_detail *detail)
{
    CX_AUTO(close_file) FILE *file = fopen(path, "rbe");

    if (file == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    return cx_stream_read(file, path, buf, detail);
}

/* ---- writing */

static bool
write_all(int fd, cx_str content)
{
    while (content.n != 0) {
        ssize_t n = write(fd, content.p, content.n);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            content = (cx_str){ content.p + n, content.n - (size_t)n };
        }
    }
    return true;
}

/* A name is on the disk when its folder is. */
static bool
sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    int fd;
    bool done;

    if (slash != NULL) {
        size_t n = slash == path ? 1 : (size_t)(slash - path);

        memcpy(folder, path, n); /* shorter than PATH_MAX: the file could be made */
        folder[n] = '\0';
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd); /* only read */
    }
    return done;
}

static bool
write_synced(int fd, cx_str content)
{
    bool done = write_all(fd, content) && fsync(fd) == 0;
    int error = errno;

    done = close(fd) == 0 && done;
    errno = done ? 0 : error;
    return done;
}

cx_status
cx_file_write(const char *path, cx_str content, struct cx_detail *detail)
{
    char beside[PATH_MAX];
    int n = snprintf(beside, sizeof(beside), "%s.new", path);
    int fd = -1;

    if (n >= 0 && (size_t)n < sizeof(beside)) {
        fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    } else {
        errno = ENAMETOOLONG;
    }
    if (fd < 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    if (!write_synced(fd, content) || rename(beside, path) != 0 || !sync_folder_of(path)) {
        int error = errno;

        (void)unlink(beside); /* the failure is told anyway */
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(error));
    }
    return CX_SUCCESS;
}

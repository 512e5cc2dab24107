#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what was not synced */

struct written {
    char *path;
    off_t at;
    size_t n;
    off_t size_before; /* of the file */
    uint8_t *before, *after;
};

static struct {
    uint64_t seen, fail_at, cut_at;
    enum disk_failure how;
    bool dead;
    uint64_t random;
    struct written *written;
    size_t n, room;
} disk;

static void
die(const char *what)
{
    perror(what);
    abort();
}

static uint64_t
chance(void)
{
    disk.random = disk.random * 6364136223846793005u + 1442695040888963407u;
    return disk.random >> 33;
}

static void *
copy_of(const void *p, size_t n)
{
    void *copy = malloc(n + 1);

    if (copy == NULL) {
        die("malloc");
    }
    memcpy(copy, p, n);
    return copy;
}

/* Before the write is done. Only needed if the power can go. */
static void
remember(const char *path, off_t at, const void *octets, size_t n)
{
    struct written w = { .at = at, .n = n };
    struct stat st;
    int fd;

    if (disk.cut_at == 0) {
        return;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        die(path);
    }
    w.path = copy_of(path, strlen(path) + 1);
    w.size_before = st.st_size;
    w.after = copy_of(octets, n);
    w.before = calloc(n + 1, 1);
    if (w.before == NULL || pread(fd, w.before, n, at) < 0) {
        die(path);
    }
    (void)close(fd);
    if (disk.n == disk.room) {
        disk.room = disk.room * 2 + 64;
        disk.written = realloc(disk.written, disk.room * sizeof(*disk.written));
        if (disk.written == NULL) {
            die("realloc");
        }
    }
    disk.written[disk.n++] = w;
}

static void
forget(const char *path)
{
    size_t kept = 0;

    for (size_t i = 0; i < disk.n; i++) {
        struct written *w = &disk.written[i];

        if (strcmp(w->path, path) == 0) {
            free(w->path);
            free(w->before);
            free(w->after);
        } else {
            disk.written[kept++] = *w;
        }
    }
    disk.n = kept;
}

static void
put_octets(const struct written *w, const uint8_t *octets, size_t n, bool cut_file)
{
    int fd = open(w->path, O_WRONLY | O_CLOEXEC);

    if (fd < 0) {
        if (errno == ENOENT) {
            return; /* deleted meanwhile */
        }
        die(w->path);
    }
    if ((n != 0 && pwrite64(fd, octets, n, w->at) != (ssize_t)n) ||
        (cut_file && ftruncate(fd, w->size_before) != 0)) {
        die(w->path);
    }
    (void)close(fd);
}

static _Noreturn void
cut(void)
{
    size_t n = disk.n;

    disk.cut_at = 0;
    while (n-- != 0) { /* all of it back */
        put_octets(&disk.written[n], disk.written[n].before, disk.written[n].n, true);
    }
    for (size_t i = 0; i < disk.n; i++) { /* and some of it forth */
        const struct written *w = &disk.written[i];

        switch (chance() % 3) {
        case 0:
            put_octets(w, w->after, w->n, false);
            break;
        case 1:
            put_octets(w, w->after, chance() % (w->n + 1), false);
            break;
        default:
            break;
        }
    }
    _exit(DISK_CUT);
}

/* ---- operations */

enum verdict {
    GOES,
    FULL,
    BROKEN,
};

static enum verdict
operation(void)
{
    disk.seen++;
    if (disk.cut_at != 0 && disk.seen == disk.cut_at) {
        cut();
    }
    if (disk.dead) {
        return BROKEN;
    }
    if (disk.fail_at == 0 || disk.seen != disk.fail_at) {
        return GOES;
    }
    disk.dead = disk.how == DISK_DIES;
    return disk.how == DISK_FULL_ONCE ? FULL : BROKEN;
}

uint64_t
disk_fail_nth(uint64_t nth, enum disk_failure how)
{
    uint64_t seen = disk.seen;

    disk.seen = 0;
    disk.fail_at = nth;
    disk.how = how;
    disk.dead = false;
    return seen;
}

void
disk_cut_nth(uint64_t nth, uint64_t seed)
{
    disk.seen = 0;
    disk.cut_at = nth;
    disk.random = seed;
}

/* ---- our own files */

ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t at);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

static void
path_of(int fd, char path[4096])
{
    char link[64];
    ssize_t n;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, 4095);
    if (n < 0) {
        die(link);
    }
    path[n] = '\0';
}

static int
error_of(enum verdict verdict)
{
    errno = verdict == FULL ? ENOSPC : EIO;
    return -1;
}

ssize_t
__wrap_pwrite64(int fd, const void *p, size_t n, off_t at)
{
    enum verdict verdict = operation();
    char path[4096];

    if (verdict != GOES) {
        return error_of(verdict);
    }
    path_of(fd, path);
    remember(path, at, p, n);
    return __real_pwrite64(fd, p, n, at);
}

static int
sync_by(int (*real)(int fd), int fd)
{
    enum verdict verdict = operation();
    char path[4096];

    if (verdict != GOES) {
        return error_of(verdict);
    }
    path_of(fd, path);
    forget(path);
    return real(fd);
}

int
__wrap_fsync(int fd)
{
    return sync_by(__real_fsync, fd);
}

int
__wrap_fdatasync(int fd)
{
    return sync_by(__real_fdatasync, fd);
}

/* ---- SQLite's files */

struct shim {
    sqlite3_file base;
    char *path; /* NULL: a temporary one */
    bool is_shared_memory;
    sqlite3_file real[];
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *
real_of(sqlite3_file *file)
{
    return ((struct shim *)file)->real;
}

static int
shim_close(sqlite3_file *file)
{
    free(((struct shim *)file)->path);
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int
shim_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), p, n, at);
}

static int
shim_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    struct shim *shim = (struct shim *)file;
    enum verdict verdict = operation();

    if (verdict != GOES) {
        return verdict == FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    if (shim->path != NULL) {
        remember(shim->path, at, p, (size_t)n);
    }
    return real_of(file)->pMethods->xWrite(real_of(file), p, n, at);
}

static int
shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return operation() != GOES ? SQLITE_IOERR_TRUNCATE
                               : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int
shim_sync(sqlite3_file *file, int flags)
{
    struct shim *shim = (struct shim *)file;

    if (operation() != GOES) {
        return SQLITE_IOERR_FSYNC;
    }
    if (shim->path != NULL) {
        forget(shim->path);
    }
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int
shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int
shim_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int
shim_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int
shim_reserved(sqlite3_file *file, int *ret)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int
shim_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int
shim_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

/* Nothing is promised that this disk does not keep. */
static int
shim_characteristics(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int
shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret);
}

static int
shim_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), at, n, flags);
}

static void
shim_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int
shim_shm_unmap(sqlite3_file *file, int drop)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), drop);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    struct shim *shim = (struct shim *)file;
    int rc;

    (void)vfs;
    memset(shim, 0, sizeof(*shim));
    rc = real_vfs->xOpen(real_vfs, name, shim->real, flags, ret_flags);
    if (rc == SQLITE_OK) {
        shim->path = name == NULL ? NULL : copy_of(name, strlen(name) + 1);
        shim->base.pMethods = &methods;
    }
    return rc;
}

void
disk_install(void)
{
    static sqlite3_vfs shim;

    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "disk";
    shim.szOsFile = (int)sizeof(struct shim) + real_vfs->szOsFile;
    shim.xOpen = shim_open;
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK) {
        die("sqlite3_vfs_register");
    }
}

#include "store/folder.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define DIGITS 4

bool
cx_shard_of_name(cx_str name, uint64_t *ret)
{
    uint64_t number = 0;

    if (name.n < DIGITS || name.n > 19 || (name.n > DIGITS && name.p[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(name.p[i] - '0');
    }
    *ret = number;
    return number != 0;
}

cx_status
cx_shard_path(const char *store, uint64_t shard, char **ret)
{
    return cx_path_make(ret, "%s/%04llu", store, (unsigned long long)shard);
}

cx_status
cx_shard_file(const char *store, uint64_t shard, const char *what, char **ret)
{
    return cx_path_make(ret, "%s/%04llu/%s", store, (unsigned long long)shard, what);
}

/* ---- listing */

static void
close_dir(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir); /* only read */
    }
}

static cx_status
add(struct cx_shards *shards, uint64_t number, struct cx_detail *detail)
{
    uint64_t *v;

    if (shards->n >= CX_LOG_SHARDS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d shards", CX_LOG_SHARDS_MAX);
    }
    v = cx_realloc(shards->v, shards->n + 1, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    v[shards->n++] = number;
    shards->v = v;
    return CX_SUCCESS;
}

static int
compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

cx_status
cx_shards_list(const char *store, struct cx_shards *ret, struct cx_detail *detail)
{
    CX_AUTO(close_dir) DIR *dir = opendir(store);
    CX_AUTO(cx_shards_done) struct cx_shards shards = { 0 };
    uint64_t number;

    if (dir == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: %s", store, strerror(errno));
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0) {
        if (cx_shard_of_name(cx_str_of(entry->d_name), &number)) {
            CX_TRY(add(&shards, number, detail));
        }
    }
    if (errno != 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", store, strerror(errno));
    }
    if (shards.n != 0) {
        qsort(shards.v, shards.n, sizeof(*shards.v), compare);
    }
    *ret = shards;
    shards = (struct cx_shards){ 0 };
    return CX_SUCCESS;
}

void
cx_shards_done(struct cx_shards *shards)
{
    cx_free(shards->v);
    *shards = (struct cx_shards){ 0 };
}

cx_status
cx_shard_text(const char *store, uint64_t shard, const char *what, struct cx_buf *buf,
              bool *ret_found, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    bool there;

    CX_TRY(cx_shard_file(store, shard, what, &path));
    CX_TRY(cx_path_exists(path, &there, detail));
    if (there) {
        CX_TRY(cx_file_read(path, buf, detail));
    }
    *ret_found = there;
    return CX_SUCCESS;
}

/* ---- locks */

/* For as long as the descriptor is open. */
static cx_status
take_lock(int fd, const char *path, const char *store, struct cx_detail *detail)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return CX_SUCCESS;
    }
    return errno == EWOULDBLOCK
               ? cx_fail(detail, CX_E_STORE, "%s: the store is in use by another process", store)
               : cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
}

cx_status
cx_store_lock(const char *store, const char *name, int *ret_fd, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    cx_status status;
    int fd;

    CX_TRY(cx_path_make(&path, "%s/%s", store, name));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    status = take_lock(fd, path, store, detail);
    if (!cx_ok(status)) {
        (void)close(fd); /* nothing was written */
        return status;
    }
    *ret_fd = fd;
    return CX_SUCCESS;
}

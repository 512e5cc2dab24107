/* The store's folder: STORE/0001, STORE/0002, ... one for each shard, with what the database keeps in it, and beside that
 *     hold     why its data must not be deleted
 *     deleted  when and why they were: then the folder has nothing else
 * STORE/lock is held by who appends, STORE/lock.keeping by who deletes, holds or releases. */
#ifndef CX_STORE_FOLDER_H
#define CX_STORE_FOLDER_H

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

#define CX_FOLDER_HOLD    "hold"
#define CX_FOLDER_DELETED "deleted"

/* A number in four digits, more only if need be; from 1. */
bool cx_shard_of_name(cx_str name, uint64_t *ret);
cx_status cx_shard_path(const char *store, uint64_t shard, char **ret) CX_MUST;
/* path/what. */
cx_status cx_shard_file(const char *store, uint64_t shard, const char *what, char **ret) CX_MUST;

/* Numbers of the shards that have a folder, ascending. Freed with cx_shards_done. Classes: IO, LIMIT (CX_LOG_SHARDS_MAX),
 * NOMEM. */
struct cx_shards {
    uint64_t *v;
    size_t n;
};

cx_status cx_shards_list(const char *store, struct cx_shards *ret, struct cx_detail *detail)
    CX_MUST;
void cx_shards_done(struct cx_shards *shards);

/* A file of the shard's folder as text, appended to buf; nothing if it is not there. Classes: IO, LIMIT, NOMEM. */
cx_status cx_shard_text(const char *store, uint64_t shard, const char *what, struct cx_buf *buf,
                        bool *ret_found, struct cx_detail *detail) CX_MUST;

/* An exclusive lock, held until the descriptor is closed. Classes: IO; STORE: somebody else has it. */
cx_status cx_store_lock(const char *store, const char *name, int *ret_fd, struct cx_detail *detail)
    CX_MUST;

#define CX_LOCK_APPENDING "lock"
#define CX_LOCK_KEEPING   "lock.keeping"

#endif

/* A copy of a store, taken while it is in use: a store by itself, whose shards are each as of one moment. Never the keys: a
 * store that comes back from a backup must not be able to sign for what it has forgotten. */
#ifndef CX_STORE_BACKUP_H
#define CX_STORE_BACKUP_H

#include "base/status.h"

#include <stdint.h>

/* to is a folder that is not there yet; it gets its name when it is whole and durable. progress, after each shard, may be
 * NULL. Classes: IO (also: to is there), STORE, NOMEM. */
cx_status cx_store_backup(const char *path, const char *to,
                          void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                          struct cx_detail *detail) CX_MUST;

#endif

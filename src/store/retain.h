/* Retention: whole files of shards that ended long ago are deleted. What remains says so: of messages, the shard itself; of a
 * shard, a file "deleted" in its folder, with its last checkpoint.
 * I1: nothing of a shard that is held, or of the last one, is ever deleted.
 * I2: a crash leaves either what was there, or what says that it is gone; the next call ends what one began. */
#ifndef CX_STORE_RETAIN_H
#define CX_STORE_RETAIN_H

#include "base/span.h"
#include "base/status.h"

enum cx_retained {
    CX_RETAINED_UNSET = 0,
    CX_RETAINED_HELD, /* would have been deleted */
    CX_DELETED_MESSAGES,
    CX_DELETED_SHARD,
};

struct cx_retention {
    uint64_t now_ms;
    /* Of shards whose last entry is of an earlier time; 0: none. */
    uint64_t messages_before_ms;
    uint64_t records_before_ms;
    /* Records of less than CX_RETAIN_RECORDS_DAYS too. */
    bool forced;
    bool dry;      /* only tell */
    cx_str reason; /* one line: what is told of the deletion besides its time */
    void (*each)(void *ctx, uint64_t shard, enum cx_retained what); /* may be NULL */
    void *ctx;
};

/* Classes: USAGE (records too young, reason), STORE (a shard cannot be read; somebody deletes, holds or releases just now), IO,
 * NOMEM. */
cx_status cx_store_retain(const char *path, const struct cx_retention *retention,
                          struct cx_detail *detail) CX_MUST;

#endif

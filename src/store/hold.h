/* Holds: a shard whose data must not be deleted, because somebody may ask for it. A file "hold" in its folder says why. */
#ifndef CX_STORE_HOLD_H
#define CX_STORE_HOLD_H

#include "base/span.h"
#include "base/status.h"

/* reason is one line, not empty. Classes: USAGE (reason; it is held already), STORE (no such shard; somebody deletes, holds or
 * releases just now), IO, NOMEM. */
cx_status cx_store_hold(const char *path, uint64_t shard, cx_str reason, struct cx_detail *detail)
    CX_MUST;
/* Classes: USAGE (it is not held), STORE, IO, NOMEM. */
cx_status cx_store_release(const char *path, uint64_t shard, struct cx_detail *detail) CX_MUST;

#endif

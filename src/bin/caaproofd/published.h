/* What outsiders see of the log: checkpoint and tiles of each shard (C2SP tlog-tiles, docs/formats/log.md), made from the rows of the
 * store when they are asked for.
 * I1: checkpoints that are shown move at most once in CX_PUBLISH_MS: that of each commit stands in permits, and nobody who watches
 * the log can fetch all of them.
 * I2: nothing is shown that the checkpoint shown last does not cover. */
#ifndef CAAPROOFD_PUBLISHED_H
#define CAAPROOFD_PUBLISHED_H

#include "bin/caaproofd/ops.h"

struct published;

/* store is borrowed. NULL when out of memory. */
struct published *published_new(const char *store);
/* NULL is well. */
void published_free(struct published *published);

/* Appends the octets that were asked for. *ret_found false: there is no such shard, or its tree does not go so far. now_ms is any
 * clock. Classes: those of cx_log_reader_open and cx_log_scan; what is shown stays what it was. */
cx_status published_get(struct published *published, const struct op_tile *what, uint64_t now_ms,
                        struct cx_buf *buf, bool *ret_found, struct cx_detail *detail) CX_MUST;

#endif

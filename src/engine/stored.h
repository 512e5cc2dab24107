/* Checks in a store, for who reads them. */
#ifndef CX_ENGINE_STORED_H
#define CX_ENGINE_STORED_H

#include "engine/recall.h"
#include "store/log.h"

struct cx_stored {
    struct cx_log_reader *reader;
    struct cx_recaller *recaller;
    uint64_t shard;        /* whose objects are read */
    struct cx_arena arena; /* of one record */
};

/* Classes: those of cx_log_reader_open. */
cx_status cx_stored_open(const char *path, struct cx_stored *ret, struct cx_detail *detail) CX_MUST;
/* Accepts a zeroed struct. */
void cx_stored_close(struct cx_stored *stored);

/* The record of a row whose entry is a check; its octets are what the entry commits to. Lives until the next call.
 * Classes: MALFORMED, STORE (deleted, or not what the entry says), NOMEM. */
cx_status cx_stored_record(struct cx_stored *stored, const struct cx_log_row *row,
                           struct cx_record *ret, struct cx_detail *detail) CX_MUST;

#endif

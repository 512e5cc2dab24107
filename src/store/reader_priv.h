/* What reader.c and reader_find.c share. */
#ifndef CX_STORE_READER_PRIV_H
#define CX_STORE_READER_PRIV_H

#include "store/index.h"
#include "store/log.h"

/* One shard as the reader found it. */
struct cx_reader_shard {
    struct cx_log_shard_info info;
    struct cx_rows *rows;
    struct cx_buf note;
    uint64_t hash_key;
    struct cx_index *index; /* NULL until something is looked for */
    struct cx_tiles tiles;
    struct cx_edge *edge;     /* NULL until a hash is wanted */
    uint64_t near[CX_SPACES]; /* what the row needs that a scan gave last: numbers below that */
};

struct cx_log_reader {
    char *store;
    struct cx_reader_shard *v;
    size_t n;
};

/* NULL: not there. */
struct cx_reader_shard *cx_reader_shard_of(struct cx_log_reader *reader, uint64_t number);
cx_status cx_reader_index(struct cx_reader_shard *shard, struct cx_detail *detail) CX_MUST;

#endif

/* What the parts of a check share. */
#ifndef CX_STORE_CHECK_PRIV_H
#define CX_STORE_CHECK_PRIV_H

#include "store/check.h"
#include "store/index.h"
#include "store/signed.h"

/* A checkpoint that is no row of the shard, to be compared with its tree: the anchor's, the readers', one that another shard
 * begins with. */
enum cx_extra_source {
    CX_EXTRA_NONE = 0, /* a row after all */
    CX_EXTRA_LATEST,
    CX_EXTRA_ANCHOR,
    CX_EXTRA_CHAIN,
};

struct cx_extra {
    struct cx_signed what;
    enum cx_extra_source source;
};

/* Numbers of rows that are known to be wrong or missing, [first, end) each, ascending: what follows from them is no fault of
 * its own. */
struct cx_known_range {
    uint64_t first, end;
};

struct cx_known {
    struct cx_known_range *v;
    size_t n;
    bool too_many; /* CX_CHECK_KNOWN_MAX were noted */
};

struct cx_check_shard {
    uint64_t number;
    struct cx_rows *rows;
    struct cx_note_key key;
    bool has_key;
    uint64_t hash_key;
    struct cx_rows_extent extent;
    uint64_t checkpoints_upto; /* size of the last that is a row */
    bool is_closed;
    bool has_messages_deleted;
    bool has_piece_faults;
    struct cx_extra *extras;
    size_t n_extras;
    struct cx_known bad[CX_SPACES];
    struct cx_buf begin, seal; /* records at the ends; not has_: none */
    bool has_begin, has_seal;
};

struct cx_check {
    const struct cx_store_check_options *options;
    const char *store;
    char *keys; /* NULL: none */
    struct cx_store_totals totals;
    uint64_t done, total;
    struct cx_check_shard *shards;
    size_t n_shards;
    struct cx_detail *detail;
};

/* The finding in the callback; all but fault, shard and number may be left out. */
void cx_check_report(struct cx_check *check, const struct cx_store_finding *finding);
void cx_check_step(struct cx_check *check, uint64_t rows);
/* Ascending already, or nearly. Classes: NOMEM. */
cx_status cx_known_add(struct cx_known *known, uint64_t first, uint64_t end) CX_MUST;
bool cx_known_has(const struct cx_known *known, uint64_t number);
/* In the order of sizes. */
cx_status cx_check_add_extra(struct cx_check_shard *shard, const struct cx_signed *what,
                             enum cx_extra_source source) CX_MUST;

/* check_tree.c: entries, records, tiles, checkpoints. check_objects.c: objects, messages. check_wanted.c: what records need.
 * check_index.c: segments and pieces. check_chain.c: how shards are tied together; anchors. Classes: STORE (the database cannot
 * be read further), NOMEM, INTERNAL. */
cx_status cx_check_tree(struct cx_check *check, struct cx_check_shard *shard) CX_MUST;
cx_status cx_check_objects(struct cx_check *check, struct cx_check_shard *shard) CX_MUST;
cx_status cx_check_wanted(struct cx_check *check, struct cx_check_shard *shard) CX_MUST;
cx_status cx_check_index(struct cx_check *check, struct cx_check_shard *shard) CX_MUST;
cx_status cx_check_chain(struct cx_check *check) CX_MUST;

#endif

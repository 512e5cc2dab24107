/* Whether a store is what it was: everything that can be computed from something else is computed again and compared.
 * Records against entries, entries against the tree, the tree against every checkpoint that was signed, indexes against
 * rows, objects against digests, shards against each other, the anchors against all.
 * I1: memory is bounded by one segment. I2: nothing is written. I3: it runs beside a writer, on what there was when it came to
 * a shard. */
#ifndef CX_STORE_CHECK_H
#define CX_STORE_CHECK_H

#include "evidence/tree.h"

enum cx_store_fault {
#define X(name, word, sentence) CX_FAULT_##name,
#include "store/faults.def"
#undef X
    CX_STORE_FAULTS,
};

const char *cx_store_fault_word(enum cx_store_fault fault);
const char *cx_store_fault_sentence(enum cx_store_fault fault);

struct cx_store_finding {
    enum cx_store_fault fault;
    bool is_remark; /* as it should be after what happened, and worth knowing */
    uint64_t shard;
    /* What: index of an entry, sequence of an object, size of a checkpoint, number of a segment or piece, index of a tile.
     * Of several in a row, those in [number, end). */
    uint64_t number, end;
    unsigned level; /* of a tile */
    bool has_digest;
    struct cx_hash digest; /* of an object, or a record */
    const char *text;      /* more, for a person; borrowed for the call */
};

struct cx_store_check_options {
    const char *
        keys; /* the folder with anchors; NULL: the store's path + ".keys" if that is there, else anchors are not looked at */
    void (*finding)(void *ctx, const struct cx_store_finding *finding);
    /* Rows that were looked at, of how many; may be NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

struct cx_store_totals {
    uint64_t faults;
    uint64_t remarks;
    uint64_t shards, entries, objects, messages, checkpoints, tiles, pieces;
    uint64_t anchors;
};

/* Success: it was checked, whatever was found: the store is sound only if ret->faults is 0. Classes: IO, STORE (it cannot be
 * opened at all), NOMEM, INTERNAL. */
cx_status cx_store_check(const char *path, const struct cx_store_check_options *options,
                         struct cx_store_totals *ret, struct cx_detail *detail) CX_MUST;

#endif

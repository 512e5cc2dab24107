/* What the parts of the check of a tree share: check_tree.c walks entries and tiles, check_roots.c knows roots and what was
 * signed for them, check_dispute.c decides where a row and a tile say different things. */
#ifndef CX_STORE_CHECK_TREE_PRIV_H
#define CX_STORE_CHECK_TREE_PRIV_H

#include "store/check_priv.h"

/* Roots of the complete subtrees that a size is made of, by the bits of it. */
struct cx_peaks {
    struct cx_hash v[CX_PATH_MAX];
    uint64_t size;
};

/* A subtree of 2^level leaves, level at most the lowest set bit of size. */
cx_status cx_peaks_add(struct cx_peaks *peaks, unsigned level, const struct cx_hash *hash) CX_MUST;
/* Of size 0 nothing is given. */
cx_status cx_peaks_root(const struct cx_peaks *peaks, struct cx_hash *ret) CX_MUST;
cx_status cx_root_of_tile(const struct cx_hash hashes[CX_TILE_WIDTH], struct cx_hash *ret) CX_MUST;

/* Entries of one tile, or of the last part of one, as the rows have them. */
struct cx_check_part {
    uint64_t first;
    struct cx_hash leaf[CX_TILE_WIDTH];
    bool there[CX_TILE_WIDTH];
    bool readable[CX_TILE_WIDTH];
    bool record_fits[CX_TILE_WIDTH];
    unsigned n; /* rows that were looked at, or found missing */
};

/* Which leaf is right where the row and the tile have different ones. */
enum cx_right {
    CX_RIGHT_ROWS = 0,
    CX_RIGHT_TILE,
    CX_RIGHT_UNKNOWN,
};

/* A dispute over the leaves of one tile. */
struct cx_dispute {
    struct cx_hash stored[CX_TILE_WIDTH];
    struct cx_hash chosen[CX_TILE_WIDTH]; /* as far as it is decided: what is right */
    enum cx_right right[CX_TILE_WIDTH];
};

/* Hashes that a tile of a level above the leaves must have: one, or either of two where nothing decided. */
struct cx_check_upper {
    struct cx_hash hash[CX_TILE_WIDTH], other[CX_TILE_WIDTH];
    unsigned n;
    uint64_t index;
};

struct cx_check_walk {
    struct cx_check *check;
    struct cx_check_shard *shard;
    uint64_t size; /* entries that there should be */
    uint64_t last_ms, last_needs[CX_SPACES];
    struct cx_check_part part;
    struct cx_dispute dispute;
    uint8_t octets[CX_TILE_OCTETS];
    struct cx_check_upper upper[CX_TILE_LEVELS];
    struct cx_peaks peaks;
    uint64_t agreed; /* size of the last checkpoint that the tree had */
    bool lost;       /* from here on nothing can be compared */
    bool ended;      /* nor looked at */
    unsigned left;   /* rows of this chunk */
    size_t next_extra;
    /* Checkpoints that come next. */
    struct cx_signed ahead[64];
    size_t n_ahead, at_ahead;
    uint64_t read_upto;
};

cx_status cx_check_find_tile(struct cx_check_walk *tree, unsigned level, uint64_t index,
                             uint8_t ret[CX_TILE_OCTETS], bool *ret_found) CX_MUST;

/* check_roots.c. The next row of a good checkpoint; NULL: there is none. */
cx_status cx_check_next_checkpoint(struct cx_check_walk *tree, const struct cx_signed **ret)
    CX_MUST;
/* The smallest that covers the entry, of those that the shard itself has, and that there are entries for. */
cx_status cx_check_first_covering(struct cx_check_walk *tree, uint64_t index, struct cx_signed *ret,
                                  bool *ret_found) CX_MUST;
/* With what was signed for the size that the tree has now. */
cx_status cx_check_compare_here(struct cx_check_walk *tree) CX_MUST;

/* check_dispute.c. Whether the tile has another leaf than the row, or there is none. */
bool cx_leaf_differs(const struct cx_check_part *part, const struct cx_dispute *d, unsigned i);
/* Fills in chosen and right. */
cx_status cx_check_decide(struct cx_check_walk *tree, struct cx_dispute *d) CX_MUST;

#endif

/* Tiles of a log (C2SP tlog-tiles): paths, and the growing tree as tiles of 256 hashes.
 * I1: a tile is handed out once, when it is full, and never changes. */
#ifndef CX_EVIDENCE_TILE_H
#define CX_EVIDENCE_TILE_H

#include "base/buf.h"
#include "evidence/tree.h"

#define CX_TILE_WIDTH  256
#define CX_TILE_OCTETS (CX_TILE_WIDTH * CX_HASH_SIZE)
/* Levels of tiles of a tree of 2^63 leaves. */
#define CX_TILE_LEVELS 8
/* "tile/entries/x123/.../567.p/255" and NUL. */
#define CX_TILE_PATH_TEXT 80

/* Which tile; entries: the bundle of entries instead of level 0's hashes. width 256 is a full tile. Leaves have indexes of 63
 * bits, which bounds level and index. */
struct cx_tile {
    bool entries;
    unsigned level;
    uint64_t index;
    unsigned width; /* 1 to 256 */
};

void cx_tile_path(const struct cx_tile *tile, char ret[CX_TILE_PATH_TEXT]);
/* False for anything but such a path. */
bool cx_tile_of_path(cx_str path, struct cx_tile *ret);

/* An entry bundle: u16 length and octets of each entry. A longer entry than that fails buf. */
void cx_bundle_put(struct cx_buf *buf, cx_span entry);
/* The next entry; *ret_more is false at the end. Classes: MALFORMED. */
cx_status cx_bundle_next(cx_span bundle, size_t *at, cx_span *ret, bool *ret_more) CX_MUST;

/* Where full tiles come from and go to: level of tiles, index, 256 hashes. */
struct cx_tiles {
    cx_status (*get)(void *ctx, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS]);
    cx_status (*put)(void *ctx, unsigned level, uint64_t index,
                     const uint8_t octets[CX_TILE_OCTETS]);
    void *ctx;
};

/* The tree at its right edge, where it grows and where the proofs of new entries lie: the tiles that are not full, and the
 * latest full ones (CX_EDGE_TILES, CX_EDGE_UPPER_TILES), with all their inner nodes. Older hashes are computed from tiles of
 * the store, one tile a level at a time. One thread at a time. */
struct cx_edge;

/* A tree of size leaves: full tiles are read from tiles, the leaves of the last partial tile of level 0 from leaves
 * (size % 256 of them). What comes from there is believed: compare cx_edge_root with a checkpoint. Classes: LIMIT (size),
 * NOMEM, INTERNAL, and those of tiles. tiles is borrowed until cx_edge_free. */
cx_status cx_edge_new(const struct cx_tiles *tiles, uint64_t size, const struct cx_hash *leaves,
                      struct cx_edge **ret) CX_MUST;
void cx_edge_free(struct cx_edge *edge);
uint64_t cx_edge_size(const struct cx_edge *edge);
/* Adds a leaf; tiles that are full by it go to tiles->put, lowest level first. After a failure the edge must be freed. */
cx_status cx_edge_append(struct cx_edge *edge, const struct cx_hash *leaf) CX_MUST;
/* For the functions of tree.h, with sizes up to cx_edge_size; borrowed. */
struct cx_hashes cx_edge_hashes(struct cx_edge *edge);
/* The root of the whole tree; remembered until the next append. */
cx_status cx_edge_root(struct cx_edge *edge, struct cx_hash *ret) CX_MUST;
/* As cx_tree_inclusion with cx_edge_hashes, but what all proofs of one size share is computed once; size is at most
 * cx_edge_size. */
cx_status cx_edge_inclusion(struct cx_edge *edge, uint64_t index, uint64_t size,
                            struct cx_path *ret) CX_MUST;

#endif

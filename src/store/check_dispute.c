#include "store/check_tree_priv.h"

struct leaves {
    struct cx_hash v[CX_TILE_WIDTH];
    uint64_t first;
    size_t n;
};

static cx_status
take_leaf(void *ctx, const struct cx_row *row)
{
    struct leaves *leaves = ctx;

    if (row->key == leaves->first + leaves->n && leaves->n < CX_TILE_WIDTH) {
        CX_TRY(cx_hash_leaf(row->head, &leaves->v[leaves->n]));
        leaves->n++;
    }
    return CX_SUCCESS;
}

/* Where leaves are taken from that lie behind those in dispute. */
enum source {
    FROM_ROWS = 0,
    FROM_TILES,
    SOURCES,
};

/* Leaves from a tile's boundary on, as far as the source has them. */
static cx_status
read_leaves(struct cx_check_walk *tree, enum source source, uint64_t first, uint64_t end,
            struct leaves *leaves)
{
    bool found = false;

    leaves->first = first;
    leaves->n = 0;
    if (source == FROM_TILES) {
        CX_TRY(cx_check_find_tile(tree, 0, first / CX_TILE_WIDTH, tree->octets, &found));
    }
    if (found) {
        memcpy(leaves->v, tree->octets, sizeof(leaves->v));
        leaves->n = CX_TILE_WIDTH;
        return CX_SUCCESS;
    }
    return tree->shard->rows->ops->scan(tree->shard->rows, CX_TABLE_ENTRY, first, end, take_leaf,
                                        leaves, tree->check->detail);
}

/* The tree after these leaves goes on to size. False: it cannot be told how. */
static cx_status
extend(struct cx_check_walk *tree, enum source source, struct cx_peaks *peaks, uint64_t size,
       bool *ret_can)
{
    struct leaves leaves;

    while (peaks->size < size) {
        uint64_t left = size - peaks->size;
        size_t n = left < CX_TILE_WIDTH ? (size_t)left : CX_TILE_WIDTH;

        CX_TRY(read_leaves(tree, source, peaks->size, peaks->size + n, &leaves));
        if (leaves.n < n) {
            break;
        }
        for (size_t i = 0; i < n; i++) {
            CX_TRY(cx_peaks_add(peaks, 0, &leaves.v[i]));
        }
    }
    *ret_can = peaks->size == size;
    return CX_SUCCESS;
}

static cx_status
fits(struct cx_check_walk *tree, const struct cx_hash leaves[CX_TILE_WIDTH],
     const struct cx_signed *what, bool *ret)
{
    struct cx_peaks at = tree->peaks;

    *ret = false;
    for (size_t i = 0; i < CX_TILE_WIDTH && at.size < what->size; i++) {
        CX_TRY(cx_peaks_add(&at, 0, &leaves[i]));
    }
    for (enum source source = FROM_ROWS; source < SOURCES && !*ret; source++) {
        struct cx_peaks peaks = at;
        struct cx_hash root = { .b = { 0 } };
        bool can;

        CX_TRY(extend(tree, source, &peaks, what->size, &can));
        CX_TRY(cx_peaks_root(&peaks, &root));
        *ret = can && cx_hash_equal(&root, &what->root);
    }
    return CX_SUCCESS;
}

/* Also what the tile above says, if it is there. */
static cx_status
fits_above(struct cx_check_walk *tree, const struct cx_hash leaves[CX_TILE_WIDTH], bool *ret)
{
    uint64_t index = tree->part.first / CX_TILE_WIDTH;
    uint8_t above[CX_TILE_OCTETS];
    struct cx_hash root;
    bool found;

    *ret = false;
    CX_TRY(cx_check_find_tile(tree, 1, index / CX_TILE_WIDTH, above, &found));
    if (found) {
        CX_TRY(cx_root_of_tile(leaves, &root));
        *ret = memcmp(above + index % CX_TILE_WIDTH * CX_HASH_SIZE, root.b, CX_HASH_SIZE) == 0;
    }
    return CX_SUCCESS;
}

bool
cx_leaf_differs(const struct cx_check_part *part, const struct cx_dispute *d, unsigned i)
{
    return !part->there[i] || !cx_hash_equal(&part->leaf[i], &d->stored[i]);
}

/* The tree has that root with these leaves chosen; or, without one, the tile above says so. */
static cx_status
is_right(struct cx_check_walk *tree, const struct cx_dispute *d, const struct cx_signed *covering,
         bool *ret)
{
    *ret = false;
    if (covering == NULL) {
        return fits_above(tree, d->chosen, ret);
    }
    return tree->lost ? CX_SUCCESS : fits(tree, d->chosen, covering, ret);
}

/* Leaves [from, end), the rows' or the tile's: the side that is right is chosen, UNKNOWN if neither is. */
static cx_status
try_sides(struct cx_check_walk *tree, struct cx_dispute *d, unsigned from, unsigned end,
          const struct cx_signed *covering, enum cx_right *ret)
{
    const struct cx_hash *sides[] = { tree->part.leaf, d->stored };
    bool right = false, rows_there = true;

    for (unsigned i = from; i < end; i++) {
        rows_there &= tree->part.there[i];
    }
    *ret = CX_RIGHT_UNKNOWN;
    for (unsigned side = rows_there ? 0 : 1; side < 2 && !right; side++) {
        memcpy(d->chosen + from, sides[side] + from, (end - from) * sizeof(*d->chosen));
        CX_TRY(is_right(tree, d, covering, &right));
        if (right) {
            *ret = side == 0 ? CX_RIGHT_ROWS : CX_RIGHT_TILE;
        }
    }
    return CX_SUCCESS;
}

/* A checkpoint says which; else, of the last leaves, the tile above. */
static cx_status
decide(struct cx_check_walk *tree, struct cx_dispute *d, unsigned from, unsigned *ret_end,
       enum cx_right *ret)
{
    struct cx_signed covering;
    unsigned end = CX_TILE_WIDTH;
    bool found;

    CX_TRY(cx_check_first_covering(tree, tree->part.first + from, &covering, &found));
    if (found && covering.size - tree->part.first < CX_TILE_WIDTH) {
        end = (unsigned)(covering.size - tree->part.first);
    }
    *ret = CX_RIGHT_UNKNOWN;
    if (found) {
        CX_TRY(try_sides(tree, d, from, end, &covering, ret));
    }
    if (*ret == CX_RIGHT_UNKNOWN && end == CX_TILE_WIDTH) {
        CX_TRY(try_sides(tree, d, from, end, NULL, ret));
    }
    if (*ret == CX_RIGHT_UNKNOWN) {
        memcpy(d->chosen + from, d->stored + from, (end - from) * sizeof(*d->chosen));
    }
    *ret_end = end;
    return CX_SUCCESS;
}

/* From one checkpoint to the next. */
cx_status
cx_check_decide(struct cx_check_walk *tree, struct cx_dispute *d)
{
    const struct cx_check_part *part = &tree->part;

    memcpy(d->chosen, part->leaf, sizeof(d->chosen));
    for (unsigned i = 0; i < CX_TILE_WIDTH;) {
        enum cx_right right = CX_RIGHT_ROWS;
        unsigned end = i + 1;

        if (cx_leaf_differs(part, d, i)) {
            CX_TRY(decide(tree, d, i, &end, &right));
        }
        for (; i < end; i++) {
            d->right[i] = right;
        }
    }
    return CX_SUCCESS;
}

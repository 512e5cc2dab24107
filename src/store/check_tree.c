#include "base/alloc.h"
#include "base/limits.h"
#include "evidence/glance.h"
#include "pki/digest.h"
#include "store/check_priv.h"

/* Rows that one transaction reads. */
#define CHUNK 1024
#define W     CX_TILE_WIDTH

/* ---- roots of a growing tree */

/* Roots of the complete subtrees that a size is made of, by the bits of it. */
struct peaks {
    struct cx_hash v[CX_PATH_MAX];
    uint64_t size;
};

/* A subtree of 2^level leaves, level at most the lowest set bit of size. */
static cx_status
peaks_add(struct peaks *peaks, unsigned level, const struct cx_hash *hash)
{
    struct cx_hash carry = *hash;
    uint64_t added = (uint64_t)1 << level;

    for (; (peaks->size >> level & 1u) != 0; level++) {
        CX_TRY(cx_hash_node(&peaks->v[level], &carry, &carry));
    }
    peaks->v[level] = carry;
    peaks->size += added;
    return CX_SUCCESS;
}

static cx_status
peaks_root(const struct peaks *peaks, struct cx_hash *ret)
{
    bool begun = false;

    for (unsigned level = 0; level < CX_PATH_MAX; level++) {
        if ((peaks->size >> level & 1u) == 0) {
            continue;
        }
        if (begun) {
            CX_TRY(cx_hash_node(&peaks->v[level], ret, ret));
        } else {
            *ret = peaks->v[level];
            begun = true;
        }
    }
    return CX_SUCCESS;
}

static cx_status
root_of_tile(const struct cx_hash hashes[W], struct cx_hash *ret)
{
    struct peaks peaks = { .size = 0 };

    for (size_t i = 0; i < W; i++) {
        CX_TRY(peaks_add(&peaks, 0, &hashes[i]));
    }
    return peaks_root(&peaks, ret);
}

/* ---- state */

/* Entries of one tile, or of the last part of one, as the rows have them. */
struct part {
    uint64_t first;
    struct cx_hash leaf[W];
    bool there[W];
    bool readable[W];
    bool record_fits[W];
    unsigned n; /* rows that were looked at, or found missing */
};

/* Which leaf is right where the row and the tile have different ones. */
enum right {
    RIGHT_ROWS = 0,
    RIGHT_TILE,
    RIGHT_UNKNOWN,
};

/* A dispute over the leaves of one tile. */
struct dispute {
    struct cx_hash stored[W];
    struct cx_hash chosen[W]; /* as far as it is decided: what is right */
    enum right right[W];
};

/* Hashes that a tile of a level above the leaves must have: one, or either of two where nothing decided. */
struct upper {
    struct cx_hash hash[W], other[W];
    unsigned n;
    uint64_t index;
};

struct tree {
    struct cx_check *check;
    struct cx_check_shard *shard;
    uint64_t size; /* entries that there should be */
    uint64_t last_ms, last_needs[CX_SPACES];
    struct part part;
    struct dispute dispute;
    uint8_t octets[CX_TILE_OCTETS];
    struct upper upper[CX_TILE_LEVELS];
    struct peaks peaks;
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

static void
report(struct tree *tree, enum cx_store_fault fault, uint64_t number, uint64_t end,
       const char *text)
{
    cx_check_report(tree->check, &(struct cx_store_finding){ .fault = fault,
                                                             .shard = tree->shard->number,
                                                             .number = number,
                                                             .end = end,
                                                             .text = text });
}

static cx_status
bad_entry(struct tree *tree, enum cx_store_fault fault, uint64_t index, const char *text)
{
    report(tree, fault, index, index + 1, text);
    return cx_known_add(&tree->shard->bad[CX_SPACE_ENTRIES], index, index + 1);
}

static void
bad_tile(struct tree *tree, enum cx_store_fault fault, unsigned level, uint64_t index,
         const char *text)
{
    cx_check_report(tree->check, &(struct cx_store_finding){ .fault = fault,
                                                             .shard = tree->shard->number,
                                                             .number = index,
                                                             .end = index + 1,
                                                             .level = level,
                                                             .text = text });
}

static cx_status
find_tile(struct tree *tree, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS],
          bool *ret_found)
{
    return cx_rows_find_tile(tree->shard->rows, level, index, ret, ret_found, tree->check->detail);
}

/* ---- checkpoints */

static cx_status
read_checkpoint(struct tree *tree, const struct cx_row *row, bool tell, struct cx_signed *ret,
                bool *ret_good)
{
    struct cx_detail why = { .rule = NULL };
    cx_status status = CX_SUCCESS;

    *ret_good = false;
    if (tree->shard->has_key) {
        status = cx_signed_read(cx_str_of_span(row->body), &tree->shard->key, ret, &why);
        *ret_good = cx_ok(status) && ret->size == row->key;
    }
    if (status.code == CX_E_NOMEM) {
        return status;
    }
    if (tell) {
        tree->check->totals.checkpoints++;
    }
    if (tell && !*ret_good) {
        report(tree, CX_FAULT_CHECKPOINT, row->key, row->key + 1, why.text);
    }
    return CX_SUCCESS;
}

static cx_status
take_checkpoint(void *ctx, const struct cx_row *row)
{
    struct tree *tree = ctx;
    bool good;

    if (tree->n_ahead == CX_COUNT(tree->ahead)) {
        return (cx_status){ CX_E_LIMIT }; /* the rest later */
    }
    CX_TRY(read_checkpoint(tree, row, true, &tree->ahead[tree->n_ahead], &good));
    tree->n_ahead += good ? 1 : 0;
    tree->read_upto = row->key;
    return CX_SUCCESS;
}

/* The next row of a good checkpoint; NULL: there is none. */
static cx_status
next_checkpoint(struct tree *tree, const struct cx_signed **ret)
{
    if (tree->at_ahead == tree->n_ahead) {
        cx_status status;

        tree->at_ahead = tree->n_ahead = 0;
        status = tree->shard->rows->ops->scan(
            tree->shard->rows, CX_TABLE_CHECKPOINT, tree->read_upto + 1,
            tree->shard->checkpoints_upto + 1, take_checkpoint, tree, tree->check->detail);
        if (!cx_ok(status) && status.code != CX_E_LIMIT) {
            return status;
        }
    }
    *ret = tree->at_ahead < tree->n_ahead ? &tree->ahead[tree->at_ahead] : NULL;
    return CX_SUCCESS;
}

struct first_above {
    struct tree *tree;
    struct cx_signed found;
    bool good;
};

static cx_status
take_first_good(void *ctx, const struct cx_row *row)
{
    struct first_above *first = ctx;

    CX_TRY(read_checkpoint(first->tree, row, false, &first->found, &first->good));
    return first->good ? (cx_status){ CX_E_LIMIT } : CX_SUCCESS; /* found: no more */
}

/* The smallest that covers the entry, of those that the shard itself has. */
static cx_status
first_covering(struct tree *tree, uint64_t index, struct cx_signed *ret, bool *ret_found)
{
    struct first_above first = { .tree = tree };
    cx_status status =
        tree->shard->rows->ops->scan(tree->shard->rows, CX_TABLE_CHECKPOINT, index + 1, UINT64_MAX,
                                     take_first_good, &first, tree->check->detail);

    if (!cx_ok(status) && status.code != CX_E_LIMIT) {
        return status;
    }
    for (size_t i = 0; i < tree->shard->n_extras; i++) {
        const struct cx_signed *extra = &tree->shard->extras[i].what;

        if (extra->size > index && (!first.good || extra->size < first.found.size)) {
            first.found = *extra;
            first.good = true;
        }
    }
    *ret_found = first.good && first.found.size <= tree->size;
    *ret = first.found;
    return CX_SUCCESS;
}

/* One that another shard begins with says nothing about which entries are right. */
static cx_status
compare_root(struct tree *tree, const struct cx_signed *with, enum cx_extra_source source)
{
    struct cx_store_finding finding = {
        .fault = source == CX_EXTRA_CHAIN ? CX_FAULT_CHAIN : CX_FAULT_TREE,
        .is_remark = source == CX_EXTRA_ANCHOR && tree->shard->is_closed,
        .shard = tree->shard->number,
        .number = tree->agreed,
        .end = with->size,
        .text = source == CX_EXTRA_NONE     ? NULL
                : source == CX_EXTRA_ANCHOR ? "the anchor has another root"
                                            : "another shard begins with another root",
    };
    struct cx_hash root = { .b = { 0 } };

    CX_TRY(peaks_root(&tree->peaks, &root));
    if (cx_hash_equal(&root, &with->root)) {
        tree->agreed = with->size;
        return CX_SUCCESS;
    }
    cx_check_report(tree->check, &finding);
    tree->lost |= source == CX_EXTRA_NONE;
    return CX_SUCCESS;
}

/* With what was signed for the size that the tree has now. */
static cx_status
compare_here(struct tree *tree)
{
    const struct cx_signed *next;

    CX_TRY(next_checkpoint(tree, &next));
    while (next != NULL && next->size <= tree->peaks.size) {
        if (next->size == tree->peaks.size && !tree->lost) {
            CX_TRY(compare_root(tree, next, CX_EXTRA_NONE));
        }
        tree->at_ahead++;
        CX_TRY(next_checkpoint(tree, &next));
    }
    while (tree->next_extra < tree->shard->n_extras &&
           tree->shard->extras[tree->next_extra].what.size <= tree->peaks.size) {
        const struct cx_extra *extra = &tree->shard->extras[tree->next_extra++];

        if (extra->what.size == tree->peaks.size && !tree->lost) {
            CX_TRY(compare_root(tree, &extra->what, extra->source));
        }
    }
    return CX_SUCCESS;
}

/* ---- which of two is right: the row's leaf, or the tile's */

struct leaves {
    struct cx_hash v[W];
    uint64_t first;
    size_t n;
};

static cx_status
take_leaf(void *ctx, const struct cx_row *row)
{
    struct leaves *leaves = ctx;

    if (row->key == leaves->first + leaves->n && leaves->n < W) {
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
read_leaves(struct tree *tree, enum source source, uint64_t first, uint64_t end,
            struct leaves *leaves)
{
    bool found = false;

    leaves->first = first;
    leaves->n = 0;
    if (source == FROM_TILES) {
        CX_TRY(find_tile(tree, 0, first / W, tree->octets, &found));
    }
    if (found) {
        memcpy(leaves->v, tree->octets, sizeof(leaves->v));
        leaves->n = W;
        return CX_SUCCESS;
    }
    return tree->shard->rows->ops->scan(tree->shard->rows, CX_TABLE_ENTRY, first, end, take_leaf,
                                        leaves, tree->check->detail);
}

/* The tree after these leaves goes on to size. False: it cannot be told how. */
static cx_status
extend(struct tree *tree, enum source source, struct peaks *peaks, uint64_t size, bool *ret_can)
{
    struct leaves leaves;

    while (peaks->size < size) {
        uint64_t left = size - peaks->size;
        size_t n = left < W ? (size_t)left : W;

        CX_TRY(read_leaves(tree, source, peaks->size, peaks->size + n, &leaves));
        if (leaves.n < n) {
            break;
        }
        for (size_t i = 0; i < n; i++) {
            CX_TRY(peaks_add(peaks, 0, &leaves.v[i]));
        }
    }
    *ret_can = peaks->size == size;
    return CX_SUCCESS;
}

static cx_status
fits(struct tree *tree, const struct cx_hash leaves[W], const struct cx_signed *what, bool *ret)
{
    struct peaks at = tree->peaks;

    *ret = false;
    for (size_t i = 0; i < W && at.size < what->size; i++) {
        CX_TRY(peaks_add(&at, 0, &leaves[i]));
    }
    for (enum source source = FROM_ROWS; source < SOURCES && !*ret; source++) {
        struct peaks peaks = at;
        struct cx_hash root = { .b = { 0 } };
        bool can;

        CX_TRY(extend(tree, source, &peaks, what->size, &can));
        CX_TRY(peaks_root(&peaks, &root));
        *ret = can && cx_hash_equal(&root, &what->root);
    }
    return CX_SUCCESS;
}

/* Also what the tile above says, if it is there. */
static cx_status
fits_above(struct tree *tree, const struct cx_hash leaves[W], bool *ret)
{
    uint64_t index = tree->part.first / W;
    uint8_t above[CX_TILE_OCTETS];
    struct cx_hash root;
    bool found;

    *ret = false;
    CX_TRY(find_tile(tree, 1, index / W, above, &found));
    if (found) {
        CX_TRY(root_of_tile(leaves, &root));
        *ret = memcmp(above + index % W * CX_HASH_SIZE, root.b, CX_HASH_SIZE) == 0;
    }
    return CX_SUCCESS;
}

static bool
differs(const struct part *part, const struct dispute *d, unsigned i)
{
    return !part->there[i] || !cx_hash_equal(&part->leaf[i], &d->stored[i]);
}

/* The tree has that root with these leaves chosen; or, without one, the tile above says so. */
static cx_status
is_right(struct tree *tree, const struct dispute *d, const struct cx_signed *covering, bool *ret)
{
    *ret = false;
    if (covering == NULL) {
        return fits_above(tree, d->chosen, ret);
    }
    return tree->lost ? CX_SUCCESS : fits(tree, d->chosen, covering, ret);
}

/* Leaves [from, end), the rows' or the tile's: the side that is right is chosen, UNKNOWN if neither is. */
static cx_status
try_sides(struct tree *tree, struct dispute *d, unsigned from, unsigned end,
          const struct cx_signed *covering, enum right *ret)
{
    const struct cx_hash *sides[] = { tree->part.leaf, d->stored };
    bool right = false, rows_there = true;

    for (unsigned i = from; i < end; i++) {
        rows_there &= tree->part.there[i];
    }
    *ret = RIGHT_UNKNOWN;
    for (unsigned side = rows_there ? 0 : 1; side < 2 && !right; side++) {
        memcpy(d->chosen + from, sides[side] + from, (end - from) * sizeof(*d->chosen));
        CX_TRY(is_right(tree, d, covering, &right));
        if (right) {
            *ret = side == 0 ? RIGHT_ROWS : RIGHT_TILE;
        }
    }
    return CX_SUCCESS;
}

/* A checkpoint says which; else, of the last leaves, the tile above. */
static cx_status
decide(struct tree *tree, struct dispute *d, unsigned from, unsigned *ret_end, enum right *ret)
{
    struct cx_signed covering;
    unsigned end = W;
    bool found;

    CX_TRY(first_covering(tree, tree->part.first + from, &covering, &found));
    if (found && covering.size - tree->part.first < W) {
        end = (unsigned)(covering.size - tree->part.first);
    }
    *ret = RIGHT_UNKNOWN;
    if (found) {
        CX_TRY(try_sides(tree, d, from, end, &covering, ret));
    }
    if (*ret == RIGHT_UNKNOWN && end == W) {
        CX_TRY(try_sides(tree, d, from, end, NULL, ret));
    }
    if (*ret == RIGHT_UNKNOWN) {
        memcpy(d->chosen + from, d->stored + from, (end - from) * sizeof(*d->chosen));
    }
    *ret_end = end;
    return CX_SUCCESS;
}

/* From one checkpoint to the next. */
static cx_status
decide_all(struct tree *tree, struct dispute *d)
{
    const struct part *part = &tree->part;

    memcpy(d->chosen, part->leaf, sizeof(d->chosen));
    for (unsigned i = 0; i < W;) {
        enum right right = RIGHT_ROWS;
        unsigned end = i + 1;

        if (differs(part, d, i)) {
            CX_TRY(decide(tree, d, i, &end, &right));
        }
        for (; i < end; i++) {
            d->right[i] = right;
        }
    }
    return CX_SUCCESS;
}

/* ---- tiles */

/* A full tile of that level, as its parts say it should be. */
static cx_status
compare_upper(struct tree *tree, unsigned level)
{
    const struct upper *upper = &tree->upper[level];
    uint8_t stored[CX_TILE_OCTETS];
    bool there, same = true;

    CX_TRY(find_tile(tree, level, upper->index, stored, &there));
    tree->check->totals.tiles++;
    for (size_t i = 0; there && i < W; i++) {
        const uint8_t *p = stored + i * CX_HASH_SIZE;

        same &= memcmp(p, upper->hash[i].b, CX_HASH_SIZE) == 0 ||
                memcmp(p, upper->other[i].b, CX_HASH_SIZE) == 0;
    }
    if (!there || !same) {
        bad_tile(tree, there ? CX_FAULT_TILE : CX_FAULT_TILE_MISSING, level, upper->index, NULL);
    }
    return CX_SUCCESS;
}

/* The root of a tile of leaves, or either of two: goes into the tile above, and what is full by it further up. */
static cx_status
add_upper(struct tree *tree, const struct cx_hash *root, const struct cx_hash *or_root)
{
    struct cx_hash hash = *root, other = *or_root;

    for (unsigned level = 1; level < CX_TILE_LEVELS; level++) {
        struct upper *upper = &tree->upper[level];

        upper->hash[upper->n] = hash;
        upper->other[upper->n] = other;
        upper->n++;
        if (upper->n < W) {
            break;
        }
        CX_TRY(compare_upper(tree, level));
        CX_TRY(root_of_tile(upper->hash, &hash));
        CX_TRY(root_of_tile(upper->other, &other));
        upper->n = 0;
        upper->index++;
    }
    return CX_SUCCESS;
}

/* ---- entries, a tile's worth at a time */

/* What is wrong with each row, now that it is known which leaves are right; NULL: those of the rows. */
static cx_status
tell_rows(struct tree *tree, const struct dispute *d)
{
    const struct part *part = &tree->part;

    for (unsigned i = 0; i < part->n; i++) {
        uint64_t index = part->first + i;

        if (!part->there[i]) {
            CX_TRY(bad_entry(tree, CX_FAULT_ENTRY_MISSING, index, NULL));
        } else if (d != NULL && d->right[i] != RIGHT_ROWS && differs(part, d, i)) {
            CX_TRY(bad_entry(tree, CX_FAULT_ENTRY, index,
                             d->right[i] == RIGHT_UNKNOWN ? "or the tile: nothing tells which"
                                                          : NULL));
        } else if (!part->readable[i]) {
            CX_TRY(bad_entry(tree, CX_FAULT_ENTRY, index, "it cannot be read"));
        } else if (!part->record_fits[i]) {
            CX_TRY(bad_entry(tree, CX_FAULT_RECORD, index, NULL));
        }
    }
    return CX_SUCCESS;
}

static bool
all_there(const struct part *part)
{
    for (unsigned i = 0; i < part->n; i++) {
        if (!part->there[i]) {
            return false;
        }
    }
    return true;
}

static cx_status
add_leaves(struct tree *tree, const struct cx_hash *leaves)
{
    for (unsigned i = 0; i < tree->part.n; i++) {
        CX_TRY(peaks_add(&tree->peaks, 0, &leaves[i]));
        CX_TRY(compare_here(tree));
    }
    return CX_SUCCESS;
}

static void
tell_tile(struct tree *tree, const struct dispute *d)
{
    for (unsigned i = 0; i < W; i++) {
        if (d->right[i] != RIGHT_TILE && tree->part.there[i] && differs(&tree->part, d, i)) {
            bad_tile(tree, CX_FAULT_TILE, 0, tree->part.first / W,
                     d->right[i] == RIGHT_UNKNOWN ? "or its entries: nothing tells which" : NULL);
            return;
        }
    }
}

/* Rows and tile say different things. */
static cx_status
settle_dispute(struct tree *tree, struct dispute *d)
{
    struct cx_hash root, stored_root;

    CX_TRY(decide_all(tree, d));
    CX_TRY(tell_rows(tree, d));
    tell_tile(tree, d);
    CX_TRY(root_of_tile(d->chosen, &root));
    CX_TRY(root_of_tile(d->stored, &stored_root));
    CX_TRY(add_upper(tree, &root, d->right[W - 1] == RIGHT_UNKNOWN ? &stored_root : &root));
    return add_leaves(tree, d->chosen);
}

static bool
any_differs(const struct part *part, const struct dispute *d)
{
    for (unsigned i = 0; i < W; i++) {
        if (differs(part, d, i)) {
            return true;
        }
    }
    return false;
}

static cx_status
end_tile(struct tree *tree)
{
    struct part *part = &tree->part;
    struct dispute *d = &tree->dispute;
    struct cx_hash root;
    bool found;

    tree->check->totals.tiles++;
    memset(d->right, 0, sizeof(d->right));
    CX_TRY(find_tile(tree, 0, part->first / W, tree->octets, &found));
    if (found) {
        memcpy(d->stored, tree->octets, sizeof(d->stored));
        if (any_differs(part, d)) {
            return settle_dispute(tree, d);
        }
    } else {
        bad_tile(tree, CX_FAULT_TILE_MISSING, 0, part->first / W, NULL);
        tree->lost |= !all_there(part);
    }
    CX_TRY(tell_rows(tree, NULL));
    CX_TRY(root_of_tile(part->leaf, &root));
    CX_TRY(add_upper(tree, &root, &root));
    return add_leaves(tree, part->leaf);
}

static cx_status
end_part(struct tree *tree)
{
    struct part *part = &tree->part;

    if (part->n == W) {
        CX_TRY(end_tile(tree));
    } else {
        CX_TRY(tell_rows(tree, NULL));
        tree->lost |= !all_there(part);
        CX_TRY(add_leaves(tree, part->leaf));
    }
    *part = (struct part){ .first = part->first + part->n };
    return CX_SUCCESS;
}

/* ---- one entry */

/* Only the first of its kind. */
static cx_status
keep(cx_span record, struct cx_buf *buf, bool *has)
{
    if (!*has) {
        cx_buf_put(buf, cx_str_of_span(record));
        *has = true;
    }
    return cx_buf_ok(buf) || record.n > CX_RECORD_MAX ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
check_kind(struct tree *tree, const struct cx_row *row, const struct cx_entry *entry)
{
    struct cx_check_shard *shard = tree->shard;
    struct cx_glance glance;

    if ((entry->kind == CX_ENTRY_BEGIN) != (row->key == 0) ||
        (entry->kind == CX_ENTRY_SEAL && row->key != tree->size - 1)) {
        report(tree, CX_FAULT_ENTRY_KIND, row->key, row->key + 1, NULL);
    }
    if (entry->kind == CX_ENTRY_BEGIN) {
        return keep(row->body, &shard->begin, &shard->has_begin);
    }
    if (entry->kind == CX_ENTRY_SEAL) {
        return keep(row->body, &shard->seal, &shard->has_seal);
    }
    if (entry->kind == CX_ENTRY_CHECK &&
        (!cx_ok(cx_glance(row->body, &glance)) || glance.time_ms != entry->time_ms)) {
        return bad_entry(tree, CX_FAULT_RECORD_UNREADABLE, row->key, NULL);
    }
    return CX_SUCCESS;
}

static void
check_order(struct tree *tree, const struct cx_row *row, const struct cx_entry *entry)
{
    const struct cx_rows_extent *extent = &tree->shard->extent;
    uint64_t needs[CX_SPACES] = { 0, row->number[0], row->number[1] };
    bool can_be = true;

    if (entry->time_ms < tree->last_ms) {
        report(tree, CX_FAULT_ENTRY_TIME, row->key, row->key + 1, NULL);
    }
    /* What is counted and not there is told of with the objects. */
    for (size_t i = CX_SPACE_OBJECTS; i < CX_SPACES; i++) {
        can_be &= needs[i] >= tree->last_needs[i] &&
                  (needs[i] <= extent->end[i] || needs[i] <= extent->last_needs[i]);
    }
    if (can_be) {
        memcpy(tree->last_needs, needs, sizeof(needs));
    } else {
        report(tree, CX_FAULT_ENTRY_NEEDS, row->key, row->key + 1, NULL);
    }
    tree->last_ms = entry->time_ms;
}

static cx_status
check_row(struct tree *tree, const struct cx_row *row)
{
    struct part *part = &tree->part;
    struct cx_entry entry;
    uint8_t digest[CX_SHA256_SIZE];

    CX_TRY(cx_hash_leaf(row->head, &part->leaf[part->n]));
    part->there[part->n] = true;
    CX_TRY(cx_sha256(row->body, digest));
    if (!cx_ok(cx_entry_read(row->head, &entry))) {
        part->readable[part->n] = false;
    } else {
        part->readable[part->n] = true;
        part->record_fits[part->n] = memcmp(digest, entry.digest, sizeof(digest)) == 0;
        check_order(tree, row, &entry);
        if (part->record_fits[part->n]) {
            CX_TRY(check_kind(tree, row, &entry));
        }
    }
    part->n++;
    return part->n == W ? end_part(tree) : CX_SUCCESS;
}

/* Entries up to there that no row is for. A gap that is too large to be one: then nothing behind it is looked at. */
static cx_status
skip_missing(struct tree *tree, uint64_t upto)
{
    uint64_t next = tree->part.first + tree->part.n;

    if (upto - next > CX_CHECK_GAP_MAX) {
        report(tree, CX_FAULT_ENTRY_MISSING, next, upto, "what comes after them was not looked at");
        tree->lost = tree->ended = true;
        return CX_SUCCESS;
    }
    for (; next < upto; next++) {
        tree->part.n++;
        if (tree->part.n == W) {
            CX_TRY(end_part(tree));
        }
    }
    return CX_SUCCESS;
}

static cx_status
take_row(void *ctx, const struct cx_row *row)
{
    struct tree *tree = ctx;

    if (tree->left == 0 || tree->ended) {
        return (cx_status){ CX_E_LIMIT }; /* the rest in the next transaction, or not at all */
    }
    tree->left--;
    CX_TRY(skip_missing(tree, row->key));
    return tree->ended ? CX_SUCCESS : check_row(tree, row);
}

static cx_status
walk(struct tree *tree)
{
    struct cx_rows *rows = tree->shard->rows;

    while (tree->left == 0 && !tree->ended) {
        cx_status status;

        tree->left = CHUNK;
        status = rows->ops->scan(rows, CX_TABLE_ENTRY, tree->part.first + tree->part.n, tree->size,
                                 take_row, tree, tree->check->detail);
        if (!cx_ok(status) && status.code != CX_E_LIMIT) {
            return status;
        }
        tree->check->totals.entries += CHUNK - tree->left;
        cx_check_step(tree->check, CHUNK - tree->left);
    }
    if (tree->part.n != 0) {
        CX_TRY(end_part(tree));
    }
    return compare_here(tree); /* of a shard without any entry */
}

/* Checkpoints of more than there is. */
static cx_status
tell_behind(struct tree *tree)
{
    const struct cx_signed *next;

    CX_TRY(next_checkpoint(tree, &next));
    while (next != NULL) {
        report(tree, CX_FAULT_BEHIND, tree->size, next->size, "a checkpoint says so");
        tree->at_ahead++;
        CX_TRY(next_checkpoint(tree, &next));
    }
    for (; tree->next_extra < tree->shard->n_extras; tree->next_extra++) {
        const struct cx_extra *extra = &tree->shard->extras[tree->next_extra];
        bool known = tree->shard->is_closed && extra->source == CX_EXTRA_ANCHOR;

        cx_check_report(tree->check, &(struct cx_store_finding){
                                         .fault = CX_FAULT_BEHIND,
                                         .is_remark = known,
                                         .shard = tree->shard->number,
                                         .number = tree->size,
                                         .end = extra->what.size,
                                         .text = known ? "its origin was closed for that"
                                                       : "the anchor, or another shard, says so" });
    }
    return CX_SUCCESS;
}

cx_status
cx_check_tree(struct cx_check *check, struct cx_check_shard *shard)
{
    struct tree *tree = cx_alloc(1, sizeof(*tree));
    cx_status status;

    if (tree == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    tree->check = check;
    tree->shard = shard;
    tree->size = shard->extent.end[CX_SPACE_ENTRIES];
    status = walk(tree);
    if (cx_ok(status)) {
        status = tell_behind(tree);
    }
    cx_free(tree);
    return status;
}

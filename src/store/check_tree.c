#include "base/alloc.h"
#include "base/limits.h"
#include "evidence/glance.h"
#include "pki/digest.h"
#include "store/check_tree_priv.h"

/* Rows that one transaction reads. */
#define CHUNK 1024

static void
report(struct cx_check_walk *tree, enum cx_store_fault fault, uint64_t number, uint64_t end,
       const char *text)
{
    cx_check_report(tree->check, &(struct cx_store_finding){ .fault = fault,
                                                             .shard = tree->shard->number,
                                                             .number = number,
                                                             .end = end,
                                                             .text = text });
}

static cx_status
bad_entry(struct cx_check_walk *tree, enum cx_store_fault fault, uint64_t index, const char *text)
{
    report(tree, fault, index, index + 1, text);
    return cx_known_add(&tree->shard->bad[CX_SPACE_ENTRIES], index, index + 1);
}

static void
bad_tile(struct cx_check_walk *tree, enum cx_store_fault fault, unsigned level, uint64_t index,
         const char *text)
{
    cx_check_report(tree->check, &(struct cx_store_finding){ .fault = fault,
                                                             .shard = tree->shard->number,
                                                             .number = index,
                                                             .end = index + 1,
                                                             .level = level,
                                                             .text = text });
}

cx_status
cx_check_find_tile(struct cx_check_walk *tree, unsigned level, uint64_t index,
                   uint8_t ret[CX_TILE_OCTETS], bool *ret_found)
{
    return cx_rows_find_tile(tree->shard->rows, level, index, ret, ret_found, tree->check->detail);
}

/* ---- tiles */

/* A full tile of that level, as its parts say it should be. */
static cx_status
compare_upper(struct cx_check_walk *tree, unsigned level)
{
    const struct cx_check_upper *upper = &tree->upper[level];
    uint8_t stored[CX_TILE_OCTETS];
    bool there, same = true;

    CX_TRY(cx_check_find_tile(tree, level, upper->index, stored, &there));
    tree->check->totals.tiles++;
    for (size_t i = 0; there && i < CX_TILE_WIDTH; i++) {
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
add_upper(struct cx_check_walk *tree, const struct cx_hash *root, const struct cx_hash *or_root)
{
    struct cx_hash hash = *root, other = *or_root;

    for (unsigned level = 1; level < CX_TILE_LEVELS; level++) {
        struct cx_check_upper *upper = &tree->upper[level];

        upper->hash[upper->n] = hash;
        upper->other[upper->n] = other;
        upper->n++;
        if (upper->n < CX_TILE_WIDTH) {
            break;
        }
        CX_TRY(compare_upper(tree, level));
        CX_TRY(cx_root_of_tile(upper->hash, &hash));
        CX_TRY(cx_root_of_tile(upper->other, &other));
        upper->n = 0;
        upper->index++;
    }
    return CX_SUCCESS;
}

/* ---- entries, a tile's worth at a time */

/* What is wrong with each row, now that it is known which leaves are right; NULL: those of the rows. */
static cx_status
tell_rows(struct cx_check_walk *tree, const struct cx_dispute *d)
{
    const struct cx_check_part *part = &tree->part;

    for (unsigned i = 0; i < part->n; i++) {
        uint64_t index = part->first + i;

        if (!part->there[i]) {
            CX_TRY(bad_entry(tree, CX_FAULT_ENTRY_MISSING, index, NULL));
        } else if (d != NULL && d->right[i] != CX_RIGHT_ROWS && cx_leaf_differs(part, d, i)) {
            CX_TRY(bad_entry(tree, CX_FAULT_ENTRY, index,
                             d->right[i] == CX_RIGHT_UNKNOWN ? "or the tile: nothing tells which"
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
all_there(const struct cx_check_part *part)
{
    for (unsigned i = 0; i < part->n; i++) {
        if (!part->there[i]) {
            return false;
        }
    }
    return true;
}

static cx_status
add_leaves(struct cx_check_walk *tree, const struct cx_hash *leaves)
{
    for (unsigned i = 0; i < tree->part.n; i++) {
        CX_TRY(cx_peaks_add(&tree->peaks, 0, &leaves[i]));
        CX_TRY(cx_check_compare_here(tree));
    }
    return CX_SUCCESS;
}

static void
tell_tile(struct cx_check_walk *tree, const struct cx_dispute *d)
{
    for (unsigned i = 0; i < CX_TILE_WIDTH; i++) {
        if (d->right[i] != CX_RIGHT_TILE && tree->part.there[i] &&
            cx_leaf_differs(&tree->part, d, i)) {
            bad_tile(tree, CX_FAULT_TILE, 0, tree->part.first / CX_TILE_WIDTH,
                     d->right[i] == CX_RIGHT_UNKNOWN ? "or its entries: nothing tells which"
                                                     : NULL);
            return;
        }
    }
}

/* Rows and tile say different things. */
static cx_status
settle_dispute(struct cx_check_walk *tree, struct cx_dispute *d)
{
    struct cx_hash root, stored_root;

    CX_TRY(cx_check_decide(tree, d));
    CX_TRY(tell_rows(tree, d));
    tell_tile(tree, d);
    CX_TRY(cx_root_of_tile(d->chosen, &root));
    CX_TRY(cx_root_of_tile(d->stored, &stored_root));
    CX_TRY(add_upper(tree, &root,
                     d->right[CX_TILE_WIDTH - 1] == CX_RIGHT_UNKNOWN ? &stored_root : &root));
    return add_leaves(tree, d->chosen);
}

static bool
any_differs(const struct cx_check_part *part, const struct cx_dispute *d)
{
    for (unsigned i = 0; i < CX_TILE_WIDTH; i++) {
        if (cx_leaf_differs(part, d, i)) {
            return true;
        }
    }
    return false;
}

static cx_status
end_tile(struct cx_check_walk *tree)
{
    struct cx_check_part *part = &tree->part;
    struct cx_dispute *d = &tree->dispute;
    struct cx_hash root;
    bool found;

    tree->check->totals.tiles++;
    memset(d->right, 0, sizeof(d->right));
    CX_TRY(cx_check_find_tile(tree, 0, part->first / CX_TILE_WIDTH, tree->octets, &found));
    if (found) {
        memcpy(d->stored, tree->octets, sizeof(d->stored));
        if (any_differs(part, d)) {
            return settle_dispute(tree, d);
        }
    } else {
        bad_tile(tree, CX_FAULT_TILE_MISSING, 0, part->first / CX_TILE_WIDTH, NULL);
        tree->lost |= !all_there(part);
    }
    CX_TRY(tell_rows(tree, NULL));
    CX_TRY(cx_root_of_tile(part->leaf, &root));
    CX_TRY(add_upper(tree, &root, &root));
    return add_leaves(tree, part->leaf);
}

static cx_status
end_part(struct cx_check_walk *tree)
{
    struct cx_check_part *part = &tree->part;

    if (part->n == CX_TILE_WIDTH) {
        CX_TRY(end_tile(tree));
    } else {
        CX_TRY(tell_rows(tree, NULL));
        tree->lost |= !all_there(part);
        CX_TRY(add_leaves(tree, part->leaf));
    }
    *part = (struct cx_check_part){ .first = part->first + part->n };
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
check_kind(struct cx_check_walk *tree, const struct cx_row *row, const struct cx_entry *entry)
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
    return !cx_ok(cx_glance_of(entry->kind, row->body, &glance)) || glance.time_ms != entry->time_ms
               ? bad_entry(tree, CX_FAULT_RECORD_UNREADABLE, row->key, NULL)
               : CX_SUCCESS;
}

static void
check_order(struct cx_check_walk *tree, const struct cx_row *row, const struct cx_entry *entry)
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
check_row(struct cx_check_walk *tree, const struct cx_row *row)
{
    struct cx_check_part *part = &tree->part;
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
    return part->n == CX_TILE_WIDTH ? end_part(tree) : CX_SUCCESS;
}

/* Entries up to there that no row is for. A gap that is too large to be one: then nothing behind it is looked at. */
static cx_status
skip_missing(struct cx_check_walk *tree, uint64_t upto)
{
    uint64_t next = tree->part.first + tree->part.n;

    if (upto - next > CX_CHECK_GAP_MAX) {
        report(tree, CX_FAULT_ENTRY_MISSING, next, upto, "what comes after them was not looked at");
        tree->lost = tree->ended = true;
        return CX_SUCCESS;
    }
    for (; next < upto; next++) {
        tree->part.n++;
        if (tree->part.n == CX_TILE_WIDTH) {
            CX_TRY(end_part(tree));
        }
    }
    return CX_SUCCESS;
}

static cx_status
take_row(void *ctx, const struct cx_row *row)
{
    struct cx_check_walk *tree = ctx;

    if (tree->left == 0 || tree->ended) {
        return (cx_status){ CX_E_LIMIT }; /* the rest in the next transaction, or not at all */
    }
    tree->left--;
    CX_TRY(skip_missing(tree, row->key));
    return tree->ended ? CX_SUCCESS : check_row(tree, row);
}

static cx_status
walk(struct cx_check_walk *tree)
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
    return cx_check_compare_here(tree); /* of a shard without any entry */
}

/* Checkpoints of more than there is. */
static cx_status
tell_behind(struct cx_check_walk *tree)
{
    const struct cx_signed *next;

    CX_TRY(cx_check_next_checkpoint(tree, &next));
    while (next != NULL) {
        report(tree, CX_FAULT_BEHIND, tree->size, next->size, "a checkpoint says so");
        tree->at_ahead++;
        CX_TRY(cx_check_next_checkpoint(tree, &next));
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
    struct cx_check_walk *tree = cx_alloc(1, sizeof(*tree));
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

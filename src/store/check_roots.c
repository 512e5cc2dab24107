#include "store/check_tree_priv.h"

/* ---- roots of a growing tree */

/* A subtree of 2^level leaves, level at most the lowest set bit of size. */
cx_status
cx_peaks_add(struct cx_peaks *peaks, unsigned level, const struct cx_hash *hash)
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

cx_status
cx_peaks_root(const struct cx_peaks *peaks, struct cx_hash *ret)
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

cx_status
cx_root_of_tile(const struct cx_hash hashes[CX_TILE_WIDTH], struct cx_hash *ret)
{
    struct cx_peaks peaks = { .size = 0 };

    for (size_t i = 0; i < CX_TILE_WIDTH; i++) {
        CX_TRY(cx_peaks_add(&peaks, 0, &hashes[i]));
    }
    return cx_peaks_root(&peaks, ret);
}

/* ---- checkpoints */

static void
report(struct cx_check_walk *tree, enum cx_store_fault fault, uint64_t number, const char *text)
{
    cx_check_report(tree->check, &(struct cx_store_finding){ .fault = fault,
                                                             .shard = tree->shard->number,
                                                             .number = number,
                                                             .end = number + 1,
                                                             .text = text });
}

static cx_status
read_checkpoint(struct cx_check_walk *tree, const struct cx_row *row, bool tell,
                struct cx_signed *ret, bool *ret_good)
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
        report(tree, CX_FAULT_CHECKPOINT, row->key, why.text);
    }
    return CX_SUCCESS;
}

static cx_status
take_checkpoint(void *ctx, const struct cx_row *row)
{
    struct cx_check_walk *tree = ctx;
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
cx_status
cx_check_next_checkpoint(struct cx_check_walk *tree, const struct cx_signed **ret)
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
    struct cx_check_walk *tree;
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
cx_status
cx_check_first_covering(struct cx_check_walk *tree, uint64_t index, struct cx_signed *ret,
                        bool *ret_found)
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
compare_root(struct cx_check_walk *tree, const struct cx_signed *with, enum cx_extra_source source)
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

    CX_TRY(cx_peaks_root(&tree->peaks, &root));
    if (cx_hash_equal(&root, &with->root)) {
        tree->agreed = with->size;
        return CX_SUCCESS;
    }
    cx_check_report(tree->check, &finding);
    tree->lost |= source == CX_EXTRA_NONE;
    return CX_SUCCESS;
}

/* With what was signed for the size that the tree has now. */
cx_status
cx_check_compare_here(struct cx_check_walk *tree)
{
    const struct cx_signed *next;

    CX_TRY(cx_check_next_checkpoint(tree, &next));
    while (next != NULL && next->size <= tree->peaks.size) {
        if (next->size == tree->peaks.size && !tree->lost) {
            CX_TRY(compare_root(tree, next, CX_EXTRA_NONE));
        }
        tree->at_ahead++;
        CX_TRY(cx_check_next_checkpoint(tree, &next));
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

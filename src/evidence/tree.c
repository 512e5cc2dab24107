#include "evidence/tree.h"

#include "pki/digest.h"

#define SIZE_LAST ((uint64_t)INT64_MAX)

static const cx_status no_proof = { CX_E_PROOF };

/* ---- hashes */

cx_status
cx_hash_leaf(cx_span entry, struct cx_hash *ret)
{
    static const uint8_t prefix = 0;
    const cx_span parts[] = { { &prefix, 1 }, entry };

    return cx_sha256_parts(parts, CX_COUNT(parts), ret->b);
}

cx_status
cx_hash_node(const struct cx_hash *left, const struct cx_hash *right, struct cx_hash *ret)
{
    static const uint8_t prefix = 1;
    const cx_span parts[] = { { &prefix, 1 },
                              { left->b, CX_HASH_SIZE },
                              { right->b, CX_HASH_SIZE } };

    return cx_sha256_parts(parts, CX_COUNT(parts), ret->b);
}

static cx_status
root_of_none(struct cx_hash *ret)
{
    return cx_sha256((cx_span){ NULL, 0 }, ret->b);
}

/* ---- bits of a size */

static bool
has_bit(uint64_t size, unsigned bit)
{
    return (size >> bit & 1) != 0;
}

/* number is not 0. */
static unsigned
highest_bit(uint64_t number)
{
    return 63 - (unsigned)__builtin_clzll(number);
}

static unsigned
lowest_bit(uint64_t number)
{
    return (unsigned)__builtin_ctzll(number);
}

/* Where on that level the complete subtree of the bit lies, which is set. */
static uint64_t
place_of_bit(uint64_t size, unsigned bit)
{
    return (size >> bit) - 1;
}

/* ---- roots */

cx_status
cx_tree_tails(const struct cx_hashes *hashes, uint64_t size, struct cx_tails *ret)
{
    struct cx_tails tails = { .size = size };
    const struct cx_hash *right = NULL;

    if (size > SIZE_LAST) {
        return (cx_status){ CX_E_INTERNAL };
    }
    for (unsigned bit = 0; bit < CX_PATH_MAX; bit++) {
        struct cx_hash *tail = &tails.v[bit];

        if (!has_bit(size, bit)) {
            continue;
        }
        CX_TRY(hashes->get(hashes->ctx, bit, place_of_bit(size, bit), tail));
        if (right != NULL) {
            CX_TRY(cx_hash_node(tail, right, tail));
        }
        right = tail;
    }
    *ret = tails;
    return CX_SUCCESS;
}

cx_status
cx_tails_root(const struct cx_tails *tails, struct cx_hash *ret)
{
    if (tails->size == 0) {
        return root_of_none(ret);
    }
    *ret = tails->v[highest_bit(tails->size)];
    return CX_SUCCESS;
}

cx_status
cx_tree_root(const struct cx_hashes *hashes, uint64_t size, struct cx_hash *ret)
{
    struct cx_tails tails;

    CX_TRY(cx_tree_tails(hashes, size, &tails));
    return cx_tails_root(&tails, ret);
}

/* ---- making proofs */

/* A consistency proof could have a hash more than there is room for, were a tree to grow beyond 2^62 leaves. */
static cx_status
put(const struct cx_hash *hash, struct cx_path *path)
{
    if (path->n >= CX_PATH_MAX) {
        return (cx_status){ CX_E_INTERNAL };
    }
    path->v[path->n++] = *hash;
    return CX_SUCCESS;
}

static cx_status
put_complete(const struct cx_hashes *hashes, unsigned level, uint64_t index, struct cx_path *path)
{
    struct cx_hash hash;

    CX_TRY(hashes->get(hashes->ctx, level, index, &hash));
    return put(&hash, path);
}

/* Siblings of what lies above leaf index, from that level on. The leaf is in the complete subtree of the highest bit in which
 * index and size differ. Within it siblings are complete; right of it is one tail; left of it are the subtrees of the higher
 * bits. */
static cx_status
put_siblings(const struct cx_hashes *hashes, const struct cx_tails *tails, uint64_t index,
             unsigned level, struct cx_path *path)
{
    uint64_t size = tails->size;
    unsigned top = highest_bit(index ^ size);
    uint64_t right = size & (((uint64_t)1 << top) - 1);

    for (; level < top; level++) {
        CX_TRY(put_complete(hashes, level, index >> level ^ 1, path));
    }
    if (right != 0) {
        CX_TRY(put(&tails->v[highest_bit(right)], path));
    }
    for (unsigned bit = top + 1; bit < CX_PATH_MAX; bit++) {
        if (has_bit(size, bit)) {
            CX_TRY(put_complete(hashes, bit, place_of_bit(size, bit), path));
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_tails_inclusion(const struct cx_tails *tails, const struct cx_hashes *hashes, uint64_t index,
                   struct cx_path *ret)
{
    struct cx_path path = { .n = 0 };

    if (index >= tails->size) {
        return (cx_status){ CX_E_INTERNAL };
    }
    CX_TRY(put_siblings(hashes, tails, index, 0, &path));
    *ret = path;
    return CX_SUCCESS;
}

cx_status
cx_tree_inclusion(const struct cx_hashes *hashes, uint64_t index, uint64_t size,
                  struct cx_path *ret)
{
    struct cx_tails tails;

    CX_TRY(cx_tree_tails(hashes, size, &tails));
    return cx_tails_inclusion(&tails, hashes, index, ret);
}

/* The last complete subtree of the smaller tree, from which both roots can be climbed to: its hash, unless it is the whole
 * smaller tree, and its siblings in the larger one. */
cx_status
cx_tree_consistency(const struct cx_hashes *hashes, uint64_t from, uint64_t size,
                    struct cx_path *ret)
{
    struct cx_path path = { .n = 0 };
    struct cx_tails tails;

    if (from > size) {
        return (cx_status){ CX_E_INTERNAL };
    }
    if (from != 0 && from != size) {
        unsigned level = lowest_bit(from);

        CX_TRY(cx_tree_tails(hashes, size, &tails));
        if (highest_bit(from) != level) {
            CX_TRY(put_complete(hashes, level, place_of_bit(from, level), &path));
        }
        CX_TRY(put_siblings(hashes, &tails, from - 1, level, &path));
    }
    *ret = path;
    return CX_SUCCESS;
}

/* ---- verifying them */

/* On one level of the tree: the node that was reached, and the last node. */
struct climb {
    uint64_t at;
    uint64_t last;
};

static void
go_up(struct climb *climb)
{
    climb->at >>= 1;
    climb->last >>= 1;
}

/* Goes up to the parent, and says on which side of it the sibling lies. The last node of a level has no parent of its own
 * if it is a left child: it is also the last node of the levels up to where it is a right child. */
static bool
climb_has_left_sibling(struct climb *climb)
{
    bool left = (climb->at & 1) != 0 || climb->at == climb->last;

    while (left && (climb->at & 1) == 0 && climb->at != 0) {
        go_up(climb);
    }
    go_up(climb);
    return left;
}

cx_status
cx_inclusion_root(const struct cx_hash *leaf, uint64_t index, uint64_t size,
                  const struct cx_path *path, struct cx_hash *ret)
{
    struct climb climb = { .at = index };
    struct cx_hash hash = *leaf;

    if (index >= size || size > SIZE_LAST || path->n > CX_PATH_MAX) {
        return no_proof;
    }
    climb.last = size - 1;
    for (size_t i = 0; i < path->n; i++) {
        if (climb.last == 0) {
            return no_proof; /* too long */
        }
        if (climb_has_left_sibling(&climb)) {
            CX_TRY(cx_hash_node(&path->v[i], &hash, &hash));
        } else {
            CX_TRY(cx_hash_node(&hash, &path->v[i], &hash));
        }
    }
    if (climb.last != 0) {
        return no_proof; /* too short */
    }
    *ret = hash;
    return CX_SUCCESS;
}

/* The roots of the smaller and of the whole tree that siblings v lead to from node, the last complete subtree of the
 * smaller one. */
static cx_status
climb_to_both(struct climb climb, const struct cx_hash *node, const struct cx_hash *v, size_t n,
              struct cx_hash ret[2])
{
    ret[0] = ret[1] = *node;
    for (size_t i = 0; i < n; i++) {
        if (climb.last == 0) {
            return no_proof; /* too long */
        }
        if (climb_has_left_sibling(&climb)) {
            CX_TRY(cx_hash_node(&v[i], &ret[0], &ret[0]));
            CX_TRY(cx_hash_node(&v[i], &ret[1], &ret[1]));
        } else {
            CX_TRY(cx_hash_node(&ret[1], &v[i], &ret[1]));
        }
    }
    return climb.last == 0 ? CX_SUCCESS : no_proof; /* too short */
}

static cx_status
verify_growth(uint64_t from, const struct cx_hash *from_root, uint64_t size,
              const struct cx_hash *root, const struct cx_path *path)
{
    unsigned level = lowest_bit(from);
    struct climb climb = { place_of_bit(from, level), (size - 1) >> level };
    bool is_whole = highest_bit(from) == level;
    size_t skip = is_whole ? 0 : 1;
    struct cx_hash got[2];

    if (path->n < skip) {
        return no_proof;
    }
    CX_TRY(climb_to_both(climb, is_whole ? from_root : &path->v[0], path->v + skip, path->n - skip,
                         got));
    return cx_hash_equal(&got[0], from_root) && cx_hash_equal(&got[1], root) ? CX_SUCCESS
                                                                             : no_proof;
}

cx_status
cx_consistency_verify(uint64_t from, const struct cx_hash *from_root, uint64_t size,
                      const struct cx_hash *root, const struct cx_path *path)
{
    struct cx_hash none;

    if (from > size || size > SIZE_LAST || path->n > CX_PATH_MAX) {
        return no_proof;
    }
    if (from != 0 && from != size) {
        return verify_growth(from, from_root, size, root, path);
    }
    CX_TRY(root_of_none(&none));
    if (path->n != 0 || (from == 0 && !cx_hash_equal(from_root, &none)) ||
        (from == size && !cx_hash_equal(from_root, root))) {
        return no_proof;
    }
    return CX_SUCCESS;
}

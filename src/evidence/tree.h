/* The Merkle tree of RFC 6962 section 2.1: roots, proofs and their verification. No recursion, no storage: hashes of
 * complete subtrees come from the caller.
 * I1: proofs that are too long or too short are refused (RFC 9162 sections 2.1.3.2 and 2.1.4.2). */
#ifndef CX_EVIDENCE_TREE_H
#define CX_EVIDENCE_TREE_H

#include "base/span.h"
#include "base/status.h"

#define CX_HASH_SIZE 32
/* Sibling hashes of the longest proof: sizes have 63 bits. */
#define CX_PATH_MAX 63

struct cx_hash {
    uint8_t b[CX_HASH_SIZE];
};

/* Sibling hashes, the leaf's first; of a consistency proof in the order of RFC 6962 section 2.1.2. */
struct cx_path {
    struct cx_hash v[CX_PATH_MAX];
    size_t n;
};

/* Where hashes come from: the root of the leaves [index << level, (index + 1) << level), all of them in the tree. */
struct cx_hashes {
    cx_status (*get)(void *ctx, unsigned level, uint64_t index, struct cx_hash *ret);
    void *ctx;
};

static inline bool
cx_hash_equal(const struct cx_hash *a, const struct cx_hash *b)
{
    return memcmp(a->b, b->b, CX_HASH_SIZE) == 0;
}

/* In hexadecimal, with NUL. */
#define CX_HASH_TEXT (2 * CX_HASH_SIZE + 1)
void cx_hash_text(const struct cx_hash *hash, char ret[CX_HASH_TEXT]);
/* False for anything but 64 hexadecimal digits. */
bool cx_hash_of_text(cx_str text, struct cx_hash *ret);

/* SHA-256(0x00 || entry), and SHA-256(0x01 || left || right). Classes: INTERNAL. */
cx_status cx_hash_leaf(cx_span entry, struct cx_hash *ret) CX_MUST;
cx_status cx_hash_node(const struct cx_hash *left, const struct cx_hash *right, struct cx_hash *ret)
    CX_MUST;

/* The root of the first size leaves; that of none is SHA-256 of nothing. Classes: INTERNAL (here and below also for a size
 * of more than 63 bits or an index that is not below it), and those of hashes. */
cx_status cx_tree_root(const struct cx_hashes *hashes, uint64_t size, struct cx_hash *ret) CX_MUST;
/* Proof that leaf index (below size) is in the tree of that size. */
cx_status cx_tree_inclusion(const struct cx_hashes *hashes, uint64_t index, uint64_t size,
                            struct cx_path *ret) CX_MUST;
/* Proof that the tree of size begins with that of the smaller size from; empty if from is 0 or size. */
cx_status cx_tree_consistency(const struct cx_hashes *hashes, uint64_t from, uint64_t size,
                              struct cx_path *ret) CX_MUST;

/* What many proofs of one size share: a tree is complete subtrees side by side, one for each bit of size that is set; v[bit]
 * is the root of the leaves from the subtree of that bit to the end. */
struct cx_tails {
    uint64_t size;
    struct cx_hash v[CX_PATH_MAX];
};

cx_status cx_tree_tails(const struct cx_hashes *hashes, uint64_t size, struct cx_tails *ret)
    CX_MUST;
cx_status cx_tails_root(const struct cx_tails *tails, struct cx_hash *ret) CX_MUST;
/* As cx_tree_inclusion. */
cx_status cx_tails_inclusion(const struct cx_tails *tails, const struct cx_hashes *hashes,
                             uint64_t index, struct cx_path *ret) CX_MUST;

/* The root that the proof gives for the leaf. Classes: MALFORMED (wrong length, index not below size), INTERNAL. */
cx_status cx_inclusion_root(const struct cx_hash *leaf, uint64_t index, uint64_t size,
                            const struct cx_path *path, struct cx_hash *ret) CX_MUST;
/* Success if the proof leads from one root to the other. Between equal sizes, and from 0, it is empty; a tree of size 0 has
 * only its one root. Classes: MALFORMED, INTERNAL. */
cx_status cx_consistency_verify(uint64_t from, const struct cx_hash *from_root, uint64_t size,
                                const struct cx_hash *root, const struct cx_path *path) CX_MUST;

#endif

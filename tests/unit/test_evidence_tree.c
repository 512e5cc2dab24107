/* Against the definition of RFC 6962 section 2.1, followed literally, and against vectors that other programs made. */
#include "build.h"
#include "evidence/tree.h"
#include "main.h"

#include <stdio.h>

#define LEAVES 70u

/* ---- the definition */

static struct cx_hash leaves[LEAVES];

static void
make_leaves(void)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        char entry[32];
        int n = snprintf(entry, sizeof(entry), "{\"n\":%u}", i);

        assert_true(
            cx_ok(cx_hash_leaf((cx_span){ (const uint8_t *)entry, (size_t)n }, &leaves[i])));
    }
}

static size_t
split_of(size_t n)
{
    size_t k = 1;

    while (k * 2 < n) {
        k *= 2;
    }
    return k;
}

static struct cx_hash
root_of(const struct cx_hash *v, size_t n)
{
    struct cx_hash left, right, ret;
    size_t k = split_of(n);

    if (n == 1) {
        return v[0];
    }
    left = root_of(v, k);
    right = root_of(v + k, n - k);
    assert_true(cx_ok(cx_hash_node(&left, &right, &ret)));
    return ret;
}

static void
path_of(size_t m, const struct cx_hash *v, size_t n, struct cx_path *path)
{
    size_t k = split_of(n);

    if (n == 1) {
        return;
    }
    if (m < k) {
        path_of(m, v, k, path);
        path->v[path->n++] = root_of(v + k, n - k);
    } else {
        path_of(m - k, v + k, n - k, path);
        path->v[path->n++] = root_of(v, k);
    }
}

static void
subproof_of(size_t m, const struct cx_hash *v, size_t n, bool whole, struct cx_path *path)
{
    size_t k = split_of(n);

    if (m == n) {
        if (!whole) {
            path->v[path->n++] = root_of(v, n);
        }
    } else if (m <= k) {
        subproof_of(m, v, k, whole, path);
        path->v[path->n++] = root_of(v + k, n - k);
    } else {
        subproof_of(m - k, v + k, n - k, false, path);
        path->v[path->n++] = root_of(v, k);
    }
}

static void
assert_same_path(const struct cx_path *a, const struct cx_path *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->v, b->v, a->n * sizeof(a->v[0]));
}

/* ---- hashes of complete subtrees, and nothing else */

static cx_status
get(void *ctx, unsigned level, uint64_t index, struct cx_hash *ret)
{
    const size_t *size = ctx;
    size_t width = (size_t)1 << level;

    assert_true(level < 7 && (index + 1) * width <= *size);
    *ret = root_of(leaves + index * width, width);
    return CX_SUCCESS;
}

static struct cx_hashes
hashes_of(size_t *size)
{
    return (struct cx_hashes){ .get = get, .ctx = size };
}

/* ---- what a verifier says */

static bool
leads_to(const struct cx_hash *leaf, uint64_t index, uint64_t size, const struct cx_path *path,
         const struct cx_hash *root)
{
    struct cx_hash got = { { 0x5a } }, before = got;
    cx_status s = cx_inclusion_root(leaf, index, size, path, &got);

    if (!cx_ok(s)) {
        assert_int_equal(s.code, CX_E_PROOF);
        assert_true(cx_hash_equal(&got, &before)); /* untouched */
        return false;
    }
    return cx_hash_equal(&got, root);
}

static bool
grows(uint64_t from, const struct cx_hash *from_root, uint64_t size, const struct cx_hash *root,
      const struct cx_path *path)
{
    cx_status s = cx_consistency_verify(from, from_root, size, root, path);

    assert_true(cx_ok(s) || s.code == CX_E_PROOF);
    return cx_ok(s);
}

/* ---- tests */

TEST(roots_are_those_of_the_definition)
{
    make_leaves();
    for (size_t size = 1; size <= LEAVES; size++) {
        struct cx_hashes hashes = hashes_of(&size);
        struct cx_hash root, expected = root_of(leaves, size);

        assert_true(cx_ok(cx_tree_root(&hashes, size, &root)));
        assert_memory_equal(root.b, expected.b, CX_HASH_SIZE);
    }
}

TEST(every_inclusion_proof_is_that_of_the_definition_and_verifies)
{
    make_leaves();
    for (size_t size = 1; size <= LEAVES; size++) {
        struct cx_hashes hashes = hashes_of(&size);
        struct cx_hash root = root_of(leaves, size);

        for (size_t index = 0; index < size; index++) {
            struct cx_path path, expected = { .n = 0 };

            path_of(index, leaves, size, &expected);
            assert_true(cx_ok(cx_tree_inclusion(&hashes, index, size, &path)));
            assert_same_path(&path, &expected);
            assert_true(leads_to(&leaves[index], index, size, &path, &root));
        }
    }
}

TEST(every_consistency_proof_is_that_of_the_definition_and_verifies)
{
    make_leaves();
    for (size_t size = 1; size <= LEAVES; size++) {
        struct cx_hashes hashes = hashes_of(&size);
        struct cx_hash root = root_of(leaves, size);

        for (size_t from = 1; from <= size; from++) {
            struct cx_hash from_root = root_of(leaves, from);
            struct cx_path path, expected = { .n = 0 };

            subproof_of(from, leaves, size, true, &expected);
            assert_true(cx_ok(cx_tree_consistency(&hashes, from, size, &path)));
            assert_same_path(&path, &expected);
            assert_true(grows(from, &from_root, size, &root, &path));
        }
    }
}

/* Also for the same leaf at another place, which a flipped bit of an index makes of it. */
TEST(an_inclusion_proof_holds_for_nothing_else)
{
    make_leaves();
    for (size_t size = 1; size <= 40; size++) {
        struct cx_hashes hashes = hashes_of(&size);
        struct cx_hash root = root_of(leaves, size);

        for (size_t index = 0; index < size; index++) {
            struct cx_path path, other;

            assert_true(cx_ok(cx_tree_inclusion(&hashes, index, size, &path)));
            for (size_t i = 0; i < size; i++) {
                assert_true(leads_to(&leaves[i], index, size, &path, &root) == (i == index));
                assert_true(leads_to(&leaves[index], i, size, &path, &root) == (i == index));
            }
            for (size_t i = 0; i < path.n; i++) {
                other = path;
                other.v[i].b[i % CX_HASH_SIZE] ^= 1;
                assert_false(leads_to(&leaves[index], index, size, &other, &root));
                other = path; /* one dropped */
                memmove(other.v + i, other.v + i + 1, (path.n - i - 1) * sizeof(other.v[0]));
                other.n--;
                assert_false(leads_to(&leaves[index], index, size, &other, &root));
            }
            for (size_t i = 0; i <= path.n; i++) { /* one added */
                other = path;
                memmove(other.v + i + 1, other.v + i, (path.n - i) * sizeof(other.v[0]));
                other.v[i] = root;
                other.n++;
                assert_false(leads_to(&leaves[index], index, size, &other, &root));
            }
        }
    }
}

TEST(left_and_right_are_not_the_same)
{
    struct cx_path path = { .n = 1 };
    struct cx_hash root, swapped;

    make_leaves();
    assert_true(cx_ok(cx_hash_node(&leaves[0], &leaves[1], &root)));
    assert_true(cx_ok(cx_hash_node(&leaves[1], &leaves[0], &swapped)));
    assert_false(cx_hash_equal(&root, &swapped));
    path.v[0] = leaves[0];
    assert_true(leads_to(&leaves[1], 1, 2, &path, &root));
    assert_false(leads_to(&leaves[1], 1, 2, &path, &swapped));
    assert_false(leads_to(&leaves[1], 0, 2, &path, &root));
}

TEST(a_leaf_is_not_a_node)
{
    uint8_t both[2 * CX_HASH_SIZE];
    struct cx_hash leaf, node;

    make_leaves();
    memcpy(both, leaves[0].b, CX_HASH_SIZE);
    memcpy(both + CX_HASH_SIZE, leaves[1].b, CX_HASH_SIZE);
    assert_true(cx_ok(cx_hash_leaf((cx_span){ both, sizeof(both) }, &leaf)));
    assert_true(cx_ok(cx_hash_node(&leaves[0], &leaves[1], &node)));
    assert_false(cx_hash_equal(&leaf, &node));
}

TEST(a_consistency_proof_holds_for_nothing_else)
{
    struct cx_hash wrong = { { 1 } };

    make_leaves();
    for (size_t size = 2; size <= 24; size++) {
        struct cx_hashes hashes = hashes_of(&size);
        struct cx_hash root = root_of(leaves, size);

        for (size_t from = 1; from < size; from++) {
            struct cx_hash from_root = root_of(leaves, from);
            struct cx_path path, other;

            assert_true(cx_ok(cx_tree_consistency(&hashes, from, size, &path)));
            assert_false(grows(from, &wrong, size, &root, &path));
            assert_false(grows(from, &from_root, size, &wrong, &path));
            assert_false(grows(size, &root, from, &from_root, &path));
            for (size_t i = 0; i < size; i++) {
                assert_true(grows(i, &from_root, size, &root, &path) == (i == from));
            }
            for (size_t i = 0; i < path.n; i++) {
                other = path;
                other.v[i].b[31 - i % CX_HASH_SIZE] ^= 0x80;
                assert_false(grows(from, &from_root, size, &root, &other));
                other = path;
                memmove(other.v + i, other.v + i + 1, (path.n - i - 1) * sizeof(other.v[0]));
                other.n--;
                assert_false(grows(from, &from_root, size, &root, &other));
            }
            for (size_t i = 0; i <= path.n; i++) {
                other = path;
                memmove(other.v + i + 1, other.v + i, (path.n - i) * sizeof(other.v[0]));
                other.v[i] = from_root;
                other.n++;
                assert_false(grows(from, &from_root, size, &root, &other));
            }
        }
    }
}

TEST(between_equal_sizes_and_from_none_the_proof_is_empty)
{
    struct cx_path path = { .n = 9 }, none = { .n = 0 }, one = { .n = 1 };
    struct cx_hash empty, root;
    size_t size = 7;
    struct cx_hashes hashes = hashes_of(&size);

    make_leaves();
    root = root_of(leaves, size);
    assert_true(cx_ok(cx_tree_root(&hashes, 0, &empty)));
    assert_true(cx_ok(cx_tree_consistency(&hashes, 0, 7, &path)) && path.n == 0);
    path.n = 9;
    assert_true(cx_ok(cx_tree_consistency(&hashes, 7, 7, &path)) && path.n == 0);
    assert_true(grows(7, &root, 7, &root, &none));
    assert_false(grows(7, &root, 7, &root, &one));
    assert_false(grows(7, &empty, 7, &root, &none));
    assert_true(grows(0, &empty, 7, &root, &none));
    assert_false(grows(0, &empty, 7, &root, &one));
    assert_false(grows(0, &root, 7, &root, &none));
    assert_true(grows(0, &empty, 0, &empty, &none));
    assert_false(grows(0, &root, 0, &root, &none));
}

TEST(sizes_and_indexes_out_of_range_are_refused)
{
    static const uint64_t too_large = (uint64_t)1 << 63;
    struct cx_path path = { .n = 0 }, longer = { .n = CX_PATH_MAX + 1 };
    struct cx_hash root;
    struct cx_tails tails;
    size_t size = 7;
    struct cx_hashes hashes = hashes_of(&size);

    make_leaves();
    assert_int_equal(cx_tree_inclusion(&hashes, 7, 7, &path).code, CX_E_INTERNAL);
    assert_int_equal(cx_tree_inclusion(&hashes, 0, 0, &path).code, CX_E_INTERNAL);
    assert_int_equal(cx_tree_consistency(&hashes, 8, 7, &path).code, CX_E_INTERNAL);
    assert_int_equal(cx_tree_root(&hashes, too_large, &root).code, CX_E_INTERNAL);
    assert_int_equal(cx_tree_tails(&hashes, UINT64_MAX, &tails).code, CX_E_INTERNAL);
    assert_false(leads_to(&leaves[0], 0, 0, &path, &leaves[0]));
    assert_false(leads_to(&leaves[0], 1, 1, &path, &leaves[0]));
    assert_true(leads_to(&leaves[0], 0, 1, &path, &leaves[0]));
    assert_false(leads_to(&leaves[0], 0, too_large, &longer, &leaves[0]));
    assert_false(leads_to(&leaves[0], 0, INT64_MAX, &longer, &leaves[0]));
    assert_false(grows(1, &leaves[0], too_large, &leaves[0], &path));
    assert_false(grows(1, &leaves[0], INT64_MAX, &leaves[0], &longer));
}

static cx_status
get_any(void *ctx __attribute__((unused)), unsigned level, uint64_t index, struct cx_hash *ret)
{
    *ret = (struct cx_hash){ { (uint8_t)level, (uint8_t)index } };
    return CX_SUCCESS;
}

/* The one proof that could be longer than a path is refused. */
TEST(the_largest_trees_fit)
{
    static const struct cx_hashes hashes = { .get = get_any };
    struct cx_path path;

    assert_true(cx_ok(cx_tree_inclusion(&hashes, 0, INT64_MAX, &path)));
    assert_int_equal(path.n, CX_PATH_MAX);
    assert_true(cx_ok(cx_tree_inclusion(&hashes, INT64_MAX - 1, INT64_MAX, &path)));
    assert_true(cx_ok(cx_tree_consistency(&hashes, 1, INT64_MAX, &path)));
    assert_int_equal(cx_tree_consistency(&hashes, INT64_MAX - 2, INT64_MAX, &path).code,
                     CX_E_INTERNAL);
    assert_true(
        cx_ok(cx_tree_consistency(&hashes, ((uint64_t)1 << 61) - 3, (uint64_t)1 << 62, &path)));
}

static cx_status
get_nothing(void *ctx __attribute__((unused)), unsigned level __attribute__((unused)),
            uint64_t index __attribute__((unused)), struct cx_hash *ret __attribute__((unused)))
{
    return (cx_status){ CX_E_STORE };
}

TEST(failures_of_the_source_are_passed_on_and_leave_no_result)
{
    static const struct cx_hashes hashes = { .get = get_nothing };
    struct cx_path path, before;
    struct cx_hash root, root_before;

    memset(&path, 0x5a, sizeof(path));
    memset(&root, 0x5a, sizeof(root));
    before = path;
    root_before = root;
    assert_int_equal(cx_tree_root(&hashes, 5, &root).code, CX_E_STORE);
    assert_int_equal(cx_tree_inclusion(&hashes, 4, 5, &path).code, CX_E_STORE);
    assert_int_equal(cx_tree_consistency(&hashes, 3, 5, &path).code, CX_E_STORE);
    assert_memory_equal(&path, &before, sizeof(path));
    assert_memory_equal(&root, &root_before, sizeof(root));
}

/* ---- vectors */

static struct cx_hash
hash_of_hex(const char *hex)
{
    struct cx_hash ret;

    assert_int_equal(strlen(hex), 2 * CX_HASH_SIZE);
    for (size_t i = 0; i < CX_HASH_SIZE; i++) {
        ret.b[i] = (uint8_t)(cx_ascii_hex((uint8_t)hex[2 * i]) * 16 +
                             cx_ascii_hex((uint8_t)hex[2 * i + 1]));
    }
    return ret;
}

static void
assert_hash(const struct cx_hash *got, const char *hex)
{
    struct cx_hash expected = hash_of_hex(hex);

    assert_memory_equal(got->b, expected.b, CX_HASH_SIZE);
}

static const struct {
    const char *leaf, *root;
} vectors[] = {
    { "f94070abfd2da0bf72902eb13a808e794f954d9e2745c682a158f6ed0d4ac036",
      "f94070abfd2da0bf72902eb13a808e794f954d9e2745c682a158f6ed0d4ac036" },
    { "fb5d93e6cf90bc9470cd9ea9d9e12348993db3e854ab2b7660e3594767045f6c",
      "3badc80537f029e1bb77280dc85203cf2ed9748dc8f571230fcba5c326c91068" },
    { "3d1de776df086c1ae9f7049d2bb0c0475ad14185f987e064e8d10dcb2db4a322",
      "2cfef7627597e00b564975774ad728ef210706759fca6d64138c6dfc1cbf2cda" },
    { "d74a2d1f2af1c1cad6c5e8a86fc869162e7d1ea01e729abff17851d10948f994",
      "bd0070acbdc679a24cf44615841483fbfcc18aba00ae4dbe2a0c54af26cbd9fa" },
    { "67cbf349d6b4e4caf430a96751ca532214414c2f8c9f7c567abbc3e52f2df391",
      "87d50c5ea4b4e9c66a6350dc9cf80c85641a6dc2d4e86fbeeedca752fa4cdb4c" },
    { "06414f1ba4aaa2cd88d9523c2aa059c6686e62883284e3356a9fad97dfb5e619",
      "60d77797c87d5cfa135edd57b3db645a417edba5e6a1f4e2600c053f25478b1e" },
    { "b707747e8b09dfaac67d2c485e122fd7f64a377942f95f9db077dfd3cea31273",
      "8eefbabda4f08b5448b4dbb04eb1ebcf2cd86bf367d1c0fec3214882a91b7b9e" },
    { "0f0bf60167777c39ca5b27d4b0fb1dcd37b843775d8a5a1737126b1c4947db53",
      "daa05e291c183a06972d53a1046e0ac7d516a5e93c53139488f98abd0eca629d" },
};

TEST(vectors_of_leaves_and_roots)
{
    size_t size = CX_COUNT(vectors);
    struct cx_hashes hashes = hashes_of(&size);
    struct cx_hash root;

    make_leaves();
    for (size_t i = 0; i < CX_COUNT(vectors); i++) {
        assert_hash(&leaves[i], vectors[i].leaf);
        assert_true(cx_ok(cx_tree_root(&hashes, i + 1, &root)));
        assert_hash(&root, vectors[i].root);
    }
    assert_true(cx_ok(cx_tree_root(&hashes, 0, &root)));
    assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(vectors_of_proofs)
{
    static const char *const of_5_in_8[] = {
        "67cbf349d6b4e4caf430a96751ca532214414c2f8c9f7c567abbc3e52f2df391",
        "9417d9559ae54a2e8c30019162e6ef0b19e7a4fba231b24782a0f601e83900c0",
        "bd0070acbdc679a24cf44615841483fbfcc18aba00ae4dbe2a0c54af26cbd9fa",
    };
    static const char *const of_6_in_7[] = {
        "49341fdcaff60bfdace7afb9c813751bb784d60ab565c2b5ff885357a0574e81",
        "bd0070acbdc679a24cf44615841483fbfcc18aba00ae4dbe2a0c54af26cbd9fa",
    };
    size_t size = 8;
    struct cx_hashes hashes = hashes_of(&size);
    struct cx_path path;

    make_leaves();
    assert_true(cx_ok(cx_tree_inclusion(&hashes, 5, 8, &path)) && path.n == 3);
    for (size_t i = 0; i < path.n; i++) {
        assert_hash(&path.v[i], of_5_in_8[i]);
    }
    assert_true(cx_ok(cx_tree_inclusion(&hashes, 6, 7, &path)) && path.n == 2);
    for (size_t i = 0; i < path.n; i++) {
        assert_hash(&path.v[i], of_6_in_7[i]);
    }
    assert_true(cx_ok(cx_tree_inclusion(&hashes, 0, 1, &path)) && path.n == 0);
}

/* In hex what is base64 where it is published: the four hashes of 3 to 7, of which the last is that of 4 to 7. */
TEST(vectors_of_growth)
{
    static const char *const from_3_to_7[] = {
        "3d1de776df086c1ae9f7049d2bb0c0475ad14185f987e064e8d10dcb2db4a322",
        "d74a2d1f2af1c1cad6c5e8a86fc869162e7d1ea01e729abff17851d10948f994",
        "3badc80537f029e1bb77280dc85203cf2ed9748dc8f571230fcba5c326c91068",
        "2dd81c5911e734c69a745636d999003b5421ee20710736c8d22454b542da8d5c",
    };
    size_t size = 8;
    struct cx_hashes hashes = hashes_of(&size);
    struct cx_path path;

    make_leaves();
    assert_true(cx_ok(cx_tree_consistency(&hashes, 3, 7, &path)) && path.n == 4);
    for (size_t i = 0; i < path.n; i++) {
        assert_hash(&path.v[i], from_3_to_7[i]);
    }
    assert_true(cx_ok(cx_tree_consistency(&hashes, 4, 7, &path)) && path.n == 1);
    assert_hash(&path.v[0], from_3_to_7[3]);
    assert_true(cx_ok(cx_tree_consistency(&hashes, 6, 8, &path)) && path.n == 3);
    assert_hash(&path.v[0], "49341fdcaff60bfdace7afb9c813751bb784d60ab565c2b5ff885357a0574e81");
    assert_hash(&path.v[1], "9417d9559ae54a2e8c30019162e6ef0b19e7a4fba231b24782a0f601e83900c0");
    assert_hash(&path.v[2], "bd0070acbdc679a24cf44615841483fbfcc18aba00ae4dbe2a0c54af26cbd9fa");
}

/* The inputs that implementations of certificate transparency share. */
TEST(vector_of_other_implementations)
{
    static const uint8_t octets[] = { 0x00, 0x10, 0x20, 0x21, 0x30, 0x31, 0x40, 0x41, 0x42,
                                      0x43, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57,
                                      0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
                                      0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f };
    static const size_t lengths[] = { 0, 1, 1, 2, 2, 4, 8, 16 };
    size_t at = 0, size = 8;
    struct cx_hashes hashes = hashes_of(&size);
    struct cx_hash root;

    for (size_t i = 0; i < CX_COUNT(lengths); at += lengths[i++]) {
        assert_true(cx_ok(cx_hash_leaf((cx_span){ octets + at, lengths[i] }, &leaves[i])));
    }
    assert_int_equal(at, sizeof(octets));
    assert_true(cx_ok(cx_tree_root(&hashes, 8, &root)));
    assert_hash(&root, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(roots_are_those_of_the_definition),
    cmocka_unit_test(every_inclusion_proof_is_that_of_the_definition_and_verifies),
    cmocka_unit_test(every_consistency_proof_is_that_of_the_definition_and_verifies),
    cmocka_unit_test(an_inclusion_proof_holds_for_nothing_else),
    cmocka_unit_test(left_and_right_are_not_the_same),
    cmocka_unit_test(a_leaf_is_not_a_node),
    cmocka_unit_test(a_consistency_proof_holds_for_nothing_else),
    cmocka_unit_test(between_equal_sizes_and_from_none_the_proof_is_empty),
    cmocka_unit_test(sizes_and_indexes_out_of_range_are_refused),
    cmocka_unit_test(the_largest_trees_fit),
    cmocka_unit_test(failures_of_the_source_are_passed_on_and_leave_no_result),
    cmocka_unit_test(vectors_of_leaves_and_roots),
    cmocka_unit_test(vectors_of_proofs),
    cmocka_unit_test(vectors_of_growth),
    cmocka_unit_test(vector_of_other_implementations),
};

TEST_MAIN(tests)

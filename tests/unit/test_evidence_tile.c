#include "base/alloc.h"
#include "base/limits.h"
#include "build.h"
#include "evidence/tile.h"
#include "main.h"
#include "pki/digest.h"

#include <stdio.h>

/* ---- paths and bundles */

static const struct {
    const char *path;
    struct cx_tile tile;
} paths[] = {
    { "tile/0/000", { false, 0, 0, 256 } },
    { "tile/entries/000", { true, 0, 0, 256 } },
    { "tile/0/000.p/7", { false, 0, 0, 7 } },
    { "tile/entries/000.p/7", { true, 0, 0, 7 } },
    { "tile/0/999", { false, 0, 999, 256 } },
    { "tile/0/x001/000", { false, 0, 1000, 256 } },
    { "tile/3/x001/x234/067", { false, 3, 1234067, 256 } },
    { "tile/entries/x001/x234/067.p/255", { true, 0, 1234067, 255 } },
    { "tile/0/273.p/112", { false, 0, 273, 112 } },
    { "tile/2/000.p/1", { false, 2, 0, 1 } },
    { "tile/7/000.p/128", { false, 7, 0, 128 } },
    { "tile/6/127", { false, 6, 127, 256 } },
    { "tile/0/x036/x028/x797/x018/x963/967", { false, 0, ((uint64_t)1 << 55) - 1, 256 } },
};

TEST(paths_of_tiles_both_ways)
{
    for (size_t i = 0; i < CX_COUNT(paths); i++) {
        char path[CX_TILE_PATH_TEXT];
        struct cx_tile tile;

        cx_tile_path(&paths[i].tile, path);
        assert_string_equal(path, paths[i].path);
        ROW_TRUE(cx_tile_of_path(cx_str_of(path), &tile), path);
        assert_true(tile.entries == paths[i].tile.entries && tile.level == paths[i].tile.level &&
                    tile.index == paths[i].tile.index && tile.width == paths[i].tile.width);
    }
}

TEST(other_paths_are_refused)
{
    static const char *const bad[] = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/entries/",
        "/tile/0/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/x001/x000",
        "tile/0/001/000",
        "tile/0/X001/000",
        "tile/0/x01/000",
        "tile/0/-01",
        "tile/00/000",
        "tile/01/000",
        "tile//000",
        "tile/8/000",
        "tile/63/000",
        "tile/x/000",
        "tile/Entries/000",
        "tile/0/000 ",
        "tile/0/000\n",
        "tile/0/000/",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/07",
        "tile/0/000.p/256",
        "tile/0/000.p/1000",
        "tile/0/000.p/7/",
        "tile/0/000.p/7.p/7",
        "tile/0/../000",
        "checkpoint",
        "tile/7/001", /* no tree has so many leaves */
        "tile/7/000.p/129",
        "tile/6/128",
        "tile/0/x036/x028/x797/x018/x963/968",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/x000/x000/000",
    };
    struct cx_tile tile = { .index = 77 };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(!cx_tile_of_path(cx_str_of(bad[i]), &tile), bad[i]);
    }
    assert_false(cx_tile_of_path((cx_str){ "tile/0/000\0", 11 }, &tile));
    assert_false(cx_tile_of_path((cx_str){ NULL, 0 }, &tile));
    assert_int_equal(tile.index, 77);
}

/* Even of a struct that no tile can be. */
TEST(the_text_of_a_path_has_room)
{
    static const struct cx_tile worst = { false, UINT32_MAX, UINT64_MAX, UINT32_MAX };
    char path[CX_TILE_PATH_TEXT];

    cx_tile_path(&worst, path);
    assert_true(strlen(path) < CX_TILE_PATH_TEXT);
}

TEST(a_bundle_gives_back_its_entries)
{
    static char long_text[UINT16_MAX];
    cx_str entries[] = { CX_STR("one"), CX_STR(""), { long_text, sizeof(long_text) } };
    size_t at = 0;
    struct cx_buf buf;
    cx_span entry;
    bool more;

    cx_buf_init(&buf, 100000);
    for (size_t i = 0; i < CX_COUNT(entries); i++) {
        cx_bundle_put(&buf, cx_span_of_str(entries[i]));
    }
    assert_true(cx_buf_ok(&buf));
    assert_memory_equal(buf.p, "\0\3one\0\0\xff\xff", 9);
    for (size_t i = 0; i < CX_COUNT(entries); i++) {
        assert_true(cx_ok(cx_bundle_next(cx_span_of_str(cx_buf_str(&buf)), &at, &entry, &more)));
        assert_true(more && cx_span_equal(entry, cx_span_of_str(entries[i])));
    }
    assert_true(cx_ok(cx_bundle_next(cx_span_of_str(cx_buf_str(&buf)), &at, &entry, &more)));
    assert_false(more);
    assert_true(cx_ok(cx_bundle_next((cx_span){ NULL, 0 }, &(size_t){ 0 }, &entry, &more)));
    assert_false(more);
    cx_buf_done(&buf);
}

TEST(a_bundle_that_is_cut_is_refused)
{
    static const char *const cut[] = { "\0", "\0\3on", "\0\1o\0", "\0\1o\0\2x" };
    static const size_t lengths[] = { 1, 4, 4, 6 };

    for (size_t i = 0; i < CX_COUNT(cut); i++) {
        cx_span octets = { (const uint8_t *)cut[i], lengths[i] }, entry = { NULL, 99 };
        size_t at = 0, before;
        bool more = true;
        cx_status s;

        do {
            before = at;
            s = cx_bundle_next(octets, &at, &entry, &more);
        } while (cx_ok(s) && more);
        assert_int_equal(cx_status_class(s), CX_CLASS_MALFORMED);
        assert_int_equal(at, before);
    }
}

TEST(an_entry_that_no_bundle_can_hold_fails_the_buffer)
{
    static uint8_t octets[UINT16_MAX + 1];
    struct cx_buf buf;

    cx_buf_init(&buf, 100000);
    cx_bundle_put(&buf, (cx_span){ octets, sizeof(octets) });
    assert_false(cx_buf_ok(&buf));
    cx_buf_done(&buf);
}

/* ---- a store of tiles in memory, and a reference that keeps every leaf */

#define LEAVES_MAX ((size_t)66200)
#define STORED     ((size_t)300)

struct store {
    uint8_t octets[2][STORED][CX_TILE_OCTETS];
    size_t n[2]; /* tiles of levels 0 and 1, put in order */
    size_t gets;
    size_t fail_get_at; /* this one fails; 0: none */
    bool fails_put;
};

static cx_status
get_tile(void *ctx, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS])
{
    struct store *store = ctx;

    assert_true(level < 2 && index < store->n[level]);
    store->gets++;
    if (store->gets == store->fail_get_at) {
        return (cx_status){ CX_E_STORE };
    }
    memcpy(ret, store->octets[level][index], CX_TILE_OCTETS);
    return CX_SUCCESS;
}

/* Each tile once, in order, and one above level 0 after those below it. */
static cx_status
put_tile(void *ctx, unsigned level, uint64_t index, const uint8_t octets[CX_TILE_OCTETS])
{
    struct store *store = ctx;

    assert_true(level < 2 && index == store->n[level] && index < STORED);
    assert_true(level == 0 || store->n[0] == (index + 1) * CX_TILE_WIDTH);
    if (store->fails_put) {
        return (cx_status){ CX_E_STORE };
    }
    memcpy(store->octets[level][index], octets, CX_TILE_OCTETS);
    store->n[level]++;
    return CX_SUCCESS;
}

static struct store store;
static const struct cx_tiles tiles = { get_tile, put_tile, &store };
static struct cx_hash leaves[LEAVES_MAX];
/* nodes[level][index] of complete subtrees, made from the definition. */
static struct cx_hash *nodes[18];

static void
make_reference(void)
{
    if (nodes[0] != NULL) {
        return;
    }
    for (uint32_t i = 0; i < LEAVES_MAX; i++) {
        assert_true(cx_ok(cx_hash_leaf((cx_span){ (const uint8_t *)&i, sizeof(i) }, &leaves[i])));
    }
    nodes[0] = leaves;
    for (unsigned level = 1; level < CX_COUNT(nodes); level++) {
        size_t n = LEAVES_MAX >> level;

        nodes[level] = cx_alloc(n + 1, sizeof(*nodes[level]));
        assert_non_null(nodes[level]);
        for (size_t i = 0; i < n; i++) {
            assert_true(cx_ok(cx_hash_node(&nodes[level - 1][2 * i], &nodes[level - 1][2 * i + 1],
                                           &nodes[level][i])));
        }
    }
}

/* The root of leaves [from, to), as RFC 6962 splits them. */
static struct cx_hash
root_of(size_t from, size_t to)
{
    struct cx_hash left, right, ret;
    unsigned level = 0;

    while (((size_t)1 << level) < to - from) {
        level++;
    }
    if (to - from == (size_t)1 << level) {
        return nodes[level][from >> level];
    }
    level--;
    left = nodes[level][from >> level];
    right = root_of(from + ((size_t)1 << level), to);
    assert_true(cx_ok(cx_hash_node(&left, &right, &ret)));
    return ret;
}

static void
path_of(size_t index, size_t from, size_t to, struct cx_path *path)
{
    size_t k = 1;

    if (to - from == 1) {
        return;
    }
    while (k * 2 < to - from) {
        k *= 2;
    }
    if (index < from + k) {
        path_of(index, from, from + k, path);
        path->v[path->n++] = root_of(from + k, to);
    } else {
        path_of(index, from + k, to, path);
        path->v[path->n++] = root_of(from, from + k);
    }
}

static void
assert_proves(struct cx_edge *edge, size_t index, size_t size)
{
    struct cx_path path, expected = { .n = 0 };

    path_of(index, 0, size, &expected);
    assert_true(cx_ok(cx_edge_inclusion(edge, index, size, &path)));
    assert_int_equal(path.n, expected.n);
    assert_memory_equal(path.v, expected.v, path.n * sizeof(path.v[0]));
}

static void
assert_root(struct cx_edge *edge, size_t size)
{
    struct cx_hash root, expected = root_of(0, size);

    assert_int_equal(cx_edge_size(edge), size);
    assert_true(cx_ok(cx_edge_root(edge, &root)));
    assert_memory_equal(root.b, expected.b, CX_HASH_SIZE);
}

/* An edge of an empty tree and an empty store. */
static struct cx_edge *
edge_of_none(void)
{
    struct cx_edge *edge = NULL;

    make_reference();
    store.n[0] = store.n[1] = store.gets = store.fail_get_at = 0;
    store.fails_put = false;
    assert_true(cx_ok(cx_edge_new(&tiles, 0, NULL, &edge)));
    return edge;
}

static void
grow_to(struct cx_edge *edge, size_t size)
{
    for (size_t i = cx_edge_size(edge); i < size; i++) {
        assert_true(cx_ok(cx_edge_append(edge, &leaves[i])));
    }
}

static struct cx_edge *
reopen(size_t size)
{
    struct cx_edge *edge = NULL;

    assert_true(
        cx_ok(cx_edge_new(&tiles, size, leaves + size / CX_TILE_WIDTH * CX_TILE_WIDTH, &edge)));
    return edge;
}

TEST(a_tree_of_none_has_its_root)
{
    static const uint8_t none[] = { 0xe3, 0xb0, 0xc4, 0x42 };
    struct cx_edge *edge = edge_of_none();
    struct cx_hash root;
    struct cx_path path;

    assert_true(cx_ok(cx_edge_root(edge, &root)));
    assert_memory_equal(root.b, none, sizeof(none));
    assert_int_equal(cx_edge_inclusion(edge, 0, 0, &path).code, CX_E_INTERNAL);
    cx_edge_free(edge);
    cx_edge_free(NULL);
}

TEST(every_proof_of_every_size_while_it_grows)
{
    struct cx_edge *edge = edge_of_none();

    for (size_t size = 1; size <= 600; size++) {
        grow_to(edge, size);
        assert_root(edge, size);
        for (size_t index = 0; index < size; index++) {
            assert_proves(edge, index, size);
        }
    }
    for (size_t size = 1; size <= 600; size++) { /* and of what it was before */
        assert_proves(edge, size / 2, size);
        assert_proves(edge, size - 1, size);
    }
    assert_int_equal(store.n[0], 2);
    assert_int_equal(store.gets, 0);
    cx_edge_free(edge);
}

/* Also that it grows on as if it had never been closed. */
TEST(every_proof_of_every_size_after_it_was_opened_again)
{
    struct cx_edge *first = edge_of_none();

    grow_to(first, 600);
    cx_edge_free(first);
    for (size_t size = 0; size <= 600; size++) {
        struct cx_edge *edge;

        store.n[0] = size / CX_TILE_WIDTH;
        edge = reopen(size);
        if (size != 0) {
            assert_root(edge, size);
        }
        for (size_t index = 0; index < size; index++) {
            assert_proves(edge, index, size);
        }
        grow_to(edge, size + 260);
        assert_root(edge, size + 260);
        assert_proves(edge, size / 2, size + 260);
        cx_edge_free(edge);
    }
}

TEST(tiles_are_those_of_the_definition)
{
    struct cx_edge *edge = edge_of_none();

    grow_to(edge, LEAVES_MAX);
    assert_int_equal(store.n[0], LEAVES_MAX / CX_TILE_WIDTH);
    assert_int_equal(store.n[1], 1);
    for (size_t i = 0; i < store.n[0]; i++) {
        assert_memory_equal(store.octets[0][i], leaves + i * CX_TILE_WIDTH, CX_TILE_OCTETS);
    }
    assert_memory_equal(store.octets[1][0], nodes[8], CX_TILE_OCTETS);
    cx_edge_free(edge);
}

/* Around the size at which levels 0 and 1 become full together. */
TEST(proofs_around_a_full_tile_of_full_tiles)
{
    static const size_t sizes[] = { 65279, 65280, 65281, 65535, 65536, 65537,
                                    65791, 65792, 65793, 66047, 66049 };
    struct cx_edge *edge = edge_of_none();

    for (size_t i = 0; i < CX_COUNT(sizes); i++) {
        struct cx_edge *again;

        grow_to(edge, sizes[i]);
        again = reopen(sizes[i]);
        assert_root(edge, sizes[i]);
        assert_root(again, sizes[i]);
        for (size_t index = 0; index < sizes[i]; index += 251) {
            assert_proves(edge, index, sizes[i]);
            assert_proves(again, sizes[i] - 1 - index, sizes[i]);
        }
        cx_edge_free(again);
    }
    cx_edge_free(edge);
}

/* In the order in which nothing that was read before helps. */
TEST(proofs_of_a_batch_read_nothing)
{
    const size_t batch = (size_t)CX_EDGE_TILES * CX_TILE_WIDTH, size = 65536 + 100;
    struct cx_edge *edge = edge_of_none();

    grow_to(edge, size);
    for (size_t i = 0; i < batch; i++) {
        struct cx_path path;
        size_t index = size - batch + i * 4099 % batch;

        assert_true(cx_ok(cx_edge_inclusion(edge, index, size, &path)));
    }
    assert_int_equal(store.gets, 0);
    assert_proves(edge, 5, size); /* an older one reads its tile, once */
    assert_int_equal(store.gets, 1);
    assert_proves(edge, 6, size);
    assert_int_equal(store.gets, 1);
    cx_edge_free(edge);
}

TEST(proofs_of_growth_from_an_edge)
{
    struct cx_edge *edge = edge_of_none();
    struct cx_hashes hashes = cx_edge_hashes(edge);

    grow_to(edge, 66000);
    for (size_t from = 1; from < 66000; from += 997) {
        struct cx_hash from_root = root_of(0, from), root = root_of(0, 66000);
        struct cx_path path;

        assert_true(cx_ok(cx_tree_consistency(&hashes, from, 66000, &path)));
        assert_true(cx_ok(cx_consistency_verify(from, &from_root, 66000, &root, &path)));
    }
    cx_edge_free(edge);
}

TEST(what_is_not_in_the_tree_is_refused)
{
    struct cx_edge *edge = edge_of_none();
    struct cx_hashes hashes = cx_edge_hashes(edge);
    struct cx_hash hash = { { 7 } }, before = hash;
    struct cx_path path;

    grow_to(edge, 300);
    assert_int_equal(hashes.get(hashes.ctx, 0, 300, &hash).code, CX_E_INTERNAL);
    assert_int_equal(hashes.get(hashes.ctx, 8, 1, &hash).code, CX_E_INTERNAL);
    assert_int_equal(hashes.get(hashes.ctx, 9, 0, &hash).code, CX_E_INTERNAL);
    assert_int_equal(hashes.get(hashes.ctx, 63, 0, &hash).code, CX_E_INTERNAL);
    assert_int_equal(hashes.get(hashes.ctx, 200, 0, &hash).code, CX_E_INTERNAL);
    assert_int_equal(hashes.get(hashes.ctx, 0, UINT64_MAX, &hash).code, CX_E_INTERNAL);
    assert_true(cx_hash_equal(&hash, &before));
    assert_int_equal(cx_edge_inclusion(edge, 0, 301, &path).code, CX_E_INTERNAL);
    assert_int_equal(cx_edge_inclusion(edge, 300, 300, &path).code, CX_E_INTERNAL);
    assert_proves(edge, 299, 300); /* and it works as before */
    cx_edge_free(edge);
}

TEST(failures_of_the_store_are_passed_on)
{
    struct cx_edge *edge = edge_of_none(), *again = NULL;
    struct cx_path path;

    grow_to(edge, 65636);
    store.fail_get_at = 1;
    assert_int_equal(cx_edge_inclusion(edge, 5, 65636, &path).code, CX_E_STORE);
    assert_proves(edge, 5, 65636); /* nothing half read was kept */
    store.gets = 0;
    store.fail_get_at = 3;
    assert_int_equal(cx_edge_new(&tiles, 1024, NULL, &again).code, CX_E_STORE);
    assert_null(again);
    store.fails_put = true;
    grow_to(edge, 65791);
    assert_int_equal(cx_edge_append(edge, &leaves[65791]).code, CX_E_STORE);
    cx_edge_free(edge);
}

TEST(a_size_that_no_tree_has_is_refused)
{
    struct cx_edge *edge = NULL;

    assert_int_equal(cx_edge_new(&tiles, (uint64_t)1 << 63, leaves, &edge).code, CX_E_LIMIT);
    assert_null(edge);
}

TEST(an_edge_survives_every_oom)
{
    size_t nth = 0, seen;
    cx_status status;

    cx_edge_free(edge_of_none());
    do {
        struct cx_edge *edge = NULL;

        store.n[0] = 0;
        (void)cx_alloc_fail_nth(++nth);
        status = cx_edge_new(&tiles, 0, NULL, &edge);
        for (size_t i = 0; i < 300 && cx_ok(status); i++) {
            status = cx_edge_append(edge, &leaves[i]);
        }
        seen = cx_alloc_fail_nth(0);
        assert_true(cx_ok(status) || cx_status_class(status) == CX_CLASS_NOMEM);
        assert_true(cx_ok(status) == (seen < nth));
        cx_edge_free(edge);
    } while (!cx_ok(status));
    assert_true(nth > 3);
}

/* What is published of a tree of 7: the bundle and the tile of level 0. */
TEST(vectors_of_a_partial_tile)
{
    static const uint8_t bundle_digest[] = {
        0x4c, 0x97, 0x46, 0xac, 0xcf, 0x9f, 0x0f, 0x31, 0x94, 0x7e, 0x82,
        0xa7, 0x42, 0xd0, 0x07, 0x44, 0x11, 0x31, 0x56, 0x9a, 0x67, 0xb4,
        0x93, 0x76, 0x63, 0x00, 0x1b, 0x22, 0xb6, 0x05, 0xf0, 0x2b,
    };
    static const uint8_t tile_digest[] = {
        0x67, 0x43, 0x3b, 0x98, 0xac, 0xc7, 0x81, 0x9b, 0x85, 0x4f, 0xd6,
        0x2e, 0xdd, 0xd2, 0x53, 0x5b, 0x02, 0xdb, 0xf9, 0x4a, 0xe4, 0xe9,
        0x1a, 0xb8, 0x2e, 0x0c, 0x4f, 0x87, 0x85, 0x6c, 0x64, 0x78,
    };
    uint8_t tile[7 * CX_HASH_SIZE], digest[CX_SHA256_SIZE];
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    for (unsigned i = 0; i < 7; i++) {
        char text[32];
        int n = snprintf(text, sizeof(text), "{\"n\":%u}", i);
        cx_span entry = { (const uint8_t *)text, (size_t)n };
        struct cx_hash leaf;

        cx_bundle_put(&buf, entry);
        assert_true(cx_ok(cx_hash_leaf(entry, &leaf)));
        memcpy(tile + i * CX_HASH_SIZE, leaf.b, CX_HASH_SIZE);
    }
    assert_int_equal(buf.n, 63);
    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_buf_str(&buf)), digest)));
    assert_memory_equal(digest, bundle_digest, sizeof(digest));
    assert_true(cx_ok(cx_sha256((cx_span){ tile, sizeof(tile) }, digest)));
    assert_memory_equal(digest, tile_digest, sizeof(digest));
    cx_buf_done(&buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(paths_of_tiles_both_ways),
    cmocka_unit_test(other_paths_are_refused),
    cmocka_unit_test(the_text_of_a_path_has_room),
    cmocka_unit_test(a_bundle_gives_back_its_entries),
    cmocka_unit_test(a_bundle_that_is_cut_is_refused),
    cmocka_unit_test(an_entry_that_no_bundle_can_hold_fails_the_buffer),
    cmocka_unit_test(a_tree_of_none_has_its_root),
    cmocka_unit_test(every_proof_of_every_size_while_it_grows),
    cmocka_unit_test(every_proof_of_every_size_after_it_was_opened_again),
    cmocka_unit_test(tiles_are_those_of_the_definition),
    cmocka_unit_test(proofs_around_a_full_tile_of_full_tiles),
    cmocka_unit_test(proofs_of_a_batch_read_nothing),
    cmocka_unit_test(proofs_of_growth_from_an_edge),
    cmocka_unit_test(what_is_not_in_the_tree_is_refused),
    cmocka_unit_test(failures_of_the_store_are_passed_on),
    cmocka_unit_test(a_size_that_no_tree_has_is_refused),
    cmocka_unit_test(an_edge_survives_every_oom),
    cmocka_unit_test(vectors_of_a_partial_tile),
};

TEST_MAIN(tests)

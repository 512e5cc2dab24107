#include "base/limits.h"
#include "bin/caaproofd/published.h"
#include "bin/caaproofd/tile_path.h"
#include "logs.h"
#include "main.h"

#include <string.h>

/* What outsiders see of the log: paths, what front and recorder say to each other about them, and what the recorder shows. */

#define ENTRIES 700 /* with the begin of the shard two full tiles, and one of 189 */

/* ---- paths */

TEST(each_part_of_the_log_has_one_path)
{
    static const struct {
        const char *path;
        struct op_tile what;
    } rows[] = {
        { "/v1/log/1/checkpoint", { .shard = 1, .is_checkpoint = true } },
        { "/v1/log/123456789012345678/checkpoint",
          { .shard = 123456789012345678u, .is_checkpoint = true } },
        { "/v1/log/1/tile/0/000", { .shard = 1, .tile = { .width = 256 } } },
        { "/v1/log/20/tile/0/000.p/1", { .shard = 20, .tile = { .width = 1 } } },
        { "/v1/log/1/tile/4/x001/x234/067.p/255",
          { .shard = 1, .tile = { .level = 4, .index = 1234067, .width = 255 } } },
        { "/v1/log/1/tile/entries/x001/000",
          { .shard = 1, .tile = { .entries = true, .index = 1000, .width = 256 } } },
        { "/v1/log/1/tile/entries/002.p/188",
          { .shard = 1, .tile = { .entries = true, .index = 2, .width = 188 } } },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct op_tile what;

        ROW_TRUE(tile_of_path(cx_str_of(rows[i].path), &what), rows[i].path);
        ROW_TRUE(what.shard == rows[i].what.shard &&
                     what.is_checkpoint == rows[i].what.is_checkpoint &&
                     what.tile.entries == rows[i].what.tile.entries &&
                     what.tile.level == rows[i].what.tile.level &&
                     what.tile.index == rows[i].what.tile.index &&
                     what.tile.width == rows[i].what.tile.width,
                 rows[i].path);
    }
}

TEST(other_paths_are_none)
{
    static const char *const bad[] = {
        "",
        "/v1/log",
        "/v1/log/",
        "/v1/log/checkpoint",
        "/v1/log/0/checkpoint",
        "/v1/log/01/checkpoint",
        "/v1/log/-1/checkpoint",
        "/v1/log/ 1/checkpoint",
        "/v1/log/1checkpoint",
        "/v1/log/1",
        "/v1/log/1/",
        "/v1/log/1/checkpoint/",
        "/v1/log/1/checkpoints",
        "/v1/log/1//checkpoint",
        "/v1/log/1234567890123456789/checkpoint",
        "/v1/log/1/tile",
        "/v1/log/1/tile/0",
        "/v1/log/1/tile/8/000",
        "/v1/log/1/tile/0/0",
        "/v1/log/1/tile/0/000.p/0",
        "/v1/log/1/tile/0/000.p/256",
        "/v1/log/1/tile/entries/000.p/",
        "/v1/log/1/tile/../checkpoint",
        "/v1/log/1/../2/checkpoint",
        "/v1/logs/1/checkpoint",
        "/log/1/checkpoint",
    };
    const cx_str nul = { "/v1/log/1/checkpoint\0", 21 };
    struct op_tile what = { .shard = 77 };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(!tile_of_path(cx_str_of(bad[i]), &what), bad[i]);
    }
    assert_false(tile_of_path(nul, &what));
    assert_int_equal(what.shard, 77); /* untouched */
}

/* ---- between front and recorder */

static cx_span
frame_body(const struct cx_buf *buf, unsigned kind)
{
    struct op_frame frame;
    bool more;

    assert_true(cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(buf)), &frame, &more)) && !more);
    assert_int_equal(frame.kind, kind);
    assert_int_equal(frame.size, buf->n);
    return frame.body;
}

TEST(what_is_asked_for_arrives)
{
    static const char *const paths[] = { "/v1/log/3/checkpoint", "/v1/log/3/tile/0/000",
                                         "/v1/log/3/tile/4/x001/x234/067.p/255",
                                         "/v1/log/3/tile/entries/002.p/188" };

    for (size_t i = 0; i < CX_COUNT(paths); i++) {
        struct op_tile what, got;
        struct cx_buf buf;

        cx_buf_init(&buf, CX_OP_MAX);
        assert_true(tile_of_path(cx_str_of(paths[i]), &what));
        what.seq = 4000000000u + (uint32_t)i;
        op_put_tile(&buf, &what);
        ROW_TRUE(cx_ok(op_get_tile(frame_body(&buf, OP_TILE), &got)), paths[i]);
        ROW_TRUE(got.seq == what.seq && got.shard == 3 && got.is_checkpoint == what.is_checkpoint &&
                     got.tile.entries == what.tile.entries && got.tile.level == what.tile.level &&
                     got.tile.index == what.tile.index && got.tile.width == what.tile.width,
                 paths[i]);
        cx_buf_done(&buf);
    }
}

TEST(what_no_front_asks_for_is_refused)
{
    static const struct op_tile bad[] = {
        { .shard = (uint64_t)1 << 63, .is_checkpoint = true },
        { .shard = 1, .is_checkpoint = true, .tile = { .width = 1 } },
        { .shard = 1, .is_checkpoint = true, .tile = { .index = 1 } },
        { .shard = 1, .tile = { .width = 0 } },
        { .shard = 1, .tile = { .width = 257 } },
        { .shard = 1, .tile = { .level = 8, .width = 1 } },
        { .shard = 1, .tile = { .index = (uint64_t)1 << 55, .width = 1 } },
        { .shard = 1, .tile = { .entries = true, .level = 1, .width = 1 } },
    };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct op_tile got = { .shard = 77 };
        struct cx_buf buf;
        cx_span body;

        cx_buf_init(&buf, CX_OP_MAX);
        op_put_tile(&buf, &bad[i]);
        body = frame_body(&buf, OP_TILE);
        assert_int_equal(op_get_tile(body, &got).code, CX_E_FRAME);
        assert_int_equal(got.shard, 77);
        cx_buf_done(&buf);
    }
}

TEST(octets_arrive_as_they_are)
{
    const struct op_octets op = { .seq = 5, .status = 200, .octets = { "a\0\xff", 3 } };
    struct op_octets got;
    struct cx_buf buf;
    cx_span body;

    cx_buf_init(&buf, CX_OP_MAX);
    op_put_octets(&buf, &op);
    body = frame_body(&buf, OP_OCTETS);
    assert_true(cx_ok(op_get_octets(body, &got)));
    assert_true(got.seq == 5 && got.status == 200 && cx_str_equal(got.octets, op.octets));
    for (size_t n = 0; n < body.n; n++) {
        assert_int_equal(op_get_octets((cx_span){ body.p, n }, &got).code, CX_E_FRAME);
    }
    cx_buf_done(&buf);
}

/* ---- what is shown */

struct desk {
    struct test_log log;
    struct published *published;
    struct cx_buf buf;
    uint64_t now_ms;
};

static void
desk_make(struct desk *d, uint64_t entries)
{
    *d = (struct desk){ .now_ms = 1000000 };
    test_log_make(&d->log, 0);
    test_log_fill(&d->log, 0, entries);
    d->published = published_new(d->log.store);
    assert_non_null(d->published);
    cx_buf_init(&d->buf, CX_NOTE_OCTETS_MAX);
}

static void
desk_remove(struct desk *d)
{
    published_free(d->published);
    cx_buf_done(&d->buf);
    test_log_remove(&d->log);
}

/* Into buf; false: there is no such thing. */
static bool
get(struct desk *d, const char *path)
{
    struct cx_detail detail = { .text = "" };
    struct op_tile what;
    bool found = false;

    cx_buf_clear(&d->buf);
    assert_true(tile_of_path(cx_str_of(path), &what));
    SCRATCH_OK(published_get(d->published, &what, d->now_ms, &d->buf, &found, &detail));
    assert_true(found || d->buf.n == 0);
    return found;
}

static uint64_t
shown_size(struct desk *d, struct cx_hash *ret_root)
{
    uint64_t size;

    assert_true(get(d, "/v1/log/1/checkpoint"));
    test_checkpoint(&d->log, cx_buf_str(&d->buf), &size, ret_root);
    return size;
}

/* By pairs, one without a sibling being its own parent: other code than that of the tree. */
static void
root_of(const struct cx_hash *hashes, size_t n, struct cx_hash *ret)
{
    static struct cx_hash level[ENTRIES + 1];

    memcpy(level, hashes, n * sizeof(*level));
    while (n > 1) {
        for (size_t i = 0; i + 1 < n; i += 2) {
            assert_true(cx_ok(cx_hash_node(&level[i], &level[i + 1], &level[i / 2])));
        }
        if (n % 2 == 1) {
            level[n / 2] = level[n - 1];
        }
        n = (n + 1) / 2;
    }
    *ret = level[0];
}

/* The hashes of a tile of level 0, and that they are those of its entries. */
static void
get_leaves(struct desk *d, struct cx_tile tile, struct cx_hash *ret)
{
    char path[100] = "/v1/log/1/";
    char *below = path + strlen(path);
    struct cx_hash leaf;
    bool more = true;
    size_t at = 0;

    cx_tile_path(&tile, below);
    assert_true(get(d, path));
    assert_int_equal(d->buf.n, (size_t)tile.width * CX_HASH_SIZE);
    memcpy(ret, d->buf.p, d->buf.n);
    tile.entries = true;
    cx_tile_path(&tile, below);
    assert_true(get(d, path));
    for (unsigned i = 0; i < tile.width; i++) {
        cx_span entry;

        assert_true(cx_ok(cx_bundle_next(cx_span_of_str(cx_buf_str(&d->buf)), &at, &entry, &more)));
        assert_true(more && cx_ok(cx_hash_leaf(entry, &leaf)) && cx_hash_equal(&leaf, &ret[i]));
    }
    assert_int_equal(at, d->buf.n);
}

TEST(tiles_lead_to_the_root_of_the_checkpoint)
{
    static struct cx_hash leaves[ENTRIES + 1], uppers[2];
    struct cx_hash root, upper;
    uint64_t size;
    struct desk d;

    desk_make(&d, ENTRIES);
    size = shown_size(&d, &root);
    assert_int_equal(size, ENTRIES + 1); /* with the begin of the shard */
    for (uint64_t at = 0; at < size; at += CX_TILE_WIDTH) {
        unsigned width = (unsigned)(size - at < CX_TILE_WIDTH ? size - at : CX_TILE_WIDTH);
        struct cx_tile tile = { .index = at / CX_TILE_WIDTH, .width = width };

        get_leaves(&d, tile, &leaves[at]);
    }
    assert_true(get(&d, "/v1/log/1/tile/1/000.p/2"));
    memcpy(uppers, d.buf.p, d.buf.n);
    for (size_t i = 0; i < 2; i++) {
        root_of(&leaves[i * CX_TILE_WIDTH], CX_TILE_WIDTH, &upper);
        assert_true(cx_hash_equal(&upper, &uppers[i]));
    }
    root_of(leaves, size, &upper);
    assert_true(cx_hash_equal(&upper, &root));
    desk_remove(&d);
}

TEST(nothing_is_shown_that_is_not_covered)
{
    static const struct {
        const char *path;
        bool there;
    } rows[] = {
        { "/v1/log/1/tile/0/001", true },
        { "/v1/log/1/tile/0/002.p/189", true },
        { "/v1/log/1/tile/0/002.p/1", true }, /* of an earlier tree */
        { "/v1/log/1/tile/0/002.p/190", false },
        { "/v1/log/1/tile/0/002", false },
        { "/v1/log/1/tile/0/003.p/1", false },
        { "/v1/log/1/tile/entries/001", true },
        { "/v1/log/1/tile/entries/002.p/189", true },
        { "/v1/log/1/tile/entries/002.p/190", false },
        { "/v1/log/1/tile/entries/003.p/1", false },
        { "/v1/log/1/tile/1/000.p/1", true },
        { "/v1/log/1/tile/1/000.p/2", true },
        { "/v1/log/1/tile/1/000.p/3", false },
        { "/v1/log/1/tile/2/000.p/1", false },
        { "/v1/log/1/tile/7/000.p/1", false },
        { "/v1/log/1/tile/0/x035/x184/x372/x088/x831.p/1", false },
        { "/v1/log/1/tile/0/x036/x028/x797/x018/x963/967", false }, /* 2^55 - 1 */
        { "/v1/log/2/checkpoint", false },
        { "/v1/log/2/tile/0/000.p/1", false },
    };
    struct desk d;

    desk_make(&d, ENTRIES);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct op_tile what;

        if (tile_of_path(cx_str_of(rows[i].path), &what)) {
            ROW_TRUE(get(&d, rows[i].path) == rows[i].there, rows[i].path);
        } else {
            ROW_TRUE(!rows[i].there, rows[i].path);
        }
    }
    desk_remove(&d);
}

TEST(the_checkpoint_moves_at_most_once_a_second)
{
    struct cx_hash root, first;
    struct desk d;

    desk_make(&d, 10);
    assert_int_equal(shown_size(&d, &first), 11);
    test_log_fill(&d.log, 10, 20);
    d.now_ms += CX_PUBLISH_MS - 1;
    assert_int_equal(shown_size(&d, &root), 11);
    assert_true(cx_hash_equal(&root, &first));
    assert_false(get(&d, "/v1/log/1/tile/0/000.p/12")); /* nor is what lies behind it shown */
    d.now_ms += 1;
    assert_int_equal(shown_size(&d, &root), 21);
    assert_true(get(&d, "/v1/log/1/tile/0/000.p/12"));
    test_log_fill(&d.log, 20, 30);
    assert_int_equal(shown_size(&d, &root), 21);
    d.now_ms -= 1; /* a clock that was set back does not hold it for ever */
    assert_int_equal(shown_size(&d, &root), 31);
    desk_remove(&d);
}

TEST(a_later_shard_is_shown_beside_the_sealed_one)
{
    struct cx_detail detail = { .text = "" };
    struct cx_hash root;
    struct desk d;

    desk_make(&d, 10);
    assert_int_equal(shown_size(&d, &root), 11);
    SCRATCH_OK(cx_log_seal(d.log.log, &detail));
    assert_false(get(&d, "/v1/log/2/checkpoint"));
    d.now_ms += CX_PUBLISH_MS;
    assert_true(get(&d, "/v1/log/2/checkpoint"));
    assert_true(get(&d, "/v1/log/2/tile/entries/000.p/1"));
    assert_true(get(&d, "/v1/log/1/tile/entries/000.p/12")); /* its seal */
    assert_true(get(&d, "/v1/log/1/checkpoint"));
    desk_remove(&d);
}

TEST(a_store_that_cannot_be_read_is_an_error_and_not_nothing)
{
    const struct op_tile what = { .shard = 1, .is_checkpoint = true };
    struct cx_detail detail = { .text = "" };
    struct published *published = published_new("/nonexistent/store");
    struct cx_buf buf;
    bool found = true;

    assert_non_null(published);
    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    assert_false(cx_ok(published_get(published, &what, 0, &buf, &found, &detail)));
    assert_true(found && buf.n == 0 && detail.text[0] != '\0'); /* untouched */
    cx_buf_done(&buf);
    published_free(published);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_part_of_the_log_has_one_path),
    cmocka_unit_test(other_paths_are_none),
    cmocka_unit_test(what_is_asked_for_arrives),
    cmocka_unit_test(what_no_front_asks_for_is_refused),
    cmocka_unit_test(octets_arrive_as_they_are),
    cmocka_unit_test(tiles_lead_to_the_root_of_the_checkpoint),
    cmocka_unit_test(nothing_is_shown_that_is_not_covered),
    cmocka_unit_test(the_checkpoint_moves_at_most_once_a_second),
    cmocka_unit_test(a_later_shard_is_shown_beside_the_sealed_one),
    cmocka_unit_test(a_store_that_cannot_be_read_is_an_error_and_not_nothing),
};

TEST_MAIN(tests)

#include "base/limits.h"
#include "evidence/chain.h"
#include "flip.h"
#include "main.h"
#include "shape.h"

#define ARENA_CAP ((size_t)1 << 20)

/* ---- round trips */

static bool
begin_again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_begin begin;

    (void)arena;
    if (!cx_ok(cx_begin_decode(octets, &begin, NULL))) {
        return false;
    }
    cx_begin_encode(&begin, buf);
    return cx_buf_ok(buf);
}

static bool
seal_again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_seal seal;

    (void)arena;
    if (!cx_ok(cx_seal_decode(octets, &seal, NULL))) {
        return false;
    }
    cx_seal_encode(&seal, buf);
    return cx_buf_ok(buf);
}

static const struct flip_kind begin_kind = { begin_again, CX_CHAIN_SALT, 0 };
static const struct flip_kind seal_kind = { seal_again, CX_CHAIN_SALT, 0 };

static struct cx_begin
a_begin(void)
{
    return (struct cx_begin){
        .salt = { 1, 2, 3 },
        .time_ms = UINT64_C(1795348800123),
        .origin = CX_STR("log.ca.example/caa/2"),
        .vkey = CX_STR("log.ca.example/caa/2+00000000+AQ"),
        .has_before = true,
        .before = { CX_STR("log.ca.example/caa/1"),
                    CX_STR("log.ca.example/caa/1+00000000+AQ"),
                    { (const uint8_t *)"note\xff", 5 },
                    { (const uint8_t *)"later", 5 } },
        .software = CX_STR("caaproof 0.1.0"),
    };
}

static bool
same_begin(const struct cx_begin *a, const struct cx_begin *b)
{
    return memcmp(a->salt, b->salt, CX_CHAIN_SALT) == 0 && a->time_ms == b->time_ms &&
           cx_str_equal(a->origin, b->origin) && cx_str_equal(a->vkey, b->vkey) &&
           a->has_before == b->has_before && cx_str_equal(a->before.origin, b->before.origin) &&
           cx_str_equal(a->before.vkey, b->before.vkey) &&
           cx_span_equal(a->before.checkpoint, b->before.checkpoint) &&
           cx_span_equal(a->before.later, b->before.later) &&
           cx_str_equal(a->software, b->software);
}

/* With and without each optional member. */
TEST(what_is_written_is_read_and_written_again)
{
    struct cx_arena arena;

    cx_arena_init(&arena, ARENA_CAP);
    for (int without = 0; without < 8; without++) {
        struct cx_begin begin = a_begin(), read;
        struct cx_buf buf;
        cx_span octets;

        if ((without & 1) != 0) {
            begin.software = (cx_str){ NULL, 0 };
        }
        if ((without & 2) != 0) {
            begin.before.later = (cx_span){ NULL, 0 };
        }
        if ((without & 4) != 0) {
            begin.has_before = false;
            memset(&begin.before, 0, sizeof(begin.before));
        }
        cx_buf_init(&buf, 1000);
        cx_begin_encode(&begin, &buf);
        assert_true(cx_buf_ok(&buf));
        octets = cx_span_of_str(cx_buf_str(&buf));
        assert_true(cx_ok(cx_begin_decode(octets, &read, NULL)));
        assert_true(same_begin(&begin, &read));
        (void)flip_every_bit(octets, begin_kind, &arena);
        cut_everywhere(octets, begin_kind, &arena);
        cx_buf_done(&buf);
    }
    cx_arena_done(&arena);
}

TEST(a_seal_is_read_and_written_again)
{
    struct cx_seal seal = {
        .salt = { 9 }, .time_ms = UINT64_MAX, .origin = CX_STR("o"), .vkey = CX_STR("v")
    };
    struct cx_seal read;
    struct cx_arena arena;
    struct cx_buf buf;
    cx_span octets;

    cx_arena_init(&arena, ARENA_CAP);
    cx_buf_init(&buf, 1000);
    cx_seal_encode(&seal, &buf);
    octets = cx_span_of_str(cx_buf_str(&buf));
    assert_true(cx_ok(cx_seal_decode(octets, &read, NULL)));
    assert_true(read.time_ms == seal.time_ms && cx_str_equal(read.origin, seal.origin) &&
                cx_str_equal(read.vkey, seal.vkey) && read.salt[0] == 9);
    (void)flip_every_bit(octets, seal_kind, &arena);
    cut_everywhere(octets, seal_kind, &arena);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

/* ---- member by member */

#define SALT   "01000000000000000000000000000000"
#define BEFORE "a4 00 61 6f 01 61 76 02 41 63 03 41 6c"

static const struct {
    const char *key, *value;
} members[] = { { "00", "01" },    { "01", "182a" }, { "02", "61 6f" },
                { "03", "61 76" }, { "04", BEFORE }, { "05", "61 73" } };

/* One member replaced or added; none with value NULL. A seal has the first four. */
static bool
accepts(size_t n, const char *key, const char *value)
{
    struct cx_begin begin;
    struct cx_seal seal;
    static struct shape shape;
    struct octets octets;
    char text[SHAPE_TEXT];

    shape.n = 0;
    for (size_t i = 0; i < n; i++) {
        shape_put(&shape, members[i].key, members[i].value);
    }
    if (value == NULL) {
        shape_drop(&shape, key);
    } else {
        shape_put(&shape, key, value);
    }
    shape_text(&shape, SALT, text);
    octets = octets_of_hex(text);
    return n == 4 ? cx_ok(cx_seal_decode(octets_span(&octets), &seal, NULL))
                  : cx_ok(cx_begin_decode(octets_span(&octets), &begin, NULL));
}

TEST(members_that_are_needed_and_keys_that_are_not_known)
{
    static const char *const critical[] = { "06", "17", "1818", "1b7fffffffffffffff", "6161" };

    for (size_t n = 4; n <= 6; n += 2) {
        for (size_t i = 0; i < n; i++) {
            ROW_TRUE(accepts(n, members[i].key, NULL) == (i > 3), members[i].key);
        }
        for (size_t i = 0; i < CX_COUNT(critical); i++) {
            ROW_TRUE(!accepts(n, critical[i], "00"), critical[i]);
        }
        assert_true(accepts(n, "20", "a1 6161 1bffffffffffffffff"));
        assert_true(accepts(n, "3903e7", "f6"));
        assert_false(accepts(n, "20", "1800"));
        assert_false(accepts(n, "20", "f7"));
    }
    assert_false(accepts(4, "04", BEFORE)); /* not in a seal */
}

TEST(what_is_wrong_is_refused)
{
    static const struct {
        const char *about, *key, *value;
    } rows[] = {
        { "version 0", "00", "00" },
        { "version 2", "00", "02" },
        { "before 1970", "01", "20" },
        { "an origin in octets", "02", "41 6f" },
        { "a key that is not UTF-8", "03", "61 ff" },
        { "nothing of the shard before", "04", "a0" },
        { "no origin of the shard before", "04", "a2 01 61 76 02 41 63" },
        { "no key of the shard before", "04", "a2 00 61 6f 02 41 63" },
        { "no checkpoint of the shard before", "04", "a2 00 61 6f 01 61 76" },
        { "a checkpoint as text", "04", "a3 00 61 6f 01 61 76 02 61 63" },
        { "an empty later one", "04", "a4 00 61 6f 01 61 76 02 41 63 03 40" },
        { "a critical key that is not known", "04",
          "a5 00 61 6f 01 61 76 02 41 63 03 41 6c 04 00" },
        { "null for the shard before", "04", "f6" },
        { "empty software", "05", "60" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(!accepts(6, rows[i].key, rows[i].value), rows[i].about);
    }
    assert_true(accepts(6, "04", "a3 00 61 6f 01 61 76 02 41 63"));
    assert_true(accepts(6, "04", "a4 00 61 6f 01 61 76 02 41 63 20 f6"));
}

TEST(too_long_a_record_is_refused)
{
    char *software = malloc(CX_RECORD_MAX);
    struct cx_begin begin = a_begin(), read;

    assert_non_null(software);
    memset(software, 's', CX_RECORD_MAX);
    for (size_t over = 0; over < 2; over++) { /* as long as may be, and one octet longer */
        struct cx_buf buf;

        cx_buf_init(&buf, 2 * CX_RECORD_MAX);
        begin.software = (cx_str){ software, 70000 };
        cx_begin_encode(&begin, &buf);
        begin.software.n = CX_RECORD_MAX - buf.n + 70000 + over;
        cx_buf_clear(&buf);
        cx_begin_encode(&begin, &buf);
        assert_int_equal(buf.n, CX_RECORD_MAX + over);
        assert_int_equal(cx_begin_decode(cx_span_of_str(cx_buf_str(&buf)), &read, NULL).code,
                         over == 0 ? CX_OK : CX_E_RECORD);
        cx_buf_done(&buf);
    }
    free(software);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_written_is_read_and_written_again),
    cmocka_unit_test(a_seal_is_read_and_written_again),
    cmocka_unit_test(members_that_are_needed_and_keys_that_are_not_known),
    cmocka_unit_test(what_is_wrong_is_refused),
    cmocka_unit_test(too_long_a_record_is_refused),
};

TEST_MAIN(tests)

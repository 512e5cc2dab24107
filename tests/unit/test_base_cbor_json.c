#include "base/alloc.h"
#include "base/cbor_json.h"
#include "base/limits.h"
#include "main.h"
#include "octets.h"

#define ARENA_CAP ((size_t)16 << 20)

static struct cx_json *
json_of(const char *text, size_t n)
{
    struct cx_json *json;

    assert_true(cx_ok(cx_json_parse((cx_str){ text, n }, &json, NULL)));
    return json;
}

static cx_status
write_text(const char *text, size_t n, struct cx_buf *buf)
{
    struct cx_json *json = json_of(text, n);
    struct cx_arena arena;
    cx_status s;

    cx_arena_init(&arena, ARENA_CAP);
    s = cx_cbor_put_json(buf, json, &arena);
    cx_json_free(json);
    cx_arena_done(&arena);
    return s;
}

static cx_status
read_octets(cx_span octets, struct cx_buf *text)
{
    struct cx_json *json = NULL, *const untouched = json;
    cx_status s = cx_cbor_to_json(octets, &json);

    if (cx_ok(s)) {
        assert_true(cx_ok(cx_json_write(json, text)));
        cx_json_free(json);
    } else {
        assert_ptr_equal(json, untouched);
    }
    return s;
}

/* Members of an object stand in the order of CBOR after the way back. */
static const struct {
    const char *json;
    const char *hex;
    const char *back; /* NULL: the same */
} pairs[] = {
    { "null", "f6", NULL },
    { "true", "f5", NULL },
    { "false", "f4", NULL },
    { "0", "00", NULL },
    { "-1", "20", NULL },
    { "9223372036854775807", "1b7fffffffffffffff", NULL },
    { "-9223372036854775808", "3b7fffffffffffffff", NULL },
    { "\"\"", "60", NULL },
    { "\"ca.example.net\"", "6e63612e6578616d706c652e6e6574", NULL },
    { "\"\\u0000\\u00e4\"", "6300c3a4", "\"\\u0000\xc3\xa4\"" },
    { "[]", "80", NULL },
    { "{}", "a0", NULL },
    { "[1,[],{},[2,[3]]]", "8401 80 a0 82028103", NULL },
    { "{\"b\":1,\"a\":2}", "a2 6161 02 6162 01", "{\"a\":2,\"b\":1}" },
    { "{\"aa\":1,\"b\":2,\"\":3}", "a3 60 03 6162 02 626161 01", "{\"\":3,\"b\":2,\"aa\":1}" },
    { "{\"later\":[{\"verdict\":\"DENY\",\"time\":1}],\"delegated\":true}",
      "a2 656c61746572 81 a2 6474696d65 01 6776657264696374 6444454e59 6964656c656761746564 f5",
      "{\"later\":[{\"time\":1,\"verdict\":\"DENY\"}],\"delegated\":true}" },
};

TEST(json_is_cbor_and_back)
{
    for (size_t i = 0; i < CX_COUNT(pairs); i++) {
        const char *json = pairs[i].json, *want = pairs[i].back != NULL ? pairs[i].back : json;
        struct octets octets = octets_of_hex(pairs[i].hex);
        struct cx_buf buf, text;

        cx_buf_init(&buf, 1000);
        cx_buf_init(&text, 1000);
        ROW_TRUE(cx_ok(write_text(json, strlen(json), &buf)), json);
        ROW_TRUE(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets_span(&octets)), json);
        ROW_TRUE(cx_ok(read_octets(octets_span(&octets), &text)), json);
        ROW_TRUE(cx_str_equal(cx_buf_str(&text), cx_str_of(want)), json);
        cx_buf_done(&buf);
        cx_buf_done(&text);
    }
}

TEST(real_numbers_have_no_place)
{
    static const char *const texts[] = { "1.5", "1e3", "[0.0]", "{\"a\":[1,{\"b\":-2.5}]}" };

    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        struct cx_buf buf;

        cx_buf_init(&buf, 1000);
        ROW_TRUE(write_text(texts[i], strlen(texts[i]), &buf).code == CX_E_CBOR, texts[i]);
        cx_buf_done(&buf);
    }
}

TEST(refuses_what_is_no_json_or_not_deterministic)
{
    static const char *const rows[] = {
        "",
        "4101",
        "a10001",
        "a14101 01",
        "814101",
        "a16161 4101", /* octets, keys that are no texts */
        "1bffffffffffffffff",
        "3bffffffffffffffff", /* beyond jansson's numbers */
        "a2616201616101",
        "a2616101616101", /* order, twice */
        "a1620061 01",    /* a NUL in a key */
        "6100 00",
        "0000",
        "80f6", /* something behind */
        "81",
        "8201",
        "a16161",
        "a2616101",
        "6261",
        "61ff", /* cut */
        "1800",
        "f7",
        "f93c00",
        "c000",
        "9f00ff",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct octets octets = octets_of_hex(rows[i]);
        struct cx_buf text;

        cx_buf_init(&text, 1000);
        ROW_TRUE(read_octets(octets_span(&octets), &text).code == CX_E_CBOR, rows[i]);
        cx_buf_done(&text);
    }
}

/* depth arrays or objects inside each other, as JSON. */
static size_t
nested(char *to, size_t depth, bool objects)
{
    size_t at = 0;

    for (size_t i = 0; i < depth; i++) {
        const char *open = i + 1 == depth ? "" : objects ? "\"a\":" : "";

        to[at++] = objects ? '{' : '[';
        memcpy(to + at, open, strlen(open));
        at += strlen(open);
    }
    memset(to + at, objects ? '}' : ']', depth);
    return at + depth;
}

/* Writing, reading and passing over have the same limit. */
TEST(depth_is_that_of_cbor)
{
    for (size_t depth = 1; depth < CX_CBOR_DEPTH + 10; depth++) {
        for (int objects = 0; objects < 2; objects++) {
            char json[400];
            size_t n = nested(json, depth, objects != 0);
            uint8_t octets[100] = { 0 };
            struct cx_buf buf, text;
            struct cx_reader r;
            size_t at = 0;

            cx_buf_init(&buf, 1000);
            cx_buf_init(&text, 1000);
            assert_int_equal(write_text(json, n, &buf).code,
                             depth <= CX_CBOR_DEPTH ? CX_OK : CX_E_CBOR);
            for (size_t i = 1; i < depth; i++) {
                octets[at++] = objects != 0 ? 0xa1 : 0x81;
                memcpy(octets + at, "\x61\x61", 2);
                at += objects != 0 ? 2 : 0;
            }
            octets[at++] = objects != 0 ? 0xa0 : 0x80;
            assert_int_equal(read_octets((cx_span){ octets, at }, &text).code,
                             depth <= CX_CBOR_DEPTH ? CX_OK : CX_E_CBOR);
            r = cx_reader_of((cx_span){ octets, at });
            (void)cx_cbor_any(&r);
            assert_int_equal(cx_rd_ok(&r), depth <= CX_CBOR_DEPTH);
            if (depth <= CX_CBOR_DEPTH) {
                assert_int_equal(buf.n, at);
                assert_memory_equal(buf.p, octets, at);
                assert_true(cx_str_equal(cx_buf_str(&text), (cx_str){ json, n }));
            }
            cx_buf_done(&buf);
            cx_buf_done(&text);
        }
    }
}

static const char large[] =
    "{\"z\":[1,2,3,\"a text that is not short\"],\"y\":{\"x\":null,\"w\":[true,false]},\"v\":-7}";

TEST(writing_survives_every_oom)
{
    struct cx_json *json = json_of(large, sizeof(large) - 1);

    for (size_t nth = 1;; nth++) {
        struct cx_arena arena;
        struct cx_buf buf;
        cx_status s;
        size_t seen;

        cx_arena_init(&arena, ARENA_CAP);
        cx_buf_init(&buf, 1000);
        (void)cx_alloc_fail_nth(nth);
        s = cx_cbor_put_json(&buf, json, &arena);
        seen = cx_alloc_fail_nth(0);
        cx_buf_done(&buf);
        cx_arena_done(&arena);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 2);
            break;
        }
        assert_int_equal(s.code, CX_E_NOMEM);
    }
    cx_json_free(json);
}

TEST(writing_keeps_to_its_buffer)
{
    struct cx_buf whole;

    cx_buf_init(&whole, 1000);
    assert_true(cx_ok(write_text(large, sizeof(large) - 1, &whole)));
    for (size_t max = 0; max < whole.n + 2; max++) {
        struct cx_buf buf;
        cx_status s;

        cx_buf_init(&buf, max);
        s = write_text(large, sizeof(large) - 1, &buf);
        assert_int_equal(s.code, max < whole.n ? CX_E_LIMIT : CX_OK);
        cx_buf_done(&buf);
    }
    cx_buf_done(&whole);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json_is_cbor_and_back),
    cmocka_unit_test(real_numbers_have_no_place),
    cmocka_unit_test(refuses_what_is_no_json_or_not_deterministic),
    cmocka_unit_test(depth_is_that_of_cbor),
    cmocka_unit_test(writing_survives_every_oom),
    cmocka_unit_test(writing_keeps_to_its_buffer),
};

TEST_MAIN(tests)

#include "base/alloc.h"
#include "build.h"
#include "main.h"
#include "pki/base64.h"

/* RFC 4648 section 10, and the two characters that differ from the alphabet for URLs. */
static const struct {
    const char *octets, *text;
} vectors[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
    { "\xfb\xff\xbf", "+/+/" },
};

TEST(vectors_both_ways)
{
    for (size_t i = 0; i < CX_COUNT(vectors); i++) {
        cx_span octets = bytes_of(vectors[i].octets), got = { NULL, 99 };
        struct cx_arena arena;
        struct cx_buf buf;

        cx_buf_init(&buf, 100);
        cx_arena_init(&arena, 100000);
        cx_base64_put(&buf, octets);
        ROW_TRUE(cx_str_equal(cx_buf_str(&buf), cx_str_of(vectors[i].text)), vectors[i].text);
        ROW_TRUE(cx_ok(cx_base64_get(cx_str_of(vectors[i].text), &arena, &got)), vectors[i].text);
        ROW_TRUE(cx_span_equal(got, octets), vectors[i].text);
        cx_buf_done(&buf);
        cx_arena_done(&arena);
    }
}

TEST(every_length_comes_back)
{
    uint8_t octets[600];
    struct cx_arena arena;

    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)(i * i + i / 256);
    }
    cx_arena_init(&arena, 1000000);
    for (size_t n = 0; n <= sizeof(octets); n++) {
        cx_span got;
        struct cx_buf buf;

        cx_buf_init(&buf, (n + 2) / 3 * 4); /* exactly as long as the text */
        cx_base64_put(&buf, (cx_span){ octets, n });
        assert_true(cx_buf_ok(&buf) && buf.n == buf.max);
        assert_true(cx_ok(cx_base64_get(cx_buf_str(&buf), &arena, &got)));
        assert_true(cx_span_equal(got, (cx_span){ octets, n }));
        cx_buf_done(&buf);
    }
    cx_arena_done(&arena);
}

TEST(every_other_form_is_refused)
{
    static const char *const bad[] = {
        "Z",
        "Zg",
        "Zg=",
        "Zg===",
        "Zm8",
        "Zm9vY",
        "=",
        "==",
        "====",
        "Z===",
        "Zh==",
        "Zm9=",
        "Zm8=Zm8=",
        "Zg==Zg==",
        " Zg==",
        "Zg== ",
        "Zg==\n",
        "Zm9v\n",
        "Zm\n9v",
        "Zm9v    ",
        "    Zm9v",
        "Zm-v",
        "Zm_v",
        "Zm.v",
        "-m9v",
        "Zm9-",
        "Zm9v----",
        "Z\x01"
        "9v",
        "Zm9\x80",
        "=m9v",
        "Zm=v",
        "Zg=A",
    };
    struct cx_arena arena;
    cx_span got = { NULL, 99 };

    cx_arena_init(&arena, 100000);
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(cx_base64_get(cx_str_of(bad[i]), &arena, &got).code == CX_E_BASE64, bad[i]);
    }
    assert_int_equal(cx_base64_get((cx_str){ "Zm9\0", 4 }, &arena, &got).code, CX_E_BASE64);
    assert_int_equal(cx_base64_get((cx_str){ "Zm9v", (size_t)1 << 33 }, &arena, &got).code,
                     CX_E_BASE64);
    assert_true(got.p == NULL && got.n == 99); /* untouched */
    cx_arena_done(&arena);
}

TEST(a_fixed_length_is_that_length)
{
    uint8_t octets[CX_BASE64_FIXED_MAX + 1] = { 0x5a };
    struct cx_buf buf;

    assert_true(cx_base64_get_fixed(CX_STR("Zm9vYg=="), octets, 4));
    assert_memory_equal(octets, "foob", 4);
    memset(octets, 0x5a, sizeof(octets));
    assert_false(cx_base64_get_fixed(CX_STR("Zm9vYg=="), octets, 3));
    assert_false(cx_base64_get_fixed(CX_STR("Zm9vYg=="), octets, 5)); /* one fewer than it says */
    assert_false(cx_base64_get_fixed(CX_STR("Zm9vYg=="), octets, 6));
    assert_false(cx_base64_get_fixed(CX_STR("Zm9vYh=="), octets, 4));
    assert_false(cx_base64_get_fixed(CX_STR("Zm9v"), octets, 0));
    assert_int_equal(octets[0], 0x5a); /* untouched */
    assert_true(cx_base64_get_fixed(CX_STR(""), octets, 0));
    cx_buf_init(&buf, 1000);
    cx_base64_put(&buf, (cx_span){ octets, CX_BASE64_FIXED_MAX });
    assert_true(cx_base64_get_fixed(cx_buf_str(&buf), octets, CX_BASE64_FIXED_MAX));
    cx_buf_clear(&buf);
    cx_base64_put(&buf, (cx_span){ octets, CX_BASE64_FIXED_MAX + 1 });
    assert_false(cx_base64_get_fixed(cx_buf_str(&buf), octets, CX_BASE64_FIXED_MAX + 1));
    cx_buf_done(&buf);
}

TEST(memory_that_is_missing_is_told)
{
    struct cx_arena arena;
    cx_span got = { NULL, 99 };

    cx_arena_init(&arena, 100000);
    (void)cx_alloc_fail_nth(1);
    assert_int_equal(cx_base64_get(CX_STR("Zm9v"), &arena, &got).code, CX_E_NOMEM);
    (void)cx_alloc_fail_nth(0);
    assert_int_equal(got.n, 99);
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(vectors_both_ways),
    cmocka_unit_test(every_length_comes_back),
    cmocka_unit_test(every_other_form_is_refused),
    cmocka_unit_test(a_fixed_length_is_that_length),
    cmocka_unit_test(memory_that_is_missing_is_told),
};

TEST_MAIN(tests)

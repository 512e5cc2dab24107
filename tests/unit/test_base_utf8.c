#include "base/utf8.h"
#include "build.h"
#include "main.h"

TEST(reads_the_first_and_last_character_of_each_length)
{
    static const struct {
        const char *text;
        uint32_t point;
    } rows[] = {
        { "\x01", 1 },
        { "\x7f", 0x7f },
        { "\xc2\x80", 0x80 },
        { "\xdf\xbf", 0x7ff },
        { "\xe0\xa0\x80", 0x800 },
        { "\xed\x9f\xbf", 0xd7ff },
        { "\xee\x80\x80", 0xe000 },
        { "\xef\xbf\xbf", 0xffff },
        { "\xf0\x90\x80\x80", 0x10000 },
        { "\xf4\x8f\xbf\xbf", 0x10ffff },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        char longer[8] = "";
        uint32_t point = 0;
        size_t n = strlen(rows[i].text);

        memcpy(longer, rows[i].text, n);
        longer[n] = 'x'; /* what follows does not matter */
        assert_int_equal(cx_utf8_first(bytes_of(longer), &point), n);
        assert_int_equal(point, rows[i].point);
        assert_true(cx_utf8_valid(bytes_of(longer)));
        if (n > 1) { /* cut */
            assert_int_equal(cx_utf8_first((cx_span){ (const uint8_t *)longer, n - 1 }, &point), 0);
        }
    }
    assert_int_equal(cx_utf8_first((cx_span){ (const uint8_t *)"", 1 }, &(uint32_t){ 1 }), 1);
    assert_true(cx_utf8_valid((cx_span){ NULL, 0 }));
}

/* ASCII is passed over by eights: a character, or none, at every place behind it. */
TEST(looks_at_every_octet_of_a_long_text)
{
    uint8_t text[40];

    for (size_t n = 0; n <= 32; n++) {
        for (size_t at = 0; at < n; at++) {
            memset(text, 'x', sizeof(text));
            assert_true(cx_utf8_valid((cx_span){ text, n }));
            text[at] = 0x80;
            assert_false(cx_utf8_valid((cx_span){ text, n }));
            text[at] = 0xc3;
            assert_false(cx_utf8_valid((cx_span){ text, n })); /* no second octet */
            text[at + 1] = 0xa4;
            assert_int_equal(cx_utf8_valid((cx_span){ text, n }), at + 1 < n);
        }
    }
}

TEST(refuses_what_is_no_character)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2\x41",
        "\xc2\xc2",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe1\x80\x41",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "\xfe",
        "\xf0\x90\x80\xc0",
    };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        char behind[16] = "ab";
        uint32_t point = 77;

        assert_int_equal(cx_utf8_first(bytes_of(bad[i]), &point), 0);
        assert_int_equal(point, 77);
        memcpy(behind + 2, bad[i], strlen(bad[i]));
        assert_false(cx_utf8_valid(bytes_of(behind)));
    }
}

/* Every character there is, and none beside. */
TEST(writes_every_character)
{
    for (uint32_t c = 0; c < 0x110800; c++) {
        uint8_t octets[CX_UTF8_CHARACTER];
        bool exists = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        size_t n = cx_utf8_put(c, octets);
        uint32_t again = 0;

        assert_int_equal(n != 0, exists);
        if (exists) {
            assert_int_equal(cx_utf8_first((cx_span){ octets, n }, &again), n);
            assert_int_equal(again, c);
        }
    }
    assert_int_equal(cx_utf8_put(UINT32_MAX, (uint8_t[CX_UTF8_CHARACTER]){ 0 }), 0);
}

TEST(cuts_between_characters)
{
    const cx_str text = CX_STR("a\xc3\xa9\xf0\x9f\x98\x80z"); /* of 1, 2, 4 and 1 octets */
    static const size_t fits[] = { 0, 1, 1, 3, 3, 3, 3, 7, 8, 8 };

    for (size_t max = 0; max < CX_COUNT(fits); max++) {
        cx_str cut = cx_utf8_cut(text, max);

        assert_int_equal(cut.n, fits[max]);
        assert_ptr_equal(cut.p, text.p);
    }
    assert_int_equal(cx_utf8_cut((cx_str){ NULL, 0 }, 0).n, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(cuts_between_characters),
    cmocka_unit_test(reads_the_first_and_last_character_of_each_length),
    cmocka_unit_test(looks_at_every_octet_of_a_long_text),
    cmocka_unit_test(refuses_what_is_no_character),
    cmocka_unit_test(writes_every_character),
};

TEST_MAIN(tests)

#include "base/status.h"
#include "base/utf8.h"
#include "main.h"

TEST(knows_what_is_well_formed)
{
    static const struct {
        const char *octets;
        bool ok;
    } rows[] = {
        { "", true },
        { "d.test", true },
        { "\x7f\xc2\x80\xdf\xbf", true },
        { "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", true },
        { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
        { "\x80", false },             /* continues nothing */
        { "\xc0\xaf", false },         /* overlong */
        { "\xc1\xbf", false },         /* overlong */
        { "\xe0\x9f\xbf", false },     /* overlong */
        { "\xf0\x8f\xbf\xbf", false }, /* overlong */
        { "\xed\xa0\x80", false },     /* a surrogate */
        { "\xf4\x90\x80\x80", false }, /* above U+10FFFF */
        { "\xf5\x80\x80\x80", false },
        { "\xc2", false }, /* cut */
        { "\xe2\x82", false },
        { "\xf0\x9f\x98", false },
        { "\xe2\x82\x41", false },
        { "\xff", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_span octets = { (const uint8_t *)rows[i].octets, strlen(rows[i].octets) };

        if (cx_utf8_ok(octets) != rows[i].ok) {
            fail_msg("row %zu", i);
        }
    }
    assert_true(cx_utf8_ok((cx_span){ (const uint8_t *)"\0", 1 }));
}

/* Every character there is, and none beside. */
TEST(writes_every_character)
{
    for (uint32_t c = 0; c < 0x110800; c++) {
        uint8_t octets[CX_UTF8_CHARACTER];
        bool exists = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        size_t n = cx_utf8_put(c, octets);

        assert_int_equal(n != 0, exists);
        assert_true(cx_utf8_ok((cx_span){ octets, n }));
    }
    assert_int_equal(cx_utf8_put(UINT32_MAX, (uint8_t[CX_UTF8_CHARACTER]){ 0 }), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_what_is_well_formed),
    cmocka_unit_test(writes_every_character),
};

TEST_MAIN(tests)

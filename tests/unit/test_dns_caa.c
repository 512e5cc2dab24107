#include "build.h"
#include "dns/caa.h"
#include "main.h"

/* TEST R-SYN-1 */
TEST(reads_rdata)
{
    static const struct {
        const char *about;
        const char *rdata;
        size_t n;
        unsigned flags;
        const char *tag;
        const char *value;
    } rows[] = {
        { "usual", "\0\5issueca", 9, 0, "issue", "ca" },
        { "critical, no value", "\200\5issue", 7, 128, "issue", "" },
        { "tag of one octet", "\377\1x", 3, 255, "x", "" },
        { "tag is not text", "\0\2\377.y", 5, 0, "\377.", "y" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_caa caa;

        ROW_TRUE(
            cx_ok(cx_caa_from_rdata((cx_span){ (const uint8_t *)rows[i].rdata, rows[i].n }, &caa)),
            rows[i].about);
        ROW_TRUE(caa.flags == rows[i].flags, rows[i].about);
        ROW_TRUE(cx_span_equal(caa.tag, bytes_of(rows[i].tag)), rows[i].about);
        ROW_TRUE(cx_span_equal(caa.value, bytes_of(rows[i].value)), rows[i].about);
    }
}

/* TEST R-SYN-3, TEST R-SYN-6 */
TEST(refuses_rdata_that_is_cut_or_has_no_tag)
{
    static const struct {
        const char *about;
        const char *rdata;
        size_t n;
    } rows[] = {
        { "nothing", "", 0 },
        { "flags only", "\0", 1 },
        { "empty tag", "\0\0", 2 },
        { "empty tag, value", "\0\0ca", 4 },
        { "tag longer than the rest", "\0\6issue", 7 },
        { "tag of 255 cut", "\0\377issue", 7 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_caa caa = { .flags = 7 };

        ROW_TRUE(cx_status_class(cx_caa_from_rdata(
                     (cx_span){ (const uint8_t *)rows[i].rdata, rows[i].n }, &caa)) ==
                     CX_CLASS_MALFORMED,
                 rows[i].about);
        ROW_TRUE(caa.flags == 7, rows[i].about);
    }
}

/* TEST R-SYN-3: never too long */
TEST(reads_the_longest_tag_and_value)
{
    static uint8_t rdata[65535];
    struct cx_caa caa;

    memset(rdata, 'a', sizeof(rdata));
    rdata[1] = 255;
    assert_true(cx_ok(cx_caa_from_rdata((cx_span){ rdata, sizeof(rdata) }, &caa)));
    assert_int_equal(caa.tag.n, 255);
    assert_int_equal(caa.value.n, 65535 - 257);
}

/* TEST R-SYN-2 */
TEST(knows_the_critical_bit)
{
    for (unsigned flags = 0; flags < 256; flags++) {
        struct cx_caa caa = { .flags = (uint8_t)flags };

        assert_int_equal(cx_caa_critical(&caa), flags >= 128);
    }
}

TEST(compares_every_part)
{
    struct cx_caa a = { 0, bytes_of("issue"), bytes_of("x") };
    struct cx_caa b = a;

    assert_true(cx_caa_equal(&a, &b));
    b.flags = 1;
    assert_false(cx_caa_equal(&a, &b));
    b = a;
    b.tag = bytes_of("issuewild");
    assert_false(cx_caa_equal(&a, &b));
    b = a;
    b.value = bytes_of("");
    assert_false(cx_caa_equal(&a, &b));
}

/* TEST R-SYN-8, TEST R-VAL-12 */
TEST(writes_text_without_raw_octets)
{
    static const struct {
        unsigned flags;
        const char *tag;
        const char *value;
        const char *text;
    } rows[] = {
        { 0, "issue", "ca.example.net", "0 issue \"ca.example.net\"" },
        { 128, "Issue", "", "128 Issue \"\"" },
        { 0, "issue", "a\"b\\c", "0 issue \"a\\\"b\\\\c\"" },
        { 0, "issue", "<b>\n\x7f\xc3", "0 issue \"<b>\\010\\127\\195\"" },
        { 1, "is-ue", "x", "\\# 8 010569732d756578" },
        { 0, "a b", "", "\\# 5 0003612062" },
    };
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_caa caa = { (uint8_t)rows[i].flags, bytes_of(rows[i].tag),
                              bytes_of(rows[i].value) };

        cx_buf_clear(&buf);
        cx_caa_text(&caa, &buf);
        ROW_TRUE(cx_str_equal(cx_buf_str(&buf), cx_str_of(rows[i].text)), rows[i].text);
    }
    cx_buf_done(&buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_rdata),
    cmocka_unit_test(refuses_rdata_that_is_cut_or_has_no_tag),
    cmocka_unit_test(reads_the_longest_tag_and_value),
    cmocka_unit_test(knows_the_critical_bit),
    cmocka_unit_test(compares_every_part),
    cmocka_unit_test(writes_text_without_raw_octets),
};

TEST_MAIN(tests)

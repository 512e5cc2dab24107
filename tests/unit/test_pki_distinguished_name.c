#include "base/limits.h"
#include "certificates.h"
#include "octets.h"
#include "pki/distinguished_name.h"
#include "pki/tbs.h"

/* Name as hexadecimal, and its text. */
static const struct {
    const char *der, *text;
} names[] = {
    { "3000", "" },
    { "3018 3116 3014 0603550403 0c0d 5468726f772d61776179204341", "CN=Throw-away CA" },
    { "301a 310b 3009 0603550406 1302 4e4c 310b 3009 0603550403 0c02 4341", "CN=CA,C=NL" },
    { "300d 310b 3009 0603550403 0c02 c3a9", "CN=\xc3\xa9" },       /* UTF-8 stays */
    { "300d 310b 3009 0603550403 1e02 00e9", "CN=\xc3\xa9" },       /* BMPString */
    { "300f 310d 300b 0603550403 0c04 612c622b", "CN=a\\,b\\+" },   /* RFC 4514 section 2.4 */
    { "300e 310c 300a 0603550403 0c03 610a62", "CN=a\\0Ab" },       /* no second line */
    { "300d 310b 3009 06032a0304 0c02 6869", "1.2.3.4=#0C026869" }, /* no name for the type */
};

TEST(text_of_rfc_4514)
{
    for (size_t i = 0; i < CX_COUNT(names); i++) {
        struct octets der = octets_of_hex(names[i].der);
        struct cx_buf buf;

        cx_buf_init(&buf, 1000);
        ROW_TRUE(cx_ok(cx_distinguished_name_put(&buf, octets_span(&der), NULL)), names[i].der);
        if (!cx_str_equal(cx_buf_str(&buf), cx_str_of(names[i].text))) {
            fail_msg("%s: %.*s", names[i].der, (int)buf.n, buf.p);
        }
        cx_buf_done(&buf);
    }
}

TEST(what_is_no_name_is_refused)
{
    static const char *const bad[] = { "",
                                       "30",
                                       "3001",
                                       "3100",
                                       "300000",
                                       "300d 310b 3009 0603550403 0c02 c3",
                                       "3002 3100 00",
                                       "300d 310b 3009 0603550403 0c02 c328" /* no UTF-8 */ };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct octets der = octets_of_hex(bad[i]);
        struct cx_detail detail = { .text = "" };
        struct cx_buf buf;

        cx_buf_init(&buf, 1000);
        ROW_TRUE(cx_distinguished_name_put(&buf, octets_span(&der), &detail).code ==
                     CX_E_CERTIFICATE,
                 bad[i]);
        ROW_TRUE(buf.n == 0 && detail.text[0] != '\0', bad[i]);
        cx_buf_done(&buf);
    }
}

TEST(names_of_a_certificate)
{
    struct cx_arena arena;
    struct cx_buf buf;
    struct cx_tbs tbs;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    cx_buf_init(&buf, 1000);
    assert_true(cx_ok(cx_tbs_read(issued_der("final.pem", &arena), &arena, &tbs, NULL)));
    assert_true(cx_ok(cx_distinguished_name_put(&buf, tbs.issuer, NULL)));
    assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("CN=Throw-away CA")));
    cx_buf_clear(&buf);
    assert_true(cx_ok(cx_distinguished_name_put(&buf, tbs.subject, NULL)));
    assert_int_equal(buf.n, 0);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_of_rfc_4514),
    cmocka_unit_test(what_is_no_name_is_refused),
    cmocka_unit_test(names_of_a_certificate),
};

TEST_MAIN(tests)

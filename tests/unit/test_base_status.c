#include "build.h"
#include "main.h"

TEST(classes_follow_the_table)
{
    assert_int_equal(cx_status_class(CX_SUCCESS), CX_CLASS_NONE);
#define X(code, class, number, text)                                                               \
    assert_int_equal(code, number);                                                                \
    assert_int_equal(cx_status_class((cx_status){ code }), CX_CLASS_##class);                      \
    assert_string_equal(cx_status_text((cx_status){ code }), text);
#include "base/errors.def"
#undef X
    assert_string_equal(cx_status_text(CX_SUCCESS), "success");
}

TEST(detail_is_cut_not_overrun)
{
    struct cx_detail detail = { .rule = "R-X" };
    cx_status s = cx_fail(&detail, CX_E_ZONE, "%0300d", 7);

    assert_int_equal(s.code, CX_E_ZONE);
    assert_int_equal(strlen(detail.text), sizeof(detail.text) - 1);
    assert_null(detail.rule);
    assert_int_equal(cx_fail(NULL, CX_E_IO, "x").code, CX_E_IO);
}

TEST(detail_steers_no_terminal)
{
    struct cx_detail detail = { .text = "" };

    assert_int_equal(cx_fail(&detail, CX_E_NAME, "%s", "\033[31m\n\x7f\xc2\x9b\xc3\xa4\xc2").code,
                     CX_E_NAME);
    assert_string_equal(detail.text, "?[31m????\xc3\xa4\xc2");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(classes_follow_the_table),
    cmocka_unit_test(detail_is_cut_not_overrun),
    cmocka_unit_test(detail_steers_no_terminal),
};

TEST_MAIN(tests)

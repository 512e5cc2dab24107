#include "base/alloc.h"
#include "base/buf.h"
#include "build.h"
#include "main.h"

TEST(grows_to_its_maximum_and_not_beyond)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++) {
        cx_buf_putc(&buf, 'x');
    }
    assert_true(cx_buf_ok(&buf));
    assert_int_equal(cx_buf_str(&buf).n, 1000);
    cx_buf_putc(&buf, 'y');
    assert_false(cx_buf_ok(&buf));
    assert_int_equal(cx_buf_str(&buf).n, 1000);
    cx_buf_done(&buf);
}

TEST(keeps_its_failure_until_cleared)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 4);
    cx_buf_puts(&buf, "abcde");
    cx_buf_puts(&buf, "a");
    assert_false(cx_buf_ok(&buf));
    assert_int_equal(cx_buf_str(&buf).n, 0);
    assert_null(cx_buf_reserve(&buf, 1));
    cx_buf_clear(&buf);
    cx_buf_puts(&buf, "abcd");
    assert_true(cx_buf_ok(&buf));
    cx_buf_done(&buf);
}

TEST(fails_when_memory_does)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 100000);
    cx_buf_puts(&buf, "before");
    (void)cx_alloc_fail_nth(1);
    for (int i = 0; i < 1000; i++) {
        cx_buf_putc(&buf, 'x');
    }
    (void)cx_alloc_fail_nth(0);
    assert_false(cx_buf_ok(&buf));
    assert_memory_equal(buf.p, "before", 6); /* what was there stays */
    cx_buf_done(&buf);
}

TEST(tells_why_it_failed_first)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 300);
    assert_true(cx_ok(cx_buf_status(&buf)));
    (void)cx_alloc_fail_nth(1);
    cx_buf_putc(&buf, 'x');
    (void)cx_alloc_fail_nth(0);
    cx_buf_fail(&buf, CX_E_INTERNAL);
    assert_int_equal(cx_buf_status(&buf).code, CX_E_NOMEM);
    cx_buf_clear(&buf);
    assert_true(cx_ok(cx_buf_status(&buf)));
    for (int i = 0; i < 301; i++) {
        cx_buf_putc(&buf, 'x');
    }
    assert_int_equal(cx_buf_status(&buf).code, CX_E_LIMIT);
    cx_buf_clear(&buf);
    cx_buf_fail(&buf, CX_E_INTERNAL);
    assert_false(cx_buf_ok(&buf));
    assert_int_equal(cx_buf_status(&buf).code, CX_E_INTERNAL);
    cx_buf_clear(&buf);
    buf.failed = true; /* for no reason given: no success */
    assert_int_equal(cx_buf_status(&buf).code, CX_E_INTERNAL);
    cx_buf_done(&buf);
    assert_true(cx_ok(cx_buf_status(&buf)));
}

TEST(reserves_and_takes_what_was_written)
{
    struct cx_buf buf;
    char *to;

    cx_buf_init(&buf, 5000);
    to = cx_buf_reserve(&buf, 4000);
    assert_non_null(to);
    memset(to, 'q', 4000);
    cx_buf_grown(&buf, 4000);
    assert_int_equal(cx_buf_str(&buf).n, 4000);
    assert_null(cx_buf_reserve(&buf, 1001));
    cx_buf_done(&buf);
}

TEST(escapes_outside_text)
{
    static const uint8_t outside[] = { 'a', ' ', '\\', 0, 0x1b, 0x7f, 0xff, '"' };
    struct cx_buf buf;

    cx_buf_init(&buf, 100);
    cx_buf_put_escaped(&buf, (cx_span){ outside, sizeof(outside) });
    cx_buf_put_hex(&buf, (cx_span){ outside + 5, 2 });
    assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("a \\092\\000\\027\\127\\255\""
                                                      "7fff")));
    cx_buf_done(&buf);
}

TEST(formats_and_refuses_to_cut)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 100000);
    cx_buf_printf(&buf, "%s=%d", "n", 7);
    assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("n=7")));
    cx_buf_printf(&buf, "%1023d", 1);
    assert_true(cx_buf_ok(&buf));
    cx_buf_printf(&buf, "%1024d", 1);
    assert_false(cx_buf_ok(&buf));
    cx_buf_done(&buf);
}

TEST(is_empty_without_memory)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 0);
    cx_buf_put(&buf, (cx_str){ NULL, 0 });
    assert_true(cx_buf_ok(&buf));
    assert_int_equal(cx_buf_str(&buf).n, 0);
    cx_buf_putc(&buf, 'x');
    assert_false(cx_buf_ok(&buf));
    cx_buf_done(&buf);
}

TEST(what_is_dropped_leaves_the_rest)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 100);
    cx_buf_drop(&buf, 0);
    cx_buf_puts(&buf, "one two");
    cx_buf_drop(&buf, 4);
    assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("two")));
    cx_buf_puts(&buf, "!");
    cx_buf_drop(&buf, 4);
    assert_int_equal(buf.n, 0);
    cx_buf_done(&buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_dropped_leaves_the_rest),
    cmocka_unit_test(grows_to_its_maximum_and_not_beyond),
    cmocka_unit_test(keeps_its_failure_until_cleared),
    cmocka_unit_test(fails_when_memory_does),
    cmocka_unit_test(tells_why_it_failed_first),
    cmocka_unit_test(reserves_and_takes_what_was_written),
    cmocka_unit_test(escapes_outside_text),
    cmocka_unit_test(formats_and_refuses_to_cut),
    cmocka_unit_test(is_empty_without_memory),
};

TEST_MAIN(tests)

#include "base/alloc.h"
#include "build.h"
#include "main.h"

TEST(fails_exactly_the_nth)
{
    void *p[5];

    (void)cx_alloc_fail_nth(3);
    for (size_t i = 0; i < 5; i++) {
        p[i] = cx_alloc(1, 8);
    }
    assert_int_equal(cx_alloc_fail_nth(0), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true((p[i] == NULL) == (i == 2));
        cx_free(p[i]);
    }
}

TEST(does_not_fail_by_itself)
{
    void *p = cx_alloc(3, 8);

    assert_non_null(p);
    p = cx_realloc(p, 30, 8);
    assert_non_null(p);
    cx_free(p);
    cx_free(NULL);
}

TEST(refuses_sizes_that_overflow)
{
    /* volatile: the compiler would warn about the very thing tested */
    volatile size_t huge = SIZE_MAX / 2;
    void *p = cx_alloc(1, 8), *q;

    assert_null(cx_alloc(huge, 3));
    q = cx_realloc(p, huge, 3);
    assert_null(q);
    cx_free(p);
}

TEST(keeps_the_old_block_when_realloc_fails)
{
    char *p = cx_alloc(4, 1);
    void *q;

    assert_non_null(p);
    p[0] = 'x';
    (void)cx_alloc_fail_nth(1);
    q = cx_realloc(p, 400, 1);
    (void)cx_alloc_fail_nth(0);
    assert_null(q);
    assert_int_equal(p[0], 'x');
    cx_free(p);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fails_exactly_the_nth),
    cmocka_unit_test(does_not_fail_by_itself),
    cmocka_unit_test(refuses_sizes_that_overflow),
    cmocka_unit_test(keeps_the_old_block_when_realloc_fails),
};

TEST_MAIN(tests)

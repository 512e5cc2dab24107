#include "bin/caaproofd/http_prefer.h"
#include "main.h"

/* "Prefer" of RFC 7240: section 2 (lists, quotes, parameters), 4.1 (respond-async), 4.3 (wait). */

#define NO_WAIT UINT64_MAX

static struct http_prefer
prefer(const char *name, const char *value)
{
    const struct http_field field = { cx_str_of(name), cx_str_of(value) };

    return http_prefer_read(&field, 1);
}

TEST(preferences_of_one_field)
{
    static const struct {
        const char *value;
        bool async;
        uint64_t wait_s;
    } rows[] = {
        { "respond-async", true, NO_WAIT },
        { "Respond-ASYNC", true, NO_WAIT },
        { " respond-async ,", true, NO_WAIT },
        { "respond-async, wait=5", true, 5 },
        { "wait=5, respond-async", true, 5 },
        { "wait = \"5\"", false, 5 },
        { "WAIT=0", false, 0 },
        { "foo; respond-async", false, NO_WAIT },
        { "foo; a=\"x, wait=3\", respond-async; b", true, NO_WAIT },
        { "foo=\"a\\\", wait=3, \", wait=4", false, 4 },
        { "foo=\"never closed, wait=3", false, NO_WAIT },
        { "wait=1, wait=2", false, 1 }, /* the first counts */
        { "wait=x, wait=2", false, 2 },
        { "wait=99999999999999999999999", false, UINT32_MAX },
        { "wait", false, NO_WAIT },
        { "wait=", false, NO_WAIT },
        { "wait=-1", false, NO_WAIT },
        { "wait=1.5", false, NO_WAIT },
        { "wait=\"", false, NO_WAIT },
        { "respond-async=1", false, NO_WAIT },
        { "respond-asyncs", false, NO_WAIT },
        { "return=minimal", false, NO_WAIT },
        { "", false, NO_WAIT },
        { ",;=,\"", false, NO_WAIT },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct http_prefer got = prefer("prefer", rows[i].value);

        ROW_TRUE(got.respond_async == rows[i].async, rows[i].value);
        ROW_TRUE(got.has_wait == (rows[i].wait_s != NO_WAIT), rows[i].value);
        ROW_TRUE(!got.has_wait || got.wait_s == rows[i].wait_s, rows[i].value);
    }
    assert_false(prefer("Preferred", "respond-async").respond_async);
}

TEST(fields_are_one_list)
{
    const struct http_field fields[] = {
        { CX_STR("Prefer"), CX_STR("wait=7") },
        { CX_STR("Host"), CX_STR("respond-async") },
        { CX_STR("prefer"), CX_STR("wait=8, respond-async") },
    };
    struct http_prefer got = http_prefer_read(fields, 3);

    assert_true(got.respond_async && got.has_wait);
    assert_int_equal(got.wait_s, 7);
    assert_false(http_prefer_read(fields, 2).respond_async);
    assert_false(http_prefer_read(NULL, 0).has_wait);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(preferences_of_one_field),
    cmocka_unit_test(fields_are_one_list),
};

TEST_MAIN(tests)

#include "base/json.h"
#include "build.h"
#include "main.h"

static struct cx_json *
parse(const char *text)
{
    struct cx_json *json = NULL;

    assert_true(cx_ok(cx_json_parse(cx_str_of(text), &json, NULL)));
    return json;
}

TEST(reads_every_kind)
{
    CX_AUTO(cx_json_cleanup)
    struct cx_json *json =
        parse("{\"s\":\"a\",\"i\":-7,\"b\":true,\"r\":1.5,\"n\":null,\"a\":[1,2],"
              "\"o\":{}}");
    cx_str s = { NULL, 0 };
    int64_t i = 0;
    bool b = false;

    assert_true(cx_json_string(cx_json_get(json, "s"), &s) && cx_str_equal(s, CX_STR("a")));
    assert_true(cx_json_integer(cx_json_get(json, "i"), &i) && i == -7);
    assert_true(cx_json_bool(cx_json_get(json, "b"), &b) && b);
    assert_int_equal(cx_json_kind_of(json), CX_JSON_OBJECT);
    assert_int_equal(cx_json_kind_of(cx_json_get(json, "r")), CX_JSON_REAL);
    assert_int_equal(cx_json_kind_of(cx_json_get(json, "n")), CX_JSON_NULL);
    assert_int_equal(cx_json_kind_of(cx_json_get(json, "o")), CX_JSON_OBJECT);
    assert_int_equal(cx_json_size(cx_json_get(json, "a")), 2);
    assert_true(cx_json_integer(cx_json_at(cx_json_get(json, "a"), 1), &i) && i == 2);
    assert_null(cx_json_at(cx_json_get(json, "a"), 2));
}

TEST(says_no_to_the_wrong_kind_and_to_nothing)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = parse("{\"s\":\"a\",\"i\":1,\"r\":1.0}");
    cx_str s = CX_STR("kept");
    int64_t i = 9;
    bool b = true;

    assert_false(cx_json_string(cx_json_get(json, "i"), &s));
    assert_false(cx_json_string(NULL, &s));
    assert_false(cx_json_integer(cx_json_get(json, "r"), &i));
    {
        double number = 0;

        assert_true(cx_json_number(cx_json_get(json, "r"), &number) && number != 0);
        assert_false(cx_json_number(NULL, &number));
        assert_false(cx_json_number(json, &number));
    }
    assert_false(cx_json_integer(NULL, &i));
    assert_false(cx_json_bool(cx_json_get(json, "i"), &b));
    assert_false(cx_json_bool(NULL, &b));
    assert_true(cx_str_equal(s, CX_STR("kept")) && i == 9 && b);
    assert_null(cx_json_get(json, "absent"));
    assert_null(cx_json_get(NULL, "s"));
    assert_null(cx_json_at(NULL, 0));
    assert_int_equal(cx_json_size(NULL), 0);
    assert_int_equal(cx_json_kind_of(NULL), CX_JSON_NONE);
}

TEST(refuses_what_is_not_one_json_value)
{
    static const char *const rows[] = {
        "",        "{",           "{}x",      "{\"a\":1,\"a\":2}", "{\"a\\u0000\":1}",
        "[1,]",    "nul",         "\"\xff\"", "{\"a\":01}",        "123456789012345678901",
        "{'a':1}", "\"\\ud800\"", "[NaN]",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_json *json = NULL;
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_status_class(cx_json_parse(cx_str_of(rows[i]), &json, &detail)) ==
                     CX_CLASS_MALFORMED,
                 rows[i]);
        ROW_TRUE(json == NULL && detail.text[0] != '\0', rows[i]);
    }
}

TEST(names_the_unknown_member)
{
    static const char *const allowed[] = { "date", "names", NULL };
    CX_AUTO(cx_json_cleanup) struct cx_json *good = parse("{\"names\":[]}");
    CX_AUTO(cx_json_cleanup) struct cx_json *bad = parse("{\"names\":[],\"dates\":1}");
    CX_AUTO(cx_json_cleanup) struct cx_json *array = parse("[]");
    struct cx_detail detail = { .text = "" };

    assert_true(cx_ok(cx_json_only(good, "request", allowed, CX_E_JSON, &detail)));
    assert_string_equal(detail.text, "");
    assert_int_equal(cx_json_only(bad, "request", allowed, CX_E_POLICY, &detail).code, CX_E_POLICY);
    assert_string_equal(detail.text, "request: unknown member \"dates\" (known: date names)");
    assert_int_equal(cx_json_only(array, "x", allowed, CX_E_FACTS, &detail).code, CX_E_FACTS);
    assert_int_equal(cx_json_only(NULL, "x", allowed, CX_E_FACTS, NULL).code, CX_E_FACTS);
}

TEST(cuts_a_long_list_of_members)
{
    static const char *const allowed[] = {
        "a-member-with-a-rather-long-name-1", "a-member-with-a-rather-long-name-2",
        "a-member-with-a-rather-long-name-3", "a-member-with-a-rather-long-name-4",
        "a-member-with-a-rather-long-name-5", NULL,
    };
    CX_AUTO(cx_json_cleanup) struct cx_json *bad = parse("{\"x\":1}");
    struct cx_detail detail;

    assert_int_equal(cx_json_only(bad, "w", allowed, CX_E_JSON, &detail).code, CX_E_JSON);
    assert_in_range(strlen(detail.text), 1, sizeof(detail.text) - 1);
}

TEST(writes_in_order_of_insertion)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *o = cx_json_new_object();
    CX_AUTO(cx_json_cleanup) struct cx_json *copy = NULL;
    struct cx_json *a = cx_json_new_array();
    struct cx_buf buf;

    assert_true(cx_json_add(a, cx_json_new_integer(INT64_MIN)));
    assert_true(cx_json_add(a, cx_json_new_null()));
    assert_true(cx_json_set(o, "z", cx_json_new_string(CX_STR("\"\\"))));
    assert_true(cx_json_set(o, "a", a));
    assert_true(cx_json_set(o, "b", cx_json_new_bool(false)));
    copy = cx_json_copy(o);
    cx_buf_init(&buf, 1000);
    assert_true(cx_ok(cx_json_write(copy, &buf)));
    assert_true(
        cx_str_equal(cx_buf_str(&buf),
                     CX_STR("{\"z\":\"\\\"\\\\\",\"a\":[-9223372036854775808,null],\"b\":false}")));
    cx_buf_clear(&buf);
    assert_true(cx_ok(cx_json_write_pretty(copy, &buf)));
    assert_non_null(memchr(buf.p, '\n', buf.n));
    cx_buf_done(&buf);
}

TEST(reports_what_could_not_be_written)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *o = cx_json_new_object();
    struct cx_buf buf;

    assert_null(cx_json_new_string((cx_str){ "\xff", 1 }));
    assert_false(cx_json_set(o, "a", NULL));
    assert_false(cx_json_add(o, cx_json_new_null()));
    assert_false(cx_json_set(NULL, "a", cx_json_new_null()));
    assert_null(cx_json_whole(cx_json_new_array(), false));
    assert_true(cx_json_set(o, "long", cx_json_new_string(CX_STR("0123456789"))));
    cx_buf_init(&buf, 10);
    assert_int_equal(cx_status_class(cx_json_write(NULL, &buf)), CX_CLASS_NOMEM);
    assert_int_equal(cx_status_class(cx_json_write(o, &buf)), CX_CLASS_LIMIT);
    cx_buf_done(&buf);
}

TEST(outside_text_is_kept_if_it_can_be)
{
    static const struct {
        cx_str text, wanted;
    } rows[] = {
        { CX_STR_INIT("caf\xc3\xa9"), CX_STR_INIT("caf\xc3\xa9") },
        { CX_STR_INIT("caf\xe9"), CX_STR_INIT("caf\\233") },
    };
    struct cx_json *json = cx_json_new_outside(CX_STR(""));

    assert_int_equal(cx_json_kind_of(json), CX_JSON_NULL);
    cx_json_free(json);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_str got;

        json = cx_json_new_outside(rows[i].text);
        assert_true(cx_json_string(json, &got));
        assert_true(cx_str_equal(got, rows[i].wanted));
        cx_json_free(json);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(outside_text_is_kept_if_it_can_be),
    cmocka_unit_test(reads_every_kind),
    cmocka_unit_test(says_no_to_the_wrong_kind_and_to_nothing),
    cmocka_unit_test(refuses_what_is_not_one_json_value),
    cmocka_unit_test(names_the_unknown_member),
    cmocka_unit_test(cuts_a_long_list_of_members),
    cmocka_unit_test(writes_in_order_of_insertion),
    cmocka_unit_test(reports_what_could_not_be_written),
};

TEST_MAIN(tests)

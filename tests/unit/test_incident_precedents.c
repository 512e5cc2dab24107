#include "incident/precedents.h"
#include "main.h"

static size_t
count(const char *root_cause)
{
    size_t n = 0;

    for (const struct cx_precedent *p = cx_precedent_next(NULL, cx_str_of(root_cause)); p != NULL;
         p = cx_precedent_next(p, cx_str_of(root_cause))) {
        n++;
    }
    return n;
}

static bool
not_after(cx_str a, cx_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int sign = memcmp(a.p, b.p, n);

    return sign < 0 || (sign == 0 && a.n <= b.n);
}

TEST(a_class_has_its_own_by_date)
{
    static const struct {
        const char *root_cause;
        size_t n;
    } rows[] = {
        { "FAIL-OPEN", 4 },  { "SEMANTICS", 6 }, { "WILDCARD", 3 }, { "ALIAS", 3 },
        { "DNSSEC", 1 },     { "COVERAGE", 1 },  { "PATH", 5 },     { "UNBOUND", 3 },
        { "FRESHNESS", 2 },  { "RESOLVER", 3 },  { "EVIDENCE", 7 }, { "REVOCATION", 3 },
        { "DISCLOSURE", 6 }, { "UNKNOWN", 1 },   { "", 48 },        { "NO-SUCH-CLASS", 0 },
        { "PAT", 0 },        { "PATHS", 0 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(count(rows[i].root_cause) == rows[i].n, rows[i].root_cause);
    }
}

TEST(rows_are_whole_and_in_order)
{
    const struct cx_precedent *before = NULL;

    for (const struct cx_precedent *p = cx_precedent_next(NULL, CX_STR("")); p != NULL;
         p = cx_precedent_next(p, CX_STR(""))) {
        assert_true(p->id.n != 0 && p->ca.n != 0 && p->reference.n != 0 && p->what.n != 0);
        assert_true(before == NULL || not_after(before->date, p->date));
        before = p;
    }
}

TEST(json_is_as_a_run_has_it)
{
    struct cx_json *json = cx_precedents_json(CX_STR("COVERAGE"));
    const struct cx_json *p = cx_json_at(json, 0);
    bool verified = false;
    cx_str text;

    assert_int_equal(cx_json_size(json), 1);
    assert_int_equal(cx_json_members(p, NULL, 0), 9);
    assert_true(cx_json_string(cx_json_get(p, "reference"), &text));
    assert_true(cx_str_equal(text, CX_STR("bug 1619047")));
    assert_true(cx_json_bool(cx_json_get(p, "verified"), &verified) && verified);
    cx_json_free(json);
    json = cx_precedents_json(CX_STR("NO-SUCH-CLASS"));
    assert_int_equal(cx_json_kind_of(json), CX_JSON_ARRAY);
    assert_int_equal(cx_json_size(json), 0);
    cx_json_free(json);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_class_has_its_own_by_date),
    cmocka_unit_test(rows_are_whole_and_in_order),
    cmocka_unit_test(json_is_as_a_run_has_it),
};

TEST_MAIN(tests)

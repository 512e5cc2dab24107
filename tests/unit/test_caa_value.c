#include "build.h"
#include "caa/value.h"
#include "main.h"

#include <stdio.h>

/* "issuer|tag=value|tag=value", or "-" for a malformed value. */
static const char *
parsed(cx_span value, enum cx_grammar grammar)
{
    static char text[4096];
    struct cx_issue_value v = cx_issue_value_parse(value, grammar);
    struct cx_param param;
    size_t at = 0;
    int n;

    if (!v.well_formed) {
        assert_int_equal(v.issuer.n, 0); /* I1 */
        assert_false(cx_param_next(&v, &at, &param));
        return "-";
    }
    n = snprintf(text, sizeof(text), "%.*s", (int)v.issuer.n, (const char *)v.issuer.p);
    while (cx_param_next(&v, &at, &param)) {
        n += snprintf(text + n, sizeof(text) - (size_t)n, "|%.*s=%.*s", (int)param.tag.n,
                      (const char *)param.tag.p, (int)param.value.n, (const char *)param.value.p);
    }
    assert_true(n >= 0 && (size_t)n < sizeof(text));
    return text;
}

struct row {
    const char *value;
    const char *want;
};

static void
check(const struct row *rows, size_t n, enum cx_grammar grammar)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = parsed(bytes_of(rows[i].value), grammar);

        if (strcmp(got, rows[i].want) != 0) {
            fail_msg("\"%s\": %s, not %s", rows[i].value, got, rows[i].want);
        }
    }
}

#define CHECK(rows, grammar) check(rows, CX_COUNT(rows), CX_GRAMMAR_##grammar)

/* TEST R-VAL-1 */
TEST(blanks_and_the_semicolon)
{
    static const struct row rows[] = {
        { "ca.example.net", "ca.example.net" },
        { "  ca.example.net\t", "ca.example.net" },
        { "\t ca.example.net \t ; \t ", "ca.example.net" },
        { "ca.example.net;", "ca.example.net" },
        { "ca.example.net\n", "-" },
        { "ca.example.net\r", "-" },
        { "\vca.example.net", "-" },
        { "ca.example.net\xa0", "-" },
        { "ca.example.net\xc2\xa0", "-" },
        { "ca.example.net ca.example.net", "-" },
        { "ca.example.net,other.example", "-" },
    };

    CHECK(rows, RFC8659);
    CHECK(rows, RFC6844);
    CHECK(rows, PROPOSAL);
}

/* TEST R-VAL-2 */
TEST(issuer_names)
{
    static const struct row rows[] = {
        { "ca", "ca" },
        { "a", "a" },
        { "1", "1" },
        { "xn--a.b-c.d", "xn--a.b-c.d" },
        { "a--b", "a--b" },
        { "CA.Example", "CA.Example" },
        { "-ca.example", "-" },
        { "ca-.example", "-" },
        { "ca.-example", "-" },
        { "ca.example-", "-" },
        { "ca_1.example", "-" },
        { "ca.example.", "-" },
        { ".ca.example", "-" },
        { "ca..example", "-" },
        { "*.example", "-" },
        { "ca.example:443", "-" },
        { "https://ca.example", "-" },
        { "c\xc3\xa4.example", "-" },
        { "ca.example/", "-" },
        { "\"ca.example\"", "-" },
        { "-", "-" },
        { ".", "-" },
        { "%%%%%", "-" },
    };

    CHECK(rows, RFC8659);
    CHECK(rows, RFC6844);
    CHECK(rows, PROPOSAL);
}

/* TEST R-VAL-3 */
TEST(parameter_lists)
{
    static const struct row rows[] = {
        { "ca;a=b", "ca|a=b" },
        { "ca ; a=b ; c=d", "ca|a=b|c=d" },
        { "ca;a=b;c=d;e=f", "ca|a=b|c=d|e=f" },
        { "ca;\ta=b \t", "ca|a=b" },
        { "ca; a=b;", "-" },
        { "ca; a=b ; ", "-" },
        { "ca;;", "-" },
        { "ca; ;", "-" },
        { "ca;;a=b", "-" },
        { "ca;a=b;;c=d", "-" },
        { "ca a=b", "-" },
        { "ca;", "ca" },
        { "ca ; ", "ca" },
        { "ca;a=1 b=2", "-" }, /* TEST R-V44-3 */
    };

    CHECK(rows, RFC8659);
    CHECK(rows, PROPOSAL);
}

/* TEST R-VAL-4 */
TEST(parameters)
{
    static const struct row rows[] = {
        { "ca;a = b", "ca|a=b" },
        { "ca;a\t=\tb", "ca|a=b" },
        { "ca;a=", "ca|a=" },
        { "ca;a= ", "ca|a=" },
        { "ca;a= ;b=c", "ca|a=|b=c" },
        { "ca;a=;b=", "ca|a=|b=" },
        { "ca;a=b=c", "ca|a=b=c" },
        { "ca;a==", "ca|a==" },
        { "ca;a=\"b\"", "ca|a=\"b\"" },
        { "ca;a=!:<~", "ca|a=!:<~" },
        { "ca;a-b=c", "ca|a-b=c" },
        { "ca;a--b=c", "ca|a--b=c" },
        { "ca;1=2", "ca|1=2" },
        { "ca;a", "-" },
        { "ca;=b", "-" },
        { "ca;a b", "-" },
        { "ca;-a=b", "-" },
        { "ca;a-=b", "-" },
        { "ca;a_b=c", "-" },
        { "ca;a.b=c", "-" },
        { "ca;a=b c", "-" },
        { "ca;a=\x7f", "-" },
        { "ca;a=\x80", "-" },
        { "ca;a=b\n", "-" },
    };

    CHECK(rows, RFC8659);
    CHECK(rows, PROPOSAL);
}

/* TEST R-VAL-5 */
TEST(empty_issuers)
{
    static const struct row rows[] = {
        { "", "" }, { " \t", "" }, { ";", "" }, { " ; ", "" }, { "; a=b", "|a=b" },
    };

    CHECK(rows, RFC8659);
    CHECK(rows, RFC6844);
    CHECK(rows, PROPOSAL);
    assert_true(cx_issue_value_parse((cx_span){ NULL, 0 }, CX_GRAMMAR_RFC8659).well_formed);
}

/* TEST R-VAL-6, TEST R-VAL-12: octets that are no text are malformed, whatever follows */
TEST(octets)
{
    for (unsigned c = 0; c < 256; c++) {
        uint8_t value[3] = { 'a', (uint8_t)c, 'b' };
        bool fits = cx_ascii_alnum((uint8_t)c) || c == '-' || c == '.';
        cx_span span = { value, 3 };

        assert_int_equal(cx_issue_value_parse(span, CX_GRAMMAR_RFC8659).well_formed, fits);
        assert_int_equal(cx_issue_value_parse(span, CX_GRAMMAR_RFC6844).well_formed, fits);
    }
}

/* TEST R-VAL-4: every octet of a parameter value */
TEST(octets_of_parameter_values)
{
    for (unsigned c = 0; c < 256; c++) {
        uint8_t value[] = { 'c', 'a', ';', 't', '=', 'x', (uint8_t)c, 'y' };
        cx_span span = { value, sizeof(value) };
        bool visible = c > 0x20 && c < 0x7f;

        assert_int_equal(cx_issue_value_parse(span, CX_GRAMMAR_RFC8659).well_formed,
                         visible && c != ';');
        assert_int_equal(cx_issue_value_parse(span, CX_GRAMMAR_RFC6844).well_formed, visible);
    }
}

/* TEST R-VAL-13: an octet that a zone file would escape is an ordinary octet here */
TEST(embedded_nul_and_backslash)
{
    cx_span nul = { (const uint8_t *)"ca.example.net\0", 15 };

    assert_string_equal(parsed(nul, CX_GRAMMAR_RFC8659), "-");
    assert_string_equal(parsed(bytes_of("ca\\.example"), CX_GRAMMAR_RFC8659), "-");
    assert_string_equal(parsed(bytes_of("ca;a=\\\\"), CX_GRAMMAR_RFC8659), "ca|a=\\\\");
}

/* TEST R-V44-1, TEST R-V44-3 */
TEST(rfc6844_parameters)
{
    static const struct row rows[] = {
        { "ca; a=1 b=2", "ca|a=1|b=2" },
        { "ca; a=1; b=2", "ca|a=1;|b=2" },
        { "ca; a=1;", "ca|a=1;" },
        { "ca; a=1 ;", "-" },
        { "ca;a=1;b=2", "ca|a=1;b=2" },
        { "ca;", "ca" },
        { "ca ; ", "ca" },
        { "ca; a = b", "-" },
        { "ca; a= b", "-" },
        { "ca; a =b", "-" },
        { "ca; a-b=c", "-" },
        { "ca; a", "-" },
        { "ca; a=", "ca|a=" },
        { "ca; a=\tb=", "ca|a=|b=" },
        { "ca;;", "-" },
        { "ca a=1", "-" },
        { "ca; a=b=c", "ca|a=b=c" },
    };

    CHECK(rows, RFC6844);
}

/* TEST R-P16-7, TEST R-P16-14 */
TEST(the_star_of_the_proposal)
{
    static const struct row proposal[] = {
        { "*", "*" },         { " * ", "*" },
        { "*;", "*" },        { "*; skipsubdomaincheck=true", "*|skipsubdomaincheck=true" },
        { "*.example", "-" }, { "**", "-" },
        { "*ca", "-" },       { "* ca", "-" },
        { "ca*", "-" },
    };
    static const struct row today[] = { { "*", "-" }, { "*;", "-" }, { "*; a=b", "-" } };

    CHECK(proposal, PROPOSAL);
    CHECK(today, RFC8659);
    CHECK(today, RFC6844);
}

/* TEST R-8657-2 */
TEST(uris)
{
    static const char *const good[] = {
        "https://ca.example.net/acct/1",
        "acct:1@ca.example.net",
        "a:",
        "x+y-z.1:%41?#[]@!$&'()*,;=~_",
    };
    static const char *const bad[] = {
        "",     ":",     "1a:b", "+a:b", "no-scheme",  "/path", "ht tp://x", "a:b c",
        "a:\"", "a:<b>", "a:\\", "a:{}", "a:\xc3\xa4", "a:^",   "a_b:c",     "a:b|",
    };
    static const uint8_t nul[] = { 'a', ':', 'b', 0 }, nul_scheme[] = { 'a', 0, ':' };

    for (size_t i = 0; i < CX_COUNT(good); i++) {
        ROW_TRUE(cx_is_uri(bytes_of(good[i])), good[i]);
    }
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        ROW_TRUE(!cx_is_uri(bytes_of(bad[i])), bad[i]);
    }
    assert_false(cx_is_uri((cx_span){ nul, sizeof(nul) }));
    assert_false(cx_is_uri((cx_span){ nul_scheme, sizeof(nul_scheme) }));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(blanks_and_the_semicolon),
    cmocka_unit_test(issuer_names),
    cmocka_unit_test(parameter_lists),
    cmocka_unit_test(parameters),
    cmocka_unit_test(empty_issuers),
    cmocka_unit_test(octets),
    cmocka_unit_test(octets_of_parameter_values),
    cmocka_unit_test(embedded_nul_and_backslash),
    cmocka_unit_test(rfc6844_parameters),
    cmocka_unit_test(the_star_of_the_proposal),
    cmocka_unit_test(uris),
};

TEST_MAIN(tests)

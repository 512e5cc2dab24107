#include "base/status.h"
#include "caa/fault.h"
#include "caa/value.h"
#include "main.h"

static cx_span
span_of(const char *text)
{
    return cx_span_of_str(cx_str_of(text));
}

struct row {
    const char *value;
    const char *word;
    size_t octet;
};

TEST(each_fault_is_found_where_it_is)
{
    static const struct row rows[] = {
        { "ca.example.net.", "trailing-dot", 15 },
        { "ca..example.net", "empty-label", 4 },
        { ".ca.example.net", "empty-label", 1 },
        { " ..", "empty-label", 2 },
        { "-ca.example.net", "hyphen", 1 },
        { "ca-.example.net", "hyphen", 3 },
        { "ca_x.example.net", "underscore", 3 },
        { "https://ca.example.net/", "scheme", 6 },
        { "ca.example.net/acme", "scheme", 15 },
        { "ca.example.net:443", "port", 15 },
        { "mailto:ca@example.net", "scheme", 7 },
        { "ca@example.net", "mailbox", 3 },
        { "ca.example.net, accounturi=https://x", "comma", 15 },
        { "ca.example.net ,other.example", "comma", 16 },
        { "\"ca.example.net\"", "quotes", 1 },
        { "'ca.example.net'", "quotes", 1 },
        { "*", "asterisk", 1 },
        { "b\xc3\xbc"
          "cher.example",
          "non-ascii", 2 },
        { "ca.example.net\r\n", "control", 15 },
        { "accounturi=https://x", "no-issuer", 11 },
        { "%%%%%", "octet", 1 },
        { "ca.example.net a=b", "no-semicolon", 16 },
        { "ca.example.net;;", "double-semicolon", 16 },
        { "ca.example.net; a=b;", "trailing-semicolon", 20 },
        { "ca.example.net; a=b ; ", "trailing-semicolon", 21 },
        { "ca.example.net; =b", "parameter-without-name", 17 },
        { "ca.example.net; -a=b", "parameter-name", 17 },
        { "ca.example.net; a-=b", "parameter-name", 18 },
        { "ca.example.net; a_b=c", "parameter-name", 18 },
        { "ca.example.net; flag", "parameter-without-equals", 21 },
        { "ca.example.net; a b", "parameter-without-equals", 19 },
        { "ca.example.net; a=b c", "parameter-blank", 20 },
        { "ca.example.net; a=b\x80", "parameter-octet", 20 },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_value_fault fault = cx_value_fault_of(span_of(rows[i].value));

        if (strcmp(cx_fault_word(fault.fault), rows[i].word) != 0 || fault.octet != rows[i].octet) {
            fail_msg("\"%s\": %s at %zu", rows[i].value, cx_fault_word(fault.fault), fault.octet);
        }
        ROW_TRUE(cx_fault_sentence(fault.fault)[0] != '\0', rows[i].value);
    }
}

TEST(fine_values_have_no_fault)
{
    static const char *const rows[] = {
        "",
        ";",
        "  ;  ",
        "ca",
        "ca.example.net",
        "\tca.example.net ; ",
        "ca.example.net;a=b",
        "ca.example.net ; a = b ; c-d=\"x=y\" ",
        "; a=",
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(cx_value_fault_of(span_of(rows[i])).fault == CX_FAULT_NONE, rows[i]);
    }
}

/* I1, on values made of the octets that matter. */
TEST(agrees_with_the_grammar)
{
    static const char octets[] = "ab-.;= \t_*,:/\"@\x01\x80";
    uint32_t seed = 1;
    size_t fine = 0;

    for (size_t round = 0; round < 400000; round++) {
        uint8_t text[16];
        cx_span value = { text, round % CX_COUNT(text) };

        for (size_t i = 0; i < value.n; i++) {
            seed = seed * 1664525u + 1013904223u;
            /* the first half of the octets more often: else nothing is well formed */
            text[i] = (uint8_t)octets[(seed >> 16) % (round % 2 == 0 ? 8 : sizeof(octets))];
        }
        if (cx_issue_value_parse(value, CX_GRAMMAR_RFC8659).well_formed) {
            fine++;
            assert_int_equal(cx_value_fault_of(value).fault, CX_FAULT_NONE);
        } else {
            assert_int_not_equal(cx_value_fault_of(value).fault, CX_FAULT_NONE);
            assert_in_range(cx_value_fault_of(value).octet, 1, value.n + 1);
        }
    }
    assert_true(fine > 1000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_fault_is_found_where_it_is),
    cmocka_unit_test(fine_values_have_no_fault),
    cmocka_unit_test(agrees_with_the_grammar),
};

TEST_MAIN(tests)

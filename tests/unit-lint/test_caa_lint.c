#include "build.h"
#include "caa/lint.h"
#include "main.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORDS_MAX 8

/* One set under lint: records are "flags tag value". */
struct bench {
    struct cx_arena arena;
    struct cx_lint lint;
    struct cx_answer answer;
    struct cx_caa records[RECORDS_MAX];
    struct cx_name name;
    struct cx_lint_context context;
};

static void
open_bench(struct bench *b, const char *const *records)
{
    *b = (struct bench){ .name = name_of("www.d.test") };
    cx_arena_init(&b->arena, (size_t)1 << 26);
    b->lint.arena = &b->arena;
    b->answer = (struct cx_answer){ .name = cx_name_span(&b->name),
                                    .type = CX_TYPE_CAA,
                                    .outcome = CX_OUTCOME_RECORDS,
                                    .records_at = cx_name_span(&b->name),
                                    .records = b->records };
    for (size_t i = 0; i < RECORDS_MAX && records[i] != NULL; i++) {
        char *end = NULL;
        unsigned long flags = strtoul(records[i], &end, 10);
        const char *tag = end + 1, *value = strchr(tag, ' ');

        b->records[i] = (struct cx_caa){ .flags = (uint8_t)flags,
                                         .tag = { (const uint8_t *)tag, (size_t)(value - tag) },
                                         .value = bytes_of(value + 1) };
        b->answer.n_records++;
    }
}

static void
close_bench(struct bench *b)
{
    cx_arena_done(&b->arena);
}

static size_t
times(const struct bench *b, enum cx_lint_code code)
{
    size_t n = 0;

    for (size_t i = 0; i < b->lint.n; i++) {
        n += b->lint.v[i].code == code ? 1 : 0;
    }
    return n;
}

/* What a set of records alone can show: those that get the code, and those that do not. */
struct row {
    enum cx_lint_code code;
    const char *with[RECORDS_MAX];
    const char *without[RECORDS_MAX];
};

#define URI "https://x.example/1"

static const struct row rows[] = {
    { CX_LINT_MALFORMED_VALUE, { "0 issue ca.example.net." }, { "0 issue ca.example.net" } },
    { CX_LINT_MALFORMED_VALUE, { "0 issuewild a b" }, { "0 unknown a b", "0 issue ;" } },
    { CX_LINT_MALFORMED_VALUE, { "0 issuemail %" }, { "0 issuemail ;" } },
    { CX_LINT_ASTERISK, { "0 issue *" }, { "0 issue ;" } },
    { CX_LINT_SINGLE_LABEL, { "0 issue letsencrypt" }, { "0 issue letsencrypt.org" } },
    { CX_LINT_EMPTY_BESIDE,
      { "0 issue ;", "0 issue ca.example.net" },
      { "0 issue ;", "0 issuewild ca.example.net" } },
    { CX_LINT_LIMIT_BESIDE,
      { "0 issue ca.example.net; accounturi=" URI, "0 issue CA.example.net" },
      { "0 issue ca.example.net; accounturi=" URI, "0 issue other.example" } },
    { CX_LINT_LIMIT_BESIDE,
      { "0 issuemail a.example; validationmethods=dns-01", "0 issuemail a.example" },
      { "0 issuewild a.example; validationmethods=dns-01", "0 issue a.example" } },
    { CX_LINT_FLAG_1, { "1 issue ca.example.net" }, { "128 issue ca.example.net" } },
    { CX_LINT_FLAG_BITS, { "130 issue ca.example.net" }, { "128 issue ca.example.net" } },
    { CX_LINT_FLAG_BITS, { "2 issue ca.example.net" }, { "1 issue ca.example.net" } },
    { CX_LINT_CRITICAL_UNKNOWN, { "128 tbs x" }, { "0 tbs x" } },
    { CX_LINT_CRITICAL_OTHER, { "128 issuemail ;" }, { "0 issuemail ;", "128 issue ;" } },
    { CX_LINT_CRITICAL_OTHER, { "128 contactemail a@b.example" }, { "128 tbs x" } },
    { CX_LINT_CRITICAL_KNOWN, { "128 issue ;" }, { "0 issue ;", "128 issuemail ;" } },
    { CX_LINT_TAG_TYPO, { "0 isue ca.example.net" }, { "0 issue ca.example.net" } },
    { CX_LINT_TAG_TYPO, { "0 issue-wild ;" }, { "0 issuewild ;", "0 tbs x" } },
    { CX_LINT_TAG_TYPO, { "0 idoef mailto:a@b.example" }, { "0 path x", "0 security x" } },
    { CX_LINT_TAG_OCTETS, { "0 t-b-s x" }, { "0 tbs x", "0 issue-wild ;" } },
    { CX_LINT_TAG_UNKNOWN, { "0 tbs x" }, { "0 auth x", "0 isue x", "0 t-b-s x" } },
    { CX_LINT_TAG_RESERVED, { "0 policy x" }, { "0 tbs x" } },
    { CX_LINT_TAG_RESERVED, { "0 Path x" }, { "0 paths x" } },
    { CX_LINT_TAG_CASE, { "0 Issue ;" }, { "0 issue ;", "0 TBS x" } },
    { CX_LINT_NO_RESTRICTION, { "0 iodef mailto:a@b.example" }, { "0 issuemail ;" } },
    { CX_LINT_NO_RESTRICTION, { "0 tbs x" }, { "128 tbs x" } },
    { CX_LINT_WILDCARD_ONLY, { "0 issuewild ;" }, { "0 issuewild ;", "0 issue ;" } },
    { CX_LINT_IODEF_URL, { "0 iodef a@b.example" }, { "0 iodef mailto:a@b.example" } },
    { CX_LINT_IODEF_URL, { "0 iodef ftp://b.example/" }, { "0 iodef HTTPS://b.example/" } },
    { CX_LINT_IODEF_URL, { "0 iodef mailto:b.example" }, { "0 iodef http://b.example/" } },
    { CX_LINT_IODEF_URL,
      { "0 iodef mailto:b.example?subject=a@b.example" },
      { "0 iodef mailto:a@b.example?subject=CAA" } },
    { CX_LINT_IODEF_HTTP, { "0 iodef http://b.example/" }, { "0 iodef https://b.example/" } },
    { CX_LINT_CONTACT_EMAIL,
      { "0 contactemail mailto:a@b.example" },
      { "0 contactemail a@b.example" } },
    { CX_LINT_CONTACT_EMAIL,
      { "0 contactemail a@b.example, c@b.example" },
      { "0 contactemail \xc3\xbc@b.example" } },
    { CX_LINT_CONTACT_EMAIL, { "0 contactemail a@b@c.example" }, { "0 iodef x" } },
    { CX_LINT_CONTACT_EMAIL, { "0 contactemail a@b" }, { "0 contactemail \"a b\"@c.example" } },
    { CX_LINT_CONTACT_EMAIL, { "0 contactemail @b.example" }, { "0 contactemail a.b@c.example" } },
    { CX_LINT_CONTACT_PHONE,
      { "0 contactphone 030 123456" },
      { "0 contactphone +49 (30) 12-34.56" } },
    { CX_LINT_CONTACT_PHONE, { "0 contactphone +49 30 x" }, { "0 contactphone +4930123" } },
    { CX_LINT_CONTACT_PHONE, { "0 contactphone " }, { "0 contactphone +1 555 0100" } },
    { CX_LINT_ACCOUNT_URI,
      { "0 issue a.example; accounturi=12345" },
      { "0 issue a.example; accounturi=" URI } },
    { CX_LINT_METHODS_FORM,
      { "0 issue a.example; validationmethods=dns-01,,http-01" },
      { "0 issue a.example; validationmethods=dns-01,http-01" } },
    { CX_LINT_METHODS_EMPTY,
      { "0 issue a.example; validationmethods=" },
      { "0 issue a.example; validationmethods=dns-01" } },
    { CX_LINT_METHOD_UNKNOWN,
      { "0 issue a.example; validationmethods=dns-01,email" },
      { "0 issue a.example; validationmethods=ca-tbr-7,tls-alpn-01" } },
    { CX_LINT_METHOD_CASE,
      { "0 issue a.example; validationmethods=DNS-01" },
      { "0 issue a.example; validationmethods=dns-01" } },
    { CX_LINT_METHOD_CASE,
      { "0 issue a.example; validationmethods=CA-TBR-7" },
      { "0 issue a.example; validationmethods=ca-x" } },
    { CX_LINT_PARAM_TWICE,
      { "0 issue a.example; accounturi=" URI "; AccountURI=" URI },
      { "0 issue a.example; x=1; x=2" } },
    { CX_LINT_PARAM_TWICE,
      { "0 issue a.example; validationmethods=dns-01; validationmethods=dns-01" },
      { "0 issue a.example; accounturi=" URI "; validationmethods=dns-01" } },
    { CX_LINT_PARAM_TYPO,
      { "0 issue a.example; account-uri=" URI },
      { "0 issue a.example; accounturi=" URI } },
    { CX_LINT_PARAM_TYPO,
      { "0 issue a.example; validationmethod=dns-01" },
      { "0 issue a.example; policy=ev" } },
    { CX_LINT_PARAM_CASE,
      { "0 issue a.example; AccountURI=" URI },
      { "0 issue a.example; accounturi=" URI } },
    { CX_LINT_PARAM_CASE,
      { "0 issue a.example; ValidationMethods=dns-01" },
      { "0 issue a.example; Policy=ev" } },
    { CX_LINT_PARAM_UNKNOWN,
      { "0 issue a.example; policy=ev" },
      { "0 issue a.example; accounturl=" URI } },
    { CX_LINT_PARAM_ELSEWHERE,
      { "0 issuemail a.example; accounturi=" URI },
      { "0 issuewild a.example; accounturi=" URI } },
    { CX_LINT_PARAM_ELSEWHERE,
      { "0 issuevmc a.example; validationmethods=dns-01" },
      { "0 issuemail a.example; policy=x" } },
    { CX_LINT_SKIP,
      { "0 issue a.example; skipsubdomaincheck=true" },
      { "0 issue a.example; policy=true" } },
    { CX_LINT_DUPLICATE,
      { "0 issue a.example", "0 Issue a.example" },
      { "0 issue a.example", "128 issue a.example" } },
};

static void
expect_times(const char *const *records, enum cx_lint_code code, bool some)
{
    struct bench b;

    open_bench(&b, records);
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_false(b.lint.out_of_memory);
    if ((times(&b, code) != 0) != some) {
        fail_msg("%s: %s %s", records[0], cx_lint_word(code), some ? "is missing" : "is there");
    }
    close_bench(&b);
}

TEST(records_get_what_they_deserve)
{
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        expect_times(rows[i].with, rows[i].code, true);
        expect_times(rows[i].without, rows[i].code, false);
    }
}

TEST(a_good_set_has_no_findings)
{
    static const char *const good[RECORDS_MAX] = {
        "0 issue ca.example.net; accounturi=" URI "; validationmethods=dns-01",
        "0 issuewild ;",
        "0 issuemail ca.example.net",
        "0 issuevmc ;",
        "0 iodef mailto:security@d.test",
        "0 contactemail security@d.test",
        "0 contactphone +1 555 0100",
    };
    struct bench b;

    open_bench(&b, good);
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(b.lint.n, 0);
    close_bench(&b);
}

TEST(a_fault_names_its_octet)
{
    static const char *const bad[RECORDS_MAX] = { "0 issue ca.example.net." };
    struct bench b;

    open_bench(&b, bad);
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(b.lint.v[0].octet, 15);
    assert_ptr_equal(b.lint.v[0].record, &b.records[0]);
    assert_true(b.lint.v[0].detail.n != 0);
    close_bench(&b);
}

TEST(outside_text_is_escaped)
{
    static const char *const bad[RECORDS_MAX] = { "0 issue a.example; a\x1b[31m=b",
                                                  "0 iodef \x1b]0;x\x07",
                                                  "0 issue a.example; validationmethods=\x22<b>" };
    struct bench b;

    open_bench(&b, bad);
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_true(b.lint.n >= 3);
    for (size_t i = 0; i < b.lint.n; i++) {
        for (size_t k = 0; k < b.lint.v[i].detail.n; k++) {
            assert_in_range(b.lint.v[i].detail.p[k], 0x20, 0x7e);
        }
    }
    close_bench(&b);
}

TEST(a_hidden_restriction_is_an_error)
{
    static const char *const child[RECORDS_MAX] = { "0 iodef mailto:a@b.example" };
    static const char *const strict[RECORDS_MAX] = { "0 issue ;" };
    static const char *const open[RECORDS_MAX] = { "0 contactemail a@b.example" };
    struct bench b, above;

    open_bench(&b, child);
    open_bench(&above, strict);
    b.context.above = &above.answer;
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(times(&b, CX_LINT_HIDES_PARENT), 1);
    assert_int_equal(times(&b, CX_LINT_NO_RESTRICTION), 0);
    close_bench(&above);

    open_bench(&above, open);
    b.lint.n = 0;
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(times(&b, CX_LINT_HIDES_PARENT), 0);
    assert_int_equal(times(&b, CX_LINT_NO_RESTRICTION), 1);
    close_bench(&above);
    close_bench(&b);
}

TEST(failures)
{
    static const char *const none[RECORDS_MAX] = { NULL };
    static const struct {
        enum cx_outcome outcome;
        enum cx_malformed malformed;
        enum cx_lint_code code;
    } failures[] = {
        { CX_OUTCOME_TIMEOUT, CX_MALFORMED_UNSET, CX_LINT_LOOKUP_FAILED },
        { CX_OUTCOME_MALFORMED, CX_MALFORMED_MESSAGE, CX_LINT_LOOKUP_FAILED },
        { CX_OUTCOME_MALFORMED, CX_MALFORMED_RDATA, CX_LINT_UNREADABLE },
        { CX_OUTCOME_BOGUS, CX_MALFORMED_UNSET, CX_LINT_BOGUS },
        { CX_OUTCOME_NODATA, CX_MALFORMED_UNSET, CX_LINT_UNSET },
        { CX_OUTCOME_NXDOMAIN, CX_MALFORMED_UNSET, CX_LINT_UNSET },
    };
    struct bench b;

    for (size_t i = 0; i < CX_COUNT(failures); i++) {
        open_bench(&b, none);
        b.answer.outcome = failures[i].outcome;
        b.answer.malformed = failures[i].malformed;
        cx_lint_answer(&b.lint, &b.answer, &b.context);
        assert_int_equal(b.lint.n, failures[i].code == CX_LINT_UNSET ? 0 : 1);
        assert_int_equal(b.lint.n != 0 ? b.lint.v[0].code : CX_LINT_UNSET, failures[i].code);
        close_bench(&b);
    }
}

TEST(bogus_records_are_a_failure)
{
    static const char *const good[RECORDS_MAX] = { "0 issue ;" };
    struct bench b;

    open_bench(&b, good);
    b.answer.dnssec = CX_DNSSEC_BOGUS;
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(b.lint.n, 1);
    assert_int_equal(b.lint.v[0].code, CX_LINT_BOGUS);
    close_bench(&b);
}

TEST(the_set_as_a_whole)
{
    static const char *const good[RECORDS_MAX] = { "0 issue ;" };
    static uint8_t huge[4096];
    struct bench b;
    cx_span alias;

    open_bench(&b, good);
    alias = cx_name_span(&b.name);
    b.answer.has_ttl = true;
    b.answer.ttl = CX_WINDOW_S;
    b.answer.dnssec = CX_DNSSEC_INSECURE;
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(b.lint.n, 0); /* 8 hours are not too long; whether it is signed is not known */

    b.answer.ttl++;
    b.answer.aliases = &alias;
    b.answer.n_aliases = 1;
    b.context.dnssec_known = true;
    memset(huge, 'a', sizeof(huge));
    b.records[0].value = (cx_span){ huge, sizeof(huge) };
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(times(&b, CX_LINT_LONG_TTL), 1);
    assert_int_equal(times(&b, CX_LINT_ALIAS_BESIDE), 1);
    assert_int_equal(times(&b, CX_LINT_UNSIGNED), 1);
    assert_int_equal(times(&b, CX_LINT_LARGE_SET), 1);

    b.lint.n = 0;
    b.answer.dnssec = CX_DNSSEC_SECURE;
    b.answer.records_at = cx_name_parent(b.answer.name); /* the alias was followed, as it should */
    b.answer.ttl = 60;
    b.records[0].value = bytes_of(";");
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_int_equal(b.lint.n, 0);
    close_bench(&b);
}

TEST(the_ca_in_mind)
{
    static const char *const set[RECORDS_MAX] = { "0 issue ca.example.net",
                                                  "0 issuewild other.example" };
    static const char *const open[RECORDS_MAX] = { "0 iodef mailto:a@b.example" };
    struct bench b;

    open_bench(&b, set);
    cx_lint_issuer(&b.lint, &b.answer, bytes_of("CA.example.net"));
    assert_int_equal(times(&b, CX_LINT_ISSUER_LEFT_OUT), 1); /* wildcards only */
    b.lint.n = 0;
    cx_lint_issuer(&b.lint, &b.answer, bytes_of("third.example"));
    assert_int_equal(times(&b, CX_LINT_ISSUER_LEFT_OUT), 2);
    close_bench(&b);

    open_bench(&b, open);
    cx_lint_issuer(&b.lint, &b.answer, bytes_of("third.example"));
    assert_int_equal(b.lint.n, 0);
    cx_lint_nothing(&b.lint, b.answer.name);
    assert_int_equal(times(&b, CX_LINT_NO_RECORDS), 1);
    close_bench(&b);
}

TEST(parameters_in_a_comment)
{
    static const char *const none[RECORDS_MAX] = { NULL };
    static const char *const lost[] = {
        "@ CAA 0 issue \"ca.example.net\" ; accounturi=https://x",
        "d.test. 3600 IN CAA 0 issue ca.example.net; accounturi=https://x",
        "@ caa 128 issuewild ca.example.net ;validationmethods = dns-01",
    };
    static const char *const kept[] = {
        "@ CAA 0 issue \"ca.example.net; accounturi=https://x\"",
        "@ CAA 0 issue \"ca.example.net\" ; our CA",
        "@ CAA 0 issue \"ca.example.net\"",
        "@ TXT \"x\" ; accounturi=https://x",
        "; @ CAA 0 issue ca.example.net; accounturi=https://x",
        "@ CAA 0 issue ca.example.net\\; accounturi=https://x",
        "",
    };
    struct bench b;

    open_bench(&b, none);
    for (size_t i = 0; i < CX_COUNT(lost); i++) {
        cx_lint_zone_line(&b.lint, cx_str_of(lost[i]), i + 1);
        ROW_TRUE(times(&b, CX_LINT_PARAMETERS_LOST) == i + 1, lost[i]);
    }
    b.lint.n = 0;
    for (size_t i = 0; i < CX_COUNT(kept); i++) {
        cx_lint_zone_line(&b.lint, cx_str_of(kept[i]), i + 1);
        ROW_TRUE(b.lint.n == 0, kept[i]);
    }
    close_bench(&b);
}

/* Each code has a row above or a test of its own, a word, a rule and a sentence. */
TEST(every_code_is_described)
{
    assert_true(cx_lint_severity(CX_LINT_UNSET) == CX_SEVERITY_UNSET);
    for (int code = 1; code < CX_LINT_COUNT; code++) {
        const char *word = cx_lint_word((enum cx_lint_code)code);

        assert_true(word[0] != '\0');
        ROW_TRUE(cx_lint_severity((enum cx_lint_code)code) != CX_SEVERITY_UNSET, word);
        ROW_TRUE(strncmp(cx_lint_rule((enum cx_lint_code)code), "R-", 2) == 0, word);
        ROW_TRUE(cx_lint_sentence((enum cx_lint_code)code)[0] != '\0', word);
        for (int other = 1; other < code; other++) {
            ROW_TRUE(strcmp(word, cx_lint_word((enum cx_lint_code)other)) != 0, word);
        }
    }
    assert_string_equal(cx_severity_word(CX_SEVERITY_ERROR), "error");
}

TEST(no_memory_is_told)
{
    static const char *const bad[RECORDS_MAX] = { "1 tbs x", "0 isue x" };
    struct bench b;

    open_bench(&b, bad);
    cx_arena_done(&b.arena);
    cx_arena_init(&b.arena, 1);
    cx_lint_answer(&b.lint, &b.answer, &b.context);
    assert_true(b.lint.out_of_memory);
    close_bench(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(records_get_what_they_deserve),
    cmocka_unit_test(a_good_set_has_no_findings),
    cmocka_unit_test(a_fault_names_its_octet),
    cmocka_unit_test(outside_text_is_escaped),
    cmocka_unit_test(a_hidden_restriction_is_an_error),
    cmocka_unit_test(failures),
    cmocka_unit_test(bogus_records_are_a_failure),
    cmocka_unit_test(the_set_as_a_whole),
    cmocka_unit_test(the_ca_in_mind),
    cmocka_unit_test(parameters_in_a_comment),
    cmocka_unit_test(every_code_is_described),
    cmocka_unit_test(no_memory_is_told),
};

TEST_MAIN(tests)

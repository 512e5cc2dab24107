#include "build.h"
#include "dns/answer.h"
#include "main.h"

#include <stdio.h>

static struct cx_arena arena;
static struct wire w;

static int
setup(void **state)
{
    (void)state;
    cx_arena_init(&arena, 64u << 20);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    cx_arena_done(&arena);
    return 0;
}

static struct cx_answer
read_as(const char *name, uint16_t type)
{
    struct cx_name n = name_of(name);
    struct cx_question q = { cx_name_span(&n), type };
    struct cx_answer a = { .outcome = CX_OUTCOME_ERROR };

    assert_true(cx_ok(cx_answer_from_message(wire_span(&w), &q, &arena, &a)));
    assert_int_equal(a.dnssec, CX_DNSSEC_INDETERMINATE);
    assert_int_equal(a.attempts, 1);
    assert_true(a.outcome == CX_OUTCOME_RECORDS || a.n_records == 0);
    assert_true(a.outcome == CX_OUTCOME_MALFORMED || a.malformed == CX_MALFORMED_UNSET);
    return a;
}

static struct cx_answer
read_it(void)
{
    return read_as("www.d.test", CX_TYPE_CAA);
}

static void
open_it(unsigned flags)
{
    wire_open(&w, "www.d.test", CX_TYPE_CAA, flags);
}

static bool
is_name(cx_span name, const char *text)
{
    struct cx_name n = name_of(text);

    return cx_span_equal(name, cx_name_span(&n));
}

TEST(reads_a_set)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_caa(&w, "WWW.d.test", 900, "0 issue ca.example.net");
    wire_caa(&w, "www.d.test", 300, "128 issuewild ;");
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a.n_records, 2);
    assert_int_equal(a.records[1].flags, 128);
    assert_true(a.has_ttl && a.ttl == 300); /* TEST R-SYN-7 */
    assert_true(is_name(a.records_at, "www.d.test"));
    assert_int_equal(a.n_aliases, 0);
}

/* TEST R-SYN-9 */
TEST(counts_identical_records_once)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_caa(&w, "www.d.test", 900, "0 issue x");
    wire_caa(&w, "www.d.test", 900, "0 issue y");
    wire_caa(&w, "www.d.test", 20, "0 issue x");
    a = read_it();
    assert_int_equal(a.n_records, 2);
    assert_int_equal(a.ttl, 20);
}

/* TEST R-SYN-10 */
TEST(reads_a_large_set)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    for (int i = 0; i < 1001; i++) {
        char record[40];

        assert_true(snprintf(record, sizeof(record), "0 issue ca%d.example", i) > 0);
        wire_caa(&w, "www.d.test", 900, record);
    }
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a.n_records, 1001);
}

/* TEST R-DNS-1, TEST R-DNS-2 */
TEST(takes_only_three_rcodes_for_answers)
{
    static const enum cx_outcome of[16] = {
        CX_OUTCOME_NODATA,  CX_OUTCOME_REFUSED, CX_OUTCOME_SERVFAIL, CX_OUTCOME_NXDOMAIN,
        CX_OUTCOME_REFUSED, CX_OUTCOME_REFUSED, CX_OUTCOME_REFUSED,  CX_OUTCOME_REFUSED,
        CX_OUTCOME_REFUSED, CX_OUTCOME_REFUSED, CX_OUTCOME_REFUSED,  CX_OUTCOME_REFUSED,
        CX_OUTCOME_REFUSED, CX_OUTCOME_REFUSED, CX_OUTCOME_REFUSED,  CX_OUTCOME_REFUSED,
    };

    for (unsigned rcode = 0; rcode < 16; rcode++) {
        open_it(WIRE_QR | rcode);
        wire_soa(&w, "d.test", 3600, 60);
        assert_int_equal(read_it().outcome, of[rcode]);
    }
    for (unsigned rcode = 0; rcode < 16; rcode++) { /* records do not make a failure an answer */
        if (rcode != 0 && rcode != 3) {
            open_it(WIRE_QR | rcode);
            wire_caa(&w, "www.d.test", 900, "0 issue ca.example.net");
            assert_int_equal(read_it().outcome, of[rcode]);
        }
    }
}

/* TEST R-DNS-7 */
TEST(takes_the_negative_ttl_from_the_soa)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_soa(&w, "d.test", 3600, 60);
    a = read_it();
    assert_true(a.has_ttl && a.ttl == 60);
    open_it(WIRE_QR);
    wire_soa(&w, "d.test", 30, 60);
    a = read_it();
    assert_true(a.has_ttl && a.ttl == 30);
    open_it(WIRE_QR);
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_NODATA);
    assert_false(a.has_ttl);
}

TEST(is_malformed_unless_it_answers_the_question)
{
    static const struct {
        const char *about, *name;
        uint16_t type;
        unsigned flags;
    } rows[] = {
        { "QR=0", "www.d.test", CX_TYPE_CAA, 0 },
        { "opcode", "www.d.test", CX_TYPE_CAA, WIRE_QR | 0x2800 },
        { "other name", "ww.d.test", CX_TYPE_CAA, WIRE_QR },
        { "other type", "www.d.test", CX_TYPE_DNAME, WIRE_QR },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_answer a;

        wire_open(&w, rows[i].name, rows[i].type, rows[i].flags);
        wire_caa(&w, "www.d.test", 900, "0 issue ca.example.net");
        a = read_it();
        ROW_TRUE(a.outcome == CX_OUTCOME_MALFORMED && a.malformed == CX_MALFORMED_MESSAGE,
                 rows[i].about);
    }
    open_it(WIRE_QR);
    w.p[w.n - 1] = 3; /* class CH */
    assert_int_equal(read_it().malformed, CX_MALFORMED_MESSAGE);
}

TEST(is_malformed_when_cut_anywhere)
{
    struct cx_name n = name_of("www.d.test");
    struct cx_question q = { cx_name_span(&n), CX_TYPE_CAA };

    open_it(WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "x.example");
    wire_caa(&w, "x.example", 900, "0 issue ca.example.net");
    wire_opt(&w, 0);
    for (size_t cut = 0; cut < w.n; cut++) {
        struct cx_answer a;

        assert_true(cx_ok(cx_answer_from_message((cx_span){ w.p, cut }, &q, &arena, &a)));
        assert_int_equal(a.outcome, CX_OUTCOME_MALFORMED);
        assert_int_equal(a.malformed, CX_MALFORMED_MESSAGE);
    }
}

/* TEST R-SYN-10 */
TEST(never_evaluates_a_truncated_set)
{
    open_it(WIRE_QR | WIRE_TC);
    wire_caa(&w, "www.d.test", 900, "0 issue ca.example.net");
    assert_int_equal(read_it().outcome, CX_OUTCOME_TRUNCATED);
    open_it(WIRE_QR | WIRE_TC);
    assert_int_equal(read_it().outcome, CX_OUTCOME_TRUNCATED);
}

/* TEST R-SYN-6 */
TEST(spoils_the_set_with_one_bad_record)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_caa(&w, "www.d.test", 900, "0 issue ca.example.net");
    wire_rr(&w, CX_SECTION_ANSWER, "www.d.test", CX_TYPE_CAA, 900,
            (cx_span){ (const uint8_t *)"\0\0x", 3 });
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_MALFORMED);
    assert_int_equal(a.malformed, CX_MALFORMED_RDATA);
}

/* TEST R-TREE-4 */
TEST(follows_a_chain_in_any_order)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_caa(&w, "c.example", 900, "0 issue x");
    wire_alias(&w, "b.example", CX_TYPE_CNAME, "c.example");
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "B.example");
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a.n_aliases, 2);
    assert_true(is_name(a.aliases[0], "b.example") && is_name(a.aliases[1], "c.example"));
    assert_true(is_name(a.records_at, "c.example"));
}

/* TEST R-TREE-6 */
TEST(tells_an_empty_end_of_a_chain)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_soa(&w, "example", 3600, 60);
    a = read_it();
    assert_true(a.outcome == CX_OUTCOME_NODATA && a.n_aliases == 1);
    open_it(WIRE_QR | 3);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_soa(&w, "example", 3600, 60);
    a = read_it();
    assert_true(a.outcome == CX_OUTCOME_NXDOMAIN && a.n_aliases == 1);
}

/* An alias whose target's server was not heard is no proof that the target has no CAA (RFC 2308 section 2.2). */
TEST(takes_a_half_answered_chain_for_a_failure)
{
    open_it(WIRE_QR | WIRE_AA);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    assert_int_equal(read_it().outcome, CX_OUTCOME_REFUSED);
    open_it(WIRE_QR | WIRE_AA); /* a referral to the target's zone */
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.sub.d.test");
    wire_ns(&w, "sub.d.test");
    assert_int_equal(read_it().outcome, CX_OUTCOME_REFUSED);
    open_it(WIRE_QR | WIRE_AA); /* the SOA of another zone */
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_soa(&w, "d.test", 3600, 60);
    assert_int_equal(read_it().outcome, CX_OUTCOME_REFUSED);
}

TEST(takes_a_referral_for_a_refusal)
{
    open_it(WIRE_QR);
    wire_ns(&w, "test");
    assert_int_equal(read_it().outcome, CX_OUTCOME_REFUSED);
    open_it(WIRE_QR);
    wire_ns(&w, "d.test");
    wire_soa(&w, "d.test", 3600, 60);
    assert_int_equal(read_it().outcome, CX_OUTCOME_NODATA);
}

TEST(takes_an_extended_rcode_for_a_refusal)
{
    open_it(WIRE_QR);
    wire_opt(&w, 1);
    assert_int_equal(read_it().outcome, CX_OUTCOME_REFUSED);
    open_it(WIRE_QR);
    wire_opt(&w, 0);
    assert_int_equal(read_it().outcome, CX_OUTCOME_NODATA);
    open_it(WIRE_QR); /* a second OPT does not take the first one back */
    wire_opt(&w, 1);
    wire_opt(&w, 0);
    assert_int_not_equal(read_it().outcome, CX_OUTCOME_NODATA);
}

/* TEST R-TREE-13 */
TEST(ends_in_a_loop)
{
    open_it(WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "www.d.test");
    assert_int_equal(read_it().outcome, CX_OUTCOME_LOOP);
    open_it(WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_alias(&w, "b.example", CX_TYPE_CNAME, "www.d.test");
    wire_caa(&w, "b.example", 900, "0 issue ca.example.net");
    assert_int_equal(read_it().outcome, CX_OUTCOME_LOOP);
}

static void
chain_of(unsigned n)
{
    open_it(WIRE_QR);
    for (unsigned i = 0; i < n; i++) {
        char from[30], to[30];

        (void)snprintf(from, sizeof(from), "a%u.example", i);
        (void)snprintf(to, sizeof(to), "a%u.example", i + 1);
        wire_alias(&w, i == 0 ? "www.d.test" : from, CX_TYPE_CNAME, to);
    }
    wire_soa(&w, "example", 3600, 60);
}

/* TEST R-TREE-13 */
TEST(reads_chains_up_to_its_bound)
{
    struct cx_answer a;

    chain_of(CX_ALIASES_READ);
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_NODATA);
    assert_int_equal(a.n_aliases, CX_ALIASES_READ);
    chain_of(CX_ALIASES_READ + 1);
    assert_int_equal(read_it().outcome, CX_OUTCOME_LOOP);
}

/* TEST R-SYN-9: an order of records must not choose between two aliases of one name (RFC 2181 section 10.1) */
TEST(refuses_two_aliases_of_one_name)
{
    open_it(WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "c.example");
    wire_soa(&w, "example", 3600, 60);
    assert_int_equal(read_it().outcome, CX_OUTCOME_MALFORMED);
    open_it(WIRE_QR); /* the same one twice is one */
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_soa(&w, "example", 3600, 60);
    assert_int_equal(read_it().outcome, CX_OUTCOME_NODATA);
}

/* TEST R-TREE-5: a DNAME above the end of the chain must come with its synthesized CNAME */
TEST(does_not_overlook_a_dname_without_cname)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_alias(&w, "d.test", CX_TYPE_DNAME, "e.example");
    wire_soa(&w, "d.test", 3600, 60);
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_MALFORMED);
    open_it(WIRE_QR);
    wire_alias(&w, "d.test", CX_TYPE_DNAME, "e.example");
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "www.e.example");
    wire_caa(&w, "www.e.example", 900, "0 issue x");
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_RECORDS);
    assert_true(is_name(a.records_at, "www.e.example"));
}

/* TEST R-TREE-14 */
TEST(prefers_records_at_the_name_to_an_alias_beside)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_CNAME, "b.example");
    wire_caa(&w, "b.example", 900, "0 issue ca.example.net");
    wire_caa(&w, "www.d.test", 900, "0 issue other.example");
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a.n_records, 1);
    assert_true(is_name(a.records_at, "www.d.test"));
    assert_true(cx_span_equal(a.records[0].value, bytes_of("other.example")));
}

/* TEST R-TREE-15 */
TEST(does_not_count_records_of_another_name)
{
    struct cx_answer a;

    open_it(WIRE_QR);
    wire_caa(&w, "other.test", 900, "0 issue ca.example.net");
    a = read_it();
    assert_int_equal(a.outcome, CX_OUTCOME_MALFORMED);
    assert_int_equal(a.malformed, CX_MALFORMED_OWNER);
    open_it(WIRE_QR);
    wire_caa(&w, "other.test", 900, "0 issue ca.example.net");
    wire_caa(&w, "www.d.test", 900, "0 issue x");
    a = read_it();
    assert_true(a.outcome == CX_OUTCOME_RECORDS && a.n_records == 1);
}

TEST(ignores_records_of_other_sections)
{
    static const uint8_t rdata[] = "\0\5issueca.example.net";

    open_it(WIRE_QR);
    wire_rr(&w, CX_SECTION_ADDITIONAL, "www.d.test", CX_TYPE_CAA, 900,
            (cx_span){ rdata, sizeof(rdata) - 1 });
    assert_int_equal(read_it().outcome, CX_OUTCOME_NODATA);
}

/* TEST R-T44-5 */
TEST(reads_a_dname_of_the_name_itself)
{
    struct cx_answer a;

    wire_open(&w, "www.d.test", CX_TYPE_DNAME, WIRE_QR);
    wire_alias(&w, "www.d.test", CX_TYPE_DNAME, "e.example");
    a = read_as("www.d.test", CX_TYPE_DNAME);
    assert_int_equal(a.outcome, CX_OUTCOME_RECORDS);
    assert_true(a.n_aliases == 1 && is_name(a.aliases[0], "e.example"));
    assert_true(a.has_ttl && a.ttl == 300);
    wire_open(&w, "www.d.test", CX_TYPE_DNAME, WIRE_QR);
    wire_soa(&w, "d.test", 3600, 60);
    a = read_as("www.d.test", CX_TYPE_DNAME);
    assert_int_equal(a.outcome, CX_OUTCOME_NODATA);
    assert_int_equal(a.n_aliases, 0);
}

TEST(words_read_back)
{
    for (int i = CX_OUTCOME_RECORDS; i <= CX_OUTCOME_ERROR; i++) {
        const char *word = cx_outcome_word((enum cx_outcome)i);

        assert_int_equal(cx_outcome_of_word(cx_str_of(word)), i);
    }
    for (int i = CX_DNSSEC_INDETERMINATE; i <= CX_DNSSEC_BOGUS; i++) {
        enum cx_dnssec dnssec;

        assert_true(cx_dnssec_of_word(cx_str_of(cx_dnssec_word((enum cx_dnssec)i)), &dnssec));
        assert_int_equal(dnssec, i);
    }
    for (int i = CX_MALFORMED_MESSAGE; i <= CX_MALFORMED_OWNER; i++) {
        assert_int_equal(cx_malformed_of_word(cx_str_of(cx_malformed_word((enum cx_malformed)i))),
                         i);
    }
}

TEST(unknown_words_are_nothing)
{
    enum cx_dnssec dnssec = CX_DNSSEC_SECURE;

    assert_int_equal(cx_outcome_of_word(CX_STR("Records")), CX_OUTCOME_UNSET);
    assert_int_equal(cx_outcome_of_word(CX_STR("")), CX_OUTCOME_UNSET);
    assert_false(cx_dnssec_of_word(CX_STR(""), &dnssec));
    assert_int_equal(dnssec, CX_DNSSEC_SECURE);
    assert_int_equal(cx_malformed_of_word(CX_STR("")), CX_MALFORMED_UNSET);
    assert_string_equal(cx_outcome_word(CX_OUTCOME_UNSET), "error");
    assert_true(cx_outcome_is_failure(CX_OUTCOME_UNSET));
    assert_true(cx_outcome_is_failure((enum cx_outcome)99));
}

#define ANSWER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct CMUnitTest tests[] = {
    ANSWER_TEST(reads_a_set),
    ANSWER_TEST(counts_identical_records_once),
    ANSWER_TEST(reads_a_large_set),
    ANSWER_TEST(takes_only_three_rcodes_for_answers),
    ANSWER_TEST(takes_the_negative_ttl_from_the_soa),
    ANSWER_TEST(is_malformed_unless_it_answers_the_question),
    ANSWER_TEST(is_malformed_when_cut_anywhere),
    ANSWER_TEST(never_evaluates_a_truncated_set),
    ANSWER_TEST(spoils_the_set_with_one_bad_record),
    ANSWER_TEST(follows_a_chain_in_any_order),
    ANSWER_TEST(tells_an_empty_end_of_a_chain),
    ANSWER_TEST(takes_a_half_answered_chain_for_a_failure),
    ANSWER_TEST(takes_a_referral_for_a_refusal),
    ANSWER_TEST(takes_an_extended_rcode_for_a_refusal),
    ANSWER_TEST(ends_in_a_loop),
    ANSWER_TEST(reads_chains_up_to_its_bound),
    ANSWER_TEST(refuses_two_aliases_of_one_name),
    ANSWER_TEST(does_not_overlook_a_dname_without_cname),
    ANSWER_TEST(prefers_records_at_the_name_to_an_alias_beside),
    ANSWER_TEST(does_not_count_records_of_another_name),
    ANSWER_TEST(ignores_records_of_other_sections),
    ANSWER_TEST(reads_a_dname_of_the_name_itself),
    cmocka_unit_test(words_read_back),
    cmocka_unit_test(unknown_words_are_nothing),
};

TEST_MAIN(tests)

#include "build.h"
#include "dns/caa.h"
#include "dns/message.h"
#include "main.h"

static void
three_records(struct wire *w)
{
    wire_open(w, "d.test", CX_TYPE_CAA, WIRE_QR | WIRE_AA);
    wire_caa(w, "d.test", 7, "0 issue x");
    wire_soa(w, "test", 3600, 60);
    wire_opt(w, 1);
}

TEST(reads_header_question_and_records_in_order)
{
    struct wire w;
    struct cx_message m;
    struct cx_rr rr;
    bool more = false;

    three_records(&w);
    assert_true(cx_ok(cx_message_open(wire_span(&w), &m)));
    assert_true(m.qr && m.aa && !m.tc && !m.rd && !m.ra && !m.ad && !m.cd);
    assert_true(m.id == 0x1234 && m.opcode == 0 && m.rcode == 0);
    assert_true(m.qtype == CX_TYPE_CAA && m.qclass == CX_CLASS_IN);
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)) && more);
    assert_true(rr.section == CX_SECTION_ANSWER && rr.type == CX_TYPE_CAA && rr.ttl == 7);
    assert_int_equal(rr.rdata.n, 8);
    assert_ptr_equal(rr.rdata.p, w.p + rr.rdata_at);
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)) && more);
    assert_int_equal(rr.section, CX_SECTION_AUTHORITY);
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)) && more);
    assert_true(rr.section == CX_SECTION_ADDITIONAL && rr.extended_rcode == 1);
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)) && !more);
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)) && !more);
}

TEST(reads_every_flag)
{
    struct wire w;
    struct cx_message m;

    wire_open(&w, "d.test", CX_TYPE_CAA, 0xffff & ~0x40u);
    assert_true(cx_ok(cx_message_open(wire_span(&w), &m)));
    assert_true(m.qr && m.aa && m.tc && m.rd && m.ra && m.ad && m.cd);
    assert_true(m.opcode == 15 && m.rcode == 15);
}

/* TEST R-SYN-7 */
TEST(takes_a_ttl_with_top_bit_for_zero)
{
    static const struct {
        uint32_t sent, read;
    } rows[] = { { 0x7fffffff, 0x7fffffff }, { 0x80000000, 0 }, { 0xffffffff, 0 }, { 0, 0 } };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct wire w;
        struct cx_message m;
        struct cx_rr rr;
        bool more;

        wire_open(&w, "d.test", CX_TYPE_CAA, WIRE_QR);
        wire_caa(&w, "d.test", rows[i].sent, "0 issue x");
        assert_true(cx_ok(cx_message_open(wire_span(&w), &m)));
        assert_true(cx_ok(cx_message_next(&m, &rr, &more)));
        assert_int_equal(rr.ttl, rows[i].read);
    }
}

/* True if header, question and every record can be read. */
static bool
readable(cx_span octets)
{
    struct cx_message m;
    struct cx_rr rr;
    bool more = true;

    if (!cx_ok(cx_message_open(octets, &m))) {
        return false;
    }
    while (more) {
        if (!cx_ok(cx_message_next(&m, &rr, &more))) {
            return false;
        }
    }
    return true;
}

TEST(refuses_every_cut_and_anything_behind)
{
    struct wire w;

    three_records(&w);
    assert_true(readable(wire_span(&w)));
    for (size_t n = 0; n < w.n; n++) {
        assert_false(readable((cx_span){ w.p, n }));
    }
    wire_u8(&w, 0);
    assert_false(readable(wire_span(&w)));
}

TEST(needs_exactly_one_question)
{
    struct wire w;
    struct cx_message m = { .id = 7 };

    three_records(&w);
    w.p[5] = 0;
    assert_false(cx_ok(cx_message_open(wire_span(&w), &m)));
    w.p[5] = 2;
    assert_false(cx_ok(cx_message_open(wire_span(&w), &m)));
    w.p[4] = 1;
    w.p[5] = 1;
    assert_false(cx_ok(cx_message_open(wire_span(&w), &m)));
    assert_int_equal(m.id, 7);
}

TEST(refuses_counts_that_promise_more)
{
    struct wire w;

    for (size_t at = 7; at <= 11; at += 2) {
        three_records(&w);
        w.p[at]++;
        assert_false(readable(wire_span(&w)));
        w.p[at] = (uint8_t)(w.p[at] - 2);
        assert_false(readable(wire_span(&w)));
    }
}

TEST(reads_the_one_name_of_an_rdata)
{
    struct wire w;
    struct cx_message m;
    struct cx_rr rr;
    struct cx_name to, want = name_of("x.example");
    bool more;

    wire_open(&w, "d.test", CX_TYPE_CAA, WIRE_QR);
    wire_alias(&w, "d.test", CX_TYPE_CNAME, "X.example");
    wire_rr(&w, CX_SECTION_ANSWER, "d.test", CX_TYPE_CNAME, 1,
            (cx_span){ (const uint8_t *)"\300\14", 2 });
    wire_rr(&w, CX_SECTION_ANSWER, "d.test", CX_TYPE_CNAME, 1,
            (cx_span){ (const uint8_t *)"\1a\0x", 4 });
    wire_rr(&w, CX_SECTION_ANSWER, "d.test", CX_TYPE_CNAME, 1,
            (cx_span){ (const uint8_t *)"\1a", 2 });
    assert_true(cx_ok(cx_message_open(wire_span(&w), &m)));
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)));
    assert_true(cx_ok(cx_rr_target(&m, &rr, &to)));
    assert_true(cx_span_equal(cx_name_span(&to), cx_name_span(&want)));
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)));
    assert_true(cx_ok(cx_rr_target(&m, &rr, &to))); /* a pointer to the question */
    want = name_of("d.test");
    assert_true(cx_span_equal(cx_name_span(&to), cx_name_span(&want)));
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)));
    assert_false(cx_ok(cx_rr_target(&m, &rr, &to))); /* an octet behind the name */
    assert_true(cx_ok(cx_message_next(&m, &rr, &more)));
    assert_false(cx_ok(cx_rr_target(&m, &rr, &to))); /* the name runs out of the message */
}

TEST(still_octets_of_equal_answers_are_equal)
{
    static struct wire a, b, cut;

    for (unsigned i = 0; i < 2; i++) {
        struct wire *w = i == 0 ? &a : &b;

        wire_open(w, "d.test", CX_TYPE_CAA, WIRE_QR);
        wire_caa(w, "d.test", 300 + i, "0 issue ca.example.net");
        wire_soa(w, "test", 60 + i, 90);
        wire_opt(w, 1);
        w->p[0] = (uint8_t)i; /* ID */
    }
    cut = a;
    assert_true(cx_ok(cx_message_still(a.p, a.n)) && cx_ok(cx_message_still(b.p, b.n)));
    assert_true(cx_span_equal(wire_span(&a), wire_span(&b)));
    assert_true(cx_ok(cx_message_still(a.p, a.n)));
    assert_true(cx_span_equal(wire_span(&a), wire_span(&b)));
    assert_int_equal(a.p[a.n - 6], 1); /* the extended RCODE is no TTL */
    assert_int_equal(cx_message_still(cut.p, cut.n - 1).code, CX_E_MESSAGE);
    assert_memory_equal(cut.p + 2, b.p + 2, 12);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(still_octets_of_equal_answers_are_equal),
    cmocka_unit_test(reads_header_question_and_records_in_order),
    cmocka_unit_test(reads_every_flag),
    cmocka_unit_test(takes_a_ttl_with_top_bit_for_zero),
    cmocka_unit_test(refuses_every_cut_and_anything_behind),
    cmocka_unit_test(needs_exactly_one_question),
    cmocka_unit_test(refuses_counts_that_promise_more),
    cmocka_unit_test(reads_the_one_name_of_an_rdata),
};

TEST_MAIN(tests)

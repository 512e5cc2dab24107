#include "archive.h"
#include "base/file.h"
#include "build.h"
#include "incident/dnstap.pb-c.h"

#define SECONDS INT64_C(1795322124)

/* ---- the file that a resolver wrote */

static struct cx_buf
resolver_file(void)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 10000);
    assert_true(cx_ok(cx_file_read(DATA "/archives/shop.dnstap", &buf, NULL)));
    assert_int_equal(buf.n, 547);
    return buf;
}

#define ASKED_SAYS                                                                                 \
    "answer any E none asked 2026-11-22T04:35:24.978Z/1 www.shop.example unset "                   \
    "resolver=resolver1.ca.example"
#define ANSWERED_SAYS                                                                              \
    "answer any B none asked 2026-11-22T04:35:24.978Z/1 www.shop.example records secure ttl=3600 " \
    "{0 issue \"ca.example.net; validationmethods=dns-01\"} {0 issuewild \";\"} {128 iodef "       \
    "\"mailto:caa@shop.example\"} resolver=resolver1.ca.example"

TEST(a_question_and_its_answer)
{
    struct cx_buf buf = resolver_file();
    struct archive a;
    cx_span octets = cx_span_of_str(cx_buf_str(&buf));

    assert_string_equal(archive_format(octets), "dnstap");
    archive_open(&a, "dnstap", octets, NULL);
    archive_expect(&a, 42, ASKED_SAYS);
    archive_expect(&a, 171, ANSWERED_SAYS);
    archive_expect_end(&a);
    assert_true(a.observed == 2 && a.rejected == 0 && a.ignored == 0);
    archive_close(&a);
    cx_buf_done(&buf);
}

/* Two files behind each other are one stream and something that was not read. */
TEST(what_is_behind_the_end_is_not_passed_over)
{
    struct cx_buf one = resolver_file(), two = resolver_file();
    struct archive a;

    cx_buf_put(&two, cx_buf_str(&one));
    archive_open(&a, "dnstap", cx_span_of_str(cx_buf_str(&two)), NULL);
    archive_expect(&a, 42, ASKED_SAYS);
    archive_expect(&a, 171, ANSWERED_SAYS);
    archive_expect_rejected(&a, 535, "behind STOP");
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&two);
    cx_buf_done(&one);
}

/* Every shorter file is one that was cut: it says so once, behind what is whole. */
TEST(a_file_that_was_cut_says_so)
{
    struct cx_buf buf = resolver_file();

    for (size_t n = 42; n < buf.n; n++) {
        struct archive a;

        archive_open(&a, "dnstap", (cx_span){ (const uint8_t *)buf.p, n }, NULL);
        if (n >= 171) {
            archive_expect(&a, 42, ASKED_SAYS);
        }
        if (n >= 535) {
            archive_expect(&a, 171, ANSWERED_SAYS);
        }
        archive_expect_rejected(&a, n < 171 ? 42 : n < 535 ? 171 : 535, "cut");
        archive_expect_end(&a);
        archive_close(&a);
    }
    cx_buf_done(&buf);
}

TEST(what_is_no_stream_is_refused)
{
    struct cx_buf buf = resolver_file();
    const struct cx_archive_options none = { .year = 0 };
    const struct cx_archive_format *format = cx_archive_format_named(CX_STR("dnstap"));

    for (size_t n = 0; n < 42; n++) {
        struct cx_input *input = cx_input_of((cx_span){ (const uint8_t *)buf.p, n });
        struct cx_archive_reader *reader = NULL;
        struct cx_detail detail = { .text = "" };

        assert_int_equal(cx_archive_reader_open(format, &none, input, &reader, &detail).code,
                         CX_E_ARCHIVE);
        assert_true(reader == NULL && detail.text[0] != '\0');
        cx_input_close(input);
    }
    buf.p[20] = 'X'; /* another content type */
    assert_string_equal(archive_format(cx_span_of_str(cx_buf_str(&buf))), "");
    cx_buf_done(&buf);
}

/* ---- files of our own */

static void
put_u32(struct cx_buf *buf, size_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        cx_buf_putc(buf, (char)(value >> shift & 0xff));
    }
}

static void
begin_file(struct cx_buf *buf)
{
    static const char type[] = "protobuf:dnstap.Dnstap";

    cx_buf_init(buf, 1 << 20);
    put_u32(buf, 0);
    put_u32(buf, 12 + strlen(type));
    put_u32(buf, 2);
    put_u32(buf, 1);
    put_u32(buf, strlen(type));
    cx_buf_puts(buf, type);
}

static void
put_frame(struct cx_buf *buf, cx_str octets)
{
    put_u32(buf, octets.n);
    cx_buf_put(buf, octets);
}

static void
end_file(struct cx_buf *buf)
{
    put_u32(buf, 0);
    put_u32(buf, 4);
    put_u32(buf, 3);
    assert_true(cx_buf_ok(buf));
}

struct given {
    unsigned type;
    int64_t asked, answered; /* seconds; 0: not said */
    unsigned protocol;
};

static void
put_message(struct cx_buf *buf, const struct given *given, struct wire *w)
{
    Caaproof__Dnstap__Message m = CAAPROOF__DNSTAP__MESSAGE__INIT;
    Caaproof__Dnstap__Frame frame = CAAPROOF__DNSTAP__FRAME__INIT;
    uint8_t packed[4096];
    size_t n;

    m.type = given->type;
    m.has_socket_protocol = true;
    m.socket_protocol = given->protocol == 0 ? 1 : given->protocol;
    m.has_query_time_sec = given->asked != 0;
    m.query_time_sec = (uint64_t)given->asked;
    m.has_response_time_sec = given->answered != 0;
    m.response_time_sec = (uint64_t)given->answered;
    m.has_query_message = given->type % 2 == 1;
    m.has_response_message = given->type % 2 == 0;
    m.query_message = m.response_message = (ProtobufCBinaryData){ w->n, w->p };
    frame.type = 1;
    frame.message = &m;
    n = caaproof__dnstap__frame__get_packed_size(&frame);
    assert_true(n < sizeof(packed));
    assert_int_equal(caaproof__dnstap__frame__pack(&frame, packed), n);
    put_frame(buf, (cx_str){ (const char *)packed, n });
}

static void
answer(struct wire *w, unsigned flags, const char *record)
{
    wire_open(w, "shop.example", CX_TYPE_CAA, WIRE_QR | flags);
    if (record != NULL) {
        wire_caa(w, "shop.example", 60, record);
    } else {
        wire_soa(w, "shop.example", 90, 90);
    }
}

/* What one frame becomes; NULL: ignored. */
static void
expect_frame(const struct given *given, struct wire *w, const char *says)
{
    struct cx_buf buf;
    struct archive a;

    begin_file(&buf);
    put_message(&buf, given, w);
    end_file(&buf);
    archive_open(&a, "dnstap", cx_span_of_str(cx_buf_str(&buf)), NULL);
    if (says == NULL) {
        archive_expect_ignored(&a, 42);
    } else {
        archive_expect(&a, 42, says);
    }
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&buf);
}

#define AT "2026-11-22T04:35:24.000Z/1"

TEST(answers_to_clients_are_whole)
{
    static struct wire w;
    const struct given client = { .type = 6, .answered = SECONDS };
    const struct given forwarder = { .type = 8, .asked = SECONDS, .answered = SECONDS + 2 };

    answer(&w, 0, "0 issue x");
    expect_frame(&client, &w,
                 "answer any B none answered " AT " shop.example records ttl=60 {0 issue \"x\"}");
    expect_frame(&forwarder, &w,
                 "answer any B none asked " AT " shop.example records ttl=60 {0 issue \"x\"}");
    answer(&w, 0, NULL);
    expect_frame(&client, &w, "answer any B none answered " AT " shop.example nodata ttl=90");
    answer(&w, 2, NULL); /* SERVFAIL */
    expect_frame(&client, &w, "answer any B none answered " AT " shop.example servfail");
    wire_open(&w, "shop.example", CX_TYPE_CAA, WIRE_QR);
    wire_alias(&w, "shop.example", CX_TYPE_CNAME, "a.example");
    wire_caa(&w, "a.example", 30, "0 issue y");
    expect_frame(&client, &w,
                 "answer any B none answered " AT
                 " shop.example records ttl=30 alias=a.example {0 issue \"y\"}");
}

/* Only what a resolver gave its clients went through its validation, and not with CD. */
TEST(what_was_seen_before_validation_says_so)
{
    static const struct {
        unsigned type, flags;
        bool unvalidated;
    } rows[] = {
        { 4, WIRE_AA, true }, { 6, 0, false }, { 6, 0x0010, true },
        { 8, 0, true },       { 10, 0, true }, { 12, 0, true },
    };
    static struct wire w;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const struct given given = { .type = rows[i].type, .answered = SECONDS };
        struct cx_buf buf;
        struct archive a;

        answer(&w, rows[i].flags, "0 issue x");
        begin_file(&buf);
        put_message(&buf, &given, &w);
        end_file(&buf);
        archive_open(&a, "dnstap", cx_span_of_str(cx_buf_str(&buf)), NULL);
        archive_next(&a);
        assert_int_equal(a.record.n, 1);
        assert_int_equal(a.record.v[0].dnssec, CX_DNSSEC_INDETERMINATE);
        assert_int_equal(a.record.v[0].unvalidated, rows[i].unvalidated);
        archive_close(&a);
        cx_buf_done(&buf);
    }
}

/* A referral and a chain that goes on elsewhere are no answers, and truncated ones are asked for again. */
TEST(what_servers_said_counts_where_it_stands_for_itself)
{
    static struct wire w;
    const struct given resolver = { .type = 4, .asked = SECONDS, .answered = SECONDS + 2 };
    const struct given client = { .type = 6, .answered = SECONDS };
    const struct given by_tcp = { .type = 6, .answered = SECONDS, .protocol = 2 };

    answer(&w, WIRE_AA, "0 issue x");
    expect_frame(&resolver, &w,
                 "answer any B none asked " AT " shop.example records ttl=60 {0 issue \"x\"}");
    answer(&w, WIRE_AA, NULL);
    expect_frame(&resolver, &w, "answer any B none asked " AT " shop.example nodata ttl=90");
    answer(&w, 0, "0 issue x");
    expect_frame(&resolver, &w, NULL);
    answer(&w, 0, NULL);
    expect_frame(&resolver, &w, NULL);
    wire_open(&w, "shop.example", CX_TYPE_CAA, WIRE_QR | WIRE_AA);
    wire_alias(&w, "shop.example", CX_TYPE_CNAME, "a.example");
    expect_frame(&resolver, &w, NULL);
    answer(&w, WIRE_AA | 2, NULL); /* SERVFAIL: others of the zone are asked next */
    expect_frame(&resolver, &w, NULL);
    answer(&w, WIRE_TC, NULL);
    expect_frame(&client, &w, NULL);
    expect_frame(&by_tcp, &w, "answer any B none answered " AT " shop.example truncated");
}

TEST(frames_about_other_things_are_ignored)
{
    static struct wire w;
    const struct given update = { .type = 13, .asked = SECONDS };
    const struct given auth = { .type = 1, .asked = SECONDS };
    const struct given query = { .type = 5, .asked = SECONDS };

    wire_open(&w, "shop.example", CX_TYPE_NS, 0);
    expect_frame(&query, &w, NULL);
    wire_open(&w, "shop.example", CX_TYPE_CAA, 0);
    expect_frame(&update, &w, NULL);
    expect_frame(&auth, &w, NULL);
    expect_frame(&query, &w, "answer any E none asked " AT " shop.example unset");
}

static void
expect_rejected(cx_str frame, const char *reason)
{
    struct cx_buf buf;
    struct archive a;

    begin_file(&buf);
    put_frame(&buf, frame);
    end_file(&buf);
    archive_open(&a, "dnstap", cx_span_of_str(cx_buf_str(&buf)), NULL);
    archive_expect_rejected(&a, 42, reason);
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&buf);
}

static void
expect_message_rejected(const struct given *given, struct wire *w, const char *reason)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 1 << 16);
    put_message(&buf, given, w);
    expect_rejected((cx_str){ buf.p + 4, buf.n - 4 }, reason);
    cx_buf_done(&buf);
}

TEST(frames_that_cannot_be_read_are_rejected)
{
    static struct wire w;
    const struct given client = { .type = 6, .answered = SECONDS };
    const struct given timeless = { .type = 6 };
    const struct given query = { .type = 5, .asked = SECONDS };

    expect_rejected(CX_STR("\xff\xff"), "no dnstap message");
    expect_rejected(CX_STR("x"), "no dnstap message");
    answer(&w, 0, "0 issue x");
    expect_message_rejected(&timeless, &w, "time");
    expect_message_rejected(&query, &w, "response where a query");
    w.n = 11;
    expect_message_rejected(&client, &w, "cannot be read");
    wire_open(&w, "shop.example", CX_TYPE_CAA, 0);
    expect_message_rejected(&client, &w, "query where a response");
}

/* A frame that is larger than any can be ends the file: where the next one begins cannot be known. */
TEST(a_broken_stream_ends)
{
    struct cx_buf buf;
    struct archive a;

    begin_file(&buf);
    put_u32(&buf, 0x7fffffff);
    cx_buf_puts(&buf, "whatever there may be");
    archive_open(&a, "dnstap", cx_span_of_str(cx_buf_str(&buf)), NULL);
    archive_expect_rejected(&a, 42, "broken");
    archive_expect_end(&a);
    archive_close(&a);
    cx_buf_done(&buf);
}

/* Of a question that was asked too long before, the same ID is chance. */
TEST(a_response_takes_the_time_of_its_question)
{
    static struct wire q, r;
    static const struct {
        int64_t answered;
        const char *says;
    } rows[] = {
        { SECONDS + 5,
          "answer any B none asked " AT " shop.example records ttl=60 {0 issue \"x\"}" },
        { SECONDS + 61, "answer any B none answered 2026-11-22T04:36:25.000Z/1 shop.example "
                        "records ttl=60 {0 issue \"x\"}" },
        { SECONDS - 1, "answer any B none answered 2026-11-22T04:35:23.000Z/1 shop.example records "
                       "ttl=60 {0 issue \"x\"}" },
    };

    wire_open(&q, "shop.example", CX_TYPE_CAA, 0);
    answer(&r, 0, "0 issue x");
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const struct given query = { .type = 5, .asked = SECONDS };
        const struct given response = { .type = 6, .answered = rows[i].answered };
        struct cx_buf buf;
        struct archive a;

        begin_file(&buf);
        put_message(&buf, &query, &q);
        put_message(&buf, &response, &r);
        end_file(&buf);
        archive_open(&a, "dnstap", cx_span_of_str(cx_buf_str(&buf)), NULL);
        archive_expect(&a, 42, "answer any E none asked " AT " shop.example unset");
        archive_next(&a);
        {
            struct cx_buf text;

            cx_buf_init(&text, 1000);
            observation_text(&a.record.v[0], &text);
            cx_buf_putc(&text, '\0');
            assert_string_equal(text.p, rows[i].says);
            cx_buf_done(&text);
        }
        archive_expect_end(&a);
        archive_close(&a);
        cx_buf_done(&buf);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_question_and_its_answer),
    cmocka_unit_test(what_is_behind_the_end_is_not_passed_over),
    cmocka_unit_test(a_file_that_was_cut_says_so),
    cmocka_unit_test(what_is_no_stream_is_refused),
    cmocka_unit_test(answers_to_clients_are_whole),
    cmocka_unit_test(what_was_seen_before_validation_says_so),
    cmocka_unit_test(what_servers_said_counts_where_it_stands_for_itself),
    cmocka_unit_test(frames_about_other_things_are_ignored),
    cmocka_unit_test(frames_that_cannot_be_read_are_rejected),
    cmocka_unit_test(a_broken_stream_ends),
    cmocka_unit_test(a_response_takes_the_time_of_its_question),
};

TEST_MAIN(tests)

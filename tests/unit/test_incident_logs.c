/* Unbound, BIND, Splunk, Open MPIC, our own results: one after the other. */
#include "archive.h"
#include "build.h"

#include <stdio.h>
#include <stdlib.h>

static const struct cx_archive_options year = { .year = 2026, .has_zone = true };

/* ---- resolvers' logs */

TEST(unbound_says_that_it_was_asked_and_what_failed)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        { "[1795322124] unbound[25009:0] query: 127.0.0.1 www.shop.example. CAA IN",
          "answer any E none asked 2026-11-22T04:35:24.000Z/1000 www.shop.example unset" },
        { "[1795322124] unbound[25009:0] info: 127.0.0.1 www.shop.example. CAA IN",
          "answer any E none asked 2026-11-22T04:35:24.000Z/1000 www.shop.example unset" },
        { "[1795322124] unbound[25009:0] reply: 127.0.0.1 www.shop.example. CAA IN NOERROR "
          "0.009205 0 278",
          "answer any E none answered 2026-11-22T04:35:24.000Z/1000 www.shop.example unset" },
        { "[1795322124] unbound[25009:0] reply: 127.0.0.1 www.shop.example. CAA IN NXDOMAIN "
          "0.009205 0 "
          "278 on udp 192.0.2.1 53",
          "answer any D none answered 2026-11-22T04:35:24.000Z/1000 www.shop.example nxdomain" },
        { "[1795322124] unbound[25009:0] reply: 127.0.0.1 www.shop.example. TYPE257 IN SERVFAIL "
          "1.2 0 30",
          "answer any D none answered 2026-11-22T04:35:24.000Z/1000 www.shop.example servfail" },
        { "[1795322096] unbound[24527:0] error: SERVFAIL <ent.shop.example. CAA IN>: failed to get "
          "a "
          "delegation (eg. prime failure)",
          "answer any D none answered 2026-11-22T04:34:56.000Z/1000 ent.shop.example servfail" },
        { "Nov 22 04:35:24 unbound[25009:0] query: 127.0.0.1 shop.example. CAA IN",
          "answer any E none asked 2026-11-22T04:35:24.000Z/1000 shop.example unset" },
        { "2026-11-22T04:35:24.978+00:00 unbound[25009:0] query: 127.0.0.1 shop.example. CAA IN",
          "answer any E none asked 2026-11-22T04:35:24.978Z/1 shop.example unset" },
        { "Nov 22 04:35:24 dns1 unbound[25009]: [25009:0] info: 127.0.0.1 shop.example. CAA IN",
          "answer any E none asked 2026-11-22T04:35:24.000Z/1000 shop.example unset" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        archive_expect_line_by(&year, "unbound", rows[i].line, rows[i].says);
    }
}

TEST(unbound_lines_that_say_nothing_or_are_broken)
{
    archive_expect_line_ignored("unbound",
                                "[1795322124] unbound[25009:0] query: 127.0.0.1 a.example. A IN");
    archive_expect_line_ignored("unbound",
                                "[1795322124] unbound[25009:0] query: 127.0.0.1 a.example. CAA CH");
    archive_expect_line_ignored(
        "unbound", "[1795322124] unbound[25009:0] reply: 127.0.0.1 - - - FORMERR - - -");
    archive_expect_line_ignored("unbound",
                                "[1795322124] unbound[25009:0] notice: init module 0: iterator");
    archive_expect_line_ignored(
        "unbound", "[1795322124] unbound[25009:0] error: SERVFAIL <a.example. A IN>: x");
    archive_expect_line_ignored("unbound", "[1795322124] unbound[25009:0] error: other");
    archive_expect_line_ignored("unbound", "[1795322124] unbound[");
    archive_expect_line_ignored("unbound", "something else");
    archive_expect_line_rejected(
        "unbound", "[179532] unbound[25009:0] query: 127.0.0.1 a.example. CAA IN", "time");
    archive_expect_line_rejected(
        "unbound", "Nov 22 04:35:24 unbound[1:0] query: 127.0.0.1 a.example. CAA IN", "--year");
    archive_expect_line_rejected(
        "unbound", "[1795322124] unbound[1:0] query: 127.0.0.1 a..example. CAA IN", "name");
    archive_expect_line_rejected(
        "unbound", "[1795322124] unbound[1:0] reply: 127.0.0.1 a.example. CAA IN WHAT 1 0 1",
        "response code");
}

TEST(bind_says_that_it_was_asked_and_newer_ones_what_came)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        { "22-Nov-2026 04:35:24.976 client @0x7f511df00098 127.0.0.1#25296 (shop.example): query: "
          "shop.example IN CAA -E(0)DC (127.0.0.1)",
          "answer any E none asked 2026-11-22T04:35:24.976Z/1 shop.example unset" },
        { "2026-11-22T04:35:24.976Z queries: info: client @0x7f511df00098 127.0.0.1#25296/key k "
          "(shop.example): view v: query: shop.example IN CAA + (127.0.0.1) [ECS 192.0.2.0/24]",
          "answer any E none asked 2026-11-22T04:35:24.976Z/1 shop.example unset" },
        { "2026-11-22T04:35:24.976Z client @0x7f 127.0.0.1#25296 (shop.example): response: "
          "shop.example "
          "IN CAA NXDOMAIN 0 1 1 +E(0) (127.0.0.1)",
          "answer any D none answered 2026-11-22T04:35:24.976Z/1 shop.example nxdomain" },
        { "2026-11-22T04:35:24.976Z client @0x7f 127.0.0.1#25296 (shop.example): response: "
          "shop.example "
          "IN CAA NOERROR 0 1 1 +E(0) (127.0.0.1)",
          "answer any D none answered 2026-11-22T04:35:24.976Z/1 shop.example nodata" },
        { "2026-11-22T04:35:24.976Z client @0x7f 127.0.0.1#25296 (shop.example): response: "
          "shop.example "
          "IN CAA NOERROR 2 1 1 +E(0) (127.0.0.1)",
          "answer any D none answered 2026-11-22T04:35:24.976Z/1 shop.example unset" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        archive_expect_line_by(&year, "bind", rows[i].line, rows[i].says);
    }
    archive_expect_line_ignored("bind",
                                "22-Nov-2026 04:35:24.976 client @0x7f 127.0.0.1#1 (example): "
                                "query: example IN A -E(0)DC (127.0.0.1)");
    archive_expect_line_ignored("bind",
                                "22-Nov-2026 04:35:24.976 zone example/IN: loaded serial 1");
    archive_expect_line_rejected(
        "bind",
        "22-Nov-2026 04:35:24.976 client @0x7f 127.0.0.1#1 (example): query: "
        "example IN CAA -E(0)DC (127.0.0.1)",
        "--zone");
    archive_expect_line_rejected(
        "bind",
        "2026-11-22T04:35:24.976Z client @0x7f 127.0.0.1#1 (a): response: a IN "
        "CAA NOERROR many 1 1 + (127.0.0.1)",
        "number of records");
}

/* ---- Splunk */

#define AUDIT_JSON(quote)                                                                          \
    "2026-11-22T04:35:24.978292+00:00Z va1 dc1 boulder-va[4242]: 6 boulder-va vwxDYA [AUDIT] "     \
    "Checked "                                                                                     \
    "CAA records JSON={" quote "challenge" quote ":" quote "dns-01" quote "," quote                \
    "foundAt" quote ":" quote "shop.example" quote "," quote "identifier" quote ":" quote          \
    "www.shop.example" quote "," quote "present" quote ":true," quote "requester" quote            \
    ":4242," quote "response" quote ":" quote "..." quote "," quote "valid" quote ":false}"
#define AUDIT_SAYS                                                                                 \
    "check plain D denies logged 2026-11-22T04:35:24.978Z/1 www.shop.example unset "               \
    "at=shop.example "                                                                             \
    "account=4242 method=dns-01 perspective=va1"
#define BARE            "Checked CAA records for shop.example, [Present: false, Valid for issuance: true]"
#define BARE_SAYS(time) "check plain D permits indexed " time " shop.example nodata"

/* R-TIME-2: the clock of the log system may be hours behind that of the question. */
TEST(an_answer_by_the_clock_of_the_log_system_is_a_claim)
{
    struct archive a;

    archive_open(
        &a, "splunk-csv",
        bytes_of("_time,_raw\n1795322124,\"Checked CAA records for shop.example, [Present: "
                 "true, Valid for issuance: true] Records=[{\"\"Hdr\"\":{\"\"Name\"\":"
                 "\"\"shop.example.\"\",\"\"Ttl\"\":1},\"\"Flag\"\":0,\"\"Tag\"\":"
                 "\"\"issue\"\",\"\"Value\"\":\"\"x\"\"}]\"\n"),
        NULL);
    archive_expect(&a, 2,
                   "check plain D permits indexed 2026-11-22T04:35:24.000Z/1000 shop.example "
                   "records ttl=1 at=shop.example {0 issue \"x\"}");
    archive_close(&a);
}

/* The second line of an event would else be lost without a word. */
TEST(an_event_with_two_lines_that_say_something_is_rejected)
{
    struct archive a;

    archive_open(&a, "splunk-csv", bytes_of("_time,_raw\n1795322124,\"" BARE "\n" BARE "\"\n"),
                 NULL);
    archive_expect_rejected(&a, 2, "several lines");
    archive_expect_end(&a);
    archive_close(&a);
}

TEST(splunk_csv_has_lines_of_others)
{
    static const char text[] = "\"_time\",\"host\",\"_raw\"\n"
                               "\"2026-11-22T04:35:24.978+0000\",\"va1\",\"" AUDIT_JSON(
                                   "\"\"") "\"\n"
                                           "\"2026-11-22 04:35:25.5 UTC\",\"va1\",\"" BARE "\"\n"
                                           "1795322124.978,va1,\"[1795322124] unbound[1:0] query: "
                                           "127.0.0.1 a.example. CAA IN\"\n"
                                           "1795322124.978,va1,\"22-Nov-2026 04:35:24.9 client "
                                           "@0x7f 127.0.0.1#1 (a): query: a IN CAA +\"\n"
                                           "1795322124.978,va1,\"two\nlines\"\n"
                                           "\"2026-11-22 04:35:25 PST\",va1,\"" BARE "\"\n"
                                           "1795322124.978,va1\n"
                                           "1795322124.978,va1,\"" BARE "\"\n";
    struct archive a;

    assert_string_equal(archive_format(bytes_of(text)), "splunk-csv");
    archive_open(&a, "splunk-csv", bytes_of(text), NULL);
    archive_expect(&a, 2, AUDIT_SAYS);
    archive_expect(&a, 3, BARE_SAYS("2026-11-22T04:35:25.500Z/100"));
    archive_expect(&a, 4, "answer any E none asked 2026-11-22T04:35:24.000Z/1000 a.example unset");
    archive_expect_rejected(&a, 5, "--zone");
    archive_expect_ignored(&a, 6);
    archive_expect_rejected(&a, 8, "--zone");
    archive_expect_rejected(&a, 9, "2 cells");
    archive_expect(&a, 10, BARE_SAYS("2026-11-22T04:35:24.978Z/1"));
    archive_expect_end(&a);
    assert_true(a.observed == 4 && a.rejected == 3 && a.ignored == 1);
    archive_close(&a);
}

TEST(splunk_csv_needs_raw)
{
    const struct cx_archive_options none = { .year = 0 };
    const struct cx_archive_format *format = cx_archive_format_named(CX_STR("splunk-csv"));
    struct cx_archive_reader *reader = NULL;
    struct cx_detail detail = { .text = "" };
    static const char *const rows[] = { "_time,host\n", "" };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_input *input = cx_input_of(bytes_of(rows[i]));

        assert_int_equal(cx_archive_reader_open(format, &none, input, &reader, &detail).code,
                         CX_E_ARCHIVE);
        assert_true(detail.text[0] != '\0' && reader == NULL);
        cx_input_close(input);
    }
}

/* Splunk cuts lines at 10,000 octets: then what is missing is not known to be absent. */
TEST(a_cut_line_is_damaged)
{
    char raw[10001], text[30000];
    struct archive a;

    memset(raw, 'x', sizeof(raw) - 1);
    memcpy(raw, BARE, strlen(BARE));
    raw[sizeof(raw) - 1] = '\0';
    (void)snprintf(text, sizeof(text), "_time,_raw\n1795322124,\"%s\"\n1795322124,\"%.9999s\"\n",
                   raw, raw);
    archive_open(&a, "splunk-csv", bytes_of(text), NULL);
    archive_expect_rejected(&a, 2, "damaged");
    archive_expect_rejected(&a, 3, "behind the line");
    archive_close(&a);
}

TEST(splunk_json_lines_drop_previews)
{
    static const char text[] =
        "{\"preview\":true,\"offset\":0,\"result\":{\"_time\":\"2026-11-22 04:35:24.978 "
        "UTC\",\"_raw\":\"" BARE "\"}}\n"
        "{\"preview\":false,\"offset\":0,\"result\":{\"_time\":\"2026-11-22 04:35:24.978 "
        "UTC\",\"_raw\":\"" BARE "\",\"host\":\"va1\"}}\n"
        "\n"
        "{\"preview\":false,\"offset\":1,\"result\":{\"_time\":\"2026-11-22 04:35:25.101 "
        "UTC\",\"_raw\":[\"" BARE "\",\"x\"]}}\n"
        "{\"preview\":false,\"offset\":2,\"result\":{\"_time\":\"2026-11-22 04:35:25.101 "
        "UTC\",\"_ra\n"
        "{\"preview\":false,\"offset\":3,\"result\":{\"_time\":\"2026-11-22 04:35:25.101 UTC\"}}\n"
        "{\"preview\":false,\"lastrow\":true}\n"
        "{\"preview\":true,\"results\":[{\"_raw\":\"" BARE "\"}]}\n";
    struct archive a;

    assert_string_equal(archive_format(bytes_of(text)), "splunk-json");
    archive_open(&a, "splunk-json", bytes_of(text), NULL);
    archive_expect_ignored(&a, 1);
    archive_expect(&a, 2, BARE_SAYS("2026-11-22T04:35:24.978Z/1"));
    archive_expect(&a, 4, BARE_SAYS("2026-11-22T04:35:25.101Z/1"));
    archive_expect_rejected(&a, 5, "not JSON");
    archive_expect_rejected(&a, 6, "no _raw");
    archive_expect_ignored(&a, 7);
    archive_expect_ignored(&a, 8);
    archive_expect_end(&a);
    archive_close(&a);
}

/* As one line, and printed for people. */
TEST(splunk_results_are_one_object)
{
    static const char *const texts[] = {
        "{\"preview\":false,\"init_offset\":0,\"messages\":[],\"results\":[{\"_raw\":\"" BARE
        "\",\"_time\":\"1795322124.5\"},{\"_time\":\"1795322124.5\"},{\"_raw\":\"x\"}],"
        "\"highlighted\":{}}\n",
        "{\n \"preview\":false,\n \"results\":[\n  {\"_raw\":\"" BARE
        "\",\"_time\":\"1795322124.5\"},\n  {\"_time\":\"1795322124.5\"},\n {\"_raw\":\"x\"}]\n}\n",
    };

    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        struct archive a;

        assert_string_equal(archive_format(bytes_of(texts[i])), "splunk-json");
        archive_open(&a, "splunk-json", bytes_of(texts[i]), NULL);
        archive_expect(&a, 1, BARE_SAYS("2026-11-22T04:35:24.500Z/100"));
        archive_expect_rejected(&a, 1, "no _raw");
        assert_true(
            cx_str_equal(cx_str_of_span(a.record.text), CX_STR("{\"_time\":\"1795322124.5\"}")));
        archive_expect_ignored(&a, 1);
        archive_expect_end(&a);
        archive_close(&a);
    }
}

TEST(events_as_sent_to_splunk)
{
    static const char text[] = "{\"time\":1795322124.978,\"host\":\"va1\",\"event\":\"" BARE
                               "\"}{\"time\":\"1795322124.5\","
                               "\"event\":\"" BARE "\"} {\"event\":{\"a\":\"}\"},\"time\":1}\n"
                               "{\"time\":1795322124,\"event\":\"" BARE "\"}\n"
                               "{\"event\":\"" BARE "\"}\n";
    struct archive a;

    assert_string_equal(archive_format(bytes_of(text)), "splunk-json");
    archive_open(&a, "splunk-json", bytes_of(text), NULL);
    archive_expect(&a, 1, BARE_SAYS("2026-11-22T04:35:24.978Z/1"));
    archive_expect(&a, 1, BARE_SAYS("2026-11-22T04:35:24.500Z/100"));
    archive_expect_rejected(&a, 1, "mapping");
    archive_expect(&a, 2, BARE_SAYS("2026-11-22T04:35:24.000Z/1"));
    archive_expect_rejected(&a, 3, "not a time");
    archive_expect_end(&a);
    archive_close(&a);
}

TEST(a_whole_file_that_does_not_close_is_rejected_once)
{
    struct archive a;

    archive_open(&a, "splunk-json", bytes_of("{\n\"results\":[{\"_raw\":\"x\"}\n"), NULL);
    archive_expect_rejected(&a, 1, "not JSON");
    archive_expect_end(&a);
    archive_close(&a);
    archive_open(&a, "splunk-json", bytes_of("7\n[]\n[7]\n"), NULL);
    archive_expect_rejected(&a, 1, "not an object");
    archive_expect_rejected(&a, 3, "not an object");
    archive_expect_end(&a);
    archive_close(&a);
}

/* I1 of json_lines.h, also for the first line, which decides how the file is read. */
TEST(a_cut_first_line_costs_itself_alone)
{
    struct archive a;

    archive_open(&a, "splunk-json",
                 bytes_of("{\"preview\":false,\n{\"preview\":false,\"result\":{\"_time\":"
                          "\"1795322124.5\",\"_raw\":\"" BARE "\"}}\n"),
                 NULL);
    archive_expect_rejected(&a, 1, "not JSON");
    archive_expect(&a, 2, BARE_SAYS("2026-11-22T04:35:24.500Z/100"));
    archive_expect_end(&a);
    archive_close(&a);
}

/* ---- Open MPIC */

#define NESTED(perspectives, more)                                                                 \
    "{\"mpic_completed\":true,\"check_type\":\"caa\",\"domain_or_ip_target\":\"*.shop.example\","  \
    "\"is_valid\":false,\"trace_identifier\":\"t-1\",\"perspectives\":[" perspectives "]," more    \
    "\"caa_check_parameters\":{\"certificate_type\":\"tls-server\"}}\n"
#define FOUND                                                                                      \
    "{\"perspective_code\":\"us-east-2\",\"check_response\":{\"check_completed\":true,\"check_"    \
    "passed\":"                                                                                    \
    "false,\"errors\":null,\"timestamp_ns\":1795322124978292000,\"check_type\":\"caa\","           \
    "\"details\":{"                                                                                \
    "\"caa_record_present\":true,\"found_at\":\"shop.example\",\"records_seen\":[\"0 issue "       \
    "\\\"ca.example.net\\\"\"]}}}"
#define FOUND_SAYS                                                                                 \
    "check wildcard C denies answered 2026-11-22T04:35:24.978Z/1 shop.example records "            \
    "at=shop.example {0 "                                                                          \
    "issue \"ca.example.net\"} perspective=us-east-2 request=t-1"
#define FAILED                                                                                     \
    "{\"perspective_code\":\"eu-west-1\",\"check_response\":{\"check_completed\":false,\"check_"   \
    "passed\":"                                                                                    \
    "false,\"errors\":[{\"error_type\":\"mpic_error:caa_checker:lookup\",\"error_message\":\"x\"}" \
    "],"                                                                                           \
    "\"timestamp_ns\":1795322130978292000,\"check_type\":\"caa\",\"details\":{\"caa_record_"       \
    "present\":null,"                                                                              \
    "\"found_at\":null,\"records_seen\":null}}}"
#define FAILED_SAYS                                                                                \
    "check wildcard D fails answered 2026-11-22T04:35:30.978Z/1 shop.example unset "               \
    "perspective=eu-west-1 "                                                                       \
    "request=t-1"
#define EMPTY                                                                                      \
    "{\"perspective_code\":\"x\",\"check_response\":{\"check_completed\":true,\"check_passed\":"   \
    "true,"                                                                                        \
    "\"timestamp_ns\":1795322124978292000,\"details\":{\"caa_record_present\":false,\"found_at\":" \
    "null,"                                                                                        \
    "\"records_seen\":null}}}"
#define EMPTY_SAYS                                                                                 \
    "check wildcard D permits answered 2026-11-22T04:35:24.978Z/1 shop.example nodata "            \
    "perspective=x "                                                                               \
    "request=t-1"
#define NO_TIME                                                                                    \
    "{\"perspective_code\":\"y\",\"check_response\":{\"check_passed\":true,\"timestamp_ns\":null}" \
    "}"

TEST(each_perspective_is_a_record)
{
    static const char text[] = NESTED(FOUND "," FAILED "," NO_TIME,
                                      "\"previous_attempt_results\":[[" EMPTY "],[],[" FAILED "]],")
        NESTED(EMPTY, "\"previous_attempt_results\":null,");
    struct archive a;

    assert_string_equal(archive_format(bytes_of(text)), "mpic");
    archive_open(&a, "mpic", bytes_of(text), NULL);
    archive_expect(&a, 1, FOUND_SAYS);
    archive_expect(&a, 1, FAILED_SAYS);
    archive_expect_rejected(&a, 1, "timestamp_ns");
    archive_expect(&a, 1, EMPTY_SAYS);
    archive_expect(&a, 1, FAILED_SAYS);
    archive_expect(&a, 2, EMPTY_SAYS);
    archive_expect_end(&a);
    assert_true(a.observed == 5 && a.rejected == 1 && a.ignored == 0);
    archive_close(&a);
}

/* R-OMPIC-4: flat, with the code under another name, the set as one text or in base64. */
TEST(old_responses_are_read_too)
{
    static const char text[] =
        "{\"domain_or_ip_target\":\"shop.example\",\"check_type\":\"caa\",\"perspectives\":[\n"
        "{\"perspective\":\"a\",\"check_type\":\"caa\",\"check_passed\":true,\"timestamp_ns\":"
        "1795322124978292000,\"details\":{\"caa_record_present\":true,\"found_at\":\"shop."
        "example\","
        "\"records_seen\":\"0 issue \\\"ca.example\\\"\"}},\n"
        "{\"perspective_code\":\"b\",\"check_passed\":true,\"timestamp_ns\":1795322124978292000,"
        "\"details\":{\"caa_record_present\":true,\"found_at\":\"shop.example\",\"response\":"
        "\"c2hvcC5leGFtcGxlLiAzNjAwIElOIENBQSAwIGlzc3VlICJjYS5leGFtcGxlIgo=\"}},\n"
        "{\"perspective_code\":\"c\",\"check_passed\":true,\"timestamp_ns\":1795322124978292000,"
        "\"details\":{\"caa_record_present\":true,\"response\":\"AAEC\"}},\n"
        "{\"perspective_code\":\"d\",\"check_type\":\"dcv\",\"check_passed\":true}\n"
        "]}\n";
    struct archive a;

    assert_string_equal(archive_format(bytes_of(text)), "mpic");
    archive_open(&a, "mpic", bytes_of(text), NULL);
    archive_expect(&a, 1,
                   "check plain C permits answered 2026-11-22T04:35:24.978Z/1 shop.example records "
                   "at=shop.example {0 issue \"ca.example\"} perspective=a");
    archive_expect(&a, 1,
                   "check plain C permits answered 2026-11-22T04:35:24.978Z/1 shop.example records "
                   "ttl=3600 at=shop.example {0 issue \"ca.example\"} perspective=b");
    archive_expect(&a, 1,
                   "check plain D permits answered 2026-11-22T04:35:24.978Z/1 shop.example unset "
                   "perspective=c");
    archive_expect_ignored(&a, 1);
    archive_expect_end(&a);
    archive_close(&a);
}

/* That no record was seen says nothing if nothing was seen. */
TEST(mpic_that_was_not_completed_has_no_answer)
{
    static const char *const rows[] = {
        "\"check_completed\":false,\"details\":{\"caa_record_present\":false}",
        "\"details\":{\"caa_record_present\":false,\"caa_lookup_error\":true}",
        "\"check_passed\":true,\"check_completed\":false,\"details\":{\"caa_record_present\":"
        "false}",
    };
    char text[600];

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct archive a;

        (void)snprintf(text, sizeof(text),
                       "{\"domain_or_ip_target\":\"shop.example\",\"perspectives\":[{"
                       "\"timestamp_ns\":1795322124978292000,%s}]}",
                       rows[i]);
        archive_open(&a, "mpic", bytes_of(text), NULL);
        archive_expect(&a, 1,
                       i < 2 ? "check plain D none answered 2026-11-22T04:35:24.978Z/1 "
                               "shop.example unset"
                             : "check plain D fails answered 2026-11-22T04:35:24.978Z/1 "
                               "shop.example unset");
        archive_close(&a);
    }
}

TEST(mpic_that_is_no_check_or_contradicts_itself)
{
    static const char good[] = "\"timestamp_ns\":1795322124978292000";
    char text[600];
    static const struct {
        const char *details, *reason;
    } rows[] = {
        { "{\"caa_record_present\":false,\"records_seen\":[\"0 issue \\\"x\\\"\"]}",
          "and has some" },
        { "{\"caa_record_present\":true,\"records_seen\":[\"0 issue \\\"x\"]}", "quotes" },
        { "{\"caa_record_present\":true,\"records_seen\":[7]}", "texts" },
        { "{\"caa_record_present\":true,\"found_at\":\"else.example\"}", "line of the name" },
        { "{\"caa_record_present\":true,\"found_at\":\"..\"}", "name" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        (void)snprintf(
            text, sizeof(text),
            "{\"domain_or_ip_target\":\"shop.example\",\"perspectives\":[{\"check_passed\":true,%s,"
            "\"details\":%s}]}",
            good, rows[i].details);
        {
            struct archive a;

            archive_open(&a, "mpic", bytes_of(text), NULL);
            archive_expect_rejected(&a, 1, rows[i].reason);
            archive_close(&a);
        }
    }
    archive_expect_line_ignored(
        "mpic", "{\"error\":\"request-validation-failed\",\"validation_issues\":[]}");
    archive_expect_line_ignored(
        "mpic", "{\"check_type\":\"dcv\",\"perspectives\":[{\"check_passed\":true}]}");
    archive_expect_line_rejected("mpic", "{\"check_type\":\"caa\",\"perspectives\":[]}",
                                 "no perspectives");
    archive_expect_line_rejected("mpic", "{\"a\":1}", "no perspectives");
    archive_expect_line_rejected("mpic", "7", "not an object");
}

TEST(attempts_have_a_cap)
{
    struct cx_buf buf;
    struct archive a;

    cx_buf_init(&buf, 1 << 20);
    for (size_t more = 0; more < 2; more++) {
        cx_buf_clear(&buf);
        cx_buf_puts(&buf,
                    "{\"domain_or_ip_target\":\"*.shop.example\",\"trace_identifier\":\"t-1\","
                    "\"perspectives\":[" EMPTY "],\"previous_attempt_results\":[[]");
        for (size_t i = 2; i < CX_MPIC_ATTEMPTS_MAX + more; i++) {
            cx_buf_puts(&buf, ",[]");
        }
        cx_buf_puts(&buf, "]}");
        archive_open(&a, "mpic", cx_span_of_str(cx_buf_str(&buf)), NULL);
        if (more == 0) {
            archive_expect(&a, 1, EMPTY_SAYS);
        } else {
            archive_expect_rejected(&a, 1, "more than 1000 attempts");
        }
        archive_expect_end(&a);
        archive_close(&a);
    }
    cx_buf_done(&buf);
}

/* R-OMPIC-6; and a check for S/MIME claims nothing about servers. */
TEST(claims_are_those_of_completed_checks)
{
    struct archive a;

    archive_open(
        &a, "mpic",
        bytes_of("{\"domain_or_ip_target\":\"shop.example\",\"perspectives\":[{\"check_passed\":"
                 "true,\"check_completed\":false,\"timestamp_ns\":1795322124978292000}]}\n"
                 "{\"domain_or_ip_target\":\"shop.example\",\"caa_check_parameters\":{"
                 "\"certificate_type\":\"s-mime\"},\"perspectives\":[{\"check_passed\":true,"
                 "\"timestamp_ns\":1795322124978292000}]}\n"),
        NULL);
    archive_expect(&a, 1,
                   "check plain D fails answered 2026-11-22T04:35:24.978Z/1 shop.example unset");
    archive_expect(&a, 2,
                   "check any D none answered 2026-11-22T04:35:24.978Z/1 shop.example unset");
    archive_close(&a);
}

/* ---- our own results */

TEST(results_of_check_have_all_answers)
{
    static const char text[] =
        "{\"schema\":1,\"source\":\"dns\",\"id\":\"r-1\",\"verdict\":\"PERMIT\",\"names\":[{"
        "\"name\":\"www.shop."
        "example\","
        "\"answers\":[{\"name\":\"www.shop.example\",\"outcome\":\"nodata\",\"dnssec\":\"secure\","
        "\"ttl\":60,"
        "\"time\":\"2026-11-22T04:35:24Z\"},{\"name\":\"shop.example\",\"type\":\"DNAME\","
        "\"outcome\":"
        "\"nodata\",\"time\":\"2026-11-22T04:35:24Z\"},{\"name\":\"shop.example\",\"outcome\":"
        "\"records\","
        "\"aliases\":[\"a.example\"],\"time\":\"2026-11-22T04:35:25Z\",\"records\":[{\"flags\":0,"
        "\"tag\":"
        "\"issue\",\"value\":\"ca.example.net\"}]},{\"name\":\"example\",\"outcome\":\"timeout\","
        "\"time\":"
        "\"2026-11-22T04:35:25Z\"}]}]}\n"
        "{\"schema\":1,\"id\":\"r-2\",\"error\":{\"code\":\"name\",\"message\":\"x\"}}\n"
        "{\"schema\":1,\"source\":\"dns\",\"verdict\":\"PERMIT\",\"names\":[{\"name\":\"a\","
        "\"answers\":[{\"name\":"
        "\"a\","
        "\"outcome\":\"nodata\"}]}]}\n"
        "{\"schema\":1,\"source\":\"dns\",\"verdict\":\"PERMIT\",\"names\":[{\"name\":\"a\","
        "\"answers\":[{\"name\":"
        "\"a\","
        "\"outcome\":\"records\",\"time\":\"2026-11-22T04:35:24Z\"}]}]}\n"
        "{\"schema\":2,\"verdict\":\"PERMIT\"}\n"
        "{\"schema\":1,\"verdict\":\"PERMIT\"}\n"
        "{\"schema\":1,\"source\":\"dns\",\"verdict\":\"PERMIT\",\"names\":[{\"name\":\"a\"}]}\n";
    struct archive a;

    assert_string_equal(archive_format(bytes_of(text)), "caaproof");
    archive_open(&a, "caaproof", bytes_of(text), NULL);
    archive_expect(
        &a, 1,
        "answer any C none asked 2026-11-22T04:35:24.000Z/1000 www.shop.example nodata secure "
        "ttl=60 request=r-1\n"
        "answer any C none asked 2026-11-22T04:35:25.000Z/1000 shop.example records "
        "alias=a.example {0 issue \"ca.example.net\"} request=r-1\n"
        "answer any D none asked 2026-11-22T04:35:25.000Z/1000 example timeout request=r-1");
    archive_expect_ignored(&a, 2);
    archive_expect_rejected(&a, 3, "without time");
    archive_expect_rejected(&a, 4, "records");
    archive_expect_rejected(&a, 5, "schema");
    archive_expect_rejected(&a, 6, "names");
    archive_expect_rejected(&a, 7, "answers");
    archive_expect_end(&a);
    archive_close(&a);
}

#define RESULT(source)                                                                             \
    "{\"schema\":1," source "\"verdict\":\"PERMIT\",\"names\":[{\"name\":\"a\",\"answers\":[{"     \
    "\"name\":\"a\",\"outcome\":\"nodata\",\"time\":\"2026-11-22T04:35:24Z\"}]}]}"

/* What came with a request, or out of a file, is nothing that DNS said, whatever time it gives. */
TEST(results_say_whether_dns_was_asked)
{
    static const char *const others[] = {
        RESULT("\"source\":\"zone\","),    RESULT("\"source\":\"recorded\","),
        RESULT("\"source\":\"request\","), RESULT("\"source\":\"DNS\","),
        RESULT("\"source\":\"\","),        RESULT("\"source\":null,"),
        RESULT("\"source\":[\"dns\"],"),
    };

    archive_expect_line("caaproof", RESULT("\"source\":\"dns\","),
                        "answer any C none asked 2026-11-22T04:35:24.000Z/1000 a nodata");
    archive_expect_line("caaproof", RESULT(""),
                        "answer any D none asked 2026-11-22T04:35:24.000Z/1000 a nodata");
    for (size_t i = 0; i < CX_COUNT(others); i++) {
        archive_expect_line_rejected("caaproof", others[i], "not from DNS");
    }
}

/* The program that wrote the result validated itself: nothing that is stated of a resolver changes what it says. */
TEST(results_say_what_was_validated)
{
    struct archive a;

    archive_open(&a, "caaproof", bytes_of(RESULT("\"source\":\"dns\",") "\n"), NULL);
    archive_next(&a);
    assert_true(a.record.v[0].dnssec == CX_DNSSEC_INDETERMINATE && a.record.v[0].unvalidated);
    archive_close(&a);
}

/* ---- all */

TEST(what_no_reader_knows_is_not_guessed)
{
    assert_string_equal(archive_format(bytes_of("")), "");
    assert_string_equal(archive_format(bytes_of("name,result\nx,ok\n")), "");
    assert_string_equal(archive_format(bytes_of("{\"a\":1}\n")), "");
    assert_string_equal(archive_format(bytes_of("x\n" BARE "\n")), "boulder");
    assert_string_equal(archive_format(bytes_of("[1] unbound[1:0] notice: start\n")), "unbound");
    assert_null(cx_archive_format_named(CX_STR("nothing")));
}

TEST(formats_have_names_of_their_own)
{
    size_t n = 0;
    const struct cx_archive_format *const *formats = cx_archive_formats(&n);

    assert_true(n > 5);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(cx_archive_format_named(cx_str_of(formats[i]->name)), formats[i]);
        assert_true(formats[i]->about[0] != '\0' && !formats[i]->tamper_evident);
    }
}

/* A line that is too long costs itself alone, in every format of lines. */
TEST(a_line_over_its_cap_is_a_rejected_record)
{
    static const char *const names[] = { "boulder", "unbound", "bind", "mpic", "splunk-json" };
    size_t n = CX_LINE_MAX + 2;
    char *text = malloc(n + 10);

    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text + n, "\n\n\n{\"error\":1}", 10);
    for (size_t i = 0; i < CX_COUNT(names); i++) {
        struct archive a;

        archive_open(&a, names[i], (cx_span){ (const uint8_t *)text, n + 1 }, NULL);
        archive_expect_rejected(&a, 1, "longer than");
        archive_expect_end(&a);
        archive_close(&a);
    }
    free(text);
}

/* I3: an import that was interrupted passes over what it has, and finds the rest as it was. */
TEST(reading_goes_on_where_it_was)
{
    static const char text[] = "2026-11-22T04:35:24Z h " BARE "\nx\n2026-11-22T04:35:25Z h " BARE
                               "\nChecked CAA records for\n2026-11-22T04:35:26Z h " BARE "\n";
    static const char last[] = "check plain D permits logged 2026-11-22T04:35:26.000Z/1000 "
                               "shop.example nodata perspective=h";

    for (size_t pass = 0; pass < 2; pass++) {
        struct archive a;

        archive_open(&a, "boulder", bytes_of(text), NULL);
        for (size_t i = 0; i < 4; i++) {
            archive_next(&a);
            assert_int_equal(a.record.line, i + 1);
        }
        archive_expect(&a, 5, last);
        archive_expect_end(&a);
        assert_true(a.observed == 3 && a.ignored == 1 && a.rejected == 1);
        archive_close(&a);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(unbound_says_that_it_was_asked_and_what_failed),
    cmocka_unit_test(unbound_lines_that_say_nothing_or_are_broken),
    cmocka_unit_test(bind_says_that_it_was_asked_and_newer_ones_what_came),
    cmocka_unit_test(an_answer_by_the_clock_of_the_log_system_is_a_claim),
    cmocka_unit_test(an_event_with_two_lines_that_say_something_is_rejected),
    cmocka_unit_test(splunk_csv_has_lines_of_others),
    cmocka_unit_test(splunk_csv_needs_raw),
    cmocka_unit_test(a_cut_line_is_damaged),
    cmocka_unit_test(splunk_json_lines_drop_previews),
    cmocka_unit_test(splunk_results_are_one_object),
    cmocka_unit_test(events_as_sent_to_splunk),
    cmocka_unit_test(a_whole_file_that_does_not_close_is_rejected_once),
    cmocka_unit_test(a_cut_first_line_costs_itself_alone),
    cmocka_unit_test(each_perspective_is_a_record),
    cmocka_unit_test(old_responses_are_read_too),
    cmocka_unit_test(mpic_that_was_not_completed_has_no_answer),
    cmocka_unit_test(mpic_that_is_no_check_or_contradicts_itself),
    cmocka_unit_test(attempts_have_a_cap),
    cmocka_unit_test(claims_are_those_of_completed_checks),
    cmocka_unit_test(results_of_check_have_all_answers),
    cmocka_unit_test(results_say_whether_dns_was_asked),
    cmocka_unit_test(results_say_what_was_validated),
    cmocka_unit_test(what_no_reader_knows_is_not_guessed),
    cmocka_unit_test(reading_goes_on_where_it_was),
    cmocka_unit_test(formats_have_names_of_their_own),
    cmocka_unit_test(a_line_over_its_cap_is_a_rejected_record),
};

TEST_MAIN(tests)

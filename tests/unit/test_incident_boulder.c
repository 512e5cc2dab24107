#include "archive.h"
#include "build.h"
#include "incident/caa_text.h"
#include "incident/crc.h"

#include <stdio.h>

#define FRAME "2026-11-22T04:35:24.978292+00:00Z va1 dc1 boulder-va[4242]: 6 boulder-va [AUDIT] "
#define SEEN  "logged 2026-11-22T04:35:24.978Z/1 "

/* In dig's form, as Boulder quotes it. */
#define DIG(n, answer)                                                                             \
    ";; opcode: QUERY, status: NOERROR, id: 53\\n;; flags: qr rd ra; QUERY: 1, ANSWER: " #n ", "   \
    "AUTHORITY: 0, ADDITIONAL: 1\\n\\n;; OPT PSEUDOSECTION:\\n; EDNS: version 0; flags:; udp: "    \
    "512\\n\\n;; QUESTION SECTION:\\n;shop.example.\\tIN\\t CAA\\n\\n;; ANSWER SECTION:\\n" answer \
    "\\n;; AUTHORITY SECTION:\\nshop.example.\\t60\\tIN\\tCAA\\t0 issue \\\"never.example\\\"\\n"
#define ISSUE "shop.example.\\t3600\\tIN\\tCAA\\t0 issue \\\"ca.example.net\\\"\\n"
#define WILD  "shop.example.\\t300\\tIN\\tCAA\\t128 issuewild \\\";\\\"\\n"

TEST(every_shape_since_2015)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        { FRAME
          "Checked CAA records for www.shop.example, registration ID 42 [Present: true, Valid "
          "for issuance: false]",
          "check plain D denies " SEEN "www.shop.example unset account=42 perspective=va1" },
        { FRAME
          "Checked CAA records for www.shop.example, [Present: false, Valid for issuance: true]",
          "check plain D permits " SEEN "www.shop.example nodata perspective=va1" },
        { FRAME "Checked CAA records for www.shop.example using GPDNS, [Present: false, Valid for "
                "issuance: true]",
          "check plain D permits " SEEN "www.shop.example nodata perspective=va1" },
        { FRAME
          "Checked CAA records for *.shop.example, [Present: true, Valid for issuance: true] "
          "Records=[{\"Hdr\":{\"Name\":\"shop.example.\",\"Rrtype\":257,\"Class\":1,\"Ttl\":300,"
          "\"Rdlength\":19},\"Flag\":0,\"Tag\":\"issue\",\"Value\":\"ca.example.net\"}]",
          "check wildcard C permits " SEEN "shop.example records ttl=300 at=shop.example {0 issue "
          "\"ca.example.net\"} perspective=va1" },
        { FRAME
          "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
          "Records=[{\"Hdr\":{\"Name\":\"else.example.\",\"Ttl\":300},\"Flag\":0,\"Tag\":\"issue\","
          "\"Value\":\"ca.example.net\"}]", /* an alias led there */
          "check plain C permits " SEEN "shop.example records ttl=300 {0 issue \"ca.example.net\"} "
          "perspective=va1" },
        { FRAME
          "Checked CAA records for shop.example, [Present: false, Challenge: http-01, Valid for "
          "issuance: true] Records=null",
          "check plain D permits " SEEN "shop.example nodata method=http-01 perspective=va1" },
        { FRAME "Checked CAA records for shop.example, [Present: false, Account ID: unknown, "
                "Challenge: unknown, Valid for issuance: true] Records=[]",
          "check plain D permits " SEEN "shop.example nodata perspective=va1" },
        { FRAME
          "Checked CAA records for www.shop.example, [Present: true, Account ID: 42, Challenge: "
          "dns-01, Valid for issuance: true] Response=\"" DIG(2, ISSUE WILD) "\"",
          "check plain C permits " SEEN "www.shop.example records ttl=300 at=shop.example {0 issue "
          "\"ca.example.net\"} {128 issuewild \";\"} account=42 method=dns-01 perspective=va1" },
        { FRAME
          "Checked CAA records for www.shop.example, [Present: true, Account ID: 42, Challenge: "
          "dns-01, Valid for issuance: false, Found at: \"shop.example\"] Response=\"" DIG(
              2, "shop.example.\\t5\\tIN\\tCNAME\\ta.example.\\na.example.\\t60\\tIN\\tCAA\\t0 "
                 "issue \\\"x\\\\\\\"\\\\009\\\"\\n") "\"",
          "check plain C denies " SEEN "www.shop.example records ttl=60 at=shop.example "
          "alias=a.example {0 issue \"x\\\"\\009\"} account=42 method=dns-01 perspective=va1" },
        { FRAME
          "Checked CAA records for www.shop.example, [Present: false, Account ID: 42, Challenge: "
          "dns-01, Valid for issuance: true, Found at: \"\"] Response=\"\"",
          "check plain D permits " SEEN "www.shop.example nodata account=42 method=dns-01 "
          "perspective=va1" },
        { FRAME
          "Checked CAA records JSON={\"challenge\":\"dns-01\",\"foundAt\":\"shop.example\","
          "\"identifier\":\"*.www.shop.example\",\"present\":true,\"requester\":42,\"response\":"
          "\"" DIG(1, ISSUE) "\",\"valid\":true}",
          "check wildcard C permits " SEEN "www.shop.example records ttl=3600 at=shop.example {0 "
          "issue \"ca.example.net\"} account=42 method=dns-01 perspective=va1" },
        { FRAME
          "Checked CAA records JSON={\"challenge\":\"dns-01\",\"foundAt\":\"\",\"identifier\":"
          "\"shop.example\",\"present\":false,\"requester\":42,\"response\":\"\",\"valid\":true}",
          "check plain D permits " SEEN
          "shop.example nodata account=42 method=dns-01 perspective=va1" },
        { "time=2026-07-01T00:00:00.5Z level=INFO msg=\"Checked CAA records\" acct=42 authz=7 "
          "idents=\"[{Type:dns Value:shop.example}]\" method=http-01 present=true "
          "foundAt=shop.example "
          "valid=false response=\"" DIG(1, ISSUE) "\"",
          "check plain C denies logged 2026-07-01T00:00:00.500Z/100 shop.example records ttl=3600 "
          "at=shop.example {0 issue \"ca.example.net\"} account=42 method=http-01 "
          "request=7" },
        { "time=2026-07-01T00:00:00Z level=INFO msg=\"Checked CAA records\" acct=42 authz=7 "
          "idents=\"[{Type:dns Value:shop.example}]\" method=http-01 present=false foundAt= "
          "valid=true "
          "response=\"\"",
          "check plain D permits logged 2026-07-01T00:00:00.000Z/1000 shop.example nodata "
          "account=42 "
          "method=http-01 request=7" },
        { FRAME
          "CAA check result JSON={\"AuthzID\":\"9\",\"Requester\":42,\"Identifier\":{\"type\":"
          "\"dns\",\"value\":\"*.shop.example\"},\"Challenge\":{},\"Latency\":0.2,\"Summary\":{"
          "\"passedPerspectives\":[\"a\"],\"failedPerspectives\":[],\"passedRIRs\":[],"
          "\"quorumResult\":\"3/4\"}}",
          "check wildcard D permits " SEEN
          "shop.example unset account=42 perspective=va1 request=9" },
        { FRAME
          "CAA check result JSON={\"AuthzID\":9,\"Requester\":42,\"Identifier\":{\"type\":\"dns\","
          "\"value\":\"shop.example\"},\"Error\":{\"type\":\"urn:ietf:params:acme:error:caa\"}}",
          "check plain D denies " SEEN "shop.example unset account=42 perspective=va1 request=9" },
        { FRAME
          "CAA check result JSON={\"AuthzID\":9,\"Requester\":42,\"Identifier\":{\"type\":\"dns\","
          "\"value\":\"shop.example\"},\"Error\":{\"type\":\"dns\"}}",
          "check plain D fails " SEEN "shop.example unset account=42 perspective=va1 request=9" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        archive_expect_line("boulder", rows[i].line, rows[i].says);
    }
}

TEST(every_frame)
{
    static const char text[] =
        "Checked CAA records for shop.example, [Present: false, Valid for issuance: true]";
    static const struct {
        const char *frame, *time, *host;
    } rows[] = {
        { "2018-06-08T01:02:03.123456+00:00 va1 boulder-va[7]: [AUDIT] ",
          "2018-06-08T01:02:03.123Z/1", "va1" },
        { "2022-06-08T01:02:03Z va1 dc1 6 boulder-va[7]: [AUDIT] ", "2022-06-08T01:02:03.000Z/1000",
          "va1" },
        { "2022-06-08T01:02:03Z va1.ca.example dc1 6 boulder-va[7]: [AUDIT] ",
          "2022-06-08T01:02:03.000Z/1000", "va1.ca.example" },
        { "2022-06-08T01:02:03Z ", "2022-06-08T01:02:03.000Z/1000", NULL },
        { "2022-06-08T01:02:03Z va1 ", "2022-06-08T01:02:03.000Z/1000", "va1" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        char line[300], says[300];

        (void)snprintf(line, sizeof(line), "%s%s", rows[i].frame, text);
        (void)snprintf(says, sizeof(says),
                       "check plain D permits logged %s shop.example nodata%s%s", rows[i].time,
                       rows[i].host != NULL ? " perspective=" : "",
                       rows[i].host != NULL ? rows[i].host : "");
        archive_expect_line("boulder", line, says);
    }
}

#define NEW_SUM                                                                                    \
    "[AUDIT] Checked CAA records JSON={\"challenge\":\"dns-01\",\"foundAt\":\"shop.example\","     \
    "\"identifier\":\"www.shop.example\",\"present\":true,\"requester\":4242,\"response\":\"..."   \
    "\","                                                                                          \
    "\"valid\":false}"
#define OLD_SUM                                                                                    \
    "[AUDIT] Checked CAA records for www.shop.example, [Present: true, Account ID: 4242, "         \
    "Challenge: "                                                                                  \
    "dns-01, Valid for issuance: false, Found at: \"shop.example\"] Response=\"...\""

TEST(checksums_of_both_forms_are_verified)
{
    static const char time[] = "2026-11-22T04:35:24.978292+00:00Z";
    static const char says[] = "check plain D denies " SEEN
                               "www.shop.example unset at=shop.example account=4242 method=dns-01 "
                               "perspective=va1";
    static const struct {
        const char *frame, *text;
        bool good;
    } rows[] = {
        { "va1 dc1 boulder-va[4242]: 6 boulder-va vwxDYA", NEW_SUM, true },
        { "va1 dc1 6 boulder-va[4242]: vwxDYA", NEW_SUM, true },
        { "va1 dc1 6 boulder-va[4242]: g7bGggM", OLD_SUM, true },
        { "va1 dc1 6 boulder-va[4242]: vwxDYB", NEW_SUM, false },
        { "va1 dc1 6 boulder-va[4242]: g7bGggM", NEW_SUM, false },
        { "va1 dc1 6 boulder-va[4242]: g7bGggN", OLD_SUM, false },
        { "va1 dc1 6 boulder-va[4242]: vwxDYA", NEW_SUM " ", false },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        char line[500];

        (void)snprintf(line, sizeof(line), "%s %s %s", time, rows[i].frame, rows[i].text);
        if (rows[i].good) {
            archive_expect_line("boulder", line, says);
        } else {
            archive_expect_line_rejected("boulder", line, "checksum");
        }
    }
    assert_int_equal(cx_crc32(bytes_of("123456789")), 0xcbf43926); /* the check value of CRC-32 */
    assert_false(cx_crc_is(0, CX_STR("AAAAA")));
}

TEST(what_cannot_be_understood_is_rejected)
{
    static const struct {
        const char *line, *reason;
    } rows[] = {
        { "Checked CAA records for shop.example, [Present: true, Valid for issuance: true]",
          "time" },
        { FRAME "Checked CAA records for shop.example, [Present: true", "brackets do not end" },
        { FRAME "Checked CAA records for shop.example", "no brackets" },
        { FRAME "Checked CAA records for shop.example, [Present: true]", "Valid for issuance" },
        { FRAME "Checked CAA records for shop.example, [Present: maybe, Valid for issuance: true]",
          "between the brackets" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Weather: fine]",
          "between the brackets" },
        { FRAME
          "Checked CAA records for shop.example, by hand [Present: true, Valid for issuance: true]",
          "behind the name" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] X",
          "behind the line" },
        { FRAME "Checked CAA records for shop..example, [Present: true, Valid for issuance: true]",
          "name" },
        { FRAME
          "Checked CAA records for b\xc3\xbc.example, [Present: true, Valid for issuance: true]",
          "name" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Records=[{\"Hdr\":{\"Name\":\"shop.example.\"",
          "not JSON" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Records=7",
          "array" },
        { FRAME
          "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
          "Records=[{\"Hdr\":{\"Name\":\"shop.example.\",\"Ttl\":1},\"Flag\":256,\"Tag\":\"issue\","
          "\"Value\":\"x\"}]",
          "Records=" },
        { FRAME
          "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
          "Records=[{\"Hdr\":{\"Name\":\"shop.example.\",\"Ttl\":1},\"Flag\":0,\"Tag\":\"issue\","
          "\"Value\":\"\xef\xbf\xbd\"}]", /* the octets are lost */
          "Records=" },
        { FRAME "Checked CAA records for shop.example, [Present: false, Valid for issuance: true] "
                "Response=\"" DIG(1, ISSUE) "\"",
          "and has some" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Response=\";; flags:",
          "was cut" },
        { FRAME "Checked CAA records for shop.example, [Present: false, Valid for issuance: false]",
          "forbids or failed" },
        { FRAME "Checked CAA records for shop.example, [Present: false, Valid for issuance: true] "
                "Response=\";; opcode: QUERY, status: SERVFAIL, id: 53\\n\"",
          "forbids or failed" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: false] "
                "Response=\";; opcode: QUERY, status: NXDOMAIN, id: 53\\n\"",
          "and has none" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Response=\";; opcode: QUERY, status: SERVFAIL, id: 53\\n;; ANSWER "
                "SECTION:\\n" ISSUE "\"",
          "says otherwise" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Response=\"" DIG(3, ISSUE) "\"",
          "its header counts 3" },
        { FRAME "Checked CAA records for www.shop.example, [Present: true, Valid for issuance: "
                "true, Found at: \"www.shop.example\"] Response=\"" DIG(1, ISSUE) "\"",
          "foundAt is not" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Records=[{\"Hdr\":{\"Name\":\"shop.example.\",\"Ttl\":1},\"Flag\":0,\"Tag\":"
                "\"issue\",\"Value\":\"x\"},{\"Hdr\":{\"Name\":\"other.test.\",\"Ttl\":1},"
                "\"Flag\":0,\"Tag\":\"issue\",\"Value\":\"y\"}]",
          "two names" },
        { FRAME "Checked CAA records for shop.example, [Present: true, Valid for issuance: true] "
                "Response=\"\\q\"",
          "escape" },
        { FRAME
          "Checked CAA records for shop.example, [Present: true, Valid for issuance: true, Found "
          "at: \"else.example\"] Response=\"\"",
          "line of the name" },
        { FRAME "Checked CAA records JSON={\"identifier\":\"shop.example\"", "not JSON" },
        { FRAME "Checked CAA records JSON={\"identifier\":\"shop.example\"}", "needed" },
        { FRAME "Checked CAA records JSON={\"identifier\":7,\"present\":true,\"valid\":true}",
          "needed" },
        { "time=2026-07-01T00:00:00Z level=INFO msg=\"Checked CAA records\" idents=\"[{Type:dns "
          "Value:a.example} {Type:dns Value:b.example}]\" present=false valid=true",
          "name" },
        { "time=2026-07-01T00:00:00Z msg=\"Checked CAA records\" idents=\"[{Type:ip "
          "Value:192.0.2.1}]\" "
          "present=false valid=true",
          "idents" },
        { "time=2026-07-01T00:00:00Z msg=\"Checked CAA records\" idents=\"[{Type:dns "
          "Value:a.example}]\" "
          "present=false",
          "was cut" },
        { "time=2026-07-01T00:00:00Z msg=\"Checked CAA records\" present=perhaps",
          "true or false" },
        { FRAME "CAA check result JSON={\"AuthzID\":9}", "Identifier" },
        { "Nov 22 04:35:24 va1 boulder-va[1]: [AUDIT] Checked CAA records for shop.example, "
          "[Present: "
          "false, Valid for issuance: true]",
          "--year" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        archive_expect_line_rejected("boulder", rows[i].line, rows[i].reason);
    }
}

TEST(other_lines_are_ignored)
{
    archive_expect_line_ignored("boulder", FRAME "Certificate request - successful JSON={}");
    archive_expect_line_ignored(
        "boulder",
        FRAME "FinalizationCaaCheck JSON={\"Requester\":42,\"Reused\":1,\"Rechecked\":0}");
    archive_expect_line_ignored("boulder",
                                FRAME "CAA check result JSON={\"AuthzID\":9,\"Identifier\":{"
                                      "\"type\":\"ip\",\"value\":\"192.0.2.1\"}}");
    archive_expect_line_ignored("boulder", "x");
}

/* An answer in dig's form must be whole, and about the name. */
TEST(responses_are_whole_or_refused)
{
    static const struct {
        const char *text, *reason; /* NULL: good */
    } rows[] = {
        { ";; ANSWER SECTION:\na.example.\t60\tIN\tCAA\t0 issue \"x\"\n", NULL },
        { ";; flags: qr tc rd; QUERY: 1\n;; ANSWER SECTION:\na.example. 60 IN CAA 0 issue \"x\"\n",
          "truncated" },
        { ";; ANSWER SECTION:\na.example. 60 IN\n", "cut" },
        { ";; ANSWER SECTION:\na.example. 60 IN CAA 0 issue\n", "not flags, tag and value" },
        { ";; ANSWER SECTION:\na.example. 60 IN CAA 0 issue \"x\n", "quotes" },
        { ";; ANSWER SECTION:\na.example. 60 IN CAA 0 issue \"x\" y\n", "quotes" },
        { ";; ANSWER SECTION:\na.example. 60 IN CAA 256 issue \"x\"\n", "flags" },
        { ";; ANSWER SECTION:\na.example. x IN CAA 0 issue \"x\"\n", "TTL" },
        { ";; ANSWER SECTION:\na.example. 6 IN CAA 0 issue \"x\"\nb.example. 6 IN CAA 0 issue "
          "\"x\"\n",
          "two names" },
        { ";; QUESTION SECTION:\n;a.example. IN CAA\n;; ANSWER SECTION:\nb.example. 6 IN CAA 0 "
          "issue "
          "\"x\"\n",
          "neither asked" },
        { ";; QUESTION SECTION:\n;a.example. IN CAA\n;; ANSWER SECTION:\na.example. 6 IN CNAME "
          "b.example.\nb.example. 6 IN CNAME a.example.\n",
          "loop" },
        { ";; opcode: QUERY, status: WHAT, id: 1\n", "not known" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_observation o = { .time_ms = 0 };
        struct cx_detail detail = { .text = "" };
        struct cx_arena arena;
        cx_span asked;
        cx_status status;

        cx_arena_init(&arena, 1 << 20);
        status = cx_dig_read(cx_str_of(rows[i].text), &arena, &o, &asked, &detail);
        ROW_TRUE(cx_ok(status) == (rows[i].reason == NULL), rows[i].text);
        ROW_TRUE(rows[i].reason == NULL || strstr(detail.text, rows[i].reason) != NULL,
                 rows[i].text);
        cx_arena_done(&arena);
    }
}

TEST(records_as_text)
{
    static const struct {
        const char *text, *means; /* NULL: refused */
    } rows[] = {
        { "0 issue \"ca.example.net\"", "0 issue \"ca.example.net\"" },
        { " 128\tissuewild  \";\" ", "128 issuewild \";\"" },
        { "0 issue ca.example.net; validationmethods=dns-01",
          "0 issue \"ca.example.net; validationmethods=dns-01\"" },
        { "0 issue \"\"", "0 issue \"\"" },
        { "0 issue \"a\\\"b\\\\c\\255\"", "0 issue \"a\\\"b\\\\c\\255\"" },
        { "\\# 9 000569737375656361", "0 issue \"ca\"" },
        { "0 issue", NULL },
        { "0", NULL },
        { "", NULL },
        { "issue \"ca\"", NULL },
        { "0 issue \"ca", NULL },
        { "0 issue \"ca\\\"", NULL },
        { "0 issue \"ca\\999\"", NULL },
        { "\\# 3 000569", NULL },
        { "\\# 2 0005", NULL },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_arena arena;
        struct cx_caa caa;
        struct cx_buf buf;
        struct cx_detail detail = { .text = "" };
        cx_status status;

        cx_arena_init(&arena, 1 << 20);
        cx_buf_init(&buf, 1000);
        status = cx_caa_of_text(cx_str_of(rows[i].text), &arena, &caa, &detail);
        ROW_TRUE(cx_ok(status) == (rows[i].means != NULL), rows[i].text);
        if (cx_ok(status)) {
            cx_caa_text(&caa, &buf);
            ROW_TRUE(cx_str_equal(cx_buf_str(&buf), cx_str_of(rows[i].means)), rows[i].text);
        } else {
            ROW_TRUE(detail.text[0] != '\0', rows[i].text);
        }
        cx_buf_done(&buf);
        cx_arena_done(&arena);
    }
}

/* R-SYN-9. */
TEST(equal_records_count_once)
{
    archive_expect_line("boulder",
                        FRAME "Checked CAA records for shop.example, [Present: true, Valid for "
                              "issuance: true] Response=\"" DIG(2, ISSUE ISSUE) "\"",
                        "check plain C permits " SEEN
                        "shop.example records ttl=3600 at=shop.example {0 issue "
                        "\"ca.example.net\"} perspective=va1");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_shape_since_2015),
    cmocka_unit_test(every_frame),
    cmocka_unit_test(checksums_of_both_forms_are_verified),
    cmocka_unit_test(what_cannot_be_understood_is_rejected),
    cmocka_unit_test(other_lines_are_ignored),
    cmocka_unit_test(responses_are_whole_or_refused),
    cmocka_unit_test(records_as_text),
    cmocka_unit_test(equal_records_count_once),
};

TEST_MAIN(tests)

#include "archive.h"
#include "base/file.h"
#include "build.h"
#include "incident/mapping.h"
#include "pki/base64.h"

static struct cx_json *
json_of(const char *text)
{
    struct cx_json *json = NULL;

    assert_true(cx_ok(cx_json_parse(cx_str_of(text), &json, NULL)));
    return json;
}

static void
expect(const char *mapping, const char *text, const char *says)
{
    struct cx_json *json = json_of(mapping);
    struct cx_archive_options options = { .mapping = json };
    struct cx_buf buf;

    cx_buf_init(&buf, 1 << 20);
    archive_transcript("mapped", bytes_of(text), &options, &buf);
    assert_string_equal(buf.p, says);
    cx_buf_done(&buf);
    cx_json_free(json);
}

TEST(columns_are_what_the_mapping_says)
{
    expect(
        "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"found_at\":\"f\","
        "\"account\":\"a\","
        "\"method\":\"m\",\"perspective\":\"p\",\"resolver\":\"r\",\"request\":\"q\"}}",
        "q\tr\tp\tm\ta\tf\tn\tt\n1\t2\t3\t4\t5\texample\tshop.example\t1795322124\n",
        "2: check plain E none logged 2026-11-22T04:35:24.000Z/1000 shop.example unset at=example "
        "account=5 method=4 perspective=3 resolver=2 request=1\n");
}

#define RECORDS                                                                                    \
    "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"records\":\"r\",\"ttl\":"     \
    "\"ttl\"}}"

TEST(records_of_a_cell_in_all_forms)
{
    expect(RECORDS,
           "t\tn\tr\tttl\n"
           "1795322124\ta\t0 issue ca.example; x=y\t\n"
           "1795322124\ta\t[\"0 issue \\\"x\\\"\",\"0 issue \\\"y\\\"\"]\t1\n"
           "1795322124\ta\t[{\"flags\":128,\"tag\":\"issue\",\"value\":\"z\"}]\t4294967295\n"
           "1795322124\ta\t\t\n"
           "1795322124\ta\t[]\t\n",
           "2: check plain C none logged 2026-11-22T04:35:24.000Z/1000 a records {0 issue "
           "\"ca.example; x=y\"}\n"
           "3: check plain C none logged 2026-11-22T04:35:24.000Z/1000 a records ttl=1 {0 issue "
           "\"x\"} {0 issue "
           "\"y\"}\n"
           "4: check plain C none logged 2026-11-22T04:35:24.000Z/1000 a records ttl=4294967295 "
           "{128 issue "
           "\"z\"}\n"
           "5: check plain E none logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "6: check plain E none logged 2026-11-22T04:35:24.000Z/1000 a unset\n");
}

TEST(cells_that_cannot_be_read_reject_the_row)
{
    expect(RECORDS,
           "t\tn\tr\tttl\n"
           "x\ta\t\t\n"
           "1795322124\ta..b\t\t\n"
           "1795322124\t\t\t\n"
           "1795322124\ta\t0 issue\t\n"
           "1795322124\ta\t[7]\t\n"
           "1795322124\ta\t[\t\n"
           "1795322124\ta\t[{\"flags\":1}]\t\n"
           "1795322124\ta\t\t-1\n"
           "1795322124\ta\t\t4294967296\n"
           "1795322124\ta\t\t99999999999999999999\n",
           "2: rejected: time \"x\": not a time\n"
           "3: rejected: name \"a..b\": empty label\n"
           "4: rejected: name \"\": empty name\n"
           "5: rejected: CAA record \"0 issue\": not flags, tag and value, as in 0 issue "
           "\"ca.example.net\"\n"
           "6: rejected: records: texts or objects are needed\n"
           "7: rejected: not JSON: ']' expected near end of file (octet 1)\n"
           "8: rejected: records[0]: exactly one of \"tag\" and \"tag_hex\" is needed\n"
           "9: rejected: ttl \"-1\": seconds are needed\n"
           "10: rejected: ttl: more than 4294967295 seconds\n"
           "11: rejected: ttl \"99999999999999999999\": seconds are needed\n");
}

TEST(an_empty_set_means_what_the_mapping_says)
{
    static const char text[] = "t,n,r,o\n1795322124,a,,none\n1795322124,a,,some\n1795322124,a,"
                               "\"0 issue \"\"x\"\"\",none\n1795322124,a,,what\n";

    expect("{\"format\":\"csv\",\"observed\":\"answer\",\"empty_records\":\"nodata\",\"fields\":{"
           "\"time\":\"t\","
           "\"name\":\"n\",\"records\":\"r\"}}",
           text,
           "2: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n"
           "3: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n"
           "4: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a records {0 issue \"x\"}\n"
           "5: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n");
    expect("{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"records\":\"r\","
           "\"outcome\":\"o\"},"
           "\"outcomes\":{\"nodata\":[\"none\"],\"records\":[\"some\"]}}",
           text,
           "2: check plain D none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n"
           "3: check plain E none logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "4: rejected: has records, and an outcome that says otherwise\n"
           "5: rejected: outcome \"what\" is not in the mapping\n");
}

/* What an empty set may not be taken for: records that are not said, a denial, a member that is not there. */
TEST(an_empty_set_is_not_everything_that_is_empty)
{
    expect("{\"format\":\"csv\",\"observed\":\"answer\",\"empty_records\":\"nodata\",\"fields\":{"
           "\"time\":\"t\",\"name\":\"n\",\"records\":\"r\",\"outcome\":\"o\"},\"outcomes\":{"
           "\"records\":[\"some\"],\"nodata\":[\"none\"]}}",
           "t,n,r,o\n1795322124,a,,some\n1795322124,a,,none\n",
           "2: answer any E none logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "3: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n");
    expect("{\"format\":\"csv\",\"observed\":\"answer\",\"empty_records\":\"nodata\",\"fields\":{"
           "\"time\":\"t\",\"name\":\"n\",\"records\":\"r\",\"result\":\"o\"},\"results\":{"
           "\"denies\":[\"no\"],\"fails\":[\"error\"],\"permits\":[\"yes\"]}}",
           "t,n,r,o\n1795322124,a,,no\n1795322124,a,,error\n1795322124,a,,yes\n",
           "2: answer any D denies logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "3: answer any D fails logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "4: answer any C permits logged 2026-11-22T04:35:24.000Z/1000 a nodata\n");
    expect("{\"format\":\"ndjson\",\"observed\":\"answer\",\"empty_records\":\"nodata\","
           "\"fields\":{\"time\":\"t\",\"name\":\"n\",\"records\":\"r\"}}",
           "{\"t\":1795322124,\"n\":\"a\",\"r\":[]}\n"
           "{\"t\":1795322124,\"n\":\"a\",\"error\":\"timeout\"}\n"
           "{\"t\":1795322124,\"n\":\"a\",\"r\":null}\n"
           "{\"t\":1795322124,\"n\":\"a\",\"r\":{\"error\":\"timeout\"}}\n",
           "1: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n"
           "2: answer any E none logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "3: answer any E none logged 2026-11-22T04:35:24.000Z/1000 a unset\n"
           "4: rejected: records: an array or a text is needed\n");
}

TEST(members_may_be_deep_and_of_any_kind)
{
    expect("{\"format\":\"ndjson\",\"fields\":{\"time\":\"a.b.t\",\"name\":\"a.n\",\"result\":"
           "\"ok\"},\"results\":{"
           "\"permits\":[\"true\"],\"denies\":[\"false\"]}}",
           "{\"a\":{\"b\":{\"t\":1795322124.5},\"n\":\"x\"},\"ok\":true}\n"
           "{\"a.b.t\":\"2026-11-22T04:35:24Z\",\"a\":{\"n\":\"x\"},\"ok\":false}\n"
           "{\"a\":{\"b.t\":1795322124,\"n\":\"x\"},\"ok\":null}\n"
           "{\"a\":7}\n"
           "[1]\n"
           "{\"a\":{}\n",
           "1: check plain D permits logged 2026-11-22T04:35:24.500Z/1 x unset\n"
           "2: check plain D denies logged 2026-11-22T04:35:24.000Z/1000 x unset\n"
           "3: rejected: result \"\" is not in the mapping\n"
           "4: rejected: time \"\": not a time\n"
           "5: rejected: not an object\n"
           "6: rejected: not JSON: '}' expected near end of file (octet 7)\n");
}

TEST(groups_are_found_past_other_parentheses)
{
    expect(
        "{\"format\":\"text\",\"regex\":\"^([a-z()]+|\\\\(x\\\\)) []()[:alpha:](]*(?<time>[0-9]+) "
        "((?<name>[^ ]+))( (?<account>[0-9]+))?$\"}",
        "abc xy1795322124 shop.example\n(x) 1795322124 shop.example 42\nabc\n",
        "1: check plain E none logged 2026-11-22T04:35:24.000Z/1000 shop.example unset\n"
        "2: check plain E none logged 2026-11-22T04:35:24.000Z/1000 shop.example unset account=42\n"
        "3: ignored\n");
}

TEST(an_expression_is_not_tried_on_any_line)
{
    static const char nul[] = "1795322124 a\0b\n";
    static char large[CX_ARCHIVE_REGEX_MAX + 3];
    struct cx_json *json = json_of("{\"format\":\"text\",\"regex\":\"(?<time>.*) (?<name>.*)\"}");
    struct cx_archive_options options = { .mapping = json };
    struct archive a;

    archive_open(&a, "mapped", (cx_span){ (const uint8_t *)nul, sizeof(nul) - 1 }, &options);
    archive_expect_rejected(&a, 1, "NUL");
    archive_close(&a);
    memset(large, 'x', sizeof(large) - 2);
    large[sizeof(large) - 2] = '\n';
    archive_open(&a, "mapped", bytes_of(large), &options);
    archive_expect_rejected(&a, 1, "longer than");
    archive_close(&a);
    cx_json_free(json);
}

#define NO_END                                                                                     \
    "rejected: the file ends without a line end, so its last line may be cut: if it is whole, "    \
    "add one\n"

/* A cell that was cut is not empty, nor is a set that was cut a smaller one; what is behind a line end, or closed by itself, is whole. */
TEST(a_last_line_without_its_end_is_no_evidence)
{
    static const char csv[] = "{\"format\":\"csv\",\"observed\":\"answer\",\"empty_records\":"
                              "\"nodata\",\"separator\":\"|\",\"fields\":{\"time\":\"t\",\"name\":"
                              "\"n\",\"records\":\"r\"}}";
    static const char text[] =
        "{\"format\":\"text\",\"regex\":\"(?<time>[0-9]+) (?<name>[a-z.]+) (?<records>.*)\"}";
    static const char json[] =
        "{\"format\":\"ndjson\",\"observed\":\"answer\",\"fields\":{\"time\":"
        "\"t\",\"name\":\"n\",\"records\":\"r\"}}";

    expect(csv, "t,n,r\n1795322124,a,", "2: " NO_END);
    expect(csv, "t,n,r\n1795322124,a,\r", "2: " NO_END);
    expect(csv, "t,n,r\n1795322124,a,0 issue x", "2: " NO_END);
    expect(csv, "t\tn\tr\n1795322124\ta\t0 issue x|0 issue y", "2: " NO_END);
    expect(csv, "t;r;n\n1795322124;;a.exam", "2: " NO_END);
    expect(csv, "t,n,r\n1795322124,a,\n",
           "2: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a nodata\n");
    expect(text, "1795322124 a.exam 0 issue x", "1: " NO_END);
    expect(json, "{\"t\":1795322124,\"n\":\"a\",\"r\":[\"0 issue x\"]}",
           "1: answer any C none logged 2026-11-22T04:35:24.000Z/1000 a records {0 issue \"x\"}\n");
}

TEST(a_file_cut_anywhere_says_nothing_that_the_whole_does_not)
{
    static const struct {
        const char *mapping, *text;
    } rows[] = {
        { "{\"format\":\"csv\",\"observed\":\"answer\",\"empty_records\":\"nodata\",\"separator\":"
          "\"|\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"records\":\"r\"}}",
          "t,n,r\n1795322124,a.example,0 issue x|0 issue y\n1795322125,b.example,\n"
          "1795322126,c.example,\"0 issue \"\"x\"\"|0 iodef \"\"y\"\"\"\r\n" },
        { "{\"format\":\"csv\",\"empty_records\":\"nodata\",\"fields\":{\"time\":\"t\",\"name\":"
          "\"n\","
          "\"records\":\"r\",\"ttl\":\"l\",\"result\":\"o\"},\"results\":{\"permits\":[\"ok\"],"
          "\"denies\":[\"ok, but\"]}}",
          "t\tl\tr\tn\to\n1795322124\t3600\t0 issue x\ta.example.net\tok, but\n"
          "1795322124\t3600\t\tb.example.net\tok\n" },
        { "{\"format\":\"text\",\"regex\":\"^(?<time>[0-9]+) (?<name>[a-z.]+) (?<result>[a-z]+)\","
          "\"results\":{\"permits\":[\"ok\"],\"denies\":[\"okless\"]}}",
          "1795322124 a.example okless\n1795322124 b.example ok\n" },
        { "{\"format\":\"ndjson\",\"empty_records\":\"nodata\",\"fields\":{\"time\":\"t\",\"name\":"
          "\"n\",\"records\":\"r\"}}",
          "{\"t\":1795322124,\"n\":\"a.example\",\"r\":[\"0 issue x\",\"0 issue y\"]} "
          "{\"t\":1795322125,\"n\":\"b.example\",\"r\":[]}\n" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_json *json = json_of(rows[i].mapping);
        struct cx_archive_options options = { .mapping = json };

        archive_expect_cuts("mapped", bytes_of(rows[i].text), &options);
        cx_json_free(json);
    }
}

/* A mapping is the work of a person: each mistake has its own sentence. */
TEST(mappings_that_are_refused)
{
    static const struct {
        const char *mapping, *why;
    } rows[] = {
        { "7", "object" },
        { "{}", "format" },
        { "{\"format\":\"xml\"}", "\"xml\" is not known" },
        { "{\"format\":\"csv\"}", "fields: needed" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"outcome\":\"o\"},"
          "\"outcomes\":{\"nodata\":[\"ERR\"],\"servfail\":[\"err\"]}}",
          "two meanings" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\"}}", "time and name" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"\"}}", "names of columns" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"verdict\":\"v\"}}",
          "verdict" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"clock\":\"sun\"}",
          "clock" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"more\":1}", "more" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"result\":\"r\"}}",
          "result needs" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"results\":{\"permits\":"
          "[\"x\"]}}",
          "result needs" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"result\":\"r\"},"
          "\"results\":{\"ok\":["
          "\"x\"]}}",
          "unknown member \"ok\"" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"result\":\"r\"},"
          "\"results\":{"
          "\"permits\":[]}}",
          "a list that has words" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"result\":\"r\"},"
          "\"results\":{"
          "\"permits\":[1]}}",
          "lists of texts" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\",\"outcome\":\"r\"},"
          "\"outcomes\":{"
          "\"fine\":[\"x\"]}}",
          "outcomes" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"separator\":\"ab\"}",
          "separator" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"only\":{}}", "only" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"only\":{\"a\":[\"x\"],"
          "\"b\":[\"x\"]}}",
          "only" },
        { "{\"format\":\"csv\",\"fields\":{\"time\":\"t\",\"name\":\"n\"},\"regex\":\"x\"}",
          "regex" },
        { "{\"format\":\"text\"}", "regex" },
        { "{\"format\":\"text\",\"regex\":\"(?<time>x\"}", "regex" },
        { "{\"format\":\"text\",\"regex\":\"(?<time>x)(?<name>y)(?<time>z)\"}", "twice" },
        { "{\"format\":\"text\",\"regex\":\"(?<time>x)(?<what>y)\"}", "what" },
        { "{\"format\":\"text\",\"regex\":\"(?<time>x)\"}", "time and name" },
        { "{\"format\":\"text\",\"regex\":\"a\\u0000b\"}", "NUL" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct cx_json *json = json_of(rows[i].mapping);
        struct cx_mapping *mapping = NULL;
        struct cx_detail detail = { .text = "" };

        ROW_TRUE(cx_mapping_of(json, &mapping, &detail).code == CX_E_USAGE, rows[i].mapping);
        ROW_TRUE(mapping == NULL && strstr(detail.text, rows[i].why) != NULL, rows[i].mapping);
        cx_json_free(json);
    }
}

TEST(a_mapping_and_its_columns_must_be_there)
{
    struct cx_json *json = json_of(RECORDS);
    struct cx_archive_options options = { .mapping = json };
    const struct cx_archive_format *format = cx_archive_format_named(CX_STR("mapped"));
    struct cx_archive_reader *reader = NULL;
    struct cx_input *input = cx_input_of(bytes_of("t,n\n"));
    struct cx_detail detail = { .text = "" };

    assert_int_equal(cx_archive_reader_open(format, &options, input, &reader, &detail).code,
                     CX_E_USAGE);
    assert_non_null(strstr(detail.text, "no column \"r\""));
    options.mapping = NULL;
    assert_int_equal(cx_archive_reader_open(format, &options, input, &reader, &detail).code,
                     CX_E_USAGE);
    assert_non_null(strstr(detail.text, "docs/archives.md"));
    cx_input_close(input);
    cx_json_free(json);
}

/* ---- the examples of docs/archives.md */

struct example {
    struct cx_json *mapping;
    char format[20];
    cx_str text;
};

/* The block behind a fence, whose kind is what is written on the fence. */
static bool
next_block(cx_str all, size_t *at, cx_str *ret_kind, cx_str *ret_text)
{
    cx_str line;
    size_t from;

    do {
        if (!cx_str_line(all, at, &line)) {
            return false;
        }
    } while (line.n < 3 || memcmp(line.p, "```", 3) != 0);
    *ret_kind = (cx_str){ line.p + 3, line.n - 3 };
    from = *at;
    do {
        *ret_text = (cx_str){ all.p + from, *at - from };
        assert_true(cx_str_line(all, at, &line));
    } while (line.n < 3 || memcmp(line.p, "```", 3) != 0);
    return true;
}

static cx_span
octets_of_example(const struct example *e, struct cx_arena *arena)
{
    char *joined = cx_arena_get(arena, e->text.n + 1, 1);
    size_t n = 0;
    cx_span octets;

    if (strcmp(e->format, "dnstap") != 0) {
        return cx_span_of_str(e->text);
    }
    for (size_t i = 0; i < e->text.n; i++) {
        if (e->text.p[i] != '\n') {
            joined[n++] = e->text.p[i];
        }
    }
    assert_true(cx_ok(cx_base64_get((cx_str){ joined, n }, arena, &octets)));
    return octets;
}

static void
check_example(const struct example *e, cx_str says)
{
    struct cx_archive_options options = { .mapping = e->mapping };
    struct cx_arena arena;
    struct cx_buf buf;
    cx_span octets;

    cx_arena_init(&arena, 1 << 20);
    cx_buf_init(&buf, 1 << 20);
    octets = octets_of_example(e, &arena);
    if (e->mapping == NULL) {
        assert_string_equal(archive_format(octets), e->format);
    }
    archive_transcript(e->format, octets, &options, &buf);
    if (!cx_str_equal((cx_str){ buf.p, buf.n - 1 }, says)) {
        fail_msg("%s: is\n%sshould be\n%.*s", e->format, buf.p, (int)says.n, says.p);
    }
    archive_expect_cuts(e->format, octets, &options);
    cx_buf_done(&buf);
    cx_arena_done(&arena);
}

TEST(examples_of_the_document_are_true)
{
    struct cx_buf document;
    struct example e = { .mapping = NULL };
    cx_str kind, text;
    size_t at = 0, n = 0;

    cx_buf_init(&document, 1 << 20);
    assert_true(cx_ok(cx_file_read(DOCUMENT, &document, NULL)));
    while (next_block(cx_buf_str(&document), &at, &kind, &text)) {
        if (cx_str_equal(kind, CX_STR("mapping"))) {
            cx_json_free(e.mapping);
            assert_true(cx_ok(cx_json_parse(text, &e.mapping, NULL)));
        } else if (cx_str_equal(kind, CX_STR("says"))) {
            check_example(&e, text);
            n++;
        } else {
            assert_true(kind.n < sizeof(e.format));
            memcpy(e.format, kind.p, kind.n);
            e.format[kind.n] = '\0';
            e.text = text;
        }
    }
    assert_true(n >= 11);
    cx_json_free(e.mapping);
    cx_buf_done(&document);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(columns_are_what_the_mapping_says),
    cmocka_unit_test(records_of_a_cell_in_all_forms),
    cmocka_unit_test(cells_that_cannot_be_read_reject_the_row),
    cmocka_unit_test(an_empty_set_means_what_the_mapping_says),
    cmocka_unit_test(an_empty_set_is_not_everything_that_is_empty),
    cmocka_unit_test(members_may_be_deep_and_of_any_kind),
    cmocka_unit_test(groups_are_found_past_other_parentheses),
    cmocka_unit_test(an_expression_is_not_tried_on_any_line),
    cmocka_unit_test(a_last_line_without_its_end_is_no_evidence),
    cmocka_unit_test(a_file_cut_anywhere_says_nothing_that_the_whole_does_not),
    cmocka_unit_test(mappings_that_are_refused),
    cmocka_unit_test(a_mapping_and_its_columns_must_be_there),
    cmocka_unit_test(examples_of_the_document_are_true),
};

TEST_MAIN(tests)

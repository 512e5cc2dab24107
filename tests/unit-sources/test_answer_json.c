/* Recorded answers: what is read comes back, what contradicts itself is refused by name, and a question that was never
 * recorded is a failure. */
#include "ask.h"
#include "base/alloc.h"
#include "resolve/answer_json.h"
#include "resolve/recorded.h"
#include "unit.h"

/* JSON with ' for ", to be readable here. */
static struct cx_json *
json_of(const char *text)
{
    char copy[1024];
    size_t n = strlen(text);
    struct cx_json *json = NULL;

    assert_true(n < sizeof(copy));
    for (size_t i = 0; i < n; i++) {
        copy[i] = text[i] == '\'' ? '"' : text[i];
    }
    assert_true(cx_ok(cx_json_parse((cx_str){ copy, n }, &json, NULL)));
    return json;
}

static void
assert_json(const struct cx_json *json, const char *text)
{
    struct cx_json *expected = json_of(text);
    struct cx_buf got, want;

    assert_non_null(json);
    cx_buf_init(&got, CX_LINE_MAX);
    cx_buf_init(&want, CX_LINE_MAX);
    assert_true(cx_ok(cx_json_write(json, &got)));
    assert_true(cx_ok(cx_json_write(expected, &want)));
    cx_buf_putc(&got, '\0');
    cx_buf_putc(&want, '\0');
    assert_string_equal(got.p, want.p);
    cx_buf_done(&got);
    cx_buf_done(&want);
    cx_json_free(expected);
}

/* Each of these is the shortest form of its answer, so that writing gives it back unchanged. */
static const char *const round_trips[] = {
    "{'name':'d.test','outcome':'nodata','dnssec':'secure'}",
    "{'name':'d.test','outcome':'nxdomain','dnssec':'insecure','ttl':0}",
    "{'name':'.','outcome':'nxdomain','dnssec':'indeterminate','ttl':4294967295}",
    "{'name':'d.test','type':'DNAME','outcome':'nodata','dnssec':'insecure'}",
    "{'name':'d.test','type':'DNAME','outcome':'records','dnssec':'insecure','ttl':60,"
    "'aliases':['e.test']}",
    "{'name':'d.test','outcome':'records','dnssec':'secure','ttl':300,"
    "'records':[{'flags':0,'tag':'issue','value':'ca.example.net'}]}",
    "{'name':'d.test','outcome':'records','dnssec':'secure','ttl':300,'aliases':['a.test','b.test']"
    ","
    "'records':[{'flags':255,'tag':'Issue','value':''},{'flags':1,'tag_hex':'697300','value_hex':'"
    "00ff'}]}",
    "{'name':'d.test','outcome':'records','dnssec':'secure','aliases':['a.test','b.test'],"
    "'records_at':'d.test','records':[{'flags':0,'tag':'x-y','value':' ~'}]}",
    "{'name':'d.test','outcome':'timeout','detail':'no reply from 192.0.2.1','dnssec':'insecure',"
    "'attempts':2,'time':'2026-11-22T12:00:00Z'}",
    "{'name':'d.test','outcome':'malformed','detail':'message','dnssec':'insecure'}",
    "{'name':'d.test','outcome':'malformed','detail':'rdata','dnssec':'insecure'}",
    "{'name':'d.test','outcome':'malformed','detail':'owner','dnssec':'insecure'}",
    "{'name':'d.test','outcome':'malformed','dnssec':'insecure'}",
    "{'name':'d.test','outcome':'bogus','detail':'signature "
    "expired','dnssec':'bogus','attempts':3}",
    "{'name':'d.test','outcome':'servfail','dnssec':'insecure','attempts':1000}",
    "{'name':'d.test','outcome':'refused','dnssec':'insecure'}",
    "{'name':'d.test','outcome':'timeout','dnssec':'insecure','exchanges':[{'server':'192.0.2.1',"
    "'transport':'udp','rcode':15,'ms':4294967295},{'server':'2001:db8::1@5353','transport':'tcp'}"
    "]}",
    "{'name':'d.test','outcome':'truncated','dnssec':'insecure'}",
    "{'name':'d.test','outcome':'loop','dnssec':'insecure','aliases':['a.test','d.test']}",
    "{'name':'d.test','outcome':'indeterminate','dnssec':'indeterminate'}",
    "{'name':'d.test','outcome':'deadline','dnssec':'indeterminate'}",
    "{'name':'d.test','outcome':'error','detail':'b\xc3\xbc','dnssec':'indeterminate'}",
};

static void
test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < CX_COUNT(round_trips); i++) {
        struct cx_json *json = json_of(round_trips[i]), *back;
        struct cx_detail detail = { .rule = NULL };
        struct cx_arena arena;
        struct cx_answer answer;
        cx_status s;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        s = cx_answer_from_json(json, &arena, &answer, &detail);
        if (!cx_ok(s)) {
            fail_msg("%s: %s", round_trips[i], detail.text);
        }
        cx_json_free(json);
        back = cx_answer_to_json(&answer);
        assert_json(back, round_trips[i]);
        cx_json_free(back);
        cx_arena_done(&arena);
    }
}

static void
test_defaults(void **state)
{
    struct cx_json *json = json_of("{'name':'WWW.D.test.','type':'CAA','outcome':'records',"
                                   "'aliases':['E.test.'],'records':[{'flags':128,'tag':'tbs',"
                                   "'value_hex':'4A4b'}]}");
    struct cx_arena arena;
    struct cx_answer answer;

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_true(cx_ok(cx_answer_from_json(json, &arena, &answer, NULL)));
    assert_int_equal(answer.type, CX_TYPE_CAA);
    assert_int_equal(answer.dnssec, CX_DNSSEC_INDETERMINATE);
    assert_int_equal(answer.attempts, 1);
    assert_true(answer.time == CX_TIME_NONE);
    assert_false(answer.has_ttl);
    assert_int_equal(answer.name.n, 12);
    assert_memory_equal(answer.name.p, "\3www\1d\4test", 12);
    assert_memory_equal(answer.records_at.p, "\1e\4test", 8);
    assert_int_equal(answer.records[0].value.n, 2);
    assert_memory_equal(answer.records[0].value.p, "JK", 2);
    cx_json_free(json);
    cx_arena_done(&arena);
}

#define RECORD              "{'flags':0,'tag':'issue','value':'ca.example.net'}"
#define WITH_RECORD(record) "{'name':'d.test','outcome':'records','records':[" record "]}"

/* Every refusal, and the member or word that its message must name. */
static const struct {
    const char *text;
    const char *names;
} refusals[] = {
    { "[]", "object" },
    { "'d.test'", "object" },
    { "{'outcome':'nodata'}", "name" },
    { "{'name':'','outcome':'nodata'}", "name" },
    { "{'name':1,'outcome':'nodata'}", "name" },
    { "{'name':'a..b','outcome':'nodata'}", "empty label" },
    { "{'name':'a b','outcome':'nodata'}", "\\DDD" },
    { "{'name':'b\xc3\xbc.test','outcome':'nodata'}", "\\DDD" },
    { "{'name':'d.test'}", "outcome" },
    { "{'name':'d.test','outcome':'NODATA'}", "outcome" },
    { "{'name':'d.test','outcome':1}", "outcome" },
    { "{'name':'d.test','outcome':'unset'}", "outcome" },
    { "{'name':'d.test','outcome':''}", "outcome" },
    { "{'name':'d.test','outcome':'nodata','tll':1}", "tll" },
    { "{'name':'d.test','outcome':'nodata','type':'A'}", "type" },
    { "{'name':'d.test','outcome':'nodata','type':257}", "type" },
    { "{'name':'d.test','outcome':'nodata','dnssec':'valid'}", "dnssec" },
    { "{'name':'d.test','outcome':'nodata','dnssec':null}", "dnssec" },
    { "{'name':'d.test','outcome':'nodata','ttl':-1}", "ttl" },
    { "{'name':'d.test','outcome':'nodata','ttl':4294967296}", "ttl" },
    { "{'name':'d.test','outcome':'nodata','ttl':1.5}", "ttl" },
    { "{'name':'d.test','outcome':'nodata','ttl':'60'}", "ttl" },
    { "{'name':'d.test','outcome':'nodata','attempts':0}", "attempts" },
    { "{'name':'d.test','outcome':'nodata','attempts':1001}", "attempts" },
    { "{'name':'d.test','outcome':'nodata','attempts':true}", "attempts" },
    { "{'name':'d.test','outcome':'nodata','time':'yesterday'}", "time" },
    { "{'name':'d.test','outcome':'nodata','time':1}", "time" },
    { "{'name':'d.test','outcome':'nodata','aliases':'a.test'}", "aliases" },
    { "{'name':'d.test','outcome':'nodata','aliases':['']}", "aliases" },
    { "{'name':'d.test','outcome':'nodata','aliases':[1]}", "aliases" },
    { "{'name':'d.test','outcome':'timeout','detail':1}", "detail" },
    { "{'name':'d.test','outcome':'timeout','exchanges':{}}", "exchanges" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[1]}", "exchanges" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[{'transport':'udp'}]}", "server" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[{'server':'a','transport':'tls'}]}",
      "tcp" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[{'server':'a','transport':'udp','ms':1}]}",
      "rcode" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[{'server':'a','transport':'udp','rcode':"
      "16,"
      "'ms':1}]}",
      "rcode" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[{'server':'a','transport':'udp','rcode':0,"
      "'ms':-1}]}",
      "ms" },
    { "{'name':'d.test','outcome':'timeout','exchanges':[{'server':'a','transport':'udp','id':1}]}",
      "id" },
    { "{'name':'d.test','outcome':'malformed','detail':'something'}", "detail" },
    { "{'name':'d.test','outcome':'malformed','detail':''}", "detail" },
    { "{'name':'d.test','outcome':'records'}", "records" },
    { "{'name':'d.test','outcome':'records','records':[]}", "records" },
    { "{'name':'d.test','outcome':'records','records':{}}", "records" },
    { "{'name':'d.test','outcome':'nodata','records':[" RECORD "]}", "records" },
    { "{'name':'d.test','outcome':'nodata','records':'none'}", "records" },
    { "{'name':'d.test','outcome':'timeout','records':[" RECORD "]}", "records" },
    { "{'name':'d.test','outcome':'nodata','records_at':'d.test'}", "records_at" },
    { "{'name':'d.test','outcome':'records','records_at':'e.test','records':[" RECORD "]}",
      "records_at" },
    { "{'name':'d.test','outcome':'records','records_at':5,'records':[" RECORD "]}", "records_at" },
    { "{'name':'d.test','type':'DNAME','outcome':'records'}", "aliases" },
    { "{'name':'d.test','type':'DNAME','outcome':'records','aliases':['a','b']}", "aliases" },
    { "{'name':'d.test','type':'DNAME','outcome':'nodata','aliases':['a']}", "aliases" },
    { "{'name':'d.test','type':'DNAME','outcome':'records','aliases':['a'],'records':[" RECORD "]}",
      "records" },
    { WITH_RECORD("1"), "records" },
    { WITH_RECORD("{'tag':'issue','value':''}"), "flags" },
    { WITH_RECORD("{'flags':256,'tag':'issue','value':''}"), "flags" },
    { WITH_RECORD("{'flags':-1,'tag':'issue','value':''}"), "flags" },
    { WITH_RECORD("{'flags':'0','tag':'issue','value':''}"), "flags" },
    { WITH_RECORD("{'flags':0,'value':''}"), "tag" },
    { WITH_RECORD("{'flags':0,'tag':'','value':''}"), "tag" },
    { WITH_RECORD("{'flags':0,'tag_hex':'','value':''}"), "tag" },
    { WITH_RECORD("{'flags':0,'tag':'a','tag_hex':'61','value':''}"), "tag_hex" },
    { WITH_RECORD("{'flags':0,'tag_hex':'6','value':''}"), "tag_hex" },
    { WITH_RECORD("{'flags':0,'tag_hex':'6g','value':''}"), "tag_hex" },
    { WITH_RECORD("{'flags':0,'tag':'issue'}"), "value" },
    { WITH_RECORD("{'flags':0,'tag':'issue','value':'','value_hex':''}"), "value_hex" },
    { WITH_RECORD("{'flags':0,'tag':'issue','value':'b\xc3\xbc'}"), "value_hex" },
    { WITH_RECORD("{'flags':0,'tag':'issue','value':'\\u0001'}"), "value_hex" },
    { WITH_RECORD("{'flags':0,'tag':'issue','value':3}"), "value" },
    { WITH_RECORD("{'flags':0,'tag':'issue','value':'','critical':true}"), "critical" },
    { WITH_RECORD(RECORD ",{'flags':0,'tag':'issue','value':4}"), "records[1]" },
};

static void
test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < CX_COUNT(refusals); i++) {
        struct cx_json *json = json_of(refusals[i].text);
        struct cx_detail detail = { .rule = NULL };
        struct cx_arena arena;
        struct cx_answer answer = { .type = 4711 };
        cx_status s;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        s = cx_answer_from_json(json, &arena, &answer, &detail);
        if (s.code != CX_E_ANSWERS || strstr(detail.text, refusals[i].names) == NULL) {
            fail_msg("%s: code %d, \"%s\"", refusals[i].text, (int)s.code, detail.text);
        }
        assert_int_equal(answer.type, 4711); /* untouched */
        cx_json_free(json);
        cx_arena_done(&arena);
    }
}

static void
test_long_texts(void **state)
{
    static char hex[2 * 256 + 1];
    struct cx_json *array = cx_json_new_array(), *record = cx_json_new_object();
    struct cx_detail detail = { .rule = NULL };
    struct cx_caa_set set = { NULL, 0 };
    struct cx_arena arena;

    (void)state;
    memset(hex, '6', sizeof(hex) - 1);
    assert_true(cx_json_set(record, "flags", cx_json_new_integer(0)));
    assert_true(cx_json_set(record, "tag_hex", cx_json_new_string((cx_str){ hex, 2 * 256 })));
    assert_true(cx_json_set(record, "value", cx_json_new_string(CX_STR(""))));
    assert_true(cx_json_add(array, record));
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_int_equal(cx_records_from_json(array, CX_E_FACTS, &arena, &set, &detail).code,
                     CX_E_FACTS); /* 256 octets of tag; and the caller's code */
    assert_int_equal(set.n, 0);
    assert_true(cx_json_set(record, "tag_hex", cx_json_new_string((cx_str){ hex, 2 * 255 })));
    assert_true(cx_ok(cx_records_from_json(array, CX_E_FACTS, &arena, &set, &detail)));
    assert_int_equal(set.v[0].tag.n, 255);
    cx_arena_done(&arena);
    cx_json_free(array);
}

/* A failure's text may hold octets that JSON cannot. */
static void
test_text_of_any_octets(void **state)
{
    struct cx_answer answer = { .name = { (const uint8_t *)"\1d", 3 },
                                .type = CX_TYPE_CAA,
                                .outcome = CX_OUTCOME_ERROR,
                                .attempts = 1,
                                .why = CX_STR_INIT("bad \xff\n") };
    struct cx_json *json;

    (void)state;
    answer.time = CX_TIME_NONE;
    json = cx_answer_to_json(&answer);
    assert_json(json, "{'name':'d','outcome':'error','detail':'bad \\\\255\\\\010',"
                      "'dnssec':'indeterminate'}");
    cx_json_free(json);
}

static const char recorded_lines[] =
    "{\"name\":\"d.test\",\"outcome\":\"nodata\",\"dnssec\":\"insecure\"}\n"
    "\n"
    "{\"name\":\"d.test\",\"type\":\"DNAME\",\"outcome\":\"records\",\"aliases\":[\"e.test\"]}\r\n"
    "{\"name\":\"w.test\",\"outcome\":\"records\",\"aliases\":[\"x.test\"],\"ttl\":7,"
    "\"records\":[{\"flags\":0,\"tag\":\"issue\",\"value\":\";\"}]}";

static void
test_recorded_text(void **state)
{
    struct cx_source source;
    struct cx_arena arena;
    const struct cx_answer *a, *set;

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_true(cx_ok(cx_recorded_source_open_text(cx_str_of(recorded_lines), &source, NULL)));
    assert_int_equal(ask_for(&source, "d.test", CX_TYPE_CAA, &arena)->outcome, CX_OUTCOME_NODATA);
    a = ask_for(&source, "D.TEST", CX_TYPE_DNAME, &arena);
    assert_int_equal(a->outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a->n_aliases, 1);
    set = ask_for(&source, "w.test", CX_TYPE_CAA, &arena);
    a = ask_for(&source, "w.test", CX_TYPE_DNAME, &arena);
    assert_int_equal(a->outcome, CX_OUTCOME_ERROR);
    assert_string_equal(a->why.p, "not among the recorded answers");
    assert_int_equal(ask_for(&source, "test", CX_TYPE_CAA, &arena)->outcome, CX_OUTCOME_ERROR);
    cx_source_close(&source);
    cx_source_close(&source);                           /* twice does no harm */
    assert_int_equal(set->outcome, CX_OUTCOME_RECORDS); /* answers outlive their source */
    assert_int_equal(set->records[0].value.n, 1);
    assert_memory_equal(set->records_at.p, "\1x\4test", 8);
    assert_memory_equal(set->aliases[0].p, "\1x\4test", 8);
    cx_arena_done(&arena);
}

static void
test_recorded_json(void **state)
{
    struct cx_json *array = json_of("[{'name':'d.test','outcome':'nodata'}]");
    struct cx_json *twice = json_of("[{'name':'d.test','outcome':'nodata'},"
                                    "{'name':'D.test','outcome':'timeout'}]");
    struct cx_detail detail = { .rule = NULL };
    struct cx_source source = { .ops = NULL };
    struct cx_arena arena;

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_true(cx_ok(cx_recorded_source_open_json(array, &source, NULL)));
    assert_int_equal(ask_for(&source, "d.test", CX_TYPE_CAA, &arena)->outcome, CX_OUTCOME_NODATA);
    cx_source_close(&source);
    assert_int_equal(cx_recorded_source_open_json(twice, &source, &detail).code, CX_E_ANSWERS);
    assert_non_null(strstr(detail.text, "answer 2"));
    assert_non_null(strstr(detail.text, "answer 1"));
    assert_int_equal(cx_recorded_source_open_json(NULL, &source, &detail).code, CX_E_ANSWERS);
    assert_null(source.ops); /* untouched */
    cx_json_free(array);
    cx_json_free(twice);
    cx_arena_done(&arena);
}

static void
test_recorded_refusals(void **state)
{
    static const struct {
        const char *text;
        const char *names;
    } cases[] = {
        { "{\"name\":\"d\",\"outcome\":\"nodata\"}\n\n{\"name\":\"D.\",\"outcome\":\"nodata\"}\n",
          "line 3" },
        { "{\"name\":\"d\",\"outcome\":\"nodata\"}\n{\"name\":\"d\",\"outcome\":\"nodata\"}\n",
          "of line 1" },
        { "{\"name\":\"d\",\"outcome\":\"nodata\"}\n{\"name\":", "line 2" },
        { "{\"name\":\"d\",\"outcome\":\"nodata\"} {}\n", "line 1" },
        { "{\"name\":\"d\",\"outcome\":\"nodata\",\"name\":\"e\"}\n", "line 1" },
        { "[]\n", "line 1" },
        { "{\"name\":\"d\",\"outcome\":\"nodata\",\"x\":1}\n", "\"x\"" },
    };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(cases); i++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_source source = { .ops = NULL };

        assert_int_equal(
            cx_recorded_source_open_text(cx_str_of(cases[i].text), &source, &detail).code,
            CX_E_ANSWERS);
        if (strstr(detail.text, cases[i].names) == NULL) {
            fail_msg("%s: %s", cases[i].text, detail.text);
        }
        assert_null(source.ops);
    }
}

static void
test_recorded_empty(void **state)
{
    struct cx_source source;
    struct cx_arena arena;

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_true(cx_ok(cx_recorded_source_open_text((cx_str){ NULL, 0 }, &source, NULL)));
    assert_int_equal(ask_for(&source, ".", CX_TYPE_CAA, &arena)->outcome, CX_OUTCOME_ERROR);
    cx_source_close(&source);
    cx_arena_done(&arena);
}

/* Whichever allocation fails: an error of class NOMEM, or a NULL answer; never an answer that was not recorded. */
static void
test_recorded_out_of_memory(void **state)
{
    struct cx_name wire;
    struct cx_question question = { .type = CX_TYPE_CAA };

    (void)state;
    assert_true(cx_ok(cx_name_from_text(CX_STR("w.test"), &wire, NULL)));
    question.name = cx_name_span(&wire);
    for (size_t nth = 1;; nth++) {
        struct caught caught = { NULL, 0 };
        struct cx_source source = { .ops = NULL };
        struct cx_arena arena;
        cx_status s;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        (void)cx_alloc_fail_nth(nth); /* the count is asked for below */
        s = cx_recorded_source_open_text(cx_str_of(recorded_lines), &source, NULL);
        if (cx_ok(s)) {
            cx_source_ask(&source, &question, &arena, catch_answer, &caught);
        }
        if (cx_alloc_fail_nth(0) < nth) {
            assert_int_equal(caught.answer->outcome, CX_OUTCOME_RECORDS);
            cx_source_close(&source);
            cx_arena_done(&arena);
            return;
        }
        assert_int_equal(cx_ok(s) ? CX_E_NOMEM : s.code, CX_E_NOMEM);
        assert_null(caught.answer);
        cx_source_close(&source);
        cx_arena_done(&arena);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),         cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refusals),           cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_text_of_any_octets), cmocka_unit_test(test_recorded_text),
        cmocka_unit_test(test_recorded_json),      cmocka_unit_test(test_recorded_refusals),
        cmocka_unit_test(test_recorded_empty),     cmocka_unit_test(test_recorded_out_of_memory),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("answer_json", tests, NULL, NULL);
}

/* Answers from zones: what lookups give, and failures wherever the zones do not know. */
#include "ask.h"
#include "base/alloc.h"
#include "resolve/answer_json.h"
#include "resolve/zone.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#define SOA     ". 3600 IN SOA a. b. 1 3600 600 86400 300\n"
#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

/* One question to one zone with origin ".", and the answer in short: outcome, then "->alias" each, "@owner", "=values", "ttl=",
 * and the failure's text behind "!". */
static const struct {
    const char *zone; /* SOA is put in front */
    const char *name;
    const char *want;
    uint16_t type; /* 0: CAA */
} cases[] = {
    { "d.test 60 CAA 0 issue \"x\"\n", "d.test", "records @d.test =x ttl=60", 0 },
    { "d.test 60 CAA 0 issue \"x\"\n", "D.TEST", "records @d.test =x ttl=60", 0 },
    { "d.test 60 CAA 0 issue \"x\"\n", "www.d.test", "nxdomain @www.d.test ttl=300", 0 },
    { "d.test 60 CAA 0 issue \"x\"\n", "test", "nodata @test ttl=300", 0 }, /* non-terminal */
    { "d.test 60 CAA 0 issue \"x\"\n", "xtest", "nxdomain @xtest ttl=300", 0 },
    { "d.test 60 A 192.0.2.1\n", "d.test", "nodata @d.test ttl=300", 0 },
    { "d.test 60 HTTPS 1 .\n", "d.test", "nodata @d.test ttl=300", 0 },
    /* sets: the smallest TTL, each record once, the order of the text */
    { "a 90 CAA 0 issue \"y\"\na 60 CAA 0 issue \"x\"\na 70 CAA 0 issue \"y\"\n", "a",
      "records @a =y =x ttl=60", 0 },
    { "a 4294967295 CAA 0 issue \"x\"\n", "a", "records @a =x ttl=0", 0 },
    /* R-SYN-6: one bad record spoils the set */
    { "a 60 CAA 0 issue \"x\"\na 60 TYPE257 \\# 2 0000\n", "a",
      "malformed rdata @a ttl=60 !a CAA record that cannot be read at a", 0 },
    { "a 60 TYPE257 \\# 0\n", "a",
      "malformed rdata @a ttl=60 !a CAA record that cannot be read at a", 0 },
    { "a 60 CNAME b\nb 60 TYPE257 \\# 7 00096973737565\n", "a",
      "malformed rdata ->b @b ttl=60 !a CAA record that cannot be read at b", 0 },
    /* R-TREE-4, R-TREE-6: aliases */
    { "a 60 CNAME b.c\nb.c 50 CAA 0 issue \"x\"\n", "a", "records ->b.c @b.c =x ttl=50", 0 },
    { "a 60 CNAME b\nb 60 CNAME c\nc 50 CAA 0 issue \"x\"\n", "a", "records ->b ->c @c =x ttl=50",
      0 },
    { "a 60 CNAME b.c\nc 60 A 192.0.2.1\n", "a", "nxdomain ->b.c @b.c ttl=300", 0 },
    { "a 60 CNAME b\nx.b 60 A 192.0.2.1\n", "a", "nodata ->b @b ttl=300", 0 },
    { "a 60 CNAME a\n", "a", "loop @a !the alias chain returns to a", 0 },
    { "a 60 CNAME b\nb 60 CNAME c\nc 60 CNAME b\n", "a",
      "loop ->b ->c @c !the alias chain returns to b", 0 },
    { "a 60 CNAME b\na 60 CNAME c\n", "a", "error @a !several different aliases at a", 0 },
    { "a 60 CNAME b\na 70 CNAME B.\n", "a", "nxdomain ->b @b ttl=300", 0 },
    /* R-TREE-14 */
    { "a 60 CNAME b\na 60 CAA 0 issue \"x\"\nb 60 CAA 0 issue \"y\"\n", "a",
      "records ->b @a =x ttl=60", 0 },
    { "a 60 CNAME a\na 60 CAA 0 issue \"x\"\n", "a", "records @a =x ttl=60", 0 },
    { "a 60 CNAME b\nb 60 CNAME c\nb 60 CAA 0 issue \"x\"\n", "a", "records ->b ->c @b =x ttl=60",
      0 },
    /* R-TREE-5: DNAME */
    { "d 60 DNAME e\nx.e 50 CAA 0 issue \"x\"\n", "x.d", "records ->x.e @x.e =x ttl=50", 0 },
    { "d 60 DNAME e\ne 50 CAA 0 issue \"x\"\n", "d", "nodata @d ttl=300", 0 },
    { "d 60 DNAME e\nd 50 CAA 0 issue \"x\"\n", "d", "records @d =x ttl=50", 0 },
    { "d 60 DNAME e\nx.d 50 CAA 0 issue \"x\"\n", "x.d", "nxdomain ->x.e @x.e ttl=300", 0 },
    { "d 60 DNAME .\nx.y 50 CAA 0 issue \"x\"\n", "x.y.d", "records ->x.y @x.y =x ttl=50", 0 },
    { "d 60 DNAME d.d\n", "x.d", "loop -> !", 0 },
    { "d 60 DNAME " LABEL63 "." LABEL63 "." LABEL63 "\n", LABEL63 ".d",
      "refused @" LABEL63 ".d !YXDOMAIN: too long a name by the DNAME at d", 0 },
    { "*.w 60 DNAME e\n", "x.w", "nodata @x.w ttl=300", 0 },
    /* wildcards: the closest encloser's only, and not for what exists */
    { "*.x 60 CAA 0 issue \"x\"\n", "a.x", "records @a.x =x ttl=60", 0 },
    { "*.x 60 CAA 0 issue \"x\"\n", "b.a.x", "records @b.a.x =x ttl=60", 0 },
    { "*.x 60 CAA 0 issue \"x\"\n", "*.x", "records @*.x =x ttl=60", 0 },
    { "*.x 60 CAA 0 issue \"x\"\n", "x", "nodata @x ttl=300", 0 },
    { "*.x 60 CAA 0 issue \"x\"\na.x 60 A 192.0.2.1\n", "a.x", "nodata @a.x ttl=300", 0 },
    { "*.x 60 CAA 0 issue \"x\"\na.x 60 A 192.0.2.1\n", "b.a.x", "nxdomain @b.a.x ttl=300", 0 },
    { "*.x 60 CAA 0 issue \"x\"\nb.a.x 60 A 192.0.2.1\n", "a.x", "nodata @a.x ttl=300", 0 },
    { "*.x 60 CAA 0 issue \"x\"\nb.a.x 60 A 192.0.2.1\n", "c.a.x", "nxdomain @c.a.x ttl=300", 0 },
    { "*.x 60 A 192.0.2.1\n* 60 CAA 0 issue \"x\"\n", "a.x", "nodata @a.x ttl=300", 0 },
    { "*.x 60 CNAME y\ny 60 CAA 0 issue \"x\"\n", "a.x", "records ->y @y =x ttl=60", 0 },
    { "a.*.x 60 A 192.0.2.1\n", "b.x", "nodata @b.x ttl=300", 0 },
    { "*.x 60 NS ns.elsewhere\n", "a.x",
      "error @a.x !delegated to the servers of *.x; give its zone too (add --zone FILE)", 0 },
    /* delegations */
    { "d 60 NS ns.d\nd 60 CAA 0 issue \"x\"\n", "d",
      "error @d !delegated to the servers of d; give its zone too (add --zone FILE)", 0 },
    { "d 60 NS ns.d\nwww.d 60 CAA 0 issue \"x\"\n", "www.d",
      "error @www.d !delegated to the servers of d; give its zone too (add --zone FILE)", 0 },
    { "a 60 CNAME www.d\nd 60 NS ns.d\n", "a",
      "error ->www.d @www.d !delegated to the servers of d; give its zone too (add --zone FILE)",
      0 },
    { "d 60 SOA a. b. 1 2 3 4 17\nd 60 NS ns.d\nx.d 60 A 192.0.2.1\n", "x.d", "nodata @x.d ttl=17",
      0 },
    { "d 5 SOA a. b. 1 2 3 4 17\nd 60 NS ns.d\n", "x.d", "nxdomain @x.d ttl=5", 0 },
    { ". 60 NS ns.root\na 60 CAA 0 issue \"x\"\n", "a", "records @a =x ttl=60", 0 },
    /* questions of type DNAME */
    { "d 60 DNAME e\n", "d", "records ->e @d ttl=60", 39 },
    { "d 60 DNAME e\n", "x.d", "nodata @x.d ttl=300", 39 },
    { "d 60 CNAME e\ne 60 DNAME f\n", "d", "nodata @d ttl=300", 39 },
    { "d 60 CAA 0 issue \"x\"\n", "d", "nodata @d ttl=300", 39 },
    { "d 60 CAA 0 issue \"x\"\n", "e", "nxdomain @e ttl=300", 39 },
    { "d 60 NS ns.d\n", "d",
      "error @d !delegated to the servers of d; give its zone too (add --zone FILE)", 39 },
    { "d 60 DNAME e\nd 60 DNAME f\n", "d", "error @d !several different aliases at d", 39 },
    { "d 60 DNAME e\nd 60 DNAME f\n", "x.d", "error @x.d !several different aliases at d", 0 },
};

static void
put_name(struct cx_buf *buf, const char *before, cx_span name)
{
    char text[CX_NAME_TEXT_MAX];

    cx_name_text(name, text);
    cx_buf_puts(buf, before);
    cx_buf_puts(buf, text);
}

static void
put_short(struct cx_buf *buf, const struct cx_answer *answer)
{
    cx_buf_puts(buf, cx_outcome_word(answer->outcome));
    if (answer->malformed != CX_MALFORMED_UNSET) {
        cx_buf_printf(buf, " %s", cx_malformed_word(answer->malformed));
    }
    for (size_t i = 0; i < answer->n_aliases; i++) {
        put_name(buf, " ->", answer->aliases[i]);
    }
    put_name(buf, " @", answer->records_at);
    for (size_t i = 0; i < answer->n_records; i++) {
        cx_buf_puts(buf, " =");
        cx_buf_put(buf, cx_str_of_span(answer->records[i].value));
    }
    if (answer->has_ttl) {
        cx_buf_printf(buf, " ttl=%u", (unsigned)answer->ttl);
    }
    if (answer->why.n != 0) {
        cx_buf_puts(buf, " !");
        cx_buf_put(buf, answer->why);
    }
    cx_buf_putc(buf, '\0');
}

static void
assert_short(const struct cx_answer *answer, const char *want)
{
    struct cx_buf got;

    assert_int_equal(answer->dnssec, CX_DNSSEC_INSECURE);
    assert_int_equal(answer->attempts, 1);
    assert_true(answer->time == CX_TIME_NONE);
    cx_buf_init(&got, 1u << 20);
    put_short(&got, answer);
    assert_true(cx_buf_ok(&got));
    if (strcmp(want, "loop -> !") == 0) { /* a chain too long to write down here */
        assert_int_equal(answer->outcome, CX_OUTCOME_LOOP);
        assert_int_equal(answer->n_aliases, CX_ALIASES_READ);
    } else {
        assert_string_equal(got.p, want);
    }
    cx_buf_done(&got);
}

static cx_status
open_text(const char *text, const char *origin, struct cx_source *ret, struct cx_detail *detail)
{
    struct cx_zone_input input = { .text = cx_str_of(text) };
    struct cx_name name = { .n = 0 };

    if (origin != NULL) {
        assert_true(cx_ok(cx_name_from_text(cx_str_of(origin), &name, NULL)));
    }
    input.origin = cx_name_span(&name);
    return cx_zone_source_open(&input, 1, ret, detail);
}

static void
test_lookups(void **state)
{
    (void)state;
    for (size_t i = 0; i < CX_COUNT(cases); i++) {
        struct cx_detail detail = { .rule = NULL };
        struct cx_source source;
        struct cx_arena arena;
        const struct cx_answer *answer;
        char text[1024];

        (void)snprintf(text, sizeof(text), "%s%s", SOA, cases[i].zone);
        cx_arena_init(&arena, CX_CHECK_MEMORY);
        if (!cx_ok(open_text(text, ".", &source, &detail))) {
            fail_msg("%s: %s", cases[i].zone, detail.text);
        }
        answer = ask_for(&source, cases[i].name, cases[i].type == 0 ? CX_TYPE_CAA : cases[i].type,
                         &arena);
        cx_source_close(&source); /* the answer must not need it */
        assert_short(answer, cases[i].want);
        cx_arena_done(&arena);
    }
}

/* Every answer can be recorded and read back. */
static void
test_answers_can_be_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < CX_COUNT(cases); i++) {
        struct cx_source source;
        struct cx_arena arena;
        const struct cx_answer *answer;
        struct cx_answer back;
        struct cx_json *json;
        char text[1024];

        (void)snprintf(text, sizeof(text), "%s%s", SOA, cases[i].zone);
        cx_arena_init(&arena, CX_CHECK_MEMORY);
        assert_true(cx_ok(open_text(text, ".", &source, NULL)));
        answer = ask_for(&source, cases[i].name, cases[i].type == 0 ? CX_TYPE_CAA : cases[i].type,
                         &arena);
        json = cx_answer_to_json(answer);
        assert_true(cx_ok(cx_answer_from_json(json, &arena, &back, NULL)));
        assert_int_equal(back.outcome, answer->outcome);
        assert_int_equal(back.n_records, answer->n_records);
        assert_int_equal(back.n_aliases, answer->n_aliases);
        assert_true(cx_span_equal(back.records_at, answer->records_at));
        cx_json_free(json);
        cx_source_close(&source);
        cx_arena_done(&arena);
    }
}

static void
test_chain_length(void **state)
{
    (void)state;
    for (unsigned length = 31; length <= 33; length++) {
        struct cx_buf text;
        struct cx_source source;
        struct cx_arena arena;
        const struct cx_answer *answer;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        cx_buf_init(&text, 1u << 16);
        for (unsigned i = 0; i < length; i++) {
            cx_buf_printf(&text, "c%u. 60 CNAME c%u.\n", i, i + 1);
        }
        cx_buf_printf(&text, "c%u. 60 CAA 0 issue \"x\"\n%c", length, '\0');
        assert_true(cx_ok(open_text(text.p, ".", &source, NULL)));
        answer = ask_for(&source, "c0", CX_TYPE_CAA, &arena);
        assert_int_equal(answer->outcome,
                         length <= CX_ALIASES_READ ? CX_OUTCOME_RECORDS : CX_OUTCOME_LOOP);
        assert_int_equal(answer->n_aliases, length <= CX_ALIASES_READ ? length : CX_ALIASES_READ);
        assert_int_equal(answer->n_records, length <= CX_ALIASES_READ ? 1 : 0);
        cx_source_close(&source);
        cx_buf_done(&text);
        cx_arena_done(&arena);
    }
}

static void
assert_answer(const struct cx_source *source, const char *name, const char *want)
{
    struct cx_arena arena;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_short(ask_for(source, name, CX_TYPE_CAA, &arena), want);
    cx_arena_done(&arena);
}

static void
test_several_zones(void **state)
{
    static const char parent[] = "$ORIGIN test.\n@ 60 SOA ns me 1 2 3 4 11\nd NS ns.d\n"
                                 "e NS ns.e\nd 60 CAA 0 issue \"parent\"\nwww CNAME www.d\n"
                                 "out CNAME www.other.\nsub CNAME x.e\n@ CAA 0 issue \"top\"\n";
    static const char child[] = "d.test. 60 SOA ns me 1 2 3 4 22\n@ NS ns\n"
                                "www CAA 0 issue \"child\"\nback CNAME test.\n*.w CNAME www\n";
    const struct cx_zone_input inputs[] = {
        { .text = cx_str_of(parent) },
        { .text = cx_str_of(child) },
    };
    struct cx_source source;

    (void)state;
    assert_true(cx_ok(cx_zone_source_open(inputs, CX_COUNT(inputs), &source, NULL)));
    assert_answer(&source, "test", "records @test =top ttl=60");
    assert_answer(&source, "d.test", "nodata @d.test ttl=22"); /* the child's side of the cut */
    assert_answer(&source, "www.d.test", "records @www.d.test =child ttl=60");
    assert_answer(&source, "www.test", "records ->www.d.test @www.d.test =child ttl=60");
    assert_answer(&source, "a.w.d.test", "records ->www.d.test @www.d.test =child ttl=60");
    assert_answer(&source, "back.d.test", "records ->test @test =top ttl=60");
    assert_answer(&source, "nx.d.test", "nxdomain @nx.d.test ttl=22");
    assert_answer(&source, "nx.test", "nxdomain @nx.test ttl=11");
    assert_answer(&source, "x.e.test",
                  "error @x.e.test !delegated to the servers of e.test; give its "
                  "zone too (add --zone FILE)");
    assert_answer(&source, "sub.test",
                  "error ->x.e.test @x.e.test !delegated to the servers of "
                  "e.test; give its zone too (add --zone FILE)");
    assert_answer(&source, "out.test",
                  "error ->www.other @www.other !no zone file covers www.other; "
                  "add --zone FILE for it");
    assert_answer(&source, "www.example",
                  "error @www.example !no zone file covers www.example; add --zone FILE for it");
    cx_source_close(&source);
}

/* Without a SOA an empty answer has no TTL; without an origin nothing is known of other names. */
static void
test_no_soa(void **state)
{
    struct cx_source source;

    (void)state;
    assert_true(cx_ok(open_text("$ORIGIN d.test.\nwww 60 A 192.0.2.1\n", NULL, &source, NULL)));
    assert_answer(&source, "www.d.test", "nodata @www.d.test");
    assert_answer(&source, "d.test", "nodata @d.test");
    assert_answer(&source, "test", "error @test !no zone file covers test; add --zone FILE for it");
    cx_source_close(&source);
    assert_int_equal(open_text("www.d.test. 60 A 192.0.2.1\n", NULL, &source, NULL).code,
                     CX_E_ZONE);
}

static void
test_refusals(void **state)
{
    const struct cx_zone_input twice[] = {
        { .text = CX_STR_INIT("d.test. 60 SOA a. b. 1 2 3 4 5\n") },
        { .text = CX_STR_INIT("$ORIGIN D.test.\nwww 60 A 192.0.2.1\n") },
    };
    const struct cx_zone_input absent[] = { { .path = "/nonexistent/zone" } };
    const struct cx_zone_input folder[] = { { .path = "/" } };
    struct cx_source source = { .ops = NULL };
    struct cx_detail detail = { .rule = NULL };

    (void)state;
    assert_int_equal(cx_zone_source_open(twice, 2, &source, &detail).code, CX_E_ZONE);
    assert_non_null(strstr(detail.text, "d.test is given twice"));
    assert_int_equal(cx_zone_source_open(absent, 1, &source, &detail).code, CX_E_IO);
    assert_non_null(strstr(detail.text, "/nonexistent/zone"));
    assert_int_equal(cx_zone_source_open(folder, 1, &source, &detail).code, CX_E_IO);
    assert_int_equal(open_text("a. 60 CAA 0 issue\n", NULL, &source, &detail).code, CX_E_ZONE);
    assert_non_null(strstr(detail.text, "line 1"));
    assert_null(source.ops);                                            /* untouched */
    assert_true(cx_ok(cx_zone_source_open(NULL, 0, &source, &detail))); /* knows nothing */
    assert_answer(&source, "a", "error @a !no zone file covers a; add --zone FILE for it");
    cx_source_close(&source);
}

static void
test_file(void **state)
{
    char path[] = "/tmp/test_zone_source.XXXXXX";
    struct cx_zone_input input = { .path = path };
    struct cx_detail detail = { .rule = NULL };
    struct cx_source source = { .ops = NULL };
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    (void)state;
    assert_non_null(file);
    assert_true(fputs(SOA "a 60 CAA 0 issue \"x\"\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    input.origin = (cx_span){ (const uint8_t *)"", 1 };
    assert_true(cx_ok(cx_zone_source_open(&input, 1, &source, &detail)));
    assert_answer(&source, "a", "records @a =x ttl=60");
    cx_source_close(&source);
    file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fputs("b 60 CAA 0 issue \"x\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(cx_zone_source_open(&input, 1, &source, &detail).code, CX_E_ZONE);
    assert_non_null(strstr(detail.text, path));
    assert_non_null(strstr(detail.text, "line 3"));
    (void)unlink(path);
}

/* A large set and many names; a quadratic step would run into the time limit of the test. */
static void
test_size(void **state)
{
    struct cx_buf text;
    struct cx_source source;
    struct cx_arena arena;
    const struct cx_answer *answer;

    (void)state;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    cx_buf_init(&text, CX_FILE_MAX);
    cx_buf_puts(&text, SOA);
    for (unsigned i = 0; i < 50000; i++) {
        cx_buf_printf(&text, "big 60 CAA 0 issue \"ca%u\"\nn%u.d 60 CAA 0 issue \"ca%u\"\n",
                      i % 40000, i, i);
    }
    cx_buf_putc(&text, '\0');
    assert_true(cx_buf_ok(&text));
    assert_true(cx_ok(open_text(text.p, ".", &source, NULL)));
    cx_buf_done(&text);
    answer = ask_for(&source, "big", CX_TYPE_CAA, &arena);
    assert_int_equal(answer->n_records, 40000);
    assert_memory_equal(answer->records[39999].value.p, "ca39999", 7);
    assert_int_equal(ask_for(&source, "n49999.d", CX_TYPE_CAA, &arena)->n_records, 1);
    assert_int_equal(ask_for(&source, "n50000.d", CX_TYPE_CAA, &arena)->outcome,
                     CX_OUTCOME_NXDOMAIN);
    cx_source_close(&source);
    cx_arena_done(&arena);
}

/* Whichever allocation fails: no source, or no answer. */
static void
test_out_of_memory(void **state)
{
    struct cx_name wire;
    struct cx_question question = { .type = CX_TYPE_CAA };

    (void)state;
    assert_true(cx_ok(cx_name_from_text(CX_STR("x.d"), &wire, NULL)));
    question.name = cx_name_span(&wire);
    for (size_t nth = 1;; nth++) {
        struct caught caught = { NULL, 0 };
        struct cx_source source = { .ops = NULL };
        struct cx_arena arena;
        cx_status s;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        (void)cx_alloc_fail_nth(nth); /* the count is asked for below */
        s = open_text(SOA "d 60 DNAME e\nx.e 60 CAA 0 issue \"x\"\n", ".", &source, NULL);
        if (cx_ok(s)) {
            cx_source_ask(&source, &question, &arena, catch_answer, &caught);
            assert_int_equal(caught.calls, 1);
        }
        if (cx_alloc_fail_nth(0) < nth) {
            assert_int_equal(caught.answer->outcome, CX_OUTCOME_RECORDS);
            cx_source_close(&source);
            cx_arena_done(&arena);
            return;
        }
        assert_false(cx_ok(s) && caught.answer != NULL);
        cx_source_close(&source);
        cx_arena_done(&arena);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookups),       cmocka_unit_test(test_answers_can_be_recorded),
        cmocka_unit_test(test_chain_length),  cmocka_unit_test(test_several_zones),
        cmocka_unit_test(test_no_soa),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_file),          cmocka_unit_test(test_size),
        cmocka_unit_test(test_out_of_memory),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("zone_source", tests, NULL, NULL);
}

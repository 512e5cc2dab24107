/* The live source against the lab (lab/README.md): good servers, bad ones, every state of DNSSEC; each question twice,
 * because the second answer comes from libunbound's cache. Runs inside lab/run only. */
#include "cmocka_main.h"
#include "resolve/live.h"

#include <stdio.h>
#include <stdlib.h>

#define FAILS(name, outcome)                                                                       \
    {                                                                                              \
        name, CX_OUTCOME_##outcome, CX_DNSSEC_INDETERMINATE, 0, 0, 0                               \
    }
#define BOGUS(name)                                                                                \
    {                                                                                              \
        name, CX_OUTCOME_BOGUS, CX_DNSSEC_BOGUS, 0, 0, 0                                           \
    }
#define EMPTY(name, outcome, state)                                                                \
    {                                                                                              \
        name, CX_OUTCOME_##outcome, CX_DNSSEC_##state, 0, 0, 60                                    \
    }
#define GIVES(name, n, aliases, state)                                                             \
    {                                                                                              \
        name, CX_OUTCOME_RECORDS, CX_DNSSEC_##state, n, aliases, 300                               \
    }

static const struct expected {
    const char *name;
    enum cx_outcome outcome;
    enum cx_dnssec dnssec;
    size_t n_records;
    size_t n_aliases;
    uint32_t ttl;
} table[] = {
    GIVES("permit.test", 2, 0, SECURE),
    EMPTY("www.permit.test", NODATA, SECURE),
    EMPTY("no.such.permit.test", NXDOMAIN, SECURE),
    EMPTY("ent.permit.test", NODATA, SECURE),
    EMPTY("www.deny.test", NODATA, SECURE), /* NSEC3 */
    EMPTY("test", NODATA, SECURE),
    GIVES("x.any.wild.test", 1, 0, SECURE),
    GIVES("to-permit.alias.test", 2, 1, SECURE),
    GIVES("to-plain.alias.test", 1, 1, INSECURE),
    GIVES("chain0.alias.test", 2, 8, SECURE),
    GIVES("both.tree.alias.test", 2, 1, SECURE), /* DNAME */
    GIVES("many.big.test", 1001, 0, SECURE),     /* TCP */
    EMPTY("deep.er.empty.org", NODATA, SECURE),
    EMPTY("www.empty.com", NODATA, SECURE), /* opt-out */
    GIVES("child.empty.com", 1, 0, INSECURE),
    EMPTY("www.child.empty.com", NXDOMAIN, INSECURE),
    GIVES("open.plain.com", 1, 0, INSECURE),
    GIVES("shut.plain.org", 1, 0, INSECURE),
    GIVES("shut.plain.net", 1, 0, INSECURE),
    EMPTY("plain.unsigned", NODATA, INSECURE),
    GIVES("foreign-ds.test", 1, 0, INSECURE),
    BOGUS("expired.test"),
    BOGUS("www.expired.test"),
    BOGUS("future.test"),
    BOGUS("missing.test"),
    BOGUS("www.missing.test"),
    BOGUS("wrong-ds.test"),
    BOGUS("to-expired.alias.test"),
    BOGUS("expired.caatestsuite-dnssec.com"),
    BOGUS("missing.caatestsuite-dnssec.com"),
    FAILS("to-self.alias.test", SERVFAIL),
    FAILS("loop-a.alias.test", SERVFAIL),
    FAILS("servfail.com", SERVFAIL),
    FAILS("refused.org", SERVFAIL),
    FAILS("notimp.net", SERVFAIL),
    FAILS("formerr.com", SERVFAIL),
    FAILS("truncated.net", SERVFAIL),
    FAILS("lame.org", SERVFAIL),
    FAILS("servfail.caatestsuite-dnssec.com", SERVFAIL),
    FAILS("refused.caatestsuite-dnssec.com", SERVFAIL),
    FAILS("no-tag.weird.test", MALFORMED),
    FAILS("no-rdata.malformed.net", MALFORMED),
    FAILS("long-tag.malformed.net", MALFORMED),
    FAILS("one-of-two.malformed.net", MALFORMED),
    FAILS("cut-message.malformed.net", SERVFAIL),
    FAILS("www.stranger.org", MALFORMED), /* only a record of a name that nobody asked for */
};

struct asked {
    unsigned times;
    const struct cx_answer *answer;
};

static void
note(void *ctx, const struct cx_answer *answer)
{
    struct asked *asked = ctx;

    asked->times++;
    asked->answer = answer;
}

static void
check(const struct expected *e, const struct cx_answer *answer)
{
    assert_non_null(answer);
    if (answer->outcome != e->outcome || answer->dnssec != e->dnssec) {
        fail_msg("%s: %s, %s: %.*s", e->name, cx_outcome_word(answer->outcome),
                 cx_dnssec_word(answer->dnssec), (int)answer->why.n, answer->why.p);
    }
    assert_int_equal(answer->n_records, e->n_records);
    if (e->outcome == CX_OUTCOME_RECORDS) {
        assert_int_equal(answer->n_aliases, e->n_aliases);
    }
    if (e->ttl != 0) {
        assert_true(answer->has_ttl && answer->ttl <= e->ttl && answer->ttl + 60 > e->ttl);
    }
    assert_true(answer->time <= cx_time_now() && answer->time > cx_time_now() - 60);
}

static void
ask_all(struct cx_source *source, struct cx_arena *arena)
{
    struct asked asked[CX_COUNT(table)] = { { .times = 0 } };

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        struct cx_name name;
        struct cx_question question = { .type = CX_TYPE_CAA };

        assert_true(cx_ok(cx_name_from_text(cx_str_of(table[i].name), &name, NULL)));
        question.name = cx_name_span(&name);
        cx_source_ask(source, &question, arena, note, &asked[i]);
    }
    for (size_t i = 0; i < CX_COUNT(table); i++) {
        while (asked[i].times == 0) {
            assert_true(cx_ok(cx_source_wait(source)));
        }
        assert_int_equal(asked[i].times, 1);
        check(&table[i], asked[i].answer);
    }
}

static void
test_lab_zones(void **state)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
    };
    struct cx_detail detail = { .text = "" };
    struct cx_source source;
    struct cx_arena arena;

    (void)state;
    if (!cx_ok(cx_live_open(&options, &source, &detail))) {
        fail_msg("%s", detail.text);
    }
    cx_arena_init(&arena, 64u << 20);
    ask_all(&source, &arena);
    ask_all(&source, &arena);
    cx_source_close(&source);
    cx_arena_done(&arena);
}

/* A signature of the root's key that is right but of another root: the lab under IANA's anchor. */
static void
test_lab_under_another_anchor(void **state)
{
    static const char anchor[] =
        ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
    char path[] = "/tmp/test_live_lab.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = path,
        .lab = true,
    };
    struct cx_source source;
    struct cx_arena arena;
    static const char *const names[] = { "permit.test", "plain.unsigned", "open.plain.com" };

    (void)state;
    assert_non_null(file);
    assert_true(fputs(anchor, file) >= 0 && fclose(file) == 0);
    assert_true(cx_ok(cx_live_open(&options, &source, NULL)));
    cx_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < CX_COUNT(names); i++) {
        struct asked asked = { .times = 0 };
        struct cx_name name;
        struct cx_question question = { .type = CX_TYPE_CAA };

        assert_true(cx_ok(cx_name_from_text(cx_str_of(names[i]), &name, NULL)));
        question.name = cx_name_span(&name);
        cx_source_ask(&source, &question, &arena, note, &asked);
        while (asked.times == 0) {
            assert_true(cx_ok(cx_source_wait(&source)));
        }
        assert_int_equal(asked.answer->outcome, CX_OUTCOME_BOGUS);
    }
    cx_source_close(&source);
    cx_arena_done(&arena);
    (void)remove(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lab_zones),
        cmocka_unit_test(test_lab_under_another_anchor),
    };

    if (getenv("CAAPROOF_LAB") == NULL) {
        (void)printf("1..0 # SKIP runs inside lab/run only\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

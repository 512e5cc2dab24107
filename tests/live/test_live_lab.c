/* The live source against the lab (lab/README.md): good servers, bad ones, every state of DNSSEC; each question twice,
 * because the second answer comes from libunbound's cache. Runs inside lab/run only. */
#include "base/limits.h"
#include "cmocka_main.h"
#include "resolve/forked_workers.h"
#include "resolve/live.h"
#include "resolve/tap.h"
#include "resolve/workers.h"

#include <event2/event.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FAILS(name, outcome)                                                                       \
    {                                                                                              \
        name, CX_OUTCOME_##outcome, CX_DNSSEC_INDETERMINATE, 0, 0, 0, CX_OUTCOME_##outcome, 1, 0   \
    }
/* With a tap, tells more than libunbound, after so many tries. */
#define SEEN(name, outcome, seen, attempts, proved)                                                \
    {                                                                                              \
        name, CX_OUTCOME_##outcome, CX_DNSSEC_INDETERMINATE, 0, 0, 0, CX_OUTCOME_##seen, attempts, \
            CX_DNSSEC_##proved                                                                     \
    }
#define BOGUS(name)                                                                                \
    {                                                                                              \
        name, CX_OUTCOME_BOGUS, CX_DNSSEC_BOGUS, 0, 0, 0, CX_OUTCOME_BOGUS, 1, CX_DNSSEC_BOGUS     \
    }
#define EMPTY(name, outcome, state)                                                                \
    {                                                                                              \
        name, CX_OUTCOME_##outcome, CX_DNSSEC_##state, 0, 0, 60, CX_OUTCOME_##outcome, 1,          \
            CX_DNSSEC_##state                                                                      \
    }
#define GIVES(name, n, aliases, state)                                                             \
    {                                                                                              \
        name, CX_OUTCOME_RECORDS, CX_DNSSEC_##state, n, aliases, 300, CX_OUTCOME_RECORDS, 1,       \
            CX_DNSSEC_##state                                                                      \
    }

static const struct expected {
    const char *name;
    enum cx_outcome outcome;
    enum cx_dnssec dnssec;
    size_t n_records;
    size_t n_aliases;
    uint32_t ttl;
    enum cx_outcome seen;  /* outcome with a tap */
    uint32_t attempts;     /* with a tap, the first time; without one, 2 for each failed server */
    enum cx_dnssec proved; /* dnssec with a tap: R-FAIL-3 */
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
    SEEN("to-self.alias.test", SERVFAIL, LOOP, 1, INDETERMINATE),
    SEEN("loop-a.alias.test", SERVFAIL, LOOP, 1, INDETERMINATE),
    SEEN("servfail.com", SERVFAIL, SERVFAIL, 2, INSECURE),
    SEEN("refused.org", SERVFAIL, REFUSED, 2, INSECURE),
    SEEN("notimp.net", SERVFAIL, REFUSED, 2, INSECURE),
    SEEN("formerr.com", SERVFAIL, REFUSED, 2, INSECURE),
    SEEN("truncated.net", SERVFAIL, TRUNCATED, 2, INSECURE),
    SEEN("lame.org", SERVFAIL, REFUSED, 2, INSECURE),
    SEEN("servfail.caatestsuite-dnssec.com", SERVFAIL, SERVFAIL, 2, INDETERMINATE),
    SEEN("refused.caatestsuite-dnssec.com", SERVFAIL, REFUSED, 2, INDETERMINATE),
    SEEN("www.blackhole.com", SERVFAIL, TIMEOUT, 2, INSECURE),
    SEEN("www.drop.test", SERVFAIL, TIMEOUT, 2, SECURE), /* only CAA is dropped */
    SEEN("www.closed.unsigned", SERVFAIL, TIMEOUT, 2, INSECURE),
    FAILS("no-tag.weird.test", MALFORMED),
    FAILS("no-rdata.malformed.net", MALFORMED),
    FAILS("long-tag.malformed.net", MALFORMED),
    FAILS("one-of-two.malformed.net", MALFORMED),
    SEEN("cut-message.malformed.net", SERVFAIL, MALFORMED, 2, INSECURE),
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

/* Which server, how, and how it ended; octets of the exchanges themselves are tested in test_tap.c. */
static void
check_exchanges(const struct expected *e, const struct cx_answer *answer)
{
    bool tcp = false, replied = false;

    if (answer->n_exchanges == 0) {
        fail_msg("%s: no exchange", e->name);
    }
    assert_true(answer->n_exchanges <= CX_EXCHANGES_MAX);
    for (size_t i = 0; i < answer->n_exchanges; i++) {
        const struct cx_exchange *exchange = &answer->exchanges[i];

        assert_true(exchange->server.n > 3);
        tcp = tcp || exchange->tcp;
        replied = replied || exchange->replied;
    }
    assert_true(replied);
    assert_true(tcp || e->n_records < 1001);
    assert_int_equal(answer->attempts, e->attempts);
    if (strcmp(e->name, "www.stranger.org") == 0) {
        assert_int_equal(answer->malformed, CX_MALFORMED_OWNER);
    }
    if (strcmp(e->name, "lame.org") == 0) {
        assert_memory_equal(answer->why.p, "lame", 4);
    }
}

struct way {
    bool tap;
    bool again; /* libunbound has it in its cache */
};

static bool
rests_on(const struct cx_answer *answer, const char *zone, uint16_t type)
{
    struct cx_name name;

    assert_true(cx_ok(cx_name_from_text(cx_str_of(zone), &name, NULL)));
    for (size_t i = 0; i < answer->n_proof; i++) {
        const struct cx_proof_message *m = answer->proof[i];

        if (m->type == type && cx_span_equal(m->name, cx_name_span(&name))) {
            return m->octets.n > 12 && m->time <= cx_time_now() &&
                   (m->dnssec == CX_DNSSEC_SECURE || m->dnssec == CX_DNSSEC_INSECURE);
        }
    }
    return false;
}

/* TEST R-FAIL-4, R-SEC-10: what is called secure or insecure is shown to be, with the root's keys and what follows. */
static void
check_proof(const struct expected *e, const struct cx_answer *answer)
{
    bool known = answer->dnssec == CX_DNSSEC_SECURE || answer->dnssec == CX_DNSSEC_INSECURE;

    if (known != answer->is_proved) {
        fail_msg("%s: proved %d", e->name, answer->is_proved);
    }
    assert_true(!known || rests_on(answer, ".", CX_TYPE_DNSKEY));
    if (answer->dnssec == CX_DNSSEC_INSECURE) {
        assert_true(answer->cut_at.n > 1 && answer->cut.n > 1);
    }
    if (strcmp(e->name, "www.permit.test") == 0) {
        assert_true(rests_on(answer, "permit.test", CX_TYPE_DNSKEY));
        assert_true(rests_on(answer, "permit.test", CX_TYPE_DS));
        assert_true(rests_on(answer, "test", CX_TYPE_DS));
        assert_int_equal(answer->n_proof, 5);
    } else if (strcmp(e->name, "www.blackhole.com") == 0) {
        assert_true(rests_on(answer, "blackhole.com", CX_TYPE_DS));
        assert_true(rests_on(answer, "com", CX_TYPE_DNSKEY));
        assert_false(rests_on(answer, "www.blackhole.com", CX_TYPE_DS));
    }
}

static void
check(const struct expected *e, const struct cx_answer *answer, struct way way)
{
    assert_non_null(answer);
    if (answer->outcome != (way.tap ? e->seen : e->outcome) ||
        answer->dnssec != (way.tap ? e->proved : e->dnssec)) {
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
    if (!way.tap) {
        assert_int_equal(answer->n_exchanges, 0);
        assert_true(answer->attempts == 2 || e->outcome != CX_OUTCOME_SERVFAIL);
    } else if (!way.again) {
        check_exchanges(e, answer);
    }
    if (way.tap) {
        check_proof(e, answer);
    }
    assert_true(answer->time <= cx_time_now() && answer->time > cx_time_now() - 60);
}

static void
ask_all(struct cx_source *source, struct cx_arena *arena, struct way way)
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
        check(&table[i], asked[i].answer, way);
    }
}

/* processes 0: this one. */
static void
ask_lab_twice(bool tap, unsigned processes)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
        .no_tap = !tap,
    };
    struct cx_detail detail = { .text = "" };
    struct cx_source source;
    struct cx_arena arena;
    cx_time begun = cx_time_now();

    if (!cx_ok(processes == 0 ? cx_live_open(&options, &source, &detail)
                              : cx_forked_workers_open(&options, processes, &source, &detail))) {
        fail_msg("%s", detail.text);
    }
    cx_arena_init(&arena, 64u << 20);
    ask_all(&source, &arena, (struct way){ tap, false });
    assert_true(cx_time_now() - begun <= 13); /* a black-holed domain, two tries: 12 s */
    ask_all(&source, &arena, (struct way){ tap, true });
    cx_source_close(&source);
    cx_arena_done(&arena);
}

static void
test_lab_zones(void **state)
{
    (void)state;
    assert_true(cx_tap_works());
    ask_lab_twice(true, 0);
}

static void
test_lab_zones_without_tap(void **state)
{
    (void)state;
    ask_lab_twice(false, 0);
}

static void
test_lab_zones_by_processes(void **state)
{
    (void)state;
    ask_lab_twice(true, 3);
}

static const struct cx_answer *
ask_one(struct cx_source *source, struct cx_arena *arena, const char *text)
{
    struct asked asked = { .times = 0 };
    struct cx_question question = { .type = CX_TYPE_CAA };
    struct cx_name name;

    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    question.name = cx_name_span(&name);
    cx_source_ask(source, &question, arena, note, &asked);
    while (asked.times == 0) {
        assert_true(cx_ok(cx_source_wait(source)));
    }
    assert_int_equal(asked.times, 1);
    assert_non_null(asked.answer);
    return asked.answer;
}

static unsigned
signal_children(int number)
{
    char path[64], list[256] = "";
    unsigned n = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    assert_non_null(file);
    if (fgets(list, sizeof(list), file) != NULL) {
        for (char *at = list; *at != '\0'; n++) {
            pid_t pid = 0;

            for (; *at >= '0' && *at <= '9'; at++) {
                pid = pid * 10 + (*at - '0');
            }
            assert_true(pid > 1);
            assert_int_equal(kill(pid, number), 0);
            at += strspn(at, " \n");
        }
    }
    (void)fclose(file);
    return n;
}

static unsigned
kill_children(void)
{
    return signal_children(SIGKILL);
}

/* Which process a registrable domain goes to depends on a random key: of two, one is left out in 2^31 runs. */
static void
ask_every_process(struct cx_source *source, struct cx_arena *arena)
{
    char text[32];

    for (unsigned i = 0; i < 32; i++) {
        (void)snprintf(text, sizeof(text), "n%u.test", i);
        (void)ask_one(source, arena, text);
    }
}

/* TEST R-FAIL-8: incidents 6, scenario 14: a resolver that is killed makes failures of our own, never permission. */
static void
test_processes_that_are_killed(void **state)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
    };
    struct cx_source source;
    struct cx_arena arena;

    (void)state;
    assert_true(cx_ok(cx_forked_workers_open(&options, 2, &source, NULL)));
    cx_arena_init(&arena, 1u << 24);
    for (unsigned round = 0; round <= CX_WORKER_RESTARTS; round++) {
        struct cx_question question = { .type = CX_TYPE_CAA };
        struct asked asked = { .times = 0 };
        struct cx_name name;

        assert_int_equal(ask_one(&source, &arena, "permit.test")->n_records, 2);
        assert_int_equal(ask_one(&source, &arena, "open.plain.com")->n_records, 1);
        assert_true(cx_ok(cx_name_from_text(CX_STR("www.blackhole.com"), &name, NULL)));
        question.name = cx_name_span(&name);
        cx_source_ask(&source, &question, &arena, note, &asked);
        assert_int_equal(kill_children(), 2);
        while (asked.times == 0) {
            assert_true(cx_ok(cx_source_wait(&source)));
        }
        assert_int_equal(asked.answer->outcome, CX_OUTCOME_ERROR);
        assert_int_equal(asked.answer->dnssec, CX_DNSSEC_INDETERMINATE);
        ask_every_process(&source, &arena); /* the other one may only now be missed */
    }
    assert_int_equal(ask_one(&source, &arena, "permit.test")->outcome, CX_OUTCOME_ERROR);
    assert_int_equal(ask_one(&source, &arena, "open.plain.com")->outcome, CX_OUTCOME_ERROR);
    assert_int_equal(kill_children(), 0);
    cx_source_close(&source);
    cx_arena_done(&arena);
}

static void
test_processes_are_refused_as_a_resolver_is(void **state)
{
    struct cx_live_options no_hints = { .lab = true };
    struct cx_live_options no_anchor = { .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
                                         .anchor = "/nonexistent",
                                         .lab = true };
    struct cx_detail detail = { .text = "" };
    struct cx_source source;

    (void)state;
    assert_int_equal(cx_forked_workers_open(&no_hints, 2, &source, &detail).code, CX_E_USAGE);
    assert_non_null(strstr(detail.text, "root hints"));
    assert_int_equal(cx_forked_workers_open(&no_anchor, 2, &source, &detail).code, CX_E_RESOLVER);
    assert_non_null(strstr(detail.text, "/nonexistent"));
    assert_int_equal(cx_forked_workers_open(&no_hints, 0, &source, &detail).code, CX_E_USAGE);
    assert_int_equal(kill_children(), 0); /* none is left behind */
}

/* TEST R-FAIL-8: one that neither answers nor ends. */
static void
test_processes_that_hang(void **state)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
        .deadline_ms = 5000,
    };
    struct cx_source source;
    struct cx_arena arena;

    (void)state;
    assert_true(cx_ok(cx_forked_workers_open(&options, 1, &source, NULL)));
    cx_arena_init(&arena, 1u << 24);
    assert_int_equal(ask_one(&source, &arena, "permit.test")->n_records, 2);
    assert_int_equal(signal_children(SIGSTOP), 1);
    assert_int_equal(ask_one(&source, &arena, "permit.test")->outcome, CX_OUTCOME_ERROR);
    assert_int_equal(ask_one(&source, &arena, "permit.test")->n_records, 2); /* by another one */
    cx_source_close(&source);
    cx_arena_done(&arena);
}

static void
ask_by_events(struct cx_source *source, struct event_base *base, struct cx_arena *arena,
              const char *text, struct asked *asked)
{
    struct cx_question question = { .type = CX_TYPE_CAA };
    struct cx_name name;

    *asked = (struct asked){ .times = 0 };
    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    question.name = cx_name_span(&name);
    cx_source_ask(source, &question, arena, note, asked);
    while (asked->times == 0) {
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    }
    assert_int_equal(asked->times, 1);
}

/* Processes behind an event loop of ours, which are killed once. */
static void
test_processes_by_an_event_loop(void **state)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
    };
    struct event_base *base = event_base_new();
    struct cx_source source;
    struct cx_arena arena;
    struct asked asked;

    (void)state;
    assert_non_null(base);
    assert_true(cx_ok(cx_forked_workers_open(&options, 1, &source, NULL)));
    assert_true(cx_ok(cx_workers_attach(&source, base)));
    cx_arena_init(&arena, 1u << 24);
    ask_by_events(&source, base, &arena, "permit.test", &asked);
    assert_int_equal(asked.answer->n_records, 2);
    assert_true(asked.answer->n_proof != 0);
    assert_int_equal(kill_children(), 1);
    ask_by_events(&source, base, &arena, "permit.test", &asked);
    assert_int_equal(asked.answer->outcome, CX_OUTCOME_ERROR);
    ask_by_events(&source, base, &arena, "permit.test", &asked);
    assert_int_equal(asked.answer->n_records, 2);
    cx_source_close(&source);
    assert_int_equal(kill_children(), 0);
    event_base_free(base);
    cx_arena_done(&arena);
}

/* With questions under way: nothing is answered, nothing hangs, no process stays. */
static void
test_processes_end_with_questions_under_way(void **state)
{
    struct cx_live_options options = {
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
    };
    struct asked asked[50] = { { .times = 0 } };
    struct cx_source source;
    struct cx_arena arena;

    (void)state;
    assert_true(cx_ok(cx_forked_workers_open(&options, 2, &source, NULL)));
    cx_arena_init(&arena, 1u << 24);
    (void)ask_one(&source, &arena, "permit.test");
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        struct cx_question question = { .type = CX_TYPE_CAA };
        char text[32];
        struct cx_name name;

        (void)snprintf(text, sizeof(text), "n%zu.blackhole.com", i);
        assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
        question.name = cx_name_span(&name);
        cx_source_ask(&source, &question, &arena, note, &asked[i]);
    }
    cx_source_close(&source);
    for (size_t i = 0; i < CX_COUNT(asked); i++) {
        assert_int_equal(asked[i].times, 0);
    }
    assert_int_equal(kill_children(), 0);
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
        cmocka_unit_test(test_lab_zones_without_tap),
        cmocka_unit_test(test_lab_zones_by_processes),
        cmocka_unit_test(test_processes_that_are_killed),
        cmocka_unit_test(test_processes_that_hang),
        cmocka_unit_test(test_processes_by_an_event_loop),
        cmocka_unit_test(test_processes_are_refused_as_a_resolver_is),
        cmocka_unit_test(test_processes_end_with_questions_under_way),
        cmocka_unit_test(test_lab_under_another_anchor),
    };

    if (getenv("CAAPROOF_LAB") == NULL) {
        (void)printf("1..0 # SKIP runs inside lab/run only\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

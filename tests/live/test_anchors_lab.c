/* Trust anchors while the lab's root is asked under them: a file that changes, a file that is behind or ahead of the
 * root, one that is wrong; and that no setting leaves an answer without validation. Runs inside lab/run only. */
#include "base/limits.h"
#include "cmocka_main.h"
#include "resolve/context.h"
#include "resolve/forked_workers.h"

#include <event2/event.h>
#include <unbound.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DS_2017                                                                                    \
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"

/* Questions until a cache of one second must have been given up; each goes to a server. */
#define ROUNDS_MAX 100000u

struct scene {
    char path[64]; /* of the file of anchors */
    struct cx_live_options options;
    struct cx_source source;
    struct cx_arena arena;
    unsigned n; /* alarms */
    char last[CX_ALARM_TEXT];
    unsigned asked; /* names */
    bool answered;
    const struct cx_answer *answer;
};

static void
on_alarm(void *ctx, const char *text)
{
    struct scene *s = ctx;

    s->n++;
    (void)snprintf(s->last, sizeof(s->last), "%s", text);
}

/* The lab's own file: the key that signs, and the one that stands by. */
static void
read_lab_keys(char ret[2][CX_ANCHOR_LINE_MAX])
{
    FILE *file = fopen(getenv("CAAPROOF_ANCHOR"), "re");

    assert_non_null(file);
    assert_non_null(fgets(ret[0], CX_ANCHOR_LINE_MAX, file));
    assert_non_null(fgets(ret[1], CX_ANCHOR_LINE_MAX, file));
    assert_int_equal(fclose(file), 0);
}

static void
replace(const struct scene *s, const char *first, const char *second)
{
    char path[80];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s.new", s->path);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(first, file) >= 0 && fputs(second, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(path, s->path), 0);
}

struct way {
    unsigned processes; /* 0: this one */
    bool no_proof;
};

static struct scene *
open_scene(const char *first, const char *second, struct way way)
{
    struct scene *s = calloc(1, sizeof(*s));
    struct cx_detail detail = { .text = "" };
    int fd;

    assert_non_null(s);
    (void)snprintf(s->path, sizeof(s->path), "/tmp/test_anchors_lab.XXXXXX");
    fd = mkstemp(s->path);
    assert_true(fd >= 0);
    (void)close(fd);
    replace(s, first, second);
    s->options = (struct cx_live_options){
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = s->path,
        .lab = true,
        .renew_s = 1,
        .no_proof = way.no_proof,
        .alarm = on_alarm,
        .alarm_ctx = s,
    };
    if (!cx_ok(way.processes == 0
                   ? cx_live_open(&s->options, &s->source, &detail)
                   : cx_forked_workers_open(&s->options, way.processes, &s->source, &detail))) {
        fail_msg("%s", detail.text);
    }
    cx_arena_init(&s->arena, 1u << 28);
    return s;
}

static void
close_scene(struct scene *s)
{
    cx_source_close(&s->source);
    cx_arena_done(&s->arena);
    (void)unlink(s->path);
    free(s);
}

static void
on_answer(void *ctx, const struct cx_answer *answer)
{
    struct scene *s = ctx;

    s->answered = true;
    s->answer = answer;
}

static const struct cx_answer *
ask(struct scene *s, const char *text)
{
    struct cx_question question = { .type = CX_TYPE_CAA };
    struct cx_name name;

    assert_true(cx_ok(cx_name_from_text(cx_str_of(text), &name, NULL)));
    question.name = cx_name_span(&name);
    s->answered = false;
    cx_source_ask(&s->source, &question, &s->arena, on_answer, s);
    while (!s->answered) {
        assert_true(cx_ok(cx_source_wait(&s->source)));
    }
    assert_non_null(s->answer);
    return s->answer;
}

/* A name that nobody has asked for, so that no cache answers. */
static const struct cx_answer *
ask_new(struct scene *s)
{
    char text[32];

    cx_arena_reset(&s->arena);
    (void)snprintf(text, sizeof(text), "n%u.permit.test", s->asked++);
    return ask(s, text);
}

static void
until_alarms(struct scene *s, unsigned n)
{
    for (unsigned i = 0; i < ROUNDS_MAX && s->n < n; i++) {
        (void)ask_new(s);
    }
    assert_int_equal(s->n, n);
}

static void
until_state(struct scene *s, enum cx_dnssec dnssec)
{
    unsigned i = 0;

    while (ask_new(s)->dnssec != dnssec) {
        assert_true(++i < ROUNDS_MAX);
    }
}

static void
says(const struct scene *s, const char *part)
{
    if (strstr(s->last, part) == NULL || strstr(s->last, s->path) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", s->last, part);
    }
}

static void
test_file_of_the_root_is_no_alarm(void **state)
{
    char keys[2][CX_ANCHOR_LINE_MAX];
    struct scene *s;

    (void)state;
    read_lab_keys(keys);
    s = open_scene(keys[1], keys[0], (struct way){ .no_proof = false });
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask_new(s)->dnssec, CX_DNSSEC_SECURE);
    }
    assert_int_equal(s->n, 0);
    close_scene(s);
}

static void
test_replaced_file_is_in_force_without_a_restart(void **state)
{
    char keys[2][CX_ANCHOR_LINE_MAX];
    struct scene *s;

    (void)state;
    read_lab_keys(keys);
    s = open_scene(DS_2017, "", (struct way){ .no_proof = false });
    assert_int_equal(ask_new(s)->outcome, CX_OUTCOME_BOGUS);
    until_alarms(s, 1);
    says(s, "none of the anchors of ");
    says(s, " validates the root's keys: every check will fail");
    replace(s, keys[0], keys[1]);
    until_state(s, CX_DNSSEC_SECURE);
    assert_int_equal(s->n, 1);
    replace(s, DS_2017, "");
    until_state(s, CX_DNSSEC_BOGUS); /* and the old ones are no longer in force */
    until_alarms(s, 2);
    says(s, "none of the anchors of ");
    close_scene(s);
}

static void
test_broken_file_keeps_the_anchors(void **state)
{
    char keys[2][CX_ANCHOR_LINE_MAX];
    struct scene *s;

    (void)state;
    read_lab_keys(keys);
    s = open_scene(keys[0], keys[1], (struct way){ .no_proof = false });
    assert_int_equal(ask_new(s)->dnssec, CX_DNSSEC_SECURE);
    replace(s, "garbage\n", "");
    until_alarms(s, 1);
    says(s, ": cannot be read any more: line 1: ");
    says(s, " stay in force");
    /* The alarm is older than the cache that it made way for. */
    assert_int_equal(ask_new(s)->dnssec, CX_DNSSEC_SECURE);
    assert_int_equal(unlink(s->path), 0);
    until_alarms(s, 2);
    says(s, "No such file or directory");
    assert_int_equal(ask_new(s)->dnssec, CX_DNSSEC_SECURE);
    close_scene(s);
}

static void
test_anchor_that_the_root_does_not_have(void **state)
{
    char keys[2][CX_ANCHOR_LINE_MAX], both[2 * CX_ANCHOR_LINE_MAX];
    struct scene *s;

    (void)state;
    read_lab_keys(keys);
    (void)snprintf(both, sizeof(both), "%s%s", keys[0], keys[1]);
    s = open_scene(both, DS_2017, (struct way){ .no_proof = false });
    assert_int_equal(ask_new(s)->dnssec, CX_DNSSEC_SECURE);
    until_alarms(s, 1);
    says(s, "key 20326 of ");
    says(s, " is no longer in the root's set");
    close_scene(s);
}

/* Names for several processes. */
static void
ask_all(struct scene *s)
{
    static const char *const names[] = { "permit.test",    "plain.unsigned", "open.plain.com",
                                         "shut.plain.org", "shut.plain.net", "deny.test" };

    for (size_t i = 0; i < CX_COUNT(names); i++) {
        assert_false(cx_outcome_is_failure(ask(s, names[i])->outcome));
    }
}

/* A second key stands by in the root. Once, however many caches and processes find it. */
static void
check_standby(struct way way)
{
    char keys[2][CX_ANCHOR_LINE_MAX];
    struct scene *s;

    read_lab_keys(keys);
    s = open_scene(keys[0], "", way);
    ask_all(s);
    until_alarms(s, 1);
    says(s, "the root announces key ");
    says(s, " does not have: bring the file up to date before that key takes over");
    replace(s, "; the same\n", keys[0]);
    ask_all(s);
    assert_int_equal(s->n, 1);
    /* What the file says next is seen in the first cache after this one, in which the key is still unknown. */
    replace(s, "garbage\n", "");
    until_alarms(s, 2);
    says(s, "stay in force");
    ask_all(s);
    assert_int_equal(s->n, 2);
    close_scene(s);
}

static void
test_key_that_the_file_does_not_have(void **state)
{
    (void)state;
    check_standby((struct way){ .no_proof = false });
    check_standby((struct way){ .no_proof = true });
    check_standby((struct way){ .processes = 3 });
}

static const char *
option_of(struct ub_ctx *ub, const char *name)
{
    char *value = NULL;

    assert_int_equal(ub_ctx_get_option(ub, name, &value), 0);
    assert_non_null(value);
    return value;
}

static void
is_set(struct ub_ctx *ub, const char *name, const char *expected)
{
    const char *value = option_of(ub, name);

    if (strcmp(value, expected) != 0) {
        fail_msg("%s: \"%s\", not \"%s\"", name, value, expected);
    }
    free((void *)(uintptr_t)value);
}

/* Every combination of what can be switched. */
static struct cx_live_options
options_of(unsigned mask)
{
    return (struct cx_live_options){
        .root_hints = getenv("CAAPROOF_ROOT_HINTS"),
        .anchor = getenv("CAAPROOF_ANCHOR"),
        .lab = true,
        .no_tap = (mask & 1) != 0,
        .no_retry = (mask & 2) != 0,
        .no_proof = (mask & 4) != 0,
        .no_openssl_p256 = (mask & 8) != 0,
    };
}

/* TEST R-SEC-2, R-SEC-3: as libunbound itself has it. */
static void
test_every_context_validates(void **state)
{
    struct event_base *base = event_base_new();
    struct cx_anchors anchors;

    (void)state;
    assert_non_null(base);
    assert_true(cx_ok(cx_anchors_read(getenv("CAAPROOF_ANCHOR"), &anchors, NULL)));
    for (unsigned mask = 0; mask < 32; mask++) {
        struct cx_live_options options = options_of(mask);
        struct ub_ctx *ub;

        options.forward = (mask & 16) != 0 ? "127.0.0.2" : NULL;
        assert_true(cx_ok(cx_context_open(&options, &anchors, cx_time_now(), base, &ub, NULL)));
        is_set(ub, "module-config", "validator iterator");
        is_set(ub, "val-permissive-mode", "no");
        is_set(ub, "domain-insecure", "");
        is_set(ub, "val-sig-skew-min", "0");
        is_set(ub, "val-sig-skew-max", "0");
        is_set(ub, "harden-dnssec-stripped", "yes");
        is_set(ub, "serve-expired", "no");
        ub_ctx_delete(ub);
    }
    cx_anchors_done(&anchors);
    event_base_free(base);
}

/* TEST R-SEC-2, R-SEC-3, R-SEC-4: as it is seen from outside. */
static void
test_no_option_turns_validation_off(void **state)
{
    (void)state;
    for (unsigned mask = 0; mask < 16; mask++) {
        struct scene *s = calloc(1, sizeof(*s));

        assert_non_null(s);
        s->options = options_of(mask);
        assert_true(cx_ok(cx_live_open(&s->options, &s->source, NULL)));
        cx_arena_init(&s->arena, 1u << 20);
        assert_int_equal(ask(s, "www.expired.test")->outcome, CX_OUTCOME_BOGUS);
        assert_int_equal(ask(s, "wrong-ds.test")->outcome, CX_OUTCOME_BOGUS);
        cx_source_close(&s->source);
        cx_arena_done(&s->arena);
        free(s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_of_the_root_is_no_alarm),
        cmocka_unit_test(test_replaced_file_is_in_force_without_a_restart),
        cmocka_unit_test(test_broken_file_keeps_the_anchors),
        cmocka_unit_test(test_anchor_that_the_root_does_not_have),
        cmocka_unit_test(test_key_that_the_file_does_not_have),
        cmocka_unit_test(test_every_context_validates),
        cmocka_unit_test(test_no_option_turns_validation_off),
    };

    if (getenv("CAAPROOF_LAB") == NULL) {
        (void)printf("1..0 # SKIP runs inside lab/run only\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

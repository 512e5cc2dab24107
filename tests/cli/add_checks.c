/* Appends checks as the daemon records them, for tests of the commands that read a store: add_checks STORE CALLER, then on standard
 * input a line for each: what the caller's own system said, or "-"; "shadow" or "enforce"; a request that brings its answers. */
#include "engine/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_OCTETS 65536

struct adding {
    struct cx_recorder *recorder;
    const char *caller;
    struct cx_detail detail;
};

static void
must(bool condition, const struct adding *a, const char *what)
{
    if (!condition) {
        fprintf(stderr, "add_checks: %s: %s\n", what, a->detail.text);
        exit(EXIT_FAILURE);
    }
}

static void
ignore(void *ctx, struct cx_check *check)
{
    (void)ctx, (void)check;
}

static void
add_one(struct adding *a, const char *verdict, const char *mode, const char *request)
{
    const struct cx_recorder_terms terms = {
        .has_authority = true,
        .authority = { { 0xa0, 0x71 } },
        .is_shadow = strcmp(mode, "shadow") == 0,
        .has_body = true,
        .body = { { 0xb0, 0xd1 } },
        .caller = cx_str_of(a->caller),
        .own_verdict = cx_verdict_of_word(cx_str_of(verdict)),
    };
    struct cx_check *check = cx_check_new();
    struct cx_json *json = NULL;
    struct cx_recorded recorded;

    must(check != NULL && cx_ok(cx_json_parse(cx_str_of(request), &json, &a->detail)), a, request);
    cx_check_start(check, json, NULL, NULL, cx_time_now(), ignore, NULL);
    must(cx_ok(check->status), a, check->detail.text);
    must(
        cx_ok(cx_recorder_add(a->recorder, check, &terms, cx_time_now_ms(), &recorded, &a->detail)),
        a, request);
    cx_check_free(check);
    cx_json_free(json);
}

int
main(int argc, char **argv)
{
    static const struct cx_recorder_options options = {
        .resolver = CX_STR_INIT("none: answers given with the request"),
        .messages = CX_MESSAGES_DIGEST,
    };
    static char line[LINE_MAX_OCTETS];
    struct adding a = { .detail = { .text = "" } };
    struct cx_log_opened opened;
    struct cx_log *log;

    must(argc == 3, &a, "usage");
    a.caller = argv[2];
    must(cx_ok(cx_log_open(argv[1], NULL, &log, &opened, &a.detail)), &a, argv[1]);
    must(cx_ok(cx_recorder_new(log, &options, &a.recorder)), &a, "recorder");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        char *rest = line;
        const char *verdict = strsep(&rest, " "), *mode = strsep(&rest, " ");

        must(rest != NULL, &a, "not three words");
        add_one(&a, verdict, mode, rest);
    }
    must(cx_ok(cx_recorder_commit(a.recorder, &a.detail)), &a, "commit");
    cx_recorder_free(a.recorder);
    cx_log_close(log);
    return EXIT_SUCCESS;
}

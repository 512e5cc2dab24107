#include "bin/caaproof/daemon.h"
#include "bin/caaproof/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static cx_str
text_of(const struct cx_json *object, const char *member)
{
    cx_str text = { NULL, 0 };

    (void)cx_json_string(cx_json_get(object, member), &text);
    return text;
}

static int64_t
number_of(const struct cx_json *object, const char *member)
{
    int64_t n = 0;

    (void)cx_json_integer(cx_json_get(object, member), &n);
    return n;
}

static const struct cx_json *
recorder_of(const struct cx_json *status)
{
    const struct cx_json *recorder = cx_json_get(status, "recorder");

    return cx_json_get(recorder, "log") != NULL ? recorder : NULL;
}

/* One word, that of the gravest. */
static const char *
word_of(const struct cx_json *status)
{
    const struct cx_json *recorder = recorder_of(status);

    if (!cx_str_equal(text_of(status, "state"), CX_STR("running"))) {
        return "draining";
    }
    if (recorder == NULL) {
        return "not recording";
    }
    if (text_of(recorder, "clock").n != 0) {
        return "clock wrong";
    }
    return text_of(recorder, "stopped").n != 0 ? "stopped" : "running";
}

int
daemon_exit_of(const struct cx_json *status)
{
    return strcmp(word_of(status), "running") == 0 ? EXIT_SUCCESS : EXIT_NOT_RUNNING;
}

static void
print_text(const char *what, cx_str text)
{
    if (text.n != 0) {
        printf("  %-9s ", what);
        output_plain(stdout, text);
        putchar('\n');
    }
}

static void
print_stop(const struct cx_json *recorder)
{
    cx_str why = text_of(recorder, "stopped");

    if (why.n != 0) {
        print_text("since", text_of(recorder, "stopped_since"));
        print_text("because", why);
        printf("  %-9s find out why; then caaproof ack --why \"WHAT WAS FOUND\"\n", "to go on");
    }
}

static void
print_counts(const struct cx_json *status, const struct cx_json *recorder)
{
    const struct cx_json *c = cx_json_get(recorder, "counts");

    printf("  %-9s %" PRId64 " open\n", "checks", number_of(status, "checks_open"));
    printf("  %-9s %" PRId64 " checks begun, %" PRId64 " with a verdict: %" PRId64
           " denied, %" PRId64 " failed; %" PRId64 " late, %" PRId64 " interrupted\n",
           "in total", number_of(c, "started"), number_of(c, "finished"), number_of(c, "denied"),
           number_of(c, "failed"), number_of(c, "late"), number_of(c, "interrupted"));
    printf("  %-9s %" PRId64 " given, %" PRId64 " claimed, %" PRId64 " claims refused\n", "permits",
           number_of(c, "permitted"), number_of(c, "claimed"), number_of(c, "claims_refused"));
}

static void
print_log(const struct cx_json *recorder)
{
    printf("  %-9s ", "log");
    output_plain(stdout, text_of(recorder, "log"));
    printf(", shard %" PRId64 ", %" PRId64 " entries\n", number_of(recorder, "shard"),
           number_of(recorder, "entries"));
}

/* Witnesses and time-stamping authorities. */
static void
print_outsiders(const struct cx_json *recorder)
{
    const struct cx_json *outsiders = cx_json_get(recorder, "outsiders");

    for (size_t i = 0; i < cx_json_size(outsiders); i++) {
        const struct cx_json *outsider = cx_json_at(outsiders, i);
        cx_str error = text_of(outsider, "error");

        printf("  %-9s ",
               cx_str_equal(text_of(outsider, "kind"), CX_STR("tsa")) ? "timestamp" : "witness");
        output_plain(stdout, text_of(outsider, "name"));
        printf(", %" PRId64 " entries behind", number_of(outsider, "behind"));
        if (error.n != 0) {
            printf(": ");
            output_plain(stdout, error);
        }
        putchar('\n');
    }
}

int
daemon_print_status(const struct cx_json *status)
{
    const struct cx_json *recorder = recorder_of(status);

    printf("%s\n", word_of(status));
    if (recorder != NULL) {
        print_text("clock", text_of(recorder, "clock"));
        print_stop(recorder);
        print_counts(status, recorder);
        print_log(recorder);
        print_outsiders(recorder);
    }
    print_text("sandbox", text_of(status, "sandbox"));
    print_text("software", text_of(status, "software"));
    return daemon_exit_of(status);
}

#include "bin/caaproof/command.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/stored_checks.h"
#include "bin/caaproof/stored_json.h"
#include "bin/caaproof/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof shadow STORE [options]\n"
    "\n"
    "Lists recorded checks whose verdict is not what the caller's own system had said (request\n"
    "member \"verdict\" of caaproofd), oldest first, and adds up; as a rule those of authorities "
    "in\n"
    "shadow mode. A caller that says no verdict of its own is not compared: look at the sum.\n"
    "\n"
    "  --since TIME  checks that were recorded from then on: a date, or 2026-11-22T12:00:00Z\n"
    "  --json        one object a check, then one of counts (docs/json.md, \"Shadow\")\n"
    "\n"
    "Exit status: 0 no verdict differs; 1 some do; 64-78 errors.\n"
    "\n"
    "Try: caaproof shadow STORE --since 2026-11-01\n";

#define VERDICTS    (CX_VERDICT_ARGUABLE + 1)
#define NAMES_SHOWN 3

struct shadowing {
    struct cx_stored stored;
    struct stored_checks checks;
    bool json;
    uint64_t compared, differ;
    uint64_t pairs[VERDICTS][VERDICTS]; /* ours, theirs; those that differ */
    struct cx_detail detail;
};

/* ---- one check */

static bool
is_wildcard(const struct cx_record_name *name)
{
    return name->kind == CX_RECORD_NAME_WILDCARD || name->kind == CX_RECORD_NAME_ONION_WILDCARD;
}

static void
print_names(const struct cx_record *record)
{
    for (size_t i = 0; i < record->n_names && i < NAMES_SHOWN; i++) {
        printf("%s%s", i == 0 ? "  " : ", ", is_wildcard(&record->names[i]) ? "*." : "");
        output_plain(stdout, record->names[i].text);
    }
    if (record->n_names > NAMES_SHOWN) {
        printf(" and %zu more", record->n_names - NAMES_SHOWN);
    }
    fputc('\n', stdout);
}

static void
print_check(const struct cx_log_row *row, const struct cx_record *record)
{
    const struct cx_record_conclusion *k = &record->conclusion;

    stored_check_print(row, record);
    printf("  ours %s%s%s (", paint_on(stdout, paint_of(k->verdict)), cx_verdict_word(k->verdict),
           paint_off(stdout));
    output_plain(stdout, k->reason);
    printf("), theirs %s%s%s", paint_on(stdout, paint_of(record->own_verdict)),
           cx_verdict_word(record->own_verdict), paint_off(stdout));
    print_names(record);
}

static cx_status
print_check_json(const struct cx_log_row *row, const struct cx_record *record)
{
    struct cx_json *json = stored_difference_json(row, record);
    cx_status s = output_json(json);

    cx_json_free(json);
    return s;
}

static cx_status
take_check(void *ctx, const struct cx_log_row *row, const struct cx_record *record)
{
    struct shadowing *s = ctx;
    enum cx_verdict ours = record->conclusion.verdict, theirs = record->own_verdict;

    s->compared += theirs != CX_VERDICT_UNSET ? 1 : 0;
    if (theirs == CX_VERDICT_UNSET || ours == theirs) {
        return CX_SUCCESS;
    }
    s->differ++;
    s->pairs[ours][theirs]++;
    if (s->json) {
        return print_check_json(row, record);
    }
    print_check(row, record);
    return CX_SUCCESS;
}

/* ---- all of them */

static void
print_counts(const struct shadowing *s)
{
    printf("%" PRIu64 " checks: %" PRIu64 " with a verdict of the caller's own, of which %" PRIu64
           " differ",
           s->checks.n, s->compared, s->differ);
    if (s->checks.deleted != 0) {
        printf("; %" PRIu64 " whose records were deleted", s->checks.deleted);
    }
    fputc('\n', stdout);
    for (size_t ours = 0; ours < VERDICTS; ours++) {
        for (size_t theirs = 0; theirs < VERDICTS; theirs++) {
            if (s->pairs[ours][theirs] != 0) {
                printf("  ours %s, theirs %s: %" PRIu64 "\n",
                       cx_verdict_word((enum cx_verdict)ours),
                       cx_verdict_word((enum cx_verdict)theirs), s->pairs[ours][theirs]);
            }
        }
    }
}

static struct cx_json *
pair_json(size_t ours, size_t theirs, uint64_t n)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(
        json, cx_json_set_text(json, "verdict", cx_verdict_word((enum cx_verdict)ours)) &&
                  cx_json_set_text(json, "own_verdict", cx_verdict_word((enum cx_verdict)theirs)) &&
                  cx_json_set_number(json, "checks", n));
}

static struct cx_json *
pairs_json(const struct shadowing *s)
{
    struct cx_json *list = cx_json_new_array();
    bool whole = list != NULL;

    for (size_t i = 0; whole && i < (size_t)VERDICTS * VERDICTS; i++) {
        uint64_t n = s->pairs[i / VERDICTS][i % VERDICTS];

        whole = n == 0 || cx_json_add(list, pair_json(i / VERDICTS, i % VERDICTS, n));
    }
    return cx_json_whole(list, whole);
}

static cx_status
print_counts_json(const struct shadowing *s)
{
    struct cx_json *json = cx_json_new_object();
    cx_status status;

    json = cx_json_whole(json, cx_json_set_number(json, "schema", 1) &&
                                   cx_json_set_number(json, "checks", s->checks.n) &&
                                   cx_json_set_number(json, "compared", s->compared) &&
                                   cx_json_set_number(json, "differ", s->differ) &&
                                   cx_json_set_number(json, "deleted", s->checks.deleted) &&
                                   cx_json_set(json, "pairs", pairs_json(s)));
    status = output_json(json);
    cx_json_free(json);
    return status;
}

static cx_status
scan(struct shadowing *s)
{
    CX_TRY(stored_checks_scan(&s->checks));
    if (s->json) {
        return print_counts_json(s);
    }
    print_counts(s);
    return CX_SUCCESS;
}

static int
shadow(struct shadowing *s, const char *path)
{
    cx_status status = cx_stored_open(path, &s->stored, &s->detail);

    s->checks.stored = &s->stored;
    s->checks.take = take_check;
    s->checks.ctx = s;
    s->checks.detail = &s->detail;
    status = cx_ok(status) ? scan(s) : status;
    cx_stored_close(&s->stored);
    return cx_ok(status) ? exit_with_output(s->differ != 0 ? EXIT_FAILURE : EXIT_SUCCESS)
                         : exit_with(status, &s->detail);
}

/* ---- options */

enum {
    OPT_SINCE = 256,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "since", required_argument, NULL, OPT_SINCE },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct shadowing *s = ctx;

    switch (option) {
    case OPT_SINCE:
        return stored_checks_since(value, &s->checks.since);
    case OPT_JSON:
        s->json = true;
        return true;
    default:
        return false;
    }
}

int
command_shadow(int argc, char **argv)
{
    struct shadowing s = { .checks = { .since = CX_TIME_NONE } };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &s, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return shadow(&s, argv[first]);
}

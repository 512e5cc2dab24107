#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/peer.h"
#include "bin/caaproof/report.h"
#include "bin/caaproof/show_case.h"
#include "bin/caaproof/terminal.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof conformance --exec CMD | --url URL [options]\n"
    "       caaproof conformance --show CASE | --list\n"
    "\n"
    "Holds any CAA checker to the golden table and the incident scenarios, with a report card.\n"
    "docs/conformance.md says what a checker is told and must answer; data/adapter-example.py is "
    "one.\n"
    "\n"
    "The checker\n"
    "  --exec CMD         started once by /bin/sh; one request (JSON) a line on its standard "
    "input,\n"
    "                     one result a line on its standard output, in order\n"
    "  --url URL          each request is POSTed; the answer's body is the result; no redirects\n"
    "  --timeout S        seconds of silence after which the checker is given up (default 30)\n"
    "  --overall S        seconds for the whole run (default 600)\n"
    "\n"
    "The cases\n"
    "  --data FILE        cases to use instead of the published ones (repeatable)\n"
    "  --lab              also the live names of the lab; run all of it inside lab/run\n"
    "  --only PREFIX      only cases whose names begin so, such as G0 or I11\n"
    "  --show CASE        one case: request, expectation, and how to repeat it by hand\n"
    "  --list             the cases\n"
    "\n"
    "  --json             the report card as one object (docs/json.md)\n"
    "\n"
    "A case is passed when the verdict (or, for a request to be refused, the error code) is right "
    "and no\n"
    "further member that the checker gives is wrong. A checker that gives only \"verdict\" can "
    "pass all of\n"
    "them. The last column counts the cases of which every tested detail was given and right: "
    "found_at,\n"
    "records_at, queries, notes, readings, valid_until.\n"
    "\n"
    "Exit status: 0 all passed; 1 some failed; 64-78 errors.\n"
    "\n"
    "Try: caaproof conformance --exec \"caaproof check --batch\"\n";

enum {
    OPT_EXEC = 256,
    OPT_URL,
    OPT_DATA,
    OPT_LAB,
    OPT_ONLY,
    OPT_SHOW,
    OPT_LIST,
    OPT_JSON,
    OPT_TIMEOUT,
    OPT_OVERALL,
};

static const struct option long_options[] = {
    { "exec", required_argument, NULL, OPT_EXEC },
    { "url", required_argument, NULL, OPT_URL },
    { "data", required_argument, NULL, OPT_DATA },
    { "lab", no_argument, NULL, OPT_LAB },
    { "only", required_argument, NULL, OPT_ONLY },
    { "show", required_argument, NULL, OPT_SHOW },
    { "list", no_argument, NULL, OPT_LIST },
    { "json", no_argument, NULL, OPT_JSON },
    { "timeout", required_argument, NULL, OPT_TIMEOUT },
    { "overall", required_argument, NULL, OPT_OVERALL },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

struct conformance {
    const char *command;
    const char *url;
    const char *files[CX_CASE_FILES_MAX];
    size_t n_files;
    const char *only;
    const char *show;
    unsigned long timeout_s;
    unsigned long overall_s;
    bool lab;
    bool list;
    bool json;
    struct case_table table;
    cx_str *requests;
    struct outcome *outcomes;
    struct progress progress;
    bool out_of_memory;
};

static bool
take_seconds(const char *value, unsigned long *ret)
{
    return options_number(value, 86400, "seconds are a number from 1 to 86400", ret);
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct conformance *k = ctx;

    switch (option) {
    case OPT_EXEC:
        k->command = value;
        return true;
    case OPT_URL:
        k->url = value;
        return true;
    case OPT_DATA:
        if (k->n_files == CX_CASE_FILES_MAX) {
            return options_complain("too many --data options", value);
        }
        k->files[k->n_files++] = value;
        return true;
    case OPT_LAB:
        k->lab = true;
        return true;
    case OPT_ONLY:
        k->only = value;
        return true;
    case OPT_SHOW:
        k->show = value;
        return true;
    case OPT_LIST:
        k->list = true;
        return true;
    case OPT_JSON:
        k->json = true;
        return true;
    case OPT_TIMEOUT:
        return take_seconds(value, &k->timeout_s);
    case OPT_OVERALL:
        return take_seconds(value, &k->overall_s);
    default:
        return false;
    }
}

static bool
is_complete(const struct conformance *k, int operands)
{
    int modes = (k->command != NULL) + (k->url != NULL) + (k->show != NULL) + k->list;

    if (k->lab && !k->list && k->show == NULL && getenv("CAAPROOF_LAB") == NULL) {
        fputs("caaproof: --lab asks names that exist only inside lab/run\n", stderr);
        return false;
    }
    if (operands != 0 || modes != 1) {
        fputs("caaproof: one of --exec CMD, --url URL, --show CASE, --list is needed, and no "
              "operand; see caaproof conformance --help\n",
              stderr);
        return false;
    }
    return true;
}

static cx_status
read_published(struct conformance *k, const char *file, struct cx_detail *detail)
{
    const char *path = NULL;

    CX_TRY(case_file_find(&k->table, file, &path, detail));
    return case_table_read(&k->table, path, detail);
}

static cx_status
read_cases(struct conformance *k, struct cx_detail *detail)
{
    for (size_t i = 0; i < k->n_files; i++) {
        CX_TRY(case_table_read(&k->table, k->files[i], detail));
    }
    if (k->n_files == 0) {
        CX_TRY(read_published(k, "golden.json", detail));
        CX_TRY(read_published(k, "scenarios.json", detail));
    }
    return k->lab ? read_published(k, "cases.json", detail) : CX_SUCCESS;
}

static void
keep_only(struct conformance *k)
{
    size_t n = 0, length = k->only != NULL ? strlen(k->only) : 0;

    for (size_t i = 0; i < k->table.n; i++) {
        cx_str name = k->table.v[i].name;

        if (name.n >= length && (length == 0 || memcmp(name.p, k->only, length) == 0)) {
            k->table.v[n++] = k->table.v[i];
        }
    }
    k->table.n = n;
}

static void
replied(void *ctx, size_t i, cx_str reply, const char *why)
{
    struct conformance *k = ctx;

    if (!cx_ok(compare_reply(&k->table.v[i], reply, why, &k->table.arena, &k->outcomes[i]))) {
        k->out_of_memory = true;
        k->outcomes[i] = (struct outcome){ .c = &k->table.v[i] };
    }
    progress_step(&k->progress);
}

static int
print_report(const struct conformance *k, const struct report *report)
{
    struct cx_json *json;
    cx_status s;

    if (!k->json) {
        report_print(stdout, report);
        return EXIT_SUCCESS;
    }
    json = report_to_json(report);
    s = output_json(json);
    cx_json_free(json);
    return cx_ok(s) ? EXIT_SUCCESS : exit_with(s, NULL);
}

static int
hold_to_cases(struct conformance *k)
{
    struct peer_run run = {
        .requests = k->requests,
        .n = k->table.n,
        .timeout_s = (unsigned)k->timeout_s, /* at most a day */
        .overall_s = (unsigned)k->overall_s,
        .replied = replied,
        .ctx = k,
    };
    struct report report = { .checker = k->command != NULL ? k->command : k->url,
                             .v = k->outcomes,
                             .n = k->table.n };
    struct cx_detail detail = { .text = "" };
    cx_status s;
    int code;

    progress_begin(&k->progress, "cases", k->table.n);
    s = k->command != NULL ? peer_exec(k->command, &run, &detail)
                           : peer_http(k->url, &run, &detail);
    progress_end(&k->progress);
    if (cx_ok(s) && k->out_of_memory) {
        s = (cx_status){ CX_E_NOMEM };
    }
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    report.remark = run.remark;
    code = print_report(k, &report);
    if (code != EXIT_SUCCESS) {
        return code;
    }
    return report_passed(&report) == report.n ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
run_cases(struct conformance *k)
{
    int code;

    k->requests = cx_alloc(k->table.n + 1, sizeof(*k->requests));
    k->outcomes = cx_alloc(k->table.n + 1, sizeof(*k->outcomes));
    if (k->requests == NULL || k->outcomes == NULL) {
        code = exit_with((cx_status){ CX_E_NOMEM }, NULL);
    } else {
        for (size_t i = 0; i < k->table.n; i++) {
            k->requests[i] = k->table.v[i].line;
            k->outcomes[i].c = &k->table.v[i];
        }
        code = hold_to_cases(k);
    }
    cx_free(k->requests);
    cx_free(k->outcomes);
    return code;
}

static int
run(struct conformance *k)
{
    struct cx_detail detail = { .text = "" };
    const struct conformance_case *c;
    cx_status s = read_cases(k, &detail);

    if (cx_ok(s) && k->show != NULL) {
        c = case_table_find(&k->table, cx_str_of(k->show));
        s = c != NULL ? show_case(stdout, c)
                      : cx_fail(&detail, CX_E_USAGE,
                                "no case \"%s\"; see caaproof conformance "
                                "--list",
                                k->show);
    }
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    keep_only(k);
    if (k->show != NULL) {
        return EXIT_SUCCESS;
    }
    if (k->list) {
        show_list(stdout, &k->table);
        return EXIT_SUCCESS;
    }
    if (k->table.n == 0) {
        return exit_with(cx_fail(&detail, CX_E_USAGE, "no such cases"), &detail);
    }
    return run_cases(k);
}

int
command_conformance(int argc, char **argv)
{
    struct conformance k = { .timeout_s = 30, .overall_s = 600 };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &k, &code);

    if (first < 0) {
        return code;
    }
    if (!is_complete(&k, argc - first)) {
        return EX_USAGE;
    }
    case_table_init(&k.table);
    code = run(&k);
    case_table_done(&k.table);
    return exit_with_output(code);
}

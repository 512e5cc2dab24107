#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/runs.h"
#include "bin/caaproof/terminal.h"
#include "bin/caaproof/triage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: caaproof explain RUN SERIAL|SHA256 [--json]\n"
    "\n"
    "One certificate's story from a run of triage: when it was signed and which clock says so; for "
    "each name\n"
    "what the archive shows at that moment, label by label, with the line that it stands on; its "
    "class, its\n"
    "deadline, and what each remedy would do. Nothing is asked of DNS.\n"
    "\n"
    "Exit status: 0 it was found; 1 the run has no such certificate; 64-78 errors.\n";

/* ---- words */

static cx_str
text(const struct cx_json *json, const char *member)
{
    cx_str s = CX_STR("-");

    (void)cx_json_string(cx_json_get(json, member), &s); /* null: "-" */
    return s;
}

static void
print_text(cx_str s)
{
    output_plain(stdout, s);
}

static void
print_line(const char *what, const struct cx_json *json, const char *member)
{
    printf("  %-16s ", what);
    print_text(text(json, member));
    printf("\n");
}

static cx_str
sentence_of(cx_str reason)
{
    for (unsigned i = 0; i < CX_EVIDENCE_COUNT; i++) {
        if (cx_str_equal(reason, cx_str_of(cx_evidence_word((enum cx_evidence_reason)i)))) {
            return cx_str_of(cx_evidence_sentence((enum cx_evidence_reason)i));
        }
    }
    return reason;
}

static void
print_reasons(const struct cx_json *reasons, const char *indent)
{
    for (size_t i = 0; i < cx_json_size(reasons); i++) {
        cx_str reason = CX_STR("");

        (void)cx_json_string(cx_json_at(reasons, i), &reason); /* of our own JSON */
        printf("%s", indent);
        print_text(sentence_of(reason));
        printf("\n");
    }
}

static enum paint
paint_of_state(cx_str state)
{
    return cx_str_equal(state, CX_STR("permissive")) || cx_str_equal(state, CX_STR("PROVEN"))
               ? PAINT_GOOD
           : cx_str_equal(state, CX_STR("denied")) || cx_str_equal(state, CX_STR("PROVEN-DENY"))
               ? PAINT_BAD
               : PAINT_DOUBT;
}

static void
print_painted(cx_str word)
{
    printf("%s", paint_on(stdout, paint_of_state(word)));
    print_text(word);
    printf("%s", paint_off(stdout));
}

static const char *
clock_words(cx_str clock)
{
    return cx_str_equal(clock, CX_STR("signing-log"))  ? "the log of signatures"
           : cx_str_equal(clock, CX_STR("sct"))        ? "the earliest SCT"
           : cx_str_equal(clock, CX_STR("not-before")) ? "notBefore, which may have been set back"
                                                       : "nothing: the moment is not known";
}

static const char *
process_words(cx_str process)
{
    return cx_str_equal(process, CX_STR("consulted")) ? "consulted the check before it signed"
           : cx_str_equal(process, CX_STR("not-consulted"))
               ? "did not consult the check"
               : "not known whether it consulted the check";
}

/* ---- names */

static void
print_step(const struct cx_json *step)
{
    int64_t line = 0;

    (void)cx_json_integer(cx_json_get(step, "line"), &line); /* of our own JSON */
    printf("      ");
    print_text(text(step, "name"));
    printf("  ");
    print_text(text(step, "outcome"));
    printf("  %s", paint_on(stdout, PAINT_FAINT));
    print_text(text(step, "time"));
    printf(", grade ");
    print_text(text(step, "grade"));
    printf(", ");
    print_text(text(step, "source"));
    printf(":%" PRId64 "%s\n", line, paint_off(stdout));
}

static void
print_records(const struct cx_json *records)
{
    for (size_t i = 0; i < cx_json_size(records); i++) {
        cx_str record = CX_STR("");

        (void)cx_json_string(cx_json_at(records, i), &record); /* of our own JSON */
        printf("        %s", paint_on(stdout, PAINT_BOLD));
        print_text(record);
        printf("%s\n", paint_off(stdout));
    }
}

static void
print_name(const struct cx_json *name)
{
    const struct cx_json *climb = cx_json_get(name, "climb");

    printf("  ");
    print_text(text(name, "name"));
    printf("  ");
    print_painted(text(name, "state"));
    if (cx_json_kind_of(cx_json_get(name, "verdict")) == CX_JSON_STRING) {
        printf(", verdict on the evidence ");
        print_text(text(name, "verdict"));
    }
    printf("\n");
    print_reasons(cx_json_get(name, "reasons"), "    ");
    for (size_t i = 0; i < cx_json_size(climb); i++) {
        print_step(cx_json_at(climb, i));
    }
    print_records(cx_json_get(name, "records"));
    if (cx_json_kind_of(cx_json_get(name, "checked")) == CX_JSON_STRING) {
        printf("      checked ");
        print_text(text(name, "checked"));
        printf(", good until ");
        print_text(text(name, "window_ends"));
        printf("\n");
    }
}

/* ---- the certificate */

static void
print_duty(const struct cx_json *row)
{
    bool late = false;

    (void)cx_json_bool(cx_json_get(row, "late"), &late); /* of our own JSON */
    printf("  %-16s %s", "to be revoked", triage_duty_words(text(row, "duty")));
    if (cx_json_kind_of(cx_json_get(row, "deadline")) == CX_JSON_STRING) {
        printf(", by ");
        print_text(text(row, "deadline"));
        printf("%s", late ? ", which is over" : "");
    }
    triage_print_rule(text(row, "rule"));
    printf("\n");
    if (cx_json_kind_of(cx_json_get(row, "also")) == CX_JSON_STRING) {
        print_line("another reading", row, "also");
    }
}

static void
print_remedies(const struct cx_json *remedies)
{
    const char *comma = "";

    printf("  %-16s ", "by each remedy");
    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        const char *word = cx_remedy_word((enum cx_remedy)i);
        const struct cx_json *json = cx_json_get(remedies, word);
        bool revoke = false;

        if (cx_json_bool(json, &revoke)) {
            printf("%s%s: %s", comma, word, revoke ? "revoked" : "spared");
        } else {
            printf("%s%s: not known", comma, word);
        }
        comma = ", ";
    }
    printf("\n");
}

static void
print_row(const struct cx_json *row)
{
    const struct cx_json *names = cx_json_get(row, "names");
    const struct cx_json *now = cx_json_get(row, "now");

    printf("%sserial ", paint_on(stdout, PAINT_BOLD));
    print_text(text(row, "serial"));
    printf("%s  ", paint_off(stdout));
    print_painted(text(row, "class"));
    printf("\n");
    print_line("certificate", row, "certificate");
    print_line("precertificate", row, "precertificate");
    print_line("issuer", row, "issuer");
    printf("  %-16s ", "signed");
    print_text(text(row, "signed"));
    printf(", says %s", clock_words(text(row, "clock")));
    printf("\n");
    printf("  %-16s %s\n", "process", process_words(text(row, "process")));
    print_line("status", row, "status");
    print_duty(row);
    print_remedies(cx_json_get(row, "remedies"));
    if (cx_json_kind_of(now) == CX_JSON_OBJECT) {
        print_line("DNS now", now, "state");
    }
    printf("\n");
    print_reasons(cx_json_get(row, "reasons"), "  ");
    printf("\n");
    for (size_t i = 0; i < cx_json_size(names); i++) {
        print_name(cx_json_at(names, i));
    }
}

static cx_status
explain(const char *path, const char *id, bool json, uint64_t *ret_n, struct cx_detail *detail)
{
    struct opened_run run = { .run = NULL };
    struct cx_report_rows rows;
    const struct cx_json *row = NULL;
    cx_status s = runs_open(path, &run, detail);

    if (cx_ok(s)) {
        s = cx_run_begin_found(run.run, cx_str_of(id), detail);
    }
    while (cx_ok(s)) {
        rows = cx_run_rows(run.run, CX_ROW_WHOLE);
        s = rows.next(rows.ctx, &row, detail);
        if (!cx_ok(s) || row == NULL) {
            break;
        }
        (*ret_n)++;
        if (json) {
            s = output_json(row);
        } else {
            print_row(row);
        }
    }
    runs_close(&run);
    return s;
}

int
command_explain(int argc, char **argv)
{
    struct cx_detail detail = { .text = "" };
    bool json = argc == 4 && strcmp(argv[3], "--json") == 0;
    uint64_t n = 0;
    cx_status s;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (argc != 3 && !json) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    s = explain(argv[1], argv[2], json, &n, &detail);
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    if (n == 0) {
        fprintf(stderr, "caaproof: %s has no certificate with that serial or SHA-256\n", argv[1]);
    }
    return exit_with_output(n == 0 ? 1 : EXIT_SUCCESS);
}

#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/runs.h"
#include "store/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: caaproof report RUN [options]\n"
    "\n"
    "Writes into RUN what people get of a run of triage:\n"
    "\n"
    "  report.html        one page: matrix, remedies, deadlines, every certificate with its climb\n"
    "  preliminary.md     the preliminary incident report; report.md the full one (CCADB template "
    "3.2)\n"
    "  certificates.csv   the appendix: eleven columns as CCADB wants them, ours to the right\n"
    "  links.txt          the same as links, for 10,000 certificates and more\n"
    "  worklist.csv       what to revoke, by when, the most urgent first\n"
    "  notices.csv        whom to tell of what\n"
    "\n"
    "  --rows N           certificates on the page, the most urgent (default 20000)\n"
    "  --remedy R         certificates.csv and links.txt have only what this remedy revokes: "
    "recheck,\n"
    "                     archive, process, rules (default: all certificates)\n"
    "  --ndjson           print every certificate as JSON, one a line, and write nothing\n"
    "\n"
    "Fields that only a person can fill in begin with TODO(person).\n";

#define ROWS_DEFAULT 20000

struct reporting {
    struct opened_run opened;
    const char *folder;
    const char *remedy;
    unsigned long rows;
    bool quiet;
    bool ndjson;
};

/* A file that gets its name when it is whole. */
struct part {
    char *path;
    char *part;
    FILE *out;
};

static cx_status
begin_part(const struct reporting *r, const char *name, struct part *ret, struct cx_detail *detail)
{
    CX_TRY(cx_path_make(&ret->path, "%s/%s", r->folder, name));
    CX_TRY(cx_path_make(&ret->part, "%s.part", ret->path));
    ret->out = fopen(ret->part, "we");
    return ret->out != NULL
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_IO, "%s: cannot be made: %s", ret->part, strerror(errno));
}

static cx_status
end_part(const struct reporting *r, struct part *part, struct cx_detail *detail)
{
    FILE *out = part->out;

    part->out = NULL;
    if (fclose(out) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be written", part->part);
    }
    if (rename(part->part, part->path) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be named: %s", part->path, strerror(errno));
    }
    if (!r->quiet) {
        printf("%s\n", part->path);
    }
    return CX_SUCCESS;
}

/* Whoever writes a report knows no name. */
static cx_status
name_file(cx_status s, const char *path, struct cx_detail *detail)
{
    const struct cx_detail what = *detail;

    return cx_status_class(s) == CX_CLASS_IO ? cx_fail(detail, s.code, "%s: %s", path, what.text)
                                             : s;
}

/* After success or failure. */
static void
drop_part(struct part *part)
{
    if (part->out != NULL) {
        (void)fclose(part->out); /* has failed before */
    }
    cx_path_free(&part->path);
    cx_path_free(&part->part);
}

enum text {
    PAGE,
    PRELIMINARY,
    FULL,
};

static const char *const text_names[] = { "report.html", "preliminary.md", "report.md" };
static const char *const list_names[] = { "certificates.csv", "links.txt", "worklist.csv",
                                          "notices.csv" };

static cx_status
put_text(const struct reporting *r, enum text text, FILE *out, struct cx_detail *detail)
{
    const struct cx_json *summary = cx_run_summary(r->opened.run);
    struct cx_report_rows rows = cx_run_rows(r->opened.run, CX_ROW_WHOLE);

    if (text != PAGE) {
        return cx_report_markdown(summary, text == FULL, out, detail);
    }
    CX_TRY(cx_run_begin(r->opened.run, r->rows, detail));
    return cx_report_html(summary, &rows, r->rows, out, detail);
}

static cx_status
write_text(const struct reporting *r, enum text text, struct cx_detail *detail)
{
    CX_AUTO(drop_part) struct part part = { NULL };

    CX_TRY(begin_part(r, text_names[text], &part, detail));
    CX_TRY(name_file(put_text(r, text, part.out, detail), part.part, detail));
    return end_part(r, &part, detail);
}

static cx_status
write_parts(const struct reporting *r, struct part parts[4], struct cx_detail *detail)
{
    struct cx_report_rows rows = cx_run_rows(r->opened.run, CX_ROW_OF_LISTS);
    struct cx_report_lists lists;

    for (size_t i = 0; i < CX_COUNT(list_names); i++) {
        CX_TRY(begin_part(r, list_names[i], &parts[i], detail));
    }
    lists = (struct cx_report_lists){ parts[0].out, parts[1].out, parts[2].out, parts[3].out };
    CX_TRY(cx_run_begin(r->opened.run, 0, detail));
    CX_TRY(name_file(cx_report_lists(&rows, r->remedy, &lists, detail), r->folder, detail));
    for (size_t i = 0; i < CX_COUNT(list_names); i++) {
        CX_TRY(end_part(r, &parts[i], detail));
    }
    return CX_SUCCESS;
}

static cx_status
write_lists(const struct reporting *r, struct cx_detail *detail)
{
    struct part parts[4] = { { NULL } };
    cx_status s = write_parts(r, parts, detail);

    for (size_t i = 0; i < CX_COUNT(parts); i++) {
        drop_part(&parts[i]);
    }
    return s;
}

static cx_status
write_all(struct reporting *r, struct cx_detail *detail)
{
    CX_TRY(write_text(r, PAGE, detail));
    CX_TRY(write_text(r, PRELIMINARY, detail));
    CX_TRY(write_text(r, FULL, detail));
    return write_lists(r, detail);
}

cx_status
runs_report(const char *path, bool quiet, struct cx_detail *detail)
{
    struct reporting r = { .folder = path, .rows = ROWS_DEFAULT, .quiet = quiet };
    cx_status s = runs_open(path, &r.opened, detail);

    if (cx_ok(s)) {
        s = write_all(&r, detail);
    }
    runs_close(&r.opened);
    return s;
}

static cx_status
drop_all(const char *path, const char *const *names, size_t n, struct cx_detail *detail)
{
    for (size_t i = 0; i < n; i++) {
        CX_AUTO(cx_path_free) char *file = NULL;

        CX_TRY(cx_path_make(&file, "%s/%s", path, names[i]));
        CX_TRY(cx_file_remove(file, detail));
    }
    return CX_SUCCESS;
}

cx_status
runs_drop_report(const char *path, struct cx_detail *detail)
{
    CX_TRY(drop_all(path, text_names, CX_COUNT(text_names), detail));
    return drop_all(path, list_names, CX_COUNT(list_names), detail);
}

static cx_status
print_rows(struct reporting *r, struct cx_detail *detail)
{
    struct cx_report_rows rows = cx_run_rows(r->opened.run, CX_ROW_WHOLE);

    CX_TRY(cx_run_begin(r->opened.run, 0, detail));
    for (;;) {
        const struct cx_json *row;

        CX_TRY(rows.next(rows.ctx, &row, detail));
        if (row == NULL) {
            return CX_SUCCESS;
        }
        CX_TRY(output_json(row));
    }
}

enum {
    OPT_ROWS = 256,
    OPT_REMEDY,
    OPT_NDJSON,
};

static const struct option long_options[] = {
    { "rows", required_argument, NULL, OPT_ROWS },
    { "remedy", required_argument, NULL, OPT_REMEDY },
    { "ndjson", no_argument, NULL, OPT_NDJSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

static bool
set_remedy(struct reporting *r, const char *word)
{
    for (unsigned i = 0; i < CX_REMEDIES; i++) {
        if (strcmp(word, cx_remedy_word((enum cx_remedy)i)) == 0) {
            r->remedy = cx_remedy_word((enum cx_remedy)i);
            return true;
        }
    }
    return options_complain("--remedy is recheck, archive, process or rules", word);
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct reporting *r = ctx;

    switch (option) {
    case OPT_ROWS:
        return options_number(value, 1000000, "--rows takes a number", &r->rows);
    case OPT_REMEDY:
        return set_remedy(r, value);
    case OPT_NDJSON:
        r->ndjson = true;
        return true;
    default:
        return false;
    }
}

static int
report(struct reporting *r)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = runs_open(r->folder, &r->opened, &detail);

    if (cx_ok(s)) {
        s = r->ndjson ? print_rows(r, &detail) : write_all(r, &detail);
    }
    runs_close(&r->opened);
    return cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &detail);
}

int
command_report(int argc, char **argv)
{
    struct reporting r = { .rows = ROWS_DEFAULT };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &r, &code);

    if (first < 0) {
        return code;
    }
    if (argc - first != 1) {
        fputs("usage: caaproof report RUN [options]; see caaproof report --help\n", stderr);
        return EX_USAGE;
    }
    r.folder = argv[first];
    return report(&r);
}

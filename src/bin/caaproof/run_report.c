#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/runs.h"
#include "store/files.h"

#include <errno.h>
#include <getopt.h>
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
};

/* One of the files. */
struct piece {
    const char *name;
    cx_status (*write)(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
                       struct cx_detail *detail);
    bool has_rows;
};

static cx_status
write_html(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
           struct cx_detail *detail)
{
    return cx_report_html(cx_run_summary(r->opened.run), rows, r->rows, out, detail);
}

static cx_status
write_preliminary(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
                  struct cx_detail *detail)
{
    (void)rows; /* the summary has it all */
    return cx_report_markdown(cx_run_summary(r->opened.run), false, out, detail);
}

static cx_status
write_full(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
           struct cx_detail *detail)
{
    (void)rows; /* the summary has it all */
    return cx_report_markdown(cx_run_summary(r->opened.run), true, out, detail);
}

static cx_status
write_csv(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
          struct cx_detail *detail)
{
    return cx_report_csv(rows, r->remedy, out, detail);
}

static cx_status
write_links(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
            struct cx_detail *detail)
{
    return cx_report_links(rows, r->remedy, out, detail);
}

static cx_status
write_worklist(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
               struct cx_detail *detail)
{
    (void)r; /* nothing depends on options */
    return cx_report_worklist(rows, out, detail);
}

static cx_status
write_notices(const struct reporting *r, const struct cx_report_rows *rows, FILE *out,
              struct cx_detail *detail)
{
    (void)r; /* nothing depends on options */
    return cx_report_notices(rows, out, detail);
}

static const struct piece pieces[] = {
    { "report.html", write_html, true },    { "preliminary.md", write_preliminary, false },
    { "report.md", write_full, false },     { "certificates.csv", write_csv, true },
    { "links.txt", write_links, true },     { "worklist.csv", write_worklist, true },
    { "notices.csv", write_notices, true },
};

/* Whoever writes a report knows no name. */
static cx_status
name_file(cx_status s, const char *path, struct cx_detail *detail)
{
    const struct cx_detail what = *detail;

    return cx_status_class(s) == CX_CLASS_IO ? cx_fail(detail, s.code, "%s: %s", path, what.text)
                                             : s;
}

/* Under another name first, so that a file that is there is whole. */
static cx_status
write_piece(struct reporting *r, const struct piece *piece, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(cx_path_free) char *part = NULL;
    struct cx_report_rows rows = cx_run_rows(r->opened.run);
    FILE *out;
    cx_status s;

    CX_TRY(cx_path_make(&path, "%s/%s", r->folder, piece->name));
    CX_TRY(cx_path_make(&part, "%s.part", path));
    if (piece->has_rows) {
        CX_TRY(cx_run_begin(r->opened.run, 0, detail));
    }
    out = fopen(part, "we");
    if (out == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be made: %s", part, strerror(errno));
    }
    s = name_file(piece->write(r, &rows, out, detail), part, detail);
    if (fclose(out) != 0 && cx_ok(s)) {
        s = cx_fail(detail, CX_E_IO, "%s: cannot be written", part);
    }
    CX_TRY(s);
    if (rename(part, path) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: cannot be named: %s", path, strerror(errno));
    }
    if (!r->quiet) {
        printf("%s\n", path);
    }
    return CX_SUCCESS;
}

static cx_status
write_all(struct reporting *r, struct cx_detail *detail)
{
    for (size_t i = 0; i < CX_COUNT(pieces); i++) {
        CX_TRY(write_piece(r, &pieces[i], detail));
    }
    return CX_SUCCESS;
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
print_rows(struct reporting *r, struct cx_detail *detail)
{
    struct cx_report_rows rows = cx_run_rows(r->opened.run);

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
    OPT_HELP,
};

static const struct option long_options[] = {
    { "rows", required_argument, NULL, OPT_ROWS },
    { "remedy", required_argument, NULL, OPT_REMEDY },
    { "ndjson", no_argument, NULL, OPT_NDJSON },
    { "help", no_argument, NULL, OPT_HELP },
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

static int
report(struct reporting *r, bool ndjson)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = runs_open(r->folder, &r->opened, &detail);

    if (cx_ok(s)) {
        s = ndjson ? print_rows(r, &detail) : write_all(r, &detail);
    }
    runs_close(&r->opened);
    return cx_ok(s) ? exit_with_output(EXIT_SUCCESS) : exit_with(s, &detail);
}

int
command_report(int argc, char **argv)
{
    struct reporting r = { .rows = ROWS_DEFAULT };
    bool ndjson = false;
    bool good = true;
    int option;

    optind = 1;
    while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        }
        ndjson = ndjson || option == OPT_NDJSON;
        good = option == OPT_ROWS
                   ? options_number(optarg, 1000000, "--rows takes a number", &r.rows)
               : option == OPT_REMEDY ? set_remedy(&r, optarg)
                                      : option == OPT_NDJSON;
    }
    if (!good || argc - optind != 1) {
        fputs("usage: caaproof report RUN [options]; see caaproof report --help\n", stderr);
        return EX_USAGE;
    }
    r.folder = argv[optind];
    return report(&r, ndjson);
}

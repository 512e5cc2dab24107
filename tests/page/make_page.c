/* make_page KIND RUN ROWS [ARGUMENT] >OUT: one report of a run in files; KIND is html (ARGUMENT: most rows), preliminary, full, csv
 * (ARGUMENT: remedy), links (the same), worklist, notices. */
#include "base/file.h"
#include "base/limits.h"
#include "incident/report.h"

#include <stdlib.h>

struct lines {
    FILE *file;
    struct cx_json *row;
    char *line;
    size_t room;
};

static cx_status
next_line(void *ctx, const struct cx_json **ret, struct cx_detail *detail)
{
    struct lines *lines = ctx;
    ssize_t n = getline(&lines->line, &lines->room, lines->file);

    cx_json_free(lines->row);
    lines->row = NULL;
    if (n > 0) {
        CX_TRY(cx_json_parse((cx_str){ lines->line, (size_t)n }, &lines->row, detail));
    }
    *ret = lines->row;
    return CX_SUCCESS;
}

static cx_status
write_kind(const char *kind, const struct cx_json *run, const struct cx_report_rows *rows,
           const char *argument, struct cx_detail *detail)
{
    struct cx_report_lists lists;

    if (strcmp(kind, "html") == 0) {
        size_t most = argument != NULL ? strtoul(argument, NULL, 10) : SIZE_MAX;

        return cx_report_html(run, rows, most, stdout, detail);
    }
    if (strcmp(kind, "preliminary") == 0 || strcmp(kind, "full") == 0) {
        return cx_report_markdown(run, kind[0] == 'f', stdout, detail);
    }
    lists.csv = strcmp(kind, "csv") == 0 ? stdout : NULL;
    lists.links = strcmp(kind, "links") == 0 ? stdout : NULL;
    lists.worklist = strcmp(kind, "worklist") == 0 ? stdout : NULL;
    lists.notices = strcmp(kind, "notices") == 0 ? stdout : NULL;
    if (lists.csv != NULL || lists.links != NULL || lists.worklist != NULL ||
        lists.notices != NULL) {
        return cx_report_lists(rows, argument, &lists, detail);
    }
    return cx_fail(detail, CX_E_USAGE, "no such report: %s", kind);
}

static cx_status
make(char **argv, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *run = NULL;
    struct lines lines = { .file = fopen(argv[3], "re") };
    struct cx_report_rows rows = { next_line, &lines };
    struct cx_buf text;
    cx_status status;

    if (lines.file == NULL) {
        return cx_fail(detail, CX_E_IO, "%s cannot be opened", argv[3]);
    }
    cx_buf_init(&text, CX_FILE_MAX);
    status = cx_file_read(argv[2], &text, detail);
    if (cx_ok(status)) {
        status = cx_json_parse(cx_buf_str(&text), &run, detail);
    }
    cx_buf_done(&text);
    if (cx_ok(status)) {
        status = write_kind(argv[1], run, &rows, argv[4], detail);
    }
    cx_json_free(lines.row);
    free(lines.line);
    (void)fclose(lines.file); /* only read */
    return status;
}

int
main(int argc, char **argv)
{
    struct cx_detail detail = { .text = "" };

    if (argc < 4 || argc > 5) {
        fputs("usage: make_page KIND RUN ROWS [ARGUMENT]\n", stderr);
        return 64;
    }
    if (!cx_ok(make(argv, &detail)) || fflush(stdout) != 0) {
        fprintf(stderr, "make_page: %s\n", detail.text);
        return 1;
    }
    return 0;
}

/* Lists as CSV, TSV, or with semicolons: columns by name, rows as docs/certificates-in.md describes them. */
#include "base/alloc.h"
#include "incident/csv.h"
#include "incident/issued_formats.h"
#include "incident/issued_row.h"

#include <stdio.h>

struct reading {
    struct cx_csv *csv;
    struct cx_issued_build build;
    struct cx_arena arena; /* names of columns, and the header */
    struct cx_columns columns;
    size_t position[CX_COLUMNS]; /* n_header: no such column */
    cx_str *header;
    size_t n_header;
    int32_t zone_s;
    bool says_zone;
};

/* ---- the header */

/* "sep=;" in front of it tells a spreadsheet what the file shows anyhow. */
static bool
is_separator_line(const struct cx_csv_row *row)
{
    return row->n != 0 && row->v[0].n >= 4 && memcmp(row->v[0].p, "sep=", 4) == 0;
}

static cx_status
no_names(const struct cx_csv_row *row, struct cx_detail *detail)
{
    char list[120] = "";
    size_t at = 0;

    for (size_t i = 0; i < row->n && at + 1 < sizeof(list); i++) {
        int n = snprintf(list + at, sizeof(list) - at, "%s\"%.*s\"", i == 0 ? "" : ", ",
                         (int)(row->v[i].n < 30 ? row->v[i].n : 30), row->v[i].p);

        at += n < 0 ? 0 : (size_t)n; /* past the end: cut */
    }
    return cx_fail(detail, CX_E_ARCHIVE,
                   "line %llu: no column of names or certificates among %s; say which it is with a "
                   "mapping",
                   (unsigned long long)row->line, list);
}

/* A mapping that names a column which is not there is a mistake that would hide a column. */
static cx_status
find_columns(struct reading *r, const struct cx_csv_row *row, const struct cx_json *mapping,
             struct cx_detail *detail)
{
    for (size_t i = 0; i < CX_COLUMNS; i++) {
        const char *member = cx_column_names((enum cx_column)i)[0];

        r->position[i] = cx_csv_column(row, r->columns.names[i]);
        if (r->position[i] == row->n && cx_json_get(mapping, member) != NULL) {
            return cx_fail(detail, CX_E_USAGE, "mapping: line %llu has no column \"%s\" for \"%s\"",
                           (unsigned long long)row->line, r->columns.names[i][0], member);
        }
    }
    if (r->position[CX_COLUMN_NAMES] == row->n && r->position[CX_COLUMN_FOUND_NAMES] == row->n &&
        r->position[CX_COLUMN_CERTIFICATE] == row->n) {
        return no_names(row, detail);
    }
    return CX_SUCCESS;
}

static cx_status
keep_header(struct reading *r, const struct cx_csv_row *row)
{
    r->header = cx_arena_get(&r->arena, row->n, sizeof(*r->header));
    if (r->header == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < row->n; i++) {
        CX_TRY(cx_arena_text(&r->arena, row->v[i], &r->header[i]));
    }
    r->n_header = row->n;
    return CX_SUCCESS;
}

static cx_status
read_header(struct reading *r, const struct cx_json *mapping, struct cx_detail *detail)
{
    struct cx_csv_row row;
    bool more;

    CX_TRY(cx_csv_next(r->csv, &row, &more, detail));
    if (more && is_separator_line(&row)) {
        CX_TRY(cx_csv_next(r->csv, &row, &more, detail));
    }
    if (!more) {
        return cx_fail(detail, CX_E_ARCHIVE, "no line with the names of columns");
    }
    CX_TRY(find_columns(r, &row, mapping, detail));
    return keep_header(r, &row);
}

/* ---- rows */

/* Files that were joined have it again. */
static bool
is_header(const struct reading *r, const struct cx_csv_row *row)
{
    if (row->n != r->n_header) {
        return false;
    }
    for (size_t i = 0; i < row->n; i++) {
        if (!cx_str_equal(row->v[i], r->header[i])) {
            return false;
        }
    }
    return true;
}

/* A cell too many or too few has moved the others. */
static bool
fits_header(const struct reading *r, const struct cx_csv_row *row)
{
    for (size_t i = r->n_header; i < row->n; i++) {
        if (row->v[i].n != 0) {
            return false;
        }
    }
    return row->n >= r->n_header;
}

static cx_status
take_row(struct reading *r, const struct cx_csv_row *row, struct cx_issued_record *record)
{
    struct cx_cells cells = {
        .whole = cx_span_of_str(row->text),
        .zone_s = r->zone_s,
        .says_zone = r->says_zone,
    };

    if (is_header(r, row)) {
        cx_issued_ignore(record, "the names of the columns again");
        return CX_SUCCESS;
    }
    if (!fits_header(r, row)) {
        cx_issued_reject(record, cells.whole, "%zu cells under %zu columns", row->n, r->n_header);
        return CX_SUCCESS;
    }
    if (!row->ended) {
        cx_issued_reject(record, cells.whole, CX_LINE_NOT_ENDED);
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < CX_COLUMNS; i++) {
        if (r->position[i] < r->n_header) {
            cells.v[i] = row->v[r->position[i]];
        }
    }
    return cx_issued_take_row(&r->build, &cells, record);
}

static cx_status
next(void *self, struct cx_issued_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct cx_detail why = { .text = "" };
    struct reading *r = self;
    struct cx_csv_row row;
    cx_status s = cx_csv_next(r->csv, &row, ret_more, &why);

    cx_issued_begin(&r->build, row.line, ret);
    if (cx_status_class(s) == CX_CLASS_LIMIT || cx_status_class(s) == CX_CLASS_MALFORMED) {
        *ret_more = true;
        cx_issued_reject(ret, cx_span_of_str(row.text), "%s", why.text);
        return CX_SUCCESS;
    }
    if (!cx_ok(s)) {
        return cx_fail(detail, s.code, "%s", why.text);
    }
    return *ret_more ? take_row(r, &row, ret) : CX_SUCCESS;
}

/* ---- the format */

static void
close_reading(void *self)
{
    struct reading *r = self;

    if (r != NULL) {
        cx_csv_close(r->csv);
        cx_issued_build_done(&r->build);
        cx_arena_done(&r->arena);
        cx_free(r);
    }
}

static cx_status
open_reading(const struct cx_issued_options *options, struct cx_input *input, void **ret,
             struct cx_detail *detail)
{
    struct reading *r = cx_alloc(1, sizeof(*r));
    cx_status s;

    if (r == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->zone_s = options->has_zone ? options->zone_s : 0;
    r->says_zone = options->has_zone;
    cx_issued_build_init(&r->build);
    cx_arena_init(&r->arena, CX_CHECK_MEMORY);
    s = cx_columns_of(options->mapping, &r->arena, &r->columns, detail);
    if (cx_ok(s)) {
        s = cx_csv_open(input, 0, &r->csv, detail);
    }
    if (cx_ok(s)) {
        s = read_header(r, options->mapping, detail);
    }
    if (!cx_ok(s)) {
        close_reading(r);
        return s;
    }
    *ret = r;
    return CX_SUCCESS;
}

/* Two columns that are known at least, one of which tells certificates apart: text has commas too. */
static cx_status
count_columns(struct cx_input *input, struct cx_csv **csv, size_t *ret)
{
    struct cx_csv_row row;
    bool more;

    CX_TRY(cx_csv_open(input, 0, csv, NULL));
    CX_TRY(cx_csv_next(*csv, &row, &more, NULL));
    if (more && is_separator_line(&row)) {
        CX_TRY(cx_csv_next(*csv, &row, &more, NULL));
    }
    for (size_t i = 0; more && i < CX_COLUMNS; i++) {
        *ret += cx_csv_column(&row, cx_column_names((enum cx_column)i)) < row.n ? 1 : 0;
    }
    return CX_SUCCESS;
}

static cx_status
find_out(cx_span head, bool *ret)
{
    struct cx_input *input = cx_input_of(cx_issued_text_of(head));
    struct cx_csv *csv = NULL;
    size_t known = 0;
    cx_status s = input != NULL ? count_columns(input, &csv, &known) : (cx_status){ CX_E_NOMEM };

    cx_csv_close(csv);
    cx_input_close(input);
    *ret = known >= 2;
    return s.code == CX_E_NOMEM ? s : CX_SUCCESS; /* what cannot be read is not a list */
}

const struct cx_issued_format cx_issued_csv = {
    .name = "csv",
    .about = "rows of CSV, TSV or with semicolons, columns by their names",
    .find_out = find_out,
    .open = open_reading,
    .next = next,
    .close = close_reading,
};

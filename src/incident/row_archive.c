#include "base/alloc.h"
#include "incident/archive_formats.h"

struct row_archive {
    struct cx_csv *csv;
    const struct cx_row_reader *reader;
    size_t n; /* columns of the header */
    size_t columns[CX_ROW_COLUMNS];
    struct cx_excerpt excerpt;
};

static void
archive_cleanup(struct row_archive **rows)
{
    cx_row_archive_close(*rows);
}

static cx_status
read_header(struct row_archive *rows, struct cx_detail *detail)
{
    struct cx_csv_row header;
    bool more = false;

    CX_TRY(cx_csv_next(rows->csv, &header, &more, detail));
    if (!more) {
        return cx_fail(detail, CX_E_ARCHIVE, "the file is empty: a row with names is needed");
    }
    rows->n = header.n;
    return rows->reader->head(&rows->excerpt, &header, rows->columns, detail);
}

cx_status
cx_row_archive_open(const struct cx_archive_options *options, struct cx_input *input,
                    const struct cx_row_reader *reader, void **ret, struct cx_detail *detail)
{
    CX_AUTO(archive_cleanup) struct row_archive *rows = cx_alloc(1, sizeof(*rows));

    if (rows == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    rows->reader = reader;
    CX_TRY(cx_excerpt_init(&rows->excerpt, options, detail));
    CX_TRY(cx_csv_open(input, 0, &rows->csv, detail));
    CX_TRY(read_header(rows, detail));
    *ret = CX_STEAL(rows);
    return CX_SUCCESS;
}

void
cx_row_archive_close(void *self)
{
    struct row_archive *rows = self;

    if (rows != NULL) {
        cx_csv_close(rows->csv);
        cx_excerpt_done(&rows->excerpt);
        cx_free(rows);
    }
}

/* Fewer or more cells than names: which is which cannot be known. Nor can what a last cell said that was cut. */
static cx_status
read_row(struct row_archive *rows, const struct cx_csv_row *row, struct cx_detail *detail)
{
    if (row->n != rows->n) {
        return cx_fail(detail, CX_E_ARCHIVE, "%zu cells, but the first row has %zu names", row->n,
                       rows->n);
    }
    if (!row->ended) {
        return cx_fail(detail, CX_E_ARCHIVE, CX_LINE_NOT_ENDED);
    }
    return rows->reader->read(&rows->excerpt, row, rows->columns, detail);
}

cx_status
cx_row_archive_next(void *self, struct cx_archive_record *ret, bool *ret_more,
                    struct cx_detail *detail)
{
    struct row_archive *rows = self;
    struct cx_detail why = { .text = "" };
    struct cx_csv_row row;
    cx_status status;

    cx_excerpt_begin(&rows->excerpt);
    status = cx_csv_next(rows->csv, &row, ret_more, &why);
    if (cx_ok(status) && !*ret_more) {
        return CX_SUCCESS;
    }
    if (cx_ok(status)) {
        status = read_row(rows, &row, &why);
    }
    ret->line = row.line;
    ret->text = cx_span_of_str(row.text);
    if (!cx_ok(cx_excerpt_end(&rows->excerpt, status, &why, ret))) {
        *detail = why;
        return status;
    }
    return CX_SUCCESS;
}

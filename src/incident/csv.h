/* Rows of CSV and TSV (RFC 4180, and what people make of it), by libcsv.
 * I1: a row may span lines, and is known by the line on which it begins. */
#ifndef CX_INCIDENT_CSV_H
#define CX_INCIDENT_CSV_H

#include "base/arena.h"
#include "incident/input.h"

struct cx_csv;

struct cx_csv_row {
    uint64_t line; /* on which it begins, from 1 */
    const cx_str *v;
    size_t n;    /* at most CX_COLUMNS_MAX */
    bool ended;  /* false: no line end is behind it, so its last cell may be cut */
    cx_str text; /* all of it as the file has it, also with a failure; may be cut then */
};

/* input is borrowed. delimiter: ',', ';', TAB, or 0: the one that its first line has most of. A byte order mark is passed over. Classes: NOMEM, IO. */
cx_status cx_csv_open(struct cx_input *input, char delimiter, struct cx_csv **ret,
                      struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_csv_close(struct cx_csv *csv);
/* The next row that is not empty, borrowed until the next call; *ret_more is false at the end. A row that cannot be read (too long,
 * too many columns, a quote that never ends or is in the middle of a cell; between TABs such a quote is text) is CX_E_LIMIT or CX_E_ARCHIVE, with
 * ret->line set, and reading goes on behind it. Classes: IO, LIMIT, MALFORMED, NOMEM. */
cx_status cx_csv_next(struct cx_csv *csv, struct cx_csv_row *ret, bool *ret_more,
                      struct cx_detail *detail) CX_MUST;
/* Position of the column that has the first of the names (NULL-terminated) that a header row has, as it is or else without regard to case, blanks, "_"
 * and "-"; row->n if none. */
size_t cx_csv_column(const struct cx_csv_row *header, const char *const *names);

#endif

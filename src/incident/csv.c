#include "incident/csv.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

#include <csv.h>

/* By how much libcsv's room for a cell grows at a time: its own 128 octets would copy a large cell again and again. */
#define CELL_STEP 65536

struct cx_csv {
    struct csv_parser parser;
    struct cx_input *input;
    bool has_parser;
    struct cx_buf text;          /* the cells of the row, one behind the other */
    size_t n;                    /* cells; may be more than fit */
    size_t ends[CX_COLUMNS_MAX]; /* of each cell, in text */
    cx_str cells[CX_COLUMNS_MAX];
    bool complete;
    struct cx_buf raw; /* of a row with several lines, all but the last */
};

static void
csv_cleanup(struct cx_csv **csv)
{
    cx_csv_close(*csv);
}

/* ---- opening */

static void *
resize(void *old, size_t n)
{
    return cx_realloc(old, n, 1);
}

/* CR inside of a line is text: lines were cut before. */
static int
is_end(unsigned char c)
{
    return c == '\n';
}

static cx_status
pass_mark(struct cx_input *input, struct cx_detail *detail)
{
    bool more;
    cx_span head;

    CX_TRY(cx_input_peek(input, 3, &head, detail));
    if (head.n == 3 && memcmp(head.p, "\xef\xbb\xbf", 3) == 0) {
        CX_TRY(cx_input_take(input, 3, &head, &more, detail));
    }
    return CX_SUCCESS;
}

/* Of ',', ';' and TAB the one that the first line has most of outside of quotes. */
static cx_status
find_delimiter(struct cx_input *input, char *ret, struct cx_detail *detail)
{
    static const char delimiters[] = { ',', ';', '\t' };
    size_t counts[CX_COUNT(delimiters)] = { 0 }, best = 0;
    bool quoted = false;
    cx_span head;

    CX_TRY(cx_input_peek(input, CX_INPUT_PEEK, &head, detail));
    for (size_t i = 0; i < head.n && (quoted || head.p[i] != '\n'); i++) {
        quoted = quoted != (head.p[i] == '"');
        for (size_t k = 0; k < CX_COUNT(delimiters); k++) {
            counts[k] += !quoted && head.p[i] == (uint8_t)delimiters[k] ? 1 : 0;
        }
    }
    for (size_t k = 1; k < CX_COUNT(delimiters); k++) {
        best = counts[k] > counts[best] ? k : best;
    }
    *ret = delimiters[best];
    return CX_SUCCESS;
}

cx_status
cx_csv_open(struct cx_input *input, char delimiter, struct cx_csv **ret, struct cx_detail *detail)
{
    CX_AUTO(csv_cleanup) struct cx_csv *csv = cx_alloc(1, sizeof(*csv));

    if (csv == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    csv->input = input;
    cx_buf_init(&csv->text, CX_LINE_MAX);
    cx_buf_init(&csv->raw, CX_LINE_MAX);
    CX_TRY(pass_mark(input, detail));
    if (delimiter == 0) {
        CX_TRY(find_delimiter(input, &delimiter, detail));
    }
    /* Lists between TABs are often written without any quoting: there a quote in a cell is text. Elsewhere it would mean
     * that two rows become one, unseen. */
    if (csv_init(&csv->parser, delimiter == '\t' ? 0 : CSV_STRICT) != 0) {
        return (cx_status){ CX_E_NOMEM };
    }
    csv->has_parser = true;
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_term_func(&csv->parser, is_end);
    csv_set_realloc_func(&csv->parser, resize);
    csv_set_free_func(&csv->parser, cx_free);
    csv_set_blk_size(&csv->parser, CELL_STEP);
    *ret = CX_STEAL(csv);
    return CX_SUCCESS;
}

void
cx_csv_close(struct cx_csv *csv)
{
    if (csv == NULL) {
        return;
    }
    if (csv->has_parser) {
        csv_free(&csv->parser);
    }
    cx_buf_done(&csv->text);
    cx_buf_done(&csv->raw);
    cx_free(csv);
}

/* ---- rows */

static void
take_cell(void *text, size_t n, void *ctx)
{
    struct cx_csv *csv = ctx;

    cx_buf_put(&csv->text, (cx_str){ text, n });
    if (csv->n < CX_COLUMNS_MAX) {
        csv->ends[csv->n] = csv->text.n;
    }
    csv->n++;
}

static void
take_end(int end, void *ctx)
{
    struct cx_csv *csv = ctx;

    (void)end; /* there is only one */
    csv->complete = true;
}

static void
pass_cell(void *text, size_t n, void *ctx)
{
    (void)text;
    (void)n;
    (void)ctx;
}

static void
pass_end(int end, void *ctx)
{
    (void)end;
    (void)ctx;
}

/* Forgets what was begun. */
static void
begin(struct cx_csv *csv)
{
    csv->n = 0;
    csv->complete = false;
    cx_buf_clear(&csv->text);
    cx_buf_clear(&csv->raw);
    (void)csv_fini(&csv->parser, pass_cell, pass_end, NULL); /* fails only with CSV_STRICT_FINI */
}

/* All lines so far. One line, as nearly all rows have, is not copied. */
static void
keep_text(struct cx_csv *csv, cx_str line, struct cx_csv_row *row)
{
    if (csv->raw.n != 0) {
        cx_buf_put(&csv->raw, line);
        line = cx_buf_str(&csv->raw);
    }
    row->text = line;
}

static cx_status
unreadable(struct cx_csv *csv, cx_str line, struct cx_csv_row *row, const char *why,
           struct cx_detail *detail)
{
    keep_text(csv, line, row);
    return cx_fail(detail, CX_E_ARCHIVE, "line %llu: %s", (unsigned long long)row->line, why);
}

static cx_status
feed(struct cx_csv *csv, cx_str line, struct cx_csv_row *row, struct cx_detail *detail)
{
    size_t done = csv_parse(&csv->parser, line.p, line.n, take_cell, take_end, csv);

    done += done == line.n ? csv_parse(&csv->parser, "\n", 1, take_cell, take_end, csv) : 0;
    if (done == line.n + 1) {
        return cx_buf_status(&csv->text);
    }
    if (csv_error(&csv->parser) != CSV_EPARSE) {
        return (cx_status){ CX_E_NOMEM };
    }
    return unreadable(csv, line, row,
                      "a quote in the middle of a cell; quotes in quoted cells are doubled",
                      detail);
}

/* The row goes on with the next line. */
static cx_status
go_on(struct cx_csv *csv, cx_str line, struct cx_csv_row *row, struct cx_detail *detail)
{
    if (line.n + 1 > CX_LINE_MAX - csv->raw.n) {
        keep_text(csv, (cx_str){ line.p, 0 }, row);
        return cx_fail(detail, CX_E_LIMIT, "line %llu: a row longer than %u octets",
                       (unsigned long long)row->line, CX_LINE_MAX);
    }
    cx_buf_put(&csv->raw, line);
    cx_buf_putc(&csv->raw, '\n');
    return cx_buf_status(&csv->raw);
}

static cx_status
finish(struct cx_csv *csv, cx_str line, struct cx_csv_row *row, struct cx_detail *detail)
{
    size_t at = 0;

    keep_text(csv, line, row);
    if (csv->n > CX_COLUMNS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "line %llu: %zu columns, more than %d",
                       (unsigned long long)row->line, csv->n, CX_COLUMNS_MAX);
    }
    for (size_t i = 0; i < csv->n; i++) {
        csv->cells[i] = (cx_str){ csv->text.n == 0 ? "" : csv->text.p + at, csv->ends[i] - at };
        at = csv->ends[i];
    }
    row->v = csv->cells;
    row->n = csv->n;
    row->ended = cx_input_line_ended(csv->input);
    return CX_SUCCESS;
}

static cx_status
next_line(struct cx_csv *csv, cx_str *ret, bool *ret_more, struct cx_csv_row *row,
          struct cx_detail *detail)
{
    cx_status status = cx_input_line(csv->input, ret, ret_more, detail);

    if (row->line == 0) {
        row->line = cx_input_number(csv->input);
    }
    return status;
}

cx_status
cx_csv_next(struct cx_csv *csv, struct cx_csv_row *ret, bool *ret_more, struct cx_detail *detail)
{
    *ret = (struct cx_csv_row){ .line = 0 };
    *ret_more = true;
    begin(csv);
    for (;;) {
        bool more = false;
        cx_str line = { NULL, 0 };

        CX_TRY(next_line(csv, &line, &more, ret, detail));
        if (!more && csv->raw.n == 0) {
            *ret_more = false;
            return CX_SUCCESS;
        }
        if (!more) {
            return unreadable(csv, (cx_str){ "", 0 }, ret, "a quote that never ends", detail);
        }
        CX_TRY(feed(csv, line, ret, detail));
        if (csv->complete) {
            return finish(csv, line, ret, detail);
        }
        if (csv->parser.quoted) {
            CX_TRY(go_on(csv, line, ret, detail));
        } else { /* an empty line */
            ret->line = 0;
        }
    }
}

/* ---- columns */

static bool
is_filler(uint8_t c)
{
    return c == ' ' || c == '_' || c == '-' || c == '\t';
}

/* The next octet that matters, in lower case; 0 at the end. */
static uint8_t
next_octet(cx_str text, size_t *at)
{
    while (*at < text.n && is_filler((uint8_t)text.p[*at])) {
        (*at)++;
    }
    return *at < text.n ? cx_ascii_lower((uint8_t)text.p[(*at)++]) : 0;
}

static bool
alike(cx_str a, cx_str b)
{
    size_t at_a = 0, at_b = 0;
    uint8_t c;

    do {
        c = next_octet(a, &at_a);
        if (c != next_octet(b, &at_b)) {
            return false;
        }
    } while (c != 0);
    return at_a >= a.n && at_b >= b.n;
}

static size_t
column_named(const struct cx_csv_row *header, cx_str name, bool (*same)(cx_str, cx_str))
{
    size_t i = 0;

    while (i < header->n && !same(header->v[i], name)) {
        i++;
    }
    return i;
}

size_t
cx_csv_column(const struct cx_csv_row *header, const char *const *names)
{
    size_t found = header->n;

    for (; *names != NULL && found == header->n; names++) {
        found = column_named(header, cx_str_of(*names), cx_str_equal);
        if (found == header->n) {
            found = column_named(header, cx_str_of(*names), alike);
        }
    }
    return found;
}

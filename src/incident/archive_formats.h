/* The formats that archive_reader.c lists, and the readers of single lines that exports use too. */
#ifndef CX_INCIDENT_ARCHIVE_FORMATS_H
#define CX_INCIDENT_ARCHIVE_FORMATS_H

#include "incident/csv.h"
#include "incident/excerpt.h"

/* Columns that a reader of rows may look for. */
#define CX_ROW_COLUMNS 32

extern const struct cx_archive_format cx_archive_boulder;
extern const struct cx_archive_format cx_archive_unbound;
extern const struct cx_archive_format cx_archive_bind;
extern const struct cx_archive_format cx_archive_splunk_csv;
extern const struct cx_archive_format cx_archive_splunk_json;
extern const struct cx_archive_format cx_archive_mpic;
extern const struct cx_archive_format cx_archive_dnstap;
extern const struct cx_archive_format cx_archive_results;
extern const struct cx_archive_format cx_archive_mapped;

/* See cx_line_reader. Classes: MALFORMED, LIMIT, NOMEM. */
cx_status cx_boulder_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
    CX_MUST;
cx_status cx_unbound_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail)
    CX_MUST;
cx_status cx_bind_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail) CX_MUST;
/* Whether a line is one that these readers know. */
bool cx_boulder_knows(cx_str line);
bool cx_unbound_knows(cx_str line);
bool cx_bind_knows(cx_str line);

/* A line of an export, by whichever of them knows it; else by the mapping, if there is one for text. */
cx_status cx_any_line(struct cx_excerpt *excerpt, cx_str line, struct cx_detail *detail) CX_MUST;

/* ---- what open, next and close of a format need beside the reader of one record */

/* Archives of lines. Classes: USAGE (the mapping), NOMEM. */
cx_status cx_line_archive_open(const struct cx_archive_options *options, struct cx_input *input,
                               cx_line_reader reader, void **ret, struct cx_detail *detail) CX_MUST;
cx_status cx_line_archive_next(void *self, struct cx_archive_record *ret, bool *ret_more,
                               struct cx_detail *detail) CX_MUST;
void cx_line_archive_close(void *self);
/* Whether one of the lines in head is known. */
bool cx_line_archive_look_like(cx_span head, bool (*knows)(cx_str line));

/* Archives of JSON values. A value has one part or more, each a record of its own. */
struct cx_value_reader {
    size_t (*parts)(const struct cx_json *value); /* NULL: one, the value itself */
    const struct cx_json *(*part)(const struct cx_json *value, size_t i);
    cx_status (*read)(struct cx_excerpt *excerpt, const struct cx_json *value,
                      const struct cx_json *part, struct cx_detail *detail);
};
cx_status cx_value_archive_open(const struct cx_archive_options *options, struct cx_input *input,
                                const struct cx_value_reader *reader, void **ret,
                                struct cx_detail *detail) CX_MUST;
cx_status cx_value_archive_next(void *self, struct cx_archive_record *ret, bool *ret_more,
                                struct cx_detail *detail) CX_MUST;
void cx_value_archive_close(void *self);

/* Archives of rows with a header. */
struct cx_row_reader {
    /* Looks at the header. Classes: MALFORMED, USAGE. */
    cx_status (*head)(struct cx_excerpt *excerpt, const struct cx_csv_row *header,
                      size_t columns[CX_ROW_COLUMNS], struct cx_detail *detail);
    cx_status (*read)(struct cx_excerpt *excerpt, const struct cx_csv_row *row,
                      const size_t columns[CX_ROW_COLUMNS], struct cx_detail *detail);
};
cx_status cx_row_archive_open(const struct cx_archive_options *options, struct cx_input *input,
                              const struct cx_row_reader *reader, void **ret,
                              struct cx_detail *detail) CX_MUST;
cx_status cx_row_archive_next(void *self, struct cx_archive_record *ret, bool *ret_more,
                              struct cx_detail *detail) CX_MUST;
void cx_row_archive_close(void *self);

#endif

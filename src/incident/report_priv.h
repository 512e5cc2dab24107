/* What the writers of a report share: members of a run, and text from outside made harmless for where it goes. */
#ifndef CX_INCIDENT_REPORT_PRIV_H
#define CX_INCIDENT_REPORT_PRIV_H

#include "incident/report.h"

/* Whether it is a run that this program understands: every number that a report prints is there. Classes: MALFORMED. */
cx_status cx_report_check_run(const struct cx_json *run, struct cx_detail *detail) CX_MUST;
/* The next certificate (NULL at the end), with all that its row cannot be without. Classes: MALFORMED, those of rows. */
cx_status cx_report_next(const struct cx_report_rows *rows, const struct cx_json **ret,
                         struct cx_detail *detail) CX_MUST;

/* Empty and 0 for null, and for what is not there. */
cx_str cx_report_string(const struct cx_json *object, const char *member);
int64_t cx_report_integer(const struct cx_json *object, const char *member);
bool cx_report_is(const struct cx_json *object, const char *member, const char *word);
bool cx_report_true(const struct cx_json *object, const char *member);

/* What nobody would see, or what acts on a terminal, as \u{202E}. */
void cx_report_put_visible(struct cx_buf *buf, cx_str text);
/* 3,048,289 */
void cx_report_put_count(struct cx_buf *buf, int64_t n);
/* 1 certificate, 2 certificates */
void cx_report_put_certificates(struct cx_buf *buf, int64_t n);
/* All names, with ", " between them; and those among them that are no mailbox. */
void cx_report_put_names(struct cx_buf *buf, const struct cx_json *certificate);
void cx_report_put_hosts(struct cx_buf *buf, const struct cx_json *certificate);
/* Neither expired nor revoked, and a rule says when that must change. */
bool cx_report_has_duty(const struct cx_json *certificate);
bool cx_report_has_mailbox(const struct cx_json *certificate);
/* source:line */
void cx_report_put_source(struct cx_buf *buf, const struct cx_json *certificate);

/* One row of CSV (RFC 4180, UTF-8, CRLF). Cells are separated by themselves; N/A for an empty one. What a spreadsheet would take for
 * a formula gets an apostrophe in front; digits and hashes never begin so. */
void cx_report_cell(struct cx_buf *row, cx_str text);
/* A cell from what was gathered in text, which is empty afterwards. */
void cx_report_cell_take(struct cx_buf *row, struct cx_buf *text);
void cx_report_cells(struct cx_buf *row, const char *const *texts, size_t n);
void cx_report_end_row(struct cx_buf *row);

/* The list of notices in the making. */
struct cx_notices;

/* Classes: NOMEM. */
cx_status cx_notices_new(struct cx_notices **ret) CX_MUST;
/* Accepts NULL. */
void cx_notices_free(struct cx_notices *notices);
/* Classes: NOMEM, LIMIT. */
cx_status cx_notices_add(struct cx_notices *notices, const struct cx_json *certificate,
                         struct cx_detail *detail) CX_MUST;
/* After the last one. Classes: IO, NOMEM. */
cx_status cx_notices_write(struct cx_notices *notices, FILE *out, struct cx_detail *detail) CX_MUST;

/* Writes what buf holds and empties it. Classes: IO, those of the buffer. */
cx_status cx_report_flush(struct cx_buf *buf, FILE *out, struct cx_detail *detail) CX_MUST;

/* Where the rule of a duty, or of a certificate, stands, in words of the requirements; else the rule's own number; empty if there is none. */
cx_str cx_report_duty_source(const struct cx_json *duty);

#endif

/* Parts of the incident report's text, and outside text in Markdown. */
#ifndef CX_INCIDENT_REPORT_MARKDOWN_PRIV_H
#define CX_INCIDENT_REPORT_MARKDOWN_PRIV_H

#include "incident/report_priv.h"

/* Text that stays text: no markup, no link, no cell's end. */
void cx_markdown_put(struct cx_buf *b, cx_str text);
/* The same in a monospaced font, for hashes and paths. */
void cx_markdown_put_code(struct cx_buf *b, cx_str text);
/* 2026-11-22 12:00 UTC; what is no moment, as it is. */
void cx_markdown_put_minute(struct cx_buf *b, cx_str moment);
/* "bug N" as a link to it, other references as text. */
void cx_markdown_put_reference(struct cx_buf *b, cx_str reference);

/* affected: of so many certificates a list is attached (R-INC-3). */
void cx_markdown_appendix(struct cx_buf *b, const struct cx_json *run, int64_t affected);
/* What stands behind the line: remedies compared, deadlines, precedents, and what was rejected before. */
void cx_markdown_not_filed(struct cx_buf *b, const struct cx_json *run);

#endif

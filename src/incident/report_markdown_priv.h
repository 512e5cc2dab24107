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

/* "- **name:** " */
void cx_markdown_field(struct cx_buf *b, const char *name);
/* What no program can know, and what to say there; ends the line. */
void cx_markdown_person(struct cx_buf *b, const char *what);
void cx_markdown_field_person(struct cx_buf *b, const char *name, const char *what);
/* " [proven]" behind a sentence. */
void cx_markdown_mark(struct cx_buf *b, const char *word);

/* Sums of what the run has. */
struct cx_report_sums {
    int64_t examined;
    int64_t remaining; /* of those */
    int64_t proven;    /* of examined: of class PROVEN */
    int64_t proven_remaining;
    int64_t proven_unconfirmed; /* of proven: whether issuance consulted the check is not known */
    int64_t late;
};
struct cx_report_sums cx_report_sums_of(const struct cx_json *run);

void cx_markdown_impact(struct cx_buf *b, const struct cx_json *run,
                        const struct cx_report_sums *s);
void cx_markdown_timeline(struct cx_buf *b, const struct cx_json *run);
void cx_markdown_related(struct cx_buf *b, const struct cx_json *run);
/* affected: of so many certificates a list is attached (R-INC-3). */
void cx_markdown_appendix(struct cx_buf *b, const struct cx_json *run, int64_t affected);
/* What stands behind the line: remedies compared, deadlines, precedents, and what was rejected before. */
void cx_markdown_not_filed(struct cx_buf *b, const struct cx_json *run);

#endif

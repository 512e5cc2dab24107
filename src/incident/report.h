/* What a run of triage found, for people: a page, the incident report's text, and lists. Everything is made from the summary of
 * the run and its certificates, as docs/formats/run.md has them; nothing is computed here but sums of what is there.
 * I1: text from outside never becomes markup, a formula of a spreadsheet, or a control sequence.
 * I2: same run, same octets. */
#ifndef CX_INCIDENT_REPORT_H
#define CX_INCIDENT_REPORT_H

#include "base/json.h"

#include <stdio.h>

/* The certificates of a run, one JSON object after the other, in the order of the run (most urgent first). */
struct cx_report_rows {
    /* *ret is borrowed until the next call, NULL at the end. */
    cx_status (*next)(void *ctx, const struct cx_json **ret, struct cx_detail *detail);
    void *ctx;
};

/* One page without external resources. At most most certificates are in its table; it says how many there are in all. Classes: IO,
 * NOMEM, LIMIT, MALFORMED, those of rows; the same for all that follow. */
cx_status cx_report_html(const struct cx_json *run, const struct cx_report_rows *rows, size_t most,
                         FILE *out, struct cx_detail *detail) CX_MUST;
/* The sections of the CCADB template 3.2, preliminary or full (R-INC-2), with what the run knows filled in. What a person must write
 * is marked "TODO(person)". Behind the line that says so stands what is not to be filed: remedies compared, deadlines, and arguments
 * that were rejected before. */
cx_status cx_report_markdown(const struct cx_json *run, bool full, FILE *out,
                             struct cx_detail *detail) CX_MUST;

/* Lists are CSV (RFC 4180, UTF-8, CRLF); N/A is what is unknown or does not apply. */

/* Where which list goes; NULL: nowhere. */
struct cx_report_lists {
    /* R-INC-3: eleven columns, ours to the right. Revocation is "Planned" or "Delayed" for what the remedy (NULL: "rules") revokes,
     * with the deadline as its date. Subjects and mailboxes of S/MIME are left out: hashes and serial must do. */
    FILE *csv;
    /* From 10,000 certificates on (R-INC-3): lines of crt.sh links, of the same certificates. */
    FILE *links;
    /* What to do, by when: certificates neither expired nor revoked that have a duty, in the order of the run. For use within the CA. */
    FILE *worklist;
    /* A notice for each account or subscriber (BR 4.9.5): the same certificates, grouped by whom to tell, most urgent first; those of
     * whom nobody is known last. */
    FILE *notices;
};

/* All of them in one reading of the rows. remedy: csv and links have only what this remedy revokes ("recheck", "archive",
 * "process", "rules"), or NULL: all. Classes: as above, USAGE (the run has not that remedy). */
cx_status cx_report_lists(const struct cx_report_rows *rows, const char *remedy,
                          const struct cx_report_lists *lists, struct cx_detail *detail) CX_MUST;

#endif

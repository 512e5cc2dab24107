/* One certificate of a run as JSON (docs/formats/run.md, "A certificate"). */
#ifndef CX_INCIDENT_ROW_H
#define CX_INCIDENT_ROW_H

#include "base/json.h"
#include "incident/triage.h"

/* Where the rows of lists come from, by number. */
struct cx_row_lists {
    const cx_str *paths;
    size_t n;
};

enum cx_row_extent {
    CX_ROW_WHOLE,
    CX_ROW_OF_LISTS, /* without what no list has: of names grade, reasons, rules, window_ends and climb */
};

/* What a row is made with. */
struct cx_row_context {
    const struct cx_archive *archive; /* NULL: there is none */
    const struct cx_triage_options *options;
    const struct cx_row_lists *lists;
    enum cx_row_extent extent;
};

/* A new value, owned by the caller. Classes: NOMEM. */
cx_status cx_row_to_json(const struct cx_triaged *triaged, const struct cx_row_context *context,
                         struct cx_json **ret) CX_MUST;

/* The words of a set of CX_EVIDENCE_BIT; a new value, owned by the caller; NULL: no memory. */
struct cx_json *cx_reasons_to_json(uint32_t reasons) CX_MUST;

#endif

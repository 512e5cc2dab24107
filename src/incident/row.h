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

/* A new value, owned by the caller. Classes: NOMEM. */
cx_status cx_row_to_json(const struct cx_triaged *triaged, const struct cx_archive *archive,
                         const struct cx_triage_options *options, const struct cx_row_lists *lists,
                         struct cx_json **ret) CX_MUST;

#endif

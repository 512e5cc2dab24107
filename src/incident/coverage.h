/* What an archive could prove at best, before any triage: per day how many names have evidence of which grade in their window;
 * per source the days on which it is silent, and how far its clock seems to be from those of others. */
#ifndef CX_INCIDENT_COVERAGE_H
#define CX_INCIDENT_COVERAGE_H

#include "base/json.h"
#include "incident/triage.h"

/* As JSON (docs/archives.md, "Coverage"), freed by the caller. certificates are those of a run, or of lists that were read for this. Classes: IO,
 * STORE, NOMEM, LIMIT. */
cx_status cx_coverage(const struct cx_certificates *certificates, struct cx_archive *archive,
                      struct cx_json **ret, struct cx_detail *detail) CX_MUST;

#endif

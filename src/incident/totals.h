/* What a run adds up to, and the same as JSON (docs/formats/run.md). */
#ifndef CX_INCIDENT_TOTALS_H
#define CX_INCIDENT_TOTALS_H

#include "base/json.h"
#include "incident/remedy.h"

struct cx_totals;

/* NULL when out of memory. */
struct cx_totals *cx_totals_new(void);
/* Accepts NULL. */
void cx_totals_free(struct cx_totals *totals);
void cx_totals_add(struct cx_totals *totals, const struct cx_triaged *triaged);
uint64_t cx_totals_certificates(const struct cx_totals *totals);
uint64_t cx_totals_of_class(const struct cx_totals *totals, enum cx_triage_class class);
/* Neither expired, nor revoked, nor short-lived, and revoked by that remedy. */
uint64_t cx_totals_revoked_by(const struct cx_totals *totals, enum cx_remedy remedy);

/* What a run rests on that its certificates do not tell. */
struct cx_caveats {
    uint64_t rejected;    /* rows of lists of certificates that could not be read */
    uint64_t assumed_utc; /* of those that could: times without a zone, and nobody said which */
    uint64_t unmatched;   /* lines of lists of marks that name no certificate */
};

/* Sets the members that come from totals: counts, period, matrix, grades, reasons, recheck, remedies, differences, duties, days.
 * rejected, pairs and duplicates are of the lists of certificates. False when out of memory. */
bool cx_totals_to_json(const struct cx_totals *totals, const struct cx_triage_options *options,
                       const struct cx_certificate_counts *counts, const struct cx_caveats *caveats,
                       struct cx_json *run) CX_MUST;
/* What can be said of the run in sentences, each marked proven, likely or unknown. NULL when out of memory. */
struct cx_json *cx_totals_statements(const struct cx_totals *totals,
                                     const struct cx_triage_options *options,
                                     const struct cx_caveats *caveats);

#endif

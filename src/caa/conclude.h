/* From the findings on names to the verdict on the certificate (docs/interpretations.md 23). */
#ifndef CX_CAA_CONCLUDE_H
#define CX_CAA_CONCLUDE_H

#include "caa/judge.h"

/* What the certificate gets: the worst of its names, then the certificate-level findings (docs/interpretations.md 23).
 * All findings must be complete; profiles may differ between names, so each name comes with its own epoch's boundary
 * already in its valid_until. */
struct cx_conclusion {
    enum cx_verdict verdict;
    enum cx_reason reason;
    struct cx_rules rules;
    cx_time valid_until;
    bool hypothetical;
};

/* Fold one name in; begin with a zeroed conclusion. */
void cx_conclude_name(struct cx_conclusion *conclusion, const struct cx_finding *finding);
/* After the last name. newest: the youngest answer of all names, CX_TIME_NONE if there is none. */
void cx_conclude(struct cx_conclusion *conclusion, const struct cx_case *c, cx_time newest);

#endif

/* Until when a certificate may be signed on a check (R-TIME). */
#ifndef CX_CAA_WINDOW_H
#define CX_CAA_WINDOW_H

#include "caa/judge.h"

/* valid_until and newest of a finding from the answers that its search used (R-TIME-1 to R-TIME-3). */
void cx_window_of(const struct cx_case *c, const struct cx_search *search, struct cx_finding *f);

/* Cuts valid_until at the next epoch or MPIC phase (R-TIME-8), and removes it from verdicts that permit nothing.
 * Marks a finding on answers that are younger than the date. */
void cx_window_close(const struct cx_case *c, struct cx_finding *f);

#endif

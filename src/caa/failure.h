/* The failure exception (R-FAIL): when a failed lookup may be passed over. Off by default, and only on facts that were
 * recorded; a missing fact never excuses. */
#ifndef CX_CAA_FAILURE_H
#define CX_CAA_FAILURE_H

#include "caa/case.h"

/* The answer cannot be used: R-DNS-1, bogus, or (where validation is required) not validated; or more aliases than the
 * limit. */
bool cx_answer_failed(const struct cx_case *c, const struct cx_answer *answer);

/* Validation is required on the date: R-SEC-2, R-8657-9. */
bool cx_validation_required(const struct cx_case *c);

/* Every limb is met for this failed answer. rules (may be NULL) gets the rule that excused it, or those that did not. */
bool cx_failure_excused(const struct cx_case *c, const struct cx_answer *answer,
                        struct cx_rules *rules);

#endif

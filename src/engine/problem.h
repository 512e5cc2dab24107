/* A check that did not permit as an ACME problem document (RFC 8555 section 6.7, RFC 9457): what an applicant may be told.
 * I1: printable ASCII only; whatever DNS said is escaped, and cut where it is long.
 * I2: of our own failures nothing is told but that there was one. */
#ifndef CX_ENGINE_PROBLEM_H
#define CX_ENGINE_PROBLEM_H

#include "engine/check.h"

/* Of a finished check. *ret NULL: it permits, or CAA does not apply, and there is no problem. Classes: NOMEM. */
cx_status cx_problem_of(const struct cx_check *check, struct cx_json **ret) CX_MUST;
/* Of a request that could not be judged. NULL when out of memory. */
struct cx_json *cx_problem_of_status(cx_status status, const struct cx_detail *detail);
/* The problem as a member of the check's result, null if there is none. result is taken over; NULL when out of memory. */
struct cx_json *cx_problem_set(const struct cx_check *check, struct cx_json *result);

#endif

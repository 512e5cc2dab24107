/* The result of a check as JSON (docs/json.md, "Result"). */
#ifndef CX_ENGINE_RESULT_H
#define CX_ENGINE_RESULT_H

#include "engine/check.h"

/* A verdict object, or an error object if the check has a failed status. NULL when out of memory. */
struct cx_json *cx_result_to_json(const struct cx_check *check);

/* An error object of its own; id may be NULL. */
struct cx_json *cx_error_to_json(const cx_str *id, cx_status status,
                                 const struct cx_detail *detail);

#endif

/* The messages that a check rests on, as JSON (docs/json.md, "Evidence"): what each answer was read from, what its DNSSEC
 * state rests on, and what control names said. */
#ifndef CX_ENGINE_MESSAGES_H
#define CX_ENGINE_MESSAGES_H

#include "engine/check.h"

/* NULL when out of memory. */
struct cx_json *cx_messages_to_json(const struct cx_check *check);
/* The result, with "evidence" if there is a verdict. */
struct cx_json *cx_result_with_messages_to_json(const struct cx_check *check);

#endif

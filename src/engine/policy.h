/* Policy from JSON (docs/json.md, "Policy"). */
#ifndef CX_ENGINE_POLICY_H
#define CX_ENGINE_POLICY_H

#include "base/arena.h"
#include "base/json.h"
#include "caa/policy.h"

/* json may be NULL: the defaults. Texts are copied to arena. Classes: MALFORMED, NOMEM. */
cx_status cx_policy_from_json(const struct cx_json *json, struct cx_arena *arena,
                              struct cx_policy *ret, struct cx_detail *detail) CX_MUST;

#endif

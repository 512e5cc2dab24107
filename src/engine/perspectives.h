/* The CA's list of perspectives from JSON (docs/mpic.md). */
#ifndef CX_ENGINE_PERSPECTIVES_H
#define CX_ENGINE_PERSPECTIVES_H

#include "base/json.h"
#include "mpic/perspective.h"

/* Texts are copied to arena. Classes: MALFORMED (CX_E_POLICY), NOMEM. */
cx_status cx_perspectives_from_json(const struct cx_json *json, struct cx_arena *arena,
                                    struct cx_perspectives *ret, struct cx_detail *detail) CX_MUST;

#endif

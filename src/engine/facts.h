/* Facts from JSON (docs/json.md, "Facts"). */
#ifndef CX_ENGINE_FACTS_H
#define CX_ENGINE_FACTS_H

#include "base/arena.h"
#include "base/json.h"
#include "caa/facts.h"

/* json may be NULL: no facts. Texts are copied to arena. Classes: MALFORMED, NOMEM. */
cx_status cx_facts_from_json(const struct cx_json *json, struct cx_arena *arena,
                             struct cx_facts *ret, struct cx_detail *detail) CX_MUST;

#endif

/* What shows an answer's DNSSEC state, as JSON (docs/json.md, "Answer"): "proved", "cut" and "control". */
#ifndef CX_RESOLVE_PROOF_JSON_H
#define CX_RESOLVE_PROOF_JSON_H

#include "base/json.h"
#include "dns/answer.h"

/* Reads the three members of an answer; none is needed. Classes: MALFORMED (CX_E_ANSWERS), NOMEM. */
cx_status cx_proof_from_json(const struct cx_json *json, struct cx_arena *arena,
                             struct cx_answer *answer, struct cx_detail *detail) CX_MUST;
/* Sets those that say something. False when out of memory. */
bool cx_proof_to_json(const struct cx_answer *answer, struct cx_json *object) CX_MUST;

#endif

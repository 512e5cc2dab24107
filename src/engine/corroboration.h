/* Corroboration in a check: what a request supplies, and what it amounts to for each name and for the certificate. */
#ifndef CX_ENGINE_CORROBORATION_H
#define CX_ENGINE_CORROBORATION_H

#include "engine/check.h"

/* The request's member (docs/json.md, "Corroboration"), in the form of cx_supplied; json may be NULL: nothing. request has its
 * names already, and each key must be one of them. Classes: MALFORMED, LIMIT, NOMEM. */
cx_status cx_supplied_from_json(const struct cx_json *json, struct cx_arena *arena,
                                struct cx_request *request, struct cx_detail *detail) CX_MUST;

/* From complete findings to check->corroborated and check->corroboration. Classes: NOMEM. */
cx_status cx_check_corroborate(struct cx_check *check) CX_MUST;

#endif

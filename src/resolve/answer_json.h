/* Answers as JSON, in both directions (docs/json.md, "Answer"). Reading is strict: an unknown member, a wrong kind or a
 * contradiction is refused by name, so that misspelt evidence cannot pass as an empty answer.
 * I1: an answer that was read here has records (or, for DNAME, one alias) exactly if its outcome says so. */
#ifndef CX_RESOLVE_ANSWER_JSON_H
#define CX_RESOLVE_ANSWER_JSON_H

#include "base/arena.h"
#include "base/json.h"
#include "dns/answer.h"

struct cx_caa_set {
    const struct cx_caa *v;
    size_t n;
};

/* All that ret points to lives in arena; json may be freed. Classes: MALFORMED (CX_E_ANSWERS), NOMEM. */
cx_status cx_answer_from_json(const struct cx_json *json, struct cx_arena *arena,
                              struct cx_answer *ret, struct cx_detail *detail) CX_MUST;

/* An array of {"flags","tag","value"} alone; also facts.onion.records has this form. code is what a refusal is reported
 * as. Classes: MALFORMED, NOMEM. */
cx_status cx_records_from_json(const struct cx_json *array, enum cx_code code,
                               struct cx_arena *arena, struct cx_caa_set *ret,
                               struct cx_detail *detail) CX_MUST;

/* A name member of an answer; missing is refused. Classes: MALFORMED (CX_E_ANSWERS), NOMEM. */
cx_status cx_name_from_json(const struct cx_json *json, const char *member, struct cx_arena *arena,
                            cx_span *ret, struct cx_detail *detail) CX_MUST;

/* Values owned by the caller; NULL when out of memory. That of an answer may be shared, and is not changed. */
struct cx_json *cx_answer_to_json(const struct cx_answer *answer);
struct cx_json *cx_caa_to_json(const struct cx_caa *caa);
struct cx_json *cx_name_to_json(cx_span name);

#endif

/* Source over recorded answers: what was asked once, judged again. A question that was not recorded gets a failure, never
 * an empty answer. */
#ifndef CX_RESOLVE_RECORDED_H
#define CX_RESOLVE_RECORDED_H

#include "base/json.h"
#include "resolve/source.h"

/* One answer object of docs/json.md a line; empty lines are passed over. Two answers to the same question are refused
 * with both lines: one of them is not the evidence that was used. The text may be freed afterwards.
 * Classes: MALFORMED, LIMIT, NOMEM. ret is closed with cx_source_close. */
cx_status cx_recorded_source_open_text(cx_str ndjson, struct cx_source *ret,
                                       struct cx_detail *detail) CX_MUST;
/* The same from an array of answer objects. */
cx_status cx_recorded_source_open_json(const struct cx_json *array, struct cx_source *ret,
                                       struct cx_detail *detail) CX_MUST;

#endif

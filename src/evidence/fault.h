/* What no record or object can say, although its shape is right: the writers refuse to write it (INTERNAL), the readers to
 * read it. Each function gives NULL, or the fault in words (static).
 * I1: what a writer accepts its reader accepts, and gives back. */
#ifndef CX_EVIDENCE_FAULT_H
#define CX_EVIDENCE_FAULT_H

#include "dns/answer.h"
#include "evidence/context.h"
#include "evidence/event.h"
#include "evidence/record.h"
#include "evidence/start.h"

const char *cx_record_fault(const struct cx_record *record);
const char *cx_start_fault(const struct cx_start *start);
const char *cx_event_fault(const struct cx_event *event);
/* Names of the answer are taken for well formed (dns/name.h). */
const char *cx_answer_object_fault(const struct cx_answer *answer);
const char *cx_context_fault(const struct cx_context *context);

/* A second of the years 0 to 9999: what RFC 3339 can say. So no sum with a window overflows, and neither of the two values
 * of base/time.h that are no moment comes from outside. */
bool cx_is_moment(cx_time t);
/* Text that people read on one line: not empty, at most CX_RECORD_LINE_MAX octets, without control characters (U+0000 to
 * U+001F, U+007F). That it is UTF-8 is not looked at. */
bool cx_is_record_line(cx_str text);

#endif

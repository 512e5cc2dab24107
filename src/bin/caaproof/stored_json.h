/* "record" of a stored check as JSON, and what the log has beside it (docs/json.md, "Record"). */
#ifndef CAAPROOF_STORED_JSON_H
#define CAAPROOF_STORED_JSON_H

#include "base/json.h"
#include "bin/caaproof/stored_events.h"

/* NULL when out of memory. */
struct cx_json *stored_json(const struct cx_stored *stored, const struct cx_log_row *row,
                            const struct cx_record *record);
/* Sets "start" and "events" of an object. False when out of memory. */
bool stored_events_json(struct cx_json *object, const struct stored_events *events) CX_MUST;

#endif

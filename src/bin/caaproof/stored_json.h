/* A stored check as JSON, and what the log has beside it (docs/json.md, "Record", "Shadow", "Prevented"). */
#ifndef CAAPROOF_STORED_JSON_H
#define CAAPROOF_STORED_JSON_H

#include "base/json.h"
#include "bin/caaproof/stored_events.h"

/* NULL when out of memory. */
struct cx_json *stored_json(const struct cx_stored *stored, const struct cx_log_row *row,
                            const struct cx_record *record);
/* A check whose verdict is not the caller's own. */
struct cx_json *stored_difference_json(const struct cx_log_row *row,
                                       const struct cx_record *record);
/* A check that prevented an issuance, for these names, which are taken over. */
struct cx_json *stored_prevented_json(const struct cx_log_row *row, const struct cx_record *record,
                                      struct cx_json *names);
/* Sets "start" and "events" of an object. False when out of memory. */
bool stored_events_json(struct cx_json *object, const struct stored_events *events) CX_MUST;

#endif

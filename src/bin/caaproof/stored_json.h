/* "record" of a stored check as JSON (docs/json.md, "Record"). */
#ifndef CAAPROOF_STORED_JSON_H
#define CAAPROOF_STORED_JSON_H

#include "base/json.h"
#include "bin/caaproof/stored.h"

/* NULL when out of memory. */
struct cx_json *stored_json(const struct stored *stored, const struct cx_log_row *row,
                            const struct cx_record *record);

#endif

/* What rows say of certificates, by the names that their columns or members go by. */
#ifndef CX_INCIDENT_ISSUED_COLUMNS_H
#define CX_INCIDENT_ISSUED_COLUMNS_H

#include "base/arena.h"
#include "base/json.h"

enum cx_column {
#define X(id, ...) CX_COLUMN_##id,
#include "incident/issued_columns.def"
#undef X
    CX_COLUMNS, /* how many */
};

/* Member name first, then the others; NULL-terminated. */
const char *const *cx_column_names(enum cx_column column);

/* Under which names a column is looked for: the usual ones, or those that a mapping has for it. */
struct cx_columns {
    const char *const *names[CX_COLUMNS];
};

/* Strings of mapping are copied to arena; NULL: the usual ones. Classes: USAGE, NOMEM. */
cx_status cx_columns_of(const struct cx_json *mapping, struct cx_arena *arena,
                        struct cx_columns *ret, struct cx_detail *detail) CX_MUST;

#endif

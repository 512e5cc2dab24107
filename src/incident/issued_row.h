/* A certificate described by a row: cells of CSV or members of JSON, by whatever name they go, understood in one place.
 * I1: what had to be understood (a zone, a separator, a prefix) is told in the record's note, by the cell.
 * I2: a cell that cannot be read, or can be read in two ways, rejects its row; an empty one is unknown. */
#ifndef CX_INCIDENT_ISSUED_ROW_H
#define CX_INCIDENT_ISSUED_ROW_H

#include "incident/issued_build.h"
#include "incident/issued_columns.h"

struct cx_cells {
    cx_str v[CX_COLUMNS]; /* n == 0: not there, or empty */
    cx_span whole;        /* the row, for the file of rejects */
    int32_t zone_s;       /* of times without one */
    bool says_zone;       /* somebody said that it is so: nothing to tell */
};

/* Cells must live as long as the record, which cx_issued_begin began. Classes: NOMEM, INTERNAL. */
cx_status cx_issued_take_row(struct cx_issued_build *build, const struct cx_cells *cells,
                             struct cx_issued_record *record) CX_MUST;

#endif

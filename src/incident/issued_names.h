/* Names of a certificate in one cell of a list, as people and programs write them there.
 * I1: all names are understood, or the row is rejected (R-PRF-10). */
#ifndef CX_INCIDENT_ISSUED_NAMES_H
#define CX_INCIDENT_ISSUED_NAMES_H

#include "incident/issued_build.h"

/* column and whole: of the row, for what is told of a cell that cannot be read. Classes: NOMEM. */
cx_status cx_issued_take_names(struct cx_issued_build *build, cx_str cell, const char *column,
                               cx_span whole, struct cx_issued_record *record) CX_MUST;

#endif

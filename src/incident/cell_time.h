/* Moments as people and programs write them into lists.
 * I1: what can be read in two ways is refused. */
#ifndef CX_INCIDENT_CELL_TIME_H
#define CX_INCIDENT_CELL_TIME_H

#include "base/time.h"

enum cx_cell_time {
    CX_CELL_TIME_UNREADABLE = 0,
    CX_CELL_TIME_AMBIGUOUS, /* 03/04/2026 */
    CX_CELL_TIME_READ,
};

struct cx_cell_moment {
    int64_t ms; /* since 1970, as if without a zone in UTC */
    bool has_zone;
    bool date_only;
    bool usual; /* year, month, day, then the clock: nothing had to be understood but the zone */
};

enum cx_cell_time cx_cell_time_read(cx_str text, struct cx_cell_moment *ret);

#endif

/* What a caller supplied for corroboration: for each name responses of a coordinator, octet by octet (R-OMPIC-4). It is kept
 * as an object (docs/formats/record.cddl, corroboration-object) so that it can be judged again.
 * I1: names are in ascending order of their octets, none twice: equal lists, equal octets.  I2: no local part of a mailbox. */
#ifndef CX_MPIC_SUPPLIED_H
#define CX_MPIC_SUPPLIED_H

#include "base/arena.h"
#include "base/buf.h"

struct cx_supplied_name {
    cx_str name;          /* as records write it, with its "*."; of a mailbox the domain */
    const cx_str *bodies; /* in the order in which they were asked for: the last one counts */
    size_t n;
};

/* n == 0: nothing was. */
struct cx_supplied {
    const struct cx_supplied_name *v;
    size_t n;
};

/* In the order of I1, for qsort and bsearch. */
int cx_supplied_compare(const void *a, const void *b);
/* NULL: nothing was supplied for that name. */
const struct cx_supplied_name *cx_supplied_find(const struct cx_supplied *supplied, cx_str name);

/* Classes: NOMEM, LIMIT. */
cx_status cx_supplied_encode(const struct cx_supplied *supplied, struct cx_buf *buf) CX_MUST;
/* Lives in arena, or borrows octets. Classes: MALFORMED (CX_E_RECORD), NOMEM. */
cx_status cx_supplied_decode(cx_span octets, struct cx_arena *arena, struct cx_supplied *ret,
                             struct cx_detail *detail) CX_MUST;

#endif

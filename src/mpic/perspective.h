/* The CA's own list of network perspectives, and what of R-MPIC-7 and R-MPIC-8 follows from where they are.
 * I1: a decision about distance rests on whole metres.  I2: decode(encode(x)) is x. */
#ifndef CX_MPIC_PERSPECTIVE_H
#define CX_MPIC_PERSPECTIVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "mpic/geodesic.h"

/* Service regions of the Regional Internet Registries (R-MPIC-9). */
enum cx_region {
    CX_REGION_UNSET = 0,
    CX_REGION_AFRINIC,
    CX_REGION_APNIC,
    CX_REGION_ARIN,
    CX_REGION_LACNIC,
    CX_REGION_RIPE,
};

const char *cx_region_word(enum cx_region region);
enum cx_region cx_region_of_word(cx_str word);

struct cx_perspective {
    cx_str code; /* by which results name it */
    struct cx_place
        place; /* where its traffic is first handed to the network without encapsulation (R-MPIC-8) */
    enum cx_region region;
    struct cx_place resolver; /* that of place, if it is not elsewhere */
    enum cx_region resolver_region;
    cx_time from;  /* inclusive; CX_TIME_NONE: always */
    cx_time until; /* exclusive; CX_TIME_MAX: ever after */
    cx_str state;  /* State, Province or Country; n == 0: not said */
};

struct cx_perspectives {
    struct cx_perspective primary;
    const struct cx_perspective *v; /* remotes; no code twice */
    size_t n;
};

/* NULL if it is not on the list. */
const struct cx_perspective *cx_perspective_find(const struct cx_perspectives *list, cx_str code);

/* R-MPIC-7, R-MPIC-8: perspectives and resolvers are 500 km apart. Before 2025-02-24 also: not in one State. */
bool cx_perspectives_apart(const struct cx_perspective *a, const struct cx_perspective *b,
                           cx_time date);

/* As one item of CBOR (docs/formats/record.cddl, perspectives). Classes: NOMEM, LIMIT. */
cx_status cx_perspectives_encode(const struct cx_perspectives *list, struct cx_buf *buf) CX_MUST;
/* Lives in arena, or borrows octets. Classes: MALFORMED (CX_E_RECORD), NOMEM. */
cx_status cx_perspectives_decode(cx_span octets, struct cx_arena *arena,
                                 struct cx_perspectives *ret, struct cx_detail *detail) CX_MUST;

#endif

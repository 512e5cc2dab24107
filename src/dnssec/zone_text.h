/* Zone text (RFC 1035 section 5, RFC 3597) as a flat list of records. Nothing is interpreted here; resolve/zone.h answers
 * questions from it. The text need not be signed, and need not be a whole zone.
 * I1: RDATA of CAA records has the very octets that the text gives, whether or not they are a CAA record.
 * I2: a text without any record is refused: "nothing there" would read as permission. */
#ifndef CX_DNSSEC_ZONE_TEXT_H
#define CX_DNSSEC_ZONE_TEXT_H

#include "base/arena.h"
#include "dns/name.h"

struct cx_zone_rr {
    cx_span owner; /* wire form, lower case */
    cx_span rdata; /* wire form; empty for types that need only exist, such as HTTPS and DS */
    uint32_t ttl;  /* as written: may differ within a set, may have its top bit set */
    uint16_t type;
    uint32_t line;
};

/* Class IN only; RRSIG, NSEC and the like are left out. In the order of the text. */
struct cx_zone_rrs {
    const struct cx_zone_rr *v;
    size_t n;
    cx_span
        origin; /* apex: as given, else owner of the first SOA, else first $ORIGIN, else empty */
};

/* origin in wire form; empty: it must be in the text ($ORIGIN, or an absolute SOA) as soon as a relative name needs it.
 * All of ret lives in arena; text may be freed. Classes: MALFORMED (CX_E_ZONE), LIMIT, NOMEM. */
cx_status cx_zone_text_read(cx_str text, cx_span origin_or_empty, struct cx_arena *arena,
                            struct cx_zone_rrs *ret, struct cx_detail *detail) CX_MUST;

#endif

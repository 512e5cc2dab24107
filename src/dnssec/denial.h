/* NSEC and NSEC3 records of one message: what they match, what they cover (RFC 4034 section 4, RFC 5155). That their
 * signatures are good is the validator's word; here they must only be there.
 * I1: every record kept is of one zone, with an RRSIG of that zone, and of its own owner, not a wildcard's.
 * I2: all are NSEC, or all are NSEC3 of the same parameters.  I3: no two have the same owner. */
#ifndef CX_DNSSEC_DENIAL_H
#define CX_DNSSEC_DENIAL_H

#include "dns/message.h"

#define CX_NSEC3_HASH 20 /* octets; SHA-1, the only one there is */

struct cx_denial {
    struct cx_name owner;
    struct cx_name next;              /* NSEC */
    uint8_t hash[CX_NSEC3_HASH];      /* NSEC3: of the owner's first label */
    uint8_t next_hash[CX_NSEC3_HASH]; /* NSEC3 */
    bool opt_out;                     /* NSEC3 */
    bool sealed;                      /* RRSIGs by the zone */
    bool doubtful;                    /* RRSIGs by somebody else, or of a wildcard */
    cx_span types;                    /* bitmap, well formed */
};

struct cx_denials {
    struct cx_name zone;
    uint16_t type; /* CX_TYPE_NSEC or CX_TYPE_NSEC3; 0 without a record */
    uint16_t iterations;
    cx_span salt;
    struct cx_denial v[CX_DENIALS_MAX];
    size_t n;
};

/* From the authority section of a message, which is borrowed. False if any record there is one that a proof of zone
 * cannot have: malformed, another zone's SOA, NSEC beside NSEC3, unknown hash or flags, too many iterations. */
bool cx_denials_read(cx_span octets, cx_span zone, struct cx_denials *ret);

/* The record of name itself; NULL if there is none. */
const struct cx_denial *cx_denials_match(const struct cx_denials *denials, cx_span name);
/* The record in whose span name lies, so that name owns nothing in the zone; NULL if there is none. A record above name
 * that belongs to a delegation or a DNAME does not count (R-SEC-9). With NSEC, a name that has others below it may
 * still be there: see cx_denial_has_below. */
const struct cx_denial *cx_denials_cover(const struct cx_denials *denials, cx_span name);
/* NSEC that covers name: the next name is below it, so that name is an empty non-terminal. */
bool cx_denial_has_below(const struct cx_denials *denials, const struct cx_denial *denial,
                         cx_span name);

bool cx_denial_has(const struct cx_denial *denial, uint16_t type);
/* Nothing below the owner belongs to the zone: NS without SOA, or DNAME (RFC 6840 section 4.1). */
bool cx_denial_ends_zone(const struct cx_denial *denial);

void cx_nsec3_hash(cx_span name, cx_span salt, uint16_t iterations, uint8_t ret[CX_NSEC3_HASH]);

#endif

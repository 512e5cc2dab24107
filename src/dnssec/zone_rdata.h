/* Types and RDATA of zone text. CAA is read here, octet by octet; everything else is read by ldns. */
#ifndef CX_DNSSEC_ZONE_RDATA_H
#define CX_DNSSEC_ZONE_RDATA_H

#include "base/arena.h"
#include "dns/name.h"
#include "dnssec/zone_lex.h"

/* A mnemonic, or TYPEn; 0 for what is no type that a zone can hold. */
uint16_t cx_zone_type_of(const struct cx_zone_word *word);

/* RRSIG, NSEC and the like: about other records, never a reason why a name exists. */
bool cx_zone_type_is_dnssec(uint16_t type);

/* What the words of one RDATA are read with. */
struct cx_zone_rdata {
    uint16_t type;
    const struct cx_zone_word *v;
    size_t n;
    size_t line;
    const struct cx_name *origin; /* NULL: relative names are refused */
};

/* RDATA in wire form, in arena; empty for types of which only the existence matters (see zone_rdata.c).
 * Classes: MALFORMED (CX_E_ZONE), NOMEM. */
cx_status cx_zone_rdata_read(const struct cx_zone_rdata *rdata, struct cx_arena *arena,
                             cx_span *ret, struct cx_detail *detail) CX_MUST;

#endif

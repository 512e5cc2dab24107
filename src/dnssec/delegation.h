/* What one answer to a question for DS shows about the delegation of that name: the pure half of the proof that a name
 * is Insecure in the sense of RFC 4035 section 4.3 (R-FAIL-2, R-FAIL-3, R-FAIL-4). The caller walks from the root
 * towards the name and asks at each label; here is no I/O and no clock. */
#ifndef CX_DNSSEC_DELEGATION_H
#define CX_DNSSEC_DELEGATION_H

#include "base/span.h"

enum cx_cut {
    CX_CUT_UNPROVED = 0, /* none of the others: nothing is shown */
    CX_CUT_SIGNED,       /* a DS of supported algorithm and digest: the zone below is signed */
    CX_CUT_UNSUPPORTED, /* DS records, none supported: the zone below is insecure (to be flagged) */
    CX_CUT_INSECURE, /* delegated, no DS: NSEC or NSEC3 of the name with NS, without DS and SOA */
    CX_CUT_OPT_OUT,  /* in an opt-out span of NSEC3: nothing signed is delegated there or below */
    CX_CUT_NONE, /* in the zone and not delegated (host, empty non-terminal, alias): the next label tells */
    CX_CUT_NOTHING_BELOW, /* proved not to exist: no delegation there or below, all belongs to the zone asked */
};

/* octets: the whole message that answered "DS name". parent: the nearest zone above that is known to be signed, a
 * proper ancestor of name; only what that very zone signed counts. validated: libunbound called the answer secure;
 * without it (and not bogus) nothing but CX_CUT_OPT_OUT can come out. Whatever cannot be read is CX_CUT_UNPROVED. */
enum cx_cut cx_cut_read(cx_span octets, cx_span name, cx_span parent, bool validated);

/* "signed", "opt-out" and so on, for people and logs. */
const char *cx_cut_word(enum cx_cut cut);

#endif

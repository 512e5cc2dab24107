/* What one answer to a question for DS shows about the delegation of that name: the pure half of the proof that a name
 * is Insecure in the sense of RFC 4035 section 4.3 (R-FAIL-2, R-FAIL-3, R-FAIL-4). The caller walks from the root
 * towards the name and asks at each label; here is no I/O and no clock. */
#ifndef CX_DNSSEC_DELEGATION_H
#define CX_DNSSEC_DELEGATION_H

#include "base/span.h"

enum cx_cut {
    /* None of the others: nothing is shown, and the walk ends without a proof. */
    CX_CUT_UNPROVED = 0,
    /* A DS of supported algorithm and digest: the zone below is signed. */
    CX_CUT_SIGNED,
    /* DS records, none of which any validator of ours supports: the zone below is insecure; to be flagged. */
    CX_CUT_UNSUPPORTED,
    /* Delegated without DS: NSEC or NSEC3 of the name itself with NS, without DS and SOA. */
    CX_CUT_INSECURE,
    /* In an opt-out span of NSEC3, and the server does not deny the name: nothing signed is delegated there or below. */
    CX_CUT_OPT_OUT,
    /* In the zone and not delegated (host, empty non-terminal, alias): the next label tells. */
    CX_CUT_NONE,
    /* Proved not to exist: no delegation there or below, the name belongs to the signed zone asked. */
    CX_CUT_NOTHING_BELOW,
};

/* octets: the whole message that answered "DS name". parent: the nearest zone above that is known to be signed (the root
 * by its anchor, others by CX_CUT_SIGNED), a proper ancestor of name; only what that very zone signed counts. validated:
 * libunbound called the answer secure; without it (and not bogus) nothing but CX_CUT_OPT_OUT can come out. Whatever
 * cannot be read is CX_CUT_UNPROVED. */
enum cx_cut cx_cut_read(cx_span octets, cx_span name, cx_span parent, bool validated);

/* "signed", "opt-out" and so on, for people and logs. */
const char *cx_cut_word(enum cx_cut cut);

#endif

/* The keys that the root announces, held against the trust anchors in force: what a file of anchors lacks, or still has.
 * I1: a key that the root revoked (RFC 5011 section 2.1) counts as none of its keys.
 * I2: the message was validated by the caller's resolver; no signature is verified here. */
#ifndef CX_DNSSEC_ROOT_KEYS_H
#define CX_DNSSEC_ROOT_KEYS_H

#include "base/limits.h"
#include "base/span.h"
#include "base/status.h"

struct cx_root_anchor {
    uint16_t type; /* CX_TYPE_DS (SHA-256 or SHA-384; others match no key) or CX_TYPE_DNSKEY */
    cx_span rdata;
};

enum cx_root_key {
    CX_ROOT_KEY_UNSET = 0,
    CX_ROOT_KEY_UNKNOWN, /* an entry point that no anchor names */
    CX_ROOT_KEY_GONE,    /* an anchor's, and not in the set */
    CX_ROOT_KEY_REVOKED, /* an anchor's, and only in the set to be revoked */
};

struct cx_root_difference {
    enum cx_root_key what;
    uint16_t tag; /* as in the anchor, for a key that is there revoked */
};

/* octets: the answer to a question for DNSKEY of the root. At most CX_ANCHORS_MAX anchors; *ret_n is 0 if both are the
 * same keys. Classes: MALFORMED (no such answer, or no key in it), LIMIT (keys too many or too long), NOMEM. */
cx_status cx_root_keys_compare(cx_span octets, const struct cx_root_anchor *anchors, size_t n,
                               struct cx_root_difference ret[2 * CX_ANCHORS_MAX], size_t *ret_n)
    CX_MUST;

#endif

/* The CAA resource record, type 257: RDATA and presentation (RFC 8659 section 4.1). */
#ifndef CX_DNS_CAA_H
#define CX_DNS_CAA_H

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

#define CX_TYPE_NS     2
#define CX_TYPE_CNAME  5
#define CX_TYPE_SOA    6
#define CX_TYPE_DNAME  39
#define CX_TYPE_OPT    41
#define CX_TYPE_DS     43
#define CX_TYPE_RRSIG  46
#define CX_TYPE_NSEC   47
#define CX_TYPE_DNSKEY 48
#define CX_TYPE_NSEC3  50
#define CX_TYPE_CAA    257
#define CX_CLASS_IN    1

/* R-SYN-2: bit 0 of the flags octet, value 128; no other bit means anything. */
#define CX_CAA_CRITICAL 128u

/* tag and value are borrowed from the RDATA. */
struct cx_caa {
    uint8_t flags;
    cx_span tag;
    cx_span value;
};

/* Classes: MALFORMED (R-SYN-6: the whole set is then unusable). */
cx_status cx_caa_from_rdata(cx_span rdata, struct cx_caa *ret) CX_MUST;

static inline bool
cx_caa_critical(const struct cx_caa *caa)
{
    return (caa->flags & CX_CAA_CRITICAL) != 0;
}

bool cx_caa_equal(const struct cx_caa *a, const struct cx_caa *b);

/* "0 issue \"ca.example.net\"", octets that are not printable ASCII escaped (R-SYN-8, R-VAL-12); a tag that is not
 * letters and digits makes it the generic form of RFC 3597. */
void cx_caa_text(const struct cx_caa *caa, struct cx_buf *buf);

#endif

/* Reader of DNS messages (RFC 1035 section 4), zero-copy, strict: the header, one question, then every record in order.
 * Nothing is interpreted here; dns/answer.h does that. */
#ifndef CX_DNS_MESSAGE_H
#define CX_DNS_MESSAGE_H

#include "base/reader.h"
#include "dns/name.h"

enum cx_section {
    CX_SECTION_ANSWER = 1,
    CX_SECTION_AUTHORITY = 2,
    CX_SECTION_ADDITIONAL = 3,
};

/* Those with a meaning of their own; all others refuse. */
enum cx_rcode {
    CX_RCODE_NOERROR = 0,
    CX_RCODE_SERVFAIL = 2,
    CX_RCODE_NXDOMAIN = 3,
};

struct cx_message {
    cx_span octets;
    uint16_t id;
    uint8_t opcode;
    uint8_t rcode;
    bool qr, aa, tc, rd, ra, ad, cd;
    struct cx_name qname;
    uint16_t qtype;
    uint16_t qclass;
    /* Where the next record is, and how many are left per section. */
    size_t at;
    uint16_t left[4];
};

struct cx_rr {
    enum cx_section section;
    struct cx_name owner;
    uint16_t type;
    uint16_t class;
    uint32_t ttl;           /* R-SYN-7: 0 if its top bit was set */
    uint8_t extended_rcode; /* of an OPT record (RFC 6891 section 6.1.3), else meaningless */
    cx_span rdata;
    size_t rdata_at; /* offset in the message, for names inside RDATA */
};

/* Header and question; exactly one question is needed. Classes: MALFORMED. The message borrows octets. */
cx_status cx_message_open(cx_span octets, struct cx_message *ret) CX_MUST;
/* The next record; *ret_more is false when all are read, and then the message must end there. Classes: MALFORMED. */
cx_status cx_message_next(struct cx_message *message, struct cx_rr *ret, bool *ret_more) CX_MUST;
/* Makes equal answers equal octets: ID and TTLs are zeroed, which a cache counts down. All of the message must be readable.
 * Classes: MALFORMED, and then the octets are as they were. */
cx_status cx_message_still(uint8_t *octets, size_t n) CX_MUST;
/* The single name that RDATA consists of (CNAME, DNAME). Classes: MALFORMED. */
cx_status cx_rr_target(const struct cx_message *message, const struct cx_rr *rr,
                       struct cx_name *ret) CX_MUST;

#endif

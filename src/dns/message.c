#include "dns/message.h"

#include "dns/caa.h"

#include <string.h>

cx_status
cx_message_open(cx_span octets, struct cx_message *ret)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_message m = { .octets = octets, .id = cx_rd_u16(&r) };
    uint16_t flags = cx_rd_u16(&r);

    for (unsigned i = 0; i < 4; i++) {
        m.left[i] = cx_rd_u16(&r);
    }
    if (!cx_rd_ok(&r) || m.left[0] != 1) {
        return (cx_status){ CX_E_MESSAGE };
    }
    m.qr = (flags & 0x8000u) != 0;
    m.opcode = (uint8_t)((flags >> 11) & 0xfu);
    m.aa = (flags & 0x0400u) != 0;
    m.tc = (flags & 0x0200u) != 0;
    m.rd = (flags & 0x0100u) != 0;
    m.ra = (flags & 0x0080u) != 0;
    m.ad = (flags & 0x0020u) != 0;
    m.cd = (flags & 0x0010u) != 0;
    m.rcode = (uint8_t)(flags & 0xfu);
    CX_TRY(cx_name_from_message(octets, r.at, &m.qname, &m.at));
    r.at = m.at;
    m.qtype = cx_rd_u16(&r);
    m.qclass = cx_rd_u16(&r);
    if (!cx_rd_ok(&r)) {
        return (cx_status){ CX_E_MESSAGE };
    }
    m.at = r.at;
    *ret = m;
    return CX_SUCCESS;
}

cx_status
cx_message_next(struct cx_message *message, struct cx_rr *ret, bool *ret_more)
{
    struct cx_reader r = cx_reader_of(message->octets);
    struct cx_rr rr = { .section = CX_SECTION_ANSWER };

    while (rr.section <= CX_SECTION_ADDITIONAL && message->left[rr.section] == 0) {
        rr.section++;
    }
    if (rr.section > CX_SECTION_ADDITIONAL) {
        *ret_more = false;
        /* Octets behind the last record belong to nothing that was announced. */
        return message->at == message->octets.n ? CX_SUCCESS : (cx_status){ CX_E_MESSAGE };
    }
    CX_TRY(cx_name_from_message(message->octets, message->at, &rr.owner, &r.at));
    rr.type = cx_rd_u16(&r);
    rr.class = cx_rd_u16(&r);
    rr.ttl = cx_rd_u32(&r);
    rr.extended_rcode = (uint8_t)(rr.ttl >> 24);
    rr.ttl = rr.ttl > INT32_MAX ? 0 : rr.ttl; /* RFC 2181 section 8 */
    rr.rdata = cx_rd_bytes(&r, cx_rd_u16(&r));
    rr.rdata_at = r.at - rr.rdata.n;
    if (!cx_rd_ok(&r)) {
        return (cx_status){ CX_E_MESSAGE };
    }
    message->left[rr.section]--;
    message->at = r.at;
    *ret = rr;
    *ret_more = true;
    return CX_SUCCESS;
}

cx_status
cx_message_still(uint8_t *octets, size_t n)
{
    struct cx_message all, m;
    struct cx_rr rr;
    bool more;

    CX_TRY(cx_message_open((cx_span){ octets, n }, &all));
    m = all;
    do {
        CX_TRY(cx_message_next(&m, &rr, &more));
    } while (more);
    memset(octets, 0, 2);
    m = all;
    CX_TRY(cx_message_next(&m, &rr, &more));
    while (more) {
        if (rr.type != CX_TYPE_OPT) { /* which has flags there */
            memset(octets + rr.rdata_at - 6, 0, 4);
        }
        CX_TRY(cx_message_next(&m, &rr, &more));
    }
    return CX_SUCCESS;
}

cx_status
cx_rr_target(const struct cx_message *message, const struct cx_rr *rr, struct cx_name *ret)
{
    size_t end;
    struct cx_name name;

    CX_TRY(cx_name_from_message(message->octets, rr->rdata_at, &name, &end));
    if (end != rr->rdata_at + rr->rdata.n) {
        return (cx_status){ CX_E_MESSAGE };
    }
    *ret = name;
    return CX_SUCCESS;
}

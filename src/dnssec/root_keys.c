#include "dnssec/root_keys.h"

#include "dns/caa.h"
#include "dns/message.h"
#include "pki/digest.h"

#include <string.h>

/* RFC 4034 section 2.1.1, RFC 5011 section 7. */
#define FLAG_ZONE   0x0100u
#define FLAG_REVOKE 0x0080u
#define FLAG_SEP    0x0001u

enum seen {
    SEEN_NOT = 0,
    SEEN_REVOKED,
    SEEN_PRESENT,
};

struct comparison {
    const struct cx_root_anchor *anchors;
    size_t n;
    enum seen seen[CX_ANCHORS_MAX];
    size_t keys;
    struct cx_root_difference *differences;
    size_t n_differences;
};

/* A key of the set as it is, or was before it was revoked; in front of it its owner, as a digest has it. */
struct key {
    uint8_t octets[1 + CX_ROOT_KEY_OCTETS_MAX];
    size_t n;
    bool entry;
    bool revoked;
    uint16_t tag;
};

/* RFC 4034 appendix B, for all algorithms but 1, which no anchor has. */
static uint16_t
tag_of(cx_span rdata)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < rdata.n; i++) {
        sum += (i & 1) != 0 ? rdata.p[i] : (uint32_t)rdata.p[i] << 8;
    }
    return (uint16_t)(sum + (sum >> 16));
}

static cx_span
rdata_of(const struct key *key)
{
    return (cx_span){ key->octets + 1, key->n - 1 };
}

/* *ret_is_key: one of the zone, of DNSSEC, and not cut short. */
static cx_status
read_key(cx_span rdata, struct key *ret, bool *ret_is_key)
{
    struct cx_reader r = cx_reader_of(rdata);
    unsigned flags = cx_rd_u16(&r);
    uint8_t protocol = cx_rd_u8(&r);

    (void)cx_rd_u8(&r); /* algorithm */
    *ret_is_key = cx_rd_ok(&r) && cx_rd_left(&r) != 0 && protocol == 3 && (flags & FLAG_ZONE) != 0;
    if (!*ret_is_key) {
        return CX_SUCCESS;
    }
    if (rdata.n > CX_ROOT_KEY_OCTETS_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    ret->octets[0] = 0; /* the root */
    memcpy(ret->octets + 1, rdata.p, rdata.n);
    ret->octets[2] &= (uint8_t)~FLAG_REVOKE;
    ret->n = 1 + rdata.n;
    ret->entry = (flags & FLAG_SEP) != 0;
    ret->revoked = (flags & FLAG_REVOKE) != 0;
    ret->tag = tag_of(rdata_of(ret));
    return CX_SUCCESS;
}

/* RFC 4034 section 5.1.4, RFC 4509, RFC 6605. */
static cx_status
has_digest(const struct key *key, uint8_t type, cx_span digest, bool *ret)
{
    cx_span octets = { key->octets, key->n };
    uint8_t computed[CX_SHA384_SIZE];
    size_t n = type == 2 ? CX_SHA256_SIZE : CX_SHA384_SIZE;

    if ((type != 2 && type != 4) || digest.n != n) {
        *ret = false;
        return CX_SUCCESS;
    }
    CX_TRY(type == 2 ? cx_sha256(octets, computed) : cx_sha384(octets, computed));
    *ret = memcmp(computed, digest.p, n) == 0;
    return CX_SUCCESS;
}

static cx_status
names_key(const struct cx_root_anchor *anchor, const struct key *key, bool *ret)
{
    struct cx_reader r = cx_reader_of(anchor->rdata);
    uint16_t tag;
    uint8_t algorithm, type;

    if (anchor->type != CX_TYPE_DS) {
        *ret = cx_span_equal(anchor->rdata, rdata_of(key));
        return CX_SUCCESS;
    }
    tag = cx_rd_u16(&r);
    algorithm = cx_rd_u8(&r);
    type = cx_rd_u8(&r);
    if (!cx_rd_ok(&r) || tag != key->tag || algorithm != key->octets[4]) {
        *ret = false;
        return CX_SUCCESS;
    }
    return has_digest(key, type, cx_rd_rest(&r), ret);
}

static void
add(struct comparison *c, enum cx_root_key what, uint16_t tag)
{
    c->differences[c->n_differences++] = (struct cx_root_difference){ what, tag };
}

static cx_status
take_key(struct comparison *c, const struct key *key)
{
    enum seen seen = key->revoked ? SEEN_REVOKED : SEEN_PRESENT;
    bool named = false;

    if (++c->keys > CX_ANCHORS_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    for (size_t i = 0; i < c->n; i++) {
        bool this;

        CX_TRY(names_key(&c->anchors[i], key, &this));
        if (this && c->seen[i] < seen) {
            c->seen[i] = seen;
        }
        named |= this;
    }
    if (!named && key->entry && !key->revoked) {
        add(c, CX_ROOT_KEY_UNKNOWN, key->tag);
    }
    return CX_SUCCESS;
}

static bool
is_root(const struct cx_name *name)
{
    return name->n == 1;
}

static cx_status
read_keys(struct comparison *c, cx_span octets)
{
    struct cx_message message;
    bool more = true;

    CX_TRY(cx_message_open(octets, &message));
    if (!message.qr || message.tc || message.rcode != CX_RCODE_NOERROR ||
        message.qtype != CX_TYPE_DNSKEY || message.qclass != CX_CLASS_IN ||
        !is_root(&message.qname)) {
        return (cx_status){ CX_E_MESSAGE };
    }
    while (more) {
        struct cx_rr rr;
        struct key key;
        bool is_key = false;

        CX_TRY(cx_message_next(&message, &rr, &more));
        if (more && rr.section == CX_SECTION_ANSWER && rr.type == CX_TYPE_DNSKEY &&
            rr.class == CX_CLASS_IN && is_root(&rr.owner)) {
            CX_TRY(read_key(rr.rdata, &key, &is_key));
        }
        if (is_key) {
            CX_TRY(take_key(c, &key));
        }
    }
    return c->keys != 0 ? CX_SUCCESS : (cx_status){ CX_E_MESSAGE };
}

static uint16_t
tag_of_anchor(const struct cx_root_anchor *anchor)
{
    struct cx_reader r = cx_reader_of(anchor->rdata);

    return anchor->type == CX_TYPE_DS ? cx_rd_u16(&r) : tag_of(anchor->rdata);
}

cx_status
cx_root_keys_compare(cx_span octets, const struct cx_root_anchor *anchors, size_t n,
                     struct cx_root_difference ret[2 * CX_ANCHORS_MAX], size_t *ret_n)
{
    struct comparison c = { .anchors = anchors, .n = n, .differences = ret };

    if (n > CX_ANCHORS_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    CX_TRY(read_keys(&c, octets));
    for (size_t i = 0; i < n; i++) {
        if (c.seen[i] != SEEN_PRESENT) {
            add(&c, c.seen[i] == SEEN_REVOKED ? CX_ROOT_KEY_REVOKED : CX_ROOT_KEY_GONE,
                tag_of_anchor(&anchors[i]));
        }
    }
    *ret_n = c.n_differences;
    return CX_SUCCESS;
}

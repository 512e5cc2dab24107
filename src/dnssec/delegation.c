#include "dnssec/delegation.h"

#include "dns/caa.h"
#include "dnssec/denial.h"
#include "dnssec/signature.h"

/* What of DS records our validator can use. */
enum support {
    SUPPORT_NONE = 0,
    SUPPORT_UNSURE,
    SUPPORT_FULL,
};

/* What the answer section has. */
struct positive {
    bool alias; /* CNAME of the name; what follows it is of no interest */
    bool ds;
    enum support support; /* the best of the DS records */
    bool other;           /* neither of them */
    uint16_t covered;     /* type that has RRSIGs by the parent, 0 without */
    bool doubtful;        /* RRSIGs by somebody else, of another type, or of a wildcard */
};

/* ---- the question */

static bool
answers(const struct cx_message *m, cx_span name)
{
    return m->qr && m->opcode == 0 && !m->tc && m->qtype == CX_TYPE_DS &&
           m->qclass == CX_CLASS_IN && cx_span_equal(cx_name_span(&m->qname), name) &&
           (m->rcode == CX_RCODE_NOERROR || m->rcode == CX_RCODE_NXDOMAIN);
}

/* ---- DS and CNAME */

/* libunbound has no call that tells what it validates, so here are the algorithms of Debian 12's libunbound8 (1.17.1 with
 * nettle). A zone of none of them is insecure to it (RFC 4035 section 5.2), which opens the way to permission by failure.
 * What other builds of libunbound validate, or did, is therefore unsure: such a zone is called neither signed nor
 * insecure. SHA-1 (5, 7, and digest 1) is validated there, so those zones are signed. */
static enum support
support_of_algorithm(uint8_t algorithm)
{
    switch (algorithm) {
    case 5:  /* RSASHA1 */
    case 7:  /* RSASHA1-NSEC3-SHA1 */
    case 8:  /* RSASHA256 */
    case 10: /* RSASHA512 */
    case 13: /* ECDSAP256SHA256 */
    case 14: /* ECDSAP384SHA384 */
    case 15: /* ED25519 */
        return SUPPORT_FULL;
    case 1:  /* RSAMD5 */
    case 3:  /* DSA */
    case 6:  /* DSA-NSEC3-SHA1 */
    case 12: /* ECC-GOST */
    case 16: /* ED448 */
    case 17: /* SM2SM3 */
    case 23: /* ECC-GOST12 */
        return SUPPORT_UNSURE;
    default:
        return SUPPORT_NONE;
    }
}

static enum support
support_of_digest(uint8_t digest)
{
    switch (digest) {
    case 1: /* SHA-1 */
    case 2: /* SHA-256 */
    case 4: /* SHA-384 */
        return SUPPORT_FULL;
    case 3: /* GOST R 34.11-94 */
    case 5: /* GOST R 34.11-2012 */
    case 6: /* SM3 */
        return SUPPORT_UNSURE;
    default:
        return SUPPORT_NONE;
    }
}

/* RFC 4034 section 5.1. The digest's length is not compared: a DS that fits no key makes the zone bogus, not
 * insecure. */
static bool
read_ds(cx_span rdata, struct positive *ret)
{
    struct cx_reader r = cx_reader_of(rdata);
    enum support algorithm, digest, both;

    (void)cx_rd_u16(&r); /* key tag */
    algorithm = support_of_algorithm(cx_rd_u8(&r));
    digest = support_of_digest(cx_rd_u8(&r));
    if (cx_rd_left(&r) == 0) {
        return false;
    }
    both = algorithm < digest ? algorithm : digest;
    ret->support = both > ret->support ? both : ret->support;
    ret->ds = true;
    return true;
}

static bool
read_signature(const struct cx_message *message, const struct cx_rr *rr, cx_span parent,
               struct positive *ret)
{
    struct cx_signature signature;
    bool good;

    if (!cx_ok(cx_signature_read(message, rr, &signature))) {
        return false;
    }
    good = cx_signature_is_of(&signature, parent, cx_name_span(&rr->owner)) &&
           (ret->covered == 0 || ret->covered == signature.covered);
    ret->covered = signature.covered;
    ret->doubtful |= !good;
    return true;
}

static bool
take_answer(const struct cx_message *message, const struct cx_rr *rr, cx_span name, cx_span parent,
            struct positive *ret)
{
    if (rr->class != CX_CLASS_IN) {
        return false;
    }
    if (!cx_span_equal(cx_name_span(&rr->owner), name)) {
        ret->other = true;
        return true;
    }
    if (rr->type == CX_TYPE_RRSIG) {
        return read_signature(message, rr, parent, ret);
    }
    if (rr->type == CX_TYPE_DS) {
        return read_ds(rr->rdata, ret);
    }
    ret->alias |= rr->type == CX_TYPE_CNAME;
    ret->other |= rr->type != CX_TYPE_CNAME;
    return true;
}

/* False if the message answers something else or cannot be read to its end. */
static bool
read_positive(cx_span octets, cx_span name, cx_span parent, uint8_t *ret_rcode,
              struct positive *ret)
{
    struct cx_message message;
    struct cx_rr rr;
    bool more = true;

    *ret = (struct positive){ .alias = false };
    if (!cx_ok(cx_message_open(octets, &message)) || !answers(&message, name)) {
        return false;
    }
    while (more) {
        if (!cx_ok(cx_message_next(&message, &rr, &more))) {
            return false;
        }
        if (more && rr.section == CX_SECTION_ANSWER &&
            !take_answer(&message, &rr, name, parent, ret)) {
            return false;
        }
        if (more && rr.type == CX_TYPE_OPT && rr.extended_rcode != 0) {
            return false;
        }
    }
    *ret_rcode = message.rcode;
    return true;
}

static enum cx_cut
cut_of_positive(const struct positive *p, uint8_t rcode)
{
    if (p->doubtful || p->alias == p->ds || p->covered != (p->ds ? CX_TYPE_DS : CX_TYPE_CNAME)) {
        return CX_CUT_UNPROVED;
    }
    if (p->alias) {
        /* No other type is beside a CNAME (RFC 1034 section 3.6.2), so the name is no delegation. RCODE and the rest of
         * the section are about the target. */
        return CX_CUT_NONE;
    }
    if (p->other || rcode != CX_RCODE_NOERROR || p->support == SUPPORT_UNSURE) {
        return CX_CUT_UNPROVED;
    }
    return p->support == SUPPORT_FULL ? CX_CUT_SIGNED : CX_CUT_UNSUPPORTED;
}

/* ---- denials */

/* The record of the name itself. R-FAIL-4: SOA set means that the child speaks, and it knows nothing about its DS;
 * R-SEC-9: no type is denied where a CNAME is. */
static enum cx_cut
cut_of_match(const struct cx_denial *match)
{
    if (cx_denial_has(match, CX_TYPE_DS) || cx_denial_has(match, CX_TYPE_SOA) ||
        cx_denial_has(match, CX_TYPE_CNAME)) {
        return CX_CUT_UNPROVED;
    }
    return cx_denial_has(match, CX_TYPE_NS) ? CX_CUT_INSECURE : CX_CUT_NONE;
}

/* RFC 5155 section 8.3: the nearest ancestor that is there, and the record that covers the name one label longer; NULL
 * without them. */
static const struct cx_denial *
next_closer(const struct cx_denials *denials, cx_span name, cx_span *ret_encloser)
{
    const struct cx_denial *encloser = NULL;
    cx_span child, at = name;

    do {
        child = at;
        at = cx_name_parent(at);
        encloser = cx_denials_match(denials, at);
    } while (encloser == NULL && !cx_span_equal(at, cx_name_span(&denials->zone)));
    if (encloser == NULL || cx_denial_ends_zone(encloser)) {
        return NULL;
    }
    *ret_encloser = at;
    return cx_denials_cover(denials, child);
}

/* The longest name that is above both. */
static cx_span
common_ancestor(cx_span a, cx_span b)
{
    while (!cx_name_within(b, a)) {
        a = cx_name_parent(a);
    }
    return a;
}

/* RFC 4035 section 5.4: the owner or the next name of the covering NSEC shares most labels with name. */
static cx_span
nsec_encloser(const struct cx_denial *cover, cx_span name)
{
    cx_span by_owner = common_ancestor(name, cx_name_span(&cover->owner));
    cx_span by_next = common_ancestor(name, cx_name_span(&cover->next));

    return by_owner.n > by_next.n ? by_owner : by_next;
}

static enum cx_cut
cut_of_nodata(const struct cx_denials *denials, cx_span name)
{
    const struct cx_denial *found = cx_denials_match(denials, name);
    cx_span encloser;

    if (found != NULL) {
        return cut_of_match(found);
    }
    if (denials->type == CX_TYPE_NSEC) {
        found = cx_denials_cover(denials, name);
        return found != NULL && cx_denial_has_below(denials, found, name) ? CX_CUT_NONE
                                                                          : CX_CUT_UNPROVED;
    }
    found = next_closer(denials, name, &encloser);
    return found != NULL && found->opt_out ? CX_CUT_OPT_OUT : CX_CUT_UNPROVED;
}

/* Without opt-out only: in such a span an unsigned delegation may be, which the server denies. That shows neither that
 * there is one nor that there is none (R-FAIL-3). */
static enum cx_cut
cut_of_nxdomain(const struct cx_denials *denials, cx_span name)
{
    const struct cx_denial *cover;
    struct cx_name wildcard;
    cx_span encloser;

    if (cx_denials_match(denials, name) != NULL) {
        return CX_CUT_UNPROVED;
    }
    if (denials->type == CX_TYPE_NSEC) {
        cover = cx_denials_cover(denials, name);
        if (cover == NULL || cx_denial_has_below(denials, cover, name)) {
            return CX_CUT_UNPROVED;
        }
        encloser = nsec_encloser(cover, name);
    } else {
        cover = next_closer(denials, name, &encloser);
        if (cover == NULL || cover->opt_out) {
            return CX_CUT_UNPROVED;
        }
    }
    if (!cx_name_wildcard_of(encloser, &wildcard)) {
        return CX_CUT_UNPROVED;
    }
    cover = cx_denials_cover(denials, cx_name_span(&wildcard));
    return cover != NULL && !cx_denial_has_below(denials, cover, cx_name_span(&wildcard))
               ? CX_CUT_NOTHING_BELOW
               : CX_CUT_UNPROVED;
}

/* ---- all of it */

static enum cx_cut
cut_of(cx_span octets, cx_span name, cx_span parent)
{
    struct positive positive;
    struct cx_denials denials;
    uint8_t rcode;

    if (name.n <= parent.n || !cx_name_within(name, parent) ||
        !read_positive(octets, name, parent, &rcode, &positive)) {
        return CX_CUT_UNPROVED;
    }
    if (positive.alias || positive.ds) {
        return cut_of_positive(&positive, rcode);
    }
    if (positive.other || positive.covered != 0 || !cx_denials_read(octets, parent, &denials) ||
        denials.n == 0) {
        return CX_CUT_UNPROVED;
    }
    return rcode == CX_RCODE_NOERROR ? cut_of_nodata(&denials, name)
                                     : cut_of_nxdomain(&denials, name);
}

enum cx_cut
cx_cut_read(cx_span octets, cx_span name, cx_span parent, bool validated)
{
    enum cx_cut cut = cut_of(octets, name, parent);

    /* An answer from an opt-out span is never secure (RFC 5155 section 9.2), though libunbound has verified it. All else
     * that it does not call secure, it may not have verified. */
    return validated || cut == CX_CUT_OPT_OUT ? cut : CX_CUT_UNPROVED;
}

const char *
cx_cut_word(enum cx_cut cut)
{
    switch (cut) {
    case CX_CUT_UNPROVED:
        return "unproved";
    case CX_CUT_SIGNED:
        return "signed";
    case CX_CUT_UNSUPPORTED:
        return "unsupported";
    case CX_CUT_INSECURE:
        return "insecure";
    case CX_CUT_OPT_OUT:
        return "opt-out";
    case CX_CUT_NONE:
        return "none";
    case CX_CUT_NOTHING_BELOW:
        return "nothing-below";
    }
    return "unproved";
}

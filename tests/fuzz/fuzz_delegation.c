/* Answers to questions for DS: what they show is shown by records of the zone asked, all there, in a whole response; and
 * (with ldns) another reader sees the record that makes a delegation insecure.
 * Input: an octet (labels between the name and the zone above), then the message. */
#include "base/arena.h"
#include "dns/caa.h"
#include "dns/message.h"
#include "dnssec/delegation.h"
#include "dnssec/signature.h"
#include "fuzz.h"

#include <string.h>

#ifdef HAVE_LDNS
#    include <ldns/ldns.h>
#endif

#define ARENA_CAP ((size_t)1 << 20)

/* The zone above signed something in the message. */
static void
check_signer(cx_span m, cx_span parent)
{
    struct cx_arena arena;
    cx_span *names = NULL;
    size_t n = 0;
    bool found = false;
    cx_status s;

    cx_arena_init(&arena, ARENA_CAP);
    s = cx_signers_read(m, &arena, &names, &n);
    for (size_t i = 0; i < n; i++) {
        found |= cx_span_equal(names[i], parent);
        for (size_t k = 0; k < i; k++) {
            MUST(!cx_span_equal(names[i], names[k]));
        }
    }
    MUST(n <= CX_SIGNERS_MAX);
    /* A broken RRSIG may be where nobody looks: behind an alias, or of another type. */
    MUST(found || !cx_ok(s));
    cx_arena_done(&arena);
}

static void
check_header(cx_span m, enum cx_cut cut)
{
    unsigned rcode;

    MUST(m.n >= 12);
    rcode = m.p[3] & 0xfu;
    MUST((m.p[2] & 0x80u) != 0 && (m.p[2] & 0x7au) == 0); /* QR, opcode 0, not TC */
    MUST(rcode == CX_RCODE_NOERROR ||
         (rcode == CX_RCODE_NXDOMAIN && (cut == CX_CUT_NOTHING_BELOW || cut == CX_CUT_NONE)));
    MUST(cut != CX_CUT_NOTHING_BELOW || rcode == CX_RCODE_NXDOMAIN);
}

/* Less or more than the whole shows nothing; nor does it with another zone above that signed nothing. */
static void
check_edges(cx_span m, cx_span name, cx_span parent)
{
    struct cx_name below;
    uint8_t *longer = malloc(m.n + 1);

    MUST(longer != NULL);
    memcpy(longer, m.p, m.n);
    longer[m.n] = 0;
    MUST(cx_cut_read((cx_span){ longer, m.n + 1 }, name, parent, true) == CX_CUT_UNPROVED);
    MUST(cx_cut_read((cx_span){ longer, m.n - 1 }, name, parent, true) == CX_CUT_UNPROVED);
    free(longer);
    MUST(cx_cut_read(m, name, name, true) == CX_CUT_UNPROVED);
    if (cx_name_wildcard_of(name, &below)) {
        MUST(cx_cut_read(m, name, cx_name_span(&below), true) == CX_CUT_UNPROVED);
        MUST(cx_cut_read(m, cx_name_span(&below), name, true) == CX_CUT_UNPROVED);
    }
}

#ifdef HAVE_LDNS
static bool
has_type(ldns_rr *rr, ldns_rr_type type)
{
    ldns_rdf *bitmap = ldns_nsec_get_bitmap(rr);

    return bitmap != NULL && ldns_nsec_bitmap_covers_type(bitmap, type);
}

/* name as the owner that an NSEC3 of rr's chain would have. */
static ldns_rdf *
hashed_owner(ldns_rr *rr, const ldns_rdf *name)
{
    ldns_rdf *hashed = ldns_nsec3_hash_name_frm_nsec3(rr, name);
    ldns_rdf *zone = ldns_dname_left_chop(ldns_rr_owner(rr));

    MUST(hashed != NULL && zone != NULL);
    MUST(ldns_dname_cat(hashed, zone) == LDNS_STATUS_OK);
    ldns_rdf_deep_free(zone);
    return hashed;
}

/* rr is the record of name, and says that it is an insecure delegation. */
static bool
is_insecure_by(ldns_rr *rr, const ldns_rdf *name)
{
    ldns_rdf *owner;
    bool same;

    if (has_type(rr, LDNS_RR_TYPE_DS) || has_type(rr, LDNS_RR_TYPE_SOA) ||
        !has_type(rr, LDNS_RR_TYPE_NS)) {
        return false;
    }
    owner =
        ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC3 ? hashed_owner(rr, name) : ldns_rdf_clone(name);
    same = ldns_dname_compare(owner, ldns_rr_owner(rr)) == 0;
    ldns_rdf_deep_free(owner);
    return same;
}

/* rr covers name or one of its ancestors, with the opt-out flag. */
static bool
is_opted_out_by(ldns_rr *rr, const ldns_rdf *name)
{
    ldns_rdf *at = ldns_rdf_clone(name);
    bool covers = false;

    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_NSEC3 || !ldns_nsec3_optout(rr)) {
        ldns_rdf_deep_free(at);
        return false;
    }
    while (!covers && ldns_dname_label_count(at) > 0) {
        ldns_rdf *owner = hashed_owner(rr, at), *above = ldns_dname_left_chop(at);

        covers = ldns_nsec_covers_name(rr, owner);
        ldns_rdf_deep_free(owner);
        ldns_rdf_deep_free(at);
        at = above;
    }
    ldns_rdf_deep_free(at);
    return covers;
}

/* ldns goes on behind the fields of an RDATA that it knows, wherever its length says that it ends; then it reads other
 * records than there are. */
static bool
sees_our_records(cx_span m, const ldns_pkt *pkt)
{
    const ldns_rr_list *theirs = ldns_pkt_authority(pkt);
    struct cx_message message;
    struct cx_rr rr;
    bool more = true, same = true;
    size_t n = 0;

    MUST(cx_ok(cx_message_open(m, &message)));
    while (more) {
        MUST(cx_ok(cx_message_next(&message, &rr, &more)));
        if (more && rr.section == CX_SECTION_AUTHORITY) {
            const ldns_rr *their = ldns_rr_list_rr(theirs, n++);
            const ldns_rdf *owner = their != NULL ? ldns_rr_owner(their) : NULL;

            same &= owner != NULL && ldns_rr_get_type(their) == (ldns_rr_type)rr.type &&
                    cx_span_equal_fold((cx_span){ ldns_rdf_data(owner), ldns_rdf_size(owner) },
                                       cx_name_span(&rr.owner));
        }
    }
    return same;
}

static void
compare_with_ldns(cx_span m, enum cx_cut cut)
{
    ldns_pkt *pkt = NULL;
    ldns_rdf *name;
    bool found = false;

    if ((cut != CX_CUT_INSECURE && cut != CX_CUT_OPT_OUT) ||
        ldns_wire2pkt(&pkt, m.p, m.n) != LDNS_STATUS_OK) {
        return;
    }
    if (!sees_our_records(m, pkt)) {
        ldns_pkt_free(pkt);
        return;
    }
    name = ldns_rdf_clone(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0)));
    ldns_dname2canonical(name);
    for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_authority(pkt)); i++) {
        ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_authority(pkt), i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC ||
            ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC3) {
            found |= cut == CX_CUT_INSECURE ? is_insecure_by(rr, name) : is_opted_out_by(rr, name);
        }
    }
    MUST(found);
    ldns_rdf_deep_free(name);
    ldns_pkt_free(pkt);
}
#else
static void
compare_with_ldns(cx_span m, enum cx_cut cut)
{
    (void)m;
    (void)cut;
}
#endif

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_message opened = { .qname = { .n = 1, .wire = { 0 } } };
    struct cx_name name = { .n = 1, .wire = { 0 } };
    cx_span m, parent;
    enum cx_cut cut, weak;

    if (size < 1 || size > CX_MESSAGE_MAX) {
        return 0;
    }
    m = (cx_span){ data + 1, size - 1 };
    if (cx_ok(cx_message_open(m, &opened))) { /* ask what it answers, to get past the first check */
        name = opened.qname;
    }
    parent = cx_name_span(&name);
    for (unsigned i = 0; i <= data[0]; i++) {
        parent = cx_name_parent(parent);
    }
    cut = cx_cut_read(m, cx_name_span(&name), parent, true);
    weak = cx_cut_read(m, cx_name_span(&name), parent, false);
    MUST(weak == (cut == CX_CUT_OPT_OUT ? CX_CUT_OPT_OUT : CX_CUT_UNPROVED));
    MUST(cut == cx_cut_read(m, cx_name_span(&name), parent, true));
    MUST(strlen(cx_cut_word(cut)) != 0);
    if (cut != CX_CUT_UNPROVED) {
        check_header(m, cut);
        check_signer(m, parent);
        check_edges(m, cx_name_span(&name), parent);
        compare_with_ldns(m, cut);
    }
    return 0;
}

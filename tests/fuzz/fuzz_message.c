/* Responses: a failure never becomes an answer, an answer holds exactly what the message holds, and (with ldns) what
 * another reader sees there. */
#include "base/arena.h"
#include "dns/answer.h"
#include "dns/message.h"
#include "fuzz.h"

#include <string.h>

#ifdef HAVE_LDNS
#    include <ldns/ldns.h>
#endif

#define ARENA_CAP ((size_t)64 << 20)

static bool
is_answer(const struct cx_answer *a)
{
    return !cx_outcome_is_failure(a->outcome);
}

static struct cx_answer
read_message(cx_span octets, const struct cx_question *q, struct cx_arena *arena)
{
    struct cx_answer a = { .outcome = CX_OUTCOME_UNSET };

    MUST(cx_ok(cx_answer_from_message(octets, q, arena, &a)));
    MUST(a.outcome != CX_OUTCOME_UNSET);
    return a;
}

static bool
inside(cx_span outer, cx_span s)
{
    return s.n == 0 ||
           (s.p >= outer.p && s.n <= outer.n && (size_t)(s.p - outer.p) <= outer.n - s.n);
}

/* Only a complete, successful, untruncated response to the question is an answer. */
static void
check_header(cx_span m, const struct cx_answer *a)
{
    unsigned rcode;

    if (!is_answer(a)) {
        MUST(a->n_records == 0);
        return;
    }
    MUST(m.n >= 12);
    rcode = m.p[3] & 0xfu;
    MUST((m.p[2] & 0x80u) != 0 && (m.p[2] & 0x7au) == 0); /* QR, opcode 0, not TC */
    MUST(rcode == CX_RCODE_NOERROR || rcode == CX_RCODE_NXDOMAIN);
    MUST(a->outcome != CX_OUTCOME_NXDOMAIN || rcode == CX_RCODE_NXDOMAIN);
    MUST(a->outcome != CX_OUTCOME_NODATA || rcode == CX_RCODE_NOERROR);
    MUST(a->n_aliases <= CX_ALIASES_READ);
    MUST(a->malformed == CX_MALFORMED_UNSET);
}

static void
check_records(cx_span m, const struct cx_answer *a)
{
    if (a->type == CX_TYPE_CAA) {
        MUST((a->outcome == CX_OUTCOME_RECORDS) == (a->n_records != 0));
    }
    for (size_t i = 0; i < a->n_records; i++) {
        MUST(a->records[i].tag.n != 0);
        MUST(inside(m, a->records[i].tag) && inside(m, a->records[i].value));
        for (size_t k = 0; k < i; k++) {
            MUST(!cx_caa_equal(&a->records[i], &a->records[k]));
        }
    }
    MUST(a->n_records == 0 || (a->has_ttl && a->ttl <= INT32_MAX));
}

static void
check_same(const struct cx_answer *a, const struct cx_answer *b)
{
    MUST(a->outcome == b->outcome && a->malformed == b->malformed);
    MUST(a->n_records == b->n_records && a->n_aliases == b->n_aliases);
    MUST(a->has_ttl == b->has_ttl && a->ttl == b->ttl);
    MUST(cx_span_equal(a->records_at, b->records_at));
    for (size_t i = 0; i < a->n_aliases; i++) {
        MUST(cx_span_equal(a->aliases[i], b->aliases[i]));
    }
}

/* One octet less, or one more, is no answer any more. */
static void
check_edges(cx_span m, const struct cx_question *q, struct cx_arena *arena)
{
    uint8_t *longer = malloc(m.n + 1);
    struct cx_answer a;

    MUST(longer != NULL);
    memcpy(longer, m.p, m.n);
    longer[m.n] = 0;
    a = read_message((cx_span){ longer, m.n + 1 }, q, arena);
    MUST(a.outcome == CX_OUTCOME_MALFORMED);
    a = read_message((cx_span){ longer, m.n - 1 }, q, arena);
    MUST(a.outcome == CX_OUTCOME_MALFORMED);
    free(longer);
}

#ifdef HAVE_LDNS
static cx_span
ldns_span(const ldns_rdf *rdf)
{
    return (cx_span){ ldns_rdf_data(rdf), ldns_rdf_size(rdf) };
}

static bool
ldns_is_caa(const ldns_rr *rr)
{
    return ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && ldns_rr_get_type(rr) == LDNS_RR_TYPE_CAA;
}

/* The same octets: flags, tag (with its length octet), value. */
static bool
ldns_has(const ldns_rr *rr, const struct cx_caa *caa)
{
    cx_span flags = ldns_span(ldns_rr_rdf(rr, 0)), tag = ldns_span(ldns_rr_rdf(rr, 1));
    cx_span value = ldns_span(ldns_rr_rdf(rr, 2));

    return flags.n == 1 && flags.p[0] == caa->flags && tag.n == caa->tag.n + 1 &&
           cx_span_equal((cx_span){ tag.p + 1, tag.n - 1 }, caa->tag) &&
           cx_span_equal(value, caa->value);
}

/* Every record of ours is one of ldns's at that owner, and every one of ldns's is ours. */
static void
compare_sets(const ldns_rr_list *answers, const struct cx_answer *a)
{
    bool *found = calloc(a->n_records + 1, sizeof(*found));

    MUST(found != NULL);
    for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(answers, i);
        size_t k = 0;

        if (!ldns_is_caa(rr) || !cx_span_equal_fold(ldns_span(ldns_rr_owner(rr)), a->records_at)) {
            continue;
        }
        while (k < a->n_records && !ldns_has(rr, &a->records[k])) {
            k++;
        }
        MUST(k < a->n_records);
        found[k] = true;
    }
    for (size_t k = 0; k < a->n_records; k++) {
        MUST(found[k]);
    }
    free(found);
}

/* ldns is stricter with the RDATA of types that we pass over, and laxer with compression pointers and octets behind the
 * message. So only what both accept can be compared; a set that only one of them could read is no contradiction. */
static void
compare_with_ldns(cx_span m, const struct cx_answer *a)
{
    ldns_pkt *pkt = NULL;

    if (a->type != CX_TYPE_CAA || !is_answer(a) ||
        ldns_wire2pkt(&pkt, m.p, m.n) != LDNS_STATUS_OK) {
        return;
    }
    MUST(ldns_pkt_qr(pkt) && !ldns_pkt_tc(pkt));
    MUST(ldns_pkt_get_rcode(pkt) ==
         (a->outcome == CX_OUTCOME_NXDOMAIN ? LDNS_RCODE_NXDOMAIN : ldns_pkt_get_rcode(pkt)));
    if (a->outcome != CX_OUTCOME_RECORDS) { /* no CAA anywhere in the answer section */
        for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_answer(pkt)); i++) {
            MUST(!ldns_is_caa(ldns_rr_list_rr(ldns_pkt_answer(pkt), i)));
        }
    } else {
        compare_sets(ldns_pkt_answer(pkt), a);
    }
    ldns_pkt_free(pkt);
}
#else
static void
compare_with_ldns(cx_span m, const struct cx_answer *a)
{
    (void)m;
    (void)a;
}
#endif

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span m = { data, size };
    struct cx_name name = { .n = 1, .wire = { 0 } };
    struct cx_question q = { cx_name_span(&name), CX_TYPE_CAA };
    struct cx_message opened = { .qname = { .n = 0 } };
    struct cx_arena arena;
    struct cx_answer a, b;

    if (size > CX_MESSAGE_MAX) {
        return 0;
    }
    cx_arena_init(&arena, ARENA_CAP);
    if (cx_ok(cx_message_open(m, &opened))) { /* ask what it answers, to get past the first check */
        name = opened.qname;
        q = (struct cx_question){ cx_name_span(&name),
                                  opened.qtype == CX_TYPE_DNAME ? CX_TYPE_DNAME : CX_TYPE_CAA };
    }
    a = read_message(m, &q, &arena);
    b = read_message(m, &q, &arena);
    check_same(&a, &b);
    check_header(m, &a);
    check_records(m, &a);
    if (is_answer(&a)) {
        check_edges(m, &q, &arena);
    }
    compare_with_ldns(m, &a);
    name = (struct cx_name){ .n = 3, .wire = { 1, '!', 0 } }; /* the answer to another question */
    q.name = cx_name_span(&name);
    if (opened.qname.n != 3 || opened.qname.wire[1] != '!') {
        a = read_message(m, &q, &arena);
        MUST(!is_answer(&a));
    }
    cx_arena_done(&arena);
    return 0;
}

#include "build.h"
#include "dnssec/delegation.h"
#include "dnssec/denial.h"
#include "dnssec/signature.h"
#include "main.h"

#include <ldns/ldns.h>

#include <stdio.h>
#include <strings.h>

#define ZONE   "test"
#define NAME   "d.test"
#define SALT   "salt"
#define ROUNDS 3u

/* ---- messages */

static enum cx_cut
cut_at(cx_span octets, const char *name, const char *parent, bool validated)
{
    struct cx_name n = name_of(name), p = name_of(parent);

    return cx_cut_read(octets, cx_name_span(&n), cx_name_span(&p), validated);
}

/* labels: added to those of owner. */
static void
put_rrsig(struct wire *w, enum cx_section section, const char *owner, unsigned covered, int labels,
          const char *signer)
{
    struct cx_name name = name_of(owner);
    struct wire rdata = { .n = 0 };

    labels += (int)cx_name_labels(cx_name_span(&name)) - (owner[0] == '*' ? 1 : 0);
    wire_u16(&rdata, covered);
    wire_u8(&rdata, 13);
    wire_u8(&rdata, (unsigned)labels);
    for (unsigned i = 0; i < 3; i++) {
        wire_u32(&rdata, 3600 + i);
    }
    wire_u16(&rdata, 4711);
    wire_name(&rdata, signer);
    wire_bytes(&rdata, bytes_of("signature"));
    wire_rr(w, section, owner, CX_TYPE_RRSIG, 3600, wire_span(&rdata));
}

/* Blank-separated mnemonics; CAA is in a window of its own. */
static void
put_types(struct wire *w, const char *types)
{
    static const struct {
        const char *word;
        unsigned type;
    } known[] = { { "A", 1 },   { "NS", 2 },     { "CNAME", 5 }, { "SOA", 6 },    { "DNAME", 39 },
                  { "DS", 43 }, { "RRSIG", 46 }, { "NSEC", 47 }, { "NSEC3", 50 }, { "CAA", 257 } };
    uint8_t bits[2][7] = { { 0 } };
    bool used[2] = { false, false };
    char word[16];

    for (int n = 0; sscanf(types, "%15s%n", word, &n) == 1; types += n) {
        size_t i = 0, window;

        while (strcmp(known[i].word, word) != 0) {
            i++;
            assert_true(i < CX_COUNT(known));
        }
        window = known[i].type >> 8;
        used[window] = true;
        bits[window][(known[i].type & 0xff) / 8] |= (uint8_t)(0x80u >> (known[i].type & 7u));
    }
    for (unsigned i = 0; i < 2; i++) {
        if (used[i]) {
            wire_u8(w, i);
            wire_u8(w, sizeof(bits[i]));
            wire_bytes(w, (cx_span){ bits[i], sizeof(bits[i]) });
        }
    }
}

/* A record of a denial. Zero is what a good one has. */
struct denier {
    const char *owner; /* NSEC3: the name hashed */
    const char *next;  /* NSEC; NULL: the record is NSEC3 */
    int from, to;      /* NSEC3: added to the hash */
    const char *types;
    const char *raw; /* of raw_n octets, instead of types */
    size_t raw_n;
    unsigned flags, algorithm, iterations; /* NSEC3; the last two: more than they should be */
    const char *salt;                      /* NSEC3, if not SALT */
    int next_n;                            /* NSEC3: octets that the next hash is longer */
    const char *zone;                      /* NSEC3: behind the hash, if not the zone */
    const char *signer;                    /* if not the zone */
    const char *second_signer;
    int labels;
    bool bare; /* without RRSIG */
};

static void
hash_plus(const char *name, unsigned iterations, const char *salt, int more, uint8_t ret[20])
{
    struct cx_name n = name_of(name);
    int carry = more;

    cx_nsec3_hash(cx_name_span(&n), bytes_of(salt), (uint16_t)iterations, ret);
    for (int i = 19; i >= 0 && carry != 0; i--) {
        int sum = ret[i] + carry;

        ret[i] = (uint8_t)(sum & 0xff);
        carry = sum < 0 ? -1 : sum >> 8;
    }
}

/* zone "+x.test": the first label is longer than a hash. */
static void
hash_owner(const uint8_t hash[20], const char *zone, char ret[64])
{
    for (size_t i = 0; i < 32; i++) {
        unsigned value = 0;

        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++) {
            value = value << 1 | ((unsigned)hash[bit / 8] >> (7 - bit % 8) & 1u);
        }
        ret[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUV"[value];
    }
    assert_true(snprintf(ret + 32, 32, "%s%s", zone[0] == '+' ? "" : ".",
                         zone + (zone[0] == '+' ? 1 : 0)) < 32);
}

static void
put_nsec3_rdata(struct wire *w, const struct denier *d, char ret_owner[64], const char *zone)
{
    const char *salt = d->salt != NULL ? d->salt : SALT;
    unsigned iterations = ROUNDS + d->iterations;
    uint8_t hash[20];

    hash_plus(d->owner, iterations, salt, d->from, hash);
    hash_owner(hash, d->zone != NULL ? d->zone : zone, ret_owner);
    wire_u8(w, 1 + d->algorithm);
    wire_u8(w, d->flags);
    wire_u16(w, iterations);
    wire_u8(w, (unsigned)strlen(salt));
    wire_bytes(w, bytes_of(salt));
    hash_plus(d->owner, iterations, salt, d->to, hash);
    wire_u8(w, (unsigned)((int)sizeof(hash) + d->next_n));
    for (int i = 0; i < (int)sizeof(hash) + d->next_n; i++) {
        wire_u8(w, i < (int)sizeof(hash) ? hash[i] : 0);
    }
}

/* rdata_n: octets of RDATA kept, SIZE_MAX for all. */
static void
put_denier(struct wire *w, const struct denier *d, const char *zone, size_t rdata_n)
{
    struct wire rdata = { .n = 0 };
    char hashed[64];
    const char *owner = d->next != NULL ? d->owner : hashed;
    unsigned type = d->next != NULL ? CX_TYPE_NSEC : CX_TYPE_NSEC3;

    if (d->next != NULL) {
        wire_name(&rdata, d->next);
    } else {
        put_nsec3_rdata(&rdata, d, hashed, zone);
    }
    if (d->raw != NULL) {
        wire_bytes(&rdata, (cx_span){ (const uint8_t *)d->raw, d->raw_n });
    } else if (d->types != NULL) {
        put_types(&rdata, d->types);
    }
    rdata.n = rdata.n < rdata_n ? rdata.n : rdata_n;
    if (!d->bare) {
        put_rrsig(w, CX_SECTION_AUTHORITY, owner, type, d->labels,
                  d->signer != NULL ? d->signer : zone);
    }
    if (d->second_signer != NULL) {
        put_rrsig(w, CX_SECTION_AUTHORITY, owner, type, d->labels, d->second_signer);
    }
    wire_rr(w, CX_SECTION_AUTHORITY, owner, type, 3600, wire_span(&rdata));
}

/* A message that denies, and what it shows. */
struct denied {
    const char *about;
    enum cx_cut cut;
    unsigned rcode;
    const char *name; /* if not NAME */
    const char *soa;  /* owner, if not the zone; "" for none */
    struct denier v[4];
};

static void
put_denied(struct wire *w, const struct denied *row)
{
    const char *soa = row->soa != NULL ? row->soa : ZONE;

    wire_open(w, row->name != NULL ? row->name : NAME, CX_TYPE_DS, WIRE_QR | row->rcode);
    if (soa[0] != '\0') {
        wire_soa(w, soa, 3600, 60);
        put_rrsig(w, CX_SECTION_AUTHORITY, soa, CX_TYPE_SOA, 0, soa);
    }
    for (size_t i = 0; i < CX_COUNT(row->v) && row->v[i].owner != NULL; i++) {
        put_denier(w, &row->v[i], ZONE, SIZE_MAX);
    }
}

static void
check_denied(const struct denied *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = rows[i].name != NULL ? rows[i].name : NAME;
        enum cx_cut weak = rows[i].cut == CX_CUT_OPT_OUT ? CX_CUT_OPT_OUT : CX_CUT_UNPROVED;
        struct wire w;

        put_denied(&w, &rows[i]);
        ROW_TRUE(cut_at(wire_span(&w), name, ZONE, true) == rows[i].cut, rows[i].about);
        ROW_TRUE(cut_at(wire_span(&w), name, ZONE, false) == weak, rows[i].about);
    }
}

/* ---- NSEC */

/* TEST R-FAIL-4, R-SEC-9 */
TEST(reads_nodata_by_nsec)
{
#define D .owner = NAME, .next = "e.test"
    static const struct denied rows[] = {
        { "delegated", CX_CUT_INSECURE, .v = { { D, .types = "NS RRSIG NSEC" } } },
        { "delegated, no SOA", CX_CUT_INSECURE, .soa = "", .v = { { D, .types = "NS" } } },
        { "host", CX_CUT_NONE, .v = { { D, .types = "A RRSIG NSEC CAA" } } },
        { "DS is there", CX_CUT_UNPROVED, .v = { { D, .types = "NS DS RRSIG NSEC" } } },
        { "the child speaks", CX_CUT_UNPROVED, .v = { { D, .types = "NS SOA RRSIG NSEC" } } },
        { "SOA alone", CX_CUT_UNPROVED, .v = { { D, .types = "SOA RRSIG NSEC" } } },
        { "alias", CX_CUT_UNPROVED, .v = { { D, .types = "CNAME RRSIG NSEC" } } },
        { "alias and NS", CX_CUT_UNPROVED, .v = { { D, .types = "NS CNAME RRSIG NSEC" } } },
        { "signed by child", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .signer = NAME } } },
        { "signed by root", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .signer = "." } } },
        { "signed by both", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .second_signer = NAME } } },
        { "signed twice", CX_CUT_INSECURE, .v = { { D, .types = "NS", .second_signer = ZONE } } },
        { "not signed", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .bare = true } } },
        { "expanded", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .labels = -1 } } },
        { "too many labels", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .labels = 1 } } },
        { "child's SOA", CX_CUT_UNPROVED, .soa = NAME, .v = { { D, .types = "NS" } } },
        { "root's SOA", CX_CUT_UNPROVED, .soa = ".", .v = { { D, .types = "NS" } } },
        { "NXDOMAIN", CX_CUT_UNPROVED, 3, .v = { { D, .types = "NS" } } },
        { "twice", CX_CUT_UNPROVED, .v = { { D, .types = "NS" }, { D, .types = "NS A" } } },
        { "of another", CX_CUT_UNPROVED,
          .v = { { .owner = "c.test", .next = "e.test", .types = "NS" } } },
        { "next out of zone", CX_CUT_UNPROVED,
          .v = { { .owner = NAME, .next = "example", .types = "NS" } } },
        { "owner out of zone", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS" }, { .owner = "example", .next = "e.test" } } },
        { "NSEC3 beside it", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS" }, { .owner = NAME, .to = 1, .types = "NS" } } },
        { "NSEC3 in front", CX_CUT_UNPROVED,
          .v = { { .owner = NAME, .to = 1, .types = "NS" }, { D, .types = "NS" } } },
        { "wildcard owner", CX_CUT_INSECURE, .name = "*.test",
          .v = { { .owner = "*.test", .next = "e.test", .types = "NS" } } },
        { "no record", CX_CUT_UNPROVED, .v = { { .owner = NULL } } },
    };
#undef D

    check_denied(rows, CX_COUNT(rows));
}

/* TEST R-SEC-9 */
TEST(reads_empty_non_terminals_by_nsec)
{
    static const struct denied rows[] = {
        { "between", CX_CUT_NONE, .v = { { .owner = "c.test", .next = "a.d.test" } } },
        { "next far below", CX_CUT_NONE, .v = { { .owner = "c.test", .next = "z.y.d.test" } } },
        { "behind a delegation", CX_CUT_NONE,
          .v = { { .owner = "c.test", .next = "a.d.test", .types = "NS" } } },
        { "from the apex", CX_CUT_NONE,
          .v = { { .owner = ZONE, .next = "a.d.test", .types = "NS SOA" } } },
        { "next beside", CX_CUT_UNPROVED, .v = { { .owner = "c.test", .next = "a.e.test" } } },
        { "owner behind", CX_CUT_UNPROVED, .v = { { .owner = "e.test", .next = "a.d.test" } } },
        { "NXDOMAIN", CX_CUT_UNPROVED, 3,
          .v = { { .owner = "c.test", .next = "a.d.test" },
                 { .owner = ZONE, .next = "a.test", .types = "NS SOA" } } },
        { "of another zone", CX_CUT_UNPROVED,
          .v = { { .owner = "c.test", .next = "a.d.test", .signer = NAME } } },
        { "below a host", CX_CUT_NONE, .name = "x.d.test",
          .v = { { .owner = NAME, .next = "a.x.d.test", .types = "A" } } },
        { "below a delegation", CX_CUT_UNPROVED, .name = "x.d.test",
          .v = { { .owner = NAME, .next = "a.x.d.test", .types = "NS" } } },
        { "below a DNAME", CX_CUT_UNPROVED, .name = "x.d.test",
          .v = { { .owner = NAME, .next = "a.x.d.test", .types = "DNAME" } } },
    };

    check_denied(rows, CX_COUNT(rows));
}

/* TEST R-SEC-9 */
TEST(reads_nxdomain_by_nsec)
{
#define COVER                                                                                      \
    {                                                                                              \
        .owner = "c.test", .next = "e.test", .types = "A"                                          \
    }
#define NO_STARS                                                                                   \
    {                                                                                              \
        .owner = ZONE, .next = "a.test", .types = "NS SOA"                                         \
    }
    static const struct denied rows[] = {
        { "proved", CX_CUT_NOTHING_BELOW, 3, .v = { COVER, NO_STARS } },
        { "by one record", CX_CUT_NOTHING_BELOW, 3,
          .v = { { .owner = ZONE, .next = "e.test", .types = "NS SOA" } } },
        { "at the end of the chain", CX_CUT_NOTHING_BELOW, 3,
          .v = { { .owner = "c.test", .next = ZONE }, NO_STARS } },
        { "chain of one", CX_CUT_NOTHING_BELOW, 3,
          .v = { { .owner = ZONE, .next = ZONE, .types = "NS SOA" } } },
        { "below a host", CX_CUT_NOTHING_BELOW, 3, .name = "x.y.d.test",
          .v = { { .owner = NAME, .next = "e.test", .types = "A" } } },
        { "encloser by next", CX_CUT_NOTHING_BELOW, 3, .name = "x.d.test",
          .v = { { .owner = "c.test", .next = "z.d.test" } } },
        { "encloser by next, wildcard below another", CX_CUT_UNPROVED, 3, .name = "x.d.test",
          .v = { { .owner = "b.d.test", .next = "z.d.test" }, NO_STARS } },
        { "below a delegation", CX_CUT_UNPROVED, 3, .name = "x.y.d.test",
          .v = { { .owner = NAME, .next = "e.test", .types = "NS" } } },
        { "below a DNAME", CX_CUT_UNPROVED, 3, .name = "x.y.d.test",
          .v = { { .owner = NAME, .next = "e.test", .types = "DNAME" } } },
        { "NOERROR", CX_CUT_UNPROVED, .v = { COVER, NO_STARS } },
        { "wildcard not denied", CX_CUT_UNPROVED, 3, .v = { COVER } },
        { "wildcard is there", CX_CUT_UNPROVED, 3,
          .v = { COVER, { .owner = "*.test", .next = "a.test" } } },
        { "wildcard is empty non-terminal", CX_CUT_UNPROVED, 3,
          .v = { COVER, { .owner = ZONE, .next = "a.*.test", .types = "NS SOA" } } },
        { "name not covered", CX_CUT_UNPROVED, 3,
          .v = { { .owner = "e.test", .next = "f.test" }, NO_STARS } },
        { "apex without SOA", CX_CUT_UNPROVED, 3,
          .v = { COVER, { .owner = ZONE, .next = "a.test", .types = "NS" } } },
        { "end that is no apex", CX_CUT_UNPROVED, 3,
          .v = { { .owner = "c.test", .next = "b.test" }, NO_STARS } },
        { "name is there too", CX_CUT_UNPROVED, 3,
          .v = { COVER, NO_STARS, { .owner = NAME, .next = "e.test", .types = "NS" } } },
        { "half signed", CX_CUT_UNPROVED, 3,
          .v = { COVER, { .owner = ZONE, .next = "a.test", .types = "NS SOA", .bare = true } } },
    };
#undef COVER
#undef NO_STARS

    check_denied(rows, CX_COUNT(rows));
}

/* ---- NSEC3 */

/* TEST R-FAIL-4, R-SEC-9 */
TEST(reads_nodata_by_nsec3)
{
#define D .owner = NAME, .to = 5
    static const struct denied rows[] = {
        { "delegated", CX_CUT_INSECURE, .v = { { D, .types = "NS" } } },
        { "in an opt-out span", CX_CUT_INSECURE, .v = { { D, .types = "NS", .flags = 1 } } },
        { "host", CX_CUT_NONE, .v = { { D, .types = "A RRSIG CAA" } } },
        { "empty non-terminal", CX_CUT_NONE, .v = { { D } } },
        { "only window 1", CX_CUT_NONE, .v = { { D, .types = "CAA" } } },
        { "DS is there", CX_CUT_UNPROVED, .v = { { D, .types = "NS DS RRSIG" } } },
        { "the child speaks", CX_CUT_UNPROVED, .v = { { D, .types = "NS SOA RRSIG" } } },
        { "alias", CX_CUT_UNPROVED, .v = { { D, .types = "CNAME RRSIG" } } },
        { "NXDOMAIN", CX_CUT_UNPROVED, 3, .v = { { D, .types = "NS" } } },
        { "signed by child", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .signer = NAME } } },
        { "not signed", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .bare = true } } },
        { "expanded", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .labels = -1 } } },
        { "unknown flag", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .flags = 2 } } },
        { "unknown hash", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .algorithm = 1 } } },
        { "iterations at the cap", CX_CUT_INSECURE,
          .v = { { D, .types = "NS", .iterations = CX_NSEC3_ITERATIONS_MAX - ROUNDS } } },
        { "iterations above the cap", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS", .iterations = CX_NSEC3_ITERATIONS_MAX - ROUNDS + 1 } } },
        { "no salt", CX_CUT_INSECURE, .v = { { D, .types = "NS", .salt = "" } } },
        { "two salts", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS" }, { .owner = ZONE, .to = 5, .salt = "x" } } },
        { "two salts, the other first", CX_CUT_UNPROVED,
          .v = { { .owner = ZONE, .to = 5, .salt = "pepper" }, { D, .types = "NS" } } },
        { "two numbers of iterations, the other first", CX_CUT_UNPROVED,
          .v = { { .owner = ZONE, .to = 5, .iterations = 1 }, { D, .types = "NS" } } },
        { "next hash too short", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .next_n = -1 } } },
        { "next hash too long", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .next_n = 1 } } },
        { "label longer than a hash", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS", .zone = "+x.test" } } },
        { "two numbers of iterations", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS" }, { .owner = ZONE, .to = 5, .iterations = 1 } } },
        { "of the child's chain", CX_CUT_UNPROVED,
          .v = { { D, .types = "NS", .zone = NAME, .signer = NAME } } },
        { "hash below another name", CX_CUT_UNPROVED, .v = { { D, .types = "NS", .zone = NAME } } },
        { "of another", CX_CUT_UNPROVED, .v = { { .owner = "c.test", .to = 5, .types = "NS" } } },
        { "next to it", CX_CUT_UNPROVED,
          .v = { { .owner = NAME, .from = 1, .to = 5, .types = "NS" } } },
    };
#undef D

    check_denied(rows, CX_COUNT(rows));
}

#define APEX                                                                                       \
    {                                                                                              \
        .owner = ZONE, .to = 5, .types = "NS SOA"                                                  \
    }

/* TEST R-FAIL-4, R-SEC-9 */
TEST(reads_opt_out)
{
#define SPAN                                                                                       \
    {                                                                                              \
        .owner = NAME, .from = -1, .to = 1, .flags = 1                                             \
    }
    static const struct denied rows[] = {
        { "covered", CX_CUT_OPT_OUT, .v = { APEX, SPAN } },
        { "next closer above the name", CX_CUT_OPT_OUT, .name = "x.y.d.test", .v = { APEX, SPAN } },
        { "no opt-out", CX_CUT_UNPROVED, .v = { APEX, { .owner = NAME, .from = -1, .to = 1 } } },
        { "NXDOMAIN", CX_CUT_UNPROVED, 3,
          .v = { APEX, SPAN, { .owner = "*.test", .from = -1, .to = 1, .flags = 1 } } },
        { "no encloser", CX_CUT_UNPROVED, .v = { SPAN } },
        { "apex without SOA", CX_CUT_UNPROVED,
          .v = { { .owner = ZONE, .to = 5, .types = "NS" }, SPAN } },
        { "encloser is a DNAME", CX_CUT_UNPROVED,
          .v = { { .owner = ZONE, .to = 5, .types = "NS SOA DNAME" }, SPAN } },
        { "encloser is a host", CX_CUT_OPT_OUT, .name = "x.d.test",
          .v = { { .owner = NAME, .to = 5, .types = "A" },
                 { .owner = "x.d.test", .from = -1, .to = 1, .flags = 1 } } },
        { "encloser is a delegation", CX_CUT_UNPROVED, .name = "x.d.test",
          .v = { { .owner = NAME, .to = 5, .types = "NS" },
                 { .owner = "x.d.test", .from = -1, .to = 1, .flags = 1 } } },
        { "span in front", CX_CUT_UNPROVED,
          .v = { APEX, { .owner = NAME, .from = -2, .to = -1, .flags = 1 } } },
        { "span ends there", CX_CUT_UNPROVED,
          .v = { APEX, { .owner = NAME, .from = -2, .to = 0, .flags = 1 } } },
        { "span behind", CX_CUT_UNPROVED,
          .v = { APEX, { .owner = NAME, .from = 1, .to = 2, .flags = 1 } } },
        { "end of the chain", CX_CUT_OPT_OUT,
          .v = { APEX, { .owner = NAME, .from = -1, .to = -2, .flags = 1 } } },
        { "begin of the chain", CX_CUT_OPT_OUT,
          .v = { APEX, { .owner = NAME, .from = 2, .to = 1, .flags = 1 } } },
        { "end of the chain, not there", CX_CUT_UNPROVED,
          .v = { APEX, { .owner = NAME, .from = 1, .to = -1, .flags = 1 } } },
        { "chain of one", CX_CUT_OPT_OUT,
          .v = { { .owner = ZONE, .types = "NS SOA", .flags = 1 } } },
        { "span of the child", CX_CUT_UNPROVED,
          .v = { APEX, { .owner = NAME, .from = -1, .to = 1, .flags = 1, .signer = NAME } } },
        { "span not signed", CX_CUT_UNPROVED,
          .v = { APEX, { .owner = NAME, .from = -1, .to = 1, .flags = 1, .bare = true } } },
        { "apex not signed", CX_CUT_UNPROVED,
          .v = { { .owner = ZONE, .to = 5, .types = "NS SOA", .bare = true }, SPAN } },
        { "iterations above the cap", CX_CUT_UNPROVED,
          .v = { { .owner = ZONE, .to = 5, .types = "NS SOA", .iterations = 148 },
                 { .owner = NAME, .from = -1, .to = 1, .flags = 1, .iterations = 148 } } },
        { "name is there too", CX_CUT_NONE, .v = { APEX, SPAN, { .owner = NAME, .to = 5 } } },
    };
#undef SPAN

    check_denied(rows, CX_COUNT(rows));
}

/* TEST R-SEC-9 */
TEST(reads_nxdomain_by_nsec3)
{
#define COVER                                                                                      \
    {                                                                                              \
        .owner = NAME, .from = -1, .to = 1                                                         \
    }
#define NO_STARS                                                                                   \
    {                                                                                              \
        .owner = "*.test", .from = -1, .to = 1                                                     \
    }
    static const struct denied rows[] = {
        { "proved", CX_CUT_NOTHING_BELOW, 3, .v = { APEX, COVER, NO_STARS } },
        { "far below", CX_CUT_NOTHING_BELOW, 3, .name = "x.y.d.test",
          .v = { APEX, COVER, NO_STARS } },
        { "chain of one", CX_CUT_NOTHING_BELOW, 3, .v = { { .owner = ZONE, .types = "NS SOA" } } },
        { "NOERROR", CX_CUT_UNPROVED, .v = { APEX, COVER, NO_STARS } },
        { "opt-out", CX_CUT_UNPROVED, 3,
          .v = { APEX, { .owner = NAME, .from = -1, .to = 1, .flags = 1 }, NO_STARS } },
        { "wildcard not denied", CX_CUT_UNPROVED, 3, .v = { APEX, COVER } },
        { "wildcard is there", CX_CUT_UNPROVED, 3,
          .v = { APEX, COVER, { .owner = "*.test", .to = 1 } } },
        { "no encloser", CX_CUT_UNPROVED, 3, .v = { COVER, NO_STARS } },
        { "name is there too", CX_CUT_UNPROVED, 3,
          .v = { APEX, COVER, NO_STARS, { .owner = NAME, .to = 1 } } },
    };
#undef COVER
#undef NO_STARS

    check_denied(rows, CX_COUNT(rows));
}

#undef APEX

TEST(refuses_malformed_bitmaps)
{
#define RAW(octets) octets, sizeof(octets) - 1
    static const struct {
        const char *about, *raw;
        size_t raw_n;
        enum cx_cut cut;
    } rows[] = {
        { "NS", RAW("\0\1\x20"), CX_CUT_INSECURE },
        { "NS, and a far window", RAW("\0\1\x20\xff\1\x80"), CX_CUT_INSECURE },
        { "NS of another window", RAW("\1\1\x20"), CX_CUT_NONE },
        { "longest window", RAW("\0\x20\x20...............................\1\1\1"),
          CX_CUT_INSECURE },
        { "window too long", RAW("\0\x21\x20................................\1\1\1"),
          CX_CUT_UNPROVED },
        { "empty window", RAW("\0\0"), CX_CUT_UNPROVED },
        { "empty window behind", RAW("\0\1\x20\1\0"), CX_CUT_UNPROVED },
        { "the same window again", RAW("\0\1\x20\0\1\x20"), CX_CUT_UNPROVED },
        { "windows in disorder", RAW("\1\1\x40\0\1\x20"), CX_CUT_UNPROVED },
        { "window alone", RAW("\0"), CX_CUT_UNPROVED },
        { "cut window", RAW("\0\2\x20"), CX_CUT_UNPROVED },
        { "an octet behind", RAW("\0\1\x20\1"), CX_CUT_UNPROVED },
    };
#undef RAW

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct denied row = { rows[i].about, rows[i].cut,
                              .v = {
                                  { .owner = NAME, .raw = rows[i].raw, .raw_n = rows[i].raw_n } } };

        row.v[0].to = 1;
        check_denied(&row, 1);
        row.v[0].next = "e.test";
        check_denied(&row, 1);
    }
}

/* Without a bitmap there is no NS; any other cut breaks the record. */
TEST(refuses_cut_rdata)
{
    static const struct denier deniers[] = {
        { .owner = NAME, .next = "e.test", .types = "NS" },
        { .owner = NAME, .to = 1, .types = "NS" },
    };
    static const size_t without_bitmap[] = { 8, 5 + 4 + 1 + 20 };

    for (size_t i = 0; i < CX_COUNT(deniers); i++) {
        for (size_t n = 0; n < without_bitmap[i] + 9; n++) {
            struct wire w;

            wire_open(&w, NAME, CX_TYPE_DS, WIRE_QR);
            put_denier(&w, &deniers[i], ZONE, n);
            wire_soa(&w, ZONE, 3600, 60); /* octets that are not the record's */
            assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true),
                             n == without_bitmap[i] ? CX_CUT_NONE : CX_CUT_UNPROVED);
        }
    }
}

/* Length and alphabet. The hash of n6.test begins with digit 0; "w" would be 32, which is 0 in five bits. */
TEST(refuses_an_owner_that_is_no_hash)
{
    static const struct {
        size_t at;
        uint8_t octet;
    } rows[] = { { 1, 'w' }, { 1, 'W' }, { 1, '/' }, { 32, ':' }, { 16, '\0' }, { 0, 31 } };
    const struct denier denier = { .owner = "n6.test", .to = 5, .types = "NS" };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct wire w;
        size_t owner;

        wire_open(&w, "n6.test", CX_TYPE_DS, WIRE_QR);
        put_denier(&w, &denier, ZONE, SIZE_MAX);
        assert_int_equal(cut_at(wire_span(&w), "n6.test", ZONE, true), CX_CUT_INSECURE);
        for (owner = 12; w.p[owner] != 32; owner++) {
            assert_true(owner < w.n);
        }
        assert_int_equal(w.p[owner + 1], '0');
        w.p[owner + rows[i].at] = rows[i].octet; /* of the RRSIG */
        for (owner += 33; w.p[owner] != 32 || w.p[owner + 1] != '0'; owner++) {
            assert_true(owner < w.n);
        }
        w.p[owner + rows[i].at] = rows[i].octet; /* of the NSEC3 */
        assert_int_equal(cut_at(wire_span(&w), "n6.test", ZONE, true), CX_CUT_UNPROVED);
    }
}

TEST(refuses_more_denials_than_a_proof_has)
{
    for (unsigned n = CX_DENIALS_MAX; n <= CX_DENIALS_MAX + 1; n++) {
        struct wire w;

        wire_open(&w, NAME, CX_TYPE_DS, WIRE_QR);
        put_denier(&w, &(struct denier){ .owner = NAME, .next = "e.test", .types = "NS" }, ZONE,
                   SIZE_MAX);
        for (unsigned i = 1; i < n; i++) {
            char owner[32];

            assert_true(snprintf(owner, sizeof(owner), "x%u.test", i) > 0);
            put_denier(&w, &(struct denier){ .owner = owner, .next = "y.test", .bare = true }, ZONE,
                       SIZE_MAX);
        }
        assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true),
                         n == CX_DENIALS_MAX ? CX_CUT_INSECURE : CX_CUT_UNPROVED);
    }
}

/* RFC 4034 section 6.1: its example. */
TEST(knows_the_canonical_order)
{
    static const char *const names[] = { "example",         "a.example",      "yljkjljk.a.example",
                                         "Z.a.example",     "zABC.a.EXAMPLE", "z.example",
                                         "\\001.z.example", "*.z.example",    "\\200.z.example" };
    struct cx_name zone = name_of(names[0]);

    for (size_t i = 0; i < 9 * 9 * 9; i++) {
        size_t from = i % 9, name = i / 9 % 9, to = i / 81;
        struct cx_name n = name_of(names[name]);
        static struct cx_denials denials;
        struct wire w;

        wire_open(&w, NAME, CX_TYPE_DS, WIRE_QR);
        put_denier(&w, &(struct denier){ .owner = names[from], .next = names[to] }, names[0],
                   SIZE_MAX);
        assert_true(cx_denials_read(wire_span(&w), cx_name_span(&zone), &denials));
        assert_int_equal(denials.n, 1);
        assert_int_equal(cx_denials_cover(&denials, cx_name_span(&n)) != NULL,
                         from < name && (name < to || to == 0));
        assert_int_equal(cx_denials_match(&denials, cx_name_span(&n)) != NULL, from == name);
    }
}

/* RFC 5155 appendix A: owners of its example zone. */
TEST(hashes_as_the_rfc)
{
    static const struct {
        const char *name, *owner;
    } rows[] = {
        { "example", "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM.example" },
        { "a.example", "35MTHGPGCU1QG68FAB165KLNSNK3DPVL.example" },
        { "x.y.w.example", "2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S.example" },
        { "*.w.example", "R53BQ7CC2UVMUBFU5OCMM6PERS9TK9EN.example" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        uint8_t hash[20];
        char owner[64];

        hash_plus(rows[i].name, 12, "\xaa\xbb\xcc\xdd", 0, hash);
        hash_owner(hash, "example", owner);
        assert_string_equal(owner, rows[i].owner);
    }
}

TEST(hashes_as_ldns)
{
    uint32_t seed = 1;

    for (unsigned i = 0; i < 500; i++) {
        uint8_t salt[255], hash[20], n_salt = (uint8_t)(i * 7 % 256);
        uint16_t iterations = (uint16_t)(i % 40);
        char text[64], owner[64];
        struct cx_name name;
        ldns_rdf *rdf, *hashed;

        for (size_t k = 0; k < sizeof(salt); k++) {
            seed = seed * 1664525u + 1013904223u;
            salt[k] = (uint8_t)(seed >> 24);
        }
        assert_true(snprintf(text, sizeof(text), "n%u.%u.Example%u", i, seed, seed % 100) > 0);
        name = name_of(text);
        rdf = ldns_dname_new_frm_str(text);
        assert_non_null(rdf);
        ldns_dname2canonical(rdf);
        hashed = ldns_nsec3_hash_name(rdf, 1, iterations, n_salt, salt);
        assert_non_null(hashed);
        cx_nsec3_hash(cx_name_span(&name), (cx_span){ salt, n_salt }, iterations, hash);
        hash_owner(hash, "", owner);
        assert_int_equal(ldns_rdf_data(hashed)[0], 32);
        assert_int_equal(strncasecmp((const char *)ldns_rdf_data(hashed) + 1, owner, 32), 0);
        ldns_rdf_deep_free(rdf);
        ldns_rdf_deep_free(hashed);
    }
}

/* ---- DS and CNAME */

struct positive {
    const char *about;
    enum cx_cut cut;
    unsigned rcode;
    uint8_t ds[3][2]; /* algorithm, digest; 0 for none */
    const char *owner, *signer;
    bool bare, alias, other, wrong_type, denied;
    int labels;
    unsigned second_type; /* of an RRSIG in front */
};

static void
put_positive(struct wire *w, const struct positive *row)
{
    const char *owner = row->owner != NULL ? row->owner : NAME;
    unsigned type = row->alias ? CX_TYPE_CNAME : CX_TYPE_DS;

    wire_open(w, NAME, CX_TYPE_DS, WIRE_QR | row->rcode);
    if (row->second_type != 0) {
        put_rrsig(w, CX_SECTION_ANSWER, owner, row->second_type, 0, ZONE);
    }
    if (!row->bare) {
        put_rrsig(w, CX_SECTION_ANSWER, owner, row->wrong_type ? CX_TYPE_NS : type, row->labels,
                  row->signer != NULL ? row->signer : ZONE);
    }
    for (size_t i = 0; i < CX_COUNT(row->ds) && row->ds[i][0] != 0; i++) {
        uint8_t rdata[] = { 1, 2, row->ds[i][0], row->ds[i][1], 9, 9, 9, 9 };

        wire_rr(w, CX_SECTION_ANSWER, owner, CX_TYPE_DS, 3600, (cx_span){ rdata, sizeof(rdata) });
    }
    if (row->alias) {
        wire_alias(w, owner, CX_TYPE_CNAME, "x.example");
    }
    if (row->other) {
        wire_rr(w, CX_SECTION_ANSWER, NAME, CX_TYPE_NS, 300, (cx_span){ (const uint8_t *)"", 1 });
    }
    if (row->denied) {
        put_denier(w, &(struct denier){ .owner = NAME, .next = "e.test", .types = "NS" }, ZONE,
                   SIZE_MAX);
    }
}

/* TEST R-FAIL-2, R-FAIL-4, R-FAIL-10 */
TEST(reads_ds_and_aliases)
{
    static const struct positive rows[] = {
        { "signed", CX_CUT_SIGNED, .ds = { { 13, 2 } } },
        { "signed, set of two", CX_CUT_SIGNED, .ds = { { 200, 2 }, { 8, 1 } } },
        { "signed, the other first", CX_CUT_SIGNED, .ds = { { 8, 1 }, { 200, 2 } } },
        { "foreign digest", CX_CUT_UNSUPPORTED, .ds = { { 13, 9 } } },
        { "foreign algorithm", CX_CUT_UNSUPPORTED, .ds = { { 200, 2 } } },
        { "foreign, each in its way", CX_CUT_UNSUPPORTED, .ds = { { 200, 2 }, { 13, 9 } } },
        { "private algorithms", CX_CUT_UNSUPPORTED, .ds = { { 253, 2 }, { 254, 2 } } },
        { "unsure and foreign", CX_CUT_UNPROVED, .ds = { { 200, 2 }, { 16, 2 } } },
        { "unsure and good", CX_CUT_SIGNED, .ds = { { 16, 2 }, { 15, 4 } } },
        { "unsure algorithm, foreign digest", CX_CUT_UNSUPPORTED, .ds = { { 16, 9 } } },
        { "signed, a denial beside it", CX_CUT_SIGNED, .ds = { { 13, 2 } }, .denied = true },
        { "by child", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .signer = NAME },
        { "by root", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .signer = "." },
        { "no RRSIG", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .bare = true },
        { "RRSIG of NS", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .wrong_type = true },
        { "RRSIG of CNAME too", CX_CUT_UNPROVED, .ds = { { 200, 2 } },
          .second_type = CX_TYPE_CNAME },
        { "signed twice", CX_CUT_UNSUPPORTED, .ds = { { 200, 2 } }, .second_type = CX_TYPE_DS },
        { "expanded", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .labels = -1 },
        { "NXDOMAIN", CX_CUT_UNPROVED, 3, .ds = { { 200, 2 } } },
        { "of another", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .owner = "e.test" },
        { "of another, and denied", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .owner = "e.test",
          .denied = true },
        { "NS too", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .other = true },
        { "alias", CX_CUT_NONE, .alias = true },
        { "alias to what is not there", CX_CUT_NONE, 3, .alias = true },
        { "alias, target denied", CX_CUT_NONE, .alias = true, .denied = true },
        { "alias of child", CX_CUT_UNPROVED, .alias = true, .signer = NAME },
        { "alias by wildcard", CX_CUT_UNPROVED, .alias = true, .labels = -1 },
        { "alias without RRSIG", CX_CUT_UNPROVED, .alias = true, .bare = true },
        { "alias and DS", CX_CUT_UNPROVED, .ds = { { 200, 2 } }, .alias = true },
        { "only an RRSIG, and denied", CX_CUT_UNPROVED, .denied = true },
        { "RRSIG of nothing, and denied", CX_CUT_UNPROVED, .denied = true, .wrong_type = true },
        { "no RRSIG, and denied", CX_CUT_INSECURE, .denied = true, .bare = true },
        { "NS, and denied", CX_CUT_UNPROVED, .denied = true, .bare = true, .other = true },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct wire w;

        put_positive(&w, &rows[i]);
        ROW_TRUE(cut_at(wire_span(&w), NAME, ZONE, true) == rows[i].cut, rows[i].about);
        ROW_TRUE(cut_at(wire_span(&w), NAME, ZONE, false) == CX_CUT_UNPROVED, rows[i].about);
    }
}

/* TEST R-FAIL-4 */
TEST(knows_what_is_supported)
{
    static const uint8_t full[] = { 5, 7, 8, 10, 13, 14, 15 },
                         unsure[] = { 1, 3, 6, 12, 16, 17, 23 };

    for (unsigned algorithm = 1; algorithm < 256; algorithm++) {
        for (unsigned digest = 0; digest < 256; digest += digest < 8 ? 1 : 50) {
            bool is_full = memchr(full, (int)algorithm, sizeof(full)) != NULL;
            bool is_unsure = memchr(unsure, (int)algorithm, sizeof(unsure)) != NULL;
            bool full_digest = digest == 1 || digest == 2 || digest == 4;
            bool unsure_digest = digest == 3 || digest == 5 || digest == 6;
            struct positive row = { .ds = { { (uint8_t)algorithm, (uint8_t)digest } } };
            enum cx_cut cut = CX_CUT_UNSUPPORTED;
            struct wire w;

            if (is_full && full_digest) {
                cut = CX_CUT_SIGNED;
            } else if ((is_full || is_unsure) && (full_digest || unsure_digest)) {
                cut = CX_CUT_UNPROVED;
            }
            put_positive(&w, &row);
            assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), cut);
        }
    }
}

TEST(refuses_a_ds_without_digest)
{
    for (size_t n = 0; n <= 5; n++) {
        struct wire w;

        wire_open(&w, NAME, CX_TYPE_DS, WIRE_QR);
        put_rrsig(&w, CX_SECTION_ANSWER, NAME, CX_TYPE_DS, 0, ZONE);
        wire_rr(&w, CX_SECTION_ANSWER, NAME, CX_TYPE_DS, 3600,
                (cx_span){ (const uint8_t *)"\1\2\xc8\2\1", n });
        assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true),
                         n == 5 ? CX_CUT_UNSUPPORTED : CX_CUT_UNPROVED);
    }
}

/* ---- the message as a whole */

static const struct denied insecure = {
    .v = { { .owner = NAME, .next = "e.test", .types = "NS RRSIG NSEC" } }
};

/* TEST R-FAIL-3 */
TEST(needs_a_whole_response_to_the_question)
{
    static const struct {
        size_t at;
        uint8_t flip;
        enum cx_cut cut;
    } rows[] = {
        { 2, 0x80, CX_CUT_UNPROVED },  /* QR */
        { 2, 0x08, CX_CUT_UNPROVED },  /* opcode */
        { 2, 0x02, CX_CUT_UNPROVED },  /* TC */
        { 2, 0x05, CX_CUT_INSECURE },  /* AA, RD */
        { 3, 0xf0, CX_CUT_INSECURE },  /* RA, Z, AD, CD */
        { 3, 0x01, CX_CUT_UNPROVED },  /* RCODE */
        { 3, 0x02, CX_CUT_UNPROVED },  /* RCODE */
        { 3, 0x05, CX_CUT_UNPROVED },  /* RCODE */
        { 13, 0x01, CX_CUT_UNPROVED }, /* QNAME */
        { 13, 0x20, CX_CUT_INSECURE }, /* its case */
        { 21, 0x02, CX_CUT_UNPROVED }, /* QTYPE */
        { 23, 0x02, CX_CUT_UNPROVED }, /* QCLASS */
    };
    struct wire w;

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        put_denied(&w, &insecure);
        w.p[rows[i].at] ^= rows[i].flip;
        assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), rows[i].cut);
    }
    put_denied(&w, &insecure);
    for (size_t n = 0; n < w.n; n++) {
        assert_int_equal(cut_at((cx_span){ w.p, n }, NAME, ZONE, true), CX_CUT_UNPROVED);
    }
    wire_opt(&w, 0);
    assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), CX_CUT_INSECURE);
    wire_opt(&w, 1);
    assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), CX_CUT_UNPROVED);
    put_denied(&w, &insecure);
    wire_u8(&w, 0);
    assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), CX_CUT_UNPROVED);
}

/* Of DS or NSEC: the last record. */
static void
set_class_of_last(struct wire *w, unsigned type)
{
    const uint8_t head[] = { 0, (uint8_t)type, 0, 1, 0, 0 };
    size_t at = w->n - sizeof(head);

    while (memcmp(w->p + at, head, sizeof(head)) != 0) {
        assert_true(at != 0);
        at--;
    }
    w->p[at + 3] = 3;
}

TEST(refuses_another_class)
{
    struct wire w;

    put_denied(&w, &insecure);
    set_class_of_last(&w, CX_TYPE_NSEC);
    assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), CX_CUT_UNPROVED);
    put_positive(&w, &(struct positive){ .ds = { { 200, 2 } } });
    set_class_of_last(&w, CX_TYPE_DS);
    assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), CX_CUT_UNPROVED);
}

/* TEST R-FAIL-4 */
TEST(needs_the_zone_above)
{
    static const char *const others[] = { NAME, "x.d.test", ".", "example", "t", "est" };
    struct wire w;

    put_denied(&w, &insecure);
    assert_int_equal(cut_at(wire_span(&w), NAME, ZONE, true), CX_CUT_INSECURE);
    assert_int_equal(cut_at(wire_span(&w), NAME, "TEST", true), CX_CUT_INSECURE);
    for (size_t i = 0; i < CX_COUNT(others); i++) {
        assert_int_equal(cut_at(wire_span(&w), NAME, others[i], true), CX_CUT_UNPROVED);
    }
    assert_int_equal(cut_at(wire_span(&w), "e.test", ZONE, true), CX_CUT_UNPROVED);
    /* The child as its own parent, in every record. */
    wire_open(&w, NAME, CX_TYPE_DS, WIRE_QR);
    put_denier(&w, &insecure.v[0], NAME, SIZE_MAX);
    assert_int_equal(cut_at(wire_span(&w), NAME, NAME, true), CX_CUT_UNPROVED);
}

TEST(reads_the_root_as_zone_above)
{
    struct wire w;

    wire_open(&w, ZONE, CX_TYPE_DS, WIRE_QR);
    wire_soa(&w, ".", 3600, 60);
    put_denier(&w, &(struct denier){ .owner = ZONE, .next = "unsigned", .types = "NS" }, ".",
               SIZE_MAX);
    assert_int_equal(cut_at(wire_span(&w), ZONE, ".", true), CX_CUT_INSECURE);
    wire_open(&w, ".", CX_TYPE_DS, WIRE_QR);
    put_denier(&w, &(struct denier){ .owner = ".", .next = ZONE, .types = "NS" }, ".", SIZE_MAX);
    assert_int_equal(cut_at(wire_span(&w), ".", ".", true), CX_CUT_UNPROVED);
}

TEST(has_a_word_for_each)
{
    static const char *const words[] = { "unproved", "signed", "unsupported",  "insecure",
                                         "opt-out",  "none",   "nothing-below" };

    for (size_t i = 0; i < CX_COUNT(words); i++) {
        assert_string_equal(cx_cut_word((enum cx_cut)i), words[i]);
    }
}

/* ---- signers */

static cx_status
signers(const struct wire *w, struct cx_arena *arena, char ret[256])
{
    cx_span *names = NULL;
    size_t n = 0, at = 0;

    CX_TRY(cx_signers_read(wire_span(w), arena, &names, &n));
    ret[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        char text[CX_NAME_TEXT_MAX];

        cx_name_text(names[i], text);
        at += (size_t)snprintf(ret + at, 256 - at, "%s%s", i != 0 ? " " : "", text);
        assert_true(at < 256);
    }
    return CX_SUCCESS;
}

TEST(collects_signers)
{
    struct cx_arena arena;
    struct wire w;
    char text[256];

    cx_arena_init(&arena, 1u << 20);
    wire_open(&w, NAME, CX_TYPE_CAA, WIRE_QR);
    assert_true(cx_ok(signers(&w, &arena, text)));
    assert_string_equal(text, "");
    put_rrsig(&w, CX_SECTION_ANSWER, NAME, CX_TYPE_CNAME, 0, NAME);
    put_rrsig(&w, CX_SECTION_ANSWER, "x.example", CX_TYPE_CAA, -1, "Example");
    wire_soa(&w, ZONE, 3600, 60);
    put_rrsig(&w, CX_SECTION_AUTHORITY, "example", CX_TYPE_SOA, 0, "eXample");
    put_rrsig(&w, CX_SECTION_AUTHORITY, ".", CX_TYPE_NSEC, 0, ".");
    put_rrsig(&w, CX_SECTION_ADDITIONAL, "ns.other", 1, 0, "other");
    assert_true(cx_ok(signers(&w, &arena, text)));
    assert_string_equal(text, "d.test example .");
    w.n--;
    assert_int_equal(signers(&w, &arena, text).code, CX_E_MESSAGE);
    w.n = 0;
    assert_int_equal(signers(&w, &arena, text).code, CX_E_MESSAGE);
    cx_arena_done(&arena);
}

TEST(caps_signers)
{
    struct cx_arena arena;
    struct wire w;
    cx_span *names;
    size_t n = 7;

    cx_arena_init(&arena, 1u << 20);
    wire_open(&w, NAME, CX_TYPE_CAA, WIRE_QR);
    for (unsigned i = 0; i < CX_SIGNERS_MAX; i++) {
        char zone[16];

        assert_true(snprintf(zone, sizeof(zone), "z%u", i) > 0);
        put_rrsig(&w, CX_SECTION_ANSWER, NAME, CX_TYPE_CAA, 0, zone);
    }
    assert_true(cx_ok(cx_signers_read(wire_span(&w), &arena, &names, &n)));
    assert_int_equal(n, CX_SIGNERS_MAX);
    put_rrsig(&w, CX_SECTION_ANSWER, NAME, CX_TYPE_CAA, 0, "more");
    n = 7;
    assert_int_equal(cx_signers_read(wire_span(&w), &arena, &names, &n).code, CX_E_LIMIT);
    assert_int_equal(n, 7);
    cx_arena_done(&arena);
    cx_arena_init(&arena, 64);
    assert_int_equal(cx_signers_read(wire_span(&w), &arena, &names, &n).code, CX_E_NOMEM);
    cx_arena_done(&arena);
}

/* RDATA of an RRSIG: 18 octets, the signer, a signature. */
TEST(refuses_cut_signatures)
{
    static const uint8_t rdata[] = { 0, 1, 13, 2, 0, 0, 0, 1,   0,   0,   0, 2,
                                     0, 0, 0,  3, 4, 5, 3, 'o', 'r', 'g', 0, 9 };
    struct cx_arena arena;

    cx_arena_init(&arena, 1u << 20);
    for (size_t n = 0; n <= sizeof(rdata); n++) {
        struct wire w;
        char text[256];

        wire_open(&w, NAME, CX_TYPE_CAA, WIRE_QR);
        wire_rr(&w, CX_SECTION_ANSWER, NAME, CX_TYPE_RRSIG, 1, (cx_span){ rdata, n });
        assert_int_equal(signers(&w, &arena, text).code, n == sizeof(rdata) ? CX_OK : CX_E_MESSAGE);
    }
    cx_arena_done(&arena);
}

/* ---- answers of libunbound, tests/unit/data/delegations.txt */

struct captured {
    char name[256], parent[256], state[16], cut[16];
    uint8_t octets[4096];
    size_t n;
};

/* The next line that is no comment; false at the end. */
static bool
next_captured(FILE *file, struct captured *ret)
{
    char line[16384], *at = line;
    int n = 0;

    do {
        if (fgets(line, sizeof(line), file) == NULL) {
            return false;
        }
    } while (line[0] == '#');
    assert_int_equal(
        sscanf(line, "%255s %255s %15s %15s %n", ret->name, ret->parent, ret->state, ret->cut, &n),
        4);
    ret->n = 0;
    for (at = line + n; *at != '\n'; at += 2) {
        int high = cx_ascii_hex((uint8_t)at[0]), low = cx_ascii_hex((uint8_t)at[1]);

        assert_true(high >= 0 && low >= 0 && ret->n < sizeof(ret->octets));
        ret->octets[ret->n++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static FILE *
open_captured(void)
{
    FILE *file = fopen(DELEGATIONS, "r");

    assert_non_null(file);
    return file;
}

/* TEST R-FAIL-2, R-FAIL-3, R-FAIL-4, R-FAIL-10 */
TEST(reads_what_libunbound_answers)
{
    FILE *file = open_captured();
    struct captured c;
    size_t n = 0;

    for (; next_captured(file, &c); n++) {
        bool validated = strcmp(c.state, "secure") == 0;
        cx_span octets = { c.octets, c.n };
        const char *unvalidated = strcmp(c.cut, "opt-out") == 0 ? c.cut : "unproved";

        if (strcmp(cx_cut_word(cut_at(octets, c.name, c.parent, validated)), c.cut) != 0) {
            fail_msg("%s: %s", c.name, cx_cut_word(cut_at(octets, c.name, c.parent, validated)));
        }
        assert_string_equal(cx_cut_word(cut_at(octets, c.name, c.parent, false)), unvalidated);
    }
    assert_int_equal(n, 40);
    (void)fclose(file);
}

/* ---- one bit changed */

static bool
opens_the_way(enum cx_cut cut)
{
    return cut == CX_CUT_UNSUPPORTED || cut == CX_CUT_INSECURE || cut == CX_CUT_OPT_OUT;
}

/* Offset of the bitmap of an NSEC or NSEC3 record. */
static size_t
bitmap_of(const struct cx_message *m, const struct cx_rr *rr)
{
    struct cx_name next;
    size_t end = 0, salt;

    if (rr->type == CX_TYPE_NSEC) {
        assert_true(cx_ok(cx_name_from_message(m->octets, rr->rdata_at, &next, &end)));
        return end;
    }
    salt = rr->rdata.p[4];
    return rr->rdata_at + 5 + salt + 1 + rr->rdata.p[5 + salt];
}

/* Bits of signed RDATA that say that a zone is insecure: nothing but the signature guards these. */
static bool
says_insecure(const struct cx_message *m, const struct cx_rr *rr, size_t at, unsigned bit,
              enum cx_cut cut)
{
    bool nsec = rr->type == CX_TYPE_NSEC || rr->type == CX_TYPE_NSEC3;

    if (cut == CX_CUT_UNSUPPORTED) { /* algorithm, digest */
        return rr->type == CX_TYPE_DS && (at == rr->rdata_at + 2 || at == rr->rdata_at + 3);
    }
    if (cut == CX_CUT_OPT_OUT) { /* the flag */
        return rr->type == CX_TYPE_NSEC3 && at == rr->rdata_at + 1 && bit == 1;
    }
    return nsec && at == bitmap_of(m, rr) + 2 && bit == 0x20; /* NS */
}

static bool
is_guarded_by_signature(cx_span octets, size_t at, unsigned bit, enum cx_cut cut)
{
    struct cx_message m;
    struct cx_rr rr;
    bool more = true, found = false;

    assert_true(cx_ok(cx_message_open(octets, &m)));
    while (more) {
        assert_true(cx_ok(cx_message_next(&m, &rr, &more)));
        found |= more && says_insecure(&m, &rr, at, bit, cut);
    }
    return found;
}

/* How many single bits make of an answer one that opens the way. */
static size_t
ways_opened(struct captured *c)
{
    bool validated = strcmp(c->state, "secure") == 0;
    struct cx_name name = name_of(c->name), parent = name_of(c->parent);
    cx_span octets = { c->octets, c->n };
    size_t opened = 0;

    for (size_t i = 0; i < 8 * c->n; i++) {
        unsigned bit = 1u << (i % 8);
        enum cx_cut cut;

        c->octets[i / 8] ^= (uint8_t)bit;
        cut = cx_cut_read(octets, cx_name_span(&name), cx_name_span(&parent), validated);
        c->octets[i / 8] ^= (uint8_t)bit;
        if (opens_the_way(cut)) {
            opened++;
            if (!is_guarded_by_signature(octets, i / 8, bit, cut)) {
                fail_msg("%s: bit %#x of octet %zu: %s", c->name, bit, i / 8, cx_cut_word(cut));
            }
        }
    }
    return opened;
}

/* No single bit makes an answer that did not show insecurity one that does, except in signed RDATA: algorithm or digest
 * of a DS, NS in a bitmap, the opt-out flag. Header, counts, names, types, classes, TTLs, hashes, salts, RRSIGs: none.
 * TEST R-FAIL-3, R-FAIL-4 */
TEST(one_bit_opens_no_way)
{
    FILE *file = open_captured();
    struct captured c;
    size_t opened = 0, tried = 0;

    while (next_captured(file, &c)) {
        cx_span octets = { c.octets, c.n };

        if (!opens_the_way(cut_at(octets, c.name, c.parent, strcmp(c.state, "secure") == 0))) {
            opened += ways_opened(&c);
            tried++;
        }
    }
    assert_true(tried > 20);
    assert_true(opened != 0); /* the exceptions are real */
    (void)fclose(file);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_nodata_by_nsec),
    cmocka_unit_test(reads_empty_non_terminals_by_nsec),
    cmocka_unit_test(reads_nxdomain_by_nsec),
    cmocka_unit_test(reads_nodata_by_nsec3),
    cmocka_unit_test(reads_opt_out),
    cmocka_unit_test(reads_nxdomain_by_nsec3),
    cmocka_unit_test(refuses_malformed_bitmaps),
    cmocka_unit_test(refuses_cut_rdata),
    cmocka_unit_test(refuses_an_owner_that_is_no_hash),
    cmocka_unit_test(refuses_more_denials_than_a_proof_has),
    cmocka_unit_test(knows_the_canonical_order),
    cmocka_unit_test(hashes_as_the_rfc),
    cmocka_unit_test(hashes_as_ldns),
    cmocka_unit_test(reads_ds_and_aliases),
    cmocka_unit_test(knows_what_is_supported),
    cmocka_unit_test(refuses_a_ds_without_digest),
    cmocka_unit_test(needs_a_whole_response_to_the_question),
    cmocka_unit_test(refuses_another_class),
    cmocka_unit_test(needs_the_zone_above),
    cmocka_unit_test(reads_the_root_as_zone_above),
    cmocka_unit_test(has_a_word_for_each),
    cmocka_unit_test(collects_signers),
    cmocka_unit_test(caps_signers),
    cmocka_unit_test(refuses_cut_signatures),
    cmocka_unit_test(reads_what_libunbound_answers),
    cmocka_unit_test(one_bit_opens_no_way),
};

TEST_MAIN(tests)

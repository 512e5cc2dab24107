#include "dnssec/denial.h"

#include "dns/caa.h"
#include "dnssec/signature.h"

#include <ldns/ldns.h>

#define SALT_MAX       255u
#define HASH_TEXT      32u /* CX_NSEC3_HASH octets in base32hex */
#define FLAG_OPT_OUT   1u
#define ALGORITHM_SHA1 1u
#define WINDOW_MAX     32u

/* ---- bitmap of types, RFC 4034 section 4.1.2 */

static bool
bitmap_is_well_formed(cx_span types)
{
    struct cx_reader r = cx_reader_of(types);
    int last = -1;

    while (cx_rd_left(&r) != 0) {
        int window = cx_rd_u8(&r);
        uint8_t length = cx_rd_u8(&r);

        (void)cx_rd_bytes(&r, length);
        if (!cx_rd_ok(&r) || window <= last || length == 0 || length > WINDOW_MAX) {
            return false;
        }
        last = window;
    }
    return true;
}

bool
cx_denial_has(const struct cx_denial *denial, uint16_t type)
{
    struct cx_reader r = cx_reader_of(denial->types);

    while (cx_rd_left(&r) != 0) {
        uint8_t window = cx_rd_u8(&r);
        cx_span bits = cx_rd_bytes(&r, cx_rd_u8(&r));
        size_t at = (type & 0xffu) / 8;

        if (window == type >> 8) {
            return at < bits.n && (bits.p[at] & (0x80u >> (type & 7u))) != 0;
        }
    }
    return false;
}

bool
cx_denial_ends_zone(const struct cx_denial *denial)
{
    return cx_denial_has(denial, CX_TYPE_DNAME) ||
           (cx_denial_has(denial, CX_TYPE_NS) && !cx_denial_has(denial, CX_TYPE_SOA));
}

/* ---- names and hashes */

void
cx_nsec3_hash(cx_span name, cx_span salt, uint16_t iterations, uint8_t ret[CX_NSEC3_HASH])
{
    uint8_t input[CX_NAME_MAX + SALT_MAX];
    size_t n = name.n;

    memcpy(input, name.p, name.n);
    for (unsigned i = 0; i <= iterations; i++) {
        if (salt.n != 0) {
            memcpy(input + n, salt.p, salt.n);
        }
        (void)ldns_sha1(input, (unsigned)(n + salt.n), ret);
        memcpy(input, ret, CX_NSEC3_HASH);
        n = CX_NSEC3_HASH;
    }
}

static int
base32hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* The first label, which is lower case as every label of a cx_name. */
static bool
hash_of_label(const struct cx_name *owner, uint8_t ret[CX_NSEC3_HASH])
{
    unsigned bits = 0, n_bits = 0;
    size_t out = 0;

    if (owner->wire[0] != HASH_TEXT) {
        return false;
    }
    for (size_t i = 1; i <= HASH_TEXT; i++) {
        int digit = base32hex(owner->wire[i]);

        if (digit < 0) {
            return false;
        }
        bits = (bits << 5 | (unsigned)digit) & 0xfffu;
        n_bits += 5;
        if (n_bits >= 8) {
            n_bits -= 8;
            ret[out++] = (uint8_t)(bits >> n_bits);
        }
    }
    return true;
}

static size_t
label_offsets(cx_span name, uint8_t ret[CX_LABELS_MAX])
{
    size_t n = 0;

    for (size_t at = 0; name.p[at] != 0; at += (size_t)name.p[at] + 1) {
        ret[n++] = (uint8_t)at;
    }
    return n;
}

/* Canonical order of names, RFC 4034 section 6.1. */
static int
order(cx_span a, cx_span b)
{
    uint8_t at_a[CX_LABELS_MAX], at_b[CX_LABELS_MAX];
    size_t n_a = label_offsets(a, at_a), n_b = label_offsets(b, at_b);

    while (n_a != 0 && n_b != 0) {
        const uint8_t *x = a.p + at_a[--n_a], *y = b.p + at_b[--n_b];
        int less = memcmp(x + 1, y + 1, x[0] < y[0] ? x[0] : y[0]);

        if (less != 0 || x[0] != y[0]) {
            return less != 0 ? less : (int)x[0] - (int)y[0];
        }
    }
    return n_a != 0 ? 1 : n_b != 0 ? -1 : 0;
}

/* ---- reading */

static bool
read_nsec(const struct cx_message *message, const struct cx_rr *rr, struct cx_denials *all,
          struct cx_denial *ret)
{
    size_t end, rdata_end = rr->rdata_at + rr->rdata.n;

    if (!cx_ok(cx_name_from_message(message->octets, rr->rdata_at, &ret->next, &end)) ||
        end > rdata_end) {
        return false;
    }
    ret->types = (cx_span){ message->octets.p + end, rdata_end - end };
    return cx_name_within(cx_name_span(&ret->owner), cx_name_span(&all->zone)) &&
           cx_name_within(cx_name_span(&ret->next), cx_name_span(&all->zone));
}

/* RFC 5155 section 8.2: records of other parameters than the rest are no part of the same proof. */
static bool
read_nsec3(const struct cx_rr *rr, struct cx_denials *all, struct cx_denial *ret)
{
    struct cx_reader r = cx_reader_of(rr->rdata);
    uint8_t algorithm = cx_rd_u8(&r), flags = cx_rd_u8(&r);
    uint16_t iterations = cx_rd_u16(&r);
    cx_span salt = cx_rd_bytes(&r, cx_rd_u8(&r));
    cx_span next = cx_rd_bytes(&r, cx_rd_u8(&r));

    if (!cx_rd_ok(&r) || algorithm != ALGORITHM_SHA1 || (flags & ~FLAG_OPT_OUT) != 0 ||
        iterations > CX_NSEC3_ITERATIONS_MAX || next.n != CX_NSEC3_HASH ||
        (all->n != 0 && (iterations != all->iterations || !cx_span_equal(salt, all->salt)))) {
        return false;
    }
    all->iterations = iterations;
    all->salt = salt;
    memcpy(ret->next_hash, next.p, CX_NSEC3_HASH);
    ret->opt_out = (flags & FLAG_OPT_OUT) != 0;
    ret->types = cx_rd_rest(&r);
    return hash_of_label(&ret->owner, ret->hash) &&
           cx_span_equal(cx_name_parent(cx_name_span(&ret->owner)), cx_name_span(&all->zone));
}

static bool
add(const struct cx_message *message, const struct cx_rr *rr, struct cx_denials *all)
{
    struct cx_denial *denial = &all->v[all->n];

    if (all->n == CX_DENIALS_MAX || (all->n != 0 && all->type != rr->type)) {
        return false;
    }
    *denial = (struct cx_denial){ .owner = rr->owner };
    if (!(rr->type == CX_TYPE_NSEC ? read_nsec(message, rr, all, denial)
                                   : read_nsec3(rr, all, denial)) ||
        !bitmap_is_well_formed(denial->types)) {
        return false;
    }
    for (size_t i = 0; i < all->n; i++) {
        if (cx_span_equal(cx_name_span(&all->v[i].owner), cx_name_span(&rr->owner))) {
            return false;
        }
    }
    all->type = rr->type;
    all->n++;
    return true;
}

static void
seal(const struct cx_rr *rr, const struct cx_signature *signature, struct cx_denials *all)
{
    for (size_t i = 0; i < all->n; i++) {
        struct cx_denial *denial = &all->v[i];

        if (signature->covered == all->type &&
            cx_span_equal(cx_name_span(&denial->owner), cx_name_span(&rr->owner))) {
            bool good = cx_signature_is_of(signature, cx_name_span(&all->zone),
                                           cx_name_span(&denial->owner));

            denial->sealed |= good;
            denial->doubtful |= !good;
        }
    }
}

/* Signatures have a pass of their own, because they may come first. */
enum pass {
    PASS_RECORDS,
    PASS_SIGNATURES,
};

/* One record of the authority section. */
static bool
take(const struct cx_message *message, const struct cx_rr *rr, enum pass pass,
     struct cx_denials *all)
{
    struct cx_signature signature;

    if (rr->class != CX_CLASS_IN) {
        return false;
    }
    if (rr->type == CX_TYPE_SOA) {
        return cx_span_equal(cx_name_span(&rr->owner), cx_name_span(&all->zone));
    }
    if (rr->type == CX_TYPE_NSEC || rr->type == CX_TYPE_NSEC3) {
        return pass == PASS_SIGNATURES || add(message, rr, all);
    }
    if (rr->type == CX_TYPE_RRSIG && pass == PASS_SIGNATURES) {
        if (!cx_ok(cx_signature_read(message, rr, &signature))) {
            return false;
        }
        seal(rr, &signature, all);
    }
    return true;
}

static bool
take_all(cx_span octets, enum pass pass, struct cx_denials *all)
{
    struct cx_message message;
    struct cx_rr rr;
    bool more = true;

    if (!cx_ok(cx_message_open(octets, &message))) {
        return false;
    }
    while (more) {
        if (!cx_ok(cx_message_next(&message, &rr, &more)) ||
            (more && rr.section == CX_SECTION_AUTHORITY && !take(&message, &rr, pass, all))) {
            return false;
        }
    }
    return true;
}

bool
cx_denials_read(cx_span octets, cx_span zone, struct cx_denials *ret)
{
    size_t kept = 0;

    *ret = (struct cx_denials){ .zone = cx_name_of(zone) };
    if (!take_all(octets, PASS_RECORDS, ret) || !take_all(octets, PASS_SIGNATURES, ret)) {
        return false;
    }
    for (size_t i = 0; i < ret->n; i++) {
        if (ret->v[i].sealed && !ret->v[i].doubtful) {
            ret->v[kept++] = ret->v[i];
        }
    }
    ret->n = kept;
    return true;
}

/* ---- what they say */

/* The same question to every record: about the name, or with NSEC3 about its hash. */
typedef bool says(const struct cx_denials *denials, const struct cx_denial *denial, cx_span name,
                  const uint8_t hash[CX_NSEC3_HASH]);

static const struct cx_denial *
first_that(says *it, const struct cx_denials *denials, cx_span name)
{
    uint8_t hash[CX_NSEC3_HASH] = { 0 };

    if (denials->type == CX_TYPE_NSEC3) {
        cx_nsec3_hash(name, denials->salt, denials->iterations, hash);
    }
    for (size_t i = 0; i < denials->n; i++) {
        if (it(denials, &denials->v[i], name, hash)) {
            return &denials->v[i];
        }
    }
    return NULL;
}

static bool
matches(const struct cx_denials *denials, const struct cx_denial *denial, cx_span name,
        const uint8_t hash[CX_NSEC3_HASH])
{
    return denials->type == CX_TYPE_NSEC3 ? memcmp(denial->hash, hash, CX_NSEC3_HASH) == 0
                                          : cx_span_equal(cx_name_span(&denial->owner), name);
}

const struct cx_denial *
cx_denials_match(const struct cx_denials *denials, cx_span name)
{
    return first_that(matches, denials, name);
}

/* The last NSEC of a chain leads back to the apex. */
static bool
nsec_covers(const struct cx_denials *denials, const struct cx_denial *denial, cx_span name)
{
    cx_span owner = cx_name_span(&denial->owner), next = cx_name_span(&denial->next);

    return order(owner, name) < 0 &&
           (order(name, next) < 0 || cx_span_equal(next, cx_name_span(&denials->zone))) &&
           !(cx_name_within(name, owner) && cx_denial_ends_zone(denial));
}

/* The last hash of a chain leads back to the first; a single one, to itself. */
static bool
nsec3_covers(const struct cx_denial *denial, const uint8_t hash[CX_NSEC3_HASH])
{
    bool above = memcmp(hash, denial->hash, CX_NSEC3_HASH) > 0;
    bool below = memcmp(hash, denial->next_hash, CX_NSEC3_HASH) < 0;

    return memcmp(denial->hash, denial->next_hash, CX_NSEC3_HASH) < 0 ? above && below
                                                                      : above || below;
}

static bool
covers(const struct cx_denials *denials, const struct cx_denial *denial, cx_span name,
       const uint8_t hash[CX_NSEC3_HASH])
{
    return denials->type == CX_TYPE_NSEC3 ? nsec3_covers(denial, hash)
                                          : nsec_covers(denials, denial, name);
}

const struct cx_denial *
cx_denials_cover(const struct cx_denials *denials, cx_span name)
{
    return first_that(covers, denials, name);
}

bool
cx_denial_has_below(const struct cx_denials *denials, const struct cx_denial *denial, cx_span name)
{
    return denials->type == CX_TYPE_NSEC && cx_name_within(cx_name_span(&denial->next), name);
}

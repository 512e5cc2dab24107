#include "dnssec/zone_rdata.h"

#include "base/buf.h"
#include "dns/caa.h"

#include <ldns/ldns.h>

/* Why CAA does not go through ldns 1.8.3, although ldns knows the type (each of these was tried):
 *  - flags above 255 wrap around silently: 300 becomes 44;
 *  - a value without quotes, which RFC 8659 section 4.1.1 allows, is refused;
 *  - a tag with other characters than letters and digits is refused, where R-SYN-5 wants it kept as an unknown tag.
 * All of them would change or hide what a certification authority must see. Generic RDATA (RFC 3597) of type 257 is read
 * here too, so that its octets are kept whether or not they are a CAA record (R-SYN-6 is decided later). */

#define RDATA_MAX 65535
/* ldns takes RDATA text of that size at most; longer text is refused before it gets there. */
#define LDNS_TEXT_MAX 65000

static const struct {
    const char *mnemonic;
    uint16_t type;
} newer_types[] = {
    /* IANA's, unknown to ldns 1.8.3. */
    { "SINK", 40 },      { "DSYNC", 66 },    { "HHIT", 67 },  { "BRID", 68 },
    { "AVC", 258 },      { "DOA", 259 },     { "CLA", 263 },  { "IPN", 264 },
    { "AMTRELAY", 260 }, { "RESINFO", 261 }, { "TA", 32768 }, { "WALLET", 262 },
};

static uint16_t
newer_type(const struct cx_zone_word *word)
{
    for (size_t i = 0; i < CX_COUNT(newer_types); i++) {
        if (cx_zone_word_is(word, newer_types[i].mnemonic)) {
            return newer_types[i].type;
        }
    }
    return 0;
}

/* RFC 6895 section 3.1: 128-255 are questions and meta types, OPT is one by nature. */
static bool
meta(uint32_t type)
{
    return type == 0 || type == CX_TYPE_OPT || (type >= 128 && type <= 255);
}

uint16_t
cx_zone_type_of(const struct cx_zone_word *word)
{
    struct cx_zone_word digits = { { word->raw.p, 0 }, false };
    char mnemonic[16] = "";
    uint32_t type;

    if (word->quoted || word->raw.n == 0 || word->raw.n >= sizeof(mnemonic)) {
        return 0;
    }
    if (cx_zone_word_is(word,
                        "CAA")) { /* by far the most frequent here, and ldns searches long for it */
        return CX_TYPE_CAA;
    }
    memcpy(mnemonic, word->raw.p, word->raw.n);
    if (word->raw.n > 4 && strncasecmp(mnemonic, "TYPE", 4) == 0) {
        /* Not by ldns, which would let TYPE65793 wrap around to 257. */
        digits.raw = (cx_str){ word->raw.p + 4, word->raw.n - 4 };
        return cx_zone_word_number(&digits, 65535, &type) && !meta(type) ? (uint16_t)type : 0;
    }
    type = (uint32_t)ldns_get_rr_type_by_name(mnemonic);
    if (type == 0) {
        type = newer_type(word);
    }
    return type <= 65535 && !meta(type) ? (uint16_t)type : 0;
}

bool
cx_zone_type_is_dnssec(uint16_t type)
{
    return type == LDNS_RR_TYPE_SIG || type == LDNS_RR_TYPE_NXT || type == LDNS_RR_TYPE_RRSIG ||
           type == LDNS_RR_TYPE_NSEC || type == LDNS_RR_TYPE_NSEC3 ||
           type == LDNS_RR_TYPE_NSEC3PARAM;
}

/* Types that say no more here than that their owner exists, and whose text ldns 1.8.3 may not know in full (SVCB
 * parameters are still being added): a zone must not be refused for them. */
static bool
existence_only(uint16_t type)
{
    for (size_t i = 0; i < CX_COUNT(newer_types); i++) {
        if (newer_types[i].type == type) {
            return true;
        }
    }
    return type == LDNS_RR_TYPE_SVCB || type == LDNS_RR_TYPE_HTTPS || type == LDNS_RR_TYPE_ZONEMD ||
           type == LDNS_RR_TYPE_DS || type == LDNS_RR_TYPE_DNSKEY || type == LDNS_RR_TYPE_CDS ||
           type == LDNS_RR_TYPE_CDNSKEY || type == LDNS_RR_TYPE_DLV;
}

static bool
is_generic(const struct cx_zone_rdata *rdata)
{
    return rdata->n != 0 && cx_zone_word_is(&rdata->v[0], "\\#");
}

/* RFC 3597 section 5: \# length hex..., blanks anywhere between the digits. */
static cx_status
read_generic(const struct cx_zone_rdata *rdata, struct cx_arena *arena, cx_span *ret,
             struct cx_detail *detail)
{
    uint32_t length;
    char word[CX_ZONE_SHOWN];
    size_t digits = 0;
    uint8_t *to;

    if (rdata->n < 2 || !cx_zone_word_number(&rdata->v[1], RDATA_MAX, &length)) {
        return cx_fail(detail, CX_E_ZONE,
                       "line %zu: after \\# a length from 0 to 65535 is needed, then hexadecimal "
                       "digits",
                       rdata->line);
    }
    to = cx_arena_get(arena, (size_t)length + 1, 1);
    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 2; i < rdata->n; i++) {
        for (size_t k = 0; k < rdata->v[i].raw.n; k++, digits++) {
            int value = cx_ascii_hex((uint8_t)rdata->v[i].raw.p[k]);

            if (value < 0 || rdata->v[i].quoted) {
                return cx_fail(detail, CX_E_ZONE, "line %zu: \\#: \"%s\" is not hexadecimal",
                               rdata->line, cx_zone_word_show(&rdata->v[i], word));
            }
            if (digits / 2 < length) {
                to[digits / 2] = (uint8_t)(to[digits / 2] * 16 + value);
            }
        }
    }
    if (digits != (size_t)length * 2) {
        return cx_fail(detail, CX_E_ZONE, "line %zu: \\#: %zu hexadecimal digits for %u octets",
                       rdata->line, digits, (unsigned)length);
    }
    *ret = (cx_span){ to, length };
    return CX_SUCCESS;
}

static cx_status
refuse_caa(const struct cx_zone_rdata *rdata, const char *what, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_ZONE, "line %zu: CAA: %s (as in: CAA 0 issue \"ca.example.net\")",
                   rdata->line, what);
}

/* R-SYN-8: flags tag value. Octets are kept as they are; no judgement of the value. */
static cx_status
read_caa(const struct cx_zone_rdata *rdata, struct cx_arena *arena, cx_span *ret,
         struct cx_detail *detail)
{
    uint32_t flags;
    size_t tag_n, value_n;
    uint8_t *to;

    if (rdata->n < 3) {
        return refuse_caa(rdata, "flags, tag and value are needed; an empty value is \"\"", detail);
    }
    if (rdata->n > 3) {
        return refuse_caa(rdata, "text after the value; quotes must enclose the whole value",
                          detail);
    }
    if (!cx_zone_word_number(&rdata->v[0], 255, &flags)) {
        return refuse_caa(rdata, "flags must be a number from 0 to 255", detail);
    }
    to = cx_arena_get(arena, 2 + rdata->v[1].raw.n + rdata->v[2].raw.n, 1);
    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    to[0] = (uint8_t)flags;
    if (!cx_zone_word_octets(&rdata->v[1], to + 2, &tag_n) || tag_n == 0 || tag_n > 255) {
        return refuse_caa(rdata, "a tag of 1 to 255 octets is needed", detail);
    }
    to[1] = (uint8_t)tag_n;
    if (!cx_zone_word_octets(&rdata->v[2], to + 2 + tag_n, &value_n)) {
        return refuse_caa(rdata, "broken escape in the value; write \\DDD or \\X", detail);
    }
    if (value_n > RDATA_MAX - 2 - tag_n) {
        return refuse_caa(rdata, "longer than a record can be", detail);
    }
    *ret = (cx_span){ to, 2 + tag_n + value_n };
    return CX_SUCCESS;
}

/* Text in one line for ldns, with a stand-in owner: only RDATA is wanted of it. */
static void
put_line(const struct cx_zone_rdata *rdata, struct cx_buf *line)
{
    cx_buf_printf(line, ". 0 IN TYPE%u", (unsigned)rdata->type);
    for (size_t i = 0; i < rdata->n; i++) {
        cx_buf_puts(line, rdata->v[i].quoted ? " \"" : " ");
        cx_buf_put(line, rdata->v[i].raw);
        cx_buf_puts(line, rdata->v[i].quoted ? "\"" : "");
    }
    cx_buf_putc(line, '\0');
}

static cx_status
take_fields(const ldns_rr *rr, struct cx_arena *arena, cx_span *ret)
{
    size_t n = 0, at = 0;
    uint8_t *to;

    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        n += ldns_rr_rdf(rr, i) == NULL ? 0 : ldns_rdf_size(ldns_rr_rdf(rr, i));
    }
    to = cx_arena_get(arena, n + 1, 1);
    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);

        if (field != NULL && ldns_rdf_size(field) != 0) {
            memcpy(to + at, ldns_rdf_data(field), ldns_rdf_size(field));
            at += ldns_rdf_size(field);
        }
    }
    *ret = (cx_span){ to, n };
    return CX_SUCCESS;
}

/* For CX_AUTO. */
static void
free_rr(ldns_rr **rr)
{
    ldns_rr_free(*rr);
}

static void
free_rdf(ldns_rdf **rdf)
{
    ldns_rdf_deep_free(*rdf);
}

static cx_status
read_by_ldns(const struct cx_zone_rdata *rdata, struct cx_arena *arena, cx_span *ret,
             struct cx_detail *detail)
{
    static const uint8_t root[] = { 0 };
    CX_AUTO(cx_buf_done) struct cx_buf line;
    CX_AUTO(free_rdf) ldns_rdf *origin = NULL;
    CX_AUTO(free_rr) ldns_rr *rr = NULL;
    ldns_status status;

    cx_buf_init(&line, LDNS_TEXT_MAX);
    put_line(rdata, &line);
    if (!cx_buf_ok(&line)) {
        return cx_fail(detail, CX_E_ZONE, "line %zu: longer than a record can be", rdata->line);
    }
    origin =
        ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, rdata->origin != NULL ? rdata->origin->n : 1,
                              rdata->origin != NULL ? rdata->origin->wire : root);
    if (origin == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    status = ldns_rr_new_frm_str(&rr, cx_buf_str(&line).p, 0, origin, NULL);
    if (status == LDNS_STATUS_MEM_ERR) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (status != LDNS_STATUS_OK || rr == NULL) {
        return cx_fail(detail, CX_E_ZONE, "line %zu: the data of this record cannot be read: %s",
                       rdata->line, ldns_get_errorstr_by_id(status));
    }
    return take_fields(rr, arena, ret);
}

/* How many names the RDATA of a type that steers the lookup begins with, and how many octets follow them. */
static size_t
names_of(uint16_t type, size_t *ret_rest)
{
    *ret_rest = type == CX_TYPE_SOA ? 20 : 0;
    if (type == CX_TYPE_SOA) {
        return 2;
    }
    return type == CX_TYPE_CNAME || type == CX_TYPE_DNAME || type == CX_TYPE_NS ? 1 : 0;
}

/* ldns takes quotes for part of a name, and a relative name without origin for an absolute one. */
static cx_status
check_names_before(const struct cx_zone_rdata *rdata, size_t names, struct cx_detail *detail)
{
    for (size_t i = 0; i < names && i < rdata->n && !is_generic(rdata); i++) {
        if (rdata->v[i].quoted) {
            return cx_fail(detail, CX_E_ZONE, "line %zu: a name must not be in quotes",
                           rdata->line);
        }
        if (rdata->origin == NULL && !cx_zone_word_absolute(&rdata->v[i])) {
            return cx_fail(detail, CX_E_ZONE,
                           "line %zu: a relative name, but the origin is not known; begin the file "
                           "with $ORIGIN or give the origin",
                           rdata->line);
        }
    }
    return CX_SUCCESS;
}

/* ldns lets generic RDATA pass that lacks fields. */
static cx_status
check_names_after(const struct cx_zone_rdata *rdata, cx_span octets, struct cx_detail *detail)
{
    size_t rest, names = names_of(rdata->type, &rest), at = 0;
    struct cx_name name;

    if (names == 0) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < names; i++) {
        if (!cx_ok(cx_name_from_message(octets, at, &name, &at))) {
            return cx_fail(detail, CX_E_ZONE, "line %zu: no name in the data of this record",
                           rdata->line);
        }
    }
    if (octets.n - at != rest) {
        return cx_fail(detail, CX_E_ZONE, "line %zu: the data of this record is not complete",
                       rdata->line);
    }
    return CX_SUCCESS;
}

cx_status
cx_zone_rdata_read(const struct cx_zone_rdata *rdata, struct cx_arena *arena, cx_span *ret,
                   struct cx_detail *detail)
{
    size_t rest, names = names_of(rdata->type, &rest);
    cx_span octets;

    if (existence_only(rdata->type)) {
        *ret = (cx_span){ NULL, 0 };
        return CX_SUCCESS;
    }
    if (rdata->type == CX_TYPE_CAA) {
        return is_generic(rdata) ? read_generic(rdata, arena, ret, detail)
                                 : read_caa(rdata, arena, ret, detail);
    }
    CX_TRY(check_names_before(rdata, names, detail));
    if (is_generic(rdata)) {
        CX_TRY(read_generic(rdata, arena, &octets, detail));
    } else {
        CX_TRY(read_by_ldns(rdata, arena, &octets, detail));
    }
    CX_TRY(check_names_after(rdata, octets, detail));
    *ret = octets;
    return CX_SUCCESS;
}

#include "dnssec/zone_text.h"

#include "dns/caa.h"
#include "dnssec/zone_rdata.h"

static const struct cx_name root_name = { .n = 1 };

/* Where the apex is known from; later ones outrank earlier ones. */
enum apex_from {
    APEX_NONE = 0,
    APEX_DIRECTIVE,
    APEX_SOA,
    APEX_GIVEN,
};

struct reading {
    struct cx_arena *arena;
    struct cx_detail *detail;
    struct cx_name origin; /* of relative names, now */
    bool has_origin;
    struct cx_name apex;
    enum apex_from apex_from;
    cx_span owner; /* of the record before; p == NULL: none yet */
    bool has_default_ttl;
    uint32_t default_ttl; /* $TTL */
    bool has_last_ttl;
    uint32_t last_ttl; /* RFC 1035 section 5.1: of the record before */
    struct cx_zone_rr *v;
    size_t n;
    size_t room;
};

/* Where reading stands in an entry. */
struct cursor {
    const struct cx_zone_entry *entry;
    size_t at;
};

static const struct cx_zone_word *
word_at(const struct cursor *c)
{
    return c->at < c->entry->n ? &c->entry->v[c->at] : NULL;
}

static bool
is_ascii(cx_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((uint8_t)s.p[i] < 0x21 || (uint8_t)s.p[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

static cx_status
read_name(const struct reading *r, const struct cx_zone_word *word, size_t line,
          struct cx_name *ret)
{
    struct cx_detail why = { .rule = NULL };
    struct cx_name name;
    cx_str raw = word->raw;
    bool absolute = cx_zone_word_absolute(word);
    char shown[CX_ZONE_SHOWN];

    if (word->quoted || !is_ascii(raw)) {
        return cx_fail(r->detail, CX_E_ZONE,
                       "line %zu: a name without quotes in ASCII is needed here (A-labels; other "
                       "octets as \\DDD)",
                       line);
    }
    if (!absolute && !r->has_origin) {
        return cx_fail(r->detail, CX_E_ZONE,
                       "line %zu: \"%s\" is a relative name, but the origin is not known; begin "
                       "the file with $ORIGIN or give the origin",
                       line, cx_zone_word_show(word, shown));
    }
    if (cx_zone_word_is(word, "@")) {
        *ret = r->origin;
        return CX_SUCCESS;
    }
    if (!cx_ok(cx_name_from_text(raw, &name, &why))) {
        return cx_fail(r->detail, CX_E_ZONE, "line %zu: \"%s\" is no name: %s", line,
                       cx_zone_word_show(word, shown), why.text);
    }
    if (absolute) {
        *ret = name;
        return CX_SUCCESS;
    }
    if (!cx_name_substitute(cx_name_span(&name), cx_name_span(&root_name), cx_name_span(&r->origin),
                            ret)) {
        return cx_fail(r->detail, CX_E_ZONE, "line %zu: \"%s\" with the origin is too long", line,
                       cx_zone_word_show(word, shown));
    }
    return CX_SUCCESS;
}

static uint32_t
unit_of(char c)
{
    switch (cx_ascii_lower((uint8_t)c)) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    default:
        return 0;
    }
}

/* Seconds, or BIND's 1d12h; false if it is no TTL at all. */
static bool
ttl_of(const struct cx_zone_word *word, uint32_t *ret)
{
    uint64_t sum = 0, part = 0;
    bool digits = false;

    if (word->quoted || word->raw.n == 0) {
        return false;
    }
    for (size_t i = 0; i < word->raw.n; i++) {
        char c = word->raw.p[i];

        if (c >= '0' && c <= '9') {
            part = part * 10 + (unsigned)(c - '0');
            digits = true;
        } else if (digits && unit_of(c) != 0) {
            sum += part * unit_of(c);
            part = 0;
            digits = false;
        } else {
            return false;
        }
        if (sum + part > UINT32_MAX) {
            return false;
        }
    }
    *ret = (uint32_t)(sum + part);
    return true;
}

static void
set_apex(struct reading *r, const struct cx_name *name, enum apex_from from)
{
    if (r->apex_from < from) {
        r->apex = *name;
        r->apex_from = from;
    }
}

static cx_status
read_directive(struct reading *r, const struct cx_zone_entry *entry)
{
    const struct cx_zone_word *name = &entry->v[0];
    char shown[CX_ZONE_SHOWN];

    if (entry->n != 2 && (cx_zone_word_is(name, "$ORIGIN") || cx_zone_word_is(name, "$TTL"))) {
        return cx_fail(r->detail, CX_E_ZONE, "line %zu: %s needs one value", entry->line,
                       cx_zone_word_show(name, shown));
    }
    if (cx_zone_word_is(name, "$ORIGIN")) {
        struct cx_name origin;

        CX_TRY(read_name(r, &entry->v[1], entry->line, &origin));
        r->origin = origin; /* not read in place: the old one is needed while reading */
        r->has_origin = true;
        set_apex(r, &r->origin, APEX_DIRECTIVE);
        return CX_SUCCESS;
    }
    if (cx_zone_word_is(name, "$TTL")) {
        r->has_default_ttl = ttl_of(&entry->v[1], &r->default_ttl);
        return r->has_default_ttl
                   ? CX_SUCCESS
                   : cx_fail(r->detail, CX_E_ZONE, "line %zu: $TTL needs seconds, or as in 1h30m",
                             entry->line);
    }
    return cx_fail(r->detail, CX_E_ZONE,
                   "line %zu: %s is not supported; write its records into this file", entry->line,
                   cx_zone_word_show(name, shown));
}

/* The name that the entry begins with, or that of the record before. */
static cx_status
read_owner(struct reading *r, struct cursor *c, cx_span *ret)
{
    struct cx_name name;

    if (c->entry->indented) {
        if (r->owner.p == NULL) {
            return cx_fail(r->detail, CX_E_ZONE,
                           "line %zu: begins with a blank, but no record before it gives an owner",
                           c->entry->line);
        }
        *ret = r->owner;
        return CX_SUCCESS;
    }
    CX_TRY(read_name(r, word_at(c), c->entry->line, &name));
    c->at++;
    if (r->owner.p != NULL && cx_span_equal(r->owner, cx_name_span(&name))) {
        *ret = r->owner;
        return CX_SUCCESS;
    }
    return cx_arena_copy(r->arena, cx_name_span(&name), ret);
}

/* TTL and class, each at most once, in either order. */
static cx_status
read_ttl_and_class(struct reading *r, struct cursor *c, struct cx_zone_rr *rr, bool *ret_has_ttl)
{
    bool has_class = false;
    const struct cx_zone_word *word;
    char shown[CX_ZONE_SHOWN];

    *ret_has_ttl = false;
    while ((word = word_at(c)) != NULL) {
        bool in = cx_zone_word_is(word, "IN") || cx_zone_word_is(word, "CLASS1");

        if (!*ret_has_ttl && ttl_of(word, &rr->ttl)) {
            *ret_has_ttl = true;
        } else if (!has_class && in) {
            has_class = true;
        } else if (cx_zone_word_is(word, "CH") || cx_zone_word_is(word, "HS") ||
                   cx_zone_word_is(word, "CS") ||
                   (word->raw.n > 5 && !word->quoted &&
                    strncasecmp(word->raw.p, "CLASS", 5) == 0)) {
            return cx_fail(r->detail, CX_E_ZONE, "line %zu: class %s; only IN is read",
                           c->entry->line, cx_zone_word_show(word, shown));
        } else {
            return CX_SUCCESS;
        }
        c->at++;
    }
    return CX_SUCCESS;
}

static cx_status
read_type(struct reading *r, struct cursor *c, uint16_t *ret)
{
    const struct cx_zone_word *word = word_at(c);
    char shown[CX_ZONE_SHOWN];

    if (word == NULL) {
        return cx_fail(r->detail, CX_E_ZONE, "line %zu: a record needs a type and data",
                       c->entry->line);
    }
    *ret = cx_zone_type_of(word);
    if (*ret == 0) {
        return cx_fail(r->detail, CX_E_ZONE,
                       "line %zu: \"%s\" is no type of record; a type that is not known by name "
                       "is written as in TYPE65280 \\# 0",
                       c->entry->line, cx_zone_word_show(word, shown));
    }
    c->at++;
    return CX_SUCCESS;
}

/* MINIMUM, the last field (RFC 2308 section 4). */
static uint32_t
soa_minimum(cx_span rdata)
{
    const uint8_t *p = rdata.p + rdata.n - 4;

    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static cx_status
settle_ttl(struct reading *r, const struct cursor *c, bool has_ttl, struct cx_zone_rr *rr)
{
    if (!has_ttl && !r->has_default_ttl && !r->has_last_ttl && rr->type != CX_TYPE_SOA) {
        return cx_fail(r->detail, CX_E_ZONE,
                       "line %zu: no TTL; begin the file with one, as in $TTL 3600",
                       c->entry->line);
    }
    if (!has_ttl && r->has_default_ttl) {
        rr->ttl = r->default_ttl;
    } else if (!has_ttl) {
        rr->ttl = r->has_last_ttl ? r->last_ttl : soa_minimum(rr->rdata);
    }
    r->last_ttl = rr->ttl;
    r->has_last_ttl = true;
    return CX_SUCCESS;
}

static cx_status
keep(struct reading *r, const struct cx_zone_rr *rr)
{
    struct cx_zone_rr *wider = cx_arena_widen(r->arena, r->v, r->n, &r->room, sizeof(*wider));

    if (wider == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->v = wider;
    r->v[r->n++] = *rr;
    return CX_SUCCESS;
}

/* A SOA whose owner is absolute says what the names after it, and in it, are relative to. */
static void
note_soa(struct reading *r, const struct cx_zone_rr *rr)
{
    struct cx_name owner = cx_name_of(rr->owner);

    set_apex(r, &owner, APEX_SOA);
    if (!r->has_origin) {
        r->origin = owner;
        r->has_origin = true;
    }
}

static cx_status
read_record(struct reading *r, const struct cx_zone_entry *entry)
{
    struct cursor c = { entry, 0 };
    struct cx_zone_rr rr = { .line = (uint32_t)entry->line };
    struct cx_zone_rdata rdata;
    bool has_ttl;

    CX_TRY(read_owner(r, &c, &rr.owner));
    r->owner = rr.owner;
    CX_TRY(read_ttl_and_class(r, &c, &rr, &has_ttl));
    CX_TRY(read_type(r, &c, &rr.type));
    if (cx_zone_type_is_dnssec(rr.type)) {
        return CX_SUCCESS;
    }
    if (rr.type == CX_TYPE_SOA) {
        note_soa(r, &rr);
    }
    rdata = (struct cx_zone_rdata){ rr.type, entry->v + c.at, entry->n - c.at, entry->line,
                                    r->has_origin ? &r->origin : NULL };
    CX_TRY(cx_zone_rdata_read(&rdata, r->arena, &rr.rdata, r->detail));
    CX_TRY(settle_ttl(r, &c, has_ttl, &rr));
    return keep(r, &rr);
}

static cx_status
read_entries(struct reading *r, cx_str text)
{
    CX_AUTO(cx_zone_entry_done) struct cx_zone_entry entry = { .n = 0 };
    struct cx_zone_lexer lexer = cx_zone_lexer_of(text);

    for (;;) {
        CX_TRY(cx_zone_lex(&lexer, &entry, r->detail));
        if (entry.n == 0) {
            return CX_SUCCESS;
        }
        if (!entry.indented && !entry.v[0].quoted && entry.v[0].raw.p[0] == '$') {
            CX_TRY(read_directive(r, &entry));
        } else {
            CX_TRY(read_record(r, &entry));
        }
    }
}

/* Records of other zones would answer for names that this text knows nothing about. */
static cx_status
check_within(const struct reading *r)
{
    char owner[CX_NAME_TEXT_MAX], apex[CX_NAME_TEXT_MAX];

    for (size_t i = 0; i < r->n; i++) {
        if (!cx_name_within(r->v[i].owner, cx_name_span(&r->apex))) {
            cx_name_text(r->v[i].owner, owner);
            cx_name_text(cx_name_span(&r->apex), apex);
            return cx_fail(r->detail, CX_E_ZONE,
                           "line %u: %.70s is outside of the zone %.70s; put it into a file of its "
                           "own, or give \".\" as origin",
                           (unsigned)r->v[i].line, owner, apex);
        }
    }
    return CX_SUCCESS;
}

static cx_status
begin(struct reading *r, cx_str text, cx_span origin)
{
    if (text.n > CX_FILE_MAX || text.n > UINT32_MAX) { /* lines are counted in 32 bits */
        return cx_fail(r->detail, CX_E_LIMIT, "more than %zu octets of zone text", CX_FILE_MAX);
    }
    if (text.n != 0 && memchr(text.p, '\0', text.n) != NULL) {
        return cx_fail(r->detail, CX_E_ZONE, "not zone text: it contains an octet 0");
    }
    if (origin.n != 0) {
        r->origin = cx_name_of(origin);
        r->has_origin = true;
        r->apex = r->origin;
        r->apex_from = APEX_GIVEN;
    }
    return CX_SUCCESS;
}

cx_status
cx_zone_text_read(cx_str text, cx_span origin_or_empty, struct cx_arena *arena,
                  struct cx_zone_rrs *ret, struct cx_detail *detail)
{
    struct reading r = { .arena = arena, .detail = detail };
    cx_span apex;

    CX_TRY(begin(&r, text, origin_or_empty));
    CX_TRY(read_entries(&r, text));
    if (r.n == 0) {
        return cx_fail(detail, CX_E_ZONE, "no record in it; a zone has at least a SOA record");
    }
    if (r.apex_from == APEX_NONE) {
        *ret = (struct cx_zone_rrs){ .v = r.v, .n = r.n };
        return CX_SUCCESS;
    }
    CX_TRY(check_within(&r));
    CX_TRY(cx_arena_copy(arena, cx_name_span(&r.apex), &apex));
    *ret = (struct cx_zone_rrs){ r.v, r.n, apex };
    return CX_SUCCESS;
}

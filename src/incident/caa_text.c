#include "incident/caa_text.h"

#include "dnssec/zone_lex.h"
#include "incident/excerpt.h"

#define SHOWN 60

cx_status
cx_caa_list_add(struct cx_caa_list *list, const struct cx_caa *caa, struct cx_arena *arena,
                struct cx_detail *detail)
{
    for (size_t i = 0; i < list->n; i++) {
        if (cx_caa_equal(&list->v[i], caa)) {
            return CX_SUCCESS;
        }
    }
    if (list->n == CX_ARCHIVE_RECORDS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d CAA records in one set",
                       CX_ARCHIVE_RECORDS_MAX);
    }
    list->v = cx_arena_widen(arena, list->v, list->n, &list->room, sizeof(*list->v));
    if (list->v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    list->v[list->n++] = *caa;
    return CX_SUCCESS;
}

void
cx_caa_list_to(const struct cx_caa_list *list, struct cx_observation *o)
{
    if (list->n != 0) {
        o->outcome = CX_OUTCOME_RECORDS;
        o->records = list->v;
        o->n_records = list->n;
    }
}

/* ---- a response in dig's form */

enum section {
    SECTION_NONE = 0,
    SECTION_QUESTION,
    SECTION_ANSWER,
};

struct dig {
    struct cx_arena *arena;
    enum section section;
    enum cx_outcome outcome; /* of the response code */
    bool truncated;
    bool has_count;
    size_t count; /* of answers, by the header */
    size_t n_records;
    cx_span asked;
    cx_span owners[CX_ALIASES_READ]; /* of CNAME records, and what they point to */
    cx_span targets[CX_ALIASES_READ];
    size_t n_aliases;
    struct cx_caa_list list;
    cx_span records_at;
    bool has_ttl;
    uint32_t ttl;
};

static cx_status
name_of(cx_str text, struct dig *dig, cx_span *ret, struct cx_detail *detail)
{
    struct cx_name name;

    if (!cx_ok(cx_name_from_text(text, &name, NULL))) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: \"%.*s\" is no name",
                       (int)(text.n < SHOWN ? text.n : SHOWN), text.n == 0 ? "" : text.p);
    }
    return cx_arena_copy(dig->arena, cx_name_span(&name), ret);
}

/* "ANSWER: 2, " */
static bool
read_count(cx_str line, size_t *ret)
{
    static const cx_str key = CX_STR_INIT("ANSWER: ");
    size_t from = cx_text_find(line, key) + key.n, at = from;

    *ret = 0;
    while (at < line.n && line.p[at] >= '0' && line.p[at] <= '9' && *ret <= UINT16_MAX) {
        *ret = *ret * 10 + (size_t)(line.p[at++] - '0');
    }
    return at > from;
}

static cx_status
read_header(cx_str line, struct dig *dig, struct cx_detail *detail)
{
    static const cx_str status = CX_STR_INIT("status: ");
    size_t at = cx_text_find(line, status);
    cx_str word;

    if (at != line.n) {
        at += status.n;
        word = cx_text_from(line, at);
        word.n = cx_text_find(word, CX_STR(","));
        CX_TRY(cx_excerpt_rcode(word, &dig->outcome, detail));
    }
    if (cx_text_begins(line, CX_STR(";; flags:"))) {
        dig->has_count = read_count(line, &dig->count);
        line.n = cx_text_find(line, CX_STR("QUERY:"));
        dig->truncated = cx_text_has(line, CX_STR(" tc"));
    }
    return CX_SUCCESS;
}

static cx_status
read_comment(cx_str line, struct dig *dig, struct cx_detail *detail)
{
    size_t at = 1;

    if (!cx_text_begins(line, CX_STR(";;"))) {
        return dig->section != SECTION_QUESTION || dig->asked.n != 0
                   ? CX_SUCCESS
                   : name_of(cx_word_next(line, &at), dig, &dig->asked, detail);
    }
    if (cx_text_has(line, CX_STR("SECTION"))) {
        dig->section = cx_text_begins(line, CX_STR(";; QUESTION")) ? SECTION_QUESTION
                       : cx_text_begins(line, CX_STR(";; ANSWER")) ? SECTION_ANSWER
                                                                   : SECTION_NONE;
        return CX_SUCCESS;
    }
    return read_header(line, dig, detail);
}

static cx_status
add_caa(cx_span owner, cx_str ttl_text, cx_str rdata, struct dig *dig, struct cx_detail *detail)
{
    struct cx_zone_word word = { ttl_text, false };
    struct cx_caa caa;
    uint32_t ttl;

    if (!cx_zone_word_number(&word, UINT32_MAX, &ttl)) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: a CAA record without TTL");
    }
    if (dig->list.n != 0 && !cx_span_equal(owner, dig->records_at)) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: CAA records of two names");
    }
    CX_TRY(cx_caa_of_text(rdata, dig->arena, &caa, detail));
    CX_TRY(cx_caa_list_add(&dig->list, &caa, dig->arena, detail));
    ttl = ttl > INT32_MAX ? 0 : ttl; /* R-SYN-7 */
    dig->ttl = !dig->has_ttl || ttl < dig->ttl ? ttl : dig->ttl;
    dig->has_ttl = true;
    dig->records_at = owner;
    return CX_SUCCESS;
}

static cx_status
add_alias(cx_span owner, cx_str target, struct dig *dig, struct cx_detail *detail)
{
    if (dig->n_aliases == CX_ALIASES_READ) {
        return cx_fail(detail, CX_E_LIMIT, "response: more than %d aliases", CX_ALIASES_READ);
    }
    CX_TRY(name_of(target, dig, &dig->targets[dig->n_aliases], detail));
    dig->owners[dig->n_aliases++] = owner;
    return CX_SUCCESS;
}

/* owner TTL class type rdata */
static cx_status
read_record(cx_str line, struct dig *dig, struct cx_detail *detail)
{
    size_t at = 0;
    cx_str owner_text = cx_word_next(line, &at), ttl = cx_word_next(line, &at);
    cx_str class = cx_word_next(line, &at), type = cx_word_next(line, &at), rest;
    bool caa = cx_str_equal(type, CX_STR("CAA")) || cx_str_equal(type, CX_STR("TYPE257"));
    cx_span owner;

    if (type.n == 0) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: a record that was cut");
    }
    dig->n_records++;
    if ((!caa && !cx_str_equal(type, CX_STR("CNAME"))) || !cx_str_equal(class, CX_STR("IN"))) {
        return CX_SUCCESS;
    }
    CX_TRY(name_of(owner_text, dig, &owner, detail));
    while (at < line.n && (line.p[at] == ' ' || line.p[at] == '\t')) {
        at++;
    }
    rest = cx_text_from(line, at);
    return caa ? add_caa(owner, ttl, rest, dig, detail) : add_alias(owner, rest, dig, detail);
}

/* The chain from the question on, into o. False if it never ends. */
static bool
order_aliases(const struct dig *dig, cx_span *aliases, size_t *ret_n)
{
    cx_span at = dig->asked;
    size_t n = 0;

    for (size_t i = 0; i < dig->n_aliases;) {
        if (!cx_span_equal(dig->owners[i], at)) {
            i++;
            continue;
        }
        if (n == dig->n_aliases) {
            return false;
        }
        at = aliases[n++] = dig->targets[i];
        i = 0;
    }
    *ret_n = n;
    return true;
}

static cx_status
finish(const struct dig *dig, struct cx_observation *o, struct cx_detail *detail)
{
    cx_span *aliases = cx_arena_get(dig->arena, dig->n_aliases + 1, sizeof(*aliases));
    size_t n = 0;
    cx_span end;

    if (aliases == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (!order_aliases(dig, aliases, &n)) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: its aliases are a loop");
    }
    end = n == 0 ? dig->asked : aliases[n - 1];
    if (dig->list.n != 0 && dig->asked.n != 0 && !cx_span_equal(dig->records_at, dig->asked) &&
        !cx_span_equal(dig->records_at, end)) { /* R-TREE-15 */
        return cx_fail(detail, CX_E_ARCHIVE,
                       "response: CAA records of a name that is neither asked nor an alias");
    }
    o->aliases = n == 0 ? NULL : aliases;
    o->n_aliases = n;
    o->has_ttl = dig->has_ttl;
    o->ttl = dig->ttl;
    cx_caa_list_to(&dig->list, o);
    return CX_SUCCESS;
}

cx_status
cx_dig_read(cx_str text, struct cx_arena *arena, struct cx_observation *o, cx_span *ret_asked,
            struct cx_detail *detail)
{
    struct dig dig = { .arena = arena };
    size_t at = 0;
    cx_str line;

    while (cx_str_line(text, &at, &line)) {
        line.n -= line.n != 0 && line.p[line.n - 1] == '\r' ? 1 : 0;
        if (line.n != 0 && line.p[0] == ';') {
            CX_TRY(read_comment(line, &dig, detail));
        } else if (line.n != 0 && dig.section == SECTION_ANSWER) {
            CX_TRY(read_record(line, &dig, detail));
        }
    }
    if (dig.truncated) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: truncated, so that records are missing");
    }
    if (dig.has_count && dig.count != dig.n_records) {
        return cx_fail(detail, CX_E_ARCHIVE, "response: %zu records, and its header counts %zu",
                       dig.n_records, dig.count);
    }
    if (dig.list.n != 0 && dig.outcome != CX_OUTCOME_UNSET) {
        return cx_fail(detail, CX_E_ARCHIVE,
                       "response: CAA records, and a status that says otherwise");
    }
    if (dig.outcome != CX_OUTCOME_UNSET && dig.list.n == 0) {
        o->outcome = dig.outcome;
    }
    CX_TRY(finish(&dig, o, detail));
    *ret_asked = dig.asked;
    return CX_SUCCESS;
}

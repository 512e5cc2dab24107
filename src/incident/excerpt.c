#include "incident/excerpt.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "incident/mapping.h"
#include "incident/moment.h"

#include <inttypes.h>
#include <stdio.h>

cx_status
cx_excerpt_init(struct cx_excerpt *excerpt, const struct cx_archive_options *options,
                struct cx_detail *detail)
{
    struct cx_mapping *mapping = NULL;

    if (options->mapping != NULL) {
        CX_TRY(cx_mapping_of(options->mapping, &mapping, detail));
    }
    *excerpt = (struct cx_excerpt){ .options = options, .mapping = mapping };
    cx_arena_init(&excerpt->arena, CX_ARCHIVE_MEMORY);
    return CX_SUCCESS;
}

void
cx_excerpt_done(struct cx_excerpt *excerpt)
{
    cx_arena_done(&excerpt->arena);
    cx_mapping_free(excerpt->mapping);
}

void
cx_excerpt_begin(struct cx_excerpt *excerpt)
{
    cx_arena_reset(&excerpt->arena);
    excerpt->v = NULL;
    excerpt->n = 0;
    excerpt->room = 0;
    excerpt->given = (cx_str){ NULL, 0 };
}

cx_status
cx_excerpt_add(struct cx_excerpt *excerpt, struct cx_observation **ret, struct cx_detail *detail)
{
    struct cx_observation *v;

    if (excerpt->n == CX_ARCHIVE_OBSERVATIONS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d observations in one record",
                       CX_ARCHIVE_OBSERVATIONS_MAX);
    }
    if (excerpt->n == 0) { /* one, as a rule */
        excerpt->room = 1;
        v = cx_arena_get(&excerpt->arena, 1, sizeof(*v));
    } else {
        v = cx_arena_widen(&excerpt->arena, excerpt->v, excerpt->n, &excerpt->room, sizeof(*v));
    }
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    excerpt->v = v;
    *ret = &v[excerpt->n++];
    return CX_SUCCESS;
}

/* Detail is text for people already, but for what is no ASCII. */
static void
set_reason(const char *text, char ret[CX_REJECT_TEXT])
{
    size_t out = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        bool plain = *p >= 0x20 && *p < 0x7f;

        if (out + 5 > CX_REJECT_TEXT) {
            break;
        }
        out += (size_t)snprintf(ret + out, 5, plain ? "%c" : "\\%03u", *p);
    }
    ret[out] = '\0';
}

/* A log system may take a line in long after it was written: its clock says nothing of the window (R-TIME-2, R-PRF-5). */
static void
lower_indexed(struct cx_excerpt *excerpt)
{
    for (size_t i = 0; i < excerpt->n; i++) {
        struct cx_observation *o = &excerpt->v[i];

        if (o->clock == CX_CLOCK_INDEXED && o->grade < CX_GRADE_D) {
            o->grade = CX_GRADE_D;
        }
    }
}

cx_status
cx_excerpt_end(struct cx_excerpt *excerpt, cx_status status, const struct cx_detail *detail,
               struct cx_archive_record *ret)
{
    enum cx_class class = cx_status_class(status);

    if (cx_ok(status)) {
        lower_indexed(excerpt);
        ret->fate = excerpt->n != 0 ? CX_FATE_OBSERVED : CX_FATE_IGNORED;
        ret->v = excerpt->v;
        ret->n = excerpt->n;
        return CX_SUCCESS;
    }
    if (class != CX_CLASS_MALFORMED && class != CX_CLASS_LIMIT) {
        return status;
    }
    ret->fate = CX_FATE_REJECTED;
    ret->v = NULL;
    ret->n = 0;
    set_reason(detail->text[0] != '\0' ? detail->text : cx_status_text(status), ret->reason);
    return CX_SUCCESS;
}

static void
free_json(void *json)
{
    cx_json_free(json);
}

cx_status
cx_excerpt_json(struct cx_excerpt *excerpt, cx_str text, const struct cx_json **ret,
                struct cx_detail *detail)
{
    struct cx_json *json = NULL;
    cx_status status;

    CX_TRY(cx_json_parse(text, &json, detail));
    status = cx_arena_hold(&excerpt->arena, free_json, json);
    if (!cx_ok(status)) {
        cx_json_free(json);
        return status;
    }
    *ret = json;
    return CX_SUCCESS;
}

cx_status
cx_excerpt_text(struct cx_excerpt *excerpt, const struct cx_json *json, cx_str *ret)
{
    char digits[24];
    int64_t number;
    int n;

    if (!cx_json_integer(json, &number)) {
        (void)cx_json_string(json, ret);
        return CX_SUCCESS;
    }
    n = snprintf(digits, sizeof(digits), "%" PRId64, number);
    return cx_arena_text(&excerpt->arena, (cx_str){ digits, (size_t)n }, ret);
}

/* ---- members of an observation */

#define NAME_SHOWN 80

cx_status
cx_excerpt_domain(struct cx_excerpt *excerpt, cx_str text, cx_span *ret, struct cx_detail *detail)
{
    struct cx_detail inner = { .text = "octets that no name in ASCII has" };
    struct cx_name name;
    bool plain = true;

    for (size_t i = 0; i < text.n && plain; i++) {
        plain = text.p[i] > 0x20 && text.p[i] < 0x7f;
    }
    if (!plain || !cx_ok(cx_name_from_text(text, &name, &inner))) {
        return cx_fail(detail, CX_E_ARCHIVE, "name \"%.*s\": %s",
                       (int)(text.n < NAME_SHOWN ? text.n : NAME_SHOWN), text.n == 0 ? "" : text.p,
                       inner.text);
    }
    return cx_arena_copy(&excerpt->arena, cx_name_span(&name), ret);
}

cx_status
cx_excerpt_name(struct cx_excerpt *excerpt, cx_str text, struct cx_observation *o,
                struct cx_detail *detail)
{
    bool wildcard = text.n > 2 && text.p[0] == '*' && text.p[1] == '.';

    if (o->observed == CX_OBSERVED_CHECK) {
        o->form = wildcard ? CX_FORM_WILDCARD : CX_FORM_PLAIN;
        text = cx_text_from(text, wildcard ? 2 : 0);
    }
    return cx_excerpt_domain(excerpt, text, &o->name, detail);
}

static void
set_time(const struct cx_moment *moment, enum cx_observed_clock clock, struct cx_observation *o)
{
    o->time_ms = moment->ms;
    o->precision_ms = moment->precision_ms;
    o->clock = clock;
}

cx_status
cx_excerpt_time(const struct cx_excerpt *excerpt, cx_str line, enum cx_observed_clock clock,
                struct cx_observation *o, size_t *ret_n, struct cx_detail *detail)
{
    struct cx_moment moment;

    if (cx_moment_begins(line) || excerpt->given.n == 0) {
        CX_TRY(cx_moment_read(line, excerpt->options, &moment, ret_n, detail));
        set_time(&moment, clock, o);
        return CX_SUCCESS;
    }
    *ret_n = 0;
    return cx_excerpt_count(excerpt, excerpt->given, CX_CLOCK_INDEXED, o, detail);
}

cx_status
cx_excerpt_count(const struct cx_excerpt *excerpt, cx_str text, enum cx_observed_clock clock,
                 struct cx_observation *o, struct cx_detail *detail)
{
    struct cx_moment moment;

    CX_TRY(cx_moment_of(text, excerpt->options, &moment, detail));
    set_time(&moment, clock, o);
    return CX_SUCCESS;
}

cx_status
cx_excerpt_rcode(cx_str word, enum cx_outcome *ret, struct cx_detail *detail)
{
    static const struct {
        const char *word;
        enum cx_outcome outcome;
    } rcodes[] = {
        { "NOERROR", CX_OUTCOME_UNSET },     { "NXDOMAIN", CX_OUTCOME_NXDOMAIN },
        { "SERVFAIL", CX_OUTCOME_SERVFAIL }, { "REFUSED", CX_OUTCOME_REFUSED },
        { "FORMERR", CX_OUTCOME_REFUSED },   { "NOTIMP", CX_OUTCOME_REFUSED },
        { "NOTIMPL", CX_OUTCOME_REFUSED },   { "BADCOOKIE", CX_OUTCOME_REFUSED },
        { "NOTIMPL", CX_OUTCOME_REFUSED },   { "BADCOOKIE", CX_OUTCOME_REFUSED },
        { "YXDOMAIN", CX_OUTCOME_REFUSED },  { "YXRRSET", CX_OUTCOME_REFUSED },
        { "NXRRSET", CX_OUTCOME_REFUSED },   { "NOTAUTH", CX_OUTCOME_REFUSED },
        { "NOTZONE", CX_OUTCOME_REFUSED },   { "BADVERS", CX_OUTCOME_REFUSED },
    };

    for (size_t i = 0; i < CX_COUNT(rcodes); i++) {
        if (cx_span_equal_fold(cx_span_of_str(word), cx_span_of_str(cx_str_of(rcodes[i].word)))) {
            *ret = rcodes[i].outcome;
            return CX_SUCCESS;
        }
    }
    return cx_fail(detail, CX_E_ARCHIVE, "response code \"%.*s\" is not known",
                   (int)(word.n < NAME_SHOWN ? word.n : NAME_SHOWN), word.n == 0 ? "" : word.p);
}

/* ---- text */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

cx_str
cx_word_next(cx_str text, size_t *at)
{
    size_t from;

    while (*at < text.n && is_blank(text.p[*at])) {
        (*at)++;
    }
    from = *at;
    while (*at < text.n && !is_blank(text.p[*at])) {
        (*at)++;
    }
    return (cx_str){ text.p + from, *at - from };
}

size_t
cx_text_find(cx_str text, cx_str part)
{
    const char *found = text.n == 0 ? NULL : memmem(text.p, text.n, part.p, part.n);

    return found == NULL ? text.n : (size_t)(found - text.p);
}

bool
cx_text_has(cx_str text, cx_str part)
{
    return cx_text_find(text, part) < text.n;
}

bool
cx_text_begins(cx_str text, cx_str with)
{
    return text.n >= with.n && memcmp(text.p, with.p, with.n) == 0;
}

cx_str
cx_text_from(cx_str text, size_t at)
{
    return at == 0 ? text : (cx_str){ text.p + at, text.n - at };
}

/* Octets of the digits after \x, \u and \U. */
static cx_status
put_number(cx_str text, size_t *at, size_t n, bool octet, struct cx_buf *to)
{
    uint8_t written[CX_UTF8_CHARACTER];
    uint32_t value = 0;
    size_t length = 1;

    for (size_t i = 0; i < n; i++, (*at)++) {
        int digit = *at < text.n ? cx_ascii_hex((uint8_t)text.p[*at]) : -1;

        if (digit < 0) {
            return (cx_status){ CX_E_ARCHIVE };
        }
        value = value * 16 + (uint32_t)digit;
    }
    written[0] = (uint8_t)value;
    if (!octet) {
        length = cx_utf8_put(value, written);
    }
    cx_buf_put(to, (cx_str){ (const char *)written, length });
    return length == 0 ? (cx_status){ CX_E_ARCHIVE } : CX_SUCCESS;
}

/* What is behind a backslash. */
static cx_status
put_escaped(cx_str text, size_t *at, struct cx_buf *to)
{
    static const char letters[] = "abfnrtv\\\"'";
    static const char means[] = "\a\b\f\n\r\t\v\\\"'";
    char c = *at < text.n ? text.p[(*at)++] : '\0';
    const char *letter = c == '\0' ? NULL : strchr(letters, c);

    if (letter != NULL) {
        cx_buf_putc(to, means[letter - letters]);
        return CX_SUCCESS;
    }
    switch (c) {
    case 'x':
        return put_number(text, at, 2, true, to);
    case 'u':
        return put_number(text, at, 4, false, to);
    case 'U':
        return put_number(text, at, 8, false, to);
    default:
        return (cx_status){ CX_E_ARCHIVE };
    }
}

static cx_status
unescape(cx_str text, struct cx_arena *arena, cx_str *ret)
{
    char *to = cx_arena_get(arena, text.n + 1, 1); /* no escape is longer than what it means */
    struct cx_buf buf = { .p = to, .room = text.n, .max = text.n };

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t at = 0; at < text.n;) {
        const char *slash = memchr(text.p + at, '\\', text.n - at);
        size_t plain = slash == NULL ? text.n - at : (size_t)(slash - (text.p + at));

        cx_buf_put(&buf, (cx_str){ text.p + at, plain });
        at += plain;
        if (slash != NULL) {
            at++;
            CX_TRY(put_escaped(text, &at, &buf));
        }
    }
    *ret = cx_buf_str(&buf);
    return cx_buf_status(&buf);
}

cx_status
cx_text_unquote(cx_str text, size_t *at, struct cx_arena *arena, cx_str *ret,
                struct cx_detail *detail)
{
    size_t from = *at + 1, end = from;
    bool escaped = false;
    cx_status status = CX_SUCCESS;

    if (*at >= text.n || text.p[*at] != '"') {
        return cx_fail(detail, CX_E_ARCHIVE, "a text in quotes is missing");
    }
    while (end < text.n && text.p[end] != '"') {
        escaped = escaped || text.p[end] == '\\';
        end += text.p[end] == '\\' ? 2 : 1;
    }
    if (end >= text.n) {
        return cx_fail(detail, CX_E_ARCHIVE, "a text in quotes does not end: the line was cut");
    }
    *ret = (cx_str){ text.p + from, end - from };
    if (escaped) {
        status = unescape(*ret, arena, ret);
    }
    *at = end + 1;
    return status.code == CX_E_ARCHIVE ? cx_fail(detail, CX_E_ARCHIVE, "a broken escape in quotes")
                                       : status;
}

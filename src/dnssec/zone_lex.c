#include "dnssec/zone_lex.h"

#include "base/alloc.h"

/* RDATA of 65535 octets in hexadecimal, a word an octet, and what stands before it. */
#define WORDS_MAX ((size_t)1 << 17)

void
cx_zone_entry_done(struct cx_zone_entry *entry)
{
    cx_free(entry->v);
    *entry = (struct cx_zone_entry){ .n = 0 };
}

static cx_status
add_word(struct cx_zone_entry *entry, cx_str raw, bool quoted, struct cx_detail *detail)
{
    if (entry->n == entry->room) {
        size_t room = entry->room == 0 ? 16 : entry->room * 2;
        struct cx_zone_word *wider;

        if (room > WORDS_MAX) {
            return cx_fail(detail, CX_E_LIMIT, "line %zu: a record of more than %zu words",
                           entry->line, WORDS_MAX);
        }
        wider = cx_realloc(entry->v, room, sizeof(*wider));
        if (wider == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        entry->v = wider;
        entry->room = room;
    }
    entry->v[entry->n++] = (struct cx_zone_word){ raw, quoted };
    return CX_SUCCESS;
}

static bool
ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '(' || c == ')';
}

/* Steps over the octet at lexer->at, with what a backslash escapes; false at the end of line or text. */
static bool
step(struct cx_zone_lexer *lexer)
{
    size_t n = lexer->text.p[lexer->at] == '\\' ? 2 : 1;

    if (n > lexer->text.n - lexer->at || lexer->text.p[lexer->at + n - 1] == '\n') {
        return false;
    }
    lexer->at += n;
    return true;
}

static cx_status
quoted_word(struct cx_zone_lexer *lexer, struct cx_zone_entry *entry, struct cx_detail *detail)
{
    size_t from = ++lexer->at;

    while (lexer->at < lexer->text.n && lexer->text.p[lexer->at] != '"') {
        if (!step(lexer)) {
            break;
        }
    }
    if (lexer->at >= lexer->text.n || lexer->text.p[lexer->at] != '"') {
        return cx_fail(detail, CX_E_ZONE, "line %zu: the quotation mark is not closed on its line",
                       lexer->line);
    }
    lexer->at++;
    return add_word(entry, (cx_str){ lexer->text.p + from, lexer->at - 1 - from }, true, detail);
}

static cx_status
plain_word(struct cx_zone_lexer *lexer, struct cx_zone_entry *entry, struct cx_detail *detail)
{
    size_t from = lexer->at;

    while (lexer->at < lexer->text.n && !ends_word(lexer->text.p[lexer->at])) {
        if (lexer->text.p[lexer->at] == '"') {
            return cx_fail(detail, CX_E_ZONE,
                           "line %zu: a quotation mark inside a word; write \\\" or put the whole "
                           "value in quotes",
                           lexer->line);
        }
        if (!step(lexer)) {
            return cx_fail(detail, CX_E_ZONE, "line %zu: a backslash with nothing after it",
                           lexer->line);
        }
    }
    return add_word(entry, (cx_str){ lexer->text.p + from, lexer->at - from }, false, detail);
}

static void
skip_comment(struct cx_zone_lexer *lexer)
{
    const char *p = lexer->text.p + lexer->at;
    const char *end = memchr(p, '\n', lexer->text.n - lexer->at);

    lexer->at = end != NULL ? (size_t)(end - lexer->text.p) : lexer->text.n;
}

static cx_status
parenthesis(struct cx_zone_lexer *lexer, size_t *depth, struct cx_detail *detail)
{
    if (lexer->text.p[lexer->at++] == '(') {
        (*depth)++;
        return CX_SUCCESS;
    }
    if (*depth == 0) {
        return cx_fail(detail, CX_E_ZONE, "line %zu: \")\" without \"(\"", lexer->line);
    }
    (*depth)--;
    return CX_SUCCESS;
}

/* One word, parenthesis or comment of an entry; blanks and line ends are the caller's. */
static cx_status
lex_one(struct cx_zone_lexer *lexer, struct cx_zone_entry *entry, size_t *depth,
        struct cx_detail *detail)
{
    char c = lexer->text.p[lexer->at];

    if (c == ';') {
        skip_comment(lexer);
        return CX_SUCCESS;
    }
    if (entry->n == 0 && *depth == 0) {
        char first = lexer->text.p[lexer->line_at];

        entry->line = lexer->line;
        entry->indented = first == ' ' || first == '\t';
    }
    if (c == '(' || c == ')') {
        return parenthesis(lexer, depth, detail);
    }
    return c == '"' ? quoted_word(lexer, entry, detail) : plain_word(lexer, entry, detail);
}

cx_status
cx_zone_lex(struct cx_zone_lexer *lexer, struct cx_zone_entry *entry, struct cx_detail *detail)
{
    size_t depth = 0;

    entry->n = 0;
    while (lexer->at < lexer->text.n) {
        char c = lexer->text.p[lexer->at];

        if (c == '\n') {
            lexer->line++;
            lexer->line_at = ++lexer->at;
            if (entry->n != 0 && depth == 0) {
                return CX_SUCCESS;
            }
        } else if (c == ' ' || c == '\t' || c == '\r') {
            lexer->at++;
        } else {
            CX_TRY(lex_one(lexer, entry, &depth, detail));
        }
    }
    if (depth != 0) {
        return cx_fail(detail, CX_E_ZONE, "line %zu: \"(\" is never closed", entry->line);
    }
    return CX_SUCCESS;
}

const char *
cx_zone_word_show(const struct cx_zone_word *word, char ret[CX_ZONE_SHOWN])
{
    size_t n = word->raw.n < CX_ZONE_SHOWN - 1 ? word->raw.n : CX_ZONE_SHOWN - 1;

    for (size_t i = 0; i < n; i++) {
        char c = word->raw.p[i];

        if (c < 0x20 || c > 0x7e) {
            c = '?';
        }
        ret[i] = c;
    }
    ret[n] = '\0';
    return ret;
}

bool
cx_zone_word_absolute(const struct cx_zone_word *word)
{
    bool dot = false;

    for (size_t i = 0; i < word->raw.n; i++) {
        dot = word->raw.p[i] == '.';
        i += word->raw.p[i] == '\\' ? 1 : 0;
    }
    return dot;
}

bool
cx_zone_word_is(const struct cx_zone_word *word, const char *text)
{
    return !word->quoted &&
           cx_span_equal_fold(cx_span_of_str(word->raw), cx_span_of_str(cx_str_of(text)));
}

static bool
digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The octet that a backslash at p[0] stands for; *used is 0 for a broken escape. */
static uint8_t
escaped(const char *p, size_t n, size_t *used)
{
    unsigned value;

    *used = 0;
    if (n < 2) {
        return 0;
    }
    if (!digit(p[1])) {
        *used = 2;
        return (uint8_t)p[1];
    }
    if (n < 4 || !digit(p[2]) || !digit(p[3])) {
        return 0;
    }
    value = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 + (unsigned)(p[3] - '0');
    *used = value <= 255 ? 4 : 0;
    return (uint8_t)value;
}

bool
cx_zone_word_octets(const struct cx_zone_word *word, uint8_t *to, size_t *ret_n)
{
    const char *p = word->raw.p;
    size_t n = 0, used;

    for (size_t at = 0; at < word->raw.n; at += used) {
        used = 1;
        to[n++] = p[at] == '\\' ? escaped(p + at, word->raw.n - at, &used) : (uint8_t)p[at];
        if (used == 0) {
            return false;
        }
    }
    *ret_n = n;
    return true;
}

bool
cx_zone_word_number(const struct cx_zone_word *word, uint32_t max, uint32_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < word->raw.n; i++) {
        if (!digit(word->raw.p[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(word->raw.p[i] - '0');
        if (value > max) {
            return false;
        }
    }
    *ret = (uint32_t)value;
    return word->raw.n != 0 && !word->quoted;
}

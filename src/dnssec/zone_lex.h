/* Zone text as words (RFC 1035 section 5.1): quotes, escapes, comments and parentheses are dealt with here and nowhere
 * else. An entry is a directive or a record: one line, or several within parentheses. */
#ifndef CX_DNSSEC_ZONE_LEX_H
#define CX_DNSSEC_ZONE_LEX_H

#include "base/span.h"
#include "base/status.h"

/* Borrowed from the text: without its quotes, escapes still in it. */
struct cx_zone_word {
    cx_str raw;
    bool quoted;
};

struct cx_zone_entry {
    struct cx_zone_word *v;
    size_t n;
    size_t room;
    size_t line;   /* on which it begins, from 1 */
    bool indented; /* begins with a blank: the owner is that of the entry before */
};

struct cx_zone_lexer {
    cx_str text;
    size_t at;
    size_t line;
    size_t line_at; /* where the line begins */
};

static inline struct cx_zone_lexer
cx_zone_lexer_of(cx_str text)
{
    return (struct cx_zone_lexer){ .text = text, .line = 1 };
}

/* For CX_AUTO. */
void cx_zone_entry_done(struct cx_zone_entry *entry);

/* The next entry, into the room of the last one; n == 0 after the end. Classes: MALFORMED, LIMIT, NOMEM. */
cx_status cx_zone_lex(struct cx_zone_lexer *lexer, struct cx_zone_entry *entry,
                      struct cx_detail *detail) CX_MUST;

#define CX_ZONE_SHOWN 64

/* For messages: the word cut to size, octets that a terminal may act upon as "?". Returns ret. */
const char *cx_zone_word_show(const struct cx_zone_word *word, char ret[CX_ZONE_SHOWN]);
/* A name that ends with a dot of its own, not an escaped one. */
bool cx_zone_word_absolute(const struct cx_zone_word *word);
/* Unquoted and spelled so, in any case. */
bool cx_zone_word_is(const struct cx_zone_word *word, const char *text);
/* Undoes escapes; to has room for raw.n octets. False for a broken escape. */
bool cx_zone_word_octets(const struct cx_zone_word *word, uint8_t *to, size_t *ret_n);
/* Decimal digits only. */
bool cx_zone_word_number(const struct cx_zone_word *word, uint32_t max, uint32_t *ret);

#endif

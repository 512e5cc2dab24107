#include "caa/value.h"

/* Cursor over a value; every taker steps over what it accepts. */
struct scan {
    cx_span all;
    size_t at;
};

static bool
at_end(const struct scan *s)
{
    return s->at == s->all.n;
}

static bool
next_is(const struct scan *s, uint8_t c)
{
    return !at_end(s) && s->all.p[s->at] == c;
}

/* Only SP and HTAB are blanks (R-VAL-1). */
static bool
skip_blanks(struct scan *s)
{
    size_t from = s->at;

    while (next_is(s, ' ') || next_is(s, '\t')) {
        s->at++;
    }
    return s->at != from;
}

static bool
in_word(uint8_t c, bool hyphens)
{
    return cx_ascii_alnum(c) || (hyphens && c == '-');
}

/* Letters, digits and, if allowed, inner hyphens. Empty if there is none or a hyphen is at an end. */
static cx_span
take_word(struct scan *s, bool hyphens)
{
    cx_span word = { s->all.p + s->at, 0 };

    while (!at_end(s) && in_word(s->all.p[s->at], hyphens)) {
        s->at++;
        word.n++;
    }
    if (word.n != 0 && (word.p[0] == '-' || word.p[word.n - 1] == '-')) {
        word.n = 0;
    }
    return word;
}

/* Labels joined with single dots (R-VAL-2). */
static bool
take_issuer(struct scan *s, cx_span *ret)
{
    size_t from = s->at;

    for (;;) {
        if (take_word(s, true).n == 0) {
            return false;
        }
        if (!next_is(s, '.')) {
            break;
        }
        s->at++;
    }
    *ret = (cx_span){ s->all.p + from, s->at - from };
    return true;
}

/* R-VAL-4: visible ASCII but ";"; R-V44-1: ";" as well. */
static cx_span
take_param_value(struct scan *s, bool semicolons)
{
    cx_span value = { s->all.p + s->at, 0 };

    while (!at_end(s) && s->all.p[s->at] > 0x20 && s->all.p[s->at] < 0x7f &&
           (semicolons || s->all.p[s->at] != ';')) {
        s->at++;
        value.n++;
    }
    return value;
}

static bool
take_param(struct scan *s, enum cx_grammar grammar, struct cx_param *ret)
{
    bool old = grammar == CX_GRAMMAR_RFC6844;

    ret->tag = take_word(s, !old);
    if (ret->tag.n == 0) {
        return false;
    }
    if (!old) {
        skip_blanks(s);
    }
    if (!next_is(s, '=')) {
        return false;
    }
    s->at++;
    if (!old) {
        skip_blanks(s);
    }
    ret->value = take_param_value(s, old);
    return true;
}

/* Steps over what separates parameters: blanks (RFC 6844), or ";" with optional blanks (R-VAL-3). */
static bool
take_separator(struct scan *s, enum cx_grammar grammar)
{
    bool blanks = skip_blanks(s);

    if (grammar == CX_GRAMMAR_RFC6844) {
        return blanks;
    }
    if (!next_is(s, ';')) {
        return false;
    }
    s->at++;
    skip_blanks(s);
    return true;
}

/* The whole rest is a parameter list with optional trailing blanks. */
static bool
take_params(struct scan *s, enum cx_grammar grammar, cx_span *ret)
{
    size_t from = s->at;
    struct cx_param param;

    while (take_param(s, grammar, &param)) {
        size_t end = s->at;

        skip_blanks(s);
        if (at_end(s)) {
            *ret = (cx_span){ s->all.p + from, end - from };
            return true;
        }
        s->at = end;
        if (!take_separator(s, grammar)) {
            return false;
        }
    }
    return false;
}

static bool
parse(struct scan *s, enum cx_grammar grammar, struct cx_issue_value *ret)
{
    skip_blanks(s);
    if (grammar == CX_GRAMMAR_PROPOSAL && next_is(s, '*')) {
        ret->issuer = (cx_span){ s->all.p + s->at++, 1 };
    } else if (!at_end(s) && !next_is(s, ';') && !take_issuer(s, &ret->issuer)) {
        return false;
    }
    skip_blanks(s);
    if (at_end(s)) {
        return true;
    }
    if (!next_is(s, ';')) {
        return false;
    }
    s->at++;
    skip_blanks(s);
    return at_end(s) || take_params(s, grammar, &ret->params);
}

struct cx_issue_value
cx_issue_value_parse(cx_span value, enum cx_grammar grammar)
{
    struct cx_issue_value ret = { .grammar = grammar };
    struct scan s = { .all = value };

    if (!parse(&s, grammar, &ret)) {
        return (struct cx_issue_value){ .grammar = grammar };
    }
    ret.well_formed = true;
    return ret;
}

bool
cx_param_next(const struct cx_issue_value *value, size_t *at, struct cx_param *ret)
{
    struct scan s = { .all = value->params, .at = *at };

    if (at_end(&s) || (s.at != 0 && !take_separator(&s, value->grammar)) ||
        !take_param(&s, value->grammar, ret)) {
        return false;
    }
    *at = s.at;
    return true;
}

static bool
in_uri(uint8_t c)
{
    return cx_ascii_alnum(c) || (c != 0 && strchr("-._~:/?#[]@!$&'()*+,;=%", c) != NULL);
}

bool
cx_is_uri(cx_span text)
{
    size_t i = 0;

    while (i < text.n && (cx_ascii_alnum(text.p[i]) || strchr("+-.", text.p[i]) != NULL) &&
           text.p[i] != 0) {
        i++;
    }
    if (i == 0 || i == text.n || text.p[i] != ':' || (text.p[0] >= '0' && text.p[0] <= '9') ||
        !cx_ascii_alnum(text.p[0])) {
        return false;
    }
    for (; i < text.n; i++) {
        if (!in_uri(text.p[i])) {
            return false;
        }
    }
    return true;
}

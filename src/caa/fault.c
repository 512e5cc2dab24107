#include "caa/fault.h"

static const struct {
    const char *word;
    const char *sentence;
} texts[] = {
    { "", "" },
#define X(name, word, sentence) { word, sentence },
#include "caa/faults.def"
#undef X
};

struct scan {
    cx_span all;
    size_t at;
};

static bool
at_end(const struct scan *s)
{
    return s->at == s->all.n;
}

static uint8_t
next(const struct scan *s)
{
    return at_end(s) ? 0 : s->all.p[s->at];
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static void
skip_blanks(struct scan *s)
{
    while (!at_end(s) && is_blank(next(s))) {
        s->at++;
    }
}

static struct cx_value_fault
fault_at(enum cx_fault fault, size_t index)
{
    return (struct cx_value_fault){ fault, index + 1 };
}

static const struct cx_value_fault fine = { CX_FAULT_NONE, 0 };

static bool
all_digits(cx_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
    }
    return text.n != 0;
}

/* The octet at index i of an issuer name cannot be there. */
static enum cx_fault
octet_fault(cx_span word, size_t i)
{
    uint8_t c = word.p[i];

    switch (c) {
    case ',':
        return CX_FAULT_COMMA;
    case '_':
        return CX_FAULT_UNDERSCORE;
    case '*':
        return CX_FAULT_ASTERISK;
    case ':':
        return all_digits((cx_span){ word.p + i + 1, word.n - i - 1 }) ? CX_FAULT_PORT
                                                                       : CX_FAULT_SCHEME;
    case '/':
        return CX_FAULT_SCHEME;
    case '@':
        return CX_FAULT_MAILBOX;
    case '"':
    case '\'':
        return CX_FAULT_QUOTES;
    case '=':
        return CX_FAULT_NO_ISSUER;
    default:
        break;
    }
    if (c >= 0x80) {
        return CX_FAULT_NON_ASCII;
    }
    return c < 0x20 || c == 0x7f ? CX_FAULT_CONTROL : CX_FAULT_OCTET;
}

/* Dots and hyphens, when every octet is allowed as such. */
static struct cx_value_fault
label_fault(cx_span word, size_t from)
{
    for (size_t i = 0; i < word.n; i++) {
        bool first = i == 0 || word.p[i - 1] == '.';
        bool last = i + 1 == word.n || word.p[i + 1] == '.';

        if (word.p[i] == '.' && i + 1 == word.n && !first) {
            return fault_at(CX_FAULT_TRAILING_DOT, from + i);
        }
        if (word.p[i] == '.' && first) {
            return fault_at(CX_FAULT_EMPTY_LABEL, from + i);
        }
        if (word.p[i] == '-' && (first || last)) {
            return fault_at(CX_FAULT_HYPHEN, from + i);
        }
    }
    return fine;
}

static struct cx_value_fault
issuer_fault(struct scan *s)
{
    size_t from = s->at;
    cx_span word = { s->all.p + from, 0 };

    while (!at_end(s) && !is_blank(next(s)) && next(s) != ';') {
        s->at++;
        word.n++;
    }
    for (size_t i = 0; i < word.n; i++) {
        if (!cx_ascii_alnum(word.p[i]) && word.p[i] != '-' && word.p[i] != '.') {
            return fault_at(octet_fault(word, i), from + i);
        }
    }
    return label_fault(word, from);
}

static struct cx_value_fault
param_name_fault(struct scan *s)
{
    size_t from = s->at;

    while (!at_end(s) && !is_blank(next(s)) && next(s) != ';' && next(s) != '=') {
        if (!cx_ascii_alnum(next(s)) && next(s) != '-') {
            return fault_at(CX_FAULT_PARAM_NAME, s->at);
        }
        s->at++;
    }
    if (s->at == from) {
        return fault_at(next(s) == '=' ? CX_FAULT_PARAM_NO_NAME : CX_FAULT_DOUBLE_SEMICOLON, from);
    }
    if (s->all.p[from] == '-') {
        return fault_at(CX_FAULT_PARAM_NAME, from);
    }
    if (s->all.p[s->at - 1] == '-') {
        return fault_at(CX_FAULT_PARAM_NAME, s->at - 1);
    }
    return fine;
}

static struct cx_value_fault
param_fault(struct scan *s)
{
    struct cx_value_fault fault = param_name_fault(s);
    size_t end;

    if (fault.fault != CX_FAULT_NONE) {
        return fault;
    }
    skip_blanks(s);
    if (next(s) != '=') {
        return fault_at(CX_FAULT_PARAM_NO_EQUALS, s->at);
    }
    s->at++;
    skip_blanks(s);
    while (!at_end(s) && next(s) > 0x20 && next(s) < 0x7f && next(s) != ';') {
        s->at++;
    }
    end = s->at;
    skip_blanks(s);
    if (at_end(s) || next(s) == ';') {
        return fine;
    }
    return s->at != end ? fault_at(CX_FAULT_PARAM_BLANK, end)
                        : fault_at(CX_FAULT_PARAM_OCTET, s->at);
}

/* From behind the first semicolon. */
static struct cx_value_fault
params_fault(struct scan *s)
{
    size_t semicolon;

    skip_blanks(s);
    while (!at_end(s)) {
        struct cx_value_fault fault = param_fault(s);

        if (fault.fault != CX_FAULT_NONE || at_end(s)) {
            return fault;
        }
        semicolon = s->at++;
        skip_blanks(s);
        if (at_end(s)) {
            return fault_at(CX_FAULT_TRAILING_SEMICOLON, semicolon);
        }
    }
    return fine;
}

struct cx_value_fault
cx_value_fault_of(cx_span value)
{
    struct scan s = { .all = value };
    struct cx_value_fault fault = fine;

    skip_blanks(&s);
    if (!at_end(&s) && next(&s) != ';') {
        fault = issuer_fault(&s);
    }
    if (fault.fault != CX_FAULT_NONE) {
        return fault;
    }
    skip_blanks(&s);
    if (at_end(&s)) {
        return fine;
    }
    if (next(&s) != ';') {
        return fault_at(next(&s) == ',' ? CX_FAULT_COMMA : CX_FAULT_NO_SEMICOLON, s.at);
    }
    s.at++;
    return params_fault(&s);
}

const char *
cx_fault_word(enum cx_fault fault)
{
    return texts[fault].word;
}

const char *
cx_fault_sentence(enum cx_fault fault)
{
    return texts[fault].sentence;
}

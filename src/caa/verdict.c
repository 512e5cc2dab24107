#include "caa/verdict.h"

#include "base/status.h"

static const char *const verdict_words[] = {
    [CX_VERDICT_UNSET] = "UNSET",
    [CX_VERDICT_PERMIT] = "PERMIT",
    [CX_VERDICT_DENY] = "DENY",
    [CX_VERDICT_FAIL] = "FAIL",
    [CX_VERDICT_PERMIT_LF] = "PERMIT-LF",
    [CX_VERDICT_EXEMPT] = "EXEMPT",
    [CX_VERDICT_NA] = "NA",
    [CX_VERDICT_ARGUABLE] = "ARGUABLE",
};

const char *
cx_verdict_word(enum cx_verdict verdict)
{
    return verdict_words[verdict];
}

enum cx_verdict
cx_verdict_of_word(cx_str word)
{
    for (size_t i = 1; i < CX_COUNT(verdict_words); i++) {
        if (cx_str_equal(word, cx_str_of(verdict_words[i]))) {
            return (enum cx_verdict)i;
        }
    }
    return CX_VERDICT_UNSET;
}

static int
severity(enum cx_verdict verdict)
{
    switch (verdict) {
    case CX_VERDICT_UNSET:
        return 7;
    case CX_VERDICT_DENY:
        return 6;
    case CX_VERDICT_FAIL:
        return 5;
    case CX_VERDICT_ARGUABLE:
        return 4;
    case CX_VERDICT_PERMIT_LF:
        return 3;
    case CX_VERDICT_PERMIT:
        return 2;
    case CX_VERDICT_EXEMPT:
        return 1;
    case CX_VERDICT_NA:
        return 0;
    }
    return 7;
}

enum cx_verdict
cx_verdict_worse(enum cx_verdict a, enum cx_verdict b)
{
    return severity(a) >= severity(b) ? a : b;
}

bool
cx_verdict_is_worse(enum cx_verdict a, enum cx_verdict b)
{
    return severity(a) > severity(b);
}

bool
cx_verdict_positive(enum cx_verdict verdict)
{
    return severity(verdict) <= 3;
}

static const struct {
    const char *id;
    const char *source;
    const char *sentence;
} rules[] = {
#define X(name, id, source, sentence) { id, source, sentence },
#include "caa/rules.def"
#undef X
};

const char *
cx_rule_id(enum cx_rule rule)
{
    return rules[rule].id;
}

enum cx_rule
cx_rule_of_id(cx_str id)
{
    size_t i = 0;

    while (i < CX_RULE_COUNT && !cx_str_equal(id, cx_str_of(rules[i].id))) {
        i++;
    }
    return (enum cx_rule)i;
}

const char *
cx_rule_source(enum cx_rule rule)
{
    return rules[rule].source;
}

const char *
cx_rule_sentence(enum cx_rule rule)
{
    return rules[rule].sentence;
}

void
cx_rules_add(struct cx_rules *set, enum cx_rule rule)
{
    set->bits[rule / 64] |= (uint64_t)1 << (rule % 64);
}

bool
cx_rules_have(const struct cx_rules *set, enum cx_rule rule)
{
    return ((set->bits[rule / 64] >> (rule % 64)) & 1) != 0;
}

bool
cx_rules_next(const struct cx_rules *set, enum cx_rule *rule)
{
    size_t at = (size_t)*rule;

    while (at < CX_RULE_COUNT) {
        uint64_t left = set->bits[at / 64] >> (at % 64);

        if (left != 0) {
            *rule = (enum cx_rule)(at + (size_t)__builtin_ctzll(left));
            return true;
        }
        at = (at / 64 + 1) * 64;
    }
    return false;
}

void
cx_rules_join(struct cx_rules *set, const struct cx_rules *more)
{
    for (size_t i = 0; i < CX_COUNT(set->bits); i++) {
        set->bits[i] |= more->bits[i];
    }
}

struct word {
    const char *word;
    const char *sentence;
};

static const struct word reasons[] = {
    { "unset", "no verdict was reached" },
#define X(name, word, sentence) { word, sentence },
#include "caa/reasons.def"
#undef X
};

static const struct word note_words[] = {
    { "unset", "" },
#define X(name, word, sentence) { word, sentence },
#include "caa/notes.def"
#undef X
};

/* Place of a word, 0 if it is not there. */
static size_t
word_at(const struct word *words, size_t n, cx_str word)
{
    for (size_t i = 1; i < n; i++) {
        if (cx_str_equal(word, cx_str_of(words[i].word))) {
            return i;
        }
    }
    return 0;
}

enum cx_reason
cx_reason_of_word(cx_str word)
{
    return (enum cx_reason)word_at(reasons, CX_COUNT(reasons), word);
}

enum cx_note_code
cx_note_of_word(cx_str word)
{
    return (enum cx_note_code)word_at(note_words, CX_COUNT(note_words), word);
}

const char *
cx_reason_word(enum cx_reason reason)
{
    return reasons[reason].word;
}

const char *
cx_reason_sentence(enum cx_reason reason)
{
    return reasons[reason].sentence;
}

const char *
cx_note_word(enum cx_note_code code)
{
    return note_words[code].word;
}

const char *
cx_note_sentence(enum cx_note_code code)
{
    return note_words[code].sentence;
}

void
cx_notes_add(struct cx_notes *notes, enum cx_note_code code, cx_span detail)
{
    for (size_t i = 0; i < notes->n; i++) {
        if (notes->v[i].code == code && cx_span_equal(notes->v[i].detail, detail)) {
            return;
        }
    }
    if (notes->n + 1 < CX_NOTES_MAX) {
        notes->v[notes->n++] = (struct cx_note){ code, detail };
    } else if (notes->n < CX_NOTES_MAX) {
        notes->v[notes->n++] = (struct cx_note){ .code = CX_NOTE_MORE };
    }
}

/* Verdict words (docs/json.md), and what a finding is made of: reason, rules, notes, readings.
 * I1: 0 is no verdict; only the judge assigns PERMIT, explicitly. */
#ifndef CX_CAA_VERDICT_H
#define CX_CAA_VERDICT_H

#include "base/limits.h"
#include "base/span.h"
#include "base/time.h"

enum cx_verdict {
    CX_VERDICT_UNSET = 0,
    CX_VERDICT_PERMIT,
    CX_VERDICT_DENY,
    CX_VERDICT_FAIL,
    CX_VERDICT_PERMIT_LF,
    CX_VERDICT_EXEMPT,
    CX_VERDICT_NA,
    CX_VERDICT_ARGUABLE,
};

const char *cx_verdict_word(enum cx_verdict verdict);
enum cx_verdict cx_verdict_of_word(cx_str word);
/* The worse of two (R-DEC-8): DENY > FAIL > ARGUABLE > PERMIT-LF > PERMIT > EXEMPT > NA; UNSET is worst of all. */
enum cx_verdict cx_verdict_worse(enum cx_verdict a, enum cx_verdict b);
/* a is worse than b, not equal to it. */
bool cx_verdict_is_worse(enum cx_verdict a, enum cx_verdict b);
/* PERMIT, PERMIT-LF, EXEMPT or NA. */
bool cx_verdict_positive(enum cx_verdict verdict);

enum cx_rule {
#define X(name, id, source, sentence) CX_##name,
#include "caa/rules.def"
#undef X
    CX_RULE_COUNT
};

const char *cx_rule_id(enum cx_rule rule);
/* CX_RULE_COUNT for an id that is not known. */
enum cx_rule cx_rule_of_id(cx_str id);
const char *cx_rule_source(enum cx_rule rule);
/* What the rule did, in a sentence that a domain administrator understands. */
const char *cx_rule_sentence(enum cx_rule rule);

/* A set of rules; listed in the order of rules.def. */
struct cx_rules {
    uint64_t bits[(CX_RULE_COUNT + 63) / 64];
};

void cx_rules_add(struct cx_rules *set, enum cx_rule rule);
bool cx_rules_have(const struct cx_rules *set, enum cx_rule rule);
/* The first rule of the set that is *rule or comes after it; false if there is none. */
bool cx_rules_next(const struct cx_rules *set, enum cx_rule *rule);
void cx_rules_join(struct cx_rules *set, const struct cx_rules *more);

enum cx_reason {
    CX_REASON_UNSET = 0,
#define X(name, word, sentence) CX_REASON_##name,
#include "caa/reasons.def"
#undef X
};

const char *cx_reason_word(enum cx_reason reason);
enum cx_reason cx_reason_of_word(cx_str word); /* UNSET for one that is not known */
const char *cx_reason_sentence(enum cx_reason reason);

enum cx_note_code {
    CX_NOTE_UNSET = 0,
#define X(name, word, sentence) CX_NOTE_##name,
#include "caa/notes.def"
#undef X
};

const char *cx_note_word(enum cx_note_code code);
enum cx_note_code cx_note_of_word(cx_str word); /* UNSET for one that is not known */
const char *cx_note_sentence(enum cx_note_code code);

struct cx_note {
    enum cx_note_code code;
    cx_span detail; /* borrowed from the answers or static; may be empty */
};

struct cx_notes {
    struct cx_note v[CX_NOTES_MAX];
    size_t n;
};

/* Each (code, detail) once; the last place is kept for CX_NOTE_MORE. */
void cx_notes_add(struct cx_notes *notes, enum cx_note_code code, cx_span detail);

/* One defensible reading of an ARGUABLE case. */
struct cx_reading {
    enum cx_verdict verdict;
    const char *reading;
};

#define CX_READINGS_MAX 4

#endif

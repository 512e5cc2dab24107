/* What an archive shows about one name at the moment of a signature (R-PRF-4, R-PRF-5): which observations count, the climb that
 * the rules of that moment demand fed with them, and what that proves. Sans I/O: it says which label it needs next, and the
 * caller picks entries for it, so that millions of names can be looked up in the order of the archive.
 * I1: only an answer that was there before the signature, in its window, for the same form of name, can prove anything.
 * I2: more evidence never makes a state worse, unless it contradicts.
 * I3: what DNS says now has no part in it (R-PRF-6). */
#ifndef CX_INCIDENT_EVIDENCE_H
#define CX_INCIDENT_EVIDENCE_H

#include "caa/judge.h"
#include "incident/archive.h"

enum cx_evidence_reason {
#define X(name, word, sentence) CX_EVIDENCE_##name,
#include "incident/reasons.def"
#undef X
    CX_EVIDENCE_COUNT
};

const char *cx_evidence_word(enum cx_evidence_reason reason);
const char *cx_evidence_sentence(enum cx_evidence_reason reason);

/* A set of reasons: bit 1 << reason. */
#define CX_EVIDENCE_BIT(reason) ((uint32_t)1 << (reason))

enum cx_name_state {
    CX_NAME_NONE = 0, /* nothing about it */
    CX_NAME_PERMISSIVE,
    CX_NAME_DENIED,
    CX_NAME_UNCLEAR,
    CX_NAME_OUTSIDE_WINDOW,
    CX_NAME_AFTER_SIGNING,
    CX_NAME_OTHER_FORM,
    CX_NAME_INCOMPLETE,
    CX_NAME_FAILED,
    CX_NAME_CONCLUSION_ONLY,
    CX_NAME_ASKED_ONLY,
    CX_NAME_CONFLICT,
    CX_NAME_UNVALIDATED,
    CX_NAME_NOT_ALLOWED,
    CX_NAME_NOT_BOUND,
    CX_NAME_NO_MOMENT, /* nobody says when the certificate was signed */
};

const char *cx_name_state_word(enum cx_name_state state);

/* R-PRF-4: sources that differ about moments closer than this contradict each other; no lookup takes longer. */
#define CX_SAME_MOMENT_MS 15000

/* Why an entry was picked. */
enum cx_pick_kind {
    CX_PICK_CONTENT = 0, /* an answer, good enough, in its own window; the youngest first */
    CX_PICK_STRETCH,     /* an empty answer before that, whose window is that of a set farther up */
    CX_PICK_LESSER, /* an answer in its window, of a grade that is worse than what proves here */
    CX_PICK_CONCLUSION, /* a bare conclusion */
    CX_PICK_CLAIM,      /* a decision alone */
    CX_PICK_FAILED,
    CX_PICK_ASKED,
    CX_PICK_OTHER_FORM,
    CX_PICK_OLDER, /* an answer before its window */
    CX_PICK_OLDER_CONCLUSION,
    CX_PICK_LATER, /* after the signature */
    CX_PICK_KINDS,
};

struct cx_pick {
    enum cx_pick_kind kind;
    struct cx_archive_entry entry;
};

struct cx_picks {
    const struct cx_pick *v;
    size_t n;
    bool crowded; /* there were more contents of one moment than are compared */
};

/* One name of one certificate. */
struct cx_inquiry {
    struct cx_subject subject; /* a name that CAA binds */
    cx_time signed_at;
    int64_t
        signed_ms; /* the last moment at which that may have been: what came later was after it (R-PRF-5) */
    bool validation;         /* answers of that date had to be validated (R-SEC-2) */
    enum cx_grade proof;     /* worst that proves; D: conclusions too, where there is no answer */
    struct cx_picks *labels; /* of the name, its parent, ...: room for cx_name_labels of it */
    size_t n_labels;         /* that were looked at */
};

/* The label that has to be looked at next, or false: everything is there. */
bool cx_inquiry_need(const struct cx_inquiry *inquiry, cx_span *ret);
/* What the archive (NULL: nothing) has for that label; the arrays go to arena. Classes: IO, STORE, NOMEM. */
cx_status cx_inquiry_pick(struct cx_inquiry *inquiry, struct cx_archive *archive,
                          const struct cx_entry_key *key, struct cx_arena *arena,
                          struct cx_detail *detail) CX_MUST;

/* One step of the climb that a state rests on. */
struct cx_step {
    const struct cx_answer *answer;
    const struct cx_archive_entry *entry;
};

struct cx_name_evidence {
    enum cx_name_state state;
    uint32_t reasons;
    enum cx_grade grade;       /* the worst of what the state rests on */
    struct cx_finding finding; /* of the judge; verdict UNSET if there is nothing to judge */
    cx_time checked;           /* the oldest answer that it rests on; CX_TIME_NONE */
    cx_time window_ends;       /* last second */
    struct cx_step steps[CX_LABELS_MAX];
    size_t n_steps;
    struct cx_answers
        answers; /* all that the judge was given: those of the steps, and what no archive asks */
};

/* c is the case of the moment of signing. Everything that ret points to lives in arena, or in inquiry. Classes: IO, STORE, NOMEM. */
cx_status cx_inquiry_judge(const struct cx_inquiry *inquiry, const struct cx_case *c,
                           const struct cx_archive *archive, struct cx_arena *arena,
                           struct cx_name_evidence *ret, struct cx_detail *detail) CX_MUST;

#endif

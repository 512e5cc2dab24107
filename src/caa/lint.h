/* What an administrator should know about published CAA: from answers to findings. Pure: no I/O, no clock. The judge
 * does not depend on it, and it decides nothing. */
#ifndef CX_CAA_LINT_H
#define CX_CAA_LINT_H

#include "base/arena.h"
#include "dns/answer.h"

enum cx_severity {
    CX_SEVERITY_UNSET = 0,
    CX_SEVERITY_ADVICE,
    CX_SEVERITY_WARNING,
    CX_SEVERITY_ERROR,
};

enum cx_lint_code {
    CX_LINT_UNSET = 0,
#define X(name, word, severity, rule, sentence) CX_LINT_##name,
#include "caa/lint.def"
#undef X
    CX_LINT_COUNT,
};

const char *cx_severity_word(enum cx_severity severity);
const char *cx_lint_word(enum cx_lint_code code);
enum cx_severity cx_lint_severity(enum cx_lint_code code);
const char *cx_lint_rule(enum cx_lint_code code);
const char *cx_lint_sentence(enum cx_lint_code code);

struct cx_lint_finding {
    enum cx_lint_code code;
    cx_span owner;               /* of the record or set; empty if none */
    const struct cx_caa *record; /* NULL when the set as a whole is meant */
    size_t octet;                /* of the value, from 1; 0 = not known */
    cx_str detail;               /* more words, already fit for a terminal; may be empty */
};

/* Findings in the order in which they were made. All memory is the arena's; zero but for arena. */
struct cx_lint {
    struct cx_arena *arena;
    struct cx_lint_finding *v;
    size_t n;
    size_t room;
    bool out_of_memory; /* findings are missing */
};

/* detail is copied; may be NULL. */
void cx_lint_add(struct cx_lint *lint, const struct cx_lint_finding *finding);
size_t cx_lint_count(const struct cx_lint *lint, enum cx_severity severity);

/* What is known besides the answer itself. */
struct cx_lint_context {
    const struct cx_answer *above; /* nearest set farther up the tree, or NULL */
    bool dnssec_known;             /* the answer's DNSSEC state is that of the published zone */
};

/* One answer: a failure, or a set with its records. NODATA and NXDOMAIN give nothing. */
void cx_lint_answer(struct cx_lint *lint, const struct cx_answer *answer,
                    const struct cx_lint_context *context);

/* The CA that somebody has in mind, against what set (a success with records) permits for TLS names. */
void cx_lint_issuer(struct cx_lint *lint, const struct cx_answer *set, cx_span issuer);

/* Nothing is published on the whole way from name up. */
void cx_lint_nothing(struct cx_lint *lint, cx_span name);

/* One line of a zone file: CAA whose parameters fell behind a comment's semicolon. owner may be empty. */
void cx_lint_zone_line(struct cx_lint *lint, cx_str line, size_t number);

/* The known word (NULL-terminated list) that text was probably meant to be, though it is not; else NULL. */
const char *cx_lint_hint(cx_span text, const char *const *known);

#endif

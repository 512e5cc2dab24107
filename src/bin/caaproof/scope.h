/* The parts of caaproof scope. */
#ifndef CAAPROOF_SCOPE_H
#define CAAPROOF_SCOPE_H

#include "bin/caaproof/runs.h"

/* What became of the certificates that were looked at. */
struct scope {
    bool json;
    uint64_t certificates;
    uint64_t judged;  /* with evidence that could be judged both times */
    uint64_t changed; /* of another verdict for some name */
};

/* Answers that were judged: a log's bare conclusion is none, and would be the same with every judge. */
static inline bool
scope_has_verdict(const struct cx_name_evidence *evidence)
{
    return evidence->n_steps != 0 && evidence->finding.verdict != CX_VERDICT_UNSET &&
           evidence->grade <= CX_GRADE_C;
}

/* One name, both times; the words may be NULL: nothing was judged. */
struct scope_name {
    cx_str name;
    const char *was;
    const char *is;
};

/* Prints a certificate whose names differ. Classes: NOMEM, LIMIT. */
cx_status scope_print(struct scope *scope, const struct cx_certificate *certificate,
                      const struct scope_name *names, size_t n) CX_MUST;

/* Every certificate's evidence through another checker: a command that answers lines, as for caaproof conformance. Classes: those of
 * the run, IO. */
cx_status scope_exec(struct scope *scope, struct opened_run *run, const char *command,
                     struct cx_detail *detail) CX_MUST;

#endif

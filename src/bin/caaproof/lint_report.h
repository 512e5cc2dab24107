/* Findings of lint, for a person and as JSON (docs/json.md, "Lint"). */
#ifndef CAAPROOF_LINT_REPORT_H
#define CAAPROOF_LINT_REPORT_H

#include "base/json.h"
#include "caa/lint.h"
#include "caa/rights.h"

#include <stdio.h>

/* One name that was looked at, or (name.n == 0) a file. */
struct lint_subject {
    cx_span name;
    const char *file;
    const struct cx_answer *relevant; /* set or failure that decides; NULL: nothing is published */
    bool dnssec_known;                /* else the answers come from files that do not say */
    bool beyond;                      /* the search left what the zone files hold */
    struct cx_right rights[CX_USE_COUNT];
    struct cx_lint lint;
};

void lint_print(FILE *out, const struct lint_subject *subject);
/* NULL when out of memory. */
struct cx_json *lint_to_json(const struct lint_subject *subject);

#endif

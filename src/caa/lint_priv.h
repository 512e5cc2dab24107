/* Shared by the parts of lint: one set being looked at. */
#ifndef CX_CAA_LINT_PRIV_H
#define CX_CAA_LINT_PRIV_H

#include "caa/lint.h"
#include "caa/tag.h"

struct cx_linting {
    struct cx_lint *lint;
    const struct cx_answer *answer;
    const struct cx_lint_context *context;
    const struct cx_caa *record; /* under examination, or NULL */
};

/* A finding about the record (or the set, if record is NULL). */
void cx_linting_say(const struct cx_linting *l, enum cx_lint_code code);
/* The same with details: octet 0 = none; text as words of ours, outside (may be empty) escaped behind it in quotes. */
void cx_linting_say_more(const struct cx_linting *l, enum cx_lint_code code, size_t octet,
                         const char *text, cx_span outside);

/* One record alone (lint_record.c); the value of a record that names issuers (lint_value.c). */
void cx_linting_record(struct cx_linting *l);
void cx_linting_issue_value(struct cx_linting *l, enum cx_tag tag);

#endif

/* One reply against what a case expects. */
#ifndef CAAPROOF_COMPARE_H
#define CAAPROOF_COMPARE_H

#include "bin/caaproof/cases.h"

struct outcome {
    const struct conformance_case *c;
    bool verdict_right; /* or the error code */
    bool passed;        /* verdict right, and no member that was given is wrong */
    bool complete;      /* every member that the case tests was given and is right */
    cx_str got;         /* verdict or error code of the reply; empty if there is none */
    cx_str problem;     /* what is wrong, in words fit for a terminal; empty if nothing */
};

/* reply.p == NULL: there is none, and why says what happened. Texts go to arena. Classes: NOMEM. */
cx_status compare_reply(const struct conformance_case *c, cx_str reply, const char *why,
                        struct cx_arena *arena, struct outcome *ret) CX_MUST;

#endif

/* The decision on one Relevant RRset (R-DEC, R-CRIT, R-VAL): critical check, restricting property, matching record. */
#ifndef CX_CAA_DECIDE_H
#define CX_CAA_DECIDE_H

#include "caa/case.h"

struct cx_decision {
    enum cx_verdict verdict; /* PERMIT, DENY, or ARGUABLE with both readings */
    enum cx_reason reason;
    struct cx_reading readings[2]; /* the prohibiting one first; only for ARGUABLE */
};

/* set must hold records. rules and notes are added to. */
struct cx_decision cx_decide(const struct cx_case *c, const struct cx_subject *subject,
                             const struct cx_answer *set, struct cx_rules *rules,
                             struct cx_notes *notes);

/* Of a set that did not permit, how many records that reason is about; their places are put to ret, the first max of them. */
size_t cx_decided_by(const struct cx_case *c, const struct cx_subject *subject,
                     const struct cx_answer *set, enum cx_reason reason, size_t *ret, size_t max);

#endif

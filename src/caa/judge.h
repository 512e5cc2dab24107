/* The judge: a pure function from (case, subject, answers) to a finding, and from findings to the certificate's.
 * I1: PERMIT is assigned in decide.c (a record, or no restriction) and judge.c (nothing on the whole way), and nowhere
 * else; everything unforeseen ends as FAIL.  I2: same input, same output; no clock, no I/O. */
#ifndef CX_CAA_JUDGE_H
#define CX_CAA_JUDGE_H

#include "caa/climb.h"

struct cx_finding {
    enum cx_verdict verdict; /* UNSET while questions are open */
    enum cx_reason reason;
    struct cx_rules rules;
    struct cx_notes notes;
    struct cx_reading readings[CX_READINGS_MAX];
    size_t n_readings;
    bool excused;                /* some reading passed over a failed lookup */
    const struct cx_answer *set; /* the Relevant RRset, or NULL */
    cx_time valid_until;         /* last second; CX_TIME_NONE unless PERMIT or PERMIT-LF */
    cx_time newest;              /* when the youngest answer used was asked for */
    bool hypothetical;           /* answers younger than the date: nothing may rest on them */
    const struct cx_answer *seen[CX_CLIMB_MAX];
    size_t n_seen;
    struct cx_question need[CX_LABELS_MAX]; /* open questions */
    size_t n_need;
};

void cx_judge(const struct cx_case *c, const struct cx_subject *subject,
              const struct cx_answers *answers, struct cx_finding *ret);

#endif

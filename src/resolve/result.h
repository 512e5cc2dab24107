/* What libunbound's callback gave, made an answer: the one place that decides what of it is believed.
 * I1: RCODE and data come from the message alone.  I2: an answer that is no failure is secure or insecure, as
 * validated under an anchor of the root.  I3: a failure has no data. */
#ifndef CX_RESOLVE_RESULT_H
#define CX_RESOLVE_RESULT_H

#include "dns/answer.h"

/* The arguments of ub_event_callback_type, borrowed for the callback. */
struct cx_result {
    int rcode;
    cx_span packet;
    int sec; /* 0 insecure, 1 bogus, 2 secure */
    const char *why_bogus;
    bool ratelimited;
};

/* The answer to question, asked at time, with a copy of the message; all of it in arena. Classes: NOMEM. */
cx_status cx_result_read(const struct cx_result *result, const struct cx_question *question,
                         cx_time time, struct cx_arena *arena, struct cx_answer *ret) CX_MUST;

/* What there is no place for in a failure goes: records, aliases, TTL. */
void cx_result_strip(struct cx_answer *failure);

/* A failure that is not from a message; why is copied. Classes: NOMEM. */
cx_status cx_result_failure(enum cx_outcome outcome, const char *why,
                            const struct cx_question *question, cx_time time,
                            struct cx_arena *arena, struct cx_answer *ret) CX_MUST;

#endif

/* Why an answer is secure or insecure, and whether a failure lies in a zone that is proved insecure (R-FAIL-3, R-FAIL-4,
 * R-FAIL-6, R-SEC-10): the DS and DNSKEY answers from the root down, and what they show.
 * I1: of a failure, insecure comes out only if at each of its names, aliases included, the chain from the root was seen
 * to end; anything missing makes it indeterminate.
 * I2: of an answer, libunbound's state stays as it is; is_proved says whether the messages show it. */
#ifndef CX_RESOLVE_PROOF_H
#define CX_RESOLVE_PROOF_H

#include "resolve/material.h"

/* What was collected for one answer. Zeroed before use; waiter.wake and waiter.ctx are the owner's to set. */
struct cx_collected {
    struct cx_material *found[CX_PROOF_MAX]; /* each a reference */
    size_t n;
    struct cx_waiter waiter;
    bool waiting;
    bool broken; /* more than fits, or no memory: nothing is proved */
};

/* Collects what answer needs. True: that was all, and answer has it: proof, is_proved, cut, and of a failure dnssec; it is
 * held by arena. False: wait until woken, then call again. NOMEM: answer is as it was. */
cx_status cx_proof_collect(struct cx_materials *materials, struct cx_collected *collected,
                           struct cx_arena *arena, struct cx_answer *answer, bool *ret_done)
    CX_MUST;
/* Takes what a wake brought; part of cx_proof_collect, and of giving up. */
void cx_collected_done(struct cx_collected *collected);

#endif

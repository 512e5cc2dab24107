/* One certificate beside one check: is the permit of the check good for it, and what is lacking. No I/O.
 * I1: reasons are 0 only where a signer would have taken the permit at the moment of signing (evidence/permit.h). */
#ifndef CX_INCIDENT_RECONCILE_JUDGE_H
#define CX_INCIDENT_RECONCILE_JUDGE_H

#include "incident/reconcile.h"

/* What is to be compared with records, of one certificate; in arena. */
struct cx_reconcile_subject {
    struct cx_permit_subject permit;
    struct cx_signing signing;
    uint32_t reasons; /* not 0: no record can be good for it */
};

/* Classes: NOMEM. */
cx_status cx_reconcile_subject_of(const struct cx_certificate *certificate,
                                  const struct cx_reconcile_options *options,
                                  struct cx_arena *arena, struct cx_reconcile_subject *ret) CX_MUST;

/* A record beside a subject. */
struct cx_assessment {
    uint32_t reasons; /* 0: the permit is good */
    bool in_time;     /* logged when a permit could still have lived */
    cx_time distance; /* between logging and signing, in seconds */
    struct cx_permit_names names;
    enum cx_permit_fault fault;
    struct cx_detail why;
};

/* What ret points to lives in arena. Classes: NOMEM. */
cx_status cx_reconcile_assess(const struct cx_record *record,
                              const struct cx_reconcile_subject *subject,
                              const struct cx_reconcile_options *options, struct cx_arena *arena,
                              struct cx_assessment *ret) CX_MUST;
/* What events in the log say of its permit: reasons that are added to those of the assessment. */
uint32_t cx_reconcile_fate(bool is_late, bool is_claimed,
                           const struct cx_reconcile_options *options);
/* The same names at the right time come before all else; then what lacks least, then what is nearest in time. */
bool cx_assessment_nearer(const struct cx_assessment *a, const struct cx_assessment *b);

/* The first second of logging from which a permit can live until then. */
cx_time cx_reconcile_earliest(const struct cx_reconcile_options *options, cx_time signed_at);

#endif

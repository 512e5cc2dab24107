/* Shared by the files of reconciliation. */
#ifndef CX_INCIDENT_RECONCILE_PRIV_H
#define CX_INCIDENT_RECONCILE_PRIV_H

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
/* The same names at the right time come before all else; then what lacks least, then what is nearest in time. */
bool cx_assessment_nearer(const struct cx_assessment *a, const struct cx_assessment *b);

/* The first second of logging from which a permit can live until then. */
cx_time cx_reconcile_earliest(const struct cx_reconcile_options *options, cx_time signed_at);

/* A permit that is good for a certificate. */
struct cx_permit_use {
    uint64_t place;
    cx_time until;
    cx_time signed_at;
    uint32_t certificate;
};

/* Gives each certificate a permit of its own as far as that goes, each permit to one. Of the uses that are left, one for
 * each certificate that got none stands at the front, n of them: its certificate, the permit, and the certificate that has
 * it in other[i]. Classes: NOMEM. */
cx_status cx_permits_share(struct cx_permit_use *uses, size_t n_uses, uint32_t **ret_other,
                           size_t *ret_n) CX_MUST;

#endif

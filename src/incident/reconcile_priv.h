/* Shared by the files of reconciliation. */
#ifndef CX_INCIDENT_RECONCILE_PRIV_H
#define CX_INCIDENT_RECONCILE_PRIV_H

#include "incident/reconcile_judge.h"

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

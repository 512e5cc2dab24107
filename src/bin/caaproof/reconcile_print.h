/* What caaproof reconcile prints: certificates without a permit, and counts. */
#ifndef CAAPROOF_RECONCILE_PRINT_H
#define CAAPROOF_RECONCILE_PRINT_H

#include "incident/reconcile.h"

struct reconcile_print {
    bool json;
    const struct cx_certificates *certificates; /* that positions are of */
    const char *const *lists;                   /* that inputs are of */
    uint64_t rows, observed, rejected, ignored; /* of all lists */
    uint64_t assumed_utc;                       /* of observed: times without a zone */
    struct cx_certificate_counts joined;
    struct cx_reconcile_counts counts;
};

/* Classes: NOMEM, LIMIT, those of certificates. */
cx_status reconcile_print_one(const struct reconcile_print *print,
                              const struct cx_reconciled *reconciled, struct cx_detail *detail)
    CX_MUST;
/* Nothing was found that a person must look at. */
bool reconcile_is_well(const struct reconcile_print *print);
/* Classes: NOMEM, LIMIT. */
cx_status reconcile_print_counts(const struct reconcile_print *print) CX_MUST;

#endif

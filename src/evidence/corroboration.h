/* Whether remote perspectives corroborate a check as its rule book and date demand (R-MPIC-1, R-MPIC-2, R-MPIC-9,
 * R-MPIC-16). */
#ifndef CX_EVIDENCE_CORROBORATION_H
#define CX_EVIDENCE_CORROBORATION_H

#include "evidence/record.h"

/* R-MPIC-16: one of the methods that a host or mailbox was validated with needs remote perspectives, or none is known. */
bool cx_remotes_needed(const cx_str *methods, size_t n, bool onion, bool mailbox);
/* NULL if these numbers are enough in that phase; else what is missing, in words. */
const char *cx_phase_lacks(struct cx_mpic_phase phase, const struct cx_corroboration *c);

/* Some name needs it: it is a host or mailbox, and a method that it was validated with needs remote perspectives, or none
 * is recorded. */
bool cx_corroboration_needed(const struct cx_record *record);
/* NULL if the check needs none or what it has is enough; else what is missing, in words. */
const char *cx_corroboration_lacks(const struct cx_record *record);

#endif

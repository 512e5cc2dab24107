/* Whether remote perspectives corroborate a check as its rule book and date demand (R-MPIC-1, R-MPIC-2, R-MPIC-9,
 * R-MPIC-16). */
#ifndef CX_EVIDENCE_CORROBORATION_H
#define CX_EVIDENCE_CORROBORATION_H

#include "evidence/record.h"

/* Some name needs it: it is a host or mailbox, and a method that it was validated with needs remote perspectives, or none
 * is recorded. */
bool cx_corroboration_needed(const struct cx_record *record);
/* NULL if the check needs none or what it has is enough; else what is missing, in words. */
const char *cx_corroboration_lacks(const struct cx_record *record);

#endif

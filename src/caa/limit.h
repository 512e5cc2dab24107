/* Limits that a matching record may carry: accounturi and validationmethods (RFC 8657). */
#ifndef CX_CAA_LIMIT_H
#define CX_CAA_LIMIT_H

#include "caa/case.h"

/* All honoured parameters of a record that names the CA are met (R-8657-6: together). own is the OWN name matched, NULL
 * for the issuer "*". rules and notes are added to. */
bool cx_limits_met(const struct cx_case *c, const struct cx_subject *subject,
                   const struct cx_issue_value *value, const struct cx_own *own,
                   struct cx_rules *rules, struct cx_notes *notes);

#endif

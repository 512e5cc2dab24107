/* What one remote perspective saw, through the judge (R-MPIC-5). */
#ifndef CX_MPIC_REMOTE_ANSWER_H
#define CX_MPIC_REMOTE_ANSWER_H

#include "caa/judge.h"
#include "mpic/open_mpic.h"

/* remote has answers, records, or says that there are none; *ret is the verdict on these under the case of the primary. UNSET:
 * they are about something else than was asked. Classes: NOMEM. */
cx_status cx_remote_judge(const struct cx_case *c, const struct cx_subject *subject,
                          const struct cx_remote *remote, struct cx_arena *arena,
                          enum cx_verdict *ret) CX_MUST;

/* When it saw that: its oldest answer counts; CX_TIME_NONE if it does not say. */
cx_time cx_remote_time(const struct cx_remote *remote);

#endif

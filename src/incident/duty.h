/* By when a certificate has to be revoked (R-REV): a function of moments and of what was found, by the text in force when the CA
 * became aware (R-REV-4). */
#ifndef CX_INCIDENT_DUTY_H
#define CX_INCIDENT_DUTY_H

#include "caa/epoch.h"

enum cx_duty_kind {
    CX_DUTY_NONE = 0,
    CX_DUTY_5D,
    CX_DUTY_24H,
};

const char *cx_duty_word(enum cx_duty_kind kind); /* "24h" */
/* Where a rule of a duty stands, for who does not know our numbers; NULL for another rule. */
const char *cx_duty_source(cx_str rule);

struct cx_duty {
    enum cx_duty_kind kind;
    const char *rule; /* why, or why not; NULL: nothing was wrong */
    const char *also; /* another reading that has to be shown beside it, or NULL */
    cx_time deadline; /* CX_TIME_NONE without duty */
    bool arguable;    /* some would say that there is one (R-PRF-7) */
};

struct cx_duty_case {
    enum cx_profile profile;
    cx_time aware;
    cx_time signed_at;
    cx_time not_before;
    cx_time not_after;  /* last second of validity */
    bool wrong;         /* the check was wrong, or cannot be shown to have been right */
    bool unused_permit; /* wrong for that alone that a permissive answer was not consulted */
};

struct cx_duty cx_duty_of(const struct cx_duty_case *c);
/* R-REV-6 */
bool cx_is_short_lived(cx_time signed_at, cx_time not_before, cx_time not_after);
/* R-PRF-7: whether, for who becomes aware then, an answer that permitted spares a certificate whose process did not consult it. */
bool cx_unused_permit_is_arguable(cx_time aware);
/* R-RET-1 to R-RET-3: until when the audit log of a certificate that ended then must exist, as asked on a date. */
cx_time cx_log_kept_until(cx_time asked, cx_time not_after, cx_time revoked_at);

#endif

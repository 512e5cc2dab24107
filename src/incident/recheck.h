/* What DNS said when it was asked again: result lines of `caaproof check --batch --json` whose id is the serial or SHA-256 of the
 * certificate. An annotation only (R-PRF-6). */
#ifndef CX_INCIDENT_RECHECK_H
#define CX_INCIDENT_RECHECK_H

#include "incident/certificates.h"

enum cx_now {
    CX_NOW_UNKNOWN = 0, /* not asked */
    CX_NOW_PERMITS,
    CX_NOW_DENIES,
    CX_NOW_FAILS,
};

const char *cx_now_word(enum cx_now now); /* "PERMITS-NOW"; NULL if not asked */

struct cx_recheck;

/* A last line that was cut off is passed over: the recheck was interrupted. Of two results for a certificate the later counts. Classes: IO, MALFORMED (names the
 * line), NOMEM. */
cx_status cx_recheck_read(const char *path, struct cx_recheck **ret, uint64_t *ret_n,
                          struct cx_hash *ret_digest, struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_recheck_free(struct cx_recheck *recheck);
/* NULL knows nothing. */
enum cx_now cx_recheck_of(const struct cx_recheck *recheck,
                          const struct cx_certificate *certificate);

#endif

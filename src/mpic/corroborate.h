/* Whether remote perspectives corroborate what the primary one found about a name: a pure function of the finding, of what
 * was supplied, and of the CA's list of perspectives (R-MPIC, R-OMPIC; docs/mpic.md).
 * I1: a remote's records are judged by the judge of the primary's, under the same case; what a remote or a coordinator concluded
 * permits nothing that its records do not.  I2: the order of perspectives does not matter.  I3: only the last attempt counts.
 * I4: a remote that shows nothing corroborates nothing. */
#ifndef CX_MPIC_CORROBORATE_H
#define CX_MPIC_CORROBORATE_H

#include "caa/judge.h"
#include "evidence/record.h"
#include "mpic/perspective.h"
#include "mpic/supplied.h"

enum cx_remote_reason {
    CX_REMOTE_UNSET = 0,
#define X(name, word, sentence) CX_REMOTE_IS_##name,
#include "mpic/remotes.def"
#undef X
};

const char *cx_remote_reason_word(enum cx_remote_reason reason);
const char *cx_remote_reason_sentence(enum cx_remote_reason reason);

/* One perspective of the attempt that counts. */
struct cx_remote_result {
    cx_str code;
    enum cx_region region; /* UNSET: not on the list */
    enum cx_remote_reason reason;
    enum cx_verdict verdict; /* of its own answer; UNSET: it was not judged */
    cx_time time;
    bool is_used; /* it is among those that count */
    bool corroborates;
    size_t
        same_as; /* the first of those that count as one, being too close to each other; itself, if it is the first */
};

struct cx_corroborated {
    bool needed;                /* rule book, date and methods demand it */
    struct cx_corroboration is; /* in numbers, as records have them; object is not set */
    const char *lacks;          /* NULL: enough, or not needed */
    cx_str fault;               /* why the response as a whole is no evidence; empty: it is */
    cx_time
        valid_until; /* last second that is fresh of all that agree; CX_TIME_NONE: there is none */
    size_t n_attempts;
    const struct cx_remote_result *remotes;
    size_t n_remotes;
};

struct cx_to_corroborate {
    const struct cx_case *c;
    const struct cx_subject *subject;
    const struct cx_finding *primary;           /* complete */
    const struct cx_perspectives *perspectives; /* NULL: there is no list */
    const struct cx_supplied_name *supplied;    /* NULL: nothing */
};

/* All that ret points to lives in arena, or in what was given. Classes: NOMEM. */
cx_status cx_corroborate(const struct cx_to_corroborate *what, struct cx_arena *arena,
                         struct cx_corroborated *ret) CX_MUST;

/* k/n (R-MPIC-20), with NUL. */
#define CX_QUORUM_TEXT 42
void cx_quorum_text(const struct cx_corroboration *is, char ret[CX_QUORUM_TEXT]);

/* The one that says less: that of the certificate is the least of its names'. */
bool cx_corroborated_is_less(const struct cx_corroborated *a, const struct cx_corroborated *b);

#endif

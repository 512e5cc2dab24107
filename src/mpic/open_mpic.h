/* Responses of Open MPIC coordinators in all their forms (R-OMPIC-2, R-OMPIC-4): what each remote perspective says it saw,
 * attempt by attempt. What the coordinator concluded is read only to be compared: is_valid is never believed.
 * I1: what cannot be read of one perspective is unreadable, never empty and never missing. */
#ifndef CX_MPIC_OPEN_MPIC_H
#define CX_MPIC_OPEN_MPIC_H

#include "base/arena.h"
#include "caa/case.h"
#include "dns/answer.h"

enum cx_remote_said {
    CX_REMOTE_UNREADABLE = 0,
    CX_REMOTE_ANSWERS, /* answers of its own, in details.x_evidence */
    CX_REMOTE_RECORDS, /* a set of records */
    CX_REMOTE_EMPTY,   /* that there is none */
    CX_REMOTE_PASSED,  /* that it passed, and nothing that could be judged */
    CX_REMOTE_REFUSED, /* that it did not pass, likewise */
    CX_REMOTE_FAILED,  /* no result: its lookup, its channel or it itself failed */
};

struct cx_remote {
    cx_str code;
    enum cx_remote_said said;
    cx_time time;     /* CX_TIME_NONE: not said */
    cx_span found_at; /* of records; empty: not said */
    const struct cx_caa *records;
    size_t n_records;
    const struct cx_answer *answers;
    size_t n_answers;
};

struct cx_attempt {
    const struct cx_remote *v;
    size_t n;
};

struct cx_open_mpic {
    cx_span name; /* asked for, without "*." */
    bool wildcard;
    enum cx_purpose purpose; /* TLS or SMIME; UNSET: not said */
    const cx_str *domains;   /* of the CA, as the request had them */
    size_t n_domains;
    bool allows_failure; /* the coordinator takes a failed lookup for a pass (R-OMPIC-5) */
    bool monitors;       /* quorum_count 0 (R-OMPIC-3) */
    bool is_valid;       /* as it says */
    bool is_incomplete;  /* as it says */
    size_t count;        /* perspectives that were started; 0: not said */
    const struct cx_attempt *attempts; /* the last one first */
    size_t n_attempts;
};

/* body is a response as it came over HTTP. All that ret points to lives in arena. Classes: MALFORMED (CX_E_JSON,
 * CX_E_ANSWERS: not a response about CAA), LIMIT, NOMEM. */
cx_status cx_open_mpic_read(cx_str body, struct cx_arena *arena, struct cx_open_mpic *ret,
                            struct cx_detail *detail) CX_MUST;

#endif

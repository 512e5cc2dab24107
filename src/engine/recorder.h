/* Makes records of checks, and permits of records: what lies between a verdict and the log.
 * I1: nothing is a permit that is not committed: cx_recorder_permit takes entries of the last commit only.
 * I2: only a positive check of answers that this process got from the live DNS just now can carry an expiry, and without
 * one there is no permit (R-TIME-4, R-TIME-8, R-PRF-2).
 * I3: mailboxes lose their local parts here. */
#ifndef CX_ENGINE_RECORDER_H
#define CX_ENGINE_RECORDER_H

#include "engine/check.h"
#include "evidence/context.h"
#include "evidence/record.h"
#include "store/log.h"

struct cx_recorder_options {
    cx_str software;
    cx_str resolver;       /* what answers came from, and how */
    const cx_str *anchors; /* trust anchors, as DS records */
    size_t n_anchors;
    bool
        live; /* answers are of the live DNS, validated: else nothing expires, and nothing is permitted */
    enum cx_messages messages;
};

/* For whom a check is recorded, and what may come of it. */
struct cx_recorder_terms {
    bool has_authority;
    struct cx_hash authority; /* SHA-256 of the issuing key's SubjectPublicKeyInfo */
    bool is_shadow;           /* nothing is permitted, whatever the verdict */
    uint32_t life_s;          /* of permits; 0 = CX_PERMIT_LIFE_S */
    /* Of who asked over the network (evidence/record.h). */
    bool has_body;
    struct cx_hash body;
    cx_str caller;
    enum cx_verdict own_verdict;
};

struct cx_recorder;

/* log is borrowed, and what options points to, until cx_recorder_free. Classes: NOMEM, INTERNAL. */
cx_status cx_recorder_new(struct cx_log *log, const struct cx_recorder_options *options,
                          struct cx_recorder **ret) CX_MUST;
void cx_recorder_free(struct cx_recorder *recorder);

/* What became of a check. */
struct cx_recorded {
    uint64_t shard;
    uint64_t index;
    uint64_t time_ms;
    struct cx_hash digest; /* of the record */
    cx_time expires;       /* CX_TIME_NONE: no permit */
    cx_span record;        /* lives in the check's arena */
};

/* Appends the check, which has a verdict. A request id that is in the log already is refused with CX_E_USAGE, and the
 * clock with CX_E_CLOCK: then nothing was appended. After any other failure the log must be closed. */
cx_status cx_recorder_add(struct cx_recorder *recorder, struct cx_check *check,
                          const struct cx_recorder_terms *terms, uint64_t now_ms,
                          struct cx_recorded *ret, struct cx_detail *detail) CX_MUST;

/* Where a start or an event stands. */
struct cx_noted {
    uint64_t shard;
    uint64_t index;
    uint64_t time_ms;
    struct cx_hash digest; /* of the record */
};

/* Appends the start of a check; salt and time of start are not looked at, and given by the recorder. CX_E_USAGE: of that request
 * one is in the shard already, or it has a result there; or the id has control characters. CX_E_CLOCK as above. Then, and after
 * INTERNAL (what no start can be, evidence/fault.h), nothing was appended; after any other failure the log must be closed. */
cx_status cx_recorder_start(struct cx_recorder *recorder, const struct cx_start *start,
                            uint64_t now_ms, struct cx_noted *ret, struct cx_detail *detail)
    CX_MUST;
/* The same with an event; certificate is the DER that it names if it has_certificate, whose digest is filled in here. */
cx_status cx_recorder_event(struct cx_recorder *recorder, const struct cx_event *event,
                            cx_span certificate, uint64_t now_ms, struct cx_noted *ret,
                            struct cx_detail *detail) CX_MUST;

/* Makes all that was added durable. Classes: those of cx_log_commit. */
cx_status cx_recorder_commit(struct cx_recorder *recorder, struct cx_detail *detail) CX_MUST;

/* Appends the permit of a committed check that has an expiry: a proof file with the record (docs/formats/permit.md).
 * Classes: USAGE (no permit can be made of it), LIMIT (it does not fit into buf), those of cx_log_prove. */
cx_status cx_recorder_permit(struct cx_recorder *recorder, const struct cx_recorded *recorded,
                             struct cx_buf *buf, struct cx_detail *detail) CX_MUST;

/* "record" of a result (docs/json.md, "Record"): log is the name of its key; permit (n == 0: none) is given in base64. NULL when
 * out of memory. */
struct cx_json *cx_recorded_to_json(const struct cx_recorded *recorded, const char *log,
                                    cx_str permit);

#endif

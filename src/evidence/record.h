/* The record of a check: an immutable account of what was asked, what DNS said, what was concluded and why
 * (docs/formats/record.md). One struct is what the writer takes and what the reader gives.
 * I1: a record never changes once encoded.  I2: encode(decode(x)) == x for every accepted x without negative keys but those below.
 * I3: mailboxes are their domains: no local part can be expressed.
 * I4: what is not understood is refused: versions, critical keys, unknown verdicts.
 * I5: what contradicts itself (fault.h) is neither written nor read: above all a conclusion better than a finding, or a
 * permit on a verdict that permits nothing. */
#ifndef CX_EVIDENCE_RECORD_H
#define CX_EVIDENCE_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "caa/case.h"
#include "caa/verdict.h"
#include "evidence/tree.h"

#define CX_RECORD_VERSION 1
#define CX_RECORD_SALT    16

/* Values are those of the format. */
enum cx_record_name_kind {
    CX_RECORD_NAME_UNSET = 0,
    CX_RECORD_NAME_DNS = 1,
    CX_RECORD_NAME_WILDCARD = 2,
    CX_RECORD_NAME_ONION = 3,
    CX_RECORD_NAME_ONION_WILDCARD = 4,
    CX_RECORD_NAME_IP = 5,
    CX_RECORD_NAME_MAILBOX = 6,
};

struct cx_record_name {
    enum cx_record_name_kind kind;
    cx_str text;       /* lower case A-labels without "*." and final dot; an address as inet_ntop */
    size_t validation; /* place in validations, or CX_RECORD_NONE */
};

#define CX_RECORD_NONE SIZE_MAX

struct cx_record_validation {
    const cx_str *accounts;
    size_t n_accounts;
    const cx_str *methods;
    size_t n_methods;
};

struct cx_record_case {
    enum cx_purpose purpose;
    enum cx_profile profile;
    cx_str epoch;
};

struct cx_record_note {
    cx_str code;
    cx_span detail;
};

struct cx_record_reading {
    enum cx_verdict verdict;
    cx_str reading;
};

struct cx_record_finding {
    enum cx_verdict verdict;
    cx_str reason;
    const cx_str *rules;
    size_t n_rules;
    cx_time valid_until; /* CX_TIME_NONE: none */
    size_t found;        /* place in answers, or CX_RECORD_NONE */
    const struct cx_record_note *notes;
    size_t n_notes;
    const struct cx_record_reading *readings;
    size_t n_readings;
    bool saw_all; /* seen is not listed: all answers */
    const size_t *seen;
    size_t n_seen;
};

struct cx_record_conclusion {
    enum cx_verdict verdict;
    cx_str reason;
    const cx_str *rules;
    size_t n_rules;
    cx_time valid_until; /* CX_TIME_NONE: none */
    bool hypothetical;
    cx_time expires; /* CX_TIME_NONE: no permit can rest on it */
};

enum cx_corroboration_kind {
    CX_CORROBORATION_NONE = 0,
    CX_CORROBORATION_EXTERNAL,
    CX_CORROBORATION_OWN,
};

struct cx_corroboration {
    enum cx_corroboration_kind kind;
    struct cx_hash object;
    uint64_t n_used;
    uint64_t n_agreed;
    const cx_str *regions; /* of those that agreed; each once */
    size_t n_regions;
};

struct cx_record {
    uint8_t salt[CX_RECORD_SALT];
    uint64_t time_ms;
    bool has_authority;
    struct cx_hash authority;
    struct cx_hash own;
    struct cx_hash context;
    cx_time date;
    struct cx_record_case cases[2];
    size_t n_cases;
    const struct cx_record_name *names;
    size_t n_names;
    const struct cx_hash *answers;
    size_t n_answers;
    const struct cx_record_finding *findings; /* n_names of them */
    struct cx_record_conclusion conclusion;
    cx_str request; /* n == 0: none */
    bool has_deadline;
    uint64_t deadline_ms;
    const struct cx_record_validation *validations;
    size_t n_validations;
    cx_span facts; /* CBOR, a map with texts for keys; n == 0: none */
    struct cx_corroboration corroboration;
    /* Of a check that a caller asked for, by negative keys: no verdict or permit depends on them. */
    bool has_body;
    struct cx_hash body;         /* SHA-256 of the request's octets as they were received */
    cx_str caller;               /* as the configuration names it; n == 0: not said */
    enum cx_verdict own_verdict; /* what the caller's own system said; UNSET: not said */
    bool is_shadow;              /* the authority was in shadow mode: nothing was permitted */
};

/* Appends the record's octets, all or nothing. Classes: NOMEM, LIMIT (the buffer's, CX_RECORD_MAX), INTERNAL (a struct
 * that no record can be, a text that is not UTF-8, a salt of zeros). */
cx_status cx_record_encode(const struct cx_record *record, struct cx_buf *buf) CX_MUST;

/* All that ret points to lives in arena, or borrows octets. Classes: MALFORMED (CX_E_RECORD), NOMEM. */
cx_status cx_record_decode(cx_span octets, struct cx_arena *arena, struct cx_record *ret,
                           struct cx_detail *detail) CX_MUST;

/* OWN as the record has it (docs/formats/record.md): SHA-256 over the names in lower case, sorted, each once, each with a
 * newline. Classes: MALFORMED (CX_E_POLICY: an empty name, or one with a newline, which would stand for two), LIMIT,
 * NOMEM. */
cx_status cx_own_hash(const cx_str *names, size_t n, struct cx_hash *ret) CX_MUST;

#endif

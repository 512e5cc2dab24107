/* What an archive says about CAA at one moment, whatever it was written by: one question's answer, or what one check of a
 * name found. Unknown is unknown, never "absent".
 * I1: an outcome is set only if the source says what DNS gave; a decision that the source claims is kept beside it, and is
 *     never taken for an answer.
 * I2: a zeroed observation says nothing. */
#ifndef CX_INCIDENT_OBSERVATION_H
#define CX_INCIDENT_OBSERVATION_H

#include "dns/answer.h"

/* How good it is as evidence; formats.md 4. Smaller is better. */
enum cx_grade {
    CX_GRADE_UNSET = 0,
    CX_GRADE_A, /* signed proof that is valid at that time */
    CX_GRADE_B, /* a complete DNS message */
    CX_GRADE_C, /* parsed records in a log */
    CX_GRADE_D, /* a verdict or a response code alone */
    CX_GRADE_E, /* that a question was sent */
};

enum cx_observed {
    CX_OBSERVED_UNSET = 0,
    CX_OBSERVED_ANSWER, /* of one question at the name: raw DNS, of no particular form */
    CX_OBSERVED_CHECK,  /* of a whole climb from the name on: found_at says how far it came */
};

/* What the check was made for. R-PRF-5: evidence counts for the same form of name only. */
enum cx_form {
    CX_FORM_ANY = 0, /* the source does not say, or an answer of DNS */
    CX_FORM_PLAIN,
    CX_FORM_WILDCARD,
};

enum cx_claim {
    CX_CLAIM_NONE = 0,
    CX_CLAIM_PERMITS,
    CX_CLAIM_DENIES,
    CX_CLAIM_FAILS,
};

/* Of which clock time is. */
enum cx_observed_clock {
    CX_CLOCK_UNSET = 0,
    CX_CLOCK_ASKED, /* when the question was sent */
    CX_CLOCK_ANSWERED, /* when the answer came: the question was earlier, by at most a lookup's deadline */
    CX_CLOCK_LOGGED,  /* when the line was written */
    CX_CLOCK_INDEXED, /* when a log system took it in */
};

struct cx_observation {
    enum cx_observed observed;
    enum cx_form form;
    enum cx_grade grade;
    enum cx_claim claim;
    enum cx_observed_clock clock;
    int64_t time_ms;       /* since 1970, UTC */
    uint32_t precision_ms; /* of what is written: 1000 for whole seconds; at least 1 */
    cx_span name;          /* wire form, without "*." */
    enum cx_outcome
        outcome; /* RECORDS, NODATA, NXDOMAIN or a failure; UNSET: the source does not say */
    enum cx_dnssec dnssec;
    bool
        unvalidated; /* seen before any validation, or without: stays so, whatever is stated of the resolver */
    bool has_ttl;
    uint32_t ttl;
    cx_span found_at; /* CHECK with RECORDS: the climb name that has the set; empty: not said */
    const struct cx_caa *records;
    size_t n_records;
    const cx_span *aliases; /* as in cx_answer */
    size_t n_aliases;
    /* Texts may be empty: not said. */
    cx_str account;
    cx_str method;
    cx_str perspective;
    cx_str resolver;
    cx_str request; /* what joins it to other lines: authorization, trace or request id */
};

const char *cx_grade_word(enum cx_grade grade); /* "A" */
enum cx_grade cx_grade_of_word(cx_str word);
const char *cx_claim_word(enum cx_claim claim);
const char *cx_form_word(enum cx_form form);
const char *cx_observed_clock_word(enum cx_observed_clock clock);

#endif

/* Which rule book applies to a check on a date: one row per period and profile. The table in
 * epoch.c is meant to be read beside R-GEN-4. */
#ifndef CX_CAA_EPOCH_H
#define CX_CAA_EPOCH_H

#include "base/time.h"
#include "caa/value.h"

enum cx_profile {
    CX_PROFILE_UNSET = 0,
    CX_PROFILE_TLS_BR,
    CX_PROFILE_SMIME_BR,
    CX_PROFILE_VMC,
    CX_PROFILE_PRIVATE,
    CX_PROFILE_PROPOSAL_2016,
};

/* How the Relevant RRset is searched. */
enum cx_algorithm {
    CX_ALGORITHM_UNSET = 0,
    CX_ALGORITHM_RFC6844,     /* as published: alias targets' whole trees */
    CX_ALGORITHM_ERRATUM5065, /* alias target itself, then the parent */
    CX_ALGORITHM_RFC8659,
};

/* What a non-empty set without restricting property means (R-EMPTY). */
enum cx_empty_rule {
    CX_EMPTY_UNSET = 0,
    CX_EMPTY_UNCLEAR,
    CX_EMPTY_PERMITS,
};

/* The third limb of the failure exception (R-FAIL-1, R-FAIL-2). */
enum cx_limb {
    CX_LIMB_UNAVAILABLE = 0,
    CX_LIMB_NO_CHAIN,
    CX_LIMB_INSECURE,
};

struct cx_epoch {
    enum cx_profile profile;
    const char *id;
    bool binding; /* CAA is a duty: denials bind */
    enum cx_algorithm algorithm;
    enum cx_grammar grammar;
    enum cx_empty_rule empty;
    enum cx_limb limb;
    bool validation;      /* DNSSEC validation is mandatory (R-SEC-2) */
    bool strict_servfail; /* R-SEC-5 */
    bool parameters;      /* RFC 8657 binds whatever the CA supports (R-8657-11) */
    const char *section;  /* where the duty stands */
};

/* The row in force; date may be any moment. Never NULL for a set profile. */
const struct cx_epoch *cx_epoch_at(enum cx_profile profile, cx_time date);
/* First second after date at which an epoch or an MPIC phase of the profile begins, else CX_TIME_MAX (R-TIME-8). */
cx_time cx_epoch_next_boundary(enum cx_profile profile, cx_time date);

/* What corroboration by remote perspectives must be like (R-MPIC-1); all zero where none has to be. */
struct cx_mpic_phase {
    unsigned remotes; /* that must be used, at least */
    bool quorum;      /* R-MPIC-2 binds */
    unsigned regions; /* of those that corroborate, at least (R-MPIC-9) */
};

struct cx_mpic_phase cx_mpic_phase_at(enum cx_profile profile, cx_time date);

const char *cx_profile_word(enum cx_profile profile);
enum cx_profile cx_profile_of_word(cx_str word);

#endif

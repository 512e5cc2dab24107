/* The CA's own switches (docs/json.md, "Policy"). Plain values: engine/policy.c reads them from JSON. */
#ifndef CX_CAA_POLICY_H
#define CX_CAA_POLICY_H

#include "base/time.h"

/* One issuer domain name of the CP/CPS (R-DEC-6). */
struct cx_own {
    cx_str name;
    cx_time from;              /* inclusive */
    cx_time until;             /* exclusive */
    bool issuemail_parameters; /* R-8657-1 */
};

/* Exceptions that the CP/CPS documents (R-EXC-7). */
struct cx_documented {
    bool precertificate;
    bool constrained;
    bool dns_operator;
};

struct cx_policy {
    const struct cx_own *own;
    size_t n_own;
    bool knows_contactemail;
    bool knows_contactphone;
    bool knows_issuemail;
    bool knows_issuevmc;
    bool issuer_case_strict;
    bool param_case_strict;
    bool label_case_fold;
    cx_time accounturi_from; /* honoured from; CX_TIME_MAX = not */
    cx_time validationmethods_from;
    cx_time ca_tbr_from;
    bool lf_permit;
    bool lf_servfail_classified;
    unsigned alias_limit;
    struct cx_documented exceptions;
    bool onion_rfc9799;
    const cx_str *negative_trust_anchors;
    size_t n_negative_trust_anchors;
};

/* Defaults of docs/json.md, without OWN names. */
static inline struct cx_policy
cx_policy_default(void)
{
    return (struct cx_policy){
        .knows_contactemail = true,
        .knows_contactphone = true,
        .accounturi_from = CX_TIME_NONE,
        .validationmethods_from = CX_TIME_NONE,
        .ca_tbr_from = CX_TIME_MAX,
        .alias_limit = 16,
    };
}

#endif

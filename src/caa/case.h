/* What is judged: a case is all that a certificate's names have in common, a subject is one of its names. Both are
 * plain borrowed values; the judge changes nothing in them. */
#ifndef CX_CAA_CASE_H
#define CX_CAA_CASE_H

#include "caa/epoch.h"
#include "caa/facts.h"
#include "caa/policy.h"

enum cx_purpose {
    CX_PURPOSE_UNSET = 0,
    CX_PURPOSE_TLS,
    CX_PURPOSE_SMIME,
    CX_PURPOSE_VMC,
};

/* Which questions are asked when; see caa/climb.h. */
enum cx_order {
    CX_ORDER_UNSET = 0,
    CX_ORDER_BOTTOM_UP,
    CX_ORDER_TOP_DOWN,
    CX_ORDER_PARALLEL,
};

/* Words of docs/json.md; of an unknown word UNSET. */
const char *cx_purpose_word(enum cx_purpose purpose);
enum cx_purpose cx_purpose_of_word(cx_str word);
const char *cx_order_word(enum cx_order order);
enum cx_order cx_order_of_word(cx_str word);

enum cx_subject_kind {
    CX_SUBJECT_UNSET = 0,
    CX_SUBJECT_DNS,
    CX_SUBJECT_ONION,
    CX_SUBJECT_IP,
};

struct cx_case {
    enum cx_purpose purpose;
    const struct cx_epoch *epoch;
    cx_time date; /* of the check */
    enum cx_order order;
    const struct cx_policy *policy;
    const struct cx_facts *facts;
    const struct cx_own *own; /* in force on date (R-DEC-6) */
    size_t n_own;
};

struct cx_subject {
    enum cx_subject_kind kind;
    cx_span
        name; /* where the climb begins: without "*.", of a mailbox the domain; empty for an IP address */
    bool wildcard;
    unsigned suffix_labels; /* labels of the public suffix; at least 1 (R-P16-E8) */
    const cx_str *accounts; /* URIs of the requesting account */
    size_t n_accounts;
    const cx_str *methods; /* performed for this name */
    size_t n_methods;
};

#endif

/* Grammar of issue, issuewild, issuemail and issuevmc values: RFC 8659 section 4.2 (R-VAL-1 to R-VAL-6) and, for
 * 2017-2020, RFC 6844 section 5.2 (R-V44-1). Decided on raw octets (R-VAL-13).
 * I1: a value that does not fit has no issuer and no parameters: it restricts and authorizes nobody (R-VAL-6). */
#ifndef CX_CAA_VALUE_H
#define CX_CAA_VALUE_H

#include "base/span.h"

enum cx_grammar {
    CX_GRAMMAR_UNSET = 0,
    CX_GRAMMAR_RFC6844,
    CX_GRAMMAR_RFC8659,
    CX_GRAMMAR_PROPOSAL, /* RFC 8659, and "*" as issuer (R-P16-7) */
};

struct cx_issue_value {
    bool well_formed;
    cx_span issuer; /* n == 0: empty issuer (R-VAL-5) */
    cx_span params; /* octets of the parameter list, checked; read with cx_param_next */
    enum cx_grammar grammar;
};

struct cx_param {
    cx_span tag;
    cx_span value;
};

/* Borrows value. */
struct cx_issue_value cx_issue_value_parse(cx_span value, enum cx_grammar grammar);

/* Steps through value.params: *at begins at 0; false after the last. */
bool cx_param_next(const struct cx_issue_value *value, size_t *at, struct cx_param *ret);

/* RFC 3986 scheme and characters (R-8657-2). */
bool cx_is_uri(cx_span text);

#endif

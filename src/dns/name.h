/* Domain names in wire form: lower case, uncompressed, with the root's empty label.
 * I1: a cx_name that a function here returned is well formed.  I2: equal names have equal octets, so that comparing is
 * memcmp (RFC 4343 folding was done at creation).
 * A borrowed name is a cx_span of such octets; every suffix at a label boundary is a name too. */
#ifndef CX_DNS_NAME_H
#define CX_DNS_NAME_H

#include "base/limits.h"
#include "base/span.h"
#include "base/status.h"

struct cx_name {
    uint8_t n;
    uint8_t wire[CX_NAME_MAX];
};

static inline cx_span
cx_name_span(const struct cx_name *name)
{
    return (cx_span){ name->wire, name->n };
}

/* Of octets that are a name already, at most CX_NAME_MAX. */
static inline struct cx_name
cx_name_of(cx_span name)
{
    struct cx_name ret = { .n = (uint8_t)name.n };

    memcpy(ret.wire, name.p, name.n);
    return ret;
}

/* From presentation form (RFC 1035 section 5.1 escapes), with or without the final dot. Classes: MALFORMED. */
cx_status cx_name_from_text(cx_str text, struct cx_name *ret, struct cx_detail *detail) CX_MUST;

/* The name at octet at of a message, following compression pointers backwards only; *ret_end is the offset behind it in
 * place. Classes: MALFORMED. */
cx_status cx_name_from_message(cx_span message, size_t at, struct cx_name *ret, size_t *ret_end)
    CX_MUST;

/* Presentation form without final dot, "." for the root; never longer than CX_NAME_TEXT_MAX with its NUL. */
void cx_name_text(cx_span name, char ret[CX_NAME_TEXT_MAX]);

/* Labels without the root. */
unsigned cx_name_labels(cx_span name);
/* The name less its leftmost label; the root's parent is the root. */
cx_span cx_name_parent(cx_span name);
bool cx_name_is_root(cx_span name);
/* name is ancestor itself or below it. */
bool cx_name_within(cx_span name, cx_span ancestor);
/* "onion" or below it (RFC 7686). */
bool cx_name_is_onion(cx_span name);
/* Every label of letters, digits, inner hyphens; underscores too if the caller allows them. */
bool cx_name_is_ldh(cx_span name, bool underscores);
/* *.parent, or false if it does not fit. */
bool cx_name_wildcard_of(cx_span parent, struct cx_name *ret);
/* prefix (name less its last labels) put in front of target: DNAME substitution, RFC 6672 section 2.3; false if the
 * result is too long (YXDOMAIN) or name is not below owner. */
bool cx_name_substitute(cx_span name, cx_span owner, cx_span target, struct cx_name *ret);

#endif

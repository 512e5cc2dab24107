/* Source over one or several zones given as text. Answers as a resolver would that asks authoritative servers of these
 * zones: aliases, wildcards, empty non-terminals, delegations (RFC 1034 section 4.3.2, RFC 4592, RFC 6672).
 * I1: what the zones do not cover is a failure, never an empty answer. DNSSEC state of every answer is "insecure". */
#ifndef CX_RESOLVE_ZONE_H
#define CX_RESOLVE_ZONE_H

#include "resolve/source.h"

/* One zone: a file, or text (then path is NULL). */
struct cx_zone_input {
    const char *path;
    cx_str text;
    cx_span origin; /* wire form; empty: it is in the text (dnssec/zone_text.h) */
};

/* inputs are borrowed for the call only. Classes: MALFORMED (CX_E_ZONE), LIMIT, IO, NOMEM. ret is closed with
 * cx_source_close. */
cx_status cx_zone_source_open(const struct cx_zone_input *inputs, size_t n, struct cx_source *ret,
                              struct cx_detail *detail) CX_MUST;

#endif

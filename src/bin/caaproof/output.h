/* What the command prints, in the two forms that several subcommands share. */
#ifndef CAAPROOF_OUTPUT_H
#define CAAPROOF_OUTPUT_H

#include "base/json.h"

#include <stdio.h>

/* One value on one line of standard output; NULL is out of memory. Whether the octets arrived is seen when the caller
 * flushes. Classes: NOMEM, LIMIT. */
cx_status output_json(const struct cx_json *json) CX_MUST;

/* Text from outside, with nothing in it that could steer a terminal. */
void output_escaped(FILE *out, cx_span outside);

/* Text from outside: octets that are not printable ASCII as \DDD, so that nothing steers the terminal. A backslash stays,
 * since the text may be escaped already; it is for people only. */
void output_plain(FILE *out, cx_str text);

#endif

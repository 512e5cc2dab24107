/* One case for a person: request, expectation, and shell commands that repeat it by hand. */
#ifndef CAAPROOF_SHOW_CASE_H
#define CAAPROOF_SHOW_CASE_H

#include "bin/caaproof/cases.h"

#include <stdio.h>

/* Classes: NOMEM, LIMIT. */
cx_status show_case(FILE *out, const struct conformance_case *c) CX_MUST;
/* A line a case: name and what it shows. */
void show_list(FILE *out, const struct case_table *table);

#endif

/* What must hold of every reader of certificate lists. */
#ifndef CX_TESTS_FUZZ_ISSUED_RUN_H
#define CX_TESTS_FUZZ_ISSUED_RUN_H

#include "incident/issued_formats.h"

/* Reads octets twice: each record is one of the three kinds with all that belongs to it, and both times are the same. */
void issued_run(const struct cx_issued_format *format, cx_span octets);

#endif

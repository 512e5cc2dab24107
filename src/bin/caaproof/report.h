/* The report card of a conformance run. */
#ifndef CAAPROOF_REPORT_H
#define CAAPROOF_REPORT_H

#include "bin/caaproof/compare.h"

#include <stdio.h>

struct report {
    const char *checker; /* command or URL */
    const struct outcome *v;
    size_t n;
    const char *remark; /* about the run as a whole; may be empty */
};

size_t report_passed(const struct report *report);
/* A table by area, the failures, and the count as the last line. */
void report_print(FILE *out, const struct report *report);
/* The same as one object (docs/json.md, "Conformance"); NULL when out of memory. */
struct cx_json *report_to_json(const struct report *report);

#endif

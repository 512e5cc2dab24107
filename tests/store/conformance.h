/* What every adapter of src/store/port.h must do. An adapter's test program calls conformance_run with how it opens. */
#ifndef CX_TESTS_STORE_CONFORMANCE_H
#define CX_TESTS_STORE_CONFORMANCE_H

#include "store/port.h"

/* The same place gives the same rows again; a place that was never opened is empty. Places are paths of folders that are
 * there, or names as good as any for an adapter without files. */
typedef cx_status (*conformance_open)(const char *place, enum cx_rows_mode mode,
                                      struct cx_rows **ret, struct cx_detail *detail);

/* The number of tests that failed. */
int conformance_run(conformance_open open);

#endif

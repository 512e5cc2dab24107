/* Rows of certificate lists, with all that is understood of their cells. */
#include "fuzz.h"
#include "issued_run.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    issued_run(&cx_issued_csv, (cx_span){ data, size });
    return 0;
}

/* Certificate lists as JSON, an array or lines. */
#include "fuzz.h"
#include "issued_run.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    issued_run(&cx_issued_json, (cx_span){ data, size });
    issued_run(&cx_issued_ndjson, (cx_span){ data, size });
    return 0;
}

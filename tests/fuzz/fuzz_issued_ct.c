/* Entries of logs, as get-entries gives them or in data tiles, compressed or not. */
#include "base/buf.h"
#include "fuzz.h"
#include "incident/gunzip.h"
#include "issued_run.h"

#define INFLATED_MAX (1u << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_buf buf;

    cx_buf_init(&buf, INFLATED_MAX);
    if (cx_ok(cx_gunzip((cx_span){ data, size }, &buf, NULL))) {
        MUST(buf.n <= INFLATED_MAX);
        issued_run(&cx_issued_ct_tile, cx_span_of_str(cx_buf_str(&buf)));
    } else {
        issued_run(&cx_issued_ct_tile, (cx_span){ data, size });
        issued_run(&cx_issued_ct_entries, (cx_span){ data, size });
    }
    cx_buf_done(&buf);
    return 0;
}

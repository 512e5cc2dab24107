/* The text of a checkpoint: what is read is written back octet by octet. */
#include "evidence/note.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct cx_checkpoint checkpoint;
    struct cx_buf buf;

    if (!cx_ok(cx_checkpoint_parse(cx_str_of_span(octets), &checkpoint, NULL))) {
        return 0;
    }
    MUST(checkpoint.size <= INT64_MAX && checkpoint.origin.n != 0);
    cx_buf_init(&buf, 1000);
    cx_checkpoint_write(&checkpoint, &buf);
    MUST(cx_buf_ok(&buf) && cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets));
    cx_buf_done(&buf);
    return 0;
}

/* A bundle of entries: what is read to its end is written back octet by octet. */
#include "evidence/tile.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size }, entry;
    struct cx_buf buf;
    bool more = true;
    size_t at = 0;

    cx_buf_init(&buf, size + 1);
    while (more) {
        size_t before = at;

        if (!cx_ok(cx_bundle_next(octets, &at, &entry, &more))) {
            MUST(at == before && at < size);
            break;
        }
        if (more) {
            MUST(at > before && at <= size);
            cx_bundle_put(&buf, entry);
        }
    }
    MUST(cx_buf_ok(&buf));
    MUST(cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), (cx_span){ data, at }));
    MUST(more || at == size);
    cx_buf_done(&buf);
    return 0;
}

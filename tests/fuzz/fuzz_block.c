/* A block of entries: what is read of it is written again octet by octet. */
#include "fuzz.h"
#include "store/sqlite_block.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cx_block_reader reader = cx_block_reader_of(7, (cx_span){ data, size });
    struct cx_sqlite_block block;
    struct cx_row row = { 0 };
    bool more = true;
    uint64_t n = 0;
    cx_status s;

    cx_sqlite_block_init(&block);
    while (cx_ok(s = cx_block_next(&reader, &row, &more)) && more) {
        MUST(row.key == 7 + n++);
        MUST(cx_ok(cx_sqlite_block_add(&block, &row)));
    }
    MUST(!cx_ok(s) || (block.n == n && block.octets.n == size));
    MUST(block.octets.n <= size &&
         (block.octets.n == 0 || memcmp(block.octets.p, data, block.octets.n) == 0));
    cx_sqlite_block_done(&block);
    return 0;
}

/* Which hashes a segment certainly does not have: a Bloom filter in blocks of one cache line's half, two octets of
 * memory a hash; about one in a thousand others is taken for one that is there. */
#ifndef CX_STORE_FILTER_H
#define CX_STORE_FILTER_H

#include "base/status.h"

#include <stdint.h>

struct cx_filter {
    uint32_t (*blocks)[8]; /* NULL: everything may be there */
    uint64_t n_blocks;
};

/* For n hashes. Classes: NOMEM. */
cx_status cx_filter_init(struct cx_filter *filter, size_t n) CX_MUST;
void cx_filter_done(struct cx_filter *filter);
void cx_filter_add(struct cx_filter *filter, uint64_t hash);
bool cx_filter_may_have(const struct cx_filter *filter, uint64_t hash);

#endif

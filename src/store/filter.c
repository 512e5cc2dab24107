#include "store/filter.h"

#include "base/alloc.h"

#define HASHES_PER_BLOCK 16 /* 256 bits: 16 a hash */

/* Odd and otherwise arbitrary, one for each word of a block: the top five bits of the product choose the word's bit. */
static const uint32_t multipliers[8] = { 0x2f3ee089u, 0xbe814f13u, 0x917f255bu, 0xbb942407u,
                                         0xf6a36519u, 0x69ada14du, 0x63921a5du, 0x3f0072f7u };

cx_status
cx_filter_init(struct cx_filter *filter, size_t n)
{
    size_t n_blocks = n / HASHES_PER_BLOCK + 1;
    uint32_t(*blocks)[8] = cx_alloc(n_blocks, sizeof(*blocks));

    if (blocks == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *filter = (struct cx_filter){ blocks, n_blocks };
    return CX_SUCCESS;
}

void
cx_filter_done(struct cx_filter *filter)
{
    cx_free(filter->blocks);
    *filter = (struct cx_filter){ 0 };
}

/* The upper half chooses the block, the lower half the bits in it. */
static uint32_t *
block_of(const struct cx_filter *filter, uint64_t hash)
{
    return filter->blocks[(hash >> 32) * filter->n_blocks >> 32];
}

void
cx_filter_add(struct cx_filter *filter, uint64_t hash)
{
    uint32_t *block = block_of(filter, hash);

    for (unsigned i = 0; i < 8; i++) {
        block[i] |= (uint32_t)1 << ((uint32_t)hash * multipliers[i] >> 27);
    }
}

bool
cx_filter_may_have(const struct cx_filter *filter, uint64_t hash)
{
    const uint32_t *block;
    uint32_t missing = 0;

    if (filter->blocks == NULL) {
        return true;
    }
    block = block_of(filter, hash);
    for (unsigned i = 0; i < 8; i++) {
        missing |= ~block[i] & (uint32_t)1 << ((uint32_t)hash * multipliers[i] >> 27);
    }
    return missing == 0;
}

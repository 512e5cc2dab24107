/* Answers of another source, kept for as long as DNS allows and shared by all checks; and one question under way serves
 * all who ask it.
 * I1: a failure is never kept; nor is an answer without TTL, or whose TTL has run out since its own time (R-TIME-3: the
 * clock is the exchange's, not the cache's).
 * I2: an answer is kept no longer than the least TTL of its answer section and of its emptiness (R-DNS-7), and the
 * ceiling; not at all once somebody has set the clock (R-TIME-7).
 * I3: memory is bounded: what was not asked for longest makes room. */
#ifndef CX_RESOLVE_CACHE_H
#define CX_RESOLVE_CACHE_H

#include "resolve/source.h"

/* 0 in a member: its default. */
struct cx_cache_options {
    size_t bytes;       /* CX_CACHE_BYTES; materials that answers share are not counted */
    uint32_t ceiling_s; /* CX_CACHE_CEILING_S */
};

struct cx_cache_stats {
    uint64_t hits;
    uint64_t joined; /* a question that was under way already */
    uint64_t misses;
    uint64_t stored;
    uint64_t expired;
    uint64_t evicted;
    size_t entries;
    size_t bytes;
};

/* On success inner is the cache's, and closed with it; its answers' proofs are materials (resolve/material.h). Classes:
 * NOMEM. */
cx_status cx_cache_open(const struct cx_cache_options *options, struct cx_source *inner,
                        struct cx_source *ret, struct cx_detail *detail) CX_MUST;
struct cx_cache_stats cx_cache_stats_of(const struct cx_source *cache);

#endif

/* What this process and its children have used so far, and what went over the network namespace. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdint.h>

struct usage {
    uint64_t ns;        /* monotonic clock */
    double cpu_s;       /* user and system, of the process and its living and dead children */
    uint64_t rss_kb;    /* the same, dead ones excepted */
    uint64_t datagrams; /* UDP, sent by whoever is in the namespace */
};

struct usage usage_now(void);

#endif

/* Keyed hash for tables whose filling the outside controls: without the key nobody can aim at one bucket. Not for
 * evidence. */
#ifndef CX_BASE_HASH_H
#define CX_BASE_HASH_H

#include "base/span.h"
#include "base/status.h"

/* A key that nobody knows. False if the system has no random octets. */
bool cx_hash_key(uint64_t *ret) CX_MUST;

static inline uint64_t
cx_hash(uint64_t key, cx_span octets)
{
    uint64_t h = key;

    for (size_t i = 0; i < octets.n; i++) {
        h = (h ^ octets.p[i]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h ^ (h >> 32);
}

#endif

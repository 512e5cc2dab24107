/* Keyed hash for tables whose filling the outside controls: without the key nobody can aim at one bucket. Not for
 * evidence.
 * I1: a value is the same on every machine and in every version: indexes of a store are sorted by it. */
#ifndef CX_BASE_HASH_H
#define CX_BASE_HASH_H

#include "base/span.h"
#include "base/status.h"

#include <endian.h>

/* A key that nobody knows. False if the system has no random octets. */
bool cx_hash_key(uint64_t *ret) CX_MUST;

static inline uint64_t
cx_hash(uint64_t key, cx_span octets)
{
    uint64_t h = key ^ octets.n;

    for (size_t at = 0; at < octets.n; at += sizeof(uint64_t)) {
        size_t left = octets.n - at;
        uint64_t word = 0;

        memcpy(&word, octets.p + at, left < sizeof(word) ? left : sizeof(word));
        h = (h ^ le64toh(word)) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ (h >> 32);
}

#endif

/* Octets of tests as hexadecimal text, and seeded random numbers. Helpers abort on their own mistakes. */
#ifndef CX_TESTS_UNIT_OCTETS_H
#define CX_TESTS_UNIT_OCTETS_H

#include "base/span.h"

#include <stdlib.h>

#define OCTETS_MAX 4096

struct octets {
    uint8_t p[OCTETS_MAX];
    size_t n;
};

/* Blanks between pairs of digits are for the eye. */
static inline struct octets
octets_of_hex(const char *hex)
{
    struct octets ret = { .n = 0 };

    for (; *hex != '\0'; hex += *hex == ' ' ? 1 : 2) {
        int high, low;

        if (*hex == ' ') {
            continue;
        }
        high = cx_ascii_hex((uint8_t)hex[0]);
        low = cx_ascii_hex((uint8_t)hex[1]);
        if (high < 0 || low < 0 || ret.n == OCTETS_MAX) {
            abort();
        }
        ret.p[ret.n++] = (uint8_t)(high * 16 + low);
    }
    return ret;
}

static inline cx_span
octets_span(const struct octets *octets)
{
    return (cx_span){ octets->p, octets->n };
}

/* SplitMix64: the same numbers on every machine. */
struct dice {
    uint64_t state;
};

static inline uint64_t
dice_bits(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 to n - 1. */
static inline size_t
dice_below(struct dice *dice, size_t n)
{
    return (size_t)(dice_bits(dice) % n);
}

static inline bool
dice_once_in(struct dice *dice, size_t n)
{
    return dice_below(dice, n) == 0;
}

#endif

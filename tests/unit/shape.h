/* Maps of records and objects member by member, in hexadecimal, so that a test can make any one of them wrong. Helpers abort
 * on their own mistakes. */
#ifndef CX_TESTS_UNIT_SHAPE_H
#define CX_TESTS_UNIT_SHAPE_H

#include "octets.h"

#include <stdio.h>

#define SHAPE_MEMBERS 23 /* so many that the head has one octet */
#define SHAPE_TEXT    6000

struct shape {
    struct {
        char key[24];
        char value[SHAPE_TEXT / 2];
    } v[SHAPE_MEMBERS];
    size_t n;
};

static inline int
shape_compare(const char *a, const char *b)
{
    struct octets x = octets_of_hex(a), y = octets_of_hex(b);
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

    return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

static inline void
shape_drop(struct shape *shape, const char *key)
{
    for (size_t i = 0; i < shape->n; i++) {
        if (shape_compare(shape->v[i].key, key) == 0) {
            shape->n--;
            memmove(&shape->v[i], &shape->v[i + 1], (shape->n - i) * sizeof(shape->v[0]));
            return;
        }
    }
}

/* Where it belongs, in the place of one with the same key. */
static inline void
shape_put(struct shape *shape, const char *key, const char *value)
{
    size_t at = 0;

    shape_drop(shape, key);
    while (at < shape->n && shape_compare(shape->v[at].key, key) < 0) {
        at++;
    }
    if (shape->n == SHAPE_MEMBERS || strlen(value) >= sizeof(shape->v[0].value)) {
        abort();
    }
    memmove(&shape->v[at + 1], &shape->v[at], (shape->n - at) * sizeof(shape->v[0]));
    shape->n++;
    (void)snprintf(shape->v[at].key, sizeof(shape->v[at].key), "%s", key);
    (void)snprintf(shape->v[at].value, sizeof(shape->v[at].value), "%s", value);
}

/* The map, in hexadecimal, after the text before. */
static inline void
shape_text(const struct shape *shape, const char *before, char ret[SHAPE_TEXT])
{
    int n = snprintf(ret, SHAPE_TEXT, "%s %02x", before, 0xa0u + (unsigned)shape->n);

    for (size_t i = 0; i < shape->n; i++) {
        n +=
            snprintf(ret + n, SHAPE_TEXT - (size_t)n, " %s %s", shape->v[i].key, shape->v[i].value);
        if (n >= SHAPE_TEXT) {
            abort();
        }
    }
}

#endif

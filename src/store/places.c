#include "store/places.h"

#include "base/alloc.h"

#include <stdlib.h>

#define NONE     UINT32_MAX
#define ROOM_MIN 16
#define FEW      32

struct row {
    uint64_t hash;
    uint32_t place;
    uint32_t next; /* in its chain; NONE: the end */
};

/* As many heads as there is room, a power of two. */
struct part {
    struct row *rows;
    uint32_t *heads;
    uint32_t n, room;
};

struct cx_places {
    struct part parts[CX_PIECES];
    size_t n;
};

struct cx_places *
cx_places_new(void)
{
    return cx_alloc(1, sizeof(struct cx_places));
}

void
cx_places_free(struct cx_places *places)
{
    if (places == NULL) {
        return;
    }
    for (size_t i = 0; i < CX_PIECES; i++) {
        cx_free(places->parts[i].rows);
        cx_free(places->parts[i].heads);
    }
    cx_free(places);
}

size_t
cx_places_count(const struct cx_places *places)
{
    return places->n;
}

static unsigned
part_of(uint64_t hash)
{
    return (unsigned)(hash >> 56);
}

static void
link_row(struct part *part, uint32_t i)
{
    uint32_t *head = &part->heads[part->rows[i].hash & (part->room - 1)];

    part->rows[i].next = *head;
    *head = i;
}

static cx_status
grow(struct part *part)
{
    uint32_t room = part->room == 0 ? ROOM_MIN : part->room * 2;
    struct row *rows;
    uint32_t *heads;

    if (part->room > UINT32_MAX / 4) {
        return (cx_status){ CX_E_LIMIT };
    }
    heads = cx_alloc(room, sizeof(*heads));
    if (heads == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    rows = cx_realloc(part->rows, room, sizeof(*rows));
    if (rows == NULL) {
        cx_free(heads);
        return (cx_status){ CX_E_NOMEM };
    }
    memset(heads, 0xff, room * sizeof(*heads)); /* NONE */
    cx_free(part->heads);
    part->rows = rows;
    part->heads = heads;
    part->room = room;
    for (uint32_t i = 0; i < part->n; i++) {
        link_row(part, i);
    }
    return CX_SUCCESS;
}

/* Places grow, so that those of one entry are together at the head of a chain. */
static bool
is_there(const struct part *part, uint64_t hash, uint32_t place)
{
    uint32_t i = part->room == 0 ? NONE : part->heads[hash & (part->room - 1)];

    while (i != NONE && part->rows[i].place == place && part->rows[i].hash != hash) {
        i = part->rows[i].next;
    }
    return i != NONE && part->rows[i].place == place && part->rows[i].hash == hash;
}

cx_status
cx_places_add(struct cx_places *places, uint64_t hash, uint32_t place)
{
    struct part *part = &places->parts[part_of(hash)];

    if (part->n == part->room) {
        CX_TRY(grow(part));
    }
    part->rows[part->n] = (struct row){ .hash = hash, .place = place };
    link_row(part, part->n);
    part->n++;
    places->n++;
    return CX_SUCCESS;
}

cx_status
cx_places_add_once(struct cx_places *places, uint64_t hash, uint32_t place)
{
    return is_there(&places->parts[part_of(hash)], hash, place)
               ? CX_SUCCESS
               : cx_places_add(places, hash, place);
}

void
cx_places_expect(const struct cx_places *places, uint64_t hash)
{
    const struct part *part = &places->parts[part_of(hash)];

    if (part->room != 0) {
        __builtin_prefetch(&part->heads[hash & (part->room - 1)], 1);
    }
}

cx_status
cx_places_find(const struct cx_places *places, uint64_t hash,
               cx_status (*each)(void *ctx, uint32_t place, bool *ret_stop), void *ctx,
               bool *ret_stop)
{
    const struct part *part = &places->parts[part_of(hash)];
    uint32_t i = part->room == 0 ? NONE : part->heads[hash & (part->room - 1)];

    for (; i != NONE && !*ret_stop; i = part->rows[i].next) {
        if (part->rows[i].hash == hash) {
            CX_TRY(each(ctx, part->rows[i].place, ret_stop));
        }
    }
    return CX_SUCCESS;
}

void
cx_places_filter(const struct cx_places *places, struct cx_filter *filter)
{
    for (size_t i = 0; i < CX_PIECES; i++) {
        for (uint32_t k = 0; k < places->parts[i].n; k++) {
            cx_filter_add(filter, places->parts[i].rows[k].hash);
        }
    }
}

static int
compare(const void *a, const void *b)
{
    const struct cx_place *left = a, *right = b;

    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    return (left->place > right->place) - (left->place < right->place);
}

/* Few, and nearly in order. */
static void
sort_few(struct cx_place *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct cx_place here = v[i];
        size_t at = i;

        for (; at != 0 && compare(&v[at - 1], &here) > 0; at--) {
            v[at] = v[at - 1];
        }
        v[at] = here;
    }
}

/* By the second octet of the hash first, which leaves some four to a bucket: a fifth of what qsort alone takes, beside a
 * commit that somebody waits for. */
static void
sort_part(const struct part *part, struct cx_place *to)
{
    uint32_t ends[CX_PIECES] = { 0 }, begin = 0;

    for (uint32_t i = 0; i < part->n; i++) {
        ends[part->rows[i].hash >> 48 & 0xff]++;
    }
    for (size_t i = 0; i < CX_PIECES; i++) { /* where each begins, for now */
        uint32_t n = ends[i];

        ends[i] = begin;
        begin += n;
    }
    for (uint32_t i = 0; i < part->n; i++) {
        to[ends[part->rows[i].hash >> 48 & 0xff]++] =
            (struct cx_place){ part->rows[i].hash, part->rows[i].place };
    }
    begin = 0;
    for (size_t i = 0; i < CX_PIECES; i++) {
        if (ends[i] - begin > FEW) {
            qsort(to + begin, ends[i] - begin, sizeof(*to), compare);
        } else {
            sort_few(to + begin, ends[i] - begin);
        }
        begin = ends[i];
    }
}

/* Sorted rows, written; returns how many there are. */
static size_t
write_places(const struct cx_place *sorted, size_t n, uint8_t *to)
{
    size_t written = 0;

    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare(&sorted[i - 1], &sorted[i]) != 0) {
            cx_place_write(&sorted[i], to + written++ * CX_PLACE_OCTETS);
        }
    }
    return written;
}

cx_status
cx_places_piece(const struct cx_places *places, unsigned number, struct cx_buf *buf)
{
    const struct part *part = &places->parts[number];
    struct cx_place *sorted = cx_alloc((size_t)part->n + 1, sizeof(*sorted));
    char *to = part->n == 0 ? NULL : cx_buf_reserve(buf, (size_t)part->n * CX_PLACE_OCTETS);

    if (sorted == NULL || (part->n != 0 && to == NULL)) {
        cx_free(sorted);
        return (cx_status){ CX_E_NOMEM };
    }
    sort_part(part, sorted);
    cx_buf_grown(buf, write_places(sorted, part->n, (uint8_t *)to) * CX_PLACE_OCTETS);
    cx_free(sorted);
    return CX_SUCCESS;
}

#include "incident/sightings.h"

#include "base/alloc.h"

#include <stdlib.h>

struct cx_sighting_group {
    size_t first;
    size_t n;
    size_t at;     /* those before it have both notes */
    uint64_t last; /* check */
};

void
cx_sightings_done(struct cx_sightings *s)
{
    cx_free(s->v);
    cx_free(s->groups);
    cx_free(s->table);
    *s = (struct cx_sightings){ .v = NULL };
}

cx_status
cx_sightings_add(struct cx_sightings *s, uint64_t key, cx_time signed_at, uint32_t certificate)
{
    if (s->n == UINT32_MAX - 1) { /* numbers of groups, and 1 */
        return (cx_status){ CX_E_LIMIT };
    }
    if (s->n == s->room) {
        size_t room = s->room != 0 ? 2 * s->room : 1024;
        struct cx_sighting *v = cx_realloc(s->v, room, sizeof(*v));

        if (v == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        s->v = v;
        s->room = room;
    }
    s->v[s->n++] =
        (struct cx_sighting){ .key = key, .signed_at = signed_at, .certificate = certificate };
    return CX_SUCCESS;
}

static int
compare_sightings(const void *a, const void *b)
{
    const struct cx_sighting *x = a, *y = b;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    if (x->signed_at != y->signed_at) {
        return x->signed_at < y->signed_at ? -1 : 1;
    }
    return (x->certificate > y->certificate) - (x->certificate < y->certificate);
}

static bool
begins_group(const struct cx_sightings *s, size_t i)
{
    return i == 0 || s->v[i].key != s->v[i - 1].key;
}

/* The slot of a key, or the empty one where it would be. */
static uint32_t *
slot_of(const struct cx_sightings *s, uint64_t key)
{
    size_t i = (size_t)key & s->mask;

    while (s->table[i] != 0 && s->v[s->groups[s->table[i] - 1].first].key != key) {
        i = (i + 1) & s->mask;
    }
    return &s->table[i];
}

static void
fill_groups(struct cx_sightings *s)
{
    size_t g = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (begins_group(s, i)) {
            s->groups[g] = (struct cx_sighting_group){ .first = i };
            *slot_of(s, s->v[i].key) = (uint32_t)++g;
        }
        s->groups[g - 1].n++;
    }
}

cx_status
cx_sightings_sort(struct cx_sightings *s)
{
    size_t slots = 16;

    if (s->n != 0) {
        qsort(s->v, s->n, sizeof(*s->v), compare_sightings);
    }
    for (size_t i = 0; i < s->n; i++) {
        s->n_groups += begins_group(s, i) ? 1 : 0;
    }
    while (slots < 2 * s->n_groups) {
        slots *= 2;
    }
    s->groups = cx_alloc(s->n_groups != 0 ? s->n_groups : 1, sizeof(*s->groups));
    s->table = cx_alloc(slots, sizeof(*s->table));
    if (s->groups == NULL || s->table == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s->mask = slots - 1;
    fill_groups(s);
    return CX_SUCCESS;
}

static struct cx_sighting_group *
group_of(const struct cx_sightings *s, uint64_t key)
{
    uint32_t number = *slot_of(s, key);

    return number == 0 ? NULL : &s->groups[number - 1];
}

struct cx_sighting *
cx_sightings_of(const struct cx_sightings *s, uint64_t key, size_t *ret_n)
{
    const struct cx_sighting_group *group = group_of(s, key);

    *ret_n = group == NULL ? 0 : group->n;
    return group == NULL ? NULL : &s->v[group->first];
}

void
cx_sightings_pass(struct cx_sightings *s, uint64_t key, cx_time logged, uint64_t place)
{
    struct cx_sighting_group *group = group_of(s, key);

    if (group == NULL) {
        return;
    }
    while (group->at < group->n && s->v[group->first + group->at].signed_at < logged) {
        struct cx_sighting *one = &s->v[group->first + group->at++];

        one->before = group->last;
        one->after = place;
    }
    group->last = place;
}

void
cx_sightings_end(struct cx_sightings *s)
{
    for (size_t g = 0; g < s->n_groups; g++) {
        struct cx_sighting_group *group = &s->groups[g];

        while (group->at < group->n) {
            s->v[group->first + group->at++].before = group->last;
        }
    }
}

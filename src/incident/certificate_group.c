#include "incident/certificate_group.h"

#include "base/hash.h"
#include "incident/certificate_row.h"

/* No row. */
#define NONE UINT32_MAX

/* By what rows are looked up. */
enum by {
    BY_BOTH, /* digests */
    BY_CERTIFICATE,
    BY_PRECERTIFICATE,
    BY_SERIAL,
};

/* A row stands in the table once for each of its keys: what it got from others it is not found by. */
struct slot {
    uint32_t row; /* NONE: empty */
    enum by by;
};

/* Of one issuer and serial: those that wait for their other half. All of them have the same half, or else two of them were joined. */
struct waiting {
    uint32_t head;
    uint32_t tail;
};

struct joining {
    struct cx_certificate_group *group;
    struct cx_arena *arena;
    uint64_t key;
    uint32_t *into;          /* the row that this one was joined into, or itself */
    struct slot *slots;      /* of the table */
    size_t mask;             /* slots are a power of two */
    struct waiting *waiting; /* by the first row of a serial */
    uint32_t *next;          /* of those that wait */
};

/* ---- the table: the first row of each key */

static bool
key_of(const struct cx_certificate *c, enum by by, uint64_t key, uint64_t *ret)
{
    switch (by) {
    case BY_BOTH:
        *ret = cx_hash(cx_hash(key, (cx_span){ c->certificate.b, CX_HASH_SIZE }),
                       (cx_span){ c->precertificate.b, CX_HASH_SIZE });
        return c->has_certificate && c->has_precertificate;
    case BY_CERTIFICATE:
        *ret = cx_hash(key + (uint64_t)by, (cx_span){ c->certificate.b, CX_HASH_SIZE });
        return c->has_certificate;
    case BY_PRECERTIFICATE:
        *ret = cx_hash(key + (uint64_t)by, (cx_span){ c->precertificate.b, CX_HASH_SIZE });
        return c->has_precertificate;
    case BY_SERIAL:
        *ret = cx_hash(cx_hash(key + (uint64_t)by, c->issued.serial),
                       (cx_span){ c->issued.issuer_key.b, CX_HASH_SIZE });
        return c->issued.serial.n != 0 && c->has_issuer;
    }
    return false;
}

static bool
same_certificate(const struct cx_certificate *a, const struct cx_certificate *b)
{
    return a->has_certificate && b->has_certificate &&
           cx_hash_equal(&a->certificate, &b->certificate);
}

static bool
same_precertificate(const struct cx_certificate *a, const struct cx_certificate *b)
{
    return a->has_precertificate && b->has_precertificate &&
           cx_hash_equal(&a->precertificate, &b->precertificate);
}

static bool
same_serial(const struct cx_certificate *a, const struct cx_certificate *b)
{
    return a->has_issuer && b->has_issuer && cx_span_equal(a->issued.serial, b->issued.serial) &&
           cx_hash_equal(&a->issued.issuer_key, &b->issued.issuer_key);
}

static bool
is_same(const struct cx_certificate *a, const struct cx_certificate *b, enum by by)
{
    switch (by) {
    case BY_BOTH:
        return same_certificate(a, b) && same_precertificate(a, b);
    case BY_CERTIFICATE:
        return same_certificate(a, b);
    case BY_PRECERTIFICATE:
        return same_precertificate(a, b);
    case BY_SERIAL:
        return same_serial(a, b);
    }
    return false;
}

/* The slot of the first row with the same as this one, which it becomes if there was none; NULL if it has no such key. */
static const struct slot *
find(struct joining *j, uint32_t row, enum by by)
{
    const struct cx_certificate *v = j->group->v;
    uint64_t hash;

    if (!key_of(&v[row], by, j->key, &hash)) {
        return NULL;
    }
    for (size_t at = hash & j->mask;; at = (at + 1) & j->mask) {
        struct slot *slot = &j->slots[at];

        if (slot->row == NONE) {
            *slot = (struct slot){ row, by };
        }
        j->group->compared++;
        if (slot->by == by && is_same(&v[slot->row], &v[row], by)) {
            return slot;
        }
    }
}

static void
clear(struct joining *j)
{
    for (size_t i = 0; i <= j->mask; i++) {
        j->slots[i].row = NONE;
    }
}

static uint32_t
now_in(struct joining *j, uint32_t row)
{
    while (j->into[row] != row) {
        j->into[row] = j->into[j->into[row]]; /* shorter for the next who asks */
        row = j->into[row];
    }
    return row;
}

static cx_status
join(struct joining *j, uint32_t a, uint32_t b)
{
    bool is_new = false;

    CX_TRY(cx_certificate_join(&j->group->v[a], &j->group->v[b], j->arena, &is_new));
    j->group->duplicates += is_new ? 0 : 1;
    j->into[b] = a;
    return CX_SUCCESS;
}

/* ---- first those that share a digest */

/* Lists may contradict each other about whose precertificate it is: then nothing is joined, as one digest would be lost. */
static bool
are_two(const struct cx_certificate *a, const struct cx_certificate *b)
{
    return (a->has_certificate && b->has_certificate && !same_certificate(a, b)) ||
           (a->has_precertificate && b->has_precertificate && !same_precertificate(a, b));
}

static cx_status
join_by(struct joining *j, uint32_t row, enum by by)
{
    const struct slot *slot = find(j, row, by);
    uint32_t a, b;

    if (slot == NULL) {
        return CX_SUCCESS;
    }
    a = now_in(j, slot->row);
    b = now_in(j, row);
    if (a == b || are_two(&j->group->v[a], &j->group->v[b])) {
        return CX_SUCCESS;
    }
    return join(j, a < b ? a : b, a < b ? b : a);
}

static cx_status
join_by_digest(struct joining *j, uint32_t row)
{
    CX_TRY(join_by(j, row, BY_BOTH));
    CX_TRY(join_by(j, row, BY_CERTIFICATE));
    return join_by(j, row, BY_PRECERTIFICATE);
}

/* ---- then halves of one issuer and serial */

/* Two certificates with one serial: a CA should not. */
static bool
fit(const struct cx_certificate *a, const struct cx_certificate *b)
{
    return !(a->has_certificate && b->has_certificate) &&
           !(a->has_precertificate && b->has_precertificate);
}

static void
wait_for_half(struct joining *j, struct waiting *waiting, uint32_t row)
{
    const struct cx_certificate *c = &j->group->v[row];

    if (c->has_certificate && c->has_precertificate) {
        return;
    }
    j->next[row] = NONE;
    if (waiting->head == NONE) {
        waiting->head = row;
    } else {
        j->next[waiting->tail] = row;
    }
    waiting->tail = row;
}

static cx_status
join_by_serial(struct joining *j, uint32_t row)
{
    struct cx_certificate *v = j->group->v;
    const struct slot *first = find(j, row, BY_SERIAL);
    struct waiting *waiting;
    uint32_t head;

    if (first == NULL) {
        return CX_SUCCESS;
    }
    waiting = &j->waiting[first->row];
    if (first->row == row) {
        *waiting = (struct waiting){ NONE, NONE };
    }
    head = waiting->head;
    if (first->row != row && !v[row].has_certificate && !v[row].has_precertificate) {
        return join(j, first->row, row); /* a row without digests is any of them */
    }
    j->group->compared++;
    if (head != NONE && fit(&v[head], &v[row])) {
        waiting->head = j->next[head];
        CX_TRY(join(j, head, row));
        wait_for_half(j, waiting, head);
        return CX_SUCCESS;
    }
    wait_for_half(j, waiting, row);
    return CX_SUCCESS;
}

/* ---- the whole */

static cx_status
join_all(struct joining *j)
{
    struct cx_certificate_group *group = j->group;
    size_t left = 0;

    clear(j);
    for (uint32_t i = 0; i < group->n; i++) {
        j->into[i] = i;
        CX_TRY(join_by_digest(j, i));
    }
    clear(j);
    for (uint32_t i = 0; i < group->n; i++) {
        if (j->into[i] == i) {
            CX_TRY(join_by_serial(j, i));
        }
    }
    for (uint32_t i = 0; i < group->n; i++) {
        if (j->into[i] == i) {
            group->v[left++] = group->v[i];
        }
    }
    group->n = left;
    return CX_SUCCESS;
}

cx_status
cx_certificate_group_join(struct cx_certificate_group *group, uint64_t key, struct cx_arena *arena)
{
    struct joining j = { .group = group, .arena = arena, .key = key };
    size_t slots = 8;

    if (group->n < 2) {
        return CX_SUCCESS;
    }
    while (slots < 6 * group->n) { /* three keys of each, and half of the table empty */
        slots *= 2;
    }
    j.mask = slots - 1;
    j.slots = cx_arena_get(arena, slots, sizeof(*j.slots));
    j.into = cx_arena_get(arena, group->n, sizeof(*j.into));
    j.next = cx_arena_get(arena, group->n, sizeof(*j.next));
    j.waiting = cx_arena_get(arena, group->n, sizeof(*j.waiting));
    return j.slots != NULL && j.into != NULL && j.next != NULL && j.waiting != NULL
               ? join_all(&j)
               : (cx_status){ CX_E_NOMEM };
}

#include "base/alloc.h"
#include "incident/reconcile_priv.h"

#include <stdlib.h>

#define NOBODY UINT32_MAX

static int
compare_places(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* By certificate in the order of signing; of one, the permit that ends first. */
static int
compare_uses(const void *a, const void *b)
{
    const struct cx_permit_use *x = a, *y = b;

    if (x->signed_at != y->signed_at) {
        return x->signed_at < y->signed_at ? -1 : 1;
    }
    if (x->certificate != y->certificate) {
        return x->certificate < y->certificate ? -1 : 1;
    }
    if (x->until != y->until) {
        return x->until < y->until ? -1 : 1;
    }
    return compare_places(&x->place, &y->place);
}

struct permits {
    uint64_t *places; /* sorted; may have one more than once */
    uint32_t *users;  /* of the first of equal ones */
    size_t n;
};

static uint32_t *
user_of(const struct permits *permits, uint64_t place)
{
    size_t low = 0, high = permits->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (permits->places[middle] < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return &permits->users[low];
}

/* Uses [first, end) are those of one certificate. True if one of their permits was free, and is taken now. */
static bool
take_one(const struct permits *permits, const struct cx_permit_use *uses, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        uint32_t *user = user_of(permits, uses[i].place);

        if (*user == NOBODY) {
            *user = uses[i].certificate;
            return true;
        }
    }
    return false;
}

/* In the order of signing, each takes of the permits that are free the one that ends first: so as many as can be get one. */
static size_t
share(const struct permits *permits, struct cx_permit_use *uses, size_t n_uses, uint32_t *other)
{
    size_t n = 0, end;

    for (size_t first = 0; first < n_uses; first = end) {
        end = first + 1;
        while (end < n_uses && uses[end].certificate == uses[first].certificate) {
            end++;
        }
        if (!take_one(permits, uses, first, end)) {
            other[n] = *user_of(permits, uses[first].place);
            uses[n++] = uses[first];
        }
    }
    return n;
}

cx_status
cx_permits_share(struct cx_permit_use *uses, size_t n_uses, uint32_t **ret_other, size_t *ret_n)
{
    size_t room = n_uses != 0 ? n_uses : 1;
    struct permits permits = { cx_alloc(room, sizeof(*permits.places)),
                               cx_alloc(room, sizeof(*permits.users)), n_uses };
    uint32_t *other = cx_alloc(room, sizeof(*other));
    cx_status s = (cx_status){ CX_E_NOMEM };

    if (permits.places != NULL && permits.users != NULL && other != NULL) {
        for (size_t i = 0; i < n_uses; i++) {
            permits.places[i] = uses[i].place;
            permits.users[i] = NOBODY;
        }
        if (n_uses != 0) {
            qsort(permits.places, n_uses, sizeof(*permits.places), compare_places);
            qsort(uses, n_uses, sizeof(*uses), compare_uses);
        }
        *ret_n = share(&permits, uses, n_uses, other);
        *ret_other = CX_STEAL(other);
        s = CX_SUCCESS;
    }
    cx_free(permits.places);
    cx_free(permits.users);
    cx_free(other);
    return s;
}

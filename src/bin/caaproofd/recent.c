#include "bin/caaproofd/recent.h"

#include "base/alloc.h"

#include <search.h>
#include <string.h>
#include <sys/queue.h>

struct kept {
    cx_span key; /* behind the entry, or the one that is looked for */
    struct recent_fact fact;
    TAILQ_ENTRY(kept) next;
};

TAILQ_HEAD(entries, kept);

struct recent {
    void *tree;
    struct entries oldest_first;
    size_t n;
};

static int
compare(const void *a, const void *b)
{
    const struct kept *left = a, *right = b;

    if (left->key.n != right->key.n) {
        return left->key.n < right->key.n ? -1 : 1;
    }
    return left->key.n == 0 ? 0 : memcmp(left->key.p, right->key.p, left->key.n);
}

struct recent *
recent_new(void)
{
    struct recent *recent = cx_alloc(1, sizeof(*recent));

    if (recent != NULL) {
        TAILQ_INIT(&recent->oldest_first);
    }
    return recent;
}

static void
drop(struct recent *recent, struct kept *entry)
{
    (void)tdelete(entry, &recent->tree, compare);
    TAILQ_REMOVE(&recent->oldest_first, entry, next);
    recent->n--;
    cx_free(entry);
}

void
recent_free(struct recent *recent)
{
    if (recent != NULL) {
        recent_forget(recent, UINT64_MAX);
        cx_free(recent);
    }
}

static struct kept *
find(const struct recent *recent, cx_span key)
{
    struct kept wanted = { .key = key };
    struct kept *const *found = tfind(&wanted, &recent->tree, compare);

    return found != NULL ? *found : NULL;
}

static cx_status
add(struct recent *recent, cx_span key, const struct recent_fact *fact)
{
    struct kept *entry = cx_alloc(1, sizeof(*entry) + key.n);
    uint8_t *to = (uint8_t *)(entry + 1);

    if (entry == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (key.n != 0) {
        memcpy(to, key.p, key.n);
    }
    entry->key = (cx_span){ to, key.n };
    entry->fact = *fact;
    if (tsearch(entry, &recent->tree, compare) == NULL) {
        cx_free(entry);
        return (cx_status){ CX_E_NOMEM };
    }
    TAILQ_INSERT_TAIL(&recent->oldest_first, entry, next);
    recent->n++;
    return CX_SUCCESS;
}

cx_status
recent_put(struct recent *recent, cx_span key, const struct recent_fact *fact)
{
    struct kept *entry = find(recent, key);

    if (entry == NULL) {
        return add(recent, key, fact);
    }
    entry->fact = *fact;
    TAILQ_REMOVE(&recent->oldest_first, entry, next);
    TAILQ_INSERT_TAIL(&recent->oldest_first, entry, next);
    return CX_SUCCESS;
}

const struct recent_fact *
recent_find(const struct recent *recent, cx_span key)
{
    const struct kept *entry = find(recent, key);

    return entry != NULL ? &entry->fact : NULL;
}

void
recent_forget(struct recent *recent, uint64_t before_ms)
{
    struct kept *entry;

    while ((entry = TAILQ_FIRST(&recent->oldest_first)) != NULL &&
           entry->fact.time_ms < before_ms) {
        drop(recent, entry);
    }
}

size_t
recent_count(const struct recent *recent)
{
    return recent->n;
}

#include "resolve/cache.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "dns/message.h"
#include "resolve/shared_answer.h"

/* An answer that is kept: in a bucket, and in the list of all by when it was last asked for. */
struct entry {
    struct entry *next;
    struct entry *newer;
    struct entry *older;
    struct cx_shared_answer *shared;
    int64_t expires_us;  /* cx_clock_us */
    cx_time clock_began; /* wall clock less cx_clock_us, in seconds: another once it was set */
};

/* Who waits for a question under way. */
struct asker {
    struct asker *next;
    struct cx_arena *arena;
    cx_answered *answered;
    void *ctx;
};

/* A question under way. */
struct flight {
    struct flight *next;
    struct cache *cache;
    struct cx_arena arena; /* of the answer, until it is shared */
    struct cx_name name;
    uint16_t type;
    struct asker first;
    struct asker **last;
};

struct cache {
    struct cx_cache_options options;
    struct cx_source inner;
    uint64_t key;
    struct entry **entries;
    size_t n_buckets; /* of entries; a power of two */
    struct flight *flights[CX_CACHE_FLIGHTS];
    struct entry *newest;
    struct entry *oldest;
    struct cx_cache_stats stats;
};

/* ---- entries */

static uint64_t
hash_of(const struct cache *cache, cx_span name, uint16_t type)
{
    return cx_hash(cache->key ^ type, name);
}

static struct entry **
bucket_of(const struct cache *cache, cx_span name, uint16_t type)
{
    return &cache->entries[hash_of(cache, name, type) & (cache->n_buckets - 1)];
}

static void
unlink_age(struct cache *cache, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void
link_newest(struct cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static size_t
size_of(const struct entry *entry)
{
    return sizeof(*entry) + entry->shared->size;
}

static void
drop(struct cache *cache, struct entry *entry)
{
    const struct cx_answer *answer = &entry->shared->answer;
    struct entry **at = bucket_of(cache, answer->name, answer->type);

    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    unlink_age(cache, entry);
    cache->stats.bytes -= size_of(entry);
    cache->stats.entries--;
    cx_shared_answer_unref(entry->shared);
    cx_free(entry);
}

static struct entry *
find(const struct cache *cache, const struct cx_question *question)
{
    struct entry *entry = *bucket_of(cache, question->name, question->type);

    while (entry != NULL && (entry->shared->answer.type != question->type ||
                             !cx_span_equal(entry->shared->answer.name, question->name))) {
        entry = entry->next;
    }
    return entry;
}

/* As many buckets as entries; without memory for more, the lists get longer. */
static void
widen(struct cache *cache)
{
    size_t n = cache->n_buckets * 2;
    struct entry **old = cache->entries;
    struct entry **wider = cx_alloc(n, sizeof(struct entry *));

    if (wider == NULL) {
        return;
    }
    cache->entries = wider;
    cache->n_buckets = n;
    for (struct entry *entry = cache->newest; entry != NULL; entry = entry->older) {
        const struct cx_answer *answer = &entry->shared->answer;
        struct entry **bucket = bucket_of(cache, answer->name, answer->type);

        entry->next = *bucket;
        *bucket = entry;
    }
    cx_free(old);
}

/* R-DNS-7, and the aliases on the way: the least TTL of the answer section, and of the emptiness. */
static bool
least_ttl(const struct cx_answer *answer, uint32_t *ret)
{
    uint32_t ttl = answer->ttl;
    struct cx_message m;
    struct cx_rr rr;
    bool more;

    if (cx_outcome_is_failure(answer->outcome) || !answer->has_ttl ||
        !cx_ok(cx_message_open(answer->octets, &m)) || !cx_ok(cx_message_next(&m, &rr, &more))) {
        return false;
    }
    while (more && rr.section == CX_SECTION_ANSWER) {
        ttl = rr.ttl < ttl ? rr.ttl : ttl;
        if (!cx_ok(cx_message_next(&m, &rr, &more))) {
            return false;
        }
    }
    *ret = ttl;
    return true;
}

/* Keeps the answer if it may be kept. Without memory it is not. */
static void
store(struct cache *cache, struct cx_shared_answer *shared)
{
    const struct cx_answer *answer = &shared->answer;
    cx_time now = cx_time_now();
    int64_t now_us = cx_clock_us();
    struct entry **bucket;
    struct entry *entry;
    uint32_t ttl;

    if (!least_ttl(answer, &ttl) || answer->time == CX_TIME_NONE || answer->time > now) {
        return;
    }
    ttl = ttl < cache->options.ceiling_s ? ttl : cache->options.ceiling_s;
    if (now - answer->time >= (cx_time)ttl || shared->size > cache->options.bytes / 2) {
        return;
    }
    entry = cx_alloc(1, sizeof(*entry));
    if (entry == NULL) {
        return;
    }
    if (cache->stats.entries >= cache->n_buckets) {
        widen(cache);
    }
    bucket = bucket_of(cache, answer->name, answer->type);
    *entry = (struct entry){ .next = *bucket,
                             .shared = shared,
                             .expires_us = now_us + (answer->time + ttl - now) * 1000000,
                             .clock_began = now - now_us / 1000000 };
    shared->refs++;
    *bucket = entry;
    link_newest(cache, entry);
    cache->stats.stored++;
    cache->stats.entries++;
    cache->stats.bytes += size_of(entry);
    while (cache->stats.bytes > cache->options.bytes) {
        cache->stats.evicted++;
        drop(cache, cache->oldest);
    }
}

/* ---- questions under way */

static struct flight **
flight_bucket(struct cache *cache, cx_span name, uint16_t type)
{
    return &cache->flights[hash_of(cache, name, type) % CX_CACHE_FLIGHTS];
}

static struct flight *
find_flight(struct cache *cache, const struct cx_question *question)
{
    struct flight *flight = *flight_bucket(cache, question->name, question->type);

    while (flight != NULL && (flight->type != question->type ||
                              !cx_span_equal(cx_name_span(&flight->name), question->name))) {
        flight = flight->next;
    }
    return flight;
}

static void
unlink_flight(struct flight *flight)
{
    struct flight **at = flight_bucket(flight->cache, cx_name_span(&flight->name), flight->type);

    while (*at != flight) {
        at = &(*at)->next;
    }
    *at = flight->next;
}

static void
give(const struct asker *asker, struct cx_shared_answer *shared)
{
    bool held = shared != NULL && cx_ok(cx_shared_answer_hold(shared, asker->arena));

    asker->answered(asker->ctx, held ? &shared->answer : NULL);
}

/* Whoever is told may ask again at once: the flight is out of the way by then. */
static void
land(void *ctx, const struct cx_answer *answer)
{
    struct flight *flight = ctx;
    struct cx_shared_answer *shared = NULL;
    struct asker *asker = flight->first.next;

    unlink_flight(flight);
    if (answer != NULL && cx_ok(cx_shared_answer_new(answer, &shared))) {
        store(flight->cache, shared);
    }
    give(&flight->first, shared);
    while (asker != NULL) {
        struct asker *next = asker->next;

        give(asker, shared);
        cx_free(asker);
        asker = next;
    }
    cx_shared_answer_unref(shared);
    cx_arena_done(&flight->arena);
    cx_free(flight);
}

static void
join(struct flight *flight, const struct asker *asker)
{
    struct asker *another = cx_alloc(1, sizeof(*another));

    if (another == NULL) {
        asker->answered(asker->ctx, NULL);
        return;
    }
    flight->cache->stats.joined++;
    *another = *asker;
    *flight->last = another;
    flight->last = &another->next;
}

static void
take_off(struct cache *cache, const struct cx_question *question, const struct asker *asker)
{
    struct flight *flight = question->name.n <= CX_NAME_MAX ? cx_alloc(1, sizeof(*flight)) : NULL;
    struct flight **bucket;

    if (flight == NULL) {
        asker->answered(asker->ctx, NULL);
        return;
    }
    cache->stats.misses++;
    flight->cache = cache;
    flight->type = question->type;
    flight->name = cx_name_of(question->name);
    flight->first = *asker;
    flight->last = &flight->first.next;
    cx_arena_init(&flight->arena, CX_CHECK_MEMORY);
    bucket = flight_bucket(cache, question->name, question->type);
    flight->next = *bucket;
    *bucket = flight;
    cx_source_ask(&cache->inner, question, &flight->arena, land, flight);
}

/* ---- the source */

/* R-TIME-7: a step of the clock of more than a second voids what was timed by it. */
static bool
is_good(const struct entry *entry)
{
    int64_t now_us = cx_clock_us();
    cx_time moved = cx_time_now() - now_us / 1000000 - entry->clock_began;

    return entry->expires_us > now_us && moved >= -1 && moved <= 1;
}

static void
cache_ask(void *self, const struct cx_question *question, struct cx_arena *arena,
          cx_answered *answered, void *ctx)
{
    struct asker asker = { NULL, arena, answered, ctx };
    struct cache *cache = self;
    struct entry *entry = find(cache, question);
    struct flight *flight;

    if (entry != NULL && is_good(entry)) {
        cache->stats.hits++;
        unlink_age(cache, entry);
        link_newest(cache, entry);
        give(&asker, entry->shared);
        return;
    }
    if (entry != NULL) {
        cache->stats.expired++;
        drop(cache, entry);
    }
    flight = find_flight(cache, question);
    if (flight != NULL) {
        join(flight, &asker);
    } else {
        take_off(cache, question, &asker);
    }
}

static cx_status
cache_wait(void *self)
{
    struct cache *cache = self;

    return cx_source_wait(&cache->inner);
}

/* Questions that are still under way are not answered: as of any source, they are their askers' to have ended. */
static void
free_flights(struct cache *cache)
{
    for (size_t i = 0; i < CX_CACHE_FLIGHTS; i++) {
        while (cache->flights[i] != NULL) {
            struct flight *flight = cache->flights[i];

            cache->flights[i] = flight->next;
            while (flight->first.next != NULL) {
                struct asker *asker = flight->first.next;

                flight->first.next = asker->next;
                cx_free(asker);
            }
            cx_arena_done(&flight->arena);
            cx_free(flight);
        }
    }
}

static void
cache_close(void *self)
{
    struct cache *cache = self;

    cx_source_close(&cache->inner);
    free_flights(cache);
    while (cache->oldest != NULL) {
        drop(cache, cache->oldest);
    }
    cx_free(cache->entries);
    cx_free(cache);
}

static const struct cx_source_ops cache_ops = { cache_ask, cache_wait, cache_close };

cx_status
cx_cache_open(const struct cx_cache_options *options, struct cx_source *inner,
              struct cx_source *ret, struct cx_detail *detail)
{
    struct cache *cache = cx_alloc(1, sizeof(*cache));

    if (cache == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    cache->options = *options;
    cache->options.bytes = options->bytes != 0 ? options->bytes : CX_CACHE_BYTES;
    cache->options.ceiling_s = options->ceiling_s != 0 ? options->ceiling_s : CX_CACHE_CEILING_S;
    cache->n_buckets = 1024;
    cache->entries = cx_alloc(cache->n_buckets, sizeof(struct entry *));
    if (cache->entries == NULL || !cx_hash_key(&cache->key)) {
        cx_free(cache->entries);
        cx_free(cache);
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    cache->inner = *inner;
    *inner = (struct cx_source){ .ops = NULL };
    *ret = (struct cx_source){ &cache_ops, cache, cache->inner.origin };
    return CX_SUCCESS;
}

struct cx_cache_stats
cx_cache_stats_of(const struct cx_source *cache)
{
    return ((const struct cache *)cache->self)->stats;
}

/* Facts of the last minutes, by a key: which permits are spent, which names were refused. What is older than a permit can live is
 * forgotten.
 * I1: a fact that is needed and could not be kept is an error, never a fact that is not there. */
#ifndef CAAPROOFD_RECENT_H
#define CAAPROOFD_RECENT_H

#include "base/span.h"
#include "base/status.h"

#include <stdint.h>

struct recent;

struct recent_fact {
    uint64_t time_ms;
    uint64_t shard;
    uint64_t index; /* where in the log it stands */
    unsigned kind;  /* the owner's */
};

/* NULL when out of memory. */
struct recent *recent_new(void);
void recent_free(struct recent *recent);
/* A later fact of the same key replaces the one before. Times do not go back. Classes: NOMEM. */
cx_status recent_put(struct recent *recent, cx_span key, const struct recent_fact *fact) CX_MUST;
/* NULL: none. */
const struct recent_fact *recent_find(const struct recent *recent, cx_span key);
/* Forgets what is older. */
void recent_forget(struct recent *recent, uint64_t before_ms);
size_t recent_count(const struct recent *recent);

#endif

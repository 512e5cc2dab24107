/* Where in the log the checks are that stand next to each certificate: the last one before it was signed and the first one
 * after, for each of its keys (a name, or the set of all names).
 * I1: the log passes once, in the order of time. A check costs a look into a table, and a certificate two notes, however many
 *     checks and certificates a name has. */
#ifndef CX_INCIDENT_SIGHTINGS_H
#define CX_INCIDENT_SIGHTINGS_H

#include "base/status.h"
#include "base/time.h"

#include <stdint.h>

struct cx_sighting {
    uint64_t key;
    cx_time signed_at;
    uint64_t before; /* place of a check; 0: none */
    uint64_t after;
    uint32_t certificate;
};

struct cx_sighting_group;

struct cx_sightings {
    struct cx_sighting *v;
    size_t n;
    size_t room;
    struct cx_sighting_group *groups; /* those of one key */
    size_t n_groups;
    uint32_t *table; /* by key: number of the group, and 1 */
    size_t mask;
};

/* A zeroed struct is empty. */
void cx_sightings_done(struct cx_sightings *sightings);
/* Classes: NOMEM, LIMIT. */
cx_status cx_sightings_add(struct cx_sightings *sightings, uint64_t key, cx_time signed_at,
                           uint32_t certificate) CX_MUST;
/* After the last one is added. Classes: NOMEM. */
cx_status cx_sightings_sort(struct cx_sightings *sightings) CX_MUST;
/* Those of a key, by signed_at; NULL if there are none. */
struct cx_sighting *cx_sightings_of(const struct cx_sightings *sightings, uint64_t key,
                                    size_t *ret_n);
/* A check of that key that was logged at that second. place is not 0. */
void cx_sightings_pass(struct cx_sightings *sightings, uint64_t key, cx_time logged,
                       uint64_t place);
/* The log has ended. */
void cx_sightings_end(struct cx_sightings *sightings);

#endif

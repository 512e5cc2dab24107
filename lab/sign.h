/* Keys, delegations and signatures of the lab's zones: ECDSA P-256, one key per zone, made anew
 * each time. */
#ifndef CX_LAB_SIGN_H
#define CX_LAB_SIGN_H

#include "zone.h"

#include <time.h>

/* Gives the zone a key, unless it is unsigned. */
bool lab_sign_make_key(struct lab_zone *zone);

/* Writes the child's NS, addresses and DS into its parent. */
bool lab_sign_delegate(struct lab_zone *parent, const struct lab_zone *child);

/* Fills zone->signatures as its mode says. Every delegation must be there. */
bool lab_sign_zone(struct lab_zone *zone, time_t now);

#endif

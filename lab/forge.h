/* Denials that lie, under signatures that are good: what a validator must see through. */
#ifndef CX_LAB_FORGE_H
#define CX_LAB_FORGE_H

#include "zone.h"

/* Changes the denials in zone->signatures as zone->forgeries says. The zone is signed, its key's validity set. False
 * after a message on stderr. */
bool lab_forge_zone(struct lab_zone *zone);

#endif

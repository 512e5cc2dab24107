/* What the lab's servers and clients read: zone files, server configuration, hints, anchor. */
#ifndef CX_LAB_PUBLISH_H
#define CX_LAB_PUBLISH_H

#include "zone.h"

/* Writes everything for the zones, whose first is the root, into the folder dir. */
bool lab_publish(const char *dir, struct lab_zone *const *zones, size_t zones_len);

#endif

/* A zone of the lab: what its text file says, and what signing adds.
 * Z1: `records` holds every record that is signed and served.
 * Z2: `unsigned_records` is served, but hidden from signing (insecure children of an opt-out zone).
 * Z3: CAA records keep their RDATA as one opaque field. */
#ifndef CX_LAB_ZONE_H
#define CX_LAB_ZONE_H

#include <ldns/ldns.h>

#include <stdbool.h>
#include <stddef.h>

#define LAB_SERVERS_MAX      4
#define LAB_FORGERIES_MAX    8
#define LAB_FORGED_TYPES_MAX 4
#define LAB_ZONES_MAX        200
#define LAB_TTL              300
#define LAB_EMPTY_TTL        60

enum lab_mode {
    LAB_UNSET,
    LAB_UNSIGNED,
    LAB_SIGNED,
    LAB_EXPIRED,        /* signatures that ended days ago */
    LAB_FUTURE,         /* signatures that begin in days */
    LAB_MISSING,        /* DS in the parent and a DNSKEY, but no signature */
    LAB_WRONG_DS,       /* the DS is of another key */
    LAB_FOREIGN_DS,     /* the DS is of an algorithm that nobody implements: provably insecure */
    LAB_FOREIGN_DIGEST, /* the same of the digest in the DS */
};

enum lab_denial {
    LAB_NSEC,
    LAB_NSEC3,
    LAB_NSEC3_OPTOUT,
};

/* A denial that lies: with the zone's own key all the same. */
struct lab_forgery {
    ldns_rdf *owner;
    bool drop; /* there is none; else it says that the name has these types too */
    ldns_rr_type types[LAB_FORGED_TYPES_MAX];
    size_t types_len;
};

struct lab_zone {
    char *name; /* absolute, with the trailing dot */
    ldns_rdf *origin;
    enum lab_mode mode;
    enum lab_denial denial;
    bool has_standby; /* announces a second key, which signs nothing yet */
    char *servers[LAB_SERVERS_MAX];
    size_t servers_len;
    struct lab_forgery forgeries[LAB_FORGERIES_MAX];
    size_t forgeries_len;
    const char *host;   /* domain whose ns1, ns2, ... serve it, borrowed; NULL: its own */
    uint32_t ttl;       /* of what is made for it */
    uint32_t empty_ttl; /* of answers without records */
    ldns_rr_list *records;
    ldns_rr_list *unsigned_records;
    ldns_rr_list *signatures;
    ldns_key_list *keys;
    ldns_rr *dnskey;
    ldns_rr *standby; /* NULL: none */
};

/* A zone without servers and records: its mode is unset. NULL if name is none, or without memory. */
struct lab_zone *lab_zone_new(const char *name);
/* False: more than LAB_SERVERS_MAX, or out of memory. */
bool lab_zone_add_server(struct lab_zone *zone, const char *address);
/* A record as text, of this zone. False after a message on stderr. */
bool lab_zone_add(struct lab_zone *zone, const char *record);
/* SOA and NS; once, when the servers are known. */
bool lab_zone_add_apex(struct lab_zone *zone);

/* Reads a zone's text file, named <zone>.zone (root.zone is the root), into a new zone, and adds
 * SOA and NS of the apex. NULL after a message on stderr. */
struct lab_zone *lab_zone_read(const char *path);
void lab_zone_free(struct lab_zone *zone);

bool lab_zone_has_ds(const struct lab_zone *zone);

/* Appends the zone's NS to list and, if they are its own names, the addresses of its servers. */
bool lab_zone_add_servers(const struct lab_zone *zone, ldns_rr_list *list);

#endif

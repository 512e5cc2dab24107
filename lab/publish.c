#include "publish.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_MAX_LEN 4096

/* Servers are kept apart by level, because a server that has parent and child gives no referral.
 * The leaf instance also answers for the responder, which relays to its first address. */
enum instance {
    ROOT,
    TLD,
    SLD,
    LEAF,
    INSTANCES,
};

static const struct {
    const char *name;
    const char *prefix; /* of the addresses of its zones */
    const char *own;    /* address that it has in any case */
} instances[INSTANCES] = {
    [ROOT] = { "root", "127.0.0.2", NULL },
    [TLD] = { "tld", "127.0.0.", NULL },
    [SLD] = { "sld", "127.0.1.", NULL },
    [LEAF] = { "leaf", "", "127.0.3.1" },
};

static const char responder_prefix[] = "127.0.2.";
static const char private_prefix[] = "10."; /* nobody has these */

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static enum instance
instance_of(const char *address)
{
    for (int i = ROOT; i < LEAF; i++) {
        if (starts_with(address, instances[i].prefix)) {
            return (enum instance)i;
        }
    }
    return LEAF;
}

static bool
served_by(const struct lab_zone *zone, enum instance instance)
{
    for (size_t i = 0; i < zone->servers_len; i++) {
        if (instance_of(zone->servers[i]) == instance) {
            return true;
        }
    }
    return false;
}

__attribute__((format(printf, 2, 3))) static FILE *
create(const char *dir, const char *format, ...)
{
    char path[PATH_MAX_LEN];
    va_list args;
    int dir_len = snprintf(path, sizeof path, "%s/", dir);
    int name_len;
    FILE *file;

    if (dir_len < 0 || (size_t)dir_len >= sizeof path) {
        fprintf(stderr, "labgen: path too long\n");
        return NULL;
    }
    va_start(args, format);
    name_len = vsnprintf(path + dir_len, sizeof path - (size_t)dir_len, format, args);
    va_end(args);
    if (name_len < 0 || (size_t)name_len >= sizeof path - (size_t)dir_len) {
        fprintf(stderr, "labgen: path too long\n");
        return NULL;
    }
    file = fopen(path, "we");
    if (file == NULL) {
        fprintf(stderr, "labgen: %s: %s\n", path, strerror(errno));
    }
    return file;
}

static bool
finish(FILE *file)
{
    bool ok = !ferror(file);

    if (fclose(file) != 0 || !ok) {
        fprintf(stderr, "labgen: cannot write: %s\n", strerror(errno));
        return false;
    }
    return true;
}

/* CAA in the generic form, which no reader of zone files can reinterpret. */
static void
print_caa(FILE *file, const ldns_rr *rr)
{
    const ldns_rdf *rdata = ldns_rr_rdf(rr, 0);
    const uint8_t *octets = ldns_rdf_data(rdata);
    char *owner = ldns_rdf2str(ldns_rr_owner(rr));

    fprintf(file, "%s\t%u\tIN\tTYPE257\t\\# %zu ", owner, ldns_rr_ttl(rr), ldns_rdf_size(rdata));
    for (size_t i = 0; i < ldns_rdf_size(rdata); i++) {
        fprintf(file, "%02x", octets[i]);
    }
    fputc('\n', file);
    LDNS_FREE(owner);
}

static void
print_records(FILE *file, const ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CAA) {
            print_caa(file, rr);
        } else {
            ldns_rr_print(file, rr);
        }
    }
}

/* "." is no file name. */
static const char *
file_name(const struct lab_zone *zone)
{
    return strcmp(zone->name, ".") == 0 ? "root." : zone->name;
}

static bool
write_zone(const char *dir, const struct lab_zone *zone)
{
    FILE *file = create(dir, "%szone", file_name(zone));

    if (file == NULL) {
        return false;
    }
    print_records(file, zone->records);
    print_records(file, zone->unsigned_records);
    print_records(file, zone->signatures);
    return finish(file);
}

static bool
has_address(char addresses[][64], size_t len, const char *address)
{
    for (size_t i = 0; i < len; i++) {
        if (strcmp(addresses[i], address) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_of_instance(const char *address, enum instance instance)
{
    return instance_of(address) == instance && !starts_with(address, responder_prefix) &&
           !starts_with(address, private_prefix);
}

/* The addresses on which an instance listens, each once. */
static size_t
collect_addresses(enum instance instance, struct lab_zone *const *zones, size_t zones_len,
                  char addresses[LAB_ZONES_MAX][64])
{
    size_t len = 0;

    if (instances[instance].own != NULL) {
        snprintf(addresses[len++], 64, "%s", instances[instance].own);
    }
    for (size_t z = 0; z < zones_len; z++) {
        for (size_t i = 0; i < zones[z]->servers_len; i++) {
            const char *address = zones[z]->servers[i];

            if (is_of_instance(address, instance) && len < LAB_ZONES_MAX &&
                !has_address(addresses, len, address)) {
                snprintf(addresses[len++], 64, "%s", address);
            }
        }
    }
    return len;
}

/* nsd-NAME.zones: addresses and zones of one instance. ready.list: the address and the last zone
 * that it must answer before it counts as up. */
static bool
write_instance(const char *dir, enum instance instance, struct lab_zone *const *zones,
               size_t zones_len, FILE *ready)
{
    char addresses[LAB_ZONES_MAX][64];
    size_t addresses_len = collect_addresses(instance, zones, zones_len, addresses);
    const struct lab_zone *last = NULL;
    FILE *file = create(dir, "nsd-%s.zones", instances[instance].name);

    if (file == NULL) {
        return false;
    }
    fprintf(file, "server:\n");
    for (size_t i = 0; i < addresses_len; i++) {
        fprintf(file, "    ip-address: %s\n", addresses[i]);
    }
    for (size_t z = 0; z < zones_len; z++) {
        if (served_by(zones[z], instance)) {
            last = zones[z];
            fprintf(file, "zone:\n    name: \"%s\"\n    zonefile: \"%szone\"\n", last->name,
                    file_name(last));
        }
    }
    for (size_t i = 0; last != NULL && i < addresses_len; i++) {
        fprintf(ready, "%s %s\n", addresses[i], last->name);
    }
    return finish(file);
}

static bool
write_servers(const char *dir, struct lab_zone *const *zones, size_t zones_len)
{
    FILE *ready = create(dir, "ready.list");
    bool ok = ready != NULL;

    for (int i = ROOT; ok && i < INSTANCES; i++) {
        ok = write_instance(dir, (enum instance)i, zones, zones_len, ready);
    }
    return ready != NULL && finish(ready) && ok;
}

static bool
write_root(const char *dir, const struct lab_zone *root)
{
    ldns_rr_list *servers = ldns_rr_list_new();
    FILE *hints = create(dir, "root.hints");
    FILE *anchor = create(dir, "root.anchor");
    bool ok =
        servers != NULL && hints != NULL && anchor != NULL && lab_zone_add_servers(root, servers);

    if (ok) {
        print_records(hints, servers);
        ldns_rr_print(anchor, root->dnskey);
        if (root->standby != NULL) {
            ldns_rr_print(anchor, root->standby);
        }
    }
    ldns_rr_list_deep_free(servers);
    ok = hints != NULL && finish(hints) && ok;
    return anchor != NULL && finish(anchor) && ok;
}

bool
lab_publish(const char *dir, struct lab_zone *const *zones, size_t zones_len)
{
    bool ok = write_root(dir, zones[0]) && write_servers(dir, zones, zones_len);

    for (size_t z = 0; ok && z < zones_len; z++) {
        ok = write_zone(dir, zones[z]);
    }
    return ok;
}

#include "zone.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands for CAA while ldns parses generic RDATA, so that it keeps the octets as they are. */
#define OPAQUE_TYPE 65257

#define GENERATE_MAX 5000

struct source {
    struct lab_zone *zone;
    const char *path;
    unsigned line;
    ldns_rdf *origin;
    ldns_rdf *previous;
    uint32_t ttl;
};

__attribute__((format(printf, 2, 3))) static bool
complain(const struct source *src, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "labgen: %s:%u: ", src->path, src->line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Makes the RDATA of a CAA record one opaque field. */
static bool
make_opaque(ldns_rr *rr)
{
    ldns_buffer *wire = ldns_buffer_new(LDNS_MAX_PACKETLEN);
    bool ok = wire != NULL;

    for (size_t i = 0; ok && i < ldns_rr_rd_count(rr); i++) {
        ok = ldns_rdf2buffer_wire(wire, ldns_rr_rdf(rr, i)) == LDNS_STATUS_OK;
    }
    if (ok) {
        while (ldns_rr_rd_count(rr) > 0) {
            ldns_rdf_deep_free(ldns_rr_pop_rdf(rr));
        }
        ldns_rr_set_type(rr, LDNS_RR_TYPE_CAA);
        ok = ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN,
                                                        ldns_buffer_position(wire),
                                                        ldns_buffer_begin(wire)));
    }
    ldns_buffer_free(wire);
    return ok;
}

static bool
keep_record(struct source *src, ldns_rr *rr)
{
    unsigned type = (unsigned)ldns_rr_get_type(rr);
    const ldns_rdf *owner = ldns_rr_owner(rr);
    bool at_apex = ldns_dname_compare(owner, src->zone->origin) == 0;

    if (!at_apex && !ldns_dname_is_subdomain(owner, src->zone->origin)) {
        return complain(src, "record outside the zone");
    }
    if (at_apex && (type == LDNS_RR_TYPE_SOA || type == LDNS_RR_TYPE_NS)) {
        return complain(src, "SOA and NS of the apex are made by labgen");
    }
    if ((type == LDNS_RR_TYPE_CAA || type == OPAQUE_TYPE) && !make_opaque(rr)) {
        return complain(src, "cannot keep the RDATA");
    }
    return ldns_rr_list_push_rr(src->zone->records, rr);
}

/* One line of master-file text. */
static bool
read_record(struct source *src, const char *text)
{
    ldns_rr *rr = NULL;
    ldns_status status;
    FILE *stream =
        fmemopen((void *)(uintptr_t)text, strlen(text), "r"); /* opened for reading only */

    if (stream == NULL) {
        return complain(src, "%s", strerror(errno));
    }
    status = ldns_rr_new_frm_fp(&rr, stream, &src->ttl, &src->origin, &src->previous);
    fclose(stream);
    if (status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL ||
        status == LDNS_STATUS_SYNTAX_ORIGIN) {
        return true;
    }
    if (status != LDNS_STATUS_OK) {
        return complain(src, "%s", ldns_get_errorstr_by_id(status));
    }
    if (!keep_record(src, rr)) {
        ldns_rr_free(rr);
        return false;
    }
    return true;
}

/* "$GENERATE first-last text": one record for each number, which replaces every $ of text. */
static bool
read_generate(struct source *src, const char *line)
{
    unsigned first;
    unsigned last;
    int used = 0;

    if (sscanf(line, "$GENERATE %u-%u %n", &first, &last, &used) != 2 || used == 0 ||
        first > last || last - first >= GENERATE_MAX) {
        return complain(src, "$GENERATE needs first-last and a record");
    }
    for (unsigned n = first; n <= last; n++) {
        char *text = NULL;
        size_t text_len = 0;
        FILE *out = open_memstream(&text, &text_len);
        bool ok;

        if (out == NULL) {
            return complain(src, "%s", strerror(errno));
        }
        for (const char *p = line + used; *p != '\0'; p++) {
            if (*p == '$') {
                fprintf(out, "%u", n);
            } else {
                fputc(*p, out);
            }
        }
        ok = fclose(out) == 0 && read_record(src, text);
        free(text);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool
read_mode(struct source *src, char *words)
{
    static const struct {
        const char *word;
        enum lab_mode mode;
    } modes[] = {
        { "unsigned", LAB_UNSIGNED },     { "signed", LAB_SIGNED },
        { "expired", LAB_EXPIRED },       { "future", LAB_FUTURE },
        { "missing", LAB_MISSING },       { "wrong-ds", LAB_WRONG_DS },
        { "foreign-ds", LAB_FOREIGN_DS }, { "foreign-digest", LAB_FOREIGN_DIGEST },
    };
    char *rest = NULL;

    for (char *word = strtok_r(words, " \t\r\n", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r\n", &rest)) {
        bool known = true;

        if (strcmp(word, "nsec") == 0) {
            src->zone->denial = LAB_NSEC;
        } else if (strcmp(word, "nsec3") == 0) {
            src->zone->denial = LAB_NSEC3;
        } else if (strcmp(word, "optout") == 0) {
            src->zone->denial = LAB_NSEC3_OPTOUT;
        } else if (strcmp(word, "standby-key") == 0) {
            src->zone->has_standby = true;
        } else {
            known = false;
        }
        for (size_t i = 0; !known && i < sizeof modes / sizeof modes[0]; i++) {
            if (strcmp(word, modes[i].word) == 0) {
                src->zone->mode = modes[i].mode;
                known = true;
            }
        }
        if (!known) {
            return complain(src, "unknown word '%s'", word);
        }
    }
    return true;
}

static bool
read_servers(struct source *src, char *words)
{
    struct lab_zone *zone = src->zone;
    char *rest = NULL;

    for (char *word = strtok_r(words, " \t\r\n", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r\n", &rest)) {
        if (!lab_zone_add_server(zone, word)) {
            return complain(src, "more than %d servers, or out of memory", LAB_SERVERS_MAX);
        }
    }
    return true;
}

/* "drop" or "+TYPE". */
static bool
read_forged_type(struct source *src, struct lab_forgery *forgery, const char *word)
{
    ldns_rr_type type;

    if (strcmp(word, "drop") == 0) {
        forgery->drop = true;
        return true;
    }
    type = word[0] == '+' ? ldns_get_rr_type_by_name(word + 1) : 0;
    if (type == 0 || forgery->types_len == LAB_FORGED_TYPES_MAX) {
        return complain(src, "a forgery is 'drop' or up to %d '+TYPE', not '%s'",
                        LAB_FORGED_TYPES_MAX, word);
    }
    forgery->types[forgery->types_len++] = type;
    return true;
}

static ldns_rdf *
absolute_name(const struct lab_zone *zone, const char *name)
{
    ldns_rdf *owner;

    if (strcmp(name, "@") == 0) {
        return ldns_rdf_clone(zone->origin);
    }
    owner = ldns_dname_new_frm_str(name);
    if (owner != NULL && ldns_dname_cat(owner, zone->origin) != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(owner);
        return NULL;
    }
    return owner;
}

static bool
read_forgery(struct source *src, char *words)
{
    struct lab_zone *zone = src->zone;
    struct lab_forgery *forgery = &zone->forgeries[zone->forgeries_len];
    char *rest = NULL;
    char *word = strtok_r(words, " \t\r\n", &rest);
    bool ok = true;

    if (word == NULL || zone->forgeries_len == LAB_FORGERIES_MAX) {
        return complain(src, "up to %d forgeries, each with a name", LAB_FORGERIES_MAX);
    }
    forgery->owner = absolute_name(zone, word);
    if (forgery->owner == NULL) {
        return complain(src, "'%s' is no name", word);
    }
    zone->forgeries_len++;
    for (word = strtok_r(NULL, " \t\r\n", &rest); ok && word != NULL;
         word = strtok_r(NULL, " \t\r\n", &rest)) {
        ok = read_forged_type(src, forgery, word);
    }
    if (ok && forgery->drop == (forgery->types_len != 0)) {
        return complain(src, "a forgery is either 'drop' or '+TYPE'");
    }
    return ok;
}

/* A record line; generic CAA is given to ldns as a type that it does not know. */
static bool
read_record_line(struct source *src, const char *line)
{
    static const char type[] = "TYPE257";
    const char *at = strstr(line, type);
    char *text = NULL;
    bool ok;

    if (at == NULL) {
        return read_record(src, line);
    }
    if (asprintf(&text, "%.*sTYPE%d%s", (int)(at - line), line, OPAQUE_TYPE, at + sizeof type - 1) <
        0) {
        return complain(src, "out of memory");
    }
    ok = read_record(src, text);
    free(text);
    return ok;
}

static bool
read_line(struct source *src, char *line)
{
    static const char mode[] = "; lab:";
    static const char servers[] = "; served:";
    static const char forgery[] = "; forge:";

    if (starts_with(line, mode)) {
        return read_mode(src, line + sizeof mode - 1);
    }
    if (starts_with(line, servers)) {
        return read_servers(src, line + sizeof servers - 1);
    }
    if (starts_with(line, forgery)) {
        return read_forgery(src, line + sizeof forgery - 1);
    }
    if (starts_with(line, "$GENERATE ")) {
        return read_generate(src, line);
    }
    return read_record_line(src, line);
}

static bool
read_lines(struct source *src, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    bool ok = true;

    while (ok && getline(&line, &room, file) >= 0) {
        src->line++;
        ok = read_line(src, line);
    }
    free(line);
    if (ok && ferror(file)) {
        ok = complain(src, "%s", strerror(errno));
    }
    if (ok && (src->zone->mode == LAB_UNSET || src->zone->servers_len == 0)) {
        ok = complain(src, "needs a '; lab:' and a '; served:' line");
    }
    return ok;
}

static bool
push_text(const struct lab_zone *zone, ldns_rr_list *list, const char *text)
{
    ldns_rr *rr = NULL;

    if (ldns_rr_new_frm_str(&rr, text, zone->ttl, zone->origin, NULL) != LDNS_STATUS_OK ||
        (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CAA && !make_opaque(rr))) {
        fprintf(stderr, "labgen: %s: cannot make the record '%s'\n", zone->name, text);
        ldns_rr_free(rr);
        return false;
    }
    return ldns_rr_list_push_rr(list, rr);
}

bool
lab_zone_add(struct lab_zone *zone, const char *record)
{
    return push_text(zone, zone->records, record);
}

bool
lab_zone_add_server(struct lab_zone *zone, const char *address)
{
    if (zone->servers_len == LAB_SERVERS_MAX) {
        return false;
    }
    zone->servers[zone->servers_len] = strdup(address);
    if (zone->servers[zone->servers_len] == NULL) {
        return false;
    }
    zone->servers_len++;
    return true;
}

/* What follows "ns1.": the root's is empty. */
static const char *
host_of(const struct lab_zone *zone)
{
    if (zone->host != NULL) {
        return zone->host;
    }
    return strcmp(zone->name, ".") == 0 ? "" : zone->name;
}

bool
lab_zone_add_servers(const struct lab_zone *zone, ldns_rr_list *list)
{
    const char *host = host_of(zone);
    char text[1024];

    for (size_t i = 0; i < zone->servers_len; i++) {
        const char *type = strchr(zone->servers[i], ':') == NULL ? "A" : "AAAA";

        snprintf(text, sizeof text, "%s IN NS ns%zu.%s", zone->name, i + 1, host);
        if (!push_text(zone, list, text)) {
            return false;
        }
        snprintf(text, sizeof text, "ns%zu.%s IN %s %s", i + 1, host, type, zone->servers[i]);
        if (zone->host == NULL && !push_text(zone, list, text)) {
            return false;
        }
    }
    return true;
}

bool
lab_zone_add_apex(struct lab_zone *zone)
{
    const char *host = host_of(zone);
    char text[1024];

    snprintf(text, sizeof text, "%s IN SOA ns1.%s hostmaster.%s 1 3600 600 86400 %" PRIu32,
             zone->name, host, host, zone->empty_ttl);
    return lab_zone_add(zone, text) && lab_zone_add_servers(zone, zone->records);
}

/* "dir/example.com.zone" is example.com., "dir/root.zone" the root. */
static char *
name_of(const char *path)
{
    static const char suffix[] = ".zone";
    const char *base = strrchr(path, '/');
    size_t len;
    char *name = NULL;

    base = base == NULL ? path : base + 1;
    len = strlen(base);
    if (len < sizeof suffix || strcmp(base + len - (sizeof suffix - 1), suffix) != 0) {
        return NULL;
    }
    if (strcmp(base, "root.zone") == 0) {
        return strdup(".");
    }
    return asprintf(&name, "%.*s.", (int)(len - (sizeof suffix - 1)), base) < 0 ? NULL : name;
}

struct lab_zone *
lab_zone_new(const char *name)
{
    struct lab_zone *zone = calloc(1, sizeof *zone);

    if (zone == NULL) {
        return NULL;
    }
    zone->ttl = LAB_TTL;
    zone->empty_ttl = LAB_EMPTY_TTL;
    zone->name = strdup(name);
    zone->origin = zone->name == NULL ? NULL : ldns_dname_new_frm_str(zone->name);
    zone->records = ldns_rr_list_new();
    zone->unsigned_records = ldns_rr_list_new();
    zone->signatures = ldns_rr_list_new();
    zone->keys = ldns_key_list_new();
    if (zone->origin == NULL || zone->records == NULL || zone->unsigned_records == NULL ||
        zone->signatures == NULL || zone->keys == NULL) {
        lab_zone_free(zone);
        return NULL;
    }
    return zone;
}

struct lab_zone *
lab_zone_read(const char *path)
{
    char *name = name_of(path);
    struct lab_zone *zone = name == NULL ? NULL : lab_zone_new(name);
    struct source src = { .zone = zone, .path = path, .ttl = LAB_TTL };
    FILE *file = fopen(path, "re");
    bool ok = false;

    if (zone == NULL) {
        complain(&src, "not a zone's file name");
    } else if (file == NULL) {
        complain(&src, "%s", strerror(errno));
    } else {
        src.origin = ldns_rdf_clone(zone->origin);
        ok = src.origin != NULL && read_lines(&src, file) && lab_zone_add_apex(zone);
    }
    free(name);
    if (file != NULL) {
        fclose(file);
    }
    ldns_rdf_deep_free(src.origin);
    ldns_rdf_deep_free(src.previous);
    if (!ok) {
        lab_zone_free(zone);
        return NULL;
    }
    return zone;
}

void
lab_zone_free(struct lab_zone *zone)
{
    if (zone == NULL) {
        return;
    }
    free(zone->name);
    ldns_rdf_deep_free(zone->origin);
    for (size_t i = 0; i < zone->servers_len; i++) {
        free(zone->servers[i]);
    }
    for (size_t i = 0; i < zone->forgeries_len; i++) {
        ldns_rdf_deep_free(zone->forgeries[i].owner);
    }
    ldns_rr_list_deep_free(zone->records);
    ldns_rr_list_deep_free(zone->unsigned_records);
    ldns_rr_list_deep_free(zone->signatures);
    ldns_key_list_free(zone->keys);
    ldns_rr_free(zone->dnskey);
    ldns_rr_free(zone->standby);
    free(zone);
}

bool
lab_zone_has_ds(const struct lab_zone *zone)
{
    return zone->mode != LAB_UNSIGNED;
}

/* genzones: a miniature DNS of many zones for bench/live, and what a check of its names must say.
 *
 * Root (NSEC), com (NSEC3 with opt-out), org (NSEC3), net (NSEC); below them signed and unsigned zones, hosted by ten
 * providers of two name servers each, and silent zones, whose servers never answer.  One zone in ten has CAA records
 * at its apex: of those, one in five for another CA.  One name of three to five labels in each, 3.76 on average.
 *
 * The folder gets what lab/publish.h writes, and signed.list, unsigned.list, silent.list, a line each:
 *
 *   NAME VERDICT FOUND   verdict due for ca.example.net; where the records are, or "-"
 *
 * The same arguments give the same lists; keys are made anew. */
#include "../lab/publish.h"
#include "../lab/sign.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define TTL            86400 /* nothing runs out while it is measured */
#define TOPS           3
#define PROVIDERS      10
#define SILENT_HOSTS   20
#define ZONES_MAX      1000000
#define NAME_ROOM      128
#define RECORD_ROOM    512
#define LABELS_3_SHARE 45 /* per cent; with the next, 3.76 labels on average */
#define LABELS_4_SHARE 34

enum kind {
    SIGNED,
    UNSIGNED,
    SILENT,
    KINDS,
};

static const struct {
    const char *word;
    char letter; /* begins the names of its zones */
} kinds[KINDS] = {
    [SIGNED] = { "signed", 's' },
    [UNSIGNED] = { "unsigned", 'u' },
    [SILENT] = { "silent", 'x' },
};

struct gen {
    const char *dir;
    unsigned long counts[KINDS];
    uint64_t random;
    struct lab_zone **zones; /* root, tops, providers, then the rest */
    size_t n;
    size_t room;
    char providers[PROVIDERS][NAME_ROOM];
};

static struct lab_zone *const *
tops_of(const struct gen *g)
{
    return g->zones + 1;
}

static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned
below(struct gen *g, unsigned n)
{
    return (unsigned)(next_random(&g->random) % n);
}

static struct lab_zone *
new_zone(const char *name, enum lab_mode mode, enum lab_denial denial)
{
    struct lab_zone *zone = lab_zone_new(name);

    if (zone != NULL) {
        zone->mode = mode;
        zone->denial = denial;
        zone->ttl = TTL;
        zone->empty_ttl = TTL;
    }
    return zone;
}

/* Two servers, with the addresses prefix.first and the one after it. */
static bool
add_two_servers(struct lab_zone *zone, const char *prefix, unsigned first)
{
    char address[64];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(address, sizeof address, "%s.%u", prefix, first + i);
        if (!lab_zone_add_server(zone, address)) {
            return false;
        }
    }
    return true;
}

/* Takes the zone, which is freed with the others. */
static bool
keep(struct gen *g, struct lab_zone *zone)
{
    if (zone == NULL || g->n == g->room) {
        lab_zone_free(zone);
        return false;
    }
    g->zones[g->n++] = zone;
    return true;
}

/* ---- the upper levels */

static bool
make_tops(struct gen *g)
{
    static const struct {
        const char *name;
        enum lab_denial denial;
    } tops[TOPS] = { { "com.", LAB_NSEC3_OPTOUT }, { "org.", LAB_NSEC3 }, { "net.", LAB_NSEC } };
    struct lab_zone *root = new_zone(".", LAB_SIGNED, LAB_NSEC);

    if (!keep(g, root) || !lab_zone_add_server(root, "127.0.0.2") || !lab_zone_add_apex(root) ||
        !lab_sign_make_key(root)) {
        return false;
    }
    for (size_t i = 0; i < TOPS; i++) {
        struct lab_zone *top = new_zone(tops[i].name, LAB_SIGNED, tops[i].denial);

        if (!keep(g, top) || !add_two_servers(top, "127.0.0", 3) || !lab_zone_add_apex(top) ||
            !lab_sign_make_key(top) || !lab_sign_delegate(root, top)) {
            return false;
        }
    }
    return true;
}

/* Zone and delegation; its signatures come with all others. */
static bool
finish_zone(struct lab_zone *zone, struct lab_zone *parent)
{
    return lab_zone_add_apex(zone) && lab_sign_make_key(zone) && lab_sign_delegate(parent, zone);
}

static bool
make_providers(struct gen *g)
{
    for (unsigned i = 0; i < PROVIDERS; i++) {
        struct lab_zone *zone;

        snprintf(g->providers[i], sizeof g->providers[i], "provider%u.net.", i);
        zone = new_zone(g->providers[i], LAB_SIGNED, LAB_NSEC);
        if (!keep(g, zone) || !add_two_servers(zone, "127.0.1", 1 + 2 * i) ||
            !finish_zone(zone, tops_of(g)[TOPS - 1])) {
            return false;
        }
    }
    return true;
}

/* ---- zones with a name to check */

/* What stands before the zone's name. */
static const char *
pick_host(struct gen *g)
{
    static const char *const hosts[3][4] = {
        { "www", "mail", "api", "shop" },
        { "www.eu", "api.shop", "static.cdn", "login.app" },
        { "a.www.eu", "v2.api.shop", "img.static.cdn", "sso.login.app" },
    };
    unsigned share = below(g, 100);
    size_t labels = share < LABELS_3_SHARE ? 0 : share < LABELS_3_SHARE + LABELS_4_SHARE ? 1 : 2;

    return hosts[labels][below(g, COUNT(hosts[0]))];
}

/* The records of a hosted zone. *ret_issuer is who its CAA record names, NULL if it has none. */
static bool
fill_zone(struct gen *g, struct lab_zone *zone, const char *host, const char **ret_issuer)
{
    char text[RECORD_ROOM];
    bool has_caa = below(g, 10) == 0;
    const char *issuer = below(g, 5) == 0 ? "other.example" : "ca.example.net";

    *ret_issuer = has_caa ? issuer : NULL;
    snprintf(text, sizeof text, "%s IN A 192.0.2.1", zone->name);
    if (!lab_zone_add(zone, text)) {
        return false;
    }
    snprintf(text, sizeof text, "%s.%s IN A 192.0.2.1", host, zone->name);
    if (!lab_zone_add(zone, text)) {
        return false;
    }
    snprintf(text, sizeof text, "%s IN CAA 0 issue \"%s\"", zone->name, issuer);
    return !has_caa || lab_zone_add(zone, text);
}

static bool
make_hosted(struct gen *g, enum kind kind, const char *name, struct lab_zone *top, FILE *list)
{
    struct lab_zone *zone = new_zone(name, kind == SIGNED ? LAB_SIGNED : LAB_UNSIGNED, LAB_NSEC);
    unsigned provider = below(g, PROVIDERS);
    const char *host = pick_host(g);
    const char *issuer = NULL;

    if (!keep(g, zone)) {
        return false;
    }
    zone->host = g->providers[provider];
    if (!add_two_servers(zone, "127.0.1", 1 + 2 * provider) || !finish_zone(zone, top) ||
        !fill_zone(g, zone, host, &issuer)) {
        return false;
    }
    fprintf(list, "%s.%.*s %s ", host, (int)strlen(name) - 1, name,
            issuer != NULL && strcmp(issuer, "ca.example.net") != 0 ? "DENY" : "PERMIT");
    fprintf(list, "%.*s\n", issuer != NULL ? (int)strlen(name) - 1 : 1,
            issuer != NULL ? name : "-");
    return true;
}

/* Only a delegation: nobody serves it. Two in three are signed, as far as the parent knows. */
static bool
make_silent(unsigned long i, const char *name, struct lab_zone *top, FILE *list)
{
    struct lab_zone *zone = new_zone(name, i % 3 == 0 ? LAB_UNSIGNED : LAB_SIGNED, LAB_NSEC);
    char address[64];
    bool ok;

    snprintf(address, sizeof address, "127.0.2.%lu", 1 + i % SILENT_HOSTS);
    ok = zone != NULL && lab_zone_add_server(zone, address) && finish_zone(zone, top);
    lab_zone_free(zone);
    fprintf(list, "www.%.*s FAIL -\n", (int)strlen(name) - 1, name);
    return ok;
}

static bool
make_kind(struct gen *g, enum kind kind)
{
    char text[RECORD_ROOM];
    FILE *list;
    bool ok = true;

    snprintf(text, sizeof text, "%s/%s.list", g->dir, kinds[kind].word);
    list = fopen(text, "we");
    if (list == NULL) {
        fprintf(stderr, "genzones: %s: %s\n", text, strerror(errno));
        return false;
    }
    for (unsigned long i = 0; ok && i < g->counts[kind]; i++) {
        struct lab_zone *top = tops_of(g)[below(g, TOPS)];

        snprintf(text, sizeof text, "%c%06lu-shop.%s", kinds[kind].letter, i, top->name);
        ok = kind == SILENT ? make_silent(i, text, top, list)
                            : make_hosted(g, kind, text, top, list);
    }
    ok = !ferror(list) && ok;
    return fclose(list) == 0 && ok;
}

/* ---- all of it */

static bool
generate(struct gen *g)
{
    time_t now = time(NULL);
    bool ok;

    g->room = 1 + TOPS + PROVIDERS + g->counts[SIGNED] + g->counts[UNSIGNED];
    g->zones = calloc(g->room, sizeof g->zones[0]);
    ok = g->zones != NULL && make_tops(g) && make_providers(g);
    for (int kind = 0; ok && kind < KINDS; kind++) {
        ok = make_kind(g, (enum kind)kind);
    }
    for (size_t i = 0; ok && i < g->n; i++) {
        ok = lab_sign_zone(g->zones[i], now);
    }
    ok = ok && lab_publish(g->dir, g->zones, g->n);
    for (size_t i = 0; i < g->n; i++) {
        lab_zone_free(g->zones[i]);
    }
    free(g->zones);
    return ok;
}

static bool
read_count(const char *text, unsigned long *ret)
{
    char *end = NULL;

    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *ret <= ZONES_MAX;
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        { "signed", required_argument, NULL, SIGNED },
        { "unsigned", required_argument, NULL, UNSIGNED },
        { "silent", required_argument, NULL, SILENT },
        { NULL, 0, NULL, 0 },
    };
    struct gen g = { .counts = { 20000, 20000, 4000 }, .random = 20161122 };
    bool ok = true;
    int o;

    while (ok && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        ok = o >= 0 && o < KINDS && read_count(optarg, &g.counts[o]);
    }
    if (!ok || optind + 1 != argc) {
        fprintf(stderr, "usage: genzones [--signed N] [--unsigned N] [--silent N] OUTDIR\n");
        return EX_USAGE;
    }
    g.dir = argv[optind];
    if (!generate(&g)) {
        fprintf(stderr, "genzones: failed\n");
        return EX_SOFTWARE;
    }
    return EXIT_SUCCESS;
}

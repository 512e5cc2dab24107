/* genincident: certificates and an archive of CAA checks in the size of a real incident (2020: of N names, one was checked N
 * times), for measuring how fast they are read, joined and classified.
 *
 *   genincident [--scale N] [--seed N] OUTDIR      every Nth part of 3,048,289 certificates; the default is all of them
 *
 * OUTDIR/certificates.csv, in order of signing:
 *
 *   sha256,serial,issuer,not_before,not_after,signed,dns_names     names separated by blanks, 2.5 on average, at most 100
 *
 * OUTDIR/archive.csv, some 25 million lines in order of time:
 *
 *   time,name,outcome,ttl,records
 *
 *   time     RFC 3339 in UTC with milliseconds: when the question was sent
 *   name     checked, with "*." for a wildcard
 *   outcome  records, or nodata: the whole climb found none
 *   ttl      seconds, smallest of the set; empty without records
 *   records  as in a zone file, separated by "|"; empty without records
 *
 * A certificate's names were checked for the two orders before it, for its own order, and, if that was more than eight hours
 * before signing, once more: then the last name as often as there are names. So a certificate is proven if its own check
 * was young, or if it has one name. On standard output: the counts, and the classes due, as JSON.
 *
 * Nothing is kept: certificate i is a function of seed and i, and there is one reader of them for each distance between check
 * and signing. The same arguments give the same octets. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#define CERTIFICATES 3048289
#define NAMES_MAX    100
#define FIRST_MS     INT64_C(1575158400000) /* 2019-12-01T00:00:00Z */
#define SPAN_S       UINT64_C(7689600)      /* 89 days */
#define HOUR_MS      INT64_C(3600000)
#define DAY_MS       (24 * HOUR_MS)
#define ROOM         16384 /* a line: 100 names of at most 40 octets, and the rest */
#define FILE_ROOM    ((size_t)1 << 20)

/* Checks, by how long before signing they were made. */
enum distance {
    LAST_ORDER_BUT_ONE,
    LAST_ORDER,
    DAYS_25,
    DAYS_7,
    DAY_1,
    HOURS_9,
    HOUR_1,
    RECHECK,
    DISTANCES,
};

static const int64_t before_ms[DISTANCES] = {
    [LAST_ORDER_BUT_ONE] = 120 * DAY_MS,
    [LAST_ORDER] = 60 * DAY_MS,
    [DAYS_25] = 25 * DAY_MS,
    [DAYS_7] = 7 * DAY_MS,
    [DAY_1] = DAY_MS,
    [HOURS_9] = 9 * HOUR_MS,
    [HOUR_1] = HOUR_MS,
    [RECHECK] = 2000,
};

static const char *const sets[] = {
    "0 issue \"\"ca.example.net\"\"",
    "0 issue \"\"ca.example.net\"\"|0 iodef \"\"mailto:caa@example.org\"\"",
    "0 issue \"\"ca.example.net\"\"|0 issue \"\"other.example\"\"",
};
static const unsigned ttls[] = { 300, 600, 3600, 14400 };

struct certificate {
    unsigned long i;
    uint64_t random; /* of what else is to be known of it */
    int64_t signed_ms;
    unsigned n_names;
    enum distance own; /* of the check for its order */
    bool wildcard;     /* its first name */
    bool twice;        /* the order before the last is in the archive */
    bool lost;         /* nothing of it is */
    bool records;
    unsigned set, ttl;
};

struct gen {
    unsigned long count;
    uint64_t seed;
    FILE *certificates;
    FILE *archive;
    unsigned long names, answers, proven, tainted, none;
};

static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned
below(uint64_t *state, unsigned n)
{
    return (unsigned)(next_random(state) % n);
}

/* Geometric, 2.5 on average. */
static unsigned
how_many(uint64_t *state)
{
    unsigned n = 1;

    while (n < NAMES_MAX && below(state, 5) >= 2) {
        n++;
    }
    return n;
}

static struct certificate
certificate_at(const struct gen *g, unsigned long i)
{
    struct certificate c = { .i = i };
    uint64_t state = g->seed ^ (i + 1) * UINT64_C(0xd1342543de82ef95);

    c.signed_ms = FIRST_MS + (int64_t)(SPAN_S * i / g->count) * 1000;
    c.n_names = how_many(&state);
    c.own = DAYS_25 + below(&state, HOUR_1 - DAYS_25 + 1);
    c.wildcard = below(&state, 20) == 0;
    c.twice = below(&state, 100) < 51;
    c.lost = below(&state, 100) == 0;
    c.records = below(&state, 10) < 7;
    c.set = below(&state, sizeof(sets) / sizeof(sets[0]));
    c.ttl = ttls[below(&state, sizeof(ttls) / sizeof(ttls[0]))];
    c.random = state;
    return c;
}

/* ---- text */

static char *
put_text(char *at, const char *text)
{
    size_t n = strlen(text);

    memcpy(at, text, n);
    return at + n;
}

static char *
put_number(char *at, unsigned long n, unsigned digits)
{
    char room[24];
    char *begin = room + sizeof(room);

    do {
        *--begin = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0 || begin > room + sizeof(room) - digits);
    memcpy(at, begin, (size_t)(room + sizeof(room) - begin));
    return at + (room + sizeof(room) - begin);
}

static char *
put_hex(char *at, uint64_t *state, unsigned words)
{
    for (unsigned w = 0; w < words; w++) {
        uint64_t bits = next_random(state);

        for (unsigned i = 0; i < 16; i++) {
            *at++ = "0123456789abcdef"[bits >> 60];
            bits <<= 4;
        }
    }
    return at;
}

/* Days since 1970 as a date, from 2000 to 2099, where every fourth year has a leap day. */
static char *
put_date(char *at, int64_t day)
{
    static const unsigned before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    unsigned since = (unsigned)(day - 10957); /* 2000-01-01 */
    unsigned of_four = since % 1461;
    unsigned year = of_four < 366 ? 0 : (of_four - 1) / 365;
    unsigned of_year = year == 0 ? of_four : of_four - 1 - 365 * year;
    unsigned month = 11;

    while (of_year < before[month] + (year == 0 && month > 1 ? 1u : 0u)) {
        month--;
    }
    at = put_number(at, 2000 + since / 1461 * 4 + year, 4);
    *at++ = '-';
    at = put_number(at, month + 1, 2);
    *at++ = '-';
    return put_number(at, of_year - before[month] - (year == 0 && month > 1 ? 1u : 0u) + 1, 2);
}

static char *
put_time(char *at, int64_t ms, bool with_ms)
{
    int64_t of_day = ms % DAY_MS;

    at = put_date(at, ms / DAY_MS);
    *at++ = 'T';
    at = put_number(at, (unsigned long)(of_day / HOUR_MS), 2);
    *at++ = ':';
    at = put_number(at, (unsigned long)(of_day / 60000 % 60), 2);
    *at++ = ':';
    at = put_number(at, (unsigned long)(of_day / 1000 % 60), 2);
    if (with_ms) {
        *at++ = '.';
        at = put_number(at, (unsigned long)(of_day % 1000), 3);
    }
    *at++ = 'Z';
    return at;
}

static char *
put_name(char *at, const struct certificate *c, unsigned which)
{
    if (which == 0 && c->wildcard) {
        at = put_text(at, "*.");
    }
    if (which != 0) {
        at = put_text(at, which == 1 ? "www" : "host");
        at = which == 1 ? at : put_number(at, which, 1);
        *at++ = '.';
    }
    at = put_text(at, "site");
    at = put_number(at, c->i, 1);
    return put_text(at, ".test");
}

/* ---- certificates */

static bool
write_certificate(struct gen *g, const struct certificate *c)
{
    char line[ROOM];
    uint64_t state = c->random;
    int64_t not_before = c->signed_ms - HOUR_MS;
    char *at = put_hex(line, &state, 4);

    at = put_text(at, ",03"); /* no serial begins with a zero octet */
    at = put_hex(at, &state, 2);
    at = put_text(at, ",CN=Example TLS CA 1,");
    at = put_time(at, not_before, false);
    *at++ = ',';
    at = put_time(at, not_before + 90 * DAY_MS - 1000, false);
    *at++ = ',';
    at = put_time(at, c->signed_ms, false);
    *at++ = ',';
    for (unsigned n = 0; n < c->n_names; n++) {
        at = put_text(at, n == 0 ? "" : " ");
        at = put_name(at, c, n);
    }
    *at++ = '\n';
    g->names += c->n_names;
    return fwrite(line, 1, (size_t)(at - line), g->certificates) == (size_t)(at - line);
}

static void
count_class(struct gen *g, const struct certificate *c)
{
    if (c->lost) {
        g->none++;
    } else if (c->own == HOUR_1 || c->n_names == 1) {
        g->proven++;
    } else {
        g->tainted++;
    }
}

static bool
write_certificates(struct gen *g)
{
    bool ok =
        fputs("sha256,serial,issuer,not_before,not_after,signed,dns_names\n", g->certificates) >= 0;

    for (unsigned long i = 0; ok && i < g->count; i++) {
        struct certificate c = certificate_at(g, i);

        count_class(g, &c);
        ok = write_certificate(g, &c);
    }
    return ok;
}

/* ---- archive */

static bool
has_check(const struct certificate *c, enum distance d)
{
    switch (d) {
    case LAST_ORDER_BUT_ONE:
        return !c->lost && c->twice;
    case LAST_ORDER:
        return !c->lost;
    case RECHECK:
        return !c->lost && c->own != HOUR_1;
    case DAYS_25:
    case DAYS_7:
    case DAY_1:
    case HOURS_9:
    case HOUR_1:
        return !c->lost && c->own == d;
    case DISTANCES:
        break;
    }
    return false;
}

static bool
write_answer(struct gen *g, const struct certificate *c, int64_t ms, unsigned which)
{
    char line[ROOM];
    char *at = put_time(line, ms, true);

    *at++ = ',';
    at = put_name(at, c, which);
    if (c->records) {
        at = put_text(at, ",records,");
        at = put_number(at, c->ttl, 1);
        at = put_text(at, ",\"");
        at = put_text(at, sets[c->set]);
        at = put_text(at, "\"\n");
    } else {
        at = put_text(at, ",nodata,,\n");
    }
    g->answers++;
    return fwrite(line, 1, (size_t)(at - line), g->archive) == (size_t)(at - line);
}

/* All names, a millisecond apart; at the recheck the last one each time. */
static bool
write_check(struct gen *g, const struct certificate *c, enum distance d)
{
    int64_t ms = c->signed_ms - before_ms[d];
    bool ok = true;

    for (unsigned n = 0; ok && n < c->n_names; n++) {
        ok = write_answer(g, c, ms + n, d == RECHECK ? c->n_names - 1 : n);
    }
    return ok;
}

/* A reader of the certificates for each distance; the earliest check comes next. Checks begin at whole seconds and take less, so
 * lines of different certificates are in order but for those of the same second. */
static bool
write_archive(struct gen *g)
{
    struct certificate next[DISTANCES];
    bool ok = fputs("time,name,outcome,ttl,records\n", g->archive) >= 0;

    for (int d = 0; d < DISTANCES; d++) {
        next[d] = certificate_at(g, 0);
    }
    while (ok) {
        int first = -1;
        int64_t earliest = INT64_MAX;

        for (int d = 0; d < DISTANCES; d++) {
            if (next[d].i < g->count && next[d].signed_ms - before_ms[d] < earliest) {
                earliest = next[d].signed_ms - before_ms[d];
                first = d;
            }
        }
        if (first < 0) {
            break;
        }
        ok = !has_check(&next[first], (enum distance)first) ||
             write_check(g, &next[first], (enum distance)first);
        next[first] = certificate_at(g, next[first].i + 1);
    }
    return ok;
}

/* ---- the rest */

static FILE *
create(const char *dir, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = n > 0 && (size_t)n < sizeof(path) ? fopen(path, "we") : NULL;

    if (file == NULL) {
        fprintf(stderr, "genincident: %s/%s: %s\n", dir, name, strerror(errno));
    } else {
        (void)setvbuf(file, NULL, _IOFBF, FILE_ROOM);
    }
    return file;
}

static bool
finish(FILE *file)
{
    return file == NULL || fclose(file) == 0;
}

static bool
generate(struct gen *g, const char *dir)
{
    bool ok = mkdir(dir, 0777) == 0 || errno == EEXIST;
    bool closed;

    g->certificates = create(dir, "certificates.csv");
    g->archive = create(dir, "archive.csv");
    ok = ok && g->certificates != NULL && g->archive != NULL && write_certificates(g) &&
         write_archive(g);
    closed = finish(g->certificates);
    closed = finish(g->archive) && closed;
    return ok && closed;
}

static bool
read_number(const char *text, unsigned long *ret)
{
    char *end = NULL;

    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        { "scale", required_argument, NULL, 's' },
        { "seed", required_argument, NULL, 'r' },
        { NULL, 0, NULL, 0 },
    };
    unsigned long scale = 1, seed = 20200229;
    struct gen g = { .count = 0 };
    bool ok = true;
    int o;

    while (ok && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        ok = (o == 's' && read_number(optarg, &scale) && scale >= 1 && scale <= CERTIFICATES) ||
             (o == 'r' && read_number(optarg, &seed));
    }
    if (!ok || optind + 1 != argc) {
        fprintf(stderr, "usage: genincident [--scale N] [--seed N] OUTDIR\n");
        return EX_USAGE;
    }
    g.count = CERTIFICATES / scale;
    g.seed = seed;
    if (!generate(&g, argv[optind])) {
        fprintf(stderr, "genincident: %s: could not be written\n", argv[optind]);
        return EX_IOERR;
    }
    printf("{\"certificates\":%lu,\"names\":%lu,\"answers\":%lu,\"PROVEN\":%lu,\"TAINTED\":%lu,"
           "\"NO-EVIDENCE\":%lu}\n",
           g.count, g.names, g.answers, g.proven, g.tainted, g.none);
    return EXIT_SUCCESS;
}

/* Options that check, lint and contacts share: what is asked, and where answers come from. */
#ifndef CAAPROOF_OPTIONS_H
#define CAAPROOF_OPTIONS_H

#include "base/json.h"
#include "base/limits.h"
#include "bin/caaproof/exit.h"
#include "evidence/context.h"
#include "resolve/source.h"

#include <getopt.h>

#define ZONES_MAX 256

/* Part of every --help. */
#define OPTIONS_LIVE_HELP                                                                          \
    "  --root-hints FILE, --anchor FILE, --forward ADDR[@PORT]   for the live DNS; also\n"         \
    "  --control NAME     a name of another operator, asked when a lookup fails (twice or more)\n" \
    "  --cache-ttl S      longest that an answer serves again, in seconds (default 3600)\n"        \
    "  --no-retry, --no-tap, --no-proof, --no-openssl-p256   see caaproof(1)\n"

/* Part of the usage of check. */
#define OPTIONS_RECORD_HELP                                                                        \
    "Evidence and permits\n"                                                                       \
    "  --record STORE     keep each check as a record in the log of STORE (caaproof store init)\n" \
    "  --authority KEY    the issuing key: SHA-256 of its SubjectPublicKeyInfo in hexadecimal, "   \
    "or\n"                                                                                         \
    "                     a file with its certificate or public key; without it there are no "     \
    "permits\n"                                                                                    \
    "  --permit FILE      write the permit, if there is one; --permits: into each result of a "    \
    "batch\n"                                                                                      \
    "  --permit-life S    most that a permit may live, in seconds (default 900)\n"                 \
    "  --keep WHAT        DNS messages kept: full (default), proof (what outsiders can verify), "  \
    "digest\n"                                                                                     \
    "  --log-keys DIR     keys and anchors of the log (default STORE.keys)\n"

struct options {
    /* A request object without names: issuer, account_uri, method, purpose, profile, date, order, policy, facts. */
    struct cx_json *request;
    /* Sources; at most one kind. */
    const char *zones[ZONES_MAX];
    size_t n_zones;
    const char *answers;
    const char *root_hints;
    const char *anchor;
    const char *forward;
    const char *control[CX_CONTROL_NAMES_MAX];
    size_t n_control;
    unsigned long cache_ttl;
    unsigned long processes; /* that resolve; 0: this one */
    const char *cert;
    /* Of --record. */
    const char *record;    /* the store; NULL: nothing is recorded */
    const char *log_keys;  /* NULL: beside the store */
    const char *authority; /* SHA-256 in hexadecimal, or a file with the issuing key */
    const char *permit;    /* file for the permit of the one check */
    enum cx_messages keep;
    unsigned long permit_life; /* 0: default */
    bool permits;              /* of a batch, in each result */
    struct accepted accepted;
    bool no_tap;
    bool no_proof;
    bool no_retry;
    bool evidence;
    bool stats;
    bool no_openssl_p256;
    bool batch;
    bool json;
    bool explain;
    bool problem;
    bool has_purpose;
    unsigned long in_flight;
    int exit;
};

/* Parses argv; returns the index of the first operand, or -1 after having said what is wrong, or printed usage for
 * --help: then exit is the exit code. */
int options_parse(int argc, char **argv, const char *usage, struct options *ret);
void options_done(struct options *options);

/* Walks the long options of a command with options of its own: each is given to take, which complains and gives false if it cannot
 * be. Returns the index of the first operand, or -1 after having said what is wrong, or printed usage for OPTIONS_HELP: then *ret_exit is the exit code. */
#define OPTIONS_HELP 255
int options_walk(int argc, char **argv, const struct option *known, const char *usage,
                 bool (*take)(void *ctx, int option, const char *value), void *ctx, int *ret_exit);

/* What is wrong with the value of an option, on standard error; false, so that it can be returned. */
bool options_complain(const char *what, const char *value);
/* A number from 1 to most; else complains what it should be. */
bool options_number(const char *value, unsigned long most, const char *what, unsigned long *ret);
/* "+02:00", "-05:30" or "Z" as seconds east of UTC; else complains. */
bool options_zone(const char *value, int32_t *ret_s);
/* As many processes as there are cores, within reason: each has caches of its own. */
unsigned long options_cores(void);
/* A long option that was given though the command has no use for it, or NULL. used (NULL-terminated): members of request
 * that it does use; of the rest, every command takes the sources and --json. */
const char *options_misplaced(const struct options *options, const char *const *used);

/* Opens the source that the options name; the live DNS, behind a cache, if they name none. Classes: those of the
 * sources. */
cx_status options_source(const struct options *options, struct cx_source *ret,
                         struct cx_detail *detail) CX_MUST;
/* For --stats: what the cache of that source did, as a JSON object on standard error; nothing, if it has none. */
void options_stats(const struct options *options, const struct cx_source *source);

#endif

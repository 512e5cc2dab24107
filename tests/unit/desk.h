/* A desk at which certificates are triaged: observations and certificates in, a class and the states of names out, through an
 * archive and a file of certificates on disk. Helpers fail the test on their own mistakes. */
#ifndef CX_TESTS_UNIT_DESK_H
#define CX_TESTS_UNIT_DESK_H

#include "../store/scratch.h"
#include "incident/triage.h"

#define DESK_OBSERVATIONS 128
#define DESK_CERTIFICATES 8
#define DESK_SOURCES      4

struct desk_seen {
    unsigned source;
    uint64_t line;
    struct cx_observation o;
};

struct desk {
    char folder[SCRATCH_PATH];
    struct cx_arena arena;
    struct cx_policy policy;
    struct cx_own own[4];
    struct cx_triage_options options;
    cx_time signed_at; /* of certificates, and what times are given from */
    bool validated[DESK_SOURCES];
    struct desk_seen seen[DESK_OBSERVATIONS];
    size_t n_seen;
    struct cx_issued issued[DESK_CERTIFICATES];
    size_t n_issued;
    /* Of the last run. */
    struct cx_certificates *certificates;
    struct cx_archive *archive;
    struct cx_triage *triage;
    const struct cx_triaged *t;
    char text[4096];
};

/* TLS, OWN ca.example.net, grade C proves, aware in 2026-05, the certificates signed then by the CA's own log. */
void desk_open(struct desk *d, const char *signed_at);
void desk_close(struct desk *d);

/* A message that says that name has no CAA, so many seconds from the signature; may be changed until the next run. */
struct cx_observation *desk_seen(struct desk *d, int64_t seconds, const char *name);
/* The same from that source. */
struct cx_observation *desk_seen_by(struct desk *d, unsigned source, int64_t seconds,
                                    const char *name);
/* A check of the whole climb from name on, of that form, as parsed records of a log: found nothing. */
struct cx_observation *desk_check(struct desk *d, int64_t seconds, const char *name,
                                  enum cx_form form);
/* Records: "0 issue x|0 issuewild y". */
void desk_set(struct desk *d, struct cx_observation *o, uint32_t ttl, const char *records);
void desk_alias(struct desk *d, struct cx_observation *o, const char *target);
/* No answer at all to the question of name and its ancestors: one message of each that says so. */
void desk_seen_empty(struct desk *d, int64_t seconds, const char *name);

/* Blank-separated names; the serial is its number from 1. */
struct cx_issued *desk_certificate(struct desk *d, const char *names);

/* Writes all, and reads the first certificate. */
void desk_run(struct desk *d);
/* The next certificate of the run, or NULL. */
const struct cx_triaged *desk_next(struct desk *d);
/* Of a run: "PROVEN permissive", the class and the state of each name. */
const char *desk_text(struct desk *d);
/* Runs and compares with the text of the first certificate. */
#define DESK_IS(d, expected)                                                                       \
    do {                                                                                           \
        desk_run(d);                                                                               \
        assert_string_equal(desk_text(d), expected);                                               \
    } while (0)

/* Pieces of a run, for faults: nothing here fails the test. */
cx_status desk_import(struct desk *d, const char *path, const size_t *order,
                      struct cx_detail *detail);
cx_status desk_list(struct desk *d, const char *path, struct cx_detail *detail);
void desk_end_run(struct desk *d);

#endif

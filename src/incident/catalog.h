/* The catalog of an archive, as a file of JSON. */
#ifndef CX_INCIDENT_CATALOG_H
#define CX_INCIDENT_CATALOG_H

#include "incident/archive.h"

/* Of folder and readings: what another version took in may say something else, and is imported again. */
#define CX_ARCHIVE_SCHEMA 2

struct cx_catalog {
    struct cx_arena arena; /* of texts and arrays */
    struct cx_archive_source *sources;
    size_t n_sources;
    size_t room;
    uint64_t contents;   /* octets of the file of contents that count */
    uint64_t rejects;    /* the same of the file of rejects */
    uint64_t entries;    /* in entries-GENERATION */
    uint64_t generation; /* 0: there is no entry file yet */
    uint64_t first_run;  /* run-FIRST to run-(NEXT - 1) wait to be merged */
    uint64_t next_run;
};

void cx_catalog_init(struct cx_catalog *catalog);
void cx_catalog_done(struct cx_catalog *catalog);
/* Classes: IO, STORE (broken, or of another version), NOMEM. */
cx_status cx_catalog_read(const char *path, struct cx_catalog *ret, struct cx_detail *detail)
    CX_MUST;
/* In one step. Classes: IO, NOMEM, LIMIT. */
cx_status cx_catalog_write(const struct cx_catalog *catalog, const char *path,
                           struct cx_detail *detail) CX_MUST;
/* A copy of source at the end. Classes: NOMEM, LIMIT. */
cx_status cx_catalog_add(struct cx_catalog *catalog, const struct cx_archive_source *source,
                         struct cx_detail *detail) CX_MUST;

#endif

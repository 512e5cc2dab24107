/* An archive: what was imported from logs, captures and stores, found by name and time. A folder:
 *   catalog.json   what was imported from where, and how far; replaced whole, so it is the moment of truth
 *   entries-N      sorted entries (entry_file.h); run-N: those of an import that has not ended
 *   contents       what they say (content.h)
 *   rejects.csv    records that could not be understood: input, line, reason, text
 * I1: an import that was interrupted goes on where the catalog says, and one that was made before adds nothing.
 * I2: of every input records = observed + rejected + ignored.
 * I3: an archive with an import that has not ended is not read. */
#ifndef CX_INCIDENT_ARCHIVE_H
#define CX_INCIDENT_ARCHIVE_H

#include "evidence/tree.h"
#include "incident/archive_reader.h"
#include "incident/entry_file.h"

/* One input. */
struct cx_archive_source {
    cx_str path; /* as it was given */
    cx_str format;
    struct cx_hash digest;
    struct cx_hash
        reading; /* of the options that it was read with: the same octets say something else in another zone */
    bool tamper_evident;
    bool validated; /* the CA states that the resolver validated what it answered (R-SEC-2) */
    bool ended;
    uint64_t records; /* = observed + rejected + ignored */
    uint64_t observed;
    uint64_t rejected;
    uint64_t ignored;
    uint64_t observations; /* a record can hold several */
    int64_t first_ms;      /* of observations; 0 if there are none */
    int64_t last_ms;
};

struct cx_archive;

/* For reading. Classes: IO, STORE (no archive, broken, or an import has not ended), NOMEM. */
cx_status cx_archive_open(const char *path, struct cx_archive **ret, struct cx_detail *detail)
    CX_MUST;
/* For importing; makes the folder if it is not there, and locks it. Classes: the same, USAGE (locked). */
cx_status cx_archive_open_for_import(const char *path, struct cx_archive **ret,
                                     struct cx_detail *detail) CX_MUST;
/* Accepts NULL. What was imported since the last commit is forgotten. */
void cx_archive_close(struct cx_archive *archive);

size_t cx_archive_sources(const struct cx_archive *archive);
const struct cx_archive_source *cx_archive_source(const struct cx_archive *archive, size_t i);
uint64_t cx_archive_entries(const struct cx_archive *archive);
/* What a run on the archive names: SHA-256 over what was imported, in whatever order. Classes: INTERNAL, NOMEM. */
cx_status cx_archive_digest(const struct cx_archive *archive, struct cx_hash *ret) CX_MUST;

/* ---- importing */

struct cx_import_options {
    const struct cx_archive_format *format; /* NULL: by what the file begins with */
    struct cx_archive_options reader;
    bool validated;
    /* Now and then: octets read, and the file's size. May be NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
};

/* Imports a file, or the rest of it; *ret is its source, *ret_new false if it had been imported before. Classes: USAGE (no format fits), IO, MALFORMED, NOMEM,
 * LIMIT. After a failure what was committed stays, and importing the same file again goes on. */
cx_status cx_archive_import(struct cx_archive *archive, const char *path,
                            const struct cx_import_options *options,
                            const struct cx_archive_source **ret, bool *ret_new,
                            struct cx_detail *detail) CX_MUST;
/* The same of observations that come from elsewhere, in the order of their lines: begin, add, end. */
cx_status cx_archive_begin(struct cx_archive *archive, const struct cx_archive_source *source,
                           bool *ret_new, struct cx_detail *detail) CX_MUST;
/* How many records of the source just begun an earlier, interrupted import has taken already. */
uint64_t cx_archive_taken(const struct cx_archive *archive);
cx_status cx_archive_add(struct cx_archive *archive, const struct cx_archive_record *record,
                         struct cx_detail *detail) CX_MUST;
cx_status cx_archive_end(struct cx_archive *archive, struct cx_detail *detail) CX_MUST;
/* After the last import: sorts all into one, so that it can be read. Classes: IO, NOMEM. */
cx_status cx_archive_finish(struct cx_archive *archive, struct cx_detail *detail) CX_MUST;

/* ---- reading */

/* False: enough. */
typedef bool cx_archive_visit(void *ctx, const struct cx_archive_entry *entry);

/* Entries of key at or before time_ms, the youngest first. Classes: IO, STORE. */
cx_status cx_archive_before(struct cx_archive *archive, const struct cx_entry_key *key,
                            int64_t time_ms, cx_archive_visit *visit, void *ctx,
                            struct cx_detail *detail) CX_MUST;
/* Entries of key after time_ms, the oldest first. Classes: IO, STORE. */
cx_status cx_archive_after(struct cx_archive *archive, const struct cx_entry_key *key,
                           int64_t time_ms, cx_archive_visit *visit, void *ctx,
                           struct cx_detail *detail) CX_MUST;
/* Every entry, in the order of keys and times. Classes: IO, STORE. */
cx_status cx_archive_each(struct cx_archive *archive, cx_archive_visit *visit, void *ctx,
                          struct cx_detail *detail) CX_MUST;
/* The whole observation of an entry, but its name. What it points to lives in arena. Classes: IO, STORE, NOMEM. */
cx_status cx_archive_observation(const struct cx_archive *archive,
                                 const struct cx_archive_entry *entry, struct cx_arena *arena,
                                 struct cx_observation *ret, struct cx_detail *detail) CX_MUST;

#endif

/* The sorted entries of an archive: one of 48 octets for each observation, by name and time, with a sparse index that is
 * read into memory. What an observation says stands in the file of contents (content.h); here is what selects it.
 * I1: an entry is found by the SHA-256 of its name's wire form, cut to 16 octets.
 * I2: files are made whole under another name and then given theirs, so none is ever half written. */
#ifndef CX_INCIDENT_ENTRY_FILE_H
#define CX_INCIDENT_ENTRY_FILE_H

#include "incident/observation.h"

#define CX_ENTRY_KEY    16
#define CX_ENTRY_OCTETS 48

struct cx_entry_key {
    uint8_t b[CX_ENTRY_KEY];
};

struct cx_archive_entry {
    struct cx_entry_key key;
    int64_t time_ms;
    uint32_t source; /* number of the input that it came from */
    uint64_t line;
    uint64_t content; /* where in the file of contents; below 2^48 */
    enum cx_observed observed;
    enum cx_form form;
    enum cx_grade grade;
    enum cx_claim claim;
    enum cx_observed_clock clock;
    enum cx_outcome outcome;
    bool has_ttl;
    uint32_t ttl;
};

/* Classes: INTERNAL. */
cx_status cx_entry_key_of(cx_span name, struct cx_entry_key *ret) CX_MUST;
void cx_archive_entry_write(const struct cx_archive_entry *entry, uint8_t ret[CX_ENTRY_OCTETS]);
/* Classes: MALFORMED (a value that is none of its enum). */
cx_status cx_archive_entry_read(const uint8_t octets[CX_ENTRY_OCTETS], struct cx_archive_entry *ret)
    CX_MUST;

/* Sorts n entries and writes them as a run: a file without index. Classes: IO. */
cx_status cx_entry_run_write(const char *path, uint8_t *entries, size_t n, struct cx_detail *detail)
    CX_MUST;
/* Merges runs and entry files into one entry file; path must not be one of them. Entries that are equal in all octets are kept once. Classes: IO,
 * NOMEM. */
cx_status cx_entry_files_merge(const char *const *paths, size_t n, const char *path,
                               uint64_t *ret_entries, struct cx_detail *detail) CX_MUST;

struct cx_entry_file;

/* Classes: IO, NOMEM, STORE (not such a file, or cut off). */
cx_status cx_entry_file_open(const char *path, struct cx_entry_file **ret, struct cx_detail *detail)
    CX_MUST;
/* Accepts NULL. */
void cx_entry_file_close(struct cx_entry_file *file);
uint64_t cx_entry_file_size(const struct cx_entry_file *file);

/* The position of the first entry of key with a time after time_ms; those before it are older, or of other keys. Looking up in
 * the order of keys reads each part of the file once. Classes: IO. */
cx_status cx_entry_file_after(struct cx_entry_file *file, const struct cx_entry_key *key,
                              int64_t time_ms, uint64_t *ret, struct cx_detail *detail) CX_MUST;
/* Classes: IO, STORE. */
cx_status cx_entry_file_at(struct cx_entry_file *file, uint64_t position,
                           struct cx_archive_entry *ret, struct cx_detail *detail) CX_MUST;

#endif

/* Readers of archives, one format a file, behind one port: from an input to observations.
 * I1: each record of the input is exactly one of observed, rejected or ignored, so that counts reconcile to the unit.
 * I2: what a reader cannot understand is rejected with a reason that names line and cause, never guessed, never passed over.
 * I3: same input, same sequence: an interrupted import goes on by passing over the records that it has. */
#ifndef CX_INCIDENT_ARCHIVE_READER_H
#define CX_INCIDENT_ARCHIVE_READER_H

#include "base/json.h"
#include "incident/input.h"
#include "incident/observation.h"

enum cx_fate {
    CX_FATE_UNSET = 0,
    CX_FATE_OBSERVED,
    CX_FATE_REJECTED,
    CX_FATE_IGNORED, /* well-formed, and about something else */
};

/* One record of an archive: a line, a row, a frame, an object. Borrowed until the next call. */
struct cx_archive_record {
    enum cx_fate fate;
    uint64_t line; /* on which it begins; of a binary file the octet at which it begins */
    const struct cx_observation *v;
    size_t n;
    char reason[CX_REJECT_TEXT]; /* of a rejected one, escaped */
    cx_span text; /* of a rejected one: the record itself, for the file of rejects; may be cut */
};

struct cx_archive_options {
    int year;                      /* of times without one; 0: such times are rejected */
    int32_t zone_s;                /* offset of times without a zone, east of UTC */
    bool has_zone;                 /* else such times are rejected */
    const struct cx_json *mapping; /* of the generic readers (docs/archives.md), or NULL */
};

struct cx_archive_reader;

struct cx_archive_format {
    const char *name; /* on the command line */
    const char *about;
    bool
        tamper_evident; /* what is read was verified against something that cannot be changed quietly */
    bool needs_mapping;
    /* Whether what the file begins with looks like it; NULL: only if named. */
    bool (*looks_like)(cx_span head);
    cx_status (*open)(const struct cx_archive_options *options, struct cx_input *input, void **ret,
                      struct cx_detail *detail);
    cx_status (*next)(void *self, struct cx_archive_record *ret, bool *ret_more,
                      struct cx_detail *detail);
    void (*close)(void *self);
};

/* All formats, in the order in which they are tried. */
const struct cx_archive_format *const *cx_archive_formats(size_t *ret_n);
const struct cx_archive_format *cx_archive_format_named(cx_str name);
/* By what it begins with; NULL: none. Classes: IO. */
cx_status cx_archive_format_of(struct cx_input *input, const struct cx_archive_format **ret,
                               struct cx_detail *detail) CX_MUST;

/* input and what options point to are borrowed. Classes: USAGE, MALFORMED (the file as a whole), NOMEM, IO. */
cx_status cx_archive_reader_open(const struct cx_archive_format *format,
                                 const struct cx_archive_options *options, struct cx_input *input,
                                 struct cx_archive_reader **ret, struct cx_detail *detail) CX_MUST;
/* Accepts NULL. */
void cx_archive_reader_close(struct cx_archive_reader *reader);
/* The next record; *ret_more is false at the end. Classes: IO, NOMEM, and MALFORMED only if nothing behind it can be read (a binary file that is
 * broken). */
cx_status cx_archive_reader_next(struct cx_archive_reader *reader, struct cx_archive_record *ret,
                                 bool *ret_more, struct cx_detail *detail) CX_MUST;

#endif

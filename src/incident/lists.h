/* Lists of certificates into a file of certificates: every row of every list, with what could not be read beside it. */
#ifndef CX_INCIDENT_LISTS_H
#define CX_INCIDENT_LISTS_H

#include "incident/certificates.h"

/* What became of one list. */
struct cx_list_read {
    const char *path;
    const char *format;
    struct cx_hash digest;
    uint64_t records; /* = observed + rejected + ignored */
    uint64_t observed;
    uint64_t rejected;
    uint64_t ignored;
    uint64_t assumed_utc; /* of observed */
};

struct cx_lists {
    const char *const *paths; /* files or folders */
    size_t n;
    const struct cx_issued_format *format; /* of them all; NULL: by what they begin with */
    struct cx_issued_options reader;
    const char *certificates; /* file to make */
    const char *rejects;      /* the same, CSV; NULL: they are only counted */
    /* After each list. May be NULL. */
    cx_status (*read)(void *ctx, const struct cx_list_read *list);
    /* Now and then: octets read, and of how many (0: not known). May be NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
};

/* Classes: those of the readers, IO, NOMEM. */
cx_status cx_lists_read(const struct cx_lists *lists, struct cx_certificate_counts *ret,
                        struct cx_detail *detail) CX_MUST;

/* A cell of a file of rejects: escaped, quoted, and no formula of a spreadsheet. */
void cx_reject_cell(struct cx_buf *buf, cx_span text);

#endif

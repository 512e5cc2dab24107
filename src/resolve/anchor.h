/* Dated trust anchors of the DNS root, read from a file in the form of Debian's root.key: one DS or DNSKEY record a
 * line. A comment limits the next record in time (times as in docs/json.md, until is exclusive):
 *
 *     ; valid-from: 2017-02-02
 *     ; valid-until: 2027-01-11
 *     . IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
 *
 * I1: only records of the root that libunbound can use are kept: libunbound ignores others without a word, and an
 * answer under no anchor looks like one that is proven insecure.
 * I2: of a file that libunbound maintains by RFC 5011, only keys in the states valid and missing are kept. */
#ifndef CX_RESOLVE_ANCHOR_H
#define CX_RESOLVE_ANCHOR_H

#include "base/arena.h"
#include "base/status.h"
#include "base/time.h"
#include "dnssec/root_keys.h"

#include <sys/stat.h>

struct cx_anchor {
    const char *record; /* presentation form on one line, as ub_ctx_add_ta takes it */
    struct cx_root_anchor data;
    cx_time from;  /* inclusive */
    cx_time until; /* exclusive */
};

struct cx_anchors {
    struct cx_arena arena;
    struct cx_anchor *all;
    size_t n;
    const char *path;    /* where they were read; borrowed */
    struct stat version; /* of the file, before it was read */
};

/* path, which is borrowed, NULL: the first of Debian's files that exists. Freed with cx_anchors_done. Classes: PEER,
 * NOMEM. */
cx_status cx_anchors_read(const char *path, struct cx_anchors *ret, struct cx_detail *detail)
    CX_MUST;
/* The file that would be read now, or an error number. */
int cx_anchors_stat(const char *path, struct stat *ret) CX_MUST;
/* Accepts a zeroed struct. */
void cx_anchors_done(struct cx_anchors *anchors);

static inline bool
cx_anchor_holds(const struct cx_anchor *anchor, cx_time at)
{
    return anchor->from <= at && at < anchor->until;
}

#endif

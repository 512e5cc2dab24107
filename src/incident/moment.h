/* Times as archives write them: RFC 3339 and what comes near it, seconds since 1970 or a finer count, syslog's without year,
 * BIND's.
 * I1: a time that could mean two moments is refused, and the refusal says which option decides; nothing is guessed. */
#ifndef CX_INCIDENT_MOMENT_H
#define CX_INCIDENT_MOMENT_H

#include "incident/archive_reader.h"

struct cx_moment {
    int64_t ms;
    uint32_t precision_ms;
};

/* The time that text begins with, and how many octets it has. Classes: MALFORMED (CX_E_ARCHIVE). */
cx_status cx_moment_read(cx_str text, const struct cx_archive_options *options,
                         struct cx_moment *ret, size_t *ret_n, struct cx_detail *detail) CX_MUST;
/* All of text is a time, counts since 1970 among them. Classes: MALFORMED (CX_E_ARCHIVE). */
cx_status cx_moment_of(cx_str text, const struct cx_archive_options *options, struct cx_moment *ret,
                       struct cx_detail *detail) CX_MUST;
/* Whether text begins like one: digits and dashes of a date, or the name of a month. */
bool cx_moment_begins(cx_str text);

#endif

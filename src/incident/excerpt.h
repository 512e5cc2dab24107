/* What all readers of archives have in common: the observations of one record in the making, and how its fate is told.
 * A reader of a record returns success, with observations or with none (then the record is about something else), or a
 * failure of class MALFORMED or LIMIT whose detail says why it is rejected. */
#ifndef CX_INCIDENT_EXCERPT_H
#define CX_INCIDENT_EXCERPT_H

#include "base/arena.h"
#include "incident/archive_reader.h"

struct cx_mapping;

struct cx_excerpt {
    const struct cx_archive_options *options;
    struct cx_arena arena; /* of one record */
    struct cx_observation *v;
    size_t n, room;
    struct cx_mapping *mapping; /* what options have, understood; or NULL */
    cx_str given; /* time by a log system of when it took the record in; empty: none */
};

/* One line of text, from a file or out of an export. */
typedef cx_status (*cx_line_reader)(struct cx_excerpt *excerpt, cx_str line,
                                    struct cx_detail *detail);

/* options are borrowed. Classes: USAGE (the mapping), NOMEM; then there is nothing to be done with. */
cx_status cx_excerpt_init(struct cx_excerpt *excerpt, const struct cx_archive_options *options,
                          struct cx_detail *detail) CX_MUST;
void cx_excerpt_done(struct cx_excerpt *excerpt);
/* Forgets the last record. */
void cx_excerpt_begin(struct cx_excerpt *excerpt);
/* One more observation, zeroed: what is not set says nothing. Classes: LIMIT, NOMEM. */
cx_status cx_excerpt_add(struct cx_excerpt *excerpt, struct cx_observation **ret,
                         struct cx_detail *detail) CX_MUST;
/* Text in JSON, whose value the record then holds until it is forgotten. Classes: MALFORMED, NOMEM. */
cx_status cx_excerpt_json(struct cx_excerpt *excerpt, cx_str text, const struct cx_json **ret,
                          struct cx_detail *detail) CX_MUST;
/* A number or a text of JSON as text; untouched if it is something else. Classes: NOMEM. */
cx_status cx_excerpt_text(struct cx_excerpt *excerpt, const struct cx_json *json, cx_str *ret)
    CX_MUST;
/* The record's fate by what its reader gave. Classes: those of status that no record can be blamed for. */
cx_status cx_excerpt_end(struct cx_excerpt *excerpt, cx_status status,
                         const struct cx_detail *detail, struct cx_archive_record *ret) CX_MUST;

/* ---- members of an observation */

/* The name, and of a check its form. Classes: MALFORMED, NOMEM. */
cx_status cx_excerpt_name(struct cx_excerpt *excerpt, cx_str text, struct cx_observation *o,
                          struct cx_detail *detail) CX_MUST;
/* A name that is neither a wildcard nor in Unicode. Classes: MALFORMED, NOMEM. */
cx_status cx_excerpt_domain(struct cx_excerpt *excerpt, cx_str text, cx_span *ret,
                            struct cx_detail *detail) CX_MUST;
/* The time that line begins with, by clock; without one the time that is given. *ret_n: octets of it in line. Classes: MALFORMED. */
cx_status cx_excerpt_time(const struct cx_excerpt *excerpt, cx_str line,
                          enum cx_observed_clock clock, struct cx_observation *o, size_t *ret_n,
                          struct cx_detail *detail) CX_MUST;
/* The same of a count since 1970, or any other time that text is. Classes: MALFORMED. */
cx_status cx_excerpt_count(const struct cx_excerpt *excerpt, cx_str text,
                           enum cx_observed_clock clock, struct cx_observation *o,
                           struct cx_detail *detail) CX_MUST;
/* By what is written where a rcode stands ("NXDOMAIN"): failures; UNSET for NOERROR. Classes: MALFORMED. */
cx_status cx_excerpt_rcode(cx_str word, enum cx_outcome *ret, struct cx_detail *detail) CX_MUST;

/* ---- text */

/* The next word of text from *at on, blanks passed over; empty at the end. */
cx_str cx_word_next(cx_str text, size_t *at);
/* Where part begins in text; text.n if it does not. */
size_t cx_text_find(cx_str text, cx_str part);
bool cx_text_has(cx_str text, cx_str part);
bool cx_text_begins(cx_str text, cx_str with);
cx_str cx_text_from(cx_str text, size_t at);
/* A text in double quotes as Go writes it, at *at: what it says, in arena unless it says it literally. Classes: MALFORMED, NOMEM. */
cx_status cx_text_unquote(cx_str text, size_t *at, struct cx_arena *arena, cx_str *ret,
                          struct cx_detail *detail) CX_MUST;

#endif

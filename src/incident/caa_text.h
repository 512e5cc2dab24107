/* Sets of CAA records in presentation form, as logs have them, and answers in dig's form.
 * I1: a set is whole or refused: a record that cannot be read would leave one that permits more or less than it did. */
#ifndef CX_INCIDENT_CAA_TEXT_H
#define CX_INCIDENT_CAA_TEXT_H

#include "base/arena.h"
#include "dnssec/caa_text.h"
#include "incident/observation.h"

/* A set in the making. */
struct cx_caa_list {
    struct cx_caa *v;
    size_t n, room;
};

/* R-SYN-9: an identical record counts once. Classes: LIMIT, NOMEM. */
cx_status cx_caa_list_add(struct cx_caa_list *list, const struct cx_caa *caa,
                          struct cx_arena *arena, struct cx_detail *detail) CX_MUST;
/* To a set, if there are any: outcome, records. */
void cx_caa_list_to(const struct cx_caa_list *list, struct cx_observation *o);

/* A response as dig prints it: outcome, TTL, aliases and records of o by what its ANSWER section says about the question, which is put to
 * *ret_asked (empty if it is not in it). Without a CAA record outcome stays as it is. Text and o live in arena. Classes: MALFORMED, LIMIT, NOMEM. */
cx_status cx_dig_read(cx_str text, struct cx_arena *arena, struct cx_observation *o,
                      cx_span *ret_asked, struct cx_detail *detail) CX_MUST;

#endif

/* Incidents about CAA that are on record, from data/incidents.csv: what happened to others with the same root cause, what they did,
 * and how it was taken. One row a finding, in the order of their dates. To be read by a person before anything is filed. */
#ifndef CX_INCIDENT_PRECEDENTS_H
#define CX_INCIDENT_PRECEDENTS_H

#include "base/json.h"

/* Static storage. */
struct cx_precedent {
    cx_str id;   /* I-14 */
    cx_str date; /* as exact as it is known: 2021, 2017-10, 2020-02-29 */
    cx_str ca;
    cx_str reference;  /* "bug N", or where else it is told */
    cx_str root_cause; /* FAIL-OPEN, COVERAGE, ... */
    cx_str what;
    cx_str remedy;
    cx_str reaction;
    bool verified; /* somebody read the source; else only its title, date and outcome */
};

/* The next one after the given one (NULL: the first) of that root-cause class (empty: of any); NULL: none is left. */
const struct cx_precedent *cx_precedent_next(const struct cx_precedent *after, cx_str root_cause);
/* The same as the member "precedents" of a run (docs/formats/run.md); NULL: out of memory. Freed by the caller. */
struct cx_json *cx_precedents_json(cx_str root_cause);

#endif

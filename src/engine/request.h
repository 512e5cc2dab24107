/* One request (docs/json.md, "Request"): what is asked, as the judge wants it. */
#ifndef CX_ENGINE_REQUEST_H
#define CX_ENGINE_REQUEST_H

#include "base/arena.h"
#include "base/json.h"
#include "caa/case.h"
#include "mpic/perspective.h"
#include "mpic/supplied.h"

/* A name of the request: as it was given, and as it is judged. */
struct cx_request_name {
    cx_str given;
    struct cx_subject subject;
    const struct cx_case *c; /* of the name's purpose */
};

struct cx_request {
    cx_str id;
    bool has_id;
    struct cx_request_name *names;
    size_t n_names;
    /* What all names have in common; "tls+smime" uses both, else only the first is set. */
    struct cx_case cases[2];
    size_t n_cases;
    struct cx_policy policy;
    struct cx_facts facts;
    cx_span facts_octets; /* as given, as CBOR (docs/formats/record.cddl); n == 0: none */
    bool has_perspectives;
    struct cx_perspectives perspectives;
    cx_span perspectives_octets;   /* as CBOR (docs/formats/record.cddl); n == 0: none */
    struct cx_supplied supplied;   /* for corroboration */
    const struct cx_json *answers; /* inline, or NULL; borrowed from the JSON */
    cx_str zone;
    bool has_zone;
};

/* defaults (may be NULL) is a request object whose members stand in for those that json lacks. now is the date of a
 * request that gives none. Everything but answers and zone is copied to arena. Classes: MALFORMED, USAGE, NOMEM. */
cx_status cx_request_from_json(const struct cx_json *json, const struct cx_json *defaults,
                               cx_time now, struct cx_arena *arena, struct cx_request *ret,
                               struct cx_detail *detail) CX_MUST;

#endif

/* What a caller asks for in POST /v1/checks (docs/api.md), and the request of the engine that it becomes. Front and recorder
 * both read it, from the same octets.
 * I1: a caller says which names, how they were validated and what perspectives saw. Issuer domain names, policy, facts and the
 * date are never his: a member that would set one is refused. */
#ifndef CAAPROOFD_INTAKE_H
#define CAAPROOFD_INTAKE_H

#include "base/arena.h"
#include "base/json.h"
#include "caa/verdict.h"

/* Texts are borrowed from json. */
struct intake {
    struct cx_json *json; /* owned */
    cx_str id;
    cx_str authority;            /* its name, or its key's hash in hexadecimal */
    cx_str previous;             /* request id of an earlier try; n == 0: none */
    int64_t timeout_s;           /* 0: the configured one */
    enum cx_verdict own_verdict; /* the caller's, in shadow mode; UNSET: not given */
};

/* Classes: MALFORMED, USAGE, NOMEM. Nothing to free after a failure. */
cx_status intake_read(cx_str body, struct intake *ret, struct cx_detail *detail) CX_MUST;
void intake_done(struct intake *intake);

/* The request id alone rules: printable ASCII without spaces, at most CX_REQUEST_ID_MAX octets, and a segment of a path. */
bool intake_is_id(cx_str id);

/* When a check had to be complete, and when it was, seconds. */
struct intake_times {
    cx_time deadline;
    cx_time completed;
};

/* The engine's request object: what the caller said, and facts of the authority with times, if these are given. NULL when out of
 * memory; freed by the caller. */
struct cx_json *intake_request(const struct intake *intake, const struct cx_json *defaults,
                               const struct intake_times *times);

#endif

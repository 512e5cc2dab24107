/* The target of a request: its path and the parameters of its query, escapes decoded once and never again.
 * I1: the path begins with "/", is UTF-8, and has no controls, no backslash, no segment "." or "..", and no "/" that was
 * escaped: what a handler compares is what the client named.
 * I2: no parameter is there twice, none is without a name. In a query "+" is a blank, as in forms. */
#ifndef CAAPROOFD_HTTP_TARGET_H
#define CAAPROOFD_HTTP_TARGET_H

#include "base/arena.h"
#include "bin/caaproofd/http_refusal.h"

struct http_target {
    cx_str path;
    const struct http_field *query;
    size_t n_query;
};

/* Origin form ("/path?query") or absolute form ("https://host/path?query", RFC 9112 section 3.2.2). What is decoded is in the
 * arena. Refused with 400, 414 (CX_HTTP_TARGET_MAX), 500 (memory). */
struct http_refusal http_target_read(cx_str text, struct cx_arena *arena, struct http_target *ret)
    CX_MUST;

#endif

/* What a client would like about its answer (RFC 7240): "Prefer: respond-async, wait=5". It is free to be ignored, so what is not
 * understood, or is said a second time, is. */
#ifndef CAAPROOFD_HTTP_PREFER_H
#define CAAPROOFD_HTTP_PREFER_H

#include "bin/caaproofd/http_refusal.h"

struct http_prefer {
    bool respond_async; /* with 202, once the wait is over */
    bool has_wait;
    uint64_t wait_s; /* UINT32_MAX at most */
};

/* All fields of that name count, as one list. */
struct http_prefer http_prefer_read(const struct http_field *fields, size_t n);

#endif

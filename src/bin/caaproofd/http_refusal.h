/* Why a request is not taken, and pairs of text: what the readers of HTTP have in common. */
#ifndef CAAPROOFD_HTTP_REFUSAL_H
#define CAAPROOFD_HTTP_REFUSAL_H

#include "base/span.h"
#include "base/status.h"

/* A header field, or a parameter of a query. */
struct http_field {
    cx_str name;
    cx_str value;
};

/* status is 0 if there is nothing to refuse, else that of the answer; detail is in static storage. */
struct http_refusal {
    int status;
    const char *detail;
};

#define HTTP_TAKEN ((struct http_refusal){ 0, NULL })

static inline struct http_refusal
http_refuse(int status, const char *detail)
{
    return (struct http_refusal){ status, detail };
}

#endif

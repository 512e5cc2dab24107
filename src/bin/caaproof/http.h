/* GET and POST over HTTP and HTTPS, over TCP or a Unix socket: one server, any number of requests, each bounded in time and size; no redirects. */
#ifndef CAAPROOF_HTTP_H
#define CAAPROOF_HTTP_H

#include "base/buf.h"

struct http_options {
    const char *content_type;
    unsigned timeout_s; /* of one request */
    size_t reply_max;
    /* Each may be NULL. */
    const char *socket; /* path of a Unix socket, in place of the address in the url */
    const char *cert;   /* PEM files: our certificate, its key, the roots of the server's */
    const char *key;
    const char *cacert;
    const char *token; /* bearer; printable ASCII */
};

struct http_reply {
    long status;
    cx_str body;     /* borrowed until the next request */
    char error[256]; /* why there is none; empty if there is one */
};

struct http;

/* what: the option that has the url, for the message. Nothing is sent yet. Classes: USAGE (url), NOMEM. */
cx_status http_open(const char *what, const char *url, const struct http_options *options,
                    struct http **ret, struct cx_detail *detail) CX_MUST;
void http_close(struct http *http);
/* For CX_AUTO. */
void http_cleanup(struct http **http);

void http_post(struct http *http, cx_str body, struct http_reply *ret);
void http_get(struct http *http, struct http_reply *ret);

#endif

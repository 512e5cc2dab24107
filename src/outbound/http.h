/* GET and POST over HTTP and HTTPS, over TCP or a Unix socket: one server, any number of requests, each bounded in time and size; no redirects.
 * I1: where the system does not let libcurl start a thread for names, it needs none: they are looked up in the caller's own. */
#ifndef CX_OUTBOUND_HTTP_H
#define CX_OUTBOUND_HTTP_H

#include "base/buf.h"

struct cx_http_options {
    const char *content_type;
    unsigned timeout_ms; /* of one request */
    size_t reply_max;
    /* The name is looked up before each request, outside timeout_ms, and no proxy is used. For processes in a sandbox. */
    bool look_up;
    /* Each may be NULL. */
    const char *socket; /* path of a Unix socket, in place of the address in the url */
    const char *
        cert; /* PEM files: our certificate, its key, the roots of the server's, in place of the system's */
    const char *key;
    const char *cacert;
    const char *token; /* bearer; printable ASCII */
};

struct cx_http_reply {
    long status;
    cx_str body;     /* borrowed until the next request */
    char error[256]; /* why there is none; empty if there is one */
};

struct cx_http;

/* Once, before threads and sandboxes: the libraries under it read their configuration. Classes: NOMEM. */
cx_status cx_http_ready(struct cx_detail *detail) CX_MUST;

/* what: the option that has the url, for the message. Nothing is sent yet. Classes: USAGE (url), NOMEM. */
cx_status cx_http_open(const char *what, const char *url, const struct cx_http_options *options,
                       struct cx_http **ret, struct cx_detail *detail) CX_MUST;
void cx_http_close(struct cx_http *http);
/* For CX_AUTO. */
void cx_http_cleanup(struct cx_http **http);

void cx_http_post(struct cx_http *http, cx_str body, struct cx_http_reply *ret);
void cx_http_get(struct cx_http *http, struct cx_http_reply *ret);

#endif

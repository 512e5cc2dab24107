/* POST over HTTP and HTTPS: one server, any number of requests, each bounded in time and size; no redirects.
 * I1: where the system does not let libcurl start a thread for names, it needs none: they are looked up in the caller's own. */
#ifndef CX_OUTBOUND_POST_H
#define CX_OUTBOUND_POST_H

#include "base/buf.h"

struct cx_post_options {
    const char *content_type;
    unsigned timeout_ms; /* of one request */
    size_t reply_max;
    /* The name is looked up before each request, outside timeout_ms, and no proxy is used. For processes in a sandbox. */
    bool look_up;
};

struct cx_post_reply {
    long status;
    cx_str body;     /* borrowed until the next request */
    char error[256]; /* why there is none; empty if there is one */
};

struct cx_post;

/* Once, before threads and sandboxes: the libraries under it read their configuration. Classes: NOMEM. */
cx_status cx_post_ready(struct cx_detail *detail) CX_MUST;

/* what: the option that has the url, for the message. Nothing is sent yet. Classes: USAGE (url), NOMEM. */
cx_status cx_post_open(const char *what, const char *url, const struct cx_post_options *options,
                       struct cx_post **ret, struct cx_detail *detail) CX_MUST;
void cx_post_close(struct cx_post *post);
/* For CX_AUTO. */
void cx_post_cleanup(struct cx_post **post);

void cx_post_send(struct cx_post *post, cx_str body, struct cx_post_reply *ret);

#endif

/* A text shown to a time-stamping authority (RFC 3161), whose signature says that it existed. */
#ifndef CX_OUTBOUND_STAMP_H
#define CX_OUTBOUND_STAMP_H

#include "pki/timestamp.h"

struct cx_stamp_options {
    const char *what; /* the option that has the url, for messages */
    const char *url;
    cx_span roots; /* PEM certificates */
    unsigned timeout_ms;
    bool look_up; /* as of cx_http_options */
};

struct cx_stamp {
    struct cx_buf request;
    struct cx_buf response;
    uint64_t nonce;
    cx_time time;
};

void cx_stamp_init(struct cx_stamp *stamp);
void cx_stamp_done(struct cx_stamp *stamp);

/* ret, which was made by cx_stamp_init, has what was verified. Classes: PEER (no time-stamp), CRYPTO and MALFORMED (it is not
 * good), USAGE (url), NOMEM, LIMIT. */
cx_status cx_stamp(const struct cx_stamp_options *options, cx_str text, struct cx_stamp *ret,
                   struct cx_detail *detail) CX_MUST;

#endif

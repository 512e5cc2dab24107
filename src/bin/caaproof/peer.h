/* Another checker, driven by requests: a process that answers lines (peer_exec.c) or a server (peer_http.c).
 * I1: replied is called once for every request, in order of the requests, or the run returns a failure of our own. */
#ifndef CAAPROOF_PEER_H
#define CAAPROOF_PEER_H

#include "base/span.h"
#include "base/status.h"

struct peer_run {
    const cx_str *requests; /* one JSON object each, without line end */
    size_t n;
    unsigned timeout_s; /* of silence */
    unsigned overall_s; /* of the whole run */
    /* reply is borrowed for the call; reply.p == NULL: there is none, and why says what happened. */
    void (*replied)(void *ctx, size_t i, cx_str reply, const char *why);
    void *ctx;
    /* Something about the run as a whole that a person should know; empty if nothing. */
    char remark[200];
};

/* Starts /bin/sh -c command, writes every request to its standard input and reads a line for each. Classes: IO, NOMEM
 * (the command could not be started); what the command does wrong is told by replied. */
cx_status peer_exec(const char *command, struct peer_run *run, struct cx_detail *detail) CX_MUST;

/* POSTs each request to url. Classes: IO, NOMEM, USAGE (url). */
cx_status peer_http(const char *url, struct peer_run *run, struct cx_detail *detail) CX_MUST;

#endif

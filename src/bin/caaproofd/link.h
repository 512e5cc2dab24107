/* One end of the stream between front and recorder, on an event loop: frames of ops.h and resolve/frame.h in, octets out.
 * I1: frames are given one by one, in order, whole; what is no frame ends the link.
 * I2: what waits to be taken by the other end is bounded: LINK_BACKLOG octets, then the link ends. */
#ifndef CAAPROOFD_LINK_H
#define CAAPROOFD_LINK_H

#include "bin/caaproofd/ops.h"

struct event_base;
struct link;

struct link_calls {
    /* A failure ends the link. */
    cx_status (*frame)(void *ctx, const struct op_frame *frame);
    /* All frames that had come were given; now is the time for link_send. */
    void (*pause)(void *ctx);
    /* The link has ended, because of that; it may be freed here. */
    void (*ended)(void *ctx, cx_status why);
    void *ctx;
};

/* fd, a connected stream socket, is taken over, also after a failure. Classes: NOMEM, IO. */
cx_status link_open(int fd, struct event_base *base, const struct link_calls *calls,
                    struct link **ret) CX_MUST;
/* NULL is well. Not from within frame. */
void link_free(struct link *link);

/* To append to; then link_send, which does nothing within frame, and may end the link. */
struct cx_buf *link_out(struct link *link);
void link_send(struct link *link);
/* Octets that the other end has not taken yet. */
size_t link_waiting(const struct link *link);

#endif

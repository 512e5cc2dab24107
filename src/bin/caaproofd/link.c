#include "bin/caaproofd/link.h"

#include "base/alloc.h"
#include "base/limits.h"

#include <event2/event.h>
#include <event2/util.h>

#include <errno.h>
#include <unistd.h>

#define LINK_BACKLOG ((size_t)256 << 20)
#define CHUNK        262144

struct link {
    int fd;
    struct event *readable;
    struct event *writable;
    struct cx_buf in;
    struct cx_buf out;
    size_t written; /* of out */
    struct link_calls calls;
    bool is_reading;
    bool has_ended;
};

/* ---- out */

static void
end(struct link *link, cx_status why)
{
    if (!link->has_ended) {
        link->has_ended = true;
        (void)event_del(link->readable);
        (void)event_del(link->writable);
        link->calls.ended(link->calls.ctx, why);
    }
}

/* Only when what is left is no more than what was written: else all of it would be moved for each piece that is taken. */
static void
drop_written(struct link *link)
{
    if (link->written >= link->out.n - link->written) {
        cx_buf_drop(&link->out, link->written);
        link->written = 0;
    }
}

static cx_status
flush(struct link *link)
{
    CX_TRY(cx_buf_status(&link->out));
    while (link->written != link->out.n) {
        ssize_t n = write(link->fd, link->out.p + link->written, link->out.n - link->written);

        if (n >= 0) {
            link->written += (size_t)n;
        } else if (errno == EAGAIN) {
            drop_written(link);
            return event_add(link->writable, NULL) == 0 ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
        } else if (errno != EINTR) {
            return (cx_status){ CX_E_IO };
        }
    }
    cx_buf_clear(&link->out);
    link->written = 0;
    return CX_SUCCESS;
}

void
link_send(struct link *link)
{
    if (!link->has_ended && !link->is_reading) {
        cx_status s = flush(link);

        if (!cx_ok(s)) {
            end(link, s);
        }
    }
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    link_send(ctx);
}

struct cx_buf *
link_out(struct link *link)
{
    return &link->out;
}

size_t
link_waiting(const struct link *link)
{
    return link->out.n - link->written;
}

/* ---- in */

static cx_status
take_frames(struct link *link)
{
    size_t at = 0;

    for (;;) {
        struct op_frame frame;
        bool more;

        CX_TRY(op_frame_next((cx_span){ (const uint8_t *)link->in.p + at, link->in.n - at }, &frame,
                             &more));
        if (more) {
            break;
        }
        CX_TRY(link->calls.frame(link->calls.ctx, &frame));
        at += frame.size;
    }
    cx_buf_drop(&link->in, at);
    return CX_SUCCESS;
}

static cx_status
read_some(struct link *link)
{
    char *to = cx_buf_reserve(&link->in, CHUNK);
    ssize_t n;

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    n = read(link->fd, to, CHUNK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return CX_SUCCESS;
    }
    if (n <= 0) {
        return (cx_status){ CX_E_IO };
    }
    cx_buf_grown(&link->in, (size_t)n);
    return take_frames(link);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct link *link = ctx;
    cx_status s;

    (void)fd, (void)what;
    link->is_reading = true;
    s = read_some(link);
    link->is_reading = false;
    if (!cx_ok(s)) {
        end(link, s);
    } else {
        link->calls.pause(link->calls.ctx); /* may end the link */
    }
}

/* ---- life */

cx_status
link_open(int fd, struct event_base *base, const struct link_calls *calls, struct link **ret)
{
    struct link *link = cx_alloc(1, sizeof(*link));

    if (link == NULL) {
        (void)close(fd);
        return (cx_status){ CX_E_NOMEM };
    }
    link->fd = fd;
    link->calls = *calls;
    cx_buf_init(&link->in, CX_OP_MAX + 2 * CHUNK);
    cx_buf_init(&link->out, LINK_BACKLOG);
    link->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link);
    link->writable = event_new(base, fd, EV_WRITE, on_writable, link);
    if (link->readable == NULL || link->writable == NULL ||
        evutil_make_socket_nonblocking(fd) != 0 || event_add(link->readable, NULL) != 0) {
        link_free(link);
        return (cx_status){ CX_E_IO };
    }
    *ret = link;
    return CX_SUCCESS;
}

void
link_free(struct link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->readable != NULL) {
        event_free(link->readable);
    }
    if (link->writable != NULL) {
        event_free(link->writable);
    }
    cx_buf_done(&link->in);
    cx_buf_done(&link->out);
    (void)close(link->fd);
    cx_free(link);
}

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "bin/caaproofd/http_priv.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <unistd.h>

static const struct http_limits *
limits_of(const struct http_connection *c)
{
    return &c->server->config.limits;
}

static void
set_timer(struct http_connection *c, unsigned ms)
{
    const struct timeval after = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

    if (c->failed) {
        return; /* the timer is at work: a new time would call it off */
    }
    if (evtimer_add(c->timer, &after) != 0) { /* never without a time */
        connection_fail(c);
    }
}

static void
clear_timer(struct http_connection *c)
{
    if (!c->failed) {
        (void)evtimer_del(c->timer); /* of one that is not set, too */
    }
    c->reply_timed = false;
}

static void
wake(struct http_connection *c)
{
    event_active(c->timer, EV_TIMEOUT, 1);
}

void
connection_fail(struct http_connection *c)
{
    c->failed = true;
    wake(c);
}

void
connection_time_reply(struct http_connection *c)
{
    if (!c->reply_timed) {
        set_timer(c, limits_of(c)->reply_ms);
        c->reply_timed = true;
    }
}

void
connection_answered(struct http_connection *c)
{
    c->request = NULL;
    c->state = CONNECTION_FLUSHING;
    if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
        wake(c); /* nothing will be written, of which libevent could tell */
    }
}

void
connection_close(struct http_connection *c)
{
    struct http_request *request = c->request;

    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    c->state = CONNECTION_CLOSED;
    c->request = NULL;
    bufferevent_free(c->bev);
    c->bev = NULL;
    wake(c);
    c->server->counters.open--;
    if (c->server->is_draining && c->server->counters.open == 0) {
        event_active(c->server->timer, EV_TIMEOUT, 1);
    }
    if (request != NULL) {
        c->server->counters.gone += request->is_given ? 1 : 0;
        request_detach(request);
    }
}

void
connection_free(struct http_connection *c)
{
    *c->back = c->next;
    if (c->next != NULL) {
        c->next->back = c->back;
    }
    event_free(c->timer);
    tls_peer_free(c->peer);
    cx_free(c);
}

static void
refuse(struct http_connection *c, struct http_refusal no)
{
    struct http_counters *counters = &c->server->counters;

    counters->refused_large += no.status == 413 || no.status == 414 || no.status == 431 ? 1 : 0;
    counters->refused_malformed +=
        no.status == 400 || no.status == 417 || no.status == 501 || no.status == 505 ? 1 : 0;
    request_free(c->request);
    c->request = NULL;
    clear_timer(c);
    reply_refusal(c, no);
}

/* What comes is thrown away until the client has closed, or long enough: to close with unread octets would reset the connection, and the
 * client could lose the answer. */
static void
begin_linger(struct http_connection *c)
{
    if (c->at_eof) {
        connection_close(c);
        return;
    }
    c->state = CONNECTION_LINGERING;
    set_timer(c, CX_HTTP_LINGER_MS);
    if (c->is_tls) {
        (void)SSL_shutdown(bufferevent_openssl_get_ssl(c->bev)); /* as far as it can be told */
        ERR_clear_error();
    }
    (void)shutdown(bufferevent_getfd(c->bev), SHUT_WR); /* the timer ends it otherwise */
    (void)bufferevent_enable(c->bev, EV_READ);          /* the same */
}

static void
discard(struct http_connection *c, struct evbuffer *input)
{
    c->lingered += evbuffer_get_length(input);
    (void)evbuffer_drain(input, evbuffer_get_length(input)); /* of its own length: cannot fail */
    if (c->lingered > CX_HTTP_LINGER_OCTETS) {
        connection_close(c);
    }
}

static void
begin_idle(struct http_connection *c)
{
    c->state = CONNECTION_IDLE;
    set_timer(c, c->server->is_draining ? CX_HTTP_DRAIN_ASK_MS : limits_of(c)->idle_ms);
}

/* Octets of a request that nobody has looked at. */
static bool
has_unread(const struct http_connection *c)
{
    char octet;

    return evbuffer_get_length(bufferevent_get_input(c->bev)) != 0 ||
           recv(bufferevent_getfd(c->bev), &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

void
connection_drain(struct http_connection *c)
{
    if (c->state != CONNECTION_HANDSHAKE && c->state != CONNECTION_IDLE) {
        return;
    }
    if (c->was_asked && !has_unread(c)) {
        connection_close(c);
    } else {
        set_timer(c, CX_HTTP_DRAIN_ASK_MS);
    }
}

/* Each step below is true if another one may follow. */
static bool
begin_request(struct http_connection *c, struct evbuffer *input)
{
    char first[2];

    if (evbuffer_copyout(input, first, sizeof(first)) == sizeof(first) && first[0] == '\r' &&
        first[1] == '\n') {
        (void)evbuffer_drain(input, 2); /* RFC 9112 section 2.2: one empty line in front */
    }
    if (evbuffer_get_length(input) == 0) {
        if (c->at_eof || c->server->is_draining) {
            connection_close(c);
        }
        return false;
    }
    c->state = CONNECTION_HEAD;
    c->was_asked = true;
    c->scanned = 0;
    set_timer(c, limits_of(c)->request_ms);
    return true;
}

static void
continue_if_expected(struct http_connection *c, const struct evbuffer *input)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct http_head *head = &c->request->head;

    if (head->expects_continue && (head->is_chunked || head->length != 0) &&
        evbuffer_get_length(input) == 0 &&
        evbuffer_add(bufferevent_get_output(c->bev), go_on, sizeof(go_on) - 1) != 0) {
        connection_fail(c);
    }
}

static bool
take_head(struct http_connection *c, struct evbuffer *input)
{
    size_t max = limits_of(c)->head_octets_max;
    size_t n = evbuffer_get_length(input) < max ? evbuffer_get_length(input) : max, size = 0;
    const char *octets = (const char *)evbuffer_pullup(input, (ev_ssize_t)n);
    struct http_refusal no = HTTP_TAKEN;

    if (octets == NULL) {
        connection_fail(c);
        return false;
    }
    switch (http_head_end((cx_str){ octets, n }, &c->scanned, &size)) {
    case HTTP_HEAD_MORE:
        if (n == max) {
            refuse(c, http_refuse(431, "the head of the request is too large"));
        }
        return false;
    case HTTP_HEAD_BAD:
        refuse(c, http_refuse(400, "a line of the head does not end with CRLF"));
        return false;
    case HTTP_HEAD_WHOLE:
        break;
    }
    c->request = request_new(c);
    no = c->request != NULL ? request_read_head(c->request, (cx_str){ octets, size })
                            : http_refuse(500, "out of memory");
    (void)evbuffer_drain(input, size); /* they are there */
    if (no.status != 0) {
        refuse(c, no);
        return false;
    }
    c->state = CONNECTION_BODY;
    continue_if_expected(c, input);
    return true;
}

/* Whole: *ret_whole. */
static struct http_refusal
take_plain(struct http_request *request, struct evbuffer *input, bool *ret_whole)
{
    size_t left = (size_t)request->head.length - request->body.n; /* at most the body's maximum */
    size_t n = evbuffer_get_length(input) < left ? evbuffer_get_length(input) : left;
    char *to = n != 0 ? cx_buf_reserve(&request->body, n) : NULL;

    if (n != 0) {
        if (to == NULL || evbuffer_remove(input, to, n) != (int)n) {
            return http_refuse(500, "out of memory");
        }
        cx_buf_grown(&request->body, n);
    }
    *ret_whole = n == left;
    return HTTP_TAKEN;
}

static struct http_refusal
take_chunks(struct http_request *request, struct evbuffer *input, bool *ret_whole)
{
    struct http_refusal no = HTTP_TAKEN;

    while (no.status == 0 && request->chunks.state != HTTP_CHUNK_DONE &&
           evbuffer_get_length(input) != 0) {
        size_t n = evbuffer_get_contiguous_space(input), used = 0;
        const uint8_t *octets = evbuffer_pullup(input, (ev_ssize_t)n);

        no = http_chunks_take(&request->chunks, (cx_span){ octets, n }, &request->body, &used);
        (void)evbuffer_drain(input, used); /* they are there */
    }
    *ret_whole = request->chunks.state == HTTP_CHUNK_DONE;
    return no;
}

static void
give(struct http_connection *c)
{
    struct http_server *server = c->server;
    struct http_request *request = c->request;

    clear_timer(c);
    c->state = CONNECTION_ANSWERING;
    request->is_given = true;
    request->message.body = cx_span_of_str(cx_buf_str(&request->body));
    server->counters.requests++;
    server->config.handler(server->config.ctx, request);
    if (c->state == CONNECTION_ANSWERING && c->at_eof) {
        connection_close(c);
    }
}

static bool
take_body(struct http_connection *c, struct evbuffer *input)
{
    bool whole = false;
    struct http_refusal no = c->request->head.is_chunked ? take_chunks(c->request, input, &whole)
                                                         : take_plain(c->request, input, &whole);

    if (no.status != 0) {
        refuse(c, no);
    } else if (whole) {
        give(c);
    }
    return false;
}

static bool
step(struct http_connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->bev);

    switch (c->state) {
    case CONNECTION_IDLE:
        return begin_request(c, input);
    case CONNECTION_HEAD:
        return take_head(c, input);
    case CONNECTION_BODY:
        return take_body(c, input);
    case CONNECTION_LINGERING:
        discard(c, input);
        return false;
    case CONNECTION_ANSWERING:
    case CONNECTION_FLUSHING:
        /* Pipelined requests wait, as many as fit into the room of one head; to see that the client goes, reading goes on till then. */
        if (evbuffer_get_length(input) > limits_of(c)->head_octets_max) {
            (void)bufferevent_disable(c->bev, EV_READ); /* else there is more memory used */
        }
        return false;
    case CONNECTION_HANDSHAKE:
    case CONNECTION_CLOSED:
        break;
    }
    return false;
}

static void
advance(struct http_connection *c)
{
    while (!c->failed && step(c)) {
    }
}

static void
flushed(struct http_connection *c)
{
    clear_timer(c);
    if (c->close_after || c->server->is_draining) {
        begin_linger(c);
        return;
    }
    begin_idle(c);
    if (!c->at_eof && bufferevent_enable(c->bev, EV_READ) != 0) {
        connection_fail(c);
    }
    advance(c);
}

static void
drained(struct http_connection *c)
{
    struct http_request *request = c->request;

    if (request == NULL) {
        return; /* dropped, and not yet closed */
    }
    clear_timer(c);
    if (request->is_full) {
        request->is_full = false;
        if (request->drained != NULL) {
            request->drained(request->drained_ctx);
        }
    }
}

static void
on_read(struct bufferevent *bev, void *ctx)
{
    (void)bev; /* of the type that libevent wants */
    advance(ctx);
}

static void
on_write(struct bufferevent *bev, void *ctx)
{
    struct http_connection *c = ctx;

    if (evbuffer_get_length(bufferevent_get_output(bev)) != 0) {
        return;
    }
    if (c->state == CONNECTION_FLUSHING) {
        flushed(c);
    } else if (c->state == CONNECTION_ANSWERING) {
        drained(c);
    }
}

static void
end_handshake(struct http_connection *c)
{
    if (!cx_ok(tls_peer_read(bufferevent_openssl_get_ssl(c->bev), &c->peer))) {
        c->server->counters.tls_failures++;
        connection_close(c);
    } else {
        begin_idle(c);
    }
}

static void
on_event(struct bufferevent *bev, short what, void *ctx)
{
    struct http_connection *c = ctx;

    (void)bev; /* of the type that libevent wants */
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        end_handshake(c);
        return;
    }
    c->server->counters.tls_failures += c->state == CONNECTION_HANDSHAKE ? 1 : 0;
    c->at_eof = true;
    if ((what & BEV_EVENT_EOF) == 0 || (what & BEV_EVENT_ERROR) != 0 || c->is_tls ||
        c->state != CONNECTION_FLUSHING) {
        connection_close(c);
    }
}

static void
run_out(struct http_connection *c)
{
    struct http_counters *counters = &c->server->counters;

    switch (c->state) {
    case CONNECTION_HEAD:
    case CONNECTION_BODY:
        counters->slow_requests++;
        refuse(c, http_refuse(408, "the request did not come in time"));
        return;
    case CONNECTION_FLUSHING:
        if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
            flushed(c);
            return;
        }
        counters->slow_replies++;
        break;
    case CONNECTION_ANSWERING:
        counters->slow_replies++;
        break;
    case CONNECTION_HANDSHAKE:
        counters->tls_failures++;
        break;
    case CONNECTION_IDLE:
    case CONNECTION_LINGERING:
    case CONNECTION_CLOSED:
        break;
    }
    connection_close(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct http_connection *c = ctx;

    (void)fd, (void)what; /* of the type that libevent wants */
    if (c->state == CONNECTION_CLOSED) {
        connection_free(c);
    } else if (c->failed) {
        connection_close(c);
    } else {
        run_out(c);
    }
}

/* Without its descriptor, so that nobody wonders who has that when memory is exhausted; of the SSL, versions of libevent differ, hence
 * a share of our own until it is known. */
static struct bufferevent *
bufferevent_of(struct event_base *base, const struct tls_context *tls)
{
    const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    struct bufferevent *bev;
    SSL *ssl;

    if (tls == NULL) {
        return bufferevent_socket_new(base, -1, options);
    }
    ssl = tls_accept_new(tls);
    if (ssl == NULL || SSL_up_ref(ssl) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, options);
    SSL_free(ssl);
    return bev;
}

static void
link_to(struct http_connection *c, struct http_connection **bucket)
{
    c->next = *bucket;
    c->back = bucket;
    if (c->next != NULL) {
        c->next->back = &c->next;
    }
    *bucket = c;
}

static struct http_connection *
make(struct http_server *server, const struct tls_context *tls, const struct http_place *place)
{
    struct http_connection *c = cx_alloc(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    *c = (struct http_connection){ .server = server, .place = *place, .is_tls = tls != NULL };
    c->place.key.p = c->place.octets;
    c->timer = evtimer_new(server->config.base, on_timer, c);
    c->bev = c->timer != NULL ? bufferevent_of(server->config.base, tls) : NULL;
    if (c->bev == NULL) {
        if (c->timer != NULL) {
            event_free(c->timer);
        }
        cx_free(c);
        return NULL;
    }
    return c;
}

bool
connection_new(struct http_server *server, int fd, const struct tls_context *tls,
               const struct http_place *place)
{
    struct http_connection *c = make(server, tls, place);

    if (c == NULL) {
        (void)close(fd); /* nothing was written */
        return false;
    }
    link_to(c, &server->buckets[cx_hash(server->hash_key, c->place.key) % HTTP_BUCKETS]);
    server->counters.open++;
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    if (c->is_tls) {
        c->state = CONNECTION_HANDSHAKE;
        set_timer(c, limits_of(c)->request_ms);
    } else {
        begin_idle(c);
    }
    if (bufferevent_setfd(c->bev, fd) != 0 || bufferevent_enable(c->bev, EV_READ | EV_WRITE) != 0) {
        connection_close(c);
    }
    return true;
}

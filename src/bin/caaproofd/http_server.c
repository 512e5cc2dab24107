#include "bin/caaproofd/http_server.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "bin/caaproofd/http_priv.h"

#include <event2/listener.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void
enable_listeners(struct http_server *server, bool on)
{
    for (struct http_listener *l = server->listeners; l != NULL; l = l->next) {
        /* What cannot be enabled now is tried again with the next change of a pause. */
        (void)(on ? evconnlistener_enable(l->listener) : evconnlistener_disable(l->listener));
    }
}

static void
on_server_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct http_server *server = ctx;
    http_callback *idle = server->idle;

    (void)fd, (void)what; /* of the type that libevent wants */
    if (!server->is_draining) {
        enable_listeners(server, !server->is_paused);
    } else if (server->counters.open == 0 && idle != NULL) {
        server->idle = NULL;
        idle(server->idle_ctx);
    }
}

cx_status
http_server_new(const struct http_config *config, struct http_server **ret,
                struct cx_detail *detail)
{
    const struct http_limits *l = &config->limits;
    struct http_server *server;
    uint64_t key;

    if (l->connections_max == 0 || l->connections_per_address_max == 0 || l->head_octets_max == 0 ||
        l->body_octets_max == 0 || l->unsent_octets_max == 0 || l->request_ms == 0 ||
        l->idle_ms == 0 || l->reply_ms == 0) {
        return cx_fail(detail, CX_E_USAGE, "a limit of the HTTP server is zero");
    }
    if (!cx_hash_key(&key)) {
        return cx_fail(detail, CX_E_INTERNAL, "no random octets");
    }
    server = cx_alloc(1, sizeof(*server));
    if (server == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    server->config = *config;
    server->hash_key = key;
    server->timer = evtimer_new(config->base, on_server_timer, server);
    if (server->timer == NULL) {
        cx_free(server);
        return (cx_status){ CX_E_NOMEM };
    }
    (void)signal(SIGPIPE, SIG_IGN); /* fails for unknown signals only */
    *ret = server;
    return CX_SUCCESS;
}

static void
free_listeners(struct http_server *server)
{
    while (server->listeners != NULL) {
        struct http_listener *l = server->listeners;

        server->listeners = l->next;
        evconnlistener_free(l->listener);
        cx_free(l);
    }
}

void
http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    free_listeners(server);
    for (size_t i = 0; i < HTTP_BUCKETS; i++) {
        while (server->buckets[i] != NULL) {
            struct http_connection *connection = server->buckets[i];

            connection_close(connection);
            connection_free(connection);
        }
    }
    event_free(server->timer);
    cx_free(server);
}

static bool
place_of_unix(int fd, struct http_place *ret)
{
    struct ucred peer;
    socklen_t n = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || n != sizeof(peer)) {
        return false;
    }
    ret->unix_uid = peer.uid;
    ret->key.n = sizeof(peer.uid);
    memcpy(ret->octets, &peer.uid, sizeof(peer.uid));
    (void)snprintf(ret->text, sizeof(ret->text), "unix");
    return true;
}

/* False if it cannot be told who that is. */
static bool
place_of(int fd, const struct sockaddr *address, struct http_place *ret)
{
    const void *octets;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    *ret = (struct http_place){ .unix_uid = -1 };
    if (address->sa_family == AF_UNIX) {
        return place_of_unix(fd, ret);
    }
    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        octets = &v4.sin_addr;
        ret->key.n = sizeof(v4.sin_addr);
        ret->port = ntohs(v4.sin_port);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof(v6));
        octets = &v6.sin6_addr;
        /* One client can have all of a /64; IPv4 as seen by a socket for both has its address at the end. */
        ret->key.n = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? 16 : 8;
        ret->port = ntohs(v6.sin6_port);
    } else {
        return false;
    }
    memcpy(ret->octets, octets, ret->key.n);
    return inet_ntop(address->sa_family, octets, ret->text, sizeof(ret->text)) != NULL;
}

static size_t
connections_of(const struct http_server *server, const struct http_place *place)
{
    const cx_span key = { place->octets, place->key.n };
    size_t n = 0;

    for (const struct http_connection *c =
             server->buckets[cx_hash(server->hash_key, key) % HTTP_BUCKETS];
         c != NULL; c = c->next) {
        n += c->state != CONNECTION_CLOSED && cx_span_equal(c->place.key, key) ? 1 : 0;
    }
    return n;
}

/* Without the cost of a connection; over TLS there is nothing that could be said. */
static void
turn_away(int fd, bool is_tls)
{
    static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                               "Retry-After: 1\r\nConnection: close\r\n\r\n";

    if (!is_tls) {
        (void)send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL); /* if it can be told */
    }
    (void)close(fd); /* nothing is lost */
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int n,
          void *ctx)
{
    const struct http_listener *l = ctx;
    struct http_server *server = l->server;
    const struct http_limits *limits = &server->config.limits;
    struct http_place place;
    const int on = 1;

    (void)listener, (void)n; /* of the type that libevent wants */
    server->counters.connections++;
    if (!place_of(fd, address, &place)) {
        (void)close(fd); /* nothing is lost */
        return;
    }
    if (server->counters.open >= limits->connections_max) {
        server->counters.refused_connections++;
        turn_away(fd, l->tls != NULL);
        return;
    }
    if (connections_of(server, &place) >= limits->connections_per_address_max) {
        server->counters.refused_address++;
        turn_away(fd, l->tls != NULL);
        return;
    }
    if (place.unix_uid < 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* slower without */
    }
    server->counters.refused_connections += connection_new(server, fd, l->tls, &place) ? 0 : 1;
}

/* No descriptors or no memory: without a pause the loop would only turn. */
static void
on_accept_failure(struct evconnlistener *listener, void *ctx)
{
    struct http_server *server = ((const struct http_listener *)ctx)->server;
    const struct timeval pause = { .tv_usec = CX_HTTP_ACCEPT_PAUSE_MS * 1000 };

    (void)listener; /* of the type that libevent wants */
    if (evtimer_add(server->timer, &pause) == 0) {
        enable_listeners(server, false);
    }
}

cx_status
http_server_listen(struct http_server *server, int fd, const struct tls_context *tls,
                   struct cx_detail *detail)
{
    struct http_listener *l = cx_alloc(1, sizeof(*l));

    if (l == NULL || evutil_make_socket_nonblocking(fd) != 0) {
        cx_status status = l == NULL
                               ? (cx_status){ CX_E_NOMEM }
                               : cx_fail(detail, CX_E_IO, "listening socket: %s", strerror(errno));

        (void)close(fd); /* nothing was written */
        cx_free(l);
        return status;
    }
    *l = (struct http_listener){ .next = server->listeners, .server = server, .tls = tls };
    l->listener = evconnlistener_new(server->config.base, on_accept, l,
                                     LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (l->listener == NULL) {
        (void)close(fd); /* nothing was written */
        cx_free(l);
        return cx_fail(detail, CX_E_IO, "listening socket: cannot be watched");
    }
    evconnlistener_set_error_cb(l->listener, on_accept_failure);
    server->listeners = l;
    if (server->is_paused) {
        enable_listeners(server, false);
    }
    return CX_SUCCESS;
}

void
http_server_replace_tls(struct http_server *server, const struct tls_context *old,
                        const struct tls_context *new)
{
    for (struct http_listener *l = server->listeners; l != NULL; l = l->next) {
        l->tls = l->tls == old ? new : l->tls;
    }
}

void
http_server_pause_accept(struct http_server *server, bool paused)
{
    server->is_paused = paused;
    enable_listeners(server, !paused);
}

void
http_server_drain(struct http_server *server, http_callback *idle, void *ctx)
{
    server->is_draining = true;
    server->idle = idle;
    server->idle_ctx = ctx;
    free_listeners(server);
    for (size_t i = 0; i < HTTP_BUCKETS; i++) {
        for (struct http_connection *c = server->buckets[i]; c != NULL; c = c->next) {
            connection_drain(c); /* frees nothing yet */
        }
    }
    if (server->counters.open == 0) {
        event_active(server->timer, EV_TIMEOUT, 1);
    }
}

const struct http_counters *
http_server_counters(const struct http_server *server)
{
    return &server->counters;
}

/* A server of the HTTP layer for test_http.py. Arguments: listeners ("plain", "unix=PATH", "tls=CHAIN,KEY", "mtls=CHAIN,KEY,CA") and limits
 * ("body=100"). Says where it listens, one line each; then obeys lines of standard input until that ends:
 *   counters   what was counted, as JSON
 *   release    answers all requests that are held
 *   drain, pause, resume
 *   renew      new connections get the context of "spare=CHAIN,KEY", which has no listener; the first one is freed
 * Says "gone" for each held request whose client is, "idle" when drained. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "bin/caaproofd/http_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HELD_MAX     64
#define CONTEXTS_MAX 4
/* No test waits for it. */
#define HOURS_MS 36000000

struct held {
    struct peer *peer;
    struct http_request *request;
    bool gone;
};

struct peer {
    struct event_base *base;
    struct http_server *server;
    struct tls_context *contexts[CONTEXTS_MAX];
    size_t n_contexts;
    struct held held[HELD_MAX];
    struct http_config config;
};

struct stream {
    struct http_request *request;
    size_t left;
};

static _Noreturn void
fail(const char *what)
{
    fprintf(stderr, "http_peer: %s\n", what);
    exit(2);
}

static void
say(const char *word)
{
    printf("%s\n", word);
    fflush(stdout);
}

static void
set(struct cx_json *object, const char *member, cx_str text)
{
    if (!cx_json_set(object, member, cx_json_new_outside(text))) {
        fail("JSON");
    }
}

static struct cx_json *
texts(const cx_str *all, size_t n)
{
    struct cx_json *array = cx_json_new_array();

    for (size_t i = 0; i < n; i++) {
        if (!cx_json_add(array, cx_json_new_outside(all[i]))) {
            fail("JSON");
        }
    }
    return array;
}

static void
reply_json(struct http_request *request, struct cx_json *json)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RESULT_MAX);
    if (!cx_ok(cx_json_write(json, &buf))) {
        fail("JSON");
    }
    cx_json_free(json);
    http_reply(request, 200, "application/json", cx_buf_str(&buf), NULL);
    cx_buf_done(&buf);
}

static struct cx_json *
certificate_of(const struct tls_peer *peer)
{
    struct cx_json *json = cx_json_new_object();
    struct cx_buf hex;

    cx_buf_init(&hex, 100);
    cx_buf_put_hex(&hex, (cx_span){ peer->sha256, sizeof(peer->sha256) });
    set(json, "sha256", cx_buf_str(&hex));
    cx_buf_done(&hex);
    set(json, "subject", peer->subject);
    if (!cx_json_set(json, "dns", texts(peer->dns_names, peer->n_dns_names)) ||
        !cx_json_set(json, "uri", texts(peer->uris, peer->n_uris))) {
        fail("JSON");
    }
    return json;
}

/* All that a handler is told. */
static void
echo(struct http_request *request)
{
    const struct http_message *m = http_request_message(request);
    struct cx_json *json = cx_json_new_object(), *query = cx_json_new_object();
    cx_str header = { NULL, 0 };

    set(json, "method", m->method);
    set(json, "path", m->path);
    set(json, "type", m->content_type);
    set(json, "body", cx_str_of_span(m->body));
    set(json, "bearer", m->identity.bearer);
    set(json, "address", m->identity.address);
    for (size_t i = 0; i < m->n_query; i++) {
        if (!cx_json_set_str(query, m->query[i].name, cx_json_new_outside(m->query[i].value))) {
            fail("JSON");
        }
    }
    if (http_header(request, "x-test", &header)) {
        set(json, "header", header);
    }
    if (!cx_json_set(json, "query", query) ||
        !cx_json_set(json, "uid", cx_json_new_integer(m->identity.unix_uid)) ||
        (m->identity.certificate != NULL &&
         !cx_json_set(json, "certificate", certificate_of(m->identity.certificate)))) {
        fail("JSON");
    }
    reply_json(request, json);
}

static void
on_gone(void *ctx)
{
    struct held *held = ctx;

    held->gone = true;
    say("gone");
}

static void
hold(struct peer *peer, struct http_request *request)
{
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held *held = &peer->held[i];

        if (held->request == NULL) {
            *held = (struct held){ peer, request, false };
            http_request_on_gone(request, on_gone, held);
            say("held");
            return;
        }
    }
    fail("too many held");
}

static void
release(struct peer *peer)
{
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held *held = &peer->held[i];

        if (held->request != NULL) {
            if (held->gone != http_request_is_gone(held->request)) {
                fail("gone, and not told");
            }
            http_reply(CX_STEAL(held->request), 200, "text/plain", CX_STR("released"), NULL);
        }
    }
    say("released");
}

static size_t
number(const struct http_request *request, const char *name)
{
    cx_str text;
    size_t n = 0;

    if (http_parameter(request, name, &text)) {
        for (size_t i = 0; i < text.n; i++) {
            n = n * 10 + (size_t)(text.p[i] - '0');
        }
    }
    return n;
}

static void
go_on(void *ctx)
{
    static const char piece[4096] = { 'x' };
    struct stream *stream = ctx;
    bool more = true;

    while (more && stream->left != 0) {
        size_t n = stream->left < sizeof(piece) ? stream->left : sizeof(piece);

        more = http_stream_put(stream->request, (cx_str){ piece, n });
        stream->left -= n;
    }
    if (more) {
        http_stream_end(stream->request);
        cx_free(stream);
    }
}

static void
stream_gone(void *ctx)
{
    struct stream *stream = ctx;

    http_drop(stream->request);
    cx_free(stream);
    say("gone");
}

static void
begin_stream(struct http_request *request)
{
    struct stream *stream = cx_alloc(1, sizeof(*stream));

    if (stream == NULL) {
        fail("memory");
    }
    *stream = (struct stream){ request, number(request, "octets") };
    http_request_on_gone(request, stream_gone, stream);
    http_stream_on_drained(request, go_on, stream);
    http_stream_begin(request, 200, "application/octet-stream");
    go_on(stream);
}

static void
reply_big(struct http_request *request)
{
    size_t n = number(request, "octets");
    char *body = cx_alloc(n + 1, 1);

    if (body == NULL) {
        fail("memory");
    }
    memset(body, 'y', n);
    http_reply(request, 200, "text/plain", (cx_str){ body, n }, NULL);
    cx_free(body);
}

static void
break_off(struct http_request *request)
{
    http_stream_begin(request, 200, "text/plain");
    if (!http_stream_put(request, CX_STR("half"))) {
        fail("four octets are too many");
    }
    http_drop(request);
}

/* What the query says becomes a header field. */
static void
reply_field(struct http_request *request)
{
    struct http_field field = { .name = { NULL, 0 } };
    cx_str type = CX_STR("text/plain"), set;
    char text[200];

    if (!http_parameter(request, "name", &field.name) ||
        !http_parameter(request, "value", &field.value)) {
        http_problem(request, 400, "/problems/no-field", "No field", CX_STR("name and value"));
        return;
    }
    for (size_t i = 0; i < field.value.n; i++) { /* a query cannot have it */
        field.value = field.value.p[i] == '|' ? CX_STR("a\r\nSet-Cookie: b") : field.value;
    }
    (void)http_parameter(request, "type", &type); /* else text/plain */
    (void)snprintf(text, sizeof(text), "%.*s", (int)type.n, type.p);
    if (http_parameter(request, "set", &set)) {
        http_set_field(request, "X-Replaced", CX_STR("x"));
        http_set_field(request, "X-Set",
                       cx_str_equal(set, CX_STR("|")) ? CX_STR("a\r\nB: c") : set);
    }
    http_reply(request, http_parameter(request, "busy", &set) ? 503 : 200,
               cx_str_equal(type, CX_STR("crlf")) ? "a\r\nX: b" : text, CX_STR("field"),
               &(struct http_fields){ &field, 1 });
}

static void
answer_none(struct http_request *request)
{
    http_reply(request, 204, NULL, CX_STR(""), NULL);
}

static void
answer_problem(struct http_request *request)
{
    http_problem(request, 403, "/problems/unknown-authority", "Unknown authority",
                 http_request_message(request)->path);
}

static void
on_request(void *ctx, struct http_request *request)
{
    static const struct {
        const char *path;
        void (*answer)(struct http_request *request);
    } routes[] = {
        { "/echo", echo },        { "/stream", begin_stream }, { "/big", reply_big },
        { "/half", break_off },   { "/drop", http_drop },      { "/field", reply_field },
        { "/none", answer_none },
    };
    const cx_str path = http_request_message(request)->path;

    for (size_t i = 0; i < CX_COUNT(routes); i++) {
        if (cx_str_equal(path, cx_str_of(routes[i].path))) {
            routes[i].answer(request);
            return;
        }
    }
    if (cx_str_equal(path, CX_STR("/hold"))) {
        hold(ctx, request);
    } else {
        answer_problem(request);
    }
}

static void
say_counters(const struct peer *peer)
{
    const struct http_counters *c = http_server_counters(peer->server);

    printf("{\"connections\": %lu, \"open\": %lu, \"requests\": %lu, \"2xx\": %lu, \"4xx\": %lu, "
           "\"5xx\": %lu, \"refused_connections\": %lu, \"refused_address\": %lu, "
           "\"refused_large\": %lu, \"refused_malformed\": %lu, \"slow_requests\": %lu, "
           "\"slow_replies\": %lu, \"tls_failures\": %lu, \"gone\": %lu}\n",
           c->connections, c->open, c->requests, c->replies[2], c->replies[4], c->replies[5],
           c->refused_connections, c->refused_address, c->refused_large, c->refused_malformed,
           c->slow_requests, c->slow_replies, c->tls_failures, c->gone);
    fflush(stdout);
}

static void
on_idle(void *ctx)
{
    (void)ctx; /* of the type that is wanted */
    say("idle");
}

static void
obey(struct peer *peer, const char *line)
{
    if (strcmp(line, "counters") == 0) {
        say_counters(peer);
    } else if (strcmp(line, "release") == 0) {
        release(peer);
    } else if (strcmp(line, "drain") == 0) {
        http_server_drain(peer->server, on_idle, NULL);
        say("draining");
    } else if (strcmp(line, "pause") == 0 || strcmp(line, "resume") == 0) {
        http_server_pause_accept(peer->server, line[0] == 'p');
        say(line);
    } else if (strcmp(line, "renew") == 0 && peer->n_contexts == 2) {
        http_server_replace_tls(peer->server, peer->contexts[0], peer->contexts[1]);
        tls_context_free(CX_STEAL(peer->contexts[0]));
        say("renewed");
    } else {
        fail(line);
    }
}

static void
on_line(struct bufferevent *bev, void *ctx)
{
    for (char *line;
         (line = evbuffer_readln(bufferevent_get_input(bev), NULL, EVBUFFER_EOL_LF)) != NULL;) {
        obey(ctx, line);
        free(line);
    }
}

static void
on_end(struct bufferevent *bev, short what, void *ctx)
{
    (void)bev, (void)what; /* of the type that libevent wants */
    if (event_base_loopbreak(((struct peer *)ctx)->base) != 0) {
        fail("loop");
    }
}

static int
listen_tcp(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (const struct sockaddr *)&address, n) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) != 0) {
        fail("socket");
    }
    printf("%u\n", ntohs(address.sin_port));
    return fd;
}

static int
listen_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path); /* a short one */
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 128) != 0) {
        fail("socket");
    }
    printf("%s\n", path);
    return fd;
}

static void
read_pem(const char *path, struct cx_buf *buf)
{
    struct cx_detail detail;

    cx_buf_init(buf, CX_FILE_MAX);
    if (!cx_ok(cx_file_read(path, buf, &detail))) {
        fail(detail.text);
    }
}

/* files: chain, key and, if clients need certificates, their authorities. */
static const struct tls_context *
context_of(struct peer *peer, char *files)
{
    struct cx_buf pem[3] = { { .n = 0 } };
    struct cx_detail detail = { .text = "memory" };
    char *save = NULL;
    size_t n = 0;

    for (char *path = strtok_r(files, ",", &save); path != NULL && n < CX_COUNT(pem);
         path = strtok_r(NULL, ",", &save)) {
        read_pem(path, &pem[n++]);
    }
    if (!cx_ok(tls_context_new(&(struct tls_config){ cx_span_of_str(cx_buf_str(&pem[0])),
                                                     cx_span_of_str(cx_buf_str(&pem[1])),
                                                     cx_span_of_str(cx_buf_str(&pem[2])) },
                               &peer->contexts[peer->n_contexts], &detail))) {
        fail(detail.text);
    }
    for (size_t i = 0; i < CX_COUNT(pem); i++) {
        cx_buf_done(&pem[i]);
    }
    return peer->contexts[peer->n_contexts++];
}

static bool
take_limit(struct http_limits *limits, const char *name, size_t value)
{
    size_t *const sizes[] = { &limits->connections_max, &limits->connections_per_address_max,
                              &limits->head_octets_max, &limits->body_octets_max,
                              &limits->unsent_octets_max };
    unsigned *const times[] = { &limits->request_ms, &limits->idle_ms, &limits->reply_ms };
    static const char *const size_names[] = { "connections", "address", "head", "body", "unsent" };
    static const char *const time_names[] = { "request", "idle", "reply" };

    for (size_t i = 0; i < CX_COUNT(size_names); i++) {
        if (strcmp(name, size_names[i]) == 0) {
            *sizes[i] = value;
            return true;
        }
    }
    for (size_t i = 0; i < CX_COUNT(time_names); i++) {
        if (strcmp(name, time_names[i]) == 0) {
            *times[i] = (unsigned)value;
            return true;
        }
    }
    return false;
}

static void
listen_on(struct peer *peer, int fd, const struct tls_context *tls)
{
    struct cx_detail detail = { .text = "memory" };

    if (!cx_ok(http_server_listen(peer->server, fd, tls, &detail))) {
        fail(detail.text);
    }
}

static void
take_listener(struct peer *peer, const char *kind, char *value)
{
    if (strcmp(kind, "plain") == 0) {
        listen_on(peer, listen_tcp(), NULL);
    } else if (strcmp(kind, "unix") == 0) {
        listen_on(peer, listen_unix(value), NULL);
    } else if (strcmp(kind, "spare") == 0) {
        (void)context_of(peer, value); /* for later */
    } else {
        listen_on(peer, listen_tcp(), context_of(peer, value));
    }
}

static void
set_up(struct peer *peer, int argc, char **argv)
{
    bool is_limit[32] = { false };
    struct cx_detail detail = { .text = "memory" };

    for (int i = 1; i < argc && i < 32; i++) {
        char *equals = strchr(argv[i], '=');

        if (equals != NULL) {
            *equals = '\0';
            is_limit[i] = take_limit(&peer->config.limits, argv[i], strtoul(equals + 1, NULL, 10));
        }
    }
    if (!cx_ok(http_server_new(&peer->config, &peer->server, &detail))) {
        fail(detail.text);
    }
    for (int i = 1; i < argc && i < 32; i++) {
        if (!is_limit[i]) {
            take_listener(peer, argv[i], argv[i] + strlen(argv[i]) + 1);
        }
    }
    say("ready");
}

int
main(int argc, char **argv)
{
    struct peer peer = { .base = event_base_new(),
                         .config = { .handler = on_request,
                                     .limits = { 100, 100, 8192, 1 << 20, 65536, HOURS_MS, HOURS_MS,
                                                 HOURS_MS } } };
    struct bufferevent *lines;

    peer.config.base = peer.base;
    peer.config.ctx = &peer;
    lines = bufferevent_socket_new(peer.base, 0, 0);
    if (lines == NULL || evutil_make_socket_nonblocking(0) != 0) {
        fail("standard input");
    }
    set_up(&peer, argc, argv);
    bufferevent_setcb(lines, on_line, NULL, on_end, &peer);
    if (bufferevent_enable(lines, EV_READ) != 0 || event_base_dispatch(peer.base) != 0) {
        fail("loop");
    }
    http_server_free(peer.server);
    release(&peer); /* to clients that are gone, all of them */
    for (size_t i = 0; i < peer.n_contexts; i++) {
        tls_context_free(peer.contexts[i]);
    }
    bufferevent_free(lines);
    if (event_base_loop(peer.base, EVLOOP_NONBLOCK) < 0) { /* libevent frees buffers in the loop */
        fail("loop");
    }
    event_base_free(peer.base);
    return 0;
}

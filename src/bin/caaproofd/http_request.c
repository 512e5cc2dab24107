#include "base/alloc.h"
#include "bin/caaproofd/http_priv.h"

/* Beside copies of the head: fields, parameters and what decoding needs. */
#define REQUEST_MEMORY ((size_t)64 << 10)

struct http_request *
request_new(struct http_connection *connection)
{
    const struct http_limits *limits = &connection->server->config.limits;
    struct http_request *request = cx_alloc(1, sizeof(*request));

    if (request != NULL) {
        request->connection = connection;
        cx_arena_init(&request->arena, 4 * limits->head_octets_max + REQUEST_MEMORY);
        cx_buf_init(&request->body, limits->body_octets_max);
        request->peer = tls_peer_share(connection->peer);
        memcpy(request->address, connection->place.text, sizeof(request->address));
        request->message.identity = (struct http_identity){
            .certificate = request->peer,
            .unix_uid = connection->place.unix_uid,
            .address = cx_str_of(request->address),
            .port = connection->place.port,
        };
    }
    return request;
}

void
request_free(struct http_request *request)
{
    if (request != NULL) {
        tls_peer_free(request->peer);
        cx_buf_done(&request->body);
        cx_arena_done(&request->arena);
        cx_free(request);
    }
}

void
request_detach(struct http_request *request)
{
    http_callback *gone = request->gone;

    request->connection = NULL;
    if (!request->is_given) {
        request_free(request);
    } else if (gone != NULL) {
        request->gone = NULL;
        gone(request->gone_ctx);
    }
}

/* RFC 6750 section 2.1: the scheme, blanks, and a token68. Anything else is no bearer token. */
static cx_str
bearer_of(cx_str authorization)
{
    const cx_str scheme = CX_STR("bearer ");
    size_t at = scheme.n;

    if (authorization.n <= at ||
        !cx_span_equal_fold((cx_span){ (const uint8_t *)authorization.p, at },
                            cx_span_of_str(scheme))) {
        return (cx_str){ NULL, 0 };
    }
    while (at < authorization.n && authorization.p[at] == ' ') {
        at++;
    }
    for (size_t i = at; i < authorization.n; i++) {
        if (!cx_ascii_alnum((uint8_t)authorization.p[i]) &&
            (authorization.p[i] == '\0' || strchr("-._~+/=", authorization.p[i]) == NULL)) {
            return (cx_str){ NULL, 0 };
        }
    }
    return (cx_str){ authorization.p + at, authorization.n - at };
}

struct http_refusal
request_read_head(struct http_request *request, cx_str octets)
{
    struct http_message *m = &request->message;
    struct http_target target = { .n_query = 0 };
    struct http_refusal no;
    cx_str head, authorization;

    if (!cx_ok(cx_arena_text(&request->arena, octets, &head))) {
        return http_refuse(500, "out of memory");
    }
    no = http_head_read(head, &request->arena, &request->head);
    if (no.status == 0) {
        no = http_target_read(request->head.target, &request->arena, &target);
    }
    if (no.status != 0) {
        return no;
    }
    if (request->head.length > request->body.max) {
        return http_refuse(413, "the body is too large");
    }
    m->method = request->head.method;
    m->path = target.path;
    m->query = target.query;
    m->n_query = target.n_query;
    m->fields = request->head.fields;
    m->n_fields = request->head.n_fields;
    (void)http_header(request, "content-type", &m->content_type); /* else it stays empty */
    if (http_header(request, "authorization", &authorization)) {
        m->identity.bearer = bearer_of(authorization);
    }
    return HTTP_TAKEN;
}

const struct http_message *
http_request_message(const struct http_request *request)
{
    return &request->message;
}

bool
http_header(const struct http_request *request, const char *name, cx_str *ret)
{
    return http_field_find(request->message.fields, request->message.n_fields, cx_str_of(name),
                           ret);
}

bool
http_parameter(const struct http_request *request, const char *name, cx_str *ret)
{
    for (size_t i = 0; i < request->message.n_query; i++) {
        if (cx_str_equal(request->message.query[i].name, cx_str_of(name))) {
            *ret = request->message.query[i].value;
            return true;
        }
    }
    return false;
}

void
http_request_on_gone(struct http_request *request, http_callback *gone, void *ctx)
{
    request->gone = gone;
    request->gone_ctx = ctx;
}

bool
http_request_is_gone(const struct http_request *request)
{
    return request->connection == NULL;
}

void
http_drop(struct http_request *request)
{
    struct http_connection *connection = request->connection;

    if (connection != NULL) {
        connection->request = NULL;
        connection_fail(connection);
    }
    request_free(request);
}

#include "base/json.h"
#include "base/limits.h"
#include "bin/caaproofd/http_priv.h"

#include <event2/buffer.h>

#include <stdio.h>

#define HEAD_MAX    ((size_t)64 << 10)
#define PROBLEM_MAX ((size_t)64 << 10)

/* The head of an answer. */
struct reply_head {
    int status;
    const char *content_type; /* NULL: no body */
    const struct http_fields *extra;
    struct http_field field; /* one more; name.n == 0: none */
    bool is_chunked;
    bool has_length;
    size_t length;
    bool closes;
};

static const struct {
    int status;
    const char *text;
} phrases[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Content" },
    { 425, "Too Early" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
};

/* Clients go by the number (RFC 9112 section 4). */
static const char *
phrase_of(int status)
{
    for (size_t i = 0; i < CX_COUNT(phrases); i++) {
        if (phrases[i].status == status) {
            return phrases[i].text;
        }
    }
    return status < 300 ? "OK" : status < 400 ? "Redirect" : status < 500 ? "Refused" : "Failed";
}

/* RFC 9110 section 5.6.7. */
static void
put_date(struct cx_buf *buf)
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    cx_time now = cx_time_now();
    char text[CX_TIME_TEXT];
    size_t month;

    cx_time_format(now, text); /* 2026-11-22T12:00:00Z */
    month = (size_t)(text[5] - '0') * 10 + (size_t)(text[6] - '0') - 1;
    cx_buf_printf(buf, "Date: %.3s, %.2s %.3s %.4s %.8s GMT\r\n", days + now / 86400 % 7 * 3,
                  text + 8, months + month % 12 * 3, text, text + 11);
}

/* Fields that say where an answer ends, or that are written here. */
static bool
is_ours(cx_str name)
{
    static const char *const ours[] = { "content-length", "content-type", "transfer-encoding",
                                        "connection",     "date",         "trailer",
                                        "upgrade",        "keep-alive" };

    for (size_t i = 0; i < CX_COUNT(ours); i++) {
        if (cx_span_equal_fold(cx_span_of_str(name), cx_span_of_str(cx_str_of(ours[i])))) {
            return true;
        }
    }
    return false;
}

static bool
is_good_field(const struct http_field *field)
{
    return http_is_token(field->name) && http_is_field_value(field->value) && !is_ours(field->name);
}

static bool
is_good(const struct reply_head *head)
{
    if (head->status < 200 || head->status > 599 ||
        (head->content_type != NULL && !http_is_field_value(cx_str_of(head->content_type)))) {
        return false;
    }
    for (size_t i = 0; head->extra != NULL && i < head->extra->n; i++) {
        if (!is_good_field(&head->extra->all[i])) {
            return false;
        }
    }
    return head->field.name.n == 0 || is_good_field(&head->field);
}

static bool
has_extra(const struct reply_head *head, const char *name)
{
    cx_str value;

    return head->extra != NULL &&
           http_field_find(head->extra->all, head->extra->n, cx_str_of(name), &value);
}

static void
put_field(struct cx_buf *buf, const struct http_field *field)
{
    cx_buf_put(buf, field->name);
    cx_buf_puts(buf, ": ");
    cx_buf_put(buf, field->value);
    cx_buf_puts(buf, "\r\n");
}

static void
put_head(struct cx_buf *buf, const struct reply_head *head)
{
    cx_buf_printf(buf, "HTTP/1.1 %d %s\r\n", head->status, phrase_of(head->status));
    put_date(buf);
    if (head->content_type != NULL) {
        cx_buf_printf(buf, "Content-Type: %s\r\n", head->content_type);
    }
    if (head->is_chunked) {
        cx_buf_puts(buf, "Transfer-Encoding: chunked\r\n");
    } else if (head->has_length) {
        cx_buf_printf(buf, "Content-Length: %zu\r\n", head->length);
    }
    if (head->closes) {
        cx_buf_puts(buf, "Connection: close\r\n");
    }
    if (!has_extra(head, "Cache-Control")) {
        cx_buf_puts(buf, "Cache-Control: no-store\r\n");
    }
    if (head->status == 503 && !has_extra(head, "Retry-After")) {
        cx_buf_printf(buf, "Retry-After: %d\r\n", CX_HTTP_RETRY_S);
    }
    for (size_t i = 0; head->extra != NULL && i < head->extra->n; i++) {
        put_field(buf, &head->extra->all[i]);
    }
    if (head->field.name.n != 0) {
        put_field(buf, &head->field);
    }
    cx_buf_puts(buf, "\r\n");
}

static bool
put_out(struct http_connection *c, cx_str octets)
{
    if (octets.n == 0) {
        return true;
    }
    connection_time_reply(c);
    return evbuffer_add(bufferevent_get_output(c->bev), octets.p, octets.n) == 0;
}

/* A head and what of the body is there. */
static void
send_answer(struct http_connection *c, const struct reply_head *head, cx_str body)
{
    struct cx_buf buf;

    cx_buf_init(&buf, HEAD_MAX);
    put_head(&buf, head);
    c->close_after = head->closes;
    c->server->counters.replies[head->status / 100]++;
    if (!cx_buf_ok(&buf) || !put_out(c, cx_buf_str(&buf)) || !put_out(c, body)) {
        connection_fail(c);
    }
    cx_buf_done(&buf);
}

static bool
closes_after(const struct http_request *request)
{
    const struct http_connection *c = request->connection;

    return !request->head.keep_alive || c->at_eof || c->server->is_draining;
}

static bool
has_no_body(const struct http_request *request, int status)
{
    return status == 204 || status == 304 || cx_str_equal(request->message.method, CX_STR("HEAD"));
}

static void
end(struct http_request *request)
{
    if (request->connection != NULL) {
        connection_answered(request->connection);
    }
    request_free(request);
}

void
http_set_field(struct http_request *request, const char *name, cx_str value)
{
    request->field = value.n < sizeof(request->field_value) ? name : NULL;
    if (request->field != NULL) {
        (void)snprintf(request->field_value, sizeof(request->field_value), "%.*s", (int)value.n,
                       value.n != 0 ? value.p : "");
    }
}

static struct http_field
field_of(const struct http_request *request)
{
    return request->field != NULL
               ? (struct http_field){ cx_str_of(request->field), cx_str_of(request->field_value) }
               : (struct http_field){ .name = { NULL, 0 } };
}

void
http_reply(struct http_request *request, int status, const char *content_type, cx_str body,
           const struct http_fields *extra)
{
    struct reply_head head = {
        .status = status,
        .content_type = content_type,
        .extra = extra,
        .field = field_of(request),
    };

    if (request->is_streaming) {
        http_drop(request); /* two answers: the first one cannot be ended well */
        return;
    }
    if (request->connection != NULL) {
        if (!is_good(&head)) {
            head = (struct reply_head){ .status = 500 };
        }
        body = head.content_type != NULL ? body : CX_STR("");
        head.has_length = head.status != 204 && head.status != 304;
        head.length = body.n;
        head.closes = closes_after(request);
        send_answer(request->connection, &head,
                    has_no_body(request, head.status) ? CX_STR("") : body);
    }
    end(request);
}

/* False without memory. */
static bool
write_problem(struct cx_buf *buf, int status, const char *type, const char *title, cx_str detail)
{
    struct cx_json *problem = cx_json_new_object();
    bool complete = cx_json_set_text(problem, "type", type) &&
                    cx_json_set_text(problem, "title", title) &&
                    cx_json_set(problem, "status", cx_json_new_integer(status));

    if (complete && detail.n != 0) {
        complete = cx_json_set(problem, "detail", cx_json_new_outside(detail));
    }
    complete = complete && cx_ok(cx_json_write(problem, buf));
    cx_json_free(problem);
    return complete;
}

static const char problem_type[] = "application/problem+json";

void
http_problem(struct http_request *request, int status, const char *type, const char *title,
             cx_str detail)
{
    struct cx_buf buf;
    bool written;

    cx_buf_init(&buf, PROBLEM_MAX);
    written = write_problem(&buf, status, type, title, detail);
    http_reply(request, status, written ? problem_type : NULL, cx_buf_str(&buf), NULL);
    cx_buf_done(&buf);
}

void
reply_refusal(struct http_connection *c, struct http_refusal refusal)
{
    struct reply_head head = { .status = refusal.status, .has_length = true, .closes = true };
    struct cx_buf buf;

    cx_buf_init(&buf, PROBLEM_MAX);
    if (write_problem(&buf, refusal.status, "about:blank", phrase_of(refusal.status),
                      cx_str_of(refusal.detail))) {
        head.content_type = problem_type;
        head.length = buf.n;
    }
    send_answer(c, &head, head.content_type != NULL ? cx_buf_str(&buf) : CX_STR(""));
    connection_answered(c);
    cx_buf_done(&buf);
}

void
http_stream_begin(struct http_request *request, int status, const char *content_type)
{
    struct reply_head head = {
        .status = status,
        .content_type = content_type,
        .field = field_of(request),
    };

    if (request->connection == NULL || request->is_streaming) {
        return;
    }
    if (!is_good(&head)) {
        head = (struct reply_head){ .status = 500 };
    }
    request->is_streaming = true;
    request->has_no_body = has_no_body(request, head.status) || head.content_type == NULL;
    request->is_chunked = !request->head.is_1_0 && !has_no_body(request, head.status);
    head.is_chunked = request->is_chunked;
    head.closes = closes_after(request);
    send_answer(request->connection, &head, CX_STR(""));
}

bool
http_stream_put(struct http_request *request, cx_str octets)
{
    struct http_connection *c = request->connection;
    char size[32];
    bool sent;

    if (c == NULL || request->has_no_body || octets.n == 0) {
        return true;
    }
    if (!request->is_chunked) { /* ends with the connection */
        sent = put_out(c, octets);
    } else {
        (void)snprintf(size, sizeof(size), "%zx\r\n", octets.n);
        sent = put_out(c, cx_str_of(size)) && put_out(c, octets) && put_out(c, CX_STR("\r\n"));
    }
    if (!sent) {
        connection_fail(c);
    }
    request->is_full = request->is_full ||
                       http_stream_unsent(request) > c->server->config.limits.unsent_octets_max;
    return !request->is_full;
}

void
http_stream_on_drained(struct http_request *request, http_callback *drained, void *ctx)
{
    request->drained = drained;
    request->drained_ctx = ctx;
}

size_t
http_stream_unsent(const struct http_request *request)
{
    return request->connection != NULL
               ? evbuffer_get_length(bufferevent_get_output(request->connection->bev))
               : 0;
}

void
http_stream_end(struct http_request *request)
{
    struct http_connection *c = request->connection;

    if (c != NULL && !request->is_streaming) {
        http_drop(request); /* an end without a beginning is no answer */
        return;
    }
    if (c != NULL && request->is_chunked && !put_out(c, CX_STR("0\r\n\r\n"))) {
        connection_fail(c);
    }
    end(request);
}

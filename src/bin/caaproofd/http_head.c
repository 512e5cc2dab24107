#include "bin/caaproofd/http_head.h"

#include "base/limits.h"

enum http_head_state
http_head_end(cx_str octets, size_t *scanned, size_t *ret_n)
{
    for (size_t at = *scanned; at < octets.n; at++) {
        if (octets.p[at] != '\n') {
            continue;
        }
        if (at == 0 || octets.p[at - 1] != '\r') {
            return HTTP_HEAD_BAD;
        }
        if (at >= 3 && octets.p[at - 2] == '\n') {
            *ret_n = at + 1;
            return HTTP_HEAD_WHOLE;
        }
    }
    *scanned = octets.n;
    return HTTP_HEAD_MORE;
}

bool
http_is_token(cx_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = (uint8_t)name.p[i];

        if (!cx_ascii_alnum(c) && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return name.n != 0;
}

bool
http_is_field_value(cx_str value)
{
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = (uint8_t)value.p[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

bool
http_field_find(const struct http_field *fields, size_t n, cx_str name, cx_str *ret)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_span_equal_fold(cx_span_of_str(fields[i].name), cx_span_of_str(name))) {
            *ret = fields[i].value;
            return true;
        }
    }
    return false;
}

static cx_str
trimmed(cx_str text)
{
    while (text.n != 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text = (cx_str){ text.p + 1, text.n - 1 };
    }
    while (text.n != 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

static bool
equals(cx_str text, const char *word)
{
    return cx_span_equal_fold(cx_span_of_str(text), cx_span_of_str(cx_str_of(word)));
}

/* A line without its CRLF; all lines have one, as http_head_end saw. */
static cx_str
next_line(cx_str octets, size_t *at)
{
    cx_str line = { NULL, 0 };

    (void)cx_str_line(octets, at, &line); /* empty at the end, as the last line is */
    line.n -= line.n != 0 && line.p[line.n - 1] == '\r' ? 1 : 0;
    return line;
}

static struct http_refusal
read_version(cx_str version, struct http_head *head)
{
    if (cx_str_equal(version, CX_STR("HTTP/1.1"))) {
        return HTTP_TAKEN;
    }
    if (cx_str_equal(version, CX_STR("HTTP/1.0"))) {
        head->is_1_0 = true;
        return HTTP_TAKEN;
    }
    if (version.n == 8 && memcmp(version.p, "HTTP/", 5) == 0) {
        return http_refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    return http_refuse(400, "the request line is malformed");
}

static struct http_refusal
read_request_line(cx_str line, struct http_head *head)
{
    const char *first = line.n != 0 ? memchr(line.p, ' ', line.n) : NULL;
    cx_str rest;
    const char *second;

    if (first == NULL) {
        return http_refuse(400, "the request line is malformed");
    }
    head->method = (cx_str){ line.p, (size_t)(first - line.p) };
    rest = (cx_str){ first + 1, line.n - head->method.n - 1 };
    second = rest.n != 0 ? memchr(rest.p, ' ', rest.n) : NULL;
    if (second == NULL || !http_is_token(head->method) || head->method.n > CX_HTTP_METHOD_MAX) {
        return http_refuse(400, "the request line is malformed");
    }
    head->target = (cx_str){ rest.p, (size_t)(second - rest.p) };
    return read_version((cx_str){ second + 1, rest.n - head->target.n - 1 }, head);
}

static bool
read_field(cx_str line, struct http_field *ret)
{
    const char *colon = memchr(line.p, ':', line.n);
    cx_str name = { line.p, colon != NULL ? (size_t)(colon - line.p) : 0 };

    if (!http_is_token(
            name)) { /* also a line that begins with a blank, and a blank before the colon */
        return false;
    }
    *ret = (struct http_field){ name, trimmed((cx_str){ colon + 1, line.n - name.n - 1 }) };
    return http_is_field_value(ret->value);
}

static struct http_refusal
read_fields(cx_str octets, size_t at, struct cx_arena *arena, struct http_head *head)
{
    struct http_field *fields = NULL;
    size_t n = 0, room = 0;

    for (cx_str line; (line = next_line(octets, &at)).n != 0;) {
        if (n == CX_HTTP_FIELDS_MAX) {
            return http_refuse(431, "the request has too many header fields");
        }
        fields = cx_arena_widen(arena, fields, n, &room, sizeof(*fields));
        if (fields == NULL) {
            return http_refuse(500, "out of memory");
        }
        if (!read_field(line, &fields[n])) {
            return http_refuse(400, "a header field is malformed");
        }
        n++;
    }
    head->fields = fields;
    head->n_fields = n;
    return HTTP_TAKEN;
}

/* Of those that decide where a request ends, whom it is for and who asks, there is one. */
static struct http_refusal
check_single(const struct http_head *head)
{
    static const char *const single[] = { "content-length", "transfer-encoding", "host",
                                          "authorization",  "content-type",      "expect" };

    for (size_t i = 0; i < CX_COUNT(single); i++) {
        size_t n = 0;

        for (size_t k = 0; k < head->n_fields; k++) {
            n += equals(head->fields[k].name, single[i]) ? 1 : 0;
        }
        if (n > 1) {
            return http_refuse(400, "a header field that may be there once is there twice");
        }
    }
    return HTTP_TAKEN;
}

static bool
read_length(cx_str value, uint64_t *ret)
{
    uint64_t n = 0;

    if (value.n == 0 || value.n > 18) { /* more digits are no size of anything */
        return false;
    }
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            return false;
        }
        n = n * 10 + (uint64_t)(value.p[i] - '0');
    }
    *ret = n;
    return true;
}

/* RFC 9112 section 6. */
static struct http_refusal
read_framing(struct http_head *head)
{
    cx_str value, coding;
    bool has_length =
        http_field_find(head->fields, head->n_fields, CX_STR("content-length"), &value);

    if (http_field_find(head->fields, head->n_fields, CX_STR("transfer-encoding"), &coding)) {
        if (has_length || head->is_1_0) {
            return http_refuse(400, "a transfer coding beside a length, or in HTTP/1.0");
        }
        if (!equals(coding, "chunked")) {
            return http_refuse(501, "no transfer coding but \"chunked\" is understood");
        }
        head->is_chunked = true;
    } else if (has_length && !read_length(value, &head->length)) {
        return http_refuse(400, "the length of the body is no number");
    }
    return HTTP_TAKEN;
}

static struct http_refusal
read_host(const struct http_head *head)
{
    cx_str host;

    if (!http_field_find(head->fields, head->n_fields, CX_STR("host"), &host)) {
        return head->is_1_0 ? HTTP_TAKEN : http_refuse(400, "the request has no Host");
    }
    for (size_t i = 0; i < host.n; i++) {
        if (!cx_ascii_alnum((uint8_t)host.p[i]) &&
            strchr("-._~%!$&'()*+,;=:[]", host.p[i]) == NULL) {
            return http_refuse(400, "the Host of the request is malformed");
        }
    }
    return HTTP_TAKEN;
}

static struct http_refusal
read_expectation(struct http_head *head)
{
    cx_str value;

    if (http_field_find(head->fields, head->n_fields, CX_STR("expect"), &value)) {
        if (!equals(value, "100-continue")) {
            return http_refuse(417, "no expectation but \"100-continue\" is understood");
        }
        head->expects_continue = !head->is_1_0;
    }
    return HTTP_TAKEN;
}

/* Whether a list of tokens, over all fields "Connection", has "close". */
static bool
wants_close(const struct http_head *head)
{
    for (size_t i = 0; i < head->n_fields; i++) {
        cx_str list = head->fields[i].value;

        if (!equals(head->fields[i].name, "connection")) {
            continue;
        }
        for (size_t at = 0; at < list.n;) {
            const char *comma = memchr(list.p + at, ',', list.n - at);
            size_t n = comma != NULL ? (size_t)(comma - list.p) - at : list.n - at;

            if (equals(trimmed((cx_str){ list.p + at, n }), "close")) {
                return true;
            }
            at += n + 1;
        }
    }
    return false;
}

struct http_refusal
http_head_read(cx_str octets, struct cx_arena *arena, struct http_head *ret)
{
    struct http_refusal (*const checks[])(struct http_head *) = { read_framing, read_expectation };
    struct http_head head = { .length = 0 };
    struct http_refusal no;
    size_t at = 0;

    no = read_request_line(next_line(octets, &at), &head);
    if (no.status == 0) {
        no = read_fields(octets, at, arena, &head);
    }
    if (no.status == 0) {
        no = check_single(&head);
    }
    for (size_t i = 0; i < CX_COUNT(checks) && no.status == 0; i++) {
        no = checks[i](&head);
    }
    if (no.status == 0) {
        no = read_host(&head);
    }
    if (no.status == 0) {
        head.keep_alive = !head.is_1_0 && !wants_close(&head);
        *ret = head;
    }
    return no;
}

#include "bin/caaproofd/http_target.h"

#include "base/limits.h"
#include "base/utf8.h"

/* Cuts scheme and authority off an absolute form; false if it is neither form. An empty path stays empty. */
static bool
origin_form(cx_str *text)
{
    static const cx_str schemes[] = { CX_STR_INIT("https://"), CX_STR_INIT("http://") };

    if (text->n != 0 && text->p[0] == '/') {
        return true;
    }
    for (size_t i = 0; i < CX_COUNT(schemes); i++) {
        size_t at = schemes[i].n;

        if (text->n <= at || !cx_span_equal_fold((cx_span){ (const uint8_t *)text->p, at },
                                                 cx_span_of_str(schemes[i]))) {
            continue;
        }
        while (at < text->n && text->p[at] != '/' && text->p[at] != '?') {
            at++;
        }
        *text = (cx_str){ text->p + at, text->n - at };
        return at > schemes[i].n;
    }
    return false;
}

/* The octet at *at, which moves behind it; -1 for a bad escape, a control, or what RFC 3986 has no place for. */
static int
next_octet(cx_str text, size_t *at, bool *ret_escaped)
{
    uint8_t c = (uint8_t)text.p[(*at)++];
    int high, low;

    *ret_escaped = c == '%';
    if (c != '%') {
        return c > 0x20 && c < 0x7f && strchr("\"#<>\\^`{|}", c) == NULL ? c : -1;
    }
    if (text.n - *at < 2) {
        return -1;
    }
    high = cx_ascii_hex((uint8_t)text.p[*at]);
    low = cx_ascii_hex((uint8_t)text.p[*at + 1]);
    *at += 2;
    if (high < 0 || low < 0) {
        return -1;
    }
    c = (uint8_t)(high << 4 | low);
    return c >= 0x20 && c != 0x7f ? c : -1;
}

static struct http_refusal
decode(cx_str text, bool is_path, struct cx_arena *arena, cx_str *ret)
{
    char *to = cx_arena_get(arena, text.n + 1, 1);
    size_t n = 0;

    if (to == NULL) {
        return http_refuse(500, "out of memory");
    }
    for (size_t at = 0; at < text.n;) {
        bool escaped;
        int c = next_octet(text, &at, &escaped);

        if (c < 0) {
            return http_refuse(400, "the target has a bad escape or a character that must be one");
        }
        if (is_path && (c == '\\' || (escaped && c == '/'))) {
            return http_refuse(400, "the path has a separator that is escaped");
        }
        to[n++] = !is_path && !escaped && c == '+' ? ' ' : (char)c;
    }
    if (!cx_utf8_valid((cx_span){ (const uint8_t *)to, n })) {
        return http_refuse(400, "the target is not UTF-8");
    }
    *ret = (cx_str){ to, n };
    return HTTP_TAKEN;
}

static bool
has_dot_segment(cx_str path)
{
    size_t from = 1;

    for (size_t at = 1; at <= path.n; at++) {
        if (at == path.n || path.p[at] == '/') {
            cx_str segment = { path.p + from, at - from };

            if (cx_str_equal(segment, CX_STR(".")) || cx_str_equal(segment, CX_STR(".."))) {
                return true;
            }
            from = at + 1;
        }
    }
    return false;
}

static struct http_refusal
add_parameter(cx_str part, struct cx_arena *arena, struct http_field *all, size_t *n)
{
    const char *equals = memchr(part.p, '=', part.n);
    size_t end = equals != NULL ? (size_t)(equals - part.p) : part.n;
    size_t value_at = equals != NULL ? end + 1 : end;
    struct http_refusal no;
    struct http_field field;

    no = decode((cx_str){ part.p, end }, false, arena, &field.name);
    if (no.status == 0) {
        no = decode((cx_str){ part.p + value_at, part.n - value_at }, false, arena, &field.value);
    }
    if (no.status != 0) {
        return no;
    }
    if (field.name.n == 0) {
        return http_refuse(400, "a parameter of the query has no name");
    }
    for (size_t i = 0; i < *n; i++) {
        if (cx_str_equal(all[i].name, field.name)) {
            return http_refuse(400, "a parameter of the query is there twice");
        }
    }
    all[(*n)++] = field;
    return HTTP_TAKEN;
}

static struct http_refusal
read_query(cx_str text, struct cx_arena *arena, struct http_target *ret)
{
    struct http_field *all = cx_arena_get(arena, CX_HTTP_QUERY_MAX, sizeof(*all));
    size_t n = 0;

    if (all == NULL) {
        return http_refuse(500, "out of memory");
    }
    for (size_t at = 0; at < text.n;) {
        const char *end = memchr(text.p + at, '&', text.n - at);
        size_t size = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
        struct http_refusal no;

        if (n == CX_HTTP_QUERY_MAX) {
            return http_refuse(400, "the query has too many parameters");
        }
        no = add_parameter((cx_str){ text.p + at, size }, arena, all, &n);
        if (no.status != 0) {
            return no;
        }
        at += size + 1;
    }
    ret->query = all;
    ret->n_query = n;
    return HTTP_TAKEN;
}

struct http_refusal
http_target_read(cx_str text, struct cx_arena *arena, struct http_target *ret)
{
    struct http_target target = { .n_query = 0 };
    struct http_refusal no;
    const char *mark;
    cx_str path;

    if (text.n > CX_HTTP_TARGET_MAX) {
        return http_refuse(414, "the target is too long");
    }
    if (!origin_form(&text)) {
        return http_refuse(400, "the target is no path");
    }
    mark = text.n != 0 ? memchr(text.p, '?', text.n) : NULL;
    path = (cx_str){ text.p, mark != NULL ? (size_t)(mark - text.p) : text.n };
    no = decode(path.n != 0 ? path : CX_STR("/"), true, arena, &target.path);
    if (no.status == 0 && has_dot_segment(target.path)) {
        no = http_refuse(400, "the path has a segment \".\" or \"..\"");
    }
    if (no.status == 0 && mark != NULL) {
        no = read_query((cx_str){ mark + 1, text.n - path.n - 1 }, arena, &target);
    }
    if (no.status == 0) {
        *ret = target;
    }
    return no;
}

#include "base/json.h"

#include "base/limits.h"

#include <jansson.h>

/* struct cx_json is json_t under another name; these two functions are the whole secret. */
static json_t *
raw(struct cx_json *json)
{
    return (json_t *)(void *)json;
}

static const json_t *
raw_const(const struct cx_json *json)
{
    return (const json_t *)(const void *)json;
}

static struct cx_json *
wrap(json_t *json)
{
    return (struct cx_json *)(void *)json;
}

void
cx_json_seed(void)
{
    json_object_seed(0);
}

cx_status
cx_json_parse(cx_str text, struct cx_json **ret, struct cx_detail *detail)
{
    json_error_t error;
    json_t *json = json_loadb(text.n == 0 ? "" : text.p, text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

    if (json == NULL && json_error_code(&error) == json_error_out_of_memory) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (json == NULL) {
        return cx_fail(detail, CX_E_JSON, "not JSON: %s (octet %d)", error.text, error.position);
    }
    *ret = wrap(json);
    return CX_SUCCESS;
}

void
cx_json_free(struct cx_json *json)
{
    json_decref(raw(json));
}

void
cx_json_cleanup(struct cx_json **json)
{
    cx_json_free(*json);
}

enum cx_json_kind
cx_json_kind_of(const struct cx_json *json)
{
    if (json == NULL) {
        return CX_JSON_NONE;
    }
    switch (json_typeof(raw_const(json))) {
    case JSON_OBJECT:
        return CX_JSON_OBJECT;
    case JSON_ARRAY:
        return CX_JSON_ARRAY;
    case JSON_STRING:
        return CX_JSON_STRING;
    case JSON_INTEGER:
        return CX_JSON_INTEGER;
    case JSON_REAL:
        return CX_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return CX_JSON_BOOL;
    case JSON_NULL:
        return CX_JSON_NULL;
    }
    return CX_JSON_NONE;
}

size_t
cx_json_size(const struct cx_json *array)
{
    return json_array_size(raw_const(array));
}

const struct cx_json *
cx_json_at(const struct cx_json *array, size_t i)
{
    return wrap(json_array_get(raw_const(array), i));
}

const struct cx_json *
cx_json_get(const struct cx_json *object, const char *member)
{
    return wrap(json_object_get(raw_const(object), member));
}

const struct cx_json *
cx_json_get_str(const struct cx_json *object, cx_str member)
{
    return wrap(json_object_getn(raw_const(object), member.p, member.n));
}

size_t
cx_json_members(const struct cx_json *object, cx_str *names, size_t max)
{
    /* jansson's iterator wants a non-const object although it changes nothing. */
    json_t *o = (json_t *)(uintptr_t)object;
    size_t n = 0;

    for (void *i = json_object_iter(o); i != NULL; i = json_object_iter_next(o, i), n++) {
        if (n < max) {
            names[n] = (cx_str){ json_object_iter_key(i), json_object_iter_key_len(i) };
        }
    }
    return n;
}

bool
cx_json_string(const struct cx_json *json, cx_str *ret)
{
    if (!json_is_string(raw_const(json))) {
        return false;
    }
    *ret = (cx_str){ json_string_value(raw_const(json)), json_string_length(raw_const(json)) };
    return true;
}

bool
cx_json_integer(const struct cx_json *json, int64_t *ret)
{
    if (!json_is_integer(raw_const(json))) {
        return false;
    }
    *ret = (int64_t)json_integer_value(raw_const(json));
    return true;
}

bool
cx_json_number(const struct cx_json *json, double *ret)
{
    if (!json_is_number(raw_const(json))) {
        return false;
    }
    *ret = json_number_value(raw_const(json));
    return true;
}

bool
cx_json_bool(const struct cx_json *json, bool *ret)
{
    if (!json_is_boolean(raw_const(json))) {
        return false;
    }
    *ret = json_is_true(raw_const(json));
    return true;
}

static bool
listed(const char *member, const char *const *allowed)
{
    for (size_t i = 0; allowed[i] != NULL; i++) {
        if (strcmp(member, allowed[i]) == 0) {
            return true;
        }
    }
    return false;
}

cx_status
cx_json_only(const struct cx_json *object, const char *what, const char *const *allowed,
             enum cx_code code, struct cx_detail *detail)
{
    /* jansson's iterator wants a non-const object although it changes nothing. */
    json_t *o = (json_t *)(uintptr_t)object;
    char names[160] = "";
    size_t at = 0;

    if (!json_is_object(o)) {
        return cx_fail(detail, code, "%s: an object is needed", what);
    }
    for (void *i = json_object_iter(o); i != NULL; i = json_object_iter_next(o, i)) {
        const char *member = json_object_iter_key(i);

        if (listed(member, allowed)) {
            continue;
        }
        for (size_t k = 0; allowed[k] != NULL && at + strlen(allowed[k]) + 3 < sizeof(names); k++) {
            size_t n = strlen(allowed[k]);

            memcpy(names + at, allowed[k], n);
            names[at + n] = allowed[k + 1] == NULL ? '\0' : ' ';
            at += n + 1;
            names[at] = '\0';
        }
        return cx_fail(detail, code, "%s: unknown member \"%.40s\" (known: %s)", what, member,
                       names);
    }
    return CX_SUCCESS;
}

struct cx_json *
cx_json_new_object(void)
{
    return wrap(json_object());
}

struct cx_json *
cx_json_new_array(void)
{
    return wrap(json_array());
}

struct cx_json *
cx_json_new_string(cx_str text)
{
    return wrap(json_stringn(text.n == 0 ? "" : text.p, text.n));
}

struct cx_json *
cx_json_new_text(const char *text)
{
    return cx_json_new_string(cx_str_of(text));
}

struct cx_json *
cx_json_new_escaped(cx_span outside)
{
    struct cx_json *json;
    struct cx_buf buf;

    cx_buf_init(&buf, CX_LINE_MAX);
    cx_buf_put_escaped(&buf, outside);
    json = cx_buf_ok(&buf) ? cx_json_new_string(cx_buf_str(&buf)) : NULL;
    cx_buf_done(&buf);
    return json;
}

struct cx_json *
cx_json_new_outside(cx_str text)
{
    struct cx_json *value = text.n == 0 ? cx_json_new_null() : cx_json_new_string(text);

    return value != NULL ? value : cx_json_new_escaped(cx_span_of_str(text));
}

struct cx_json *
cx_json_new_integer(int64_t value)
{
    return wrap(json_integer(value));
}

struct cx_json *
cx_json_new_bool(bool value)
{
    return wrap(json_boolean(value));
}

struct cx_json *
cx_json_new_moment(cx_time moment)
{
    char text[CX_TIME_TEXT];

    if (moment == CX_TIME_NONE) {
        return cx_json_new_null();
    }
    cx_time_format(moment, text);
    return cx_json_new_text(text);
}

struct cx_json *
cx_json_new_null(void)
{
    return wrap(json_null());
}

struct cx_json *
cx_json_copy(const struct cx_json *json)
{
    return wrap(json_deep_copy(raw_const(json)));
}

struct cx_json *
cx_json_share(const struct cx_json *json)
{
    return wrap(json_incref((json_t *)(uintptr_t)json)); /* the count is not the value */
}

bool
cx_json_set(struct cx_json *object, const char *member, struct cx_json *value)
{
    return json_object_set_new_nocheck(raw(object), member, raw(value)) == 0;
}

bool
cx_json_set_str(struct cx_json *object, cx_str member, struct cx_json *value)
{
    return json_object_setn_new_nocheck(raw(object), member.p, member.n, raw(value)) == 0;
}

bool
cx_json_add(struct cx_json *array, struct cx_json *value)
{
    return json_array_append_new(raw(array), raw(value)) == 0;
}

bool
cx_json_set_number(struct cx_json *object, const char *member, uint64_t n)
{
    return n <= INT64_MAX && cx_json_set(object, member, cx_json_new_integer((int64_t)n));
}

bool
cx_json_set_text(struct cx_json *object, const char *member, const char *text)
{
    return cx_json_set(object, member, text != NULL ? cx_json_new_text(text) : cx_json_new_null());
}

bool
cx_json_set_moment(struct cx_json *object, const char *member, cx_time moment)
{
    return cx_json_set(object, member, cx_json_new_moment(moment));
}

struct cx_json *
cx_json_whole(struct cx_json *json, bool complete)
{
    if (complete) {
        return json;
    }
    cx_json_free(json);
    return NULL;
}

static int
append(const char *text, size_t n, void *buf)
{
    cx_buf_put(buf, (cx_str){ text, n });
    return cx_buf_ok(buf) ? 0 : -1;
}

static cx_status
write_with(const struct cx_json *json, struct cx_buf *buf, size_t flags)
{
    if (json == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (json_dump_callback(raw_const(json), append, buf, flags | JSON_ENCODE_ANY) != 0) {
        return cx_buf_ok(buf) ? (cx_status){ CX_E_NOMEM } : cx_buf_status(buf);
    }
    return CX_SUCCESS;
}

cx_status
cx_json_write(const struct cx_json *json, struct cx_buf *buf)
{
    return write_with(json, buf, JSON_COMPACT);
}

cx_status
cx_json_write_pretty(const struct cx_json *json, struct cx_buf *buf)
{
    return write_with(json, buf, JSON_INDENT(2));
}

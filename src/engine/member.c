#include "engine/member.h"

static cx_status
wrong(const struct cx_where *where, const char *member, const char *needed)
{
    return cx_fail(where->detail, where->code, "%s.%s: %s is needed", where->object, member,
                   needed);
}

cx_status
cx_member_bool(const struct cx_json *object, const char *member, const struct cx_where *where,
               bool *ret)
{
    const struct cx_json *value = cx_json_get(object, member);

    if (value != NULL && !cx_json_bool(value, ret)) {
        return wrong(where, member, "true or false");
    }
    return CX_SUCCESS;
}

cx_status
cx_member_text(const struct cx_json *object, const char *member, const struct cx_where *where,
               cx_str *ret)
{
    const struct cx_json *value = cx_json_get(object, member);

    if (value != NULL && !cx_json_string(value, ret)) {
        return wrong(where, member, "a text");
    }
    return CX_SUCCESS;
}

cx_status
cx_member_time(const struct cx_json *object, const char *member, const struct cx_where *where,
               cx_time *ret)
{
    const struct cx_json *value = cx_json_get(object, member);
    cx_str text;

    if (value == NULL) {
        return CX_SUCCESS;
    }
    if (!cx_json_string(value, &text) || !cx_ok(cx_time_parse(text, ret))) {
        return wrong(where, member, "a time (2026-11-22T12:00:00Z) or date (2026-11-22)");
    }
    return CX_SUCCESS;
}

cx_status
cx_member_number(const struct cx_json *object, const char *member, const struct cx_where *where,
                 int64_t least, int64_t most, int64_t *ret)
{
    const struct cx_json *value = cx_json_get(object, member);
    int64_t number;

    if (value == NULL) {
        return CX_SUCCESS;
    }
    if (!cx_json_integer(value, &number) || number < least || number > most) {
        return cx_fail(where->detail, where->code,
                       "%s.%s: a whole number from %lld to %lld is needed", where->object, member,
                       (long long)least, (long long)most);
    }
    *ret = number;
    return CX_SUCCESS;
}

cx_status
cx_member_word(const struct cx_json *object, const char *member, const struct cx_where *where,
               const char *const *words, size_t *ret)
{
    const struct cx_json *value = cx_json_get(object, member);
    struct cx_buf list;
    cx_str text;
    cx_status s;

    if (value == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_string(value, &text)) {
        for (size_t i = 0; words[i] != NULL; i++) {
            if (cx_str_equal(text, cx_str_of(words[i]))) {
                *ret = i;
                return CX_SUCCESS;
            }
        }
    }
    cx_buf_init(&list, 200);
    for (size_t i = 0; words[i] != NULL; i++) {
        cx_buf_printf(&list, "%s\"%s\"", i == 0 ? "" : ", ", words[i]);
    }
    cx_buf_putc(&list, '\0');
    s = cx_fail(where->detail, where->code, "%s.%s: one of %s is needed", where->object, member,
                cx_buf_ok(&list) ? list.p : "the documented words");
    cx_buf_done(&list);
    return s;
}

cx_status
cx_member_texts(const struct cx_json *object, const char *member, const struct cx_where *where,
                size_t max, struct cx_arena *arena, const cx_str **ret, size_t *ret_n)
{
    const struct cx_json *value = cx_json_get(object, member);
    bool array = cx_json_kind_of(value) == CX_JSON_ARRAY;
    size_t n = array ? cx_json_size(value) : 1;
    cx_str *texts;

    if (value == NULL) {
        return CX_SUCCESS;
    }
    if (n > max) {
        return cx_fail(where->detail, where->code, "%s.%s: at most %zu entries", where->object,
                       member, max);
    }
    texts = cx_arena_get(arena, n + 1, sizeof(*texts));
    if (texts == NULL) {
        return cx_fail(where->detail, CX_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        cx_str text;

        if (!cx_json_string(array ? cx_json_at(value, i) : value, &text)) {
            return wrong(where, member, "a text or an array of texts");
        }
        CX_TRY(cx_arena_text(arena, text, &texts[i]));
    }
    *ret = texts;
    *ret_n = n;
    return CX_SUCCESS;
}

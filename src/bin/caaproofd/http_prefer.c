#include "bin/caaproofd/http_prefer.h"

#include "bin/caaproofd/http_head.h"

static bool
equal_fold(cx_str a, cx_str b)
{
    return cx_span_equal_fold(cx_span_of_str(a), cx_span_of_str(b));
}

static cx_str
trim(cx_str text)
{
    while (text.n != 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text = (cx_str){ text.p + 1, text.n - 1 };
    }
    while (text.n != 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

/* What is in front of the next such separator that no quotes enclose, trimmed; *text becomes what is behind it. */
static cx_str
cut(cx_str *text, char separator)
{
    bool quoted = false;
    size_t i = 0;
    cx_str part;

    for (; i < text->n && (quoted || text->p[i] != separator); i++) {
        if (quoted && text->p[i] == '\\' && i + 1 < text->n) {
            i++;
        } else if (text->p[i] == '"') {
            quoted = !quoted;
        }
    }
    part = trim((cx_str){ text->p, i });
    i += i < text->n ? 1 : 0;
    *text = (cx_str){ text->p + i, text->n - i };
    return part;
}

/* A word may be given as a quoted string. */
static cx_str
unquote(cx_str word)
{
    return word.n >= 2 && word.p[0] == '"' && word.p[word.n - 1] == '"'
               ? (cx_str){ word.p + 1, word.n - 2 }
               : word;
}

static bool
is_seconds(cx_str text, uint64_t *ret)
{
    uint64_t seconds = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        seconds = seconds * 10 + (uint64_t)(text.p[i] - '0');
        seconds = seconds > UINT32_MAX ? UINT32_MAX : seconds;
    }
    *ret = seconds;
    return text.n != 0;
}

/* One preference; its parameters, behind semicolons, mean nothing to us. */
static void
take(cx_str preference, struct http_prefer *to)
{
    cx_str value = cut(&preference, ';');
    cx_str name = cut(&value, '=');
    uint64_t seconds;

    value = unquote(trim(value));
    if (equal_fold(name, CX_STR("respond-async")) && value.n == 0) {
        to->respond_async = true;
    } else if (equal_fold(name, CX_STR("wait")) && !to->has_wait && is_seconds(value, &seconds)) {
        to->has_wait = true;
        to->wait_s = seconds;
    }
}

struct http_prefer
http_prefer_read(const struct http_field *fields, size_t n)
{
    struct http_prefer prefer = { .wait_s = 0 };

    for (size_t i = 0; i < n; i++) {
        cx_str list = fields[i].value;

        while (equal_fold(fields[i].name, CX_STR("Prefer")) && list.n != 0) {
            take(cut(&list, ','), &prefer);
        }
    }
    return prefer;
}

#include "dns/name.h"

#include <stdio.h>

/* A name under construction: octets so far, and where the open label's length octet is. */
struct builder {
    struct cx_name name;
    size_t n;
    size_t label_at;
};

static bool
add_octet(struct builder *b, uint8_t c)
{
    if (b->n - b->label_at > CX_LABEL_MAX || b->n >= CX_NAME_MAX - 1) {
        return false;
    }
    b->name.wire[b->n++] = cx_ascii_lower(c);
    return true;
}

/* False for an empty label. */
static bool
close_label(struct builder *b)
{
    size_t length = b->n - b->label_at - 1;

    if (length == 0) {
        return false;
    }
    b->name.wire[b->label_at] = (uint8_t)length;
    b->label_at = b->n;
    if (b->n < CX_NAME_MAX) {
        b->name.wire[b->n++] = 0;
    }
    return true;
}

/* The octet that text[*at] begins, escapes undone. */
static bool
next_octet(cx_str text, size_t *at, uint8_t *ret)
{
    unsigned value = 0;

    if (text.p[*at] != '\\') {
        *ret = (uint8_t)text.p[(*at)++];
        return true;
    }
    (*at)++;
    if (*at >= text.n) {
        return false;
    }
    if (text.p[*at] < '0' || text.p[*at] > '9') {
        *ret = (uint8_t)text.p[(*at)++];
        return true;
    }
    for (int i = 0; i < 3; i++, (*at)++) {
        if (*at >= text.n || text.p[*at] < '0' || text.p[*at] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(text.p[*at] - '0');
    }
    *ret = (uint8_t)value;
    return value <= 255;
}

cx_status
cx_name_from_text(cx_str text, struct cx_name *ret, struct cx_detail *detail)
{
    struct builder b = { .n = 1 };
    size_t at = 0;

    if (text.n == 0) {
        return cx_fail(detail, CX_E_NAME, "empty name");
    }
    if (text.n == 1 && text.p[0] == '.') {
        at = 1;
    }
    while (at < text.n) {
        bool dot = text.p[at] == '.';
        uint8_t c = 0;

        if (dot ? !close_label(&b) : !next_octet(text, &at, &c)) {
            return cx_fail(detail, CX_E_NAME, dot ? "empty label" : "broken escape");
        }
        if (!dot && !add_octet(&b, c)) {
            return cx_fail(detail, CX_E_NAME, "label longer than %d or name longer than %d octets",
                           CX_LABEL_MAX, CX_NAME_MAX);
        }
        at += dot ? 1 : 0;
    }
    if (b.n - b.label_at > 1 && !close_label(&b)) {
        return cx_fail(detail, CX_E_NAME, "empty label");
    }
    b.name.wire[b.label_at] = 0;
    b.name.n = (uint8_t)(b.label_at + 1);
    *ret = b.name;
    return CX_SUCCESS;
}

cx_status
cx_name_from_message(cx_span message, size_t at, struct cx_name *ret, size_t *ret_end)
{
    struct cx_name name;
    size_t n = 0, end = 0, lowest = at;

    for (;;) {
        uint8_t length;

        if (at >= message.n) {
            return (cx_status){ CX_E_MESSAGE };
        }
        length = message.p[at];
        if ((length & 0xc0u) == 0xc0u) {
            size_t to;

            if (message.n - at < 2) {
                return (cx_status){ CX_E_MESSAGE };
            }
            to = ((size_t)(length & 0x3fu) << 8) | message.p[at + 1];
            end = end != 0 ? end : at + 2;
            if (to >= lowest) { /* strictly backwards: no loop is possible */
                return (cx_status){ CX_E_MESSAGE };
            }
            lowest = at = to;
            continue;
        }
        if (length > CX_LABEL_MAX || message.n - at - 1 < length ||
            (size_t)length + 1 > CX_NAME_MAX - n) {
            return (cx_status){ CX_E_MESSAGE };
        }
        name.wire[n++] = length;
        for (size_t i = 1; i <= length; i++) {
            name.wire[n++] = cx_ascii_lower(message.p[at + i]);
        }
        at += (size_t)length + 1;
        if (length == 0) {
            break;
        }
    }
    name.n = (uint8_t)n;
    *ret = name;
    *ret_end = end != 0 ? end : at;
    return CX_SUCCESS;
}

static size_t
put_octet(char *to, uint8_t c)
{
    if (c == '.' || c == '\\') {
        to[0] = '\\';
        to[1] = (char)c;
        return 2;
    }
    if (c > 0x20 && c < 0x7f) {
        to[0] = (char)c;
        return 1;
    }
    to[0] = '\\';
    to[1] = (char)('0' + c / 100);
    to[2] = (char)('0' + c / 10 % 10);
    to[3] = (char)('0' + c % 10);
    return 4;
}

void
cx_name_text(cx_span name, char ret[CX_NAME_TEXT_MAX])
{
    size_t out = 0;

    if (cx_name_is_root(name)) {
        memcpy(ret, ".", 2);
        return;
    }
    for (size_t at = 0; name.p[at] != 0; at += (size_t)name.p[at] + 1) {
        if (at != 0) {
            ret[out++] = '.';
        }
        for (size_t i = 1; i <= name.p[at]; i++) {
            out += put_octet(ret + out, name.p[at + i]);
        }
    }
    ret[out] = '\0';
}

unsigned
cx_name_labels(cx_span name)
{
    unsigned labels = 0;

    for (size_t at = 0; name.p[at] != 0; at += (size_t)name.p[at] + 1) {
        labels++;
    }
    return labels;
}

cx_span
cx_name_parent(cx_span name)
{
    size_t skip = name.p[0] == 0 ? 0 : (size_t)name.p[0] + 1;

    return (cx_span){ name.p + skip, name.n - skip };
}

bool
cx_name_is_root(cx_span name)
{
    return name.p[0] == 0;
}

bool
cx_name_within(cx_span name, cx_span ancestor)
{
    while (name.n > ancestor.n && !cx_name_is_root(name)) {
        name = cx_name_parent(name);
    }
    return cx_span_equal(name, ancestor);
}

static bool
label_is_ldh(const uint8_t *label, size_t n, bool underscores)
{
    if (label[0] == '-' || label[n - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!cx_ascii_alnum(label[i]) && label[i] != '-' && !(underscores && label[i] == '_')) {
            return false;
        }
    }
    return true;
}

bool
cx_name_is_onion(cx_span name)
{
    return cx_name_within(name, (cx_span){ (const uint8_t *)"\5onion", 7 });
}

bool
cx_name_is_ldh(cx_span name, bool underscores)
{
    for (size_t at = 0; name.p[at] != 0; at += (size_t)name.p[at] + 1) {
        if (!label_is_ldh(name.p + at + 1, name.p[at], underscores)) {
            return false;
        }
    }
    return true;
}

bool
cx_name_wildcard_of(cx_span parent, struct cx_name *ret)
{
    if (parent.n > CX_NAME_MAX - 2) {
        return false;
    }
    ret->wire[0] = 1;
    ret->wire[1] = '*';
    memcpy(ret->wire + 2, parent.p, parent.n);
    ret->n = (uint8_t)(parent.n + 2);
    return true;
}

bool
cx_name_substitute(cx_span name, cx_span owner, cx_span target, struct cx_name *ret)
{
    size_t prefix;

    if (name.n <= owner.n || !cx_name_within(name, owner)) {
        return false;
    }
    prefix = name.n - owner.n;
    if (prefix + target.n > CX_NAME_MAX) {
        return false;
    }
    memcpy(ret->wire, name.p, prefix);
    memcpy(ret->wire + prefix, target.p, target.n);
    ret->n = (uint8_t)(prefix + target.n);
    return true;
}

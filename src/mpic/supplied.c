#include "mpic/supplied.h"

#include "base/limits.h"
#include "evidence/part.h"
#include "evidence/record.h"

#include <stdlib.h>

enum supplied_key {
    SUPPLIED_VERSION = 0,
    SUPPLIED_FORM = 1,
    SUPPLIED_NAMES = 2,
    SUPPLIED_KEYS
};

#define FORM "open-mpic"

int
cx_supplied_compare(const void *a, const void *b)
{
    const struct cx_supplied_name *left = a, *right = b;
    size_t n = left->name.n < right->name.n ? left->name.n : right->name.n;
    int order = n == 0 ? 0 : memcmp(left->name.p, right->name.p, n);

    return order != 0 ? order : (left->name.n > right->name.n) - (left->name.n < right->name.n);
}

const struct cx_supplied_name *
cx_supplied_find(const struct cx_supplied *supplied, cx_str name)
{
    const struct cx_supplied_name key = { .name = name };

    return supplied->n == 0
               ? NULL
               : bsearch(&key, supplied->v, supplied->n, sizeof(*supplied->v), cx_supplied_compare);
}

cx_status
cx_supplied_encode(const struct cx_supplied *supplied, struct cx_buf *buf)
{
    size_t begin = buf->n;

    cx_cbor_put_map(buf, SUPPLIED_KEYS);
    cx_cbor_put_uint(buf, SUPPLIED_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, SUPPLIED_FORM);
    cx_parts_put_word(buf, FORM);
    cx_cbor_put_uint(buf, SUPPLIED_NAMES);
    cx_cbor_put_array(buf, supplied->n);
    for (size_t i = 0; i < supplied->n; i++) {
        const struct cx_supplied_name *name = &supplied->v[i];

        cx_cbor_put_array(buf, 2);
        cx_cbor_put_text(buf, name->name);
        cx_cbor_put_array(buf, name->n);
        for (size_t k = 0; k < name->n; k++) {
            cx_cbor_put_bytes(buf, cx_span_of_str(name->bodies[k]));
        }
    }
    return cx_parts_written(buf, begin);
}

static cx_status
get_name(struct cx_parts *in, struct cx_supplied_name *name)
{
    cx_str *bodies;
    void *v;

    if (cx_cbor_array(&in->r, 2) != 2) {
        return cx_parts_refuse(in, "a name has two members");
    }
    name->name = cx_cbor_text(&in->r);
    CX_TRY(cx_parts_array(in, 1, CX_MPIC_RESPONSES_MAX, sizeof(*bodies), &v, &name->n));
    bodies = v;
    for (size_t i = 0; i < name->n; i++) {
        bodies[i] = cx_str_of_span(cx_cbor_bytes(&in->r));
    }
    name->bodies = bodies;
    return CX_SUCCESS;
}

static cx_status
get_names(struct cx_parts *in, struct cx_supplied *supplied)
{
    struct cx_supplied_name *names;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_NAMES_MAX, sizeof(*names), &v, &supplied->n));
    names = v;
    for (size_t i = 0; i < supplied->n; i++) {
        CX_TRY(get_name(in, &names[i]));
        if (i > 0 && cx_supplied_compare(&names[i - 1], &names[i]) >= 0) {
            return cx_parts_refuse(in, "names out of order");
        }
    }
    supplied->v = names;
    return CX_SUCCESS;
}

static cx_status
get_member(struct cx_parts *in, int64_t key, struct cx_supplied *supplied)
{
    switch (key) {
    case SUPPLIED_VERSION:
        return cx_cbor_uint(&in->r) == CX_RECORD_VERSION
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "a version not known");
    case SUPPLIED_FORM:
        return cx_str_equal(cx_cbor_text(&in->r), CX_STR(FORM))
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "responses of a form that is not known");
    case SUPPLIED_NAMES:
        return get_names(in, supplied);
    default:
        return cx_parts_refuse(in, "a critical member that is not known");
    }
}

cx_status
cx_supplied_decode(cx_span octets, struct cx_arena *arena, struct cx_supplied *ret,
                   struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), arena, detail, "corroboration" };
    struct cx_cbor_map map = cx_cbor_map(&in.r);
    struct cx_supplied supplied = { .n = 0 };
    uint32_t seen = 0;

    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_member(&in, map.key, &supplied));
        seen |= 1u << map.key;
    }
    if (!cx_rd_ok(&in.r) || cx_rd_left(&in.r) != 0 || seen != (1u << SUPPLIED_KEYS) - 1) {
        return cx_parts_refuse(&in, "it cannot be read, or lacks a member");
    }
    *ret = supplied;
    return CX_SUCCESS;
}

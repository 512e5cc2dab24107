#include "base/cbor_json.h"

#include "base/limits.h"

#include <stdlib.h>

/* ---- writing */

/* An array or object that is being written; of an object its keys in the order of CBOR. */
struct container {
    const struct cx_json *json;
    const cx_str *keys; /* NULL: an array */
    size_t n;
    size_t at;
};

/* As their encodings compare: the head has the length. */
static int
compare_keys(const void *a, const void *b)
{
    const cx_str *left = a, *right = b;

    if (left->n != right->n) {
        return left->n < right->n ? -1 : 1;
    }
    return left->n == 0 ? 0 : memcmp(left->p, right->p, left->n);
}

static cx_status
open_object(struct cx_buf *buf, const struct cx_json *json, struct cx_arena *arena,
            struct container *ret)
{
    size_t n = cx_json_members(json, NULL, 0);
    cx_str *keys = cx_arena_get(arena, n + 1, sizeof(*keys));

    if (keys == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    (void)cx_json_members(json, keys, n);
    qsort(keys, n, sizeof(*keys), compare_keys);
    cx_cbor_put_map(buf, n);
    *ret = (struct container){ json, keys, n, 0 };
    return CX_SUCCESS;
}

/* A value, or the head of one that contains others: then *ret is what has to be written next. */
static cx_status
put_value(struct cx_buf *buf, const struct cx_json *json, struct cx_arena *arena,
          struct container *ret)
{
    int64_t number;
    cx_str text;
    bool truth;

    *ret = (struct container){ .json = NULL };
    switch (cx_json_kind_of(json)) {
    case CX_JSON_NULL:
        cx_cbor_put_null(buf);
        return CX_SUCCESS;
    case CX_JSON_BOOL:
        cx_cbor_put_bool(buf, cx_json_bool(json, &truth) && truth);
        return CX_SUCCESS;
    case CX_JSON_INTEGER:
        cx_cbor_put_int(buf, cx_json_integer(json, &number) ? number : 0);
        return CX_SUCCESS;
    case CX_JSON_STRING:
        cx_cbor_put_text(buf, cx_json_string(json, &text) ? text : CX_STR(""));
        return CX_SUCCESS;
    case CX_JSON_ARRAY:
        *ret = (struct container){ json, NULL, cx_json_size(json), 0 };
        cx_cbor_put_array(buf, ret->n);
        return CX_SUCCESS;
    case CX_JSON_OBJECT:
        return open_object(buf, json, arena, ret);
    case CX_JSON_REAL:
    case CX_JSON_NONE:
        break;
    }
    return (cx_status){ CX_E_CBOR };
}

cx_status
cx_cbor_put_json(struct cx_buf *buf, const struct cx_json *json, struct cx_arena *arena)
{
    struct container stack[CX_CBOR_DEPTH], next;
    size_t depth = 0;

    CX_TRY(put_value(buf, json, arena, &next));
    for (;;) {
        struct container *top;

        if (next.json != NULL) {
            if (depth == CX_CBOR_DEPTH) {
                return (cx_status){ CX_E_CBOR };
            }
            stack[depth++] = next;
        }
        while (depth != 0 && stack[depth - 1].at == stack[depth - 1].n) {
            depth--;
        }
        if (depth == 0) {
            return cx_buf_status(buf);
        }
        top = &stack[depth - 1];
        if (top->keys != NULL) {
            cx_cbor_put_text(buf, top->keys[top->at]);
            CX_TRY(put_value(buf, cx_json_get_str(top->json, top->keys[top->at]), arena, &next));
        } else {
            CX_TRY(put_value(buf, cx_json_at(top->json, top->at), arena, &next));
        }
        top->at++;
    }
}

/* ---- reading */

/* An array or object that is being filled. */
struct filling {
    struct cx_json *json;
    bool is_map;
    size_t left;
    cx_str last; /* key of a map */
};

static struct cx_json *
get_value(struct cx_reader *r, struct filling *ret)
{
    *ret = (struct filling){ .json = NULL };
    switch (cx_cbor_next(r)) {
    case CX_CBOR_UINT:
    case CX_CBOR_NINT:
        return cx_json_new_integer(cx_cbor_int(r));
    case CX_CBOR_TEXT:
        return cx_json_new_string(cx_cbor_text(r));
    case CX_CBOR_BOOL:
        return cx_json_new_bool(cx_cbor_bool(r));
    case CX_CBOR_NULL:
        cx_cbor_null(r);
        return cx_json_new_null();
    case CX_CBOR_ARRAY:
        *ret = (struct filling){ cx_json_new_array(), false, cx_cbor_array(r, SIZE_MAX), { 0 } };
        return ret->json;
    case CX_CBOR_MAP:
        *ret = (struct filling){ cx_json_new_object(), true, cx_cbor_map(r).left, { 0 } };
        return ret->json;
    case CX_CBOR_NONE:
    case CX_CBOR_BYTES:
        break;
    }
    r->failed = true;
    return NULL;
}

/* The next key, which must follow the last one. */
static cx_str
get_key(struct cx_reader *r, struct filling *top)
{
    cx_str key = cx_cbor_text(r);

    bool follows = top->last.p == NULL || compare_keys(&top->last, &key) < 0;

    if (r->failed || !follows ||
        memchr(key.p, '\0', key.n) != NULL) { /* jansson's keys end at a NUL */
        r->failed = true;
    }
    top->last = key;
    return key;
}

/* Puts one value into top; *ret_next is its own content, to be filled next. False when out of memory. */
static bool
fill_one(struct cx_reader *r, struct filling *top, struct filling *ret_next)
{
    cx_str key = top->is_map ? get_key(r, top) : (cx_str){ NULL, 0 };
    struct cx_json *value;

    *ret_next = (struct filling){ .json = NULL };
    if (r->failed) {
        return true;
    }
    value = get_value(r, ret_next);
    top->left--;
    if (r->failed) {
        cx_json_free(value);
        ret_next->json = NULL;
        return true;
    }
    return top->is_map ? cx_json_set_str(top->json, key, value) : cx_json_add(top->json, value);
}

static cx_status
fill(struct cx_reader *r, struct filling root)
{
    struct filling stack[CX_CBOR_DEPTH], next = root;
    size_t depth = 0;

    while (!r->failed) {
        if (next.json != NULL) {
            if (depth == CX_CBOR_DEPTH) {
                break;
            }
            stack[depth++] = next;
        }
        while (depth != 0 && stack[depth - 1].left == 0) {
            depth--;
        }
        if (depth == 0) {
            return cx_rd_left(r) == 0 ? CX_SUCCESS : (cx_status){ CX_E_CBOR };
        }
        if (!fill_one(r, &stack[depth - 1], &next)) {
            return (cx_status){ CX_E_NOMEM };
        }
    }
    return (cx_status){ CX_E_CBOR };
}

cx_status
cx_cbor_to_json(cx_span octets, struct cx_json **ret)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_reader r = cx_reader_of(octets);
    struct filling root;

    json = get_value(&r, &root);
    if (r.failed) {
        return (cx_status){ CX_E_CBOR };
    }
    if (json == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(fill(&r, root));
    *ret = CX_STEAL(json);
    return CX_SUCCESS;
}

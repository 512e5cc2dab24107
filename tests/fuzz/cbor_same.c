#include "cbor_same.h"

#include "base/cbor.h"
#include "base/json.h"
#include "base/limits.h"

#include <cbor.h>
#include <stdlib.h>

#define HEAD_MAX 9

/* ---- before libcbor is asked */

/* Array and map heads promise no more items than there are octets. libcbor gets its memory by what they promise; with a
 * promise that cannot be kept neither reader has an item. Strings are stepped over, structure is not looked at. */
static bool
promises_can_be_kept(cx_span octets)
{
    size_t at = 0;
    uint64_t promised = 0;

    while (at < octets.n) {
        unsigned major = octets.p[at] >> 5, info = octets.p[at] & 31u;
        size_t more = info >= 24 && info <= 27 ? (size_t)1 << (info - 24) : 0;
        uint64_t value = info < 24 ? info : 0;

        if (more > octets.n - at - 1) {
            return true; /* cut */
        }
        for (size_t i = 1; i <= more; i++) {
            value = value << 8 | octets.p[at + i];
        }
        at += 1 + more;
        if (major == 2 || major == 3) {
            at += value < octets.n - at ? (size_t)value : octets.n - at;
        } else if (major == 4 || major == 5) {
            if (value > octets.n - promised) {
                return false;
            }
            promised += value;
        }
    }
    return true;
}

/* ---- what ought to be accepted */

static bool rewrite(const cbor_item_t *item, size_t depth, struct cx_buf *buf);

static void
put(struct cx_buf *buf, const unsigned char *octets, size_t n)
{
    cx_buf_put(buf, (cx_str){ (const char *)octets, n });
}

static bool
rewrite_text(const cbor_item_t *item, struct cx_buf *buf)
{
    cx_str text = { (const char *)cbor_string_handle(item), cbor_string_length(item) };
    struct cx_json *json; /* jansson knows what UTF-8 is */
    unsigned char head[HEAD_MAX];
    bool is_text;

    if (!cbor_string_is_definite(item)) {
        return false;
    }
    json = cx_json_new_string(text);
    is_text = json != NULL;
    cx_json_free(json);
    put(buf, head, cbor_encode_string_start(text.n, head, sizeof(head)));
    cx_buf_put(buf, text);
    return is_text;
}

static bool
rewrite_bytes(const cbor_item_t *item, struct cx_buf *buf)
{
    unsigned char head[HEAD_MAX];

    if (!cbor_bytestring_is_definite(item)) {
        return false;
    }
    put(buf, head, cbor_encode_bytestring_start(cbor_bytestring_length(item), head, sizeof(head)));
    put(buf, cbor_bytestring_handle(item), cbor_bytestring_length(item));
    return true;
}

static bool
rewrite_array(const cbor_item_t *item, size_t depth, struct cx_buf *buf)
{
    unsigned char head[HEAD_MAX];

    if (!cbor_array_is_definite(item) || depth == CX_CBOR_DEPTH) {
        return false;
    }
    put(buf, head, cbor_encode_array_start(cbor_array_size(item), head, sizeof(head)));
    for (size_t i = 0; i < cbor_array_size(item); i++) {
        if (!rewrite(cbor_array_handle(item)[i], depth + 1, buf)) {
            return false;
        }
    }
    return true;
}

/* The encodings of two keys that stand one behind the other compare octet by octet. */
static bool
ascends(const char *a, size_t n_a, const char *b, size_t n_b)
{
    int order = memcmp(a, b, n_a < n_b ? n_a : n_b);

    return order < 0 || (order == 0 && n_a < n_b);
}

static bool
rewrite_map(const cbor_item_t *item, size_t depth, struct cx_buf *buf)
{
    unsigned char head[HEAD_MAX];
    size_t last = 0, n_last = 0;

    if (!cbor_map_is_definite(item) || depth == CX_CBOR_DEPTH) {
        return false;
    }
    put(buf, head, cbor_encode_map_start(cbor_map_size(item), head, sizeof(head)));
    for (size_t i = 0; i < cbor_map_size(item); i++) {
        const struct cbor_pair *pair = &cbor_map_handle(item)[i];
        size_t at = buf->n;

        if (cbor_isa_array(pair->key) || cbor_isa_map(pair->key) ||
            !rewrite(pair->key, depth + 1, buf) || !cx_buf_ok(buf) ||
            (i != 0 && !ascends(buf->p + last, n_last, buf->p + at, buf->n - at))) {
            return false;
        }
        last = at;
        n_last = buf->n - at;
        if (!rewrite(pair->value, depth + 1, buf)) {
            return false;
        }
    }
    return true;
}

/* true, false, null; libcbor's questions want to know first that it is no real number. */
static bool
is_simple(const cbor_item_t *item)
{
    return cbor_float_ctrl_is_ctrl(item) && (cbor_is_bool(item) || cbor_is_null(item));
}

/* Appends the shortest form. False for what we do not have. */
static bool
rewrite(const cbor_item_t *item, size_t depth, struct cx_buf *buf)
{
    unsigned char head[HEAD_MAX];

    switch (cbor_typeof(item)) {
    case CBOR_TYPE_UINT:
        put(buf, head, cbor_encode_uint(cbor_get_int(item), head, sizeof(head)));
        return true;
    case CBOR_TYPE_NEGINT:
        put(buf, head, cbor_encode_negint(cbor_get_int(item), head, sizeof(head)));
        return true;
    case CBOR_TYPE_BYTESTRING:
        return rewrite_bytes(item, buf);
    case CBOR_TYPE_STRING:
        return rewrite_text(item, buf);
    case CBOR_TYPE_ARRAY:
        return rewrite_array(item, depth, buf);
    case CBOR_TYPE_MAP:
        return rewrite_map(item, depth, buf);
    case CBOR_TYPE_FLOAT_CTRL:
        if (!is_simple(item)) {
            return false;
        }
        put(buf, head,
            cbor_is_null(item) ? cbor_encode_null(head, sizeof(head))
                               : cbor_encode_bool(cbor_get_bool(item), head, sizeof(head)));
        return true;
    case CBOR_TYPE_TAG:
        break;
    }
    return false;
}

static bool
is_deterministic(const cbor_item_t *item, cx_span octets)
{
    struct cx_buf buf;
    bool same;

    cx_buf_init(&buf, 2 * octets.n + 100);
    same = rewrite(item, 0, &buf) && cx_buf_ok(&buf) &&
           cx_span_equal(cx_span_of_str(cx_buf_str(&buf)), octets);
    cx_buf_done(&buf);
    return same;
}

/* ---- the same values */

static bool same_value(struct cx_reader *r, const cbor_item_t *item);

static bool
same_number(struct cx_reader *r, const cbor_item_t *item)
{
    uint64_t value = cbor_get_int(item);

    if (cbor_isa_uint(item)) {
        return cx_cbor_next(r) == CX_CBOR_UINT && cx_cbor_uint(r) == value;
    }
    if (cx_cbor_next(r) != CX_CBOR_NINT) {
        return false;
    }
    return value > INT64_MAX ? cx_cbor_any(r).n == 9 : cx_cbor_int(r) == -1 - (int64_t)value;
}

static bool
same_items(struct cx_reader *r, const cbor_item_t *item)
{
    size_t n = cbor_array_size(item);

    if (cx_cbor_next(r) != CX_CBOR_ARRAY || cx_cbor_array(r, n) != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!same_value(r, cbor_array_handle(item)[i])) {
            return false;
        }
    }
    return true;
}

static bool
same_pairs(struct cx_reader *r, const cbor_item_t *item)
{
    size_t n = cbor_map_size(item);

    if (cx_cbor_next(r) != CX_CBOR_MAP || cx_cbor_map(r).left != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct cbor_pair *pair = &cbor_map_handle(item)[i];

        if (!same_value(r, pair->key) || !same_value(r, pair->value)) {
            return false;
        }
    }
    return true;
}

static bool
same_value(struct cx_reader *r, const cbor_item_t *item)
{
    cx_span theirs;

    switch (cbor_typeof(item)) {
    case CBOR_TYPE_UINT:
    case CBOR_TYPE_NEGINT:
        return same_number(r, item);
    case CBOR_TYPE_BYTESTRING:
        theirs = (cx_span){ cbor_bytestring_handle(item), cbor_bytestring_length(item) };
        return cx_cbor_next(r) == CX_CBOR_BYTES && cx_span_equal(cx_cbor_bytes(r), theirs);
    case CBOR_TYPE_STRING:
        theirs = (cx_span){ cbor_string_handle(item), cbor_string_length(item) };
        return cx_cbor_next(r) == CX_CBOR_TEXT &&
               cx_span_equal(cx_span_of_str(cx_cbor_text(r)), theirs);
    case CBOR_TYPE_ARRAY:
        return same_items(r, item);
    case CBOR_TYPE_MAP:
        return same_pairs(r, item);
    case CBOR_TYPE_FLOAT_CTRL:
        if (is_simple(item) && cbor_is_bool(item)) {
            return cx_cbor_next(r) == CX_CBOR_BOOL && cx_cbor_bool(r) == cbor_get_bool(item);
        }
        cx_cbor_null(r);
        return is_simple(item) && cx_rd_ok(r);
    case CBOR_TYPE_TAG:
        break;
    }
    return false;
}

static bool
same_values(cx_span octets, const cbor_item_t *item)
{
    struct cx_reader r = cx_reader_of(octets);

    return same_value(&r, item) && cx_rd_ok(&r) && cx_rd_left(&r) == 0;
}

static bool
gives_back(const cbor_item_t *item, cx_span octets)
{
    unsigned char *again = malloc(octets.n);
    size_t n = again != NULL ? cbor_serialize(item, again, octets.n) : 0;
    bool same = cx_span_equal((cx_span){ again, n }, octets);

    free(again);
    return same;
}

/* ---- both */

static const char *
compare(cx_span octets, bool accepted, const cbor_item_t *item)
{
    if (is_deterministic(item, octets) != accepted) {
        return accepted ? "accepted, although not deterministic"
                        : "refused, although deterministic";
    }
    if (accepted && !same_values(octets, item)) {
        return "the values differ";
    }
    return !accepted || gives_back(item, octets) ? NULL : "libcbor writes other octets";
}

const char *
cbor_difference(cx_span octets)
{
    struct cx_reader r = cx_reader_of(octets);
    bool accepted = cx_cbor_any(&r).n == octets.n && octets.n != 0;
    struct cbor_load_result result;
    cbor_item_t *item;
    const char *difference = NULL;

    if (!promises_can_be_kept(octets)) {
        return accepted ? "accepted, although more is promised than follows" : NULL;
    }
    item = octets.n == 0 ? NULL : cbor_load(octets.p, octets.n, &result);
    if (item == NULL || result.read != octets.n) {
        difference = accepted ? "accepted, but libcbor has no such item" : NULL;
    } else {
        difference = compare(octets, accepted, item);
    }
    if (item != NULL) {
        cbor_decref(&item);
    }
    return difference;
}

#include "base/cbor.h"

#include "base/limits.h"
#include "base/utf8.h"

enum major {
    MAJOR_UINT = 0,
    MAJOR_NINT = 1,
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6,
    MAJOR_SIMPLE = 7,
};

enum simple {
    SIMPLE_FALSE = 20,
    SIMPLE_TRUE = 21,
    SIMPLE_NULL = 22,
};

/* Additional information of the first octet: the value itself, or how many octets follow. */
#define INFO_MAX_DIRECT 23u
#define INFO_ONE_OCTET  24u
#define INFO_EIGHT      27u

/* ---- writing */

#define HEAD_MAX 9

/* Octets of the shortest head's value. */
static size_t
octets_of(uint64_t value)
{
    return value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
}

static size_t
write_head(uint8_t head[HEAD_MAX], enum major major, uint64_t value)
{
    size_t octets = octets_of(value);
    unsigned info = octets == 1   ? INFO_ONE_OCTET
                    : octets == 2 ? INFO_ONE_OCTET + 1
                    : octets == 4 ? INFO_ONE_OCTET + 2
                                  : INFO_ONE_OCTET + 3;

    if (value <= INFO_MAX_DIRECT) {
        head[0] = (uint8_t)((unsigned)major << 5 | (unsigned)value);
        return 1;
    }
    head[0] = (uint8_t)((unsigned)major << 5 | info);
    for (size_t i = 0; i < octets; i++) {
        head[1 + i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
    }
    return 1 + octets;
}

/* Nearly always there is room for the longest: then it is written where it belongs. */
static void
put_head(struct cx_buf *buf, enum major major, uint64_t value)
{
    uint8_t head[HEAD_MAX];

    if (buf->room - buf->n >= HEAD_MAX && !buf->failed) {
        buf->n += write_head((uint8_t *)buf->p + buf->n, major, value);
    } else {
        size_t n = write_head(head, major, value);

        cx_buf_put(buf, (cx_str){ (const char *)head, n });
    }
}

void
cx_cbor_put_uint(struct cx_buf *buf, uint64_t value)
{
    put_head(buf, MAJOR_UINT, value);
}

void
cx_cbor_put_int(struct cx_buf *buf, int64_t value)
{
    if (value >= 0) {
        put_head(buf, MAJOR_UINT, (uint64_t)value);
    } else {
        put_head(buf, MAJOR_NINT, (uint64_t)(-(value + 1)));
    }
}

void
cx_cbor_put_bytes(struct cx_buf *buf, cx_span bytes)
{
    put_head(buf, MAJOR_BYTES, bytes.n);
    cx_buf_put(buf, cx_str_of_span(bytes));
}

void
cx_cbor_put_text(struct cx_buf *buf, cx_str text)
{
    if (!cx_utf8_valid(cx_span_of_str(text))) {
        cx_buf_fail(buf, CX_E_INTERNAL);
        return;
    }
    put_head(buf, MAJOR_TEXT, text.n);
    cx_buf_put(buf, text);
}

void
cx_cbor_put_array(struct cx_buf *buf, size_t n)
{
    put_head(buf, MAJOR_ARRAY, n);
}

void
cx_cbor_put_map(struct cx_buf *buf, size_t n)
{
    put_head(buf, MAJOR_MAP, n);
}

void
cx_cbor_put_bool(struct cx_buf *buf, bool value)
{
    put_head(buf, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void
cx_cbor_put_null(struct cx_buf *buf)
{
    put_head(buf, MAJOR_SIMPLE, SIMPLE_NULL);
}

/* ---- reading */

/* The value of a head behind its first octet; in the shortest form only. */
static uint64_t
get_long(struct cx_reader *r, unsigned info)
{
    uint64_t value = 0, least;
    cx_span octets;

    if (info > INFO_EIGHT) { /* reserved, or of indefinite length */
        r->failed = true;
        return 0;
    }
    octets = cx_rd_bytes(r, (size_t)1 << (info - INFO_ONE_OCTET));
    for (size_t i = 0; i < octets.n; i++) {
        value = value << 8 | octets.p[i];
    }
    least = info == INFO_ONE_OCTET ? INFO_MAX_DIRECT + 1 : (uint64_t)1 << (4 * octets.n);
    if (value < least) {
        r->failed = true;
        return 0;
    }
    return value;
}

/* The head of an item. Nearly all are one octet. */
static inline uint64_t
get_head(struct cx_reader *r, enum major *ret_major)
{
    uint8_t first = cx_rd_u8(r);
    unsigned info = first & 31u;

    *ret_major = (enum major)(first >> 5);
    return info <= INFO_MAX_DIRECT ? info : get_long(r, info);
}

/* The same, of this kind. 0 after a failure. */
static inline uint64_t
get(struct cx_reader *r, enum major wanted)
{
    enum major major;
    uint64_t value = get_head(r, &major);

    if (major != wanted) {
        r->failed = true;
    }
    return r->failed ? 0 : value;
}

enum cx_cbor_type
cx_cbor_next(const struct cx_reader *r)
{
    static const enum cx_cbor_type types[] = {
        [MAJOR_UINT] = CX_CBOR_UINT,   [MAJOR_NINT] = CX_CBOR_NINT,   [MAJOR_BYTES] = CX_CBOR_BYTES,
        [MAJOR_TEXT] = CX_CBOR_TEXT,   [MAJOR_ARRAY] = CX_CBOR_ARRAY, [MAJOR_MAP] = CX_CBOR_MAP,
        [MAJOR_SIMPLE] = CX_CBOR_NONE,
    };
    uint8_t first;

    if (cx_rd_left(r) == 0) {
        return CX_CBOR_NONE;
    }
    first = r->all.p[r->at];
    if (first >> 5 != MAJOR_SIMPLE) {
        return types[first >> 5];
    }
    switch (first & 31u) {
    case SIMPLE_FALSE:
    case SIMPLE_TRUE:
        return CX_CBOR_BOOL;
    case SIMPLE_NULL:
        return CX_CBOR_NULL;
    default:
        return CX_CBOR_NONE;
    }
}

uint64_t
cx_cbor_uint(struct cx_reader *r)
{
    return get(r, MAJOR_UINT);
}

uint64_t
cx_cbor_number(struct cx_reader *r, uint64_t most)
{
    uint64_t value = get(r, MAJOR_UINT);

    if (value > most) {
        r->failed = true;
    }
    return r->failed ? 0 : value;
}

int64_t
cx_cbor_int(struct cx_reader *r)
{
    enum major major;
    uint64_t value = get_head(r, &major);

    if ((major != MAJOR_UINT && major != MAJOR_NINT) || value > INT64_MAX) {
        r->failed = true;
    }
    if (r->failed) {
        return 0;
    }
    return major == MAJOR_UINT ? (int64_t)value : -1 - (int64_t)value;
}

cx_span
cx_cbor_bytes(struct cx_reader *r)
{
    uint64_t n = get(r, MAJOR_BYTES);

    if (n > cx_rd_left(r)) {
        r->failed = true;
    }
    return r->failed ? (cx_span){ NULL, 0 } : cx_rd_bytes(r, (size_t)n);
}

const uint8_t *
cx_cbor_octets(struct cx_reader *r, size_t n)
{
    cx_span bytes = cx_cbor_bytes(r);

    if (bytes.n != n) {
        r->failed = true;
    }
    return r->failed ? NULL : bytes.p;
}

cx_str
cx_cbor_text(struct cx_reader *r)
{
    uint64_t n = get(r, MAJOR_TEXT);
    cx_span text = { NULL, 0 };

    if (n > cx_rd_left(r)) {
        r->failed = true;
        n = 0;
    }
    text = cx_rd_bytes(r, (size_t)n);
    if (!cx_utf8_valid(text)) {
        r->failed = true;
    }
    return r->failed ? (cx_str){ NULL, 0 } : cx_str_of_span(text);
}

/* Every item takes an octet at least. */
static size_t
get_count(struct cx_reader *r, enum major major, size_t max, size_t octets_each)
{
    uint64_t n = get(r, major);

    if (n > max || n > cx_rd_left(r) / octets_each) {
        r->failed = true;
    }
    return r->failed ? 0 : (size_t)n;
}

size_t
cx_cbor_array(struct cx_reader *r, size_t max)
{
    return get_count(r, MAJOR_ARRAY, max, 1);
}

bool
cx_cbor_bool(struct cx_reader *r)
{
    uint64_t value = get(r, MAJOR_SIMPLE);

    if (value != SIMPLE_FALSE && value != SIMPLE_TRUE) {
        r->failed = true;
    }
    return !r->failed && value == SIMPLE_TRUE;
}

void
cx_cbor_null(struct cx_reader *r)
{
    if (get(r, MAJOR_SIMPLE) != SIMPLE_NULL) {
        r->failed = true;
    }
}

/* What stands at one depth of an item that is passed over. */
struct level {
    size_t left; /* items, of a map keys and values */
    bool is_map;
    cx_span last_key; /* of a map */
};

/* Keys stand in the order of their octets, none twice. */
static bool
key_follows(cx_span last, cx_span key)
{
    size_t n = last.n < key.n ? last.n : key.n;
    int order = n == 0 ? 0 : memcmp(last.p, key.p, n);

    return order < 0 || (order == 0 && last.n < key.n);
}

/* One head with what belongs to it but its items. True for an array or a map: *ret is what follows. */
static bool
pass_head(struct cx_reader *r, struct level *ret)
{
    enum major major;

    *ret = (struct level){ .left = 0 };
    switch (cx_cbor_next(r)) {
    case CX_CBOR_UINT:
    case CX_CBOR_NINT: /* of 64 bits, also where nothing here could hold it */
        (void)get_head(r, &major);
        return false;
    case CX_CBOR_BYTES:
        (void)cx_cbor_bytes(r);
        return false;
    case CX_CBOR_TEXT:
        (void)cx_cbor_text(r);
        return false;
    case CX_CBOR_ARRAY:
        ret->left = cx_cbor_array(r, SIZE_MAX);
        return true;
    case CX_CBOR_MAP:
        ret->left = 2 * get_count(r, MAJOR_MAP, SIZE_MAX, 2);
        ret->is_map = true;
        return true;
    case CX_CBOR_BOOL:
        (void)cx_cbor_bool(r);
        return false;
    case CX_CBOR_NULL:
        cx_cbor_null(r);
        return false;
    case CX_CBOR_NONE:
        break;
    }
    r->failed = true;
    return false;
}

static void
check_key(struct cx_reader *r, struct level *level, size_t from)
{
    cx_span key = { r->all.p + from, r->at - from };

    if (!key_follows(level->last_key, key)) {
        r->failed = true;
    }
    level->last_key = key;
}

cx_span
cx_cbor_any(struct cx_reader *r)
{
    struct level levels[CX_CBOR_DEPTH + 1] = { { .left = 1 } }; /* the first: the item itself */
    size_t begin = r->at, depth = 0;

    while (!r->failed && (depth != 0 || levels[0].left != 0)) {
        struct level *level = &levels[depth], inside;
        bool is_key = level->is_map && level->left % 2 == 0, opens;
        size_t from = r->at;

        if (level->left == 0) {
            depth--;
            continue;
        }
        opens = pass_head(r, &inside);
        level->left--;
        if (opens && (is_key || depth == CX_CBOR_DEPTH)) { /* a key has no items */
            r->failed = true;
        } else if (opens) {
            levels[++depth] = inside;
        } else if (is_key && !r->failed) {
            check_key(r, level, from);
        }
    }
    return r->failed ? (cx_span){ NULL, 0 } : (cx_span){ r->all.p + begin, r->at - begin };
}

cx_span
cx_cbor_members(struct cx_reader *r)
{
    struct cx_reader look = *r;
    size_t n = get_count(&look, MAJOR_MAP, SIZE_MAX, 2);
    cx_span map = cx_cbor_any(r);

    for (size_t i = 0; i < n && !r->failed; i++) {
        r->failed = cx_cbor_next(&look) != CX_CBOR_TEXT;
        (void)cx_cbor_text(&look);
        (void)cx_cbor_any(&look);
    }
    r->failed = r->failed || n == 0;
    return r->failed ? (cx_span){ NULL, 0 } : map;
}

struct cx_cbor_map
cx_cbor_map(struct cx_reader *r)
{
    return (struct cx_cbor_map){ .r = r, .left = get_count(r, MAJOR_MAP, SIZE_MAX, 2) };
}

/* In the order of the octets: 0, 1, 2, ..., then -1, -2, ... */
static bool
int_follows(int64_t last, int64_t key)
{
    return last >= 0 && key >= 0 ? key > last : last >= 0 || (key < 0 && key < last);
}

bool
cx_cbor_map_next_any(struct cx_cbor_map *map)
{
    int64_t key;

    if (map->left == 0 || map->r->failed) {
        return false;
    }
    key = cx_cbor_int(map->r);
    if (map->begun && !int_follows(map->key, key)) {
        map->r->failed = true;
    }
    map->begun = true;
    map->key = key;
    map->left--;
    return !map->r->failed;
}

bool
cx_cbor_map_next(struct cx_cbor_map *map)
{
    while (cx_cbor_map_next_any(map)) {
        if (map->key >= 0) {
            return true;
        }
        (void)cx_cbor_any(map->r);
    }
    return false;
}

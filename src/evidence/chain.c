#include "evidence/chain.h"

#include "base/cbor.h"
#include "base/limits.h"

#define VERSION 1

enum {
    MARK_VERSION = 0,
    MARK_TIME = 1,
    MARK_ORIGIN = 2,
    MARK_VKEY = 3,
    BEGIN_BEFORE = 4,
    BEGIN_SOFTWARE = 5,
    BEFORE_ORIGIN = 0,
    BEFORE_VKEY = 1,
    BEFORE_CHECKPOINT = 2,
    BEFORE_LATER = 3,
};

/* ---- writing */

static void
put_text(struct cx_buf *buf, uint64_t key, cx_str text)
{
    cx_cbor_put_uint(buf, key);
    cx_cbor_put_text(buf, text);
}

static void
put_bytes(struct cx_buf *buf, uint64_t key, cx_span bytes)
{
    cx_cbor_put_uint(buf, key);
    cx_cbor_put_bytes(buf, bytes);
}

static void
put_version_and_time(struct cx_buf *buf, uint64_t time_ms)
{
    cx_cbor_put_uint(buf, MARK_VERSION);
    cx_cbor_put_uint(buf, VERSION);
    cx_cbor_put_uint(buf, MARK_TIME);
    cx_cbor_put_uint(buf, time_ms);
}

void
cx_begin_encode(const struct cx_begin *begin, struct cx_buf *buf)
{
    bool has_later = begin->before.later.n != 0, has_software = begin->software.n != 0;

    cx_buf_put(buf, (cx_str){ (const char *)begin->salt, CX_CHAIN_SALT });
    cx_cbor_put_map(buf, 4 + (size_t)begin->has_before + (size_t)has_software);
    put_version_and_time(buf, begin->time_ms);
    put_text(buf, MARK_ORIGIN, begin->origin);
    put_text(buf, MARK_VKEY, begin->vkey);
    if (begin->has_before) {
        cx_cbor_put_uint(buf, BEGIN_BEFORE);
        cx_cbor_put_map(buf, 3 + (size_t)has_later);
        put_text(buf, BEFORE_ORIGIN, begin->before.origin);
        put_text(buf, BEFORE_VKEY, begin->before.vkey);
        put_bytes(buf, BEFORE_CHECKPOINT, begin->before.checkpoint);
        if (has_later) {
            put_bytes(buf, BEFORE_LATER, begin->before.later);
        }
    }
    if (has_software) {
        put_text(buf, BEGIN_SOFTWARE, begin->software);
    }
}

void
cx_seal_encode(const struct cx_seal *seal, struct cx_buf *buf)
{
    cx_buf_put(buf, (cx_str){ (const char *)seal->salt, CX_CHAIN_SALT });
    cx_cbor_put_map(buf, 4);
    put_version_and_time(buf, seal->time_ms);
    put_text(buf, MARK_ORIGIN, seal->origin);
    put_text(buf, MARK_VKEY, seal->vkey);
}

/* ---- reading */

/* What both have: members 0 to 3. False for another key. */
static bool
get_common(struct cx_reader *r, int64_t key, uint64_t *time_ms, cx_str *origin, cx_str *vkey)
{
    switch (key) {
    case MARK_VERSION:
        r->failed |= cx_cbor_uint(r) != VERSION;
        return true;
    case MARK_TIME:
        *time_ms = cx_cbor_uint(r);
        return true;
    case MARK_ORIGIN:
        *origin = cx_cbor_text(r);
        return true;
    case MARK_VKEY:
        *vkey = cx_cbor_text(r);
        return true;
    default:
        return false;
    }
}

static void
get_before(struct cx_reader *r, struct cx_begin *begin)
{
    struct cx_cbor_map map = cx_cbor_map(r);
    unsigned seen = 0;

    begin->has_before = true;
    while (cx_cbor_map_next(&map)) {
        switch (map.key) {
        case BEFORE_ORIGIN:
            begin->before.origin = cx_cbor_text(r);
            break;
        case BEFORE_VKEY:
            begin->before.vkey = cx_cbor_text(r);
            break;
        case BEFORE_CHECKPOINT:
            begin->before.checkpoint = cx_cbor_bytes(r);
            break;
        case BEFORE_LATER:
            begin->before.later = cx_cbor_bytes(r);
            r->failed |= begin->before.later.n == 0;
            break;
        default:
            r->failed = true;
        }
        seen |= map.key <= BEFORE_LATER ? 1u << map.key : 0;
    }
    r->failed |= (seen & 7u) != 7u;
}

/* The salt, and a map behind it. */
static struct cx_cbor_map
open_record(struct cx_reader *r, uint8_t salt[CX_CHAIN_SALT])
{
    cx_span from = cx_rd_bytes(r, CX_CHAIN_SALT);

    r->failed |= r->all.n > CX_RECORD_MAX;
    if (from.n == CX_CHAIN_SALT) {
        memcpy(salt, from.p, CX_CHAIN_SALT);
    }
    return cx_cbor_map(r);
}

static cx_status
end_record(const struct cx_reader *r, unsigned seen, const char *what, struct cx_detail *detail)
{
    return cx_rd_ok(r) && cx_rd_left(r) == 0 && (seen & 15u) == 15u
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_RECORD, "%s cannot be read", what);
}

cx_status
cx_begin_decode(cx_span octets, struct cx_begin *ret, struct cx_detail *detail)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_begin begin = { .time_ms = 0 };
    struct cx_cbor_map map = open_record(&r, begin.salt);
    unsigned seen = 0;

    while (cx_cbor_map_next(&map)) {
        if (map.key == BEGIN_BEFORE) {
            get_before(&r, &begin);
        } else if (map.key == BEGIN_SOFTWARE) {
            begin.software = cx_cbor_text(&r);
            r.failed |= begin.software.n == 0;
        } else if (!get_common(&r, map.key, &begin.time_ms, &begin.origin, &begin.vkey)) {
            r.failed = true;
        }
        seen |= map.key <= BEGIN_SOFTWARE ? 1u << map.key : 0;
    }
    CX_TRY(end_record(&r, seen, "the record that begins a shard", detail));
    *ret = begin;
    return CX_SUCCESS;
}

cx_status
cx_seal_decode(cx_span octets, struct cx_seal *ret, struct cx_detail *detail)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_seal seal = { .time_ms = 0 };
    struct cx_cbor_map map = open_record(&r, seal.salt);
    unsigned seen = 0;

    while (cx_cbor_map_next(&map)) {
        if (!get_common(&r, map.key, &seal.time_ms, &seal.origin, &seal.vkey)) {
            r.failed = true;
        }
        seen |= map.key <= MARK_VKEY ? 1u << map.key : 0;
    }
    CX_TRY(end_record(&r, seen, "the record that seals a shard", detail));
    *ret = seal;
    return CX_SUCCESS;
}

#include "evidence/start.h"

#include "evidence/fault.h"
#include "evidence/part.h"

/* Keys of docs/formats/record.cddl. */
enum start_key {
    START_VERSION = 0,
    START_TIME = 1,
    START_AUTHORITY = 2,
    START_REQUEST = 3,
    START_BODY = 4,
    START_DEADLINE = 5,
    START_CALLER = 6,
    START_PREVIOUS = 7,
};

static const uint32_t start_needed = 1u << START_VERSION | 1u << START_TIME | 1u << START_REQUEST |
                                     1u << START_BODY | 1u << START_DEADLINE;

static void
put_members(struct cx_buf *buf, const struct cx_start *start)
{
    cx_cbor_put_uint(buf, START_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, START_TIME);
    cx_cbor_put_uint(buf, start->time_ms);
    if (start->has_authority) {
        cx_cbor_put_uint(buf, START_AUTHORITY);
        cx_parts_put_hash(buf, &start->authority);
    }
    cx_cbor_put_uint(buf, START_REQUEST);
    cx_cbor_put_text(buf, start->request);
    cx_cbor_put_uint(buf, START_BODY);
    cx_parts_put_hash(buf, &start->body);
    cx_cbor_put_uint(buf, START_DEADLINE);
    cx_cbor_put_uint(buf, start->deadline_ms);
    if (start->caller.n != 0) {
        cx_cbor_put_uint(buf, START_CALLER);
        cx_cbor_put_text(buf, start->caller);
    }
    if (start->has_previous) {
        cx_cbor_put_uint(buf, START_PREVIOUS);
        cx_parts_put_hash(buf, &start->previous);
    }
}

cx_status
cx_start_encode(const struct cx_start *start, struct cx_buf *buf)
{
    size_t begin = buf->n;

    if (!cx_parts_is_drawn(start->salt) || cx_start_fault(start) != NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    cx_buf_put(buf, (cx_str){ (const char *)start->salt, CX_RECORD_SALT });
    cx_cbor_put_map(buf, 5 + (size_t)start->has_authority + (size_t)(start->caller.n != 0) +
                             (size_t)start->has_previous);
    put_members(buf, start);
    return cx_parts_written(buf, begin);
}

static cx_status
get_member(struct cx_parts *in, int64_t key, struct cx_start *start)
{
    switch (key) {
    case START_VERSION:
        return cx_parts_version(in);
    case START_TIME:
        start->time_ms = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    case START_AUTHORITY:
        start->has_authority = true;
        cx_parts_hash(in, &start->authority);
        return CX_SUCCESS;
    case START_REQUEST:
        start->request = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case START_BODY:
        cx_parts_hash(in, &start->body);
        return CX_SUCCESS;
    case START_DEADLINE:
        start->deadline_ms = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    case START_CALLER:
        start->caller = cx_cbor_text(&in->r);
        return start->caller.n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "an empty caller");
    case START_PREVIOUS:
        start->has_previous = true;
        cx_parts_hash(in, &start->previous);
        return CX_SUCCESS;
    default:
        return cx_parts_refuse(in, "a critical member that is not known");
    }
}

cx_status
cx_start_decode(cx_span octets, struct cx_start *ret, struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), NULL, detail, "record" };
    struct cx_start start = { .time_ms = 0 };
    struct cx_cbor_map map;
    const char *fault;
    uint32_t seen = 0;

    CX_TRY(cx_parts_salt(&in, start.salt));
    map = cx_cbor_map(&in.r);
    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_member(&in, map.key, &start));
        seen |= 1u << map.key;
    }
    CX_TRY(cx_parts_complete(&in, seen, start_needed, "a start"));
    if (cx_rd_left(&in.r) != 0) {
        return cx_parts_refuse(&in, "octets after its end");
    }
    fault = cx_start_fault(&start);
    if (fault != NULL) {
        return cx_parts_refuse(&in, fault);
    }
    *ret = start;
    return CX_SUCCESS;
}

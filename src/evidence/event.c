#include "evidence/event.h"

#include "evidence/fault.h"
#include "evidence/part.h"

/* Keys of docs/formats/record.cddl. */
enum event_key {
    EVENT_VERSION = 0,
    EVENT_TIME = 1,
    EVENT_TYPE = 2,
    EVENT_ABOUT = 3,
    EVENT_BY = 4,
    EVENT_WHY = 5,
    EVENT_AUTHORITY = 6,
    EVENT_CERTIFICATE = 7,
    EVENT_REQUEST = 8,
    ISSUED_SERIAL = -2,
    ISSUED_IS_PRECERTIFICATE = -3,
    ISSUED_PRECERTIFICATE = -4,
};

static const uint32_t event_needed = 1u << EVENT_VERSION | 1u << EVENT_TIME | 1u << EVENT_TYPE;

static const struct {
    const char *word;
    const char *sentence;
} types[] = {
    [CX_EVENT_UNSET] = { "", "" },
#define X(name, number, word, about, by, why, certificate, request, sentence)                      \
    [CX_EVENT_##name] = { word, sentence },
#include "evidence/event_types.def"
#undef X
};

const char *
cx_event_word(enum cx_event_type type)
{
    return (size_t)type < CX_COUNT(types) ? types[type].word : "";
}

const char *
cx_event_sentence(enum cx_event_type type)
{
    return (size_t)type < CX_COUNT(types) ? types[type].sentence : "";
}

/* ---- writing */

static void
put_hash(struct cx_buf *buf, enum event_key key, bool has, const struct cx_hash *hash)
{
    if (has) {
        cx_cbor_put_uint(buf, key);
        cx_parts_put_hash(buf, hash);
    }
}

static void
put_text(struct cx_buf *buf, enum event_key key, cx_str text)
{
    if (text.n != 0) {
        cx_cbor_put_uint(buf, key);
        cx_cbor_put_text(buf, text);
    }
}

static void
put_issued(struct cx_buf *buf, const struct cx_event *event)
{
    if (event->serial.n != 0) {
        cx_cbor_put_int(buf, ISSUED_SERIAL);
        cx_cbor_put_bytes(buf, event->serial);
    }
    if (event->is_precertificate) {
        cx_cbor_put_int(buf, ISSUED_IS_PRECERTIFICATE);
        cx_cbor_put_bool(buf, true);
    }
    if (event->has_precertificate) {
        cx_cbor_put_int(buf, ISSUED_PRECERTIFICATE);
        cx_parts_put_hash(buf, &event->precertificate);
    }
}

static size_t
count_members(const struct cx_event *event)
{
    return 3 + (size_t)event->has_about + (size_t)(event->by.n != 0) + (size_t)(event->why.n != 0) +
           (size_t)event->has_authority + (size_t)event->has_certificate +
           (size_t)(event->request.n != 0) + (size_t)(event->serial.n != 0) +
           (size_t)event->is_precertificate + (size_t)event->has_precertificate;
}

cx_status
cx_event_encode(const struct cx_event *event, struct cx_buf *buf)
{
    size_t begin = buf->n;

    if (!cx_parts_is_drawn(event->salt) || cx_event_fault(event) != NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    cx_buf_put(buf, (cx_str){ (const char *)event->salt, CX_RECORD_SALT });
    cx_cbor_put_map(buf, count_members(event));
    cx_cbor_put_uint(buf, EVENT_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, EVENT_TIME);
    cx_cbor_put_uint(buf, event->time_ms);
    cx_cbor_put_uint(buf, EVENT_TYPE);
    cx_cbor_put_uint(buf, (uint64_t)event->type);
    put_hash(buf, EVENT_ABOUT, event->has_about, &event->about);
    put_text(buf, EVENT_BY, event->by);
    put_text(buf, EVENT_WHY, event->why);
    put_hash(buf, EVENT_AUTHORITY, event->has_authority, &event->authority);
    put_hash(buf, EVENT_CERTIFICATE, event->has_certificate, &event->certificate);
    put_text(buf, EVENT_REQUEST, event->request);
    put_issued(buf, event);
    return cx_parts_written(buf, begin);
}

/* ---- reading */

static cx_status
get_text(struct cx_parts *in, cx_str *ret)
{
    *ret = cx_cbor_text(&in->r);
    return ret->n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "an empty text");
}

static cx_status
get_optional(struct cx_parts *in, int64_t key, struct cx_event *event)
{
    switch (key) {
    case EVENT_ABOUT:
        event->has_about = true;
        cx_parts_hash(in, &event->about);
        return CX_SUCCESS;
    case EVENT_BY:
        return get_text(in, &event->by);
    case EVENT_WHY:
        return get_text(in, &event->why);
    case EVENT_AUTHORITY:
        event->has_authority = true;
        cx_parts_hash(in, &event->authority);
        return CX_SUCCESS;
    case EVENT_CERTIFICATE:
        event->has_certificate = true;
        cx_parts_hash(in, &event->certificate);
        return CX_SUCCESS;
    case EVENT_REQUEST:
        return get_text(in, &event->request);
    default:
        return cx_parts_refuse(in, "a critical member that is not known");
    }
}

static cx_status
get_member(struct cx_parts *in, int64_t key, struct cx_event *event)
{
    switch (key) {
    case EVENT_VERSION:
        return cx_parts_version(in);
    case EVENT_TIME:
        event->time_ms = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    case EVENT_TYPE:
        event->type = (enum cx_event_type)cx_cbor_number(&in->r, CX_COUNT(types) - 1);
        return CX_SUCCESS;
    default:
        return get_optional(in, key, event);
    }
}

/* Negative keys: those that are not known say nothing here. */
static cx_status
get_issued(struct cx_parts *in, int64_t key, struct cx_event *event)
{
    switch (key) {
    case ISSUED_SERIAL:
        event->serial = cx_cbor_bytes(&in->r);
        return event->serial.n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "an empty serial number");
    case ISSUED_IS_PRECERTIFICATE:
        event->is_precertificate = cx_cbor_bool(&in->r);
        return event->is_precertificate ? CX_SUCCESS
                                        : cx_parts_refuse(in, "a precertificate that is none");
    case ISSUED_PRECERTIFICATE:
        event->has_precertificate = true;
        cx_parts_hash(in, &event->precertificate);
        return CX_SUCCESS;
    default:
        (void)cx_cbor_any(&in->r);
        return CX_SUCCESS;
    }
}

cx_status
cx_event_decode(cx_span octets, struct cx_event *ret, struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), NULL, detail, "record" };
    struct cx_event event = { .time_ms = 0 };
    struct cx_cbor_map map;
    const char *fault;
    uint32_t seen = 0;

    CX_TRY(cx_parts_salt(&in, event.salt));
    map = cx_cbor_map(&in.r);
    while (cx_cbor_map_next_any(&map)) {
        if (map.key < 0) {
            CX_TRY(get_issued(&in, map.key, &event));
        } else {
            CX_TRY(get_member(&in, map.key, &event));
            seen |= 1u << map.key;
        }
    }
    CX_TRY(cx_parts_complete(&in, seen, event_needed, "an event"));
    if (cx_rd_left(&in.r) != 0) {
        return cx_parts_refuse(&in, "octets after its end");
    }
    fault = cx_event_fault(&event);
    if (fault != NULL) {
        return cx_parts_refuse(&in, fault);
    }
    *ret = event;
    return CX_SUCCESS;
}

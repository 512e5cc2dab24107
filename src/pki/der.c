#include "pki/der.h"

#include "base/limits.h"
#include "base/utf8.h"

/* ---- content of each type */

static bool
is_integer(cx_span content)
{
    if (content.n < 2) {
        return content.n == 1;
    }
    return !(content.p[0] == 0x00 && content.p[1] < 0x80) &&
           !(content.p[0] == 0xff && content.p[1] >= 0x80);
}

static bool
is_bit_string(cx_span content)
{
    uint8_t unused;

    if (content.n == 0 || content.p[0] > 7 || (content.n == 1 && content.p[0] != 0)) {
        return false;
    }
    unused = (uint8_t)((1u << content.p[0]) - 1);
    return content.n == 1 || (content.p[content.n - 1] & unused) == 0;
}

/* Numbers of base 128, most significant first, none with leading zeros. */
static bool
is_oid(cx_span content)
{
    bool begins = true;

    for (size_t i = 0; i < content.n; i++) {
        if (begins && content.p[i] == 0x80) {
            return false;
        }
        begins = content.p[i] < 0x80;
    }
    return content.n != 0 && begins;
}

static bool
is_ascii(cx_span content)
{
    for (size_t i = 0; i < content.n; i++) {
        if (content.p[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* The character of width octets at p. */
static uint32_t
character_at(const uint8_t *p, size_t width)
{
    uint32_t character = 0;

    for (size_t i = 0; i < width; i++) {
        character = character << 8 | p[i];
    }
    return character;
}

static bool
is_wide(cx_span content, size_t width)
{
    uint8_t ignored[CX_UTF8_CHARACTER];

    for (size_t at = 0; content.n % width == 0 && at < content.n; at += width) {
        if (cx_utf8_put(character_at(content.p + at, width), ignored) == 0) {
            return false;
        }
    }
    return content.n % width == 0;
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ; a year of two digits is one of 1950 to 2049. Written out for cx_time_parse, which
 * knows the calendar. */
static bool
time_of(cx_span content, size_t year_digits, cx_time *ret)
{
    static const char between[] = "--T::Z";
    char text[sizeof("2026-11-22T12:00:00Z")] = "";
    const uint8_t *from = content.p;
    char *to = text;

    if (content.n != year_digits + sizeof("MMDDHHMMSSZ") - 1 || content.p[content.n - 1] != 'Z') {
        return false;
    }
    if (year_digits == 2) {
        memcpy(to, from[0] >= '5' ? "19" : "20", 2);
        to += 2;
    }
    memcpy(to, from, year_digits);
    to += year_digits;
    from += year_digits;
    for (size_t i = 0; i < 5; i++) {
        *to++ = between[i];
        *to++ = (char)*from++;
        *to++ = (char)*from++;
    }
    *to = 'Z';
    return cx_ok(cx_time_parse((cx_str){ text, sizeof(text) - 1 }, ret));
}

bool
cx_der_fits(uint8_t tag, cx_span content)
{
    cx_time ignored;

    switch ((enum cx_der_tag)tag) {
    case CX_DER_BOOLEAN:
        return content.n == 1 && (content.p[0] == 0 || content.p[0] == 0xff);
    case CX_DER_INTEGER:
    case CX_DER_ENUMERATED:
        return is_integer(content);
    case CX_DER_BIT_STRING:
        return is_bit_string(content);
    case CX_DER_NULL:
        return content.n == 0;
    case CX_DER_OID:
        return is_oid(content);
    case CX_DER_UTF8_STRING:
        return cx_utf8_valid(content);
    case CX_DER_NUMERIC_STRING:
    case CX_DER_PRINTABLE_STRING:
    case CX_DER_IA5_STRING:
    case CX_DER_VISIBLE_STRING:
        return is_ascii(content);
    case CX_DER_UTC_TIME:
        return time_of(content, 2, &ignored);
    case CX_DER_GENERALIZED_TIME:
        return time_of(content, 4, &ignored);
    case CX_DER_UNIVERSAL_STRING:
        return is_wide(content, 4);
    case CX_DER_BMP_STRING:
        return is_wide(content, 2);
    case CX_DER_OCTET_STRING:
    case CX_DER_T61_STRING:
    case CX_DER_SEQUENCE:
    case CX_DER_SET:
        return true;
    case CX_DER_NONE:
        break;
    }
    return false;
}

/* ---- elements */

/* Lengths of several octets: no more than needed, and none that the input cannot have. */
static size_t
long_length(struct cx_reader *r, unsigned octets)
{
    size_t n = 0;

    if (octets == 0 || octets > 3) { /* indefinite, or more than CX_TBS_MAX */
        r->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < octets; i++) {
        n = n << 8 | cx_rd_u8(r);
    }
    if (n < 0x80 || n >> (8 * (octets - 1)) == 0) {
        r->failed = true;
    }
    return n;
}

uint8_t
cx_der_peek(const struct cx_reader *r)
{
    return cx_rd_left(r) != 0 ? r->all.p[r->at] : CX_DER_NONE;
}

struct cx_der
cx_der_next(struct cx_reader *r)
{
    size_t from = r->at;
    struct cx_der e = { .tag = cx_rd_u8(r) };
    uint8_t length = cx_rd_u8(r);

    e.content = cx_rd_bytes(r, length < 0x80 ? length : long_length(r, length & 0x7fu));
    if (CX_DER_NUMBER(e.tag) == 0x1f || /* number in further octets */
        ((e.tag & 0xc0u) != CX_DER_CONTEXT && !cx_der_fits(e.tag, e.content))) {
        r->failed = true;
    }
    if (!cx_rd_ok(r)) {
        return (struct cx_der){ .tag = CX_DER_NONE };
    }
    e.whole = (cx_span){ r->all.p + from, r->at - from };
    return e;
}

cx_span
cx_der_get(struct cx_reader *r, uint8_t tag)
{
    struct cx_der e = cx_der_next(r);

    if (e.tag != tag) {
        r->failed = true;
        return (cx_span){ NULL, 0 };
    }
    return e.content;
}

bool
cx_der_flag(struct cx_reader *r)
{
    cx_span content;

    if (cx_der_peek(r) != CX_DER_BOOLEAN) {
        return false;
    }
    content = cx_der_get(r, CX_DER_BOOLEAN);
    if (content.n != 1 || content.p[0] == 0) { /* a default is not written */
        r->failed = true;
    }
    return cx_rd_ok(r);
}

cx_time
cx_der_time(struct cx_reader *r)
{
    struct cx_der e = cx_der_next(r);
    cx_time time = CX_TIME_NONE;

    if ((e.tag != CX_DER_UTC_TIME || !time_of(e.content, 2, &time)) &&
        (e.tag != CX_DER_GENERALIZED_TIME || !time_of(e.content, 4, &time))) {
        r->failed = true;
    }
    return time;
}

struct cx_reader
cx_der_enter(struct cx_reader *r, uint8_t tag)
{
    struct cx_der e = cx_der_next(r);

    struct cx_reader inner = cx_reader_of(e.content);

    if (e.tag != tag) {
        r->failed = true;
    }
    inner.failed = r->failed;
    return inner;
}

void
cx_der_leave(struct cx_reader *r, const struct cx_reader *inner)
{
    if (!cx_rd_ok(inner) || cx_rd_left(inner) != 0) {
        r->failed = true;
    }
}

/* ---- what several structures have */

/* From an octet on to where r is. */
static cx_span
since(const struct cx_reader *r, size_t from)
{
    return cx_rd_ok(r) ? (cx_span){ r->all.p + from, r->at - from } : (cx_span){ NULL, 0 };
}

cx_span
cx_der_algorithm(struct cx_reader *r)
{
    size_t from = r->at;
    struct cx_reader in = cx_der_enter(r, CX_DER_SEQUENCE);

    (void)cx_der_get(&in, CX_DER_OID);
    if (cx_rd_left(&in) != 0 && (cx_der_next(&in).tag & CX_DER_CONTEXT) != 0) {
        in.failed = true; /* no algorithm has such parameters */
    }
    cx_der_leave(r, &in);
    return since(r, from);
}

cx_span
cx_der_public_key(struct cx_reader *r)
{
    size_t from = r->at;
    struct cx_reader in = cx_der_enter(r, CX_DER_SEQUENCE);

    if (cx_rd_ok(&in)) {
        (void)cx_der_algorithm(&in);
        (void)cx_der_get(&in, CX_DER_BIT_STRING);
    }
    cx_der_leave(r, &in);
    return since(r, from);
}

/* ---- text */

static cx_status
widened(cx_span content, size_t width, struct cx_arena *arena, cx_span *ret)
{
    uint8_t *to = cx_arena_get(arena, content.n / width + 1, CX_UTF8_CHARACTER);
    size_t n = 0;

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t at = 0; at + width <= content.n; at += width) {
        n += cx_utf8_put(character_at(content.p + at, width), to + n);
    }
    *ret = (cx_span){ to, n };
    return CX_SUCCESS;
}

cx_status
cx_der_text(const struct cx_der *string, struct cx_arena *arena, cx_span *ret)
{
    switch (string->tag) {
    case CX_DER_UTF8_STRING:
    case CX_DER_NUMERIC_STRING:
    case CX_DER_PRINTABLE_STRING:
    case CX_DER_IA5_STRING:
    case CX_DER_VISIBLE_STRING:
        *ret = string->content;
        return CX_SUCCESS;
    case CX_DER_T61_STRING:
        return widened(string->content, 1, arena, ret);
    case CX_DER_BMP_STRING:
        return widened(string->content, 2, arena, ret);
    case CX_DER_UNIVERSAL_STRING:
        return widened(string->content, 4, arena, ret);
    default:
        return (cx_status){ CX_E_CERTIFICATE };
    }
}

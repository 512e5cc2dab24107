#include "incident/certificate_row.h"

#include "base/cbor.h"
#include "base/limits.h"
#include "pki/digest.h"

#include <stdlib.h>

#define MEMBERS 24

/* Moments of the years 0 to 9999, as RFC 3339 and X.509 can write them: others are broken, and nothing may overflow on them. */
#define FIRST_MOMENT ((int64_t)-62167219200)
#define LAST_MOMENT  ((int64_t)253402300799)

static void
put_hash(struct cx_buf *buf, bool has, const struct cx_hash *hash)
{
    cx_cbor_put_bytes(buf, (cx_span){ hash->b, has ? CX_HASH_SIZE : 0 });
}

static void
put_text(struct cx_buf *buf, cx_str text)
{
    cx_cbor_put_bytes(buf, cx_span_of_str(text));
}

void
cx_certificate_write(const struct cx_certificate *c, struct cx_buf *buf)
{
    const struct cx_issued *i = &c->issued;

    cx_cbor_put_array(buf, MEMBERS);
    put_hash(buf, c->has_certificate, &c->certificate);
    put_hash(buf, c->has_precertificate, &c->precertificate);
    cx_cbor_put_uint(buf, c->input);
    cx_cbor_put_uint(buf, c->line);
    cx_cbor_put_bytes(buf, i->serial);
    put_text(buf, i->issuer);
    put_text(buf, i->subject);
    put_hash(buf, c->has_issuer, &i->issuer_key);
    cx_cbor_put_int(buf, i->not_before);
    cx_cbor_put_int(buf, i->not_after);
    cx_cbor_put_array(buf, i->n_names);
    for (size_t k = 0; k < i->n_names; k++) {
        put_text(buf, i->names[k]);
    }
    cx_cbor_put_int(buf, i->sct_ms);
    cx_cbor_put_uint(buf, i->logs);
    cx_cbor_put_int(buf, i->signed_at);
    cx_cbor_put_bool(buf, i->revoked);
    cx_cbor_put_int(buf, i->revoked_at);
    cx_cbor_put_int(buf, i->reason);
    cx_cbor_put_int(buf, i->aware);
    put_text(buf, i->type);
    cx_cbor_put_array(buf, 2);
    put_text(buf, i->account);
    put_text(buf, i->method);
    put_text(buf, i->subscriber);
    cx_cbor_put_bool(buf, i->names_partial);
    cx_cbor_put_int(buf, c->precertificate_signed_at);
    cx_cbor_put_bool(buf, i->not_before_is_date);
}

static bool
get_hash(struct cx_reader *r, struct cx_hash *ret)
{
    cx_span octets = cx_cbor_bytes(r);

    if (octets.n == CX_HASH_SIZE) {
        memcpy(ret->b, octets.p, CX_HASH_SIZE);
    } else if (octets.n != 0) {
        r->failed = true;
    }
    return octets.n == CX_HASH_SIZE;
}

static cx_time
get_moment(struct cx_reader *r)
{
    cx_time moment = cx_cbor_int(r);

    if (moment != CX_TIME_NONE && (moment < FIRST_MOMENT || moment > LAST_MOMENT)) {
        r->failed = true;
        return CX_TIME_NONE;
    }
    return moment;
}

static int
get_reason(struct cx_reader *r)
{
    int64_t reason = cx_cbor_int(r);

    r->failed = r->failed || reason < INT32_MIN || reason > INT32_MAX;
    return r->failed ? -1 : (int)reason;
}

static cx_str
get_text(struct cx_reader *r)
{
    return cx_str_of_span(cx_cbor_bytes(r));
}

static cx_status
get_names(struct cx_reader *r, struct cx_arena *arena, struct cx_issued *ret)
{
    size_t n = cx_cbor_array(r, CX_NAMES_MAX);
    cx_str *names = cx_arena_get(arena, n, sizeof(*names));

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = get_text(r);
    }
    ret->names = names;
    ret->n_names = n;
    return CX_SUCCESS;
}

cx_status
cx_certificate_read_row(cx_span octets, struct cx_arena *arena, struct cx_certificate *ret)
{
    struct cx_reader r = cx_reader_of(octets);
    struct cx_issued *i = &ret->issued;

    *ret = (struct cx_certificate){ .input = 0 };
    if (cx_cbor_array(&r, MEMBERS) != MEMBERS) {
        return (cx_status){ CX_E_STORE };
    }
    ret->has_certificate = get_hash(&r, &ret->certificate);
    ret->has_precertificate = get_hash(&r, &ret->precertificate);
    ret->input = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    ret->line = cx_cbor_uint(&r);
    i->serial = cx_cbor_bytes(&r);
    i->issuer = get_text(&r);
    i->subject = get_text(&r);
    ret->has_issuer = get_hash(&r, &i->issuer_key);
    i->not_before = get_moment(&r);
    i->not_after = get_moment(&r);
    CX_TRY(get_names(&r, arena, i));
    i->sct_ms = (int64_t)cx_cbor_number(&r, (uint64_t)LAST_MOMENT * 1000);
    i->logs = (unsigned)cx_cbor_number(&r, UINT32_MAX);
    i->signed_at = get_moment(&r);
    i->revoked = cx_cbor_bool(&r);
    i->revoked_at = get_moment(&r);
    i->reason = get_reason(&r);
    i->aware = get_moment(&r);
    i->type = get_text(&r);
    if (cx_cbor_array(&r, 2) != 2) {
        r.failed = true;
    }
    i->account = get_text(&r);
    i->method = get_text(&r);
    i->subscriber = get_text(&r);
    i->names_partial = cx_cbor_bool(&r);
    ret->precertificate_signed_at = get_moment(&r);
    i->not_before_is_date = cx_cbor_bool(&r);
    return cx_rd_ok(&r) && cx_rd_left(&r) == 0 ? CX_SUCCESS : (cx_status){ CX_E_STORE };
}

/* ---- joining */

/* Attributes of a distinguished name: "CN=x, O=y", "CN=x+O=y", "/O=y/CN=x". */
#define ATTRIBUTES_MAX 64

static bool
is_separator(cx_str text, size_t at)
{
    return memchr(",+;", text.p[at], 3) != NULL || (text.p[at] == '/' && text.p[0] == '/');
}

/* The attribute from *at on, bare of blanks; a separator behind a backslash belongs to it. */
static cx_str
next_attribute(cx_str text, size_t *at)
{
    size_t from = *at;
    cx_str ret;

    while (*at < text.n && !(is_separator(text, *at) && (*at == 0 || text.p[*at - 1] != '\\'))) {
        (*at)++;
    }
    ret = (cx_str){ text.p + from, *at - from };
    *at += *at < text.n ? 1 : 0;
    while (ret.n != 0 && ret.p[0] == ' ') {
        ret = (cx_str){ ret.p + 1, ret.n - 1 };
    }
    while (ret.n != 0 && ret.p[ret.n - 1] == ' ') {
        ret.n--;
    }
    return ret;
}

static int
compare_attributes(const void *a, const void *b)
{
    const cx_str *x = a;
    const cx_str *y = b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

    return order != 0 ? order : x->n < y->n ? -1 : x->n > y->n;
}

static cx_status
hash_attributes(cx_str text, struct cx_hash *ret, bool *ret_known)
{
    cx_str attributes[ATTRIBUTES_MAX];
    cx_span parts[2 * ATTRIBUTES_MAX];
    size_t n = 0;
    size_t at = 0;

    while (at < text.n && n < ATTRIBUTES_MAX) {
        cx_str attribute = next_attribute(text, &at);

        if (attribute.n != 0) {
            attributes[n++] = attribute;
        }
    }
    qsort(attributes, n, sizeof(attributes[0]), compare_attributes);
    for (size_t i = 0; i < n; i++) {
        parts[2 * i] = cx_span_of_str(attributes[i]);
        parts[2 * i + 1] = cx_span_of_str(CX_STR("\n"));
    }
    *ret_known = n != 0;
    return cx_sha256_parts(parts, 2 * n, ret->b);
}

/* In lower case, without blanks around "=". */
cx_status
cx_issuer_key(cx_str issuer, struct cx_hash *ret, bool *ret_known)
{
    struct cx_buf text;
    cx_status s;

    cx_buf_init(&text, CX_DISTINGUISHED_NAME_MAX);
    for (size_t i = 0; i < issuer.n; i++) {
        bool around = issuer.p[i] == ' ' && ((i + 1 < issuer.n && issuer.p[i + 1] == '=') ||
                                             (i > 0 && issuer.p[i - 1] == '='));

        if (!around) {
            cx_buf_putc(&text, (char)cx_ascii_lower((uint8_t)issuer.p[i]));
        }
    }
    s = cx_buf_status(&text);
    if (cx_ok(s)) {
        s = hash_attributes(cx_buf_str(&text), ret, ret_known);
    }
    cx_buf_done(&text);
    return s;
}

cx_status
cx_certificate_of(const struct cx_issued *issued, uint32_t input, uint64_t line,
                  struct cx_certificate *ret)
{
    struct cx_certificate c = {
        .issued = *issued, .precertificate_signed_at = CX_TIME_NONE, .input = input, .line = line
    };

    if (issued->kind == CX_ISSUED_PRE) { /* R-EXC-2: its moment is not that of its certificate */
        c.precertificate_signed_at = issued->signed_at;
        c.issued.signed_at = CX_TIME_NONE;
    }
    if (issued->has_digest && issued->kind == CX_ISSUED_PRE) {
        c.has_precertificate = true;
        c.precertificate = issued->digest;
    } else if (issued->has_digest) {
        c.has_certificate = true;
        c.certificate = issued->digest;
    }
    if (issued->has_precertificate) {
        c.has_precertificate = true;
        c.precertificate = issued->precertificate;
    }
    CX_TRY(cx_issuer_key(issued->issuer, &c.issued.issuer_key, &c.has_issuer));
    *ret = c;
    return CX_SUCCESS;
}

static bool
has_name(const struct cx_issued *issued, cx_str name)
{
    for (size_t i = 0; i < issued->n_names; i++) {
        if (cx_span_equal_fold(cx_span_of_str(issued->names[i]), cx_span_of_str(name))) {
            return true;
        }
    }
    return false;
}

static cx_status
join_names(struct cx_issued *a, const struct cx_issued *b, struct cx_arena *arena)
{
    cx_str *names = cx_arena_get(arena, a->n_names + b->n_names, sizeof(*names));
    size_t n = a->n_names;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(names, a->names, n * sizeof(*names));
    for (size_t i = 0; i < b->n_names; i++) {
        if (!has_name(a, b->names[i])) {
            names[n++] = b->names[i];
        }
    }
    a->names = names;
    a->n_names = n;
    return CX_SUCCESS;
}

static void
join_text(cx_str *a, cx_str b)
{
    *a = a->n != 0 ? *a : b;
}

/* The earlier of two moments, of which either may be unknown. */
static void
join_earlier(cx_time *a, cx_time b)
{
    if (b != CX_TIME_NONE && (*a == CX_TIME_NONE || b < *a)) {
        *a = b;
    }
}

/* A moment says more than a day. */
static void
join_not_before(struct cx_issued *a, const struct cx_issued *b)
{
    bool is_moment = b->not_before != CX_TIME_NONE && !b->not_before_is_date;

    if (a->not_before == CX_TIME_NONE || (a->not_before_is_date && is_moment)) {
        a->not_before = b->not_before;
        a->not_before_is_date = b->not_before_is_date;
    } else if (a->not_before_is_date == b->not_before_is_date) {
        join_earlier(&a->not_before, b->not_before);
    }
}

static void
join_rest(struct cx_issued *a, const struct cx_issued *b)
{
    if (b->sct_ms != 0 && (a->sct_ms == 0 || b->sct_ms < a->sct_ms)) {
        a->sct_ms = b->sct_ms;
    }
    a->logs = b->logs > a->logs ? b->logs : a->logs;
    join_earlier(&a->signed_at, b->signed_at);
    join_not_before(a, b);
    a->not_after = b->not_after > a->not_after ? b->not_after : a->not_after;
    a->revoked = a->revoked || b->revoked;
    join_earlier(&a->revoked_at, b->revoked_at);
    a->reason = a->reason >= 0 ? a->reason : b->reason;
    join_earlier(&a->aware, b->aware);
    join_text(&a->issuer, b->issuer);
    join_text(&a->subject, b->subject);
    join_text(&a->type, b->type);
    join_text(&a->account, b->account);
    join_text(&a->method, b->method);
    join_text(&a->subscriber, b->subscriber);
    a->names_partial = a->names_partial && b->names_partial;
}

cx_status
cx_certificate_join(struct cx_certificate *a, const struct cx_certificate *b,
                    struct cx_arena *arena, bool *ret_new)
{
    *ret_new = (b->has_certificate && !a->has_certificate) ||
               (b->has_precertificate && !a->has_precertificate);
    if (b->has_certificate && !a->has_certificate) {
        a->has_certificate = true;
        a->certificate = b->certificate;
    }
    if (b->has_precertificate && !a->has_precertificate) {
        a->has_precertificate = true;
        a->precertificate = b->precertificate;
    }
    if (!a->has_issuer && b->has_issuer) {
        a->has_issuer = true;
        a->issued.issuer_key = b->issued.issuer_key;
    }
    if (a->issued.serial.n == 0) {
        a->issued.serial = b->issued.serial;
    }
    join_earlier(&a->precertificate_signed_at, b->precertificate_signed_at);
    join_rest(&a->issued, &b->issued);
    return join_names(&a->issued, &b->issued, arena);
}

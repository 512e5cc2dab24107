#include "evidence/part.h"

#include "evidence/fault.h"

cx_status
cx_parts_refuse(const struct cx_parts *in, const char *why)
{
    return cx_fail(in->detail, CX_E_RECORD, "%s: %s", in->whole, why);
}

cx_status
cx_parts_array(struct cx_parts *in, size_t least, size_t most, size_t size, void **ret,
               size_t *ret_n)
{
    size_t n = cx_cbor_array(&in->r, most);
    void *v;

    if (!cx_rd_ok(&in->r) || n < least) {
        return cx_parts_refuse(in, "an array has too few or too many items");
    }
    v = cx_arena_get(in->arena, n + 1, size);
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = v;
    *ret_n = n;
    return CX_SUCCESS;
}

cx_status
cx_parts_texts(struct cx_parts *in, size_t most, const cx_str **ret, size_t *ret_n)
{
    cx_str *texts;
    void *v;

    CX_TRY(cx_parts_array(in, 0, most, sizeof(*texts), &v, ret_n));
    texts = v;
    for (size_t i = 0; i < *ret_n; i++) {
        texts[i] = cx_cbor_text(&in->r);
    }
    *ret = texts;
    return CX_SUCCESS;
}

void
cx_parts_hash(struct cx_parts *in, struct cx_hash *ret)
{
    const uint8_t *octets = cx_cbor_octets(&in->r, CX_HASH_SIZE);

    if (octets != NULL) {
        memcpy(ret->b, octets, CX_HASH_SIZE);
    }
}

cx_time
cx_parts_moment(struct cx_parts *in)
{
    cx_time t = cx_cbor_int(&in->r);

    if (!cx_is_moment(t)) {
        in->r.failed = true;
    }
    return t;
}

cx_status
cx_parts_salt(struct cx_parts *in, uint8_t ret[CX_RECORD_SALT])
{
    cx_span salt = cx_rd_bytes(&in->r, CX_RECORD_SALT);

    if (in->r.all.n > CX_RECORD_MAX || salt.n != CX_RECORD_SALT) {
        return cx_parts_refuse(in, "too short, or too long");
    }
    memcpy(ret, salt.p, CX_RECORD_SALT);
    return CX_SUCCESS;
}

cx_status
cx_parts_version(struct cx_parts *in)
{
    uint64_t version = cx_cbor_uint(&in->r);

    return cx_rd_ok(&in->r) && version != CX_RECORD_VERSION
               ? cx_fail(in->detail, CX_E_RECORD, "%s: version %llu; this program knows version %d",
                         in->whole, (unsigned long long)version, CX_RECORD_VERSION)
               : CX_SUCCESS;
}

cx_status
cx_parts_complete(const struct cx_parts *in, uint32_t seen, uint32_t needed, const char *what)
{
    if (!cx_rd_ok(&in->r)) {
        return cx_fail(in->detail, CX_E_RECORD, "%s: %s cannot be read", in->whole, what);
    }
    return (seen & needed) == needed
               ? CX_SUCCESS
               : cx_fail(in->detail, CX_E_RECORD, "%s: %s lacks a member", in->whole, what);
}

bool
cx_parts_is_drawn(const uint8_t salt[CX_RECORD_SALT])
{
    static const uint8_t zero[CX_RECORD_SALT];

    return memcmp(salt, zero, CX_RECORD_SALT) != 0;
}

void
cx_parts_put_word(struct cx_buf *buf, const char *word)
{
    cx_cbor_put_text(buf, cx_str_of(word));
}

void
cx_parts_put_texts(struct cx_buf *buf, const cx_str *texts, size_t n)
{
    cx_cbor_put_array(buf, n);
    for (size_t i = 0; i < n; i++) {
        cx_cbor_put_text(buf, texts[i]);
    }
}

void
cx_parts_put_hash(struct cx_buf *buf, const struct cx_hash *hash)
{
    cx_cbor_put_bytes(buf, (cx_span){ hash->b, CX_HASH_SIZE });
}

cx_status
cx_parts_written(struct cx_buf *buf, size_t begin)
{
    if (buf->n - begin > CX_RECORD_MAX) {
        cx_buf_fail(buf, CX_E_LIMIT);
    }
    if (!cx_buf_ok(buf)) {
        buf->n = begin;
    }
    return cx_buf_status(buf);
}

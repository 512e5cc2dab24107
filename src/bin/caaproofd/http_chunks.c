#include "bin/caaproofd/http_chunks.h"

#include "base/limits.h"

static const char malformed[] = "a chunk of the body is malformed";

static struct http_refusal
take_size(struct http_chunks *c, uint8_t octet)
{
    int digit = cx_ascii_hex(octet);

    if (digit >= 0 && c->digits < 16) {
        c->left = c->left << 4 | (uint64_t)digit;
        c->digits++;
    } else if (c->digits != 0 && octet == '\r') {
        c->state = HTTP_CHUNK_SIZE_LF;
    } else if (c->digits != 0 && octet == ';') {
        c->state = HTTP_CHUNK_EXTENSION;
    } else {
        return http_refuse(400, malformed);
    }
    return HTTP_TAKEN;
}

static struct http_refusal
take_extension(struct http_chunks *c, uint8_t octet)
{
    if (octet == '\r') {
        c->state = HTTP_CHUNK_SIZE_LF;
        return HTTP_TAKEN;
    }
    if ((octet < 0x20 && octet != '\t') || octet == 0x7f ||
        ++c->extension > CX_HTTP_EXTENSION_MAX) {
        return http_refuse(400, "an extension of a chunk is malformed or too long");
    }
    return HTTP_TAKEN;
}

static struct http_refusal
take_size_end(struct http_chunks *c, uint8_t octet, const struct cx_buf *body)
{
    if (octet != '\n') {
        return http_refuse(400, malformed);
    }
    if (c->left > body->max - body->n) {
        return http_refuse(413, "the body is too large");
    }
    c->state = c->left != 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_LAST_CR;
    c->digits = 0;
    return HTTP_TAKEN;
}

/* CR or LF where nothing else can be. */
static struct http_refusal
take_only(struct http_chunks *c, uint8_t octet, uint8_t only, enum http_chunk_state next)
{
    if (octet != only) {
        return http_refuse(400, c->state == HTTP_CHUNK_LAST_CR ? "trailer fields are not taken"
                                                               : malformed);
    }
    c->state = next;
    return HTTP_TAKEN;
}

static struct http_refusal
take_octet(struct http_chunks *c, uint8_t octet, const struct cx_buf *body)
{
    switch (c->state) {
    case HTTP_CHUNK_SIZE:
        return take_size(c, octet);
    case HTTP_CHUNK_EXTENSION:
        return take_extension(c, octet);
    case HTTP_CHUNK_SIZE_LF:
        return take_size_end(c, octet, body);
    case HTTP_CHUNK_DATA_CR:
        return take_only(c, octet, '\r', HTTP_CHUNK_DATA_LF);
    case HTTP_CHUNK_DATA_LF:
        return take_only(c, octet, '\n', HTTP_CHUNK_SIZE);
    case HTTP_CHUNK_LAST_CR:
        return take_only(c, octet, '\r', HTTP_CHUNK_LAST_LF);
    case HTTP_CHUNK_LAST_LF:
        return take_only(c, octet, '\n', HTTP_CHUNK_DONE);
    case HTTP_CHUNK_DATA:
    case HTTP_CHUNK_DONE:
        break;
    }
    return http_refuse(500, "a fault of this program");
}

/* Data of the chunk, as much of it as is there. */
static size_t
take_data(struct http_chunks *c, cx_span octets, struct cx_buf *body)
{
    size_t n = c->left < octets.n ? (size_t)c->left : octets.n;

    cx_buf_put(body, (cx_str){ (const char *)octets.p, n });
    c->left -= n;
    c->state = c->left == 0 ? HTTP_CHUNK_DATA_CR : HTTP_CHUNK_DATA;
    return n;
}

struct http_refusal
http_chunks_take(struct http_chunks *chunks, cx_span octets, struct cx_buf *body, size_t *ret_used)
{
    struct http_refusal no = HTTP_TAKEN;
    size_t at = 0;

    while (at < octets.n && chunks->state != HTTP_CHUNK_DONE && no.status == 0) {
        if (chunks->state == HTTP_CHUNK_DATA) {
            at += take_data(chunks, (cx_span){ octets.p + at, octets.n - at }, body);
            no = cx_buf_ok(body) ? HTTP_TAKEN : http_refuse(500, "out of memory");
        } else {
            no = take_octet(chunks, octets.p[at++], body);
        }
    }
    *ret_used = at;
    return no;
}

#include "bin/caaproofd/ops.h"

#include "base/limits.h"
#include "base/utf8.h"

#define HEAD 5

/* ---- frames */

static size_t
begin(struct cx_buf *buf, unsigned kind, size_t n)
{
    size_t at = buf->n;

    cx_buf_put(buf, (cx_str){ "\0\0\0\0", 4 });
    cx_buf_putc(buf, (char)kind);
    cx_cbor_put_array(buf, n);
    return at;
}

static void
end(struct cx_buf *buf, size_t at)
{
    size_t n = buf->n - at - HEAD;

    for (unsigned i = 0; i < 4 && cx_buf_ok(buf); i++) {
        buf->p[at + i] = (char)(uint8_t)(n >> (8 * (3 - i)));
    }
}

cx_status
op_frame_next(cx_span octets, struct op_frame *ret, bool *ret_more)
{
    size_t n;

    *ret_more = octets.n < HEAD;
    if (*ret_more) {
        return CX_SUCCESS;
    }
    n = (size_t)octets.p[0] << 24 | (size_t)octets.p[1] << 16 | (size_t)octets.p[2] << 8 |
        octets.p[3];
    if (n > CX_OP_MAX) {
        return (cx_status){ CX_E_FRAME };
    }
    *ret_more = octets.n - HEAD < n;
    if (!*ret_more) {
        *ret = (struct op_frame){ octets.p[4], { octets.p + HEAD, n }, HEAD + n };
    }
    return CX_SUCCESS;
}

/* ---- writing */

void
op_put_start(struct cx_buf *buf, const struct op_start *op)
{
    size_t at = begin(buf, OP_START, 9);

    cx_cbor_put_uint(buf, op->seq);
    cx_cbor_put_uint(buf, op->authority);
    cx_cbor_put_text(buf, op->id);
    cx_cbor_put_bytes(buf, op->digest);
    cx_cbor_put_uint(buf, op->received_ms);
    cx_cbor_put_uint(buf, op->deadline_ms);
    cx_cbor_put_text(buf, op->caller);
    cx_cbor_put_text(buf, op->previous);
    cx_cbor_put_uint(buf, op->problem ? 1 : 0);
    end(buf, at);
}

void
op_put_finish(struct cx_buf *buf, const struct op_finish *op)
{
    size_t at = begin(buf, OP_FINISH, 4);

    cx_cbor_put_uint(buf, op->seq);
    cx_cbor_put_uint(buf, op->now);
    cx_cbor_put_uint(buf, (uint64_t)op->verdict);
    cx_cbor_put_bytes(buf, op->body);
    end(buf, at);
}

void
op_put_seq(struct cx_buf *buf, enum op kind, uint32_t seq)
{
    size_t at = begin(buf, kind, 1);

    cx_cbor_put_uint(buf, seq);
    end(buf, at);
}

void
op_put_ask(struct cx_buf *buf, enum op kind, const struct op_ask *op)
{
    size_t at = begin(buf, kind, 7);

    cx_cbor_put_uint(buf, op->seq);
    cx_cbor_put_text(buf, op->caller);
    cx_cbor_put_uint(buf, op->authorities);
    cx_cbor_put_text(buf, op->id);
    cx_cbor_put_text(buf, op->text);
    cx_cbor_put_bytes(buf, op->data);
    cx_cbor_put_uint(buf, op->problem ? 1 : 0);
    end(buf, at);
}

void
op_put_reply(struct cx_buf *buf, const struct op_reply *op)
{
    size_t at = begin(buf, OP_REPLY, 3);

    cx_cbor_put_uint(buf, op->seq);
    cx_cbor_put_uint(buf, op->status);
    cx_cbor_put_bytes(buf, cx_span_of_str(op->body));
    end(buf, at);
}

void
op_put_status(struct cx_buf *buf, cx_str json)
{
    size_t at = begin(buf, OP_STATUS, 1);

    cx_cbor_put_bytes(buf, cx_span_of_str(json));
    end(buf, at);
}

/* Numbers of what is asked for. */
enum {
    TILE_CHECKPOINT,
    TILE_HASHES,
    TILE_ENTRIES,
};

void
op_put_tile(struct cx_buf *buf, const struct op_tile *op)
{
    size_t at = begin(buf, OP_TILE, 6);

    cx_cbor_put_uint(buf, op->seq);
    cx_cbor_put_uint(buf, op->shard);
    cx_cbor_put_uint(buf, op->is_checkpoint  ? TILE_CHECKPOINT
                          : op->tile.entries ? TILE_ENTRIES
                                             : TILE_HASHES);
    cx_cbor_put_uint(buf, op->tile.level);
    cx_cbor_put_uint(buf, op->tile.index);
    cx_cbor_put_uint(buf, op->tile.width);
    end(buf, at);
}

void
op_put_octets(struct cx_buf *buf, const struct op_octets *op)
{
    size_t at = begin(buf, OP_OCTETS, 3);

    cx_cbor_put_uint(buf, op->seq);
    cx_cbor_put_uint(buf, op->status);
    cx_cbor_put_bytes(buf, cx_span_of_str(op->octets));
    end(buf, at);
}

/* ---- reading */

static struct cx_reader
open_body(cx_span body, size_t n)
{
    struct cx_reader r = cx_reader_of(body);

    if (cx_cbor_array(&r, n) != n) {
        r.failed = true;
    }
    return r;
}

/* Whole, and nothing behind it. */
static cx_status
close_body(const struct cx_reader *r)
{
    return !r->failed && cx_rd_left(r) == 0 ? CX_SUCCESS : (cx_status){ CX_E_FRAME };
}

static cx_str
text(struct cx_reader *r, size_t max)
{
    cx_str got = cx_cbor_text(r);

    if (got.n > max) {
        r->failed = true;
    }
    return got;
}

/* What becomes part of a record (evidence/fault.h). */
static cx_str
line(struct cx_reader *r)
{
    cx_str got = text(r, CX_CALLER_MAX);

    if (cx_str_has_controls(got)) {
        r->failed = true;
    }
    return got;
}

cx_status
op_get_start(cx_span body, struct op_start *ret)
{
    struct cx_reader r = open_body(body, 9);
    struct op_start op;
    const uint8_t *digest;

    op.seq = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    op.authority = (uint32_t)cx_cbor_number(&r, CX_AUTHORITIES_MAX - 1);
    op.id = text(&r, CX_REQUEST_ID_MAX);
    digest = cx_cbor_octets(&r, 32);
    op.digest = (cx_span){ digest, digest != NULL ? 32 : 0 };
    op.received_ms = cx_cbor_number(&r, INT64_MAX);
    op.deadline_ms = cx_cbor_number(&r, INT64_MAX);
    op.caller = line(&r);
    op.previous = text(&r, CX_REQUEST_ID_MAX);
    op.problem = cx_cbor_number(&r, 1) != 0;
    CX_TRY(close_body(&r));
    if (op.id.n == 0 || op.caller.n == 0) {
        return (cx_status){ CX_E_FRAME };
    }
    *ret = op;
    return CX_SUCCESS;
}

cx_status
op_get_finish(cx_span body, struct op_finish *ret)
{
    struct cx_reader r = open_body(body, 4);
    struct op_finish op;

    op.seq = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    op.now = cx_cbor_number(&r, INT64_MAX / 1000);
    op.verdict = (enum cx_verdict)cx_cbor_number(&r, CX_VERDICT_ARGUABLE);
    op.body = cx_cbor_bytes(&r);
    CX_TRY(close_body(&r));
    *ret = op;
    return CX_SUCCESS;
}

cx_status
op_get_seq(cx_span body, uint32_t *ret)
{
    struct cx_reader r = open_body(body, 1);
    uint64_t seq = cx_cbor_number(&r, UINT32_MAX);

    CX_TRY(close_body(&r));
    *ret = (uint32_t)seq;
    return CX_SUCCESS;
}

cx_status
op_get_ask(cx_span body, struct op_ask *ret)
{
    struct cx_reader r = open_body(body, 7);
    struct op_ask op;

    op.seq = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    op.caller = line(&r);
    op.authorities = cx_cbor_uint(&r);
    op.id = text(&r, CX_REQUEST_ID_MAX);
    op.text = line(&r);
    op.data = cx_cbor_bytes(&r);
    op.problem = cx_cbor_number(&r, 1) != 0;
    CX_TRY(close_body(&r));
    if (op.caller.n == 0) {
        return (cx_status){ CX_E_FRAME };
    }
    *ret = op;
    return CX_SUCCESS;
}

cx_status
op_get_reply(cx_span body, struct op_reply *ret)
{
    struct cx_reader r = open_body(body, 3);
    struct op_reply op;

    op.seq = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    op.status = (uint32_t)cx_cbor_number(&r, 599);
    op.body = cx_str_of_span(cx_cbor_bytes(&r));
    CX_TRY(close_body(&r));
    *ret = op;
    return op.status >= 100 ? CX_SUCCESS : (cx_status){ CX_E_FRAME };
}

cx_status
op_get_status(cx_span body, cx_str *ret)
{
    struct cx_reader r = open_body(body, 1);
    cx_span json = cx_cbor_bytes(&r);

    CX_TRY(close_body(&r));
    *ret = cx_str_of_span(json);
    return CX_SUCCESS;
}

/* Of a checkpoint no tile, of entries no level, and no tile without width. */
static bool
is_tile(uint64_t kind, const struct cx_tile *tile)
{
    if (kind == TILE_CHECKPOINT) {
        return tile->level == 0 && tile->index == 0 && tile->width == 0;
    }
    return tile->width != 0 && (kind == TILE_HASHES || tile->level == 0);
}

cx_status
op_get_tile(cx_span body, struct op_tile *ret)
{
    struct cx_reader r = open_body(body, 6);
    struct op_tile op = { .seq = 0 };
    uint64_t kind;

    op.seq = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    op.shard = cx_cbor_number(&r, INT64_MAX);
    kind = cx_cbor_number(&r, TILE_ENTRIES);
    op.is_checkpoint = kind == TILE_CHECKPOINT;
    op.tile.entries = kind == TILE_ENTRIES;
    op.tile.level = (unsigned)cx_cbor_number(&r, CX_TILE_LEVELS - 1);
    op.tile.index = cx_cbor_number(&r, INT64_MAX / CX_TILE_WIDTH);
    op.tile.width = (unsigned)cx_cbor_number(&r, CX_TILE_WIDTH);
    CX_TRY(close_body(&r));
    if (!is_tile(kind, &op.tile)) {
        return (cx_status){ CX_E_FRAME };
    }
    *ret = op;
    return CX_SUCCESS;
}

cx_status
op_get_octets(cx_span body, struct op_octets *ret)
{
    struct cx_reader r = open_body(body, 3);
    struct op_octets op;

    op.seq = (uint32_t)cx_cbor_number(&r, UINT32_MAX);
    op.status = (uint32_t)cx_cbor_number(&r, 599);
    op.octets = cx_str_of_span(cx_cbor_bytes(&r));
    CX_TRY(close_body(&r));
    *ret = op;
    return CX_SUCCESS;
}

/* ---- courier and recorder: writing */

void
courier_put_ask(struct cx_buf *buf, uint64_t from)
{
    size_t at = begin(buf, COURIER_ASK, 1);

    cx_cbor_put_uint(buf, from);
    end(buf, at);
}

static void
put_sizes(struct cx_buf *buf, const struct courier_sizes *sizes)
{
    cx_cbor_put_array(buf, sizes->n);
    for (size_t i = 0; i < sizes->n; i++) {
        cx_cbor_put_uint(buf, sizes->v[i]);
    }
}

void
courier_put_checkpoint(struct cx_buf *buf, const struct courier_checkpoint *op)
{
    size_t at = begin(buf, COURIER_CHECKPOINT, 5);

    cx_cbor_put_uint(buf, op->size);
    cx_cbor_put_bytes(buf, cx_span_of_str(op->note));
    cx_cbor_put_array(buf, op->path.n);
    for (size_t i = 0; i < op->path.n; i++) {
        cx_cbor_put_bytes(buf, (cx_span){ op->path.v[i].b, CX_HASH_SIZE });
    }
    put_sizes(buf, &op->witnesses);
    put_sizes(buf, &op->stamps);
    end(buf, at);
}

void
courier_put_cosigned(struct cx_buf *buf, const struct courier_cosigned *op)
{
    size_t at = begin(buf, COURIER_COSIGNED, 3);

    cx_cbor_put_uint(buf, op->place);
    cx_cbor_put_uint(buf, op->size);
    cx_cbor_put_bytes(buf, cx_span_of_str(op->lines));
    end(buf, at);
}

void
courier_put_stamped(struct cx_buf *buf, const struct courier_stamped *op)
{
    size_t at = begin(buf, COURIER_STAMPED, 5);

    cx_cbor_put_uint(buf, op->place);
    cx_cbor_put_uint(buf, op->size);
    cx_cbor_put_uint(buf, op->nonce);
    cx_cbor_put_bytes(buf, op->request);
    cx_cbor_put_bytes(buf, op->response);
    end(buf, at);
}

void
courier_put_failed(struct cx_buf *buf, const struct courier_failed *op)
{
    size_t at = begin(buf, COURIER_FAILED, 4);

    cx_cbor_put_uint(buf, (uint64_t)op->kind);
    cx_cbor_put_uint(buf, op->place);
    cx_cbor_put_bool(buf, op->is_fork);
    cx_cbor_put_text(buf, op->why);
    end(buf, at);
}

/* ---- courier and recorder: reading */

static cx_span
octets(struct cx_reader *r, size_t max)
{
    cx_span got = cx_cbor_bytes(r);

    if (got.n > max) {
        r->failed = true;
    }
    return got;
}

static uint32_t
outsider(struct cx_reader *r)
{
    return (uint32_t)cx_cbor_number(r, CX_OUTSIDERS_MAX - 1);
}

cx_status
courier_get_ask(cx_span body, uint64_t *ret)
{
    struct cx_reader r = open_body(body, 1);
    uint64_t from = cx_cbor_number(&r, INT64_MAX);

    CX_TRY(close_body(&r));
    *ret = from;
    return CX_SUCCESS;
}

static void
get_sizes(struct cx_reader *r, struct courier_sizes *ret)
{
    ret->n = cx_cbor_array(r, CX_OUTSIDERS_MAX);
    for (size_t i = 0; i < ret->n; i++) {
        ret->v[i] = cx_cbor_number(r, INT64_MAX);
    }
}

static void
get_path(struct cx_reader *r, struct cx_path *ret)
{
    ret->n = cx_cbor_array(r, CX_PATH_MAX);
    for (size_t i = 0; i < ret->n; i++) {
        const uint8_t *hash = cx_cbor_octets(r, CX_HASH_SIZE);

        if (hash != NULL) {
            memcpy(ret->v[i].b, hash, CX_HASH_SIZE);
        }
    }
}

cx_status
courier_get_checkpoint(cx_span body, struct courier_checkpoint *ret)
{
    struct cx_reader r = open_body(body, 5);
    struct courier_checkpoint op = { .size = cx_cbor_number(&r, INT64_MAX) };

    op.note = cx_str_of_span(octets(&r, CX_NOTE_OCTETS_MAX));
    get_path(&r, &op.path);
    get_sizes(&r, &op.witnesses);
    get_sizes(&r, &op.stamps);
    CX_TRY(close_body(&r));
    *ret = op;
    return CX_SUCCESS;
}

cx_status
courier_get_cosigned(cx_span body, struct courier_cosigned *ret)
{
    struct cx_reader r = open_body(body, 3);
    struct courier_cosigned op = { .place = outsider(&r) };

    op.size = cx_cbor_number(&r, INT64_MAX);
    op.lines = cx_str_of_span(octets(&r, CX_NOTE_OCTETS_MAX));
    CX_TRY(close_body(&r));
    *ret = op;
    return CX_SUCCESS;
}

cx_status
courier_get_stamped(cx_span body, struct courier_stamped *ret)
{
    struct cx_reader r = open_body(body, 5);
    struct courier_stamped op = { .place = outsider(&r) };

    op.size = cx_cbor_number(&r, INT64_MAX);
    op.nonce = cx_cbor_uint(&r);
    op.request = octets(&r, CX_STAMP_REQUEST_MAX);
    op.response = octets(&r, CX_STAMP_MAX);
    CX_TRY(close_body(&r));
    *ret = op;
    return CX_SUCCESS;
}

cx_status
courier_get_failed(cx_span body, struct courier_failed *ret)
{
    struct cx_reader r = open_body(body, 4);
    struct courier_failed op = { .kind = (enum outsider_kind)cx_cbor_number(&r, OUTSIDER_TSA) };

    op.place = outsider(&r);
    op.is_fork = cx_cbor_bool(&r);
    op.why = text(&r, CX_OUTSIDER_TEXT_MAX);
    CX_TRY(close_body(&r));
    if (op.kind == OUTSIDER_UNSET) {
        return (cx_status){ CX_E_FRAME };
    }
    *ret = op;
    return CX_SUCCESS;
}

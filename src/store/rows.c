#include "store/rows.h"

#include "base/reader.h"

/* A callback's row, on its way from the port to who asked. */
struct pass {
    struct cx_rows *rows;
    struct cx_detail *detail;
    union {
        cx_entry_fn entry;
        cx_object_fn object;
        cx_segment_fn segment;
        cx_piece_fn piece;
    } each;
    void *ctx;
    bool messages;
};

static cx_status
unreadable(const struct pass *pass, const char *what, uint64_t number)
{
    return cx_fail(pass->detail, CX_E_STORE, "%s: %s %llu cannot be read", pass->rows->name, what,
                   (unsigned long long)number);
}

static void
put_u64(uint8_t *to, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        to[i] = (uint8_t)(value >> (8 * (7 - i)));
    }
}

static uint64_t
get_u64(const uint8_t *from)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

/* ---- entries */

cx_status
cx_rows_put_entry(struct cx_rows *rows, const struct cx_entry_row *row, struct cx_detail *detail)
{
    struct cx_row put = {
        .key = row->index,
        .number = { row->objects, row->messages },
        .head = { row->octets, CX_ENTRY_SIZE },
        .body = row->record,
    };

    return rows->ops->put(rows, CX_TABLE_ENTRY, &put, detail);
}

static cx_status
pass_entry(void *ctx, const struct cx_row *row)
{
    const struct pass *pass = ctx;
    struct cx_entry_row entry = {
        .index = row->key,
        .objects = row->number[0],
        .messages = row->number[1],
        .record = row->body,
    };

    if (!cx_ok(cx_entry_read(row->head, &entry.entry))) {
        return unreadable(pass, "entry", row->key);
    }
    memcpy(entry.octets, row->head.p, CX_ENTRY_SIZE);
    return pass->each.entry(pass->ctx, &entry);
}

cx_status
cx_rows_entries(struct cx_rows *rows, uint64_t first, uint64_t last, cx_entry_fn each, void *ctx,
                struct cx_detail *detail)
{
    struct pass pass = { .rows = rows, .detail = detail, .each.entry = each, .ctx = ctx };

    return rows->ops->scan(rows, CX_TABLE_ENTRY, first, last, pass_entry, &pass, detail);
}

/* ---- objects */

cx_status
cx_rows_put_object(struct cx_rows *rows, const struct cx_object_row *row, struct cx_detail *detail)
{
    bool is_message = row->kind == CX_OBJECT_MESSAGE;
    struct cx_row put = {
        .key = row->sequence,
        .number = { is_message ? 0 : (uint64_t)row->kind },
        .head = { row->digest.b, CX_HASH_SIZE },
        .body = row->octets,
    };

    return rows->ops->put(rows, is_message ? CX_TABLE_MESSAGE : CX_TABLE_OBJECT, &put, detail);
}

bool
cx_rows_is_object(uint64_t kind)
{
    return kind == CX_OBJECT_CONTEXT || kind == CX_OBJECT_ANSWER ||
           kind == CX_OBJECT_CORROBORATION || kind == CX_OBJECT_CERTIFICATE;
}

static cx_status
pass_object(void *ctx, const struct cx_row *row)
{
    const struct pass *pass = ctx;
    struct cx_object_row object = {
        .sequence = row->key,
        .kind = pass->messages ? CX_OBJECT_MESSAGE : (enum cx_object_kind)row->number[0],
        .octets = row->body,
    };

    if (row->head.n != CX_HASH_SIZE || !(pass->messages || cx_rows_is_object(row->number[0]))) {
        return unreadable(pass, pass->messages ? "message" : "object", row->key);
    }
    memcpy(object.digest.b, row->head.p, CX_HASH_SIZE);
    return pass->each.object(pass->ctx, &object);
}

cx_status
cx_rows_objects(struct cx_rows *rows, bool messages, uint64_t first, uint64_t last,
                cx_object_fn each, void *ctx, struct cx_detail *detail)
{
    struct pass pass = {
        .rows = rows, .detail = detail, .each.object = each, .ctx = ctx, .messages = messages
    };

    return rows->ops->scan(rows, messages ? CX_TABLE_MESSAGE : CX_TABLE_OBJECT, first, last,
                           pass_object, &pass, detail);
}

/* ---- tiles */

#define TILE_INDEX_BITS 56

static uint64_t
tile_key(unsigned level, uint64_t index)
{
    return (uint64_t)level << TILE_INDEX_BITS | index;
}

cx_status
cx_rows_put_tile(struct cx_rows *rows, unsigned level, uint64_t index,
                 const uint8_t octets[CX_TILE_OCTETS], struct cx_detail *detail)
{
    struct cx_row put = { .key = tile_key(level, index), .body = { octets, CX_TILE_OCTETS } };

    return rows->ops->put(rows, CX_TABLE_TILE, &put, detail);
}

struct wanted_tile {
    uint8_t *to;
    bool found;
};

static cx_status
take_tile(void *ctx, const struct cx_row *row)
{
    struct wanted_tile *wanted = ctx;

    wanted->found = row->body.n == CX_TILE_OCTETS;
    if (wanted->found) {
        memcpy(wanted->to, row->body.p, CX_TILE_OCTETS);
    }
    return CX_SUCCESS;
}

/* One of another size is not there. */
cx_status
cx_rows_find_tile(struct cx_rows *rows, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS],
                  bool *ret_found, struct cx_detail *detail)
{
    uint64_t key = tile_key(level, index);
    struct wanted_tile wanted = { ret, false };

    CX_TRY(rows->ops->scan(rows, CX_TABLE_TILE, key, key + 1, take_tile, &wanted, detail));
    *ret_found = wanted.found;
    return CX_SUCCESS;
}

cx_status
cx_rows_tile(struct cx_rows *rows, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS],
             struct cx_detail *detail)
{
    bool found;

    CX_TRY(cx_rows_find_tile(rows, level, index, ret, &found, detail));
    return found ? CX_SUCCESS
                 : cx_fail(detail, CX_E_STORE, "%s: tile %u/%llu is not there", rows->name, level,
                           (unsigned long long)index);
}

struct leaves {
    struct cx_hash v[CX_TILE_WIDTH];
    uint64_t first;
    uint64_t n;
};

static cx_status
take_leaf(void *ctx, const struct cx_entry_row *row)
{
    struct leaves *leaves = ctx;

    if (row->index != leaves->first + leaves->n) {
        return CX_SUCCESS; /* a gap: then there are too few */
    }
    CX_TRY(cx_hash_leaf((cx_span){ row->octets, CX_ENTRY_SIZE }, &leaves->v[leaves->n]));
    leaves->n++;
    return CX_SUCCESS;
}

cx_status
cx_rows_edge(struct cx_rows *rows, const struct cx_tiles *tiles, uint64_t size,
             struct cx_edge **ret, struct cx_detail *detail)
{
    struct leaves leaves = { .first = size - size % CX_TILE_WIDTH };

    CX_TRY(cx_rows_entries(rows, leaves.first, size, take_leaf, &leaves, detail));
    if (leaves.n != size % CX_TILE_WIDTH) {
        return cx_fail(detail, CX_E_STORE, "%s: entry %llu is not there", rows->name,
                       (unsigned long long)(leaves.first + leaves.n));
    }
    return cx_edge_new(tiles, size, leaves.v, ret);
}

/* ---- checkpoints */

cx_status
cx_rows_put_checkpoint(struct cx_rows *rows, uint64_t size, cx_str note, struct cx_detail *detail)
{
    struct cx_row put = { .key = size, .body = cx_span_of_str(note) };

    return rows->ops->put(rows, CX_TABLE_CHECKPOINT, &put, detail);
}

struct wanted {
    struct cx_buf *buf;
    uint64_t key;
    bool found;
};

static cx_status
take_body(void *ctx, const struct cx_row *row)
{
    struct wanted *wanted = ctx;

    wanted->key = row->key;
    wanted->found = true;
    cx_buf_put(wanted->buf, cx_str_of_span(row->body));
    return cx_buf_ok(wanted->buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

cx_status
cx_rows_checkpoint(struct cx_rows *rows, uint64_t size, struct cx_buf *buf, uint64_t *ret_size,
                   struct cx_detail *detail)
{
    struct wanted wanted = { .buf = buf };

    CX_TRY(rows->ops->before(rows, CX_TABLE_CHECKPOINT, size + 1, take_body, &wanted, detail));
    *ret_size = wanted.found ? wanted.key : 0;
    return CX_SUCCESS;
}

/* ---- segments */

#define BOUNDS_OCTETS ((size_t)CX_SPACES * 16)

enum cx_space
cx_index_space(enum cx_index_kind kind)
{
    switch (kind) {
    case CX_INDEX_REQUEST:
    case CX_INDEX_NAME:
    case CX_INDEX_KINDS:
        return CX_SPACE_ENTRIES;
    case CX_INDEX_OBJECT:
        return CX_SPACE_OBJECTS;
    case CX_INDEX_MESSAGE:
        return CX_SPACE_MESSAGES;
    }
    return CX_SPACE_ENTRIES;
}

cx_status
cx_rows_put_segment(struct cx_rows *rows, uint64_t number, const struct cx_segment *segment,
                    struct cx_detail *detail)
{
    uint8_t octets[BOUNDS_OCTETS];
    struct cx_row put = { .key = number, .body = { octets, sizeof(octets) } };

    for (size_t i = 0; i < CX_SPACES; i++) {
        put_u64(octets + 16 * i, segment->first[i]);
        put_u64(octets + 16 * i + 8, segment->end[i]);
    }
    return rows->ops->put(rows, CX_TABLE_SEGMENT, &put, detail);
}

static cx_status
pass_segment(void *ctx, const struct cx_row *row)
{
    const struct pass *pass = ctx;
    struct cx_segment segment;

    if (row->body.n != BOUNDS_OCTETS) {
        return unreadable(pass, "segment", row->key);
    }
    for (size_t i = 0; i < CX_SPACES; i++) {
        segment.first[i] = get_u64(row->body.p + 16 * i);
        segment.end[i] = get_u64(row->body.p + 16 * i + 8);
        if (segment.end[i] < segment.first[i] || segment.end[i] - segment.first[i] > UINT32_MAX) {
            return unreadable(pass, "segment", row->key);
        }
    }
    return pass->each.segment(pass->ctx, row->key, &segment);
}

cx_status
cx_rows_segments(struct cx_rows *rows, cx_segment_fn each, void *ctx, struct cx_detail *detail)
{
    struct pass pass = { .rows = rows, .detail = detail, .each.segment = each, .ctx = ctx };

    return rows->ops->scan(rows, CX_TABLE_SEGMENT, 0, UINT64_MAX, pass_segment, &pass, detail);
}

void
cx_place_write(const struct cx_place *place, uint8_t ret[CX_PLACE_OCTETS])
{
    put_u64(ret, place->hash);
    for (unsigned i = 0; i < 4; i++) {
        ret[8 + i] = (uint8_t)(place->place >> (8 * (3 - i)));
    }
}

struct cx_place
cx_place_read(const uint8_t octets[CX_PLACE_OCTETS])
{
    return (struct cx_place){ get_u64(octets), (uint32_t)octets[8] << 24 |
                                                   (uint32_t)octets[9] << 16 |
                                                   (uint32_t)octets[10] << 8 | octets[11] };
}

cx_status
cx_rows_put_piece(struct cx_rows *rows, uint64_t number, cx_span places, struct cx_detail *detail)
{
    struct cx_row put = { .key = number, .body = places };

    return rows->ops->put(rows, CX_TABLE_PIECE, &put, detail);
}

static cx_status
pass_piece(void *ctx, const struct cx_row *row)
{
    const struct pass *pass = ctx;

    return row->body.n % CX_PLACE_OCTETS != 0 ? unreadable(pass, "piece", row->key)
                                              : pass->each.piece(pass->ctx, row->key, row->body);
}

cx_status
cx_rows_pieces(struct cx_rows *rows, uint64_t first, uint64_t last, cx_piece_fn each, void *ctx,
               struct cx_detail *detail)
{
    struct pass pass = { .rows = rows, .detail = detail, .each.piece = each, .ctx = ctx };

    return rows->ops->scan(rows, CX_TABLE_PIECE, first, last, pass_piece, &pass, detail);
}

/* ---- facts */

cx_status
cx_rows_put_meta(struct cx_rows *rows, enum cx_meta meta, cx_span value, struct cx_detail *detail)
{
    struct cx_row put = { .key = (uint64_t)meta, .body = value };

    return rows->ops->put(rows, CX_TABLE_META, &put, detail);
}

cx_status
cx_rows_meta(struct cx_rows *rows, enum cx_meta meta, struct cx_buf *buf, bool *ret_found,
             struct cx_detail *detail)
{
    struct wanted wanted = { .buf = buf };
    uint64_t key = (uint64_t)meta;

    CX_TRY(rows->ops->scan(rows, CX_TABLE_META, key, key + 1, take_body, &wanted, detail));
    *ret_found = wanted.found;
    return CX_SUCCESS;
}

void
cx_hash_key_write(uint64_t hash_key, uint8_t ret[CX_HASH_KEY_OCTETS])
{
    put_u64(ret, hash_key);
}

cx_status
cx_hash_key_read(cx_span octets, uint64_t *ret, struct cx_detail *detail)
{
    if (octets.n != CX_HASH_KEY_OCTETS) {
        return cx_fail(detail, CX_E_STORE, "a hash key of %zu octets", octets.n);
    }
    *ret = get_u64(octets.p);
    return CX_SUCCESS;
}

/* ---- how much there is */

static cx_status
take_key(void *ctx, const struct cx_row *row)
{
    *(uint64_t *)ctx = row->key + 1;
    return CX_SUCCESS;
}

struct last {
    struct cx_rows *rows;
    struct cx_rows_extent *extent;
    struct cx_detail *detail;
};

static cx_status
take_last(void *ctx, const struct cx_row *row)
{
    const struct last *last = ctx;
    struct cx_rows_extent *extent = last->extent;

    if (!cx_ok(cx_entry_read(row->head, &extent->last))) {
        return cx_fail(last->detail, CX_E_STORE, "%s: entry %llu cannot be read", last->rows->name,
                       (unsigned long long)row->key);
    }
    extent->end[CX_SPACE_ENTRIES] = row->key + 1;
    extent->last_needs[CX_SPACE_OBJECTS] = row->number[0];
    extent->last_needs[CX_SPACE_MESSAGES] = row->number[1];
    return CX_SUCCESS;
}

cx_status
cx_rows_measure(struct cx_rows *rows, struct cx_rows_extent *ret, struct cx_detail *detail)
{
    struct cx_rows_extent extent = { .segments = 0 };
    struct last last = { rows, &extent, detail };
    const struct {
        enum cx_table table;
        uint64_t *end;
    } others[] = {
        { CX_TABLE_OBJECT, &extent.end[CX_SPACE_OBJECTS] },
        { CX_TABLE_MESSAGE, &extent.end[CX_SPACE_MESSAGES] },
        { CX_TABLE_SEGMENT, &extent.segments },
        { CX_TABLE_PIECE, &extent.pieces },
    };

    CX_TRY(rows->ops->before(rows, CX_TABLE_ENTRY, UINT64_MAX, take_last, &last, detail));
    for (size_t i = 0; i < CX_COUNT(others); i++) {
        CX_TRY(
            rows->ops->before(rows, others[i].table, UINT64_MAX, take_key, others[i].end, detail));
    }
    *ret = extent;
    return CX_SUCCESS;
}

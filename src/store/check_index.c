#include "base/limits.h"
#include "store/check_priv.h"

struct segments {
    struct cx_check *check;
    struct cx_check_shard *shard;
    struct cx_segment now;
    uint64_t number; /* of the segment that comes next */
    uint64_t next[CX_SPACES];
};

static void
report(const struct segments *s, enum cx_store_fault fault, uint64_t number, const char *text)
{
    s->shard->has_piece_faults |= fault != CX_FAULT_SEGMENT;
    cx_check_report(s->check, &(struct cx_store_finding){ .fault = fault,
                                                          .shard = s->shard->number,
                                                          .number = number,
                                                          .end = number + 1,
                                                          .text = text });
}

/* ---- one piece */

struct piece {
    const struct segments *segments;
    enum cx_index_kind kind;
    struct cx_buf expected;
    bool seen;
    bool same;
};

/* The row that the place points to is there, and as it should be. */
static bool
counts(const struct piece *piece, const struct cx_place *place)
{
    enum cx_space space = cx_index_space(piece->kind);
    uint64_t number = piece->segments->now.first[space] + place->place;

    return number < piece->segments->shard->extent.end[space] &&
           !cx_known_has(&piece->segments->shard->bad[space], number);
}

static int
order(const struct cx_place *a, const struct cx_place *b)
{
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    return (a->place > b->place) - (a->place < b->place);
}

/* The next of places that counts; false at the end. */
static bool
next_place(const struct piece *piece, cx_span places, size_t *at, struct cx_place *ret)
{
    while (*at < places.n) {
        *ret = cx_place_read(places.p + *at);
        *at += CX_PLACE_OCTETS;
        if (counts(piece, ret)) {
            return true;
        }
    }
    return false;
}

static bool
is_ordered(cx_span places)
{
    for (size_t at = CX_PLACE_OCTETS; at < places.n; at += CX_PLACE_OCTETS) {
        struct cx_place before = cx_place_read(places.p + at - CX_PLACE_OCTETS);
        struct cx_place here = cx_place_read(places.p + at);

        if (order(&before, &here) >= 0) {
            return false;
        }
    }
    return true;
}

static cx_status
compare(void *ctx, const struct cx_row *row)
{
    struct piece *piece = ctx;
    cx_span expected = cx_span_of_str(cx_buf_str(&piece->expected));
    size_t at = 0, expected_at = 0;
    struct cx_place here, there;
    bool more, more_expected;

    piece->seen = true;
    if (row->body.n % CX_PLACE_OCTETS != 0 || !is_ordered(row->body)) {
        return CX_SUCCESS;
    }
    do {
        more = next_place(piece, row->body, &at, &here);
        more_expected = next_place(piece, expected, &expected_at, &there);
    } while (more && more_expected && order(&here, &there) == 0);
    piece->same = !more && !more_expected;
    return CX_SUCCESS;
}

static cx_status
check_piece(const struct segments *s, const struct cx_segment_places *places,
            enum cx_index_kind kind, unsigned number)
{
    uint64_t key = cx_piece_number(s->number, kind, number);
    struct piece piece = { .segments = s, .kind = kind };
    CX_AUTO(cx_buf_done) struct cx_buf expected = { .max = SIZE_MAX };

    CX_TRY(cx_places_piece(places->kinds[kind], number, &expected));
    piece.expected = expected;
    CX_TRY(s->shard->rows->ops->scan(s->shard->rows, CX_TABLE_PIECE, key, key + 1, compare, &piece,
                                     s->check->detail));
    s->check->totals.pieces++;
    if (!piece.same) {
        report(s, piece.seen ? CX_FAULT_PIECE : CX_FAULT_PIECE_MISSING, key, NULL);
    }
    return CX_SUCCESS;
}

/* ---- one segment */

/* Of the last one that ended not all pieces need be there yet, unless a seal ended it. */
static unsigned
pieces_due(const struct segments *s)
{
    uint64_t before = s->number * CX_SEGMENT_PIECES, pieces = s->shard->extent.pieces;

    if (s->number + 1 < s->shard->extent.segments || s->shard->extent.last.kind == CX_ENTRY_SEAL) {
        return CX_SEGMENT_PIECES;
    }
    pieces = pieces > before ? pieces - before : 0;
    return pieces > CX_SEGMENT_PIECES ? CX_SEGMENT_PIECES : (unsigned)pieces;
}

static cx_status
check_pieces(const struct segments *s)
{
    struct cx_index_options options = { .hash_key = s->shard->hash_key, .lenient = true };
    struct cx_segment_places places = { { NULL } };
    unsigned due = pieces_due(s);
    cx_status status =
        cx_segment_places_fill(s->shard->rows, &options, &s->now, &places, s->check->detail);

    for (unsigned i = 0; cx_ok(status) && i < due; i++) {
        enum cx_index_kind kind = (enum cx_index_kind)(i / CX_PIECES);

        /* Without messages nothing is there to compare with. */
        if (kind != CX_INDEX_MESSAGE || s->shard->rows->ops->has_messages(s->shard->rows)) {
            status = check_piece(s, &places, kind, i % CX_PIECES);
        }
    }
    cx_segment_places_done(&places);
    return status;
}

static cx_status
take_segment(void *ctx, uint64_t number, const struct cx_segment *segment)
{
    struct segments *s = ctx;

    if (number >= s->shard->extent.segments) {
        return CX_SUCCESS; /* a writer was here meanwhile */
    }
    if (number >= CX_LOG_SEGMENTS_MAX) {
        report(s, CX_FAULT_SEGMENT, number, "there cannot be so many");
        return CX_SUCCESS;
    }
    if (s->number < number) {
        report(s, CX_FAULT_SEGMENT, s->number, "it is not there");
        s->number = number;
    }
    if (memcmp(segment->first, s->next, sizeof(s->next)) != 0) {
        report(s, CX_FAULT_SEGMENT, number, "it does not begin where the one before ended");
    }
    memcpy(s->next, segment->end, sizeof(s->next));
    s->now = *segment;
    CX_TRY(check_pieces(s));
    s->number++;
    return CX_SUCCESS;
}

cx_status
cx_check_index(struct cx_check *check, struct cx_check_shard *shard)
{
    struct segments s = { .check = check, .shard = shard };

    for (size_t i = 0; i < CX_SPACES; i++) {
        if (shard->bad[i].too_many) {
            cx_check_report(check, &(struct cx_store_finding){
                                       .fault = CX_FAULT_PIECE,
                                       .is_remark = true,
                                       .shard = shard->number,
                                       .text = "not compared: too much else is wrong" });
            return CX_SUCCESS;
        }
    }
    CX_TRY(cx_rows_segments(shard->rows, take_segment, &s, check->detail));
    if (shard->extent.pieces > shard->extent.segments * CX_SEGMENT_PIECES) {
        report(&s, CX_FAULT_PIECE, shard->extent.pieces - 1, "it is of no segment");
    }
    return CX_SUCCESS;
}

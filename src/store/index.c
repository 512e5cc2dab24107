#include "store/index.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"

/* The first done pieces are rows of the store, the rest is in places. */
struct segment {
    struct cx_segment bounds; /* end of the growing one: as of the last turn */
    struct cx_segment_places places;
    /* Of the pieces that are done; of request ids while the segment grows: of all that are there. */
    struct cx_filter filters[CX_INDEX_KINDS];
    unsigned done;
};

struct kept {
    uint64_t number;
    uint8_t *octets; /* NULL: nothing is kept here */
    size_t n;
};

struct cx_index {
    struct cx_rows *rows;
    struct cx_index_options options;
    struct segment *segments; /* the last one grows */
    size_t n_segments;
    uint64_t due; /* pieces, in 1/segment_entries of one */
    struct cx_buf piece;
    struct kept *kept;
};

static struct segment *
growing(struct cx_index *index)
{
    return &index->segments[index->n_segments - 1];
}

/* Objects of older segments are put again rather than looked for. */
static bool
is_searched(const struct cx_index *index, size_t at, enum cx_index_kind kind)
{
    return !index->options.for_writing || kind == CX_INDEX_REQUEST ||
           (kind != CX_INDEX_NAME && at + 1 + CX_LOG_RECENT_SEGMENTS >= index->n_segments);
}

/* ---- filters */

/* Has room for all hashes of the segment, of which n are known. */
static cx_status
filter_init(struct cx_index *index, size_t at, enum cx_index_kind kind, size_t n)
{
    struct segment *segment = &index->segments[at];

    return index->options.for_writing && is_searched(index, at, kind) &&
                   segment->filters[kind].blocks == NULL
               ? cx_filter_init(&segment->filters[kind], n)
               : CX_SUCCESS;
}

/* Nearly every request id that is looked for is new: without a filter that is a walk through memory that no cache holds. */
static cx_status
filter_growing(struct cx_index *index)
{
    struct segment *segment = growing(index);

    CX_TRY(filter_init(index, index->n_segments - 1, CX_INDEX_REQUEST,
                       index->options.segment_entries));
    cx_places_filter(segment->places.kinds[CX_INDEX_REQUEST], &segment->filters[CX_INDEX_REQUEST]);
    return CX_SUCCESS;
}

static void
filter_piece(struct segment *segment, enum cx_index_kind kind, cx_span places)
{
    if (segment->filters[kind].blocks == NULL) {
        return;
    }
    for (size_t at = 0; at < places.n; at += CX_PLACE_OCTETS) {
        cx_filter_add(&segment->filters[kind], cx_place_read(places.p + at).hash);
    }
}

struct count {
    uint64_t pieces;
    size_t places;
};

static cx_status
count_piece(void *ctx, uint64_t number, cx_span places)
{
    struct count *count = ctx;

    (void)number;
    count->pieces++;
    count->places += places.n / CX_PLACE_OCTETS;
    return CX_SUCCESS;
}

static cx_status
load_piece(void *ctx, uint64_t number, cx_span places)
{
    filter_piece(ctx, (enum cx_index_kind)(number / CX_PIECES % CX_INDEX_KINDS), places);
    return CX_SUCCESS;
}

/* Of a segment whose pieces of that kind, or some of them, were written by an earlier process. A piece that is missing must
 * not look like hashes that are not there. */
static cx_status
load_filter(struct cx_index *index, size_t at, enum cx_index_kind kind, struct cx_detail *detail)
{
    struct segment *segment = &index->segments[at];
    uint64_t first = cx_piece_number(at, kind, 0);
    uint64_t end = at * CX_SEGMENT_PIECES + segment->done;
    struct count count = { 0, 0 };

    if (!is_searched(index, at, kind)) {
        return CX_SUCCESS;
    }
    end = end < first ? first : end > first + CX_PIECES ? first + CX_PIECES : end;
    CX_TRY(cx_rows_pieces(index->rows, first, end, count_piece, &count, detail));
    if (count.pieces != end - first) {
        return cx_fail(detail, CX_E_STORE, "%s: pieces of the index of segment %zu are missing",
                       index->rows->name, at);
    }
    if (segment->places.kinds[kind] != NULL) { /* all of them, while not all are pieces */
        count.places = cx_places_count(segment->places.kinds[kind]);
    }
    CX_TRY(filter_init(index, at, kind, count.places));
    return cx_rows_pieces(index->rows, first, end, load_piece, segment, detail);
}

/* ---- making */

static void
segment_done(struct segment *segment)
{
    cx_segment_places_done(&segment->places);
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        cx_filter_done(&segment->filters[i]);
    }
}

static cx_status
add_segment(struct cx_index *index, const struct cx_segment *bounds)
{
    struct segment *more;

    if (index->n_segments >= CX_LOG_SEGMENTS_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    more = cx_realloc(index->segments, index->n_segments + 1, sizeof(*more));
    if (more == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    more[index->n_segments] = (struct segment){ .bounds = *bounds };
    index->segments = more;
    index->n_segments++;
    return CX_SUCCESS;
}

/* What reading the list of segments needs. */
struct listing {
    struct cx_index *index;
    const struct cx_rows_extent *extent;
    struct cx_segment next; /* whose first numbers are where the last one ended */
    struct cx_detail *detail;
};

static cx_status
take_segment(void *ctx, uint64_t number, const struct cx_segment *bounds)
{
    struct listing *list = ctx;
    struct cx_index *index = list->index;
    uint64_t pieces = list->extent->pieces, before = number * CX_SEGMENT_PIECES;

    if (number != index->n_segments ||
        memcmp(bounds->first, list->next.first, sizeof(bounds->first)) != 0) {
        return cx_fail(list->detail, CX_E_STORE, "%s: segment %llu does not follow the one before",
                       index->rows->name, (unsigned long long)number);
    }
    CX_TRY(add_segment(index, bounds));
    if (pieces > before) {
        growing(index)->done =
            pieces - before < CX_SEGMENT_PIECES ? (unsigned)(pieces - before) : CX_SEGMENT_PIECES;
    }
    memcpy(list->next.first, bounds->end, sizeof(bounds->end));
    return CX_SUCCESS;
}

/* For one who appends. */
static cx_status
load_segment(struct cx_index *index, size_t at, struct cx_detail *detail)
{
    struct segment *segment = &index->segments[at];
    bool is_growing = at + 1 == index->n_segments;

    if (segment->done < CX_SEGMENT_PIECES) {
        CX_TRY(cx_segment_places_fill(index->rows, &index->options, &segment->bounds,
                                      &segment->places, detail));
    }
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        if (!is_growing) {
            CX_TRY(load_filter(index, at, (enum cx_index_kind)i, detail));
        }
        if (segment->done >= (i + 1) * CX_PIECES) {
            cx_places_free(segment->places.kinds[i]);
            segment->places.kinds[i] = NULL;
        }
    }
    return CX_SUCCESS;
}

static cx_status
load(struct cx_index *index, const struct cx_rows_extent *extent, struct cx_detail *detail)
{
    struct listing list = { .index = index, .extent = extent, .detail = detail };

    CX_TRY(cx_rows_segments(index->rows, take_segment, &list, detail));
    for (size_t i = 0; i < CX_SPACES; i++) {
        if (extent->end[i] < list.next.first[i] && i != CX_SPACE_MESSAGES &&
            !index->options.lenient) {
            return cx_fail(detail, CX_E_STORE, "%s: rows at the end are missing",
                           index->rows->name);
        }
        list.next.end[i] =
            extent->end[i] < list.next.first[i] ? list.next.first[i] : extent->end[i];
    }
    CX_TRY(add_segment(index, &list.next));
    for (size_t i = 0; index->options.for_writing && i < index->n_segments; i++) {
        CX_TRY(load_segment(index, i, detail));
    }
    return index->options.for_writing ? filter_growing(index) : CX_SUCCESS;
}

cx_status
cx_index_new(struct cx_rows *rows, const struct cx_rows_extent *extent,
             const struct cx_index_options *options, struct cx_index **ret,
             struct cx_detail *detail)
{
    struct cx_index *index = cx_alloc(1, sizeof(*index));
    cx_status status;

    if (index == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    *index = (struct cx_index){ .rows = rows, .options = *options };
    if (index->options.segment_entries == 0) {
        index->options.segment_entries = CX_LOG_SEGMENT_ENTRIES;
    }
    cx_buf_init(&index->piece, CX_LOG_PIECE_MAX);
    if (!options->for_writing) {
        index->kept = cx_alloc(CX_LOG_PIECES_KEPT, sizeof(*index->kept));
    }
    status = options->for_writing || index->kept != NULL ? load(index, extent, detail)
                                                         : (cx_status){ CX_E_NOMEM };
    if (!cx_ok(status)) {
        cx_index_free(index);
        return status;
    }
    *ret = index;
    return CX_SUCCESS;
}

cx_status
cx_index_open(struct cx_rows *rows, const struct cx_index_options *options, struct cx_index **ret,
              struct cx_detail *detail)
{
    struct cx_rows_extent extent;
    cx_status status;

    CX_TRY(rows->ops->view_begin(rows, detail));
    status = cx_rows_measure(rows, &extent, detail);
    if (cx_ok(status)) {
        status = cx_index_new(rows, &extent, options, ret, detail);
    }
    rows->ops->view_end(rows);
    return status;
}

void
cx_index_free(struct cx_index *index)
{
    if (index == NULL) {
        return;
    }
    for (size_t i = 0; i < index->n_segments; i++) {
        segment_done(&index->segments[i]);
    }
    for (size_t i = 0; index->kept != NULL && i < CX_LOG_PIECES_KEPT; i++) {
        cx_free(index->kept[i].octets);
    }
    cx_free(index->kept);
    cx_free(index->segments);
    cx_buf_done(&index->piece);
    cx_free(index);
}

/* ---- appending */

cx_status
cx_index_add(struct cx_index *index, enum cx_index_kind kind, cx_span key, uint64_t number)
{
    struct segment *segment = growing(index);
    uint64_t place = number - segment->bounds.first[cx_index_space(kind)];
    uint64_t hash = cx_hash(index->options.hash_key, key);

    if (place >= UINT32_MAX) {
        return (cx_status){ CX_E_LIMIT };
    }
    if (kind == CX_INDEX_REQUEST) {
        cx_filter_add(&segment->filters[kind], hash);
    }
    return cx_places_add(segment->places.kinds[kind], hash, (uint32_t)place);
}

void
cx_index_expect(const struct cx_index *index, enum cx_index_kind kind, cx_span key)
{
    const struct segment *segment = &index->segments[index->n_segments - 1];

    cx_places_expect(segment->places.kinds[kind], cx_hash(index->options.hash_key, key));
}

/* The next piece of the segment becomes a row. */
static cx_status
put_piece(struct cx_index *index, size_t at, struct cx_detail *detail)
{
    struct segment *segment = &index->segments[at];
    enum cx_index_kind kind = (enum cx_index_kind)(segment->done / CX_PIECES);
    unsigned piece = segment->done % CX_PIECES;
    cx_span octets;

    cx_buf_clear(&index->piece);
    CX_TRY(cx_places_piece(segment->places.kinds[kind], piece, &index->piece));
    octets = cx_span_of_str(cx_buf_str(&index->piece));
    CX_TRY(cx_rows_put_piece(index->rows, cx_piece_number(at, kind, piece), octets, detail));
    filter_piece(segment, kind, octets);
    segment->done++;
    if (piece == CX_PIECES - 1) {
        cx_places_free(segment->places.kinds[kind]);
        segment->places.kinds[kind] = NULL;
    }
    return CX_SUCCESS;
}

/* The full one that has pieces left, if any: the last but one. */
static struct segment *
unfinished(struct cx_index *index)
{
    struct segment *last = index->n_segments < 2 ? NULL : &index->segments[index->n_segments - 2];

    return last != NULL && last->done < CX_SEGMENT_PIECES ? last : NULL;
}

static cx_status
put_all_pieces(struct cx_index *index, struct cx_detail *detail)
{
    while (unfinished(index) != NULL) {
        CX_TRY(put_piece(index, index->n_segments - 2, detail));
    }
    return CX_SUCCESS;
}

cx_status
cx_index_put_due(struct cx_index *index, uint64_t n_entries, struct cx_detail *detail)
{
    /* Twice as fast as segments grow, so that one is done when the next is half full. */
    uint64_t cost = index->options.segment_entries / 2;

    if (unfinished(index) == NULL) {
        index->due = 0;
        return CX_SUCCESS;
    }
    index->due += n_entries * CX_SEGMENT_PIECES;
    while (index->due >= cost && unfinished(index) != NULL) {
        CX_TRY(put_piece(index, index->n_segments - 2, detail));
        index->due -= cost;
    }
    return CX_SUCCESS;
}

static void
forget_filters(struct cx_index *index)
{
    for (size_t at = 0; at < index->n_segments; at++) {
        for (size_t kind = 0; kind < CX_INDEX_KINDS; kind++) {
            if (!is_searched(index, at, (enum cx_index_kind)kind)) {
                cx_filter_done(&index->segments[at].filters[kind]);
            }
        }
    }
}

static cx_status
turn(struct cx_index *index, const uint64_t end[CX_SPACES], struct cx_detail *detail)
{
    size_t at = index->n_segments - 1;
    struct cx_segment full = index->segments[at].bounds, next;

    CX_TRY(put_all_pieces(index, detail)); /* of the one before */
    memcpy(full.end, end, sizeof(full.end));
    memcpy(next.first, end, sizeof(next.first));
    memcpy(next.end, end, sizeof(next.end));
    index->segments[at].bounds = full;
    CX_TRY(cx_rows_put_segment(index->rows, at, &full, detail));
    CX_TRY(add_segment(index, &next));
    CX_TRY(cx_segment_places_init(&growing(index)->places));
    CX_TRY(filter_growing(index));
    forget_filters(index);
    for (size_t i = 0; i < CX_INDEX_KINDS; i++) {
        enum cx_index_kind kind = (enum cx_index_kind)i;

        CX_TRY(filter_init(index, at, kind, cx_places_count(index->segments[at].places.kinds[i])));
    }
    return CX_SUCCESS;
}

static bool
is_segment_full(const struct cx_index *index, uint64_t n_entries)
{
    const struct segment *segment = &index->segments[index->n_segments - 1];

    return n_entries - segment->bounds.first[CX_SPACE_ENTRIES] >= index->options.segment_entries ||
           cx_segment_places_count(&segment->places) >= CX_LOG_SEGMENT_ROWS;
}

bool
cx_index_is_full(const struct cx_index *index, uint64_t n_entries)
{
    return index->n_segments >= CX_LOG_SEGMENTS_MAX && is_segment_full(index, n_entries);
}

cx_status
cx_index_turn(struct cx_index *index, const uint64_t end[CX_SPACES], struct cx_detail *detail)
{
    return is_segment_full(index, end[CX_SPACE_ENTRIES]) && index->n_segments < CX_LOG_SEGMENTS_MAX
               ? turn(index, end, detail)
               : CX_SUCCESS;
}

cx_status
cx_index_finish(struct cx_index *index, const uint64_t end[CX_SPACES], struct cx_detail *detail)
{
    if (index->n_segments < CX_LOG_SEGMENTS_MAX) {
        CX_TRY(turn(index, end, detail));
    }
    return put_all_pieces(index, detail);
}

/* ---- finding */

struct search {
    struct cx_index *index;
    uint64_t hash;
    uint64_t first; /* what places are counted from */
    cx_index_fn each;
    void *ctx;
    bool stop;
    bool piece_read;
};

static cx_status
offer(void *ctx, uint32_t place, bool *ret_stop)
{
    struct search *search = ctx;

    return search->each(search->ctx, search->first + place, ret_stop);
}

/* The number of rows of a piece whose hash is not above that. */
static size_t
not_above(cx_span places, uint64_t hash)
{
    size_t low = 0, high = places.n / CX_PLACE_OCTETS;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cx_place_read(places.p + middle * CX_PLACE_OCTETS).hash <= hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static cx_status
search_octets(struct search *search, cx_span places)
{
    for (size_t i = not_above(places, search->hash); i != 0 && !search->stop; i--) {
        struct cx_place place = cx_place_read(places.p + (i - 1) * CX_PLACE_OCTETS);

        if (place.hash != search->hash) {
            break;
        }
        CX_TRY(offer(search, place.place, &search->stop));
    }
    return CX_SUCCESS;
}

static void
keep(struct cx_index *index, uint64_t number, cx_span places)
{
    struct kept *kept = index->kept == NULL ? NULL : &index->kept[number % CX_LOG_PIECES_KEPT];

    if (kept == NULL || places.n > CX_LOG_PIECE_KEPT_OCTETS) {
        return;
    }
    cx_free(kept->octets);
    *kept = (struct kept){ number, cx_alloc(places.n + 1, 1), places.n };
    if (kept->octets != NULL && places.n != 0) { /* else it is read again */
        memcpy(kept->octets, places.p, places.n);
    }
}

static cx_status
search_row(void *ctx, uint64_t number, cx_span places)
{
    struct search *search = ctx;

    search->piece_read = true;
    keep(search->index, number, places);
    return search_octets(search, places);
}

static cx_status
search_piece(struct search *search, uint64_t number, struct cx_detail *detail)
{
    struct cx_index *index = search->index;
    const struct kept *kept =
        index->kept == NULL ? NULL : &index->kept[number % CX_LOG_PIECES_KEPT];

    if (kept != NULL && kept->octets != NULL && kept->number == number) {
        return search_octets(search, (cx_span){ kept->octets, kept->n });
    }
    search->piece_read = false;
    CX_TRY(cx_rows_pieces(index->rows, number, number + 1, search_row, search, detail));
    return search->piece_read ? CX_SUCCESS
                              : cx_fail(detail, CX_E_STORE, "%s: piece %llu is not there",
                                        index->rows->name, (unsigned long long)number);
}

static cx_status
search_places(struct search *search, struct segment *segment, enum cx_index_kind kind,
              struct cx_detail *detail)
{
    struct cx_index *index = search->index;

    if (segment == growing(index) && !cx_filter_may_have(&segment->filters[kind], search->hash)) {
        return CX_SUCCESS;
    }
    if (segment->places.kinds[kind] == NULL) { /* a reader's first look */
        CX_TRY(cx_segment_places_fill_space(index->rows, &index->options, &segment->bounds,
                                            cx_index_space(kind), &segment->places, detail));
    }
    return cx_places_find(segment->places.kinds[kind], search->hash, offer, search, &search->stop);
}

static cx_status
search_segment(struct search *search, size_t at, enum cx_index_kind kind, struct cx_detail *detail)
{
    struct segment *segment = &search->index->segments[at];
    unsigned piece = (unsigned)(search->hash >> 56);

    search->first = segment->bounds.first[cx_index_space(kind)];
    if ((unsigned)kind * CX_PIECES + piece >= segment->done) {
        return search_places(search, segment, kind, detail);
    }
    return cx_filter_may_have(&segment->filters[kind], search->hash)
               ? search_piece(search, cx_piece_number(at, kind, piece), detail)
               : CX_SUCCESS;
}

cx_status
cx_index_find(struct cx_index *index, const struct cx_index_query *query, cx_index_fn each,
              void *ctx, struct cx_detail *detail)
{
    enum cx_space space = cx_index_space(query->kind);
    struct search search = {
        .index = index,
        .hash = cx_hash(index->options.hash_key, query->key),
        .each = each,
        .ctx = ctx,
    };

    for (size_t at = index->n_segments; at-- != 0 && !search.stop;) {
        if (index->segments[at].bounds.first[space] < query->below &&
            is_searched(index, at, query->kind)) {
            CX_TRY(search_segment(&search, at, query->kind, detail));
        }
    }
    return CX_SUCCESS;
}

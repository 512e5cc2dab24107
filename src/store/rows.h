/* What the rows of a shard mean, whatever database has them. What is read is held against its form here: a row that cannot
 * be one of ours is an error that names it. Classes of all: STORE, IO, NOMEM, and those of each. */
#ifndef CX_STORE_ROWS_H
#define CX_STORE_ROWS_H

#include "evidence/entry.h"
#include "evidence/tile.h"
#include "store/log.h"
#include "store/port.h"

/* ---- entries */

struct cx_entry_row {
    uint64_t index;
    uint64_t objects, messages; /* that were there when it was put */
    uint8_t octets[CX_ENTRY_SIZE];
    struct cx_entry entry;
    cx_span record; /* n == 0: deleted */
};

typedef cx_status (*cx_entry_fn)(void *ctx, const struct cx_entry_row *row);

cx_status cx_rows_put_entry(struct cx_rows *rows, const struct cx_entry_row *row,
                            struct cx_detail *detail) CX_MUST;
/* [first, last), in order; what is not there is passed over. */
cx_status cx_rows_entries(struct cx_rows *rows, uint64_t first, uint64_t last, cx_entry_fn each,
                          void *ctx, struct cx_detail *detail) CX_MUST;

/* ---- objects and messages: each has its own sequence */

struct cx_object_row {
    uint64_t sequence;
    enum cx_object_kind kind;
    struct cx_hash digest;
    cx_span octets;
};

typedef cx_status (*cx_object_fn)(void *ctx, const struct cx_object_row *row);

/* Of a row that is no message: a kind that exists. */
bool cx_rows_is_object(uint64_t kind);
/* The kind says which sequence. */
cx_status cx_rows_put_object(struct cx_rows *rows, const struct cx_object_row *row,
                             struct cx_detail *detail) CX_MUST;
cx_status cx_rows_objects(struct cx_rows *rows, bool messages, uint64_t first, uint64_t last,
                          cx_object_fn each, void *ctx, struct cx_detail *detail) CX_MUST;

/* ---- tiles */

cx_status cx_rows_put_tile(struct cx_rows *rows, unsigned level, uint64_t index,
                           const uint8_t octets[CX_TILE_OCTETS], struct cx_detail *detail) CX_MUST;
cx_status cx_rows_find_tile(struct cx_rows *rows, unsigned level, uint64_t index,
                            uint8_t ret[CX_TILE_OCTETS], bool *ret_found, struct cx_detail *detail)
    CX_MUST;
/* One that is not there is an error. */
cx_status cx_rows_tile(struct cx_rows *rows, unsigned level, uint64_t index,
                       uint8_t ret[CX_TILE_OCTETS], struct cx_detail *detail) CX_MUST;

/* The right edge of the tree over the first size entries; tiles as for cx_edge_new. A missing entry is an error. */
cx_status cx_rows_edge(struct cx_rows *rows, const struct cx_tiles *tiles, uint64_t size,
                       struct cx_edge **ret, struct cx_detail *detail) CX_MUST;

/* ---- checkpoints */

cx_status cx_rows_put_checkpoint(struct cx_rows *rows, uint64_t size, cx_str note,
                                 struct cx_detail *detail) CX_MUST;
/* The one with the greatest size that is not above size, appended to buf; *ret_size 0: none. */
cx_status cx_rows_checkpoint(struct cx_rows *rows, uint64_t size, struct cx_buf *buf,
                             uint64_t *ret_size, struct cx_detail *detail) CX_MUST;

/* ---- segments, and the pieces of their indexes */

enum cx_space {
    CX_SPACE_ENTRIES = 0,
    CX_SPACE_OBJECTS,
    CX_SPACE_MESSAGES,
    CX_SPACES,
};

/* Numbers are stored. */
enum cx_index_kind {
    CX_INDEX_REQUEST = 0,
    CX_INDEX_NAME = 1,
    CX_INDEX_OBJECT = 2,
    CX_INDEX_MESSAGE = 3,
    CX_INDEX_KINDS,
};

/* What an index of that kind points to. */
enum cx_space cx_index_space(enum cx_index_kind kind);

/* A stretch of the log that is indexed as one: [first, end) of each sequence. */
struct cx_segment {
    uint64_t first[CX_SPACES];
    uint64_t end[CX_SPACES];
};

typedef cx_status (*cx_segment_fn)(void *ctx, uint64_t number, const struct cx_segment *segment);

cx_status cx_rows_put_segment(struct cx_rows *rows, uint64_t number,
                              const struct cx_segment *segment, struct cx_detail *detail) CX_MUST;
cx_status cx_rows_segments(struct cx_rows *rows, cx_segment_fn each, void *ctx,
                           struct cx_detail *detail) CX_MUST;

/* Pieces of an index are cut by the first octet of the hashes; they are put in the order of their numbers: segment, kind,
 * piece. */
#define CX_PIECES 256
/* Of one segment. */
#define CX_SEGMENT_PIECES (CX_INDEX_KINDS * CX_PIECES)
/* A row of a piece: hash, place in the segment's stretch; big-endian; sorted. */
#define CX_PLACE_OCTETS 12

static inline uint64_t
cx_piece_number(uint64_t segment, enum cx_index_kind kind, unsigned piece)
{
    return (segment * CX_INDEX_KINDS + (uint64_t)kind) * CX_PIECES + piece;
}

struct cx_place {
    uint64_t hash;
    uint32_t place;
};

void cx_place_write(const struct cx_place *place, uint8_t ret[CX_PLACE_OCTETS]);
struct cx_place cx_place_read(const uint8_t octets[CX_PLACE_OCTETS]);

typedef cx_status (*cx_piece_fn)(void *ctx, uint64_t number, cx_span places);

cx_status cx_rows_put_piece(struct cx_rows *rows, uint64_t number, cx_span places,
                            struct cx_detail *detail) CX_MUST;
/* places is a whole number of rows. */
cx_status cx_rows_pieces(struct cx_rows *rows, uint64_t first, uint64_t last, cx_piece_fn each,
                         void *ctx, struct cx_detail *detail) CX_MUST;

/* ---- facts about the shard; numbers are stored */

enum cx_meta {
    CX_META_ORIGIN = 1,
    CX_META_VKEY = 2,
    CX_META_HASH_KEY = 3,      /* 8 octets: of the indexes' hashes; nothing rests on it but speed */
    CX_META_CLOSED = 4,        /* why nothing more is signed for the origin */
    CX_META_MESSAGES_GONE = 5, /* when and why the messages' file was deleted */
};

cx_status cx_rows_put_meta(struct cx_rows *rows, enum cx_meta meta, cx_span value,
                           struct cx_detail *detail) CX_MUST;
/* Appended to buf. */
cx_status cx_rows_meta(struct cx_rows *rows, enum cx_meta meta, struct cx_buf *buf, bool *ret_found,
                       struct cx_detail *detail) CX_MUST;

/* The value of CX_META_HASH_KEY. */
#define CX_HASH_KEY_OCTETS 8
void cx_hash_key_write(uint64_t hash_key, uint8_t ret[CX_HASH_KEY_OCTETS]);
cx_status cx_hash_key_read(cx_span octets, uint64_t *ret, struct cx_detail *detail) CX_MUST;

/* ---- how much there is */

struct cx_rows_extent {
    uint64_t end[CX_SPACES]; /* one above the greatest number */
    uint64_t segments;
    uint64_t pieces;                /* one above the greatest number */
    struct cx_entry last;           /* kind UNSET: no entry */
    uint64_t last_needs[CX_SPACES]; /* objects and messages that the last entry counts */
};

cx_status cx_rows_measure(struct cx_rows *rows, struct cx_rows_extent *ret,
                          struct cx_detail *detail) CX_MUST;

#endif

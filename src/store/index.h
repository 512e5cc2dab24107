/* Where in a shard something is, by a hash of its text or digest. The log is cut into segments. The last one grows, and its
 * index is in memory. A full one's index is written in pieces, a few beside each later commit, so that no commit is long;
 * each piece replaces what memory had of it. What was not written when the process ended is made again from the rows; a
 * seal ends the last segment, so that of a sealed shard everything is written.
 * I1: a hash is a hint: each number found must be confirmed by its row.
 * I2: memory: the growing segment (and a full one until its pieces are written) by cx_places, at most
 * CX_LOG_SEGMENT_ROWS rows; two octets for every request id, and for every object and message of the last
 * CX_LOG_RECENT_SEGMENTS; of the growing segment for as many ids as it can have. */
#ifndef CX_STORE_INDEX_H
#define CX_STORE_INDEX_H

#include "store/places.h"
#include "store/rows.h"

struct cx_index;

struct cx_index_options {
    uint64_t hash_key;
    uint64_t segment_entries; /* 0: CX_LOG_SEGMENT_ENTRIES */
    /* For one who appends: filters make a look for what is not there cheap; objects and messages are looked for in recent
     * segments only. Else pieces that were read are kept, and what is in no piece is made of the rows when something of its
     * space is first looked for: who wants an object needs no names. */
    bool for_writing;
    /* For one who checks: records that cannot be read, and rows that are missing, are passed over. */
    bool lenient;
};

/* rows are borrowed until cx_index_free. Classes: STORE, NOMEM. */
cx_status cx_index_new(struct cx_rows *rows, const struct cx_rows_extent *extent,
                       const struct cx_index_options *options, struct cx_index **ret,
                       struct cx_detail *detail) CX_MUST;
/* The same for a reader: of the rows as they are now. */
cx_status cx_index_open(struct cx_rows *rows, const struct cx_index_options *options,
                        struct cx_index **ret, struct cx_detail *detail) CX_MUST;
void cx_index_free(struct cx_index *index);

/* number: of the entry or object that is being put; not below any before. Classes: NOMEM, LIMIT. */
cx_status cx_index_add(struct cx_index *index, enum cx_index_kind kind, cx_span key,
                       uint64_t number) CX_MUST;
/* There are CX_LOG_SEGMENTS_MAX segments, and the last one is full: nothing but a seal should be put any more. */
bool cx_index_is_full(const struct cx_index *index, uint64_t n_entries);
/* An entry was put, and ends are what the sequences have reached: a segment that is full by it ends here, in the open
 * transaction, unless it is the last that there can be. Classes: STORE, NOMEM. */
cx_status cx_index_turn(struct cx_index *index, const uint64_t end[CX_SPACES],
                        struct cx_detail *detail) CX_MUST;
/* The entry that was put is the last one: the growing segment ends with it, full or not, and every piece is put into the
 * open transaction. Of the last segment that there can be they stay with the rows. Classes: STORE, NOMEM. */
cx_status cx_index_finish(struct cx_index *index, const uint64_t end[CX_SPACES],
                          struct cx_detail *detail) CX_MUST;
/* Puts the pieces that are due after so many new entries into the open transaction. Classes: STORE, NOMEM. */
cx_status cx_index_put_due(struct cx_index *index, uint64_t n_entries, struct cx_detail *detail)
    CX_MUST;

/* The key is added soon. */
void cx_index_expect(const struct cx_index *index, enum cx_index_kind kind, cx_span key);

typedef cx_status (*cx_index_fn)(void *ctx, uint64_t number, bool *ret_stop);

/* What is looked for: a key of that kind, of numbers below that (as near as segments tell: some above may come too). */
struct cx_index_query {
    enum cx_index_kind kind;
    cx_span key;
    uint64_t below;
};

/* I1. Numbers that may be it, the latest first, until each is content or fails. Classes: STORE, NOMEM, those of each. */
cx_status cx_index_find(struct cx_index *index, const struct cx_index_query *query,
                        cx_index_fn each, void *ctx, struct cx_detail *detail) CX_MUST;

/* ---- one segment's places (segment_places.c); who checks an index makes them again from the rows */

struct cx_segment_places {
    struct cx_places *kinds[CX_INDEX_KINDS];
};

/* Filled in by the rows of the segment, in place of what was there; freed by the caller, also after a failure. Of options,
 * hash_key and lenient. Classes: STORE (a record that cannot be read), NOMEM. */
cx_status cx_segment_places_fill(struct cx_rows *rows, const struct cx_index_options *options,
                                 const struct cx_segment *segment, struct cx_segment_places *ret,
                                 struct cx_detail *detail) CX_MUST;
/* The kinds of one space only; NULL after a failure. */
cx_status cx_segment_places_fill_space(struct cx_rows *rows, const struct cx_index_options *options,
                                       const struct cx_segment *segment, enum cx_space space,
                                       struct cx_segment_places *ret, struct cx_detail *detail)
    CX_MUST;
/* Empty ones. Classes: NOMEM. */
cx_status cx_segment_places_init(struct cx_segment_places *places) CX_MUST;
void cx_segment_places_done(struct cx_segment_places *places);
size_t cx_segment_places_count(const struct cx_segment_places *places);

#endif

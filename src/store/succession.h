/* Which shard comes after which: the records at their ends, and the number and key of the next. */
#ifndef CX_STORE_SUCCESSION_H
#define CX_STORE_SUCCESSION_H

#include "store/shard.h"

/* BASE of BASE/7. Classes: STORE (not such an origin of that shard). */
cx_status cx_base_origin(const struct cx_note_key *key, uint64_t shard, cx_str *ret,
                         struct cx_detail *detail) CX_MUST;

/* A shard of that origin, without one before. */
cx_status cx_shard_make_first(const struct cx_shard_place *place, cx_str base_origin,
                              cx_str software, uint64_t time_ms, struct cx_detail *detail) CX_MUST;

/* The number that the shard after last gets: one that nothing was ever signed for, and its key. announced: by the seal of
 * last; 0: none. */
cx_status cx_next_key(const struct cx_shard_place *last, cx_str base_origin, uint64_t announced,
                      uint64_t *ret_number, struct cx_note_key *ret_key, struct cx_detail *detail)
    CX_MUST;

/* The record of kind SEAL that announces the key; appended to buf. */
cx_status cx_seal_record(const struct cx_note_key *next, uint64_t time_ms, struct cx_buf *buf,
                         struct cx_detail *detail) CX_MUST;
/* The number that the seal at the end of the shard announces; 0: one that cannot be told. */
cx_status cx_seal_announced(struct cx_shard *sealed, cx_str base_origin, uint64_t *ret,
                            struct cx_detail *detail) CX_MUST;

/* The shard after a sealed or closed one. */
cx_status cx_shard_make_next(const struct cx_shard_place *place, const struct cx_note_key *key,
                             struct cx_shard *before, cx_str software, uint64_t time_ms,
                             struct cx_detail *detail) CX_MUST;

#endif

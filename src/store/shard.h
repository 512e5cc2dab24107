/* One shard that is appended to: rows, tree, indexes, key and anchor as one thing.
 * I1: rows are durable before the tree over them is signed, and the anchor says so durably before a checkpoint is given out.
 * I2: a shard whose store is behind its anchor, or differs from it, never signs: cx_shard_open gives it back closed.
 * I3: after a failure nothing more can be done with it but cx_shard_close. */
#ifndef CX_STORE_SHARD_H
#define CX_STORE_SHARD_H

#include "store/index.h"
#include "store/keys.h"

/* Where it is; texts are borrowed until it is closed. */
struct cx_shard_place {
    const char *store;
    const char *keys;
    uint64_t number;
    uint64_t segment_entries; /* 0: CX_LOG_SEGMENT_ENTRIES */
};

/* A new shard with its first entry, durable but not signed for; its key is in place->keys. Whole or not at all. Classes: IO,
 * STORE (it is there), NOMEM, INTERNAL. */
cx_status cx_shard_make(const struct cx_shard_place *place, const struct cx_note_key *key,
                        cx_span begin_record, uint64_t time_ms, struct cx_detail *detail) CX_MUST;

/* Closes it for good, by a person's decision; needs no anchor. why is one line. Classes: IO, STORE, NOMEM. */
cx_status cx_shard_give_up(const struct cx_shard_place *place, cx_str why, struct cx_detail *detail)
    CX_MUST;

struct cx_shard;

enum cx_shard_state {
    CX_SHARD_GROWS = 0,
    CX_SHARD_SEALED, /* grows no more; its last checkpoint is signed, or will be by cx_shard_commit */
    CX_SHARD_CLOSED, /* I2: now, or on an earlier occasion */
};

struct cx_shard_opened {
    enum cx_shard_state state;
    uint64_t size;
    uint64_t anchor_size;
    uint64_t uncertain; /* entries that were never signed for */
    bool closed_now;
};

/* Classes: IO, CRYPTO, STORE, NOMEM. */
cx_status cx_shard_open(const struct cx_shard_place *place, struct cx_shard **ret,
                        struct cx_shard_opened *opened, struct cx_detail *detail) CX_MUST;
/* Drops what is not committed. */
void cx_shard_close(struct cx_shard *shard);

/* Time that the next entry gets: see cx_log_time. */
cx_status cx_shard_time(const struct cx_shard *shard, uint64_t now_ms, uint64_t *ret,
                        struct cx_detail *detail) CX_MUST;
/* As cx_log_append. */
cx_status cx_shard_append(struct cx_shard *shard, const struct cx_entry *entry, cx_span record,
                          const struct cx_log_keys *keys, uint64_t *ret_index,
                          struct cx_detail *detail) CX_MUST;
cx_status cx_shard_put_object(struct cx_shard *shard, enum cx_object_kind kind,
                              const struct cx_hash *digest, cx_span octets,
                              struct cx_detail *detail) CX_MUST;
cx_status cx_shard_commit(struct cx_shard *shard, struct cx_commit *ret, struct cx_detail *detail)
    CX_MUST;
/* As cx_log_last_commit. */
cx_status cx_shard_last_commit(struct cx_shard *shard, uint64_t *ret_first,
                               struct cx_detail *detail) CX_MUST;
cx_status cx_shard_prove(struct cx_shard *shard, uint64_t index, struct cx_path *ret,
                         struct cx_detail *detail) CX_MUST;
/* As cx_log_latest and cx_log_consistency. */
cx_status cx_shard_latest(struct cx_shard *shard, struct cx_commit *ret, struct cx_detail *detail)
    CX_MUST;
cx_status cx_shard_consistency(struct cx_shard *shard, uint64_t from, struct cx_path *ret,
                               struct cx_detail *detail) CX_MUST;
cx_status cx_shard_find_request(struct cx_shard *shard, cx_str request, bool *ret_found,
                                uint64_t *ret_index, struct cx_detail *detail) CX_MUST;
/* As cx_log_rows. */
cx_status cx_shard_entries(struct cx_shard *shard, uint64_t first, uint64_t last, cx_entry_fn each,
                           void *ctx, struct cx_detail *detail) CX_MUST;
/* As cx_log_tend. */
cx_status cx_shard_tend(struct cx_shard *shard, struct cx_detail *detail) CX_MUST;
/* Nothing is appended any more: the last checkpoint becomes a row, and the rows are laid to rest. */
cx_status cx_shard_settle(struct cx_shard *shard, struct cx_detail *detail) CX_MUST;

/* As cx_log_size. */
uint64_t cx_shard_size(const struct cx_shard *shard);
const struct cx_note_key *cx_shard_key(const struct cx_shard *shard);
const struct cx_entry *cx_shard_last(const struct cx_shard *shard);
uint64_t cx_shard_last_ms(const struct cx_shard *shard);
/* The last entry's record, appended to buf. */
cx_status cx_shard_last_record(struct cx_shard *shard, struct cx_buf *buf, struct cx_detail *detail)
    CX_MUST;
/* For what the next shard begins with: the last checkpoint that the store has, and that of the anchor if it is later. */
cx_str cx_shard_known(const struct cx_shard *shard);
cx_str cx_shard_later(const struct cx_shard *shard);

#endif

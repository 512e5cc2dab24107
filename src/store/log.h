/* The log of one recorder: a folder of shards, each one Merkle log with its own origin, key and store file, of which the
 * last one grows. What is appended becomes visible, provable and permitted in one step: cx_log_commit.
 * I1: nothing that cx_log_commit returned success for is lost by a crash, and its checkpoint is signed only after its
 * rows are synced; the checkpoint is in the anchor file, synced, before it is returned.
 * I2: no two checkpoints of an origin contradict each other, whatever is restored from whichever backup: a store that is
 * behind its anchor, or differs from it, is never signed for again; cx_log_open then begins the next shard.
 * I3: appending is by sequence only; what looks things up works on tables in memory, rebuilt at open, and on sorted
 * segments written piece by piece beside later batches.
 * I4: one writer: a second cx_log_open for writing of the same folder is refused while the first lives. */
#ifndef CX_STORE_LOG_H
#define CX_STORE_LOG_H

#include "base/arena.h"
#include "base/time.h"
#include "evidence/entry.h"
#include "evidence/event.h"
#include "evidence/note.h"
#include "evidence/record.h"
#include "evidence/start.h"
#include "evidence/tree.h"

/* What is kept once by its digest beside the records. */
enum cx_object_kind {
    CX_OBJECT_UNSET = 0,
    CX_OBJECT_CONTEXT = 1,
    CX_OBJECT_ANSWER = 2,
    CX_OBJECT_MESSAGE = 3,       /* in a file of its own, with a retention of its own */
    CX_OBJECT_CORROBORATION = 4, /* what was supplied */
    CX_OBJECT_CERTIFICATE = 5,   /* DER of a certificate or precertificate that an event names */
};

/* Folder and file names; a zeroed member has its default. Texts are borrowed until close. */
struct cx_log_options {
    const char *
        keys; /* folder of private keys and anchors, outside the store; NULL: the store's path + ".keys" */
    /* For tests: the clock, in milliseconds; NULL: the wall clock. */
    uint64_t (*now_ms)(void *ctx);
    void *now_ctx;
    uint64_t segment_entries; /* for tests; 0: CX_LOG_SEGMENT_ENTRIES */
    cx_str software;          /* said where a shard begins; n == 0: nothing is said */
};

struct cx_log;

/* Makes a new store: its folder, the first shard with origin BASE/1, its key. An existing one is refused. Classes: IO,
 * CRYPTO, STORE, MALFORMED (origin). */
cx_status cx_log_create(const char *path, cx_str base_origin, const struct cx_log_options *options,
                        struct cx_detail *detail) CX_MUST;

/* What opening found; each is worth a line to a person. */
struct cx_log_opened {
    uint64_t shard;
    uint64_t size;
    bool
        behind_anchor; /* the store is older than what was signed: its origin is closed, a new shard was begun */
    uint64_t anchor_size; /* of the closed one */
    uint64_t
        uncertain; /* rows that were committed but never signed for before (crash between the two) */
};

/* For writing. Classes: IO, STORE (damaged, in use, newer than this program), CRYPTO. */
cx_status cx_log_open(const char *path, const struct cx_log_options *options, struct cx_log **ret,
                      struct cx_log_opened *opened, struct cx_detail *detail) CX_MUST;
/* Closes the origin of the last shard for good: nothing is ever signed for it again, and the next cx_log_open begins the next
 * shard. For when its anchor or its key is lost. why is one line, and is kept. Classes: IO, STORE, NOMEM. */
cx_status cx_log_give_up(const char *path, const struct cx_log_options *options, cx_str why,
                         struct cx_detail *detail) CX_MUST;
/* Drops what was appended and not committed. */
void cx_log_close(struct cx_log *log);

/* ---- writing: append any number, then commit. After a failure the log must be closed; but not after CX_E_CLOCK, USAGE and
 * LIMIT (a record or object of more than CX_RECORD_MAX; a shard that is full and must be sealed): then nothing was done. */

/* Keys by which a check is found again; request is unique, names are not. None begins with U+0001: by such texts starts and
 * events are found (evidence/entry_keys.h), which have their keys by their records. */
struct cx_log_keys {
    cx_str request; /* n == 0: none */
    const cx_str *names;
    size_t n_names;
};

/* The time that an entry appended now gets: now_ms, or the last entry's if now_ms lies at most CX_LOG_CLOCK_STEP_MS before
 * it. Further back: CX_E_CLOCK. */
cx_status cx_log_time(const struct cx_log *log, uint64_t now_ms, uint64_t *ret,
                      struct cx_detail *detail) CX_MUST;
/* A check, a start or an event. time_ms is what cx_log_time gave, and is in the record too. keys: of a check; else NULL. The
 * record is copied. Classes: USAGE (the ends of a shard; a key that a check cannot have; a start or event that cannot be read or
 * is of another time), STORE, LIMIT, NOMEM. */
cx_status cx_log_append(struct cx_log *log, enum cx_entry_kind kind, uint64_t time_ms,
                        cx_span record, const struct cx_log_keys *keys, uint64_t *ret_index,
                        struct cx_detail *detail) CX_MUST;
/* The last entry of the shard, committed or not; borrowed until the next append. Kind UNSET after a failure that left no
 * shard open. */
const struct cx_entry *cx_log_last(const struct cx_log *log);
/* Keeps the object unless it is there already (of this or an older shard's segment of the same shard file). */
cx_status cx_log_put_object(struct cx_log *log, enum cx_object_kind kind,
                            const struct cx_hash *digest, cx_span octets, struct cx_detail *detail)
    CX_MUST;

struct cx_commit {
    uint64_t first; /* the entries [first, size) are new */
    uint64_t size;
    cx_str checkpoint; /* signed note of the tree of that size; borrowed until the next commit */
};

/* I1. Without anything appended it does nothing, and gives the last checkpoint. */
cx_status cx_log_commit(struct cx_log *log, struct cx_commit *ret, struct cx_detail *detail)
    CX_MUST;

/* The first entry of the last commit, which has one at least; before anything is appended. */
cx_status cx_log_last_commit(struct cx_log *log, uint64_t *ret_first, struct cx_detail *detail)
    CX_MUST;

/* For moments when nobody waits: writes back what lies in the database's journal, if it is much. Without it a commit now and
 * then does so. Not between append and commit: then it does nothing. Classes: STORE, IO. */
cx_status cx_log_tend(struct cx_log *log, struct cx_detail *detail) CX_MUST;

/* Of the last commit's tree; index below its size. */
cx_status cx_log_prove(struct cx_log *log, uint64_t index, struct cx_path *ret,
                       struct cx_detail *detail) CX_MUST;

/* What was committed last: its checkpoint, and the proof that its tree begins with that of from leaves. Nothing is committed by
 * asking. The proof reads a tile a level at most. Classes: USAGE (from is more), STORE. */
cx_status cx_log_latest(struct cx_log *log, struct cx_commit *ret, struct cx_detail *detail)
    CX_MUST;
cx_status cx_log_consistency(struct cx_log *log, uint64_t from, struct cx_path *ret,
                             struct cx_detail *detail) CX_MUST;

/* The entry with that request id (or key of a start) in the open shard, committed or not; *ret_found. */
cx_status cx_log_find_request(struct cx_log *log, cx_str request, bool *ret_found,
                              uint64_t *ret_index, struct cx_detail *detail) CX_MUST;

/* Rows [first, last) of the open shard, committed or not, in order; what lies behind its end is passed over. The row is borrowed
 * for the call, which must not use the log. Classes: STORE, and those of each. */
struct cx_log_row;
cx_status cx_log_rows(struct cx_log *log, uint64_t first, uint64_t last,
                      cx_status (*each)(void *ctx, const struct cx_log_row *row), void *ctx,
                      struct cx_detail *detail) CX_MUST;

/* Appends the seal, commits, begins the next shard (its first entry commits to this one's last checkpoint), and removes
 * the sealed shard's private key. A crash in between is made good by the next open. */
cx_status cx_log_seal(struct cx_log *log, struct cx_detail *detail) CX_MUST;

uint64_t cx_log_shard(const struct cx_log *log);
/* Entries of the open shard, committed or not. */
uint64_t cx_log_size(const struct cx_log *log);
const struct cx_note_key *cx_log_key(const struct cx_log *log);

/* ---- reading: any number of readers, beside a writer. */

struct cx_log_reader;

struct cx_log_row {
    uint64_t shard;
    uint64_t index;
    uint8_t entry[CX_ENTRY_SIZE];
    cx_span record; /* n == 0: deleted by retention */
};

/* The record of a row whose entry is a check; its octets are what the entry commits to. What ret points to lives in arena or
 * borrows the row. Classes: MALFORMED, STORE (deleted, not what the entry says, or of another kind), NOMEM. */
cx_status cx_log_record(const struct cx_log_row *row, struct cx_arena *arena, struct cx_record *ret,
                        struct cx_detail *detail) CX_MUST;

/* The same of a row whose entry is a start, or an event; texts borrow the row. Classes: MALFORMED, STORE. */
cx_status cx_log_start(const struct cx_log_row *row, struct cx_start *ret, struct cx_detail *detail)
    CX_MUST;
cx_status cx_log_event(const struct cx_log_row *row, struct cx_event *ret, struct cx_detail *detail)
    CX_MUST;

/* Of a shard, as far as a checkpoint that the store has goes; what was put after it is not shown yet. */
struct cx_log_shard_info {
    uint64_t number;
    uint64_t size; /* of the checkpoint */
    bool sealed;
    bool held;
    struct cx_note_key key;
    cx_str checkpoint; /* the last one, verified; borrowed until the reader is closed */
    uint64_t first_ms, last_ms;
};

/* A snapshot of all shards as they are now, without those that were deleted or for which nothing was signed yet. Callbacks
 * may use the reader. Classes: IO, STORE, CRYPTO (a checkpoint), NOMEM. */
cx_status cx_log_reader_open(const char *path, struct cx_log_reader **ret, struct cx_detail *detail)
    CX_MUST;
void cx_log_reader_close(struct cx_log_reader *reader);
size_t cx_log_reader_shards(const struct cx_log_reader *reader);
const struct cx_log_shard_info *cx_log_reader_shard(const struct cx_log_reader *reader, size_t i);

/* Rows [first, last) of a shard in order, to each; a failure of each ends it and is returned. The row is borrowed for the
 * call. Classes: STORE, and those of each. */
cx_status cx_log_scan(struct cx_log_reader *reader, uint64_t shard, uint64_t first, uint64_t last,
                      cx_status (*each)(void *ctx, const struct cx_log_row *row), void *ctx,
                      struct cx_detail *detail) CX_MUST;
/* *ret_found false: not there, or deleted. octets live in arena. Best beside a scan: objects of the row that it gave last are
 * near. Of a shard that grows the first call reads the digests that are in no piece yet: a tenth of a second, where there are
 * many. */
cx_status cx_log_object(struct cx_log_reader *reader, uint64_t shard, const struct cx_hash *digest,
                        struct cx_arena *arena, cx_span *ret, bool *ret_found,
                        struct cx_detail *detail) CX_MUST;
/* Newest first, over all shards: rows whose request id, or one of whose names, has that text; or key of evidence/entry_keys.h.
 * each does not call cx_log_find. */
cx_status cx_log_find(struct cx_log_reader *reader, cx_str request_or_name,
                      cx_status (*each)(void *ctx, const struct cx_log_row *row), void *ctx,
                      struct cx_detail *detail) CX_MUST;
/* Proofs and tiles of a shard, for any size up to the reader's. */
struct cx_hashes cx_log_hashes(struct cx_log_reader *reader, uint64_t shard);

#endif

/* What outsiders said of a shard's checkpoints: files in STORE/0001/witnessed (docs/formats/store.md), beside the rows, which do
 * not depend on them.
 * I1: nothing is kept that does not verify: a cosignature by the witness's key, a time-stamp by the roots that are kept with it.
 * I2: of what a witness says its own line alone is kept, so that none can fill the place of others. */
#ifndef CX_STORE_WITNESSED_H
#define CX_STORE_WITNESSED_H

#include "base/time.h"
#include "evidence/note.h"

/* The checkpoint that is spoken of. */
struct cx_witnessed {
    const char *store;
    uint64_t shard;
    uint64_t size;
    const struct cx_note_key *key; /* of the log */
    cx_str checkpoint;             /* signed */
};

/* The folder, appended with NUL behind it; made if it is not there. Classes: IO, NOMEM. */
cx_status cx_witnessed_folder(const struct cx_witnessed *w, struct cx_buf *ret,
                              struct cx_detail *detail) CX_MUST;

/* Whether a cosignature of the witness is kept of it already. Classes: IO, MALFORMED and CRYPTO (what is kept), NOMEM. */
cx_status cx_witnessed_has(const struct cx_witnessed *w, const struct cx_note_key *witness,
                           bool *ret, struct cx_detail *detail) CX_MUST;
/* Keeps the first line of the witness's key, unless there is one. Classes: CRYPTO (it is wrong, or not there), MALFORMED, LIMIT, IO,
 * NOMEM. */
cx_status cx_witnessed_cosign(const struct cx_witnessed *w, const struct cx_note_key *witness,
                              cx_str lines, uint64_t *ret_time_s, struct cx_detail *detail) CX_MUST;

/* A time-stamp of the checkpoint's text. */
struct cx_witnessed_stamp {
    cx_str request;
    cx_str response;
    cx_str roots; /* PEM */
    uint64_t nonce;
    unsigned place; /* of the authority among several; files of the first are called after none */
};

/* Classes: CRYPTO, MALFORMED, LIMIT, IO, NOMEM. */
cx_status cx_witnessed_keep_stamp(const struct cx_witnessed *w,
                                  const struct cx_witnessed_stamp *stamp, cx_time *ret_time,
                                  struct cx_detail *detail) CX_MUST;

/* The largest checkpoints of a shard that somebody cosigned, and time-stamped. */
struct cx_witnessed_latest {
    bool cosigned, stamped;
    uint64_t cosigned_size, stamped_size;
};

/* By the names of files, which are not opened. A folder that is not there has none. */
void cx_witnessed_latest(const char *store, uint64_t shard, struct cx_witnessed_latest *ret);

#endif

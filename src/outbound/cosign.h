/* A checkpoint of a log shown to a witness (C2SP tlog-witness), which cosigns it.
 * I1: a proof is made for the size that the witness says it has, once; a second answer of that kind ends it. */
#ifndef CX_OUTBOUND_COSIGN_H
#define CX_OUTBOUND_COSIGN_H

#include "evidence/witness.h"

/* The log's side: its last checkpoint, and the proof that leads there from the older size. */
struct cx_cosign_source {
    /* *ret_size is the checkpoint's; if old_size is more, there is no proof. Borrowed until the next call. */
    cx_status (*request)(void *ctx, uint64_t old_size, struct cx_witness_request *ret,
                         uint64_t *ret_size, struct cx_detail *detail);
    void *ctx;
};

struct cx_cosign_options {
    const char *what; /* the option that has the url, for messages */
    const char *url;  /* the witness's submission prefix */
    const struct cx_note_key *key;
    unsigned timeout_ms;
    bool look_up;      /* as of cx_http_options */
    uint64_t old_size; /* that the witness is thought to have */
};

struct cx_cosigned {
    /* The witness knows a log of this origin that ours does not continue. Also set where there is no cosignature. */
    bool is_fork;
    uint64_t size;
    cx_str checkpoint; /* that was cosigned; of the source */
    cx_str lines; /* of the buffer that was given; a signature of key is among them, and is good */
};

/* lines is filled. Classes: PEER (no cosignature), CRYPTO (its signature is wrong), USAGE (url), NOMEM, LIMIT, and those of the
 * source. */
cx_status cx_cosign(const struct cx_cosign_options *options, const struct cx_cosign_source *source,
                    struct cx_buf *lines, struct cx_cosigned *ret, struct cx_detail *detail)
    CX_MUST;

#endif

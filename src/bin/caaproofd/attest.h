/* What outsiders attested of the log, as the recorder knows it: it gives the courier checkpoints, keeps what the courier brings
 * if it verifies, and counts who has failed for how long.
 * I1: the courier is believed nothing: it goes to whoever answers, and may be theirs.
 * I2: nothing here keeps a permit from being given; what cannot be kept is a failure of who gave it. */
#ifndef CAAPROOFD_ATTEST_H
#define CAAPROOFD_ATTEST_H

#include "base/json.h"
#include "bin/caaproofd/config.h"
#include "bin/caaproofd/ops.h"
#include "store/log.h"

/* All is borrowed until attest_free. */
struct attest_options {
    const char *store;
    const struct config_witness *witnesses;
    size_t n_witnesses;
    const struct config_timestamp *timestamps;
    size_t n_timestamps;
    /* PEM of the roots of each timestamp. */
    cx_span (*roots)(void *ctx, unsigned place);
    /* What a person should know. */
    void (*tell)(void *ctx, enum config_level level, const char *text);
    void *ctx;
};

struct attest;

/* Classes: NOMEM, MALFORMED (a key). */
cx_status attest_new(const struct attest_options *options, struct attest **ret,
                     struct cx_detail *detail) CX_MUST;
/* NULL is well. */
void attest_free(struct attest *attest);

/* A frame of the courier. What is said to it is appended to out. MALFORMED: it said what it must not, and is to be let go; else
 * the log failed. */
cx_status attest_frame(struct attest *attest, struct cx_log *log, const struct op_frame *frame,
                       struct cx_buf *out, struct cx_detail *detail) CX_MUST;

/* One object for each: docs/witnesses.md. NULL when out of memory. */
struct cx_json *attest_status(const struct attest *attest, struct cx_log *log);

#endif

/* Witnesses (C2SP tlog-witness): what a log asks of one, and what one decides. No I/O: the caller carries octets, and
 * keeps what a witness must remember.
 * I1: only CX_WITNESS_COSIGNS lets a witness sign; it must have stored the new size and root before it answers, and
 * nothing may have changed them since it read them. */
#ifndef CX_EVIDENCE_WITNESS_H
#define CX_EVIDENCE_WITNESS_H

#include "evidence/note.h"

/* Body of add-checkpoint. */
struct cx_witness_request {
    uint64_t old_size;   /* that the witness is thought to have */
    struct cx_path path; /* from there to the checkpoint's */
    cx_span checkpoint;  /* the signed note, as it stands */
};

/* Strict: one way to write each body. The checkpoint is not read, and borrows octets. Classes: MALFORMED (CX_E_PROOF),
 * LIMIT. */
cx_status cx_witness_request_parse(cx_span octets, struct cx_witness_request *ret,
                                   struct cx_detail *detail) CX_MUST;
/* A request that no body can be fails buf. */
void cx_witness_request_write(const struct cx_witness_request *request, struct cx_buf *buf);

/* Body of an answer with status 409: the size that the witness has. Classes: MALFORMED (CX_E_PROOF). */
cx_status cx_witness_size_parse(cx_span octets, uint64_t *ret) CX_MUST;
void cx_witness_size_write(uint64_t size, struct cx_buf *buf);

/* Of HTTP. */
enum cx_witness_status {
    CX_WITNESS_UNSET = 0,
    CX_WITNESS_COSIGNS = 200,
    CX_WITNESS_MALFORMED = 400,
    CX_WITNESS_UNSIGNED = 403,
    CX_WITNESS_UNKNOWN = 404, /* origin */
    CX_WITNESS_OTHER_SIZE = 409,
    CX_WITNESS_UNPROVED = 422,
};

/* What a witness knows of a log: its keys, and the last checkpoint that it cosigned; size 0 if none, whatever root is. */
struct cx_witness_log {
    cx_str origin;
    const struct cx_note_key *keys;
    size_t n_keys;
    uint64_t size;
    struct cx_hash root;
};

struct cx_witness_verdict {
    enum cx_witness_status status;
    const char *why;                  /* a sentence; static */
    const struct cx_witness_log *log; /* NULL if it is not known */
    /* With a log that signed: what it signed. Borrowed from the body. */
    cx_str text;
    struct cx_checkpoint checkpoint;
    bool is_fork; /* the log signed two roots for one size; with CX_WITNESS_UNPROVED */
};

/* What a witness of these logs decides about the body of a request. Success says only that there is a verdict. Classes:
 * NOMEM, INTERNAL. */
cx_status cx_witness_judge(const struct cx_witness_log *logs, size_t n_logs, cx_span body,
                           struct cx_arena *arena, struct cx_witness_verdict *ret) CX_MUST;

#endif

/* One proof file (C2SP tlog-proof): an entry's place in a log, under a checkpoint, with extra octets. */
#ifndef CX_EVIDENCE_PROOF_H
#define CX_EVIDENCE_PROOF_H

#include "evidence/note.h"

struct cx_tlog_proof {
    bool has_extra;
    cx_span extra; /* not empty; nothing signs it */
    uint64_t index;
    struct cx_path path;
    cx_span checkpoint; /* the signed note, as it stands */
};

/* Strict: one way to write each file. What it proves is not looked at, the checkpoint not even read. extra is decoded into
 * arena, checkpoint borrows octets. Classes: MALFORMED (CX_E_PROOF), LIMIT, NOMEM. */
cx_status cx_proof_parse(cx_span octets, struct cx_arena *arena, struct cx_tlog_proof *ret,
                         struct cx_detail *detail) CX_MUST;
/* A proof that no file can be fails buf. */
void cx_proof_write(const struct cx_tlog_proof *proof, struct cx_buf *buf);

#endif

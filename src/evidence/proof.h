/* One proof file (C2SP tlog-proof): an entry's place in a log, under a checkpoint, with extra octets. */
#ifndef CX_EVIDENCE_PROOF_H
#define CX_EVIDENCE_PROOF_H

#include "evidence/note.h"

/* A permit carries a record of CX_NAMES_MAX names. */
#define CX_PROOF_OCTETS_MAX ((size_t)1 << 20)

struct cx_tlog_proof {
    bool has_extra;
    cx_span extra;
    uint64_t index;
    struct cx_path path;
    cx_span checkpoint; /* the signed note, as it stands */
};

/* Strict: one way to write each file. extra is decoded into arena, checkpoint borrows octets. Classes: MALFORMED
 * (CX_E_PROOF), LIMIT, NOMEM. */
cx_status cx_proof_parse(cx_span octets, struct cx_arena *arena, struct cx_tlog_proof *ret,
                         struct cx_detail *detail) CX_MUST;
void cx_proof_write(const struct cx_tlog_proof *proof, struct cx_buf *buf);

#endif

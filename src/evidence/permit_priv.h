/* Shared by the files of the permit. */
#ifndef CX_EVIDENCE_PERMIT_PRIV_H
#define CX_EVIDENCE_PERMIT_PRIV_H

#include "evidence/permit.h"

/* Where a fault goes, and what it says. */
struct cx_permit_report {
    enum cx_permit_fault *fault;
    struct cx_detail *detail;
};

/* The fault, with its sentence and the value that it is about (may be empty). Class DENIED. */
cx_status cx_permit_refuse(const struct cx_permit_report *report, enum cx_permit_fault fault,
                           cx_str value) CX_MUST;

/* The check's statement against what is to be signed: everything from AUTHORITY on. Classes: DENIED, NOMEM. */
cx_status cx_permit_check_claims(const struct cx_record *record,
                                 const struct cx_permit_subject *subject,
                                 const struct cx_permit_trust *trust, uint64_t now_ms,
                                 struct cx_arena *arena, const struct cx_permit_report *report)
    CX_MUST;

/* The names of both are the same set. Classes: DENIED, NOMEM. */
cx_status cx_permit_check_names(const struct cx_record *record,
                                const struct cx_permit_subject *subject, struct cx_arena *arena,
                                const struct cx_permit_report *report) CX_MUST;

/* A checkpoint that was verified with one of the keys; false if it is not remembered. */
bool cx_permit_memory_find(struct cx_permit_memory *memory, cx_span checkpoint,
                           const struct cx_note_key *keys, size_t n_keys,
                           struct cx_checkpoint *ret);
/* Verified with that key. A memory of NULL forgets it at once. */
void cx_permit_memory_keep(struct cx_permit_memory *memory, cx_span checkpoint,
                           const struct cx_note_key *key, const struct cx_checkpoint *verified);

#endif

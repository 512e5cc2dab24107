/* The permit: a proof that a positive check is in the log, and what a signer makes sure of before it signs
 * (docs/formats/permit.md). No network, no clock: the caller says what time it is.
 * I1: every condition is checked, in the order of enum cx_permit_fault, and each has its own error.
 * I2: only CX_SUCCESS permits. */
#ifndef CX_EVIDENCE_PERMIT_H
#define CX_EVIDENCE_PERMIT_H

#include "evidence/note.h"
#include "evidence/record.h"
#include "pki/tbs.h"

/* In the order of the checks. Words and sentences: permit_faults.def; the words are part of the contract. */
enum cx_permit_fault {
    CX_PERMIT_NO_FAULT = 0, /* says nothing: only CX_SUCCESS permits */
#define X(name, word, sentence) CX_PERMIT_##name,
#include "evidence/permit_faults.def"
#undef X
    CX_PERMIT_FAULTS /* number of them, and 1 */
};

const char *cx_permit_fault_word(enum cx_permit_fault fault);
const char *cx_permit_fault_sentence(enum cx_permit_fault fault);

/* Checkpoints that were verified, so that later permits under them cost hashes only. Memory is bounded. One thread at a
 * time. */
struct cx_permit_memory;

/* Whom the signer trusts, and for what. */
struct cx_permit_trust {
    const struct cx_note_key *keys; /* of logs; a permit's origin is the name of one of them */
    size_t n_keys;
    struct cx_permit_memory *memory; /* NULL: every checkpoint is verified */
    struct cx_hash
        authority; /* SHA-256 of the issuing key's SubjectPublicKeyInfo; never all zero */
    bool has_own;
    struct cx_hash own;      /* OWN that the CPS lists (R-PRF-2); checked with has_own */
    enum cx_profile profile; /* the authority's rule book; UNSET: the public one of each purpose */
    bool accept_lf;          /* PERMIT-LF */
    bool accept_exempt;
    uint32_t life_s; /* most that a permit may live from its check; 0 = CX_PERMIT_LIFE_S */
    /* bit n: GeneralName choice n is allowed beside names (registered by the authority) */
    uint64_t other_san;
};

/* A set of purposes. */
#define CX_PURPOSE_BIT(purpose) (1u << (unsigned)(purpose))

/* What is about to be signed: names, from a certificate (cx_permit_subject_of_tbs) or as the caller gives them. */
struct cx_permit_subject {
    const struct cx_record_name *names; /* validation is not looked at */
    size_t n_names;
    unsigned purposes; /* CX_PURPOSE_BIT of each; 0: not checked */
    /* What the caller validated the names with; all names alike. n == 0: not checked. */
    const cx_str *accounts;
    size_t n_accounts;
    const cx_str *methods;
    size_t n_methods;
    cx_str
        request; /* the id of the caller's request for the check (R-PRF-2); n == 0: not checked */
};

struct cx_permit_memory *cx_permit_memory_new(void); /* NULL when out of memory */
void cx_permit_memory_free(struct cx_permit_memory *memory);
/* How often a checkpoint was one of them. */
uint64_t cx_permit_memory_hits(const struct cx_permit_memory *memory);

/* Names and purposes of the certificate: R-ID, lower case, a commonName that repeats a SAN not counted. Purposes are those
 * of extKeyUsage, without any of ours what the names could serve. The rest of *ret is zero. Names live in arena. Classes:
 * DENIED with *ret_fault, NOMEM. */
cx_status cx_permit_subject_of_tbs(const struct cx_tbs *tbs, const struct cx_permit_trust *trust,
                                   struct cx_arena *arena, struct cx_permit_subject *ret,
                                   enum cx_permit_fault *ret_fault, struct cx_detail *detail)
    CX_MUST;
/* A name as people write it: www.example.org, *.example.org, 192.0.2.1, u@example.org. Lives in arena. Classes: DENIED
 * with *ret_fault, NOMEM. */
cx_status cx_permit_name_of_text(cx_str text, struct cx_arena *arena, struct cx_record_name *ret,
                                 enum cx_permit_fault *ret_fault, struct cx_detail *detail) CX_MUST;

/* permit: the octets of a proof file, or its base64 on one line. Success: subject may be signed now. Else DENIED with
 * *ret_fault set and a sentence that names the value that differs; or NOMEM, INTERNAL. *ret (may be NULL) is the record,
 * in arena, when it is in the log and could be read. */
cx_status cx_permit_verify(cx_span permit, const struct cx_permit_subject *subject,
                           const struct cx_permit_trust *trust, uint64_t now_ms,
                           struct cx_arena *arena, struct cx_record *ret,
                           enum cx_permit_fault *ret_fault, struct cx_detail *detail) CX_MUST;

/* The same of a record that is known to be in the log: all that it has to say. Classes: DENIED with *ret_fault, NOMEM. */
cx_status cx_permit_check(const struct cx_record *record, const struct cx_permit_subject *subject,
                          const struct cx_permit_trust *trust, uint64_t now_ms,
                          struct cx_arena *arena, enum cx_permit_fault *ret_fault,
                          struct cx_detail *detail) CX_MUST;

/* How far two sets of names are apart. Names are as people write them, each once, in arena. */
struct cx_permit_names {
    size_t n_common;
    const cx_str *missing; /* those of the subject that the record has not */
    size_t n_missing;
    size_t n_other_kind; /* of missing: the record has the name in another form */
    const cx_str *extra; /* those of the record that the subject has not */
    size_t n_extra;
};

/* Classes: NOMEM. */
cx_status cx_permit_compare_names(const struct cx_record *record,
                                  const struct cx_permit_subject *subject, struct cx_arena *arena,
                                  struct cx_permit_names *ret) CX_MUST;
/* "*.d.test", "u@d.test" as "@d.test", or the text as it is; in arena. Classes: NOMEM. */
cx_status cx_permit_name_text(const struct cx_record_name *name, struct cx_arena *arena,
                              cx_str *ret) CX_MUST;

/* What a permit says, believing it: no signature, no proof is looked at. Of cx_permit_verify's faults those of the file
 * and the record. *ret and *ret_origin live in arena, or borrow permit. Classes: DENIED with *ret_fault, NOMEM. */
cx_status cx_permit_read(cx_span permit, struct cx_arena *arena, struct cx_record *ret,
                         struct cx_checkpoint *ret_checkpoint, uint64_t *ret_index,
                         enum cx_permit_fault *ret_fault, struct cx_detail *detail) CX_MUST;

/* The first second at which no permit may rest on the check: the windows of all names (R-TIME-1, R-TIME-4), life_s from its
 * logging, the next epoch or MPIC phase (R-TIME-8). CX_TIME_NONE: none may at all. */
cx_time cx_permit_end(const struct cx_record *record, uint32_t life_s);

#endif

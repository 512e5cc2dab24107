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
    CX_PERMIT_OK = 0,
#define X(name, word, sentence) CX_PERMIT_##name,
#include "evidence/permit_faults.def"
#undef X
};

const char *cx_permit_fault_word(enum cx_permit_fault fault);
const char *cx_permit_fault_sentence(enum cx_permit_fault fault);

/* Whom the signer trusts, and for what. */
struct cx_permit_trust {
    const struct cx_note_key *keys; /* of logs; a permit's origin is the name of one of them */
    size_t n_keys;
    struct cx_hash authority; /* SHA-256 of the issuing key's SubjectPublicKeyInfo */
    bool has_own;
    struct cx_hash own; /* OWN that the CPS lists (R-PRF-2); checked with has_own */
    bool accept_lf;     /* PERMIT-LF */
    bool accept_exempt;
    uint32_t life_s; /* most that a permit may live from its check; 0 = 900 */
    uint64_t
        other_san; /* bit n: GeneralName choice n is allowed beside names (registered by the authority) */
};

/* What is about to be signed: names, from a certificate (cx_permit_names_of_tbs) or as the caller gives them. */
struct cx_permit_subject {
    const struct cx_record_name *names; /* validation is not looked at */
    size_t n_names;
    enum cx_purpose purpose; /* UNSET: not checked */
    /* What the caller validated the names with; all names alike. n == 0 and NULL: not checked. */
    const cx_str *accounts;
    size_t n_accounts;
    const cx_str *methods;
    size_t n_methods;
};

/* Checkpoints that were verified, so that later permits under them cost hashes only. Memory is bounded. Any caller may do
 * without (NULL). One thread at a time. */
struct cx_permit_memory;
struct cx_permit_memory *cx_permit_memory_new(void); /* NULL when out of memory */
void cx_permit_memory_free(struct cx_permit_memory *memory);

/* The names of the certificate as a permit has them: R-ID, lower case, each once, a commonName that repeats a SAN not
 * counted. *ret_fault says which condition failed. Classes: MALFORMED, DENIED, NOMEM. */
cx_status cx_permit_names_of_tbs(const struct cx_tbs *tbs, uint64_t other_san,
                                 struct cx_arena *arena, struct cx_permit_subject *ret,
                                 enum cx_permit_fault *ret_fault, struct cx_detail *detail) CX_MUST;

/* permit: the octets of a proof file, or its base64 on one line. Success: subject may be signed now. Else DENIED with
 * *ret_fault set and a sentence that names the value that differs; or NOMEM. *ret (may be NULL) is the record, in arena,
 * when it could be read. */
cx_status cx_permit_verify(cx_span permit, const struct cx_permit_subject *subject,
                           const struct cx_permit_trust *trust, uint64_t now_ms,
                           struct cx_permit_memory *memory, struct cx_arena *arena,
                           struct cx_record *ret, enum cx_permit_fault *ret_fault,
                           struct cx_detail *detail) CX_MUST;

#endif

/* Certificates against the log: which of them were signed without a good permit, and what was the nearest thing there was.
 * A permit is good if a signer would have taken it for these names at that moment: cx_permit_check on a record of the log, and
 * logged before the signature; that no event of the log makes void; and, with claims_required, that was claimed.
 * I1: every certificate is with or without, and each without has a reason: counts reconcile to the unit.
 * I2: the log is read once, in its order. Memory: some 50 octets for each name of each certificate, and nothing for a check but 64
 *     octets for each permit that is good for a certificate, 32 for each that is void, and (claims_required) for each claim. */
#ifndef CX_INCIDENT_RECONCILE_H
#define CX_INCIDENT_RECONCILE_H

#include "evidence/permit.h"
#include "incident/certificates.h"
#include "incident/signing.h"
#include "store/log.h"

enum cx_reconcile_reason {
#define X(name, word, sentence) CX_RECONCILE_##name,
#include "incident/reconcile_reasons.def"
#undef X
    CX_RECONCILE_REASONS
};

#define CX_RECONCILE_BIT(reason) (1u << (unsigned)(reason))

const char *cx_reconcile_word(enum cx_reconcile_reason reason);
const char *cx_reconcile_sentence(enum cx_reconcile_reason reason);

struct cx_reconcile_options {
    bool has_authority;
    struct cx_hash authority; /* of the issuing key; without it that of each record is believed */
    unsigned purposes; /* CX_PURPOSE_BIT of each; 0: by the names, smime for a mailbox, else tls */
    enum cx_profile profile; /* UNSET: the public one of each purpose */
    bool accept_lf;
    bool accept_exempt;
    uint32_t life_s;      /* most that a permit may live; 0: CX_PERMIT_LIFE_S */
    uint32_t skew_s;      /* so much before its check may a certificate be signed: clocks differ */
    bool precertificate;  /* the CA documents the exception of R-EXC-2 */
    bool strict;          /* a permit serves one certificate */
    bool claims_required; /* a permit that nobody claimed is not good */
    /* Now and then: what is being done, how far, of how much. May be NULL. */
    void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t all);
    void *ctx;
};

struct cx_log_place {
    uint64_t shard; /* 0: none */
    uint64_t index;
};

/* A check, and how far it is from what the certificate needed. */
struct cx_nearest {
    struct cx_log_place place; /* shard 0: there is none */
    uint64_t time_ms;
    enum cx_verdict verdict;
    cx_time expires; /* CX_TIME_NONE: never a permit */
    bool has_authority;
    struct cx_hash authority;
    struct cx_permit_names names;
    enum cx_permit_fault fault; /* of the record by itself, whatever was to be signed */
    struct cx_detail why;       /* sentence of fault */
};

/* What the log knows of a certificate: its issuance was told, beside any permit. Borrowed for the call. */
struct cx_issuance {
    struct cx_log_place place; /* shard 0: nothing */
    uint64_t time_ms;
    bool of_precertificate; /* that of its precertificate was told, and none of its own */
    cx_str request;
    cx_str why; /* n == 0: on a permit that was good */
};

/* A certificate without a good permit, or (strict) with one that another used up. Borrowed for the call. */
struct cx_reconciled {
    uint64_t position;
    const struct cx_certificate *certificate;
    struct cx_signing signing;
    bool shared;
    enum cx_reconcile_reason reason; /* of one that is not shared */
    uint32_t reasons;                /* CX_RECONCILE_BIT of all that apply */
    struct cx_nearest nearest;
    struct cx_issuance issuance;
    struct cx_log_place permit; /* of a shared one */
    uint64_t shared_with;       /* position of the certificate that used the permit */
};

struct cx_reconcile_counts {
    uint64_t certificates; /* = with + without */
    uint64_t with;
    uint64_t without;
    uint64_t shared;                        /* of with */
    uint64_t reasons[CX_RECONCILE_REASONS]; /* adds up to without */
    uint64_t reported;                      /* of without: the log has an issuance of them */
    uint64_t weak;    /* of without: signed by notBefore, which may be earlier than the signature */
    uint64_t checks;  /* in the log */
    uint64_t deleted; /* checks whose record is gone, in shards that are there */
};

/* visit: in the order of positions. Classes: IO, STORE, CRYPTO, MALFORMED (a record), LIMIT, NOMEM, those of visit. */
cx_status cx_reconcile(const struct cx_certificates *certificates, struct cx_log_reader *reader,
                       const struct cx_reconcile_options *options,
                       cx_status (*visit)(void *ctx, const struct cx_reconciled *reconciled,
                                          struct cx_detail *detail),
                       void *ctx, struct cx_reconcile_counts *ret, struct cx_detail *detail)
    CX_MUST;

#endif

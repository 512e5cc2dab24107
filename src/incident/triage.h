/* Triage: for each certificate the moment of its signature, what the archive shows about each of its names at that moment, its
 * class, and what each remedy would do with it (R-PRF, R-REV).
 * I1: a class depends on the certificate, the archive and the options alone: not on other certificates, nor on what DNS says now.
 * I2: bounded memory: certificates go through in chunks, and each chunk reads the archive once, in its order. */
#ifndef CX_INCIDENT_TRIAGE_H
#define CX_INCIDENT_TRIAGE_H

#include "incident/duty.h"
#include "incident/evidence.h"
#include "incident/marks.h"
#include "incident/recheck.h"
#include "incident/signing.h"

enum cx_triage_class {
    CX_TRIAGE_PROVEN = 0,
    CX_TRIAGE_PROVEN_DENY,
    CX_TRIAGE_UNUSED_PERMIT,
    CX_TRIAGE_NO_EVIDENCE,
    CX_TRIAGE_TAINTED,
    CX_TRIAGE_CLASSES,
};

enum cx_process {
    CX_PROCESS_UNKNOWN = 0,
    CX_PROCESS_CONSULTED,
    CX_PROCESS_NOT_CONSULTED,
    CX_PROCESSES,
};

enum cx_certificate_status {
    CX_STATUS_VALID = 0,
    CX_STATUS_EXPIRED,
    CX_STATUS_REVOKED,
    CX_STATUSES,
};

enum cx_remedy {
    CX_REMEDY_RECHECK = 0,
    CX_REMEDY_ARCHIVE,
    CX_REMEDY_PROCESS,
    CX_REMEDY_RULES,
    CX_REMEDIES,
};

const char *cx_triage_class_word(enum cx_triage_class class);
const char *cx_process_word(enum cx_process process);
const char *cx_certificate_status_word(enum cx_certificate_status status);
const char *cx_remedy_word(enum cx_remedy remedy);

struct cx_triage_options {
    enum cx_purpose purpose;
    enum cx_profile profile;
    const struct cx_policy *policy; /* with OWN */
    bool has_rules_of;              /* apply the rules of another date than that of the signature */
    cx_time rules_of;
    enum cx_grade proof; /* worst grade that proves */
    cx_time aware;       /* R-REV-4; a certificate may say another */
    cx_time now;         /* when the run is made */
    const struct cx_marks *consulted;
    const struct cx_marks *not_consulted;
    const struct cx_recheck *recheck;
};

struct cx_triaged_name {
    cx_str given;
    struct cx_subject subject;
    struct cx_inquiry *inquiry; /* NULL: not bound, or not allowed */
    struct cx_name_evidence *evidence;
};

struct cx_triaged {
    uint64_t position; /* in the file of certificates */
    struct cx_certificate certificate;
    cx_time signed_at;
    enum cx_signing_clock clock;
    const struct cx_triaged_name *names;
    size_t n_names;
    enum cx_triage_class class;
    enum cx_grade grade; /* UNSET: nothing was judged */
    enum cx_process process;
    uint32_t reasons;
    enum cx_verdict verdict; /* the worst of the names' on their evidence; UNSET */
    enum cx_certificate_status status;
    enum cx_now now;
    cx_time aware;
    struct cx_duty duty;
    bool late;
    bool short_lived; /* R-REV-6 */
    bool revoke
        [CX_REMEDIES]; /* would be revoked, were it neither expired nor revoked; of RECHECK only if now is known */
};

struct cx_triage;

/* Every certificate, in the order of its positions (order NULL); or those whose positions are in order, n of them, in that order. archive NULL: nothing is known. All is borrowed. Classes: NOMEM. */
cx_status cx_triage_open(const struct cx_certificates *certificates, struct cx_archive *archive,
                         const struct cx_triage_options *options, const uint64_t *order, uint64_t n,
                         struct cx_triage **ret) CX_MUST;
/* Accepts NULL. */
void cx_triage_close(struct cx_triage *triage);
/* The next one, borrowed until the next call; NULL at the end. Classes: IO, STORE, NOMEM, LIMIT. */
cx_status cx_triage_next(struct cx_triage *triage, const struct cx_triaged **ret,
                         struct cx_detail *detail) CX_MUST;

#endif

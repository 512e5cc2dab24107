/* The names of a certificate, precertificate or to-be-signed certificate (RFC 5280), read from its DER without copying:
 * on the way to a signature, where a second reading of the same octets by OpenSSL would cost more than the check.
 * I1: strict DER; what cannot be read, or is there twice, is an error, never left out.
 * I2: agrees with pki/certificate.h on everything that both accept; refuses what that refuses. */
#ifndef CX_PKI_TBS_H
#define CX_PKI_TBS_H

#include "base/arena.h"
#include "base/time.h"

enum cx_tbs_name_kind {
    CX_TBS_NAME_UNSET = 0,
    CX_TBS_NAME_DNS,         /* dNSName, as it stands */
    CX_TBS_NAME_IP,          /* 4 or 16 octets */
    CX_TBS_NAME_MAIL,        /* rfc822Name */
    CX_TBS_NAME_MAIL_UTF8,   /* SmtpUTF8Mailbox */
    CX_TBS_NAME_OTHER,       /* any other kind; octets: the whole GeneralName */
    CX_TBS_NAME_COMMON_NAME, /* commonName of the subject, as UTF-8 octets */
};

struct cx_tbs_name {
    enum cx_tbs_name_kind kind;
    uint8_t tag; /* of an OTHER name: number of its context tag */
    cx_span octets;
};

struct cx_tbs {
    bool is_certificate;    /* with signature; else a bare TBSCertificate */
    bool is_precertificate; /* has the poison of RFC 6962 section 3.1 */
    cx_span tbs;            /* the TBSCertificate */
    cx_span serial;         /* content octets */
    cx_span issuer;         /* Name, DER */
    cx_span subject;        /* the same */
    cx_span spki;           /* SubjectPublicKeyInfo of the subject, DER */
    cx_time not_before;
    cx_time not_after;
    bool eku_server_auth;
    bool eku_email_protection;
    bool eku_mark;
    bool is_ca;                  /* basicConstraints */
    cx_span sct_list;            /* value of the extension of RFC 6962 section 3.3 */
    cx_span policies;            /* value of certificatePolicies */
    const struct cx_tbs_name *v; /* subjectAltName in its order, then commonNames */
    size_t n;
};

/* DER alone. Spans borrow der (a commonName of another string type is converted into arena); v lives in arena. Classes:
 * MALFORMED (CX_E_CERTIFICATE), LIMIT, NOMEM. */
cx_status cx_tbs_read(cx_span der, struct cx_arena *arena, struct cx_tbs *ret,
                      struct cx_detail *detail) CX_MUST;

#endif

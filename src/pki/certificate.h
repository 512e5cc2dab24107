/* What a certificate, precertificate or request (CSR) asks CAA about: its names, and what tells its purpose and time.
 * Read only; signatures and chains are not looked at.
 * I1: a name that cannot be shown as it is (octet 0, control octets, wrong length), or whose text is not of its kind (a
 * dNSName with an @, a mailbox without one), is an error, never left out. */
#ifndef CX_PKI_CERTIFICATE_H
#define CX_PKI_CERTIFICATE_H

#include "base/arena.h"
#include "base/time.h"

enum cx_certificate_kind {
    CX_CERTIFICATE_UNSET = 0,
    CX_CERTIFICATE_FINAL,
    CX_CERTIFICATE_PRE, /* has the poison extension of RFC 6962 section 3.1 */
    CX_CERTIFICATE_REQUEST,
};

enum cx_certificate_name_kind {
    CX_CERTIFICATE_NAME_UNSET = 0,
    CX_CERTIFICATE_NAME_DNS,       /* as it stands: case, "*." */
    CX_CERTIFICATE_NAME_IP,        /* as text */
    CX_CERTIFICATE_NAME_MAIL,      /* rfc822Name, ASCII */
    CX_CERTIFICATE_NAME_MAIL_UTF8, /* SmtpUTF8Mailbox (RFC 9598), UTF-8 */
};

struct cx_certificate_name {
    enum cx_certificate_name_kind kind;
    cx_str text;
    bool
        common_name_only; /* a commonName that looks like a DNS name and is not among the dNSNames */
};

struct cx_certificate_names {
    enum cx_certificate_kind kind;
    const struct cx_certificate_name *v; /* in the order of subjectAltName, then of the subject */
    size_t n;
    bool eku_server_auth;
    bool eku_email_protection;
    bool eku_mark;      /* 1.3.6.1.5.5.7.3.31, BIMI: mark certificates */
    cx_time not_before; /* CX_TIME_NONE in a request */
    cx_time not_after;
    /* Of a certificate, as in pki/tbs.h; a request has none of it. */
    cx_span serial;
    cx_span issuer;
    cx_span subject;
    cx_span sct_list;
    cx_span policies;
    bool is_ca;
};

/* DER, or PEM with text around it: its first certificate or request counts. All of ret lives in arena; file is borrowed
 * for the call. Classes: MALFORMED (CX_E_CERTIFICATE), LIMIT, NOMEM. */
cx_status cx_certificate_read(cx_span file, struct cx_arena *arena,
                              struct cx_certificate_names *ret, struct cx_detail *detail) CX_MUST;

#endif

#include "agree.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "pki/alt_name.h"
#include "pki/certificate.h"
#include "pki/der.h"
#include "pki/tbs.h"

#include <openssl/x509v3.h>

#include <arpa/inet.h>

static bool
same_text(cx_str text, cx_span octets)
{
    return cx_span_equal(cx_span_of_str(text), octets);
}

static bool
same_name(const struct cx_certificate_name *theirs, const struct cx_tbs_name *ours)
{
    char text[INET6_ADDRSTRLEN];

    switch (ours->kind) {
    case CX_TBS_NAME_DNS:
        return theirs->kind == CX_CERTIFICATE_NAME_DNS && !theirs->common_name_only &&
               same_text(theirs->text, ours->octets);
    case CX_TBS_NAME_MAIL:
        return theirs->kind == CX_CERTIFICATE_NAME_MAIL && same_text(theirs->text, ours->octets);
    case CX_TBS_NAME_MAIL_UTF8:
        return theirs->kind == CX_CERTIFICATE_NAME_MAIL_UTF8 &&
               same_text(theirs->text, ours->octets);
    case CX_TBS_NAME_COMMON_NAME:
        return theirs->kind == CX_CERTIFICATE_NAME_DNS && theirs->common_name_only &&
               same_text(theirs->text, ours->octets);
    case CX_TBS_NAME_IP:
        return theirs->kind == CX_CERTIFICATE_NAME_IP &&
               inet_ntop(ours->octets.n == 4 ? AF_INET : AF_INET6, ours->octets.p, text,
                         sizeof(text)) != NULL &&
               cx_str_equal(theirs->text, cx_str_of(text));
    case CX_TBS_NAME_UNSET:
    case CX_TBS_NAME_OTHER:
        break;
    }
    return false;
}

/* The other reader tells of commonNames only if they could be taken for a host, and each such name once. */
static bool
is_told(const struct cx_tbs *tbs, size_t i)
{
    if (tbs->v[i].kind != CX_TBS_NAME_COMMON_NAME) {
        return tbs->v[i].kind != CX_TBS_NAME_OTHER;
    }
    if (!cx_common_name_is_host(cx_str_of_span(tbs->v[i].octets))) {
        return false;
    }
    for (size_t k = 0; k < i; k++) {
        if ((tbs->v[k].kind == CX_TBS_NAME_DNS || tbs->v[k].kind == CX_TBS_NAME_COMMON_NAME) &&
            cx_span_equal_fold(tbs->v[k].octets, tbs->v[i].octets)) {
            return false;
        }
    }
    return true;
}

static const char *
names_differ(const struct cx_certificate_names *theirs, const struct cx_tbs *ours)
{
    size_t n = 0;

    for (size_t i = 0; i < ours->n; i++) {
        if (!is_told(ours, i)) {
            continue;
        }
        if (n == theirs->n || !same_name(&theirs->v[n], &ours->v[i])) {
            return "a name differs";
        }
        n++;
    }
    return n == theirs->n ? NULL : "a name is missing";
}

static const char *
facts_differ(const struct cx_certificate_names *theirs, const struct cx_tbs *ours)
{
    if ((theirs->kind == CX_CERTIFICATE_PRE) != ours->is_precertificate) {
        return "precertificate";
    }
    if (theirs->eku_server_auth != ours->eku_server_auth ||
        theirs->eku_email_protection != ours->eku_email_protection ||
        theirs->eku_mark != ours->eku_mark) {
        return "extKeyUsage";
    }
    if (theirs->not_before != ours->not_before || theirs->not_after != ours->not_after) {
        return "validity";
    }
    if (theirs->is_ca != ours->is_ca) {
        return "basicConstraints";
    }
    if (!cx_span_equal(theirs->issuer, ours->issuer) ||
        !cx_span_equal(theirs->subject, ours->subject)) {
        return "issuer or subject";
    }
    if (!cx_span_equal(theirs->sct_list, ours->sct_list) ||
        !cx_span_equal(theirs->policies, ours->policies)) {
        return "SCT list or certificatePolicies";
    }
    return names_differ(theirs, ours);
}

static bool
issuer_is(const X509 *x509, cx_span der)
{
    unsigned char *octets = NULL;
    int n = i2d_X509_NAME(X509_get_issuer_name(x509), &octets);
    bool same = n > 0 && cx_span_equal((cx_span){ octets, (size_t)n }, der);

    OPENSSL_free(octets);
    return same;
}

static bool
key_is(X509 *x509, cx_span der)
{
    unsigned char *octets = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &octets);
    bool same = n > 0 && cx_span_equal((cx_span){ octets, (size_t)n }, der);

    OPENSSL_free(octets);
    return same;
}

static bool
serial_is(const X509 *x509, cx_span content)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    unsigned char *octets = NULL;
    int n = i2d_ASN1_INTEGER(serial, &octets);
    bool same = n >= 2 && content.n <= (size_t)n &&
                memcmp(octets + (size_t)n - content.n, content.p, content.n) == 0;

    OPENSSL_free(octets);
    return same;
}

static bool
authority_is(X509 *x509, bool is_ca)
{
    int critical = 0;
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, &critical, NULL);
    bool same = constraints == NULL ? critical == -1 && !is_ca : (constraints->ca != 0) == is_ca;

    BASIC_CONSTRAINTS_free(constraints);
    return same;
}

/* What only OpenSSL's own objects tell. */
static const char *
parts_differ(cx_span certificate, const struct cx_tbs *ours)
{
    const unsigned char *p = certificate.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)certificate.n);
    const char *differs = NULL;

    if (x509 == NULL) {
        return "OpenSSL does not read it";
    }
    if (!issuer_is(x509, ours->issuer)) {
        differs = "issuer";
    } else if (!key_is(x509, ours->spki)) {
        differs = "subjectPublicKeyInfo";
    } else if (!serial_is(x509, ours->serial)) {
        differs = "serialNumber";
    } else if (!authority_is(x509, ours->is_ca)) {
        differs = "basicConstraints";
    }
    X509_free(x509);
    return differs;
}

/* ---- a TBSCertificate as a certificate: with its own algorithm and an empty signature */

#define HEAD_MAX 6

static size_t
put_head(uint8_t *to, size_t n)
{
    size_t octets = n < 0x80 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 3;

    to[0] = CX_DER_SEQUENCE;
    to[1] = (uint8_t)(octets == 0 ? n : 0x80 | octets);
    for (size_t i = 0; i < octets; i++) {
        to[2 + i] = (uint8_t)(n >> (8 * (octets - 1 - i)));
    }
    return 2 + octets;
}

static cx_span
algorithm_of(cx_span tbs)
{
    struct cx_reader r = cx_reader_of(tbs), in = cx_der_enter(&r, CX_DER_SEQUENCE);

    if (cx_der_peek(&in) == CX_DER_EXPLICIT(0)) {
        (void)cx_der_next(&in);
    }
    (void)cx_der_get(&in, CX_DER_INTEGER);
    return cx_der_next(&in).whole;
}

/* Freed by the caller; NULL when out of memory. */
static uint8_t *
as_certificate(cx_span tbs, size_t *ret_n)
{
    static const uint8_t signature[] = { CX_DER_BIT_STRING, 1, 0 };
    cx_span algorithm = algorithm_of(tbs);
    size_t n = tbs.n + algorithm.n + sizeof(signature), at;
    uint8_t *p = cx_alloc(n + HEAD_MAX, 1);

    if (p == NULL || algorithm.n == 0) {
        cx_free(p);
        return NULL;
    }
    at = put_head(p, n);
    memcpy(p + at, tbs.p, tbs.n);
    memcpy(p + at + tbs.n, algorithm.p, algorithm.n);
    memcpy(p + at + tbs.n + algorithm.n, signature, sizeof(signature));
    *ret_n = at + n;
    return p;
}

/* ---- */

/* ours: what the walker says of der, or NULL if it refuses it. */
static const char *
compare(cx_span certificate, const struct cx_tbs *ours, struct cx_arena *arena, bool *ret_accepted)
{
    struct cx_certificate_names theirs;
    cx_status s = cx_certificate_read(certificate, arena, &theirs, NULL);
    const char *differs;

    *ret_accepted = ours != NULL && cx_ok(s);
    if (ours == NULL) {
        return NULL; /* stricter, or both refuse */
    }
    if (!cx_ok(s)) {
        return "accepted, though OpenSSL refuses it";
    }
    differs = facts_differ(&theirs, ours);
    return differs != NULL ? differs : parts_differ(certificate, ours);
}

static const char *
compare_bare(const struct cx_tbs *ours, struct cx_arena *arena, bool *ret_accepted)
{
    size_t n = 0;
    uint8_t *certificate = as_certificate(ours->tbs, &n);
    struct cx_tbs again;
    const char *differs = "no algorithm in it";

    if (certificate != NULL &&
        cx_ok(cx_tbs_read((cx_span){ certificate, n }, arena, &again, NULL))) {
        differs = again.n != ours->n || !again.is_certificate
                      ? "the same within a certificate"
                      : compare((cx_span){ certificate, n }, &again, arena, ret_accepted);
    }
    cx_free(certificate);
    return differs;
}

const char *
tbs_disagreement(cx_span der, bool *ret_accepted)
{
    struct cx_arena arena;
    struct cx_tbs ours, bare;
    const char *differs;
    cx_status s;

    *ret_accepted = false;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    s = cx_tbs_read(der, &arena, &ours, NULL);
    if (!cx_ok(s)) {
        differs = compare(der, NULL, &arena, ret_accepted);
    } else if (!ours.is_certificate) {
        differs = compare_bare(&ours, &arena, ret_accepted);
    } else {
        differs = compare(der, &ours, &arena, ret_accepted);
        if (differs == NULL && (!cx_ok(cx_tbs_read(ours.tbs, &arena, &bare, NULL)) ||
                                bare.n != ours.n || bare.is_certificate)) {
            differs = "its own TBSCertificate";
        }
    }
    cx_arena_done(&arena);
    return differs;
}

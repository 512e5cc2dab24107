#include "pki/certificate.h"

#include "base/limits.h"
#include "pki/alt_name.h"
#include "pki/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <limits.h>

struct reading {
    struct cx_arena *arena;
    struct cx_detail *detail;
    struct cx_certificate_name *v;
    size_t n;
    size_t room;
};

/* What certificates and requests have in common; borrowed from one of them. */
struct source {
    const STACK_OF(X509_EXTENSION) * extensions;
    const X509_NAME *subject;
};

/* For CX_AUTO: OpenSSL's destructors, given the address of the pointer. */
static void
free_x509(X509 **x509)
{
    X509_free(*x509);
}

static void
free_request(X509_REQ **request)
{
    X509_REQ_free(*request);
}

static void
free_extensions(STACK_OF(X509_EXTENSION) * *extensions)
{
    sk_X509_EXTENSION_pop_free(*extensions, X509_EXTENSION_free);
}

static void
free_names(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}

static void
free_usage(EXTENDED_KEY_USAGE **usage)
{
    EXTENDED_KEY_USAGE_free(*usage);
}

static void
free_octets(unsigned char **octets)
{
    OPENSSL_free(*octets);
}

static cx_status
refuse(const struct reading *r, const char *what)
{
    return cx_fail(r->detail, CX_E_CERTIFICATE, "%s", what);
}

static cx_status
add_name(struct reading *r, enum cx_certificate_name_kind kind, cx_str text, bool common_name_only)
{
    struct cx_certificate_name *wider;

    if (r->n == CX_NAMES_MAX) {
        return cx_fail(r->detail, CX_E_LIMIT, "more than %d names", CX_NAMES_MAX);
    }
    wider = cx_arena_widen(r->arena, r->v, r->n, &r->room, sizeof(*wider));
    if (wider == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->v = wider;
    r->v[r->n] = (struct cx_certificate_name){ .kind = kind, .common_name_only = common_name_only };
    CX_TRY(cx_arena_text(r->arena, text, &r->v[r->n].text));
    r->n++;
    return CX_SUCCESS;
}

static cx_span
octets_of(const ASN1_STRING *string)
{
    int n = ASN1_STRING_length(string);

    return (cx_span){ ASN1_STRING_get0_data(string), n < 0 ? 0 : (size_t)n };
}

static cx_status
add_ip(struct reading *r, cx_span octets)
{
    char text[INET6_ADDRSTRLEN];
    int family = octets.n == 4 ? AF_INET : AF_INET6;

    CX_TRY(cx_alt_name_check_ip(octets, r->detail));
    if (inet_ntop(family, octets.p, text, sizeof(text)) == NULL) {
        return refuse(r, "iPAddress cannot be shown");
    }
    return add_name(r, CX_CERTIFICATE_NAME_IP, cx_str_of(text), false);
}

/* RFC 9598: an otherName whose value is a UTF8String. Other otherNames are none of CAA's business. */
static cx_status
add_other(struct reading *r, const OTHERNAME *other)
{
    cx_span octets;

    if (OBJ_obj2nid(other->type_id) != NID_id_on_SmtpUTF8Mailbox) {
        return CX_SUCCESS;
    }
    if (other->value->type != V_ASN1_UTF8STRING) {
        return refuse(r, "SmtpUTF8Mailbox: not a UTF8String");
    }
    octets = octets_of(other->value->value.utf8string);
    CX_TRY(cx_alt_name_check_mail_utf8(octets, r->detail));
    return add_name(r, CX_CERTIFICATE_NAME_MAIL_UTF8, cx_str_of_span(octets), false);
}

static cx_status
add_general_name(struct reading *r, const GENERAL_NAME *name)
{
    cx_span octets;

    switch (name->type) {
    case GEN_DNS:
        octets = octets_of(name->d.dNSName);
        CX_TRY(cx_alt_name_check_dns(octets, r->detail));
        return add_name(r, CX_CERTIFICATE_NAME_DNS, cx_str_of_span(octets), false);
    case GEN_EMAIL:
        octets = octets_of(name->d.rfc822Name);
        CX_TRY(cx_alt_name_check_mail(octets, r->detail));
        return add_name(r, CX_CERTIFICATE_NAME_MAIL, cx_str_of_span(octets), false);
    case GEN_IPADD:
        return add_ip(r, octets_of(name->d.iPAddress));
    case GEN_OTHERNAME:
        return add_other(r, name->d.otherName);
    default: /* URI, directoryName and the like: no CAA for them */
        return CX_SUCCESS;
    }
}

/* The value of an extension, n == 0 if it is not there. Twice is an error: readers would differ on which one counts. */
static cx_status
extension_value(const struct reading *r, const struct source *source, int nid, cx_span *ret)
{
    int at = X509v3_get_ext_by_NID(source->extensions, nid, -1);

    *ret = (cx_span){ NULL, 0 };
    if (at < 0) {
        return CX_SUCCESS;
    }
    if (X509v3_get_ext_by_NID(source->extensions, nid, at) >= 0) {
        return cx_fail(r->detail, CX_E_CERTIFICATE, "extension %s is there twice", OBJ_nid2sn(nid));
    }
    *ret = octets_of(X509_EXTENSION_get_data(X509v3_get_ext(source->extensions, at)));
    if (ret->n == 0) {
        return cx_fail(r->detail, CX_E_CERTIFICATE, "extension %s is empty", OBJ_nid2sn(nid));
    }
    return CX_SUCCESS;
}

static cx_status
read_alt_names(struct reading *r, const struct source *source)
{
    CX_AUTO(free_names) GENERAL_NAMES *names = NULL;
    const unsigned char *p;
    cx_span value;

    CX_TRY(extension_value(r, source, NID_subject_alt_name, &value));
    if (value.n == 0) {
        return CX_SUCCESS;
    }
    p = value.p;
    names = d2i_GENERAL_NAMES(NULL, &p, (long)value.n);
    if (names == NULL || p != value.p + value.n) {
        return refuse(r, "subjectAltName cannot be read");
    }
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        CX_TRY(add_general_name(r, sk_GENERAL_NAME_value(names, i)));
    }
    return CX_SUCCESS;
}

static cx_status
read_usage(const struct reading *r, const struct source *source, struct cx_certificate_names *ret)
{
    CX_AUTO(free_usage) EXTENDED_KEY_USAGE *usage = NULL;
    const unsigned char *p;
    cx_span value;

    CX_TRY(extension_value(r, source, NID_ext_key_usage, &value));
    if (value.n == 0) {
        return CX_SUCCESS;
    }
    p = value.p;
    usage = d2i_EXTENDED_KEY_USAGE(NULL, &p, (long)value.n);
    if (usage == NULL || p != value.p + value.n) {
        return refuse(r, "extKeyUsage cannot be read");
    }
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        const ASN1_OBJECT *purpose = sk_ASN1_OBJECT_value(usage, i);
        char oid[64]; /* a longer one is cut, and none of these */

        ret->eku_server_auth = ret->eku_server_auth || OBJ_obj2nid(purpose) == NID_server_auth;
        ret->eku_email_protection =
            ret->eku_email_protection || OBJ_obj2nid(purpose) == NID_email_protect;
        ret->eku_mark = ret->eku_mark || (OBJ_obj2txt(oid, sizeof(oid), purpose, 1) > 0 &&
                                          strcmp(oid, "1.3.6.1.5.5.7.3.31") == 0);
    }
    return CX_SUCCESS;
}

static bool
among_dns_names(const struct reading *r, cx_str text)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->v[i].kind == CX_CERTIFICATE_NAME_DNS &&
            cx_span_equal_fold(cx_span_of_str(r->v[i].text), cx_span_of_str(text))) {
            return true;
        }
    }
    return false;
}

static cx_status
add_common_name(struct reading *r, const ASN1_STRING *value)
{
    CX_AUTO(free_octets) unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, value);
    cx_span octets = { utf8, n < 0 ? 0 : (size_t)n };

    if (n < 0) {
        return cx_alt_name_refuse("commonName", octets_of(value), "cannot be read as text",
                                  r->detail);
    }
    CX_TRY(cx_alt_name_check_common_name(octets, r->detail));
    if (!cx_common_name_is_host(cx_str_of_span(octets)) ||
        among_dns_names(r, cx_str_of_span(octets))) {
        return CX_SUCCESS;
    }
    return add_name(r, CX_CERTIFICATE_NAME_DNS, cx_str_of_span(octets), true);
}

static cx_status
read_subject(struct reading *r, const struct source *source)
{
    const X509_NAME *subject = source->subject;

    for (int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0;
         at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) {
        CX_TRY(add_common_name(r, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
    }
    return CX_SUCCESS;
}

static cx_status
read_source(struct reading *r, const struct source *source, struct cx_certificate_names *ret)
{
    CX_TRY(read_alt_names(r, source));
    CX_TRY(read_subject(r, source));
    CX_TRY(read_usage(r, source, ret));
    ret->v = r->v;
    ret->n = r->n;
    return CX_SUCCESS;
}

static bool
time_of(const ASN1_TIME *time, cx_time *ret)
{
    struct tm tm;

    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    *ret = cx_time_of_day(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) +
           (cx_time)tm.tm_hour * 3600 + (cx_time)tm.tm_min * 60 + tm.tm_sec;
    return true;
}

static cx_status
copy_name(const struct reading *r, const X509_NAME *name, cx_span *ret)
{
    const unsigned char *der;
    size_t n;

    if (X509_NAME_get0_der(name, &der, &n) != 1) {
        return refuse(r, "issuer or subject cannot be read");
    }
    return cx_arena_copy(r->arena, (cx_span){ der, n }, ret);
}

/* For what no name depends on: the first one counts, and nothing refuses the certificate. */
static cx_span
first_value(const struct source *source, int nid)
{
    int at = X509v3_get_ext_by_NID(source->extensions, nid, -1);

    return at < 0 ? (cx_span){ NULL, 0 }
                  : octets_of(X509_EXTENSION_get_data(X509v3_get_ext(source->extensions, at)));
}

static bool
is_authority(const struct source *source)
{
    cx_span value = first_value(source, NID_basic_constraints);
    const unsigned char *p = value.p;
    BASIC_CONSTRAINTS *constraints =
        value.n == 0 ? NULL : d2i_BASIC_CONSTRAINTS(NULL, &p, (long)value.n);
    bool ret = constraints != NULL && constraints->ca != 0;

    BASIC_CONSTRAINTS_free(constraints);
    return ret;
}

static cx_status
read_particulars(const struct reading *r, const X509 *x509, const struct source *source,
                 struct cx_certificate_names *ret)
{
    cx_span scts = first_value(source, NID_ct_precert_scts);
    cx_span policies = first_value(source, NID_certificate_policies);

    CX_TRY(cx_arena_copy(r->arena, octets_of(X509_get0_serialNumber(x509)), &ret->serial));
    CX_TRY(copy_name(r, X509_get_issuer_name(x509), &ret->issuer));
    CX_TRY(copy_name(r, X509_get_subject_name(x509), &ret->subject));
    CX_TRY(cx_arena_copy(r->arena, scts, &ret->sct_list));
    CX_TRY(cx_arena_copy(r->arena, policies, &ret->policies));
    ret->is_ca = is_authority(source);
    return CX_SUCCESS;
}

static cx_status
read_x509(struct reading *r, const X509 *x509, struct cx_certificate_names *ret)
{
    struct source source = { X509_get0_extensions(x509), X509_get_subject_name(x509) };

    if (!time_of(X509_get0_notBefore(x509), &ret->not_before) ||
        !time_of(X509_get0_notAfter(x509), &ret->not_after)) {
        return refuse(r, "notBefore or notAfter cannot be read");
    }
    ret->kind = X509v3_get_ext_by_NID(source.extensions, NID_ct_precert_poison, -1) >= 0
                    ? CX_CERTIFICATE_PRE
                    : CX_CERTIFICATE_FINAL;
    CX_TRY(read_particulars(r, x509, &source, ret));
    return read_source(r, &source, ret);
}

/* Attributes that request extensions; more than one, or one with several values, would hide names. */
static cx_status
check_attributes(const struct reading *r, const X509_REQ *request, bool *ret_any)
{
    size_t found = 0;

    for (int i = 0; i < X509_REQ_get_attr_count(request); i++) {
        X509_ATTRIBUTE *attribute = X509_REQ_get_attr(request, i);
        int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute));

        if (nid == NID_ext_req || nid == NID_ms_ext_req) {
            found += (size_t)X509_ATTRIBUTE_count(attribute);
        }
    }
    if (found > 1) {
        return refuse(r, "the request asks for extensions more than once");
    }
    *ret_any = found != 0;
    return CX_SUCCESS;
}

static cx_status
read_request(struct reading *r, X509_REQ *request, struct cx_certificate_names *ret)
{
    CX_AUTO(free_extensions) STACK_OF(X509_EXTENSION) *extensions = NULL;
    struct source source;
    bool any;

    CX_TRY(check_attributes(r, request, &any));
    extensions = any ? X509_REQ_get_extensions(request) : NULL;
    if (any && extensions == NULL) {
        return refuse(r, "the extensions that the request asks for cannot be read");
    }
    source = (struct source){ extensions, X509_REQ_get_subject_name(request) };
    ret->kind = CX_CERTIFICATE_REQUEST;
    ret->not_before = ret->not_after = CX_TIME_NONE;
    return read_source(r, &source, ret);
}

/* Tells a certificate from a request by trying: neither can be read as the other. */
static cx_status
read_der(struct reading *r, cx_span der, struct cx_certificate_names *ret)
{
    CX_AUTO(free_x509) X509 *x509 = NULL;
    CX_AUTO(free_request) X509_REQ *request = NULL;
    const unsigned char *p = der.p;

    x509 = d2i_X509(NULL, &p, (long)der.n);
    if (x509 == NULL) {
        p = der.p;
        request = d2i_X509_REQ(NULL, &p, (long)der.n);
    }
    if (x509 == NULL && request == NULL) {
        return refuse(r, "neither a certificate nor a request (PEM or DER)");
    }
    if (p != der.p + der.n) {
        return refuse(r, "octets after the certificate or request");
    }
    return x509 != NULL ? read_x509(r, x509, ret) : read_request(r, request, ret);
}

static cx_status
read_pem(struct reading *r, cx_span file, struct cx_certificate_names *ret)
{
    static const char *const kinds[] = { PEM_STRING_X509, PEM_STRING_X509_OLD, PEM_STRING_X509_REQ,
                                         PEM_STRING_X509_REQ_OLD, NULL };
    cx_span der;

    CX_TRY(cx_pem_first(file, kinds, r->arena, &der, r->detail));
    return der.n != 0 ? read_der(r, der, ret)
                      : refuse(r, "no certificate and no request in it (PEM or DER)");
}

/* A SEQUENCE with a length of several octets, which no certificate does without; text has no octet above 127 there. */
static bool
is_der(cx_span file)
{
    return file.n >= 2 && file.p[0] == 0x30 && file.p[1] >= 0x80;
}

cx_status
cx_certificate_read(cx_span file, struct cx_arena *arena, struct cx_certificate_names *ret,
                    struct cx_detail *detail)
{
    struct reading r = { .arena = arena, .detail = detail };
    struct cx_certificate_names names = { .kind = CX_CERTIFICATE_UNSET };
    cx_status s;

    ERR_clear_error(); /* what others left is no reason of ours */
    if (file.n > CX_LINE_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %u octets", CX_LINE_MAX);
    }
    if (file.n == 0) {
        return cx_fail(detail, CX_E_CERTIFICATE, "empty");
    }
    s = is_der(file) ? read_der(&r, file, &names) : read_pem(&r, file, &names);
    ERR_clear_error();
    CX_TRY(s);
    *ret = names;
    return CX_SUCCESS;
}

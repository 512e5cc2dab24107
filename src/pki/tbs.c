#include "pki/tbs.h"

#include "base/limits.h"
#include "pki/alt_name.h"
#include "pki/der.h"

enum version {
    VERSION_1 = 0,
    VERSION_2 = 1,
    VERSION_3 = 2,
};

struct walk {
    struct cx_arena *arena;
    struct cx_detail *detail;
    struct cx_tbs tbs;
    unsigned version;
    struct cx_tbs_name *v;
    size_t n;
    size_t room;
};

/* Content octets of the object identifiers that mean something here. */
#define OID(name, ...) static const uint8_t name[] = { __VA_ARGS__ }
OID(oid_common_name, 0x55, 4, 3);
OID(oid_alt_name, 0x55, 0x1d, 17);
OID(oid_basic_constraints, 0x55, 0x1d, 19);
OID(oid_key_usage, 0x55, 0x1d, 37);
OID(oid_server_auth, 0x2b, 6, 1, 5, 5, 7, 3, 1);
OID(oid_email_protection, 0x2b, 6, 1, 5, 5, 7, 3, 4);
OID(oid_mark, 0x2b, 6, 1, 5, 5, 7, 3, 31);
OID(oid_smtp_utf8_mailbox, 0x2b, 6, 1, 5, 5, 7, 8, 9);
OID(oid_poison, 0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 3);
OID(oid_sct_list, 0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2);
OID(oid_policies, 0x55, 0x1d, 32);
#define IS(span, oid) cx_span_equal(span, (cx_span){ oid, sizeof(oid) })

static cx_status
refuse(const struct walk *w, const char *what)
{
    return cx_fail(w->detail, CX_E_CERTIFICATE, "%s: not the strict DER of RFC 5280", what);
}

static cx_status
refuse_unless(bool met, const struct walk *w, const char *what)
{
    return met ? CX_SUCCESS : refuse(w, what);
}

static cx_status
add_name(struct walk *w, enum cx_tbs_name_kind kind, uint8_t tag, cx_span octets)
{
    struct cx_tbs_name *wider;

    if (w->n == CX_NAMES_MAX) {
        return cx_fail(w->detail, CX_E_LIMIT, "more than %d names", CX_NAMES_MAX);
    }
    wider = cx_arena_widen(w->arena, w->v, w->n, &w->room, sizeof(*wider));
    if (wider == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    w->v = wider;
    w->v[w->n++] = (struct cx_tbs_name){ .kind = kind, .tag = tag, .octets = octets };
    return CX_SUCCESS;
}

/* ---- Name */

/* SET OF is in the order of its octets (X.690 section 11.6); a shorter one that the other begins with comes first. */
static bool
in_order(cx_span before, cx_span after)
{
    size_t n = before.n < after.n ? before.n : after.n;
    int differ = n == 0 ? 0 : memcmp(before.p, after.p, n);

    return differ < 0 || (differ == 0 && before.n <= after.n);
}

static bool
is_name_string(uint8_t tag)
{
    return tag == CX_DER_UTF8_STRING || tag == CX_DER_PRINTABLE_STRING ||
           tag == CX_DER_IA5_STRING || tag == CX_DER_T61_STRING || tag == CX_DER_NUMERIC_STRING ||
           tag == CX_DER_BMP_STRING || tag == CX_DER_UNIVERSAL_STRING || tag == CX_DER_BIT_STRING;
}

static cx_status
add_common_name(struct walk *w, const struct cx_der *value)
{
    cx_span utf8 = { NULL, 0 };
    cx_status s = cx_der_text(value, w->arena, &utf8);

    if (cx_status_class(s) == CX_CLASS_MALFORMED) {
        return refuse(w, "commonName");
    }
    CX_TRY(s);
    CX_TRY(cx_alt_name_check_common_name(utf8, w->detail));
    return add_name(w, CX_TBS_NAME_COMMON_NAME, 0, utf8);
}

/* One RelativeDistinguishedName; common_names: they are of the subject, and wanted. */
static cx_status
read_rdn(struct walk *w, struct cx_reader *r, bool common_names)
{
    struct cx_reader set = cx_der_enter(r, CX_DER_SET);
    cx_span before = { NULL, 0 };
    bool sorted = cx_rd_left(&set) != 0;

    while (cx_rd_left(&set) != 0) {
        cx_span whole = { set.all.p + set.at, set.all.n - set.at };
        struct cx_reader pair = cx_der_enter(&set, CX_DER_SEQUENCE);
        cx_span type = cx_der_get(&pair, CX_DER_OID);
        struct cx_der value = cx_der_next(&pair);

        cx_der_leave(&set, &pair);
        CX_TRY(refuse_unless(cx_rd_ok(&set) && is_name_string(value.tag), w, "a Name"));
        whole.n -= cx_rd_left(&set);
        sorted = sorted && in_order(before, whole);
        before = whole;
        if (common_names && IS(type, oid_common_name)) {
            CX_TRY(add_common_name(w, &value));
        }
    }
    cx_der_leave(r, &set);
    return refuse_unless(cx_rd_ok(r) && sorted, w, "a Name");
}

static cx_status
read_name(struct walk *w, struct cx_reader *r, bool common_names)
{
    struct cx_reader in = cx_der_enter(r, CX_DER_SEQUENCE);

    if (in.all.n > CX_DISTINGUISHED_NAME_MAX) {
        return cx_fail(w->detail, CX_E_LIMIT, "a Name of more than %u octets",
                       CX_DISTINGUISHED_NAME_MAX);
    }
    while (cx_rd_left(&in) != 0) {
        CX_TRY(read_rdn(w, &in, common_names));
    }
    cx_der_leave(r, &in);
    return refuse_unless(cx_rd_ok(r), w, "a Name");
}

/* ---- subjectAltName */

static cx_status
read_other_name(struct walk *w, const struct cx_der *name)
{
    struct cx_reader r = cx_reader_of(name->content);
    cx_span type = cx_der_get(&r, CX_DER_OID);
    struct cx_reader in = cx_der_enter(&r, CX_DER_EXPLICIT(0));
    struct cx_der value = cx_der_next(&in);

    cx_der_leave(&r, &in);
    if (!cx_rd_ok(&r) || cx_rd_left(&r) != 0 || (value.tag & CX_DER_CONTEXT) != 0) {
        return refuse(w, "an otherName");
    }
    if (!IS(type, oid_smtp_utf8_mailbox)) {
        return add_name(w, CX_TBS_NAME_OTHER, CX_DER_NUMBER(name->tag), name->whole);
    }
    CX_TRY(refuse_unless(value.tag == CX_DER_UTF8_STRING, w, "SmtpUTF8Mailbox"));
    CX_TRY(cx_alt_name_check_mail_utf8(value.content, w->detail));
    return add_name(w, CX_TBS_NAME_MAIL_UTF8, CX_DER_NUMBER(name->tag), value.content);
}

static cx_status
read_directory_name(struct walk *w, const struct cx_der *name)
{
    struct cx_reader r = cx_reader_of(name->content);

    CX_TRY(read_name(w, &r, false));
    CX_TRY(refuse_unless(cx_rd_left(&r) == 0, w, "a directoryName"));
    return add_name(w, CX_TBS_NAME_OTHER, CX_DER_NUMBER(name->tag), name->whole);
}

/* One GeneralName. x400Address and ediPartyName are read by nobody, and so are refused. */
static cx_status
read_general_name(struct walk *w, const struct cx_der *name)
{
    uint8_t number = CX_DER_NUMBER(name->tag);

    switch (name->tag) {
    case CX_DER_EXPLICIT(0):
        return read_other_name(w, name);
    case CX_DER_FIELD(1):
        CX_TRY(cx_alt_name_check_mail(name->content, w->detail));
        return add_name(w, CX_TBS_NAME_MAIL, number, name->content);
    case CX_DER_FIELD(2):
        CX_TRY(cx_alt_name_check_dns(name->content, w->detail));
        return add_name(w, CX_TBS_NAME_DNS, number, name->content);
    case CX_DER_EXPLICIT(4):
        return read_directory_name(w, name);
    case CX_DER_FIELD(6):
        CX_TRY(refuse_unless(cx_der_fits(CX_DER_IA5_STRING, name->content), w, "a URI"));
        return add_name(w, CX_TBS_NAME_OTHER, number, name->whole);
    case CX_DER_FIELD(7):
        CX_TRY(cx_alt_name_check_ip(name->content, w->detail));
        return add_name(w, CX_TBS_NAME_IP, number, name->content);
    case CX_DER_FIELD(8):
        CX_TRY(refuse_unless(cx_der_fits(CX_DER_OID, name->content), w, "a registeredID"));
        return add_name(w, CX_TBS_NAME_OTHER, number, name->whole);
    default:
        return refuse(w, "a name of subjectAltName");
    }
}

static cx_status
read_alt_name(struct walk *w, cx_span value)
{
    struct cx_reader r = cx_reader_of(value);
    struct cx_reader in = cx_der_enter(&r, CX_DER_SEQUENCE);

    CX_TRY(refuse_unless(cx_rd_left(&in) != 0, w, "subjectAltName"));
    while (cx_rd_left(&in) != 0) {
        struct cx_der name = cx_der_next(&in);

        CX_TRY(refuse_unless(cx_rd_ok(&in), w, "subjectAltName"));
        CX_TRY(read_general_name(w, &name));
    }
    return refuse_unless(cx_rd_left(&r) == 0, w, "subjectAltName");
}

/* ---- other extensions */

static cx_status
read_key_usage(struct walk *w, cx_span value)
{
    struct cx_reader r = cx_reader_of(value);
    struct cx_reader in = cx_der_enter(&r, CX_DER_SEQUENCE);

    CX_TRY(refuse_unless(cx_rd_left(&in) != 0, w, "extKeyUsage"));
    while (cx_rd_left(&in) != 0) {
        cx_span purpose = cx_der_get(&in, CX_DER_OID);

        w->tbs.eku_server_auth = w->tbs.eku_server_auth || IS(purpose, oid_server_auth);
        w->tbs.eku_email_protection =
            w->tbs.eku_email_protection || IS(purpose, oid_email_protection);
        w->tbs.eku_mark = w->tbs.eku_mark || IS(purpose, oid_mark);
    }
    cx_der_leave(&r, &in);
    return refuse_unless(cx_rd_ok(&r) && cx_rd_left(&r) == 0, w, "extKeyUsage");
}

static cx_status
read_basic_constraints(struct walk *w, cx_span value)
{
    struct cx_reader r = cx_reader_of(value);
    struct cx_reader in = cx_der_enter(&r, CX_DER_SEQUENCE);

    w->tbs.is_ca = cx_der_flag(&in);
    if (cx_der_peek(&in) == CX_DER_INTEGER) {
        (void)cx_der_get(&in, CX_DER_INTEGER); /* pathLenConstraint */
    }
    cx_der_leave(&r, &in);
    return refuse_unless(cx_rd_ok(&r) && cx_rd_left(&r) == 0, w, "basicConstraints");
}

static cx_status
read_known(struct walk *w, cx_span oid, bool critical, cx_span value)
{
    static const uint8_t null[] = { CX_DER_NULL, 0 };

    if (IS(oid, oid_alt_name)) {
        return read_alt_name(w, value);
    }
    if (IS(oid, oid_key_usage)) {
        return read_key_usage(w, value);
    }
    if (IS(oid, oid_basic_constraints)) {
        return read_basic_constraints(w, value);
    }
    if (IS(oid, oid_poison)) {
        w->tbs.is_precertificate = true;
        return refuse_unless(critical && IS(value, null), w, "the poison of a precertificate");
    }
    if (IS(oid, oid_sct_list)) {
        w->tbs.sct_list = value;
    } else if (IS(oid, oid_policies)) {
        w->tbs.policies = value;
    }
    return CX_SUCCESS;
}

/* Twice is an error, of any extension (RFC 5280 section 4.2): readers would differ on which one counts. */
static cx_status
read_extensions(struct walk *w, struct cx_reader *r)
{
    struct cx_reader outer = cx_der_enter(r, CX_DER_EXPLICIT(3));
    struct cx_reader in = cx_der_enter(&outer, CX_DER_SEQUENCE);
    cx_span oids[CX_EXTENSIONS_MAX];
    size_t n = 0;

    CX_TRY(refuse_unless(cx_rd_left(&in) != 0 && w->version == VERSION_3, w, "extensions"));
    while (cx_rd_left(&in) != 0) {
        struct cx_reader one = cx_der_enter(&in, CX_DER_SEQUENCE);
        cx_span oid = cx_der_get(&one, CX_DER_OID);
        bool critical = cx_der_flag(&one);
        cx_span value = cx_der_get(&one, CX_DER_OCTET_STRING);

        cx_der_leave(&in, &one);
        CX_TRY(refuse_unless(cx_rd_ok(&in), w, "an extension"));
        for (size_t i = 0; i < n; i++) {
            CX_TRY(refuse_unless(!cx_span_equal(oids[i], oid), w, "an extension that is twice"));
        }
        if (n == CX_EXTENSIONS_MAX) {
            return cx_fail(w->detail, CX_E_LIMIT, "more than %d extensions", CX_EXTENSIONS_MAX);
        }
        oids[n++] = oid;
        CX_TRY(read_known(w, oid, critical, value));
    }
    cx_der_leave(&outer, &in);
    cx_der_leave(r, &outer);
    return refuse_unless(cx_rd_ok(r), w, "extensions");
}

/* ---- the rest */

static cx_status
read_version(struct walk *w, struct cx_reader *r)
{
    struct cx_reader in;
    cx_span number;

    w->version = VERSION_1;
    if (cx_der_peek(r) != CX_DER_EXPLICIT(0)) {
        return CX_SUCCESS;
    }
    in = cx_der_enter(r, CX_DER_EXPLICIT(0));
    number = cx_der_get(&in, CX_DER_INTEGER);
    cx_der_leave(r, &in);
    if (!cx_rd_ok(r) || number.n != 1 ||
        (number.p[0] != VERSION_2 && number.p[0] != VERSION_3)) { /* a default is not written */
        return refuse(w, "version");
    }
    w->version = number.p[0];
    return CX_SUCCESS;
}

static cx_status
read_validity(struct walk *w, struct cx_reader *r)
{
    struct cx_reader in = cx_der_enter(r, CX_DER_SEQUENCE);

    w->tbs.not_before = cx_der_time(&in);
    w->tbs.not_after = cx_der_time(&in);
    cx_der_leave(r, &in);
    return refuse_unless(cx_rd_ok(r), w, "validity");
}

/* issuerUniqueID and subjectUniqueID, which nobody uses. */
static cx_status
pass_unique_id(struct walk *w, struct cx_reader *r, uint8_t tag)
{
    if (cx_der_peek(r) != tag) {
        return CX_SUCCESS;
    }
    return refuse_unless(cx_der_fits(CX_DER_BIT_STRING, cx_der_get(r, tag)) && cx_rd_ok(r) &&
                             w->version != VERSION_1,
                         w, "a unique identifier");
}

/* In the order of RFC 5280 section 4.1; names of the subject wait for those of the extension. */
static cx_status
read_tbs(struct walk *w, struct cx_reader *r, cx_span *ret_algorithm)
{
    size_t issuer_at;
    struct cx_reader subject;

    CX_TRY(read_version(w, r));
    w->tbs.serial = cx_der_get(r, CX_DER_INTEGER);
    *ret_algorithm = cx_der_algorithm(r);
    CX_TRY(refuse_unless(cx_rd_ok(r), w, "serialNumber or signature"));
    issuer_at = r->at;
    CX_TRY(read_name(w, r, false));
    w->tbs.issuer = (cx_span){ r->all.p + issuer_at, r->at - issuer_at };
    CX_TRY(read_validity(w, r));
    subject = *r;
    w->tbs.subject = cx_der_next(r).whole;
    w->tbs.spki = cx_der_public_key(r);
    CX_TRY(refuse_unless(cx_rd_ok(r), w, "subjectPublicKeyInfo"));
    CX_TRY(pass_unique_id(w, r, CX_DER_FIELD(1)));
    CX_TRY(pass_unique_id(w, r, CX_DER_FIELD(2)));
    if (cx_der_peek(r) == CX_DER_EXPLICIT(3)) {
        CX_TRY(read_extensions(w, r));
    }
    CX_TRY(refuse_unless(cx_rd_left(r) == 0, w, "TBSCertificate"));
    return read_name(w, &subject, true);
}

static cx_status
read_certificate(struct walk *w, cx_span content, cx_span *ret_tbs)
{
    struct cx_reader r = cx_reader_of(content);
    struct cx_der tbs = cx_der_next(&r);
    cx_span outer = cx_der_algorithm(&r), inner;
    struct cx_reader in = cx_reader_of(tbs.content);

    (void)cx_der_get(&r, CX_DER_BIT_STRING);
    CX_TRY(refuse_unless(cx_rd_ok(&r) && cx_rd_left(&r) == 0, w, "Certificate"));
    CX_TRY(read_tbs(w, &in, &inner));
    *ret_tbs = tbs.whole;
    return refuse_unless(cx_span_equal(outer, inner), w, "signatureAlgorithm");
}

cx_status
cx_tbs_read(cx_span der, struct cx_arena *arena, struct cx_tbs *ret, struct cx_detail *detail)
{
    struct walk w = { .arena = arena, .detail = detail };
    struct cx_reader r = cx_reader_of(der), in;
    cx_span ignored;

    if (der.n > CX_TBS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %u octets", CX_TBS_MAX);
    }
    in = cx_der_enter(&r, CX_DER_SEQUENCE);
    CX_TRY(refuse_unless(cx_rd_ok(&r) && cx_rd_left(&r) == 0, &w, "certificate"));
    w.tbs.is_certificate = cx_der_peek(&in) == CX_DER_SEQUENCE;
    if (w.tbs.is_certificate) {
        CX_TRY(read_certificate(&w, in.all, &w.tbs.tbs));
    } else {
        w.tbs.tbs = der;
        CX_TRY(read_tbs(&w, &in, &ignored));
    }
    w.tbs.v = w.v;
    w.tbs.n = w.n;
    *ret = w.tbs;
    return CX_SUCCESS;
}

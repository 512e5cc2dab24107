/* Names of certificates, precertificates and requests, made here; and everything that must not pass for one. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "pki/certificate.h"
#include "unit.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* What to make. san and eku in OpenSSL's configuration syntax; raw_san is the DER of subjectAltName instead. */
struct recipe {
    const char *cn;
    int cn_n; /* 0: strlen */
    const char *san;
    const char *raw_san;
    size_t raw_san_n;
    const char *eku;
    bool poison;
    bool twice; /* the san extension */
};

static EVP_PKEY *key;

static int
make_key(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    return key == NULL ? -1 : 0;
}

static int
free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static void
push(STACK_OF(X509_EXTENSION) * extensions, X509_EXTENSION *extension)
{
    assert_non_null(extension);
    assert_true(sk_X509_EXTENSION_push(extensions, extension) > 0);
}

static X509_EXTENSION *
raw_extension(int nid, const char *der, size_t n)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)der, (int)n), 1);
    extension = X509_EXTENSION_create_by_NID(NULL, nid, 1, value);
    ASN1_OCTET_STRING_free(value);
    return extension;
}

static STACK_OF(X509_EXTENSION) * make_extensions(const struct recipe *recipe)
{
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();

    for (int i = 0; i < (recipe->twice ? 2 : 1) && recipe->san != NULL; i++) {
        push(extensions, X509V3_EXT_nconf_nid(NULL, NULL, NID_subject_alt_name, recipe->san));
    }
    if (recipe->raw_san != NULL) {
        push(extensions, raw_extension(NID_subject_alt_name, recipe->raw_san, recipe->raw_san_n));
    }
    if (recipe->eku != NULL) {
        push(extensions, X509V3_EXT_nconf_nid(NULL, NULL, NID_ext_key_usage, recipe->eku));
    }
    if (recipe->poison) {
        push(extensions, raw_extension(NID_ct_precert_poison, "\5\0", 2));
    }
    return extensions;
}

static void
set_subject(X509_NAME *subject, const struct recipe *recipe)
{
    if (recipe->cn != NULL) {
        assert_int_equal(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                                    (const unsigned char *)recipe->cn,
                                                    recipe->cn_n != 0 ? recipe->cn_n : -1, -1, 0),
                         1);
    }
}

static X509 *
make_certificate(const struct recipe *recipe)
{
    STACK_OF(X509_EXTENSION) *extensions = make_extensions(recipe);
    X509 *x509 = X509_new();

    assert_int_equal(X509_set_version(x509, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), 1), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x509), "20261122120000Z"), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x509), "20270101000001Z"), 1);
    set_subject(X509_get_subject_name(x509), recipe);
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        assert_int_equal(X509_add_ext(x509, sk_X509_EXTENSION_value(extensions, i), -1), 1);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    return x509;
}

static X509_REQ *
make_request(const struct recipe *recipe)
{
    STACK_OF(X509_EXTENSION) *extensions = make_extensions(recipe);
    X509_REQ *request = X509_REQ_new();

    set_subject(X509_REQ_get_subject_name(request), recipe);
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    if (sk_X509_EXTENSION_num(extensions) != 0) {
        assert_int_equal(X509_REQ_add_extensions(request, extensions), 1);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
    return request;
}

/* Octets of a BIO, freed by the caller with the BIO. */
static cx_span
octets_of(BIO *bio)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);

    return (cx_span){ (const uint8_t *)p, (size_t)n };
}

enum form {
    FORM_DER,
    FORM_PEM,
    FORM_REQUEST_DER,
    FORM_REQUEST_PEM
};

static BIO *
make(const struct recipe *recipe, enum form form)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (form == FORM_DER || form == FORM_PEM) {
        X509 *x509 = make_certificate(recipe);

        assert_int_equal(form == FORM_DER ? i2d_X509_bio(bio, x509) : PEM_write_bio_X509(bio, x509),
                         1);
        X509_free(x509);
    } else {
        X509_REQ *request = make_request(recipe);

        assert_int_equal(form == FORM_REQUEST_DER ? i2d_X509_REQ_bio(bio, request)
                                                  : PEM_write_bio_X509_REQ(bio, request),
                         1);
        X509_REQ_free(request);
    }
    return bio;
}

static void
put_short(struct cx_buf *buf, const struct cx_certificate_names *names)
{
    static const char *const kinds[] = { "unset", "final", "pre", "request" };
    static const char *const name_kinds[] = { "unset", "dns", "ip", "mail", "utf8" };

    cx_buf_printf(buf, "%s%s%s%s", kinds[names->kind], names->eku_server_auth ? " +tls" : "",
                  names->eku_email_protection ? " +mail" : "", names->eku_mark ? " +mark" : "");
    for (size_t i = 0; i < names->n; i++) {
        cx_buf_printf(buf, " %s%s:", name_kinds[names->v[i].kind],
                      names->v[i].common_name_only ? "(cn)" : "");
        cx_buf_put(buf, names->v[i].text);
    }
    cx_buf_putc(buf, '\0');
}

/* want begins with "!": refused with a text that has the rest in it. */
static void
assert_reads(cx_span file, const char *want)
{
    struct cx_certificate_names names = { .kind = CX_CERTIFICATE_UNSET };
    struct cx_detail detail = { .rule = NULL };
    struct cx_arena arena;
    struct cx_buf got;
    cx_status s;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    cx_buf_init(&got, 1u << 20);
    ERR_put_error(ERR_LIB_USER, 0, 1, NULL, 0); /* somebody else's: must neither matter nor stay */
    s = cx_certificate_read(file, &arena, &names, &detail);
    assert_int_equal(ERR_peek_error(), 0);
    if (want[0] == '!') {
        if (s.code != CX_E_CERTIFICATE || strstr(detail.text, want + 1) == NULL) {
            fail_msg("%s: code %d, %s", want, (int)s.code, detail.text);
        }
        assert_int_equal(names.kind, CX_CERTIFICATE_UNSET); /* untouched */
    } else {
        if (!cx_ok(s)) {
            fail_msg("%s: %s", want, detail.text);
        }
        put_short(&got, &names);
        assert_string_equal(got.p, want);
        assert_true(names.not_before ==
                    (names.kind == CX_CERTIFICATE_REQUEST ? CX_TIME_NONE : 1795348800));
        assert_true(names.not_after ==
                    (names.kind == CX_CERTIFICATE_REQUEST ? CX_TIME_NONE : 1798761601));
    }
    cx_buf_done(&got);
    cx_arena_done(&arena);
}

#define RAW(literal) .raw_san = "" literal, .raw_san_n = sizeof(literal) - 1

static const struct {
    struct recipe recipe;
    const char *want; /* without the kind; "!...": refused */
} cases[] = {
    { { .san = "DNS:www.d.test,DNS:*.D.test" }, " dns:www.d.test dns:*.D.test" },
    { { .cn = "d.test", .san = "DNS:D.TEST" }, " dns:D.TEST" },
    { { .cn = "www.d.test", .san = "DNS:d.test" }, " dns:d.test dns(cn):www.d.test" },
    { { .cn = "*.d.test" }, " dns(cn):*.d.test" },
    { { .cn = "Example Inc" }, "" },
    { { .cn = "localhost" }, "" },
    { { .cn = "192.0.2.1", .san = "IP:192.0.2.1,IP:2001:db8::1" }, " ip:192.0.2.1 ip:2001:db8::1" },
    { { .san = "email:u@d.test,DNS:d.test", .eku = "emailProtection" },
      " +mail mail:u@d.test dns:d.test" },
    { { RAW("\60\25\240\23\6\10\53\6\1\5\5\7\10\11\240\7\14\5u@\303\274x") }, " utf8:u@\303\274x" },
    { { .san = "otherName:1.2.3.4;UTF8:x,URI:http://d.test/,RID:1.2.3" }, "" },
    { { .eku = "serverAuth,clientAuth" }, " +tls" },
    { { .eku = "1.3.6.1.5.5.7.3.31" }, " +mark" },
    { { .eku = "1.3.6.1.5.5.7.3.311" }, "" },
    { { .cn = NULL }, "" },
    { { RAW("\60\13\202\11d.test\0.x") }, "!octet 0" },
    { { RAW("\60\13\202\11d.test\0.x") }, "!d.test\\000.x" },
    { { RAW("\60\6\201\4u@\0x") }, "!rfc822Name" },
    { { RAW("\60\5\202\3d\377x") }, "!must not" },
    { { RAW("\60\5\202\3d x") }, "!must not" },
    { { RAW("\60\2\202\0") }, "!empty" },
    { { RAW("\60\7\207\5\300\0\2\1\1") }, "!iPAddress" },
    { { RAW("\60\12\207\10\300\0\2\0\377\377\377\0") }, "!iPAddress" }, /* a constraint's form */
    { { RAW("\60\5\202\3d.x\0") }, "!subjectAltName" },                 /* octets after the list */
    { { RAW("\60\5\202\7d.x") }, "!subjectAltName" },
    { { RAW("\5\0") }, "!subjectAltName" },
    { { RAW("\60\24\240\22\6\10\53\6\1\5\5\7\10\11\240\6\14\4u@\0x") }, "!SmtpUTF8Mailbox" },
    { { RAW("\60\24\240\22\6\10\53\6\1\5\5\7\10\11\240\6\14\4u@\377x") }, "!not UTF-8" },
    { { RAW("\60\24\240\22\6\10\53\6\1\5\5\7\10\11\240\6\26\4u@.x") }, "!UTF8String" },
    { { .cn = "d.test\0.x", .cn_n = 9, .san = "DNS:d.test" }, "!commonName" },
    { { .san = "DNS:d.test", .twice = true }, "!twice" },
};

static void
test_certificates(void **state)
{
    static const enum form forms[] = { FORM_DER, FORM_PEM, FORM_REQUEST_DER, FORM_REQUEST_PEM };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(cases) * CX_COUNT(forms); i++) {
        struct recipe recipe = cases[i / CX_COUNT(forms)].recipe;
        const char *want = cases[i / CX_COUNT(forms)].want;
        enum form form = forms[i % CX_COUNT(forms)];
        bool request = form == FORM_REQUEST_DER || form == FORM_REQUEST_PEM;
        BIO *bio = make(&recipe, form);
        char text[256];

        (void)snprintf(text, sizeof(text), "%s%s",
                       want[0] == '!' ? ""
                       : request      ? "request"
                                      : "final",
                       want);
        assert_reads(octets_of(bio), text);
        BIO_free(bio);
    }
}

static void
test_precertificate(void **state)
{
    const struct recipe recipe = { .san = "DNS:d.test", .eku = "serverAuth", .poison = true };
    BIO *bio = make(&recipe, FORM_PEM);

    (void)state;
    assert_reads(octets_of(bio), "pre +tls dns:d.test");
    BIO_free(bio);
}

static void
test_pem_around(void **state)
{
    const struct recipe one = { .san = "DNS:one.test" }, two = { .san = "DNS:two.test" };
    BIO *first = make(&one, FORM_PEM), *second = make(&two, FORM_REQUEST_PEM);
    BIO *bio = BIO_new(BIO_s_mem());
    cx_span text;

    (void)state;
    assert_true(BIO_puts(bio, "0 = some text first\n") > 0);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_reads(octets_of(bio), "!no certificate and no request");
    text = octets_of(first);
    assert_true(BIO_write(bio, text.p, (int)text.n) > 0);
    text = octets_of(second);
    assert_true(BIO_write(bio, text.p, (int)text.n) > 0);
    assert_reads(octets_of(bio), "final dns:one.test"); /* the first one counts */
    text = octets_of(first);
    assert_reads((cx_span){ text.p, text.n / 2 }, "!damaged");
    BIO_free(first);
    BIO_free(second);
    BIO_free(bio);
}

static void
test_bad_files(void **state)
{
    static const uint8_t nothing[] = { 0x30, 0x82, 0, 0 };
    const struct recipe recipe = { .san = "DNS:d.test" };
    BIO *bio = make(&recipe, FORM_DER);
    cx_span der = octets_of(bio);
    uint8_t *longer = cx_alloc(der.n + 1, 1);

    (void)state;
    assert_non_null(longer);
    memcpy(longer, der.p, der.n);
    assert_reads((cx_span){ NULL, 0 }, "!empty");
    assert_reads(cx_span_of_str(CX_STR("www.d.test\n")), "!no certificate");
    assert_reads((cx_span){ nothing, sizeof(nothing) }, "!neither");
    assert_reads((cx_span){ longer, der.n + 1 }, "!octets after");
    for (size_t n = 1; n < der.n; n++) { /* cut anywhere */
        struct cx_certificate_names names;
        struct cx_arena arena;

        cx_arena_init(&arena, CX_CHECK_MEMORY);
        assert_int_equal(cx_certificate_read((cx_span){ der.p, n }, &arena, &names, NULL).code,
                         CX_E_CERTIFICATE);
        cx_arena_done(&arena);
    }
    cx_free(longer);
    BIO_free(bio);
}

static void
test_limits(void **state)
{
    struct recipe recipe = { .raw_san = NULL };
    size_t count = CX_NAMES_MAX + 1, n = count * 5;
    char *san = cx_alloc(n + 5, 1);
    struct cx_certificate_names names;
    struct cx_arena arena;
    BIO *bio;

    (void)state;
    assert_non_null(san);
    san[0] = 0x30;
    san[1] = (char)0x83;
    san[2] = (char)(n >> 16);
    san[3] = (char)(n >> 8 & 0xff);
    san[4] = (char)(n & 0xff);
    for (size_t i = 0; i < count; i++) {
        memcpy(san + 5 + i * 5, "\202\3a.b", 5);
    }
    recipe.raw_san = san;
    recipe.raw_san_n = n + 5;
    bio = make(&recipe, FORM_DER);
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_int_equal(cx_certificate_read(octets_of(bio), &arena, &names, NULL).code, CX_E_LIMIT);
    cx_arena_done(&arena);
    BIO_free(bio);
    cx_free(san);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates), cmocka_unit_test(test_precertificate),
        cmocka_unit_test(test_pem_around),   cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_limits),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("certificate", tests, make_key, free_key);
}

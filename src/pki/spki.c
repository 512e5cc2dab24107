#include "pki/spki.h"

#include "base/limits.h"
#include "pki/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static void
free_x509(X509 **x509)
{
    X509_free(*x509);
}

static void
free_key(X509_PUBKEY **key)
{
    X509_PUBKEY_free(*key);
}

static void
free_octets(unsigned char **octets)
{
    OPENSSL_free(*octets);
}

static cx_status
digest_of_key(X509_PUBKEY *key, uint8_t ret[CX_SHA256_SIZE], struct cx_detail *detail)
{
    CX_AUTO(free_octets) unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(key, &der);

    if (n <= 0) {
        return cx_fail(detail, CX_E_CERTIFICATE, "its public key cannot be written");
    }
    return cx_sha256((cx_span){ der, (size_t)n }, ret);
}

/* Neither can be read as the other. */
static cx_status
digest_of_der(cx_span der, uint8_t ret[CX_SHA256_SIZE], struct cx_detail *detail)
{
    CX_AUTO(free_key) X509_PUBKEY *key = NULL;
    CX_AUTO(free_x509) X509 *x509 = NULL;
    const unsigned char *p = der.p;

    x509 = d2i_X509(NULL, &p, (long)der.n);
    if (x509 == NULL) {
        p = der.p;
        key = d2i_X509_PUBKEY(NULL, &p, (long)der.n);
    }
    if ((x509 == NULL && key == NULL) || p != der.p + der.n) {
        return cx_fail(detail, CX_E_CERTIFICATE,
                       "neither a certificate nor a public key (PEM or DER)");
    }
    return digest_of_key(x509 != NULL ? X509_get_X509_PUBKEY(x509) : key, ret, detail);
}

static cx_status
digest_of_file(cx_span file, struct cx_arena *arena, uint8_t ret[CX_SHA256_SIZE],
               struct cx_detail *detail)
{
    static const char *const kinds[] = { PEM_STRING_X509, PEM_STRING_X509_OLD, PEM_STRING_PUBLIC,
                                         NULL };
    cx_span der;

    if (file.n == 0 || file.n > CX_LINE_MAX) {
        return cx_fail(detail, CX_E_CERTIFICATE, "empty, or too large");
    }
    CX_TRY(cx_pem_first(file, kinds, arena, &der, detail));
    return digest_of_der(der.n != 0 ? der : file, ret, detail);
}

cx_status
cx_spki_digest(cx_span file, uint8_t ret[CX_SHA256_SIZE], struct cx_detail *detail)
{
    struct cx_arena arena;
    cx_status s;

    cx_arena_init(&arena, CX_LINE_MAX);
    s = digest_of_file(file, &arena, ret, detail);
    cx_arena_done(&arena);
    ERR_clear_error();
    return s;
}

static X509 *
read_certificate(cx_span der)
{
    const unsigned char *p = der.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)der.n);

    if (x509 != NULL && p != der.p + der.n) {
        X509_free(x509);
        x509 = NULL;
    }
    return x509;
}

cx_status
cx_spki_signed(cx_span issuer, cx_span certificate, bool *ret, struct cx_detail *detail)
{
    CX_AUTO(free_x509) X509 *by = NULL;
    CX_AUTO(free_x509) X509 *x509 = NULL;
    EVP_PKEY *key;

    if (issuer.n > CX_TBS_MAX || certificate.n > CX_TBS_MAX) {
        return cx_fail(detail, CX_E_CERTIFICATE, "a certificate that is too large");
    }
    by = read_certificate(issuer);
    x509 = read_certificate(certificate);
    key = by != NULL ? X509_get0_pubkey(by) : NULL;
    if (key == NULL || x509 == NULL) {
        ERR_clear_error();
        return cx_fail(detail, CX_E_CERTIFICATE, "%s cannot be read",
                       key == NULL ? "the issuer's certificate, or its key," : "the certificate");
    }
    *ret = X509_verify(x509, key) == 1;
    ERR_clear_error();
    return CX_SUCCESS;
}

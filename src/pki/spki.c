#include "pki/spki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits.h>

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

static void
free_bio(BIO **bio)
{
    (void)BIO_free(*bio); /* in memory: nothing can fail */
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

static bool
is_wanted(const char *name)
{
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_PUBLIC) == 0;
}

/* Steps over blocks of other kinds. *ret_found: there was one. */
static cx_status
digest_of_pem(cx_span file, uint8_t ret[CX_SHA256_SIZE], bool *ret_found, struct cx_detail *detail)
{
    CX_AUTO(free_bio) BIO *bio = BIO_new_mem_buf(file.p, (int)file.n);
    char *name, *header;
    unsigned char *der;
    long n;

    if (bio == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    while (PEM_read_bio(bio, &name, &header, &der, &n) == 1) {
        bool wanted = is_wanted(name) && n > 0;
        cx_status s = CX_SUCCESS;

        if (wanted) {
            s = digest_of_der((cx_span){ der, (size_t)n }, ret, detail);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
        if (wanted) {
            *ret_found = true;
            return s;
        }
    }
    return CX_SUCCESS;
}

static cx_status
digest_of_file(cx_span file, uint8_t ret[CX_SHA256_SIZE], struct cx_detail *detail)
{
    bool found = false;

    if (file.n == 0 || file.n > INT_MAX) {
        return cx_fail(detail, CX_E_CERTIFICATE, "empty, or too large");
    }
    CX_TRY(digest_of_pem(file, ret, &found, detail));
    return found ? CX_SUCCESS : digest_of_der(file, ret, detail);
}

cx_status
cx_spki_digest(cx_span file, uint8_t ret[CX_SHA256_SIZE], struct cx_detail *detail)
{
    cx_status s = digest_of_file(file, ret, detail);

    ERR_clear_error();
    return s;
}

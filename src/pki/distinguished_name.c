#include "pki/distinguished_name.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

/* RFC 2253's flags of OpenSSL, less the escapes of everything above 127 that RFC 4514 does without. */
#define TEXT_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

static void
free_name(X509_NAME **name)
{
    X509_NAME_free(*name);
}

static void
free_bio(BIO **bio)
{
    (void)BIO_free(*bio); /* in memory: nothing can fail */
}

/* False if the text cannot be made, or is none. */
static bool
print(struct cx_buf *buf, const X509_NAME *name)
{
    CX_AUTO(free_bio) BIO *bio = BIO_new(BIO_s_mem());
    cx_str text = { NULL, 0 };
    char *p;
    long n;

    if (bio == NULL || X509_NAME_print_ex(bio, name, 0, TEXT_FLAGS) < 0) {
        return false;
    }
    n = BIO_get_mem_data(bio, &p);
    text = (cx_str){ p, n < 0 ? 0 : (size_t)n };
    if (!cx_utf8_valid(cx_span_of_str(text))) {
        return false;
    }
    cx_buf_put(buf, text);
    return true;
}

cx_status
cx_distinguished_name_put(struct cx_buf *buf, cx_span der, struct cx_detail *detail)
{
    CX_AUTO(free_name) X509_NAME *name = NULL;
    const unsigned char *p = der.p;
    bool printed;

    ERR_clear_error(); /* what others left is no reason of ours */
    if (der.n == 0 || der.n > CX_DISTINGUISHED_NAME_MAX) {
        return cx_fail(detail, CX_E_CERTIFICATE, "a Name that is empty or too long");
    }
    name = d2i_X509_NAME(NULL, &p, (long)der.n);
    printed = name != NULL && p == der.p + der.n && print(buf, name);
    ERR_clear_error();
    if (!printed) {
        return cx_fail(detail, CX_E_CERTIFICATE, "a Name that cannot be read");
    }
    return cx_buf_status(buf);
}

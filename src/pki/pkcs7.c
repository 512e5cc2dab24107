#include "pki/pkcs7.h"

#include "base/limits.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

static void
free_pkcs7(PKCS7 **pkcs7)
{
    PKCS7_free(*pkcs7);
}

static void
free_octets(unsigned char **octets)
{
    OPENSSL_free(*octets);
}

bool
cx_pkcs7_looks_like(cx_span head)
{
    static const uint8_t signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                           0xf7, 0x0d, 0x01, 0x07, 0x02 };
    size_t at = 2; /* behind the length of the SEQUENCE, which may be of no definite length */

    if (head.n < at || head.p[0] != 0x30) {
        return false;
    }
    at += head.p[1] < 0x80 ? 0 : head.p[1] & 0x7fu;
    return head.n >= at + sizeof(signed_data) &&
           memcmp(head.p + at, signed_data, sizeof(signed_data)) == 0;
}

static cx_status
copy_certificate(X509 *x509, struct cx_arena *arena, cx_span *ret, struct cx_detail *detail)
{
    CX_AUTO(free_octets) unsigned char *der = NULL;
    int n = i2d_X509(x509, &der);

    if (n <= 0) {
        return cx_fail(detail, CX_E_CERTIFICATE, "PKCS#7: a certificate cannot be written");
    }
    return cx_arena_copy(arena, (cx_span){ der, (size_t)n }, ret);
}

static cx_status
copy_all(const STACK_OF(X509) * certificates, struct cx_arena *arena, const cx_span **ret,
         size_t *ret_n, struct cx_detail *detail)
{
    int n = sk_X509_num(certificates); /* -1 of NULL */
    cx_span *v;

    if (n > CX_PKCS7_CERTIFICATES_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "PKCS#7: more than %d certificates",
                       CX_PKCS7_CERTIFICATES_MAX);
    }
    n = n < 0 ? 0 : n;
    v = cx_arena_get(arena, (size_t)n + 1, sizeof(*v));
    if (v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (int i = 0; i < n; i++) {
        CX_TRY(copy_certificate(sk_X509_value(certificates, i), arena, &v[i], detail));
    }
    *ret = v;
    *ret_n = (size_t)n;
    return CX_SUCCESS;
}

cx_status
cx_pkcs7_certificates(cx_span octets, struct cx_arena *arena, const cx_span **ret, size_t *ret_n,
                      struct cx_detail *detail)
{
    CX_AUTO(free_pkcs7) PKCS7 *pkcs7 = NULL;
    const unsigned char *p = octets.p;
    cx_status s;

    ERR_clear_error(); /* what others left is no reason of ours */
    if (octets.n > CX_LINE_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "PKCS#7: more than %u octets", CX_LINE_MAX);
    }
    pkcs7 = d2i_PKCS7(NULL, &p, (long)octets.n);
    if (pkcs7 == NULL || !PKCS7_type_is_signed(pkcs7) || pkcs7->d.sign == NULL) {
        s = cx_fail(detail, CX_E_CERTIFICATE, "PKCS#7: not SignedData that can be read");
    } else {
        s = copy_all(pkcs7->d.sign->cert, arena, ret, ret_n, detail);
    }
    ERR_clear_error();
    return s;
}

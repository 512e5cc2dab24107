/* EC_KEY and ECDSA_do_verify are deprecated, and the fastest way that OpenSSL has for a key that is used once:
 * docs/adr/0006-p256-by-openssl.md has the numbers. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "pki/ecdsa.h"

#include "base/status.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static EC_GROUP
    *p256; /* never changed after once: a new one for each key costs an eighth of the speed */

static void
make_p256(void)
{
    p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
}

/* For CX_AUTO. */
static void
free_key(EC_KEY **key)
{
    EC_KEY_free(*key);
}

static void
free_signature(ECDSA_SIG **signature)
{
    ECDSA_SIG_free(*signature);
}

/* NULL if out of memory, or if the point is not on the curve. */
static EC_KEY *
key_of(const struct cx_p256_signature *signature)
{
    uint8_t point[1 + 2 * CX_P256_OCTETS] = { POINT_CONVERSION_UNCOMPRESSED };
    CX_AUTO(free_key) EC_KEY *key = EC_KEY_new();

    memcpy(point + 1, signature->x, CX_P256_OCTETS);
    memcpy(point + 1 + CX_P256_OCTETS, signature->y, CX_P256_OCTETS);
    if (key == NULL || EC_KEY_set_group(key, p256) != 1 ||
        EC_KEY_oct2key(key, point, sizeof(point), NULL) != 1) {
        return NULL;
    }
    return CX_STEAL(key);
}

static ECDSA_SIG *
signature_of(const struct cx_p256_signature *signature)
{
    BIGNUM *r = BN_bin2bn(signature->r, CX_P256_OCTETS, NULL);
    BIGNUM *s = BN_bin2bn(signature->s, CX_P256_OCTETS, NULL);
    CX_AUTO(free_signature) ECDSA_SIG *ret = ECDSA_SIG_new();

    if (ret == NULL || ECDSA_SIG_set0(ret, r, s) != 1) { /* takes them only if it succeeds */
        BN_free(r);
        BN_free(s);
        return NULL;
    }
    return CX_STEAL(ret);
}

static enum cx_p256_verdict
verify(const struct cx_p256_signature *signature, cx_span digest)
{
    CX_AUTO(free_key) EC_KEY *key = key_of(signature);
    CX_AUTO(free_signature) ECDSA_SIG *rs = signature_of(signature);
    int n = (int)(digest.n < CX_P256_OCTETS ? digest.n : CX_P256_OCTETS);

    if (key == NULL || rs == NULL) {
        return CX_P256_UNKNOWN;
    }
    switch (ECDSA_do_verify(digest.p, n, rs, key)) {
    case 1:
        return CX_P256_VALID;
    case 0:
        return CX_P256_INVALID;
    default:
        return CX_P256_UNKNOWN;
    }
}

enum cx_p256_verdict
cx_p256_verify(const struct cx_p256_signature *signature, cx_span digest)
{
    enum cx_p256_verdict ret = CX_P256_UNKNOWN;

    (void)ERR_set_mark(); /* fails only where there is no room for errors either */
    if (CRYPTO_THREAD_run_once(&once, make_p256) == 1 && p256 != NULL) {
        ret = verify(signature, digest);
    }
    (void)ERR_pop_to_mark(); /* the reasons of others stay: we may be called from anywhere */
    return ret;
}

const char *
cx_openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

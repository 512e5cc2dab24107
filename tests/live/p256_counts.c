#define OPENSSL_SUPPRESS_DEPRECATED
#include "p256_counts.h"

#include <openssl/ecdsa.h>

#include <dlfcn.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <stdlib.h>
#include <string.h>

struct p256_counts p256_counts;
enum p256_fault p256_fault;

static void
find(void *at, size_t size, const char *name)
{
    void *p = dlsym(RTLD_NEXT, name);

    if (p == NULL) {
        abort();
    }
    memcpy(at, &p, size);
}

int
ECDSA_do_verify(const unsigned char *digest, int n, const ECDSA_SIG *signature, EC_KEY *key)
{
    static __typeof__(ECDSA_do_verify) *next;

    if (next == NULL) {
        find(&next, sizeof(next), "ECDSA_do_verify");
    }
    p256_counts.openssl++;
    return p256_fault == P256_FAULT_OPENSSL_LIKES_ALL ? 1
           : p256_fault == P256_FAULT_OPENSSL_FAILS   ? -1
                                                      : next(digest, n, signature, key);
}

int
ecc_ecdsa_verify(const struct ecc_curve *curve, const mp_limb_t *point, size_t n,
                 const uint8_t *digest, const mp_limb_t *r, const mp_limb_t *s, mp_limb_t *scratch)
{
    static __typeof__(ecc_ecdsa_verify) *next;

    if (next == NULL) {
        find(&next, sizeof(next), "nettle_ecc_ecdsa_verify");
    }
    p256_counts.nettle++;
    return p256_fault == P256_FAULT_NETTLE_LIKES_ALL ||
           next(curve, point, n, digest, r, s, scratch);
}

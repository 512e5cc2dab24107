#include "resolve/nettle_p256.h"

#include "base/status.h"
#include "pki/verified.h"
#include "resolve/library.h"

#include <dlfcn.h>
#include <gmp.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <pthread.h>

/* The functions of nettle and GMP that are called, in the copies that libunbound itself calls: linked to the program
 * they might be of another version than the points that libunbound hands over. */
#define FUNCTIONS(X)                                                                               \
    X(ecdsa_verify)                                                                                \
    X(nettle_get_secp_256r1)                                                                       \
    X(ecc_point_init)                                                                              \
    X(ecc_point_set)                                                                               \
    X(ecc_point_get)                                                                               \
    X(ecc_point_clear)                                                                             \
    X(mpz_init)                                                                                    \
    X(mpz_clear)                                                                                   \
    X(mpz_import)                                                                                  \
    X(mpz_export)                                                                                  \
    X(mpz_sizeinbase)

/* Headers rename functions by macros: members have the real names too. */
struct functions {
#define X(name) __typeof__(name) *name;
    FUNCTIONS(X)
#undef X
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct functions lib; /* not changed after once */
static bool is_complete;
static bool in_use; /* atomic */

#define TEXT_OF(name) #name
#define NAME_OF(name) TEXT_OF(name)

/* Under nettle's name; a name of C of its own, so that headers do not come into it. */
#define EXPORT(name) __asm__(name) __attribute__((visibility("default")))

int cx_nettle_p256_verify(const struct ecc_point *point, size_t n, const uint8_t *digest,
                          const struct dsa_signature *signature) EXPORT(NAME_OF(ecdsa_verify));

static bool
is_ours(const void *function)
{
    __typeof__(cx_nettle_p256_verify) *ours = cx_nettle_p256_verify;

    return function != NULL && memcmp(&function, &ours, sizeof(ours)) == 0;
}

static void
find(void)
{
    static const struct {
        const char *name;
        size_t at;
    } table[] = {
#define X(name) { NAME_OF(name), offsetof(struct functions, name) },
        FUNCTIONS(X)
#undef X
    };
    void *p;

    is_complete = true;
    for (size_t i = 0; i < CX_COUNT(table); i++) {
        p = cx_library_symbol(table[i].name);
        p = is_ours(p) ? NULL : p; /* where the program is libunbound's library */
        is_complete = is_complete && p != NULL;
        memcpy((char *)&lib + table[i].at, &p, sizeof(p));
    }
    if (lib.ecdsa_verify == NULL) { /* libunbound needs it not; some other library may */
        p = dlsym(RTLD_NEXT, NAME_OF(ecdsa_verify));
        memcpy(&lib.ecdsa_verify, &p, sizeof(p));
    }
}

/* ---- by OpenSSL */

static bool
export_number(const mpz_t number, uint8_t ret[CX_P256_OCTETS])
{
    size_t n = (lib.mpz_sizeinbase(number, 2) + 7) / 8;

    if (mpz_sgn(number) < 0 || n > CX_P256_OCTETS) {
        return false;
    }
    memset(ret, 0, CX_P256_OCTETS);
    /* Returns its first argument. */
    (void)lib.mpz_export(ret + CX_P256_OCTETS - n, NULL, 1, 1, 1, 0, number);
    return true;
}

static bool
export_point(const struct ecc_point *point, struct cx_p256_signature *ret)
{
    mpz_t x, y;
    bool fits;

    lib.mpz_init(x);
    lib.mpz_init(y);
    lib.ecc_point_get(point, x, y);
    fits = export_number(x, ret->x) && export_number(y, ret->y);
    lib.mpz_clear(x);
    lib.mpz_clear(y);
    return fits;
}

/* libunbound verifies DS and DNSKEY sets again when they are asked for as proof (pki/verified.h). */
static enum cx_p256_verdict
verify_once(const struct cx_p256_signature *signature, cx_span digest)
{
    enum cx_p256_verdict verdict;

    if (cx_p256_was_valid(signature, digest)) {
        return CX_P256_VALID;
    }
    verdict = cx_p256_verify(signature, digest);
    if (verdict == CX_P256_VALID) {
        cx_p256_remember_valid(signature, digest);
    }
    return verdict;
}

static enum cx_p256_verdict
by_openssl(const struct ecc_point *point, cx_span digest, const struct dsa_signature *signature)
{
    struct cx_p256_signature octets;

    if (point->ecc != lib.nettle_get_secp_256r1() || !export_number(signature->r, octets.r) ||
        !export_number(signature->s, octets.s) || !export_point(point, &octets)) {
        return CX_P256_UNKNOWN;
    }
    return verify_once(&octets, digest);
}

/* ---- in nettle's place */

int
cx_nettle_p256_verify(const struct ecc_point *point, size_t n, const uint8_t *digest,
                      const struct dsa_signature *signature)
{
    if (__atomic_load_n(&in_use, __ATOMIC_ACQUIRE)) {
        enum cx_p256_verdict verdict = by_openssl(point, (cx_span){ digest, n }, signature);

        if (verdict != CX_P256_UNKNOWN) {
            return verdict == CX_P256_VALID;
        }
    }
    if (pthread_once(&once, find) != 0 || lib.ecdsa_verify == NULL) {
        return 0; /* not valid */
    }
    return lib.ecdsa_verify(point, n, digest, signature);
}

/* ---- self-test */

/* RFC 6979 appendix A.2.5, P-256 with SHA-256, "sample". */
static const struct cx_p256_signature sample = {
    { 0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb,
      0x74, 0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61,
      0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6 },
    { 0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99, 0xa4, 0x1a, 0xe9,
      0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1, 0xb2, 0x0c, 0x2d, 0x7e,
      0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99 },
    { 0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8, 0xfd, 0x11, 0x40, 0xdd,
      0x9c, 0xd4, 0x5e, 0x81, 0xd6, 0x9d, 0x2c, 0x87, 0x7b, 0x56, 0xaa,
      0xf9, 0x91, 0xc3, 0x4d, 0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16 },
    { 0xf7, 0xcb, 0x1c, 0x94, 0x2d, 0x65, 0x7c, 0x41, 0xd4, 0x36, 0xc7,
      0xa1, 0xb6, 0xe2, 0x9f, 0x65, 0xf3, 0xe9, 0x00, 0xdb, 0xb9, 0xaf,
      0xf4, 0x06, 0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8 },
};
static const uint8_t sample_digest[] = {
    0xaf, 0x2b, 0xdb, 0xe1, 0xaa, 0x9b, 0x6e, 0xc1, 0xe2, 0xad, 0xe1, 0xd6,
    0x94, 0xf4, 0x1f, 0xc7, 0x1a, 0x83, 0x1d, 0x02, 0x68, 0xe9, 0x89, 0x15,
    0x62, 0x11, 0x3d, 0x8a, 0x62, 0xad, 0xd1, 0xbf, 0x55, /* one octet more than counts */
};

/* Order of the group: FIPS 186-5, SP 800-186 section 3.2.1.3. */
static const uint8_t order[CX_P256_OCTETS] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

struct trial {
    struct cx_p256_signature signature;
    cx_span digest;
    bool good;
};

static void
import_number(mpz_t ret, const uint8_t octets[CX_P256_OCTETS])
{
    lib.mpz_init(ret);
    lib.mpz_import(ret, CX_P256_OCTETS, 1, 1, 1, 0, octets);
}

/* Both say of a point of the curve what is known of the signature. */
static bool
agree_about(const struct trial *trial, const struct ecc_point *point)
{
    struct dsa_signature rs;
    enum cx_p256_verdict verdict;
    bool nettle;

    import_number(rs.r, trial->signature.r);
    import_number(rs.s, trial->signature.s);
    verdict = by_openssl(point, trial->digest, &rs);
    nettle = lib.ecdsa_verify(point, trial->digest.n, trial->digest.p, &rs) != 0;
    lib.mpz_clear(rs.r);
    lib.mpz_clear(rs.s);
    return nettle == trial->good && verdict == (trial->good ? CX_P256_VALID : CX_P256_INVALID);
}

static bool
agree(const struct trial *trial)
{
    struct ecc_point point;
    mpz_t x, y;
    bool is_point, ret;

    import_number(x, trial->signature.x);
    import_number(y, trial->signature.y);
    lib.ecc_point_init(&point, lib.nettle_get_secp_256r1());
    is_point = lib.ecc_point_set(&point, x, y) != 0;
    ret = is_point
              ? agree_about(trial, &point)
              : !trial->good && cx_p256_verify(&trial->signature, trial->digest) == CX_P256_UNKNOWN;
    lib.ecc_point_clear(&point);
    lib.mpz_clear(x);
    lib.mpz_clear(y);
    return ret;
}

static bool
test_ourselves(void)
{
    struct trial trials[12];
    size_t n = 0;
    bool ret = true;

    for (size_t i = 0; i < CX_COUNT(trials); i++) {
        trials[i] = (struct trial){ sample, { sample_digest, CX_P256_OCTETS }, false };
    }
    trials[n++].good = true;
    trials[n].good = true;
    trials[n++].digest.n = CX_P256_OCTETS + 1;
    trials[n++].digest.n = CX_P256_OCTETS - 1;
    trials[n++].digest.p = sample_digest + 1;
    trials[n++].signature.r[0] ^= 1;
    trials[n++].signature.s[31] ^= 1;
    memset(trials[n++].signature.r, 0, CX_P256_OCTETS);
    memset(trials[n++].signature.s, 0, CX_P256_OCTETS);
    memcpy(trials[n++].signature.r, order, CX_P256_OCTETS);
    memcpy(trials[n++].signature.s, order, CX_P256_OCTETS);
    memset(trials[n++].signature.r, 0xff, CX_P256_OCTETS);
    trials[n++].signature.y[31] ^= 1; /* no point of the curve */
    for (size_t i = 0; i < n; i++) {
        ret = ret && agree(&trials[i]);
    }
    return ret;
}

/* Calls of libunbound are bound to the first definition in the process: it must be ours. */
static bool
is_first(void)
{
    return is_ours(dlsym(RTLD_DEFAULT, NAME_OF(ecdsa_verify)));
}

bool
cx_nettle_p256_works(void)
{
    static int works; /* 0 not tried, 1 no, 2 yes: a property of the program, not of a request */
    int known = __atomic_load_n(&works, __ATOMIC_RELAXED);

    if (known == 0) {
        known = cx_library_crypto() == CX_LIBRARY_CRYPTO_NETTLE && pthread_once(&once, find) == 0 &&
                        is_complete && is_first() && test_ourselves()
                    ? 2
                    : 1;
        __atomic_store_n(&works, known, __ATOMIC_RELAXED);
    }
    return known == 2;
}

void
cx_nettle_p256_use(bool wanted)
{
    __atomic_store_n(&in_use, wanted && cx_nettle_p256_works(), __ATOMIC_RELEASE);
}

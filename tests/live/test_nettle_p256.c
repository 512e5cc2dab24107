/* OpenSSL in nettle's place has nettle's verdicts: random keys and signatures, whole and broken, and the edges. With an
 * argument (nettle, openssl, fails): one of the two libraries is made to err, and OpenSSL must stay out. */
#include "base/status.h"
#include "cmocka_main.h"
#include "p256_counts.h"
#include "resolve/library.h"
#include "resolve/nettle_p256.h"

#include <gmp.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <stdio.h>
#include <string.h>

enum {
    CASES = 6000,
    DIGEST_MAX = 100
};

/* The same cases on every run. */
static uint64_t state_of_random = 0x9e3779b97f4a7c15u;

static uint64_t
next_random(void)
{
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return state_of_random * 0x2545f4914f6cdd1du >> 8;
}

static void
fill(void *ctx, size_t n, uint8_t *ret)
{
    (void)ctx;
    while (n-- != 0) {
        *ret++ = (uint8_t)next_random();
    }
}

/* ---- one signature to be verified */

struct signature {
    struct ecc_scalar key;
    struct ecc_point point;
    struct dsa_signature rs;
    uint8_t digest[DIGEST_MAX];
    size_t n;
};

static mpz_t order, field;

static int
make_numbers(void **state)
{
    (void)state;
    assert_int_equal(
        mpz_init_set_str(order, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                         16),
        0);
    assert_int_equal(
        mpz_init_set_str(field, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
                         16),
        0);
    return 0;
}

static int
free_numbers(void **state)
{
    (void)state;
    mpz_clear(order);
    mpz_clear(field);
    return 0;
}

static void
init(struct signature *s, const struct ecc_curve *curve)
{
    ecc_scalar_init(&s->key, curve);
    ecc_point_init(&s->point, curve);
    dsa_signature_init(&s->rs);
    ecc_scalar_random(&s->key, NULL, fill);
    ecc_point_mul_g(&s->point, &s->key);
}

static void
clear(struct signature *s)
{
    ecc_scalar_clear(&s->key);
    ecc_point_clear(&s->point);
    dsa_signature_clear(&s->rs);
}

static void
sign(struct signature *s, size_t n)
{
    fill(NULL, DIGEST_MAX, s->digest);
    s->n = n;
    ecdsa_sign(&s->key, NULL, fill, s->n, s->digest, &s->rs);
}

/* Both verdicts are the same, and each was given by the one that it was to be given by. */
static bool
verdict_of(const struct signature *s, bool by_openssl)
{
    struct p256_counts before;
    int nettle, ours;

    cx_nettle_p256_use(false);
    before = p256_counts;
    nettle = ecdsa_verify(&s->point, s->n, s->digest, &s->rs);
    assert_int_equal(p256_counts.openssl, before.openssl);
    cx_nettle_p256_use(true);
    before = p256_counts;
    ours = ecdsa_verify(&s->point, s->n, s->digest, &s->rs);
    assert_int_equal(p256_counts.openssl - before.openssl, by_openssl ? 1 : 0);
    if (by_openssl) {
        assert_int_equal(p256_counts.nettle, before.nettle);
    }
    assert_int_equal(nettle != 0, ours != 0);
    return ours != 0;
}

/* ---- random ones */

static const size_t digest_lengths[] = { 32, 0, 1, 20, 28, 31, 32, 33, 48, 64, DIGEST_MAX };

static void
negate_point(struct ecc_point *point)
{
    mpz_t x, y;

    mpz_init(x);
    mpz_init(y);
    ecc_point_get(point, x, y);
    mpz_sub(y, field, y);
    assert_int_equal(ecc_point_set(point, x, y), 1);
    mpz_clear(x);
    mpz_clear(y);
}

struct expected {
    bool good;
    bool by_openssl;
};

/* Changes the numbers of a good signature. */
static struct expected
break_numbers(struct signature *s, unsigned how)
{
    mpz_ptr number = next_random() % 2 != 0 ? s->rs.r : s->rs.s;

    switch (how) {
    case 0:
        mpz_combit(number, next_random() % 256);
        return (struct expected){ false, true };
    case 1:
        mpz_set_ui(number, 0);
        return (struct expected){ false, true };
    case 2:
        mpz_set(number, order);
        return (struct expected){ false, true };
    case 3:
        mpz_setbit(number, 256 + next_random() % 300);
        return (struct expected){ false, false };
    case 4:
        mpz_neg(number, number);
        return (struct expected){ false, false };
    case 5:
        mpz_swap(s->rs.r, s->rs.s);
        return (struct expected){ false, true };
    case 6: /* the other signature that every signature has */
        mpz_sub(s->rs.s, order, s->rs.s);
        return (struct expected){ true, true };
    default:
        mpz_set_ui(s->rs.r, 1);
        mpz_set_ui(s->rs.s, 1);
        return (struct expected){ false, true };
    }
}

static struct expected
break_rest(struct signature *s, unsigned how)
{
    switch (how) {
    case 0: /* octets that do not count */
        s->digest[32 + next_random() % (DIGEST_MAX - 32)] ^= 1;
        return (struct expected){ true, true };
    case 1:
        s->digest[0] ^= (uint8_t)(1u << next_random() % 8);
        return (struct expected){ s->n == 0, true };
    case 2:
        negate_point(&s->point);
        return (struct expected){ s->n == 0, true }; /* the digest is 0: -Q is as good as Q */
    case 3:
        s->n = s->n == 20 ? 19 : 20;
        return (struct expected){ false, true };
    default:
        return (struct expected){ true, true };
    }
}

static void
test_random_signatures(void **state)
{
    unsigned good = 0, by_openssl = 0;

    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        struct signature s;
        struct expected expected;

        init(&s, nettle_get_secp_256r1());
        sign(&s, digest_lengths[i % CX_COUNT(digest_lengths)]);
        expected = i % 2 != 0 ? break_numbers(&s, i / 2 % 8) : break_rest(&s, i / 2 % 5);
        assert_int_equal(verdict_of(&s, expected.by_openssl), expected.good);
        good += expected.good;
        by_openssl += expected.by_openssl;
        clear(&s);
    }
    assert_true(good > CASES / 4 && good < CASES * 3 / 4);
    assert_true(by_openssl > CASES * 3 / 4 && by_openssl < CASES);
}

/* ---- edges */

static void
set_key(struct signature *s, const mpz_t d)
{
    assert_int_equal(ecc_scalar_set(&s->key, d), 1);
    ecc_point_mul_g(&s->point, &s->key);
}

/* 32 octets, big-endian. */
static void
set_digest(struct signature *s, const mpz_t h)
{
    size_t n = (mpz_sizeinbase(h, 2) + 7) / 8;

    memset(s->digest, 0, 32);
    (void)mpz_export(s->digest + 32 - n, NULL, 1, 1, 1, 0, h);
    s->n = 32;
}

/* Keys 1, 2, n - 2, n - 1, digests 0, 1, n - 1, n, 2^256 - 1: signed, and with the signature broken. */
static void
test_edges_of_keys_and_digests(void **state)
{
    static const long keys[] = { 1, 2, -2, -1 };
    static const long digests[] = { 0, 1, -1 };
    mpz_t number;

    (void)state;
    mpz_init(number);
    for (size_t i = 0; i < CX_COUNT(keys) * 5; i++) {
        struct signature s;
        size_t digest = i / CX_COUNT(keys);

        init(&s, nettle_get_secp_256r1());
        mpz_set_si(number, keys[i % CX_COUNT(keys)]);
        mpz_mod(number, number, order);
        set_key(&s, number);
        if (digest < CX_COUNT(digests)) {
            mpz_set_si(number, digests[digest]);
            mpz_mod(number, number, order);
            set_digest(&s, number);
        } else if (digest == CX_COUNT(digests)) {
            set_digest(&s, order);
        } else {
            memset(s.digest, 0xff, 32);
            s.n = 32;
        }
        ecdsa_sign(&s.key, NULL, fill, s.n, s.digest, &s.rs);
        assert_true(verdict_of(&s, true));
        mpz_combit(s.rs.s, 0);
        assert_false(verdict_of(&s, true));
        clear(&s);
    }
    mpz_clear(number);
}

/* x of k G. */
static void
set_r(struct signature *s, const mpz_t k)
{
    struct ecc_scalar scalar;
    struct ecc_point point;
    mpz_t y;

    ecc_scalar_init(&scalar, nettle_get_secp_256r1());
    ecc_point_init(&point, nettle_get_secp_256r1());
    mpz_init(y);
    assert_int_equal(ecc_scalar_set(&scalar, k), 1);
    ecc_point_mul_g(&point, &scalar);
    ecc_point_get(&point, s->rs.r, y);
    mpz_mod(s->rs.r, s->rs.r, order);
    mpz_clear(y);
    ecc_point_clear(&point);
    ecc_scalar_clear(&scalar);
}

/* The two points that verification adds are opposite, the sum is at infinity: bad. Or they are the same, and it is good:
 * where nettle, whose addition has no formula for that, may err. Only whoever holds the key can sign so. */
static void
test_equal_and_opposite_points(void **state)
{
    mpz_t d, k, h;

    (void)state;
    mpz_init(d);
    mpz_init(k);
    mpz_init(h);
    for (int i = 0; i < 40; i++) {
        struct signature s;

        init(&s, nettle_get_secp_256r1());
        ecc_scalar_get(&s.key, d);
        ecc_scalar_get(&s.key, k);
        mpz_mul(k, k, k);
        mpz_add_ui(k, k, (unsigned long)i);
        mpz_mod(k, k, order);
        set_r(&s, k);
        mpz_mul(h, s.rs.r, d); /* h = r d: h/s G = r/s Q */
        mpz_mod(h, h, order);
        assert_int_equal(mpz_invert(k, k, order), 1);
        mpz_mul(s.rs.s, h, k); /* s = 2 r d / k */
        mpz_mul_ui(s.rs.s, s.rs.s, 2);
        mpz_mod(s.rs.s, s.rs.s, order);
        set_digest(&s, h);
        cx_nettle_p256_use(true);
        assert_int_equal(ecdsa_verify(&s.point, s.n, s.digest, &s.rs), 1);
        mpz_sub(h, order, h);
        set_digest(&s, h);
        for (int on = 0; on < 2; on++) {
            cx_nettle_p256_use(on);
            assert_int_equal(ecdsa_verify(&s.point, s.n, s.digest, &s.rs), 0);
        }
        clear(&s);
    }
    mpz_clear(d);
    mpz_clear(k);
    mpz_clear(h);
}

static void
test_other_curves_go_to_nettle(void **state)
{
    const struct ecc_curve *curves[] = { nettle_get_secp_192r1(), nettle_get_secp_224r1(),
                                         nettle_get_secp_384r1(), nettle_get_secp_521r1() };

    (void)state;
    for (size_t i = 0; i < 4 * CX_COUNT(curves); i++) {
        struct signature s;

        init(&s, curves[i / 4]);
        sign(&s, 48);
        assert_true(verdict_of(&s, false));
        s.digest[0] ^= 1;
        assert_false(verdict_of(&s, false));
        clear(&s);
    }
}

/* ---- a library that errs */

static void
test_self_test_sees_a_fault(void **state)
{
    struct signature s;
    struct p256_counts before;

    (void)state;
    assert_false(cx_nettle_p256_works());
    p256_fault = P256_FAULT_NONE;
    cx_nettle_p256_use(true);
    init(&s, nettle_get_secp_256r1());
    sign(&s, 32);
    before = p256_counts;
    assert_int_equal(ecdsa_verify(&s.point, s.n, s.digest, &s.rs), 1);
    assert_int_equal(p256_counts.openssl, before.openssl);
    assert_int_equal(p256_counts.nettle, before.nettle + 1);
    clear(&s);
}

/* OpenSSL has no verdict, after the self-test: nettle's is it. */
static void
test_nettle_steps_in(void **state)
{
    struct signature s;
    struct p256_counts before;

    (void)state;
    cx_nettle_p256_use(true);
    init(&s, nettle_get_secp_256r1());
    sign(&s, 32);
    p256_fault = P256_FAULT_OPENSSL_FAILS;
    before = p256_counts;
    assert_int_equal(ecdsa_verify(&s.point, s.n, s.digest, &s.rs), 1);
    s.digest[0] ^= 1;
    assert_int_equal(ecdsa_verify(&s.point, s.n, s.digest, &s.rs), 0);
    assert_int_equal(p256_counts.openssl, before.openssl + 2);
    assert_int_equal(p256_counts.nettle, before.nettle + 2);
    p256_fault = P256_FAULT_NONE;
    clear(&s);
}

static void
test_nothing_to_replace(void **state)
{
    (void)state;
    assert_false(cx_nettle_p256_works());
}

static enum p256_fault
fault_of(const char *word)
{
    return strcmp(word, "nettle") == 0    ? P256_FAULT_NETTLE_LIKES_ALL
           : strcmp(word, "openssl") == 0 ? P256_FAULT_OPENSSL_LIKES_ALL
                                          : P256_FAULT_OPENSSL_FAILS;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest same[] = {
        cmocka_unit_test(test_random_signatures),
        cmocka_unit_test(test_edges_of_keys_and_digests),
        cmocka_unit_test(test_equal_and_opposite_points),
        cmocka_unit_test(test_other_curves_go_to_nettle),
        cmocka_unit_test(test_nettle_steps_in),
    };
    const struct CMUnitTest fault[] = { cmocka_unit_test(test_self_test_sees_a_fault) };
    const struct CMUnitTest absent[] = { cmocka_unit_test(test_nothing_to_replace) };

    if (cx_library_crypto() != CX_LIBRARY_CRYPTO_NETTLE) {
        return cmocka_run_group_tests(absent, NULL, NULL);
    }
    if (argc > 1) {
        p256_fault = fault_of(argv[1]);
        return cmocka_run_group_tests(fault, make_numbers, free_numbers);
    }
    return cmocka_run_group_tests(same, make_numbers, free_numbers);
}

/* P-256 signatures: one that is known to be good, and all that may be wrong with it. What random ones are worth is tested
 * against nettle (tests/live/test_nettle_p256.c). */
#include "base/status.h"
#include "pki/ecdsa.h"
#include "unit.h"

#include <openssl/err.h>

/* RFC 6979 appendix A.2.5, P-256 with SHA-512, "test". */
static const char known[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
                            "461d93f31b6540894788fd206c07cfa0cc35f46fa3c91816fff1040ad1581a04"
                            "39af9f15de0db8d97e72719c74820d304ce5226e32dedae67519e840d1194e55";
static const char known_digest[] =
    "ee26b0dd4af7e749aa1a8ee3c10ae9923f618980772e473f8819a5d4940e0db2"
    "7ac185f8a0e1d5f84f88bc887fd67b143732c304cc5fa9ad8e6f57f50028a8ff";
static const char order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char field[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

static void
read_hex(const char *hex, size_t n, uint8_t *ret)
{
    assert_true(strlen(hex) >= 2 * n);
    for (size_t i = 0; i < n; i++) {
        ret[i] = (uint8_t)(cx_ascii_hex((uint8_t)hex[2 * i]) << 4 |
                           cx_ascii_hex((uint8_t)hex[2 * i + 1]));
    }
}

struct fixture {
    struct cx_p256_signature signature;
    uint8_t digest[64];
};

static struct fixture
good(void)
{
    struct fixture ret;

    read_hex(known, sizeof(ret.signature), (uint8_t *)&ret.signature);
    read_hex(known_digest, sizeof(ret.digest), ret.digest);
    return ret;
}

static enum cx_p256_verdict
verdict(const struct fixture *f, size_t n)
{
    return cx_p256_verify(&f->signature, (cx_span){ f->digest, n });
}

static void
test_good(void **state)
{
    struct fixture f = good();

    (void)state;
    assert_int_equal(verdict(&f, 64), CX_P256_VALID);
    assert_int_equal(verdict(&f, 33), CX_P256_VALID);
    assert_int_equal(verdict(&f, 32), CX_P256_VALID);
    f.digest[32] ^= 1;
    assert_int_equal(verdict(&f, 64), CX_P256_VALID);
}

static void
test_short_digests(void **state)
{
    struct fixture f = good();

    (void)state;
    for (size_t n = 0; n < 32; n++) {
        assert_int_equal(verdict(&f, n), CX_P256_INVALID);
    }
    assert_int_equal(cx_p256_verify(&f.signature, (cx_span){ NULL, 0 }), CX_P256_INVALID);
}

/* No bit of digest, r or s may change; one of the point makes it no point of the curve. */
static void
test_every_bit_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * 256; i++) {
        struct fixture f = good();
        uint8_t *octets = (uint8_t *)&f.signature;

        octets[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(verdict(&f, 64), i < 2 * 256 ? CX_P256_UNKNOWN : CX_P256_INVALID);
    }
    for (size_t i = 0; i < 256; i++) {
        struct fixture f = good();

        f.digest[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(verdict(&f, 64), CX_P256_INVALID);
    }
}

static void
test_numbers_out_of_range(void **state)
{
    struct fixture f = good();

    (void)state;
    memset(f.signature.r, 0, 32);
    assert_int_equal(verdict(&f, 64), CX_P256_INVALID);
    read_hex(order, 32, f.signature.r);
    assert_int_equal(verdict(&f, 64), CX_P256_INVALID);
    f = good();
    memset(f.signature.s, 0, 32);
    assert_int_equal(verdict(&f, 64), CX_P256_INVALID);
    read_hex(order, 32, f.signature.s);
    assert_int_equal(verdict(&f, 64), CX_P256_INVALID);
    memset(f.signature.s, 0xff, 32);
    assert_int_equal(verdict(&f, 64), CX_P256_INVALID);
}

static void
test_no_points(void **state)
{
    struct fixture f = good();

    (void)state;
    memset(f.signature.x, 0, 64); /* infinity has no coordinates */
    assert_int_equal(verdict(&f, 64), CX_P256_UNKNOWN);
    f = good();
    read_hex(field, 32, f.signature.x); /* 0, if it were reduced */
    assert_int_equal(verdict(&f, 64), CX_P256_UNKNOWN);
    memset(f.signature.y, 0xff, 32);
    assert_int_equal(verdict(&f, 64), CX_P256_UNKNOWN);
}

/* What others have put into OpenSSL's queue of errors is still there, and nothing else. */
static void
test_errors_of_others_stay(void **state)
{
    struct fixture f = good();

    (void)state;
    ERR_clear_error();
    memset(f.signature.x, 0, 64);
    (void)verdict(&f, 64);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 77);
    (void)verdict(&f, 64);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
    assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_short_digests),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_numbers_out_of_range),
        cmocka_unit_test(test_no_points),
        cmocka_unit_test(test_errors_of_others_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

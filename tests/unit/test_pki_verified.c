#include "base/limits.h"
#include "main.h"
#include "pki/verified.h"

static struct cx_p256_signature
signature_of(unsigned seed)
{
    struct cx_p256_signature s;
    uint8_t *octets = (uint8_t *)&s;

    for (size_t i = 0; i < sizeof(s); i++) {
        seed = seed * 1103515245u + 12345u;
        octets[i] = (uint8_t)(seed >> 16);
    }
    return s;
}

TEST(only_the_very_same_octets_are_known)
{
    struct cx_p256_signature s = signature_of(1);
    uint8_t digest[CX_P256_OCTETS] = { 7 };
    cx_span d = { digest, sizeof(digest) };

    assert_false(cx_p256_was_valid(&s, d));
    cx_p256_remember_valid(&s, d);
    assert_true(cx_p256_was_valid(&s, d));
    for (size_t i = 0; i < sizeof(s); i++) {
        struct cx_p256_signature other = s;

        ((uint8_t *)&other)[i] ^= 1;
        assert_false(cx_p256_was_valid(&other, d));
    }
    for (size_t i = 0; i < sizeof(digest); i++) {
        digest[i] ^= 0x80;
        assert_false(cx_p256_was_valid(&s, d));
        digest[i] ^= 0x80;
    }
    assert_true(cx_p256_was_valid(&s, d));
}

TEST(digests_of_other_lengths_are_never_known)
{
    struct cx_p256_signature s = signature_of(2);
    uint8_t digest[64] = { 9 };

    for (size_t n = 0; n <= sizeof(digest); n++) {
        cx_p256_remember_valid(&s, (cx_span){ digest, n });
        assert_int_equal(cx_p256_was_valid(&s, (cx_span){ digest, n }), n == CX_P256_OCTETS);
    }
    assert_false(cx_p256_was_valid(&s, (cx_span){ digest, 31 }));
}

TEST(newer_ones_replace_older_ones)
{
    uint8_t digest[CX_P256_OCTETS] = { 3 };
    cx_span d = { digest, sizeof(digest) };
    size_t known = 0;

    for (unsigned i = 100; i < 100 + 3 * CX_VERIFIED_MAX; i++) {
        struct cx_p256_signature s = signature_of(i);

        cx_p256_remember_valid(&s, d);
        assert_true(cx_p256_was_valid(&s, d));
    }
    for (unsigned i = 100; i < 100 + 3 * CX_VERIFIED_MAX; i++) {
        struct cx_p256_signature s = signature_of(i);

        known += cx_p256_was_valid(&s, d) ? 1 : 0;
    }
    assert_true(known <= CX_VERIFIED_MAX && known > CX_VERIFIED_MAX / 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(only_the_very_same_octets_are_known),
    cmocka_unit_test(digests_of_other_lengths_are_never_known),
    cmocka_unit_test(newer_ones_replace_older_ones),
};

TEST_MAIN(tests)

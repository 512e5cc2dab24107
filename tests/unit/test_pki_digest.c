#include "build.h"
#include "main.h"
#include "pki/digest.h"

static const char abc[] = "abc";

/* FIPS 180-4, the example of one block. */
static const uint8_t abc_256[CX_SHA256_SIZE] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};
static const uint8_t empty_256[CX_SHA256_SIZE] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

TEST(gives_the_published_digests)
{
    uint8_t digest[CX_SHA256_SIZE];

    assert_true(cx_ok(cx_sha256(bytes_of(abc), digest)));
    assert_memory_equal(digest, abc_256, sizeof(digest));
    assert_true(cx_ok(cx_sha256((cx_span){ NULL, 0 }, digest)));
    assert_memory_equal(digest, empty_256, sizeof(digest));
    assert_true(cx_ok(cx_sha256(bytes_of("abd"), digest)));
    assert_memory_not_equal(digest, abc_256, sizeof(digest));
}

/* However the octets are cut, also at the 64 of a block. */
TEST(parts_are_the_same_as_the_whole)
{
    uint8_t octets[200], whole[CX_SHA256_SIZE], digest[CX_SHA256_SIZE];

    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)(i * 7);
    }
    assert_true(cx_ok(cx_sha256((cx_span){ octets, sizeof(octets) }, whole)));
    for (size_t cut = 0; cut <= sizeof(octets); cut++) {
        cx_span parts[] = { { octets, cut }, { NULL, 0 }, { octets + cut, sizeof(octets) - cut } };

        assert_true(cx_ok(cx_sha256_parts(parts, CX_COUNT(parts), digest)));
        assert_memory_equal(digest, whole, sizeof(digest));
        assert_true(cx_ok(cx_sha256_parts(parts, 2, digest)));
        if (cut != sizeof(octets)) {
            assert_memory_not_equal(digest, whole, sizeof(digest));
        }
    }
    assert_true(cx_ok(cx_sha256_parts(NULL, 0, digest)));
    assert_memory_equal(digest, empty_256, sizeof(digest));
}

TEST(piece_by_piece_is_the_same_as_at_once)
{
    uint8_t octets[200], whole[CX_SHA256_SIZE], digest[CX_SHA256_SIZE];
    struct cx_digest *pieces = cx_digest_new();

    memset(octets, 7, sizeof(octets));
    assert_non_null(pieces);
    for (size_t n = 0; n <= sizeof(octets); n++) {
        assert_true(cx_ok(cx_digest_of(pieces, digest)));
        assert_true(cx_ok(cx_sha256((cx_span){ octets, n }, whole)));
        assert_memory_equal(digest, whole, sizeof(digest));
        if (n < sizeof(octets)) {
            assert_true(cx_ok(cx_digest_add(pieces, (cx_span){ octets + n, 1 })));
        }
    }
    assert_true(cx_ok(cx_digest_add(pieces, (cx_span){ octets, 1 })));
    assert_true(cx_ok(cx_digest_of(pieces, digest)));
    assert_memory_not_equal(digest, whole, sizeof(digest));
    cx_digest_free(pieces);
    cx_digest_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(piece_by_piece_is_the_same_as_at_once),
    cmocka_unit_test(gives_the_published_digests),
    cmocka_unit_test(parts_are_the_same_as_the_whole),
};

TEST_MAIN(tests)

#include "base/alloc.h"
#include "build.h"
#include "main.h"
#include "pki/ed25519.h"

#include <openssl/err.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 8032 section 7.1, TEST 2. */
static const uint8_t seed[32] = {
    0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
    0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
};
static const uint8_t public_key[CX_ED25519_PUBLIC] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
static const uint8_t octet = 0x72;
static const cx_span message = { &octet, 1 };
static const uint8_t signature[CX_ED25519_SIGNATURE] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};

static struct cx_ed25519_key *
key_of_seed(void)
{
    struct cx_ed25519_key *key = NULL;

    assert_true(cx_ok(cx_ed25519_of_seed(seed, &key, NULL)));
    return key;
}

TEST(vector_of_the_standard)
{
    struct cx_ed25519_key *key = key_of_seed();
    uint8_t got[CX_ED25519_PUBLIC], signed_octets[CX_ED25519_SIGNATURE];

    cx_ed25519_public(key, got);
    assert_memory_equal(got, public_key, sizeof(got));
    assert_true(cx_ok(cx_ed25519_sign(key, message, signed_octets, NULL)));
    assert_memory_equal(signed_octets, signature, sizeof(signature));
    assert_true(cx_ok(cx_ed25519_verify(public_key, message, signature)));
    cx_ed25519_free(key);
    cx_ed25519_free(NULL);
}

TEST(nothing_else_verifies)
{
    uint8_t other[CX_ED25519_SIGNATURE], key[CX_ED25519_PUBLIC];

    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        memcpy(other, signature, sizeof(other));
        other[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(cx_ed25519_verify(public_key, message, other).code, CX_E_CRYPTO);
    }
    for (size_t bit = 0; bit < 8 * sizeof(public_key); bit++) {
        memcpy(key, public_key, sizeof(key));
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(cx_ed25519_verify(key, message, signature).code, CX_E_CRYPTO);
    }
    assert_int_equal(cx_ed25519_verify(public_key, (cx_span){ NULL, 0 }, signature).code,
                     CX_E_CRYPTO);
    assert_int_equal(cx_ed25519_verify(public_key, bytes_of("rr"), signature).code, CX_E_CRYPTO);
    memset(other, 0, sizeof(other));
    memset(key, 0, sizeof(key));
    assert_int_equal(cx_ed25519_verify(public_key, message, other).code, CX_E_CRYPTO);
    assert_int_equal(cx_ed25519_verify(key, message, signature).code, CX_E_CRYPTO);
    assert_true(ERR_peek_error() == 0); /* nothing is left in OpenSSL's queue */
}

TEST(a_new_key_is_another_each_time)
{
    struct cx_ed25519_key *a = NULL, *b = NULL;
    uint8_t public_a[CX_ED25519_PUBLIC], public_b[CX_ED25519_PUBLIC], made[CX_ED25519_SIGNATURE];

    assert_true(cx_ok(cx_ed25519_generate(&a, NULL)));
    assert_true(cx_ok(cx_ed25519_generate(&b, NULL)));
    cx_ed25519_public(a, public_a);
    cx_ed25519_public(b, public_b);
    assert_memory_not_equal(public_a, public_b, sizeof(public_a));
    assert_true(cx_ok(cx_ed25519_sign(a, (cx_span){ NULL, 0 }, made, NULL)));
    assert_true(cx_ok(cx_ed25519_verify(public_a, (cx_span){ NULL, 0 }, made)));
    assert_int_equal(cx_ed25519_verify(public_b, (cx_span){ NULL, 0 }, made).code, CX_E_CRYPTO);
    cx_ed25519_free(a);
    cx_ed25519_free(b);
}

TEST(memory_that_is_missing_is_told)
{
    struct cx_ed25519_key *key = NULL;

    (void)cx_alloc_fail_nth(1);
    assert_int_equal(cx_ed25519_of_seed(seed, &key, NULL).code, CX_E_NOMEM);
    (void)cx_alloc_fail_nth(0);
    assert_null(key);
}

/* ---- files */

#define TEMPLATE "/tmp/caaproof-ed25519-XXXXXX"
static char folder[sizeof(TEMPLATE)];
static char path[sizeof(folder) + 16];

static int
make_folder(void **state)
{
    (void)state;
    memcpy(folder, TEMPLATE, sizeof(TEMPLATE));
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    return snprintf(path, sizeof(path), "%s/key.pem", folder) < 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void
write_file(const char *text, mode_t mode)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static cx_status
read_file(struct cx_detail *detail)
{
    struct cx_ed25519_key *key = NULL;
    cx_status s = cx_ed25519_read_file(path, &key, detail);

    assert_true(cx_ok(s) == (key != NULL));
    cx_ed25519_free(key);
    return s;
}

TEST(a_key_goes_to_a_file_and_back)
{
    struct cx_ed25519_key *key = key_of_seed(), *again = NULL;
    uint8_t got[CX_ED25519_PUBLIC];
    struct stat st;

    (void)unlink(path);
    assert_true(cx_ok(cx_ed25519_write_file(key, path, NULL)));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_true(cx_ok(cx_ed25519_read_file(path, &again, NULL)));
    cx_ed25519_public(again, got);
    assert_memory_equal(got, public_key, sizeof(got));
    cx_ed25519_free(key);
    cx_ed25519_free(again);
}

TEST(an_existing_file_is_never_written_over)
{
    struct cx_ed25519_key *key = key_of_seed();
    struct cx_detail detail = { .text = "" };
    struct stat st;

    write_file("mine", 0600);
    assert_int_equal(cx_ed25519_write_file(key, path, &detail).code, CX_E_IO);
    assert_non_null(strstr(detail.text, "key.pem"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(cx_ed25519_write_file(key, "/nonexistent/key.pem", NULL).code, CX_E_IO);
    cx_ed25519_free(key);
}

static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
                          "-----END PRIVATE KEY-----\n";

TEST(a_file_that_others_may_use_is_refused)
{
    static const mode_t good[] = { 0400, 0600, 0700 };
    static const mode_t bad[] = { 0440, 0404, 0620, 0602, 0410, 0401, 0644, 0777 };

    for (size_t i = 0; i < CX_COUNT(good); i++) {
        write_file(pem, good[i]);
        assert_true(cx_ok(read_file(NULL)));
    }
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct cx_detail detail = { .text = "" };

        write_file(pem, bad[i]);
        assert_int_equal(read_file(&detail).code, CX_E_IO);
        assert_non_null(strstr(detail.text, "others"));
    }
}

TEST(a_file_with_anything_else_is_refused)
{
    static const char *const bad[] = {
        "",
        "\n",
        "-----BEGIN PRIVATE KEY-----\n",
        /* cut */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\n"
        "-----END PRIVATE KEY-----\n",
        /* a public key */
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n"
        "-----END PUBLIC KEY-----\n",
        /* X25519 */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VuBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
        "-----END PRIVATE KEY-----\n",
    };
    static char large[20000];

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        write_file(bad[i], 0400);
        ROW_TRUE(read_file(NULL).code == CX_E_CRYPTO, bad[i]);
    }
    memset(large, '\n', sizeof(large) - 1);
    memcpy(large, pem, strlen(pem));
    write_file(large, 0400);
    assert_int_equal(read_file(NULL).code, CX_E_CRYPTO);
    assert_int_equal(cx_ed25519_read_file(folder, &(struct cx_ed25519_key *){ NULL }, NULL).code,
                     CX_E_CRYPTO);
    assert_int_equal(
        cx_ed25519_read_file("/nonexistent", &(struct cx_ed25519_key *){ NULL }, NULL).code,
        CX_E_IO);
    assert_true(ERR_peek_error() == 0);
}

/* Made with: openssl genpkey -algorithm ed25519 -aes128 -pass pass:x. It must not ask for "x" at a terminal either. */
TEST(a_key_under_a_passphrase_is_refused)
{
    static const char encrypted[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiHL75lJQ0nsAICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEBxolMSUPky6+kfg122GjwIEQO2f\n"
        "Bouiy+mPLO5g+JAq6VNa2ePaPxMy+l4CMtEvW0J0R7iCqFfnQ9JiWfxLIVFeZN9s\n"
        "k5g8UIRKVCv84XbRgwQ=\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";

    write_file(encrypted, 0400);
    assert_int_equal(read_file(NULL).code, CX_E_CRYPTO);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(vector_of_the_standard),
    cmocka_unit_test(nothing_else_verifies),
    cmocka_unit_test(a_new_key_is_another_each_time),
    cmocka_unit_test(memory_that_is_missing_is_told),
    cmocka_unit_test_setup_teardown(a_key_goes_to_a_file_and_back, make_folder, remove_folder),
    cmocka_unit_test_setup_teardown(an_existing_file_is_never_written_over, make_folder,
                                    remove_folder),
    cmocka_unit_test_setup_teardown(a_file_that_others_may_use_is_refused, make_folder,
                                    remove_folder),
    cmocka_unit_test_setup_teardown(a_file_with_anything_else_is_refused, make_folder,
                                    remove_folder),
    cmocka_unit_test_setup_teardown(a_key_under_a_passphrase_is_refused, make_folder,
                                    remove_folder),
};

TEST_MAIN(tests)

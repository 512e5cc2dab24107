/* Which libunbound this is, and which are too old. */
#include "base/status.h"
#include "cmocka_main.h"
#include "resolve/library.h"
#include "resolve/live.h"

#include <string.h>

static void
test_versions(void **state)
{
    static const char *const good[] = { "1.17.1", "1.17.2",    "1.17.10", "1.18.0",
                                        "1.26.0", "1.26.0rc1", "2.0.0",   "1.0017.0001" };
    static const char *const bad[] = { "",          "1",         "1.17",
                                       "1.17.0",    "1.16.3",    "1.9.6",
                                       "0.99.99",   "1.17.1rc1", "1.17.1 ",
                                       ".1.17.1",   "1..1",      "-1.17.1",
                                       "1.17.x",    "+2.0.0",    " 2.0.0",
                                       "2.0.",      "unbound",   "4294967298",
                                       "00002.0.0", "99999.0.0", "1.17.18446744073709551617" };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(good); i++) {
        if (!cx_library_version_is_supported(cx_str_of(good[i]))) {
            fail_msg("%s", good[i]);
        }
    }
    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        if (cx_library_version_is_supported(cx_str_of(bad[i]))) {
            fail_msg("%s", bad[i]);
        }
    }
    /* Not every text ends with an octet 0. */
    assert_true(cx_library_version_is_supported((cx_str){ "1.17.12", 6 }));
    assert_false(cx_library_version_is_supported((cx_str){ "1.17.12", 5 }));
}

static void
test_cryptography(void **state)
{
    static const struct {
        const char *needed;
        enum cx_library_crypto crypto;
    } table[] = {
        { "libcrypto.so.3", CX_LIBRARY_CRYPTO_OPENSSL },
        { "libcrypto.so.1.1", CX_LIBRARY_CRYPTO_OPENSSL },
        { "libnettle.so.8", CX_LIBRARY_CRYPTO_NETTLE },
        { "libhogweed.so.6", CX_LIBRARY_CRYPTO_NETTLE },
        { "libnss3.so", CX_LIBRARY_CRYPTO_NSS },
        { "libcrypt.so.1", CX_LIBRARY_CRYPTO_UNKNOWN },
        { "libcrypto", CX_LIBRARY_CRYPTO_UNKNOWN },
        { "libevent-2.1.so.7", CX_LIBRARY_CRYPTO_UNKNOWN },
        { "libgmp.so.10", CX_LIBRARY_CRYPTO_UNKNOWN },
        { "", CX_LIBRARY_CRYPTO_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < CX_COUNT(table); i++) {
        assert_int_equal(cx_library_crypto_of(cx_str_of(table[i].needed)), table[i].crypto);
    }
}

/* A libunbound without cryptography would not validate. */
static void
test_this_one(void **state)
{
    enum cx_library_crypto crypto = cx_library_crypto();
    bool has_nettle = cx_library_symbol("nettle_ecdsa_verify") != NULL;

    (void)state;
    assert_true(cx_library_is_supported());
    assert_true(crypto != CX_LIBRARY_CRYPTO_UNKNOWN);
    assert_int_equal(has_nettle, crypto == CX_LIBRARY_CRYPTO_NETTLE);
    assert_non_null(cx_library_symbol("ub_ctx_create_event"));
    assert_null(cx_library_symbol("cx_no_such_function"));
    assert_true(strlen(cx_library_crypto_text(crypto)) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_cryptography),
        cmocka_unit_test(test_this_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

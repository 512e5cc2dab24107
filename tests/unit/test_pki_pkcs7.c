#include "base/limits.h"
#include "certificates.h"
#include "pki/pkcs7.h"

static cx_span
chain(struct cx_arena *arena)
{
    static const char *const kinds[] = { "PKCS7", NULL };
    cx_span ret;

    assert_true(cx_ok(cx_pem_first(issued_file("chain.p7b", arena), kinds, arena, &ret, NULL)));
    return ret;
}

TEST(certificates_in_their_order)
{
    struct cx_arena arena;
    const cx_span *v;
    cx_span octets;
    size_t n;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    octets = chain(&arena);
    assert_true(cx_pkcs7_looks_like(octets));
    assert_true(cx_ok(cx_pkcs7_certificates(octets, &arena, &v, &n, NULL)));
    assert_int_equal(n, 2);
    assert_true(cx_span_equal(v[0], issued_der("final.pem", &arena)));
    assert_true(cx_span_equal(v[1], issued_der("ca.pem", &arena)));
    cx_arena_done(&arena);
}

TEST(what_is_none_is_refused)
{
    struct cx_detail detail = { .text = "" };
    struct cx_arena arena;
    const cx_span *v;
    cx_span octets;
    size_t n;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    octets = issued_der("final.pem", &arena);
    assert_false(cx_pkcs7_looks_like(octets));
    assert_int_equal(cx_pkcs7_certificates(octets, &arena, &v, &n, &detail).code, CX_E_CERTIFICATE);
    assert_true(detail.text[0] != '\0');
    octets = chain(&arena);
    for (size_t cut = 0; cut < octets.n; cut += cut < 30 ? 1 : 50) {
        assert_false(cut < 15 && cx_pkcs7_looks_like((cx_span){ octets.p, cut }));
        assert_int_equal(
            cx_pkcs7_certificates((cx_span){ octets.p, cut }, &arena, &v, &n, NULL).code,
            CX_E_CERTIFICATE);
    }
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(certificates_in_their_order),
    cmocka_unit_test(what_is_none_is_refused),
};

TEST_MAIN(tests)

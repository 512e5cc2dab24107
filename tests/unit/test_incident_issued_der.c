#include "base/limits.h"
#include "incident/issued_build.h"
#include "issued.h"
#include "octets.h"
#include "pki/tbs.h"

static struct cx_arena scratch;

static int
set_up(void **state)
{
    (void)state;
    cx_arena_init(&scratch, CX_CHECK_MEMORY);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    cx_arena_done(&scratch);
    return 0;
}

static cx_str
pem(const char *name)
{
    return cx_str_of_span(issued_file(name, &scratch));
}

/* Texts one behind the other, ended by NULL. */
static cx_span
joined(const cx_str *parts, size_t n)
{
    struct cx_buf buf;
    cx_span ret;

    cx_buf_init(&buf, 1000000);
    for (size_t i = 0; i < n; i++) {
        cx_buf_put(&buf, parts[i]);
    }
    assert_true(cx_ok(cx_arena_copy(&scratch, cx_span_of_str(cx_buf_str(&buf)), &ret)));
    cx_buf_done(&buf);
    return ret;
}
#define JOIN(...)                                                                                  \
    joined((const cx_str[]){ __VA_ARGS__ }, CX_COUNT(((const cx_str[]){ __VA_ARGS__ })))

static void
is_final(const struct cx_issued *issued)
{
    assert_int_equal(issued->kind, CX_ISSUED_FINAL);
    assert_true(issued->has_digest && is_hash(&issued->digest, FINAL_SHA256));
    assert_true(has_names(issued, "www.shop.example"));
}

static void
is_pre(const struct cx_issued *issued)
{
    assert_int_equal(issued->kind, CX_ISSUED_PRE);
    assert_true(issued->has_digest && is_hash(&issued->digest, PRE_SHA256));
    assert_true(has_names(issued, "www.shop.example"));
}

/* TEST R-GEN-1: the earliest SCT is known, to the millisecond. */
TEST(worked_vector)
{
    static const uint8_t serial[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
    const struct cx_issued *got;
    struct cx_hash key;
    struct list list;

    list_open(&list, &cx_issued_certificates, JOIN(pem("precertificate.pem"), pem("final.pem")));
    got = list_issued(&list);
    is_pre(got);
    key = got->issuer_key;
    assert_true(got->sct_ms == 0 && got->logs == 0);
    assert_true(cx_span_equal(got->serial, (cx_span){ serial, sizeof(serial) }));
    got = list_issued(&list);
    is_final(got);
    assert_true(got->sct_ms == 1795305600123 && got->logs == 1);
    /* R-PRF-11: what pairs them. */
    assert_true(cx_hash_equal(&key, &got->issuer_key));
    assert_true(cx_span_equal(got->serial, (cx_span){ serial, sizeof(serial) }));
    assert_true(is_text(got->issuer, "CN=Throw-away CA") && is_text(got->subject, ""));
    assert_true(got->not_before == time_of("2026-11-22T00:00:00Z"));
    assert_true(got->not_after == time_of("2027-02-01T00:00:00Z"));
    /* Nobody said anything of these. */
    assert_true(got->signed_at == CX_TIME_NONE && got->aware == CX_TIME_NONE && !got->revoked);
    assert_true(got->reason == -1 && got->type.n == 0 && !got->names_partial);
    assert_false(list.record.changed);
    list_end(&list);
    list_close(&list);
}

/* TEST R-REV-7 */
TEST(certificates_of_a_ca_are_ignored)
{
    struct list list;

    list_open(&list, &cx_issued_certificates, JOIN(pem("ca.pem"), pem("final.pem")));
    list_told(&list, CX_FATE_IGNORED, "R-REV-7");
    is_final(list_issued(&list));
    list_end(&list);
    list_close(&list);
}

TEST(pem_with_anything_around_it)
{
    static const char key[] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    struct list list;
    cx_str final = pem("final.pem");
    cx_str cut = { final.p, final.n - 1 }; /* without its last line's end */

    list_open(&list, &cx_issued_certificates,
              JOIN(CX_STR("subject: CN = x\n\n"), cut, cut, CX_STR("\r\nBag Attributes\r\n"),
                   cx_str_of(key), pem("trusted.pem"), CX_STR("trailing text")));
    is_final(list_issued(&list));
    assert_int_equal(list.record.line, 3);
    is_final(list_issued(&list)); /* begins on the line on which the other ends */
    list_told(&list, CX_FATE_IGNORED, "PRIVATE KEY");
    assert_int_equal(list.record.text.n, 0); /* nothing of it is kept */
    is_final(list_issued(&list));
    list_end(&list);
    list_close(&list);
}

/* Every line's end CR LF; all of a file in one line; blanks in front of lines. */
TEST(pem_as_people_send_it)
{
    cx_str final = pem("final.pem");
    struct cx_buf crlf, line, indented;
    struct list list;

    cx_buf_init(&crlf, 100000);
    cx_buf_init(&line, 100000);
    cx_buf_init(&indented, 100000);
    for (size_t i = 0; i < final.n; i++) {
        bool end = final.p[i] == '\n';

        cx_buf_put(&crlf, end ? CX_STR("\r\n") : (cx_str){ &final.p[i], 1 });
        cx_buf_put(&line, end ? CX_STR(" ") : (cx_str){ &final.p[i], 1 });
        cx_buf_put(&indented, end ? CX_STR(" \n\t  ") : (cx_str){ &final.p[i], 1 });
    }
    list_open(&list, &cx_issued_certificates,
              JOIN(cx_buf_str(&crlf), cx_buf_str(&line), cx_buf_str(&indented)));
    for (size_t i = 0; i < 3; i++) {
        is_final(list_issued(&list));
    }
    list_end(&list);
    list_close(&list);
    cx_buf_done(&crlf);
    cx_buf_done(&line);
    cx_buf_done(&indented);
}

/* A broken block is one rejected record, and reading goes on. */
TEST(broken_blocks)
{
    cx_str final = pem("final.pem");
    struct list list;

    list_open(&list, &cx_issued_certificates,
              JOIN(CX_STR("-----BEGIN CERTIFICATE-----\nMII*\n-----END CERTIFICATE-----\n"), final,
                   CX_STR("-----BEGIN CERTIFICATE-----\nMIIB\n"), final,
                   CX_STR("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
                   CX_STR("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
                   CX_STR("-----END CERTIFICATE-----\n"),
                   CX_STR("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n"),
                   CX_STR("-----BEGIN TRUSTED CERTIFICATE-----\nAgEA\n-----END TRUSTED "
                          "CERTIFICATE-----\n"),
                   final, CX_STR("-----BEGIN CERTIFICATE-----\nMIIB")));
    list_told(&list, CX_FATE_REJECTED, "base64");
    assert_int_equal(list.record.line, 1);
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_REJECTED, "does not end");
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_REJECTED, "");
    list_told(&list, CX_FATE_REJECTED, "base64");
    list_told(&list, CX_FATE_REJECTED, "beginning is missing");
    list_told(&list, CX_FATE_REJECTED, "PKCS#7");
    list_told(&list, CX_FATE_REJECTED, "trusted");
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_REJECTED, "does not end");
    list_end(&list);
    list_close(&list);
}

TEST(der_one_behind_the_other)
{
    cx_str final = cx_str_of_span(issued_der("final.pem", &scratch));
    cx_str pre = cx_str_of_span(issued_der("precertificate.pem", &scratch));
    struct list list;

    list_open(&list, &cx_issued_certificates, JOIN(final, pre, CX_STR("\n\n"), final));
    is_final(list_issued(&list));
    assert_int_equal(list.record.line, 0);
    is_pre(list_issued(&list));
    assert_int_equal(list.record.line, final.n);
    is_final(list_issued(&list));
    list_end(&list);
    list_close(&list);
}

TEST(broken_der)
{
    cx_span final = issued_der("final.pem", &scratch);
    cx_str whole = cx_str_of_span(final), cut = { whole.p, whole.n - 1 };
    uint8_t *changed;
    struct list list;

    changed = cx_arena_get(&scratch, final.n, 1);
    memcpy(changed, final.p, final.n);
    changed[4] ^= 1; /* the TBSCertificate is no SEQUENCE */
    list_open(&list, &cx_issued_certificates,
              JOIN(((cx_str){ (const char *)changed, final.n }), whole, cut));
    list_told(&list, CX_FATE_REJECTED, "");
    assert_int_equal(list.record.text.n, final.n);
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_REJECTED, "cut");
    list_end(&list);
    list_close(&list);
    list_open(&list, &cx_issued_certificates, JOIN(whole, CX_STR("garbage")));
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_REJECTED, "not the beginning");
    list_end(&list);
    list_close(&list);
    list_open(&list, &cx_issued_certificates, JOIN(CX_STR("\x30\x84\x7f\xff\xff\xff")));
    list_told(&list, CX_FATE_REJECTED, "not the beginning");
    list_end(&list);
    list_close(&list);
}

TEST(pkcs7_both_ways)
{
    static const char *const kinds[] = { "PKCS7", NULL };
    cx_str chain = pem("chain.p7b");
    struct list list;
    cx_span der;

    list_open(&list, &cx_issued_certificates, JOIN(chain, pem("final.pem")));
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_IGNORED, "R-REV-7");
    assert_int_equal(list.record.line, 1);
    is_final(list_issued(&list));
    list_end(&list);
    list_close(&list);
    assert_true(cx_ok(cx_pem_first(cx_span_of_str(chain), kinds, &scratch, &der, NULL)));
    list_open(&list, &cx_issued_certificates, der);
    is_final(list_issued(&list));
    list_told(&list, CX_FATE_IGNORED, "R-REV-7");
    list_end(&list);
    list_close(&list);
    list_open(&list, &cx_issued_certificates, (cx_span){ der.p, der.n - 1 });
    list_told(&list, CX_FATE_REJECTED, "PKCS#7");
    list_end(&list);
    list_close(&list);
}

/* What the strict reader refuses and OpenSSL reads is taken, and told of; here the two algorithms differ. */
TEST(lax_certificates)
{
    cx_span final = issued_der("final.pem", &scratch);
    static const uint8_t algorithm[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
    struct cx_issued_record record;
    struct cx_issued_build build;
    uint8_t *changed;
    struct cx_tbs tbs;
    size_t at = final.n;

    changed = cx_arena_get(&scratch, final.n, 1);
    memcpy(changed, final.p, final.n);
    while (memcmp(changed + --at, algorithm, sizeof(algorithm)) != 0) {
    }
    changed[at + sizeof(algorithm) - 1] = 3;
    assert_int_equal(cx_tbs_read((cx_span){ changed, final.n }, &scratch, &tbs, NULL).code,
                     CX_E_CERTIFICATE);
    cx_issued_build_init(&build);
    cx_issued_begin(&build, 1, &record);
    assert_true(cx_ok(cx_issued_take_der(&build, (cx_span){ changed, final.n }, &record)));
    assert_int_equal(record.fate, CX_FATE_OBSERVED);
    assert_true(record.changed && contains(record.note, "read by OpenSSL alone"));
    assert_true(has_names(&record.issued, "www.shop.example"));
    assert_true(record.issued.sct_ms == 1795305600123 && record.issued.serial.n == 8);
    assert_true(is_text(record.issued.issuer, "CN=Throw-away CA"));
    cx_issued_build_done(&build);
}

TEST(notes_are_never_cut_unseen)
{
    struct cx_issued_record record;
    struct cx_issued_build build;

    cx_issued_build_init(&build);
    cx_issued_begin(&build, 1, &record);
    for (unsigned i = 0; i < 100; i++) {
        cx_issued_note(&record, "change %u\n", i);
    }
    assert_true(contains(record.note, "change 0?; change 1?; "));
    assert_true(contains(record.note, "; and more"));
    assert_string_equal(record.note + strlen(record.note) - 10, "; and more");
    cx_issued_begin(&build, 2, &record);
    assert_true(!record.changed && record.note[0] == '\0');
    cx_issued_build_done(&build);
}

TEST(serial_without_leading_zeros)
{
    static const struct {
        const char *content, *serial;
    } serials[] = {
        { "00fe", "fe" }, { "00", "00" }, { "0000", "00" }, { "01", "01" }, { "", "" }
    };

    for (size_t i = 0; i < CX_COUNT(serials); i++) {
        struct octets content = octets_of_hex(serials[i].content);
        struct octets serial = octets_of_hex(serials[i].serial);

        ROW_TRUE(cx_span_equal(cx_issued_serial(octets_span(&content)), octets_span(&serial)),
                 serials[i].content);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    CASE(worked_vector),
    CASE(certificates_of_a_ca_are_ignored),
    CASE(pem_with_anything_around_it),
    CASE(pem_as_people_send_it),
    CASE(broken_blocks),
    CASE(der_one_behind_the_other),
    CASE(broken_der),
    CASE(pkcs7_both_ways),
    CASE(lax_certificates),
    CASE(notes_are_never_cut_unseen),
    CASE(serial_without_leading_zeros),
};

TEST_MAIN(tests)

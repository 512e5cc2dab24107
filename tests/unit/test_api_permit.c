#include <caaproof/permit.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "main.h"
#include "pki/digest.h"
#include "sample.h"

static const char *const names[] = { "www.d.test", "*.d.test" };

/* A good request, for one change each. */
struct scene {
    struct sample s;
    struct caap_trust *trust;
    struct caap_permit_request request;
    struct caap_permit_result result;
};

static void
open_scene(struct scene *c)
{
    struct cx_buf buf;
    cx_span permit;

    *c = (struct scene){ .request.size = sizeof(c->request), .result.size = sizeof(c->result) };
    sample_open(&c->s);
    c->trust = caap_trust_new();
    assert_non_null(c->trust);
    cx_buf_init(&buf, 1024);
    cx_note_key_write(&c->s.key, &buf);
    cx_buf_putc(&buf, '\0');
    assert_int_equal(caap_trust_add_key(c->trust, buf.p), CAAP_OK);
    cx_buf_done(&buf);
    permit = sample_permit(&c->s);
    c->request.permit = permit.p;
    c->request.permit_size = permit.n;
    c->request.names = names;
    c->request.n_names = CX_COUNT(names);
    c->request.purpose = "tls";
    c->request.authority = c->s.record.authority.b;
    c->request.now = SAMPLE_TIME + 1;
}

static void
close_scene(struct scene *c)
{
    caap_trust_free(c->trust);
    sample_close(&c->s);
}

static void
expect(struct scene *c, enum caap_permit_error error)
{
    struct caap_permit_verdict verdict =
        caap_permit_verify(c->trust, NULL, &c->request, &c->result);

    if (verdict.error != error) {
        fail_msg("wanted %s, got %s: %s", caap_permit_error_word(error),
                 caap_permit_error_word(verdict.error), c->result.text);
    }
    assert_int_equal(caap_permits(verdict), error == CAAP_PERMIT_OK);
    assert_int_equal(c->result.error, error);
    assert_int_equal(c->result.text[0] == '\0', error == CAAP_PERMIT_OK);
    assert_true(c->result.expires ==
                (error == CAAP_PERMIT_OK ? SAMPLE_TIME + CX_PERMIT_LIFE_S : 0));
}

#define EXPECT(error, ...)                                                                         \
    do {                                                                                           \
        struct scene c;                                                                            \
                                                                                                   \
        open_scene(&c);                                                                            \
        __VA_ARGS__;                                                                               \
        expect(&c, error);                                                                         \
        close_scene(&c);                                                                           \
    } while (0)

TEST(permits_what_was_checked)
{
    struct scene c;

    open_scene(&c);
    expect(&c, CAAP_PERMIT_OK);
    assert_true(c.result.checked == SAMPLE_TIME);
    c.request.request_id = "request 7";
    c.request.own = c.s.own.b;
    c.request.profile = "tls-br";
    c.request.life = 900;
    c.request.accounts = (const char *const[]){ "https://ca.example.net/acct/1" };
    c.request.n_accounts = 1;
    c.request.methods = (const char *const[]){ "dns-01" };
    c.request.n_methods = 1;
    expect(&c, CAAP_PERMIT_OK);
    close_scene(&c);
}

TEST(passes_on_every_member)
{
    static const char *const one[] = { "another" };

    EXPECT(CAAP_PERMIT_E_NAME_EXTRA, c.request.n_names = 1);
    EXPECT(CAAP_PERMIT_E_NAME, c.request.names = (const char *const[]){ "a..b", "d.test" });
    EXPECT(CAAP_PERMIT_E_AUTHORITY, c.request.authority = c.s.own.b);
    EXPECT(CAAP_PERMIT_E_OWN, c.request.own = c.s.record.authority.b);
    EXPECT(CAAP_PERMIT_E_REQUEST, c.request.request_id = "request 8");
    EXPECT(CAAP_PERMIT_E_PURPOSE, c.request.purpose = "smime");
    EXPECT(CAAP_PERMIT_E_PURPOSE, c.request.purpose = "tls+smime");
    EXPECT(CAAP_PERMIT_E_PURPOSE, c.request.purpose = "vmc");
    EXPECT(CAAP_PERMIT_E_PROFILE, c.request.profile = "private");
    EXPECT(CAAP_PERMIT_E_ACCOUNT, c.request.accounts = one; c.request.n_accounts = 1);
    EXPECT(CAAP_PERMIT_E_METHOD, c.request.methods = one; c.request.n_methods = 1);
    EXPECT(CAAP_PERMIT_E_EXPIRY, c.request.life = 899);
    EXPECT(CAAP_PERMIT_E_EXPIRED, c.request.now = SAMPLE_TIME + CX_PERMIT_LIFE_S);
    EXPECT(CAAP_PERMIT_E_FUTURE, c.request.now = SAMPLE_TIME - 60);
    EXPECT(CAAP_PERMIT_E_CLOCK, c.request.now = 0);
    EXPECT(CAAP_PERMIT_E_SYNTAX, c.request.permit_size = 0);
    EXPECT(CAAP_PERMIT_E_NO_NAMES, c.request.n_names = 0);
    EXPECT(CAAP_PERMIT_E_CERTIFICATE, c.request.names = NULL;
           c.request.certificate = c.request.permit; c.request.certificate_size = 10);
    EXPECT(CAAP_PERMIT_E_LOG, caap_trust_free(c.trust); c.trust = caap_trust_new());
}

/* The permit of a check of which one name had that verdict. */
static void
sign_with(struct scene *c, enum cx_verdict verdict)
{
    struct cx_record_conclusion *k = &c->s.record.conclusion;
    cx_span permit;

    c->s.findings[0].verdict = verdict;
    k->verdict = cx_verdict_worse(k->verdict, verdict);
    k->expires = cx_verdict_positive(k->verdict) ? k->expires : CX_TIME_NONE;
    permit = sample_permit(&c->s);
    c->request.permit = permit.p;
    c->request.permit_size = permit.n;
}

TEST(accepts_what_the_flags_say)
{
    const uint32_t lf = CAAP_ACCEPT_LOOKUP_FAILURE, exempt = CAAP_ACCEPT_EXEMPT;

    EXPECT(CAAP_PERMIT_E_LOOKUP_FAILURE, sign_with(&c, CX_VERDICT_PERMIT_LF));
    EXPECT(CAAP_PERMIT_E_LOOKUP_FAILURE, sign_with(&c, CX_VERDICT_PERMIT_LF);
           c.request.flags = exempt);
    EXPECT(CAAP_PERMIT_OK, sign_with(&c, CX_VERDICT_PERMIT_LF); c.request.flags = lf);
    EXPECT(CAAP_PERMIT_E_EXEMPT, sign_with(&c, CX_VERDICT_EXEMPT); c.request.flags = lf);
    EXPECT(CAAP_PERMIT_OK, sign_with(&c, CX_VERDICT_EXEMPT); c.request.flags = exempt);
    EXPECT(CAAP_PERMIT_E_VERDICT, sign_with(&c, CX_VERDICT_DENY); c.request.flags = lf | exempt);
}

TEST(refuses_requests_that_make_no_sense)
{
    static const char *const with_null[] = { "www.d.test", NULL };

    EXPECT(CAAP_PERMIT_E_USAGE, c.request.size = 0);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.size--);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.size = SIZE_MAX);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.permit = NULL);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.authority = NULL);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.names = NULL);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.certificate = c.request.permit);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.names = with_null);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.n_names = CX_NAMES_MAX + 1);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.purpose = NULL);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.purpose = "TLS");
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.purpose = "");
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.profile = "");
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.profile = "public");
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.request_id = "");
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.n_accounts = 1);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.n_methods = 1);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.flags = 4);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.now = -1);
    EXPECT(CAAP_PERMIT_E_USAGE, c.request.now = INT64_MAX);
}

TEST(refuses_what_is_not_there)
{
    struct scene c;

    open_scene(&c);
    assert_int_equal(caap_permit_verify(NULL, NULL, &c.request, NULL).error, CAAP_PERMIT_E_USAGE);
    assert_int_equal(caap_permit_verify(c.trust, NULL, NULL, NULL).error, CAAP_PERMIT_E_USAGE);
    assert_int_equal(caap_permit_verify(c.trust, NULL, &c.request, NULL).error, CAAP_PERMIT_OK);
    close_scene(&c);
}

/* A program that was built with a later header; what it left zero it did not ask for. */
TEST(refuses_members_that_it_does_not_know)
{
    struct scene c;
    struct {
        struct caap_permit_request request;
        uint64_t later;
    } longer;

    open_scene(&c);
    longer.request = c.request;
    longer.request.size = sizeof(longer);
    longer.later = 0;
    assert_int_equal(caap_permit_verify(c.trust, NULL, &longer.request, NULL).error,
                     CAAP_PERMIT_OK);
    longer.later = (uint64_t)1 << 56;
    assert_int_equal(caap_permit_verify(c.trust, NULL, &longer.request, NULL).error,
                     CAAP_PERMIT_E_USAGE);
    close_scene(&c);
}

/* A program that was built with an earlier one has a shorter result. */
TEST(writes_no_more_of_a_result_than_there_is)
{
    static const size_t sizes[] = { 0, sizeof(size_t), offsetof(struct caap_permit_result, text),
                                    sizeof(struct caap_permit_result) };

    for (size_t i = 0; i < CX_COUNT(sizes); i++) {
        struct scene c;
        uint8_t octets[sizeof(struct caap_permit_result)];
        struct caap_permit_result result;

        open_scene(&c);
        memset(&result, 0x5a, sizeof(result));
        result.size = sizes[i];
        memcpy(octets, &result, sizeof(octets));
        assert_true(caap_permits(caap_permit_verify(c.trust, NULL, &c.request, &result)));
        assert_true(sizes[i] <= sizeof(size_t) || result.error == CAAP_PERMIT_OK);
        for (size_t k = sizes[i] < sizeof(size_t) ? sizeof(size_t) : sizes[i]; k < sizeof(octets);
             k++) {
            assert_int_equal(((const uint8_t *)&result)[k], octets[k]);
        }
        close_scene(&c);
    }
}

TEST(zeroed_memory_permits_nothing)
{
    struct caap_permit_verdict verdict;
    struct caap_permit_result result;

    memset(&verdict, 0, sizeof(verdict));
    memset(&result, 0, sizeof(result));
    assert_false(caap_permits(verdict));
    assert_int_equal(result.error, CAAP_PERMIT_UNVERIFIED);
    assert_true(CAAP_PERMIT_OK != 0 && CAAP_PERMIT_OK != 1);
    for (int i = -1; i < 1000; i++) {
        verdict.error = (enum caap_permit_error)i;
        assert_false(caap_permits(verdict));
    }
}

TEST(errors_have_words)
{
    size_t known = 0;

    for (int i = 0; i < 1000; i++) {
        known += strcmp(caap_permit_error_word((enum caap_permit_error)i), "unknown") != 0;
    }
    assert_int_equal(known, 4 + CX_PERMIT_FAULTS - 1); /* unverified, usage, memory, internal */
    assert_string_equal(caap_permit_error_word(CAAP_PERMIT_OK), "ok");
    assert_string_equal(caap_permit_error_word(CAAP_PERMIT_UNVERIFIED), "unverified");
    assert_string_equal(caap_permit_error_word(CAAP_PERMIT_E_NAME_MISSING), "name-missing");
    assert_string_equal(caap_permit_error_word(CAAP_PERMIT_E_EXPIRY), "expiry");
}

/* ---- trust */

TEST(takes_keys_of_logs_alone)
{
    struct caap_trust *trust = caap_trust_new();
    struct cx_ed25519_key *unused;
    struct cx_note_key log = sample_key("log.example", 1, &unused), witness;
    struct cx_buf buf;

    cx_ed25519_free(unused);
    cx_buf_init(&buf, 1024);
    assert_true(cx_ok(cx_note_key_make(CX_STR("log.example"), CX_NOTE_KEY_COSIGNATURE,
                                       log.public_key, &witness, NULL)));
    cx_note_key_write(&witness, &buf);
    cx_buf_putc(&buf, '\0');
    assert_int_equal(caap_trust_add_key(trust, buf.p), CAAP_E_MALFORMED);
    cx_buf_clear(&buf);
    cx_note_key_write(&log, &buf);
    cx_buf_putc(&buf, '\0');
    for (size_t i = 0; i < CX_TRUST_KEYS_MAX; i++) {
        assert_int_equal(caap_trust_add_key(trust, buf.p), CAAP_OK);
    }
    assert_int_equal(caap_trust_add_key(trust, buf.p), CAAP_E_LIMIT);
    assert_int_equal(caap_trust_add_key(NULL, buf.p), CAAP_E_USAGE);
    caap_trust_free(trust);
    trust = caap_trust_new();
    assert_int_equal(caap_trust_add_key(trust, NULL), CAAP_E_USAGE);
    assert_int_equal(caap_trust_add_key(trust, ""), CAAP_E_MALFORMED);
    buf.p[strlen("log.example+")] ^= 1; /* the key's id */
    assert_int_equal(caap_trust_add_key(trust, buf.p), CAAP_E_MALFORMED);
    caap_trust_free(trust);
    caap_trust_free(NULL);
    cx_buf_done(&buf);
}

TEST(remembers_in_a_context)
{
    struct scene c;
    struct caap_context *context = caap_context_new();

    open_scene(&c);
    assert_non_null(context);
    for (int i = 0; i < 3; i++) {
        assert_true(caap_permits(caap_permit_verify(c.trust, context, &c.request, NULL)));
    }
    c.request.now += CX_PERMIT_LIFE_S; /* remembered is not permitted */
    assert_int_equal(caap_permit_verify(c.trust, context, &c.request, NULL).error,
                     CAAP_PERMIT_E_EXPIRED);
    caap_context_free(context);
    caap_context_free(NULL);
    close_scene(&c);
}

TEST(knows_an_authority_by_its_key)
{
    struct scene c;
    uint8_t got[CAAP_HASH_SIZE], before[CAAP_HASH_SIZE];

    open_scene(&c);
    assert_int_equal(caap_authority_of(c.s.authority_key, sizeof(c.s.authority_key), got), CAAP_OK);
    assert_memory_equal(got, c.s.record.authority.b, CAAP_HASH_SIZE);
    memcpy(before, got, sizeof(got));
    assert_int_equal(caap_authority_of(c.s.authority_key, sizeof(c.s.authority_key) - 1, got),
                     CAAP_E_MALFORMED);
    assert_int_equal(caap_authority_of(c.s.authority_key, 0, got), CAAP_E_MALFORMED);
    assert_int_equal(caap_authority_of(NULL, 1, got), CAAP_E_USAGE);
    assert_int_equal(caap_authority_of(c.s.authority_key, 1, NULL), CAAP_E_USAGE);
    assert_memory_equal(got, before, sizeof(got)); /* untouched */
    close_scene(&c);
}

TEST(knows_issuer_domain_names_by_their_hash)
{
    static const char *const one[] = { "CA.example.net" };
    static const char *const several[] = { "ca.example.org", "ca.example.net", "CA.example.org" };
    static const char *const sorted[] = { "ca.example.net", "ca.example.org" };
    static const char *const wrong[] = { "ca.example.net", NULL }, *const empty[] = { "" };
    uint8_t a[CAAP_HASH_SIZE], b[CAAP_HASH_SIZE];
    struct scene c;

    open_scene(&c);
    assert_int_equal(caap_own_of(one, 1, a), CAAP_OK);
    assert_memory_equal(a, c.s.own.b, CAAP_HASH_SIZE);
    assert_int_equal(caap_own_of(several, 3, a), CAAP_OK);
    assert_int_equal(caap_own_of(sorted, 2, b), CAAP_OK);
    assert_memory_equal(a, b, CAAP_HASH_SIZE);
    assert_memory_not_equal(a, c.s.own.b, CAAP_HASH_SIZE);
    assert_int_equal(caap_own_of(wrong, 2, a), CAAP_E_USAGE);
    assert_int_equal(caap_own_of(empty, 1, a), CAAP_E_USAGE);
    assert_int_equal(caap_own_of(one, 0, a), CAAP_E_USAGE);
    assert_int_equal(caap_own_of(NULL, 1, a), CAAP_E_USAGE);
    assert_int_equal(caap_own_of(one, 1, NULL), CAAP_E_USAGE);
    assert_int_equal(caap_own_of(one, CX_ISSUERS_MAX + 1, a), CAAP_E_USAGE);
    assert_memory_equal(a, b, CAAP_HASH_SIZE); /* untouched */
    (void)cx_alloc_fail_nth(1);
    assert_int_equal(caap_own_of(one, 1, a), CAAP_E_NOMEM);
    (void)cx_alloc_fail_nth(0);
    close_scene(&c);
}

TEST(survives_every_oom)
{
    struct scene c;

    open_scene(&c);
    for (size_t nth = 1;; nth++) {
        struct caap_permit_verdict verdict;
        size_t seen;

        (void)cx_alloc_fail_nth(nth);
        verdict = caap_permit_verify(c.trust, NULL, &c.request, &c.result);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) {
            assert_true(caap_permits(verdict) && nth > 1);
            break;
        }
        assert_false(caap_permits(verdict));
        assert_int_equal(c.result.error, verdict.error);
    }
    for (size_t nth = 1; nth <= 2; nth++) {
        (void)cx_alloc_fail_nth(nth);
        assert_null(caap_context_new());
    }
    (void)cx_alloc_fail_nth(1);
    assert_null(caap_trust_new());
    (void)cx_alloc_fail_nth(0);
    close_scene(&c);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(permits_what_was_checked),
    cmocka_unit_test(passes_on_every_member),
    cmocka_unit_test(accepts_what_the_flags_say),
    cmocka_unit_test(refuses_requests_that_make_no_sense),
    cmocka_unit_test(refuses_what_is_not_there),
    cmocka_unit_test(refuses_members_that_it_does_not_know),
    cmocka_unit_test(writes_no_more_of_a_result_than_there_is),
    cmocka_unit_test(zeroed_memory_permits_nothing),
    cmocka_unit_test(errors_have_words),
    cmocka_unit_test(takes_keys_of_logs_alone),
    cmocka_unit_test(remembers_in_a_context),
    cmocka_unit_test(knows_an_authority_by_its_key),
    cmocka_unit_test(knows_issuer_domain_names_by_their_hash),
    cmocka_unit_test(survives_every_oom),
};

TEST_MAIN(tests)

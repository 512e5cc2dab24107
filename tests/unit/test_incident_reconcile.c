/* TEST R-PRF-1 R-PRF-10: which permit is good for which certificate, which check is near, and that a permit serves one. */
#include "base/alloc.h"
#include "base/limits.h"
#include "incident/reconcile_priv.h"
#include "incident/sightings.h"
#include "main.h"
#include "sample.h"

/* ---- sightings */

static struct cx_sighting
one_of(const struct cx_sightings *s, uint64_t key, size_t i)
{
    size_t n;
    const struct cx_sighting *v = cx_sightings_of(s, key, &n);

    assert_true(i < n);
    return v[i];
}

TEST(before_and_after)
{
    struct cx_sightings s = { .v = NULL };
    size_t n;

    assert_true(cx_ok(cx_sightings_add(&s, 7, 100, 1)));
    assert_true(cx_ok(cx_sightings_add(&s, 9, 50, 2)));
    assert_true(cx_ok(cx_sightings_add(&s, 7, 90, 0)));
    assert_true(cx_ok(cx_sightings_sort(&s)));
    assert_null(cx_sightings_of(&s, 8, &n));
    assert_int_equal(n, 0);
    cx_sightings_pass(&s, 8, 1, 1); /* nobody's */
    cx_sightings_pass(&s, 7, 80, 2);
    cx_sightings_pass(&s, 7, 90, 3); /* in the same second counts as before */
    cx_sightings_pass(&s, 7, 101, 4);
    cx_sightings_pass(&s, 7, 200, 5);
    cx_sightings_pass(&s, 9, 40, 6);
    cx_sightings_end(&s);
    assert_int_equal(one_of(&s, 7, 0).certificate, 0);
    assert_int_equal(one_of(&s, 7, 0).before, 3);
    assert_int_equal(one_of(&s, 7, 0).after, 4);
    assert_int_equal(one_of(&s, 7, 1).before, 3);
    assert_int_equal(one_of(&s, 7, 1).after, 4);
    assert_int_equal(one_of(&s, 9, 0).before, 6);
    assert_int_equal(one_of(&s, 9, 0).after, 0);
    cx_sightings_done(&s);
}

TEST(no_sightings)
{
    struct cx_sightings s = { .v = NULL };
    size_t n;

    assert_true(cx_ok(cx_sightings_sort(&s)));
    assert_null(cx_sightings_of(&s, 0, &n));
    cx_sightings_pass(&s, 0, 1, 1);
    cx_sightings_end(&s);
    cx_sightings_done(&s);
}

/* Against a look at every check for every certificate. */
TEST(sightings_agree_with_a_slow_search)
{
    enum {
        N = 300,
        CHECKS = 500,
        KEYS = 7
    };
    struct cx_sightings s = { .v = NULL };
    uint64_t seed = 1;
    cx_time moments[CHECKS];
    uint64_t keys[CHECKS];

    for (uint32_t i = 0; i < N; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        assert_true(
            cx_ok(cx_sightings_add(&s, (seed >> 33) % KEYS, (cx_time)((seed >> 40) % 999), i)));
    }
    assert_true(cx_ok(cx_sightings_sort(&s)));
    for (size_t k = 0; k < CHECKS; k++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        moments[k] = (cx_time)(2 * k);
        keys[k] = (seed >> 33) % KEYS;
        cx_sightings_pass(&s, keys[k], moments[k], k + 1);
    }
    cx_sightings_end(&s);
    for (size_t i = 0; i < s.n; i++) {
        uint64_t before = 0, after = 0;

        for (size_t k = 0; k < CHECKS; k++) {
            if (keys[k] == s.v[i].key) {
                before = moments[k] <= s.v[i].signed_at ? k + 1 : before;
                after = moments[k] > s.v[i].signed_at && after == 0 ? k + 1 : after;
            }
        }
        assert_int_equal(s.v[i].before, before);
        assert_int_equal(s.v[i].after, after);
    }
    cx_sightings_done(&s);
}

TEST(sightings_out_of_memory)
{
    for (size_t nth = 1; nth < 4; nth++) {
        struct cx_sightings s = { .v = NULL };
        cx_status status;

        (void)cx_alloc_fail_nth(nth);
        status = cx_sightings_add(&s, 1, 1, 1);
        if (cx_ok(status)) {
            status = cx_sightings_sort(&s);
        }
        (void)cx_alloc_fail_nth(0);
        assert_int_equal(status.code, CX_E_NOMEM);
        cx_sightings_done(&s);
    }
}

/* ---- one permit, one certificate */

static size_t
shared(struct cx_permit_use *uses, size_t n, uint32_t **other)
{
    size_t ret;

    assert_true(cx_ok(cx_permits_share(uses, n, other, &ret)));
    return ret;
}

TEST(sharing)
{
    /* place, until, signed_at, certificate */
    struct cx_permit_use one[] = { { 1, 100, 60, 8 }, { 1, 100, 50, 7 } };
    struct cx_permit_use two[] = { { 1, 100, 50, 7 }, { 2, 60, 50, 7 }, { 1, 100, 70, 8 } };
    struct cx_permit_use three[] = {
        { 1, 100, 50, 7 }, { 1, 100, 51, 8 }, { 2, 90, 51, 8 }, { 2, 90, 52, 9 }
    };
    uint32_t *other;

    assert_int_equal(shared(one, 2, &other), 1);
    assert_int_equal(one[0].certificate, 8);
    assert_int_equal(other[0], 7);
    cx_free(other);
    assert_int_equal(shared(two, 3, &other),
                     0); /* 7 takes the one that ends first and leaves the other */
    cx_free(other);
    assert_int_equal(shared(three, 4, &other), 1);
    assert_int_equal(three[0].certificate, 9);
    assert_int_equal(other[0], 8);
    cx_free(other);
    assert_int_equal(shared(one, 0, &other), 0);
    cx_free(other);
}

TEST(sharing_out_of_memory)
{
    struct cx_permit_use one[] = { { 1, 100, 50, 7 } };

    for (size_t nth = 1; nth < 4; nth++) {
        uint32_t *other = NULL;
        size_t n = 99;

        (void)cx_alloc_fail_nth(nth);
        assert_int_equal(cx_permits_share(one, 1, &other, &n).code, CX_E_NOMEM);
        (void)cx_alloc_fail_nth(0);
        assert_null(other);
        assert_int_equal(n, 99);
    }
}

/* ---- what is good */

static struct desk {
    struct sample sample;
    struct cx_arena arena;
    cx_str names[4];
    struct cx_certificate certificate;
    struct cx_reconcile_options options;
    struct cx_assessment got;
} d;

static void
desk_open(void)
{
    d = (struct desk){ .names = { CX_STR("*.d.test"), CX_STR("WWW.d.test") } };
    sample_open(&d.sample);
    cx_arena_init(&d.arena, CX_CHECK_MEMORY);
    d.certificate.precertificate_signed_at = CX_TIME_NONE;
    d.certificate.issued = (struct cx_issued){
        .names = d.names, .n_names = 2, .not_before = CX_TIME_NONE, .signed_at = SAMPLE_TIME + 9
    };
    d.options = (struct cx_reconcile_options){ .has_authority = true,
                                               .authority = d.sample.record.authority,
                                               .precertificate = true };
}

static void
desk_close(void)
{
    cx_arena_done(&d.arena);
    sample_close(&d.sample);
}

static uint32_t
assessed(void)
{
    struct cx_reconcile_subject subject;

    assert_true(cx_ok(cx_reconcile_subject_of(&d.certificate, &d.options, &d.arena, &subject)));
    assert_true(
        cx_ok(cx_reconcile_assess(&d.sample.record, &subject, &d.options, &d.arena, &d.got)));
    return d.got.reasons;
}

/* Each change by itself, and what is found then. */
#define EXPECT(wanted, change)                                                                     \
    do {                                                                                           \
        desk_open();                                                                               \
        {                                                                                          \
            change;                                                                                \
        }                                                                                          \
        assert_int_equal(assessed(), wanted);                                                      \
        desk_close();                                                                              \
    } while (0)
#define BIT(name) CX_RECONCILE_BIT(CX_RECONCILE_##name)

TEST(good)
{
    EXPECT(0u, (void)d);
    EXPECT(0u, d.options.has_authority = false);
    EXPECT(0u, d.certificate.issued.signed_at = SAMPLE_TIME);
    EXPECT(0u, d.certificate.issued.signed_at = d.sample.record.conclusion.expires - 1);
    EXPECT(0u, d.certificate.issued.signed_at = SAMPLE_TIME - 60; d.options.skew_s = 60);
    EXPECT(0u, d.options.purposes = CX_PURPOSE_BIT(CX_PURPOSE_TLS));
}

TEST(not_good)
{
    EXPECT(BIT(NAMES), d.certificate.issued.n_names = 1);
    EXPECT(BIT(NAMES), d.names[1] = CX_STR("w.d.test"));
    EXPECT(BIT(NAMES), d.names[2] = CX_STR("d.test"); d.certificate.issued.n_names = 3);
    EXPECT(BIT(NAMES), d.names[0] = CX_STR("d.test"));
    EXPECT(BIT(AUTHORITY), d.options.authority.b[0] ^= 1);
    EXPECT(BIT(AUTHORITY), d.sample.record.has_authority = false);
    EXPECT(BIT(AUTHORITY), d.sample.record.has_authority = false; d.options.has_authority = false);
    EXPECT(BIT(PURPOSE), d.options.purposes = CX_PURPOSE_BIT(CX_PURPOSE_SMIME));
    EXPECT(BIT(VERDICT), d.sample.findings[1].verdict = CX_VERDICT_DENY);
    EXPECT(BIT(VERDICT), d.sample.record.conclusion.verdict = CX_VERDICT_UNSET);
    EXPECT(BIT(VERDICT), d.sample.record.conclusion.verdict = CX_VERDICT_PERMIT_LF);
    EXPECT(0u, d.sample.record.conclusion.verdict = CX_VERDICT_PERMIT_LF;
           d.options.accept_lf = true);
    EXPECT(BIT(NO_EXPIRY), d.sample.record.conclusion.expires = CX_TIME_NONE);
    EXPECT(BIT(NO_EXPIRY), d.sample.record.is_shadow = true);
    EXPECT(BIT(CORROBORATION), d.sample.record.corroboration.kind = CX_CORROBORATION_NONE);
    EXPECT(BIT(REFUSED), d.sample.record.conclusion.hypothetical = true);
    EXPECT(BIT(REFUSED), d.options.life_s = 1);
    EXPECT(BIT(REFUSED), d.options.profile = CX_PROFILE_PRIVATE);
    EXPECT(BIT(BEFORE_CHECK), d.certificate.issued.signed_at = SAMPLE_TIME - 1);
    EXPECT(BIT(BEFORE_CHECK), d.certificate.issued.signed_at = SAMPLE_TIME - 61;
           d.options.skew_s = 60);
    EXPECT(BIT(AFTER_EXPIRY), d.certificate.issued.signed_at = d.sample.record.conclusion.expires);
    EXPECT(BIT(PARTIAL), d.certificate.issued.names_partial = true);
    EXPECT(BIT(NAME) | BIT(NAMES), d.names[1] = CX_STR("\x1b[31m.d.test"));
}

TEST(what_became_of_a_permit)
{
    const struct cx_reconcile_options claims = { .claims_required = true }, none = { .life_s = 0 };

    assert_int_equal(cx_reconcile_fate(false, false, &none), 0);
    assert_int_equal(cx_reconcile_fate(false, true, &claims), 0);
    assert_int_equal(cx_reconcile_fate(false, false, &claims), BIT(NOT_CLAIMED));
    assert_int_equal(cx_reconcile_fate(true, true, &claims), BIT(LATE));
    assert_int_equal(cx_reconcile_fate(true, false, &none), BIT(LATE));
}

TEST(no_moment_and_no_names)
{
    struct cx_reconcile_subject subject;

    desk_open();
    d.certificate.issued.signed_at = CX_TIME_NONE;
    assert_true(cx_ok(cx_reconcile_subject_of(&d.certificate, &d.options, &d.arena, &subject)));
    assert_int_equal(subject.reasons, BIT(NO_MOMENT));
    d.certificate.issued.n_names = 0;
    assert_true(cx_ok(cx_reconcile_subject_of(&d.certificate, &d.options, &d.arena, &subject)));
    assert_int_equal(subject.reasons, BIT(NO_MOMENT) | BIT(NAME));
    desk_close();
}

TEST(how_far_apart)
{

    desk_open();
    d.names[0] = CX_STR("d.test"); /* of *.d.test another form */
    d.names[2] = CX_STR("w.d.test");
    d.certificate.issued.n_names = 3;
    (void)assessed();
    assert_int_equal(d.got.names.n_common, 1);
    assert_int_equal(d.got.names.n_missing, 2);
    assert_int_equal(d.got.names.n_other_kind, 1);
    assert_int_equal(d.got.names.n_extra, 1);
    assert_true(cx_str_equal(d.got.names.missing[0], CX_STR("d.test")));
    assert_true(cx_str_equal(d.got.names.missing[1], CX_STR("w.d.test")));
    assert_true(cx_str_equal(d.got.names.extra[0], CX_STR("*.d.test")));
    desk_close();
}

TEST(nearer)
{
    const struct cx_assessment exact = { .in_time = false, .reasons = 3, .distance = 900 };
    const struct cx_assessment in_time = { .in_time = true,
                                           .reasons = 7,
                                           .names = { .n_missing = 3 } };
    const struct cx_assessment closer = { .in_time = true,
                                          .reasons = 7,
                                          .names = { .n_extra = 1 } };
    const struct cx_assessment less = { .reasons = 4, .distance = 5000 };

    assert_true(cx_assessment_nearer(&exact, &in_time));
    assert_false(cx_assessment_nearer(&in_time, &exact));
    assert_true(cx_assessment_nearer(&closer, &in_time));
    assert_true(cx_assessment_nearer(&less, &exact));
    assert_false(cx_assessment_nearer(&less, &less));
}

TEST(words)
{
    assert_string_equal(cx_reconcile_word(CX_RECONCILE_NO_RECORD), "no-record");
    for (unsigned i = 0; i < CX_RECONCILE_REASONS; i++) {
        assert_true(cx_reconcile_sentence((enum cx_reconcile_reason)i)[0] != '\0');
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(before_and_after),
    cmocka_unit_test(no_sightings),
    cmocka_unit_test(sightings_agree_with_a_slow_search),
    cmocka_unit_test(sightings_out_of_memory),
    cmocka_unit_test(sharing),
    cmocka_unit_test(sharing_out_of_memory),
    cmocka_unit_test(good),
    cmocka_unit_test(not_good),
    cmocka_unit_test(what_became_of_a_permit),
    cmocka_unit_test(no_moment_and_no_names),
    cmocka_unit_test(how_far_apart),
    cmocka_unit_test(nearer),
    cmocka_unit_test(words),
};

TEST_MAIN(tests)

/* Reconciliation of certificates with a log beside a slow one that tries every check for every certificate; and short of memory.
 * TEST R-PRF-1 */
#include "base/alloc.h"
#include "base/limits.h"
#include "incident/reconcile_judge.h"
#include "logs.h"
#include "main.h"
#include "sample.h"

#include <stdio.h>

#define CHECKS       160
#define CERTIFICATES 120
#define BEGIN        ((cx_time)(TEST_CLOCK_MS / 1000))

static uint64_t seed;

static uint64_t
below(uint64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

struct world {
    struct test_log log;
    struct sample samples[CHECKS];
    bool late[CHECKS], claimed[CHECKS];
    struct cx_certificate certificates[CERTIFICATES];
    cx_str names[CERTIFICATES][4];
    uint8_t serials[CERTIFICATES][2];
    char path[SCRATCH_PATH];
    struct cx_certificates *file;
    struct cx_log_reader *reader;
    struct cx_hash authority;
    struct cx_reconcile_options options;
    /* What was found. */
    uint32_t reasons[CERTIFICATES]; /* 0: with */
    struct cx_log_place nearest[CERTIFICATES];
    uint64_t shared;
};

static struct world w;

static const struct {
    const char *text;
    enum cx_record_name_kind kind;
    const char *bare;
} pool[] = {
    { "a.test", CX_RECORD_NAME_DNS, "a.test" },
    { "*.a.test", CX_RECORD_NAME_WILDCARD, "a.test" },
    { "b.test", CX_RECORD_NAME_DNS, "b.test" },
    { "192.0.2.1", CX_RECORD_NAME_IP, "192.0.2.1" },
};

/* Some of the pool, as bits; one at least. */
static unsigned
some_names(void)
{
    return 1 + (unsigned)below((1u << CX_COUNT(pool)) - 2);
}

static void
make_check(struct sample *s, uint64_t i)
{
    cx_time at = BEGIN + (cx_time)(i * 60);
    unsigned names = some_names();

    sample_open(s);
    w.authority = s->record.authority;
    s->record.n_names = 0;
    for (size_t k = 0; k < CX_COUNT(pool); k++) {
        if ((names >> k & 1) != 0) {
            sample_add_name(s, pool[k].kind, pool[k].bare);
        }
    }
    s->record.time_ms = (uint64_t)at * 1000 + i;
    s->record.date = at;
    s->record.conclusion.valid_until = at + CX_WINDOW_S;
    s->record.conclusion.expires = at + 60 + (cx_time)below(840);
    s->record.corroboration.n_used = s->record.corroboration.n_agreed = 5;
    for (size_t k = 0; k < s->record.n_names; k++) {
        s->findings[k].valid_until = at + CX_WINDOW_S;
    }
    if (below(4) == 0) {
        s->findings[0].verdict = s->record.conclusion.verdict = CX_VERDICT_DENY;
        s->findings[0].valid_until = s->record.conclusion.valid_until =
            s->record.conclusion.expires = CX_TIME_NONE;
    } else if (below(6) == 0) { /* for another issuing key */
        s->record.authority.b[0] ^= 1;
    }
}

static void
append_check(struct sample *s, uint64_t i)
{
    cx_str names[CX_COUNT(pool)];
    struct cx_log_keys keys = { .names = names };
    uint64_t index;

    make_check(s, i);
    for (size_t k = 0; k < s->record.n_names; k++) {
        assert_true(cx_ok(cx_permit_name_text(&s->names[k], &s->arena, &names[keys.n_names++])));
    }
    assert_true(cx_ok(cx_log_append(w.log.log, CX_ENTRY_CHECK, s->record.time_ms, sample_record(s),
                                    &keys, &index, NULL)));
    assert_true(index > i); /* behind the beginning */
}

/* What became of the permit of the check that was put last: not of all, and of some in time only. */
static void
append_fate(uint64_t i)
{
    struct cx_event event = { .type = CX_EVENT_LATE, .has_about = true };

    memcpy(event.about.b, cx_log_last(w.log.log)->digest, CX_HASH_SIZE);
    w.log.clock_ms = w.samples[i].record.time_ms;
    w.late[i] = below(5) == 0;
    w.claimed[i] = below(2) == 0;
    if (w.late[i]) {
        test_log_append_event(&w.log, event);
    }
    if (w.claimed[i]) {
        event.type = CX_EVENT_CLAIM;
        test_log_append_event(&w.log, event);
    }
}

/* Of which nothing follows for any certificate: a start, and an event with a certificate, at the time of the last check. */
static void
append_events(uint64_t i)
{
    char id[20];

    (void)snprintf(id, sizeof(id), "s-%llu", (unsigned long long)i);
    w.log.clock_ms = w.samples[i].record.time_ms;
    test_log_append_start(&w.log, id);
    test_log_put_certificate(&w.log, (unsigned)i);
    test_log_append_event(&w.log,
                          (struct cx_event){ .type = CX_EVENT_ISSUANCE,
                                             .has_about = true,
                                             .has_certificate = true,
                                             .certificate = test_certificate((unsigned)i) });
}

static void
make_certificate(size_t i)
{
    unsigned names = some_names();
    struct cx_issued *issued = &w.certificates[i].issued;

    w.serials[i][0] = (uint8_t)(1 + i / 100);
    w.serials[i][1] = (uint8_t)(i % 100);
    *issued = (struct cx_issued){
        .names = w.names[i],
        .serial = { w.serials[i], 2 },
        .issuer = CX_STR("CN=a"),
        .not_before = CX_TIME_NONE,
        .not_after = CX_TIME_NONE,
        .signed_at = BEGIN + (cx_time)below(CHECKS * 60 + 2000) - 500,
        .revoked_at = CX_TIME_NONE,
        .aware = CX_TIME_NONE,
        .reason = -1,
    };
    for (size_t k = 0; k < CX_COUNT(pool); k++) {
        if ((names >> k & 1) != 0) {
            w.names[i][issued->n_names++] = cx_str_of(pool[k].text);
        }
    }
}

static void
make_certificates(void)
{
    struct cx_certificates_maker *maker;
    struct cx_certificate_counts counts;

    scratch_join(w.path, w.log.folder, "certificates");
    assert_true(cx_ok(cx_certificates_make(w.path, &maker, NULL)));
    for (size_t i = 0; i < CERTIFICATES; i++) {
        make_certificate(i);
        assert_true(cx_ok(cx_certificates_add(maker, &w.certificates[i].issued, 0, i + 1, NULL)));
    }
    assert_true(cx_ok(cx_certificates_finish(maker, &counts, NULL)));
    cx_certificates_free(maker);
    assert_int_equal(counts.certificates, CERTIFICATES);
    assert_true(cx_ok(cx_certificates_open(w.path, &w.file, NULL)));
}

static void
world_make(uint64_t from)
{
    memset(&w, 0, sizeof(w));
    seed = from;
    test_log_make(&w.log, 0);
    for (uint64_t i = 0; i < CHECKS; i++) {
        append_check(&w.samples[i], i);
        append_fate(i);
        if (from % 2 == 0 && i % 5 == 0) {
            append_events(i);
        }
    }
    test_log_commit(&w.log);
    test_log_close(&w.log);
    make_certificates();
    assert_true(cx_ok(cx_log_reader_open(w.log.store, &w.reader, NULL)));
    w.options.has_authority = true;
    w.options.authority = w.authority;
}

static void
world_remove(void)
{
    cx_log_reader_close(w.reader);
    cx_certificates_close(w.file);
    for (size_t i = 0; i < CHECKS; i++) {
        sample_close(&w.samples[i]);
    }
    test_log_remove(&w.log);
}

static cx_status
visit(void *ctx, const struct cx_reconciled *r, struct cx_detail *detail)
{
    (void)ctx;
    (void)detail;
    if (r->shared) {
        w.shared++;
        return CX_SUCCESS;
    }
    w.reasons[r->position] = r->reasons;
    w.nearest[r->position] = r->nearest.place;
    assert_true((r->reasons & CX_RECONCILE_BIT(r->reason)) != 0);
    return CX_SUCCESS;
}

/* Every check for this certificate. */
static void
try_all(size_t i, bool *ret_good, bool *ret_near)
{
    struct cx_reconcile_subject subject;
    struct cx_arena arena;

    *ret_good = *ret_near = false;
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    assert_true(cx_ok(cx_reconcile_subject_of(&w.certificates[i], &w.options, &arena, &subject)));
    for (size_t k = 0; k < CHECKS; k++) {
        struct cx_assessment a;

        assert_true(
            cx_ok(cx_reconcile_assess(&w.samples[k].record, &subject, &w.options, &arena, &a)));
        a.reasons |= cx_reconcile_fate(w.late[k], w.claimed[k], &w.options);
        *ret_good = *ret_good || a.reasons == 0;
        *ret_near = *ret_near || a.names.n_common != 0;
    }
    cx_arena_done(&arena);
}

TEST(agrees_with_a_slow_one)
{
    uint64_t with = 0;

    for (uint64_t from = 1; from <= 6; from++) {
        struct cx_reconcile_counts counts;

        world_make(from);
        w.options.skew_s = (uint32_t)(from % 2 * 60);
        w.options.strict = from % 3 == 0;
        w.options.claims_required = from % 2 == 0;
        assert_true(cx_ok(cx_reconcile(w.file, w.reader, &w.options, visit, NULL, &counts, NULL)));
        for (size_t i = 0; i < CERTIFICATES; i++) {
            bool good, near;

            try_all(i, &good, &near);
            assert_int_equal(w.reasons[i] == 0, good);
            assert_true(good || (w.nearest[i].shard != 0) == near);
        }
        assert_int_equal(counts.with + counts.without, CERTIFICATES);
        assert_int_equal(counts.checks, CHECKS);
        assert_int_equal(counts.shared, w.shared);
        with += counts.with;
        world_remove();
    }
    assert_true(with > 30 && with < 6 * CERTIFICATES - 30); /* both kinds are there */
}

TEST(every_allocation_may_fail)
{
    struct cx_reconcile_counts counts;
    cx_status s = { CX_E_NOMEM };
    size_t nth;

    world_make(7);
    w.options.strict = true;
    assert_true(cx_ok(cx_reconcile(w.file, w.reader, &w.options, visit, NULL, &counts, NULL)));
    for (nth = 1; !cx_ok(s) && nth < 100000; nth = nth < 400 ? nth + 1 : nth + nth / 9) {
        (void)cx_alloc_fail_nth(nth);
        s = cx_reconcile(w.file, w.reader, &w.options, visit, NULL, &counts, NULL);
        (void)cx_alloc_fail_nth(0);
        assert_true(cx_ok(s) || s.code == CX_E_NOMEM);
    }
    assert_true(cx_ok(s) && nth > 10);
    world_remove();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(agrees_with_a_slow_one),
    cmocka_unit_test(every_allocation_may_fail),
};

TEST_MAIN(tests)

/* Laws of triage in random worlds: certificates, and what archives say about their names. CX_PROPERTY_SEED and
 * CX_PROPERTY_CASES widen the search by hand. TEST R-PRF-4 R-PRF-5 R-PRF-6 */
#include "build.h"
#include "desk.h"
#include "main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES 60
#define NAMES 2

static const char *const names[] = { "www.d.test", "d.test", "test", "b.example", "example" };
static const char *const sets[] = { "0 issue ca.example.net",
                                    "0 issue other.example",
                                    "0 issue ;",
                                    "0 issuewild ca.example.net",
                                    "128 x y",
                                    "0 issue ca.example.net|0 issuewild ;" };
static const char *const dates[] = { "2018-03-01T12:00:00Z", "2022-01-01T12:00:00Z",
                                     "2025-09-01T12:00:00Z", "2026-04-10T12:00:00Z" };
/* Seconds from the signature: windows, moments that are the same, and after it. */
static const int64_t moments[] = { -90000, -86400, -30000, -28801, -28800, -3600, -3590, -600,
                                   -595,   -60,    -59,    -1,     0,      1,     600 };

static uint64_t random_state;

static unsigned
pick(unsigned n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 2685821657736338717u) >> 33) % n;
}

static void
random_observation(struct desk *d)
{
    int64_t seconds = moments[pick(CX_COUNT(moments))];
    struct cx_observation *o =
        desk_seen_by(d, pick(DESK_SOURCES), seconds, names[pick(CX_COUNT(names))]);
    unsigned n = pick(100);

    if (n < 45) {
        desk_set(d, o, pick(3) == 0 ? 86400 : 300, sets[pick(CX_COUNT(sets))]);
    } else if (n < 55) {
        o->outcome = (enum cx_outcome)pick(CX_OUTCOME_ERROR + 1);
        o->outcome = o->outcome == CX_OUTCOME_RECORDS ? CX_OUTCOME_NXDOMAIN : o->outcome;
    }
    if (pick(3) == 0) {
        o->observed = CX_OBSERVED_CHECK;
        o->form = (enum cx_form)pick(3);
        o->claim = (enum cx_claim)pick(4);
    }
    o->grade = (enum cx_grade)(CX_GRADE_A + pick(5));
    o->dnssec = pick(4) == 0 ? CX_DNSSEC_INDETERMINATE : CX_DNSSEC_INSECURE;
}

static void
random_world(struct desk *d)
{
    static const char *const certificates[] = { "www.d.test", "*.d.test", "d.test b.example",
                                                "b.example", "www.d.test *.b.example" };
    unsigned n = pick(14);

    desk_open(d, dates[pick(CX_COUNT(dates))]);
    d->options.proof = pick(4) == 0 ? CX_GRADE_D : CX_GRADE_C;
    for (unsigned i = 0; i < n; i++) {
        random_observation(d);
    }
    if (pick(2) == 0) { /* or hardly anything is ever complete */
        desk_seen_empty(d, -600, names[0]);
    }
    (void)desk_certificate(d, certificates[pick(CX_COUNT(certificates))]);
}

/* What a world comes to. */
struct result {
    enum cx_triage_class class;
    enum cx_name_state states[NAMES];
    size_t n;
};

static void
read_result(struct desk *d, struct result *ret)
{
    *ret = (struct result){ .class = d->t->class, .n = d->t->n_names };
    for (size_t i = 0; i < ret->n; i++) {
        ret->states[i] = d->t->names[i].evidence->state;
    }
}

static void
run(struct desk *d, struct result *ret)
{
    desk_run(d);
    read_result(d, ret);
}

static bool
is_proof(enum cx_name_state state)
{
    return state == CX_NAME_PERMISSIVE || state == CX_NAME_DENIED;
}

/* Of states that prove nothing it does not matter which it is. */
static bool
same(const struct result *a, const struct result *b)
{
    bool ret = a->class == b->class && a->n == b->n;

    for (size_t i = 0; i < a->n && ret; i++) {
        ret = a->states[i] == b->states[i] || (!is_proof(a->states[i]) && !is_proof(b->states[i]));
    }
    return ret;
}

static void
put_world(const struct desk *d, const struct result *before, const struct result *after)
{
    for (size_t i = 0; i < d->n_seen; i++) {
        const struct desk_seen *s = &d->seen[i];
        char name[CX_NAME_TEXT_MAX];

        cx_name_text(s->o.name, name);
        print_message(
            "  %zu: source %u %s %s %s %s %+.3f s ttl %u records %zu grade %s dnssec %d claim %s\n",
            i, s->source, s->o.observed == CX_OBSERVED_CHECK ? "check" : "answer",
            cx_form_word(s->o.form), name,
            s->o.outcome == CX_OUTCOME_UNSET ? "unset" : cx_outcome_word(s->o.outcome),
            (double)(s->o.time_ms - d->signed_at * 1000) / 1000, s->o.ttl, s->o.n_records,
            cx_grade_word(s->o.grade), (int)s->o.dnssec, cx_claim_word(s->o.claim));
    }
    print_message("  names %.*s, proof %s\n", (int)d->issued[0].names[0].n, d->issued[0].names[0].p,
                  cx_grade_word(d->options.proof));
    print_message("  %s", cx_triage_class_word(before->class));
    for (size_t i = 0; i < before->n; i++) {
        print_message(" %s", cx_name_state_word(before->states[i]));
    }
    print_message(" -> %s", cx_triage_class_word(after->class));
    for (size_t i = 0; i < after->n; i++) {
        print_message(" %s", cx_name_state_word(after->states[i]));
    }
    print_message("\n");
}

/* fails, with the world */
#define LAW(met, d, before, after, seed)                                                           \
    do {                                                                                           \
        if (!(met)) {                                                                              \
            print_message("seed %llu\n", (unsigned long long)(seed));                              \
            put_world(d, before, after);                                                           \
            fail_msg("%s", #met);                                                                  \
        }                                                                                          \
    } while (0)

static unsigned
cases(void)
{
    const char *text = getenv("CX_PROPERTY_CASES");

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : CASES;
}

static uint64_t
seed_of(unsigned i)
{
    const char *text = getenv("CX_PROPERTY_SEED");
    uint64_t seed = (text != NULL ? strtoull(text, NULL, 10) : 1) * 1000003 + i;

    random_state = seed * 0x9e3779b97f4a7c15u + 1;
    return seed;
}

/* ---- laws */

/* A deny or a set that is not the one before, an empty answer where there was a set or the other way round: whatever says
 * something else than what was there can contradict. */
static bool
can_contradict(const struct cx_observation *o)
{
    return o->outcome == CX_OUTCOME_RECORDS || o->outcome == CX_OUTCOME_NODATA ||
           o->outcome == CX_OUTCOME_NXDOMAIN || o->claim == CX_CLAIM_DENIES;
}

TEST(what_says_nothing_changes_nothing_for_the_worse)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;

        random_world(&d);
        run(&d, &before);
        random_observation(&d);
        run(&d, &after);
        if (!can_contradict(&d.seen[d.n_seen - 1].o)) {
            for (size_t k = 0; k < before.n; k++) {
                LAW(!is_proof(before.states[k]) || after.states[k] == before.states[k], &d, &before,
                    &after, seed);
            }
            LAW(before.class != CX_TRIAGE_PROVEN || after.class == CX_TRIAGE_PROVEN, &d, &before,
                &after, seed);
        }
        desk_close(&d);
    }
}

/* The same said again: later, better, validated, by another source. */
TEST(the_same_said_again_changes_nothing_for_the_worse)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;
        struct cx_observation *again;

        random_world(&d);
        if (d.n_seen != 0) {
            run(&d, &before);
            again = desk_seen_by(&d, pick(DESK_SOURCES), 0, "test");
            *again = d.seen[pick((unsigned)d.n_seen - 1)].o;
            again->perspective = CX_STR("again");
            run(&d, &after);
            LAW(before.class == after.class ||
                    (before.class != CX_TRIAGE_PROVEN && before.class != CX_TRIAGE_PROVEN_DENY),
                &d, &before, &after, seed);
        }
        desk_close(&d);
    }
}

/* R-PRF-5: an answer after the signature changes no proof, whatever it says. */
TEST(what_came_after_the_signature_proves_and_disproves_nothing)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;

        random_world(&d);
        run(&d, &before);
        random_observation(&d);
        d.seen[d.n_seen - 1].o.time_ms = d.signed_at * 1000 + 1000 + pick(100000);
        run(&d, &after);
        for (size_t k = 0; k < before.n; k++) {
            LAW(is_proof(before.states[k]) == is_proof(after.states[k]) &&
                    (!is_proof(before.states[k]) || before.states[k] == after.states[k]),
                &d, &before, &after, seed);
        }
        desk_close(&d);
    }
}

/* What is proven is proven by something that says so: without any permitting record or empty answer nothing is. */
TEST(nothing_is_proven_permitted_by_nothing_that_permits)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result result;

        random_world(&d);
        for (size_t k = 0; k < d.n_seen; k++) {
            struct cx_observation *o = &d.seen[k].o;

            if (o->outcome == CX_OUTCOME_RECORDS) {
                desk_set(&d, o, 300, "0 issue other.example");
            } else if (o->outcome == CX_OUTCOME_NODATA || o->outcome == CX_OUTCOME_NXDOMAIN) {
                o->outcome = CX_OUTCOME_SERVFAIL;
            }
            o->claim = CX_CLAIM_PERMITS;
        }
        run(&d, &result);
        LAW(result.class != CX_TRIAGE_PROVEN && result.class != CX_TRIAGE_UNUSED_PERMIT, &d,
            &result, &result, seed);
        desk_close(&d);
    }
}

/* Taking away never helps, but for what contradicted. */
TEST(less_evidence_proves_no_more)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;
        struct desk_seen gone;

        random_world(&d);
        if (d.n_seen != 0) {
            size_t k = pick((unsigned)d.n_seen);

            run(&d, &before);
            gone = d.seen[k];
            d.seen[k] = d.seen[--d.n_seen];
            run(&d, &after);
            if (!can_contradict(&gone.o)) {
                LAW(before.class == after.class || after.class != CX_TRIAGE_PROVEN, &d, &before,
                    &after, seed);
            }
        }
        desk_close(&d);
    }
}

TEST(the_order_of_files_and_lines_does_not_matter)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;
        unsigned turn = 1 + pick(DESK_SOURCES - 1);

        random_world(&d);
        run(&d, &before);
        for (size_t k = d.n_seen; k > 1; k--) { /* lines */
            size_t other = pick((unsigned)k);
            struct desk_seen kept = d.seen[k - 1];

            d.seen[k - 1] = d.seen[other];
            d.seen[other] = kept;
        }
        for (size_t k = 0; k < d.n_seen; k++) { /* sources, and numbers of lines */
            d.seen[k].source = (d.seen[k].source + turn) % DESK_SOURCES;
            d.seen[k].line = k + 1;
        }
        run(&d, &after);
        LAW(same(&before, &after), &d, &before, &after, seed);
        desk_close(&d);
    }
}

/* A log whose clock is off by an hour, read with that hour's offset. */
TEST(shifted_with_the_certificate_it_is_the_same)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;

        random_world(&d);
        run(&d, &before);
        for (size_t k = 0; k < d.n_seen; k++) {
            d.seen[k].o.time_ms += 3600000;
        }
        d.issued[0].signed_at += 3600;
        run(&d, &after);
        LAW(same(&before, &after), &d, &before, &after, seed);
        desk_close(&d);
    }
}

/* R-PRF-6 */
TEST(what_dns_says_now_changes_no_class)
{
    static const char *const lines[] = { "{\"id\":\"01\",\"verdict\":\"PERMIT\"}\n",
                                         "{\"id\":\"01\",\"verdict\":\"DENY\"}\n",
                                         "{\"id\":\"01\",\"verdict\":\"FAIL\"}\n" };

    for (unsigned i = 0; i < cases() / 4; i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;
        struct cx_detail detail = { .text = "" };
        struct cx_recheck *recheck;
        struct cx_hash digest;
        char path[SCRATCH_PATH];
        uint64_t n;

        random_world(&d);
        run(&d, &before);
        scratch_join(path, d.folder, "recheck");
        scratch_write(path, lines[pick(CX_COUNT(lines))]);
        SCRATCH_OK(cx_recheck_read(path, &recheck, &n, &digest, &detail));
        d.options.recheck = recheck;
        run(&d, &after);
        LAW(same(&before, &after), &d, &before, &after, seed);
        assert_int_not_equal(d.t->now, CX_NOW_UNKNOWN);
        desk_end_run(&d);
        cx_recheck_free(recheck);
        desk_close(&d);
    }
}

/* A grade that is stricter proves no more. */
TEST(a_stricter_grade_proves_no_more)
{
    for (unsigned i = 0; i < cases(); i++) {
        uint64_t seed = seed_of(i);
        struct desk d;
        struct result before;
        struct result after;

        random_world(&d);
        d.options.proof = CX_GRADE_C;
        run(&d, &before);
        d.options.proof = (enum cx_grade)(CX_GRADE_A + pick(2));
        run(&d, &after);
        for (size_t k = 0; k < before.n; k++) {
            LAW(after.states[k] != CX_NAME_PERMISSIVE || before.states[k] == CX_NAME_PERMISSIVE, &d,
                &before, &after, seed);
        }
        desk_close(&d);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_says_nothing_changes_nothing_for_the_worse),
    cmocka_unit_test(the_same_said_again_changes_nothing_for_the_worse),
    cmocka_unit_test(what_came_after_the_signature_proves_and_disproves_nothing),
    cmocka_unit_test(nothing_is_proven_permitted_by_nothing_that_permits),
    cmocka_unit_test(less_evidence_proves_no_more),
    cmocka_unit_test(the_order_of_files_and_lines_does_not_matter),
    cmocka_unit_test(shifted_with_the_certificate_it_is_the_same),
    cmocka_unit_test(what_dns_says_now_changes_no_class),
    cmocka_unit_test(a_stricter_grade_proves_no_more),
};

TEST_MAIN(tests)

/* Laws that must hold in every world: random trees of answers, judged and judged again with one thing changed. */
#include "build.h"
#include "main.h"

#include <stdio.h>
#include <stdlib.h>

#define POOL        12
#define RECORDS_MAX 5
#define CASES       60000

static const char *const pool_texts[POOL] = {
    "a.b.d.test", "b.d.test", "d.test", "test",    "h.e.example", "e.example",
    "example",    "k.net",    "net",    "z.k.net", "y.test",      "x.y.test",
};
static struct cx_name pool[POOL];

static const char *const records[] = {
    "0 issue ca.example.net",
    "0 issue CA.example.net",
    "0 issue other.example",
    "0 issue ;",
    "0 issue %%",
    "128 issue ca.example.net",
    "0 issuewild ca.example.net",
    "0 issuewild other.example",
    "0 issuewild ;",
    "0 issuewild %",
    "0 iodef mailto:a@b",
    "0 x y",
    "1 x y",
    "128 x y",
    "0 issuemail ca.example.net",
    "0 issuemail ;",
    "128 contactemail a@b",
    "0 issue ca.example.net; accounturi=https://ca.example.net/acct/1",
    "0 issue ca.example.net; accounturi=https://ca.example.net/acct/2",
    "0 issue ca.example.net; validationmethods=http-01",
    "0 issue ca.example.net; validationmethods=dns-01,ca-tbr-7",
    "0 issue ca.example.net; a=1 b=2",
    "0 issue *; skipsubdomaincheck=true",
    "0 issue other.example; skipsubdomaincheck=true",
};

/* Records that name no CA of ours and no skip: beside others they can only forbid. */
static const char *const unrelated[] = {
    "0 issue other2.example", "0 issue ;",         "0 issue %%%", "0 issuewild other2.example",
    "0 issuewild ;",          "0 iodef x",         "0 q y",       "128 q y",
    "0 issuemail ;",          "0 contactphone +1",
};

static const char *const dates[] = {
    "2016-01-01", "2017-09-20", "2017-11-01", "2018-04-01", "2019-06-01", "2021-01-01",
    "2023-10-01", "2024-10-01", "2025-08-01", "2026-04-01", "2026-11-22", "2027-04-01",
};

struct world {
    struct scene s;
    struct cx_answer answers[POOL][2]; /* CAA, DNAME */
    struct cx_caa records[POOL][RECORDS_MAX + 1];
    cx_span aliases[POOL][2][3];
    char about[64];
};

static struct world w;
static uint64_t random_state;

/* xorshift64*: the same on every machine. */
static unsigned
pick(unsigned n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 2685821657736338717u) >> 33) % n;
}

static struct cx_caa
record_of(const char *text)
{
    const char *tag = strchr(text, ' ') + 1;
    const char *value = strchr(tag, ' ') + 1;

    uint8_t flags = 0;

    for (const char *digit = text; *digit != ' '; digit++) {
        flags = (uint8_t)(flags * 10 + (*digit - '0'));
    }
    return (struct cx_caa){ flags,
                            { (const uint8_t *)tag, (size_t)(value - 1 - tag) },
                            bytes_of(value) };
}

static enum cx_outcome
random_outcome(void)
{
    unsigned n = pick(100);

    if (n < 35) {
        return CX_OUTCOME_RECORDS;
    }
    if (n < 75) {
        return CX_OUTCOME_NODATA;
    }
    return n < 90 ? CX_OUTCOME_NXDOMAIN : (enum cx_outcome)pick(CX_OUTCOME_ERROR + 1);
}

static void
random_answer(unsigned i, unsigned type)
{
    static const enum cx_dnssec states[] = { CX_DNSSEC_SECURE, CX_DNSSEC_INDETERMINATE,
                                             CX_DNSSEC_BOGUS };
    struct cx_answer *a = &w.answers[i][type];
    bool dname = type == 1;

    *a = (struct cx_answer){
        .name = cx_name_span(&pool[i]),
        .type = dname ? CX_TYPE_DNAME : CX_TYPE_CAA,
        .outcome = random_outcome(),
        .malformed = (enum cx_malformed)pick(4),
        .dnssec = pick(10) != 0 ? CX_DNSSEC_INSECURE : states[pick(3)],
        .has_ttl = pick(2) == 0,
        .ttl = pick(100000),
        .attempts = pick(3),
        .time = pick(2) == 0 ? CX_TIME_NONE : w.s.c.date - pick(20000),
        .aliases = w.aliases[i][type],
        .records = w.records[i],
    };
    a->n_aliases =
        dname ? (a->outcome == CX_OUTCOME_RECORDS ? 1u : 0u) : (pick(4) == 0 ? 1 + pick(3) : 0);
    for (size_t k = 0; k < 3; k++) {
        w.aliases[i][type][k] = cx_name_span(&pool[pick(POOL)]);
    }
    a->records_at = a->n_aliases == 0 ? a->name : a->aliases[a->n_aliases - 1];
    if (!dname && a->outcome == CX_OUTCOME_RECORDS) {
        a->n_records = 1 + pick(RECORDS_MAX - 1);
        for (size_t k = 0; k < a->n_records; k++) {
            w.records[i][k] = record_of(records[pick(CX_COUNT(records))]);
        }
    }
}

/* The switches that shape a judgement. */
static void
random_policy(void)
{
    struct cx_policy *p = &w.s.policy;

    p->lf_permit = pick(2) == 0;
    p->lf_servfail_classified = pick(2) == 0;
    p->issuer_case_strict = pick(4) == 0;
    p->param_case_strict = pick(4) == 0;
    p->accounturi_from = pick(2) == 0 ? CX_TIME_NONE : CX_TIME_MAX;
    p->validationmethods_from = pick(2) == 0 ? CX_TIME_NONE : CX_TIME_MAX;
    p->alias_limit = 1 + pick(3);
    w.s.facts.control_probe = pick(3) != 0;
    w.s.facts.no_chain = &pool[3];
    w.s.facts.n_no_chain = pick(2);
}

static void
random_world(enum cx_profile profile)
{
    scene_open(&w.s, profile, dates[pick(CX_COUNT(dates))]);
    random_policy();
    w.s.subject.name = cx_name_span(&pool[pick(3)]);
    w.s.subject.wildcard = pick(3) == 0;
    for (unsigned i = 0; i < POOL; i++) {
        random_answer(i, 0);
        random_answer(i, 1);
    }
}

static void
judge_again(struct cx_finding *ret)
{
    memset(ret, 0xa5, sizeof(*ret)); /* what was there must not matter */
    w.s.answers = (struct cx_answers){ .n = 0 };
    for (size_t i = 0; i < POOL; i++) {
        for (size_t type = 0; type < 2; type++) {
            assert_true(cx_ok(cx_answers_add(&w.s.answers, &w.s.arena, &w.answers[i][type])));
        }
    }
    cx_judge(&w.s.c, &w.s.subject, &w.s.answers, ret);
    if (ret->n_need != 0 || ret->verdict == CX_VERDICT_UNSET) {
        fail_msg("%s: a question outside the pool", w.about);
    }
}

static bool
same_readings(const struct cx_finding *a, const struct cx_finding *b)
{
    for (size_t i = 0; i < a->n_readings && i < b->n_readings; i++) {
        if (a->readings[i].verdict != b->readings[i].verdict ||
            strcmp(a->readings[i].reading, b->readings[i].reading) != 0) {
            return false;
        }
    }
    return a->n_readings == b->n_readings;
}

static bool
same_notes(const struct cx_finding *a, const struct cx_finding *b)
{
    for (size_t i = 0; i < a->notes.n && i < b->notes.n; i++) {
        if (a->notes.v[i].code != b->notes.v[i].code ||
            !cx_span_equal(a->notes.v[i].detail, b->notes.v[i].detail)) {
            return false;
        }
    }
    return a->notes.n == b->notes.n;
}

static bool
same_finding(const struct cx_finding *a, const struct cx_finding *b)
{
    return a->verdict == b->verdict && a->reason == b->reason && a->set == b->set &&
           a->valid_until == b->valid_until && a->newest == b->newest &&
           memcmp(&a->rules, &b->rules, sizeof(a->rules)) == 0 && same_readings(a, b) &&
           same_notes(a, b);
}

static enum cx_profile
random_profile(bool proposal_too)
{
    static const enum cx_profile profiles[] = {
        CX_PROFILE_TLS_BR, CX_PROFILE_TLS_BR,  CX_PROFILE_TLS_BR,        CX_PROFILE_SMIME_BR,
        CX_PROFILE_VMC,    CX_PROFILE_PRIVATE, CX_PROFILE_PROPOSAL_2016,
    };

    return profiles[pick(CX_COUNT(profiles) - (proposal_too ? 0 : 1))];
}

/* Runs one law over many worlds. The law returns NULL, or what it found broken. */
static void
for_all(const char *(*law)(const struct cx_finding *), bool proposal_too)
{
    const char *seed = getenv("CX_PROPERTY_SEED"), *cases = getenv("CX_PROPERTY_CASES");
    unsigned long n = cases != NULL ? strtoul(cases, NULL, 10) : CASES;

    random_state = seed != NULL ? strtoull(seed, NULL, 10) | 1 : 20261122;
    for (size_t i = 0; i < POOL; i++) {
        pool[i] = name_of(pool_texts[i]);
    }
    for (unsigned long i = 0; i < n; i++) {
        struct cx_finding first;
        const char *broken;

        (void)snprintf(w.about, sizeof(w.about), "case %lu", i);
        random_world(random_profile(proposal_too));
        judge_again(&first);
        broken = law(&first);
        if (broken != NULL) {
            fail_msg("%s (%s, %s): %s", w.about, w.s.c.epoch->id, cx_verdict_word(first.verdict),
                     broken);
        }
        scene_close(&w.s);
    }
}

static const char *
law_deterministic(const struct cx_finding *first)
{
    struct cx_finding again;

    judge_again(&again);
    return same_finding(first, &again) && first->n_seen == again.n_seen ? NULL : "another finding";
}

TEST(the_same_world_gives_the_same_finding)
{
    for_all(law_deterministic, true);
}

/* TEST R-P16-10 */
static const char *
law_orders(const struct cx_finding *first)
{
    for (int order = CX_ORDER_TOP_DOWN; order <= CX_ORDER_PARALLEL; order++) {
        struct cx_finding other;

        w.s.c.order = (enum cx_order)order;
        judge_again(&other);
        if (!same_finding(first, &other)) {
            return order == CX_ORDER_TOP_DOWN ? "top-down differs" : "parallel differs";
        }
    }
    return NULL;
}

TEST(the_order_never_changes_the_finding)
{
    for_all(law_orders, false);
}

/* In any profile: a record that names nobody of ours never turns a refusal into permission. */
static const char *
law_unrelated(const struct cx_finding *first)
{
    unsigned i = pick(POOL);
    struct cx_answer *a = &w.answers[i][0];
    struct cx_finding other;

    if (a->outcome != CX_OUTCOME_RECORDS || cx_verdict_positive(first->verdict)) {
        return NULL;
    }
    w.records[i][a->n_records++] = record_of(unrelated[pick(CX_COUNT(unrelated))]);
    judge_again(&other);
    return cx_verdict_positive(other.verdict) ? "an unrelated record permits" : NULL;
}

TEST(an_unrelated_record_never_permits)
{
    for_all(law_unrelated, true);
}

/* Losing an answer never gives permission (R-TREE-9). Not in the proposal: R-P16-E7 lets a nearer set cure it. */
static const char *
law_lost_answer(const struct cx_finding *first)
{
    struct cx_answer *a = &w.answers[pick(POOL)][pick(4) == 0 ? 1 : 0];
    struct cx_finding other;

    if (cx_verdict_positive(first->verdict)) {
        return NULL;
    }
    a->outcome = CX_OUTCOME_ERROR;
    a->n_records = 0;
    judge_again(&other);
    return cx_verdict_positive(other.verdict) ? "a lost answer permits" : NULL;
}

TEST(a_lost_answer_never_permits)
{
    for_all(law_lost_answer, false);
}

/* An answer that turns bogus never gives permission either. */
static const char *
law_bogus(const struct cx_finding *first)
{
    struct cx_finding other;

    if (cx_verdict_positive(first->verdict)) {
        return NULL;
    }
    w.answers[pick(POOL)][pick(2)].dnssec = CX_DNSSEC_BOGUS;
    judge_again(&other);
    return cx_verdict_positive(other.verdict) ? "a bogus answer permits" : NULL;
}

TEST(a_bogus_answer_never_permits)
{
    for_all(law_bogus, false);
}

/* TEST R-SYN-9 */
static const char *
law_set(const struct cx_finding *first)
{
    struct cx_finding other;

    for (size_t i = 0; i < POOL; i++) {
        struct cx_answer *a = &w.answers[i][0];

        if (a->outcome == CX_OUTCOME_RECORDS) { /* turned round, and the first one twice */
            for (size_t k = 0; k < a->n_records / 2; k++) {
                struct cx_caa swap = w.records[i][k];

                w.records[i][k] = w.records[i][a->n_records - 1 - k];
                w.records[i][a->n_records - 1 - k] = swap;
            }
            w.records[i][a->n_records] = w.records[i][0];
            a->n_records++;
        }
    }
    judge_again(&other);
    return other.verdict == first->verdict && other.reason == first->reason &&
                   other.set == first->set && other.valid_until == first->valid_until &&
                   memcmp(&other.rules, &first->rules, sizeof(other.rules)) == 0 &&
                   same_readings(&other, first)
               ? NULL
               : "the order of records matters";
}

TEST(a_set_has_no_order)
{
    for_all(law_set, true);
}

/* What a single finding must say of itself. */
static const char *
law_shape(const struct cx_finding *f)
{
    bool window = f->verdict == CX_VERDICT_PERMIT || f->verdict == CX_VERDICT_PERMIT_LF;

    if (window != (f->valid_until != CX_TIME_NONE)) {
        return "a window without permission, or the other way round";
    }
    if (f->verdict == CX_VERDICT_PERMIT_LF && !w.s.policy.lf_permit) {
        return "PERMIT-LF although it is off";
    }
    if (f->excused && f->verdict == CX_VERDICT_PERMIT) {
        return "PERMIT over a failure";
    }
    if ((f->verdict == CX_VERDICT_ARGUABLE) != (f->n_readings >= 2)) {
        return "ARGUABLE without readings, or readings without";
    }
    for (size_t i = 1; i < f->n_readings; i++) {
        if (cx_verdict_worse(f->readings[i - 1].verdict, f->readings[i].verdict) !=
            f->readings[i - 1].verdict) {
            return "the prohibiting reading is not first";
        }
    }
    return window && f->reason == CX_REASON_MATCH && f->set == NULL ? "a match without a set"
                                                                    : NULL;
}

TEST(every_finding_is_whole)
{
    for_all(law_shape, true);
}

/* Without OWN names no record can match. */
static const char *
law_nobody(const struct cx_finding *first)
{
    struct cx_finding other;

    if (cx_verdict_positive(first->verdict)) {
        return NULL;
    }
    w.s.c.n_own = 0;
    judge_again(&other);
    return cx_verdict_positive(other.verdict) ? "nobody may issue" : NULL;
}

TEST(fewer_own_names_never_permit)
{
    for_all(law_nobody, true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_same_world_gives_the_same_finding),
    cmocka_unit_test(the_order_never_changes_the_finding),
    cmocka_unit_test(an_unrelated_record_never_permits),
    cmocka_unit_test(a_lost_answer_never_permits),
    cmocka_unit_test(a_bogus_answer_never_permits),
    cmocka_unit_test(a_set_has_no_order),
    cmocka_unit_test(every_finding_is_whole),
    cmocka_unit_test(fewer_own_names_never_permit),
};

TEST_MAIN(tests)

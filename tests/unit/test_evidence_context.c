#include "base/alloc.h"
#include "base/cbor_json.h"
#include "engine/policy.h"
#include "evidence/context.h"
#include "flip.h"
#include "main.h"
#include "shape.h"
#include "specimen.h"

#include <stdio.h>

static cx_status
decode(cx_span octets, struct cx_arena *arena, struct cx_context *ret)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = cx_context_decode(octets, arena, ret, &detail);

    assert_int_equal(detail.text[0] == '\0', cx_ok(s)); /* a refusal says why */
    return s;
}

static bool
again(cx_span octets, struct cx_arena *arena, struct cx_buf *buf)
{
    struct cx_context context;

    if (!cx_ok(decode(octets, arena, &context))) {
        return false;
    }
    assert_true(cx_ok(cx_context_encode(&context, buf)));
    return true;
}

static const struct flip_kind context_kind = { again, 0, 0 };

/* ---- round trips */

TEST(what_is_written_is_read_and_written_again)
{
    struct cx_arena arena;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct dice dice = { seed };
        struct cx_context context, read;
        const char *difference;
        cx_span octets;

        cx_arena_reset(&arena);
        context = specimen_context(&dice, &arena);
        octets = octets_of_context(&context, &arena);
        assert_true(cx_ok(decode(octets, &arena, &read)));
        difference = context_difference(&context, &read);
        if (difference != NULL) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, difference);
        }
        assert_null(read.policy);
        assert_true(cx_span_equal(octets, octets_of_context(&read, &arena)));
    }
    cx_arena_done(&arena);
}

static bool
same_texts(const struct cx_policy *a, const struct cx_policy *b)
{
    bool same = a->n_negative_trust_anchors == b->n_negative_trust_anchors;

    for (size_t i = 0; same && i < a->n_negative_trust_anchors; i++) {
        same = cx_str_equal(a->negative_trust_anchors[i], b->negative_trust_anchors[i]);
    }
    return same;
}

static bool
same_policy(const struct cx_policy *a, const struct cx_policy *b)
{
    return a->knows_contactemail == b->knows_contactemail &&
           a->knows_contactphone == b->knows_contactphone &&
           a->knows_issuemail == b->knows_issuemail && a->knows_issuevmc == b->knows_issuevmc &&
           a->issuer_case_strict == b->issuer_case_strict &&
           a->param_case_strict == b->param_case_strict &&
           a->label_case_fold == b->label_case_fold && a->accounturi_from == b->accounturi_from &&
           a->validationmethods_from == b->validationmethods_from &&
           a->ca_tbr_from == b->ca_tbr_from && a->lf_permit == b->lf_permit &&
           a->lf_servfail_classified == b->lf_servfail_classified &&
           a->alias_limit == b->alias_limit &&
           a->exceptions.precertificate == b->exceptions.precertificate &&
           a->exceptions.constrained == b->exceptions.constrained &&
           a->exceptions.dns_operator == b->exceptions.dns_operator &&
           a->onion_rfc9799 == b->onion_rfc9799 && same_texts(a, b);
}

/* A policy is replayed as it was: what the object says is what docs/json.md says, and reads as the same policy. */
TEST(a_policy_comes_back_through_the_contract)
{
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct dice dice = { seed };
        struct cx_detail detail = { .text = "" };
        struct cx_context context, read;
        struct cx_policy policy;
        struct cx_json *json = NULL;
        struct cx_arena arena;
        cx_span octets;

        cx_arena_init(&arena, SPECIMEN_ARENA);
        context = specimen_context(&dice, &arena);
        octets = octets_of_context(&context, &arena);
        assert_true(cx_ok(decode(octets, &arena, &read)));
        assert_true(cx_ok(cx_cbor_to_json(read.policy_octets, &json)));
        if (!cx_ok(cx_policy_from_json(json, &arena, &policy, &detail))) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, detail.text);
        }
        if (!same_policy(context.policy, &policy)) {
            fail_msg("seed %llu: another policy", (unsigned long long)seed);
        }
        cx_json_free(json);
        cx_arena_done(&arena);
    }
}

TEST(every_member_of_a_policy_has_its_place)
{
    static const struct cx_own own = { CX_STR_INIT("ca.example.net"), CX_TIME_NONE, 1000, true };
    struct cx_policy policy = cx_policy_default();
    struct cx_context context = { .own = &own,
                                  .n_own = 1,
                                  .policy = &policy,
                                  .order = CX_ORDER_BOTTOM_UP,
                                  .messages = CX_MESSAGES_PROOF },
                      read;
    struct cx_json *json = NULL;
    struct cx_arena arena;
    struct cx_buf text;

    policy.accounturi_from = CX_TIME_MAX;
    policy.validationmethods_from = cx_time_of_day(2026, 11, 22);
    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_buf_init(&text, 10000);
    assert_true(cx_ok(decode(octets_of_context(&context, &arena), &arena, &read)));
    assert_true(cx_ok(cx_cbor_to_json(read.policy_octets, &json)));
    assert_true(cx_ok(cx_json_write(json, &text)));
    assert_true(cx_str_equal(
        cx_buf_str(&text),
        CX_STR("{\"onion\":\"br\",\"honour\":{\"accounturi\":false,\"validationmethods\":"
               "\"2026-11-22T00:00:00Z\"},\"lf_permit\":false,\"exceptions\":[],\"known_tags\":"
               "[\"contactemail\",\"contactphone\"],\"label_case\":\"exact\",\"param_case\":"
               "\"fold\",\"alias_limit\":16,\"issuer_case\":\"fold\",\"lf_servfail\":\"strict\","
               "\"negative_trust_anchors\":[]}")));
    assert_true(read.own[0].from == CX_TIME_NONE && read.own[0].until == 1000 &&
                read.own[0].issuemail_parameters);
    cx_json_free(json);
    cx_buf_done(&text);
    cx_arena_done(&arena);
}

/* ---- octets that are wrong */

TEST(every_flipped_bit_is_refused_or_kept)
{
    struct cx_arena arena, kept;
    size_t accepted = 0;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct dice dice = { seed };
        struct cx_context context = specimen_context(&dice, &kept);
        cx_span octets = octets_of_context(&context, &kept);

        if (octets.n < 1500) {
            accepted += flip_every_bit(octets, context_kind, &arena);
        }
    }
    assert_true(accepted > 1000);
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

TEST(every_cut_is_refused)
{
    struct cx_arena arena, kept;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    cx_arena_init(&kept, SPECIMEN_ARENA);
    for (uint64_t seed = 100; seed < 130; seed++) {
        struct dice dice = { seed };
        struct cx_context context = specimen_context(&dice, &kept);
        cx_span octets = octets_of_context(&context, &kept);

        if (octets.n < 5000) {
            cut_everywhere(octets, context_kind, &arena);
        }
    }
    cx_arena_done(&kept);
    cx_arena_done(&arena);
}

/* ---- member by member */

static const struct {
    const char *key, *value;
} members[] = {
    { "00", "01" },
    { "01", "68 63616170726f6f66" },
    { "02", "6a 6c6962756e626f756e64" },
    { "03", "82 61 61 61 62" },
    { "04", "82 84 61 61 f6 f6 f4 84 61 62 01 20 f5" },
    { "05", "a1 65 6f6e696f6e 62 6272" },
    { "06", "69 626f74746f6d2d7570" },
    { "07", "64 66756c6c" },
};

static bool
accepts_with(const char *key, const char *value, struct cx_context *ret)
{
    static struct octets octets; /* borrowed by what was read */
    static struct cx_arena arena;
    static struct shape shape;
    static bool begun;
    char text[SHAPE_TEXT];

    if (!begun) { /* lives as long as the program: what was read points there */
        cx_arena_init(&arena, SPECIMEN_ARENA);
        begun = true;
    }
    shape.n = 0;
    for (size_t i = 0; i < CX_COUNT(members); i++) {
        shape_put(&shape, members[i].key, members[i].value);
    }
    if (value == NULL) {
        shape_drop(&shape, key);
    } else {
        shape_put(&shape, key, value);
    }
    shape_text(&shape, "", text);
    octets = octets_of_hex(text);
    cx_arena_reset(&arena);
    return cx_ok(decode(octets_span(&octets), &arena, ret));
}

TEST(reads_what_stands_there)
{
    struct cx_context c;

    assert_true(accepts_with("00", "01", &c));
    assert_true(cx_str_equal(c.software, CX_STR("caaproof")));
    assert_true(cx_str_equal(c.resolver, CX_STR("libunbound")));
    assert_true(c.n_anchors == 2 && cx_str_equal(c.anchors[1], CX_STR("b")));
    assert_true(c.n_own == 2 && c.own[0].from == CX_TIME_NONE && c.own[0].until == CX_TIME_MAX);
    assert_true(c.own[1].from == 1 && c.own[1].until == -1 && c.own[1].issuemail_parameters);
    assert_true(c.policy == NULL && c.policy_octets.n == 10);
    assert_true(c.order == CX_ORDER_BOTTOM_UP && c.messages == CX_MESSAGES_FULL);
}

TEST(every_member_is_needed)
{
    struct cx_context context;

    for (size_t i = 0; i < CX_COUNT(members); i++) {
        ROW_TRUE(!accepts_with(members[i].key, NULL, &context), members[i].key);
    }
}

TEST(keys_that_are_not_known)
{
    static const char *const critical[] = { "08", "17", "1818", "1b7fffffffffffffff", "6161" };
    static const char *const negative[] = { "20", "3818", "3b7fffffffffffffff" };
    struct cx_context context;

    for (size_t i = 0; i < CX_COUNT(critical); i++) {
        ROW_TRUE(!accepts_with(critical[i], "00", &context), critical[i]);
    }
    for (size_t i = 0; i < CX_COUNT(negative); i++) {
        ROW_TRUE(accepts_with(negative[i], "a1 6161 1bffffffffffffffff", &context), negative[i]);
        ROW_TRUE(!accepts_with(negative[i], "1800", &context), negative[i]);
        ROW_TRUE(!accepts_with(negative[i], "f7", &context), negative[i]);
    }
}

TEST(what_is_wrong_is_refused)
{
    static const struct {
        const char *about, *key, *value;
    } rows[] = {
        { "version 0", "00", "00" },
        { "version 2", "00", "02" },
        { "software in octets", "01", "41 61" },
        { "software that is not UTF-8", "01", "61 ff" },
        { "a resolver by number", "02", "01" },
        { "anchors as text", "03", "61 61" },
        { "an anchor in octets", "03", "81 41 61" },
        { "OWN as a map", "04", "a0" },
        { "OWN with three members", "04", "81 83 61 61 f6 f6" },
        { "OWN with five members", "04", "81 85 61 61 f6 f6 f4 f4" },
        { "OWN without name", "04", "81 84 60 f6 f6 f4" },
        { "OWN from the moment that is none", "04", "81 84 61 61 3b7fffffffffffffff f6 f4" },
        { "OWN from the moment after all", "04", "81 84 61 61 1b7fffffffffffffff f6 f4" },
        { "OWN until the moment that is none", "04", "81 84 61 61 f6 3b7fffffffffffffff f4" },
        { "OWN until the moment after all", "04", "81 84 61 61 f6 1b7fffffffffffffff f4" },
        { "OWN from false", "04", "81 84 61 61 f4 f6 f4" },
        { "OWN with null for false", "04", "81 84 61 61 f6 f6 f6" },
        { "a policy that says nothing", "05", "a0" },
        { "a policy as an array", "05", "81 61 61" },
        { "a policy by number", "05", "a1 00 00" },
        { "a policy out of order", "05", "a2 62 6161 00 61 62 00" },
        { "a policy that says it twice", "05", "a2 61 61 00 61 61 00" },
        { "an unknown order", "06", "66 62657369646573" },
        { "no order", "06", "60" },
        { "an order by number", "06", "01" },
        { "an unknown choice", "07", "64 736f6d65" },
        { "no choice", "07", "60" },
    };
    struct cx_context context;

    memset(&context, 0x5a, sizeof(context));
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        ROW_TRUE(!accepts_with(rows[i].key, rows[i].value, &context), rows[i].about);
        for (size_t k = 0; k < sizeof(context); k++) { /* untouched */
            assert_int_equal(((const unsigned char *)&context)[k], 0x5a);
        }
    }
    assert_true(accepts_with("03", "80", &context));
    assert_true(accepts_with("04", "80", &context));
    assert_true(accepts_with("06", "68 746f702d646f776e", &context));
    assert_true(accepts_with("07", "66 646967657374", &context));
}

TEST(words_of_messages)
{
    assert_int_equal(cx_messages_of_word(CX_STR("full")), CX_MESSAGES_FULL);
    assert_int_equal(cx_messages_of_word(CX_STR("proof")), CX_MESSAGES_PROOF);
    assert_int_equal(cx_messages_of_word(CX_STR("digest")), CX_MESSAGES_DIGEST);
    assert_int_equal(cx_messages_of_word(CX_STR("")), CX_MESSAGES_UNSET);
    assert_int_equal(cx_messages_of_word(CX_STR("Full")), CX_MESSAGES_UNSET);
    assert_string_equal(cx_messages_word(CX_MESSAGES_DIGEST), "digest");
}

TEST(too_long_an_object_is_refused)
{
    uint8_t *p = calloc(1, CX_RECORD_MAX + 1);
    struct cx_detail detail = { .text = "" };
    struct cx_context context;
    struct cx_arena arena;

    assert_non_null(p);
    cx_arena_init(&arena, SPECIMEN_ARENA);
    for (size_t over = 0; over < 2; over++) { /* not for what is in it */
        assert_int_equal(
            cx_context_decode((cx_span){ p, CX_RECORD_MAX + over }, &arena, &context, &detail).code,
            CX_E_RECORD);
        assert_int_equal(strstr(detail.text, "too long") != NULL, over == 1);
    }
    cx_arena_done(&arena);
    free(p);
}

/* ---- structs that no object can be */

static void
spoil(struct cx_context *c, struct cx_policy *policy, struct cx_own *own, int which)
{
    switch (which) {
    case 0:
        c->order = CX_ORDER_UNSET;
        break;
    case 1:
        c->messages = CX_MESSAGES_UNSET;
        break;
    case 2:
        c->policy = NULL; /* and none that was read */
        break;
    case 3:
        c->n_anchors = CX_ANCHORS_MAX + 1;
        break;
    case 4:
        c->n_own = CX_ISSUERS_MAX + 1;
        break;
    case 5:
        own->from = CX_TIME_MAX; /* never in force: not what null would say */
        break;
    case 6:
        own->until = CX_TIME_NONE;
        break;
    case 7:
        own->name = (cx_str){ NULL, 0 };
        break;
    case 8:
        policy->ca_tbr_from = CX_TIME_NONE;
        break;
    case 9:
        policy->accounturi_from = CX_TIME_MAX - 1;
        break;
    case 10:
        policy->validationmethods_from = CX_TIME_NONE + 1;
        break;
    case 11:
        policy->n_negative_trust_anchors = CX_FACTS_MAX + 1;
        break;
    case 12:
        c->software = CX_STR("\xff");
        break;
    case 13:
        c->policy = NULL;
        c->policy_octets = (cx_span){ (const uint8_t *)"\xa1\x61\x61\x00\x00", 5 };
        break;
    case 14:
        c->order = (enum cx_order)4;
        break;
    default:
        c->messages = (enum cx_messages)4;
        break;
    }
}

TEST(a_struct_that_no_object_can_be_is_not_written)
{
    for (int which = 0; which <= 15; which++) {
        struct cx_own own = { CX_STR("ca.example.net"), CX_TIME_NONE, CX_TIME_MAX, false };
        struct cx_policy policy = cx_policy_default();
        struct cx_context context = { .own = &own,
                                      .n_own = 1,
                                      .policy = &policy,
                                      .order = CX_ORDER_PARALLEL,
                                      .messages = CX_MESSAGES_FULL };
        struct cx_buf buf;

        cx_buf_init(&buf, CX_RECORD_MAX);
        cx_buf_puts(&buf, "before");
        assert_true(cx_ok(cx_context_encode(&context, &buf)));
        buf.n = 6;
        spoil(&context, &policy, &own, which);
        if (cx_context_encode(&context, &buf).code != CX_E_INTERNAL) {
            fail_msg("spoilt %d is written", which);
        }
        assert_true(cx_str_equal(cx_buf_str(&buf), CX_STR("before")));
        cx_buf_done(&buf);
    }
}

/* ---- memory */

TEST(encoding_survives_every_oom_and_every_maximum)
{
    struct dice dice = { 3 };
    struct cx_context context;
    struct cx_arena arena;
    cx_span octets;

    cx_arena_init(&arena, SPECIMEN_ARENA);
    do {
        context = specimen_context(&dice, &arena);
        octets = octets_of_context(&context, &arena);
    } while (octets.n < 1000 || octets.n > 5000);
    for (size_t nth = 1;; nth++) {
        struct cx_buf buf;
        cx_status s;
        size_t seen;

        cx_buf_init(&buf, CX_RECORD_MAX);
        (void)cx_alloc_fail_nth(nth);
        s = cx_context_encode(&context, &buf);
        seen = cx_alloc_fail_nth(0);
        assert_int_equal(buf.n, seen < nth ? octets.n : 0);
        cx_buf_done(&buf);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 2);
            break;
        }
        assert_int_equal(s.code, CX_E_NOMEM);
    }
    for (size_t max = 0; max < octets.n + 2; max++) {
        struct cx_buf buf;

        cx_buf_init(&buf, max);
        assert_int_equal(cx_context_encode(&context, &buf).code,
                         max < octets.n ? CX_E_LIMIT : CX_OK);
        assert_int_equal(buf.n, max < octets.n ? 0 : octets.n);
        cx_buf_done(&buf);
    }
    cx_arena_done(&arena);
}

TEST(decoding_survives_every_oom)
{
    struct cx_arena arena;
    struct cx_own own[CX_ISSUERS_MAX];
    struct cx_policy policy = cx_policy_default();
    struct cx_context context = { .own = own,
                                  .n_own = CX_ISSUERS_MAX,
                                  .policy = &policy,
                                  .order = CX_ORDER_PARALLEL,
                                  .messages = CX_MESSAGES_FULL };
    cx_span octets;

    for (size_t i = 0; i < CX_ISSUERS_MAX; i++) {
        own[i] = (struct cx_own){ CX_STR("ca.example.net"), CX_TIME_NONE, CX_TIME_MAX, false };
    }
    cx_arena_init(&arena, SPECIMEN_ARENA);
    octets = octets_of_context(&context, &arena);
    for (size_t nth = 1;; nth++) {
        struct cx_context read, before;
        struct cx_arena mine;
        cx_status s;
        size_t seen;

        memset(&read, 0x5a, sizeof(read));
        before = read;
        cx_arena_init(&mine, SPECIMEN_ARENA);
        (void)cx_alloc_fail_nth(nth);
        s = cx_context_decode(octets, &mine, &read, NULL);
        seen = cx_alloc_fail_nth(0);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 2);
            assert_null(context_difference(&context, &read));
            cx_arena_done(&mine);
            break;
        }
        cx_arena_done(&mine);
        assert_int_equal(s.code, CX_E_NOMEM);
        assert_memory_equal(&read, &before, sizeof(read));
    }
    cx_arena_done(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_written_is_read_and_written_again),
    cmocka_unit_test(a_policy_comes_back_through_the_contract),
    cmocka_unit_test(every_member_of_a_policy_has_its_place),
    cmocka_unit_test(every_flipped_bit_is_refused_or_kept),
    cmocka_unit_test(every_cut_is_refused),
    cmocka_unit_test(reads_what_stands_there),
    cmocka_unit_test(every_member_is_needed),
    cmocka_unit_test(keys_that_are_not_known),
    cmocka_unit_test(what_is_wrong_is_refused),
    cmocka_unit_test(words_of_messages),
    cmocka_unit_test(too_long_an_object_is_refused),
    cmocka_unit_test(a_struct_that_no_object_can_be_is_not_written),
    cmocka_unit_test(encoding_survives_every_oom_and_every_maximum),
    cmocka_unit_test(decoding_survives_every_oom),
};

TEST_MAIN(tests)

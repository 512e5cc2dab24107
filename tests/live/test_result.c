/* What is believed of libunbound's callback, without libunbound. */
#include "cmocka_main.h"
#include "resolve/result.h"

/* Header flags and counts are set by message(); the question is www.test CAA. */
static const uint8_t question_octets[] = { 3, 'w', 'w', 'w', 4, 't', 'e', 's', 't', 0, 1, 1, 0, 1 };
static const uint8_t record_octets[] = { 0xc0, 12,  1,   1,   0,   1,   0,   0,   14,
                                         16,   0,   14,  0,   5,   'i', 's', 's', 'u',
                                         'e',  'c', 'a', '.', 't', 'e', 's', 't' };
static const uint8_t soa_octets[] = { 0, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, 0, 0,  0, 1,
                                      0, 0, 0, 1, 0, 0, 0, 1,  0,  0, 0,  1, 0, 0, 14, 16 };

static uint8_t octets[512];

static cx_span
message(uint8_t rcode, bool record, bool soa)
{
    size_t n = 12;

    memset(octets, 0, sizeof(octets));
    octets[2] = 0x81;
    octets[3] = (uint8_t)(0x80 | rcode);
    octets[5] = 1;
    octets[7] = record ? 1 : 0;
    octets[9] = soa ? 1 : 0;
    memcpy(octets + n, question_octets, sizeof(question_octets));
    n += sizeof(question_octets);
    if (record) {
        memcpy(octets + n, record_octets, sizeof(record_octets));
        n += sizeof(record_octets);
    }
    if (soa) {
        memcpy(octets + n, soa_octets, sizeof(soa_octets));
        n += sizeof(soa_octets);
    }
    return (cx_span){ octets, n };
}

static struct cx_arena arena;

static struct cx_answer
read_result(struct cx_result result)
{
    struct cx_question question = { .name = { question_octets, 10 }, .type = CX_TYPE_CAA };
    struct cx_answer answer;

    assert_true(cx_ok(cx_result_read(&result, &question, 1000, &arena, &answer)));
    assert_int_equal(answer.time, 1000);
    assert_int_equal(answer.attempts, 1);
    assert_true(cx_span_equal(answer.name, question.name));
    assert_int_equal(answer.type, CX_TYPE_CAA);
    if (cx_outcome_is_failure(answer.outcome)) { /* I3 */
        assert_int_equal(answer.n_records, 0);
        assert_null(answer.records);
        assert_int_equal(answer.n_aliases, 0);
        assert_false(answer.has_ttl);
        assert_true(answer.dnssec == CX_DNSSEC_BOGUS || answer.dnssec == CX_DNSSEC_INDETERMINATE);
    } else { /* I2 */
        assert_true(answer.dnssec == CX_DNSSEC_SECURE || answer.dnssec == CX_DNSSEC_INSECURE);
    }
    return answer;
}

static void
gives(struct cx_result result, enum cx_outcome outcome, enum cx_dnssec dnssec)
{
    struct cx_answer answer = read_result(result);

    if (answer.outcome != outcome || answer.dnssec != dnssec) {
        fail_msg("%s %s", cx_outcome_word(answer.outcome), cx_dnssec_word(answer.dnssec));
    }
}

static void
test_answers(void **state)
{
    struct cx_answer answer;

    (void)state;
    gives((struct cx_result){ .packet = message(0, true, false), .sec = 2 }, CX_OUTCOME_RECORDS,
          CX_DNSSEC_SECURE);
    gives((struct cx_result){ .packet = message(0, true, false), .sec = 0 }, CX_OUTCOME_RECORDS,
          CX_DNSSEC_INSECURE);
    gives((struct cx_result){ .packet = message(0, false, true), .sec = 2 }, CX_OUTCOME_NODATA,
          CX_DNSSEC_SECURE);
    gives((struct cx_result){ .packet = message(3, false, true), .sec = 0 }, CX_OUTCOME_NXDOMAIN,
          CX_DNSSEC_INSECURE);
    answer = read_result((struct cx_result){ .packet = message(0, true, false), .sec = 2 });
    assert_ptr_not_equal(answer.octets.p, octets); /* a copy, and records borrow from it */
    assert_true(answer.records[0].value.p > answer.octets.p &&
                answer.records[0].value.p < answer.octets.p + answer.octets.n);
}

static void
test_rcode_of_the_callback_is_only_believed_when_it_fails(void **state)
{
    (void)state;
    for (int rcode = 1; rcode < 30; rcode++) {
        gives((struct cx_result){ .rcode = rcode, .packet = message(0, true, false), .sec = 2 },
              CX_OUTCOME_SERVFAIL, CX_DNSSEC_INDETERMINATE);
    }
    gives((struct cx_result){ .rcode = -1 }, CX_OUTCOME_SERVFAIL, CX_DNSSEC_INDETERMINATE);
    /* The trap: SERVFAIL from the cache, "rcode 0, insecure". */
    gives((struct cx_result){ .packet = message(2, false, false) }, CX_OUTCOME_SERVFAIL,
          CX_DNSSEC_INDETERMINATE);
    gives((struct cx_result){ .packet = message(2, false, true), .sec = 2 }, CX_OUTCOME_SERVFAIL,
          CX_DNSSEC_INDETERMINATE);
    gives((struct cx_result){ .packet = message(5, false, false) }, CX_OUTCOME_REFUSED,
          CX_DNSSEC_INDETERMINATE);
}

static void
test_bogus_and_unknown_states_have_no_data(void **state)
{
    struct cx_answer answer;

    (void)state;
    for (uint8_t rcode = 0; rcode < 4; rcode++) {
        gives((struct cx_result){ .packet = message(rcode, rcode == 0, rcode == 3), .sec = 1 },
              CX_OUTCOME_BOGUS, CX_DNSSEC_BOGUS);
    }
    answer = read_result((struct cx_result){
        .packet = message(0, true, false), .sec = 1, .why_bogus = "signature expired" });
    assert_true(cx_str_equal(answer.why, CX_STR("signature expired")));
    assert_true(answer.octets.n != 0); /* evidence */
    gives((struct cx_result){ .packet = message(0, true, false), .sec = 3 },
          CX_OUTCOME_INDETERMINATE, CX_DNSSEC_INDETERMINATE);
    gives((struct cx_result){ .packet = message(0, false, true), .sec = -1 },
          CX_OUTCOME_INDETERMINATE, CX_DNSSEC_INDETERMINATE);
}

/* R-TREE-15 */
static void
test_bare_emptiness_is_not_believed(void **state)
{
    (void)state;
    gives((struct cx_result){ .packet = message(0, false, false), .sec = 0 }, CX_OUTCOME_MALFORMED,
          CX_DNSSEC_INDETERMINATE);
    gives((struct cx_result){ .packet = message(3, false, false), .sec = 0 }, CX_OUTCOME_MALFORMED,
          CX_DNSSEC_INDETERMINATE);
    gives((struct cx_result){ .packet = message(0, false, false), .sec = 2 }, CX_OUTCOME_MALFORMED,
          CX_DNSSEC_INDETERMINATE);
}

static void
test_messages_that_cannot_be_read(void **state)
{
    cx_span whole = message(0, true, false);

    (void)state;
    gives((struct cx_result){ .sec = 0 }, CX_OUTCOME_MALFORMED, CX_DNSSEC_INDETERMINATE);
    for (size_t n = 0; n < whole.n; n++) {
        gives((struct cx_result){ .packet = { whole.p, n }, .sec = 2 }, CX_OUTCOME_MALFORMED,
              CX_DNSSEC_INDETERMINATE);
    }
}

static void
test_every_full_arena_is_told(void **state)
{
    struct cx_question question = { .name = { question_octets, 10 }, .type = CX_TYPE_CAA };
    struct cx_result result = { .packet = message(0, true, false), .sec = 2 };
    struct cx_answer answer = { .ttl = 77 };
    struct cx_arena small;

    (void)state;
    cx_arena_init(&small, 0);
    assert_int_equal(cx_result_read(&result, &question, 1, &small, &answer).code, CX_E_NOMEM);
    result.rcode = 2;
    assert_int_equal(cx_result_read(&result, &question, 1, &small, &answer).code, CX_E_NOMEM);
    assert_int_equal(answer.ttl, 77); /* untouched */
    cx_arena_done(&small);
}

static int
set_up(void **state)
{
    (void)state;
    cx_arena_init(&arena, 1u << 20);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    cx_arena_done(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_rcode_of_the_callback_is_only_believed_when_it_fails),
        cmocka_unit_test(test_bogus_and_unknown_states_have_no_data),
        cmocka_unit_test(test_bare_emptiness_is_not_believed),
        cmocka_unit_test(test_messages_that_cannot_be_read),
        cmocka_unit_test(test_every_full_arena_is_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#include "build.h"
#include "caa/verdict.h"
#include "main.h"

/* TEST R-DEC-8: from best to worst */
TEST(the_worse_wins)
{
    static const enum cx_verdict order[] = {
        CX_VERDICT_NA,       CX_VERDICT_EXEMPT, CX_VERDICT_PERMIT, CX_VERDICT_PERMIT_LF,
        CX_VERDICT_ARGUABLE, CX_VERDICT_FAIL,   CX_VERDICT_DENY,   CX_VERDICT_UNSET,
    };

    for (size_t i = 0; i < CX_COUNT(order); i++) {
        for (size_t k = 0; k < CX_COUNT(order); k++) {
            assert_int_equal(cx_verdict_worse(order[i], order[k]), order[i > k ? i : k]);
        }
        assert_int_equal(cx_verdict_positive(order[i]), i < 4);
    }
}

TEST(what_is_no_verdict_is_never_positive)
{
    assert_false(cx_verdict_positive((enum cx_verdict)99));
    assert_int_equal(cx_verdict_worse((enum cx_verdict)99, CX_VERDICT_PERMIT), 99);
    assert_int_equal(cx_verdict_of_word(CX_STR("permit")), CX_VERDICT_UNSET);
    assert_int_equal(cx_verdict_of_word(CX_STR("UNSET")), CX_VERDICT_UNSET);
    assert_int_equal(cx_verdict_of_word(CX_STR("")), CX_VERDICT_UNSET);
    for (int i = CX_VERDICT_PERMIT; i <= CX_VERDICT_ARGUABLE; i++) {
        assert_int_equal(cx_verdict_of_word(cx_str_of(cx_verdict_word((enum cx_verdict)i))), i);
    }
}

TEST(rules_are_a_set)
{
    struct cx_rules a = { { 0 } }, b = { { 0 } };

    for (int i = 0; i < CX_RULE_COUNT; i++) {
        enum cx_rule rule = (enum cx_rule)i;

        assert_false(cx_rules_have(&a, rule));
        cx_rules_add(i % 2 == 0 ? &a : &b, rule);
        assert_memory_equal(cx_rule_id(rule), "R-", 2);
        assert_true(strlen(cx_rule_source(rule)) > 2 && strlen(cx_rule_sentence(rule)) > 10);
    }
    assert_false(cx_rules_have(&a, CX_R_ID_1));
    cx_rules_join(&a, &b);
    for (int i = 0; i < CX_RULE_COUNT; i++) {
        assert_true(cx_rules_have(&a, (enum cx_rule)i));
    }
}

TEST(notes_come_once_and_end_with_more)
{
    struct cx_notes notes = { .n = 0 };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

    cx_notes_add(&notes, CX_NOTE_UNKNOWN_TAG, bytes_of("a"));
    cx_notes_add(&notes, CX_NOTE_UNKNOWN_TAG, bytes_of("a"));
    cx_notes_add(&notes, CX_NOTE_DUPLICATE, bytes_of("a"));
    assert_int_equal(notes.n, 2);
    for (size_t i = 0; i < 26; i++) {
        cx_notes_add(&notes, CX_NOTE_UNKNOWN_TAG, (cx_span){ (const uint8_t *)letters + i, 1 });
    }
    assert_int_equal(notes.n, CX_NOTES_MAX);
    assert_int_equal(notes.v[CX_NOTES_MAX - 1].code, CX_NOTE_MORE);
    assert_int_equal(notes.v[CX_NOTES_MAX - 2].code, CX_NOTE_UNKNOWN_TAG);
    cx_notes_add(&notes, CX_NOTE_DUPLICATE, bytes_of("z"));
    assert_int_equal(notes.n, CX_NOTES_MAX);
}

TEST(words_are_closed_and_unlike)
{
    for (int i = 0; i <= CX_REASON_LATE; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(cx_reason_word((enum cx_reason)i),
                                    cx_reason_word((enum cx_reason)k));
        }
        assert_true(strlen(cx_reason_sentence((enum cx_reason)i)) > 10);
    }
    for (int i = 1; i <= CX_NOTE_MORE; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(cx_note_word((enum cx_note_code)i),
                                    cx_note_word((enum cx_note_code)k));
        }
        assert_true(strlen(cx_note_sentence((enum cx_note_code)i)) > 10);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_worse_wins),
    cmocka_unit_test(what_is_no_verdict_is_never_positive),
    cmocka_unit_test(rules_are_a_set),
    cmocka_unit_test(notes_come_once_and_end_with_more),
    cmocka_unit_test(words_are_closed_and_unlike),
};

TEST_MAIN(tests)

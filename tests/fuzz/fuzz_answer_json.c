/* Recorded answers from outside. Whatever is accepted is consistent, and writing and reading it again changes nothing. */
#include "fuzz.h"
#include "resolve/answer_json.h"

static void
check_consistent(const struct cx_answer *answer)
{
    bool positive = answer->outcome == CX_OUTCOME_RECORDS;

    MUST(answer->outcome != CX_OUTCOME_UNSET);
    MUST(answer->name.n >= 1 && answer->records_at.n >= 1);
    if (answer->type == CX_TYPE_DNAME) {
        MUST(answer->n_records == 0 && answer->n_aliases == (positive ? 1u : 0u));
        return;
    }
    MUST(answer->type == CX_TYPE_CAA);
    MUST(positive == (answer->n_records != 0));
    for (size_t i = 0; i < answer->n_records; i++) {
        MUST(answer->records[i].tag.n >= 1 && answer->records[i].tag.n <= 255);
    }
}

static void
check_round_trip(const struct cx_answer *answer, struct cx_arena *arena)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *first = cx_answer_to_json(answer);
    CX_AUTO(cx_json_cleanup) struct cx_json *second = NULL;
    struct cx_answer again;
    struct cx_buf one, two;

    MUST(first != NULL);
    MUST(cx_ok(cx_answer_from_json(first, arena, &again, NULL)));
    check_consistent(&again);
    MUST(again.n_records == answer->n_records && again.n_aliases == answer->n_aliases);
    MUST(cx_span_equal(again.records_at, answer->records_at));
    second = cx_answer_to_json(&again);
    cx_buf_init(&one, CX_LINE_MAX);
    cx_buf_init(&two, CX_LINE_MAX);
    MUST(cx_ok(cx_json_write(first, &one)) && cx_ok(cx_json_write(second, &two)));
    MUST(cx_str_equal(cx_buf_str(&one), cx_buf_str(&two)));
    cx_buf_done(&one);
    cx_buf_done(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_answer answer = { .type = 0 };
    struct cx_arena arena;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    if (cx_ok(cx_json_parse((cx_str){ (const char *)data, size }, &json, NULL))) {
        if (cx_ok(cx_answer_from_json(json, &arena, &answer, NULL))) {
            check_consistent(&answer);
            check_round_trip(&answer, &arena);
        } else {
            MUST(answer.outcome == CX_OUTCOME_UNSET); /* untouched: a failure, I1 of dns/answer.h */
        }
    }
    cx_arena_done(&arena);
    return 0;
}

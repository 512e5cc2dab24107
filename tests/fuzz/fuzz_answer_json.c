/* Recorded answers from outside. Whatever is accepted is consistent, and writing and reading it again changes nothing. */
#include "resolve/answer_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void
check_consistent(const struct cx_answer *answer)
{
    bool positive = answer->outcome == CX_OUTCOME_RECORDS;

    require(answer->outcome != CX_OUTCOME_UNSET);
    require(answer->name.n >= 1 && answer->records_at.n >= 1);
    if (answer->type == CX_TYPE_DNAME) {
        require(answer->n_records == 0 && answer->n_aliases == (positive ? 1u : 0u));
        return;
    }
    require(answer->type == CX_TYPE_CAA);
    require(positive == (answer->n_records != 0));
    for (size_t i = 0; i < answer->n_records; i++) {
        require(answer->records[i].tag.n >= 1 && answer->records[i].tag.n <= 255);
    }
}

static void
check_round_trip(const struct cx_answer *answer, struct cx_arena *arena)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *first = cx_answer_to_json(answer);
    CX_AUTO(cx_json_cleanup) struct cx_json *second = NULL;
    struct cx_answer again;
    struct cx_buf one, two;

    require(first != NULL);
    require(cx_ok(cx_answer_from_json(first, arena, &again, NULL)));
    check_consistent(&again);
    require(again.n_records == answer->n_records && again.n_aliases == answer->n_aliases);
    require(cx_span_equal(again.records_at, answer->records_at));
    second = cx_answer_to_json(&again);
    cx_buf_init(&one, CX_LINE_MAX);
    cx_buf_init(&two, CX_LINE_MAX);
    require(cx_ok(cx_json_write(first, &one)) && cx_ok(cx_json_write(second, &two)));
    require(cx_str_equal(cx_buf_str(&one), cx_buf_str(&two)));
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
            require(answer.outcome ==
                    CX_OUTCOME_UNSET); /* untouched: a failure, I1 of dns/answer.h */
        }
    }
    cx_arena_done(&arena);
    return 0;
}

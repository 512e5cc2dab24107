/* Asking a source that answers at once. */
#ifndef CX_TESTS_ASK_H
#define CX_TESTS_ASK_H

#include "resolve/source.h"
#include "unit.h"

struct caught {
    const struct cx_answer *answer;
    unsigned calls;
};

static inline void
catch_answer(void *ctx, const struct cx_answer *answer)
{
    struct caught *caught = ctx;

    caught->answer = answer;
    caught->calls++;
}

static inline const struct cx_answer *
ask_for(const struct cx_source *source, const char *name, uint16_t type, struct cx_arena *arena)
{
    struct caught caught = { NULL, 0 };
    struct cx_name wire;
    struct cx_question question = { .type = type };

    assert_true(cx_ok(cx_name_from_text(cx_str_of(name), &wire, NULL)));
    question.name = cx_name_span(&wire);
    cx_source_ask(source, &question, arena, catch_answer, &caught);
    assert_true(cx_ok(cx_source_wait(source)));
    assert_int_equal(caught.calls, 1);
    assert_non_null(caught.answer);
    assert_true(cx_span_equal(caught.answer->name, question.name));
    assert_int_equal(caught.answer->type, type);
    return caught.answer;
}

#endif

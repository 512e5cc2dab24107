/* Answers from a stranger's evidence: what is accepted is written again as it stands, but for negative keys, and is an
 * answer as all sources give one. */
#include "../unit/strip.h"
#include "evidence/answer_object.h"
#include "fuzz.h"

#define ARENA_CAP ((size_t)256 << 20)

static bool
in_chain(const struct cx_answer *a, cx_span name)
{
    bool found = cx_span_equal(name, a->name);

    for (size_t i = 0; i < a->n_aliases; i++) {
        found = found || cx_span_equal(name, a->aliases[i]);
    }
    return found;
}

static void
check_answer(const struct cx_answer *a)
{
    bool records = a->outcome == CX_OUTCOME_RECORDS;

    MUST(a->outcome != CX_OUTCOME_UNSET && a->octets.n == 0);
    MUST(a->type == CX_TYPE_CAA || (a->type == CX_TYPE_DNAME && a->n_records == 0));
    MUST(a->type == CX_TYPE_DNAME || records == (a->n_records != 0));
    MUST(a->type == CX_TYPE_CAA || !records || a->n_aliases == 1);
    MUST(a->n_records == 0 || in_chain(a, a->records_at));
    MUST(a->records_at.n != 0);
    MUST(a->malformed == CX_MALFORMED_UNSET || a->outcome == CX_OUTCOME_MALFORMED);
    for (size_t i = 0; i < a->n_records; i++) {
        MUST(a->records[i].tag.n != 0 && a->records[i].tag.n <= UINT8_MAX);
    }
    for (size_t i = 0; i < a->n_control; i++) { /* R-FAIL-8: their number counts */
        for (size_t k = 0; k < i; k++) {
            MUST(!cx_span_equal(a->control[i]->name, a->control[k]->name));
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct cx_detail detail = { .text = "" };
    struct cx_answer_object object, cut;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, ARENA_CAP);
    cx_buf_init(&buf, CX_RECORD_MAX);
    if (cx_ok(cx_answer_object_decode(octets, &arena, &object, &detail))) {
        check_answer(&object.answer);
        MUST(cx_ok(cx_answer_object_encode(&object.answer,
                                           object.has_message ? &object.message : NULL, &buf)));
        MUST(is_same_stripped(octets, 0, cx_buf_str(&buf)));
        octets.n--;
        MUST(!cx_ok(cx_answer_object_decode(octets, &arena, &cut, NULL)));
    } else {
        MUST(detail.text[0] != '\0');
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    return 0;
}

/* Answers from a stranger's evidence: what is accepted is written again as it stands, but for negative keys, and is an
 * answer as all sources give one. */
#include "../unit/strip.h"
#include "evidence/answer_object.h"
#include "evidence/glance.h"
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

/* A glance takes every digest that the answer names, and nothing else. */
static void
check_glance(cx_span octets, const struct cx_answer_object *object)
{
    struct cx_glance_answer glance;
    struct cx_hash digest;
    size_t n = object->has_message ? 1 : 0, seen = 0;
    static const uint8_t unknown[CX_HASH_SIZE];

    for (size_t i = 0; i < object->answer.n_proof; i++) {
        n += memcmp(object->answer.proof[i]->digest, unknown, CX_HASH_SIZE) != 0;
    }
    for (size_t i = 0; i < object->answer.n_control; i++) {
        n += memcmp(object->answer.control[i]->digest, unknown, CX_HASH_SIZE) != 0;
    }
    MUST(cx_ok(cx_glance_answer(octets, CX_MESSAGES_FULL, &glance)));
    while (cx_glance_message(&glance, &digest)) {
        seen++;
    }
    MUST(seen == n);
}

/* Octets that are no answer can be glanced at: nothing is read beyond them. */
static void
glance_at_anything(cx_span octets)
{
    struct cx_glance_answer glance;
    struct cx_hash digest;

    if (cx_ok(cx_glance_answer(octets, CX_MESSAGES_FULL, &glance))) {
        while (cx_glance_message(&glance, &digest)) {
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
    glance_at_anything(octets);
    if (cx_ok(cx_answer_object_decode(octets, &arena, &object, &detail))) {
        check_answer(&object.answer);
        check_glance(octets, &object);
        MUST(cx_ok(cx_answer_object_encode(&object.answer,
                                           object.has_message ? &object.message : NULL, &buf)));
        MUST(is_same_stripped(octets, 0, 0, cx_buf_str(&buf)));
        octets.n--;
        MUST(!cx_ok(cx_answer_object_decode(octets, &arena, &cut, NULL)));
    } else {
        MUST(detail.text[0] != '\0');
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    return 0;
}

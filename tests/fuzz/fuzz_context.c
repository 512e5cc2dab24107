/* Contexts from a stranger's evidence: what is accepted is written again as it stands, but for negative keys; its policy,
 * if docs/json.md allows it, is one that the engine reads. */
#include "../unit/strip.h"
#include "base/cbor_json.h"
#include "engine/policy.h"
#include "evidence/context.h"
#include "evidence/glance.h"
#include "fuzz.h"

#define ARENA_CAP ((size_t)256 << 20)

/* A policy that is read can be written, and is then read as itself. */
static void
check_policy(const struct cx_context *context, struct cx_arena *arena)
{
    struct cx_context again = *context, read;
    struct cx_json *json = NULL;
    struct cx_policy policy;
    struct cx_buf buf;

    if (!cx_ok(cx_cbor_to_json(context->policy_octets, &json))) {
        return;
    }
    cx_buf_init(&buf, CX_RECORD_MAX);
    if (cx_ok(cx_policy_from_json(json, arena, &policy, NULL))) {
        cx_status s;

        again.policy = &policy;
        s = cx_context_encode(&again, &buf);
        MUST(cx_ok(s) ||
             s.code ==
                 CX_E_INTERNAL); /* an offset can lead out of the years that have four digits */
        MUST(!cx_ok(s) ||
             cx_ok(cx_context_decode(cx_span_of_str(cx_buf_str(&buf)), arena, &read, NULL)));
    }
    cx_buf_done(&buf);
    cx_json_free(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_span octets = { data, size };
    struct cx_detail detail = { .text = "" };
    struct cx_context context, cut;
    struct cx_arena arena;
    struct cx_buf buf;

    cx_arena_init(&arena, ARENA_CAP);
    cx_buf_init(&buf, CX_RECORD_MAX);
    if (cx_ok(cx_context_decode(octets, &arena, &context, &detail))) {
        MUST(context.order != CX_ORDER_UNSET && context.messages != CX_MESSAGES_UNSET);
        MUST(cx_glance_context(octets) == context.messages);
        MUST(cx_ok(cx_context_encode(&context, &buf)));
        MUST(is_same_stripped(octets, 0, 0, cx_buf_str(&buf)));
        check_policy(&context, &arena);
        octets.n--;
        MUST(!cx_ok(cx_context_decode(octets, &arena, &cut, NULL)));
    } else {
        MUST(detail.text[0] != '\0');
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    return 0;
}

/* One line of check --batch, from outside: request in, one result line out. Whatever comes in, the result is one JSON
 * object with a verdict or an error, the same twice, and permission rests on an answer or needs none. */
#include "engine/result.h"
#include "fuzz.h"

#include <string.h>

#define NOW 1795348800 /* 2026-11-22T12:00:00Z */

struct one {
    struct cx_buf line;
    bool done;
    bool permits;
    bool shown; /* every permission of the result has its reason */
};

static void
take(void *ctx, struct cx_check *check)
{
    struct one *one = ctx;
    CX_AUTO(cx_json_cleanup) struct cx_json *json = cx_result_to_json(check);

    MUST(!one->done);
    one->done = true;
    MUST(json != NULL && cx_ok(cx_json_write(json, &one->line)));
    if (!cx_ok(check->status)) {
        return;
    }
    one->permits = check->conclusion.verdict == CX_VERDICT_PERMIT;
    one->shown = true;
    for (size_t i = 0; i < check->request.n_names; i++) {
        const struct cx_finding *f = &check->findings[i];

        MUST(f->verdict != CX_VERDICT_UNSET);
        if (f->verdict == CX_VERDICT_PERMIT) {
            one->shown = one->shown && f->reason != CX_REASON_UNSET &&
                         (f->n_seen != 0 || check->request.policy.onion_rfc9799);
        }
    }
}

static void
run(cx_str text, struct one *one)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_check *check;

    cx_buf_init(&one->line, (size_t)64 << 20);
    if (!cx_ok(cx_json_parse(text, &json, NULL))) {
        return;
    }
    check = cx_check_new();
    MUST(check != NULL);
    cx_check_start(check, json, NULL, NULL, NOW, take, one);
    MUST(one->done); /* without a source nothing can be under way */
    cx_check_free(check);
}

static void
check_line(const struct one *one)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    cx_str line = cx_buf_str(&one->line);

    MUST(memchr(line.p, '\n', line.n) == NULL);
    MUST(cx_ok(cx_json_parse(line, &json, NULL)));
    MUST((cx_json_get(json, "verdict") != NULL) != (cx_json_get(json, "error") != NULL));
    MUST(!one->permits || one->shown);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cx_str text = { (const char *)data, size };
    struct one first = { .done = false }, second = { .done = false };

    run(text, &first);
    run(text, &second);
    MUST(first.done == second.done);
    MUST(cx_str_equal(cx_buf_str(&first.line), cx_buf_str(&second.line)));
    if (first.done) {
        check_line(&first);
    }
    cx_buf_done(&first.line);
    cx_buf_done(&second.line);
    return 0;
}

#include "engine/check.h"

#include "base/alloc.h"
#include "engine/corroboration.h"
#include "resolve/recorded.h"
#include "resolve/zone.h"

struct cx_check *
cx_check_new(void)
{
    struct cx_check *check = cx_alloc(1, sizeof(*check));

    if (check != NULL) {
        cx_arena_init(&check->arena, CX_CHECK_MEMORY);
    }
    return check;
}

void
cx_check_free(struct cx_check *check)
{
    if (check != NULL) {
        cx_source_close(&check->own_source);
        cx_arena_done(&check->arena);
        cx_free(check);
    }
}

static void
finish(struct cx_check *check, cx_status status)
{
    check->status = status;
    if (!cx_ok(status) && check->detail.text[0] == '\0') {
        (void)cx_fail(&check->detail, status.code, "%s", cx_status_text(status));
    }
    check->done(check->ctx, check);
}

void
cx_check_conclude(struct cx_check *check)
{
    cx_time newest = CX_TIME_NONE;

    check->conclusion = (struct cx_conclusion){ .verdict = CX_VERDICT_UNSET };
    for (size_t i = 0; i < check->request.n_names; i++) {
        cx_conclude_name(&check->conclusion, &check->findings[i]);
        newest = check->findings[i].newest > newest ? check->findings[i].newest : newest;
    }
    cx_conclude(&check->conclusion, &check->request.cases[0], newest);
}

static void step(struct cx_check *check);

static void
answered(void *ctx, const struct cx_answer *answer)
{
    struct cx_check *check = ctx;

    check->open--;
    if (answer == NULL || !cx_ok(cx_answers_add(&check->answers, &check->arena, answer))) {
        check->out_of_memory = true;
    }
    if (check->open == 0 && !check->stepping) {
        step(check);
    }
}

/* Asks a question unless it is under way already: one question serves all names. */
static cx_status
ask_once(struct cx_check *check, const struct cx_question *question)
{
    struct cx_answer *placeholder;

    if (cx_answers_find(&check->asked, question->name, question->type) != NULL) {
        return CX_SUCCESS;
    }
    placeholder = cx_arena_get(&check->arena, 1, sizeof(*placeholder));
    if (placeholder == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    placeholder->name = question->name;
    placeholder->type = question->type;
    CX_TRY(cx_answers_add(&check->asked, &check->arena, placeholder));
    check->open++;
    cx_source_ask(&check->source, question, &check->arena, answered, check);
    return CX_SUCCESS;
}

/* Judges every open name with the answers so far, and asks what they need. */
static cx_status
one_round(struct cx_check *check, bool *ret_complete)
{
    bool complete = true;

    for (size_t i = 0; i < check->request.n_names; i++) {
        struct cx_request_name *name = &check->request.names[i];
        struct cx_finding *finding = &check->findings[i];

        if (finding->verdict != CX_VERDICT_UNSET) {
            continue;
        }
        cx_judge(name->c, &name->subject, &check->answers, finding);
        if (finding->verdict == CX_VERDICT_UNSET && finding->n_need == 0) {
            return cx_fail(&check->detail, CX_E_INTERNAL, "the judge reached no verdict");
        }
        for (size_t k = 0; k < finding->n_need; k++) {
            CX_TRY(ask_once(check, &finding->need[k]));
        }
        complete = complete && finding->verdict != CX_VERDICT_UNSET;
    }
    *ret_complete = complete;
    return CX_SUCCESS;
}

/* Rounds until everything is judged or answers are awaited. Sources may answer within the call, so this is a loop and
 * not a recursion. */
static void
step(struct cx_check *check)
{
    bool complete = false;
    cx_status s;

    check->stepping = true;
    do {
        s = check->out_of_memory ? (cx_status){ CX_E_NOMEM } : one_round(check, &complete);
    } while (cx_ok(s) && !complete && check->open == 0);
    check->stepping = false;
    if (cx_ok(s) && !complete) {
        return;
    }
    if (check->open != 0) { /* failed with questions under way: wait for the last of them */
        check->out_of_memory = true;
        return;
    }
    if (cx_ok(s)) {
        cx_check_conclude(check);
        s = cx_check_corroborate(check);
    }
    finish(check, s);
}

/* Inline answers or zone text take the place of the source. */
static cx_status
choose_source(struct cx_check *check, const struct cx_source *source)
{
    if (check->request.answers != NULL) {
        CX_TRY(cx_recorded_source_open_json(check->request.answers, &check->own_source,
                                            &check->detail));
        check->source = check->own_source;
        check->origin = CX_ORIGIN_REQUEST;
    } else if (check->request.has_zone) {
        static const uint8_t root[] = { 0 };
        struct cx_zone_input input = { .text = check->request.zone, .origin = { root, 1 } };

        CX_TRY(cx_zone_source_open(&input, 1, &check->own_source, &check->detail));
        check->source = check->own_source;
        check->origin = CX_ORIGIN_REQUEST;
    } else if (source != NULL) {
        check->source = *source;
        check->origin = source->origin;
    } else {
        return cx_fail(&check->detail, CX_E_USAGE,
                       "request: \"answers\" or \"zone\" is needed, for there is no other source");
    }
    return CX_SUCCESS;
}

static cx_status
prepare(struct cx_check *check, const struct cx_source *source)
{
    check->findings = cx_arena_get(&check->arena, check->request.n_names, sizeof(*check->findings));
    if (check->findings == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    return choose_source(check, source);
}

static void
start(struct cx_check *check, const struct cx_source *source)
{
    cx_status s = prepare(check, source);

    if (cx_ok(s)) {
        step(check);
    } else {
        finish(check, s);
    }
}

void
cx_check_start(struct cx_check *check, const struct cx_json *json, const struct cx_json *defaults,
               const struct cx_source *source, cx_time now,
               void (*done)(void *ctx, struct cx_check *check), void *ctx)
{
    cx_status s;

    check->done = done;
    check->ctx = ctx;
    s = cx_request_from_json(json, defaults, now, &check->arena, &check->request, &check->detail);
    if (!cx_ok(s)) {
        finish(check, s);
        return;
    }
    start(check, source);
}

void
cx_check_start_request(struct cx_check *check, const struct cx_request *request,
                       const struct cx_source *source,
                       void (*done)(void *ctx, struct cx_check *check), void *ctx)
{
    check->done = done;
    check->ctx = ctx;
    check->request = *request;
    start(check, source);
}

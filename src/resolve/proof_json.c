#include "resolve/proof_json.h"

#include "base/limits.h"
#include "resolve/answer_json.h"

/* Longer words describe no cut. */
#define CUT_WORD_MAX 40

static cx_status
read_cut(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
         struct cx_detail *detail)
{
    static const char *const members[] = { "at", "how", NULL };
    cx_str how;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "cut", members, CX_E_ANSWERS, detail));
    if (!cx_json_string(cx_json_get(json, "how"), &how) || how.n == 0 || how.n > CUT_WORD_MAX) {
        return cx_fail(detail, CX_E_ANSWERS, "cut.how: a word is needed");
    }
    CX_TRY(cx_name_from_json(cx_json_get(json, "at"), "cut.at", arena, &answer->cut_at, detail));
    return cx_arena_text(arena, how, &answer->cut);
}

static bool
is_listed(const struct cx_proof_message *const *list, size_t n, cx_span name)
{
    for (size_t i = 0; i < n; i++) {
        if (cx_span_equal(list[i]->name, name)) {
            return true;
        }
    }
    return false;
}

static cx_status
control_of(const struct cx_json *json, struct cx_arena *arena, const struct cx_proof_message **ret,
           struct cx_detail *detail)
{
    static const char *const members[] = { "name", "time", NULL };
    struct cx_proof_message *message = cx_arena_get(arena, 1, sizeof(*message));
    cx_str time;

    if (message == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    message->type = CX_TYPE_CAA;
    CX_TRY(cx_json_only(json, "control[]", members, CX_E_ANSWERS, detail));
    CX_TRY(cx_name_from_json(cx_json_get(json, "name"), "control[].name", arena, &message->name,
                             detail));
    if (!cx_json_string(cx_json_get(json, "time"), &time) ||
        !cx_ok(cx_time_parse(time, &message->time))) {
        return cx_fail(detail, CX_E_ANSWERS,
                       "control[].time: a time such as 2026-11-22T12:00:00Z is needed");
    }
    *ret = message;
    return CX_SUCCESS;
}

static cx_status
read_control(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
             struct cx_detail *detail)
{
    size_t n = cx_json_size(json);
    const struct cx_proof_message **list;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_kind_of(json) != CX_JSON_ARRAY || n > CX_CONTROL_NAMES_MAX) {
        return cx_fail(detail, CX_E_ANSWERS, "control: an array of at most %d is needed",
                       CX_CONTROL_NAMES_MAX);
    }
    list = cx_arena_get(arena, n + 1, sizeof(*list));
    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(control_of(cx_json_at(json, i), arena, &list[i], detail));
        if (is_listed(list, i, list[i]->name)) { /* R-FAIL-8: it is their number that counts */
            return cx_fail(detail, CX_E_ANSWERS, "control: a name is given twice");
        }
    }
    answer->control = list;
    answer->n_control = n;
    return CX_SUCCESS;
}

cx_status
cx_proof_from_json(const struct cx_json *json, struct cx_arena *arena, struct cx_answer *answer,
                   struct cx_detail *detail)
{
    const struct cx_json *proved = cx_json_get(json, "proved");

    if (proved != NULL && !cx_json_bool(proved, &answer->is_proved)) {
        return cx_fail(detail, CX_E_ANSWERS, "proved: true or false is needed");
    }
    CX_TRY(read_cut(cx_json_get(json, "cut"), arena, answer, detail));
    return read_control(cx_json_get(json, "control"), arena, answer, detail);
}

static struct cx_json *
cut_json(const struct cx_answer *answer)
{
    struct cx_json *json = cx_json_new_object();

    return cx_json_whole(json, cx_json_set(json, "at", cx_name_to_json(answer->cut_at)) &&
                                   cx_json_set(json, "how", cx_json_new_string(answer->cut)));
}

static struct cx_json *
control_json(const struct cx_answer *answer)
{
    struct cx_json *array = cx_json_new_array();
    bool done = true;

    for (size_t i = 0; i < answer->n_control && done; i++) {
        struct cx_json *json = cx_json_new_object();
        char time[CX_TIME_TEXT];

        cx_time_format(answer->control[i]->time, time);
        done = cx_json_set(json, "name", cx_name_to_json(answer->control[i]->name)) &&
               cx_json_set(json, "time", cx_json_new_text(time));
        done = cx_json_add(array, json) && done;
    }
    return cx_json_whole(array, done);
}

bool
cx_proof_to_json(const struct cx_answer *answer, struct cx_json *object)
{
    return (!answer->is_proved || cx_json_set(object, "proved", cx_json_new_bool(true))) &&
           (answer->cut.n == 0 || cx_json_set(object, "cut", cut_json(answer))) &&
           (answer->n_control == 0 || cx_json_set(object, "control", control_json(answer)));
}

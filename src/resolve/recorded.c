#include "resolve/recorded.h"

#include "base/alloc.h"
#include "caa/answers.h"
#include "resolve/answer_json.h"

struct recorded {
    struct cx_arena arena;
    struct cx_answers table;
};

/* An answer and where it stood; the table holds the address of the first member, which is that of the whole. */
struct entry {
    struct cx_answer answer;
    size_t at; /* line, or place in the array, from 1 */
};

static cx_status
copy_aliases(const struct cx_answer *from, struct cx_arena *arena, struct cx_answer *to)
{
    cx_span *aliases = cx_arena_get(arena, from->n_aliases, sizeof(*aliases));

    if (aliases == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < from->n_aliases; i++) {
        CX_TRY(cx_arena_copy(arena, from->aliases[i], &aliases[i]));
    }
    to->aliases = aliases;
    return CX_SUCCESS;
}

static cx_status
copy_records(const struct cx_answer *from, struct cx_arena *arena, struct cx_answer *to)
{
    struct cx_caa *records = cx_arena_get(arena, from->n_records, sizeof(*records));

    if (records == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < from->n_records; i++) {
        records[i].flags = from->records[i].flags;
        CX_TRY(cx_arena_copy(arena, from->records[i].tag, &records[i].tag));
        CX_TRY(cx_arena_copy(arena, from->records[i].value, &records[i].value));
    }
    to->records = records;
    return CX_SUCCESS;
}

/* Answers outlive the source that gave them (resolve/source.h, I2), hence copies. */
static cx_status
copy_answer(const struct cx_answer *from, struct cx_arena *arena, struct cx_answer *ret)
{
    *ret = *from;
    CX_TRY(cx_arena_copy(arena, from->name, &ret->name));
    CX_TRY(cx_arena_copy(arena, from->records_at, &ret->records_at));
    CX_TRY(cx_arena_text(arena, from->why, &ret->why));
    if (from->n_aliases != 0) {
        CX_TRY(copy_aliases(from, arena, ret));
    }
    return from->n_records == 0 ? CX_SUCCESS : copy_records(from, arena, ret);
}

static cx_status
missing(const struct cx_question *question, struct cx_arena *arena, struct cx_answer *ret)
{
    *ret = (struct cx_answer){
        .type = question->type,
        .outcome = CX_OUTCOME_ERROR,
        .attempts = 1,
        .time = CX_TIME_NONE,
        .why = CX_STR("not among the recorded answers"),
    };
    CX_TRY(cx_arena_copy(arena, question->name, &ret->name));
    ret->records_at = ret->name;
    return CX_SUCCESS;
}

static void
ask(void *self, const struct cx_question *question, struct cx_arena *arena, cx_answered *answered,
    void *ctx)
{
    const struct recorded *recorded = self;
    const struct cx_answer *found =
        cx_answers_find(&recorded->table, question->name, question->type);
    struct cx_answer *answer = cx_arena_get(arena, 1, sizeof(*answer));
    cx_status s = { CX_E_NOMEM };

    if (answer != NULL) {
        s = found != NULL ? copy_answer(found, arena, answer) : missing(question, arena, answer);
    }
    answered(ctx, cx_ok(s) ? answer : NULL);
}

/* Every question is answered before ask returns. */
static cx_status
wait(void *self)
{
    (void)self; /* nothing can be open */
    return CX_SUCCESS;
}

static void
recorded_close(void *self)
{
    struct recorded *recorded = self;

    if (recorded != NULL) {
        cx_arena_done(&recorded->arena);
        cx_free(recorded);
    }
}

static void
recorded_cleanup(struct recorded **recorded)
{
    recorded_close(*recorded);
}

static const struct cx_source_ops recorded_ops = { ask, wait, recorded_close };

static cx_status
recorded_new(struct recorded **ret)
{
    struct recorded *recorded = cx_alloc(1, sizeof(*recorded));

    if (recorded == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_arena_init(&recorded->arena, CX_SOURCE_MEMORY);
    *ret = recorded;
    return CX_SUCCESS;
}

/* what: "line" or "answer", to say where. */
static cx_status
add(struct recorded *recorded, const struct cx_json *json, const char *what, size_t at,
    struct cx_detail *detail)
{
    struct entry *entry = cx_arena_get(&recorded->arena, 1, sizeof(*entry));
    struct cx_detail inner = { .rule = NULL };
    const struct cx_answer *earlier;
    char name[CX_NAME_TEXT_MAX];
    cx_status s;

    if (entry == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    s = cx_answer_from_json(json, &recorded->arena, &entry->answer, &inner);
    if (!cx_ok(s)) {
        return cx_fail(detail, s.code, "%s %zu: %s", what, at,
                       inner.text[0] != '\0' ? inner.text : cx_status_text(s));
    }
    entry->at = at;
    earlier = cx_answers_find(&recorded->table, entry->answer.name, entry->answer.type);
    if (earlier != NULL) {
        cx_name_text(entry->answer.name, name);
        return cx_fail(detail, CX_E_ANSWERS,
                       "%s %zu: a second answer to the question of %s %zu (%.80s, type %s); keep "
                       "the one that was used",
                       what, at, what, ((const struct entry *)(const void *)earlier)->at, name,
                       entry->answer.type == CX_TYPE_CAA ? "CAA" : "DNAME");
    }
    return cx_answers_add(&recorded->table, &recorded->arena, &entry->answer);
}

static bool
blank(cx_str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r') {
            return false;
        }
    }
    return true;
}

static cx_status
add_line(struct recorded *recorded, cx_str line, size_t at, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;
    struct cx_detail inner = { .rule = NULL };
    cx_status s;

    if (blank(line)) {
        return CX_SUCCESS;
    }
    if (line.n > CX_LINE_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "line %zu: longer than %u octets", at, CX_LINE_MAX);
    }
    s = cx_json_parse(line, &json, &inner);
    if (!cx_ok(s)) { /* whoever gave answers is told about answers */
        return cx_fail(detail, s.code == CX_E_JSON ? CX_E_ANSWERS : s.code, "line %zu: %s", at,
                       inner.text);
    }
    return add(recorded, json, "line", at, detail);
}

cx_status
cx_recorded_source_open_text(cx_str ndjson, struct cx_source *ret, struct cx_detail *detail)
{
    CX_AUTO(recorded_cleanup) struct recorded *recorded = NULL;
    size_t number = 0, at = 0;
    cx_str line;

    if (ndjson.n > CX_FILE_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "answers: more than %zu octets", CX_FILE_MAX);
    }
    CX_TRY(recorded_new(&recorded));
    while (cx_str_line(ndjson, &at, &line)) {
        CX_TRY(add_line(recorded, line, ++number, detail));
    }
    *ret = (struct cx_source){ &recorded_ops, CX_STEAL(recorded), CX_ORIGIN_RECORDED };
    return CX_SUCCESS;
}

cx_status
cx_recorded_source_open_json(const struct cx_json *array, struct cx_source *ret,
                             struct cx_detail *detail)
{
    CX_AUTO(recorded_cleanup) struct recorded *recorded = NULL;

    if (cx_json_kind_of(array) != CX_JSON_ARRAY) {
        return cx_fail(detail, CX_E_ANSWERS, "answers: an array is needed");
    }
    CX_TRY(recorded_new(&recorded));
    for (size_t i = 0; i < cx_json_size(array); i++) {
        CX_TRY(add(recorded, cx_json_at(array, i), "answer", i + 1, detail));
    }
    *ret = (struct cx_source){ &recorded_ops, CX_STEAL(recorded), CX_ORIGIN_RECORDED };
    return CX_SUCCESS;
}

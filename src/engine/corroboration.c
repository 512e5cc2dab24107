#include "engine/corroboration.h"

#include "base/limits.h"

#include <stdlib.h>

/* ---- names as records write them */

/* With its "*."; of a mailbox the domain alone. */
static cx_status
text_of(cx_span name, bool wildcard, struct cx_arena *arena, cx_str *ret)
{
    char text[CX_NAME_TEXT_MAX + 2] = "*.";

    cx_name_text(name, text + 2);
    return cx_arena_text(arena, cx_str_of(wildcard ? text : text + 2), ret);
}

static cx_status
text_of_key(cx_str key, struct cx_arena *arena, cx_str *ret, struct cx_detail *detail)
{
    bool wildcard = key.n > 2 && memcmp(key.p, "*.", 2) == 0;
    struct cx_name name;

    for (size_t i = key.n; i > 0; i--) { /* no local part is kept */
        if (key.p[i - 1] == '@') {
            key = (cx_str){ key.p + i, key.n - i };
            break;
        }
    }
    if (wildcard) {
        key = (cx_str){ key.p + 2, key.n - 2 };
    }
    CX_TRY(cx_name_from_text(key, &name, detail));
    return text_of(cx_name_span(&name), wildcard, arena, ret);
}

static cx_status
text_of_name(const struct cx_request_name *name, struct cx_arena *arena, cx_str *ret)
{
    return text_of(name->subject.name, name->subject.wildcard, arena, ret);
}

/* ---- what was supplied */

/* A text is the body of a response, octet by octet; an object is one that has been parsed, and is written again. */
static cx_status
read_body(const struct cx_json *json, struct cx_arena *arena, cx_str *ret, struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_str text;
    cx_status s;

    if (cx_json_string(json, &text)) {
        return cx_arena_text(arena, text, ret);
    }
    if (cx_json_kind_of(json) != CX_JSON_OBJECT) {
        return cx_fail(
            detail, CX_E_USAGE,
            "corroboration.open_mpic: each response is its body as a text, or an object");
    }
    cx_buf_init(&buf, CX_MPIC_BODY_MAX);
    s = cx_json_write(json, &buf);
    if (cx_ok(s)) {
        s = cx_arena_text(arena, cx_buf_str(&buf), ret);
    }
    cx_buf_done(&buf);
    return cx_status_class(s) != CX_CLASS_LIMIT
               ? s
               : cx_fail(detail, s.code, "corroboration: a response of more than %d octets",
                         CX_MPIC_BODY_MAX);
}

static cx_status
read_bodies(const struct cx_json *list, struct cx_arena *arena, struct cx_supplied_name *name,
            struct cx_detail *detail)
{
    size_t n = cx_json_size(list);
    cx_str *bodies;

    if (n == 0 || n > CX_MPIC_RESPONSES_MAX) {
        return cx_fail(detail, CX_E_USAGE,
                       "corroboration.open_mpic: an array of 1 to %d responses for each name",
                       CX_MPIC_RESPONSES_MAX);
    }
    bodies = cx_arena_get(arena, n, sizeof(*bodies));
    if (bodies == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(read_body(cx_json_at(list, i), arena, &bodies[i], detail));
    }
    name->bodies = bodies;
    name->n = n;
    return CX_SUCCESS;
}

static size_t
octets_of(const struct cx_supplied_name *names, size_t n)
{
    size_t octets = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < names[i].n; k++) {
            octets += names[i].bodies[k].n;
        }
    }
    return octets;
}

static cx_status
read_names(const struct cx_json *json, struct cx_arena *arena, struct cx_supplied *supplied,
           struct cx_detail *detail)
{
    size_t n = cx_json_members(json, NULL, 0);
    struct cx_supplied_name *names;
    cx_str *keys;

    if (n == 0 || n > CX_NAMES_MAX) {
        return cx_fail(detail, CX_E_USAGE,
                       "corroboration.open_mpic: an object with the request's names is needed");
    }
    names = cx_arena_get(arena, n, sizeof(*names));
    keys = cx_arena_get(arena, n, sizeof(*keys));
    if (names == NULL || keys == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    (void)cx_json_members(json, keys, n); /* as many as before */
    for (size_t i = 0; i < n; i++) {
        CX_TRY(text_of_key(keys[i], arena, &names[i].name, detail));
        CX_TRY(read_bodies(cx_json_get_str(json, keys[i]), arena, &names[i], detail));
    }
    if (octets_of(names, n) > CX_MPIC_SUPPLIED_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "corroboration: responses of more than %d octets",
                       CX_MPIC_SUPPLIED_MAX);
    }
    qsort(names, n, sizeof(*names), cx_supplied_compare);
    *supplied = (struct cx_supplied){ names, n };
    return CX_SUCCESS;
}

/* A misspelt name must not pass for one without results. */
static cx_status
match_names(const struct cx_request *request, const struct cx_supplied *supplied,
            struct cx_arena *arena, struct cx_detail *detail)
{
    bool *used = cx_arena_get(arena, supplied->n, sizeof(*used));

    if (used == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < request->n_names; i++) {
        const struct cx_supplied_name *found;
        cx_str text;

        if (request->names[i].subject.kind != CX_SUBJECT_IP) {
            CX_TRY(text_of_name(&request->names[i], arena, &text));
            found = cx_supplied_find(supplied, text);
            if (found != NULL) {
                used[found - supplied->v] = true;
            }
        }
    }
    for (size_t i = 0; i < supplied->n; i++) {
        const struct cx_supplied_name *one = &supplied->v[i];

        if (i > 0 && cx_supplied_compare(one - 1, one) == 0) {
            return cx_fail(detail, CX_E_USAGE, "corroboration: %.*s is there twice",
                           (int)one->name.n, one->name.p);
        }
    }
    for (size_t i = 0; i < supplied->n; i++) {
        if (!used[i]) {
            return cx_fail(detail, CX_E_USAGE, "corroboration: %.*s is not a name of the request",
                           (int)supplied->v[i].name.n, supplied->v[i].name.p);
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_supplied_from_json(const struct cx_json *json, struct cx_arena *arena,
                      struct cx_request *request, struct cx_detail *detail)
{
    static const char *const members[] = { "open_mpic", NULL };
    struct cx_supplied supplied;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, "corroboration", members, CX_E_USAGE, detail));
    CX_TRY(read_names(cx_json_get(json, "open_mpic"), arena, &supplied, detail));
    CX_TRY(match_names(request, &supplied, arena, detail));
    request->supplied = supplied;
    return CX_SUCCESS;
}

/* ---- what it amounts to */

static cx_status
corroborate_name(struct cx_check *check, size_t i, struct cx_corroborated *ret)
{
    const struct cx_request *q = &check->request;
    struct cx_to_corroborate what = {
        .c = q->names[i].c,
        .subject = &q->names[i].subject,
        .primary = &check->findings[i],
        .perspectives = q->has_perspectives ? &q->perspectives : NULL,
    };
    cx_str text;

    if (q->supplied.n != 0 && what.subject->kind != CX_SUBJECT_IP) {
        CX_TRY(text_of_name(&q->names[i], &check->arena, &text));
        what.supplied = cx_supplied_find(&q->supplied, text);
    }
    return cx_corroborate(&what, &check->arena, ret);
}

/* Of the names that need it. */
static cx_time
first_end(const struct cx_corroborated *all, size_t n)
{
    cx_time first = CX_TIME_NONE;

    for (size_t i = 0; i < n; i++) {
        if (all[i].needed && all[i].valid_until != CX_TIME_NONE &&
            (first == CX_TIME_NONE || all[i].valid_until < first)) {
            first = all[i].valid_until;
        }
    }
    return first;
}

cx_status
cx_check_corroborate(struct cx_check *check)
{
    size_t n = check->request.n_names, least = 0;
    struct cx_corroborated *all = cx_arena_get(&check->arena, n, sizeof(*all));

    if (all == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(corroborate_name(check, i, &all[i]));
        least = cx_corroborated_is_less(&all[i], &all[least]) ? i : least;
    }
    check->corroborated = all;
    check->corroboration = all[least];
    check->corroboration.valid_until = first_end(all, n);
    if (check->request.supplied.n != 0) {
        check->corroboration.is.kind = CX_CORROBORATION_EXTERNAL;
    }
    return CX_SUCCESS;
}

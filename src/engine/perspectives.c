#include "engine/perspectives.h"

#include "base/limits.h"
#include "engine/member.h"

#include <math.h>

static cx_status
refuse(const struct cx_where *where, const char *why)
{
    return cx_fail(where->detail, where->code, "%s: %s", where->object, why);
}

/* Degrees with decimals, as millionths. */
static cx_status
read_angle(const struct cx_json *json, const char *member, int most, const struct cx_where *where,
           int32_t *ret)
{
    double degrees;

    if (!cx_json_number(cx_json_get(json, member), &degrees) || !(fabs(degrees) <= most)) {
        return cx_fail(where->detail, where->code, "%s.%s: degrees from -%d to %d are needed",
                       where->object, member, most, most);
    }
    *ret = (int32_t)lround(degrees * 1e6);
    return CX_SUCCESS;
}

static cx_status
read_place(const struct cx_json *json, const struct cx_where *where, struct cx_place *place,
           enum cx_region *region)
{
    static const char *const words[] = { "AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE", NULL };
    size_t which = CX_COUNT(words) - 1;

    CX_TRY(read_angle(json, "latitude", 90, where, &place->latitude));
    CX_TRY(read_angle(json, "longitude", 180, where, &place->longitude));
    CX_TRY(cx_member_word(json, "region", where, words, &which));
    if (words[which] == NULL) {
        return refuse(where, "\"region\" is needed: AFRINIC, APNIC, ARIN, LACNIC or RIPE");
    }
    *region = cx_region_of_word(cx_str_of(words[which]));
    return CX_SUCCESS;
}

static cx_status
read_resolver(const struct cx_json *json, struct cx_detail *detail, struct cx_perspective *p)
{
    static const char *const members[] = { "latitude", "longitude", "region", NULL };
    const struct cx_where where = { "perspectives.resolver", CX_E_POLICY, detail };

    p->resolver = p->place;
    p->resolver_region = p->region;
    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_json_only(json, where.object, members, where.code, detail));
    return read_place(json, &where, &p->resolver, &p->resolver_region);
}

static cx_status
read_perspective(const struct cx_json *json, struct cx_arena *arena, struct cx_perspective *p,
                 struct cx_detail *detail)
{
    static const char *const members[] = { "code", "latitude", "longitude", "region", "resolver",
                                           "from", "until",    "state",     NULL };
    const struct cx_where where = { "perspectives", CX_E_POLICY, detail };
    cx_str code = { NULL, 0 }, state = { NULL, 0 };

    *p = (struct cx_perspective){ .from = CX_TIME_NONE, .until = CX_TIME_MAX };
    CX_TRY(cx_json_only(json, where.object, members, where.code, detail));
    CX_TRY(cx_member_text(json, "code", &where, &code));
    if (code.n == 0) {
        return refuse(&where, "\"code\" is needed: the name by which results come");
    }
    CX_TRY(read_place(json, &where, &p->place, &p->region));
    CX_TRY(read_resolver(cx_json_get(json, "resolver"), detail, p));
    CX_TRY(cx_member_time(json, "from", &where, &p->from));
    CX_TRY(cx_member_time(json, "until", &where, &p->until));
    CX_TRY(cx_member_text(json, "state", &where, &state));
    CX_TRY(cx_arena_text(arena, code, &p->code));
    return cx_arena_text(arena, state, &p->state);
}

static cx_status
read_remotes(const struct cx_json *json, struct cx_arena *arena, struct cx_perspectives *list,
             struct cx_detail *detail)
{
    const struct cx_where where = { "perspectives.remotes", CX_E_POLICY, detail };
    size_t n = cx_json_size(json);
    struct cx_perspective *remotes;

    if (n == 0 || n > CX_PERSPECTIVES_MAX) {
        return cx_fail(detail, CX_E_POLICY, "%s: an array of 1 to %d perspectives is needed",
                       where.object, CX_PERSPECTIVES_MAX);
    }
    remotes = cx_arena_get(arena, n, sizeof(*remotes));
    if (remotes == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    list->v = remotes;
    for (size_t i = 0; i < n; i++) {
        CX_TRY(read_perspective(cx_json_at(json, i), arena, &remotes[i], detail));
        if (cx_perspective_find(list, remotes[i].code) != NULL) {
            return refuse(&where, "a code is there twice");
        }
        list->n = i + 1;
    }
    return CX_SUCCESS;
}

cx_status
cx_perspectives_from_json(const struct cx_json *json, struct cx_arena *arena,
                          struct cx_perspectives *ret, struct cx_detail *detail)
{
    static const char *const members[] = { "primary", "remotes", NULL };
    struct cx_perspectives list = { .n = 0 };

    CX_TRY(cx_json_only(json, "perspectives", members, CX_E_POLICY, detail));
    if (cx_json_get(json, "primary") == NULL) {
        return cx_fail(detail, CX_E_POLICY,
                       "perspectives: \"primary\" is needed: remote ones are far from it");
    }
    CX_TRY(read_perspective(cx_json_get(json, "primary"), arena, &list.primary, detail));
    CX_TRY(read_remotes(cx_json_get(json, "remotes"), arena, &list, detail));
    *ret = list;
    return CX_SUCCESS;
}

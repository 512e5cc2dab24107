#include "bin/caaproofd/intake.h"

#include "base/limits.h"
#include "engine/member.h"

/* Of the caller's members, those that the engine's request has too. */
static const char *const passed[] = { "id", "names", "account_uri", "method", "corroboration" };

static const char *const allowed[] = { "id",          "authority", "names",
                                       "account_uri", "method",    "corroboration",
                                       "previous",    "timeout_s", "verdict",
                                       NULL };

bool
intake_is_id(cx_str id)
{
    bool good = id.n != 0 && id.n <= CX_REQUEST_ID_MAX;

    for (size_t i = 0; good && i < id.n; i++) {
        good = id.p[i] > ' ' && id.p[i] <= '~' && id.p[i] != '/' && id.p[i] != '\\';
    }
    return good && !cx_str_equal(id, CX_STR(".")) && !cx_str_equal(id, CX_STR(".."));
}

static cx_status
read_verdict(const struct cx_json *json, const struct cx_where *where, enum cx_verdict *ret)
{
    cx_str word = { NULL, 0 };

    CX_TRY(cx_member_text(json, "verdict", where, &word));
    if (cx_json_get(json, "verdict") == NULL) {
        return CX_SUCCESS;
    }
    *ret = cx_verdict_of_word(word);
    return *ret != CX_VERDICT_UNSET
               ? CX_SUCCESS
               : cx_fail(where->detail, where->code,
                         "request: \"verdict\" is one of PERMIT, DENY, FAIL, PERMIT-LF, EXEMPT, "
                         "NA, ARGUABLE");
}

static cx_status
read_members(struct intake *in, struct cx_detail *detail)
{
    const struct cx_where where = { "request", CX_E_USAGE, detail };

    CX_TRY(cx_json_only(in->json, "request", allowed, CX_E_USAGE, detail));
    CX_TRY(cx_member_text(in->json, "id", &where, &in->id));
    CX_TRY(cx_member_text(in->json, "authority", &where, &in->authority));
    CX_TRY(cx_member_text(in->json, "previous", &where, &in->previous));
    CX_TRY(cx_member_number(in->json, "timeout_s", &where, 1, CX_DEADLINE_MAX_S, &in->timeout_s));
    CX_TRY(read_verdict(in->json, &where, &in->own_verdict));
    if (!intake_is_id(in->id)) {
        return cx_fail(detail, CX_E_USAGE,
                       "request: \"id\" is needed: 1 to %d printable ASCII characters without "
                       "spaces, / and \\, another for each check; not . or ..",
                       CX_REQUEST_ID_MAX);
    }
    if (cx_json_get(in->json, "previous") != NULL && !intake_is_id(in->previous)) {
        return cx_fail(detail, CX_E_USAGE, "request: \"previous\" is the id of an earlier check");
    }
    return in->authority.n != 0
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_USAGE,
                         "request: \"authority\" is needed: its name, or the SHA-256 of its key");
}

cx_status
intake_read(cx_str body, struct intake *ret, struct cx_detail *detail)
{
    struct intake in = { .own_verdict = CX_VERDICT_UNSET };
    cx_status s;

    CX_TRY(cx_json_parse(body, &in.json, detail));
    s = read_members(&in, detail);
    if (!cx_ok(s)) {
        intake_done(&in);
        return s;
    }
    *ret = in;
    return CX_SUCCESS;
}

void
intake_done(struct intake *in)
{
    cx_json_free(in->json);
    in->json = NULL;
}

/* The authority's facts, with the times. */
static struct cx_json *
make_facts(const struct cx_json *defaults, const struct intake_times *times)
{
    const struct cx_json *given = cx_json_get(defaults, "facts");
    struct cx_json *facts = given != NULL ? cx_json_copy(given) : cx_json_new_object();

    return cx_json_whole(facts, cx_json_set_moment(facts, "deadline", times->deadline) &&
                                    cx_json_set_moment(facts, "completed", times->completed));
}

struct cx_json *
intake_request(const struct intake *in, const struct cx_json *defaults,
               const struct intake_times *times)
{
    struct cx_json *request = cx_json_new_object();
    bool ok = true;

    for (size_t i = 0; ok && i < CX_COUNT(passed); i++) {
        const struct cx_json *member = cx_json_get(in->json, passed[i]);

        ok = member == NULL || cx_json_set(request, passed[i], cx_json_share(member));
    }
    if (ok && times != NULL) {
        ok = cx_json_set(request, "facts", make_facts(defaults, times));
    }
    return cx_json_whole(request, ok);
}

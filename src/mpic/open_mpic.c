#include "mpic/open_mpic.h"

#include "base/json.h"
#include "base/limits.h"
#include "dnssec/caa_text.h"
#include "resolve/answer_json.h"

#define NS_PER_S 1000000000

/* R-OMPIC-4: some have the result in a member of its own, some do not. */
static const struct cx_json *
result_of(const struct cx_json *perspective)
{
    const struct cx_json *nested = cx_json_get(perspective, "check_response");

    return nested != NULL ? nested : perspective;
}

static bool
is_text(const struct cx_json *json, const char *text)
{
    cx_str said;

    return cx_json_string(json, &said) && cx_str_equal(said, cx_str_of(text));
}

static bool
is_true(const struct cx_json *json)
{
    bool value;

    return cx_json_bool(json, &value) && value;
}

static bool
is_false(const struct cx_json *json)
{
    bool value;

    return cx_json_bool(json, &value) && !value;
}

/* Absent, or null. */
static bool
is_nothing(const struct cx_json *json)
{
    return json == NULL || cx_json_kind_of(json) == CX_JSON_NULL;
}

/* ---- one perspective. Each reader below gives false for what cannot be understood; only NOMEM is a failure. */

struct reading {
    struct cx_arena *arena;
    cx_span name; /* that was asked for */
};

struct set {
    struct cx_caa *v;
    size_t n, room;
};

static cx_status
add_line(const struct reading *r, cx_str line, struct set *set, bool *ret_good)
{
    struct cx_caa caa;
    cx_status s = cx_caa_of_text(line, r->arena, &caa, NULL);

    if (cx_status_class(s) == CX_CLASS_NOMEM) {
        return s;
    }
    *ret_good = cx_ok(s) && set->n < CX_MPIC_RECORDS_MAX;
    if (!*ret_good) {
        return CX_SUCCESS;
    }
    set->v = cx_arena_widen(r->arena, set->v, set->n, &set->room, sizeof(*set->v));
    if (set->v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    set->v[set->n++] = caa;
    return CX_SUCCESS;
}

static cx_status
add_lines(const struct reading *r, const struct cx_json *json, struct set *set, bool *ret_good)
{
    size_t at = 0;
    cx_str text, line;

    *ret_good = cx_json_string(json, &text);
    while (*ret_good && cx_str_line(text, &at, &line)) {
        CX_TRY(add_line(r, line, set, ret_good));
    }
    return CX_SUCCESS;
}

/* A text or a list of texts. */
static cx_status
read_records(const struct reading *r, const struct cx_json *seen, struct cx_remote *remote,
             bool *ret_good)
{
    struct set set = { NULL, 0, 0 };

    *ret_good = true;
    if (cx_json_kind_of(seen) != CX_JSON_ARRAY) {
        CX_TRY(is_nothing(seen) ? CX_SUCCESS : add_lines(r, seen, &set, ret_good));
    }
    for (size_t i = 0; *ret_good && i < cx_json_size(seen); i++) {
        CX_TRY(add_lines(r, cx_json_at(seen, i), &set, ret_good));
    }
    remote->records = set.v;
    remote->n_records = set.n;
    return CX_SUCCESS;
}

/* Where it found them: the name or one above it. */
static cx_status
read_found_at(const struct reading *r, const struct cx_json *json, struct cx_remote *remote,
              bool *ret_good)
{
    struct cx_name name;
    cx_str text;

    *ret_good = is_nothing(json);
    if (*ret_good) {
        return CX_SUCCESS;
    }
    *ret_good = cx_json_string(json, &text) && cx_ok(cx_name_from_text(text, &name, NULL)) &&
                !cx_name_is_root(cx_name_span(&name)) &&
                cx_name_within(r->name, cx_name_span(&name));
    return *ret_good ? cx_arena_copy(r->arena, cx_name_span(&name), &remote->found_at) : CX_SUCCESS;
}

/* Answers in our own form (docs/json.md), from perspectives that give them. */
static cx_status
read_answers(const struct reading *r, const struct cx_json *list, struct cx_remote *remote,
             bool *ret_good)
{
    struct cx_answer *answers;
    size_t n = cx_json_size(list);

    *ret_good = n != 0 && n <= CX_CLIMB_MAX;
    if (!*ret_good) {
        return CX_SUCCESS;
    }
    answers = cx_arena_get(r->arena, n, sizeof(*answers));
    if (answers == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; *ret_good && i < n; i++) {
        cx_status s = cx_answer_from_json(cx_json_at(list, i), r->arena, &answers[i], NULL);

        if (cx_status_class(s) == CX_CLASS_NOMEM) {
            return s;
        }
        *ret_good = cx_ok(s);
    }
    remote->said = CX_REMOTE_ANSWERS;
    remote->answers = answers;
    remote->n_answers = n;
    return CX_SUCCESS;
}

static bool
has_error(const struct cx_json *result)
{
    return cx_json_size(cx_json_get(result, "errors")) != 0;
}

/* What it saw, if it says so: a set, or that there is none. A claim is what is left. */
static cx_status
read_seen(const struct reading *r, const struct cx_json *result, struct cx_remote *remote,
          bool *ret_good)
{
    const struct cx_json *details = cx_json_get(result, "details");
    const struct cx_json *present = cx_json_get(details, "caa_record_present");
    bool places = true;

    CX_TRY(read_records(r, cx_json_get(details, "records_seen"), remote, ret_good));
    if (*ret_good) {
        CX_TRY(read_found_at(r, cx_json_get(details, "found_at"), remote, &places));
    }
    *ret_good = *ret_good && places && !(remote->n_records != 0 && is_false(present));
    if (remote->n_records != 0) {
        remote->said = CX_REMOTE_RECORDS;
    } else if (has_error(result)) { /* it may be why nothing was seen */
        remote->said = CX_REMOTE_FAILED;
    } else if (is_false(present)) {
        remote->said = CX_REMOTE_EMPTY;
    } else {
        remote->said =
            is_true(cx_json_get(result, "check_passed")) ? CX_REMOTE_PASSED : CX_REMOTE_REFUSED;
    }
    return CX_SUCCESS;
}

/* R-OMPIC-6: what was not completed is no result, whatever else it says. Old servers do not say whether it was, and then an
 * error tells. */
static bool
is_complete(const struct cx_json *result)
{
    const struct cx_json *completed = cx_json_get(result, "check_completed");

    return completed != NULL ? is_true(completed) : !has_error(result);
}

/* Nanoseconds since 1970, above what a double can hold. */
static cx_time
time_of(const struct cx_json *result)
{
    int64_t ns;

    return cx_json_integer(cx_json_get(result, "timestamp_ns"), &ns) && ns > 0 ? ns / NS_PER_S
                                                                               : CX_TIME_NONE;
}

static cx_status
read_result(const struct reading *r, const struct cx_json *result, struct cx_remote *remote)
{
    const struct cx_json *evidence = cx_json_get(cx_json_get(result, "details"), "x_evidence");
    const struct cx_json *type = cx_json_get(result, "check_type");
    bool good = cx_json_kind_of(cx_json_get(result, "check_passed")) == CX_JSON_BOOL &&
                (is_nothing(type) || is_text(type, "caa"));

    remote->time = time_of(result);
    if (good && evidence != NULL) { /* also of what failed: it tells how */
        CX_TRY(read_answers(r, cx_json_get(evidence, "answers"), remote, &good));
    } else if (good && !is_complete(result)) {
        remote->said = CX_REMOTE_FAILED;
    } else if (good) {
        CX_TRY(read_seen(r, result, remote, &good));
    }
    if (!good) {
        remote->said = CX_REMOTE_UNREADABLE;
    }
    return CX_SUCCESS;
}

static cx_status
read_remote(const struct reading *r, const struct cx_json *json, struct cx_remote *remote)
{
    cx_str code = { NULL, 0 };

    remote->time = CX_TIME_NONE;
    if (!cx_json_string(cx_json_get(json, "perspective_code"), &code)) {
        (void)cx_json_string(cx_json_get(json, "perspective"), &code); /* before 2025-02-03 */
    }
    CX_TRY(cx_arena_text(r->arena, code, &remote->code));
    return read_result(r, result_of(json), remote);
}

/* ---- the response */

static cx_status
read_attempt(const struct reading *r, const struct cx_json *list, struct cx_attempt *ret,
             struct cx_detail *detail)
{
    size_t n = cx_json_size(list);
    struct cx_remote *remotes;

    if (n > CX_PERSPECTIVES_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d perspectives in one attempt",
                       CX_PERSPECTIVES_MAX);
    }
    remotes = cx_arena_get(r->arena, n + 1, sizeof(*remotes));
    if (remotes == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(read_remote(r, cx_json_at(list, i), &remotes[i]));
    }
    *ret = (struct cx_attempt){ remotes, n };
    return CX_SUCCESS;
}

static cx_status
read_attempts(const struct reading *r, const struct cx_json *json, struct cx_open_mpic *response,
              struct cx_detail *detail)
{
    const struct cx_json *last = cx_json_get(json, "perspectives");
    const struct cx_json *previous = cx_json_get(json, "previous_attempt_results");
    size_t n = 1 + cx_json_size(previous);
    struct cx_attempt *attempts;

    if (cx_json_size(last) == 0) {
        return cx_fail(detail, CX_E_ANSWERS, "a response without perspectives");
    }
    if (n > CX_MPIC_ATTEMPTS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d attempts", CX_MPIC_ATTEMPTS_MAX);
    }
    attempts = cx_arena_get(r->arena, n, sizeof(*attempts));
    if (attempts == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        CX_TRY(read_attempt(r, i == 0 ? last : cx_json_at(previous, i - 1), &attempts[i], detail));
    }
    response->attempts = attempts;
    response->n_attempts = n;
    return CX_SUCCESS;
}

static cx_status
read_target(const struct cx_json *json, struct cx_arena *arena, struct cx_open_mpic *response,
            struct cx_detail *detail)
{
    struct cx_name name;
    cx_str text;

    if (!cx_json_string(cx_json_get(json, "domain_or_ip_target"), &text)) {
        return cx_fail(detail, CX_E_ANSWERS, "a response without domain_or_ip_target");
    }
    response->wildcard = text.n > 2 && memcmp(text.p, "*.", 2) == 0;
    if (response->wildcard) {
        text = (cx_str){ text.p + 2, text.n - 2 };
    }
    CX_TRY(cx_name_from_text(text, &name, detail));
    return cx_arena_copy(arena, cx_name_span(&name), &response->name);
}

static cx_status
read_domains(const struct cx_json *list, struct cx_arena *arena, struct cx_open_mpic *response,
             struct cx_detail *detail)
{
    size_t n = cx_json_size(list);
    cx_str *domains;

    if (n > CX_ISSUERS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d caa_domains", CX_ISSUERS_MAX);
    }
    domains = cx_arena_get(arena, n + 1, sizeof(*domains));
    if (domains == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        cx_str text;

        if (!cx_json_string(cx_json_at(list, i), &text)) {
            return cx_fail(detail, CX_E_ANSWERS, "caa_domains: texts are needed");
        }
        CX_TRY(cx_arena_text(arena, text, &domains[i]));
    }
    response->domains = domains;
    response->n_domains = n;
    return CX_SUCCESS;
}

/* What was asked for, and on which terms. The last word on a number is that of what was done. */
static void
read_terms(const struct cx_json *json, struct cx_open_mpic *response)
{
    static const char *const members[] = { "request_orchestration_parameters",
                                           "actual_orchestration_parameters" };
    const struct cx_json *asked = cx_json_get(json, "caa_check_parameters");
    int64_t number;

    for (size_t i = 0; i < CX_COUNT(members); i++) {
        const struct cx_json *terms = cx_json_get(json, members[i]);

        response->monitors |=
            cx_json_integer(cx_json_get(terms, "quorum_count"), &number) && number <= 0;
        if (cx_json_integer(cx_json_get(terms, "perspective_count"), &number) && number > 0) {
            response->count = number > CX_PERSPECTIVES_MAX ? CX_PERSPECTIVES_MAX : (size_t)number;
        }
    }
    response->is_valid = is_true(cx_json_get(json, "is_valid"));
    response->is_incomplete = is_false(cx_json_get(json, "mpic_completed"));
    response->allows_failure = !is_nothing(cx_json_get(asked, "allow_lookup_failure")) &&
                               !is_false(cx_json_get(asked, "allow_lookup_failure"));
    response->purpose =
        is_text(cx_json_get(asked, "certificate_type"), "tls-server") ? CX_PURPOSE_TLS
        : is_text(cx_json_get(asked, "certificate_type"), "s-mime")   ? CX_PURPOSE_SMIME
                                                                      : CX_PURPOSE_UNSET;
}

static cx_status
read_response(const struct cx_json *json, struct cx_arena *arena, struct cx_open_mpic *ret,
              struct cx_detail *detail)
{
    const struct cx_json *type = cx_json_get(json, "check_type");
    struct reading reading = { .arena = arena };
    struct cx_open_mpic response = { .n_attempts = 0 };

    if (cx_json_kind_of(json) != CX_JSON_OBJECT) {
        return cx_fail(detail, CX_E_ANSWERS, "a response is an object");
    }
    if (cx_json_get(json, "error") != NULL) {
        return cx_fail(detail, CX_E_ANSWERS, "the coordinator refused the request");
    }
    if (!is_nothing(type) && !is_text(type, "caa")) {
        return cx_fail(detail, CX_E_ANSWERS, "a response about something else than CAA");
    }
    CX_TRY(read_target(json, arena, &response, detail));
    CX_TRY(read_domains(cx_json_get(cx_json_get(json, "caa_check_parameters"), "caa_domains"),
                        arena, &response, detail));
    read_terms(json, &response);
    reading.name = response.name;
    CX_TRY(read_attempts(&reading, json, &response, detail));
    *ret = response;
    return CX_SUCCESS;
}

cx_status
cx_open_mpic_read(cx_str body, struct cx_arena *arena, struct cx_open_mpic *ret,
                  struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;

    if (body.n > CX_MPIC_BODY_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "a response of more than %d octets", CX_MPIC_BODY_MAX);
    }
    CX_TRY(cx_json_parse(body, &json, detail));
    return read_response(json, arena, ret, detail);
}

/* Responses of Open MPIC coordinators, all versions: each perspective is a record. */
#include "base/limits.h"
#include "incident/archive_formats.h"
#include "incident/caa_text.h"
#include "incident/json_lines.h"
#include "pki/base64.h"

/* R-OMPIC-4: some have the result in a member of its own, some do not. */
static const struct cx_json *
response_of(const struct cx_json *perspective)
{
    const struct cx_json *nested = cx_json_get(perspective, "check_response");

    return nested != NULL ? nested : perspective;
}

static const struct cx_json *
attempt_of(const struct cx_json *value, size_t i)
{
    return i == 0 ? cx_json_get(value, "perspectives")
                  : cx_json_at(cx_json_get(value, "previous_attempt_results"), i - 1);
}

static size_t
attempts(const struct cx_json *value)
{
    return 1 + cx_json_size(cx_json_get(value, "previous_attempt_results"));
}

static size_t
parts(const struct cx_json *value)
{
    size_t n = 0;

    for (size_t i = 0; i < attempts(value) && attempts(value) <= CX_MPIC_ATTEMPTS_MAX; i++) {
        n += cx_json_size(attempt_of(value, i));
    }
    return n;
}

static const struct cx_json *
part(const struct cx_json *value, size_t i)
{
    for (size_t k = 0; k < attempts(value) && attempts(value) <= CX_MPIC_ATTEMPTS_MAX; k++) {
        size_t n = cx_json_size(attempt_of(value, k));

        if (i < n) {
            return cx_json_at(attempt_of(value, k), i);
        }
        i -= n;
    }
    return value;
}

/* False where the response is of another kind of check. */
static bool
is_caa(const struct cx_json *value)
{
    cx_str type;

    return !cx_json_string(cx_json_get(value, "check_type"), &type) ||
           cx_str_equal(type, CX_STR("caa"));
}

static cx_status
add_lines(struct cx_excerpt *excerpt, cx_str text, struct cx_caa_list *list,
          struct cx_detail *detail)
{
    size_t at = 0;
    cx_str line;
    struct cx_caa caa;

    while (cx_str_line(text, &at, &line)) {
        CX_TRY(cx_caa_of_text(line, &excerpt->arena, &caa, detail));
        CX_TRY(cx_caa_list_add(list, &caa, &excerpt->arena, detail));
    }
    return CX_SUCCESS;
}

/* A text or a list of texts. */
static cx_status
read_seen(struct cx_excerpt *excerpt, const struct cx_json *seen, struct cx_caa_list *list,
          struct cx_detail *detail)
{
    cx_str text;

    if (cx_json_string(seen, &text)) {
        return add_lines(excerpt, text, list, detail);
    }
    for (size_t i = 0; i < cx_json_size(seen); i++) {
        if (!cx_json_string(cx_json_at(seen, i), &text)) {
            return cx_fail(detail, CX_E_ARCHIVE, "records_seen: texts are needed");
        }
        CX_TRY(add_lines(excerpt, text, list, detail));
    }
    return CX_SUCCESS;
}

/* Before November 2024: the set as text of a zone, in base64. What is no text stays unknown. */
static cx_status
read_zone_text(struct cx_excerpt *excerpt, const struct cx_json *json, struct cx_observation *o,
               struct cx_detail *detail)
{
    static const char front[] = ";; ANSWER SECTION:\n";
    const size_t n_front = sizeof(front) - 1;
    cx_span octets, asked;
    cx_status status;
    cx_str text;
    char *whole;

    if (!cx_json_string(json, &text)) {
        return CX_SUCCESS;
    }
    status = cx_base64_get(text, &excerpt->arena, &octets);
    if (status.code == CX_E_NOMEM) {
        return status;
    }
    if (!cx_ok(status) || octets.n == 0) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < octets.n; i++) {
        if (octets.p[i] != '\n' && (octets.p[i] < 0x20 || octets.p[i] > 0x7e)) {
            return CX_SUCCESS;
        }
    }
    whole = cx_arena_get(&excerpt->arena, n_front + octets.n, 1);
    if (whole == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(whole, front, n_front);
    memcpy(whole + n_front, octets.p, octets.n);
    return cx_dig_read((cx_str){ whole, n_front + octets.n }, &excerpt->arena, o, &asked, detail);
}

/* Then that it saw no record may be that it saw nothing. */
static bool
is_unfinished(const struct cx_json *response)
{
    const struct cx_json *completed = cx_json_get(response, "check_completed");
    bool done = true, failed = false;

    (void)cx_json_bool(cx_json_get(cx_json_get(response, "details"), "caa_lookup_error"), &failed);
    return failed || (completed != NULL && (!cx_json_bool(completed, &done) || !done));
}

/* R-OMPIC-6: a pass that was not completed is none. allow_lookup_failure is the coordinator's own affair: what it claims is kept. */
static enum cx_claim
claim_of(const struct cx_json *response)
{
    bool passed = false;

    if (!cx_json_bool(cx_json_get(response, "check_passed"), &passed)) {
        return CX_CLAIM_NONE;
    }
    if (is_unfinished(response)) {
        return CX_CLAIM_FAILS;
    }
    if (!passed && cx_json_size(cx_json_get(response, "errors")) != 0) {
        return CX_CLAIM_FAILS;
    }
    return passed ? CX_CLAIM_PERMITS : CX_CLAIM_DENIES;
}

static cx_status
take_details(struct cx_excerpt *excerpt, const struct cx_json *response, struct cx_observation *o,
             struct cx_detail *detail)
{
    const struct cx_json *details = cx_json_get(response, "details");
    struct cx_caa_list list = { NULL, 0, 0 };
    bool present = false, said = cx_json_bool(cx_json_get(details, "caa_record_present"), &present);
    cx_str found_at;

    CX_TRY(read_seen(excerpt, cx_json_get(details, "records_seen"), &list, detail));
    cx_caa_list_to(&list, o);
    if (list.n == 0) {
        CX_TRY(read_zone_text(excerpt, cx_json_get(details, "response"), o, detail));
    }
    if (o->n_records != 0 && said && !present) {
        return cx_fail(detail, CX_E_ARCHIVE, "says that no CAA record is present, and has some");
    }
    o->grade = o->n_records != 0 ? CX_GRADE_C : CX_GRADE_D;
    if (said && !present && o->claim != CX_CLAIM_FAILS && !is_unfinished(response)) {
        o->outcome = CX_OUTCOME_NODATA; /* a conclusion: grade D */
    } else if (cx_json_string(cx_json_get(details, "found_at"), &found_at)) {
        CX_TRY(cx_excerpt_domain(excerpt, found_at, &o->found_at, detail));
        if (!cx_name_within(o->name, o->found_at)) {
            return cx_fail(detail, CX_E_ARCHIVE, "found_at is not in the line of the name");
        }
    }
    return CX_SUCCESS;
}

/* Nanoseconds since 1970, above what a double can hold. */
static cx_status
take_time(const struct cx_json *response, struct cx_observation *o, struct cx_detail *detail)
{
    int64_t ns;

    if (!cx_json_integer(cx_json_get(response, "timestamp_ns"), &ns) || ns <= 0) {
        return cx_fail(detail, CX_E_ARCHIVE, "no timestamp_ns");
    }
    o->time_ms = ns / 1000000;
    o->precision_ms = 1;
    o->clock = CX_CLOCK_ANSWERED;
    return CX_SUCCESS;
}

static cx_status
take_name(struct cx_excerpt *excerpt, const struct cx_json *value, struct cx_observation *o,
          struct cx_detail *detail)
{
    cx_str type = { NULL, 0 }, name;

    if (!cx_json_string(cx_json_get(value, "domain_or_ip_target"), &name)) {
        return cx_fail(detail, CX_E_ARCHIVE, "no domain_or_ip_target");
    }
    CX_TRY(cx_excerpt_name(excerpt, name, o, detail));
    (void)cx_json_string(
        cx_json_get(cx_json_get(value, "caa_check_parameters"), "certificate_type"), &type);
    if (cx_str_equal(type, CX_STR("s-mime"))) {
        o->form = CX_FORM_ANY; /* what was claimed is about another property */
        o->claim = CX_CLAIM_NONE;
    }
    return CX_SUCCESS;
}

static cx_status
read_perspective(struct cx_excerpt *excerpt, const struct cx_json *value,
                 const struct cx_json *perspective, struct cx_detail *detail)
{
    const struct cx_json *response = response_of(perspective);
    struct cx_observation *o;

    CX_TRY(cx_excerpt_add(excerpt, &o, detail));
    o->observed = CX_OBSERVED_CHECK;
    o->claim = claim_of(response);
    CX_TRY(take_name(excerpt, value, o, detail));
    CX_TRY(take_time(response, o, detail));
    CX_TRY(take_details(excerpt, response, o, detail));
    if (!cx_json_string(cx_json_get(perspective, "perspective_code"), &o->perspective)) {
        (void)cx_json_string(cx_json_get(perspective, "perspective"), &o->perspective);
    }
    return cx_excerpt_text(excerpt, cx_json_get(value, "trace_identifier"), &o->request);
}

static cx_status
read_value(struct cx_excerpt *excerpt, const struct cx_json *value, const struct cx_json *one,
           struct cx_detail *detail)
{
    if (cx_json_kind_of(value) != CX_JSON_OBJECT) {
        return cx_fail(detail, CX_E_ARCHIVE, "not an object");
    }
    if (attempts(value) > CX_MPIC_ATTEMPTS_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "more than %d attempts", CX_MPIC_ATTEMPTS_MAX);
    }
    if (one == value && (cx_json_get(value, "error") != NULL || !is_caa(value))) {
        return CX_SUCCESS; /* the request was refused, or was another */
    }
    if (one == value) {
        return cx_fail(detail, CX_E_ARCHIVE, "no perspectives");
    }
    return is_caa(value) && is_caa(response_of(one)) ? read_perspective(excerpt, value, one, detail)
                                                     : CX_SUCCESS;
}

static const struct cx_value_reader reader = { .parts = parts, .part = part, .read = read_value };

static cx_status
open(const struct cx_archive_options *options, struct cx_input *input, void **ret,
     struct cx_detail *detail)
{
    return cx_value_archive_open(options, input, &reader, ret, detail);
}

static bool
looks_like(cx_span head)
{
    cx_str text = cx_str_of_span(head);

    return cx_json_lines_look_like(text) && cx_text_has(text, CX_STR("\"perspectives\":")) &&
           cx_text_has(text, CX_STR("\"check_type\":"));
}

const struct cx_archive_format cx_archive_mpic = {
    .name = "mpic",
    .about = "responses of Open MPIC coordinators",
    .looks_like = looks_like,
    .open = open,
    .next = cx_value_archive_next,
    .close = cx_value_archive_close,
};

/* Results of caaproof check --json (docs/json.md): the answers that each name's search looked at. */
#include "base/limits.h"
#include "incident/archive_formats.h"
#include "incident/json_lines.h"
#include "resolve/answer_json.h"

static cx_status
take(struct cx_excerpt *excerpt, const struct cx_answer *answer, enum cx_grade best,
     struct cx_detail *detail)
{
    struct cx_observation *o;

    if (answer->time == CX_TIME_NONE) {
        return cx_fail(detail, CX_E_ARCHIVE, "an answer without time, as of a zone file");
    }
    CX_TRY(cx_excerpt_add(excerpt, &o, detail));
    *o = (struct cx_observation){
        .observed = CX_OBSERVED_ANSWER,
        .grade = cx_outcome_is_failure(answer->outcome) ? CX_GRADE_D : best,
        .clock = CX_CLOCK_ASKED,
        .time_ms = answer->time * 1000,
        .precision_ms = 1000,
        .name = answer->name,
        .outcome = answer->outcome,
        .dnssec = answer->dnssec,
        .unvalidated = answer->dnssec == CX_DNSSEC_INDETERMINATE, /* says who validated it */
        .has_ttl = answer->has_ttl,
        .ttl = answer->ttl,
        .records = answer->records,
        .n_records = answer->n_records,
        .aliases = answer->aliases,
        .n_aliases = answer->n_aliases,
    };
    return CX_SUCCESS;
}

static cx_status
read_name(struct cx_excerpt *excerpt, const struct cx_json *name, enum cx_grade best,
          struct cx_detail *detail)
{
    const struct cx_json *answers = cx_json_get(name, "answers");

    if (cx_json_kind_of(answers) != CX_JSON_ARRAY) {
        return cx_fail(detail, CX_E_ARCHIVE, "names[].answers: an array is needed");
    }
    for (size_t i = 0; i < cx_json_size(answers); i++) {
        struct cx_answer answer;

        CX_TRY(cx_answer_from_json(cx_json_at(answers, i), &excerpt->arena, &answer, detail));
        if (answer.type == CX_TYPE_CAA) {
            CX_TRY(take(excerpt, &answer, best, detail));
        }
    }
    return CX_SUCCESS;
}

/* The best grade that its answers can have. Only the result itself can say that they are those of DNS, and not of a request or
 * a file; older ones say nothing. */
static cx_status
read_source(const struct cx_json *value, enum cx_grade *ret, struct cx_detail *detail)
{
    const struct cx_json *source = cx_json_get(value, "source");
    cx_str word = CX_STR("not known");

    *ret = CX_GRADE_D;
    if (source == NULL) {
        return CX_SUCCESS;
    }
    if (cx_json_string(source, &word) && cx_str_equal(word, CX_STR("dns"))) {
        *ret = CX_GRADE_C;
        return CX_SUCCESS;
    }
    return cx_fail(detail, CX_E_ARCHIVE, "its answers are not from DNS (source: %.*s)",
                   (int)(word.n < 20 ? word.n : 20), word.p);
}

static cx_status
read_value(struct cx_excerpt *excerpt, const struct cx_json *value, const struct cx_json *part,
           struct cx_detail *detail)
{
    const struct cx_json *names = cx_json_get(value, "names");
    enum cx_grade best = CX_GRADE_UNSET;
    cx_str id = { NULL, 0 };
    int64_t schema = 0;

    (void)part;
    if (!cx_json_integer(cx_json_get(value, "schema"), &schema) || schema != 1) {
        return cx_fail(detail, CX_E_ARCHIVE, "not a result of schema 1");
    }
    if (cx_json_get(value, "error") != NULL) {
        return CX_SUCCESS; /* a request that nothing was asked for */
    }
    if (cx_json_kind_of(names) != CX_JSON_ARRAY) {
        return cx_fail(detail, CX_E_ARCHIVE, "names: an array is needed");
    }
    CX_TRY(read_source(value, &best, detail));
    for (size_t i = 0; i < cx_json_size(names); i++) {
        CX_TRY(read_name(excerpt, cx_json_at(names, i), best, detail));
    }
    (void)cx_json_string(cx_json_get(value, "id"), &id);
    for (size_t i = 0; i < excerpt->n; i++) {
        excerpt->v[i].request = id;
    }
    return CX_SUCCESS;
}

static const struct cx_value_reader reader = { .read = read_value };

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

    return cx_json_lines_look_like(text) && cx_text_has(text, CX_STR("\"schema\":")) &&
           cx_text_has(text, CX_STR("\"verdict\":"));
}

const struct cx_archive_format cx_archive_results = {
    .name = "caaproof",
    .about = "results of caaproof check --json",
    .looks_like = looks_like,
    .open = open,
    .next = cx_value_archive_next,
    .close = cx_value_archive_close,
};

#include "caa/fault.h"
#include "caa/lint_priv.h"
#include "caa/method.h"
#include "caa/value.h"

static const char *const known_parameters[] = { "accounturi", "validationmethods", NULL };

static const char *const labels[] = {
#define X(acme, br, web) acme,
#include "caa/methods.def"
#undef X
};

static bool
is_word(cx_span text, const char *word)
{
    return cx_span_equal(text, cx_span_of_str(cx_str_of(word)));
}

static bool
is_word_fold(cx_span text, const char *word)
{
    return cx_span_equal_fold(text, cx_span_of_str(cx_str_of(word)));
}

static void
lint_label(const struct cx_linting *l, cx_span label)
{
    for (size_t i = 0; i < CX_COUNT(labels); i++) {
        if (is_word(label, labels[i])) {
            return;
        }
        if (is_word_fold(label, labels[i])) {
            cx_linting_say_more(l, CX_LINT_METHOD_CASE, 0, "", label);
            return;
        }
    }
    if (label.n > 3 && memcmp(label.p, "ca-", 3) == 0) {
        return; /* the CA's own (RFC 8657 section 4) */
    }
    if (label.n > 3 && is_word_fold((cx_span){ label.p, 3 }, "ca-")) {
        cx_linting_say_more(l, CX_LINT_METHOD_CASE, 0, "", label);
        return;
    }
    cx_linting_say_more(l, CX_LINT_METHOD_UNKNOWN, 0, "", label);
}

static void
lint_methods(const struct cx_linting *l, cx_span list)
{
    size_t from = 0;

    if (list.n == 0) {
        cx_linting_say(l, CX_LINT_METHODS_EMPTY);
        return;
    }
    if (!cx_method_list_well_formed(list)) {
        cx_linting_say_more(l, CX_LINT_METHODS_FORM, 0, "", list);
        return;
    }
    for (size_t i = 0; i <= list.n; i++) {
        if (i == list.n || list.p[i] == ',') {
            lint_label(l, (cx_span){ list.p + from, i - from });
            from = i + 1;
        }
    }
}

static void
lint_unknown_parameter(const struct cx_linting *l, cx_span name)
{
    const char *hint = cx_lint_hint(name, known_parameters);

    if (is_word_fold(name, "skipsubdomaincheck")) {
        cx_linting_say(l, CX_LINT_SKIP);
    } else if (hint != NULL) {
        cx_linting_say_more(l, CX_LINT_PARAM_TYPO, 0, "perhaps it should be",
                            cx_span_of_str(cx_str_of(hint)));
    } else {
        cx_linting_say_more(l, CX_LINT_PARAM_UNKNOWN, 0, "", name);
    }
}

/* One of the two parameters of RFC 8657. */
static void
lint_limit(const struct cx_linting *l, enum cx_tag tag, const struct cx_param *param,
           unsigned times)
{
    bool account = is_word_fold(param->tag, "accounturi");

    if (tag == CX_TAG_ISSUEMAIL || tag == CX_TAG_ISSUEVMC) {
        cx_linting_say_more(l, CX_LINT_PARAM_ELSEWHERE, 0, "", param->tag);
    }
    if (!is_word(param->tag, account ? "accounturi" : "validationmethods")) {
        cx_linting_say_more(l, CX_LINT_PARAM_CASE, 0, "", param->tag);
    }
    if (times > 1) {
        cx_linting_say_more(l, CX_LINT_PARAM_TWICE, 0, "", param->tag);
    } else if (!account) {
        lint_methods(l, param->value);
    } else if (!cx_is_uri(param->value)) {
        cx_linting_say_more(l, CX_LINT_ACCOUNT_URI, 0, "", param->value);
    }
}

static void
lint_parameters(const struct cx_linting *l, enum cx_tag tag, const struct cx_issue_value *value)
{
    unsigned accounts = 0, methods = 0;
    struct cx_param param;

    for (size_t at = 0; cx_param_next(value, &at, &param);) {
        if (is_word_fold(param.tag, "accounturi")) {
            lint_limit(l, tag, &param, ++accounts);
        } else if (is_word_fold(param.tag, "validationmethods")) {
            lint_limit(l, tag, &param, ++methods);
        } else {
            lint_unknown_parameter(l, param.tag);
        }
    }
}

void
cx_linting_issue_value(struct cx_linting *l, enum cx_tag tag)
{
    struct cx_issue_value value = cx_issue_value_parse(l->record->value, CX_GRAMMAR_RFC8659);
    struct cx_value_fault fault;

    if (value.well_formed) {
        if (value.issuer.n != 0 && memchr(value.issuer.p, '.', value.issuer.n) == NULL) {
            cx_linting_say(l, CX_LINT_SINGLE_LABEL);
        }
        lint_parameters(l, tag, &value);
        return;
    }
    fault = cx_value_fault_of(l->record->value);
    cx_linting_say_more(
        l, fault.fault == CX_FAULT_ASTERISK ? CX_LINT_ASTERISK : CX_LINT_MALFORMED_VALUE,
        fault.octet, cx_fault_sentence(fault.fault), (cx_span){ NULL, 0 });
}

#include "caa/limit.h"

#include "caa/method.h"

enum parameter {
    PARAMETER_OTHER,
    PARAMETER_ACCOUNT,
    PARAMETER_METHODS,
    PARAMETER_SKIP
};

struct limits {
    const struct cx_case *c;
    const struct cx_subject *subject;
    const struct cx_own *own;
    struct cx_rules *rules;
    struct cx_notes *notes;
    unsigned accounts; /* honoured parameters seen */
    unsigned methods;
    bool met;
};

static bool
spelt(const struct cx_case *c, cx_span tag, cx_str word)
{
    return c->policy->param_case_strict ? cx_span_equal(tag, cx_span_of_str(word))
                                        : cx_span_equal_fold(tag, cx_span_of_str(word));
}

/* R-VAL-10 */
static enum parameter
parameter_of(const struct cx_case *c, cx_span tag)
{
    if (spelt(c, tag, CX_STR("accounturi"))) {
        return PARAMETER_ACCOUNT;
    }
    if (spelt(c, tag, CX_STR("validationmethods"))) {
        return PARAMETER_METHODS;
    }
    if (c->epoch->grammar == CX_GRAMMAR_PROPOSAL &&
        cx_span_equal(tag, cx_span_of_str(CX_STR("skipsubdomaincheck")))) {
        return PARAMETER_SKIP;
    }
    return PARAMETER_OTHER;
}

/* R-8657-1: what the parameters mean on this property at all. */
static bool
defined_here(const struct limits *l)
{
    switch (l->c->purpose) {
    case CX_PURPOSE_TLS:
        return true;
    case CX_PURPOSE_SMIME:
        return l->own != NULL && l->own->issuemail_parameters;
    case CX_PURPOSE_VMC:
    case CX_PURPOSE_UNSET:
        return false;
    }
    return false;
}

/* R-8657-11, R-8657-18 */
static bool
honoured(const struct limits *l, enum parameter parameter)
{
    cx_time from = parameter == PARAMETER_ACCOUNT ? l->c->policy->accounturi_from
                                                  : l->c->policy->validationmethods_from;

    if (l->c->epoch->parameters) {
        cx_rules_add(l->rules, CX_R_8657_11);
        return true;
    }
    return from <= l->c->date;
}

/* R-8657-13: the parent's URI may stand for its subordinate account's. */
static bool
parent_stands_in(const struct limits *l, cx_span uri)
{
    const struct cx_parent_account *parent = &l->c->facts->parent_account;

    if (!l->c->epoch->parameters || !cx_span_equal(uri, cx_span_of_str(parent->uri))) {
        return false;
    }
    cx_rules_add(l->rules, CX_R_8657_13);
    return parent->mapping_auditable && parent->authorization_verified && parent->logs_retained;
}

/* R-8657-2, R-8657-3: octet for octet. */
static bool
account_fits(const struct limits *l, cx_span uri)
{
    cx_rules_add(l->rules, CX_R_8657_2);
    if (!cx_is_uri(uri)) {
        return false;
    }
    for (size_t i = 0; i < l->subject->n_accounts; i++) {
        if (cx_span_equal(uri, cx_span_of_str(l->subject->accounts[i]))) {
            return true;
        }
    }
    return parent_stands_in(l, uri);
}

static bool
label_fits(const struct limits *l, cx_span label)
{
    const struct cx_policy *policy = l->c->policy;
    bool br_labels = l->c->epoch->parameters || policy->ca_tbr_from <= l->c->date; /* R-8657-14 */

    for (size_t i = 0; i < l->subject->n_methods; i++) {
        if (cx_method_satisfies(l->subject->methods[i], label, br_labels,
                                policy->label_case_fold)) {
            if (!cx_span_equal_fold(label, cx_span_of_str(l->subject->methods[i]))) {
                cx_rules_add(l->rules, CX_R_8657_15);
            }
            return true;
        }
    }
    return false;
}

/* R-8657-4, R-8657-5 */
static bool
method_fits(const struct limits *l, cx_span list)
{
    size_t from = 0;

    cx_rules_add(l->rules, CX_R_8657_5);
    if (list.n == 0 || !cx_method_list_well_formed(list)) {
        cx_rules_add(l->rules, CX_R_8657_4);
        return false;
    }
    for (size_t i = 0; i <= list.n; i++) {
        if (i == list.n || list.p[i] == ',') {
            if (label_fits(l, (cx_span){ list.p + from, i - from })) {
                return true;
            }
            from = i + 1;
        }
    }
    return false;
}

static void
pass_over(struct limits *l, enum cx_note_code code, cx_span tag)
{
    enum cx_rule rule = CX_R_VAL_9;

    if (code == CX_NOTE_NOT_HONOURED) {
        rule = CX_R_8657_18;
    } else if (code == CX_NOTE_UNDEFINED_THERE) {
        rule = CX_R_8657_1;
    } else if (cx_span_equal(tag, cx_span_of_str(CX_STR("skipsubdomaincheck")))) {
        rule = CX_R_P16_14;
    }
    cx_rules_add(l->rules, rule);
    cx_notes_add(l->notes, code, tag);
}

static bool
is_lower_case(cx_span tag)
{
    for (size_t i = 0; i < tag.n; i++) {
        if (tag.p[i] != cx_ascii_lower(tag.p[i])) {
            return false;
        }
    }
    return true;
}

static void
apply_limit(struct limits *l, enum parameter parameter, const struct cx_param *param)
{
    bool account = parameter == PARAMETER_ACCOUNT;
    unsigned *times = account ? &l->accounts : &l->methods;

    if (!is_lower_case(param->tag)) {
        cx_rules_add(l->rules, CX_R_VAL_10);
        cx_notes_add(l->notes, CX_NOTE_PARAM_VARIANT, param->tag);
    }
    if (++*times > 1) { /* R-VAL-11 */
        cx_rules_add(l->rules, CX_R_VAL_11);
        cx_notes_add(l->notes, CX_NOTE_DUPLICATE, param->tag);
        l->met = false;
    } else if (account ? !account_fits(l, param->value) : !method_fits(l, param->value)) {
        l->met = false;
    }
}

static void
apply(struct limits *l, const struct cx_param *param)
{
    enum parameter parameter = parameter_of(l->c, param->tag);

    switch (parameter) {
    case PARAMETER_SKIP:
        return;
    case PARAMETER_OTHER:
        pass_over(l, CX_NOTE_UNKNOWN_PARAMETER, param->tag);
        return;
    case PARAMETER_ACCOUNT:
    case PARAMETER_METHODS:
        break;
    }
    if (!defined_here(l)) {
        pass_over(l, CX_NOTE_UNDEFINED_THERE, param->tag);
    } else if (!honoured(l, parameter)) {
        pass_over(l, CX_NOTE_NOT_HONOURED, param->tag);
    } else {
        apply_limit(l, parameter, param);
    }
}

bool
cx_limits_met(const struct cx_case *c, const struct cx_subject *subject,
              const struct cx_issue_value *value, const struct cx_own *own, struct cx_rules *rules,
              struct cx_notes *notes)
{
    struct limits l = { c, subject, own, rules, notes, 0, 0, true };
    struct cx_param param;

    for (size_t at = 0; cx_param_next(value, &at, &param);) {
        apply(&l, &param);
    }
    if (l.accounts != 0 && l.methods != 0) {
        cx_rules_add(rules, CX_R_8657_6);
    }
    return l.met;
}

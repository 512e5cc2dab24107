#include "caa/skip.h"

#include "caa/tag.h"
#include "caa/value.h"

static bool
has_tag(const struct cx_answer *set, enum cx_tag tag)
{
    for (size_t i = 0; i < set->n_records; i++) {
        if (cx_tag_of(set->records[i].tag) == tag) {
            return true;
        }
    }
    return false;
}

/* R-P16-E3: anything but one exact "true" is false. */
static bool
record_skips(const struct cx_caa *caa)
{
    struct cx_issue_value value = cx_issue_value_parse(caa->value, CX_GRAMMAR_PROPOSAL);
    struct cx_param param;
    unsigned times = 0;
    bool is_true = false;

    for (size_t at = 0; cx_param_next(&value, &at, &param);) {
        if (cx_span_equal(param.tag, cx_span_of_str(CX_STR("skipsubdomaincheck")))) {
            times++;
            is_true = cx_span_equal(param.value, cx_span_of_str(CX_STR("true")));
        }
    }
    return times == 1 && is_true;
}

bool
cx_set_skips(const struct cx_answer *set, bool wildcard)
{
    enum cx_tag property =
        wildcard && has_tag(set, CX_TAG_ISSUEWILD) ? CX_TAG_ISSUEWILD : CX_TAG_ISSUE;

    if (set->outcome != CX_OUTCOME_RECORDS) {
        return false;
    }
    for (size_t i = 0; i < set->n_records; i++) {
        if (cx_tag_of(set->records[i].tag) == property && record_skips(&set->records[i])) {
            return true;
        }
    }
    return false;
}

#include "engine/problem.h"

#include "base/limits.h"
#include "caa/decide.h"
#include "caa/failure.h"
#include "domain/subject.h"
#include "engine/advice.h"

/* Error types of RFC 8555 section 6.7, the most telling last. "caa" is for records that forbid. A lookup that failed, or
 * whose answer cannot be trusted, leaves open what the records say: that is a problem with DNS, bogus answers included. */
enum type {
    TYPE_NONE = 0,
    TYPE_INTERNAL,
    TYPE_NAME,
    TYPE_DNS,
    TYPE_CAA,
};

static const struct {
    const char *urn;
    const char *title;
    int status;
} types[] = {
    [TYPE_INTERNAL] = { "urn:ietf:params:acme:error:serverInternal",
                        "The check of CAA could not be made", 500 },
    [TYPE_NAME] = { "urn:ietf:params:acme:error:rejectedIdentifier",
                    "A name that no certificate can have", 400 },
    [TYPE_DNS] = { "urn:ietf:params:acme:error:dns", "CAA records could not be looked up", 400 },
    [TYPE_CAA] = { "urn:ietf:params:acme:error:caa", "CAA records forbid issuance", 403 },
};

static const char internal_text[] = "The check of CAA records could not be completed here. The "
                                    "records are not to blame; try again later.";

/* ---- what kind of problem */

/* The lookup that nobody could use; NULL if there is none. */
static const struct cx_answer *
failed_answer(const struct cx_request_name *name, const struct cx_finding *f)
{
    for (size_t i = 0; i < f->n_seen; i++) {
        if (cx_answer_failed(name->c, f->seen[i])) {
            return f->seen[i];
        }
    }
    return NULL;
}

/* We did not ask, or did not wait: no fault of the applicant's DNS. */
static bool
is_ours(const struct cx_request_name *name, const struct cx_finding *f)
{
    const struct cx_answer *answer = failed_answer(name, f);

    if (answer == NULL) {
        return f->reason != CX_REASON_ONION_CRITICAL;
    }
    return answer->outcome == CX_OUTCOME_UNSET || answer->outcome == CX_OUTCOME_ERROR ||
           answer->outcome == CX_OUTCOME_DEADLINE;
}

/* Of two readings the one that forbids stands first, and is not better than what it stands for. */
static enum cx_verdict
verdict_of(const struct cx_finding *f)
{
    return f->verdict == CX_VERDICT_ARGUABLE && f->n_readings != 0 ? f->readings[0].verdict
                                                                   : f->verdict;
}

static enum type
type_of(const struct cx_request_name *name, const struct cx_finding *f)
{
    switch (verdict_of(f)) {
    case CX_VERDICT_PERMIT:
    case CX_VERDICT_PERMIT_LF:
    case CX_VERDICT_EXEMPT:
    case CX_VERDICT_NA:
        return f->verdict == CX_VERDICT_ARGUABLE ? TYPE_INTERNAL : TYPE_NONE;
    case CX_VERDICT_DENY:
        return TYPE_CAA;
    case CX_VERDICT_FAIL:
        return is_ours(name, f) ? TYPE_INTERNAL : TYPE_DNS;
    case CX_VERDICT_UNSET:
    case CX_VERDICT_ARGUABLE:
        break;
    }
    return TYPE_INTERNAL;
}

/* What no name brought about: permits that stand for the names are void for the certificate. */
static enum type
type_of_conclusion(const struct cx_conclusion *k)
{
    return cx_verdict_positive(k->verdict) || k->verdict == CX_VERDICT_EXEMPT ||
                   k->verdict == CX_VERDICT_NA
               ? TYPE_NONE
           : k->verdict == CX_VERDICT_DENY ? TYPE_CAA
                                           : TYPE_INTERNAL;
}

/* ---- in words */

/* Text that is escaped already; what is cut ends in dots, and never within an escape. */
static void
put_cut(struct cx_buf *buf, cx_str text)
{
    size_t n = text.n;

    if (n > CX_PROBLEM_TEXT_MAX) {
        n = CX_PROBLEM_TEXT_MAX;
        for (size_t back = 1; back < sizeof("\\DDD") - 1; back++) {
            if (text.p[n - back] == '\\') {
                n -= back;
                break;
            }
        }
    }
    cx_buf_put(buf, (cx_str){ text.p, n });
    cx_buf_puts(buf, n < text.n ? "..." : "");
}

/* From a buffer of its own, which is given back. */
static void
put_cut_take(struct cx_buf *buf, struct cx_buf *text)
{
    if (cx_buf_ok(text)) {
        put_cut(buf, cx_buf_str(text));
    } else {
        cx_buf_fail(buf, text->why);
    }
    cx_buf_done(text);
}

static void
put_outside(struct cx_buf *buf, cx_str outside)
{
    struct cx_buf text;

    cx_buf_init(&text, CX_LINE_MAX * 4);
    cx_buf_put_escaped(&text, cx_span_of_str(outside));
    put_cut_take(buf, &text);
}

static void
put_name(struct cx_buf *buf, cx_span name)
{
    char text[CX_NAME_TEXT_MAX];

    cx_name_text(name, text);
    put_cut(buf, cx_str_of(text));
}

static void
put_record(struct cx_buf *buf, const struct cx_caa *caa)
{
    struct cx_buf text;

    cx_buf_init(&text, CX_RECORD_TEXT_MAX);
    cx_caa_text(caa, &text);
    put_cut_take(buf, &text);
}

/* Records that the reason is about; of many the first ones. */
static void
put_records(struct cx_buf *buf, const struct cx_request_name *name, const struct cx_finding *f)
{
    size_t places[CX_PROBLEM_RECORDS_MAX];
    size_t n =
        cx_decided_by(name->c, &name->subject, f->set, f->reason, places, CX_PROBLEM_RECORDS_MAX);

    for (size_t i = 0; i < n && i < CX_PROBLEM_RECORDS_MAX; i++) {
        cx_buf_puts(buf, i == 0 ? ": " : "; ");
        put_record(buf, &f->set->records[places[i]]);
    }
    if (n > CX_PROBLEM_RECORDS_MAX) {
        cx_buf_printf(buf, "; and %zu more", n - CX_PROBLEM_RECORDS_MAX);
    }
    cx_buf_puts(buf, ". ");
}

static void
put_set(struct cx_buf *buf, const struct cx_request_name *name, const struct cx_finding *f)
{
    if (f->set == NULL) {
        return;
    }
    cx_buf_puts(buf, "Found at ");
    put_name(buf, f->set->name);
    if (!cx_span_equal_fold(f->set->name, f->set->records_at)) {
        cx_buf_puts(buf, ", an alias of ");
        put_name(buf, f->set->records_at);
    }
    put_records(buf, name, f);
}

/* The rules that a denial rests on, in words. */
static void
put_rules(struct cx_buf *buf, const struct cx_finding *f)
{
    static const struct {
        enum cx_reason reason;
        enum cx_rule rule;
    } told[] = {
        { CX_REASON_CRITICAL, CX_R_CRIT_1 },   { CX_REASON_NO_MATCH, CX_R_DEC_1 },
        { CX_REASON_PARAMETERS, CX_R_8657_2 }, { CX_REASON_PARAMETERS, CX_R_8657_4 },
        { CX_REASON_PARAMETERS, CX_R_8657_5 },
    };

    for (size_t i = 0; i < CX_COUNT(told); i++) {
        if (told[i].reason == f->reason && cx_rules_have(&f->rules, told[i].rule)) {
            cx_buf_printf(buf, "By %s: %s ", cx_rule_source(told[i].rule),
                          cx_rule_sentence(told[i].rule));
        }
    }
}

static void
put_cure(struct cx_buf *buf, const struct cx_request_name *name, const struct cx_finding *f)
{
    struct cx_buf text;

    cx_buf_init(&text, CX_RECORD_TEXT_MAX);
    if (cx_put_cure(name, f, &text) && text.n <= CX_PROBLEM_CURE_MAX) { /* no use if cut */
        cx_buf_puts(buf, "To permit it, publish: ");
        cx_buf_put(buf, cx_buf_str(&text));
    }
    if (!cx_buf_ok(&text)) {
        cx_buf_fail(buf, text.why);
    }
    cx_buf_done(&text);
}

static void
put_denied(struct cx_buf *buf, const struct cx_request_name *name, const struct cx_finding *f)
{
    put_outside(buf, name->given);
    cx_buf_printf(buf, ": %s. ", cx_reason_sentence(f->reason));
    put_set(buf, name, f);
    put_rules(buf, f);
    put_cure(buf, name, f);
}

/* Kind and place of the failure; not who was asked, which is ours to know. */
static void
put_failed(struct cx_buf *buf, const struct cx_request_name *name, const struct cx_finding *f)
{
    const struct cx_answer *answer = failed_answer(name, f);
    char words[CX_ANSWER_WORDS];

    put_outside(buf, name->given);
    cx_buf_printf(buf, ": %s. ", cx_reason_sentence(f->reason));
    if (answer != NULL) {
        cx_answer_words(answer, words, sizeof(words));
        cx_buf_puts(buf, "The question for CAA at ");
        put_name(buf, answer->name);
        cx_buf_printf(buf, " gave: %s (DNSSEC: %s).", words, cx_dnssec_word(answer->dnssec));
    }
}

/* Appends nothing that is not printable ASCII. */
static void
put_detail(struct cx_buf *buf, const struct cx_request_name *name, const struct cx_finding *f,
           enum type type)
{
    switch (type) {
    case TYPE_CAA:
        put_denied(buf, name, f);
        return;
    case TYPE_DNS:
        put_failed(buf, name, f);
        return;
    case TYPE_NONE:
    case TYPE_INTERNAL:
    case TYPE_NAME:
        cx_buf_puts(buf, internal_text);
        return;
    }
}

/* ---- documents */

/* The text of the buffer without blanks at its end; NULL when out of memory. */
static struct cx_json *
detail_json(const struct cx_buf *buf)
{
    cx_str text = cx_buf_str(buf);

    while (cx_buf_ok(buf) && text.n != 0 && text.p[text.n - 1] == ' ') {
        text.n--;
    }
    return cx_buf_ok(buf) ? cx_json_new_string(text) : NULL;
}

/* A mailbox is one of RFC 8823. */
static struct cx_json *
identifier_json(cx_str given)
{
    struct cx_json *o = cx_json_new_object();
    bool ok = cx_json_set(o, "type", cx_json_new_text(cx_is_mailbox(given) ? "email" : "dns")) &&
              cx_json_set(o, "value", cx_json_new_escaped(cx_span_of_str(given)));

    return cx_json_whole(o, ok);
}

static struct cx_json *
subproblem_json(const struct cx_request_name *name, const struct cx_finding *f, enum type type)
{
    struct cx_json *o = cx_json_new_object();
    struct cx_buf detail;
    bool ok;

    cx_buf_init(&detail, CX_PROBLEM_DETAIL_MAX);
    put_detail(&detail, name, f, type);
    ok = cx_json_set(o, "type", cx_json_new_text(types[type].urn)) &&
         cx_json_set(o, "identifier", identifier_json(name->given)) &&
         cx_json_set(o, "detail", detail_json(&detail));
    cx_buf_done(&detail);
    return cx_json_whole(o, ok);
}

static struct cx_json *
subproblems_json(const struct cx_check *check, enum type *worst)
{
    struct cx_json *array = cx_json_new_array();
    bool ok = true;

    for (size_t i = 0; i < check->request.n_names; i++) {
        const struct cx_request_name *name = &check->request.names[i];
        enum type type = type_of(name, &check->findings[i]);

        if (type != TYPE_NONE) {
            ok = cx_json_add(array, subproblem_json(name, &check->findings[i], type)) && ok;
            *worst = type > *worst ? type : *worst;
        }
    }
    return cx_json_whole(array, ok);
}

/* detail is taken over. */
static struct cx_json *
document(enum type type, struct cx_json *detail)
{
    struct cx_json *o = cx_json_new_object();
    bool ok = cx_json_set(o, "type", cx_json_new_text(types[type].urn)) &&
              cx_json_set(o, "title", cx_json_new_text(types[type].title)) &&
              cx_json_set(o, "status", cx_json_new_integer(types[type].status));

    ok = cx_json_set(o, "detail", detail) && ok;
    return cx_json_whole(o, ok);
}

/* One subproblem's detail says all; clients that know no subproblems print it. */
static struct cx_json *
whole_detail(const struct cx_check *check, const struct cx_json *subproblems)
{
    size_t n = cx_json_size(subproblems);
    struct cx_json *json;
    struct cx_buf buf;

    if (n == 1) {
        return cx_json_copy(cx_json_get(cx_json_at(subproblems, 0), "detail"));
    }
    cx_buf_init(&buf, CX_PROBLEM_DETAIL_MAX);
    cx_buf_printf(&buf, "CAA does not permit %zu of %zu names; each has a subproblem.", n,
                  check->request.n_names);
    json = detail_json(&buf);
    cx_buf_done(&buf);
    return json;
}

static struct cx_json *
certificate_problem(const struct cx_check *check, enum type type)
{
    struct cx_json *json;
    struct cx_buf buf;

    if (type == TYPE_INTERNAL) {
        return document(type, cx_json_new_text(internal_text));
    }
    cx_buf_init(&buf, CX_PROBLEM_DETAIL_MAX);
    cx_buf_printf(&buf, "%s.", cx_reason_sentence(check->conclusion.reason));
    json = document(type, detail_json(&buf));
    cx_buf_done(&buf);
    return json;
}

static struct cx_json *
names_problem(const struct cx_check *check, enum type type, struct cx_json *subproblems)
{
    struct cx_json *o = document(type, whole_detail(check, subproblems));
    bool ok = cx_json_set(o, "subproblems", subproblems);

    return cx_json_whole(o, ok);
}

struct cx_json *
cx_problem_of_status(cx_status status, const struct cx_detail *detail)
{
    struct cx_json *json;
    struct cx_buf buf;

    if (status.code != CX_E_NAME) {
        return document(TYPE_INTERNAL, cx_json_new_text(internal_text));
    }
    cx_buf_init(&buf, CX_PROBLEM_DETAIL_MAX);
    put_outside(&buf, cx_str_of(detail->text));
    json = document(TYPE_NAME, detail_json(&buf));
    cx_buf_done(&buf);
    return json;
}

cx_status
cx_problem_of(const struct cx_check *check, struct cx_json **ret)
{
    enum type type = TYPE_NONE;
    struct cx_json *subproblems, *json;

    *ret = NULL;
    if (!cx_ok(check->status)) {
        *ret = cx_problem_of_status(check->status, &check->detail);
        return *ret != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
    }
    if (type_of_conclusion(&check->conclusion) == TYPE_NONE) {
        return CX_SUCCESS;
    }
    subproblems = subproblems_json(check, &type);
    if (type != TYPE_NONE) {
        json = names_problem(check, type, subproblems);
    } else {
        cx_json_free(subproblems);
        json = certificate_problem(check, type_of_conclusion(&check->conclusion));
    }
    *ret = json;
    return json != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

struct cx_json *
cx_problem_set(const struct cx_check *check, struct cx_json *result)
{
    struct cx_json *problem;
    bool ok = cx_ok(cx_problem_of(check, &problem)) &&
              cx_json_set(result, "problem", problem != NULL ? problem : cx_json_new_null());

    return cx_json_whole(result, ok);
}

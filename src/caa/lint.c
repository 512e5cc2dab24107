#include "caa/lint.h"

#include "base/buf.h"
#include "caa/lint_priv.h"
#include "caa/rights.h"
#include "caa/value.h"

static const struct {
    const char *word;
    enum cx_severity severity;
    const char *rule;
    const char *sentence;
} texts[] = {
    { "", CX_SEVERITY_UNSET, "", "" },
#define X(name, word, severity, rule, sentence) { word, CX_SEVERITY_##severity, rule, sentence },
#include "caa/lint.def"
#undef X
};

static const char *const severities[] = {
    [CX_SEVERITY_UNSET] = "",
    [CX_SEVERITY_ADVICE] = "advice",
    [CX_SEVERITY_WARNING] = "warning",
    [CX_SEVERITY_ERROR] = "error",
};

const char *
cx_severity_word(enum cx_severity severity)
{
    return severities[severity];
}

const char *
cx_lint_word(enum cx_lint_code code)
{
    return texts[code].word;
}

enum cx_severity
cx_lint_severity(enum cx_lint_code code)
{
    return texts[code].severity;
}

const char *
cx_lint_rule(enum cx_lint_code code)
{
    return texts[code].rule;
}

const char *
cx_lint_sentence(enum cx_lint_code code)
{
    return texts[code].sentence;
}

static bool
make_room(struct cx_lint *lint)
{
    struct cx_lint_finding *v;

    if (lint->n >= CX_LINT_FINDINGS_MAX) {
        return false;
    }
    v = cx_arena_widen(lint->arena, lint->v, lint->n, &lint->room, sizeof(*v));
    if (v == NULL) {
        return false;
    }
    lint->v = v;
    return true;
}

void
cx_lint_add(struct cx_lint *lint, const struct cx_lint_finding *finding)
{
    struct cx_lint_finding *to;

    if (!make_room(lint)) {
        lint->out_of_memory = true;
        return;
    }
    to = &lint->v[lint->n++];
    *to = *finding;
    if (!cx_ok(cx_arena_text(lint->arena, finding->detail, &to->detail))) {
        to->detail = (cx_str){ NULL, 0 };
        lint->out_of_memory = true;
    }
}

size_t
cx_lint_count(const struct cx_lint *lint, enum cx_severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < lint->n; i++) {
        n += cx_lint_severity(lint->v[i].code) == severity ? 1 : 0;
    }
    return n;
}

static cx_span
owner_of(const struct cx_answer *answer)
{
    return answer->records_at.n != 0 ? answer->records_at : answer->name;
}

void
cx_linting_say_more(const struct cx_linting *l, enum cx_lint_code code, size_t octet,
                    const char *text, cx_span outside)
{
    struct cx_lint_finding finding = {
        .code = code,
        .owner = owner_of(l->answer),
        .record = l->record,
        .octet = octet,
    };
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_TEXT_MAX);
    cx_buf_puts(&buf, text);
    if (outside.n != 0) {
        cx_buf_puts(&buf, text[0] == '\0' ? "\"" : " \"");
        cx_buf_put_escaped(&buf, outside);
        cx_buf_putc(&buf, '"');
    }
    finding.detail = cx_buf_str(&buf);
    cx_lint_add(l->lint, &finding);
    cx_buf_done(&buf);
}

void
cx_linting_say(const struct cx_linting *l, enum cx_lint_code code)
{
    cx_linting_say_more(l, code, 0, "", (cx_span){ NULL, 0 });
}

static void
lint_failure(const struct cx_linting *l)
{
    const struct cx_answer *answer = l->answer;
    enum cx_lint_code code = CX_LINT_LOOKUP_FAILED;

    if (answer->outcome == CX_OUTCOME_BOGUS || answer->dnssec == CX_DNSSEC_BOGUS) {
        code = CX_LINT_BOGUS;
    } else if (answer->outcome == CX_OUTCOME_MALFORMED && answer->malformed == CX_MALFORMED_RDATA) {
        code = CX_LINT_UNREADABLE;
    }
    cx_linting_say_more(l, code, 0, cx_outcome_word(answer->outcome), cx_span_of_str(answer->why));
}

static bool
restricts(const struct cx_answer *set)
{
    for (size_t i = 0; i < set->n_records; i++) {
        switch (cx_tag_of(set->records[i].tag)) {
        case CX_TAG_ISSUE:
        case CX_TAG_ISSUEWILD:
        case CX_TAG_ISSUEMAIL:
        case CX_TAG_ISSUEVMC:
            return true;
        case CX_TAG_UNKNOWN:
            if (cx_caa_critical(&set->records[i])) {
                return true;
            }
            break;
        case CX_TAG_IODEF:
        case CX_TAG_CONTACTEMAIL:
        case CX_TAG_CONTACTPHONE:
            break;
        }
    }
    return false;
}

static bool
has(const struct cx_answer *set, enum cx_tag tag)
{
    for (size_t i = 0; i < set->n_records; i++) {
        if (cx_tag_of(set->records[i].tag) == tag) {
            return true;
        }
    }
    return false;
}

/* R-DEC-4, R-DEC-5: what the set leaves open. */
static void
lint_openness(const struct cx_linting *l)
{
    const struct cx_answer *above = l->context->above;

    char name[CX_NAME_TEXT_MAX];

    if (!restricts(l->answer) && above != NULL && restricts(above)) {
        cx_name_text(owner_of(above), name);
        cx_linting_say_more(l, CX_LINT_HIDES_PARENT, 0, "the restriction stands at",
                            cx_span_of_str(cx_str_of(name)));
    } else if (!restricts(l->answer)) {
        cx_linting_say(l, CX_LINT_NO_RESTRICTION);
    } else if (has(l->answer, CX_TAG_ISSUEWILD) && !has(l->answer, CX_TAG_ISSUE)) {
        cx_linting_say(l, CX_LINT_WILDCARD_ONLY);
    }
}

static bool
same_record(const struct cx_caa *a, const struct cx_caa *b)
{
    return a->flags == b->flags && cx_span_equal_fold(a->tag, b->tag) &&
           cx_span_equal(a->value, b->value);
}

static bool
is_repeated(const struct cx_answer *set, size_t i)
{
    for (size_t k = 0; k < i && k < CX_LINT_COMPARED_MAX; k++) {
        if (same_record(&set->records[k], &set->records[i])) {
            return true;
        }
    }
    return false;
}

/* What records of one property do to each other (R-VAL-7). */
static void
lint_beside(const struct cx_linting *l, const struct cx_right *right)
{
    struct cx_linting at = *l;

    for (size_t i = 0; i < l->answer->n_records; i++) {
        const struct cx_caa *record = &l->answer->records[i];
        struct cx_issue_value value = cx_issue_value_parse(record->value, CX_GRAMMAR_RFC8659);

        at.record = record;
        if (cx_tag_of(record->tag) == right->property && value.well_formed && value.issuer.n == 0 &&
            right->who == CX_WHO_LISTED) {
            cx_linting_say(&at, CX_LINT_EMPTY_BESIDE);
        }
    }
    for (size_t i = 0; i < right->n && i < CX_LINT_COMPARED_MAX; i++) {
        for (size_t k = 0; k < right->n && k < CX_LINT_COMPARED_MAX; k++) {
            if (right->v[i].limits.n != 0 && right->v[k].limits.n == 0 &&
                cx_span_equal_fold(right->v[i].issuer, right->v[k].issuer)) {
                at.record = right->v[i].record;
                cx_linting_say(&at, CX_LINT_LIMIT_BESIDE);
                break;
            }
        }
    }
}

static void
lint_properties(const struct cx_linting *l)
{
    enum cx_tag last = CX_TAG_UNKNOWN;

    for (unsigned use = 0; use < CX_USE_COUNT; use++) {
        struct cx_right right;

        if (!cx_ok(cx_right_of(l->answer, (enum cx_use)use, l->lint->arena, &right))) {
            l->lint->out_of_memory = true;
            return;
        }
        if (right.property != CX_TAG_UNKNOWN && right.property != last) {
            lint_beside(l, &right);
            last = right.property;
        }
    }
}

/* RDATA and what stands before it, the owner compressed (RFC 1035 section 4.1.4). */
static size_t
set_octets(const struct cx_answer *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n_records; i++) {
        n += 12 + 2 + set->records[i].tag.n + set->records[i].value.n;
    }
    return n;
}

static void
lint_whole_set(const struct cx_linting *l)
{
    const struct cx_answer *answer = l->answer;

    if (answer->n_aliases != 0 && cx_span_equal(answer->records_at, answer->name)) {
        cx_linting_say(l, CX_LINT_ALIAS_BESIDE);
    }
    if (set_octets(answer) > CX_LARGE_SET_OCTETS) {
        cx_linting_say(l, CX_LINT_LARGE_SET);
    }
    if (answer->has_ttl && answer->ttl > CX_WINDOW_S) {
        cx_linting_say(l, CX_LINT_LONG_TTL);
    }
    if (l->context->dnssec_known && answer->dnssec == CX_DNSSEC_INSECURE) {
        cx_linting_say(l, CX_LINT_UNSIGNED);
    }
    lint_openness(l);
    lint_properties(l);
}

void
cx_lint_answer(struct cx_lint *lint, const struct cx_answer *answer,
               const struct cx_lint_context *context)
{
    struct cx_linting l = { .lint = lint, .answer = answer, .context = context };

    if (cx_outcome_is_failure(answer->outcome) || answer->dnssec == CX_DNSSEC_BOGUS) {
        lint_failure(&l);
        return;
    }
    if (answer->outcome != CX_OUTCOME_RECORDS || answer->n_records == 0) {
        return;
    }
    for (size_t i = 0; i < answer->n_records; i++) {
        l.record = &answer->records[i];
        if (is_repeated(answer, i)) {
            cx_linting_say(&l, CX_LINT_DUPLICATE);
        } else {
            cx_linting_record(&l);
        }
    }
    l.record = NULL;
    lint_whole_set(&l);
}

void
cx_lint_issuer(struct cx_lint *lint, const struct cx_answer *set, cx_span issuer)
{
    static const struct cx_lint_context none = { .above = NULL };
    struct cx_linting l = { .lint = lint, .answer = set, .context = &none };
    static const enum cx_use uses_of_tls[] = { CX_USE_PLAIN, CX_USE_WILDCARD };

    for (size_t i = 0; i < CX_COUNT(uses_of_tls); i++) {
        struct cx_right right;

        if (!cx_ok(cx_right_of(set, uses_of_tls[i], lint->arena, &right))) {
            lint->out_of_memory = true;
        } else if (right.who != CX_WHO_ANYONE && !cx_right_names(&right, issuer)) {
            cx_linting_say_more(&l, CX_LINT_ISSUER_LEFT_OUT, 0,
                                uses_of_tls[i] == CX_USE_PLAIN ? "for plain names:"
                                                               : "for wildcard names:",
                                issuer);
        }
    }
}

void
cx_lint_nothing(struct cx_lint *lint, cx_span name)
{
    struct cx_lint_finding finding = { .code = CX_LINT_NO_RECORDS, .owner = name };

    cx_lint_add(lint, &finding);
}

#include "caa/decide.h"

#include "caa/limit.h"
#include "caa/tag.h"

struct deciding {
    const struct cx_case *c;
    const struct cx_subject *subject;
    const struct cx_answer *set;
    struct cx_rules *rules;
    struct cx_notes *notes;
};

/* R-TAG-14, R-CRIT-5: implemented for this purpose, or declared by the CA to have no effect on it. */
static bool
tag_is_known(const struct cx_case *c, enum cx_tag tag)
{
    switch (tag) {
    case CX_TAG_ISSUE:
    case CX_TAG_ISSUEWILD:
    case CX_TAG_IODEF:
        return true;
    case CX_TAG_CONTACTEMAIL:
        return c->policy->knows_contactemail;
    case CX_TAG_CONTACTPHONE:
        return c->policy->knows_contactphone;
    case CX_TAG_ISSUEMAIL:
        return c->purpose == CX_PURPOSE_SMIME || c->policy->knows_issuemail;
    case CX_TAG_ISSUEVMC:
        return c->purpose == CX_PURPOSE_VMC || c->policy->knows_issuevmc;
    case CX_TAG_UNKNOWN:
        return false;
    }
    return false;
}

static void
cite_unknown_critical(struct cx_rules *rules, enum cx_tag tag)
{
    cx_rules_add(rules, CX_R_CRIT_1);
    if (tag == CX_TAG_ISSUEMAIL || tag == CX_TAG_ISSUEVMC) {
        cx_rules_add(rules, CX_R_CRIT_5);
    }
    if (tag == CX_TAG_CONTACTEMAIL || tag == CX_TAG_CONTACTPHONE) {
        cx_rules_add(rules, CX_R_TAG_14);
    }
}

static void
cite_unknown_tag(struct cx_rules *rules, cx_span tag)
{
    static const cx_str reserved[] = { CX_STR_INIT("auth"), CX_STR_INIT("path"),
                                       CX_STR_INIT("policy") };

    for (size_t i = 0; i < tag.n; i++) {
        if (!cx_ascii_alnum(tag.p[i])) {
            cx_rules_add(rules, CX_R_SYN_5);
        }
    }
    for (size_t i = 0; i < CX_COUNT(reserved); i++) {
        if (cx_span_equal_fold(tag, cx_span_of_str(reserved[i]))) {
            cx_rules_add(rules, CX_R_TAG_8);
        }
    }
}

/* R-CRIT-1: true if some record blocks. Notes what was passed over. */
static bool
critical_blocks(const struct deciding *d)
{
    bool blocks = false;

    for (size_t i = 0; i < d->set->n_records; i++) {
        const struct cx_caa *caa = &d->set->records[i];
        enum cx_tag tag = cx_tag_of(caa->tag);
        bool known = tag_is_known(d->c, tag);

        if (cx_caa_critical(caa)) {
            cx_rules_add(d->rules, CX_R_SYN_2);
            if (known) {
                cx_rules_add(d->rules, CX_R_CRIT_2);
            } else {
                cite_unknown_critical(d->rules, tag);
                blocks = true;
            }
        } else if (tag == CX_TAG_UNKNOWN) {
            cx_notes_add(d->notes, CX_NOTE_UNKNOWN_TAG, caa->tag);
        }
        if (tag == CX_TAG_UNKNOWN) {
            cite_unknown_tag(d->rules, caa->tag);
        }
        if ((caa->flags & 1u) != 0 && !cx_caa_critical(caa)) {
            cx_rules_add(d->rules, CX_R_SYN_2);
            cx_notes_add(d->notes, CX_NOTE_CRITICAL_FLAG_1, caa->tag);
        }
    }
    return blocks;
}

/* A record of the property that can restrict; without malformed ones if they are read as no records (R-V44-2). */
static bool
is_of(const struct deciding *d, size_t i, enum cx_tag property, bool drop_malformed)
{
    const struct cx_caa *caa = &d->set->records[i];

    return cx_tag_of(caa->tag) == property &&
           (!drop_malformed || cx_issue_value_parse(caa->value, d->c->epoch->grammar).well_formed);
}

static bool
has_any(const struct deciding *d, enum cx_tag property, bool drop_malformed)
{
    for (size_t i = 0; i < d->set->n_records; i++) {
        if (is_of(d, i, property, drop_malformed)) {
            return true;
        }
    }
    return false;
}

/* R-DEC-2, R-DEC-3, R-MAIL-2, R-VMC-1 */
static enum cx_tag
restricting_property(const struct deciding *d, bool drop_malformed)
{
    switch (d->c->purpose) {
    case CX_PURPOSE_SMIME:
        cx_rules_add(d->rules, CX_R_MAIL_2);
        return CX_TAG_ISSUEMAIL;
    case CX_PURPOSE_VMC:
        cx_rules_add(d->rules, CX_R_VMC_1);
        return CX_TAG_ISSUEVMC;
    case CX_PURPOSE_TLS:
    case CX_PURPOSE_UNSET:
        break;
    }
    if (!d->subject->wildcard) {
        cx_rules_add(d->rules, CX_R_DEC_2);
        return CX_TAG_ISSUE;
    }
    cx_rules_add(d->rules, CX_R_DEC_3);
    return has_any(d, CX_TAG_ISSUEWILD, drop_malformed) ? CX_TAG_ISSUEWILD : CX_TAG_ISSUE;
}

/* The OWN name that the issuer name of a value is, or NULL (R-VAL-8, R-DEC-6). */
static const struct cx_own *
own_name(const struct deciding *d, cx_span issuer)
{
    const struct cx_own *folded = NULL;

    for (size_t i = 0; i < d->c->n_own; i++) {
        cx_span own = cx_span_of_str(d->c->own[i].name);

        if (cx_span_equal(own, issuer)) {
            return &d->c->own[i];
        }
        if (!d->c->policy->issuer_case_strict && cx_span_equal_fold(own, issuer)) {
            folded = &d->c->own[i];
        }
    }
    if (folded != NULL) {
        cx_rules_add(d->rules, CX_R_VAL_8);
        cx_notes_add(d->notes, CX_NOTE_CASE_FOLDED, issuer);
    }
    return folded;
}

enum match {
    MATCH_NONE,
    MATCH_ISSUER_ONLY,
    MATCH_FULL
};

static enum match
record_matches(const struct deciding *d, const struct cx_caa *caa)
{
    struct cx_issue_value value = cx_issue_value_parse(caa->value, d->c->epoch->grammar);
    const struct cx_own *own = NULL;

    if (!value.well_formed) {
        cx_rules_add(d->rules, CX_R_VAL_6);
        cx_notes_add(d->notes, CX_NOTE_MALFORMED_VALUE, caa->value);
        return MATCH_NONE;
    }
    if (value.issuer.n == 0) {
        cx_rules_add(d->rules, CX_R_VAL_5);
        return MATCH_NONE;
    }
    if (cx_span_equal(value.issuer, cx_span_of_str(CX_STR("*")))) {
        cx_rules_add(d->rules, CX_R_P16_7); /* the grammar lets it through in proposal-2016 only */
    } else {
        own = own_name(d, value.issuer);
        if (own == NULL) {
            return MATCH_NONE;
        }
    }
    return cx_limits_met(d->c, d->subject, &value, own, d->rules, d->notes) ? MATCH_FULL
                                                                            : MATCH_ISSUER_ONLY;
}

/* R-DEC-1, R-VAL-7: one full match is enough. */
static enum match
best_match(const struct deciding *d, enum cx_tag property, bool drop_malformed)
{
    enum match best = MATCH_NONE;
    bool others = false;

    if (d->c->policy->n_own != 0) {
        cx_rules_add(d->rules, CX_R_DEC_6);
    }

    for (size_t i = 0; i < d->set->n_records; i++) {
        if (is_of(d, i, property, drop_malformed)) {
            enum match m = record_matches(d, &d->set->records[i]);

            best = m > best ? m : best;
            others = others || m != MATCH_FULL;
        }
    }
    if (best == MATCH_FULL && others) {
        cx_rules_add(d->rules, CX_R_VAL_7);
    }
    return best;
}

/* One reading: which ends it allows. */
struct ends {
    const char *permits; /* the reading under which the set permits, or NULL */
    const char *denies;
    enum cx_reason permit_reason;
    enum cx_reason deny_reason;
};

static void
cite_unrestricted(const struct deciding *d)
{
    cx_rules_add(d->rules, CX_R_DEC_5);
    if (d->c->purpose == CX_PURPOSE_TLS && !d->subject->wildcard &&
        has_any(d, CX_TAG_ISSUEWILD, false)) {
        cx_rules_add(d->rules, CX_R_DEC_4);
    }
    if (d->c->epoch->grammar != CX_GRAMMAR_RFC6844) {
        cx_rules_add(d->rules, CX_R_EMPTY_3);
    } else {
        cx_rules_add(d->rules,
                     d->c->epoch->empty == CX_EMPTY_UNCLEAR ? CX_R_EMPTY_1 : CX_R_EMPTY_2);
    }
}

static void
read_unrestricted(const struct deciding *d, struct ends *ends)
{
    cite_unrestricted(d);
    ends->permits = "records without a restricting property leave issuance open";
    ends->permit_reason = CX_REASON_NO_RESTRICTION;
    if (d->c->epoch->empty == CX_EMPTY_UNCLEAR) {
        ends->denies = "records exist, and none of them authorizes the CA";
        ends->deny_reason = CX_REASON_NO_MATCH;
    }
}

static void
read_set(const struct deciding *d, bool drop_malformed, struct ends *ends)
{
    enum cx_tag property = restricting_property(d, drop_malformed);

    if (!has_any(d, property, drop_malformed)) {
        read_unrestricted(d, ends);
        return;
    }
    cx_rules_add(d->rules, CX_R_DEC_1);
    switch (best_match(d, property, drop_malformed)) {
    case MATCH_FULL:
        ends->permits = "a record names the CA";
        ends->permit_reason = CX_REASON_MATCH;
        return;
    case MATCH_ISSUER_ONLY:
        ends->denies = "a record names the CA for another account or method";
        ends->deny_reason = CX_REASON_PARAMETERS;
        return;
    case MATCH_NONE:
        ends->denies = drop_malformed ? "no record names the CA"
                                      : "a value that cannot be read restricts like an empty one";
        ends->deny_reason = CX_REASON_NO_MATCH;
        return;
    }
}

static bool
malformed_matters(const struct deciding *d)
{
    for (size_t i = 0; i < d->set->n_records; i++) {
        enum cx_tag tag = cx_tag_of(d->set->records[i].tag);

        if ((tag == CX_TAG_ISSUE || tag == CX_TAG_ISSUEWILD) && !is_of(d, i, tag, true)) {
            return true;
        }
    }
    return false;
}

static struct cx_decision
decision_of(const struct ends *ends)
{
    if (ends->permits != NULL && ends->denies != NULL) {
        return (struct cx_decision){
            CX_VERDICT_ARGUABLE,
            CX_REASON_READINGS,
            { { CX_VERDICT_DENY, ends->denies }, { CX_VERDICT_PERMIT, ends->permits } },
        };
    }
    if (ends->permits != NULL) {
        return (struct cx_decision){ .verdict = CX_VERDICT_PERMIT, .reason = ends->permit_reason };
    }
    return (struct cx_decision){ .verdict = CX_VERDICT_DENY, .reason = ends->deny_reason };
}

struct cx_decision
cx_decide(const struct cx_case *c, const struct cx_subject *subject, const struct cx_answer *set,
          struct cx_rules *rules, struct cx_notes *notes)
{
    struct deciding d = { c, subject, set, rules, notes };
    struct ends ends = { .permits = NULL };

    if (set->n_records == 0) { /* a caller's mistake must not look like a set without restriction */
        return (struct cx_decision){ .verdict = CX_VERDICT_DENY, .reason = CX_REASON_NO_MATCH };
    }
    if (critical_blocks(&d)) {
        return (struct cx_decision){ .verdict = CX_VERDICT_DENY, .reason = CX_REASON_CRITICAL };
    }
    read_set(&d, false, &ends);
    if (c->epoch->grammar == CX_GRAMMAR_RFC6844) {
        cx_rules_add(rules, CX_R_V44_1);
        if (malformed_matters(&d)) {
            cx_rules_add(rules, CX_R_V44_2);
            read_set(&d, true, &ends);
        }
    }
    return decision_of(&ends);
}

static bool
is_about(const struct deciding *d, enum cx_reason reason, enum cx_tag property, size_t i)
{
    const struct cx_caa *caa = &d->set->records[i];

    if (reason == CX_REASON_CRITICAL) {
        return cx_caa_critical(caa) && !tag_is_known(d->c, cx_tag_of(caa->tag));
    }
    return is_of(d, i, property, false) &&
           (reason != CX_REASON_PARAMETERS || record_matches(d, caa) == MATCH_ISSUER_ONLY);
}

size_t
cx_decided_by(const struct cx_case *c, const struct cx_subject *subject,
              const struct cx_answer *set, enum cx_reason reason, size_t *ret, size_t max)
{
    struct cx_rules rules = { { 0 } };
    struct cx_notes notes = { .n = 0 };
    const struct deciding d = { c, subject, set, &rules, &notes };
    enum cx_tag property = restricting_property(&d, false);
    size_t n = 0;

    for (size_t i = 0; i < set->n_records; i++) {
        if (is_about(&d, reason, property, i)) {
            if (n < max) {
                ret[n] = i;
            }
            n++;
        }
    }
    return n;
}

#include "base/limits.h"
#include "caa/method.h"
#include "evidence/corroboration.h"
#include "evidence/permit_priv.h"

/* What every check of a claim is given. */
struct claims {
    const struct cx_record *record;
    const struct cx_permit_subject *subject;
    const struct cx_permit_trust *trust;
    uint64_t now_ms;
    const struct cx_permit_report *report;
};

static const cx_str nothing = CX_STR_INIT("");

static cx_status
refuse_unless(bool met, const struct claims *c, enum cx_permit_fault fault, cx_str value)
{
    return met ? CX_SUCCESS : cx_permit_refuse(c->report, fault, value);
}

/* ---- who, and by which rules */

static cx_status
check_authority(const struct claims *c)
{
    static const struct cx_hash unset = { { 0 } };

    CX_TRY(refuse_unless(c->record->has_authority, c, CX_PERMIT_NO_AUTHORITY, nothing));
    CX_TRY(refuse_unless(cx_hash_equal(&c->record->authority, &c->trust->authority) &&
                             !cx_hash_equal(&c->trust->authority, &unset),
                         c, CX_PERMIT_AUTHORITY, nothing));
    CX_TRY(refuse_unless(!c->trust->has_own || cx_hash_equal(&c->record->own, &c->trust->own), c,
                         CX_PERMIT_OWN, nothing));
    return refuse_unless(c->subject->request.n == 0 ||
                             cx_str_equal(c->record->request, c->subject->request),
                         c, CX_PERMIT_REQUEST, c->record->request);
}

static enum cx_profile
public_profile(enum cx_purpose purpose)
{
    switch (purpose) {
    case CX_PURPOSE_TLS:
        return CX_PROFILE_TLS_BR;
    case CX_PURPOSE_SMIME:
        return CX_PROFILE_SMIME_BR;
    case CX_PURPOSE_VMC:
        return CX_PROFILE_VMC;
    case CX_PURPOSE_UNSET:
        break;
    }
    return CX_PROFILE_UNSET;
}

/* A lenient rule book must not stand in for the one that binds the authority. */
static cx_status
check_profile(const struct claims *c)
{
    for (size_t i = 0; i < c->record->n_cases; i++) {
        const struct cx_record_case *one = &c->record->cases[i];
        enum cx_profile wanted = c->trust->profile != CX_PROFILE_UNSET
                                     ? c->trust->profile
                                     : public_profile(one->purpose);

        CX_TRY(refuse_unless(one->profile == wanted && one->profile != CX_PROFILE_UNSET, c,
                             CX_PERMIT_PROFILE, cx_str_of(cx_profile_word(one->profile))));
    }
    return CX_SUCCESS;
}

/* ---- verdicts */

/* R-ID-1, R-ID-2: CAA says nothing about these. */
static bool
is_beyond_caa(const struct cx_record_name *name)
{
    return name->kind == CX_RECORD_NAME_IP || name->kind == CX_RECORD_NAME_ONION ||
           name->kind == CX_RECORD_NAME_ONION_WILDCARD;
}

static bool
may_permit(enum cx_verdict verdict, bool beyond_caa)
{
    return verdict == CX_VERDICT_PERMIT || verdict == CX_VERDICT_PERMIT_LF ||
           verdict == CX_VERDICT_EXEMPT || (verdict == CX_VERDICT_NA && beyond_caa);
}

/* The verdict is that of no name and not the conclusion. */
static cx_status
check_absence(const struct claims *c, enum cx_verdict verdict, enum cx_permit_fault fault)
{
    for (size_t i = 0; i < c->record->n_names; i++) {
        CX_TRY(refuse_unless(c->record->findings[i].verdict != verdict, c, fault,
                             c->record->names[i].text));
    }
    return refuse_unless(c->record->conclusion.verdict != verdict, c, fault, nothing);
}

/* Every name, and the conclusion too: neither is believed alone. */
static cx_status
check_verdicts(const struct claims *c)
{
    const struct cx_record *record = c->record;
    bool all_beyond = true;

    for (size_t i = 0; i < record->n_names; i++) {
        bool beyond = is_beyond_caa(&record->names[i]);

        CX_TRY(refuse_unless(may_permit(record->findings[i].verdict, beyond), c, CX_PERMIT_VERDICT,
                             record->names[i].text));
        all_beyond = all_beyond && beyond;
    }
    CX_TRY(refuse_unless(may_permit(record->conclusion.verdict, all_beyond), c, CX_PERMIT_VERDICT,
                         record->conclusion.reason));
    if (!c->trust->accept_lf) {
        CX_TRY(check_absence(c, CX_VERDICT_PERMIT_LF, CX_PERMIT_LOOKUP_FAILURE));
    }
    return c->trust->accept_exempt ? CX_SUCCESS
                                   : check_absence(c, CX_VERDICT_EXEMPT, CX_PERMIT_EXEMPT);
}

/* ---- what for */

static cx_status
check_purpose(const struct claims *c)
{
    unsigned purposes = 0;

    for (size_t i = 0; i < c->record->n_cases; i++) {
        purposes |= CX_PURPOSE_BIT(c->record->cases[i].purpose);
    }
    return refuse_unless(c->subject->purposes == 0 || purposes == c->subject->purposes, c,
                         CX_PERMIT_PURPOSE,
                         cx_str_of(cx_purpose_word(c->record->cases[0].purpose)));
}

/* Every one of some is among others. */
static bool
within(const cx_str *some, size_t n_some, const cx_str *others, size_t n_others,
       bool (*same)(cx_str a, cx_str b))
{
    for (size_t i = 0; i < n_some; i++) {
        bool found = false;

        for (size_t k = 0; k < n_others && !found; k++) {
            found = same(some[i], others[k]);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool
same_text(cx_str a, cx_str b)
{
    return cx_str_equal(a, b);
}

static bool
same_set(const cx_str *a, size_t n_a, const cx_str *b, size_t n_b, bool (*same)(cx_str, cx_str))
{
    return within(a, n_a, b, n_b, same) && within(b, n_b, a, n_a, same);
}

/* R-PRF-2: limits of accounts and methods were judged with what the caller then said. */
static cx_status
check_validations(const struct claims *c)
{
    static const struct cx_record_validation none = { .n_accounts = 0 };
    const struct cx_permit_subject *s = c->subject;

    for (size_t i = 0; i < c->record->n_names; i++) {
        const struct cx_record_name *name = &c->record->names[i];
        const struct cx_record_validation *v =
            name->validation == CX_RECORD_NONE ? &none : &c->record->validations[name->validation];

        CX_TRY(refuse_unless(s->n_accounts == 0 || same_set(s->accounts, s->n_accounts, v->accounts,
                                                            v->n_accounts, same_text),
                             c, CX_PERMIT_ACCOUNT, name->text));
        CX_TRY(refuse_unless(s->n_methods == 0 || same_set(s->methods, s->n_methods, v->methods,
                                                           v->n_methods, cx_method_same),
                             c, CX_PERMIT_METHOD, name->text));
    }
    return CX_SUCCESS;
}

/* ---- when */

static cx_time
earlier(cx_time a, cx_time b)
{
    return a < b ? a : b;
}

/* The last second that a window names is one of it. CX_TIME_NONE: the verdict needs a window, and there is none. */
static cx_time
window_end(enum cx_verdict verdict, cx_time valid_until)
{
    bool searched = verdict == CX_VERDICT_PERMIT || verdict == CX_VERDICT_PERMIT_LF;

    if (valid_until == CX_TIME_NONE) {
        return searched ? CX_TIME_NONE : CX_TIME_MAX;
    }
    return valid_until == CX_TIME_MAX ? CX_TIME_MAX : valid_until + 1;
}

/* R-TIME-1, R-TIME-4. CX_TIME_NONE, which is before every other: one that is needed is not there. */
static cx_time
windows_end(const struct cx_record *record)
{
    cx_time end = window_end(record->conclusion.verdict, record->conclusion.valid_until);

    for (size_t i = 0; i < record->n_names; i++) {
        const struct cx_record_finding *f = &record->findings[i];

        end = earlier(end, window_end(f->verdict, f->valid_until));
    }
    return end;
}

/* The second of its logging; one that no clock shows is far in the future, and refused there. */
static cx_time
logged(const struct cx_record *record)
{
    return (cx_time)(record->time_ms / 1000);
}

cx_time
cx_permit_end(const struct cx_record *record, uint32_t life_s)
{
    cx_time end = windows_end(record);

    if (end == CX_TIME_NONE) {
        return CX_TIME_NONE;
    }
    end = earlier(end, logged(record) + (life_s == 0 ? CX_PERMIT_LIFE_S : (cx_time)life_s));
    for (size_t i = 0; i < record->n_cases; i++) {
        end = earlier(end, cx_epoch_next_boundary(record->cases[i].profile, record->date));
    }
    return end;
}

/* R-TIME-8: rules of a time to come, or rules that this program does not have for that time. */
static cx_status
check_rules(const struct claims *c)
{
    const struct cx_record *record = c->record;

    CX_TRY(refuse_unless(!record->conclusion.hypothetical, c, CX_PERMIT_HYPOTHETICAL, nothing));
    CX_TRY(refuse_unless(record->date <= logged(record) + CX_PERMIT_SKEW_S, c, CX_PERMIT_RULES,
                         nothing));
    for (size_t i = 0; i < record->n_cases; i++) {
        const struct cx_record_case *one = &record->cases[i];
        const struct cx_epoch *epoch = cx_epoch_at(one->profile, record->date);

        CX_TRY(refuse_unless(epoch != NULL && cx_str_equal(one->epoch, cx_str_of(epoch->id)), c,
                             CX_PERMIT_RULES, one->epoch));
    }
    return CX_SUCCESS;
}

/* now_ms is below, to the millisecond. */
static bool
is_before(uint64_t now_ms, cx_time end)
{
    return end > 0 && now_ms / 1000 < (uint64_t)end;
}

static cx_status
check_time(const struct claims *c)
{
    const struct cx_record *record = c->record;
    cx_time expires = record->conclusion.expires;
    cx_time end = cx_permit_end(record, c->trust->life_s);
    char text[CX_TIME_TEXT];

    CX_TRY(refuse_unless(!record->has_deadline || record->time_ms <= record->deadline_ms, c,
                         CX_PERMIT_LATE, nothing));
    CX_TRY(refuse_unless(record->time_ms <= c->now_ms ||
                             record->time_ms - c->now_ms <= (uint64_t)CX_PERMIT_SKEW_S * 1000,
                         c, CX_PERMIT_FUTURE, nothing));
    CX_TRY(refuse_unless(expires != CX_TIME_NONE && end != CX_TIME_NONE, c, CX_PERMIT_EXPIRY,
                         nothing));
    cx_time_format(earlier(expires, end), text);
    CX_TRY(refuse_unless(is_before(c->now_ms, earlier(expires, end)), c, CX_PERMIT_EXPIRED,
                         cx_str_of(text)));
    cx_time_format(expires, text);
    return refuse_unless(expires <= end, c, CX_PERMIT_EXPIRY, cx_str_of(text));
}

/* ---- */

static cx_status
check_corroboration(const struct claims *c)
{
    const char *lacks = cx_corroboration_lacks(c->record);

    return lacks == NULL ? CX_SUCCESS
                         : cx_permit_refuse(c->report, CX_PERMIT_CORROBORATION, cx_str_of(lacks));
}

cx_status
cx_permit_check_claims(const struct cx_record *record, const struct cx_permit_subject *subject,
                       const struct cx_permit_trust *trust, uint64_t now_ms, struct cx_arena *arena,
                       const struct cx_permit_report *report)
{
    const struct claims c = { record, subject, trust, now_ms, report };

    CX_TRY(check_authority(&c));
    CX_TRY(check_profile(&c));
    CX_TRY(check_verdicts(&c));
    CX_TRY(check_purpose(&c));
    CX_TRY(cx_permit_check_names(record, subject, arena, report));
    CX_TRY(check_validations(&c));
    CX_TRY(check_corroboration(&c));
    CX_TRY(check_rules(&c));
    return check_time(&c);
}

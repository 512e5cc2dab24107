#include "engine/request.h"

#include "base/cbor_json.h"
#include "base/utf8.h"
#include "domain/subject.h"
#include "engine/corroboration.h"
#include "engine/facts.h"
#include "engine/member.h"
#include "engine/perspectives.h"
#include "engine/policy.h"

/* One request being read. */
struct reading {
    const struct cx_json *json;
    const struct cx_json *defaults;
    cx_time now;
    struct cx_arena *arena;
    struct cx_request *request;
    struct cx_detail *detail;
    struct cx_where where;
    const cx_str *issuers;
    size_t n_issuers;
    const cx_str *accounts;
    size_t n_accounts;
    const cx_str *methods;
    size_t n_methods;
};

/* The object that has the member: the request, else the defaults. */
static const struct cx_json *
holder(const struct reading *r, const char *member)
{
    return cx_json_get(r->json, member) != NULL ? r->json : r->defaults;
}

static cx_status
fail(const struct reading *r, const char *why)
{
    return cx_fail(r->detail, CX_E_USAGE, "request: %s", why);
}

static const char *const purposes[] = { "tls", "smime", "vmc", "tls+smime", NULL };
enum {
    PURPOSE_TLS,
    PURPOSE_SMIME,
    PURPOSE_VMC,
    PURPOSE_BOTH
};

static enum cx_purpose
purpose_of(size_t word)
{
    switch (word) {
    case PURPOSE_SMIME:
        return CX_PURPOSE_SMIME;
    case PURPOSE_VMC:
        return CX_PURPOSE_VMC;
    default:
        return CX_PURPOSE_TLS; /* the first of PURPOSE_BOTH too */
    }
}

static enum cx_profile
profile_of_purpose(enum cx_purpose purpose)
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

/* The rule book must be one for the kind of certificate. */
static bool
profile_fits(enum cx_profile profile, enum cx_purpose purpose)
{
    return profile == CX_PROFILE_PRIVATE || profile == profile_of_purpose(purpose) ||
           (profile == CX_PROFILE_PROPOSAL_2016 && purpose == CX_PURPOSE_TLS);
}

static cx_status
read_profile(struct reading *r, size_t *purpose, enum cx_profile *profile)
{
    static const char *const words[] = { "tls-br",  "smime-br",      "vmc",
                                         "private", "proposal-2016", NULL };
    bool has_purpose = cx_json_get(holder(r, "purpose"), "purpose") != NULL;
    size_t which = 0;

    *purpose = PURPOSE_TLS;
    *profile = CX_PROFILE_UNSET;
    CX_TRY(cx_member_word(holder(r, "purpose"), "purpose", &r->where, purposes, purpose));
    if (cx_json_get(holder(r, "profile"), "profile") == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_member_word(holder(r, "profile"), "profile", &r->where, words, &which));
    *profile = cx_profile_of_word(cx_str_of(words[which]));
    if (!has_purpose && *profile == CX_PROFILE_SMIME_BR) {
        *purpose = PURPOSE_SMIME;
    } else if (!has_purpose && *profile == CX_PROFILE_VMC) {
        *purpose = PURPOSE_VMC;
    }
    if (*purpose == PURPOSE_BOTH ? *profile != CX_PROFILE_PRIVATE
                                 : !profile_fits(*profile, purpose_of(*purpose))) {
        return fail(r, "\"profile\" does not fit \"purpose\"");
    }
    return CX_SUCCESS;
}

static cx_status
read_date(struct reading *r, cx_time *date)
{
    *date = r->request->facts.has_signing_time ? r->request->facts.signing_time : r->now;
    return cx_member_time(holder(r, "date"), "date", &r->where, date);
}

static cx_status
read_order(struct reading *r, enum cx_order *order)
{
    static const char *const words[] = { "", "bottom-up", "top-down", "parallel", NULL };
    size_t which = (size_t)*order;

    CX_TRY(cx_member_word(holder(r, "order"), "order", &r->where, words + 1, &which));
    if (cx_json_get(holder(r, "order"), "order") != NULL) {
        *order = (enum cx_order)(which + 1);
    }
    return CX_SUCCESS;
}

static bool
asked_for(const struct reading *r, cx_str name)
{
    for (size_t i = 0; i < r->n_issuers; i++) {
        if (cx_span_equal_fold(cx_span_of_str(r->issuers[i]), cx_span_of_str(name))) {
            return true;
        }
    }
    return r->n_issuers == 0;
}

/* OWN on the date (R-DEC-6): the request's issuers; with policy.own those of them that it lists. */
static cx_status
read_own(struct reading *r, cx_time date, const struct cx_own **ret, size_t *ret_n)
{
    const struct cx_policy *policy = &r->request->policy;
    struct cx_own *own = cx_arena_get(r->arena, policy->n_own + r->n_issuers + 1, sizeof(*own));
    size_t n = 0;

    if (own == NULL) {
        return cx_fail(r->detail, CX_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < policy->n_own; i++) {
        if (policy->own[i].from <= date && date < policy->own[i].until &&
            asked_for(r, policy->own[i].name)) {
            own[n++] = policy->own[i];
        }
    }
    for (size_t i = 0; i < r->n_issuers && policy->n_own == 0; i++) {
        own[n++] = (struct cx_own){ .name = r->issuers[i], CX_TIME_NONE, CX_TIME_MAX, false };
    }
    *ret = own;
    *ret_n = n;
    return CX_SUCCESS;
}

/* R-SEC-3: validation may not be weakened where it is a duty. */
static cx_status
refuse_trust_anchors(const struct reading *r, const struct cx_case *c)
{
    const struct cx_policy *p = c->policy;

    if (p->n_negative_trust_anchors == 0 ||
        (!c->epoch->validation && p->accounturi_from > c->date &&
         p->validationmethods_from > c->date)) {
        return CX_SUCCESS;
    }
    cx_status s =
        cx_fail(r->detail, CX_E_POLICY,
                "policy.negative_trust_anchors: DNSSEC validation may not be switched off "
                "for any name here; remove them");
    if (r->detail != NULL) {
        r->detail->rule = "R-SEC-3";
    }
    return s;
}

static cx_status
make_case(struct reading *r, enum cx_purpose purpose, enum cx_profile profile, cx_time date,
          struct cx_case *c)
{
    *c = (struct cx_case){
        .purpose = purpose,
        .epoch = cx_epoch_at(profile, date),
        .date = date,
        .order = profile == CX_PROFILE_PROPOSAL_2016 ? CX_ORDER_TOP_DOWN : CX_ORDER_BOTTOM_UP,
        .policy = &r->request->policy,
        .facts = &r->request->facts,
    };
    CX_TRY(read_order(r, &c->order));
    CX_TRY(read_own(r, date, &c->own, &c->n_own));
    return refuse_trust_anchors(r, c);
}

static cx_status
read_cases(struct reading *r)
{
    struct cx_request *q = r->request;
    enum cx_profile profile;
    enum cx_purpose purpose;
    size_t word;
    cx_time date;

    CX_TRY(read_profile(r, &word, &profile));
    CX_TRY(read_date(r, &date));
    purpose = purpose_of(word);
    CX_TRY(make_case(r, purpose,
                     profile == CX_PROFILE_UNSET ? profile_of_purpose(purpose) : profile, date,
                     &q->cases[0]));
    q->n_cases = 1;
    if (word == PURPOSE_BOTH) { /* R-MAIL-10 */
        CX_TRY(make_case(r, CX_PURPOSE_SMIME,
                         profile == CX_PROFILE_UNSET ? CX_PROFILE_SMIME_BR : profile, date,
                         &q->cases[1]));
        q->n_cases = 2;
    }
    return CX_SUCCESS;
}

static cx_status
read_name(struct reading *r, const struct cx_json *json, struct cx_request_name *name)
{
    static const char *const members[] = { "name", "account_uri", "method", NULL };
    const struct cx_where where = { "names", CX_E_USAGE, r->detail };
    const cx_str *accounts = r->accounts, *methods = r->methods;
    size_t n_accounts = r->n_accounts, n_methods = r->n_methods;
    cx_str given = { NULL, 0 };

    if (!cx_json_string(json, &given)) {
        CX_TRY(cx_json_only(json, "names", members, CX_E_USAGE, r->detail));
        CX_TRY(cx_member_text(json, "name", &where, &given));
        CX_TRY(cx_member_texts(json, "account_uri", &where, CX_ACCOUNTS_MAX, r->arena, &accounts,
                               &n_accounts));
        CX_TRY(cx_member_texts(json, "method", &where, CX_ACCOUNTS_MAX, r->arena, &methods,
                               &n_methods));
    }
    CX_TRY(cx_arena_text(r->arena, given, &name->given));
    name->c = &r->request->cases[r->request->n_cases == 2 && cx_is_mailbox(given) ? 1 : 0];
    CX_TRY(cx_subject_from_text(name->given, name->c->purpose, name->c, r->arena, &name->subject,
                                r->detail));
    name->subject.accounts = accounts;
    name->subject.n_accounts = n_accounts;
    name->subject.methods = methods;
    name->subject.n_methods = n_methods;
    return CX_SUCCESS;
}

static cx_status
read_names(struct reading *r)
{
    const struct cx_json *json = cx_json_get(holder(r, "names"), "names");
    struct cx_request *q = r->request;

    q->n_names = cx_json_size(json);
    if (cx_json_kind_of(json) != CX_JSON_ARRAY || q->n_names == 0 || q->n_names > CX_NAMES_MAX) {
        return cx_fail(r->detail, CX_E_USAGE, "request.names: an array of 1 to %d is needed",
                       CX_NAMES_MAX);
    }
    q->names = cx_arena_get(r->arena, q->n_names, sizeof(*q->names));
    if (q->names == NULL) {
        return cx_fail(r->detail, CX_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < q->n_names; i++) {
        CX_TRY(read_name(r, cx_json_at(json, i), &q->names[i]));
    }
    return CX_SUCCESS;
}

static cx_status
read_facts(struct reading *r)
{
    const struct cx_json *json = cx_json_get(holder(r, "facts"), "facts");
    CX_AUTO(cx_buf_done) struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    CX_TRY(cx_facts_from_json(json, r->arena, &r->request->facts, r->detail));
    if (cx_json_members(json, NULL, 0) == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_cbor_put_json(&buf, json, r->arena));
    return cx_arena_copy(r->arena, cx_span_of_str(cx_buf_str(&buf)), &r->request->facts_octets);
}

static cx_status
read_perspectives(struct reading *r)
{
    const struct cx_json *json = cx_json_get(holder(r, "perspectives"), "perspectives");
    struct cx_request *q = r->request;
    struct cx_buf buf;
    cx_status s;

    if (json == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_perspectives_from_json(json, r->arena, &q->perspectives, r->detail));
    cx_buf_init(&buf, CX_RECORD_MAX);
    s = cx_perspectives_encode(&q->perspectives, &buf);
    if (cx_ok(s)) {
        s = cx_arena_copy(r->arena, cx_span_of_str(cx_buf_str(&buf)), &q->perspectives_octets);
    }
    cx_buf_done(&buf);
    q->has_perspectives = cx_ok(s);
    return s;
}

/* Members that every name shares. */
static cx_status
read_common(struct reading *r)
{
    CX_TRY(cx_member_texts(holder(r, "issuer"), "issuer", &r->where, CX_ISSUERS_MAX, r->arena,
                           &r->issuers, &r->n_issuers));
    CX_TRY(cx_member_texts(holder(r, "account_uri"), "account_uri", &r->where, CX_ACCOUNTS_MAX,
                           r->arena, &r->accounts, &r->n_accounts));
    CX_TRY(cx_member_texts(holder(r, "method"), "method", &r->where, CX_ACCOUNTS_MAX, r->arena,
                           &r->methods, &r->n_methods));
    CX_TRY(cx_policy_from_json(cx_json_get(holder(r, "policy"), "policy"), r->arena,
                               &r->request->policy, r->detail));
    CX_TRY(read_facts(r));
    CX_TRY(read_perspectives(r));
    if (r->n_issuers == 0 && r->request->policy.n_own == 0) {
        return fail(r, "\"issuer\" is needed: the CA's issuer domain name, such as ca.example.net");
    }
    return CX_SUCCESS;
}

static cx_status
read_sources(struct reading *r)
{
    struct cx_request *q = r->request;
    const struct cx_json *answers = cx_json_get(r->json, "answers");

    q->has_zone = cx_json_get(r->json, "zone") != NULL;
    CX_TRY(cx_member_text(r->json, "zone", &r->where, &q->zone));
    if (answers != NULL && cx_json_kind_of(answers) != CX_JSON_ARRAY) {
        return fail(r, "\"answers\": an array is needed");
    }
    if (answers != NULL && q->has_zone) {
        return fail(r, "\"answers\" and \"zone\" exclude each other");
    }
    q->answers = answers;
    return CX_SUCCESS;
}

cx_status
cx_request_from_json(const struct cx_json *json, const struct cx_json *defaults, cx_time now,
                     struct cx_arena *arena, struct cx_request *ret, struct cx_detail *detail)
{
    static const char *const members[] = {
        "id",    "names",  "issuer", "account_uri",  "method",  "purpose", "profile",       "date",
        "order", "policy", "facts",  "perspectives", "answers", "zone",    "corroboration", NULL,
    };
    struct reading r = {
        json, defaults, now, arena, ret, detail, .where = { "request", CX_E_USAGE, detail }
    };

    *ret = (struct cx_request){ .has_id = false };
    CX_TRY(cx_member_text(json, "id", &r.where, &ret->id)); /* first: errors below still carry it */
    CX_TRY(cx_arena_text(arena, ret->id, &ret->id));
    ret->has_id = cx_json_get(json, "id") != NULL;
    if (cx_str_has_controls(
            ret->id)) { /* a log has such keys for what is no check: evidence/entry_keys.h */
        return fail(&r, "\"id\": control characters (U+0000 to U+001F, U+007F) cannot be in it");
    }
    CX_TRY(cx_json_only(json, "request", members, CX_E_USAGE, detail));
    CX_TRY(read_common(&r));
    CX_TRY(read_cases(&r));
    CX_TRY(read_names(&r));
    CX_TRY(cx_supplied_from_json(cx_json_get(json, "corroboration"), arena, ret, detail));
    return read_sources(&r);
}

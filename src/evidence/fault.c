#include "evidence/fault.h"

#include "base/cbor.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <arpa/inet.h>

_Static_assert(CX_RULE_COUNT <= CX_RECORD_RULES_MAX, "a finding can have every rule");

/* 0000-01-01T00:00:00Z, 9999-12-31T23:59:59Z */
#define MOMENT_FIRST INT64_C(-62167219200)
#define MOMENT_LAST  INT64_C(253402300799)

bool
cx_is_moment(cx_time t)
{
    return t >= MOMENT_FIRST && t <= MOMENT_LAST;
}

bool
cx_is_record_line(cx_str text)
{
    return text.n != 0 && text.n <= CX_RECORD_LINE_MAX && !cx_str_has_controls(text);
}

static bool
is_moment_or_none(cx_time t)
{
    return t == CX_TIME_NONE || cx_is_moment(t);
}

static bool
is_verdict(enum cx_verdict verdict)
{
    return verdict > CX_VERDICT_UNSET && verdict <= CX_VERDICT_ARGUABLE;
}

/* ---- names */

static bool
is_onion(cx_str host)
{
    static const char label[] = ".onion";
    const size_t n = sizeof(label) - 1;

    return (host.n > n && memcmp(host.p + host.n - n, label, n) == 0) ||
           cx_str_equal(host, CX_STR("onion"));
}

/* Written the one way that a host has here. */
static bool
is_host(cx_str text)
{
    char again[CX_NAME_TEXT_MAX];
    struct cx_name name;

    if (!cx_ok(cx_name_from_text(text, &name, NULL)) || cx_name_is_root(cx_name_span(&name)) ||
        !cx_name_is_ldh(cx_name_span(&name), true)) { /* underscores: R-TREE-10 */
        return false;
    }
    cx_name_text(cx_name_span(&name), again);
    return cx_str_equal(text, cx_str_of(again));
}

static bool
is_address(cx_str text)
{
    char given[INET6_ADDRSTRLEN] = "", again[INET6_ADDRSTRLEN] = "";
    unsigned char address[16];
    int family;

    if (text.n == 0 || text.n >= sizeof(given) || memchr(text.p, '\0', text.n) != NULL) {
        return false;
    }
    memcpy(given, text.p, text.n);
    family = memchr(text.p, ':', text.n) != NULL ? AF_INET6 : AF_INET;
    return inet_pton(family, given, address) == 1 &&
           inet_ntop(family, address, again, sizeof(again)) != NULL && strcmp(given, again) == 0;
}

static const char *
fault_of_name(const struct cx_record_name *name)
{
    bool good = false;

    switch (name->kind) {
    case CX_RECORD_NAME_DNS:
    case CX_RECORD_NAME_WILDCARD:
        good = is_host(name->text) && !is_onion(name->text);
        break;
    case CX_RECORD_NAME_ONION:
    case CX_RECORD_NAME_ONION_WILDCARD:
        good = is_host(name->text) && is_onion(name->text);
        break;
    case CX_RECORD_NAME_IP:
        good = is_address(name->text);
        break;
    case CX_RECORD_NAME_MAILBOX: /* I3 of record.h: its domain */
        good = is_host(name->text);
        break;
    case CX_RECORD_NAME_UNSET:
        break;
    }
    return good ? NULL : "a name that is not of its kind, or not as records write it";
}

/* ---- records */

static const char *
fault_of_cases(const struct cx_record *record)
{
    if (record->n_cases == 0 || record->n_cases > CX_COUNT(record->cases)) {
        return "one case or two are needed";
    }
    for (size_t i = 0; i < record->n_cases; i++) {
        const struct cx_record_case *c = &record->cases[i];

        if (c->purpose <= CX_PURPOSE_UNSET || c->purpose > CX_PURPOSE_VMC ||
            c->profile <= CX_PROFILE_UNSET || c->profile > CX_PROFILE_PROPOSAL_2016) {
            return "a purpose or profile that is not known";
        }
    }
    return record->n_cases == 1 || record->cases[1].purpose == CX_PURPOSE_SMIME
               ? NULL
               : "a second case that is not that of mailboxes";
}

static const char *
fault_of_validations(const struct cx_record *record)
{
    if (record->n_validations > CX_NAMES_MAX) {
        return "too many validations";
    }
    for (size_t i = 0; i < record->n_validations; i++) {
        if (record->validations[i].n_accounts > CX_ACCOUNTS_MAX ||
            record->validations[i].n_methods > CX_ACCOUNTS_MAX) {
            return "too many accounts or methods";
        }
    }
    return NULL;
}

static bool
refers_within(const struct cx_record_finding *f, size_t n_answers)
{
    if (f->found != CX_RECORD_NONE && f->found >= n_answers) {
        return false;
    }
    for (size_t i = 0; i < f->n_seen; i++) {
        if (f->seen[i] >= n_answers) {
            return false;
        }
    }
    return true;
}

static const char *
fault_of_finding(const struct cx_record_finding *f, size_t n_answers)
{
    if (!is_verdict(f->verdict) || !is_moment_or_none(f->valid_until)) {
        return "a finding without verdict, or with no moment";
    }
    if (f->n_rules > CX_RECORD_RULES_MAX || f->n_notes > CX_NOTES_MAX ||
        f->n_readings > CX_READINGS_MAX || f->n_seen > CX_CLIMB_MAX) {
        return "a finding with too much in it";
    }
    if (f->saw_all && f->n_seen != 0) {
        return "a finding that saw all, and some";
    }
    for (size_t i = 0; i < f->n_readings; i++) {
        if (!is_verdict(f->readings[i].verdict)) {
            return "a reading without verdict";
        }
    }
    return refers_within(f, n_answers) ? NULL : "a finding refers to an answer that is not there";
}

/* What a permit rests on is checked where it is written, and again where it is read. */
static const char *
fault_of_conclusion(const struct cx_record *record)
{
    const struct cx_record_conclusion *k = &record->conclusion;

    if (!is_verdict(k->verdict) || !is_moment_or_none(k->valid_until) ||
        !is_moment_or_none(k->expires) || k->n_rules > CX_RECORD_RULES_MAX) {
        return "a conclusion without verdict, with no moment, or with too many rules";
    }
    for (size_t i = 0; i < record->n_names; i++) {
        if (cx_verdict_is_worse(record->findings[i].verdict, k->verdict)) { /* R-DEC-8 */
            return "a conclusion better than a finding";
        }
    }
    if (k->expires == CX_TIME_NONE) {
        return NULL;
    }
    if (!cx_verdict_positive(k->verdict) || k->hypothetical) {
        return "a permit could rest on a verdict that is not positive, or hypothetical";
    }
    return k->valid_until == CX_TIME_NONE || k->expires <= k->valid_until + 1
               ? NULL
               : "a permit could outlive the verdict";
}

static bool
is_region(cx_str word)
{
    static const char *const words[] = { "AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE" };

    for (size_t i = 0; i < CX_COUNT(words); i++) {
        if (cx_str_equal(word, cx_str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

/* Regions count (R-MPIC-9): one that is there twice, or that nobody knows, would count for another. */
static const char *
fault_of_corroboration(const struct cx_corroboration *c)
{
    if (c->kind == CX_CORROBORATION_NONE) {
        return NULL;
    }
    if (c->kind > CX_CORROBORATION_OWN || c->n_agreed > c->n_used ||
        c->n_regions > CX_REGIONS_MAX || c->n_regions > c->n_agreed) {
        return "more perspectives agree than were used, or are in more regions than agree";
    }
    for (size_t i = 0; i < c->n_regions; i++) {
        bool again = false;

        for (size_t k = 0; k < i; k++) {
            again = again || cx_str_equal(c->regions[i], c->regions[k]);
        }
        if (again || !is_region(c->regions[i])) {
            return "a region that is not known, or there twice";
        }
    }
    return NULL;
}

static const char *
fault_of_names(const struct cx_record *record)
{
    if (record->n_names == 0 || record->n_names > CX_NAMES_MAX ||
        record->n_answers > CX_RECORD_ANSWERS_MAX) {
        return "no name, or too many names or answers";
    }
    for (size_t i = 0; i < record->n_names; i++) {
        const struct cx_record_name *name = &record->names[i];
        const char *fault = fault_of_name(name);

        if (fault == NULL && name->validation != CX_RECORD_NONE &&
            name->validation >= record->n_validations) {
            fault = "a name refers to a validation that is not there";
        }
        if (fault == NULL) {
            fault = fault_of_finding(&record->findings[i], record->n_answers);
        }
        if (fault != NULL) {
            return fault;
        }
    }
    return NULL;
}

static bool
is_members(cx_span octets)
{
    struct cx_reader r = cx_reader_of(octets);

    (void)cx_cbor_members(&r);
    return cx_rd_ok(&r) && cx_rd_left(&r) == 0;
}

static bool
is_line_or_none(cx_str text)
{
    return text.n == 0 || cx_is_record_line(text);
}

/* What a caller had to do with it. */
static const char *
caller_fault(const struct cx_record *record)
{
    if (record->is_shadow && record->conclusion.expires != CX_TIME_NONE) {
        return "a permit in shadow mode";
    }
    if (record->own_verdict != CX_VERDICT_UNSET && !is_verdict(record->own_verdict)) {
        return "a caller's own verdict that is none";
    }
    return is_line_or_none(record->caller) ? NULL : "a caller that is not one line of text";
}

const char *
cx_record_fault(const struct cx_record *record)
{
    const char *fault = fault_of_cases(record);

    fault = fault != NULL ? fault : fault_of_validations(record);
    fault = fault != NULL ? fault : fault_of_names(record);
    fault = fault != NULL ? fault : fault_of_conclusion(record);
    fault = fault != NULL ? fault : fault_of_corroboration(&record->corroboration);
    if (fault == NULL && !cx_is_moment(record->date)) {
        fault = "a date that is no moment";
    }
    if (fault == NULL && record->facts.n != 0 && !is_members(record->facts)) {
        fault = "facts that are no members";
    }
    return fault != NULL ? fault : caller_fault(record);
}

/* ---- starts and events */

const char *
cx_start_fault(const struct cx_start *start)
{
    if (start->request.n == 0) {
        return "no request id";
    }
    return is_line_or_none(start->caller) ? NULL : "a caller that is not one line of text";
}

/* What an event of a type says of one member. */
enum event_rule {
    NEVER,
    MAY,
    NEEDS,
    EITHER, /* one at least of those with this rule */
};

#define EVENT_MEMBERS 5

static const uint8_t event_rules[][EVENT_MEMBERS] = {
    [CX_EVENT_UNSET] = { NEVER, NEVER, NEVER, NEVER, NEVER },
#define X(name, number, word, about, by, why, certificate, request, sentence)                      \
    [CX_EVENT_##name] = { about, by, why, certificate, request },
#include "evidence/event_types.def"
#undef X
};

static const char *
fault_of_event_members(enum cx_event_type type, const bool has[EVENT_MEMBERS])
{
    bool has_either = false, wants_either = false;

    for (size_t i = 0; i < EVENT_MEMBERS; i++) {
        switch ((enum event_rule)event_rules[type][i]) {
        case NEVER:
            if (has[i]) {
                return "an event with a member that its type does not have";
            }
            break;
        case MAY:
            break;
        case NEEDS:
            if (!has[i]) {
                return "an event without a member that its type needs";
            }
            break;
        case EITHER:
            wants_either = true;
            has_either |= has[i];
            break;
        }
    }
    return wants_either && !has_either ? "an event that is about nothing" : NULL;
}

/* What negative keys say of a certificate. */
static const char *
fault_of_issued(const struct cx_event *e)
{
    if (e->serial.n == 0 && !e->is_precertificate && !e->has_precertificate) {
        return NULL;
    }
    if (e->type != CX_EVENT_ISSUANCE || e->serial.n > CX_SERIAL_MAX) {
        return "a serial number where none can be, or one that is too long";
    }
    return e->is_precertificate && e->has_precertificate
               ? "a precertificate that has a precertificate"
               : NULL;
}

const char *
cx_event_fault(const struct cx_event *event)
{
    const bool has[EVENT_MEMBERS] = { event->has_about, event->by.n != 0, event->why.n != 0,
                                      event->has_certificate, event->request.n != 0 };
    const char *fault;

    if (event->type <= CX_EVENT_UNSET || (size_t)event->type >= CX_COUNT(event_rules)) {
        return "an event of a type that is not known";
    }
    if (!is_line_or_none(event->by) || !is_line_or_none(event->why)) {
        return "a text that is not one line";
    }
    fault = fault_of_event_members(event->type, has);
    return fault != NULL ? fault : fault_of_issued(event);
}

/* ---- answers */

static bool
in_chain(const struct cx_answer *a, cx_span name)
{
    bool found = cx_span_equal(name, a->name);

    for (size_t i = 0; i < a->n_aliases && !found; i++) {
        found = cx_span_equal(name, a->aliases[i]);
    }
    return found;
}

/* The chain of aliases comes back to a name; with any outcome but loop that is no evidence of anything. */
static bool
returns(const struct cx_answer *a)
{
    struct cx_answer before = *a;

    for (size_t i = 0; i < a->n_aliases; i++) {
        before.n_aliases = i;
        if (in_chain(&before, a->aliases[i])) {
            return true;
        }
    }
    return false;
}

/* I2 of answer_object.h. */
static const char *
fault_of_content(const struct cx_answer *a)
{
    bool records = a->outcome == CX_OUTCOME_RECORDS;

    if (a->type == CX_TYPE_DNAME) {
        bool one = a->n_aliases == (records ? 1u : 0u);

        return a->n_records == 0 && (one || cx_outcome_is_failure(a->outcome))
                   ? NULL
                   : "an answer about DNAME without its target, or with more";
    }
    if (records != (a->n_records != 0)) {
        return "records without their outcome, or the outcome without records";
    }
    if (records && a->records_at.n != 0 && !in_chain(a, a->records_at)) {
        return "records of a name that was not asked for"; /* R-TREE-15 */
    }
    return a->outcome != CX_OUTCOME_LOOP && returns(a) ? "aliases that return to a name" : NULL;
}

static bool
are_messages(const struct cx_proof_message *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!cx_is_moment(list[i]->time) || list[i]->name.n == 0 ||
            list[i]->dnssec > CX_DNSSEC_BOGUS) {
            return false;
        }
    }
    return true;
}

/* Control names count (R-FAIL-8): the same one twice is one. */
static bool
has_control_twice(const struct cx_answer *a)
{
    for (size_t i = 0; i < a->n_control; i++) {
        for (size_t k = 0; k < i; k++) {
            if (cx_span_equal(a->control[i]->name, a->control[k]->name)) {
                return true;
            }
        }
    }
    return false;
}

static bool
are_records(const struct cx_answer *a)
{
    for (size_t i = 0; i < a->n_records; i++) {
        const struct cx_caa *caa = &a->records[i];

        if (caa->tag.n == 0 || caa->tag.n > UINT8_MAX || caa->value.n > CX_MESSAGE_MAX) {
            return false; /* R-SYN-6 */
        }
    }
    return true;
}

static bool
is_too_much(const struct cx_answer *a)
{
    return a->n_aliases > CX_VISITED_MAX || a->n_records > CX_MESSAGE_MAX ||
           a->n_proof > CX_PROOF_MAX || a->n_control > CX_CONTROL_NAMES_MAX ||
           a->n_exchanges > CX_EXCHANGES_MAX;
}

const char *
cx_answer_object_fault(const struct cx_answer *a)
{
    if (a->name.n == 0 || (a->type != CX_TYPE_CAA && a->type != CX_TYPE_DNAME)) {
        return "neither of CAA nor of DNAME";
    }
    if (is_too_much(a) || !are_records(a)) {
        return "too much in it, or a record that is none";
    }
    if ((a->malformed != CX_MALFORMED_UNSET && a->outcome != CX_OUTCOME_MALFORMED) ||
        a->dnssec > CX_DNSSEC_BOGUS || a->malformed > CX_MALFORMED_OWNER) {
        return "a kind of fault that does not go with the outcome";
    }
    if (!is_moment_or_none(a->time) || !are_messages(a->proof, a->n_proof) ||
        !are_messages(a->control, a->n_control)) {
        return "messages that it cannot rest on, or no moment";
    }
    if (has_control_twice(a)) {
        return "a control name that is there twice";
    }
    return a->cut.n != 0 && a->cut_at.n == 0 ? "a cut nowhere" : fault_of_content(a);
}

/* ---- contexts */

static bool
are_own(const struct cx_own *own, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_moment_or_none(own[i].from) || own[i].name.n == 0 ||
            !(own[i].until == CX_TIME_MAX || cx_is_moment(own[i].until))) {
            return false;
        }
    }
    return true;
}

/* What docs/json.md has no way to say. */
static const char *
fault_of_policy(const struct cx_policy *p)
{
    const cx_time from[] = { p->accounturi_from, p->validationmethods_from };

    for (size_t i = 0; i < CX_COUNT(from); i++) {
        if (!is_moment_or_none(from[i]) && from[i] != CX_TIME_MAX) {
            return "a parameter honoured from no moment";
        }
    }
    if (p->ca_tbr_from != CX_TIME_MAX && !cx_is_moment(p->ca_tbr_from)) {
        return "labels defined from no moment";
    }
    return p->n_negative_trust_anchors <= CX_FACTS_MAX ? NULL : "too many negative trust anchors";
}

const char *
cx_context_fault(const struct cx_context *context)
{
    if (context->order <= CX_ORDER_UNSET || context->order > CX_ORDER_PARALLEL ||
        context->messages <= CX_MESSAGES_UNSET || context->messages > CX_MESSAGES_DIGEST) {
        return "an order, or a choice of messages, that is not known";
    }
    if (context->n_anchors > CX_ANCHORS_MAX || context->n_own > CX_ISSUERS_MAX ||
        !are_own(context->own, context->n_own)) {
        return "too much in it, or an entry of OWN without name or with no moment";
    }
    if (context->policy != NULL) {
        return fault_of_policy(context->policy);
    }
    return is_members(context->policy_octets) ? NULL : "a policy that has no members";
}

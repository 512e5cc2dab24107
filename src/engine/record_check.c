#include "engine/record_check.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* ---- names */

/* What was said of a mailbox is said of no host, not below onion either. */
static enum cx_record_name_kind
host_kind(const struct cx_request_name *name)
{
    if (name->c->purpose == CX_PURPOSE_SMIME) {
        return CX_RECORD_NAME_MAILBOX;
    }
    if (name->subject.kind == CX_SUBJECT_ONION) {
        return name->subject.wildcard ? CX_RECORD_NAME_ONION_WILDCARD : CX_RECORD_NAME_ONION;
    }
    return name->subject.wildcard ? CX_RECORD_NAME_WILDCARD : CX_RECORD_NAME_DNS;
}

static enum cx_record_name_kind
kind_of(const struct cx_request_name *name)
{
    switch (name->subject.kind) {
    case CX_SUBJECT_IP:
        return CX_RECORD_NAME_IP;
    case CX_SUBJECT_ONION:
    case CX_SUBJECT_DNS:
        return host_kind(name);
    case CX_SUBJECT_UNSET:
        break;
    }
    return CX_RECORD_NAME_UNSET;
}

/* An address in its one form (RFC 5952). */
static cx_status
address_text(cx_str given, struct cx_arena *arena, cx_str *ret)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[16];
    cx_str copy;

    CX_TRY(cx_arena_text(arena, given, &copy)); /* NUL after it */
    for (size_t i = 0; i < 2; i++) {
        int family = i == 0 ? AF_INET : AF_INET6;

        if (inet_pton(family, copy.p, address) == 1 &&
            inet_ntop(family, address, text, sizeof(text)) != NULL) {
            return cx_arena_text(arena, cx_str_of(text), ret);
        }
    }
    return (cx_status){ CX_E_INTERNAL };
}

static cx_status
name_text(const struct cx_request_name *name, struct cx_arena *arena, cx_str *ret)
{
    char text[CX_NAME_TEXT_MAX];

    if (name->subject.kind == CX_SUBJECT_IP) {
        return address_text(name->given, arena, ret);
    }
    cx_name_text(name->subject.name, text);
    return cx_arena_text(arena, cx_str_of(text), ret);
}

static bool
texts_equal(const cx_str *a, size_t n_a, const cx_str *b, size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; a != b && i < n_a; i++) {
        if (!cx_str_equal(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

/* The place of a name's accounts and methods, of which there is one for all names as a rule. */
static size_t
validation_of(const struct cx_subject *subject, struct cx_record_validation *all, size_t *n)
{
    size_t i = 0;

    if (subject->n_accounts == 0 && subject->n_methods == 0) {
        return CX_RECORD_NONE;
    }
    while (
        i < *n &&
        (!texts_equal(all[i].accounts, all[i].n_accounts, subject->accounts, subject->n_accounts) ||
         !texts_equal(all[i].methods, all[i].n_methods, subject->methods, subject->n_methods))) {
        i++;
    }
    if (i == *n) {
        all[(*n)++] = (struct cx_record_validation){ subject->accounts, subject->n_accounts,
                                                     subject->methods, subject->n_methods };
    }
    return i;
}

static cx_status
take_names(const struct cx_check *check, struct cx_arena *arena, struct cx_record *record)
{
    size_t n = check->request.n_names;
    struct cx_record_name *names = cx_arena_get(arena, n, sizeof(*names));
    struct cx_record_validation *validations = cx_arena_get(arena, n, sizeof(*validations));

    if (names == NULL || validations == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        const struct cx_request_name *name = &check->request.names[i];

        names[i].kind = kind_of(name);
        names[i].validation = validation_of(&name->subject, validations, &record->n_validations);
        CX_TRY(name_text(name, arena, &names[i].text));
    }
    record->names = names;
    record->n_names = n;
    record->validations = validations;
    return CX_SUCCESS;
}

/* ---- findings */

/* Where an answer is in the check's list. */
struct place {
    const struct cx_answer *answer;
    size_t at;
};

static int
compare_places(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct place *)a)->answer;
    uintptr_t right = (uintptr_t)((const struct place *)b)->answer;

    return (left > right) - (left < right);
}

struct places {
    struct place *v;
    size_t n;
};

static cx_status
sort_places(const struct cx_check *check, struct cx_arena *arena, struct places *ret)
{
    ret->n = check->answers.n;
    ret->v = cx_arena_get(arena, ret->n + 1, sizeof(*ret->v));
    if (ret->v == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < ret->n; i++) {
        ret->v[i] = (struct place){ check->answers.v[i], i };
    }
    qsort(ret->v, ret->n, sizeof(*ret->v), compare_places);
    return CX_SUCCESS;
}

/* The onion service's own set (R-ID-3) is no answer: it has no place. */
static size_t
place_of(const struct places *places, const struct cx_answer *answer)
{
    struct place key = { answer, 0 };
    const struct place *found =
        places->n == 0 ? NULL : bsearch(&key, places->v, places->n, sizeof(key), compare_places);

    return found == NULL ? CX_RECORD_NONE : found->at;
}

static cx_status
take_rules(const struct cx_rules *rules, struct cx_arena *arena, const cx_str **ret, size_t *ret_n)
{
    cx_str ids[CX_RULE_COUNT], *copy;
    size_t n = 0;

    for (enum cx_rule rule = (enum cx_rule)0; cx_rules_next(rules, &rule);
         rule = (enum cx_rule)(rule + 1)) {
        ids[n++] = cx_str_of(cx_rule_id(rule));
    }
    copy = cx_arena_get(arena, n + 1, sizeof(*copy));
    if (copy == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(copy, ids, n * sizeof(*copy));
    *ret = copy;
    *ret_n = n;
    return CX_SUCCESS;
}

static cx_status
take_notes(const struct cx_finding *f, struct cx_arena *arena, struct cx_record_finding *to)
{
    struct cx_record_note *notes;
    struct cx_record_reading *readings;

    if (f->notes.n == 0 && f->n_readings == 0) {
        return CX_SUCCESS;
    }
    notes = cx_arena_get(arena, f->notes.n + 1, sizeof(*notes));
    readings = cx_arena_get(arena, f->n_readings + 1, sizeof(*readings));
    if (notes == NULL || readings == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < f->notes.n; i++) {
        notes[i] = (struct cx_record_note){ cx_str_of(cx_note_word(f->notes.v[i].code)),
                                            f->notes.v[i].detail };
    }
    for (size_t i = 0; i < f->n_readings; i++) {
        readings[i] =
            (struct cx_record_reading){ f->readings[i].verdict, cx_str_of(f->readings[i].reading) };
    }
    to->notes = notes;
    to->n_notes = f->notes.n;
    to->readings = readings;
    to->n_readings = f->n_readings;
    return CX_SUCCESS;
}

static cx_status
take_seen(const struct cx_finding *f, const struct places *places, struct cx_arena *arena,
          struct cx_record_finding *to)
{
    size_t *seen;

    to->saw_all = f->n_seen == places->n;
    for (size_t i = 0; i < f->n_seen && to->saw_all; i++) {
        to->saw_all = place_of(places, f->seen[i]) == i;
    }
    if (to->saw_all) {
        return CX_SUCCESS;
    }
    seen = cx_arena_get(arena, f->n_seen + 1, sizeof(*seen));
    if (seen == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < f->n_seen; i++) {
        seen[i] = place_of(places, f->seen[i]);
        if (seen[i] == CX_RECORD_NONE) {
            return (cx_status){ CX_E_INTERNAL };
        }
    }
    to->seen = seen;
    to->n_seen = f->n_seen;
    return CX_SUCCESS;
}

static cx_status
take_finding(const struct cx_finding *f, const struct places *places, struct cx_arena *arena,
             struct cx_record_finding *to)
{
    *to = (struct cx_record_finding){
        .verdict = f->verdict,
        .reason = cx_str_of(cx_reason_word(f->reason)),
        .valid_until = f->valid_until,
        .found = f->set == NULL ? CX_RECORD_NONE : place_of(places, f->set),
    };
    CX_TRY(take_rules(&f->rules, arena, &to->rules, &to->n_rules));
    CX_TRY(take_notes(f, arena, to));
    return take_seen(f, places, arena, to);
}

static cx_status
take_findings(const struct cx_check *check, struct cx_arena *arena, struct cx_record *record)
{
    struct cx_record_finding *findings =
        cx_arena_get(arena, check->request.n_names, sizeof(*findings));
    struct places places;

    if (findings == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(sort_places(check, arena, &places));
    for (size_t i = 0; i < check->request.n_names; i++) {
        CX_TRY(take_finding(&check->findings[i], &places, arena, &findings[i]));
    }
    record->findings = findings;
    return CX_SUCCESS;
}

/* ---- the whole */

static cx_status
take_conclusion(const struct cx_check *check, struct cx_arena *arena, struct cx_record *record)
{
    const struct cx_conclusion *k = &check->conclusion;

    record->conclusion = (struct cx_record_conclusion){
        .verdict = k->verdict,
        .reason = cx_str_of(cx_reason_word(k->reason)),
        .valid_until = k->valid_until,
        .hypothetical = k->hypothetical,
        .expires = CX_TIME_NONE,
    };
    return take_rules(&k->rules, arena, &record->conclusion.rules, &record->conclusion.n_rules);
}

cx_status
cx_own_hash_of_check(const struct cx_check *check, struct cx_arena *arena, struct cx_hash *ret)
{
    const struct cx_case *c = &check->request.cases[0];
    cx_str *names = cx_arena_get(arena, c->n_own + 1, sizeof(*names));

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < c->n_own; i++) {
        names[i] = c->own[i].name;
    }
    return cx_own_hash(names, c->n_own, ret);
}

cx_status
cx_record_of_check(const struct cx_check *check, struct cx_arena *arena, struct cx_record *record)
{
    const struct cx_request *q = &check->request;

    record->date = q->cases[0].date;
    record->n_cases = q->n_cases;
    for (size_t i = 0; i < q->n_cases; i++) {
        record->cases[i] = (struct cx_record_case){ q->cases[i].purpose, q->cases[i].epoch->profile,
                                                    cx_str_of(q->cases[i].epoch->id) };
    }
    record->request = q->id;
    record->has_deadline = q->facts.has_deadline && q->facts.deadline >= 0;
    record->deadline_ms = record->has_deadline ? (uint64_t)q->facts.deadline * 1000 : 0;
    record->facts = q->facts_octets;
    CX_TRY(take_names(check, arena, record));
    CX_TRY(take_findings(check, arena, record));
    return take_conclusion(check, arena, record);
}

/* ---- names to find it by */

static cx_status
key_name(const struct cx_record_name *name, struct cx_arena *arena, cx_str *ret)
{
    char *text;

    if (name->kind != CX_RECORD_NAME_WILDCARD && name->kind != CX_RECORD_NAME_ONION_WILDCARD) {
        *ret = name->text;
        return CX_SUCCESS;
    }
    text = cx_arena_get(arena, name->text.n + 2, 1);
    if (text == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(text, "*.", 2);
    memcpy(text + 2, name->text.p, name->text.n);
    *ret = (cx_str){ text, name->text.n + 2 };
    return CX_SUCCESS;
}

static int
compare_texts(const void *a, const void *b)
{
    const cx_str *left = a, *right = b;

    if (left->n != right->n) {
        return left->n < right->n ? -1 : 1;
    }
    return left->n == 0 ? 0 : memcmp(left->p, right->p, left->n);
}

cx_status
cx_record_key_names(const struct cx_record *record, struct cx_arena *arena, const cx_str **ret,
                    size_t *ret_n)
{
    cx_str *names = cx_arena_get(arena, record->n_names, sizeof(*names));
    size_t n = 0;

    if (names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < record->n_names; i++) {
        CX_TRY(key_name(&record->names[i], arena, &names[i]));
    }
    qsort(names, record->n_names, sizeof(*names), compare_texts);
    for (size_t i = 0; i < record->n_names; i++) {
        if (n == 0 || !cx_str_equal(names[n - 1], names[i])) {
            names[n++] = names[i];
        }
    }
    *ret = names;
    *ret_n = n;
    return CX_SUCCESS;
}

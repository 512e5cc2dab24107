#include "engine/recall.h"

#include "base/alloc.h"
#include "base/cbor_json.h"
#include "domain/suffix.h"
#include "engine/corroboration.h"
#include "engine/facts.h"
#include "engine/policy.h"
#include "evidence/answer_object.h"
#include "evidence/context.h"
#include "evidence/corroboration.h"
#include "pki/digest.h"

#define BUCKETS ((size_t)1 << 14)

/* An object that was read, as what it is. */
struct known {
    struct cx_hash digest;
    struct known *next;
    struct cx_answer answer;
    struct cx_context context;
    struct cx_policy policy;
    struct cx_perspectives perspectives;
};

struct cx_recaller {
    struct cx_objects objects;
    struct cx_arena arena; /* of everything known */
    struct known **buckets;
};

struct cx_recaller *
cx_recaller_new(const struct cx_objects *objects)
{
    struct cx_recaller *r = cx_alloc(1, sizeof(*r));

    if (r == NULL) {
        return NULL;
    }
    r->objects = *objects;
    cx_arena_init(&r->arena, 2 * CX_RECALL_BYTES);
    r->buckets = cx_alloc(BUCKETS, sizeof(struct known *));
    if (r->buckets == NULL) {
        cx_recaller_free(r);
        return NULL;
    }
    return r;
}

void
cx_recaller_free(struct cx_recaller *r)
{
    if (r != NULL) {
        cx_arena_done(&r->arena);
        cx_free(r->buckets);
        cx_free(r);
    }
}

void
cx_recaller_forget(struct cx_recaller *r)
{
    memset(r->buckets, 0, BUCKETS * sizeof(struct known *));
    cx_arena_reset(&r->arena);
}

/* A digest is as good as random. */
static struct known **
bucket_of(const struct cx_recaller *r, const struct cx_hash *digest)
{
    uint64_t word;

    memcpy(&word, digest->b, sizeof(word));
    return &r->buckets[word % BUCKETS];
}

static struct known *
find(const struct cx_recaller *r, const struct cx_hash *digest)
{
    struct known *known = *bucket_of(r, digest);

    while (known != NULL && !cx_hash_equal(&known->digest, digest)) {
        known = known->next;
    }
    return known;
}

/* I1 */
static cx_status
read_octets(struct cx_recaller *r, const struct cx_hash *digest, const char *what, cx_span *ret,
            struct cx_detail *detail)
{
    char text[CX_HASH_TEXT];
    struct cx_hash found_digest;
    bool found = false;

    CX_TRY(r->objects.get(r->objects.ctx, digest, &r->arena, ret, &found, detail));
    cx_hash_text(digest, text);
    if (!found) {
        return cx_fail(detail, CX_E_STORE, "%s %s is not there", what, text);
    }
    CX_TRY(cx_sha256(*ret, found_digest.b));
    return cx_hash_equal(&found_digest, digest)
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE, "%s %s is not what its digest says", what, text);
}

static cx_status
add(struct cx_recaller *r, const struct cx_hash *digest, struct known **ret)
{
    struct known *known = cx_arena_get(&r->arena, 1, sizeof(*known));

    if (known == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    known->digest = *digest;
    *ret = known;
    return CX_SUCCESS;
}

static void
remember(struct cx_recaller *r, struct known *known)
{
    struct known **bucket = bucket_of(r, &known->digest);

    known->next = *bucket;
    *bucket = known;
}

static cx_status
answer_of(struct cx_recaller *r, const struct cx_hash *digest, const struct cx_answer **ret,
          struct cx_detail *detail)
{
    struct known *known = find(r, digest);
    struct cx_answer_object object;
    cx_span octets;

    if (known == NULL) {
        CX_TRY(read_octets(r, digest, "answer", &octets, detail));
        CX_TRY(add(r, digest, &known));
        CX_TRY(cx_answer_object_decode(octets, &r->arena, &object, detail));
        known->answer = object.answer;
        remember(r, known);
    }
    *ret = &known->answer;
    return CX_SUCCESS;
}

/* The policy as it was, with the OWN names that were in force. */
static cx_status
read_policy(struct cx_recaller *r, struct known *known, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;

    CX_TRY(cx_cbor_to_json(known->context.policy_octets, &json));
    CX_TRY(cx_policy_from_json(json, &r->arena, &known->policy, detail));
    known->policy.own = known->context.own;
    known->policy.n_own = known->context.n_own;
    return CX_SUCCESS;
}

static cx_status
context_of(struct cx_recaller *r, const struct cx_hash *digest, const struct known **ret,
           struct cx_detail *detail)
{
    struct known *known = find(r, digest);
    cx_span octets;

    if (known == NULL) {
        CX_TRY(read_octets(r, digest, "context", &octets, detail));
        CX_TRY(add(r, digest, &known));
        CX_TRY(cx_context_decode(octets, &r->arena, &known->context, detail));
        CX_TRY(read_policy(r, known, detail));
        if (known->context.perspectives.n != 0) {
            CX_TRY(cx_perspectives_decode(known->context.perspectives, &r->arena,
                                          &known->perspectives, detail));
        }
        remember(r, known);
    }
    *ret = known;
    return CX_SUCCESS;
}

/* ---- the request */

static cx_status
recall_facts(const struct cx_record *record, struct cx_check *check, struct cx_detail *detail)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *json = NULL;

    check->request.facts_octets = record->facts;
    if (record->facts.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_cbor_to_json(record->facts, &json));
    return cx_facts_from_json(json, &check->arena, &check->request.facts, detail);
}

static cx_status
recall_cases(const struct cx_record *record, const struct known *context, struct cx_check *check,
             struct cx_detail *detail)
{
    struct cx_request *q = &check->request;

    q->policy = context->policy;
    q->n_cases = record->n_cases;
    for (size_t i = 0; i < record->n_cases; i++) {
        const struct cx_epoch *epoch = cx_epoch_at(record->cases[i].profile, record->date);

        if (epoch == NULL) {
            return cx_fail(detail, CX_E_RECORD, "record: no rules of its date are known");
        }
        q->cases[i] = (struct cx_case){
            .purpose = record->cases[i].purpose,
            .epoch = epoch,
            .date = record->date,
            .order = context->context.order,
            .policy = &q->policy,
            .facts = &q->facts,
            .own = context->context.own,
            .n_own = context->context.n_own,
        };
    }
    return CX_SUCCESS;
}

static cx_status
recall_corroboration(struct cx_recaller *r, const struct cx_record *record,
                     const struct known *context, struct cx_check *check, struct cx_detail *detail)
{
    struct cx_request *q = &check->request;
    cx_span octets;

    q->has_perspectives = context->context.perspectives.n != 0;
    q->perspectives = context->perspectives;
    q->perspectives_octets = context->context.perspectives;
    if (record->corroboration.kind == CX_CORROBORATION_NONE) {
        return CX_SUCCESS;
    }
    CX_TRY(read_octets(r, &record->corroboration.object, "corroboration", &octets, detail));
    return cx_supplied_decode(octets, &check->arena, &q->supplied, detail);
}

static enum cx_subject_kind
subject_kind(enum cx_record_name_kind kind)
{
    switch (kind) {
    case CX_RECORD_NAME_DNS:
    case CX_RECORD_NAME_WILDCARD:
    case CX_RECORD_NAME_MAILBOX:
        return CX_SUBJECT_DNS;
    case CX_RECORD_NAME_ONION:
    case CX_RECORD_NAME_ONION_WILDCARD:
        return CX_SUBJECT_ONION;
    case CX_RECORD_NAME_IP:
        return CX_SUBJECT_IP;
    case CX_RECORD_NAME_UNSET:
        break;
    }
    return CX_SUBJECT_UNSET;
}

static cx_status
recall_name(const struct cx_record *record, const struct cx_record_name *from,
            struct cx_check *check, struct cx_request_name *to, struct cx_detail *detail)
{
    struct cx_request *q = &check->request;
    struct cx_subject *subject = &to->subject;
    struct cx_name name;

    to->given = from->text;
    to->c = &q->cases[from->kind == CX_RECORD_NAME_MAILBOX ? q->n_cases - 1 : 0];
    subject->kind = subject_kind(from->kind);
    subject->wildcard =
        from->kind == CX_RECORD_NAME_WILDCARD || from->kind == CX_RECORD_NAME_ONION_WILDCARD;
    subject->suffix_labels = 1;
    if (from->validation != CX_RECORD_NONE) {
        const struct cx_record_validation *validation = &record->validations[from->validation];

        subject->accounts = validation->accounts;
        subject->n_accounts = validation->n_accounts;
        subject->methods = validation->methods;
        subject->n_methods = validation->n_methods;
    }
    if (subject->kind == CX_SUBJECT_IP) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_name_from_text(from->text, &name, detail));
    if (from->kind == CX_RECORD_NAME_MAILBOX && cx_name_is_onion(cx_name_span(&name))) {
        subject->kind = CX_SUBJECT_ONION;
    }
    CX_TRY(cx_arena_copy(&check->arena, cx_name_span(&name), &subject->name));
    if (to->c->epoch->profile == CX_PROFILE_PROPOSAL_2016) { /* the only rules that look at it */
        subject->suffix_labels = cx_public_suffix_labels(subject->name);
    }
    return CX_SUCCESS;
}

/* "*." in front again, for who reads it. */
static cx_status
mark_wildcard(struct cx_request_name *name, struct cx_arena *arena)
{
    char *text;

    if (!name->subject.wildcard) {
        return CX_SUCCESS;
    }
    text = cx_arena_get(arena, name->given.n + 2, 1);
    if (text == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(text, "*.", 2);
    memcpy(text + 2, name->given.p, name->given.n);
    name->given = (cx_str){ text, name->given.n + 2 };
    return CX_SUCCESS;
}

static cx_status
recall_names(const struct cx_record *record, struct cx_check *check, struct cx_detail *detail)
{
    struct cx_request *q = &check->request;

    q->n_names = record->n_names;
    q->names = cx_arena_get(&check->arena, q->n_names, sizeof(*q->names));
    check->findings = cx_arena_get(&check->arena, q->n_names, sizeof(*check->findings));
    if (q->names == NULL || check->findings == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < q->n_names; i++) {
        CX_TRY(recall_name(record, &record->names[i], check, &q->names[i], detail));
        CX_TRY(mark_wildcard(&q->names[i], &check->arena));
    }
    return CX_SUCCESS;
}

static cx_status
recall_answers(struct cx_recaller *r, const struct cx_record *record, struct cx_check *check,
               struct cx_detail *detail)
{
    for (size_t i = 0; i < record->n_answers; i++) {
        const struct cx_answer *answer;

        CX_TRY(answer_of(r, &record->answers[i], &answer, detail));
        CX_TRY(cx_answers_add(&check->answers, &check->arena, answer));
        if (check->answers.n != i + 1) { /* places would shift */
            return cx_fail(detail, CX_E_RECORD, "record: two answers to one question");
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_recall_context(struct cx_recaller *r, const struct cx_record *record,
                  const struct cx_context **ret, struct cx_detail *detail)
{
    const struct known *known;

    CX_TRY(context_of(r, &record->context, &known, detail));
    *ret = &known->context;
    return CX_SUCCESS;
}

/* docs/formats/record.md, "Contexts". */
static enum cx_origin
origin_of(cx_str resolver)
{
    static const struct {
        cx_str text;
        enum cx_origin origin;
    } known[] = {
        { CX_STR_INIT("none: zone files"), CX_ORIGIN_ZONE },
        { CX_STR_INIT("none: recorded answers"), CX_ORIGIN_RECORDED },
        { CX_STR_INIT("none: answers given with the request"), CX_ORIGIN_REQUEST },
    };
    const cx_str none = CX_STR("none: ");

    if (resolver.n < none.n || memcmp(resolver.p, none.p, none.n) != 0) {
        return CX_ORIGIN_DNS;
    }
    for (size_t i = 0; i < CX_COUNT(known); i++) {
        if (cx_str_equal(resolver, known[i].text)) {
            return known[i].origin;
        }
    }
    return CX_ORIGIN_UNSET;
}

cx_status
cx_recall(struct cx_recaller *r, const struct cx_record *record, struct cx_check *check,
          struct cx_detail *detail)
{
    const struct known *context;

    if (r->arena.used > CX_RECALL_BYTES) {
        cx_recaller_forget(r);
    }
    check->request = (struct cx_request){ .id = record->request, .has_id = record->request.n != 0 };
    check->answers = (struct cx_answers){ .v = NULL };
    check->conclusion = (struct cx_conclusion){ .verdict = CX_VERDICT_UNSET };
    check->status = CX_SUCCESS;
    CX_TRY(context_of(r, &record->context, &context, detail));
    check->origin = origin_of(context->context.resolver);
    CX_TRY(recall_facts(record, check, detail));
    CX_TRY(recall_cases(record, context, check, detail));
    CX_TRY(recall_corroboration(r, record, context, check, detail));
    CX_TRY(recall_names(record, check, detail));
    return recall_answers(r, record, check, detail);
}

/* ---- findings as recorded */

static void
recall_rules(const cx_str *ids, size_t n, struct cx_rules *ret)
{
    for (size_t i = 0; i < n; i++) {
        enum cx_rule rule = cx_rule_of_id(ids[i]);

        if (rule != CX_RULE_COUNT) {
            cx_rules_add(ret, rule);
        }
    }
}

static cx_status
recall_readings(const struct cx_record_finding *from, struct cx_arena *arena, struct cx_finding *to)
{
    for (size_t i = 0; i < from->n_readings && i < CX_READINGS_MAX; i++) {
        cx_str text;

        CX_TRY(cx_arena_text(arena, from->readings[i].reading, &text)); /* NUL after it */
        to->readings[to->n_readings++] = (struct cx_reading){ from->readings[i].verdict, text.p };
    }
    return CX_SUCCESS;
}

static cx_status
recall_finding(const struct cx_record_finding *from, const struct cx_answers *answers,
               struct cx_arena *arena, struct cx_finding *to)
{
    to->verdict = from->verdict;
    to->reason = cx_reason_of_word(from->reason);
    to->valid_until = from->valid_until;
    to->newest = CX_TIME_NONE;
    to->set = from->found == CX_RECORD_NONE ? NULL : answers->v[from->found];
    recall_rules(from->rules, from->n_rules, &to->rules);
    for (size_t i = 0; i < from->n_notes; i++) {
        enum cx_note_code code = cx_note_of_word(from->notes[i].code);

        if (code != CX_NOTE_UNSET) {
            cx_notes_add(&to->notes, code, from->notes[i].detail);
        }
    }
    to->n_seen = from->saw_all ? answers->n : from->n_seen;
    to->n_seen = to->n_seen < CX_CLIMB_MAX ? to->n_seen : CX_CLIMB_MAX;
    for (size_t i = 0; i < to->n_seen; i++) {
        to->seen[i] = answers->v[from->saw_all ? i : from->seen[i]];
    }
    return recall_readings(from, arena, to);
}

/* What is shown of single perspectives is worked out again; the numbers are those of the record. */
static cx_status
recall_numbers(const struct cx_record *record, struct cx_check *check)
{
    const char *lacks = cx_corroboration_lacks(record);

    CX_TRY(cx_check_corroborate(check));
    check->corroboration.is = record->corroboration;
    if (check->corroboration.lacks == NULL) {
        check->corroboration.lacks = lacks;
    }
    return CX_SUCCESS;
}

cx_status
cx_recall_findings(const struct cx_record *record, struct cx_check *check)
{
    const struct cx_record_conclusion *k = &record->conclusion;

    for (size_t i = 0; i < record->n_names; i++) {
        CX_TRY(recall_finding(&record->findings[i], &check->answers, &check->arena,
                              &check->findings[i]));
    }
    check->conclusion = (struct cx_conclusion){
        .verdict = k->verdict,
        .reason = cx_reason_of_word(k->reason),
        .valid_until = k->valid_until,
        .hypothetical = k->hypothetical,
    };
    recall_rules(k->rules, k->n_rules, &check->conclusion.rules);
    return recall_numbers(record, check);
}

/* ---- judging again */

/* I2: a question that the answers lack gets a failure, and the judge is asked again; each round adds one at least. */
static cx_status
judge_name(struct cx_check *check, const struct cx_request_name *name, struct cx_finding *finding)
{
    for (size_t round = 0; round < 2 * CX_CLIMB_MAX; round++) {
        cx_judge(name->c, &name->subject, &check->answers, finding);
        if (finding->verdict != CX_VERDICT_UNSET) {
            return CX_SUCCESS;
        }
        for (size_t i = 0; i < finding->n_need; i++) {
            struct cx_answer *missing = cx_arena_get(&check->arena, 1, sizeof(*missing));

            if (missing == NULL) {
                return (cx_status){ CX_E_NOMEM };
            }
            *missing = (struct cx_answer){
                .type = finding->need[i].type,
                .outcome = CX_OUTCOME_ERROR,
                .time = CX_TIME_NONE,
                .why = CX_STR("not among the recorded answers"),
            };
            CX_TRY(cx_arena_copy(&check->arena, finding->need[i].name, &missing->name));
            missing->records_at = missing->name;
            CX_TRY(cx_answers_add(&check->answers, &check->arena, missing));
        }
    }
    return (cx_status){ CX_E_INTERNAL };
}

cx_status
cx_judge_recalled(struct cx_check *check)
{
    for (size_t i = 0; i < check->request.n_names; i++) {
        CX_TRY(judge_name(check, &check->request.names[i], &check->findings[i]));
    }
    cx_check_conclude(check);
    return cx_check_corroborate(check);
}

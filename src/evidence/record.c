#include "evidence/record.h"

#include "base/alloc.h"
#include "evidence/fault.h"
#include "evidence/part.h"
#include "pki/digest.h"

#include <stdlib.h>

/* Keys of docs/formats/record.cddl. */
enum check_key {
    CHECK_VERSION = 0,
    CHECK_TIME = 1,
    CHECK_AUTHORITY = 2,
    CHECK_OWN = 3,
    CHECK_CONTEXT = 4,
    CHECK_DATE = 5,
    CHECK_CASES = 6,
    CHECK_NAMES = 7,
    CHECK_ANSWERS = 8,
    CHECK_FINDINGS = 9,
    CHECK_CONCLUSION = 10,
    CHECK_REQUEST = 11,
    CHECK_DEADLINE = 12,
    CHECK_VALIDATIONS = 13,
    CHECK_FACTS = 14,
    CHECK_CORROBORATION = 15,
    CHECK_KEYS
};

/* What a caller had to do with it. A reader that does not know them passes them over. */
enum check_caller {
    CALLER_BODY = -1,
    CALLER_NAME = -2,
    CALLER_VERDICT = -3,
    CALLER_SHADOW = -4,
};

enum finding_key {
    FINDING_VERDICT = 0,
    FINDING_REASON = 1,
    FINDING_RULES = 2,
    FINDING_UNTIL = 3,
    FINDING_FOUND = 4,
    FINDING_NOTES = 5,
    FINDING_READINGS = 6,
    FINDING_SEEN = 7,
    FINDING_KEYS
};

enum conclusion_key {
    CONCLUSION_VERDICT = 0,
    CONCLUSION_REASON = 1,
    CONCLUSION_RULES = 2,
    CONCLUSION_UNTIL = 3,
    CONCLUSION_HYPOTHETICAL = 4,
    CONCLUSION_EXPIRES = 5,
    CONCLUSION_KEYS
};

enum corroboration_key {
    CORROBORATION_KIND = 0,
    CORROBORATION_OBJECT = 1,
    CORROBORATION_USED = 2,
    CORROBORATION_AGREED = 3,
    CORROBORATION_REGIONS = 4,
    CORROBORATION_KEYS
};

static const uint32_t check_needed = 1u << CHECK_VERSION | 1u << CHECK_TIME | 1u << CHECK_OWN |
                                     1u << CHECK_CONTEXT | 1u << CHECK_DATE | 1u << CHECK_CASES |
                                     1u << CHECK_NAMES | 1u << CHECK_ANSWERS |
                                     1u << CHECK_FINDINGS | 1u << CHECK_CONCLUSION;
static const uint32_t finding_needed =
    1u << FINDING_VERDICT | 1u << FINDING_REASON | 1u << FINDING_RULES;
static const uint32_t conclusion_needed = 1u << CONCLUSION_VERDICT | 1u << CONCLUSION_RULES;
static const uint32_t corroboration_needed = (1u << CORROBORATION_KEYS) - 1;

static const char *const corroboration_words[] = {
    [CX_CORROBORATION_NONE] = "",
    [CX_CORROBORATION_EXTERNAL] = "external",
    [CX_CORROBORATION_OWN] = "own",
    NULL,
};

/* From bad to good; 0 is no verdict. */
static const uint8_t verdict_numbers[] = {
    [CX_VERDICT_UNSET] = 0,    [CX_VERDICT_DENY] = 1,      [CX_VERDICT_FAIL] = 2,
    [CX_VERDICT_ARGUABLE] = 3, [CX_VERDICT_PERMIT_LF] = 4, [CX_VERDICT_PERMIT] = 5,
    [CX_VERDICT_EXEMPT] = 6,   [CX_VERDICT_NA] = 7,
};

/* UNSET is no verdict: the reader fails. */
static enum cx_verdict
get_verdict(struct cx_parts *in)
{
    uint64_t number = cx_cbor_uint(&in->r);

    for (size_t i = 1; i < CX_COUNT(verdict_numbers); i++) {
        if (number == verdict_numbers[i]) {
            return (enum cx_verdict)i;
        }
    }
    in->r.failed = true;
    return CX_VERDICT_UNSET;
}

static void
put_verdict(struct cx_buf *buf, enum cx_verdict verdict)
{
    cx_cbor_put_uint(buf, verdict_numbers[verdict]);
}

/* ---- cases: their numbers are those of the program's lists */

_Static_assert(CX_PURPOSE_TLS == 1 && CX_PURPOSE_SMIME == 2 && CX_PURPOSE_VMC == 3, "as written");
_Static_assert(CX_PROFILE_TLS_BR == 1 && CX_PROFILE_SMIME_BR == 2 && CX_PROFILE_VMC == 3 &&
                   CX_PROFILE_PRIVATE == 4 && CX_PROFILE_PROPOSAL_2016 == 5,
               "as written");

static void
put_cases(struct cx_buf *buf, const struct cx_record *record)
{
    cx_cbor_put_array(buf, record->n_cases);
    for (size_t i = 0; i < record->n_cases; i++) {
        const struct cx_record_case *c = &record->cases[i];

        cx_cbor_put_array(buf, 3);
        cx_cbor_put_uint(buf, (uint64_t)c->purpose);
        cx_cbor_put_uint(buf, (uint64_t)c->profile);
        cx_cbor_put_text(buf, c->epoch);
    }
}

static cx_status
get_cases(struct cx_parts *in, struct cx_record *record)
{
    record->n_cases = cx_cbor_array(&in->r, CX_COUNT(record->cases));
    for (size_t i = 0; i < record->n_cases; i++) {
        struct cx_record_case *c = &record->cases[i];

        if (cx_cbor_array(&in->r, 3) != 3) {
            return cx_parts_refuse(in, "a case has three members");
        }
        c->purpose = (enum cx_purpose)cx_cbor_number(&in->r, CX_PURPOSE_VMC);
        c->profile = (enum cx_profile)cx_cbor_number(&in->r, CX_PROFILE_PROPOSAL_2016);
        c->epoch = cx_cbor_text(&in->r);
    }
    return CX_SUCCESS;
}

/* ---- names and validations */

static void
put_names(struct cx_buf *buf, const struct cx_record *record)
{
    cx_cbor_put_array(buf, record->n_names);
    for (size_t i = 0; i < record->n_names; i++) {
        const struct cx_record_name *name = &record->names[i];

        cx_cbor_put_array(buf, name->validation == CX_RECORD_NONE ? 2 : 3);
        cx_cbor_put_uint(buf, (uint64_t)name->kind);
        cx_cbor_put_text(buf, name->text);
        if (name->validation != CX_RECORD_NONE) {
            cx_cbor_put_uint(buf, name->validation);
        }
    }
}

static cx_status
get_name(struct cx_parts *in, struct cx_record_name *name)
{
    size_t n = cx_cbor_array(&in->r, 3);

    if (n < 2) {
        return cx_parts_refuse(in, "a name has two or three members");
    }
    name->kind = (enum cx_record_name_kind)cx_cbor_number(&in->r, CX_RECORD_NAME_MAILBOX);
    name->text = cx_cbor_text(&in->r);
    name->validation = CX_RECORD_NONE;
    if (n == 3) {
        name->validation = (size_t)cx_cbor_number(&in->r, CX_NAMES_MAX - 1);
    }
    return CX_SUCCESS;
}

static cx_status
get_names(struct cx_parts *in, struct cx_record *record)
{
    struct cx_record_name *names;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_NAMES_MAX, sizeof(*names), &v, &record->n_names));
    names = v;
    for (size_t i = 0; i < record->n_names; i++) {
        CX_TRY(get_name(in, &names[i]));
    }
    record->names = names;
    return CX_SUCCESS;
}

static void
put_validations(struct cx_buf *buf, const struct cx_record *record)
{
    cx_cbor_put_array(buf, record->n_validations);
    for (size_t i = 0; i < record->n_validations; i++) {
        const struct cx_record_validation *validation = &record->validations[i];

        cx_cbor_put_array(buf, 2);
        cx_parts_put_texts(buf, validation->accounts, validation->n_accounts);
        cx_parts_put_texts(buf, validation->methods, validation->n_methods);
    }
}

static cx_status
get_validations(struct cx_parts *in, struct cx_record *record)
{
    struct cx_record_validation *validations;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_NAMES_MAX, sizeof(*validations), &v, &record->n_validations));
    validations = v;
    for (size_t i = 0; i < record->n_validations; i++) {
        struct cx_record_validation *one = &validations[i];

        if (cx_cbor_array(&in->r, 2) != 2) {
            return cx_parts_refuse(in, "a validation has two members");
        }
        CX_TRY(cx_parts_texts(in, CX_ACCOUNTS_MAX, &one->accounts, &one->n_accounts));
        CX_TRY(cx_parts_texts(in, CX_ACCOUNTS_MAX, &one->methods, &one->n_methods));
    }
    record->validations = validations;
    return CX_SUCCESS;
}

/* ---- answers */

static void
put_answers(struct cx_buf *buf, const struct cx_record *record)
{
    cx_cbor_put_array(buf, record->n_answers);
    for (size_t i = 0; i < record->n_answers; i++) {
        cx_parts_put_hash(buf, &record->answers[i]);
    }
}

static cx_status
get_answers(struct cx_parts *in, struct cx_record *record)
{
    struct cx_hash *answers;
    void *v;

    CX_TRY(cx_parts_array(in, 0, CX_RECORD_ANSWERS_MAX, sizeof(*answers), &v, &record->n_answers));
    answers = v;
    for (size_t i = 0; i < record->n_answers; i++) {
        cx_parts_hash(in, &answers[i]);
    }
    record->answers = answers;
    return CX_SUCCESS;
}

/* ---- findings */

static void
put_notes(struct cx_buf *buf, const struct cx_record_finding *f)
{
    cx_cbor_put_array(buf, f->n_notes);
    for (size_t i = 0; i < f->n_notes; i++) {
        bool bare = f->notes[i].detail.n == 0;

        cx_cbor_put_array(buf, bare ? 1 : 2);
        cx_cbor_put_text(buf, f->notes[i].code);
        if (!bare) {
            cx_cbor_put_bytes(buf, f->notes[i].detail);
        }
    }
}

static cx_status
get_notes(struct cx_parts *in, struct cx_record_finding *f)
{
    struct cx_record_note *notes;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_NOTES_MAX, sizeof(*notes), &v, &f->n_notes));
    notes = v;
    for (size_t i = 0; i < f->n_notes; i++) {
        size_t n = cx_cbor_array(&in->r, 2);

        notes[i].code = cx_cbor_text(&in->r);
        notes[i].detail = n == 2 ? cx_cbor_bytes(&in->r) : (cx_span){ NULL, 0 };
        if (n == 0 || (n == 2) != (notes[i].detail.n != 0)) {
            return cx_parts_refuse(in, "a note cannot be read");
        }
    }
    f->notes = notes;
    return CX_SUCCESS;
}

static void
put_readings(struct cx_buf *buf, const struct cx_record_finding *f)
{
    cx_cbor_put_array(buf, f->n_readings);
    for (size_t i = 0; i < f->n_readings; i++) {
        cx_cbor_put_array(buf, 2);
        put_verdict(buf, f->readings[i].verdict);
        cx_cbor_put_text(buf, f->readings[i].reading);
    }
}

static cx_status
get_readings(struct cx_parts *in, struct cx_record_finding *f)
{
    struct cx_record_reading *readings;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_READINGS_MAX, sizeof(*readings), &v, &f->n_readings));
    readings = v;
    for (size_t i = 0; i < f->n_readings; i++) {
        if (cx_cbor_array(&in->r, 2) != 2) {
            return cx_parts_refuse(in, "a reading has two members");
        }
        readings[i].verdict = get_verdict(in);
        readings[i].reading = cx_cbor_text(&in->r);
    }
    f->readings = readings;
    return CX_SUCCESS;
}

static void
put_seen(struct cx_buf *buf, const struct cx_record_finding *f)
{
    cx_cbor_put_array(buf, f->n_seen);
    for (size_t i = 0; i < f->n_seen; i++) {
        cx_cbor_put_uint(buf, f->seen[i]);
    }
}

static cx_status
get_seen(struct cx_parts *in, struct cx_record_finding *f)
{
    size_t *seen;
    void *v;

    CX_TRY(cx_parts_array(in, 0, CX_CLIMB_MAX, sizeof(*seen), &v, &f->n_seen));
    seen = v;
    for (size_t i = 0; i < f->n_seen; i++) {
        seen[i] = (size_t)cx_cbor_number(&in->r, CX_RECORD_ANSWERS_MAX - 1);
    }
    f->seen = seen;
    f->saw_all = false;
    return CX_SUCCESS;
}

static void
put_finding(struct cx_buf *buf, const struct cx_record_finding *f)
{
    cx_cbor_put_map(buf, 3 + (size_t)(f->valid_until != CX_TIME_NONE) +
                             (size_t)(f->found != CX_RECORD_NONE) + (size_t)(f->n_notes != 0) +
                             (size_t)(f->n_readings != 0) + (size_t)!f->saw_all);
    cx_cbor_put_uint(buf, FINDING_VERDICT);
    put_verdict(buf, f->verdict);
    cx_cbor_put_uint(buf, FINDING_REASON);
    cx_cbor_put_text(buf, f->reason);
    cx_cbor_put_uint(buf, FINDING_RULES);
    cx_parts_put_texts(buf, f->rules, f->n_rules);
    if (f->valid_until != CX_TIME_NONE) {
        cx_cbor_put_uint(buf, FINDING_UNTIL);
        cx_cbor_put_int(buf, f->valid_until);
    }
    if (f->found != CX_RECORD_NONE) {
        cx_cbor_put_uint(buf, FINDING_FOUND);
        cx_cbor_put_uint(buf, f->found);
    }
    if (f->n_notes != 0) {
        cx_cbor_put_uint(buf, FINDING_NOTES);
        put_notes(buf, f);
    }
    if (f->n_readings != 0) {
        cx_cbor_put_uint(buf, FINDING_READINGS);
        put_readings(buf, f);
    }
    if (!f->saw_all) {
        cx_cbor_put_uint(buf, FINDING_SEEN);
        put_seen(buf, f);
    }
}

static cx_status
get_finding_member(struct cx_parts *in, int64_t key, struct cx_record_finding *f)
{
    switch (key) {
    case FINDING_VERDICT:
        f->verdict = get_verdict(in);
        return CX_SUCCESS;
    case FINDING_REASON:
        f->reason = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case FINDING_RULES:
        return cx_parts_texts(in, CX_RECORD_RULES_MAX, &f->rules, &f->n_rules);
    case FINDING_UNTIL:
        f->valid_until = cx_parts_moment(in);
        return CX_SUCCESS;
    case FINDING_FOUND:
        f->found = (size_t)cx_cbor_number(&in->r, CX_RECORD_ANSWERS_MAX - 1);
        return CX_SUCCESS;
    case FINDING_NOTES:
        return get_notes(in, f);
    case FINDING_READINGS:
        return get_readings(in, f);
    case FINDING_SEEN:
        return get_seen(in, f);
    default:
        return cx_parts_refuse(in, "a finding has a critical member that is not known");
    }
}

static cx_status
get_finding(struct cx_parts *in, struct cx_record_finding *f)
{
    struct cx_cbor_map map = cx_cbor_map(&in->r);
    uint32_t seen = 0;

    f->valid_until = CX_TIME_NONE;
    f->found = CX_RECORD_NONE;
    f->saw_all = true;
    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_finding_member(in, map.key, f));
        seen |= 1u << map.key;
    }
    return cx_parts_complete(in, seen, finding_needed, "a finding");
}

static cx_status
get_findings(struct cx_parts *in, struct cx_record *record)
{
    struct cx_record_finding *findings;
    size_t n;
    void *v;

    CX_TRY(cx_parts_array(in, 1, CX_NAMES_MAX, sizeof(*findings), &v, &n));
    if (n != record->n_names) { /* keys are in order: the names were read before */
        return cx_parts_refuse(in, "not one finding for each name");
    }
    findings = v;
    for (size_t i = 0; i < n; i++) {
        CX_TRY(get_finding(in, &findings[i]));
    }
    record->findings = findings;
    return CX_SUCCESS;
}

/* ---- conclusion */

/* The first finding's reason is not said again. */
static bool
has_own_reason(const struct cx_record *record)
{
    return !cx_str_equal(record->conclusion.reason, record->findings[0].reason);
}

static void
put_conclusion(struct cx_buf *buf, const struct cx_record *record)
{
    const struct cx_record_conclusion *k = &record->conclusion;
    const bool own_reason = has_own_reason(record);

    cx_cbor_put_map(buf, 2 + (size_t)own_reason + (size_t)(k->valid_until != CX_TIME_NONE) +
                             (size_t)k->hypothetical + (size_t)(k->expires != CX_TIME_NONE));
    cx_cbor_put_uint(buf, CONCLUSION_VERDICT);
    put_verdict(buf, k->verdict);
    if (own_reason) {
        cx_cbor_put_uint(buf, CONCLUSION_REASON);
        cx_cbor_put_text(buf, k->reason);
    }
    cx_cbor_put_uint(buf, CONCLUSION_RULES);
    cx_parts_put_texts(buf, k->rules, k->n_rules);
    if (k->valid_until != CX_TIME_NONE) {
        cx_cbor_put_uint(buf, CONCLUSION_UNTIL);
        cx_cbor_put_int(buf, k->valid_until);
    }
    if (k->hypothetical) {
        cx_cbor_put_uint(buf, CONCLUSION_HYPOTHETICAL);
        cx_cbor_put_bool(buf, true);
    }
    if (k->expires != CX_TIME_NONE) {
        cx_cbor_put_uint(buf, CONCLUSION_EXPIRES);
        cx_cbor_put_int(buf, k->expires);
    }
}

static cx_status
get_conclusion_member(struct cx_parts *in, int64_t key, struct cx_record_conclusion *k)
{
    switch (key) {
    case CONCLUSION_VERDICT:
        k->verdict = get_verdict(in);
        return CX_SUCCESS;
    case CONCLUSION_REASON:
        k->reason = cx_cbor_text(&in->r);
        return CX_SUCCESS;
    case CONCLUSION_RULES:
        return cx_parts_texts(in, CX_RECORD_RULES_MAX, &k->rules, &k->n_rules);
    case CONCLUSION_UNTIL:
        k->valid_until = cx_parts_moment(in);
        return CX_SUCCESS;
    case CONCLUSION_HYPOTHETICAL:
        k->hypothetical = cx_cbor_bool(&in->r);
        return k->hypothetical ? CX_SUCCESS : cx_parts_refuse(in, "hypothetical is true or absent");
    case CONCLUSION_EXPIRES:
        k->expires = cx_parts_moment(in);
        return CX_SUCCESS;
    default:
        return cx_parts_refuse(in, "the conclusion has a critical member that is not known");
    }
}

static cx_status
get_conclusion(struct cx_parts *in, struct cx_record *record)
{
    struct cx_record_conclusion *k = &record->conclusion;
    struct cx_cbor_map map = cx_cbor_map(&in->r);
    uint32_t seen = 0;

    if (record->findings == NULL) { /* keys are in order: they were read before */
        return cx_parts_refuse(in, "a conclusion without findings");
    }
    k->valid_until = k->expires = CX_TIME_NONE;
    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_conclusion_member(in, map.key, k));
        seen |= 1u << map.key;
    }
    CX_TRY(cx_parts_complete(in, seen, conclusion_needed, "the conclusion"));
    if ((seen & 1u << CONCLUSION_REASON) == 0) {
        k->reason = record->findings[0].reason;
        return CX_SUCCESS;
    }
    return has_own_reason(record)
               ? CX_SUCCESS
               : cx_parts_refuse(in, "the conclusion says the first finding's reason again");
}

/* ---- corroboration */

static void
put_corroboration(struct cx_buf *buf, const struct cx_corroboration *c)
{
    cx_cbor_put_map(buf, CORROBORATION_KEYS);
    cx_cbor_put_uint(buf, CORROBORATION_KIND);
    cx_parts_put_word(buf, corroboration_words[c->kind]);
    cx_cbor_put_uint(buf, CORROBORATION_OBJECT);
    cx_parts_put_hash(buf, &c->object);
    cx_cbor_put_uint(buf, CORROBORATION_USED);
    cx_cbor_put_uint(buf, c->n_used);
    cx_cbor_put_uint(buf, CORROBORATION_AGREED);
    cx_cbor_put_uint(buf, c->n_agreed);
    cx_cbor_put_uint(buf, CORROBORATION_REGIONS);
    cx_parts_put_texts(buf, c->regions, c->n_regions);
}

static enum cx_corroboration_kind
corroboration_kind(cx_str word)
{
    for (size_t i = CX_CORROBORATION_EXTERNAL; corroboration_words[i] != NULL; i++) {
        if (cx_str_equal(word, cx_str_of(corroboration_words[i]))) {
            return (enum cx_corroboration_kind)i;
        }
    }
    return CX_CORROBORATION_NONE;
}

static cx_status
get_corroboration_member(struct cx_parts *in, int64_t key, struct cx_corroboration *c)
{
    switch (key) {
    case CORROBORATION_KIND:
        c->kind = corroboration_kind(cx_cbor_text(&in->r));
        return c->kind != CX_CORROBORATION_NONE
                   ? CX_SUCCESS
                   : cx_parts_refuse(in, "an unknown kind of corroboration");
    case CORROBORATION_OBJECT:
        cx_parts_hash(in, &c->object);
        return CX_SUCCESS;
    case CORROBORATION_USED:
        c->n_used = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    case CORROBORATION_AGREED:
        c->n_agreed = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    case CORROBORATION_REGIONS:
        return cx_parts_texts(in, CX_REGIONS_MAX, &c->regions, &c->n_regions);
    default:
        return cx_parts_refuse(in, "the corroboration has a critical member that is not known");
    }
}

static cx_status
get_corroboration(struct cx_parts *in, struct cx_corroboration *c)
{
    struct cx_cbor_map map = cx_cbor_map(&in->r);
    uint32_t seen = 0;

    while (cx_cbor_map_next(&map)) {
        CX_TRY(get_corroboration_member(in, map.key, c));
        seen |= 1u << map.key;
    }
    return cx_parts_complete(in, seen, corroboration_needed, "the corroboration");
}

/* ---- the whole */

static void
put_needed(struct cx_buf *buf, const struct cx_record *record)
{
    cx_cbor_put_uint(buf, CHECK_VERSION);
    cx_cbor_put_uint(buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(buf, CHECK_TIME);
    cx_cbor_put_uint(buf, record->time_ms);
    if (record->has_authority) {
        cx_cbor_put_uint(buf, CHECK_AUTHORITY);
        cx_parts_put_hash(buf, &record->authority);
    }
    cx_cbor_put_uint(buf, CHECK_OWN);
    cx_parts_put_hash(buf, &record->own);
    cx_cbor_put_uint(buf, CHECK_CONTEXT);
    cx_parts_put_hash(buf, &record->context);
    cx_cbor_put_uint(buf, CHECK_DATE);
    cx_cbor_put_int(buf, record->date);
    cx_cbor_put_uint(buf, CHECK_CASES);
    put_cases(buf, record);
    cx_cbor_put_uint(buf, CHECK_NAMES);
    put_names(buf, record);
    cx_cbor_put_uint(buf, CHECK_ANSWERS);
    put_answers(buf, record);
    cx_cbor_put_uint(buf, CHECK_FINDINGS);
    cx_cbor_put_array(buf, record->n_names);
    for (size_t i = 0; i < record->n_names; i++) {
        put_finding(buf, &record->findings[i]);
    }
    cx_cbor_put_uint(buf, CHECK_CONCLUSION);
    put_conclusion(buf, record);
}

static void
put_optional(struct cx_buf *buf, const struct cx_record *record)
{
    if (record->request.n != 0) {
        cx_cbor_put_uint(buf, CHECK_REQUEST);
        cx_cbor_put_text(buf, record->request);
    }
    if (record->has_deadline) {
        cx_cbor_put_uint(buf, CHECK_DEADLINE);
        cx_cbor_put_uint(buf, record->deadline_ms);
    }
    if (record->n_validations != 0) {
        cx_cbor_put_uint(buf, CHECK_VALIDATIONS);
        put_validations(buf, record);
    }
    if (record->facts.n != 0) {
        cx_cbor_put_uint(buf, CHECK_FACTS);
        cx_buf_put(buf, cx_str_of_span(record->facts));
    }
    if (record->corroboration.kind != CX_CORROBORATION_NONE) {
        cx_cbor_put_uint(buf, CHECK_CORROBORATION);
        put_corroboration(buf, &record->corroboration);
    }
}

static void
put_caller(struct cx_buf *buf, const struct cx_record *record)
{
    if (record->has_body) {
        cx_cbor_put_int(buf, CALLER_BODY);
        cx_parts_put_hash(buf, &record->body);
    }
    if (record->caller.n != 0) {
        cx_cbor_put_int(buf, CALLER_NAME);
        cx_cbor_put_text(buf, record->caller);
    }
    if (record->own_verdict != CX_VERDICT_UNSET) {
        cx_cbor_put_int(buf, CALLER_VERDICT);
        put_verdict(buf, record->own_verdict);
    }
    if (record->is_shadow) {
        cx_cbor_put_int(buf, CALLER_SHADOW);
        cx_cbor_put_bool(buf, true);
    }
}

static size_t
count_caller(const struct cx_record *record)
{
    return (size_t)record->has_body + (size_t)(record->caller.n != 0) +
           (size_t)(record->own_verdict != CX_VERDICT_UNSET) + (size_t)record->is_shadow;
}

cx_status
cx_record_encode(const struct cx_record *record, struct cx_buf *buf)
{
    size_t members = 10 + (size_t)record->has_authority + (size_t)(record->request.n != 0) +
                     (size_t)record->has_deadline + (size_t)(record->n_validations != 0) +
                     (size_t)(record->facts.n != 0) +
                     (size_t)(record->corroboration.kind != CX_CORROBORATION_NONE) +
                     count_caller(record);
    size_t begin = buf->n;

    if (!cx_parts_is_drawn(record->salt) || cx_record_fault(record) != NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    cx_buf_put(buf, (cx_str){ (const char *)record->salt, CX_RECORD_SALT });
    cx_cbor_put_map(buf, members);
    put_needed(buf, record);
    put_optional(buf, record);
    put_caller(buf, record);
    return cx_parts_written(buf, begin);
}

static cx_status
get_array_member(struct cx_parts *in, int64_t key, struct cx_record *record)
{
    switch (key) {
    case CHECK_CASES:
        return get_cases(in, record);
    case CHECK_NAMES:
        return get_names(in, record);
    case CHECK_ANSWERS:
        return get_answers(in, record);
    case CHECK_FINDINGS:
        return get_findings(in, record);
    case CHECK_CONCLUSION:
        return get_conclusion(in, record);
    case CHECK_VALIDATIONS:
        return get_validations(in, record);
    case CHECK_FACTS:
        record->facts = cx_cbor_members(&in->r);
        return CX_SUCCESS;
    case CHECK_CORROBORATION:
        return get_corroboration(in, &record->corroboration);
    default:
        return cx_parts_refuse(in, "a critical member that is not known");
    }
}

static cx_status
get_member(struct cx_parts *in, int64_t key, struct cx_record *record)
{
    switch (key) {
    case CHECK_VERSION:
        return cx_parts_version(in);
    case CHECK_TIME:
        record->time_ms = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    case CHECK_AUTHORITY:
        record->has_authority = true;
        cx_parts_hash(in, &record->authority);
        return CX_SUCCESS;
    case CHECK_OWN:
        cx_parts_hash(in, &record->own);
        return CX_SUCCESS;
    case CHECK_CONTEXT:
        cx_parts_hash(in, &record->context);
        return CX_SUCCESS;
    case CHECK_DATE:
        record->date = cx_parts_moment(in);
        return CX_SUCCESS;
    case CHECK_REQUEST:
        record->request = cx_cbor_text(&in->r);
        return record->request.n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "an empty request id");
    case CHECK_DEADLINE:
        record->has_deadline = true;
        record->deadline_ms = cx_cbor_uint(&in->r);
        return CX_SUCCESS;
    default:
        return get_array_member(in, key, record);
    }
}

/* Negative keys: those that are not known say nothing here. */
static cx_status
get_caller(struct cx_parts *in, int64_t key, struct cx_record *record)
{
    switch (key) {
    case CALLER_BODY:
        record->has_body = true;
        cx_parts_hash(in, &record->body);
        return CX_SUCCESS;
    case CALLER_NAME:
        record->caller = cx_cbor_text(&in->r);
        return record->caller.n != 0 ? CX_SUCCESS : cx_parts_refuse(in, "an empty caller");
    case CALLER_VERDICT:
        record->own_verdict = get_verdict(in);
        return CX_SUCCESS;
    case CALLER_SHADOW:
        record->is_shadow = cx_cbor_bool(&in->r);
        return record->is_shadow ? CX_SUCCESS : cx_parts_refuse(in, "a shadow that is none");
    default:
        (void)cx_cbor_any(&in->r);
        return CX_SUCCESS;
    }
}

cx_status
cx_record_decode(cx_span octets, struct cx_arena *arena, struct cx_record *ret,
                 struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), arena, detail, "record" };
    struct cx_record record = { .time_ms = 0 };
    struct cx_cbor_map map;
    const char *fault;
    uint32_t seen = 0;

    CX_TRY(cx_parts_salt(&in, record.salt));
    map = cx_cbor_map(&in.r);
    while (cx_cbor_map_next_any(&map)) {
        if (map.key < 0) {
            CX_TRY(get_caller(&in, map.key, &record));
            continue;
        }
        CX_TRY(get_member(&in, map.key, &record));
        seen |= 1u << map.key;
    }
    CX_TRY(cx_parts_complete(&in, seen, check_needed, "a check"));
    if (cx_rd_left(&in.r) != 0) {
        return cx_parts_refuse(&in, "octets after its end");
    }
    fault = cx_record_fault(&record);
    if (fault != NULL) {
        return cx_parts_refuse(&in, fault);
    }
    *ret = record;
    return CX_SUCCESS;
}

/* ---- OWN */

static int
compare_texts(const void *a, const void *b)
{
    const cx_str *left = a, *right = b;
    size_t n = left->n < right->n ? left->n : right->n;
    int order = n == 0 ? 0 : memcmp(left->p, right->p, n);

    return order != 0 ? order : (left->n > right->n) - (left->n < right->n);
}

/* Appends the name in lower case. */
static cx_status
put_lower(struct cx_buf *buf, cx_str name)
{
    char *to;

    if (name.n == 0 || memchr(name.p, '\n', name.n) != NULL) {
        return (cx_status){ CX_E_POLICY };
    }
    to = cx_buf_reserve(buf, name.n);
    if (to == NULL) {
        return cx_buf_status(buf);
    }
    for (size_t i = 0; i < name.n; i++) {
        to[i] = (char)cx_ascii_lower((uint8_t)name.p[i]);
    }
    cx_buf_grown(buf, name.n);
    return CX_SUCCESS;
}

/* Sorted as they are in lower case. */
static cx_status
lower_and_sort(const cx_str *names, size_t n, struct cx_buf *buf, cx_str *sorted)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        CX_TRY(put_lower(buf, names[i]));
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = (cx_str){ buf->p + at, names[i].n };
        at += names[i].n;
    }
    qsort(sorted, n, sizeof(*sorted), compare_texts);
    return CX_SUCCESS;
}

static cx_status
hash_own(const cx_str *names, size_t n, struct cx_buf *buf, struct cx_buf *lines, cx_str *sorted,
         struct cx_hash *ret)
{
    CX_TRY(lower_and_sort(names, n, buf, sorted));
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !cx_str_equal(sorted[i], sorted[i - 1])) {
            cx_buf_put(lines, sorted[i]);
            cx_buf_putc(lines, '\n');
        }
    }
    CX_TRY(cx_buf_status(lines));
    return cx_sha256(cx_span_of_str(cx_buf_str(lines)), ret->b);
}

cx_status
cx_own_hash(const cx_str *names, size_t n, struct cx_hash *ret)
{
    cx_str *sorted = cx_alloc(n + 1, sizeof(*sorted));
    struct cx_buf buf, lines;
    cx_status s = { CX_E_NOMEM };

    cx_buf_init(&buf, CX_RECORD_MAX);
    cx_buf_init(&lines, CX_RECORD_MAX);
    if (sorted != NULL) {
        s = hash_own(names, n, &buf, &lines, sorted, ret);
    }
    cx_buf_done(&buf);
    cx_buf_done(&lines);
    cx_free(sorted);
    return s;
}

#include "incident/triage.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "domain/subject.h"

#include <endian.h>
#include <stdlib.h>

const char *cx_triage_class_word(enum cx_triage_class class)
{
    static const char *const words[CX_TRIAGE_CLASSES] = { "PROVEN", "PROVEN-DENY", "UNUSED-PERMIT",
                                                          "NO-EVIDENCE", "TAINTED" };

    return words[class];
}

const char *
cx_process_word(enum cx_process process)
{
    static const char *const words[CX_PROCESSES] = { "unknown", "consulted", "not-consulted" };

    return words[process];
}

const char *
cx_certificate_status_word(enum cx_certificate_status status)
{
    static const char *const words[CX_STATUSES] = { "valid", "expired", "revoked" };

    return words[status];
}

const char *
cx_remedy_word(enum cx_remedy remedy)
{
    static const char *const words[CX_REMEDIES] = { "recheck", "archive", "process", "rules" };

    return words[remedy];
}

/* One certificate of a chunk. */
struct item {
    struct cx_triaged triaged;
    struct cx_triaged_name *names;
    struct cx_case c;
    struct cx_own *own;
};

/* A label of a name that is to be looked up. */
struct lookup {
    struct cx_entry_key key;
    struct cx_inquiry *inquiry;
};

struct cx_triage {
    const struct cx_certificates *certificates;
    struct cx_archive *archive;
    const struct cx_triage_options *options;
    struct cx_arena chunk;   /* of all certificates under way */
    struct cx_arena scratch; /* of the one that is judged */
    struct item *items;
    size_t n;
    size_t at; /* the one that comes next */
    const uint64_t *order;
    uint64_t all;
    uint64_t taken; /* into chunks */
    struct lookup *lookups;
    size_t n_lookups;
    size_t room;
};

static const struct cx_facts no_facts;

/* ---- the moment, and what is judged */

static void
set_moment(const struct cx_triage *t, struct cx_triaged *ret)
{
    const struct cx_signing signing =
        cx_signing_of(&ret->certificate, t->options->policy->exceptions.precertificate);

    ret->signed_at = signing.at;
    ret->clock = signing.clock;
    if (signing.by_precertificate) {
        ret->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_PRECERTIFICATE);
    } else if (signing.clock == CX_SIGNING_NOT_BEFORE) {
        ret->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_WEAK_CLOCK);
    } else if (signing.clock == CX_SIGNING_UNKNOWN) {
        ret->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_NO_MOMENT);
    }
}

/* R-DEC-6: names of the CA that were in its CP/CPS at that moment. */
static cx_status
set_case(struct cx_triage *t, struct item *item)
{
    const struct cx_policy *policy = t->options->policy;
    cx_time date = t->options->has_rules_of ? t->options->rules_of : item->triaged.signed_at;
    struct cx_own *own = cx_arena_get(&t->chunk, policy->n_own, sizeof(*own));

    if (own == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    item->c = (struct cx_case){
        .purpose = t->options->purpose,
        .epoch = cx_epoch_at(t->options->profile, date),
        .date = item->triaged.signed_at,
        .order = CX_ORDER_BOTTOM_UP,
        .policy = policy,
        .facts = &no_facts,
        .own = own,
    };
    for (size_t i = 0; i < policy->n_own; i++) {
        if (policy->own[i].from <= item->c.date && item->c.date < policy->own[i].until) {
            own[item->c.n_own++] = policy->own[i];
        }
    }
    return CX_SUCCESS;
}

static cx_status
set_evidence(struct cx_triage *t, struct cx_triaged_name *name, enum cx_name_state state,
             enum cx_evidence_reason reason)
{
    name->evidence = cx_arena_get(&t->chunk, 1, sizeof(*name->evidence));
    if (name->evidence == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    name->evidence->state = state;
    name->evidence->reasons = CX_EVIDENCE_BIT(reason);
    name->evidence->checked = name->evidence->window_ends = CX_TIME_NONE;
    return CX_SUCCESS;
}

static cx_status
new_inquiry(struct cx_triage *t, const struct item *item, struct cx_triaged_name *name)
{
    const struct cx_issued *issued = &item->triaged.certificate.issued;
    struct cx_inquiry *inquiry = cx_arena_get(&t->chunk, 1, sizeof(*inquiry));
    cx_str *said = cx_arena_get(&t->chunk, 2, sizeof(*said));

    if (inquiry == NULL || said == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    inquiry->labels =
        cx_arena_get(&t->chunk, cx_name_labels(name->subject.name), sizeof(*inquiry->labels));
    if (inquiry->labels == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    said[0] = issued->account;
    said[1] = issued->method;
    name->subject.accounts = said;
    name->subject.n_accounts = said[0].n != 0 ? 1 : 0;
    name->subject.methods = said + 1;
    name->subject.n_methods = said[1].n != 0 ? 1 : 0;
    inquiry->subject = name->subject;
    inquiry->signed_at = item->triaged.signed_at;
    inquiry->signed_ms = item->triaged.clock == CX_SIGNING_SCT
                             ? issued->sct_ms
                             : item->triaged.signed_at * 1000 + 999; /* all of that second */
    inquiry->proof = t->options->proof;
    inquiry->validation = item->c.epoch->validation;
    name->inquiry = inquiry;
    return CX_SUCCESS;
}

/* A mailbox in a TLS certificate, or a host in a mail certificate, is of another purpose (R-DEC-5, R-MAIL-2). */
static bool
is_of_purpose(const struct cx_triage *t, cx_str name)
{
    return t->options->purpose == CX_PURPOSE_SMIME || !cx_is_mailbox(name);
}

/* An address is never bound; an onion name was until 2022-04-23 (R-ID-1, R-ID-2): the judge knows. */
static bool
is_bound(const struct item *item, const struct cx_subject *subject)
{
    const struct cx_answers none = { .v = NULL };
    struct cx_finding finding;

    if (subject->kind != CX_SUBJECT_ONION) {
        return subject->kind == CX_SUBJECT_DNS;
    }
    cx_judge(&item->c, subject, &none, &finding);
    return finding.verdict != CX_VERDICT_NA && finding.verdict != CX_VERDICT_EXEMPT;
}

static cx_status
set_name(struct cx_triage *t, struct item *item, size_t i)
{
    struct cx_triaged_name *name = &item->names[i];
    cx_status s;

    name->given = item->triaged.certificate.issued.names[i];
    if (!is_of_purpose(t, name->given)) {
        return set_evidence(t, name, CX_NAME_NOT_BOUND, CX_EVIDENCE_NOT_BOUND);
    }
    s = cx_subject_from_text(name->given, item->c.purpose, &item->c, &t->chunk, &name->subject,
                             NULL);
    if (s.code == CX_E_NOMEM) {
        return s;
    }
    if (!cx_ok(s)) {
        return set_evidence(t, name, CX_NAME_NOT_ALLOWED, CX_EVIDENCE_NOT_ALLOWED);
    }
    if (!is_bound(item, &name->subject)) {
        return set_evidence(t, name, CX_NAME_NOT_BOUND, CX_EVIDENCE_NOT_BOUND);
    }
    return item->triaged.clock == CX_SIGNING_UNKNOWN
               ? set_evidence(t, name, CX_NAME_NO_MOMENT, CX_EVIDENCE_NO_MOMENT)
               : new_inquiry(t, item, name);
}

static cx_status
read_item(struct cx_triage *t, uint64_t position, struct item *item, struct cx_detail *detail)
{
    struct cx_triaged *triaged = &item->triaged;

    *item = (struct item){ .triaged = { .position = position } };
    CX_TRY(cx_certificates_at(t->certificates, position, &t->chunk, &triaged->certificate, detail));
    set_moment(t, triaged);
    CX_TRY(set_case(t, item));
    item->names =
        cx_arena_get(&t->chunk, triaged->certificate.issued.n_names, sizeof(*item->names));
    if (item->names == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    triaged->names = item->names;
    triaged->n_names = triaged->certificate.issued.n_names;
    for (size_t i = 0; i < triaged->n_names; i++) {
        CX_TRY(set_name(t, item, i));
    }
    return CX_SUCCESS;
}

/* ---- looking up */

/* Millions of them are sorted: keys are compared as they are read, by words. */
static int
compare_lookups(const void *a, const void *b)
{
    const struct lookup *x = a;
    const struct lookup *y = b;
    uint64_t high[2];

    memcpy(&high[0], x->key.b, sizeof(high[0]));
    memcpy(&high[1], y->key.b, sizeof(high[1]));
    if (high[0] != high[1]) {
        return be64toh(high[0]) < be64toh(high[1]) ? -1 : 1;
    }
    return memcmp(&x->key, &y->key, sizeof(x->key));
}

static cx_status
add_lookup(struct cx_triage *t, struct cx_inquiry *inquiry)
{
    struct lookup *lookup;
    cx_span label;

    if (!cx_inquiry_need(inquiry, &label)) {
        return CX_SUCCESS;
    }
    if (t->n_lookups == t->room) {
        size_t room = t->room != 0 ? 2 * t->room : 1024;
        struct lookup *v = cx_realloc(t->lookups, room, sizeof(*v));

        if (v == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        t->lookups = v;
        t->room = room;
    }
    lookup = &t->lookups[t->n_lookups++];
    lookup->inquiry = inquiry;
    return cx_entry_key_of(label, &lookup->key);
}

/* Rounds: the names first, then those ancestors that are still needed, each round in the order of the archive. */
static cx_status
look_up(struct cx_triage *t, struct cx_detail *detail)
{
    t->n_lookups = 0;
    if (t->archive == NULL) {
        return CX_SUCCESS; /* nothing is known */
    }
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->items[i].triaged.n_names; k++) {
            if (t->items[i].names[k].inquiry != NULL) {
                CX_TRY(add_lookup(t, t->items[i].names[k].inquiry));
            }
        }
    }
    while (t->n_lookups != 0) {
        size_t n = t->n_lookups;

        qsort(t->lookups, n, sizeof(*t->lookups), compare_lookups);
        for (size_t i = 0; i < n; i++) {
            CX_TRY(cx_inquiry_pick(t->lookups[i].inquiry, t->archive, &t->lookups[i].key, &t->chunk,
                                   detail));
        }
        t->n_lookups = 0;
        for (size_t i = 0; i < n;
             i++) { /* written over from the front, never beyond what was read */
            CX_TRY(add_lookup(t, t->lookups[i].inquiry));
        }
    }
    return CX_SUCCESS;
}

/* ---- a certificate's class */

static enum cx_process
process_of(const struct cx_triage *t, const struct cx_certificate *c)
{
    const struct cx_triage_options *o = t->options;

    if (cx_marks_have(o->not_consulted, c)) {
        return CX_PROCESS_NOT_CONSULTED;
    }
    if (cx_marks_have(o->consulted, c)) {
        return CX_PROCESS_CONSULTED;
    }
    /* One list alone tells of all others that they are not on it. */
    if (o->consulted != NULL && o->not_consulted == NULL) {
        return CX_PROCESS_NOT_CONSULTED;
    }
    return o->not_consulted != NULL && o->consulted == NULL ? CX_PROCESS_CONSULTED
                                                            : CX_PROCESS_UNKNOWN;
}

struct tally {
    size_t permissive;
    size_t denied;
    size_t none;
    size_t bound; /* names that CAA binds */
};

static void
count_names(const struct cx_triaged *triaged, struct tally *ret)
{
    *ret = (struct tally){ 0 };
    for (size_t i = 0; i < triaged->n_names; i++) {
        enum cx_name_state state = triaged->names[i].evidence->state;

        ret->bound += state != CX_NAME_NOT_BOUND ? 1 : 0;
        ret->permissive += state == CX_NAME_PERMISSIVE ? 1 : 0;
        ret->denied += state == CX_NAME_DENIED ? 1 : 0;
        ret->none += state == CX_NAME_NONE ? 1 : 0;
    }
}

/* R-PRF-4, R-PRF-10. A certificate without any name, or without any moment, proves nothing. */
static enum cx_triage_class
class_of(const struct cx_triaged *triaged, const struct tally *tally)
{
    if (tally->denied != 0) {
        return CX_TRIAGE_PROVEN_DENY;
    }
    if (triaged->n_names == 0 || triaged->clock == CX_SIGNING_UNKNOWN ||
        triaged->certificate.issued.names_partial) {
        return CX_TRIAGE_TAINTED;
    }
    if (tally->permissive == tally->bound) {
        return triaged->certificate.issued.names_partial ? CX_TRIAGE_TAINTED
               : triaged->process == CX_PROCESS_NOT_CONSULTED && tally->bound != 0
                   ? CX_TRIAGE_UNUSED_PERMIT
                   : CX_TRIAGE_PROVEN;
    }
    return tally->none == tally->bound ? CX_TRIAGE_NO_EVIDENCE : CX_TRIAGE_TAINTED;
}

/* Of the names that the class rests on: of a denial those that deny. */
static void
join_names(struct cx_triaged *triaged)
{
    for (size_t i = 0; i < triaged->n_names; i++) {
        const struct cx_name_evidence *e = triaged->names[i].evidence;
        bool counts = triaged->class != CX_TRIAGE_PROVEN_DENY || e->state == CX_NAME_DENIED;

        if (counts) {
            triaged->reasons |= e->reasons;
            triaged->grade = e->grade > triaged->grade ? e->grade : triaged->grade;
        }
        if (e->finding.verdict != CX_VERDICT_UNSET) {
            triaged->verdict = triaged->verdict == CX_VERDICT_UNSET
                                   ? e->finding.verdict
                                   : cx_verdict_worse(triaged->verdict, e->finding.verdict);
        }
    }
}

static void
add_reasons(struct cx_triaged *triaged, const struct tally *tally)
{
    if (triaged->class == CX_TRIAGE_TAINTED &&
        (tally->none != 0 || triaged->certificate.issued.names_partial)) {
        triaged->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_SOME_NAMES);
    }
    if (triaged->certificate.issued.names_partial) {
        triaged->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_NAMES_LEFT_OUT);
    }
    if (triaged->class != CX_TRIAGE_PROVEN) {
        triaged->reasons &= ~CX_EVIDENCE_BIT(CX_EVIDENCE_NOT_BOUND);
    }
    if (triaged->class == CX_TRIAGE_TAINTED) {
        triaged->reasons &= ~CX_EVIDENCE_BIT(CX_EVIDENCE_PERMITTED);
    }
    if (triaged->class == CX_TRIAGE_UNUSED_PERMIT) {
        triaged->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_NOT_CONSULTED);
    }
    if (triaged->class == CX_TRIAGE_PROVEN && triaged->process == CX_PROCESS_UNKNOWN &&
        tally->bound != 0) {
        triaged->reasons |= CX_EVIDENCE_BIT(CX_EVIDENCE_PROCESS_UNKNOWN);
    }
}

/* ---- what becomes of it */

static enum cx_certificate_status
status_of(const struct cx_issued *issued, cx_time aware)
{
    if (issued->revoked && (issued->revoked_at == CX_TIME_NONE || issued->revoked_at <= aware)) {
        return CX_STATUS_REVOKED;
    }
    return issued->not_after != CX_TIME_NONE && issued->not_after < aware ? CX_STATUS_EXPIRED
                                                                          : CX_STATUS_VALID;
}

static void
set_duty(const struct cx_triage *t, struct cx_triaged *triaged)
{
    const struct cx_issued *issued = &triaged->certificate.issued;
    struct cx_duty_case c = {
        .profile = t->options->profile,
        .signed_at = triaged->signed_at,
        .not_before = issued->not_before,
        .not_after = issued->not_after,
        .wrong = triaged->class != CX_TRIAGE_PROVEN,
        .unused_permit = triaged->class == CX_TRIAGE_UNUSED_PERMIT,
    };

    triaged->aware = issued->aware != CX_TIME_NONE ? issued->aware : t->options->aware;
    triaged->status = status_of(issued, triaged->aware);
    triaged->short_lived =
        t->options->profile == CX_PROFILE_TLS_BR &&
        cx_is_short_lived(triaged->signed_at, issued->not_before, issued->not_after);
    c.aware = triaged->aware;
    if (triaged->status == CX_STATUS_VALID) {
        triaged->duty = cx_duty_of(&c);
    } else {
        triaged->duty = (struct cx_duty){ .deadline = CX_TIME_NONE };
    }
    triaged->late =
        triaged->duty.deadline != CX_TIME_NONE && triaged->duty.deadline < t->options->now;
}

static void
set_remedies(struct cx_triaged *triaged)
{
    triaged->revoke[CX_REMEDY_RECHECK] = triaged->now == CX_NOW_DENIES;
    triaged->revoke[CX_REMEDY_ARCHIVE] = /* R-P19-3 */
        triaged->class != CX_TRIAGE_PROVEN && triaged->class != CX_TRIAGE_UNUSED_PERMIT;
    triaged->revoke[CX_REMEDY_PROCESS] = true;
    triaged->revoke[CX_REMEDY_RULES] = triaged->duty.kind != CX_DUTY_NONE;
}

static cx_status
judge_item(struct cx_triage *t, struct item *item, struct cx_detail *detail)
{
    struct cx_triaged *triaged = &item->triaged;
    struct tally tally;

    for (size_t i = 0; i < triaged->n_names; i++) {
        struct cx_triaged_name *name = &item->names[i];

        if (name->inquiry == NULL) {
            continue;
        }
        name->evidence = cx_arena_get(&t->scratch, 1, sizeof(*name->evidence));
        if (name->evidence == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
        CX_TRY(cx_inquiry_judge(name->inquiry, &item->c, t->archive, &t->scratch, name->evidence,
                                detail));
    }
    count_names(triaged, &tally);
    triaged->process = process_of(t, &triaged->certificate);
    triaged->class = class_of(triaged, &tally);
    join_names(triaged);
    add_reasons(triaged, &tally);
    triaged->now = cx_recheck_of(t->options->recheck, &triaged->certificate);
    set_duty(t, triaged);
    set_remedies(triaged);
    return CX_SUCCESS;
}

/* ---- chunks */

static cx_status
read_chunk(struct cx_triage *t, struct cx_detail *detail)
{
    size_t names = 0;

    cx_arena_reset(&t->chunk);
    t->n = t->at = 0;
    while (t->n < CX_TRIAGE_CHUNK && t->taken < t->all && names < CX_TRIAGE_CHUNK_NAMES) {
        uint64_t position = t->order != NULL ? t->order[t->taken] : t->taken;

        CX_TRY(read_item(t, position, &t->items[t->n], detail));
        names += t->items[t->n].triaged.n_names;
        t->n++;
        t->taken++;
    }
    return look_up(t, detail);
}

cx_status
cx_triage_open(const struct cx_certificates *certificates, struct cx_archive *archive,
               const struct cx_triage_options *options, const uint64_t *order, uint64_t n,
               struct cx_triage **ret)
{
    struct cx_triage *t = cx_alloc(1, sizeof(*t));

    if (t == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    t->certificates = certificates;
    t->archive = archive;
    t->options = options;
    t->order = order;
    t->all = order != NULL ? n : cx_certificates_size(certificates);
    cx_arena_init(&t->chunk, CX_TRIAGE_MEMORY);
    cx_arena_init(&t->scratch, CX_CHECK_MEMORY);
    t->items = cx_alloc((size_t)(t->all < CX_TRIAGE_CHUNK ? t->all + 1 : CX_TRIAGE_CHUNK),
                        sizeof(*t->items));
    if (t->items == NULL) {
        cx_triage_close(t);
        return (cx_status){ CX_E_NOMEM };
    }
    *ret = t;
    return CX_SUCCESS;
}

void
cx_triage_close(struct cx_triage *t)
{
    if (t != NULL) {
        cx_arena_done(&t->chunk);
        cx_arena_done(&t->scratch);
        cx_free(t->items);
        cx_free(t->lookups);
        cx_free(t);
    }
}

cx_status
cx_triage_next(struct cx_triage *t, const struct cx_triaged **ret, struct cx_detail *detail)
{
    *ret = NULL;
    if (t->at == t->n) {
        if (t->taken == t->all) {
            return CX_SUCCESS;
        }
        CX_TRY(read_chunk(t, detail));
    }
    cx_arena_reset(&t->scratch);
    CX_TRY(judge_item(t, &t->items[t->at], detail));
    *ret = &t->items[t->at++].triaged;
    return CX_SUCCESS;
}

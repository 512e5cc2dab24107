/* Certificates and precertificates that were signed: is each what a permit allowed. Whatever is found, it is an event in the log
 * before anybody hears of it; without a good permit it is an alarm, and never an error that could make it be left out.
 * I1: one certificate, one event: who tells of it again hears the same.
 * I2: a permit is good only where that is shown: what is not known counts against it (R-PRF-1). */
#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "incident/issued_build.h"
#include "incident/reconcile_judge.h"
#include "pki/der.h"
#include "pki/digest.h"
#include "pki/spki.h"
#include "pki/tbs.h"

#include <stdarg.h>
#include <stdio.h>

/* A certificate, and what it is compared with. */
struct issue {
    const struct op_ask *op;
    struct cx_arena *arena;
    cx_span der;
    cx_span issuer; /* DER of its issuer's certificate; n == 0: not given */
    struct cx_issued_build build;
    struct cx_issued_record certificate;
    struct row row; /* of the check */
    struct cx_record record;
    const struct ledger_authority
        *authority;    /* of the record; NULL: none that the caller may use */
    bool is_preceded;  /* its precertificate was issued on a permit that was good */
    bool is_linked;    /* and it was the same one (R-EXC-2) */
    bool is_appending; /* from here on a failure is the log's */
    struct cx_event event;
    struct cx_buf why; /* what is wrong; empty: nothing */
};

/* ---- what is wrong */

static void complain(struct issue *issue, const char *fmt, ...) CX_PRINTF(2, 3);

/* One line of an event. What does not fit is left out: the first of it tells most. */
static void
complain(struct issue *issue, const char *fmt, ...)
{
    char text[CX_RECORD_LINE_MAX];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof(text) && issue->why.n + (size_t)n + 2 <= CX_RECORD_LINE_MAX) {
        cx_buf_puts(&issue->why, issue->why.n != 0 ? "; " : "");
        cx_buf_puts(&issue->why, text);
    }
}

static bool
is_wrong(const struct issue *issue)
{
    return issue->why.n != 0;
}

/* ---- the check */

/* The record, if it is one that the caller may rest on; else what is wrong. */
static cx_status
read_check(struct ledger *ledger, struct issue *issue, struct cx_detail *detail)
{
    const struct cx_log_row *row = &issue->row.got;
    struct cx_entry entry;
    size_t place;

    if (!issue->row.found) {
        complain(issue, "no check has this id");
        return CX_SUCCESS;
    }
    if (row->entry[1] != CX_ENTRY_CHECK || row->record.n == 0) {
        complain(issue, row->record.n == 0 ? "the record of its check was deleted"
                                           : "its check ended without a verdict");
        return CX_SUCCESS;
    }
    CX_TRY(cx_log_record(row, issue->arena, &issue->record, detail));
    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    place = ledger_authority_of(ledger, &issue->record.authority);
    if (!issue->record.has_authority || !ledger_may_use(issue->op->authorities, place)) {
        complain(issue, "its check was made for an authority that this caller may not act for");
        return CX_SUCCESS;
    }
    issue->authority = &ledger->options->authorities[place];
    issue->event.has_authority = issue->event.has_about = true;
    issue->event.authority = issue->record.authority;
    memcpy(issue->event.about.b, entry.digest, CX_HASH_SIZE);
    return CX_SUCCESS;
}

/* ---- who signed it, as far as that can be seen: the key, if the issuer's certificate came with it */

static cx_status
look_at_issuer(struct issue *issue)
{
    struct cx_detail detail = { .text = "" };
    struct cx_hash key;
    bool is_signed = false;
    cx_status s;

    if (issue->issuer.n == 0) {
        return CX_SUCCESS;
    }
    s = cx_spki_digest(issue->issuer, key.b, &detail);
    if (cx_ok(s)) {
        s = cx_spki_signed(issue->issuer, issue->der, &is_signed, &detail);
    }
    if (s.code == CX_E_NOMEM || cx_status_class(s) == CX_CLASS_INTERNAL) {
        return s;
    }
    if (!cx_ok(s)) {
        complain(issue, "the issuer that was given cannot be read");
    } else if (!is_signed) {
        complain(issue, "it was not signed by the issuer that was given");
    } else if (!cx_hash_equal(&key, &issue->record.authority)) {
        complain(issue, "the issuing key is not the one that the check was made for");
    }
    return CX_SUCCESS;
}

/* ---- when it was signed */

/* R-EXC-2: the authority's policy names the exception, which its CPS must have. */
static bool
has_exception(const struct ledger_authority *authority)
{
    const struct cx_json *list =
        cx_json_get(cx_json_get(authority->defaults, "policy"), "exceptions");
    bool found = false;
    cx_str word;

    for (size_t i = 0; i < cx_json_size(list); i++) {
        found |= cx_json_string(cx_json_at(list, i), &word) &&
                 cx_str_equal(word, CX_STR("precertificate"));
    }
    return found;
}

struct moment {
    cx_time at;
    const char *clock;
};

/* It was signed before it was told of, and that is all that is sure. Of a certificate in two logs the SCTs say when its
 * precertificate was; notBefore is believed only where it does not lie before the check, as it does where it is set back. */
static struct moment
moment_of(const struct issue *issue, uint64_t now_ms)
{
    const struct cx_issued *c = &issue->certificate.issued;
    cx_time logged = (cx_time)(issue->record.time_ms / 1000), told = (cx_time)(now_ms / 1000);
    cx_time sct = cx_second_of_ms(c->sct_ms);
    bool is_final = c->kind == CX_ISSUED_FINAL && c->logs != 0;

    if (is_final && issue->is_linked && c->logs >= 2 && has_exception(issue->authority)) {
        return (struct moment){ logged, "its precertificate" };
    }
    if (is_final && sct + CX_PERMIT_SKEW_S < logged && !issue->is_preceded) {
        return (struct moment){ sct, "its SCTs" }; /* signed before, on no permit that is known */
    }
    if (is_final && sct + CX_PERMIT_SKEW_S >= logged && c->logs >= 2 &&
        has_exception(issue->authority)) {
        return (struct moment){ sct, "its SCTs" };
    }
    if (c->logs == 0 && c->not_before != CX_TIME_NONE && c->not_before >= logged &&
        c->not_before < told) {
        return (struct moment){ c->not_before, "notBefore" };
    }
    return (struct moment){ told, "the time at which it was told" };
}

/* ---- the precertificate of a certificate (R-EXC-2) */

/* The same serial number of the same issuing key. */
static cx_status
look_at_precertificate(struct ledger *ledger, struct issue *issue, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 400 };
    struct row row = { .arena = issue->arena };
    struct cx_event earlier;

    if (issue->authority == NULL || issue->certificate.issued.kind != CX_ISSUED_FINAL ||
        issue->event.serial.n == 0) {
        return CX_SUCCESS;
    }
    cx_log_key_precertificate(&issue->event.authority, issue->event.serial, &key);
    CX_TRY(cx_buf_status(&key));
    CX_TRY(ledger_find_key(ledger, cx_buf_str(&key), &row, detail));
    if (row.found) {
        CX_TRY(cx_event_decode(row.got.record, &earlier, detail));
        issue->event.has_precertificate = true;
        issue->event.precertificate = earlier.certificate;
        issue->is_preceded = earlier.why.n == 0 && earlier.has_about;
        issue->is_linked = issue->is_preceded && cx_hash_equal(&earlier.about, &issue->event.about);
    }
    return CX_SUCCESS;
}

/* ---- what became of the permit */

static cx_status
take_fact(void *ctx, const struct cx_log_row *row)
{
    struct permit_facts *facts = ctx;
    struct cx_detail detail;
    struct cx_event event;

    if (row->entry[1] != CX_ENTRY_EVENT || row->record.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_event_decode(row->record, &event, &detail));
    facts->is_late |= event.type == CX_EVENT_LATE;
    facts->is_claimed |= event.type == CX_EVENT_CLAIM;
    return CX_SUCCESS;
}

cx_status
ledger_permit_facts(struct ledger *ledger, const struct cx_hash *record, uint64_t time_ms,
                    struct permit_facts *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 200 };
    const struct recent_fact *spent = recent_find(ledger->spent, cx_span_of_hash(record));
    struct cx_log_reader *reader = NULL;
    cx_status s;

    *ret = (struct permit_facts){ spent != NULL && spent->kind == SPENT_LATE,
                                  spent != NULL && spent->kind == SPENT_CLAIMED };
    if (spent != NULL || time_ms + ledger->horizon_ms > ledger_latest(ledger)) {
        return CX_SUCCESS;
    }
    cx_log_key_about(record, &key);
    CX_TRY(cx_buf_status(&key));
    CX_TRY(cx_log_reader_open(ledger->options->store, &reader, detail));
    s = cx_log_find(reader, cx_buf_str(&key), take_fact, ret, detail);
    cx_log_reader_close(reader);
    return s;
}

/* Its permit is not on disk yet, so nobody can have it. */
static bool
is_pending(const struct ledger *ledger, const struct row *row)
{
    for (size_t i = 0; i < ledger->n_pending; i++) {
        const struct pending *p = &ledger->pending[i];

        if (p->wants_permit && p->recorded.shard == row->got.shard &&
            p->recorded.index == row->got.index) {
            return true;
        }
    }
    return false;
}

/* ---- certificate and permit side by side */

/* By extKeyUsage, which decides what it serves; without any of ours (0) by its names. */
static cx_status
purposes_of(struct issue *issue, unsigned *ret)
{
    struct cx_detail detail;
    struct cx_tbs tbs;
    cx_status s = cx_tbs_read(issue->der, issue->arena, &tbs, &detail);

    *ret = 0;
    if (s.code == CX_E_NOMEM) {
        return s;
    }
    if (!cx_ok(s)) { /* I2: its names alone would say too little */
        complain(issue, "its purposes cannot be read");
        return CX_SUCCESS;
    }
    *ret = (tbs.eku_server_auth ? CX_PURPOSE_BIT(CX_PURPOSE_TLS) : 0) |
           (tbs.eku_email_protection ? CX_PURPOSE_BIT(CX_PURPOSE_SMIME) : 0) |
           (tbs.eku_mark ? CX_PURPOSE_BIT(CX_PURPOSE_VMC) : 0);
    return CX_SUCCESS;
}

static enum cx_profile
profile_of(const struct ledger_authority *authority)
{
    cx_str word;

    return cx_json_string(cx_json_get(authority->defaults, "profile"), &word)
               ? cx_profile_of_word(word)
               : CX_PROFILE_UNSET;
}

static void
complain_reasons(struct issue *issue, const struct cx_assessment *a)
{
    for (unsigned i = 0; i < CX_RECONCILE_REASONS; i++) {
        if ((a->reasons & CX_RECONCILE_BIT(i)) != 0) {
            complain(issue, "%s", cx_reconcile_sentence((enum cx_reconcile_reason)i));
        }
    }
    if (a->names.n_missing != 0) {
        complain(issue, "it has %.*s, which the check has not", (int)a->names.missing[0].n,
                 a->names.missing[0].p);
    }
    if (a->names.n_extra != 0) {
        complain(issue, "the check has %.*s, which it has not", (int)a->names.extra[0].n,
                 a->names.extra[0].p);
    }
    if (a->fault != CX_PERMIT_NO_FAULT) {
        complain(issue, "%s", cx_permit_fault_sentence(a->fault));
    }
}

static void
complain_moment(struct issue *issue, const struct cx_assessment *a, const struct moment *moment)
{
    char text[CX_TIME_TEXT];

    if ((a->reasons & (CX_RECONCILE_BIT(CX_RECONCILE_BEFORE_CHECK) |
                       CX_RECONCILE_BIT(CX_RECONCILE_AFTER_EXPIRY))) != 0) {
        cx_time_format(moment->at, text);
        complain(issue, "it counts as signed at %s, by %s", text, moment->clock);
    }
}

/* As a signer would have it, at the moment of signing. */
static cx_status
compare(struct ledger *ledger, struct issue *issue, uint64_t now_ms, struct cx_detail *detail)
{
    struct cx_reconcile_options options = {
        .has_authority = true,
        .authority = issue->record.authority,
        .profile = profile_of(issue->authority),
        .accept_lf = true, /* the authority's policy gave the permit */
        .accept_exempt = true,
        .life_s = issue->authority->life_s,
        .skew_s = CX_PERMIT_SKEW_S,
        .claims_required = issue->authority->needs_claim,
    };
    struct cx_certificate certificate = { .issued = issue->certificate.issued,
                                          .precertificate_signed_at = CX_TIME_NONE };
    const struct moment moment = moment_of(issue, now_ms);
    struct cx_reconcile_subject subject;
    struct cx_assessment assessment;
    struct permit_facts facts;

    CX_TRY(purposes_of(issue, &options.purposes));
    CX_TRY(cx_reconcile_subject_of(&certificate, &options, issue->arena, &subject));
    subject.signing.at = moment.at;
    CX_TRY(cx_reconcile_assess(&issue->record, &subject, &options, issue->arena, &assessment));
    CX_TRY(ledger_permit_facts(ledger, &issue->event.about, issue->record.time_ms, &facts, detail));
    assessment.reasons |= cx_reconcile_fate(facts.is_late, facts.is_claimed, &options);
    complain_reasons(issue, &assessment);
    complain_moment(issue, &assessment, &moment);
    if (is_pending(ledger, &issue->row)) {
        complain(issue, "no permit of its check was given when it was told");
    }
    return CX_SUCCESS;
}

/* ---- the event */

/* The problem, with what is known beside it (RFC 9457 section 3.2). Takes json over, and gives it back. */
static struct cx_json *
alarm_json(struct cx_json *json, cx_str why)
{
    const struct problem *p = &problem_without_permit;

    return cx_json_whole(json, cx_json_set_text(json, "type", p->type) &&
                                   cx_json_set_text(json, "title", p->title) &&
                                   cx_json_set_number(json, "status", p->status) &&
                                   cx_json_set(json, "detail", cx_json_new_outside(why)));
}

/* What is told of an event waits for the disk, like the event. */
static cx_status
tell(struct ledger *ledger, struct issue *issue, const struct issued *issued)
{
    struct pending p = { .seq = issue->op->seq,
                         .status =
                             issued->event->why.n == 0 ? 200 : problem_without_permit.status };

    p.json = issued_json(ledger, issued);
    if (p.json != NULL && issued->event->why.n != 0) {
        p.json = alarm_json(p.json, issued->event->why);
    }
    return p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(ledger, &p);
}

static cx_status
add_event(struct ledger *ledger, struct issue *issue, uint64_t now_ms, struct cx_detail *detail)
{
    struct cx_noted noted;
    struct issued issued = { .event = &issue->event,
                             .certificate = &issue->certificate.issued,
                             .row = &issue->row };

    CX_TRY(cx_buf_status(&issue->why));
    issue->event.why = cx_buf_str(&issue->why);
    issue->is_appending = true;
    CX_TRY(cx_recorder_event(ledger->recorder, &issue->event, issue->der, now_ms, &noted, detail));
    ledger->is_dirty = true;
    ledger->counts.issuances++;
    ledger->counts.issuances_without_permit += is_wrong(issue) ? 1 : 0;
    issue->event.time_ms = noted.time_ms;
    issued.shard = noted.shard;
    issued.index = noted.index;
    return tell(ledger, issue, &issued);
}

static cx_status
judge(struct ledger *ledger, struct issue *issue, struct cx_detail *detail)
{
    uint64_t now_ms = 0;

    CX_TRY(cx_log_time(ledger->log, ledger_now(ledger), &now_ms, detail));
    CX_TRY(ledger_find_known(ledger, issue->op->id, &issue->row, detail));
    CX_TRY(read_check(ledger, issue, detail));
    CX_TRY(look_at_precertificate(ledger, issue, detail));
    if (issue->authority != NULL) {
        CX_TRY(compare(ledger, issue, now_ms, detail));
        CX_TRY(look_at_issuer(issue));
    }
    return add_event(ledger, issue, now_ms, detail);
}

/* I1. */
static cx_status
say_again(struct ledger *ledger, struct issue *issue, const struct row *known,
          struct cx_detail *detail)
{
    struct cx_event event;
    const struct issued issued = { .shard = known->got.shard,
                                   .index = known->got.index,
                                   .event = &event,
                                   .certificate = &issue->certificate.issued,
                                   .row = &issue->row };

    CX_TRY(cx_event_decode(known->got.record, &event, detail));
    if (event.has_authority &&
        !ledger_may_use(issue->op->authorities, ledger_authority_of(ledger, &event.authority))) {
        const struct pending p = { .seq = issue->op->seq,
                                   .status = problem_forbidden.status,
                                   .json = problem_json(&problem_forbidden,
                                                        "it was issued by another authority") };

        return p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(ledger, &p);
    }
    CX_TRY(ledger_find_known(ledger, event.request, &issue->row, detail));
    return tell(ledger, issue, &issued);
}

/* ---- what came */

/* Two elements of DER at most, one behind the other. */
static bool
split(struct issue *issue)
{
    struct cx_reader in = cx_reader_of(issue->op->data);
    struct cx_der first = cx_der_next(&in);

    issue->der = first.whole;
    issue->issuer = cx_rd_rest(&in);
    return first.tag == CX_DER_SEQUENCE && issue->der.n <= CX_TBS_MAX &&
           issue->issuer.n <= CX_TBS_MAX;
}

static void
begin_event(struct issue *issue)
{
    const struct cx_issued *c = &issue->certificate.issued;

    issue->event = (struct cx_event){
        .type = CX_EVENT_ISSUANCE,
        .by = issue->op->caller,
        .request = issue->op->id,
        .has_certificate = true,
        .certificate = c->digest,
        .is_precertificate = c->kind == CX_ISSUED_PRE,
    };
    if (c->serial.n <= CX_SERIAL_MAX) {
        issue->event.serial = c->serial;
    }
}

static cx_status
issue_in(struct ledger *ledger, struct issue *issue, struct cx_buf *out, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 200 };
    struct row known = { .arena = issue->arena };

    if (!split(issue)) {
        return reply_problem(out, issue->op->seq, &problem_request,
                             "a certificate in DER is needed");
    }
    cx_issued_begin(&issue->build, 0, &issue->certificate);
    CX_TRY(cx_issued_take_der(&issue->build, issue->der, &issue->certificate));
    if (issue->certificate.fate != CX_FATE_OBSERVED) {
        return reply_problem(out, issue->op->seq, &problem_request, "%s",
                             issue->certificate.reason);
    }
    begin_event(issue);
    cx_log_key_certificate(&issue->certificate.issued.digest, &key);
    CX_TRY(cx_buf_status(&key));
    CX_TRY(ledger_find_key(ledger, cx_buf_str(&key), &known, detail));
    return known.found ? say_again(ledger, issue, &known, detail) : judge(ledger, issue, detail);
}

cx_status
ledger_issue(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out,
             struct cx_detail *detail)
{
    struct cx_arena arena;
    struct issue issue = { .op = op, .arena = &arena, .row = { .arena = &arena } };
    cx_status s;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    cx_issued_build_init(&issue.build);
    cx_buf_init(&issue.why, CX_RECORD_LINE_MAX);
    s = issue_in(ledger, &issue, out, detail);
    if (s.code == CX_E_LIMIT || (s.code == CX_E_NOMEM && !issue.is_appending)) {
        s = reply_problem(out, op->seq, &problem_request, "%s",
                          s.code == CX_E_LIMIT && detail->text[0] != '\0'
                              ? detail->text
                              : "there is not enough memory for this certificate");
    } else if (s.code == CX_E_CLOCK) {
        s = reply_problem(out, op->seq, &problem_clock, "%s", detail->text);
    }
    cx_buf_done(&issue.why);
    cx_issued_build_done(&issue.build);
    cx_arena_done(&arena);
    return s;
}

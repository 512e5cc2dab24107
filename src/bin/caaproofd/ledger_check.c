/* Starts and the checks that end them. */
#include "base/limits.h"
#include "bin/caaproofd/intake.h"
#include "bin/caaproofd/ledger_priv.h"
#include "engine/problem.h"
#include "engine/recall.h"
#include "engine/record_check.h"
#include "engine/result.h"
#include "evidence/event.h"
#include "evidence/start.h"
#include "pki/digest.h"

#include <search.h>
#include <stdio.h>

/* ---- open starts, by id and by the number that front gave them */

static int
compare_ids(const void *a, const void *b)
{
    const struct start *left = a, *right = b;

    if (left->id.n != right->id.n) {
        return left->id.n < right->id.n ? -1 : 1;
    }
    return left->id.n == 0 ? 0 : memcmp(left->id.p, right->id.p, left->id.n);
}

struct start *
start_of_id(const struct ledger *ledger, cx_str id)
{
    struct start wanted = { .id = id };
    struct start *const *found = tfind(&wanted, &ledger->by_id, compare_ids);

    return found != NULL ? *found : NULL;
}

static struct start *
start_of_seq(const struct ledger *ledger, uint32_t seq)
{
    return seq < ledger->options->starts_max ? ledger->by_seq[seq] : NULL;
}

static char *
copy_text(char *to, cx_str from, cx_str *ret)
{
    if (from.n != 0) {
        memcpy(to, from.p, from.n);
    }
    *ret = (cx_str){ to, from.n };
    return to + from.n;
}

/* Front says it, and has no longer than the configuration gives, by our own clock. */
static uint64_t
deadline_of(const struct ledger *ledger, const struct op_start *op)
{
    const struct ledger_options *o = ledger->options;
    uint64_t most =
        ledger_now(ledger) +
        (o->deadline_max_ms != 0 ? o->deadline_max_ms : (uint64_t)CX_DEADLINE_MAX_S * 1000);

    return op->deadline_ms < most ? op->deadline_ms : most;
}

static struct start *
make_start(const struct ledger *ledger, const struct op_start *op)
{
    struct start *start = cx_alloc(1, sizeof(*start));
    char *to;

    if (start == NULL) {
        return NULL;
    }
    start->texts = cx_alloc(op->id.n + op->caller.n + op->previous.n + 1, 1);
    if (start->texts == NULL) {
        cx_free(start);
        return NULL;
    }
    to = copy_text(start->texts, op->id, &start->id);
    to = copy_text(to, op->caller, &start->caller);
    (void)copy_text(to, op->previous, &start->previous);
    memcpy(start->digest.b, op->digest.p, CX_HASH_SIZE);
    start->seq = op->seq;
    start->authority = op->authority;
    start->received_ms = ledger_now(ledger);
    start->deadline_ms = deadline_of(ledger, op);
    start->wants_problem = op->problem;
    return start;
}

static void
free_start(struct start *start)
{
    cx_check_free(start->check);
    cx_free(start->texts);
    cx_free(start);
}

static cx_status
add_start(struct ledger *ledger, const struct op_start *op, struct cx_detail *detail)
{
    struct start *start = make_start(ledger, op);

    if (start == NULL || tsearch(start, &ledger->by_id, compare_ids) == NULL) {
        if (start != NULL) {
            free_start(start);
        }
        return (cx_status){ CX_E_NOMEM };
    }
    TAILQ_INSERT_TAIL(&ledger->open, start, next);
    ledger->by_seq[start->seq] = start;
    ledger->n_open++;
    ledger->counts.started++;
    /* Only a start says which earlier try it replaces: then it is an entry however quickly its check ends. */
    return start->previous.n != 0 ? start_log(ledger, start, detail) : CX_SUCCESS;
}

void
start_end(struct ledger *ledger, struct start *start)
{
    (void)tdelete(start, &ledger->by_id, compare_ids);
    TAILQ_REMOVE(&ledger->open, start, next);
    ledger->by_seq[start->seq] = NULL;
    ledger->n_open--;
    free_start(start);
}

/* ---- START */

static bool
is_canary(const struct ledger *ledger, cx_str caller)
{
    return ledger->options->canary.n != 0 && cx_str_equal(caller, ledger->options->canary);
}

/* At the first start in each minute of the clock: OWN changes with dates, and a date begins with a minute. */
static cx_status
check_own(struct ledger *ledger, size_t authority, struct cx_detail *detail)
{
    const struct ledger_options *o = ledger->options;
    uint64_t now = ledger_now(ledger) / 1000;
    struct cx_detail why = { .text = "" };
    char text[STOP_TEXT];
    cx_status s;

    if (o->own_check == NULL || ledger->own_minute[authority] == now / 60) {
        return CX_SUCCESS;
    }
    s = o->own_check(o->own_ctx, authority, (cx_time)now, &why);
    if (s.code == CX_E_NOMEM) {
        return s;
    }
    ledger->own_minute[authority] = now / 60;
    if (cx_ok(s)) {
        return CX_SUCCESS;
    }
    (void)snprintf(text, sizeof(text), "authority %.60s: %.120s", o->authorities[authority].name,
                   why.text);
    return ledger_stop(ledger, CX_STR(""), cx_str_of(text), cx_str_of(text), detail);
}

static cx_status
begin_check(struct ledger *ledger, const struct op_start *op, struct cx_buf *out,
            struct cx_detail *detail)
{
    struct cx_hash body;
    struct known_query query = { .seq = op->seq,
                                 .id = op->id,
                                 .body = &body,
                                 .authorities = UINT64_MAX,
                                 .problem = op->problem };
    bool known = false;

    if (op->seq >= ledger->options->starts_max || start_of_seq(ledger, op->seq) != NULL ||
        op->authority >= ledger->options->n_authorities || !intake_is_id(op->id)) {
        return cx_fail(detail, CX_E_FRAME, "a start that no front of ours would send");
    }
    if (ledger_clock_is_wrong(ledger, detail)) {
        return reply_problem(out, op->seq, &problem_clock, "%s", detail->text);
    }
    CX_TRY(check_own(ledger, op->authority, detail));
    if (ledger->stopped.is && !is_canary(ledger, op->caller)) {
        return reply_problem(out, op->seq, &problem_stopped, "%s", ledger->stopped.why);
    }
    if (start_of_id(ledger, op->id) != NULL) { /* of another front; ours knows its own */
        return reply_problem(out, op->seq, &problem_conflict, "its check is under way");
    }
    memcpy(body.b, op->digest.p, CX_HASH_SIZE);
    query.authorities = (uint64_t)1 << op->authority; /* the same name may mean another by now */
    CX_TRY(ledger_say_known(ledger, &query, out, &known, detail));
    if (known) {
        return CX_SUCCESS;
    }
    CX_TRY(add_start(ledger, op, detail));
    op_put_seq(out, OP_STARTED, op->seq);
    return cx_buf_status(out);
}

cx_status
ledger_start(struct ledger *ledger, const struct op_start *op, struct cx_buf *out,
             struct cx_detail *detail)
{
    cx_status s;

    CX_TRY(ledger_begun(ledger, detail));
    s = begin_check(ledger, op, out, detail);
    if (s.code == CX_E_CLOCK) { /* I7: it stepped meanwhile; nothing was appended */
        struct start *start = start_of_seq(ledger, op->seq);

        if (start != NULL) {
            start_end(ledger, start);
        }
        s = reply_problem(out, op->seq, &problem_clock, "%s", detail->text);
    }
    return ledger_ended(ledger, s);
}

/* The digest of the newest record of an earlier try, if the open shard has one. */
static cx_status
previous_of(struct ledger *ledger, const struct start *start, struct cx_start *record,
            struct cx_detail *detail)
{
    if (start->previous.n == 0) {
        return CX_SUCCESS;
    }
    return ledger_digest_of_id(ledger, start->previous, &record->previous, &record->has_previous,
                               detail);
}

cx_status
start_log(struct ledger *ledger, struct start *start, struct cx_detail *detail)
{
    const struct ledger_authority *authority = &ledger->options->authorities[start->authority];
    struct cx_start record = {
        .has_authority = true,
        .authority = authority->key,
        .request = start->id,
        .body = start->digest,
        .deadline_ms = start->deadline_ms,
        .caller = start->caller,
    };
    struct cx_noted noted;

    CX_TRY(previous_of(ledger, start, &record, detail));
    CX_TRY(cx_recorder_start(ledger->recorder, &record, ledger_now(ledger), &noted, detail));
    start->is_logged = true;
    ledger->is_dirty = true;
    return CX_SUCCESS;
}

/* ---- interrupted */

cx_status
start_interrupt(struct ledger *ledger, struct start *start, const char *why,
                struct cx_detail *detail)
{
    const struct ledger_authority *authority = &ledger->options->authorities[start->authority];
    struct cx_event event = {
        .type = CX_EVENT_INTERRUPTED,
        .why = cx_str_of(why),
        .has_authority = true,
        .authority = authority->key,
        .request = start->id,
    };

    if (!start->is_logged) {
        CX_TRY(start_log(ledger, start, detail));
    }
    CX_TRY(ledger_add_event(ledger, &event, detail));
    ledger->counts.interrupted++;
    return CX_SUCCESS;
}

/* The clock went back behind the log: nothing was appended, and nothing is known of the id (or that it was interrupted, if its start
 * is in the log). */
static cx_status
say_clock(struct cx_buf *out, uint32_t seq, const struct cx_detail *detail)
{
    return reply_problem(out, seq, &problem_clock, "%s", detail->text);
}

/* I7. A start that is in the log stays there without an end, until the next opening interrupts it. */
static cx_status
end_by_clock(struct ledger *ledger, struct start *start, struct cx_buf *out,
             struct cx_detail *detail)
{
    cx_status s = say_clock(out, start->seq, detail);

    start_end(ledger, start);
    return s;
}

/* Ends the start. */
static cx_status
interrupt_and_say(struct ledger *ledger, struct start *start, const char *why,
                  struct cx_detail *detail)
{
    struct pending p = { .seq = start->seq, .status = 200 };
    cx_status s = start_interrupt(ledger, start, why, detail);

    if (cx_ok(s)) {
        p.json = interrupted_json(start->id, cx_str_of(why));
        p.json = start->wants_problem ? internal_problem_json(p.json) : p.json;
        s = p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(ledger, &p);
    }
    start_end(ledger, start);
    return s;
}

cx_status
ledger_abandon(struct ledger *ledger, uint32_t seq, struct cx_buf *out, struct cx_detail *detail)
{
    struct start *start = start_of_seq(ledger, seq);
    cx_status s;

    CX_TRY(ledger_begun(ledger, detail));
    if (start == NULL) {
        return cx_fail(detail, CX_E_FRAME, "an end of a check that was not begun");
    }
    if (ledger_clock_is_wrong(ledger, detail)) {
        return end_by_clock(ledger, start, out, detail);
    }
    s = interrupt_and_say(ledger, start, "it could not be carried out", detail);
    return ledger_ended(ledger, s.code == CX_E_CLOCK ? say_clock(out, seq, detail) : s);
}

cx_status
ledger_front_lost(struct ledger *ledger, struct cx_detail *detail)
{
    CX_TRY(ledger_begun(ledger, detail));
    while (!TAILQ_EMPTY(&ledger->open)) {
        struct start *start = TAILQ_FIRST(&ledger->open);
        cx_status s = start_interrupt(ledger, start, "the process that asked for it ended", detail);

        start_end(ledger, start);
        if (!cx_ok(s) && s.code != CX_E_CLOCK) {
            return ledger_ended(ledger, s);
        }
    }
    return CX_SUCCESS;
}

/* ---- answers */

struct cx_arena *
ledger_arena(struct ledger *ledger, uint32_t seq)
{
    struct start *start = start_of_seq(ledger, seq);

    if (start != NULL && start->check == NULL) {
        start->check = cx_check_new();
    }
    return start != NULL && start->check != NULL ? &start->check->arena : NULL;
}

cx_status
ledger_answer(struct ledger *ledger, uint32_t seq, const struct cx_answer *answer)
{
    struct start *start = start_of_seq(ledger, seq);

    if (start == NULL || start->check == NULL ||
        cx_answers_find(&start->check->answers, answer->name, answer->type) != NULL) {
        return (cx_status){ CX_E_FRAME };
    }
    return cx_answers_add(&start->check->answers, &start->check->arena, answer);
}

/* ---- FINISH */

/* An answer from a time to come, by more than clocks differ, is none of the live DNS. */
static bool
times_are_sane(const struct cx_check *check, uint64_t now_ms)
{
    cx_time now = (cx_time)(now_ms / 1000);

    for (size_t i = 0; i < check->answers.n; i++) {
        if (check->answers.v[i]->time != CX_TIME_NONE && check->answers.v[i]->time > now + 1) {
            return false;
        }
    }
    return true;
}

/* What front said of the request at its start is what the request says. */
static bool
fits_start(const struct ledger *ledger, const struct start *start, const struct intake *intake)
{
    const struct ledger_authority *authority = &ledger->options->authorities[start->authority];
    struct cx_hash key;

    return cx_str_equal(intake->id, start->id) && cx_str_equal(intake->previous, start->previous) &&
           (cx_str_equal(intake->authority, cx_str_of(authority->name)) ||
            (cx_hash_of_text(intake->authority, &key) && cx_hash_equal(&key, &authority->key)));
}

/* I3. The request is read again from the caller's octets, and judged by the answers at hand. */
static cx_status
judge(struct ledger *ledger, struct start *start, const struct op_finish *op,
      struct cx_detail *detail)
{
    const struct ledger_authority *authority = &ledger->options->authorities[start->authority];
    uint64_t now_ms = ledger_now(ledger);
    bool late = now_ms > start->deadline_ms;
    const struct intake_times times = {
        .deadline = (cx_time)(start->deadline_ms / 1000),
        .completed = (cx_time)(start->deadline_ms / 1000) + (late ? 1 : 0),
    };
    struct cx_check *check = start->check;
    struct intake intake;
    struct cx_json *request;
    cx_status s;

    CX_TRY(intake_read(cx_str_of_span(op->body), &intake, detail));
    if (!fits_start(ledger, start, &intake)) {
        intake_done(&intake);
        return (cx_status){ CX_E_FRAME };
    }
    request = intake_request(&intake, authority->defaults, &times);
    s = request == NULL ? (cx_status){ CX_E_NOMEM }
                        : cx_request_from_json(request, authority->defaults, (cx_time)op->now,
                                               &check->arena, &check->request, detail);
    start->own_verdict = intake.own_verdict;
    cx_json_free(request);
    intake_done(&intake);
    CX_TRY(s);
    check->origin = CX_ORIGIN_DNS;
    check->findings = cx_arena_get(&check->arena, check->request.n_names, sizeof(*check->findings));
    return check->findings == NULL ? (cx_status){ CX_E_NOMEM } : cx_judge_recalled(check);
}

/* Octets that are not those of the start, or a moment that cannot be, are no mistake of a caller. A clock that went back is front's as
 * well as ours: nobody is to blame, and nothing is judged by it. */
static cx_status
compare_finish(const struct ledger *ledger, const struct start *start, const struct op_finish *op,
               struct cx_detail *detail)
{
    uint64_t now_ms = ledger_now(ledger);
    struct cx_hash body;

    CX_TRY(cx_sha256(op->body, body.b));
    if (start->check == NULL || !cx_hash_equal(&body, &start->digest)) {
        return cx_fail(detail, CX_E_FRAME, "an end that does not fit its start");
    }
    if (now_ms + CX_LOG_CLOCK_STEP_MS < start->received_ms ||
        !times_are_sane(start->check, now_ms)) {
        return cx_fail(detail, CX_E_CLOCK, "the clock went back behind the check, or its answers");
    }
    if (op->now > now_ms / 1000 + CX_PERMIT_SKEW_S ||
        op->now + CX_DEADLINE_MAX_S < start->received_ms / 1000) {
        return cx_fail(detail, CX_E_FRAME, "an end that does not fit its start");
    }
    return CX_SUCCESS;
}

static void
count_verdict(struct ledger *ledger, const struct start *start)
{
    enum cx_verdict verdict = start->check->conclusion.verdict;

    ledger->counts.finished++;
    ledger->counts.denied += verdict == CX_VERDICT_DENY ? 1 : 0;
    ledger->counts.failed += verdict == CX_VERDICT_FAIL || verdict == CX_VERDICT_ARGUABLE ? 1 : 0;
    ledger->counts.shadow_differs +=
        start->own_verdict != CX_VERDICT_UNSET && start->own_verdict != verdict ? 1 : 0;
}

cx_status
ledger_note_check(struct ledger *ledger, const struct cx_record *record, uint64_t shard,
                  uint64_t index, struct cx_arena *arena)
{
    size_t authority = ledger_authority_of(ledger, &record->authority);
    const struct recent_fact fact = { record->time_ms, shard, index, 0 };
    const cx_str *names;
    size_t n;

    if (!record->has_authority || authority == CX_AUTHORITIES_MAX ||
        cx_verdict_positive(record->conclusion.verdict)) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_record_key_names(record, arena, &names, &n));
    for (size_t i = 0; i < n; i++) {
        cx_span key;

        CX_TRY(ledger_name_key(authority, names[i], arena, &key));
        CX_TRY(recent_put(ledger->bad, key, &fact));
    }
    return CX_SUCCESS;
}

static cx_status
note_recorded(struct ledger *ledger, const struct pending *p)
{
    struct cx_record record;
    struct cx_detail detail;

    CX_TRY(cx_record_decode(p->recorded.record, &p->check->arena, &record, &detail));
    return ledger_note_check(ledger, &record, p->recorded.shard, p->recorded.index,
                             &p->check->arena);
}

static struct cx_json *
finished_json(const struct ledger *ledger, const struct start *start)
{
    const struct ledger_authority *authority = &ledger->options->authorities[start->authority];
    struct cx_json *json = cx_result_to_json(start->check);

    json = start->wants_problem ? cx_problem_set(start->check, json) : json;
    return finish_json(json, authority, authority->is_shadow, (cx_time)(start->deadline_ms / 1000));
}

/* Recorded; what the caller is told waits for the disk. Takes the check over from the start. */
static cx_status
record(struct ledger *ledger, struct start *start, struct cx_detail *detail)
{
    const struct ledger_authority *authority = &ledger->options->authorities[start->authority];
    const struct cx_recorder_terms terms = {
        .has_authority = true,
        .authority = authority->key,
        .is_shadow = authority->is_shadow || is_canary(ledger, start->caller),
        .life_s = authority->life_s,
        .has_body = true,
        .body = start->digest,
        .caller = start->caller,
        .own_verdict = start->own_verdict,
    };
    struct pending p = {
        .seq = start->seq,
        .status = 200,
        .wants_permit = true,
        .wants_problem = start->wants_problem,
        .deadline_ms = start->deadline_ms,
        .authority = start->authority,
    };

    CX_TRY(cx_recorder_add(ledger->recorder, start->check, &terms, ledger_now(ledger), &p.recorded,
                           detail));
    ledger->is_dirty = true;
    count_verdict(ledger, start);
    p.json = finished_json(ledger, start);
    p.check = CX_STEAL(start->check);
    p.id = p.check->request.id;
    if (p.json == NULL) {
        cx_check_free(p.check);
        return (cx_status){ CX_E_NOMEM };
    }
    if (!cx_verdict_positive(p.check->conclusion.verdict)) {
        cx_status s = note_recorded(ledger, &p);

        if (!cx_ok(s)) {
            cx_json_free(p.json);
            cx_check_free(p.check);
            return s;
        }
    }
    return ledger_wait(ledger, &p);
}

/* What front judged, without the deadline, which is ours alone. */
static bool
verdicts_agree(const struct start *start, const struct op_finish *op)
{
    const struct cx_conclusion *ours = &start->check->conclusion;

    /* Late is worse than what a deadline can make worse, and only then the reason. */
    return ours->verdict == op->verdict ||
           (ours->reason == CX_REASON_LATE &&
            (op->verdict == CX_VERDICT_ARGUABLE || cx_verdict_positive(op->verdict)));
}

/* I6. Late or not: DNS said what it must never say. In one commit with the check. */
static cx_status
stop_by_canary(struct ledger *ledger, const struct start *start, const struct op_finish *op,
               struct cx_detail *detail)
{
    const struct cx_request *request = &start->check->request;
    cx_str name = request->n_names != 0 ? request->names[0].given : CX_STR("");
    char text[STOP_TEXT];

    if (!is_canary(ledger, start->caller) ||
        (!cx_verdict_positive(start->check->conclusion.verdict) &&
         !cx_verdict_positive(op->verdict))) {
        return CX_SUCCESS;
    }
    (void)snprintf(text, sizeof(text), "a canary was permitted: %.*s", ledger_cut(name), name.p);
    /* Each round asks for another name. */
    return ledger_stop(ledger, CX_STR(""), CX_STR("a canary was permitted"), cx_str_of(text),
                       detail);
}

static cx_status
end_by_verdict(struct ledger *ledger, struct start *start, const struct op_finish *op,
               struct cx_buf *out, struct cx_detail *detail)
{
    const cx_str differ = CX_STR("two judgements of one check differ");
    cx_status s;

    if (!verdicts_agree(start, op)) {
        CX_TRY(ledger_stop(ledger, CX_STR(""), differ, differ, detail));
        return interrupt_and_say(ledger, start, "two judgements of it differ", detail);
    }
    CX_TRY(stop_by_canary(ledger, start, op, detail));
    s = record(ledger, start, detail);
    if (s.code == CX_E_CLOCK || s.code == CX_E_LIMIT) { /* nothing was appended */
        s = reply_problem(out, op->seq, s.code == CX_E_CLOCK ? &problem_clock : &problem_request,
                          "%s", detail->text);
    }
    start_end(ledger, start);
    return s;
}

static cx_status
finish(struct ledger *ledger, struct start *start, const struct op_finish *op, struct cx_buf *out,
       struct cx_detail *detail)
{
    cx_status s;

    CX_TRY(compare_finish(ledger, start, op, detail));
    s = judge(ledger, start, op, detail);
    if (cx_ok(s)) {
        return end_by_verdict(ledger, start, op, out, detail);
    }
    if (s.code == CX_E_NOMEM) { /* of this check, which may be a huge one; nothing was appended */
        return interrupt_and_say(ledger, start, "there was no memory for it", detail);
    }
    return cx_fail(detail, CX_E_FRAME, /* front would not have let it through */
                   "a request that cannot be judged");
}

cx_status
ledger_finish(struct ledger *ledger, const struct op_finish *op, struct cx_buf *out,
              struct cx_detail *detail)
{
    struct start *start = start_of_seq(ledger, op->seq);
    cx_status s;

    CX_TRY(ledger_begun(ledger, detail));
    if (start == NULL) {
        return cx_fail(detail, CX_E_FRAME, "an end of a check that was not begun");
    }
    (void)ledger_arena(ledger, op->seq);         /* of names that need no answers */
    if (ledger_clock_is_wrong(ledger, detail)) { /* its times would fit nothing */
        return ledger_ended(ledger, end_by_clock(ledger, start, out, detail));
    }
    s = finish(ledger, start, op, out, detail);
    if (s.code == CX_E_CLOCK || s.code == CX_E_LIMIT) { /* nothing was appended */
        s = s.code == CX_E_CLOCK
                ? say_clock(out, op->seq, detail)
                : reply_problem(out, op->seq, &problem_request, "%s", detail->text);
        start = start_of_seq(ledger, op->seq);
        if (start != NULL) {
            start_end(ledger, start);
        }
    }
    return ledger_ended(ledger, s);
}

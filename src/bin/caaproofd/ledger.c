#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"

#include <search.h>

uint64_t
ledger_now(const struct ledger *ledger)
{
    const struct ledger_options *o = ledger->options;

    return o->now_ms != NULL ? o->now_ms(o->now_ctx) : cx_time_now_ms();
}

uint64_t
ledger_latest(const struct ledger *ledger)
{
    uint64_t now = ledger_now(ledger), last = cx_log_last(ledger->log)->time_ms;

    return now > last ? now : last;
}

bool
ledger_is_alive(const struct ledger *ledger, uint64_t time_ms, cx_time expires)
{
    uint64_t latest = ledger_latest(ledger);

    return expires != CX_TIME_NONE && (uint64_t)expires * 1000 > latest &&
           time_ms + ledger->horizon_ms > latest;
}

cx_status
ledger_begun(const struct ledger *ledger, struct cx_detail *detail)
{
    return ledger->has_failed ? cx_fail(detail, CX_E_STORE, "the ledger failed before")
                              : CX_SUCCESS;
}

cx_status
ledger_ended(struct ledger *ledger, cx_status status)
{
    ledger->has_failed |= !cx_ok(status) && cx_status_class(status) != CX_CLASS_MALFORMED;
    return status;
}

bool
ledger_clock_is_wrong(const struct ledger *ledger, struct cx_detail *detail)
{
    uint64_t time_ms;

    return cx_log_time(ledger->log, ledger_now(ledger), &time_ms, detail).code == CX_E_CLOCK;
}

bool
ledger_may_use(uint64_t authorities, size_t authority)
{
    return authority < CX_AUTHORITIES_MAX && (authorities >> authority & 1u) != 0;
}

size_t
ledger_authority_of(const struct ledger *ledger, const struct cx_hash *key)
{
    for (size_t i = 0; i < ledger->options->n_authorities; i++) {
        if (cx_hash_equal(&ledger->options->authorities[i].key, key)) {
            return i;
        }
    }
    return CX_AUTHORITIES_MAX;
}

/* ---- what waits for the disk */

static void
pending_done(struct pending *p)
{
    cx_json_free(p->json);
    cx_check_free(p->check);
}

cx_status
ledger_wait(struct ledger *ledger, const struct pending *p)
{
    if (ledger->n_pending == ledger->room) {
        size_t wider = ledger->room == 0 ? 64 : 2 * ledger->room;
        struct pending *more = cx_realloc(ledger->pending, wider, sizeof(*more));

        if (more == NULL) {
            struct pending lost = *p;

            pending_done(&lost);
            return (cx_status){ CX_E_NOMEM };
        }
        ledger->pending = more;
        ledger->room = wider;
    }
    ledger->pending[ledger->n_pending++] = *p;
    return CX_SUCCESS;
}

/* I2. Whatever kept the disk: what became durable too late permits nothing, and says so. */
static cx_status
void_late(struct ledger *ledger, struct cx_detail *detail)
{
    uint64_t now = ledger_latest(ledger);

    for (size_t i = 0; i < ledger->n_pending; i++) {
        struct pending *p = &ledger->pending[i];

        if (p->wants_permit && p->recorded.expires != CX_TIME_NONE && p->deadline_ms != 0 &&
            now > p->deadline_ms) {
            p->is_late = true;
            CX_TRY(ledger_void_late(ledger, &p->recorded, p->id, p->authority, detail));
        }
    }
    return CX_SUCCESS;
}

static cx_status
commit(struct ledger *ledger, struct cx_detail *detail)
{
    if (!ledger->is_dirty) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_recorder_commit(ledger->recorder, detail));
    ledger->is_dirty = false;
    ledger->durable = cx_log_size(ledger->log);
    return CX_SUCCESS;
}

static cx_status
say(struct ledger *ledger, struct pending *p, struct cx_buf *out, struct cx_detail *detail)
{
    struct cx_json *json = CX_STEAL(p->json);
    cx_status s = CX_SUCCESS;

    if (p->is_late) {
        ledger->counts.late++;
        json = late_json(json);
        json = p->wants_problem ? internal_problem_json(json) : json;
    }
    if (p->wants_permit) {
        s = ledger_set_record(ledger, &p->recorded, !p->is_late, &json, detail);
    }
    if (cx_ok(s)) {
        return reply_json(out, p->seq, p->status, json);
    }
    cx_json_free(json);
    return s;
}

/* Starts that have waited long enough for their check. */
static cx_status
log_starts(struct ledger *ledger, bool *ret_more, struct cx_detail *detail)
{
    uint64_t now = ledger_now(ledger);
    bool clock_is_wrong = ledger_clock_is_wrong(ledger, detail);
    struct start *start;
    cx_status s;

    *ret_more = false;
    TAILQ_FOREACH(start, &ledger->open, next)
    {
        if (start->is_logged) {
            continue;
        }
        if (clock_is_wrong ||
            (now < start->received_ms + CX_START_WAIT_MS && now >= start->received_ms)) {
            *ret_more = true;
            continue;
        }
        s = start_log(ledger, start, detail);
        if (!cx_ok(s)) { /* the clock may be right again in another turn */
            return s.code == CX_E_CLOCK ? CX_SUCCESS : s;
        }
    }
    return CX_SUCCESS;
}

/* By the log's time, not by a clock that may be wrong now and right again: what a permit that lives may need is kept. */
static void
forget(struct ledger *ledger)
{
    uint64_t last = cx_log_last(ledger->log)->time_ms;
    uint64_t before = last > ledger->horizon_ms ? last - ledger->horizon_ms : 0;

    recent_forget(ledger->spent, before);
    recent_forget(ledger->bad, before);
}

/* A stop that came while the clock was wrong: else a restart would end it. */
static cx_status
log_stop(struct ledger *ledger, struct cx_detail *detail)
{
    struct stopped *stopped = &ledger->stopped;
    struct cx_event event = {
        .type = CX_EVENT_STOP,
        .by = cx_str_of(stopped->by),
        .why = cx_str_of(stopped->why),
    };
    cx_status s;

    if (!stopped->is || stopped->is_logged || ledger_clock_is_wrong(ledger, detail)) {
        return CX_SUCCESS;
    }
    s = ledger_add_event(ledger, &event, detail);
    stopped->is_logged = cx_ok(s);
    return s.code == CX_E_CLOCK ? CX_SUCCESS : s; /* in another turn */
}

static cx_status
take_turn(struct ledger *ledger, struct cx_buf *out, bool *ret_more, struct cx_detail *detail)
{
    size_t n;
    cx_status s = CX_SUCCESS;

    CX_TRY(log_starts(ledger, ret_more, detail));
    CX_TRY(log_stop(ledger, detail));
    CX_TRY(commit(ledger, detail));
    CX_TRY(void_late(ledger, detail));
    CX_TRY(commit(ledger, detail));
    n = ledger->n_pending;
    for (size_t i = 0; i < n; i++) {
        if (cx_ok(s)) {
            s = say(ledger, &ledger->pending[i], out, detail);
        }
        pending_done(&ledger->pending[i]);
    }
    ledger->n_pending = 0;
    forget(ledger);
    CX_TRY(s);
    return cx_log_tend(ledger->log, detail);
}

cx_status
ledger_turn(struct ledger *ledger, struct cx_buf *out, bool *ret_more, struct cx_detail *detail)
{
    CX_TRY(ledger_begun(ledger, detail));
    return ledger_ended(ledger, take_turn(ledger, out, ret_more, detail));
}

/* ---- life */

/* As long as any permit lives, and clocks may differ. */
static uint64_t
horizon_of(const struct ledger_options *o)
{
    uint64_t most = CX_PERMIT_LIFE_S;

    for (size_t i = 0; i < o->n_authorities; i++) {
        most = o->authorities[i].life_s > most ? o->authorities[i].life_s : most;
    }
    return (most + CX_PERMIT_SKEW_S + CX_DEADLINE_MAX_S) * 1000;
}

static cx_status
open_parts(struct ledger *ledger, struct cx_log_opened *opened, struct cx_detail *detail)
{
    const struct ledger_options *o = ledger->options;
    const struct cx_log_options log = {
        .keys = o->keys,
        .now_ms = o->now_ms,
        .now_ctx = o->now_ctx,
        .software = o->recorder.software,
    };

    TAILQ_INIT(&ledger->open);
    ledger->horizon_ms = horizon_of(o);
    ledger->by_seq = cx_alloc(o->starts_max, sizeof(struct start *));
    ledger->spent = recent_new();
    ledger->bad = recent_new();
    if (ledger->by_seq == NULL || ledger->spent == NULL || ledger->bad == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_log_open(o->store, &log, &ledger->log, opened, detail));
    CX_TRY(cx_recorder_new(ledger->log, &o->recorder, &ledger->recorder));
    CX_TRY(
        cx_recorder_commit(ledger->recorder, detail)); /* what it committed is what it permits of */
    ledger->durable = cx_log_size(ledger->log);
    CX_TRY(ledger_recall(ledger, detail));
    return commit(ledger, detail);
}

cx_status
ledger_open(const struct ledger_options *options, struct ledger **ret, struct cx_log_opened *opened,
            struct cx_detail *detail)
{
    struct ledger *ledger = cx_alloc(1, sizeof(*ledger));
    cx_status s;

    if (ledger == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    ledger->options = options;
    s = open_parts(ledger, opened, detail);
    if (!cx_ok(s)) {
        ledger_close(ledger);
        return s;
    }
    *ret = ledger;
    return CX_SUCCESS;
}

void
ledger_close(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    if (ledger->by_seq != NULL) {
        while (!TAILQ_EMPTY(&ledger->open)) {
            start_end(ledger, TAILQ_FIRST(&ledger->open));
        }
    }
    for (size_t i = 0; i < ledger->n_pending; i++) {
        pending_done(&ledger->pending[i]);
    }
    cx_free(ledger->pending);
    cx_free(ledger->by_seq);
    recent_free(ledger->spent);
    recent_free(ledger->bad);
    cx_log_reader_close(ledger->older);
    cx_recorder_free(ledger->recorder);
    cx_log_close(ledger->log);
    cx_free(ledger);
}

struct cx_log *
ledger_log(struct ledger *ledger)
{
    return ledger->log;
}

/* ---- status */

bool
ledger_stopped(const struct ledger *ledger, const char **ret_why)
{
    *ret_why = ledger->stopped.why;
    return ledger->stopped.is;
}

static struct cx_json *
counts_json(const struct ledger *ledger)
{
    struct cx_json *o = cx_json_new_object();

    return cx_json_whole(
        o, cx_json_set_number(o, "started", ledger->counts.started) &&
               cx_json_set_number(o, "finished", ledger->counts.finished) &&
               cx_json_set_number(o, "permitted", ledger->counts.permitted) &&
               cx_json_set_number(o, "denied", ledger->counts.denied) &&
               cx_json_set_number(o, "failed", ledger->counts.failed) &&
               cx_json_set_number(o, "late", ledger->counts.late) &&
               cx_json_set_number(o, "interrupted", ledger->counts.interrupted) &&
               cx_json_set_number(o, "claimed", ledger->counts.claimed) &&
               cx_json_set_number(o, "claims_refused", ledger->counts.claims_refused) &&
               cx_json_set_number(o, "conflicts", ledger->counts.conflicts) &&
               cx_json_set_number(o, "overrides", ledger->counts.overrides) &&
               cx_json_set_number(o, "shadow_differs", ledger->counts.shadow_differs) &&
               cx_json_set_number(o, "issuances", ledger->counts.issuances) &&
               cx_json_set_number(o, "issuances_without_permit",
                                  ledger->counts.issuances_without_permit));
}

/* Why nothing can be recorded now, or null. */
static struct cx_json *
clock_json(const struct ledger *ledger)
{
    struct cx_detail why = { .text = "" };

    return ledger_clock_is_wrong(ledger, &why) ? cx_json_new_outside(cx_str_of(why.text))
                                               : cx_json_new_null();
}

struct cx_json *
ledger_status(const struct ledger *ledger)
{
    struct cx_json *o = cx_json_new_object();
    const struct stopped *stopped = &ledger->stopped;

    return cx_json_whole(
        o,
        cx_json_set_text(o, "log", cx_log_key(ledger->log)->name) &&
            cx_json_set_number(o, "shard", cx_log_shard(ledger->log)) &&
            cx_json_set_number(o, "entries", cx_log_size(ledger->log)) &&
            cx_json_set_number(o, "open", ledger->n_open) &&
            cx_json_set_number(o, "recent_claims", recent_count(ledger->spent)) &&
            cx_json_set(o, "stopped",
                        stopped->is ? cx_json_new_outside(cx_str_of(stopped->why))
                                    : cx_json_new_null()) &&
            cx_json_set_moment(o, "stopped_since",
                               stopped->is ? (cx_time)(stopped->since_ms / 1000) : CX_TIME_NONE) &&
            cx_json_set(o, "clock", clock_json(ledger)) &&
            cx_json_set(o, "counts", counts_json(ledger)));
}

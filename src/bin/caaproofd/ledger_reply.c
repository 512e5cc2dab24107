#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"
#include "evidence/proof.h"

#include <stdarg.h>
#include <stdio.h>

const struct problem problem_conflict = { 409, "conflict", "This id is taken" };
const struct problem problem_stopped = { 503, "stopped",
                                         "Nothing is permitted until a person acknowledges" };
const struct problem problem_unknown_id = { 404, "unknown-id", "Nothing is known of this id" };
const struct problem problem_clock = { 503, "clock", "The clock cannot be trusted" };
const struct problem problem_request = { 400, "request", "This request cannot be judged" };
const struct problem problem_forbidden = { 403, "forbidden", "This caller may not do that" };
const struct problem problem_busy = { 503, "busy", "Too many checks are under way" };
const struct problem problem_spent = { 409, "spent", "This permit was used before" };
const struct problem problem_expired = { 409, "expired", "This permit is no longer good" };
const struct problem problem_not_positive = { 409, "not-positive", "A later check refused a name" };
const struct problem problem_no_permit = { 409, "no-permit", "There is no permit of this check" };
const struct problem problem_interrupted = { 500, "interrupted", "This check was interrupted" };
const struct problem problem_mismatch = { 500, "mismatch", "Two judgements of this check differ" };
const struct problem problem_no_override = { 403, "no-override", "No verdict can be overridden" };
const struct problem problem_memory = { 503, "memory", "There is no memory for this check" };
const struct problem problem_not_stopped = { 409, "not-stopped",
                                             "There is nothing to acknowledge" };

cx_status
reply_json(struct cx_buf *out, uint32_t seq, uint32_t status, struct cx_json *json)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_OP_MAX };
    cx_status s = cx_json_write(json, &text);

    cx_json_free(json);
    CX_TRY(s);
    op_put_reply(out, &(struct op_reply){ seq, status, cx_buf_str(&text) });
    return cx_buf_status(out);
}

struct cx_json *
problem_json(const struct problem *problem, const char *text)
{
    struct cx_json *o = cx_json_new_object();
    char type[80];

    (void)snprintf(type, sizeof(type), "/problems/%s", problem->type);
    return cx_json_whole(o, cx_json_set_text(o, "type", type) &&
                                cx_json_set_text(o, "title", problem->title) &&
                                cx_json_set_number(o, "status", problem->status) &&
                                cx_json_set(o, "detail", cx_json_new_outside(cx_str_of(text))));
}

cx_status
reply_problem(struct cx_buf *out, uint32_t seq, const struct problem *problem, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return reply_json(out, seq, problem->status, problem_json(problem, text));
}

/* A check without a verdict of the judge: FAIL, and why. */
struct cx_json *
interrupted_json(cx_str id, cx_str why)
{
    struct cx_json *o = cx_json_new_object();

    return cx_json_whole(o, cx_json_set_text(o, "state", "interrupted") &&
                                cx_json_set(o, "id", cx_json_new_string(id)) &&
                                cx_json_set_text(o, "verdict", "FAIL") &&
                                cx_json_set_text(o, "reason", "interrupted") &&
                                cx_json_set(o, "why", cx_json_new_outside(why)) &&
                                cx_json_set(o, "record", cx_json_new_null()));
}

/* What the judge said stands in the record; what the caller may rely on is this. */
struct cx_json *
late_json(struct cx_json *json)
{
    return cx_json_whole(json, cx_json_set_text(json, "verdict", "FAIL") &&
                                   cx_json_set_text(json, "reason", "late"));
}

cx_status
ledger_set_record(struct ledger *ledger, const struct cx_recorded *recorded, bool may_permit,
                  struct cx_json **json, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf permit = { .max = CX_PROOF_OCTETS_MAX };
    struct cx_recorded shown = *recorded;
    struct cx_json *record;
    cx_status s;

    may_permit = may_permit && !ledger->stopped.is &&
                 recorded->shard == cx_log_shard(ledger->log) &&
                 ledger_is_alive(ledger, recorded->time_ms, recorded->expires) &&
                 recent_find(ledger->spent, cx_span_of_hash(&recorded->digest)) == NULL;
    if (may_permit) {
        s = cx_recorder_permit(ledger->recorder, recorded, &permit, detail);
        if (s.code ==
            CX_E_LIMIT) { /* of too many names: whoever asked is told so, and no more comes of it */
            cx_buf_clear(&permit);
            may_permit = false;
            *json = cx_json_whole(*json, cx_json_set_text(*json, "why", detail->text));
        } else if (!cx_ok(s)) {
            return s;
        }
    }
    shown.expires = may_permit ? recorded->expires : CX_TIME_NONE;
    ledger->counts.permitted += may_permit ? 1 : 0;
    record = cx_recorded_to_json(&shown, cx_log_key(ledger->log)->name, cx_buf_str(&permit));
    *json = cx_json_whole(*json, cx_json_set(*json, "record", record));
    return *json != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"
#include "engine/problem.h"
#include "evidence/proof.h"

#include <stdarg.h>
#include <stdio.h>

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

struct cx_json *
finish_json(struct cx_json *json, const struct ledger_authority *authority, bool is_shadow,
            cx_time deadline)
{
    return cx_json_whole(json,
                         cx_json_set_text(json, "state", "finished") &&
                             cx_json_set_text(json, "authority", authority->name) &&
                             cx_json_set_text(json, "mode", is_shadow ? "shadow" : "enforce") &&
                             cx_json_set_moment(json, "deadline", deadline));
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

struct cx_json *
internal_problem_json(struct cx_json *json)
{
    struct cx_detail none = { .text = "" };

    return cx_json_whole(
        json,
        cx_json_set(json, "problem", cx_problem_of_status((cx_status){ CX_E_INTERNAL }, &none)));
}

cx_status
ledger_set_record(struct ledger *ledger, const struct cx_recorded *recorded, bool may_permit,
                  struct cx_json **json, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf permit = { .max = CX_PROOF_OCTETS_MAX };
    uint64_t now = ledger_now(ledger);
    struct cx_recorded shown = *recorded;
    struct cx_json *record;

    may_permit = may_permit && !ledger->stopped.is && recorded->expires != CX_TIME_NONE &&
                 recorded->shard == cx_log_shard(ledger->log) &&
                 (uint64_t)recorded->expires * 1000 > now &&
                 recent_find(ledger->spent, cx_span_of_hash(&recorded->digest)) == NULL;
    if (may_permit) {
        CX_TRY(cx_recorder_permit(ledger->recorder, recorded, &permit, detail));
        ledger->counts.permitted++;
    } else {
        shown.expires = CX_TIME_NONE;
    }
    record = cx_recorded_to_json(&shown, cx_log_key(ledger->log)->name, cx_buf_str(&permit));
    *json = cx_json_whole(*json, cx_json_set(*json, "record", record));
    return *json != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"
#include "engine/problem.h"
#include "evidence/proof.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A frame, less its head and the numbers in front of the text. */
#define REPLY_MAX (CX_OP_MAX - 64)

/* ---- results that no frame holds: many names with many records each, as their owner likes */

/* Some members of an object, as far as it has them. */
static struct cx_json *
some_of(const struct cx_json *object, const char *const *members, size_t n)
{
    struct cx_json *o = cx_json_new_object();
    bool ok = o != NULL;

    for (size_t i = 0; ok && i < n; i++) {
        const struct cx_json *value = cx_json_get(object, members[i]);

        ok = value == NULL || cx_json_set(o, members[i], cx_json_share(value));
    }
    return cx_json_whole(o, ok);
}

static struct cx_json *
brief_names(const struct cx_json *names)
{
    static const char *const kept[] = { "name",  "verdict",  "reason",
                                        "rules", "found_at", "records_at" };
    static const char *const emptied[] = { "notes", "records", "answers" };
    struct cx_json *array = cx_json_new_array();
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < cx_json_size(names); i++) {
        struct cx_json *o = some_of(cx_json_at(names, i), kept, CX_COUNT(kept));

        for (size_t k = 0; k < CX_COUNT(emptied); k++) {
            o = cx_json_whole(o, cx_json_set(o, emptied[k], cx_json_new_array()));
        }
        ok = cx_json_add(array, o);
    }
    return cx_json_whole(array, ok);
}

/* What a caller needs, and a note that the log has more. Takes json over, and gives it back. */
static struct cx_json *
brief_json(struct cx_json *json)
{
    static const char *const kept[] = { "type", "title", "status", "detail" };
    const struct cx_json *names = cx_json_get(json, "names");
    const struct cx_json *problem = cx_json_get(json, "problem");
    bool ok = cx_json_set(json, "names", brief_names(names)) &&
              cx_json_set(json, "brief", cx_json_new_bool(true));

    if (ok && cx_json_kind_of(problem) == CX_JSON_OBJECT) {
        ok = cx_json_set(json, "problem", some_of(problem, kept, CX_COUNT(kept)));
    }
    return cx_json_whole(json, ok);
}

/* Takes json over. */
static cx_status
write_reply(struct cx_json *json, struct cx_buf *text)
{
    cx_status s = cx_json_write(json, text);

    if (s.code == CX_E_LIMIT && cx_json_get(json, "names") != NULL) {
        cx_buf_done(text);
        cx_buf_init(text, REPLY_MAX);
        json = brief_json(json);
        s = cx_json_write(json, text);
    }
    cx_json_free(json);
    return s;
}

cx_status
reply_json(struct cx_buf *out, uint32_t seq, uint32_t status, struct cx_json *json)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = REPLY_MAX };

    CX_TRY(write_reply(json, &text));
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

/* Shards of one store are called alike, but for their number at the end. */
static void
log_of(const struct ledger *ledger, uint64_t shard, struct cx_buf *ret)
{
    const char *open_log = cx_log_key(ledger->log)->name, *end = strrchr(open_log, '/');

    cx_buf_printf(ret, "%.*s/%" PRIu64, end != NULL ? (int)(end - open_log) : 0, open_log, shard);
    cx_buf_putc(ret, '\0');
}

cx_status
ledger_set_record(struct ledger *ledger, const struct cx_recorded *recorded, bool may_permit,
                  struct cx_json **json, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf permit = { .max = CX_PROOF_OCTETS_MAX };
    CX_AUTO(cx_buf_done) struct cx_buf log = { .max = 4096 };
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
    log_of(ledger, recorded->shard, &log);
    CX_TRY(cx_buf_status(&log));
    record = cx_recorded_to_json(&shown, log.p, cx_buf_str(&permit));
    *json = cx_json_whole(*json, cx_json_set(*json, "record", record));
    return *json != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

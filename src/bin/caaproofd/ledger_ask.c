/* What callers ask of checks that are in the log, and what people do about stops. */
#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproofd/intake.h"
#include "bin/caaproofd/ledger_priv.h"
#include "engine/problem.h"
#include "engine/recall.h"
#include "engine/record_check.h"
#include "engine/result.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "evidence/start.h"

#include <stdio.h>

/* ---- keys, events */

cx_status
ledger_name_key(size_t authority, cx_str name, struct cx_arena *arena, cx_span *ret)
{
    uint8_t *key = cx_arena_get(arena, name.n + 1, 1);

    _Static_assert(CX_AUTHORITIES_MAX <= UINT8_MAX, "an authority is one octet here");
    if (key == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    key[0] = (uint8_t)authority;
    memcpy(key + 1, name.p, name.n);
    *ret = (cx_span){ key, name.n + 1 };
    return CX_SUCCESS;
}

cx_status
ledger_add_event(struct ledger *ledger, struct cx_event *event, struct cx_detail *detail)
{
    struct cx_noted noted;

    CX_TRY(cx_recorder_event(ledger->recorder, event, (cx_span){ NULL, 0 }, ledger_now(ledger),
                             &noted, detail));
    ledger->is_dirty = true;
    return CX_SUCCESS;
}

static cx_status
spend(struct ledger *ledger, const struct cx_hash *digest, enum spent how)
{
    const struct recent_fact fact = { .time_ms = ledger_now(ledger), .kind = (unsigned)how };

    return recent_put(ledger->spent, cx_span_of_hash(digest), &fact);
}

cx_status
ledger_void_late(struct ledger *ledger, const struct cx_recorded *recorded, cx_str id,
                 size_t authority, struct cx_detail *detail)
{
    struct cx_event event = {
        .type = CX_EVENT_LATE,
        .has_about = true,
        .about = recorded->digest,
        .has_authority = true,
        .authority = ledger->options->authorities[authority].key,
        .request = id,
    };

    CX_TRY(ledger_add_event(ledger, &event, detail));
    return spend(ledger, &recorded->digest, SPENT_LATE);
}

/* ---- one row of the open shard */

static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct row *to = ctx;

    to->got = *row;
    to->found = true;
    return cx_arena_copy(to->arena, row->record, &to->got.record);
}

static cx_status
row_of_key(struct ledger *ledger, cx_str key, struct row *ret, struct cx_detail *detail)
{
    uint64_t index = 0;

    CX_TRY(cx_log_find_request(ledger->log, key, &ret->found, &index, detail));
    if (!ret->found) {
        return CX_SUCCESS;
    }
    ret->found = false;
    CX_TRY(cx_log_rows(ledger->log, index, index + 1, take_row, ret, detail));
    return ret->found
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_STORE, "entry %llu is not there", (unsigned long long)index);
}

/* ---- an end that the log has */

static bool
may_know(const struct ledger *ledger, const struct known_query *query, bool has_authority,
         const struct cx_hash *authority)
{
    return has_authority &&
           ledger_may_use(query->authorities, ledger_authority_of(ledger, authority));
}

/* The same id for something else: whoever asks has made a mistake, and must hear of it. */
static bool
is_conflict(const struct known_query *query, bool has_body, const struct cx_hash *body)
{
    return query->body != NULL && (!has_body || !cx_hash_equal(body, query->body));
}

static cx_status
say_conflict(struct ledger *ledger, uint32_t seq, struct cx_buf *out)
{
    ledger->counts.conflicts++;
    return reply_problem(out, seq, &problem_conflict,
                         "another request has it already; give this one an id of its own");
}

struct saying {
    struct ledger *ledger;
    const struct known_query *query;
    struct cx_stored stored;
    struct cx_check *check;
    struct cx_buf *out;
    struct cx_detail *detail;
};

/* An authority may be in shadow mode now that was not when it was checked. */
static bool
may_still_permit(const struct ledger *ledger, const struct cx_record *record)
{
    size_t authority = ledger_authority_of(ledger, &record->authority);

    return record->has_authority && authority < ledger->options->n_authorities &&
           !ledger->options->authorities[authority].is_shadow;
}

/* As it was found then, not judged again, and told as it was told then. *json NULL: out of memory. */
static cx_status
recalled_json(struct saying *saying, const struct cx_log_row *row, struct cx_json **json,
              struct cx_recorded *recorded)
{
    const struct ledger *ledger = saying->ledger;
    struct cx_check *check = saying->check;
    struct cx_record record;
    struct cx_entry entry;
    size_t authority;

    CX_TRY(cx_stored_record(&saying->stored, row, &record, saying->detail));
    CX_TRY(cx_recall(saying->stored.recaller, &record, check, saying->detail));
    CX_TRY(cx_recall_findings(&record, check));
    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    *recorded = (struct cx_recorded){
        .shard = row->shard,
        .index = row->index,
        .time_ms = record.time_ms,
        .expires =
            may_still_permit(saying->ledger, &record) ? record.conclusion.expires : CX_TIME_NONE,
    };
    memcpy(recorded->digest.b, entry.digest, CX_HASH_SIZE);
    CX_TRY(cx_arena_copy(&check->arena, row->record, &recorded->record));
    authority = ledger_authority_of(ledger, &record.authority);
    *json = saying->query->problem ? cx_problem_set(check, cx_result_to_json(check))
                                   : cx_result_to_json(check);
    if (record.has_authority && authority != CX_AUTHORITIES_MAX) { /* may_know has seen to that */
        *json =
            finish_json(*json, &ledger->options->authorities[authority], record.is_shadow,
                        record.has_deadline ? (cx_time)(record.deadline_ms / 1000) : CX_TIME_NONE);
    }
    return *json != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

static cx_status
take_late(void *ctx, const struct cx_log_row *row)
{
    struct cx_event event;

    if (row->entry[1] == CX_ENTRY_EVENT && row->record.n != 0) {
        CX_TRY(cx_event_decode(row->record, &event, NULL));
        *(bool *)ctx |= event.type == CX_EVENT_LATE;
    }
    return CX_SUCCESS;
}

/* However long ago: a verdict that was late never becomes another. */
static cx_status
was_late(struct saying *saying, const struct cx_hash *digest, bool *ret)
{
    const struct recent_fact *spent = recent_find(saying->ledger->spent, cx_span_of_hash(digest));
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 256 };

    *ret = spent != NULL && spent->kind == SPENT_LATE;
    cx_log_key_about(digest, &key);
    CX_TRY(cx_buf_status(&key));
    return *ret ? CX_SUCCESS
                : cx_log_find(saying->stored.reader, cx_buf_str(&key), take_late, ret,
                              saying->detail);
}

static cx_status
say_recalled(struct saying *saying, struct cx_json *json, const struct cx_recorded *recorded)
{
    bool late = false;
    cx_status s = was_late(saying, &recorded->digest, &late);

    json = late ? late_json(json) : json;
    json = late && saying->query->problem ? internal_problem_json(json) : json;
    if (cx_ok(s)) {
        s = json == NULL
                ? (cx_status){ CX_E_NOMEM }
                : ledger_set_record(saying->ledger, recorded, !late, &json, saying->detail);
    }
    if (!cx_ok(s)) {
        cx_json_free(json);
        return s;
    }
    return reply_json(saying->out, saying->query->seq, 200, json);
}

static cx_status
say_row(void *ctx, const struct cx_log_row *row)
{
    struct saying *saying = ctx;
    struct cx_json *json = NULL;
    struct cx_recorded recorded;

    CX_TRY(recalled_json(saying, row, &json, &recorded));
    return say_recalled(saying, json, &recorded);
}

/* Objects are read as any reader reads them: what is asked for again is rare, and may be long ago. */
static cx_status
say_place(struct ledger *ledger, const struct known_query *query, uint64_t shard, uint64_t index,
          struct cx_buf *out, struct cx_detail *detail)
{
    struct saying saying = { ledger, query, { .reader = NULL }, cx_check_new(), out, detail };
    cx_status s = saying.check == NULL
                      ? (cx_status){ CX_E_NOMEM }
                      : cx_stored_open(ledger->options->store, &saying.stored, detail);

    if (cx_ok(s)) {
        s = cx_log_scan(saying.stored.reader, shard, index, index + 1, say_row, &saying, detail);
    }
    cx_check_free(saying.check);
    cx_stored_close(&saying.stored);
    return s;
}

static cx_status
say_check(struct ledger *ledger, const struct known_query *query, const struct cx_log_row *row,
          struct cx_arena *arena, struct cx_buf *out, struct cx_detail *detail)
{
    struct cx_record record;

    CX_TRY(cx_log_record(row, arena, &record, detail));
    if (!may_know(ledger, query, record.has_authority, &record.authority)) {
        return reply_problem(out, query->seq, &problem_forbidden,
                             "it was checked for another authority");
    }
    if (is_conflict(query, record.has_body, &record.body)) {
        return say_conflict(ledger, query->seq, out);
    }
    return say_place(ledger, query, row->shard, row->index, out, detail);
}

static cx_status
say_start(struct ledger *ledger, const struct known_query *query, const struct cx_log_row *row,
          struct cx_buf *out, struct cx_detail *detail)
{
    struct cx_json *json;
    struct cx_start start;

    CX_TRY(cx_start_decode(row->record, &start, detail));
    if (!may_know(ledger, query, start.has_authority, &start.authority)) {
        return reply_problem(out, query->seq, &problem_forbidden,
                             "it was asked for another authority");
    }
    if (is_conflict(query, true, &start.body)) {
        return say_conflict(ledger, query->seq, out);
    }
    json = interrupted_json(query->id, CX_STR("its check began and did not end"));
    json = query->problem ? internal_problem_json(json) : json;
    return json == NULL ? (cx_status){ CX_E_NOMEM } : reply_json(out, query->seq, 200, json);
}

/* ---- the same of shards that are sealed */

struct old_row {
    struct ledger *ledger;
    struct row row;
    cx_str key;
};

/* A name may be written as an id: only an entry that has the key as its request's is meant. */
static cx_status
take_old_row(void *ctx, const struct cx_log_row *row)
{
    struct old_row *old = ctx;
    bool meant = false;

    if (old->row.found || row->shard == cx_log_shard(old->ledger->log) || row->record.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_entry_has_key((enum cx_entry_kind)row->entry[1], row->record, CX_KEY_REQUEST,
                            old->key, &meant));
    return meant ? take_row(&old->row, row) : CX_SUCCESS;
}

static cx_status
old_row_of_key(struct ledger *ledger, cx_str key, struct row *ret, struct cx_detail *detail)
{
    struct old_row old = { ledger, { .arena = ret->arena }, key };

    if (ledger->older == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_log_find(ledger->older, key, take_old_row, &old, detail));
    *ret = old.row;
    return CX_SUCCESS;
}

cx_status
ledger_find_key(struct ledger *ledger, cx_str key, struct row *ret, struct cx_detail *detail)
{
    CX_TRY(row_of_key(ledger, key, ret, detail));
    return ret->found ? CX_SUCCESS : old_row_of_key(ledger, key, ret, detail);
}

cx_status
ledger_find_known(struct ledger *ledger, cx_str id, struct row *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf start = { .max = 2 * CX_REQUEST_ID_MAX };

    cx_log_key_start(id, &start);
    CX_TRY(cx_buf_status(&start));
    CX_TRY(row_of_key(ledger, id, ret, detail));
    if (!ret->found) {
        CX_TRY(row_of_key(ledger, cx_buf_str(&start), ret, detail));
    }
    if (!ret->found) {
        CX_TRY(old_row_of_key(ledger, id, ret, detail));
    }
    return ret->found ? CX_SUCCESS : old_row_of_key(ledger, cx_buf_str(&start), ret, detail);
}

/* What is appended, but not committed, has not happened: its own reply will tell of it. */
static bool
is_durable(const struct ledger *ledger, const struct cx_log_row *row)
{
    return row->shard != cx_log_shard(ledger->log) || row->index < ledger->durable;
}

static cx_status
say_found(struct ledger *ledger, const struct known_query *query, const struct row *row,
          struct cx_buf *out, struct cx_detail *detail)
{
    if (!is_durable(ledger, &row->got)) {
        return reply_problem(out, query->seq, &problem_conflict, "its check is under way");
    }
    return row->got.entry[1] == CX_ENTRY_CHECK
               ? say_check(ledger, query, &row->got, row->arena, out, detail)
               : say_start(ledger, query, &row->got, out, detail);
}

cx_status
ledger_digest_of_id(struct ledger *ledger, cx_str id, struct cx_hash *ret, bool *ret_found,
                    struct cx_detail *detail)
{
    struct cx_arena arena;
    struct row row = { .arena = &arena };
    struct cx_entry entry;
    cx_status s;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    s = ledger_find_known(ledger, id, &row, detail);
    if (cx_ok(s) && row.found) {
        s = cx_entry_read((cx_span){ row.got.entry, CX_ENTRY_SIZE }, &entry);
        if (cx_ok(s)) {
            memcpy(ret->b, entry.digest, CX_HASH_SIZE);
        }
    }
    *ret_found = cx_ok(s) && row.found;
    cx_arena_done(&arena);
    return s;
}

cx_status
ledger_say_known(struct ledger *ledger, const struct known_query *query, struct cx_buf *out,
                 bool *ret_found, struct cx_detail *detail)
{
    struct cx_arena arena;
    struct row row = { .arena = &arena };
    cx_status s;

    cx_arena_init(&arena, CX_CHECK_MEMORY);
    s = ledger_find_known(ledger, query->id, &row, detail);
    if (cx_ok(s) && row.found) {
        s = say_found(ledger, query, &row, out, detail);
    }
    *ret_found = cx_ok(s) && row.found;
    cx_arena_done(&arena);
    return s;
}

static cx_status
get(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out, struct cx_detail *detail)
{
    const struct known_query query = { op->seq, op->id, NULL, op->authorities, op->problem };
    bool found = false;

    if (start_of_id(ledger, op->id) != NULL) { /* of another front */
        return reply_problem(out, op->seq, &problem_conflict, "its check is under way");
    }
    CX_TRY(ledger_say_known(ledger, &query, out, &found, detail));
    return found ? CX_SUCCESS
                 : reply_problem(out, op->seq, &problem_unknown_id,
                                 "no check with this id was ever begun here");
}

/* ---- claims */

/* The permit that somebody wants to spend. */
struct claim {
    const struct op_ask *op;
    struct cx_arena *arena;
    struct row row;
    struct cx_record record;
    struct cx_hash digest;
    const struct problem *problem; /* NULL: it is granted */
    char why[160];
};

static void
refuse(struct claim *claim, const struct problem *problem, const char *why)
{
    claim->problem = problem;
    (void)snprintf(claim->why, sizeof(claim->why), "%s", why);
}

/* The last of all: no later check of any of its names, for this authority, was refused. */
static cx_status
look_at_names(const struct ledger *ledger, struct claim *claim)
{
    size_t authority = ledger_authority_of(ledger, &claim->record.authority);
    const cx_str *names;
    size_t n;

    CX_TRY(cx_record_key_names(&claim->record, claim->arena, &names, &n));
    for (size_t i = 0; i < n && claim->problem == NULL; i++) {
        const struct recent_fact *bad;
        cx_span key;

        CX_TRY(ledger_name_key(authority, names[i], claim->arena, &key));
        bad = recent_find(ledger->bad, key);
        if (bad != NULL &&
            (bad->shard > claim->row.got.shard ||
             (bad->shard == claim->row.got.shard && bad->index > claim->row.got.index))) {
            cx_str shown = cx_utf8_cut(names[i], 80);

            refuse(claim, &problem_not_positive, "");
            (void)snprintf(claim->why, sizeof(claim->why),
                           "%.*s was checked again since, and refused (%llu/%llu)", (int)shown.n,
                           shown.p, (unsigned long long)bad->shard, (unsigned long long)bad->index);
        }
    }
    return CX_SUCCESS;
}

static cx_status
look_at_permit(struct ledger *ledger, struct claim *claim, struct cx_detail *detail)
{
    const struct recent_fact *spent;
    struct cx_entry entry;

    CX_TRY(cx_log_record(&claim->row.got, claim->arena, &claim->record, detail));
    CX_TRY(cx_entry_read((cx_span){ claim->row.got.entry, CX_ENTRY_SIZE }, &entry));
    memcpy(claim->digest.b, entry.digest, CX_HASH_SIZE);
    spent = recent_find(ledger->spent, cx_span_of_hash(&claim->digest));
    if (!claim->record.has_authority ||
        !ledger_may_use(claim->op->authorities,
                        ledger_authority_of(ledger, &claim->record.authority))) {
        refuse(claim, &problem_forbidden, "it was checked for another authority");
    } else if (claim->record.conclusion.expires == CX_TIME_NONE ||
               !may_still_permit(ledger, &claim->record)) {
        refuse(claim, &problem_no_permit, "its check ended without a permit");
    } else if (!ledger_is_alive(ledger, claim->record.time_ms, claim->record.conclusion.expires)) {
        refuse(claim, &problem_expired, "check again before signing");
    } else if (spent != NULL) {
        refuse(claim, &problem_spent,
               spent->kind == SPENT_LATE ? "its check was complete after its deadline"
                                         : "one permit, one signature: check again");
    }
    return claim->problem == NULL ? look_at_names(ledger, claim) : CX_SUCCESS;
}

static struct cx_json *
claimed_json(const struct ledger *ledger, const struct claim *claim)
{
    struct cx_json *o = cx_json_new_object();

    return cx_json_whole(o,
                         cx_json_set_text(o, "state", "claimed") &&
                             cx_json_set(o, "id", cx_json_new_string(claim->op->id)) &&
                             cx_json_set_moment(o, "time", (cx_time)(ledger_now(ledger) / 1000)) &&
                             cx_json_set_moment(o, "expires", claim->record.conclusion.expires));
}

static cx_status
wait_problem(struct ledger *ledger, uint32_t seq, const struct problem *problem, const char *why)
{
    const struct pending p = { .seq = seq,
                               .status = problem->status,
                               .json = problem_json(problem, why) };

    return p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(ledger, &p);
}

/* Granted or refused, it is in the log before anybody hears of it. */
static cx_status
end_claim(struct ledger *ledger, const struct claim *claim, struct cx_detail *detail)
{
    struct cx_event event = {
        .type = claim->problem == NULL ? CX_EVENT_CLAIM : CX_EVENT_CLAIM_REFUSED,
        .has_about = true,
        .about = claim->digest,
        .by = claim->op->caller,
        .why = cx_str_of(claim->problem == NULL ? "" : claim->why),
        .has_authority = claim->record.has_authority,
        .authority = claim->record.authority,
        .request = claim->op->id,
    };
    struct pending p = { .seq = claim->op->seq, .status = 200 };

    CX_TRY(ledger_add_event(ledger, &event, detail));
    if (claim->problem != NULL) {
        ledger->counts.claims_refused++;
        return wait_problem(ledger, claim->op->seq, claim->problem, claim->why);
    }
    ledger->counts.claimed++;
    CX_TRY(spend(ledger, &claim->digest, SPENT_CLAIMED));
    p.json = claimed_json(ledger, claim);
    return p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(ledger, &p);
}

static cx_status
claim_in(struct ledger *ledger, struct claim *claim, struct cx_buf *out, struct cx_detail *detail)
{
    CX_TRY(row_of_key(ledger, claim->op->id, &claim->row, detail));
    if (!claim->row.found) {
        return reply_problem(out, claim->op->seq, &problem_unknown_id,
                             "no check with this id is in the open log");
    }
    if (!is_durable(ledger, &claim->row.got)) { /* nobody knows yet whether it is in time */
        return reply_problem(out, claim->op->seq, &problem_conflict, "its check is under way");
    }
    CX_TRY(look_at_permit(ledger, claim, detail));
    return end_claim(ledger, claim, detail);
}

static cx_status
claim(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out, struct cx_detail *detail)
{
    struct cx_arena arena;
    struct claim claim = { .op = op, .arena = &arena, .row = { .arena = &arena } };
    cx_status s;

    if (ledger->stopped.is) {
        return reply_problem(out, op->seq, &problem_stopped, "%s", ledger->stopped.why);
    }
    cx_arena_init(&arena, CX_CHECK_MEMORY);
    s = claim_in(ledger, &claim, out, detail);
    cx_arena_done(&arena);
    return s;
}

/* ---- stops, and what people say */

void
ledger_add_cause(struct stopped *stopped, uint64_t since_ms, cx_str by, cx_str why)
{
    size_t n = stopped->is ? strlen(stopped->why) : 0;
    const char *between = n != 0 ? "; " : "";
    cx_str shown = { NULL, 0 };

    if (!stopped->is) {
        *stopped = (struct stopped){ .is = true, .since_ms = since_ms };
    }
    if (n + strlen(between) < STOP_TEXT) {
        shown = cx_utf8_cut(why, STOP_TEXT - 1 - n - strlen(between));
    }
    if (shown.n != 0) {
        (void)snprintf(stopped->why + n, STOP_TEXT - n, "%s%.*s", between, (int)shown.n, shown.p);
    }
    (void)snprintf(stopped->by, STOP_TEXT, "%.*s", ledger_cut(by), by.n != 0 ? by.p : "");
    stopped->is_logged = false;
}

static bool
was_told(const struct stopped *stopped, cx_str known)
{
    return stopped->is && known.n != 0 &&
           memmem(stopped->why, strlen(stopped->why), known.p, known.n) != NULL;
}

/* It holds from now on, whether or not it can be written. A cause that comes while another holds is one more to look at. */
cx_status
ledger_stop(struct ledger *ledger, cx_str by, cx_str known, cx_str why, struct cx_detail *detail)
{
    struct cx_event event = { .type = CX_EVENT_STOP, .by = by, .why = why };
    bool before = ledger->stopped.is && !ledger->stopped.is_logged; /* goes with the next turn */

    if (was_told(&ledger->stopped, known)) {
        return CX_SUCCESS;
    }
    ledger_add_cause(&ledger->stopped, ledger_now(ledger), by, why);
    CX_TRY(ledger_add_event(ledger, &event, detail));
    ledger->stopped.is_logged = !before;
    return CX_SUCCESS;
}

static cx_status
say_simply(struct ledger *ledger, uint32_t seq, const char *state)
{
    struct cx_json *o = cx_json_new_object();
    struct pending p = { .seq = seq, .status = 200 };

    p.json = cx_json_whole(o, cx_json_set_text(o, "state", state));
    return p.json == NULL ? (cx_status){ CX_E_NOMEM } : ledger_wait(ledger, &p);
}

static cx_status
stop(struct ledger *ledger, const struct op_ask *op, struct cx_detail *detail)
{
    cx_str why = op->text.n != 0 ? op->text : CX_STR("no cause was given");

    CX_TRY(ledger_stop(ledger, op->caller, CX_STR(""), why, detail));
    return say_simply(ledger, op->seq, "stopped");
}

static cx_status
acknowledge(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out,
            struct cx_detail *detail)
{
    struct cx_event event = {
        .type = CX_EVENT_ACKNOWLEDGED,
        .by = op->caller,
        .why = op->text,
    };

    if (op->text.n == 0) {
        return reply_problem(out, op->seq, &problem_request, "\"why\" is needed: what was found");
    }
    if (!ledger->stopped.is) {
        return reply_problem(out, op->seq, &problem_not_stopped, "permits are being given");
    }
    CX_TRY(ledger_add_event(ledger, &event, detail));
    ledger->stopped = (struct stopped){ .is = false };
    (void)snprintf(ledger->stopped.why, STOP_TEXT, "%.*s: %.*s", ledger_cut(op->caller),
                   op->caller.p, ledger_cut(op->text), op->text.p);
    memset(ledger->own_minute, 0, sizeof(ledger->own_minute)); /* it may still be so */
    return say_simply(ledger, op->seq, "running");
}

/* There is no such thing; that somebody wanted it is kept. */
static cx_status
refuse_override(struct ledger *ledger, const struct op_ask *op, struct cx_detail *detail)
{
    struct cx_event event = {
        .type = CX_EVENT_OVERRIDE_REFUSED,
        .by = op->caller,
        .why = op->text,
        .request = op->id,
    };

    CX_TRY(ledger_add_event(ledger, &event, detail));
    ledger->counts.overrides++;
    return wait_problem(ledger, op->seq, &problem_no_override,
                        "a verdict is changed by DNS, and by a new check; this request was "
                        "recorded");
}

static cx_status
ask(struct ledger *ledger, enum op kind, const struct op_ask *op, struct cx_buf *out,
    struct cx_detail *detail)
{
    if (kind != OP_STOP && kind != OP_ACK && kind != OP_ISSUED && !intake_is_id(op->id)) {
        return reply_problem(out, op->seq, &problem_request, "this is no id of a check");
    }
    if (kind != OP_GET && kind != OP_ISSUED && kind != OP_STOP &&
        ledger_clock_is_wrong(ledger,
                              detail)) { /* the others append, and a stop holds all the same */
        return reply_problem(out, op->seq, &problem_clock, "%s", detail->text);
    }
    switch (kind) {
    case OP_GET:
        return get(ledger, op, out, detail);
    case OP_CLAIM:
        return claim(ledger, op, out, detail);
    case OP_STOP:
        return stop(ledger, op, detail);
    case OP_ACK:
        return acknowledge(ledger, op, out, detail);
    case OP_OVERRIDE:
        return refuse_override(ledger, op, detail);
    case OP_ISSUE:
        return ledger_issue(ledger, op, out, detail);
    case OP_ISSUED:
        return ledger_say_issued(ledger, op, out, detail);
    case OP_START:
    case OP_FINISH:
    case OP_ABANDON:
    case OP_TILE:
    case OP_STARTED:
    case OP_REPLY:
    case OP_STATUS:
    case OP_OCTETS:
    case OP_END:
        break;
    }
    return cx_fail(detail, CX_E_FRAME, "an operation that no front of ours would send");
}

cx_status
ledger_ask(struct ledger *ledger, enum op kind, const struct op_ask *op, struct cx_buf *out,
           struct cx_detail *detail)
{
    cx_status s;

    CX_TRY(ledger_begun(ledger, detail));
    s = ask(ledger, kind, op, out, detail);
    if (s.code == CX_E_CLOCK) { /* nothing was appended */
        s = reply_problem(out, op->seq, &problem_clock, "%s", detail->text);
    }
    return ledger_ended(ledger, s);
}

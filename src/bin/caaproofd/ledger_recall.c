/* What the log says of the time before: starts without an end, permits that are spent, names that were refused, and whether
 * permits are given at all. Nothing but the log is asked, so a crash loses nothing of it. */
#include "base/limits.h"
#include "bin/caaproofd/ledger_priv.h"
#include "evidence/entry_keys.h"
#include "evidence/event.h"
#include "evidence/start.h"

#include <search.h>

/* A start that no check has ended so far. */
struct begun {
    struct begun *next;
    cx_str id;
    bool has_authority;
    struct cx_hash authority;
    bool has_ended;
};

/* A positive check that may have been durable too late. */
struct doubted {
    struct doubted *next;
    struct cx_recorded recorded;
    cx_str id;
    size_t authority;
};

struct recalling {
    struct ledger *ledger;
    struct cx_arena arena; /* of starts */
    struct cx_arena row;   /* of one row */
    struct begun *begun;   /* newest first */
    void *by_id;
    struct doubted *doubted;
    uint64_t last_commit; /* first entry of it */
    struct cx_detail *detail;
};

/* ---- starts */

static int
compare_begun(const void *a, const void *b)
{
    const struct begun *left = a, *right = b;

    if (left->id.n != right->id.n) {
        return left->id.n < right->id.n ? -1 : 1;
    }
    return left->id.n == 0 ? 0 : memcmp(left->id.p, right->id.p, left->id.n);
}

static cx_status
take_start(struct recalling *r, const struct cx_log_row *row)
{
    struct begun *begun = cx_arena_get(&r->arena, 1, sizeof(*begun));
    struct cx_start start;

    CX_TRY(cx_start_decode(row->record, &start, r->detail));
    if (begun == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_arena_text(&r->arena, start.request, &begun->id));
    begun->has_authority = start.has_authority;
    begun->authority = start.authority;
    begun->next = r->begun;
    r->begun = begun;
    return tsearch(begun, &r->by_id, compare_begun) != NULL ? CX_SUCCESS
                                                            : (cx_status){ CX_E_NOMEM };
}

static void
end_of(struct recalling *r, cx_str id)
{
    struct begun wanted = { .id = id };
    struct begun *const *found = tfind(&wanted, &r->by_id, compare_begun);

    if (found != NULL) {
        (*found)->has_ended = true;
    }
}

/* ---- checks */

static cx_status
spend(struct recalling *r, const struct cx_hash *digest, enum spent how, uint64_t time_ms)
{
    const struct recent_fact fact = { .time_ms = time_ms, .kind = (unsigned)how };

    return recent_put(r->ledger->spent, cx_span_of_hash(digest), &fact);
}

/* Nobody knows whether the disk had the checks of the log's last commit before their deadlines, if these are over now: what is not
 * known permits nothing (R-PRF-1). Of every commit before, the next one says which of its checks were late. */
static bool
may_be_late(const struct recalling *r, const struct cx_log_row *row, const struct cx_record *record)
{
    return record->has_deadline && record->conclusion.expires != CX_TIME_NONE &&
           row->shard == cx_log_shard(r->ledger->log) && row->index >= r->last_commit &&
           record->deadline_ms < ledger_latest(r->ledger);
}

static cx_status
doubt(struct recalling *r, const struct cx_log_row *row, const struct cx_record *record)
{
    struct doubted *doubted = cx_arena_get(&r->arena, 1, sizeof(*doubted));
    struct cx_entry entry;

    if (doubted == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    memcpy(doubted->recorded.digest.b, entry.digest, CX_HASH_SIZE);
    CX_TRY(cx_arena_text(&r->arena, record->request, &doubted->id));
    doubted->authority = ledger_authority_of(r->ledger, &record->authority);
    doubted->next = r->doubted;
    r->doubted = doubted;
    return CX_SUCCESS;
}

static cx_status
take_check(struct recalling *r, const struct cx_log_row *row)
{
    struct cx_record record;

    CX_TRY(cx_log_record(row, &r->row, &record, r->detail));
    CX_TRY(ledger_note_check(r->ledger, &record, row->shard, row->index, &r->row));
    end_of(r, record.request);
    return may_be_late(r, row, &record) ? doubt(r, row, &record) : CX_SUCCESS;
}

static cx_status
take_event(struct recalling *r, const struct cx_log_row *row)
{
    struct cx_event event;

    CX_TRY(cx_event_decode(row->record, &event, r->detail));
    switch (event.type) {
    case CX_EVENT_CLAIM:
        return spend(r, &event.about, SPENT_CLAIMED, event.time_ms);
    case CX_EVENT_LATE:
        return spend(r, &event.about, SPENT_LATE, event.time_ms);
    case CX_EVENT_INTERRUPTED:
        end_of(r, event.request);
        return CX_SUCCESS;
    case CX_EVENT_UNSET:
    case CX_EVENT_CLAIM_REFUSED:
    case CX_EVENT_ISSUANCE:
    case CX_EVENT_STOP: /* by its key, however long ago */
    case CX_EVENT_ACKNOWLEDGED:
    case CX_EVENT_OVERRIDE_REFUSED:
        break;
    }
    return CX_SUCCESS;
}

static cx_status
take_row(void *ctx, const struct cx_log_row *row)
{
    struct recalling *r = ctx;

    cx_arena_reset(&r->row);
    if (row->record.n == 0) {
        return CX_SUCCESS; /* deleted by retention, long ago */
    }
    switch (row->entry[1]) {
    case CX_ENTRY_CHECK:
        return take_check(r, row);
    case CX_ENTRY_START:
        return take_start(r, row);
    case CX_ENTRY_EVENT:
        return take_event(r, row);
    default:
        return CX_SUCCESS;
    }
}

/* ---- how far back */

static cx_status
take_time(void *ctx, const struct cx_log_row *row)
{
    struct cx_entry entry;

    CX_TRY(cx_entry_read((cx_span){ row->entry, CX_ENTRY_SIZE }, &entry));
    *(uint64_t *)ctx = entry.time_ms;
    return CX_SUCCESS;
}

/* The first row of the open shard that is not older than that. Times in a log never go back. */
static cx_status
first_since(struct ledger *ledger, uint64_t since_ms, uint64_t end, uint64_t *ret,
            struct cx_detail *detail)
{
    uint64_t low = 0, high = end;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2, time_ms = 0;

        CX_TRY(cx_log_rows(ledger->log, middle, middle + 1, take_time, &time_ms, detail));
        if (time_ms < since_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret = low;
    return CX_SUCCESS;
}

static cx_status
scan_open_shard(struct recalling *r, uint64_t since_ms)
{
    uint64_t end = cx_log_size(r->ledger->log), first = 0;

    CX_TRY(first_since(r->ledger, since_ms, end, &first, r->detail));
    return cx_log_rows(r->ledger->log, first, end, take_row, r, r->detail);
}

/* Shards that were sealed within that time, whole. */
static cx_status
scan_sealed_shards(struct recalling *r, uint64_t since_ms)
{
    struct cx_log_reader *reader = r->ledger->older;

    for (size_t i = 0; reader != NULL && i < cx_log_reader_shards(reader); i++) {
        const struct cx_log_shard_info *info = cx_log_reader_shard(reader, i);

        if (info->number != cx_log_shard(r->ledger->log) && info->last_ms >= since_ms) {
            CX_TRY(cx_log_scan(reader, info->number, 0, info->size, take_row, r, r->detail));
        }
    }
    return CX_SUCCESS;
}

/* ---- stops: the entries of their key tell, back to the newest acknowledgement */

struct stop_found {
    bool is_over; /* what is older was acknowledged */
    struct stopped stopped;
};

static cx_status
take_stop(void *ctx, const struct cx_log_row *row)
{
    struct stop_found *found = ctx;
    struct cx_event event;
    struct cx_detail detail;

    if (found->is_over || row->entry[1] != CX_ENTRY_EVENT || row->record.n == 0) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_event_decode(row->record, &event, &detail));
    if (event.type == CX_EVENT_STOP) {
        ledger_add_cause(&found->stopped, event.time_ms, event.by, event.why);
        found->stopped.since_ms = event.time_ms; /* the older one comes later */
        found->stopped.is_logged = true;
    } else {
        found->is_over = true;
    }
    return CX_SUCCESS;
}

static cx_status
recall_stop(struct recalling *r, struct cx_log_reader *reader)
{
    CX_AUTO(cx_buf_done) struct cx_buf key = { .max = 64 };
    struct stop_found found = { .is_over = false };

    cx_log_key_stop(&key);
    CX_TRY(cx_buf_status(&key));
    CX_TRY(cx_log_find(reader, cx_buf_str(&key), take_stop, &found, r->detail));
    r->ledger->stopped = found.stopped;
    return CX_SUCCESS;
}

/* ---- all of it */

static cx_status
interrupt_begun(struct recalling *r)
{
    for (const struct begun *begun = r->begun; begun != NULL; begun = begun->next) {
        struct cx_event event = {
            .type = CX_EVENT_INTERRUPTED,
            .why = CX_STR("the recorder ended before the check did"),
            .has_authority = begun->has_authority,
            .authority = begun->authority,
            .request = begun->id,
        };

        if (!begun->has_ended) {
            CX_TRY(ledger_add_event(r->ledger, &event, r->detail));
            r->ledger->counts.interrupted++;
        }
    }
    return CX_SUCCESS;
}

/* For ever: the next opening must not see it otherwise. */
static cx_status
void_doubted(struct recalling *r)
{
    for (const struct doubted *d = r->doubted; d != NULL; d = d->next) {
        if (d->authority != CX_AUTHORITIES_MAX &&
            recent_find(r->ledger->spent, cx_span_of_hash(&d->recorded.digest)) == NULL) {
            CX_TRY(ledger_void_late(r->ledger, &d->recorded, d->id, d->authority, r->detail));
            r->ledger->counts.late++;
        }
    }
    return CX_SUCCESS;
}

static void
forget_begun(struct recalling *r)
{
    for (struct begun *begun = r->begun; begun != NULL; begun = begun->next) {
        (void)tdelete(begun, &r->by_id, compare_begun);
    }
}

static cx_status
recall_all(struct recalling *r)
{
    struct ledger *ledger = r->ledger;
    /* By the log's time, not by a clock that may be wrong now and right again. */
    uint64_t last = cx_log_last(ledger->log)->time_ms;
    uint64_t since_ms = last > ledger->horizon_ms ? last - ledger->horizon_ms : 0;
    struct cx_log_reader *reader = NULL;
    cx_status s;

    CX_TRY(cx_log_reader_open(ledger->options->store, &reader, r->detail));
    s = recall_stop(r, reader);
    if (cx_log_reader_shards(reader) > 1) {
        ledger->older = reader;
    } else {
        cx_log_reader_close(reader);
    }
    CX_TRY(s);
    CX_TRY(cx_log_last_commit(ledger->log, &r->last_commit, r->detail));
    CX_TRY(scan_sealed_shards(r, since_ms));
    CX_TRY(scan_open_shard(r, since_ms));
    CX_TRY(void_doubted(r));
    return interrupt_begun(r);
}

cx_status
ledger_recall(struct ledger *ledger, struct cx_detail *detail)
{
    struct recalling r = { .ledger = ledger, .detail = detail };
    cx_status s;

    cx_arena_init(&r.arena, CX_LEDGER_MEMORY);
    cx_arena_init(&r.row, CX_CHECK_MEMORY);
    s = recall_all(&r);
    forget_begun(&r);
    cx_arena_done(&r.arena);
    cx_arena_done(&r.row);
    return s;
}

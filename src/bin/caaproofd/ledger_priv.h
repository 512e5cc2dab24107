/* Shared by ledger*.c. */
#ifndef CAAPROOFD_LEDGER_PRIV_H
#define CAAPROOFD_LEDGER_PRIV_H

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/ledger.h"
#include "bin/caaproofd/problems.h"
#include "bin/caaproofd/recent.h"
#include "engine/stored.h"

#include <sys/queue.h>

/* A start that has no end yet. */
struct start {
    TAILQ_ENTRY(start) next; /* oldest first */
    uint32_t seq;
    uint32_t authority;
    char *texts; /* of id, caller, previous */
    cx_str id;
    cx_str caller;
    cx_str previous;
    struct cx_hash digest;
    uint64_t received_ms; /* by our clock */
    uint64_t deadline_ms;
    bool is_logged;
    bool wants_problem;
    enum cx_verdict own_verdict; /* the caller's; UNSET: not given */
    struct cx_check *check;      /* with the answers so far */
};

TAILQ_HEAD(starts, start);

/* Said when what was appended is durable. */
struct pending {
    uint32_t seq;
    uint32_t status; /* of HTTP */
    struct cx_json *json;
    bool wants_permit; /* "record" is added to json, with the permit if there may be one */
    bool is_late;
    bool wants_problem;
    uint64_t deadline_ms; /* 0: none */
    uint32_t authority;
    cx_str id; /* borrowed from the record */
    struct cx_recorded recorded;
    struct cx_check *check; /* owned: what recorded borrows */
};

/* Why nothing is permitted; or what was said when that ended. */
#define STOP_TEXT 200
struct stopped {
    bool is;
    bool is_logged; /* with all its causes; else it is once the clock is right again */
    uint64_t since_ms;
    char why[STOP_TEXT]; /* each cause, as far as there is room */
    char by[STOP_TEXT];  /* who said the last one; empty: the daemon */
};

/* One row of the log; its record lives in arena. */
struct row {
    struct cx_arena *arena;
    struct cx_log_row got;
    bool found;
};

/* Octets of text that have a place there, for printf. */
static inline int
ledger_cut(cx_str text)
{
    return (int)(text.n < STOP_TEXT ? text.n : STOP_TEXT - 1);
}
/* One more cause of a stop, or the first. */
void ledger_add_cause(struct stopped *stopped, uint64_t since_ms, cx_str by, cx_str why);

/* Kinds of facts about permits. */
enum spent {
    SPENT_CLAIMED = 1,
    SPENT_LATE,
};

struct ledger {
    const struct ledger_options *options;
    struct cx_log *log;
    struct cx_recorder *recorder;
    struct start **by_seq; /* starts_max places */
    void *by_id;           /* tree of open starts */
    struct starts open;
    size_t n_open;
    struct pending *pending;
    size_t n_pending;
    size_t room;
    bool is_dirty;               /* something was appended since the last commit */
    bool has_failed;             /* I5 */
    uint64_t durable;            /* entries of the open shard that are committed */
    struct cx_log_reader *older; /* NULL: no shard is sealed */
    struct recent *spent;        /* by digest of the record */
    struct recent *bad;          /* by authority and name: the last check that was not positive */
    uint64_t horizon_ms;         /* how long both are kept */
    struct stopped stopped;
    uint64_t own_minute[CX_AUTHORITIES_MAX]; /* of the clock, in which OWN was looked at last */
    struct {
        uint64_t started, finished, permitted, denied, failed, late, interrupted, claimed,
            claims_refused, conflicts, overrides, shadow_differs, issuances,
            issuances_without_permit;
    } counts;
};

static inline cx_span
cx_span_of_hash(const struct cx_hash *hash)
{
    return (cx_span){ hash->b, CX_HASH_SIZE };
}

uint64_t ledger_now(const struct ledger *ledger);
/* I7. */
bool ledger_clock_is_wrong(const struct ledger *ledger, struct cx_detail *detail);
/* I8: the clock, or the log's last time if that is later. */
uint64_t ledger_latest(const struct ledger *ledger);
/* Whether a permit that was made at time_ms may be used still. One that is older than what is remembered of claims may not. */
bool ledger_is_alive(const struct ledger *ledger, uint64_t time_ms, cx_time expires);
/* I5: before, and after, whatever uses the log. */
cx_status ledger_begun(const struct ledger *ledger, struct cx_detail *detail) CX_MUST;
cx_status ledger_ended(struct ledger *ledger, cx_status status) CX_MUST;
bool ledger_may_use(uint64_t authorities, size_t authority);
/* CX_AUTHORITIES_MAX if there is none with that key. */
size_t ledger_authority_of(const struct ledger *ledger, const struct cx_hash *key);

/* ---- ledger_reply.c: what is said, at once */

cx_status reply_problem(struct cx_buf *out, uint32_t seq, const struct problem *problem,
                        const char *fmt, ...) CX_PRINTF(4, 5) CX_MUST;
/* Takes json over. */
cx_status reply_json(struct cx_buf *out, uint32_t seq, uint32_t status, struct cx_json *json)
    CX_MUST;
/* {"id","state":"interrupted",...}. NULL when out of memory. */
struct cx_json *interrupted_json(cx_str id, cx_str why);
/* "problem" of a result that is interrupted or late, which is our failure and no verdict on the applicant's DNS. Takes json over. */
struct cx_json *internal_problem_json(struct cx_json *json);

/* What a result has beside the engine's members, but for "record". Takes json over, and gives it back. */
struct cx_json *finish_json(struct cx_json *json, const struct ledger_authority *authority,
                            bool is_shadow, cx_time deadline);

/* The verdict that a result becomes if it was durable too late. Takes json over, and gives it back. */
struct cx_json *late_json(struct cx_json *json);

/* Takes over what p owns. */
cx_status ledger_wait(struct ledger *ledger, const struct pending *p) CX_MUST;
/* The permit of what is recorded, if there may be one, as "record" of json, which is taken over and given back. */
cx_status ledger_set_record(struct ledger *ledger, const struct cx_recorded *recorded,
                            bool may_permit, struct cx_json **json, struct cx_detail *detail)
    CX_MUST;

/* ---- ledger_check.c */

struct start *start_of_id(const struct ledger *ledger, cx_str id);
void start_end(struct ledger *ledger, struct start *start);
cx_status start_log(struct ledger *ledger, struct start *start, struct cx_detail *detail) CX_MUST;
cx_status start_interrupt(struct ledger *ledger, struct start *start, const char *why,
                          struct cx_detail *detail) CX_MUST;
/* The event that voids a permit, and the fact of it. */
cx_status ledger_void_late(struct ledger *ledger, const struct cx_recorded *recorded, cx_str id,
                           size_t authority, struct cx_detail *detail) CX_MUST;
/* A check that is in the log now: its names, if it was not positive. */
cx_status ledger_note_check(struct ledger *ledger, const struct cx_record *record, uint64_t shard,
                            uint64_t index, struct cx_arena *arena) CX_MUST;

/* ---- ledger_ask.c */

/* An end that the log has: says it, for a caller who asks or asks again. body, if given, must be that of the request. *ret_found
 * false: nothing is known of the id. */
struct known_query {
    uint32_t seq;
    cx_str id;
    const struct cx_hash *body; /* NULL: whoever asks may know */
    uint64_t authorities;
    bool problem;
};
cx_status ledger_say_known(struct ledger *ledger, const struct known_query *query,
                           struct cx_buf *out, bool *ret_found, struct cx_detail *detail) CX_MUST;
/* The digest of the record that a request id has in the open shard: of its check, else of its start. */
cx_status ledger_digest_of_id(struct ledger *ledger, cx_str id, struct cx_hash *ret,
                              bool *ret_found, struct cx_detail *detail) CX_MUST;
/* The check that has the id, else the start, in the open shard or before it. */
cx_status ledger_find_known(struct ledger *ledger, cx_str id, struct row *ret,
                            struct cx_detail *detail) CX_MUST;
/* The entry that has that key as a request's (evidence/entry_keys.h), the same way. */
cx_status ledger_find_key(struct ledger *ledger, cx_str key, struct row *ret,
                          struct cx_detail *detail) CX_MUST;
/* Of "bad": one authority's check of one name says nothing of another's. */
cx_status ledger_name_key(size_t authority, cx_str name, struct cx_arena *arena, cx_span *ret)
    CX_MUST;
struct cx_event;
cx_status ledger_add_event(struct ledger *ledger, struct cx_event *event, struct cx_detail *detail)
    CX_MUST;
/* by n == 0: the recorder itself. */
/* known: the cause is none that comes anew if that was told already; empty: it is one each time. */
cx_status ledger_stop(struct ledger *ledger, cx_str by, cx_str known, cx_str why,
                      struct cx_detail *detail) CX_MUST;

/* ---- ledger_issue.c: certificates that were signed */

cx_status ledger_issue(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out,
                       struct cx_detail *detail) CX_MUST;
/* What events say of the permit of a record of that time. */
struct permit_facts {
    bool is_late;
    bool is_claimed;
};
cx_status ledger_permit_facts(struct ledger *ledger, const struct cx_hash *record, uint64_t time_ms,
                              struct permit_facts *ret, struct cx_detail *detail) CX_MUST;

/* ---- ledger_issued.c: what is told of them */

/* An issuance in the log. */
struct issued {
    uint64_t shard;
    uint64_t index;
    const struct cx_event *event;
    const struct cx_issued *certificate; /* NULL: its octets are not at hand */
    struct row *row;                     /* of the check with its request id */
};
/* NULL when out of memory. */
struct cx_json *issued_json(const struct ledger *ledger, const struct issued *issued);
cx_status ledger_say_issued(struct ledger *ledger, const struct op_ask *op, struct cx_buf *out,
                            struct cx_detail *detail) CX_MUST;

/* ---- ledger_recall.c: what the log says of the time before */

cx_status ledger_recall(struct ledger *ledger, struct cx_detail *detail) CX_MUST;

#endif

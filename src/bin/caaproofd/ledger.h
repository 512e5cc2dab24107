/* What the recorder does, without its sockets: starts, checks, claims and events go into the log, and nothing is answered
 * before the disk has it.
 * I1: one request id, one end: a check is recorded at most once for it, and what it ended with stays, also after a restart.
 * I2: a permit leaves only for a check that is committed before its deadline, by an authority that is not in shadow mode, while no
 * stop holds. One that was committed too late is void for ever (an event says so).
 * I3: the verdict is the recorder's own, of the answers it was given. A front that says another is a stop.
 * I4: a start that finds no end is interrupted: at the front's end, and at the next opening after our own.
 * I5: after a failure nothing is answered or written any more: the ledger can only be closed. Not after MALFORMED.
 * I6: a check of the daemon's own (a canary) is never a permit, goes on while a stop holds, and is one itself if its verdict is
 * positive, by front's word or ours.
 * I7: while the clock is behind the log, nothing is begun or appended, and whoever asks hears of it; it is no failure.
 * I8: time does not go back: what expired once, by the clock or by the log, stays so. */
#ifndef CAAPROOFD_LEDGER_H
#define CAAPROOFD_LEDGER_H

#include "bin/caaproofd/ops.h"
#include "engine/recorder.h"

struct ledger_authority {
    const char *name;
    struct cx_hash key;
    const struct cx_json *defaults; /* of a request */
    bool is_shadow;
    bool needs_claim;
    uint32_t life_s;
};

/* All is borrowed until the ledger is closed. */
struct ledger_options {
    const char *store;
    const char *keys; /* NULL: the store's path + ".keys" */
    struct cx_recorder_options recorder;
    const struct ledger_authority *authorities;
    size_t n_authorities;
    size_t starts_max;        /* under way at once */
    uint64_t deadline_max_ms; /* no check has longer, whatever front says; 0: CX_DEADLINE_MAX_S */
    cx_str canary;            /* caller of the daemon's own checks; n == 0: there are none */
    /* Whether the issuer domain names that are in force now for authority i are those that it publishes. NULL: nobody knows.
     * Classes: NOMEM; any other is a mismatch, and a stop. */
    cx_status (*own_check)(void *ctx, size_t authority, cx_time now, struct cx_detail *detail);
    void *own_ctx;
    uint64_t (*now_ms)(void *ctx); /* NULL: the wall clock */
    void *now_ctx;
};

struct ledger;

/* opened is what opening the log found. Starts of a former life are interrupted before it returns. Classes: those of
 * cx_log_open, LIMIT. */
cx_status ledger_open(const struct ledger_options *options, struct ledger **ret,
                      struct cx_log_opened *opened, struct cx_detail *detail) CX_MUST;
/* NULL is well. */
void ledger_close(struct ledger *ledger);

/* Frames of front, in order. What is to be said to it is appended to out, at once or in ledger_turn. MALFORMED: front said what
 * it must not, and is to be let go; else the log failed (I5). */
cx_status ledger_start(struct ledger *ledger, const struct op_start *op, struct cx_buf *out,
                       struct cx_detail *detail) CX_MUST;
/* The answer of a check under way, in the arena that ledger_arena gave for it. */
struct cx_arena *ledger_arena(struct ledger *ledger, uint32_t seq);
cx_status ledger_answer(struct ledger *ledger, uint32_t seq, const struct cx_answer *answer)
    CX_MUST;
cx_status ledger_finish(struct ledger *ledger, const struct op_finish *op, struct cx_buf *out,
                        struct cx_detail *detail) CX_MUST;
cx_status ledger_abandon(struct ledger *ledger, uint32_t seq, struct cx_buf *out,
                         struct cx_detail *detail) CX_MUST;
/* GET, CLAIM, ISSUE, ISSUED, STOP, ACK, OVERRIDE. */
cx_status ledger_ask(struct ledger *ledger, enum op kind, const struct op_ask *op,
                     struct cx_buf *out, struct cx_detail *detail) CX_MUST;

/* Makes durable what came, and says what waited for it. *ret_more: starts wait for an entry of their own; another turn is
 * due in CX_START_WAIT_MS. */
cx_status ledger_turn(struct ledger *ledger, struct cx_buf *out, bool *ret_more,
                      struct cx_detail *detail) CX_MUST;

/* The front is gone: its starts are interrupted. */
cx_status ledger_front_lost(struct ledger *ledger, struct cx_detail *detail) CX_MUST;

/* Why nothing is permitted, since when; or (false), if somebody acknowledged that, who it was and what he said. Borrowed until the next
 * call. */
bool ledger_stopped(const struct ledger *ledger, const char **ret_why);

/* The log, for who reads what was committed, and appends nothing. */
struct cx_log *ledger_log(struct ledger *ledger);

/* Object of docs/api.md, "Status"; NULL when out of memory. */
struct cx_json *ledger_status(const struct ledger *ledger);

#endif

/* A ledger in a scratch folder, with a clock of the test's, and what front would do with it. Everything here fails the test by itself
 * unless it says otherwise. */
#ifndef CX_TESTS_DAEMON_DESK_H
#define CX_TESTS_DAEMON_DESK_H

#include "bin/caaproofd/ledger.h"
#include "logs.h"
#include "main.h"

#define NOW_MS  1795694400000u /* 2026-11-26T12:00:00Z */
#define HOUR_MS UINT64_C(3600000)

struct desk {
    struct test_log log;
    struct ledger_options options;
    struct ledger_authority authorities[2];
    struct cx_json *defaults;
    struct ledger *ledger;
    struct cx_buf out;
    struct cx_check *given; /* whose answers were given */
    uint64_t now_ms;
    bool wants_problem; /* said with each START and GET */
};

void desk_make(struct desk *d);
void desk_open(struct desk *d);
void desk_close(struct desk *d);
void desk_reopen(struct desk *d);
/* With its folder. */
void desk_remove(struct desk *d);
struct cx_json *desk_parse(const char *text);

/* ---- what front would do */

#define BODY(id, extra)                                                                            \
    "{\"id\":\"" id "\",\"authority\":\"one\",\"names\":[\"www.example.com\"]" extra "}"

/* Answers for www.example.com that permit, and that do not. */
extern const char desk_granted[], desk_denied[];

/* The front's own check of these answers; then they are given. */
void desk_climb(struct desk *d, const char *world);

/* Their status is given back. verdict UNSET: what comes of the answers. */
cx_status desk_finish_given(struct desk *d, uint32_t seq, const char *body,
                            enum cx_verdict verdict);
cx_status desk_start(struct desk *d, uint32_t seq, const char *id, const char *body,
                     uint64_t timeout_ms);
cx_status desk_finish_as(struct desk *d, uint32_t seq, const char *body, const char *world,
                         enum cx_verdict verdict);
void desk_finish(struct desk *d, uint32_t seq, const char *body, const char *world);
void desk_turn(struct desk *d);
/* START to reply, of an id. */
void desk_check(struct desk *d, const char *id, const char *body, const char *world);
/* And a turn. */
void desk_ask(struct desk *d, enum op kind, const char *id, const char *text);

/* ---- what it says */

/* The oldest thing that was said; NULL: nothing was. Freed by the caller. */
struct cx_json *desk_said(struct desk *d, unsigned *ret_kind, uint32_t *ret_status);
void desk_expect_started(struct desk *d);
void desk_expect_nothing(struct desk *d);
/* A reply with that status, verdict (or type of a problem) and a permit or none. */
void desk_expect_reply(struct desk *d, uint32_t status, const char *verdict, bool permit);
void desk_expect_claimed(struct desk *d);
bool desk_text_is(const struct cx_json *json, const char *member, const char *wanted);
uint64_t desk_log_size(struct desk *d);

#endif

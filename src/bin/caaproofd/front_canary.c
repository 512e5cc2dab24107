/* Checks of names that must never be permitted, on a timer, by the path that callers' checks take.
 * I1: a canary that is permitted stops everything; the recorder does that, in the commit that has the check (ledger.h), and not we.
 * I2: a canary is well only if its check ended in the log with the verdict that it must have. Whatever else became of it, or
 * nothing in time, is a failure.
 * I3: a round asks each resolver process for each name, past the cache, and then asks as callers do. The first label is new each time,
 * so that no cache knows the name.
 * I4: after CANARY_ROUNDS rounds with failures the front is not ready, until a round is clean. Checks go on. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "bin/caaproofd/front.h"
#include "resolve/workers.h"

#include <inttypes.h>
#include <stdio.h>

/* Until the first round: what we need has come by then. Between the end of one and the next, at least. */
#define CANARY_PAUSE_MS 1000
/* How much later than its deadline the end of a check is waited for. */
#define CANARY_GRACE_MS 2000
#define CANARY_ROUNDS   2

struct canary {
    struct waiter waiter; /* first: a waiter is its canary */
    struct canaries *all;
    const struct config_canary_name *name;
    const struct cx_source *process; /* NULL: as callers do */
    unsigned number;                 /* of process */
    bool is_open;
};

struct canaries {
    struct front *front;
    struct event *timer; /* for the next round; during one, for its end */
    struct cx_source *processes;
    struct canary *each;
    size_t n;
    size_t open;
    bool is_round;
    int64_t begun_ms;
    uint64_t failed; /* of this round */
    struct front_canary_counts counts;
};

static int64_t
now_ms(void)
{
    return cx_clock_us() / 1000;
}

static void
set_timer(struct canaries *all, int64_t ms)
{
    const struct timeval after = { ms / 1000, ms % 1000 * 1000 };

    if (event_add(all->timer, &after) != 0) {
        member_log(&all->front->member, CONFIG_LEVEL_ERR, "canaries: no timer");
        all->counts.is_failing = true; /* no round comes that could say otherwise */
    }
}

/* ---- one of them */

static void
fail(struct canary *c, const char *what, cx_str detail)
{
    struct canaries *all = c->all;
    char way[40] = "through the cache";

    if (c->process != NULL) {
        (void)snprintf(way, sizeof(way), "by resolver %u", c->number);
    }
    all->failed++;
    all->counts.failures++;
    member_log(&all->front->member, CONFIG_LEVEL_WARNING, "canary %s, %s: %s %.*s", c->name->name.p,
               way, what, (int)(detail.n < 300 ? detail.n : 300), detail.p);
}

static const char *
expected_word(const struct canary *c)
{
    return c->name->expect == CONFIG_EXPECT_DENY ? "DENY" : "FAIL";
}

static void
judge(struct canary *c, const struct cx_json *reply, cx_str body)
{
    cx_str state = { NULL, 0 }, verdict = { NULL, 0 };
    char what[80];

    if (!cx_json_string(cx_json_get(reply, "state"), &state) ||
        !cx_str_equal(state, CX_STR("finished")) ||
        !cx_json_string(cx_json_get(reply, "verdict"), &verdict)) {
        fail(c, "was not checked:", body);
    } else if (!cx_str_equal(verdict, cx_str_of(expected_word(c)))) {
        (void)snprintf(what, sizeof(what), "must be %s, and is", expected_word(c));
        fail(c, what, verdict);
    }
}

static void end_if_done(struct canaries *all);

static void
close_canary(struct canary *c)
{
    c->is_open = false;
    c->all->open--;
}

static void
on_done(struct waiter *waiter, unsigned status, cx_str body)
{
    struct canary *c = (struct canary *)waiter;
    struct cx_json *reply = NULL;
    struct cx_detail detail;

    if (status != 200 || !cx_ok(cx_json_parse(body, &reply, &detail))) {
        fail(c, "was not checked:", body);
    } else {
        judge(c, reply, body);
    }
    cx_json_free(reply);
    close_canary(c);
    end_if_done(c->all);
}

/* {"id","authority","names"}; empty: no memory. */
static cx_status
put_request(const struct canary *c, struct cx_buf *buf)
{
    CX_AUTO(cx_json_cleanup) struct cx_json *o = cx_json_new_object();
    struct cx_json *names = cx_json_new_array();
    char label[CONFIG_CANARY_LABEL + 1], id[80], name[CX_NAME_TEXT_MAX + CONFIG_CANARY_LABEL + 1];
    uint64_t random;
    bool ok;

    if (!cx_hash_key(&random)) {
        cx_json_free(names);
        return (cx_status){ CX_E_INTERNAL };
    }
    (void)snprintf(label, sizeof(label), "%016" PRIx64, random);
    (void)snprintf(id, sizeof(id), "canary-%" PRIu64 "-%s", cx_time_now_ms() / 1000, label);
    (void)snprintf(name, sizeof(name), "%s.%s", label, c->name->name.p);
    ok = cx_json_add(names, cx_json_new_text(name));
    ok = cx_json_set(o, "names", names) && ok; /* which takes it over in any case */
    o = cx_json_whole(
        o, ok && cx_json_set_text(o, "id", id) &&
               cx_json_set_text(o, "authority", c->all->front->member.config->canary->authority.p));
    return o == NULL ? (cx_status){ CX_E_NOMEM } : cx_json_write(o, buf);
}

static void
begin_canary(struct canary *c)
{
    CX_AUTO(cx_buf_done) struct cx_buf body = { .max = 4096 };
    struct front_problem problem = { .problem = &problem_memory };

    c->is_open = true;
    c->waiter.names_max = SIZE_MAX;
    c->all->open++;
    if (!cx_ok(put_request(c, &body)) ||
        !front_check(c->all->front, FRONT_SELF, cx_buf_str(&body), &c->waiter, &problem)) {
        fail(c, "was not checked:", cx_str_of(problem.problem->title));
        close_canary(c);
    } else if (c->process != NULL) {
        c->waiter.inquiry->source =
            c->process; /* its questions come later, when the recorder knows of it */
    }
}

/* ---- rounds */

static void
count_round(struct canaries *all)
{
    struct front_canary_counts *n = &all->counts;
    struct member *member = &all->front->member;

    n->rounds++;
    if (all->failed != 0) {
        n->in_a_row++;
        n->is_failing = n->in_a_row >= CANARY_ROUNDS;
        member_log(member, n->in_a_row == CANARY_ROUNDS ? CONFIG_LEVEL_ERR : CONFIG_LEVEL_WARNING,
                   "canaries: %" PRIu64 " of %zu failed, in round %" PRIu64 " of such%s",
                   all->failed, all->n, n->in_a_row,
                   n->is_failing ? ": not ready until a round is clean" : "");
        return;
    }
    member_log(member, n->is_failing ? CONFIG_LEVEL_NOTICE : CONFIG_LEVEL_DEBUG,
               "canaries: all %zu are well%s", all->n, n->is_failing ? " again: ready" : "");
    n->last_clean = cx_time_now();
    n->in_a_row = 0;
    n->is_failing = false;
}

static void
end_round(struct canaries *all)
{
    int64_t interval = (int64_t)all->front->member.config->canary->interval_s * 1000;
    int64_t left = all->begun_ms + interval - now_ms();

    all->is_round = false;
    count_round(all);
    set_timer(all, left > CANARY_PAUSE_MS ? left : CANARY_PAUSE_MS);
}

static void
end_if_done(struct canaries *all)
{
    if (all->is_round && all->open == 0) {
        end_round(all);
    }
}

static void
begin_round(struct canaries *all)
{
    all->failed = 0;
    all->begun_ms = now_ms();
    for (size_t i = 0; i < all->n; i++) {
        begin_canary(&all->each[i]);
    }
    all->is_round = true;
    set_timer(all, (int64_t)all->front->member.config->deadline->usual_ms + CANARY_GRACE_MS);
    end_if_done(all);
}

/* Their checks go on, and nobody waits for them. */
static void
give_up(struct canaries *all)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->each[i].is_open) {
            front_leave(&all->each[i].waiter);
            fail(&all->each[i], "nothing was heard of it in time", CX_STR(""));
            close_canary(&all->each[i]);
        }
    }
    end_round(all);
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct canaries *all = ctx;

    (void)fd, (void)what;
    if (all->front->is_draining) {
        return;
    }
    if (all->is_round) {
        give_up(all);
    } else {
        begin_round(all);
    }
}

/* ---- life */

static cx_status
list_canaries(struct canaries *all, unsigned processes)
{
    const struct config_canary *config = all->front->member.config->canary;

    all->processes = cx_alloc(processes, sizeof(*all->processes));
    all->each = cx_alloc(config->n_names * (processes + 1), sizeof(*all->each));
    if (all->processes == NULL || all->each == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (unsigned i = 0; i < processes; i++) {
        CX_TRY(cx_workers_process(&all->front->workers, i, &all->processes[i]));
    }
    for (size_t k = 0; k < config->n_names; k++) {
        for (unsigned i = 0; i <= processes; i++) {
            all->each[all->n++] = (struct canary){
                .waiter = { .done = on_done },
                .all = all,
                .name = &config->names[k],
                .process = i < processes ? &all->processes[i] : NULL,
                .number = i,
            };
        }
    }
    return CX_SUCCESS;
}

cx_status
front_canaries_init(struct front *f)
{
    struct canaries *all;

    if (f->member.config->canary == NULL) {
        return CX_SUCCESS;
    }
    f->canaries = all = cx_alloc(1, sizeof(*all));
    if (all == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    all->front = f;
    all->timer = event_new(f->base, -1, 0, on_timer, all);
    if (all->timer == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(list_canaries(all, member_resolvers(f->member.config)));
    f->reserved = all->n < f->places / 4 ? all->n : f->places / 4;
    set_timer(all, CANARY_PAUSE_MS);
    return CX_SUCCESS;
}

void
front_canaries_done(struct front *f)
{
    struct canaries *all = f->canaries;

    if (all == NULL) {
        return;
    }
    for (size_t i = 0; i < all->n; i++) {
        front_leave(&all->each[i].waiter);
    }
    if (all->timer != NULL) {
        event_free(all->timer);
    }
    cx_free(all->each);
    cx_free(all->processes);
    cx_free(all);
    f->canaries = NULL;
}

const struct front_canary_counts *
front_canary_counts(const struct front *f)
{
    return f->canaries != NULL ? &f->canaries->counts : NULL;
}

#include "desk.h"
#include "pki/digest.h"

#include <stdio.h>
#include <string.h>

/* Random days of a recorder beside a small model of what it has said: whatever comes in whatever order, an id has one end, a permit is
 * claimed once at most, and none is given behind a deadline, its life, a stop, or in shadow mode. */

#define IDS     24
#define STEPS   10000
#define PLACES  16
#define LIFE_MS 900000
#define NOBODY  IDS

/* One request. Every third is one of the authority in shadow mode. */
struct model {
    char id[16];
    char body[120];
    uint32_t authority;
    bool is_open;
    uint32_t seq;
    bool denied; /* by the answers it was finished with */
    uint64_t deadline_ms;
    /* What was told. */
    bool has_end;
    bool is_check;
    char digest[80];
    bool was_late;
    bool restarted; /* since: a doubt may have voided it */
    bool is_claimed;
    uint64_t checked_ms;
};

struct day {
    struct desk d;
    uint64_t random;
    struct model ids[IDS];
    size_t by_seq[PLACES]; /* NOBODY: free */
    bool is_stopped;
    bool is_stop_lost;    /* by a restart: it could not be written */
    uint64_t furthest_ms; /* that the clock was */
    unsigned renewed;
    struct {
        size_t permits, claims, lates, interrupted, denied, again, clocks;
    } seen;
};

/* xorshift64: the same days on every run. */
static uint64_t
draw(struct day *day, uint64_t below)
{
    day->random ^= day->random << 13;
    day->random ^= day->random >> 7;
    day->random ^= day->random << 17;
    return day->random % below;
}

/* Another request in its place. */
static void
renew(struct day *day, struct model *m)
{
    *m = (struct model){ .authority = (m - day->ids) % 3 == 2 ? 1 : 0 };
    (void)snprintf(m->id, sizeof(m->id), "id-%u", day->renewed++);
    (void)snprintf(m->body, sizeof(m->body),
                   "{\"id\":\"%s\",\"authority\":\"%s\",\"names\":[\"www.example.com\"]}", m->id,
                   m->authority == 0 ? "one" : "shadow");
}

static void
forget_open(struct day *day)
{
    for (size_t i = 0; i < PLACES; i++) {
        day->by_seq[i] = NOBODY;
    }
    for (size_t i = 0; i < IDS; i++) {
        day->ids[i].is_open = false;
    }
}

static void
make_day(struct day *day, uint64_t seed)
{
    *day = (struct day){ .random = seed };
    desk_make(&day->d);
    for (size_t i = 0; i < IDS; i++) {
        renew(day, &day->ids[i]);
    }
    forget_open(day);
}

/* ---- what it says, and whether it may */

static void
look_at_permit(struct day *day, const struct model *m)
{
    ROW_TRUE(m->authority == 0, m->id);
    ROW_TRUE(!m->denied && !m->was_late, m->id);
    ROW_TRUE(!m->is_claimed, m->id);
    ROW_TRUE(!day->is_stopped, m->id);
    ROW_TRUE(day->d.now_ms < m->checked_ms + LIFE_MS, m->id);
    day->seen.permits++;
}

/* The first end that is told is the end. */
static void
look_at_end(struct day *day, struct model *m, const struct cx_json *json)
{
    const struct cx_json *record = cx_json_get(json, "record");
    bool is_check = desk_text_is(json, "state", "finished");
    bool late = desk_text_is(json, "reason", "late");
    cx_str digest = { NULL, 0 }, permit;

    ROW_TRUE(is_check || desk_text_is(json, "state", "interrupted"), m->id);
    (void)cx_json_string(cx_json_get(record, "digest"), &digest);
    if (m->has_end) {
        ROW_TRUE(m->is_check == is_check, m->id);
        ROW_TRUE(!is_check || cx_str_equal(digest, cx_str_of(m->digest)), m->id);
        ROW_TRUE(late == m->was_late || (late && m->restarted), m->id);
        day->seen.again++;
    } else {
        ROW_TRUE(!cx_json_string(cx_json_get(record, "permit"), &permit) ||
                     day->d.now_ms <= m->deadline_ms,
                 m->id);
        m->has_end = true;
        m->is_check = is_check;
        m->restarted = false;
        (void)snprintf(m->digest, sizeof(m->digest), "%.*s", (int)digest.n,
                       digest.n != 0 ? digest.p : "");
        day->seen.interrupted += is_check ? 0 : 1;
        day->seen.lates += late ? 1 : 0;
        day->seen.denied += m->denied && !late ? 1 : 0;
    }
    m->was_late |= late;
    if (cx_json_string(cx_json_get(record, "permit"), &permit)) {
        look_at_permit(day, m);
    } else if (!is_check) {
        ROW_TRUE(desk_text_is(json, "verdict", "FAIL"), m->id);
    }
}

static void
take_reply(struct day *day, struct model *m, uint32_t status, const struct cx_json *json)
{
    if (status == 200) {
        look_at_end(day, m, json);
    } else {
        ROW_TRUE(!m->has_end || status != 404, m->id); /* nothing is lost */
        day->seen.clocks += desk_text_is(json, "type", "/problems/clock") ? 1 : 0;
    }
}

/* All that was said; of seq 20, which is the test's own, about m. Gives back the status of that. */
static uint32_t
listen(struct day *day, struct model *m)
{
    struct op_frame frame;
    uint32_t asked = 0;
    bool more;

    while (cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(&day->d.out)), &frame, &more)) && !more) {
        struct op_reply reply = { .seq = 0 };
        uint32_t status;
        unsigned kind;
        struct cx_json *json;

        if (frame.kind == OP_REPLY) {
            assert_true(cx_ok(op_get_reply(frame.body, &reply)));
        }
        json = desk_said(&day->d, &kind, &status);
        if (kind == OP_REPLY && reply.seq == 20) {
            asked = status;
            if (m != NULL) {
                take_reply(day, m, status, json);
            }
        } else if (kind == OP_REPLY) {
            size_t of = day->by_seq[reply.seq];

            assert_true(of != NOBODY);
            take_reply(day, &day->ids[of], status, json);
            day->ids[of].is_open = false;
            day->by_seq[reply.seq] = NOBODY;
        }
        cx_json_free(json);
    }
    return asked;
}

/* ---- what befalls it */

static void
start(struct day *day, struct model *m)
{
    uint32_t seq = (uint32_t)draw(day, PLACES);
    struct cx_detail detail = { .text = "" };
    uint8_t digest[32];

    if (m->is_open || day->by_seq[seq] != NOBODY) {
        return;
    }
    if (m->has_end && draw(day, 2) == 0) {
        renew(day, m);
    }
    assert_true(cx_ok(cx_sha256(cx_span_of_str(cx_str_of(m->body)), digest)));
    m->is_open = true;
    m->seq = seq;
    day->by_seq[seq] = (size_t)(m - day->ids);
    if (!m->has_end) {
        m->deadline_ms = day->d.now_ms + 100 + draw(day, 3000);
    }
    SCRATCH_OK(ledger_start(day->d.ledger,
                            &(struct op_start){ .seq = seq,
                                                .authority = m->authority,
                                                .id = cx_str_of(m->id),
                                                .digest = { digest, 32 },
                                                .received_ms = day->d.now_ms,
                                                .deadline_ms = m->deadline_ms,
                                                .caller = CX_STR("ra") },
                            &day->d.out, &detail));
    (void)listen(day, NULL);
}

static void
finish(struct day *day, struct model *m)
{
    if (!m->is_open || ledger_arena(day->d.ledger, m->seq) == NULL) {
        return; /* or its reply is on its way */
    }
    m->denied = draw(day, 10) == 0;
    m->checked_ms = day->d.now_ms + CX_LOG_CLOCK_STEP_MS;
    assert_true(cx_ok(desk_finish_as(&day->d, m->seq, m->body,
                                     m->denied ? desk_denied : desk_granted, CX_VERDICT_UNSET)));
    (void)listen(day, NULL);
}

static void
abandon(struct day *day, struct model *m)
{
    struct cx_detail detail = { .text = "" };

    if (m->is_open && ledger_arena(day->d.ledger, m->seq) != NULL) {
        SCRATCH_OK(ledger_abandon(day->d.ledger, m->seq, &day->d.out, &detail));
        (void)listen(day, NULL);
    }
}

static void
turn(struct day *day)
{
    desk_turn(&day->d);
    (void)listen(day, NULL);
    day->is_stop_lost = day->is_stop_lost && day->d.now_ms < day->furthest_ms;
}

static uint32_t
ask(struct day *day, enum op kind, struct model *m, const char *text)
{
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(ledger_ask(day->d.ledger, kind,
                          &(struct op_ask){ .seq = 20,
                                            .caller = CX_STR("ra"),
                                            .authorities = 3,
                                            .id = cx_str_of(m != NULL ? m->id : ""),
                                            .text = cx_str_of(text) },
                          &day->d.out, &detail));
    desk_turn(&day->d);
    return listen(day, kind == OP_GET ? m : NULL);
}

static void
claim(struct day *day, struct model *m)
{
    if (ask(day, OP_CLAIM, m, "") == 200) {
        look_at_permit(day, m);
        ROW_TRUE(!m->is_open && m->has_end, m->id); /* not of what is not durable */
        m->is_claimed = true;
        day->seen.claims++;
    }
}

static void
stop_or_acknowledge(struct day *day)
{
    uint32_t status = ask(day, day->is_stopped ? OP_ACK : OP_STOP, NULL, "a test");

    if (!day->is_stopped) {
        day->is_stopped = true; /* it holds, written or not */
        day->is_stop_lost = status != 200;
    } else if (status == 200) {
        day->is_stopped = false;
    }
}

/* As a crash does it: what was not committed has never been. */
static void
restart(struct day *day)
{
    struct cx_detail detail = { .text = "" };
    struct cx_log_opened opened;
    desk_close(&day->d);
    cx_buf_clear(&day->d.out);
    if (!cx_ok(ledger_open(&day->d.options, &day->d.ledger, &opened, &detail))) {
        assert_true(day->d.now_ms < day->furthest_ms); /* not while the clock is behind the log */
        day->d.now_ms = day->furthest_ms;
        desk_open(&day->d);
    }
    forget_open(day);
    if (day->is_stop_lost) {
        const char *why;

        day->is_stopped = ledger_stopped(day->d.ledger, &why);
    }
    for (size_t i = 0; i < IDS; i++) {
        day->ids[i].restarted = true;
    }
}

static void
lose_front(struct day *day)
{
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(ledger_front_lost(day->d.ledger, &detail));
    turn(day);
    forget_open(day);
}

static void
step_clock(struct day *day)
{
    uint64_t how = draw(day, 100);

    day->d.now_ms += draw(day, 600);
    if (how == 0) {
        day->d.now_ms += 3600000;
    } else if (how == 1) {
        day->d.now_ms -= 7200000;
    } else if (how < 20 && day->d.now_ms < day->furthest_ms) { /* it is set right */
        day->d.now_ms = day->furthest_ms;
    }
    day->furthest_ms = day->d.now_ms > day->furthest_ms ? day->d.now_ms : day->furthest_ms;
}

static void
step(struct day *day)
{
    struct model *m = &day->ids[draw(day, IDS)];

    switch (draw(day, 20)) {
    case 0:
    case 1:
    case 2:
    case 3:
        start(day, m);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        finish(day, m);
        break;
    case 8:
        if (draw(day, 4) == 0) {
            abandon(day, m);
        }
        break;
    case 9:
    case 10:
        claim(day, m);
        break;
    case 11:
    case 12:
        (void)ask(day, OP_GET, m, "");
        break;
    case 13:
        if (day->is_stopped || draw(day, 20) == 0) {
            stop_or_acknowledge(day);
        }
        break;
    case 14:
        if (draw(day, 20) == 0) {
            restart(day);
        }
        break;
    case 15:
        if (draw(day, 20) == 0) {
            lose_front(day);
        }
        break;
    case 16:
    case 17:
        step_clock(day);
        break;
    default:
        turn(day);
    }
}

/* Every one of them is asked for at the end. */
TEST(whatever_comes_an_id_has_one_end)
{
    static struct day day;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        make_day(&day, seed * UINT64_C(0x9e3779b97f4a7c15));
        for (size_t i = 0; i < STEPS; i++) {
            step(&day);
        }
        day.d.now_ms = day.furthest_ms;
        lose_front(&day);
        restart(&day);
        for (size_t i = 0; i < IDS; i++) {
            (void)ask(&day, OP_GET, &day.ids[i], "");
        }
        /* A day on which nothing happened would show nothing. */
        assert_true(day.seen.permits > 20 && day.seen.claims > 5 && day.seen.lates > 5);
        assert_true(day.seen.interrupted > 5 && day.seen.denied > 20 && day.seen.again > 100);
        assert_true(day.seen.clocks > 0);
        desk_remove(&day.d);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(whatever_comes_an_id_has_one_end),
};

TEST_MAIN(tests)

/* TEST R-FAIL-8: processes that resolve, asked over sockets that a host gives; here the test is the host, and the processes. */
#include "base/alloc.h"
#include "build.h"
#include "main.h"
#include "resolve/answer_sender.h"
#include "resolve/frame.h"
#include "resolve/workers.h"

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* The other end of a socket, and what was read from it. */
struct peer {
    int fd;
    struct cx_buf in;
    struct cx_answer_sender *sender;
    uint32_t ids[32768]; /* of questions, in order */
    size_t n;
    char last[CX_NAME_TEXT_MAX]; /* name of the last question */
};

enum start {
    GIVE,
    LATER,
    FAIL,
};

struct stage {
    struct event_base *base; /* NULL: not attached */
    struct cx_source source;
    struct cx_workers_setup setup;
    struct cx_arena arena;
    struct peer peers[2]; /* of the newest socket of each process */
    enum start start;
    unsigned started;
    unsigned lost;
    enum cx_worker_loss why;
    unsigned closed;
    unsigned alarms;
    char alarm[CX_ALARM_TEXT];
};

/* ---- the host */

static void
drop_peer(struct peer *p)
{
    if (p->fd >= 0) {
        (void)close(p->fd);
    }
    p->fd = -1;
    p->n = 0;
    cx_buf_done(&p->in);
    cx_answer_sender_free(p->sender);
    p->sender = NULL;
}

/* A socket to a new peer. */
static int
new_socket(struct peer *p)
{
    int fds[2];

    drop_peer(p);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    cx_buf_init(&p->in, 1u << 24);
    p->sender = cx_answer_sender_new();
    assert_non_null(p->sender);
    p->fd = fds[1];
    return fds[0];
}

static cx_status
host_start(void *ctx, unsigned i, int *ret_fd, struct cx_detail *detail)
{
    struct stage *s = ctx;

    s->started++;
    if (s->start == FAIL) {
        return cx_fail(detail, CX_E_IO, "none is left");
    }
    *ret_fd = s->start == GIVE ? new_socket(&s->peers[i]) : -1;
    return CX_SUCCESS;
}

static void
host_lost(void *ctx, unsigned i, enum cx_worker_loss why)
{
    struct stage *s = ctx;

    (void)i;
    s->lost++;
    s->why = why;
}

static void
host_close(void *ctx)
{
    ((struct stage *)ctx)->closed++;
}

static void
on_alarm(void *ctx, const char *text)
{
    struct stage *s = ctx;

    s->alarms++;
    (void)snprintf(s->alarm, sizeof(s->alarm), "%s", text);
}

static void
prepare(struct stage *s, unsigned n, enum start start)
{
    memset(s, 0, sizeof(*s));
    s->start = start;
    s->peers[0].fd = -1;
    s->peers[1].fd = -1;
    s->setup = (struct cx_workers_setup){
        .n = n,
        .host = { host_start, host_lost, host_close, s },
        .alarm = on_alarm,
        .alarm_ctx = s,
    };
    cx_arena_init(&s->arena, 1u << 28);
}

static void
open_source(struct stage *s)
{
    assert_true(cx_ok(cx_workers_open(&s->setup, &s->source, NULL)));
}

static void
attach(struct stage *s)
{
    s->base = event_base_new();
    assert_non_null(s->base);
    assert_true(cx_ok(cx_workers_attach(&s->source, s->base)));
}

static void
begin(struct stage *s, unsigned n, enum start start)
{
    prepare(s, n, start);
    open_source(s);
    attach(s);
}

static void
finish(struct stage *s)
{
    cx_source_close(&s->source);
    assert_int_equal(s->closed, 1);
    drop_peer(&s->peers[0]);
    drop_peer(&s->peers[1]);
    if (s->base != NULL) {
        event_base_free(s->base);
    }
    cx_arena_done(&s->arena);
}

/* What can happen now. */
static void
turn(struct stage *s)
{
    for (int i = 0; i < 8; i++) {
        assert_true(event_base_loop(s->base, EVLOOP_NONBLOCK) >= 0);
    }
}

/* ---- who asks */

struct asked {
    unsigned times;
    const struct cx_answer *answer;
    struct stage *scene;
    unsigned again; /* so often it asks the same from inside answered */
    bool gives;     /* it gives process 0 another socket from there */
};

static void ask(struct stage *s, const char *text, struct asked *asked);

static void
note(void *ctx, const struct cx_answer *answer)
{
    struct asked *asked = ctx;

    asked->times++;
    asked->answer = answer;
    if (asked->gives) {
        int fd = new_socket(&asked->scene->peers[0]);

        asked->gives = false;
        assert_true(cx_ok(cx_workers_give(&asked->scene->source, 0, fd)));
    }
    if (asked->again != 0) {
        asked->again--;
        ask(asked->scene, "d.test", asked);
    }
}

static void
ask(struct stage *s, const char *text, struct asked *asked)
{
    struct cx_name name = name_of(text);
    struct cx_question question = { cx_name_span(&name), CX_TYPE_CAA };

    asked->scene = s;
    cx_source_ask(&s->source, &question, &s->arena, note, asked);
}

static void
is_error(const struct asked *asked, const char *why)
{
    assert_int_equal(asked->times, 1);
    assert_non_null(asked->answer);
    assert_int_equal(asked->answer->outcome, CX_OUTCOME_ERROR);
    assert_int_equal(asked->answer->dnssec, CX_DNSSEC_INDETERMINATE);
    assert_true(cx_str_equal(asked->answer->why, cx_str_of(why)));
}

static const char ended[] = "a resolver process of ours ended";
static const char none_left[] = "no resolver process of ours is left for this name";
static const char too_late[] = "no resolver process of ours came in time";

/* ---- the process */

/* All that came; false: the other end is closed. */
static bool
peer_read(struct peer *p)
{
    size_t at = 0;

    for (;;) {
        char *to = cx_buf_reserve(&p->in, 65536);
        ssize_t n;

        assert_non_null(to);
        n = read(p->fd, to, 65536);
        if (n == 0) {
            return false;
        }
        if (n < 0) {
            assert_int_equal(errno, EAGAIN);
            break;
        }
        cx_buf_grown(&p->in, (size_t)n);
    }
    for (;;) {
        cx_span left = { (const uint8_t *)p->in.p + at, p->in.n - at };
        struct cx_frame frame;
        struct cx_name name;
        uint16_t type;
        bool more;

        assert_true(cx_ok(cx_frame_next(left, &frame, &more)));
        if (more) {
            break;
        }
        assert_int_equal(frame.kind, CX_FRAME_QUESTION);
        assert_true(p->n < CX_COUNT(p->ids));
        assert_true(cx_ok(cx_frame_get_question(frame.body, &p->ids[p->n++], &name, &type)));
        cx_name_text(cx_name_span(&name), p->last);
        at += frame.size;
    }
    cx_buf_drop(&p->in, at);
    return true;
}

static void
peer_write(const struct peer *p, cx_span octets)
{
    assert_int_equal(write(p->fd, octets.p, octets.n), (ssize_t)octets.n);
}

static struct cx_material *
new_material(size_t octets)
{
    static const uint8_t root[] = { 0 };
    static struct wire w;
    const struct cx_question question = { { root, 1 }, CX_TYPE_DNSKEY };
    struct cx_material *material;

    wire_open(&w, ".", CX_TYPE_DNSKEY, WIRE_QR);
    while (w.n < octets) {
        wire_soa(&w, "test", 0, 0);
    }
    assert_true(cx_ok(cx_material_new(&question, CX_DNSSEC_SECURE, 1, wire_span(&w), &material)));
    return material;
}

/* A set of name, which rests on materials. */
static void
put_set(struct cx_buf *buf, const struct peer *p, uint32_t id, const char *text,
        struct cx_material *const *materials, size_t n)
{
    static struct wire w;
    const struct cx_proof_message *proof[CX_PROOF_MAX];
    struct cx_name name = name_of(text);
    struct cx_answer answer = {
        .name = cx_name_span(&name),
        .type = CX_TYPE_CAA,
        .outcome = CX_OUTCOME_RECORDS,
        .dnssec = CX_DNSSEC_INSECURE,
        .attempts = 1,
        .proof = proof,
        .n_proof = n,
    };

    for (size_t i = 0; i < n; i++) {
        proof[i] = &materials[i]->message;
    }
    wire_open(&w, text, CX_TYPE_CAA, WIRE_QR);
    wire_caa(&w, text, 300, "0 issue ca.example.net");
    answer.octets = wire_span(&w);
    cx_answer_sender_put(p->sender, buf, id, &answer);
    assert_true(cx_buf_ok(buf));
}

static void
peer_answer(const struct peer *p, uint32_t id, const char *text, struct cx_material *material)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 1u << 20);
    put_set(&buf, p, id, text, &material, material != NULL ? 1 : 0);
    peer_write(p, cx_span_of_str(cx_buf_str(&buf)));
    cx_buf_done(&buf);
}

static void
peer_hello(const struct peer *p, cx_status status, const char *text)
{
    struct cx_detail detail = { .text = "" };
    struct cx_buf buf;

    (void)snprintf(detail.text, sizeof(detail.text), "%s", text);
    cx_buf_init(&buf, 1000);
    cx_frame_put_hello(&buf, status, &detail);
    peer_write(p, cx_span_of_str(cx_buf_str(&buf)));
    cx_buf_done(&buf);
}

static void
peer_alarm(const struct peer *p, const char *text)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 1000);
    cx_frame_put_alarm(&buf, text);
    peer_write(p, cx_span_of_str(cx_buf_str(&buf)));
    cx_buf_done(&buf);
}

/* ---- tests */

TEST(answers_arrive_and_materials_are_used_again)
{
    struct cx_material *material = new_material(0);
    struct asked a[3] = { { .times = 0 } };
    static struct stage s;
    struct peer *p = &s.peers[0];

    begin(&s, 1, GIVE);
    peer_hello(p, CX_SUCCESS, "");
    for (size_t i = 0; i < 3; i++) {
        ask(&s, "www.d.test", &a[i]);
    }
    turn(&s);
    assert_true(peer_read(p));
    assert_int_equal(p->n, 3);
    assert_string_equal(p->last, "www.d.test");
    (void)usleep(5000);
    turn(&s);
    assert_int_equal(s.lost, 0); /* there is time */
    peer_answer(p, p->ids[2], "www.d.test", material);
    peer_answer(p, p->ids[0], "www.d.test", material); /* its material went over before */
    turn(&s);
    assert_int_equal(a[0].times, 1);
    assert_int_equal(a[1].times, 0);
    assert_int_equal(a[2].times, 1);
    assert_int_equal(a[0].answer->n_records, 1);
    assert_ptr_equal(a[0].answer->proof[0], a[2].answer->proof[0]);
    assert_true(cx_span_equal(a[0].answer->proof[0]->octets, material->message.octets));
    peer_answer(p, p->ids[1], "www.d.test", NULL);
    turn(&s);
    assert_int_equal(a[1].times, 1);
    assert_int_equal(s.lost, 0);
    finish(&s);
    cx_material_unref(material);
}

/* Without an event loop of others: what is asked goes out when it is waited for. */
TEST(answers_are_waited_for)
{
    struct asked a[2] = { { .times = 0 } };
    static struct stage s;

    prepare(&s, 1, GIVE);
    open_source(&s);
    assert_true(cx_ok(cx_source_wait(&s.source))); /* for nothing */
    ask(&s, "d.test", &a[0]);
    peer_answer(&s.peers[0], 0, "d.test", NULL); /* it guesses the number */
    assert_true(cx_ok(cx_source_wait(&s.source)));
    assert_int_equal(a[0].times, 1);
    assert_int_equal(a[0].answer->n_records, 1);
    assert_true(peer_read(&s.peers[0]));
    assert_int_equal(s.peers[0].n, 1);
    a[0] = (struct asked){ .times = 0 };
    ask(&s, "d.test", &a[0]);
    ask(&s, "e.test", &a[1]);
    assert_int_equal(shutdown(s.peers[0].fd, SHUT_RDWR), 0);
    assert_true(cx_ok(cx_source_wait(&s.source)));
    is_error(&a[0], ended);
    is_error(&a[1], ended);
    finish(&s);
}

TEST(silence_and_late_processes_end_a_wait)
{
    struct asked a = { .times = 0 };
    static struct stage s;

    prepare(&s, 1, GIVE);
    s.setup.deadline_ms = 1;
    s.setup.silence_ms = 1;
    s.setup.wait_ms = 1;
    open_source(&s);
    ask(&s, "d.test", &a);
    s.start = LATER;
    assert_true(cx_ok(cx_source_wait(&s.source)));
    is_error(&a, ended);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.why, CX_WORKER_SILENT);
    a = (struct asked){ .times = 0 };
    ask(&s, "d.test", &a);
    assert_int_equal(a.times, 0);
    assert_true(cx_ok(cx_source_wait(&s.source)));
    is_error(&a, too_late);
    finish(&s);
}

/* One frame each, and the reason that the host is told. */
TEST(what_none_of_ours_would_say_loses_the_process)
{
    static const uint8_t question[] = { 0, 0, 0, 8, 2, 0, 0, 0, 0, 1, 1, 1, 0 };
    static const uint8_t kind[] = { 0, 0, 0, 0, 7 };
    static const uint8_t length[] = { 0xff, 0xff, 0xff, 0xff, 4 };
    static const uint8_t free_place[] = { 0, 0, 0, 4, 4, 0, 0, 0, 9 };
    static const uint8_t no_place[] = { 0, 0, 0, 4, 4, 0xff, 0xff, 0xff, 0xff };
    static const uint8_t no_slot[] = { 0, 0, 0, 4, 3, 0xff, 0xff, 0xff, 0xff };
    static const uint8_t given[] = { 0, 0, 0, 0, 6 };
    static const uint8_t refused[] = { 0, 0, 0, 7, 1, 0, 0, 0, 14, 2, 'n', 'o' };
    const struct {
        const char *about;
        cx_span octets;
    } rows[] = {
        { "question", { question, sizeof(question) } },
        { "unknown kind", { kind, sizeof(kind) } },
        { "length", { length, sizeof(length) } },
        { "place that is free", { free_place, sizeof(free_place) } },
        { "place that there is not", { no_place, sizeof(no_place) } },
        { "slot that there is not", { no_slot, sizeof(no_slot) } },
        { "answer with its question", { given, sizeof(given) } },
        { "it cannot work", { refused, sizeof(refused) } },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct asked a[2] = { { .times = 0 } };
        static struct stage s;

        begin(&s, 1, GIVE);
        ask(&s, "d.test", &a[0]);
        a[1].again = 1;
        ask(&s, "d.test", &a[1]);
        turn(&s);
        peer_write(&s.peers[0], rows[i].octets);
        turn(&s);
        ROW_TRUE(s.lost == 1 && s.why == CX_WORKER_WRONG, rows[i].about);
        ROW_TRUE(s.started == 2, rows[i].about);
        is_error(&a[0], ended);
        is_error(&a[1], ended);
        assert_true(peer_read(&s.peers[0])); /* the new one has what was asked from answered */
        assert_int_equal(s.peers[0].n, 1);
        peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", NULL);
        turn(&s);
        assert_int_equal(a[1].times, 2);
        assert_int_equal(a[1].answer->n_records, 1);
        finish(&s);
    }
}

TEST(an_answer_to_another_question_loses_the_process)
{
    struct asked a = { .times = 0 };
    static struct stage s;

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    peer_answer(&s.peers[0], s.peers[0].ids[0], "e.test", NULL);
    turn(&s);
    assert_int_equal(s.lost, 1);
    is_error(&a, ended);
    finish(&s);
}

TEST(an_answer_that_was_given_loses_the_process)
{
    struct asked a[2] = { { .times = 0 } };
    static struct stage s;

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a[0]);
    ask(&s, "e.test", &a[1]);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", NULL);
    peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", NULL);
    turn(&s);
    assert_int_equal(a[0].times, 1);
    assert_int_equal(a[0].answer->n_records, 1);
    is_error(&a[1], ended);
    assert_int_equal(s.lost, 1);
    finish(&s);
}

/* Slots are of one process: its successor has not filled them. */
TEST(slots_go_with_the_process)
{
    struct cx_material *material = new_material(0);
    struct asked a = { .times = 0 };
    struct cx_answer_sender *old;
    static struct stage s;

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", material);
    turn(&s);
    assert_int_equal(a.answer->n_proof, 1);
    old = s.peers[0].sender;
    s.peers[0].sender = NULL;
    assert_int_equal(shutdown(s.peers[0].fd, SHUT_RDWR), 0);
    turn(&s);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.why, CX_WORKER_ENDED);
    cx_answer_sender_free(s.peers[0].sender);
    s.peers[0].sender = old; /* believes the material is known */
    a = (struct asked){ .times = 0 };
    ask(&s, "d.test", &a);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", material);
    turn(&s);
    assert_int_equal(s.lost, 2);
    is_error(&a, ended);
    finish(&s);
    cx_material_unref(material);
}

TEST(without_another_process_questions_fail_at_once)
{
    struct asked a[3] = { { .times = 0 } };
    static struct stage s;

    begin(&s, 1, GIVE);
    s.start = FAIL;
    ask(&s, "d.test", &a[0]);
    assert_int_equal(shutdown(s.peers[0].fd, SHUT_RDWR), 0);
    turn(&s);
    is_error(&a[0], ended);
    ask(&s, "d.test", &a[1]);
    is_error(&a[1], none_left);
    assert_true(cx_ok(cx_workers_give(&s.source, 0, new_socket(&s.peers[0]))));
    ask(&s, "d.test", &a[2]);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", NULL);
    turn(&s);
    assert_int_equal(a[2].answer->n_records, 1);
    assert_int_equal(cx_workers_give(&s.source, 0, -1).code, CX_E_INTERNAL); /* none after all */
    a[2] = (struct asked){ .times = 0 };
    ask(&s, "d.test", &a[2]);
    assert_int_equal(a[2].times, 0); /* who gives once may give again */
    finish(&s);
}

TEST(a_silent_process_is_lost)
{
    struct asked a = { .times = 0 };
    static struct stage s;

    prepare(&s, 1, GIVE);
    s.setup.deadline_ms = 1;
    s.setup.silence_ms = 1;
    open_source(&s);
    attach(&s);
    (void)usleep(10000);
    turn(&s);
    assert_int_equal(s.lost, 0); /* it owes nothing */
    ask(&s, "d.test", &a);
    while (a.times == 0) {
        assert_true(event_base_loop(s.base, EVLOOP_ONCE) == 0);
    }
    is_error(&a, ended);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.why, CX_WORKER_SILENT);
    assert_int_equal(s.started, 2);
    finish(&s);
}

/* More than is read at once, when its time is already over: we were busy, not the process. */
TEST(what_was_said_in_time_is_heard)
{
    struct cx_material *m[40];
    struct asked a = { .times = 0 };
    static struct stage s;
    struct cx_buf buf;

    prepare(&s, 1, GIVE);
    s.setup.deadline_ms = 1;
    s.setup.silence_ms = 1;
    open_source(&s);
    attach(&s);
    cx_buf_init(&buf, 1u << 20);
    for (size_t i = 0; i < CX_COUNT(m); i++) {
        m[i] = new_material(4000);
    }
    ask(&s, "d.test", &a);
    put_set(&buf, &s.peers[0], 0, "d.test", m, CX_COUNT(m)); /* it guesses the number */
    assert_true(buf.n > 2 * CX_WORKER_CHUNK);
    peer_write(&s.peers[0], cx_span_of_str(cx_buf_str(&buf)));
    (void)usleep(10000);
    while (a.times == 0) {
        assert_true(event_base_loop(s.base, EVLOOP_ONCE) == 0);
    }
    assert_int_equal(a.answer->outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a.answer->n_proof, CX_COUNT(m));
    assert_int_equal(s.lost, 0);
    finish(&s);
    for (size_t i = 0; i < CX_COUNT(m); i++) {
        cx_material_unref(m[i]);
    }
    cx_buf_done(&buf);
}

TEST(questions_wait_for_a_process_in_order)
{
    static const char *const names[] = { "a.test", "b.test", "c.test" };
    struct asked a[3] = { { .times = 0 } };
    static struct stage s;
    struct peer *p = &s.peers[0];

    begin(&s, 1, LATER);
    for (size_t i = 0; i < 3; i++) {
        ask(&s, names[i], &a[i]);
    }
    turn(&s);
    assert_int_equal(a[0].times + a[1].times + a[2].times, 0);
    assert_true(cx_ok(cx_workers_give(&s.source, 0, new_socket(p))));
    turn(&s);
    assert_true(peer_read(p));
    assert_int_equal(p->n, 3);
    assert_string_equal(p->last, "c.test");
    for (size_t i = 0; i < 3; i++) {
        peer_answer(p, p->ids[i], names[i], NULL); /* refused, if it is not that question */
    }
    turn(&s);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(a[i].times, 1);
        assert_int_equal(a[i].answer->n_records, 1);
    }
    assert_int_equal(s.lost, 0);
    finish(&s);
}

/* Those asked before fail; what is asked from answered waits for the next one. */
TEST(a_lost_process_comes_later)
{
    struct asked a = { .again = 1 };
    static struct stage s;
    struct peer *p = &s.peers[0];

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a);
    turn(&s);
    s.start = LATER;
    assert_int_equal(shutdown(p->fd, SHUT_RDWR), 0);
    turn(&s);
    is_error(&a, ended);
    assert_true(cx_ok(cx_workers_give(&s.source, 0, new_socket(p))));
    turn(&s);
    assert_true(peer_read(p));
    assert_int_equal(p->n, 1);
    peer_answer(p, p->ids[0], "d.test", NULL);
    turn(&s);
    assert_int_equal(a.times, 2);
    assert_int_equal(a.answer->n_records, 1);
    finish(&s);
}

TEST(questions_wait_only_so_long)
{
    struct asked a[2] = { { .again = 3 }, { .times = 0 } };
    static struct stage s;

    prepare(&s, 1, LATER);
    s.setup.wait_ms = 1;
    open_source(&s);
    attach(&s);
    ask(&s, "d.test", &a[0]);
    ask(&s, "e.test", &a[1]);
    while (a[0].times != 4) { /* each time anew */
        assert_true(event_base_loop(s.base, EVLOOP_ONCE) == 0);
    }
    is_error(&a[1], too_late);
    assert_true(cx_str_equal(a[0].answer->why, cx_str_of(too_late)));
    assert_true(cx_ok(cx_workers_give(&s.source, 0, new_socket(&s.peers[0]))));
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    assert_int_equal(s.peers[0].n, 0); /* nobody wants them any more */
    finish(&s);
}

TEST(only_so_many_questions_wait)
{
    static struct asked a[CX_WORKER_WAITING], last;
    static struct stage s;

    begin(&s, 1, LATER);
    for (size_t i = 0; i < CX_WORKER_WAITING; i++) {
        a[i] = (struct asked){ .times = 0 };
        ask(&s, "d.test", &a[i]);
    }
    last = (struct asked){ .times = 0 };
    ask(&s, "d.test", &last);
    is_error(&last, "too many questions wait for a resolver process of ours");
    assert_int_equal(a[0].times, 0);
    assert_int_equal(a[CX_WORKER_WAITING - 1].times, 0);
    finish(&s);
    assert_int_equal(a[0].times, 0); /* nothing is answered by closing */
}

TEST(a_socket_is_replaced)
{
    struct asked a[2] = { { .times = 0 } };
    static struct stage s;
    struct peer *p = &s.peers[0];
    int fd, old;

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a[0]);
    turn(&s);
    old = fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
    assert_true(old >= 0);
    fd = new_socket(p);
    assert_true(cx_ok(cx_workers_give(&s.source, 0, fd)));
    is_error(&a[0], ended);
    assert_int_equal(s.lost, 0); /* the host knows */
    assert_int_equal(s.started, 1);
    assert_int_equal(send(old, "x", 1, MSG_NOSIGNAL), -1); /* nobody reads it */
    assert_int_equal(close(old), 0);
    ask(&s, "d.test", &a[1]);
    turn(&s);
    assert_true(peer_read(p));
    assert_int_equal(p->n, 1);
    finish(&s);
}

/* Two answers came at once; the first makes its asker give another socket, and what the old one said is over. */
TEST(a_socket_is_replaced_from_inside_answered)
{
    struct asked a[3] = { { .gives = true }, { .times = 0 } };
    static struct stage s;
    struct peer *p = &s.peers[0];
    struct cx_buf buf;

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a[0]);
    ask(&s, "e.test", &a[1]);
    turn(&s);
    assert_true(peer_read(p));
    cx_buf_init(&buf, 1u << 16);
    put_set(&buf, p, p->ids[0], "d.test", NULL, 0);
    put_set(&buf, p, p->ids[1], "e.test", NULL, 0);
    peer_write(p, cx_span_of_str(cx_buf_str(&buf)));
    cx_buf_done(&buf);
    turn(&s);
    assert_int_equal(a[0].times, 1);
    assert_int_equal(a[0].answer->n_records, 1);
    is_error(&a[1], ended);
    ask(&s, "f.test", &a[2]);
    turn(&s);
    assert_true(peer_read(p));
    assert_int_equal(p->n, 1);
    assert_int_equal(s.lost, 0);
    finish(&s);
}

TEST(a_socket_for_nobody_is_closed)
{
    static struct stage s;
    struct peer *p = &s.peers[1];
    int fd;

    begin(&s, 1, LATER);
    fd = new_socket(p);
    assert_int_equal(cx_workers_give(&s.source, 1, fd).code, CX_E_INTERNAL);
    assert_false(peer_read(p));
    assert_int_equal(cx_workers_give(&s.source, 0, -1).code, CX_E_INTERNAL);
    finish(&s);
}

TEST(what_was_asked_before_goes_out_once_attached)
{
    struct asked a[2] = { { .times = 0 } };
    static struct stage s;

    prepare(&s, 1, GIVE);
    open_source(&s);
    ask(&s, "d.test", &a[0]);
    attach(&s);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    assert_int_equal(s.peers[0].n, 1);
    assert_int_equal(cx_source_wait(&s.source).code, CX_E_INTERNAL);
    peer_answer(&s.peers[0], s.peers[0].ids[0], "d.test", NULL);
    turn(&s);
    assert_int_equal(a[0].times, 1);
    ask(&s, "d.test", &a[1]);
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    assert_int_equal(s.peers[0].n, 2);
    finish(&s);
}

TEST(whoever_is_answered_asks_again)
{
    struct asked a = { .again = 100 };
    static struct stage s;
    struct peer *p = &s.peers[0];

    begin(&s, 1, GIVE);
    ask(&s, "d.test", &a);
    for (size_t i = 0; i <= 100; i++) {
        turn(&s);
        assert_true(peer_read(p));
        assert_int_equal(p->n, i + 1);
        peer_answer(p, p->ids[i], "d.test", NULL);
    }
    turn(&s);
    assert_int_equal(a.times, 101);
    finish(&s);
}

/* More questions than a socket takes. */
TEST(a_full_socket_is_written_when_there_is_room)
{
    static struct asked a[20000];
    static struct stage s;
    struct peer *p = &s.peers[0];

    begin(&s, 1, GIVE);
    for (size_t i = 0; i < CX_COUNT(a); i++) {
        a[i] = (struct asked){ .times = 0 };
        ask(&s, "a-name-of-some-length.d.test", &a[i]);
    }
    turn(&s);
    for (int i = 0; i < 100 && p->n != CX_COUNT(a); i++) {
        assert_true(peer_read(p));
        assert_true(i != 0 || p->n < CX_COUNT(a));
        turn(&s);
    }
    assert_int_equal(p->n, CX_COUNT(a));
    finish(&s);
}

/* Names under one registrable domain go to one process, whatever becomes of the other. */
TEST(a_domain_has_one_process)
{
    struct asked a[64] = { { .times = 0 } };
    static struct stage s;
    char text[32];

    begin(&s, 2, GIVE);
    for (unsigned i = 0; i < 32; i++) { /* one is left out in 2^31 runs */
        (void)snprintf(text, sizeof(text), "n%u.test", i);
        ask(&s, text, &a[i]);
        (void)snprintf(text, sizeof(text), "www%u.d.test", i);
        ask(&s, text, &a[32 + i]);
    }
    turn(&s);
    assert_true(peer_read(&s.peers[0]));
    assert_true(peer_read(&s.peers[1]));
    assert_int_equal(s.peers[0].n + s.peers[1].n, 64);
    assert_true(s.peers[0].n != 0 && s.peers[1].n != 0);
    assert_true(s.peers[0].n > 32 || s.peers[1].n > 32);
    assert_int_equal(shutdown(s.peers[0].fd, SHUT_RDWR), 0);
    s.start = LATER;
    turn(&s);
    assert_int_equal(s.lost, 1);
    for (unsigned i = 0; i < 64; i++) {
        assert_true(a[i].times <= 1);
        s.peers[1].n += a[i].times; /* those of the other are still open */
    }
    assert_int_equal(s.peers[1].n, 64);
    finish(&s);
}

/* One name under one domain reaches whichever is meant, also when it is lost. */
TEST(a_process_can_be_asked_by_number)
{
    struct cx_source process[2];
    struct asked a[4] = { { .times = 0 } };
    static struct stage s;
    struct cx_name name = name_of("www.d.test");
    const struct cx_question question = { cx_name_span(&name), CX_TYPE_CAA };

    begin(&s, 2, GIVE);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(cx_ok(cx_workers_process(&s.source, i, &process[i])));
        cx_source_ask(&process[i], &question, &s.arena, note, &a[2 * i]);
        cx_source_ask(&process[i], &question, &s.arena, note, &a[2 * i + 1]);
    }
    turn(&s);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(peer_read(&s.peers[i]));
        assert_int_equal(s.peers[i].n, 2);
        assert_string_equal(s.peers[i].last, "www.d.test");
    }
    peer_answer(&s.peers[1], s.peers[1].ids[0], "www.d.test", NULL);
    assert_int_equal(shutdown(s.peers[0].fd, SHUT_RDWR), 0);
    s.start = LATER;
    turn(&s);
    is_error(&a[0], ended);
    is_error(&a[1], ended);
    assert_int_equal(a[2].times, 1);
    assert_int_equal(a[2].answer->outcome, CX_OUTCOME_RECORDS);
    assert_int_equal(a[3].times, 0);
    cx_source_close(&process[0]); /* which closes nothing of the workers */
    assert_int_equal(s.closed, 0);
    assert_int_equal(cx_workers_process(&s.source, 2, &process[0]).code, CX_E_INTERNAL);
    finish(&s);
}

TEST(an_alarm_is_told_once)
{
    static struct stage s;

    begin(&s, 2, GIVE);
    peer_alarm(&s.peers[0], "the root announces a key");
    peer_alarm(&s.peers[1], "the root announces a key");
    turn(&s);
    assert_int_equal(s.alarms, 1);
    assert_string_equal(s.alarm, "the root announces a key");
    peer_alarm(&s.peers[0], "the root announces a key"); /* again: it was not true in between */
    turn(&s);
    assert_int_equal(s.alarms, 2);
    assert_int_equal(shutdown(s.peers[0].fd, SHUT_RDWR), 0);
    turn(&s);
    peer_alarm(&s.peers[0], "the root announces a key"); /* its successor says what is known */
    turn(&s);
    assert_int_equal(s.alarms, 2);
    finish(&s);
}

TEST(processes_say_that_they_are_ready)
{
    struct cx_detail detail = { .text = "" };
    static struct stage s;

    prepare(&s, 2, GIVE);
    open_source(&s);
    peer_hello(&s.peers[0], CX_SUCCESS, "");
    peer_hello(&s.peers[1], (cx_status){ CX_E_RESOLVER }, "no anchor");
    assert_int_equal(cx_workers_hello(&s.source, &detail).code, CX_E_RESOLVER);
    assert_string_equal(detail.text, "no anchor");
    finish(&s);
    prepare(&s, 1, GIVE);
    open_source(&s);
    peer_alarm(&s.peers[0], "not a hello");
    assert_int_equal(cx_workers_hello(&s.source, &detail).code, CX_E_INTERNAL);
    finish(&s);
    prepare(&s, 2, LATER);
    open_source(&s);
    assert_true(cx_ok(cx_workers_hello(&s.source, &detail))); /* nobody to wait for */
    finish(&s);
}

static cx_status
start_one(void *ctx, unsigned i, int *ret_fd, struct cx_detail *detail)
{
    ((struct stage *)ctx)->start = i == 0 ? GIVE : FAIL;
    return host_start(ctx, i, ret_fd, detail);
}

TEST(a_source_that_cannot_be_opened_leaves_nothing)
{
    struct cx_detail detail = { .text = "" };
    static struct stage s;

    prepare(&s, 0, GIVE);
    assert_int_equal(cx_workers_open(&s.setup, &s.source, &detail).code, CX_E_USAGE);
    s.setup.n = CX_WORKERS_MAX + 1;
    assert_int_equal(cx_workers_open(&s.setup, &s.source, &detail).code, CX_E_USAGE);
    assert_int_equal(s.started, 0);
    s.setup.n = 2;
    s.setup.host.start = start_one;
    assert_int_equal(cx_workers_open(&s.setup, &s.source, &detail).code, CX_E_IO);
    assert_string_equal(detail.text, "none is left");
    assert_null(s.source.ops);
    assert_int_equal(s.closed, 0);        /* the host is the caller's */
    assert_false(peer_read(&s.peers[0])); /* the first socket is closed */
    drop_peer(&s.peers[0]);
    cx_arena_done(&s.arena);
}

TEST(a_source_without_memory_is_none)
{
    static struct stage s;
    unsigned nth = 0;
    cx_status status;

    do {
        prepare(&s, 2, LATER);
        nth++;
        (void)cx_alloc_fail_nth(nth);
        status = cx_workers_open(&s.setup, &s.source, NULL);
        (void)cx_alloc_fail_nth(0);
        if (!cx_ok(status)) {
            assert_int_equal(status.code, CX_E_NOMEM);
            assert_null(s.source.ops);
            cx_arena_done(&s.arena);
        }
    } while (!cx_ok(status));
    assert_true(nth > 4); /* itself, its ends, what each receives */
    finish(&s);
}

/* Not even for the question: whoever asked is told so, or the process is lost, and never is nobody told. */
TEST(questions_without_memory_fail)
{
    for (unsigned nth = 1; nth <= 3; nth++) {
        struct asked a = { .times = 0 };
        static struct stage s;

        begin(&s, 1, GIVE);
        s.start = FAIL;
        (void)cx_alloc_fail_nth(nth);
        ask(&s, "d.test", &a);
        (void)cx_alloc_fail_nth(0);
        turn(&s);
        if (nth == 1) { /* no place */
            assert_int_equal(a.times, 1);
            assert_null(a.answer);
        } else if (nth == 2) { /* no room for the frame */
            is_error(&a, ended);
            assert_int_equal(s.why, CX_WORKER_WRONG);
        } else {
            assert_int_equal(a.times, 0); /* there was no third */
        }
        finish(&s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(answers_arrive_and_materials_are_used_again),
    cmocka_unit_test(answers_are_waited_for),
    cmocka_unit_test(silence_and_late_processes_end_a_wait),
    cmocka_unit_test(what_none_of_ours_would_say_loses_the_process),
    cmocka_unit_test(an_answer_to_another_question_loses_the_process),
    cmocka_unit_test(an_answer_that_was_given_loses_the_process),
    cmocka_unit_test(slots_go_with_the_process),
    cmocka_unit_test(without_another_process_questions_fail_at_once),
    cmocka_unit_test(a_silent_process_is_lost),
    cmocka_unit_test(what_was_said_in_time_is_heard),
    cmocka_unit_test(questions_wait_for_a_process_in_order),
    cmocka_unit_test(a_lost_process_comes_later),
    cmocka_unit_test(questions_wait_only_so_long),
    cmocka_unit_test(only_so_many_questions_wait),
    cmocka_unit_test(a_socket_is_replaced),
    cmocka_unit_test(a_socket_is_replaced_from_inside_answered),
    cmocka_unit_test(a_socket_for_nobody_is_closed),
    cmocka_unit_test(what_was_asked_before_goes_out_once_attached),
    cmocka_unit_test(whoever_is_answered_asks_again),
    cmocka_unit_test(a_full_socket_is_written_when_there_is_room),
    cmocka_unit_test(a_domain_has_one_process),
    cmocka_unit_test(a_process_can_be_asked_by_number),
    cmocka_unit_test(an_alarm_is_told_once),
    cmocka_unit_test(processes_say_that_they_are_ready),
    cmocka_unit_test(a_source_that_cannot_be_opened_leaves_nothing),
    cmocka_unit_test(a_source_without_memory_is_none),
    cmocka_unit_test(questions_without_memory_fail),
};

TEST_MAIN(tests)

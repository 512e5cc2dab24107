#include "resolve/workers.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "domain/suffix.h"
#include "resolve/answer_receiver.h"
#include "resolve/frame.h"

#include <event2/event.h>

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a process may take to say hello. */
#define HELLO_MS 10000

struct end {
    struct workers *workers;
    int fd;              /* -1: there is no process */
    bool is_coming;      /* without one: one is to come */
    size_t open;         /* questions that it has to answer */
    int64_t quiet_since; /* now_ms when it last answered, or had nothing to answer */
    struct cx_buf in;
    size_t taken; /* of in */
    struct cx_buf out;
    size_t written; /* of out */
    struct cx_answer_receiver *receiver;
    struct event *readable;
    struct event *writable; /* only while the socket is full */
    struct event *timer;    /* set while anything is owed; may be too early, never too late */
    bool is_timed;
    uint32_t first_waiting; /* place + 1 */
    uint32_t last_waiting;
    size_t n_waiting;
};

enum state {
    FREE = 0,
    ASKED,
    WAITING, /* for a process of end */
    LOST,    /* its process was lost */
};

/* A question under way, or a free place. */
struct place {
    enum state state;
    uint32_t next; /* place + 1: of those that are free, or that wait for the same process */
    struct end *end;
    struct cx_name name;
    uint16_t type;
    int64_t since; /* when it began to wait */
    struct cx_arena *arena;
    cx_answered *answered;
    void *ctx;
};

struct workers {
    struct cx_workers_setup setup;
    struct cx_alarms_heard heard;
    uint64_t key;
    struct event_base *own; /* NULL: attached to another's */
    struct event_base *base;
    struct event *kick; /* attached: something is to be written */
    bool is_kicked;
    struct end *ends;
    unsigned n;
    struct place *places;
    uint32_t n_places;
    uint32_t first_free; /* place + 1 */
    size_t open;
    uint64_t given; /* answers, ever */
};

static int64_t
now_ms(void)
{
    return cx_clock_us() / 1000;
}

static unsigned
number_of(const struct end *end)
{
    return (unsigned)(end - end->workers->ends);
}

/* ---- time */

/* A process answers every question by its deadline, so one that owes answers and gives none for longer hangs. */
static int64_t
patience_ms(const struct end *end)
{
    const struct cx_workers_setup *setup = &end->workers->setup;

    return end->quiet_since + setup->deadline_ms + setup->silence_ms - now_ms();
}

/* Until there is something to look at; -1: nothing is owed. */
static int64_t
left_ms(const struct end *end)
{
    const struct workers *w = end->workers;
    int64_t left;

    if (end->fd >= 0) {
        if (end->open == 0) {
            return -1;
        }
        left = patience_ms(end);
    } else {
        if (end->n_waiting == 0) {
            return -1;
        }
        left = w->places[end->first_waiting - 1].since + w->setup.wait_ms - now_ms();
    }
    return left > 0 ? left : 1;
}

/* Without memory for it the next question tries again. */
static void
set_timer(struct end *end)
{
    int64_t left = end->is_timed ? -1 : left_ms(end);

    if (left >= 0) {
        struct timeval after = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };

        end->is_timed = event_add(end->timer, &after) == 0;
    }
}

/* What was written for a process goes out: before the next wait, or by an event. */
static void
kick(struct workers *w)
{
    if (w->own == NULL && !w->is_kicked) {
        w->is_kicked = true;
        event_active(w->kick, EV_TIMEOUT, 0);
    }
}

/* ---- sockets */

/* NULL where attaching failed. */
static void
unset(struct event *event)
{
    if (event != NULL) {
        (void)event_del(event); /* fails only for events that were never added */
    }
}

/* Everything that belonged to the process. */
static void
drop_socket(struct end *end)
{
    if (end->fd < 0) {
        return;
    }
    unset(end->readable);
    unset(end->writable);
    unset(end->timer);
    end->is_timed = false;
    (void)close(end->fd);
    end->fd = -1;
    cx_buf_clear(&end->in);
    end->taken = 0;
    cx_buf_clear(&end->out);
    end->written = 0;
    cx_answer_receiver_forget(end->receiver);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx);
static void on_writable(evutil_socket_t fd, short what, void *ctx);
static void on_timer(evutil_socket_t fd, short what, void *ctx);

static bool
watch(struct end *end)
{
    struct event_base *base = end->workers->base;

    return event_assign(end->readable, base, end->fd, EV_READ | EV_PERSIST, on_readable, end) ==
               0 &&
           event_assign(end->writable, base, end->fd, EV_WRITE, on_writable, end) == 0 &&
           event_add(end->readable, NULL) == 0;
}

/* The socket of an end that has none. Classes: INTERNAL, and it is closed. */
static cx_status
take_socket(struct end *end, int fd, struct cx_detail *detail)
{
    if (fd < 0) {
        return cx_fail(detail, CX_E_INTERNAL, "no socket of a resolver process");
    }
    end->fd = fd;
    if (!watch(end)) {
        drop_socket(end);
        return cx_fail(detail, CX_E_INTERNAL, "no event for the socket of a resolver process");
    }
    return CX_SUCCESS;
}

/* Of an end that has no socket. */
static cx_status
start(struct end *end, struct cx_detail *detail)
{
    const struct cx_worker_host *host = &end->workers->setup.host;
    cx_status s;
    int fd = -1;

    CX_TRY(host->start(host->ctx, number_of(end), &fd, detail));
    if (fd < 0) {
        return CX_SUCCESS;
    }
    s = take_socket(end, fd, detail);
    if (!cx_ok(s)) {
        host->lost(host->ctx, number_of(end), CX_WORKER_WRONG);
    }
    return s;
}

/* ---- questions */

static struct place *
take_place(struct workers *w)
{
    struct place *place;

    if (w->first_free == 0) {
        uint32_t wider = w->n_places == 0 ? 1024 : w->n_places * 2;
        struct place *places =
            w->n_places > UINT32_MAX / 4 ? NULL : cx_realloc(w->places, wider, sizeof(*places));

        if (places == NULL) {
            return NULL;
        }
        w->places = places;
        for (uint32_t i = wider; i > w->n_places; i--) {
            places[i - 1] = (struct place){ .next = w->first_free };
            w->first_free = i;
        }
        w->n_places = wider;
    }
    place = &w->places[w->first_free - 1];
    w->first_free = place->next;
    w->open++;
    return place;
}

/* Answers, after the place is free: whoever is told may ask at once. */
static void
give(struct workers *w, struct place *place, const struct cx_answer *answer)
{
    cx_answered *answered = place->answered;
    void *ctx = place->ctx;

    if (place->state == ASKED) {
        place->end->open--;
    }
    place->state = FREE;
    place->next = w->first_free;
    w->first_free = (uint32_t)(place - w->places) + 1;
    w->open--;
    w->given++;
    answered(ctx, answer);
}

static struct cx_question
question_of(const struct place *place)
{
    return (struct cx_question){ cx_name_span(&place->name), place->type };
}

static void
give_error(struct workers *w, struct place *place, const char *why)
{
    struct cx_question question = question_of(place);
    struct cx_answer *answer = cx_arena_get(place->arena, 1, sizeof(*answer));

    if (answer != NULL && !cx_ok(cx_result_failure(CX_OUTCOME_ERROR, why, &question, cx_time_now(),
                                                   place->arena, answer))) {
        answer = NULL;
    }
    give(w, place, answer);
}

/* The process that names of one registrable domain go to. */
static struct end *
end_of(struct workers *w, cx_span name)
{
    unsigned keep = cx_public_suffix_labels(name) + 1;

    for (unsigned n = cx_name_labels(name); n > keep; n--) {
        name = cx_name_parent(name);
    }
    return &w->ends[cx_hash(w->key, name) % w->n];
}

/* Of a process that is gone. */
static void
lose_questions(struct end *end)
{
    struct workers *w = end->workers;

    for (uint32_t i = 0; i < w->n_places; i++) {
        if (w->places[i].state == ASKED && w->places[i].end == end) {
            w->places[i].state = LOST;
        }
    }
    end->open = 0;
}

static void
give_lost(struct workers *w)
{
    for (uint32_t i = 0; i < w->n_places; i++) {
        if (w->places[i].state == LOST) {
            give_error(w, &w->places[i], "a resolver process of ours ended");
        }
    }
}

/* It goes, its questions fail, and another takes its place. What is told to the askers makes them ask again, so they are
 * told last. */
static void
lose(struct end *end, enum cx_worker_loss why)
{
    struct workers *w = end->workers;
    struct cx_detail detail = { .text = "" };

    drop_socket(end);
    lose_questions(end);
    cx_alarms_forget(&w->heard, number_of(end));
    w->setup.host.lost(w->setup.host.ctx, number_of(end), why);
    end->is_coming = cx_ok(start(end, &detail)); /* if not, the next question is told */
    give_lost(w);
}

/* Without memory: flush says so, when nobody reads frames of this process, as now its own answer may be. */
static void
send_question(struct end *end, struct place *place)
{
    struct workers *w = end->workers;
    struct cx_question question = question_of(place);

    place->state = ASKED;
    place->end = end;
    if (end->open++ == 0) {
        end->quiet_since = now_ms();
    }
    cx_frame_put_question(&end->out, (uint32_t)(place - w->places), &question);
    set_timer(end);
    kick(w);
}

/* ---- questions that wait for a process */

static void
add_waiting(struct end *end, struct place *place)
{
    struct place *places = end->workers->places;
    uint32_t number = (uint32_t)(place - places) + 1;

    place->state = WAITING;
    place->end = end;
    place->since = now_ms();
    place->next = 0;
    if (end->n_waiting++ == 0) {
        end->first_waiting = number;
    } else {
        places[end->last_waiting - 1].next = number;
    }
    end->last_waiting = number;
    set_timer(end);
}

/* The oldest. */
static struct place *
take_waiting(struct end *end)
{
    struct place *place = &end->workers->places[end->first_waiting - 1];

    end->first_waiting = place->next;
    end->n_waiting--;
    return place;
}

static void
send_waiting(struct end *end)
{
    while (end->n_waiting != 0) {
        send_question(end, take_waiting(end));
    }
}

/* Those that have waited long enough. Whoever is told may ask, and waits behind them. */
static void
give_up_waiting(struct end *end)
{
    struct workers *w = end->workers;
    int64_t before = now_ms() - w->setup.wait_ms;

    while (end->n_waiting != 0 && w->places[end->first_waiting - 1].since <= before) {
        give_error(w, take_waiting(end), "no resolver process of ours came in time");
    }
}

/* ---- frames */

static cx_status
take_answer(struct end *end, cx_span body)
{
    struct workers *w = end->workers;
    const struct cx_answer *answer = NULL;
    struct cx_question question;
    struct place *place;
    uint32_t id;
    cx_status s;

    CX_TRY(cx_frame_get_id(body, &id));
    if (id >= w->n_places || w->places[id].state != ASKED || w->places[id].end != end) {
        return (cx_status){ CX_E_MESSAGE };
    }
    place = &w->places[id];
    question = question_of(place);
    s = cx_answer_receiver_answer(end->receiver, body, &question, place->arena, &answer);
    if (!cx_ok(s) && s.code != CX_E_NOMEM) {
        return s;
    }
    end->quiet_since = now_ms();
    give(w, place, answer);
    return CX_SUCCESS;
}

static cx_status
take_alarm(const struct end *end, cx_span body)
{
    struct workers *w = end->workers;
    char text[CX_ALARM_TEXT];

    _Static_assert(CX_WORKERS_MAX <= 64, "cx_alarms_hear has a bit for each");
    CX_TRY(cx_frame_get_alarm(body, text));
    if (cx_alarms_hear(&w->heard, text, number_of(end)) && w->setup.alarm != NULL) {
        w->setup.alarm(w->setup.alarm_ctx, text);
    }
    return CX_SUCCESS;
}

static cx_status
take_frame(struct end *end, const struct cx_frame *frame)
{
    struct cx_detail detail = { .text = "" };

    switch (frame->kind) {
    case CX_FRAME_HELLO: /* of one that was started again */
        return cx_frame_get_hello(frame->body, &detail);
    case CX_FRAME_MATERIAL:
        return cx_answer_receiver_material(end->receiver, frame->body);
    case CX_FRAME_ANSWER:
        return take_answer(end, frame->body);
    case CX_FRAME_ALARM:
        return take_alarm(end, frame->body);
    case CX_FRAME_QUESTION:
    case CX_FRAME_GIVEN:
        break;
    }
    return (cx_status){ CX_E_MESSAGE };
}

/* Frames that are whole. Whoever is answered may ask, which writes to out and places, never to in. */
static cx_status
take_frames(struct end *end)
{
    for (;;) {
        cx_span left = { (const uint8_t *)end->in.p + end->taken, end->in.n - end->taken };
        struct cx_frame frame;
        bool more;

        CX_TRY(cx_frame_next(left, &frame, &more));
        if (more) {
            break;
        }
        end->taken += frame.size; /* before: whoever is answered may give another socket */
        CX_TRY(take_frame(end, &frame));
    }
    cx_buf_drop(&end->in, end->taken);
    end->taken = 0;
    return CX_SUCCESS;
}

static cx_status
read_some(struct end *end)
{
    char *to = cx_buf_reserve(&end->in, CX_WORKER_CHUNK);
    ssize_t n;

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    n = read(end->fd, to, CX_WORKER_CHUNK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return CX_SUCCESS;
    }
    if (n <= 0) {
        return (cx_status){ CX_E_IO };
    }
    cx_buf_grown(&end->in, (size_t)n);
    return take_frames(end);
}

/* A buffer without memory for a question holds a part of it, and is of no use any more. */
static cx_status
flush(struct end *end)
{
    if (!cx_buf_ok(&end->out)) {
        return (cx_status){ CX_E_NOMEM };
    }
    while (end->written != end->out.n) {
        ssize_t n =
            send(end->fd, end->out.p + end->written, end->out.n - end->written, MSG_NOSIGNAL);

        if (n >= 0) {
            end->written += (size_t)n;
        } else if (errno == EAGAIN) {
            cx_buf_drop(&end->out, end->written);
            end->written = 0;
            return event_add(end->writable, NULL) == 0 ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };
        } else if (errno != EINTR) {
            return (cx_status){ CX_E_IO };
        }
    }
    cx_buf_clear(&end->out);
    end->written = 0;
    return CX_SUCCESS;
}

/* ---- events */

/* What its askers have asked meanwhile goes out with the next ones. */
static void
flush_or_lose(struct end *end)
{
    cx_status s = end->fd >= 0 ? flush(end) : CX_SUCCESS;

    if (!cx_ok(s)) {
        lose(end, s.code == CX_E_IO ? CX_WORKER_ENDED : CX_WORKER_WRONG);
    }
}

static void
flush_all(struct workers *w)
{
    for (unsigned i = 0; i < w->n; i++) {
        flush_or_lose(&w->ends[i]);
    }
}

static void
on_kick(evutil_socket_t fd, short what, void *ctx)
{
    struct workers *w = ctx;

    (void)fd, (void)what;
    w->is_kicked = false;
    flush_all(w);
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    flush_or_lose(ctx);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct end *end = ctx;
    cx_status s = read_some(end);

    (void)fd, (void)what;
    if (!cx_ok(s)) {
        lose(end, s.code == CX_E_IO ? CX_WORKER_ENDED : CX_WORKER_WRONG);
    }
}

/* It may have spoken while we were busy. */
static bool
is_unread(const struct end *end)
{
    char octet;

    return recv(end->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct end *end = ctx;

    (void)fd, (void)what;
    end->is_timed = false;
    if (end->fd < 0) {
        give_up_waiting(end);
    } else if (end->open != 0 && patience_ms(end) <= 0 && !is_unread(end)) {
        lose(end, CX_WORKER_SILENT);
    }
    set_timer(end);
}

/* For each end, none of them added. */
static cx_status
make_events(struct workers *w)
{
    w->kick = event_new(w->base, -1, 0, on_kick, w);
    for (unsigned i = 0; i < w->n; i++) {
        struct end *end = &w->ends[i];

        end->readable = event_new(w->base, -1, EV_READ | EV_PERSIST, on_readable, end);
        end->writable = event_new(w->base, -1, EV_WRITE, on_writable, end);
        end->timer = event_new(w->base, -1, 0, on_timer, end);
        if (end->readable == NULL || end->writable == NULL || end->timer == NULL) {
            return (cx_status){ CX_E_INTERNAL };
        }
    }
    return w->kick != NULL ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };
}

static void
free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

static void
free_events(struct workers *w)
{
    free_event(&w->kick);
    w->is_kicked = false;
    for (unsigned i = 0; i < w->n; i++) {
        free_event(&w->ends[i].readable);
        free_event(&w->ends[i].writable);
        free_event(&w->ends[i].timer);
        w->ends[i].is_timed = false;
    }
    if (w->own != NULL) {
        event_base_free(w->own);
        w->own = NULL;
    }
}

cx_status
cx_workers_attach(const struct cx_source *workers, struct event_base *base)
{
    struct workers *w = workers->self;

    free_events(w);
    w->base = base;
    CX_TRY(make_events(w));
    for (unsigned i = 0; i < w->n; i++) {
        if (w->ends[i].fd >= 0 && !watch(&w->ends[i])) {
            return (cx_status){ CX_E_INTERNAL };
        }
        set_timer(&w->ends[i]);
    }
    kick(w);
    return CX_SUCCESS;
}

cx_status
cx_workers_give(const struct cx_source *workers, unsigned i, int fd)
{
    struct workers *w = workers->self;
    struct end *end = i < w->n ? &w->ends[i] : NULL;
    struct cx_detail detail = { .text = "" };
    cx_status s;

    if (end == NULL) {
        (void)close(fd);
        return (cx_status){ CX_E_INTERNAL };
    }
    if (end->fd >= 0) {
        drop_socket(end);
        lose_questions(end);
        cx_alarms_forget(&w->heard, i);
    }
    s = take_socket(end, fd, &detail);
    if (cx_ok(s)) {
        end->is_coming = true;
        send_waiting(end);
    }
    give_lost(w);
    return s;
}

/* ---- the source */

/* end == NULL: the one that the name goes to. */
static void
ask(struct workers *w, struct end *end, const struct cx_question *question, struct cx_arena *arena,
    cx_answered *answered, void *ctx)
{
    struct place *place = question->name.n <= CX_NAME_MAX ? take_place(w) : NULL;

    if (place == NULL) {
        answered(ctx, NULL);
        return;
    }
    end = end != NULL ? end : end_of(w, question->name);
    place->name = cx_name_of(question->name);
    place->type = question->type;
    place->arena = arena;
    place->answered = answered;
    place->ctx = ctx;
    if (end->fd >= 0) {
        send_question(end, place);
    } else if (!end->is_coming) {
        give_error(w, place, "no resolver process of ours is left for this name");
    } else if (end->n_waiting == CX_WORKER_WAITING) {
        give_error(w, place, "too many questions wait for a resolver process of ours");
    } else {
        add_waiting(end, place);
    }
}

static void
workers_ask(void *self, const struct cx_question *question, struct cx_arena *arena,
            cx_answered *answered, void *ctx)
{
    ask(self, NULL, question, arena, answered, ctx);
}

static void
process_ask(void *self, const struct cx_question *question, struct cx_arena *arena,
            cx_answered *answered, void *ctx)
{
    struct end *end = self;

    ask(end->workers, end, question, arena, answered, ctx);
}

static cx_status
wait_for_answer(struct workers *w)
{
    uint64_t before = w->given;

    if (w->own == NULL) {
        return (cx_status){ CX_E_INTERNAL };
    }
    while (w->open != 0 && w->given == before) {
        flush_all(w);
        if (w->given == before && event_base_loop(w->own, EVLOOP_ONCE) != 0) {
            return (cx_status){ CX_E_INTERNAL };
        }
    }
    return CX_SUCCESS;
}

static cx_status
workers_wait(void *self)
{
    return wait_for_answer(self);
}

static cx_status
process_wait(void *self)
{
    const struct end *end = self;

    return wait_for_answer(end->workers);
}

/* The process is of the workers, which have it still. */
static void
process_close(void *self)
{
    (void)self;
}

static void
workers_close(void *self)
{
    struct workers *w = self;

    for (unsigned i = 0; i < w->n; i++) {
        if (w->ends[i].fd >= 0) { /* all at once, so that they end side by side */
            (void)shutdown(w->ends[i].fd, SHUT_RDWR);
        }
    }
    for (unsigned i = 0; i < w->n; i++) {
        drop_socket(&w->ends[i]);
        cx_answer_receiver_free(w->ends[i].receiver);
        cx_buf_done(&w->ends[i].in);
        cx_buf_done(&w->ends[i].out);
    }
    free_events(w);
    if (w->setup.host.close != NULL) {
        w->setup.host.close(w->setup.host.ctx);
    }
    cx_free(w->ends);
    cx_free(w->places);
    cx_free(w);
}

static const struct cx_source_ops workers_ops = { workers_ask, workers_wait, workers_close };
static const struct cx_source_ops process_ops = { process_ask, process_wait, process_close };

cx_status
cx_workers_process(const struct cx_source *workers, unsigned i, struct cx_source *ret)
{
    struct workers *w = workers->self;

    if (i >= w->n) {
        return (cx_status){ CX_E_INTERNAL };
    }
    *ret = (struct cx_source){ &process_ops, &w->ends[i], workers->origin };
    return CX_SUCCESS;
}

/* Reads once more before until. Classes: NOMEM, IO; LIMIT: too late. */
static cx_status
read_until(struct end *end, int64_t until)
{
    struct pollfd p = { .fd = end->fd, .events = POLLIN };
    char *to = cx_buf_reserve(&end->in, CX_WORKER_CHUNK);
    int64_t left = until - now_ms();
    ssize_t n;

    if (to == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (left <= 0) {
        return (cx_status){ CX_E_LIMIT };
    }
    if (poll(&p, 1, (int)left) <= 0) {
        return CX_SUCCESS; /* a signal, or the end of the time */
    }
    n = read(end->fd, to, CX_WORKER_CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return CX_SUCCESS;
    }
    if (n <= 0) {
        return (cx_status){ CX_E_IO };
    }
    cx_buf_grown(&end->in, (size_t)n);
    return CX_SUCCESS;
}

/* Its first words, within HELLO_MS. */
static cx_status
wait_for_hello(struct end *end, struct cx_detail *detail)
{
    int64_t until = now_ms() + HELLO_MS;
    struct cx_frame frame;
    bool more = true;

    while (more) {
        if (!cx_ok(read_until(end, until))) {
            return cx_fail(detail, CX_E_INTERNAL,
                           "a resolver process said nothing within %d s of its start",
                           HELLO_MS / 1000);
        }
        CX_TRY(cx_frame_next((cx_span){ (const uint8_t *)end->in.p, end->in.n }, &frame, &more));
    }
    if (frame.kind != CX_FRAME_HELLO) {
        return cx_fail(detail, CX_E_INTERNAL, "a message from a resolver process cannot be read");
    }
    CX_TRY(cx_frame_get_hello(frame.body, detail));
    cx_buf_drop(&end->in, frame.size);
    return CX_SUCCESS;
}

cx_status
cx_workers_hello(const struct cx_source *workers, struct cx_detail *detail)
{
    struct workers *w = workers->self;

    for (unsigned i = 0; i < w->n; i++) {
        if (w->ends[i].fd >= 0) {
            CX_TRY(wait_for_hello(&w->ends[i], detail));
        }
    }
    return CX_SUCCESS;
}

/* By poll(2): a process that is forked would share the descriptor of another way. */
static struct event_base *
new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL) {
        if (event_config_avoid_method(config, "epoll") == 0) {
            base = event_base_new_with_config(config);
        }
        event_config_free(config);
    }
    return base;
}

static cx_status
allocate(struct workers *w)
{
    unsigned n = w->setup.n;

    w->ends = cx_alloc(n, sizeof(*w->ends));
    if (w->ends == NULL || !cx_hash_key(&w->key)) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (; w->n < n; w->n++) {
        struct end *end = &w->ends[w->n];

        end->workers = w;
        end->fd = -1;
        cx_buf_init(&end->in, CX_FRAME_MAX + 2 * CX_WORKER_CHUNK);
        cx_buf_init(&end->out, CX_WORKER_BACKLOG);
        end->receiver = cx_answer_receiver_new();
        if (end->receiver == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
    }
    return CX_SUCCESS;
}

static cx_status
open_parts(struct workers *w, struct cx_detail *detail)
{
    CX_TRY(allocate(w));
    w->own = new_base();
    w->base = w->own;
    if (w->own == NULL || !cx_ok(make_events(w))) {
        return cx_fail(detail, CX_E_INTERNAL, "no event loop");
    }
    for (unsigned i = 0; i < w->n; i++) {
        CX_TRY(start(&w->ends[i], detail));
        w->ends[i].is_coming = true;
    }
    return CX_SUCCESS;
}

static struct cx_workers_setup
with_defaults(const struct cx_workers_setup *setup)
{
    struct cx_workers_setup ret = *setup;

    ret.deadline_ms = ret.deadline_ms != 0 ? ret.deadline_ms : CX_LIVE_DEADLINE_MS;
    ret.silence_ms = ret.silence_ms != 0 ? ret.silence_ms : CX_WORKER_SILENCE_MS;
    ret.wait_ms = ret.wait_ms != 0 ? ret.wait_ms : CX_WORKER_WAIT_MS;
    return ret;
}

cx_status
cx_workers_open(const struct cx_workers_setup *setup, struct cx_source *ret,
                struct cx_detail *detail)
{
    struct workers *w;
    cx_status s;

    if (setup->n == 0 || setup->n > CX_WORKERS_MAX) {
        return cx_fail(detail, CX_E_USAGE, "resolver processes: from 1 to %d, not %u",
                       CX_WORKERS_MAX, setup->n);
    }
    w = cx_alloc(1, sizeof(*w));
    if (w == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    w->setup = with_defaults(setup);
    s = open_parts(w, detail);
    if (!cx_ok(s)) {
        w->setup.host.close = NULL; /* still the caller's */
        workers_close(w);
        return s;
    }
    *ret = (struct cx_source){ &workers_ops, w, CX_ORIGIN_DNS };
    return CX_SUCCESS;
}

#include "resolve/workers.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "domain/suffix.h"
#include "resolve/answer_receiver.h"
#include "resolve/frame.h"
#include "resolve/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a process may take to say hello, and to end when its socket is closed; and how much longer than the deadline
 * of a question it may say nothing while it owes an answer. */
#define HELLO_MS   10000
#define END_MS     2000
#define SILENCE_MS 5000

struct end {
    pid_t pid;
    int fd; /* -1: there is no process */
    unsigned restarts;
    int64_t started_ms;
    size_t open;         /* questions that it has to answer */
    int64_t quiet_since; /* now_ms when it last answered, or had nothing to answer */
    struct cx_buf in;
    struct cx_buf out;
    size_t written; /* of out */
    struct cx_answer_receiver *receiver;
};

/* A question under way, or a free place. */
struct place {
    bool used;
    uint32_t next_free; /* index + 1 */
    struct end *end;
    struct cx_name name;
    uint16_t type;
    struct cx_arena *arena;
    cx_answered *answered;
    void *ctx;
};

struct workers {
    struct cx_live_options options;
    struct cx_alarms_heard heard;
    uint64_t key;
    struct end *ends;
    unsigned n;
    struct place *places;
    uint32_t n_places;
    uint32_t first_free; /* index + 1 */
    size_t open;
    uint64_t given; /* answers, ever */
};

/* ---- processes */

static int64_t
now_ms(void)
{
    return cx_clock_us() / 1000;
}

/* Neither our input, our output nor other processes' sockets stay open in it: readers of our output would wait for its
 * end as well. */
static bool
close_inherited(const struct workers *w, int own)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (unsigned i = 0; i < w->n; i++) {
        if (w->ends[i].fd >= 0 && w->ends[i].fd != own) {
            (void)close(w->ends[i].fd);
        }
    }
    return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
           close(null) == 0;
}

static void
run_process(const struct workers *w, int fd, pid_t parent)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(EXIT_FAILURE); /* it ended before we could be told */
    }
    if (!close_inherited(w, fd)) {
        _exit(EXIT_FAILURE);
    }
    _exit(cx_ok(cx_worker_run(fd, &w->options)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool
set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static cx_status
start_process(struct workers *w, struct end *end, struct cx_detail *detail)
{
    pid_t parent = getpid();
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        return cx_fail(detail, CX_E_IO, "no socket for a resolver process: %s", strerror(errno));
    }
    if (!set_nonblocking(fds[0]) || !set_nonblocking(fds[1])) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        return cx_fail(detail, CX_E_IO, "a socket cannot be set up: %s", strerror(errno));
    }
    end->pid = fork();
    if (end->pid == 0) {
        (void)close(fds[0]);
        run_process(w, fds[1], parent);
    }
    (void)close(fds[1]);
    if (end->pid < 0) {
        (void)close(fds[0]);
        return cx_fail(detail, CX_E_IO, "no resolver process: %s", strerror(errno));
    }
    end->fd = fds[0];
    end->started_ms = now_ms();
    return CX_SUCCESS;
}

/* Its socket is closed, so it ends by itself; one that does not is made to. */
static void
reap(pid_t pid)
{
    int64_t until = now_ms() + END_MS;

    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (now_ms() >= until) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, NULL, 0);
            return;
        }
        (void)poll(NULL, 0, 1);
    }
}

/* Everything that belonged to the process. */
static void
drop_process(struct end *end)
{
    if (end->fd < 0) {
        return;
    }
    (void)close(end->fd);
    end->fd = -1;
    reap(end->pid);
    cx_buf_clear(&end->in);
    cx_buf_clear(&end->out);
    end->written = 0;
    cx_answer_receiver_forget(end->receiver);
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
            places[i - 1] = (struct place){ .next_free = w->first_free };
            w->first_free = i;
        }
        w->n_places = wider;
    }
    place = &w->places[w->first_free - 1];
    w->first_free = place->next_free;
    place->used = true;
    w->open++;
    return place;
}

/* Answers, after the place is free: whoever is told may ask at once. */
static void
give(struct workers *w, struct place *place, const struct cx_answer *answer)
{
    cx_answered *answered = place->answered;
    void *ctx = place->ctx;

    if (place->end != NULL) {
        place->end->open--;
    }
    place->used = false;
    place->next_free = w->first_free;
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

/* A process that ended, or says what none of ours would: it goes, its questions fail, and another takes its place. What
 * is told to the askers makes them ask again, so they are told last. */
static void
lose_process(struct workers *w, struct end *end)
{
    struct cx_detail detail = { .text = "" };
    uint32_t n = w->n_places;

    drop_process(end);
    cx_alarms_forget(&w->heard, (unsigned)(end - w->ends));
    if (now_ms() - end->started_ms > CX_WORKER_FORGIVEN_MS) {
        end->restarts = 0;
    }
    if (end->restarts < CX_WORKER_RESTARTS) {
        end->restarts++;
        if (!cx_ok(start_process(w, end, &detail))) {
            end->fd = -1;
        }
    }
    for (uint32_t i = 0; i < n; i++) { /* those asked from here on have the new one */
        if (w->places[i].used && w->places[i].end == end) {
            w->places[i].end = NULL;
        }
    }
    end->open = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (w->places[i].used && w->places[i].end == NULL) {
            give_error(w, &w->places[i], "a resolver process of ours ended");
        }
    }
}

/* ---- frames */

static cx_status
take_answer(struct workers *w, struct end *end, cx_span body)
{
    const struct cx_answer *answer = NULL;
    struct cx_question question;
    struct place *place;
    uint32_t id;
    cx_status s;

    CX_TRY(cx_frame_get_id(body, &id));
    if (id >= w->n_places || !w->places[id].used || w->places[id].end != end) {
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
take_alarm(struct workers *w, const struct end *end, cx_span body)
{
    char text[CX_ALARM_TEXT];

    _Static_assert(CX_WORKERS_MAX <= 64, "cx_alarms_hear has a bit for each");
    CX_TRY(cx_frame_get_alarm(body, text));
    if (cx_alarms_hear(&w->heard, text, (unsigned)(end - w->ends)) && w->options.alarm != NULL) {
        w->options.alarm(w->options.alarm_ctx, text);
    }
    return CX_SUCCESS;
}

static cx_status
take_frame(struct workers *w, struct end *end, const struct cx_frame *frame)
{
    struct cx_detail detail = { .text = "" };

    switch (frame->kind) {
    case CX_FRAME_HELLO: /* of one that was started again */
        return cx_frame_get_hello(frame->body, &detail);
    case CX_FRAME_MATERIAL:
        return cx_answer_receiver_material(end->receiver, frame->body);
    case CX_FRAME_ANSWER:
        return take_answer(w, end, frame->body);
    case CX_FRAME_ALARM:
        return take_alarm(w, end, frame->body);
    case CX_FRAME_QUESTION:
    case CX_FRAME_GIVEN:
        break;
    }
    return (cx_status){ CX_E_MESSAGE };
}

/* Frames that are whole. Whoever is answered may ask, which writes to out and places, never to in. */
static cx_status
take_frames(struct workers *w, struct end *end)
{
    size_t at = 0;

    for (;;) {
        struct cx_frame frame;
        bool more;

        CX_TRY(cx_frame_next((cx_span){ (const uint8_t *)end->in.p + at, end->in.n - at }, &frame,
                             &more));
        if (more) {
            break;
        }
        CX_TRY(take_frame(w, end, &frame));
        at += frame.size;
    }
    cx_buf_drop(&end->in, at);
    return CX_SUCCESS;
}

static cx_status
read_some(struct workers *w, struct end *end)
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
    return take_frames(w, end);
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
            return CX_SUCCESS;
        } else if (errno != EINTR) {
            return (cx_status){ CX_E_IO };
        }
    }
    cx_buf_clear(&end->out);
    end->written = 0;
    return CX_SUCCESS;
}

/* ---- the source */

static void
workers_ask(void *self, const struct cx_question *question, struct cx_arena *arena,
            cx_answered *answered, void *ctx)
{
    struct workers *w = self;
    struct place *place = question->name.n <= CX_NAME_MAX ? take_place(w) : NULL;

    if (place == NULL) {
        answered(ctx, NULL);
        return;
    }
    place->end = end_of(w, question->name);
    place->name = cx_name_of(question->name);
    place->type = question->type;
    place->arena = arena;
    place->answered = answered;
    place->ctx = ctx;
    if (place->end->open++ == 0) {
        place->end->quiet_since = now_ms();
    }
    if (place->end->fd < 0) {
        give_error(w, place, "no resolver process of ours is left for this name");
        return;
    }
    /* Without memory: flush says so, when nobody reads frames of this process, as now its own answer may be. */
    cx_frame_put_question(&place->end->out, (uint32_t)(place - w->places), question);
}

/* A process answers every question by its deadline, so one that owes answers and gives none for longer hangs. */
static int64_t
patience_ms(const struct workers *w, const struct end *end)
{
    unsigned deadline =
        w->options.deadline_ms != 0 ? w->options.deadline_ms : (unsigned)CX_LIVE_DEADLINE_MS;

    return end->quiet_since + deadline + SILENCE_MS - now_ms();
}

/* For poll; -1: nobody owes an answer. */
static int
longest_wait(const struct workers *w)
{
    int64_t least = -1;

    for (unsigned i = 0; i < w->n; i++) {
        const struct end *end = &w->ends[i];

        if (end->fd >= 0 && end->open != 0) {
            int64_t left = patience_ms(w, end);

            left = left > 0 ? left : 0;
            least = least < 0 || left < least ? left : least;
        }
    }
    return least > INT_MAX ? INT_MAX : (int)least;
}

/* What is to be read, or the end of a process that has hung. */
static void
hear(struct workers *w, struct end *end, short revents)
{
    bool readable = (revents & (POLLIN | POLLHUP | POLLERR)) != 0;

    if (readable && !cx_ok(read_some(w, end))) {
        lose_process(w, end);
    } else if (end->open != 0 && patience_ms(w, end) <= 0) {
        (void)kill(end->pid, SIGKILL); /* it would not end by itself */
        lose_process(w, end);
    }
}

/* One round: writes, waits, reads. Class INTERNAL: it cannot wait. */
static cx_status
turn(struct workers *w)
{
    struct pollfd fds[CX_WORKERS_MAX];

    for (unsigned i = 0; i < w->n; i++) {
        struct end *end = &w->ends[i];

        if (end->fd >= 0 && !cx_ok(flush(end))) {
            lose_process(w, end);
            return CX_SUCCESS; /* what its askers have asked meanwhile goes out first */
        }
        fds[i] = (struct pollfd){ .fd = end->fd, .events = POLLIN };
        if (end->fd >= 0 && end->written != end->out.n) {
            fds[i].events = POLLIN | POLLOUT;
        }
    }
    if (poll(fds, w->n, longest_wait(w)) < 0) {
        return errno == EINTR ? CX_SUCCESS : (cx_status){ CX_E_INTERNAL };
    }
    for (unsigned i = 0; i < w->n; i++) {
        struct end *end = &w->ends[i];

        if (end->fd == fds[i].fd && end->fd >= 0) {
            hear(w, end, fds[i].revents);
        }
    }
    return CX_SUCCESS;
}

static cx_status
workers_wait(void *self)
{
    struct workers *w = self;
    uint64_t before = w->given;

    while (w->open != 0 && w->given == before) {
        CX_TRY(turn(w));
    }
    return CX_SUCCESS;
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
        drop_process(&w->ends[i]);
        cx_answer_receiver_free(w->ends[i].receiver);
        cx_buf_done(&w->ends[i].in);
        cx_buf_done(&w->ends[i].out);
    }
    cx_free(w->ends);
    cx_free(w->places);
    cx_free(w);
}

static const struct cx_source_ops workers_ops = { workers_ask, workers_wait, workers_close };

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

static cx_status
start_all(struct workers *w, struct cx_detail *detail)
{
    for (unsigned i = 0; i < w->n; i++) {
        CX_TRY(start_process(w, &w->ends[i], detail));
    }
    for (unsigned i = 0; i < w->n; i++) {
        CX_TRY(wait_for_hello(&w->ends[i], detail));
    }
    return CX_SUCCESS;
}

static cx_status
allocate(struct workers *w, unsigned n)
{
    w->ends = cx_alloc(n, sizeof(*w->ends));
    if (w->ends == NULL || !cx_hash_key(&w->key)) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (; w->n < n; w->n++) {
        struct end *end = &w->ends[w->n];

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

cx_status
cx_workers_open(const struct cx_live_options *options, unsigned n, struct cx_source *ret,
                struct cx_detail *detail)
{
    struct workers *w;
    cx_status s;

    if (n == 0 || n > CX_WORKERS_MAX) {
        return cx_fail(detail, CX_E_USAGE, "resolver processes: from 1 to %d, not %u",
                       CX_WORKERS_MAX, n);
    }
    w = cx_alloc(1, sizeof(*w));
    if (w == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    w->options = *options;
    s = allocate(w, n);
    if (cx_ok(s)) {
        s = start_all(w, detail);
    }
    if (!cx_ok(s)) {
        workers_close(w);
        return s;
    }
    *ret = (struct cx_source){ &workers_ops, w, CX_ORIGIN_DNS };
    return CX_SUCCESS;
}

#include "resolve/worker.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "resolve/answer_sender.h"
#include "resolve/frame.h"

#include <event2/event.h>

#include <errno.h>
#include <unistd.h>

struct worker {
    int fd;
    struct cx_source live;
    struct event *readable;
    struct event *writable;
    struct cx_buf in;
    struct cx_buf out;
    size_t written; /* of out */
    struct cx_answer_sender *sender;
    struct task *tasks;
    bool closing;
    cx_status status;
};

/* A question under way. */
struct task {
    struct task *next;
    struct task **at;
    struct worker *worker;
    uint32_t id;
    struct cx_arena arena;
};

static void
stop(struct worker *w, cx_status status)
{
    w->closing = true;
    w->status = status;
}

/* The other end closed it, perhaps before it read what we said: nobody wants the rest, and nothing is wrong. */
static cx_status
broken(int error)
{
    return error == EPIPE || error == ECONNRESET ? CX_SUCCESS : (cx_status){ CX_E_IO };
}

/* ---- answers */

/* As much as goes out at once; the rest when there is room. */
static void
flush(struct worker *w)
{
    while (!w->closing && w->written != w->out.n) {
        /* Not send, which the tap would look at. */
        ssize_t n = write(w->fd, w->out.p + w->written, w->out.n - w->written);

        if (n >= 0) {
            w->written += (size_t)n;
        } else if (errno == EAGAIN) {
            cx_buf_drop(&w->out, w->written);
            w->written = 0;
            (void)event_add(w->writable, NULL); /* without it, after the next question or answer */
            return;
        } else if (errno != EINTR) {
            stop(w, broken(errno));
        }
    }
    cx_buf_clear(&w->out);
    w->written = 0;
}

static void
link_task(struct worker *w, struct task *task)
{
    task->next = w->tasks;
    task->at = &w->tasks;
    if (task->next != NULL) {
        task->next->at = &task->next;
    }
    w->tasks = task;
}

static void
free_task(struct task *task)
{
    *task->at = task->next;
    if (task->next != NULL) {
        task->next->at = task->at;
    }
    cx_arena_done(&task->arena);
    cx_free(task);
}

static void
answered(void *ctx, const struct cx_answer *answer)
{
    struct task *task = ctx;
    struct worker *w = task->worker;

    cx_answer_sender_put(w->sender, &w->out, task->id, answer);
    if (!cx_buf_ok(&w->out)) {
        stop(w, (cx_status){ CX_E_NOMEM }); /* the other end would wait for ever */
    }
    free_task(task);
}

static void
on_alarm(void *ctx, const char *text)
{
    struct worker *w = ctx;

    cx_frame_put_alarm(&w->out, text);
    if (!cx_buf_ok(&w->out)) {
        stop(w, (cx_status){ CX_E_NOMEM });
    }
}

/* ---- questions */

static cx_status
take_question(struct worker *w, cx_span body)
{
    struct cx_question question;
    struct cx_name name;
    struct task *task;
    uint32_t id;

    CX_TRY(cx_frame_get_question(body, &id, &name, &question.type));
    question.name = cx_name_span(&name);
    task = cx_alloc(1, sizeof(*task));
    if (task == NULL) {
        cx_frame_put_answer(&w->out, id, NULL, NULL);
        return CX_SUCCESS;
    }
    task->worker = w;
    task->id = id;
    cx_arena_init(&task->arena, CX_CHECK_MEMORY);
    link_task(w, task);
    cx_source_ask(&w->live, &question, &task->arena, answered, task);
    return CX_SUCCESS;
}

static cx_status
take_frames(struct worker *w)
{
    size_t at = 0;

    for (;;) {
        struct cx_frame frame;
        bool more;

        CX_TRY(
            cx_frame_next((cx_span){ (const uint8_t *)w->in.p + at, w->in.n - at }, &frame, &more));
        if (more) {
            break;
        }
        if (frame.kind != CX_FRAME_QUESTION) {
            return (cx_status){ CX_E_MESSAGE };
        }
        CX_TRY(take_question(w, frame.body));
        at += frame.size;
    }
    cx_buf_drop(&w->in, at);
    return CX_SUCCESS;
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct worker *w = ctx;
    char *to = cx_buf_reserve(&w->in, CX_WORKER_CHUNK);
    ssize_t n;
    cx_status s;

    (void)what;
    if (to == NULL) {
        stop(w, (cx_status){ CX_E_NOMEM });
        return;
    }
    n = read(fd, to, CX_WORKER_CHUNK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        stop(w, n == 0 ? CX_SUCCESS : broken(errno));
        return;
    }
    cx_buf_grown(&w->in, (size_t)n);
    s = take_frames(w);
    if (!cx_ok(s)) {
        stop(w, s);
    }
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    flush(ctx);
}

/* ---- the process */

static cx_status
open_worker(struct worker *w, const struct cx_live_options *options, struct cx_detail *detail)
{
    struct cx_live_options own = *options;
    struct event_base *base;

    own.alarm = on_alarm;
    own.alarm_ctx = w;
    w->sender = cx_answer_sender_new();
    if (w->sender == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    CX_TRY(cx_live_open(&own, &w->live, detail));
    base = cx_live_base(&w->live);
    w->readable = event_new(base, w->fd, EV_READ | EV_PERSIST, on_readable, w);
    w->writable = event_new(base, w->fd, EV_WRITE, on_writable, w);
    return w->readable != NULL && w->writable != NULL && event_add(w->readable, NULL) == 0
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_INTERNAL, "no event for the socket of a resolver process");
}

static void
close_worker(struct worker *w)
{
    if (w->readable != NULL) {
        event_free(w->readable);
    }
    if (w->writable != NULL) {
        event_free(w->writable);
    }
    cx_source_close(&w->live);
    while (w->tasks != NULL) {
        free_task(w->tasks);
    }
    cx_answer_sender_free(w->sender);
    cx_buf_done(&w->in);
    cx_buf_done(&w->out);
    (void)close(w->fd);
    cx_free(w);
}

cx_status
cx_worker_run(int fd, const struct cx_live_options *options)
{
    struct cx_detail detail = { .text = "" };
    struct worker *w = cx_alloc(1, sizeof(*w));
    cx_status s;

    if (w == NULL) {
        (void)close(fd);
        return (cx_status){ CX_E_NOMEM };
    }
    w->fd = fd;
    cx_buf_init(&w->in, CX_FRAME_MAX + 2 * CX_WORKER_CHUNK);
    cx_buf_init(&w->out, CX_WORKER_BACKLOG);
    s = open_worker(w, options, &detail);
    cx_frame_put_hello(&w->out, s, &detail);
    flush(w);
    while (cx_ok(s) && !w->closing) {
        s = cx_live_turn(&w->live);
        flush(w);
    }
    s = cx_ok(s) ? w->status : s;
    close_worker(w);
    return s;
}

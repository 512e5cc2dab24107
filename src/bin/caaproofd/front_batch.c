/* Checks line by line (NDJSON): results in the order of the requests, as they become known.
 * I1: every line gets one line; those beyond limits.batch_names get a problem.
 * I2: no more than BATCH_WINDOW lines of one batch are under way, and none is begun while the client does
 * not take what is there: a batch is bounded by its client and by limits.in_flight. */
#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/front.h"

#include <string.h>

#define BATCH_WINDOW 512

/* Nor is a check begun while so many names of the batch are under way: each takes 7 kB here, and as much in the recorder. */
#define BATCH_NAMES 4096

struct cell {
    struct waiter waiter; /* first: a waiter is its cell */
    struct batch *batch;
    bool is_done;
    size_t number; /* of its line */
    size_t names;  /* of its check, while it is under way */
    struct cx_buf line;
};

struct batch {
    TAILQ_ENTRY(batch) next;
    struct front *front;
    struct http_request *request; /* NULL: its client is gone */
    struct batch_terms terms;
    size_t n_names;                  /* of the lines that were begun */
    cx_str body;                     /* of the request */
    size_t at;                       /* in body */
    size_t line;                     /* number of the next one, from 1 */
    struct cell cells[BATCH_WINDOW]; /* of lines first to first + n, in a ring */
    size_t first, n;
    size_t waiting; /* cells that wait for a check */
    size_t names;   /* of these checks */
    bool is_full;   /* its client does not take what is there */
    bool is_going;  /* within go_on */
};

static void
free_batch(struct batch *b)
{
    for (size_t i = 0; i < BATCH_WINDOW; i++) {
        cx_buf_done(&b->cells[i].line);
    }
    TAILQ_REMOVE(&b->front->batches, b, next);
    cx_free(b);
}

/* ---- lines */

/* A problem, with the number of its line. Takes it over; NULL: out of memory. */
static void
put_problem(struct cell *cell, struct cx_json *problem)
{
    problem = cx_json_whole(problem, cx_json_set_number(problem, "line", cell->number));
    if (!cx_ok(cx_json_write(problem, &cell->line))) {
        cx_buf_fail(&cell->line, CX_E_NOMEM);
    }
    cx_json_free(problem);
}

static void go_on(struct batch *b);

static void
on_done(struct waiter *waiter, unsigned status, cx_str body)
{
    struct cell *cell = (struct cell *)waiter;
    struct batch *b = cell->batch;
    struct cx_json *problem = NULL;
    struct cx_detail detail;

    if (status < 400) {
        cx_buf_put(&cell->line, body);
    } else {
        (void)cx_ok(cx_json_parse(body, &problem, &detail)); /* what is NULL then fails below */
        put_problem(cell, problem);
    }
    cell->is_done = true;
    b->waiting--;
    b->names -= cell->names;
    go_on(b);
}

static void
begin_line(struct batch *b, cx_str line, size_t number)
{
    struct cell *cell = &b->cells[(b->first + b->n++) % BATCH_WINDOW];
    size_t names_max = b->front->member.config->limits->batch_names;
    struct front_problem problem;

    cell->batch = b;
    cell->is_done = false;
    cell->number = number;
    cell->names = 0;
    cell->waiter.done = on_done;
    cell->waiter.wants_problem = b->terms.wants_problem;
    cell->waiter.names_max = b->n_names < names_max ? names_max - b->n_names : 0;
    cx_buf_done(&cell->line);
    cx_buf_init(&cell->line, CX_OP_MAX);
    b->waiting++;
    if (!front_check(b->front, b->terms.caller, line, &cell->waiter, &problem)) {
        b->waiting--;
        put_problem(cell, problem_json(problem.problem, problem.detail));
        cell->is_done = true;
    } else {
        cell->names = cell->waiter.inquiry->check->request.n_names;
        b->names += cell->names;
        b->n_names += cell->names;
    }
}

static bool
next_line(struct batch *b, cx_str *ret)
{
    while (cx_str_line(b->body, &b->at, ret)) {
        b->line++;
        if (ret->n != 0) {
            return true;
        }
    }
    return false;
}

static bool
begin_lines(struct batch *b)
{
    bool begun = false;
    cx_str line;

    while (b->n < BATCH_WINDOW && b->names < BATCH_NAMES && front_room(b->front) != 0 &&
           !b->is_full && next_line(b, &line)) {
        begin_line(b, line, b->line);
        begun = true;
    }
    return begun;
}

/* From the first on, as far as they are done. */
static bool
put_lines(struct batch *b)
{
    bool put = false;

    while (b->n != 0 && b->cells[b->first].is_done && !b->is_full) {
        struct cell *cell = &b->cells[b->first];

        cx_buf_putc(&cell->line, '\n');
        if (!cx_buf_ok(
                &cell->line)) { /* a line that is not whole is none: the client must not take it for one */
            http_drop(CX_STEAL(b->request));
            return false;
        }
        b->is_full = !http_stream_put(b->request, cx_buf_str(&cell->line));
        b->first = (b->first + 1) % BATCH_WINDOW;
        b->n--;
        put = true;
    }
    return put;
}

static void
go_on(struct batch *b)
{
    bool more = true;

    if (b->is_going) {
        return;
    }
    b->is_going = true;
    while (more && b->request != NULL) {
        more = put_lines(b);
        more = b->request != NULL && (begin_lines(b) || more);
    }
    b->is_going = false;
    if (b->request == NULL && b->waiting == 0) {
        free_batch(b);
    } else if (b->request != NULL && b->n == 0 && b->at >= b->body.n) {
        http_stream_end(CX_STEAL(b->request));
        free_batch(b);
    }
}

/* ---- the client */

static void
on_drained(void *ctx)
{
    struct batch *b = ctx;

    b->is_full = false;
    go_on(b);
}

/* What was begun ends in the log; nothing more of it is begun. */
static void
on_gone(void *ctx)
{
    struct batch *b = ctx;

    http_drop(CX_STEAL(b->request));
    b->body.n = b->at = 0;
    go_on(b);
}

void
front_batch(struct front *f, const struct batch_terms *terms, struct http_request *request)
{
    struct batch *b = cx_alloc(1, sizeof(*b));

    if (b == NULL) {
        front_refuse(request, &problem_memory, "");
        return;
    }
    f->counts.batches++;
    b->front = f;
    b->terms = *terms;
    b->request = request;
    b->body = cx_str_of_span(http_request_message(request)->body);
    TAILQ_INSERT_TAIL(&f->batches, b, next);
    http_stream_begin(request, 200, "application/x-ndjson");
    http_stream_on_drained(request, on_drained, b);
    http_request_on_gone(request, on_gone, b);
    go_on(b);
}

void
front_batches_go_on(struct front *f)
{
    struct batch *b = TAILQ_FIRST(&f->batches);

    while (b != NULL) {
        struct batch *next = TAILQ_NEXT(b, next);

        go_on(b);
        b = next;
    }
}

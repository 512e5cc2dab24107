#include "bin/caaproof/batch.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/terminal.h"
#include "engine/messages.h"
#include "engine/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One request under way; done when its check is, or when there was nothing to check. */
struct slot {
    struct cx_check *check;
    struct cx_json *request;
    cx_status status; /* of reading the line */
    struct cx_detail detail;
    bool done;
};

/* A ring: slots from head on, n of them, in input order. */
struct batch {
    struct slot *slots;
    unsigned long room;
    unsigned long head;
    unsigned long n;
    const struct cx_json *defaults;
    bool evidence;
    const struct cx_source *source;
    struct input_lines lines;
    struct cx_buf out;
    struct progress progress;
    bool had_error;
    bool unreadable; /* standard input */
    bool broken;     /* output failed or memory ran out */
};

static void
mark_done(void *ctx, struct cx_check *check)
{
    struct slot *slot = ctx;

    (void)check; /* the slot owns it */
    slot->done = true;
}

static void
begin(struct batch *b, struct slot *slot, cx_str line)
{
    slot->status = cx_json_parse(line, &slot->request, &slot->detail);
    if (!cx_ok(slot->status)) {
        slot->done = true;
        return;
    }
    slot->check = cx_check_new();
    if (slot->check == NULL) {
        slot->status = cx_fail(&slot->detail, CX_E_NOMEM, "out of memory");
        slot->done = true;
        return;
    }
    cx_check_start(slot->check, slot->request, b->defaults, b->source, cx_time_now(), mark_done,
                   slot);
}

/* Takes one line into the ring. False at the end of the input. */
static bool
take_line(struct batch *b)
{
    struct slot *slot = &b->slots[(b->head + b->n) % b->room];
    cx_str line = { NULL, 0 };
    bool more = false;
    cx_status s = input_lines_next(&b->lines, &line, &more);

    if (cx_ok(s) && !more) {
        return false;
    }
    if (!cx_ok(s) && s.code != CX_E_LIMIT) { /* there is no line that an error could answer */
        b->unreadable = true;
        return false;
    }
    *slot = (struct slot){ .check = NULL };
    b->n++;
    if (cx_ok(s)) {
        begin(b, slot, line);
        return true;
    }
    slot->done = true;
    slot->status = cx_fail(&slot->detail, CX_E_JSON, "line %lu: too long", b->lines.number);
    return true;
}

/* LIMIT: nothing was written. */
static cx_status
write_line(struct batch *b, const struct cx_json *json)
{
    cx_buf_clear(&b->out);
    CX_TRY(cx_json_write(json, &b->out));
    cx_buf_putc(&b->out, '\n');
    if (!cx_buf_ok(&b->out)) {
        return (cx_status){ CX_E_LIMIT };
    }
    return fwrite(b->out.p, 1, b->out.n, stdout) == b->out.n ? CX_SUCCESS : (cx_status){ CX_E_IO };
}

static void
put_result(struct batch *b, struct slot *slot)
{
    struct cx_json *json = slot->check == NULL ? cx_error_to_json(NULL, slot->status, &slot->detail)
                           : b->evidence       ? cx_result_with_messages_to_json(slot->check)
                                               : cx_result_to_json(slot->check);
    cx_status s;

    b->had_error = b->had_error || slot->check == NULL || !cx_ok(slot->check->status);
    s = write_line(b, json);
    if (s.code == CX_E_LIMIT && slot->check != NULL) {
        const struct cx_request *q = &slot->check->request;

        cx_json_free(json);
        (void)cx_fail(&slot->detail, s.code, "the result is larger than %zu octets", b->out.max);
        json = cx_error_to_json(q->has_id ? &q->id : NULL, s, &slot->detail);
        b->had_error = true;
        s = write_line(b, json);
    }
    b->broken = b->broken || !cx_ok(s);
    cx_json_free(json);
    cx_check_free(slot->check);
    cx_json_free(slot->request);
    *slot = (struct slot){ .check = NULL };
}

static void
put_finished(struct batch *b)
{
    while (b->n != 0 && b->slots[b->head].done) {
        put_result(b, &b->slots[b->head]);
        b->head = (b->head + 1) % b->room;
        b->n--;
        progress_step(&b->progress);
    }
}

/* Waits for the source; what was finished until now is shown first, for somebody may wait for it. */
static void
wait_for_source(struct batch *b)
{
    fflush(stdout);
    if (!cx_ok(cx_source_wait(b->source))) {
        b->broken = true;
    }
    put_finished(b);
}

static void
run(struct batch *b)
{
    bool more = true;

    while (!b->broken && (more || b->n != 0)) {
        if (more && b->n < b->room && (b->n == 0 || input_lines_ready(&b->lines))) {
            if (!input_lines_ready(&b->lines)) {
                fflush(stdout);
            }
            more = take_line(b);
            put_finished(b);
        } else {
            wait_for_source(b);
        }
    }
}

int
batch_run(const struct options *options, const struct cx_source *source)
{
    struct batch b = { .room = options->in_flight,
                       .defaults = options->request,
                       .evidence = options->evidence,
                       .source = source };

    b.slots = cx_alloc(options->in_flight, sizeof(*b.slots));
    if (b.slots == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    input_lines_init(&b.lines, STDIN_FILENO);
    cx_buf_init(&b.out, CX_RESULT_MAX);
    progress_begin(&b.progress, "checks", 0);
    run(&b);
    progress_end(&b.progress);
    b.broken = fflush(stdout) != 0 || b.broken;
    if (options->stats) {
        options_stats(options, source);
    }
    input_lines_done(&b.lines);
    cx_buf_done(&b.out);
    /* Checks that are still under way after a broken output stay: the source may answer them while it closes. */
    cx_free(b.broken && b.n != 0 ? NULL : b.slots);
    if (b.broken || b.unreadable) {
        return exit_with((cx_status){ CX_E_IO }, NULL);
    }
    return b.had_error ? EX_DATAERR : EXIT_SUCCESS;
}

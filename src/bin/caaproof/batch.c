#include "bin/caaproof/batch.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/terminal.h"
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
    const struct cx_source *source;
    struct input_lines lines;
    struct cx_buf out;
    struct progress progress;
    bool had_error;
    bool broken; /* output failed or memory ran out */
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
    *slot = (struct slot){ .check = NULL };
    b->n++;
    if (cx_ok(s)) {
        begin(b, slot, line);
        return true;
    }
    slot->done = true;
    slot->status = cx_fail(&slot->detail, CX_E_JSON, "line %lu: %s", b->lines.number,
                           s.code == CX_E_LIMIT ? "too long" : "could not be read");
    return s.code == CX_E_LIMIT;
}

static void
put_result(struct batch *b, struct slot *slot)
{
    struct cx_json *json = slot->check != NULL
                               ? cx_result_to_json(slot->check)
                               : cx_error_to_json(NULL, slot->status, &slot->detail);

    b->had_error = b->had_error || slot->check == NULL || !cx_ok(slot->check->status);
    cx_buf_clear(&b->out);
    if (!cx_ok(cx_json_write(json, &b->out))) {
        b->broken = true;
    } else {
        cx_buf_putc(&b->out, '\n');
        b->broken = fwrite(b->out.p, 1, b->out.n, stdout) != b->out.n || b->broken;
    }
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
batch_run(const struct cx_json *defaults, const struct cx_source *source, unsigned long in_flight)
{
    struct batch b = { .room = in_flight, .defaults = defaults, .source = source };

    b.slots = cx_alloc(in_flight, sizeof(*b.slots));
    if (b.slots == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    input_lines_init(&b.lines, STDIN_FILENO);
    cx_buf_init(&b.out, CX_RESULT_MAX);
    progress_begin(&b.progress, "checks", 0);
    run(&b);
    progress_end(&b.progress);
    b.broken = fflush(stdout) != 0 || b.broken;
    input_lines_done(&b.lines);
    cx_buf_done(&b.out);
    /* Checks that are still under way after a broken output stay: the source may answer them while it closes. */
    cx_free(b.broken && b.n != 0 ? NULL : b.slots);
    if (b.broken) {
        return exit_with((cx_status){ CX_E_IO }, NULL);
    }
    return b.had_error ? EX_DATAERR : EXIT_SUCCESS;
}

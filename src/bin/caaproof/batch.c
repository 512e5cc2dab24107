#include "bin/caaproof/batch.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/terminal.h"
#include "engine/messages.h"
#include "engine/problem.h"
#include "engine/result.h"
#include "evidence/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One request under way; done when its check is, or when there was nothing to check. */
struct slot {
    struct cx_check *check;
    struct cx_json *request;
    cx_status status; /* of reading the line, or of recording */
    unsigned long *open;
    struct cx_detail detail;
    bool done;
    bool has_record;
    struct cx_recorded record;
};

/* A ring: slots from head on, n of them, in input order. */
struct batch {
    struct slot *slots;
    unsigned long room;
    unsigned long head;
    unsigned long n;
    unsigned long settled; /* of these, how many may be shown as soon as the log is committed */
    unsigned long open;    /* checks that wait for answers, at most in_flight */
    unsigned long in_flight;
    const struct cx_json *defaults;
    bool evidence;
    bool problem;
    bool permits;
    const struct cx_source *source;
    struct recording *recording; /* NULL: nothing is recorded */
    cx_status failure;           /* of the store */
    struct cx_detail detail;
    struct cx_buf permit;
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
    (*slot->open)--;
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
    slot->open = &b->open;
    b->open++;
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

/* A check without the permit that was asked for has no verdict. */
static void
take_permit(struct batch *b, struct slot *slot)
{
    cx_status s;

    cx_buf_clear(&b->permit);
    if (!b->permits || !slot->has_record || slot->record.expires == CX_TIME_NONE) {
        return;
    }
    s = cx_recorder_permit(b->recording->recorder, &slot->record, &b->permit, &slot->check->detail);
    if (!cx_ok(s)) {
        slot->check->status = s;
        cx_buf_clear(&b->permit);
    }
}

/* Of what is no result of a check. */
static struct cx_json *
with_problem(struct cx_json *json, cx_status status, const struct cx_detail *detail)
{
    return cx_json_whole(json, cx_json_set(json, "problem", cx_problem_of_status(status, detail)));
}

static struct cx_json *
result_json(const struct batch *b, const struct slot *slot)
{
    struct cx_json *json = slot->check == NULL ? cx_error_to_json(NULL, slot->status, &slot->detail)
                           : b->evidence       ? cx_result_with_messages_to_json(slot->check)
                                               : cx_result_to_json(slot->check);

    if (slot->has_record) {
        json = cx_json_whole(
            json, cx_json_set(json, "record",
                              recording_json(b->recording, &slot->record, cx_buf_str(&b->permit))));
    }
    return !b->problem           ? json
           : slot->check != NULL ? cx_problem_set(slot->check, json)
                                 : with_problem(json, slot->status, &slot->detail);
}

static void
put_result(struct batch *b, struct slot *slot)
{
    struct cx_json *json;
    cx_status s;

    take_permit(b, slot);
    json = result_json(b, slot);
    b->had_error = b->had_error || slot->check == NULL || !cx_ok(slot->check->status);
    s = write_line(b, json);
    if (s.code == CX_E_LIMIT && slot->check != NULL) {
        const struct cx_request *q = &slot->check->request;

        cx_json_free(json);
        (void)cx_fail(&slot->detail, s.code, "the result is larger than %zu octets", b->out.max);
        json = cx_error_to_json(q->has_id ? &q->id : NULL, s, &slot->detail);
        json = b->problem ? with_problem(json, s, &slot->detail) : json;
        b->had_error = true;
        s = write_line(b, json);
    }
    b->broken = b->broken || !cx_ok(s);
    cx_json_free(json);
    cx_check_free(slot->check);
    cx_json_free(slot->request);
    *slot = (struct slot){ .check = NULL };
}

/* A check with a verdict goes to the log; one that cannot be recorded has no verdict. */
static void
record(struct batch *b, struct slot *slot)
{
    cx_status s;

    if (slot->check == NULL || !cx_ok(slot->check->status)) {
        return;
    }
    s = cx_recorder_add(b->recording->recorder, slot->check, &b->recording->terms, cx_time_now_ms(),
                        &slot->record, &b->detail);
    slot->has_record = cx_ok(s);
    if (s.code == CX_E_USAGE || s.code == CX_E_CLOCK || s.code == CX_E_LIMIT) { /* not appended */
        slot->check->status = s;
        slot->check->detail = b->detail;
    } else if (!cx_ok(s)) {
        b->failure = s;
    }
}

/* Finished checks from the head on; those before them are recorded already. */
static void
settle(struct batch *b)
{
    while (b->settled < b->n && cx_ok(b->failure)) {
        struct slot *slot = &b->slots[(b->head + b->settled) % b->room];

        if (!slot->done) {
            return;
        }
        if (b->recording != NULL) {
            record(b, slot);
        }
        b->settled++;
    }
}

/* What is recorded, or needs not be, is shown: after the commit. */
static void
put_settled(struct batch *b)
{
    if (b->settled != 0 && b->recording != NULL && cx_ok(b->failure)) {
        b->failure = cx_recorder_commit(b->recording->recorder, &b->detail);
    }
    for (; b->settled != 0 && cx_ok(b->failure); b->settled--) {
        put_result(b, &b->slots[b->head]);
        b->head = (b->head + 1) % b->room;
        b->n--;
        progress_step(&b->progress);
    }
    b->broken = b->broken || !cx_ok(b->failure);
}

/* Waits for the source; what was finished until now is shown first, for somebody may wait for it. */
static void
wait_for_source(struct batch *b)
{
    settle(b);
    put_settled(b);
    fflush(stdout);
    if (!b->broken && !cx_ok(cx_source_wait(b->source))) {
        b->broken = true;
    }
}

/* A commit serves as many checks as have come by then, since it costs as much for one. */
static void
take_and_settle(struct batch *b, bool *more)
{
    if (!input_lines_ready(&b->lines)) {
        fflush(stdout);
    }
    *more = take_line(b);
    settle(b);
    if (b->recording == NULL) {
        put_settled(b);
    }
}

static void
run(struct batch *b)
{
    bool more = true;

    while (!b->broken && (more || b->n != 0)) {
        bool room = b->n < b->room && b->open < b->in_flight;

        if (more && room && (b->n == 0 || input_lines_ready(&b->lines))) {
            take_and_settle(b, &more);
        } else {
            wait_for_source(b);
        }
    }
}

static int
exit_code(const struct batch *b)
{
    if (!cx_ok(b->failure)) {
        return exit_with(b->failure, &b->detail);
    }
    if (b->broken || b->unreadable) {
        return exit_with((cx_status){ CX_E_IO }, NULL);
    }
    return b->had_error ? EX_DATAERR : EXIT_SUCCESS;
}

static void
batch_free(struct batch *b)
{
    input_lines_done(&b->lines);
    cx_buf_done(&b->out);
    cx_buf_done(&b->permit);
    /* Checks that are still under way after a broken output stay: the source may answer them while it closes. */
    if (!b->broken || b->n == 0) {
        cx_free(b->slots);
        cx_free(b);
    }
}

static int
run_all(struct batch *b, const struct options *options)
{
    input_lines_init(&b->lines, STDIN_FILENO);
    cx_buf_init(&b->out, CX_RESULT_MAX);
    cx_buf_init(&b->permit, CX_PROOF_OCTETS_MAX);
    progress_begin(&b->progress, "checks", 0);
    run(b);
    progress_end(&b->progress);
    b->broken = fflush(stdout) != 0 || b->broken;
    if (options->stats) {
        options_stats(options, b->source);
    }
    return exit_code(b);
}

int
batch_run(const struct options *options, const struct cx_source *source,
          struct recording *recording)
{
    struct batch *b = cx_alloc(1, sizeof(*b));
    int code;

    if (b == NULL) {
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    *b = (struct batch){ .room = options->in_flight + (recording != NULL ? CX_BATCH_SETTLED : 0),
                         .in_flight = options->in_flight,
                         .defaults = options->request,
                         .evidence = options->evidence,
                         .problem = options->problem,
                         .permits = options->permits,
                         .source = source,
                         .recording = recording };
    b->slots = cx_alloc(b->room, sizeof(*b->slots));
    if (b->slots == NULL) {
        cx_free(b);
        return exit_with((cx_status){ CX_E_NOMEM }, NULL);
    }
    code = run_all(b, options);
    batch_free(b);
    return code;
}

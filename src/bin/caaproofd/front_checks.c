/* Checks under way: from a caller's octets to the recorder's word. */
#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/front.h"

#include <search.h>
#include <stdio.h>
#include <string.h>

/* ---- places */

cx_status
front_checks_init(struct front *f)
{
    size_t n = f->member.config->limits->in_flight;

    f->places = n;
    f->inquiries = cx_alloc(n, sizeof(struct inquiry *));
    f->askings = cx_alloc(n, sizeof(struct asking *));
    f->free_inquiries = cx_alloc(n, sizeof(uint32_t));
    f->free_askings = cx_alloc(n, sizeof(uint32_t));
    TAILQ_INIT(&f->batches);
    TAILQ_INIT(&f->over);
    if (f->inquiries == NULL || f->askings == NULL || f->free_inquiries == NULL ||
        f->free_askings == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < n; i++) {
        f->free_inquiries[f->n_free_inquiries++] = (uint32_t)(n - 1 - i);
        f->free_askings[f->n_free_askings++] = (uint32_t)(n - 1 - i);
    }
    return CX_SUCCESS;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct inquiry *left = a, *right = b;

    if (left->id.n != right->id.n) {
        return left->id.n < right->id.n ? -1 : 1;
    }
    return left->id.n == 0 ? 0 : memcmp(left->id.p, right->id.p, left->id.n);
}

struct inquiry *
front_inquiry_of_id(const struct front *f, cx_str id)
{
    struct inquiry wanted = { .id = id };
    struct inquiry *const *found = tfind(&wanted, &f->by_id, compare_ids);

    return found != NULL ? *found : NULL;
}

size_t
front_room(const struct front *f)
{
    return f->n_free_inquiries > f->reserved ? f->n_free_inquiries - f->reserved : 0;
}

static void
free_inquiry(struct inquiry *q)
{
    cx_check_free(q->check);
    cx_free(q->octets);
    cx_free(q);
}

/* Its id is free again; what it asked of the DNS may still be under way. */
static void
leave_table(struct inquiry *q)
{
    struct front *f = q->front;

    (void)tdelete(q, &f->by_id, compare_ids);
    f->inquiries[q->seq] = NULL;
    f->own -= q->caller == FRONT_SELF ? 1 : 0;
    f->free_inquiries[f->n_free_inquiries++] = q->seq;
}

static void
tell_all(struct inquiry *q, unsigned status, cx_str body)
{
    struct waiter *waiter;

    while ((waiter = TAILQ_FIRST(&q->waiters)) != NULL) {
        front_leave(waiter);
        waiter->done(waiter, status, body);
    }
}

static void
end_inquiry(struct inquiry *q, unsigned status, cx_str body)
{
    struct front *f = q->front;

    leave_table(q);
    tell_all(q, status, body);
    if (q->is_asking) {
        q->is_over = true;
        TAILQ_INSERT_TAIL(&f->over, q, next);
    } else {
        free_inquiry(q);
    }
    front_batches_go_on(f);
    front_end_if_idle(f);
}

void
front_checks_done(struct front *f)
{
    struct inquiry *q;

    while ((q = TAILQ_FIRST(&f->over)) != NULL) {
        TAILQ_REMOVE(&f->over, q, next);
        free_inquiry(q);
    }
    for (size_t i = 0; f->inquiries != NULL && i < f->places; i++) {
        if (f->inquiries[i] != NULL) {
            (void)tdelete(f->inquiries[i], &f->by_id, compare_ids);
            free_inquiry(f->inquiries[i]);
        }
    }
    for (size_t i = 0; f->askings != NULL && i < f->places; i++) {
        cx_free(f->askings[i]);
    }
    cx_free(f->inquiries);
    cx_free(f->askings);
    cx_free(f->free_inquiries);
    cx_free(f->free_askings);
}

/* ---- waiting */

void
front_wait(struct inquiry *q, struct waiter *waiter)
{
    waiter->inquiry = q;
    waiter->lacks_problem = waiter->wants_problem && !q->has_problem;
    TAILQ_INSERT_TAIL(&q->waiters, waiter, next);
}

void
front_leave(struct waiter *waiter)
{
    if (waiter->inquiry != NULL) {
        TAILQ_REMOVE(&waiter->inquiry->waiters, waiter, next);
        waiter->inquiry = NULL;
    }
}

/* ---- the beginning */

static bool
refuse(struct front_problem *to, const struct problem *problem, const char *detail)
{
    to->problem = problem;
    (void)snprintf(to->detail, sizeof(to->detail), "%s", detail);
    return false;
}

static struct inquiry *
make_inquiry(struct front *f, cx_str body, const struct intake *intake)
{
    struct inquiry *q = cx_alloc(1, sizeof(*q));
    char *to;

    if (q == NULL) {
        return NULL;
    }
    q->front = f;
    TAILQ_INIT(&q->waiters);
    q->octets = to = cx_alloc(body.n + intake->id.n + intake->previous.n + 1, 1);
    q->check = cx_check_new();
    if (to == NULL || q->check == NULL) {
        free_inquiry(q);
        return NULL;
    }
    memcpy(to, body.p, body.n);
    q->body = (cx_str){ to, body.n };
    memcpy(to + body.n, intake->id.p, intake->id.n);
    q->id = (cx_str){ to + body.n, intake->id.n };
    if (intake->previous.n != 0) {
        memcpy(to + body.n + intake->id.n, intake->previous.p, intake->previous.n);
    }
    q->previous = (cx_str){ to + body.n + intake->id.n, intake->previous.n };
    return q;
}

static bool
set_times(struct inquiry *q, const struct intake *intake, struct front_problem *ret)
{
    const struct config_deadline *d = q->front->member.config->deadline;
    uint64_t wait_ms = intake->timeout_s != 0 ? (uint64_t)intake->timeout_s * 1000 : d->usual_ms;

    if (wait_ms > d->max_ms) {
        (void)refuse(ret, &problem_request, "");
        (void)snprintf(ret->detail, sizeof(ret->detail),
                       "request: \"timeout_s\" is %llu at most here",
                       (unsigned long long)(d->max_ms / 1000));
        return false;
    }
    q->received_ms = cx_time_now_ms();
    q->deadline_ms = q->received_ms + wait_ms;
    return true;
}

/* As it will be judged; who made a mistake hears it before anything is begun. */
static bool
read_request(struct inquiry *q, const struct intake *intake, struct front_problem *ret)
{
    const struct config_authority *a = &q->front->member.config->authorities[q->authority];
    struct cx_json *request = intake_request(intake, a->request, NULL);
    struct cx_detail detail = { .text = "" };
    cx_status s = request == NULL
                      ? (cx_status){ CX_E_NOMEM }
                      : cx_request_from_json(request, a->request, (cx_time)(q->received_ms / 1000),
                                             &q->check->arena, &q->check->request, &detail);

    cx_json_free(request);
    if (cx_ok(s)) {
        return true;
    }
    return cx_status_class(s) == CX_CLASS_NOMEM ? refuse(ret, &problem_memory, "")
                                                : refuse(ret, &problem_request, detail.text);
}

static bool
has_names_for(const struct inquiry *q, const struct waiter *waiter, struct front_problem *ret)
{
    return q->check->request.n_names <= waiter->names_max ||
           refuse(ret, &problem_batch,
                  "more names than limits.batch_names; send it in another batch");
}

static bool
enter_table(struct inquiry *q, struct front_problem *ret)
{
    struct front *f = q->front;

    if (f->n_free_inquiries <= (q->caller == FRONT_SELF ? 0 : f->reserved)) {
        return refuse(ret, &problem_busy, "limits.in_flight of them; try again with the same id");
    }
    if (tsearch(q, &f->by_id, compare_ids) == NULL) {
        return refuse(ret, &problem_memory, "");
    }
    q->seq = f->free_inquiries[--f->n_free_inquiries];
    f->inquiries[q->seq] = q;
    f->own += q->caller == FRONT_SELF ? 1 : 0;
    return true;
}

static void
send_start(struct inquiry *q)
{
    struct front *f = q->front;

    op_put_start(link_out(f->recorder), &(struct op_start){
                                            .seq = q->seq,
                                            .authority = (uint32_t)q->authority,
                                            .id = q->id,
                                            .digest = { q->digest, CX_SHA256_SIZE },
                                            .received_ms = q->received_ms,
                                            .deadline_ms = q->deadline_ms,
                                            .caller = front_caller_name(f, q->caller),
                                            .previous = q->previous,
                                            .problem = q->has_problem,
                                        });
}

/* Everything that can be wrong with it is found before it has a place. */
static bool
begin_inquiry(struct front *f, size_t caller, cx_str body, const struct intake *intake,
              struct waiter *waiter, struct front_problem *ret)
{
    size_t authority = front_authority_named(f, intake->authority);
    struct inquiry *q = make_inquiry(f, body, intake);

    if (q == NULL || !cx_ok(cx_sha256(cx_span_of_str(body), q->digest))) {
        if (q != NULL) {
            free_inquiry(q);
        }
        return refuse(ret, &problem_memory, "");
    }
    q->caller = caller;
    q->authority = authority;
    q->has_problem = waiter->wants_problem;
    if (!set_times(q, intake, ret) || !read_request(q, intake, ret) ||
        !has_names_for(q, waiter, ret) || !enter_table(q, ret)) {
        free_inquiry(q);
        return false;
    }
    f->counts.checks++;
    front_wait(q, waiter);
    send_start(q);
    return true;
}

/* I3. */
static bool
join(struct inquiry *q, size_t caller, cx_str body, struct waiter *waiter,
     struct front_problem *ret)
{
    if (q->caller != caller || !cx_str_equal(q->body, body)) {
        return refuse(ret, &problem_conflict,
                      "another request has it, which is under way; give this one an id of its own");
    }
    front_wait(q, waiter);
    return true;
}

static bool
check_intake(struct front *f, size_t caller, cx_str body, const struct intake *intake,
             struct waiter *waiter, struct front_problem *ret)
{
    struct inquiry *q = front_inquiry_of_id(f, intake->id);
    size_t authority = front_authority_named(f, intake->authority);

    if (authority == SIZE_MAX || (front_authorities_of(f, caller) >> authority & 1u) == 0) {
        f->counts.refused++;
        return refuse(ret, &problem_unknown_authority,
                      "\"authority\" is none that is configured, or none that this caller may use");
    }
    if (q != NULL) {
        return join(q, caller, body, waiter, ret);
    }
    if (f->recorder == NULL) {
        return refuse(ret, &problem_recorder, "try again with the same id");
    }
    return begin_inquiry(f, caller, body, intake, waiter,
                         ret); /* also of what came before a drain */
}

bool
front_check(struct front *f, size_t caller, cx_str body, struct waiter *waiter,
            struct front_problem *ret)
{
    struct cx_detail detail = { .text = "" };
    struct intake intake;
    bool begun;

    if (body.n > CX_LINE_MAX) { /* the recorder takes it in one frame */
        return refuse(ret, &problem_request, "a check has 16 MiB at most");
    }
    if (!cx_ok(intake_read(body, &intake, &detail))) {
        return refuse(ret, &problem_request, detail.text);
    }
    begun = check_intake(f, caller, body, &intake, waiter, ret);
    intake_done(&intake);
    if (begun) {
        front_send(f);
    }
    return begun;
}

/* ---- the climb */

static void
send_answers(struct inquiry *q)
{
    struct front *f = q->front;
    struct cx_buf *out = link_out(f->recorder);

    for (size_t i = 0; i < q->check->answers.n; i++) {
        cx_answer_sender_give(f->sender, out, q->seq, q->check->answers.v[i]);
    }
    op_put_finish(out, &(struct op_finish){
                           .seq = q->seq,
                           .now = q->received_ms / 1000,
                           .verdict = q->check->conclusion.verdict,
                           .body = cx_span_of_str(q->body),
                       });
}

static void
on_checked(void *ctx, struct cx_check *check)
{
    struct inquiry *q = ctx;
    struct front *f = q->front;

    q->is_asking = false;
    if (q->is_over) { /* I2 was kept by the recorder, which ended it */
        TAILQ_REMOVE(&f->over, q, next);
        free_inquiry(q);
        return;
    }
    if (f->recorder == NULL) { /* front_recorder_lost is about to end it */
        return;
    }
    if (cx_ok(check->status)) {
        send_answers(q);
    } else {
        op_put_seq(link_out(f->recorder), OP_ABANDON, q->seq);
    }
    front_send(f);
}

static cx_status
take_started(struct front *f, cx_span body)
{
    struct inquiry *q;
    uint32_t seq;

    CX_TRY(op_get_seq(body, &seq));
    q = seq < f->places ? f->inquiries[seq] : NULL;
    if (q == NULL || q->is_asking) {
        return (cx_status){ CX_E_FRAME };
    }
    q->is_asking = true;
    cx_check_start_request(q->check, &q->check->request, q->source != NULL ? q->source : &f->cache,
                           on_checked, q);
    return CX_SUCCESS;
}

/* ---- other questions to the recorder */

static void
end_asking(struct asking *a)
{
    struct front *f = a->front;

    f->askings[a->seq] = NULL;
    f->free_askings[f->n_free_askings++] = a->seq;
    cx_free(a);
}

static const char *
type_of(unsigned status)
{
    return status >= 400 ? "application/problem+json" : "application/json";
}

void
front_ask(struct front *f, enum op kind, struct op_ask *ask, struct http_request *request)
{
    struct asking *a;

    if (f->recorder == NULL || f->n_free_askings == 0) {
        front_refuse(request, f->recorder == NULL ? &problem_recorder : &problem_busy, "try again");
        return;
    }
    a = cx_alloc(1, sizeof(*a));
    if (a == NULL) {
        front_refuse(request, &problem_memory, "");
        return;
    }
    a->front = f;
    a->request = request;
    a->seq = f->free_askings[--f->n_free_askings];
    f->askings[a->seq] = a;
    ask->seq = (uint32_t)(f->places + a->seq);
    op_put_ask(link_out(f->recorder), kind, ask);
    front_send(f);
}

static cx_status
take_reply(struct front *f, cx_span body)
{
    struct op_reply reply;
    struct asking *a;

    CX_TRY(op_get_reply(body, &reply));
    if (reply.seq < f->places && f->inquiries[reply.seq] != NULL) {
        end_inquiry(f->inquiries[reply.seq], reply.status, reply.body);
        return CX_SUCCESS;
    }
    a = reply.seq >= f->places && reply.seq < 2 * f->places ? f->askings[reply.seq - f->places]
                                                            : NULL;
    if (a == NULL) {
        return (cx_status){ CX_E_FRAME };
    }
    if (a->request != NULL) {
        http_reply(a->request, (int)reply.status, type_of(reply.status), reply.body, NULL);
    }
    end_asking(a);
    return CX_SUCCESS;
}

static cx_status
take_status(struct front *f, cx_span body)
{
    struct cx_json *json = NULL;
    struct cx_detail detail;
    cx_str text;

    CX_TRY(op_get_status(body, &text));
    CX_TRY(cx_json_parse(text, &json, &detail));
    cx_json_free(f->status);
    f->status = json;
    f->status_ms = cx_clock_us() / 1000;
    return CX_SUCCESS;
}

cx_status
front_frame(void *ctx, const struct op_frame *frame)
{
    struct front *f = ctx;

    switch (frame->kind) {
    case OP_STARTED:
        return take_started(f, frame->body);
    case OP_REPLY:
        return take_reply(f, frame->body);
    case OP_STATUS:
        return take_status(f, frame->body);
    case OP_OCTETS:
        return front_take_octets(f, frame->body);
    default:
        return (cx_status){ CX_E_FRAME };
    }
}

void
front_recorder_lost(struct front *f)
{
    CX_AUTO(cx_buf_done) struct cx_buf lost = { .max = 4096 };
    struct cx_json *json = problem_json(&problem_recorder, "ask again with the same id");

    if (!cx_ok(cx_json_write(json, &lost))) {
        cx_buf_done(&lost); /* the status alone tells */
    }
    cx_json_free(json);
    f->counts.recorder_lost++;
    front_tiles_lost(f);
    cx_json_free(f->status);
    f->status = NULL;
    for (size_t i = 0; i < f->places; i++) {
        if (f->inquiries[i] != NULL) {
            end_inquiry(f->inquiries[i], 503, cx_buf_str(&lost));
        }
        if (f->askings[i] != NULL) {
            http_reply(f->askings[i]->request, 503, type_of(503), cx_buf_str(&lost), NULL);
            end_asking(f->askings[i]);
        }
    }
}

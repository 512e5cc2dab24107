/* Which path is what (docs/api.md). */
#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproofd/front.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A request that is being answered, and by whom. */
struct turn {
    struct front *front;
    struct http_request *request;
    const struct http_message *message;
    size_t caller;
    cx_str id; /* of a path that has one */
};

void
front_say_problem(struct http_request *request, const struct front_problem *p)
{
    http_problem(request, (int)p->status, p->type, p->title, cx_str_of(p->detail));
}

/* ---- waiting for a check over HTTP */

struct http_waiter {
    struct waiter waiter; /* first: a waiter is its http_waiter */
    struct http_request *request;
    struct event *timer;
    cx_str id; /* a copy behind it */
};

static void
free_waiter(struct http_waiter *w)
{
    front_leave(&w->waiter);
    if (w->timer != NULL) {
        event_free(w->timer);
    }
    cx_free(w);
}

static void
on_done(struct waiter *waiter, unsigned status, cx_str body)
{
    struct http_waiter *w = (struct http_waiter *)waiter;

    http_reply(w->request, (int)status,
               status >= 400 ? "application/problem+json" : "application/json", body, NULL);
    free_waiter(w);
}

/* 202: it is under way; where it can be asked for. */
static void
say_open(struct http_request *request, cx_str id)
{
    CX_AUTO(cx_buf_done) struct cx_buf body = { .max = 4096 };
    CX_AUTO(cx_buf_done) struct cx_buf place = { .max = 4096 };
    struct cx_json *o = cx_json_new_object();
    struct http_field field = { CX_STR("Location"), { NULL, 0 } };
    const struct http_fields extra = { &field, 1 };

    o = cx_json_whole(o, cx_json_set_text(o, "state", "open") &&
                             cx_json_set(o, "id", cx_json_new_string(id)) &&
                             cx_json_set(o, "verdict", cx_json_new_null()));
    cx_buf_puts(&place, "/v1/checks/");
    for (size_t i = 0; i < id.n; i++) { /* an id may have what a path has not */
        uint8_t c = (uint8_t)id.p[i];

        if (cx_ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            cx_buf_putc(&place, (char)c);
        } else {
            cx_buf_printf(&place, "%%%02X", (unsigned)c);
        }
    }
    if (!cx_ok(cx_json_write(o, &body)) || !cx_buf_ok(&place)) {
        http_problem(request, 503, "/problems/memory", "There is no memory", CX_STR(""));
    } else {
        field.value = cx_buf_str(&place);
        http_reply(request, 202, "application/json", cx_buf_str(&body), &extra);
    }
    cx_json_free(o);
}

static void
on_time(evutil_socket_t fd, short what, void *ctx)
{
    struct http_waiter *w = ctx;

    (void)fd, (void)what;
    say_open(w->request, w->id);
    free_waiter(w);
}

/* The check goes on without him. */
static void
on_gone(void *ctx)
{
    struct http_waiter *w = ctx;

    http_drop(w->request);
    free_waiter(w);
}

static struct http_waiter *
make_waiter(const struct turn *t, cx_str id)
{
    struct http_waiter *w = cx_alloc(1, sizeof(*w) + id.n + 1);
    char *copy = (char *)(w + 1);

    if (w == NULL) {
        http_problem(t->request, 503, "/problems/memory", "There is no memory", CX_STR(""));
        return NULL;
    }
    if (id.n != 0) {
        memcpy(copy, id.p, id.n);
    }
    w->id = (cx_str){ copy, id.n };
    w->waiter.done = on_done;
    w->request = t->request;
    return w;
}

/* Not longer than so; 0: he does not wait. */
static void
wait_at_most(const struct turn *t, struct http_waiter *w, uint64_t ms)
{
    const struct timeval time = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

    http_request_on_gone(t->request, on_gone, w);
    w->timer = event_new(t->front->base, -1, 0, on_time, w);
    if (ms == 0 || w->timer == NULL || event_add(w->timer, &time) != 0) {
        say_open(t->request, w->id);
        free_waiter(w);
    }
}

/* ---- checks */

static bool
wants_async(const struct turn *t)
{
    cx_str prefer;

    return http_header(t->request, "Prefer", &prefer) &&
           cx_str_equal(prefer, CX_STR("respond-async"));
}

static bool
is_type(const struct turn *t, const char *type)
{
    cx_str given = t->message->content_type;
    size_t n = strlen(type);

    return given.n >= n &&
           cx_span_equal_fold((cx_span){ (const uint8_t *)given.p, n },
                              (cx_span){ (const uint8_t *)type, n }) &&
           (given.n == n || given.p[n] == ';' || given.p[n] == ' ');
}

static void
check_one(struct turn *t)
{
    cx_str body = cx_str_of_span(t->message->body);
    struct http_waiter *w;
    struct front_problem problem;
    struct inquiry *q;
    uint64_t now = cx_time_now_ms();

    w = make_waiter(t, (cx_str){ NULL, 0 });
    if (w == NULL) {
        return;
    }
    if (!front_check(t->front, t->caller, body, &w->waiter, &problem)) {
        front_say_problem(t->request, &problem);
        free_waiter(w);
        return;
    }
    q = w->waiter.inquiry;
    if (q == NULL) { /* answered already: on_done has said it */
        return;
    }
    w->id = q->id; /* lives as long as w waits for it, or is copied before */
    wait_at_most(t, w, wants_async(t) ? 0 : q->deadline_ms > now ? q->deadline_ms - now : 0);
}

static void
post_checks(struct turn *t)
{
    if (is_type(t, "application/x-ndjson")) {
        front_batch(t->front, t->caller, t->request);
    } else if (is_type(t, "application/json")) {
        check_one(t);
    } else {
        http_problem(t->request, 415, "/problems/content-type", "This is no request for a check",
                     CX_STR("application/json, or application/x-ndjson for many"));
    }
}

/* Seconds of "wait"; false if it is no number of them. */
static bool
wait_of(const struct turn *t, uint64_t *ret_ms)
{
    uint64_t seconds = 0;
    cx_str text;

    *ret_ms = 0;
    if (!http_parameter(t->request, "wait", &text)) {
        return true;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || seconds > CX_DEADLINE_MAX_S) {
            return false;
        }
        seconds = seconds * 10 + (uint64_t)(text.p[i] - '0');
    }
    *ret_ms = seconds * 1000;
    return text.n != 0 && seconds <= CX_DEADLINE_MAX_S;
}

static void
ask(const struct turn *t, enum op kind, cx_str text)
{
    struct op_ask ask = {
        .caller = t->front->member.config->callers[t->caller].name,
        .authorities = front_authorities_of(t->front, t->caller),
        .id = t->id,
        .text = text,
    };

    front_ask(t->front, kind, &ask, t->request);
}

static void
get_check(struct turn *t)
{
    struct inquiry *q = front_inquiry_of_id(t->front, t->id);
    struct http_waiter *w;
    uint64_t ms;

    if (!wait_of(t, &ms)) {
        http_problem(t->request, 400, "/problems/request", "This cannot be waited for",
                     CX_STR("wait is a number of seconds, 3600 at most"));
        return;
    }
    if (q == NULL) {
        ask(t, OP_GET, CX_STR(""));
        return;
    }
    if ((front_authorities_of(t->front, t->caller) >> q->authority & 1u) == 0) {
        http_problem(t->request, 403, "/problems/forbidden", "This caller may not do that",
                     CX_STR("it is checked for another authority"));
        return;
    }
    w = make_waiter(t, t->id);
    if (w != NULL) {
        front_wait(q, &w->waiter);
        wait_at_most(t, w, ms);
    }
}

static void
post_claim(struct turn *t)
{
    ask(t, OP_CLAIM, CX_STR(""));
}

static void
post_override(struct turn *t)
{
    ask(t, OP_OVERRIDE, CX_STR("an override was asked for"));
}

/* ---- stops */

static void
post_with_reason(struct turn *t, enum op kind)
{
    struct cx_detail detail = { .text = "" };
    struct cx_json *json = NULL;
    cx_str why = { NULL, 0 };

    if (!cx_ok(cx_json_parse(cx_str_of_span(t->message->body), &json, &detail)) ||
        !cx_json_string(cx_json_get(json, "why"), &why) || why.n == 0 || why.n > CX_CALLER_MAX ||
        cx_str_has_controls(why)) {
        http_problem(t->request, 400, "/problems/request", "A reason is needed",
                     CX_STR("{\"why\":\"...\"}: what was found, in a line"));
    } else {
        ask(t, kind, why);
    }
    cx_json_free(json);
}

static void
post_acknowledgements(struct turn *t)
{
    post_with_reason(t, OP_ACK);
}

static void
post_stops(struct turn *t)
{
    post_with_reason(t, OP_STOP);
}

static void
get_status(struct turn *t)
{
    front_say_status(t->front, t->request);
}

static void
get_metrics(struct turn *t)
{
    front_say_metrics(t->front, t->request);
}

/* ---- the table. {} stands for one segment, the id. */

static const struct route {
    const char *method;
    const char *path;
    unsigned may; /* what the caller must be allowed */
    void (*answer)(struct turn *turn);
} routes[] = {
    { "POST", "/v1/checks", CONFIG_MAY_CHECK, post_checks },
    { "GET", "/v1/checks/{}", CONFIG_MAY_CHECK, get_check },
    { "POST", "/v1/checks/{}/override", CONFIG_MAY_CHECK, post_override },
    { "POST", "/v1/permits/{}/claim", CONFIG_MAY_CLAIM, post_claim },
    { "POST", "/v1/acknowledgements", CONFIG_MAY_ACK, post_acknowledgements },
    { "POST", "/v1/stops", CONFIG_MAY_ACK, post_stops },
    { "GET", "/v1/status", CONFIG_MAY_METRICS, get_status },
    { "GET", "/metrics", CONFIG_MAY_METRICS, get_metrics },
};

static bool
fits_path(const char *pattern, cx_str path, cx_str *ret_id)
{
    size_t at = 0;

    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '{' && p[1] == '}') {
            size_t from = at;

            while (at < path.n && path.p[at] != '/') {
                at++;
            }
            *ret_id = (cx_str){ path.p + from, at - from };
            p++;
            if (at == from) {
                return false;
            }
        } else if (at < path.n && path.p[at] == *p) {
            at++;
        } else {
            return false;
        }
    }
    return at == path.n;
}

static const struct route *
route_of(const struct http_message *m, cx_str *ret_id, bool *ret_is_path)
{
    for (size_t i = 0; i < CX_COUNT(routes); i++) {
        if (fits_path(routes[i].path, m->path, ret_id)) {
            *ret_is_path = true;
            if (cx_str_equal(m->method, cx_str_of(routes[i].method))) {
                return &routes[i];
            }
        }
    }
    return NULL;
}

/* Whoever asks whether we are well need not be known. */
static bool
answer_health(struct front *f, struct http_request *request, const struct http_message *m)
{
    bool ready = cx_str_equal(m->path, CX_STR("/readyz"));

    if (!cx_str_equal(m->method, CX_STR("GET")) ||
        (!ready && !cx_str_equal(m->path, CX_STR("/healthz")))) {
        return false;
    }
    front_say_health(f, request, ready);
    return true;
}

void
front_handle(void *ctx, struct http_request *request)
{
    struct front *f = ctx;
    struct turn turn = { .front = f, .request = request, .message = http_request_message(request) };
    const struct route *route;
    bool is_path = false;

    if (answer_health(f, request, turn.message)) {
        return;
    }
    route = route_of(turn.message, &turn.id, &is_path);
    if (route == NULL) {
        http_problem(request, is_path ? 405 : 404, "about:blank",
                     is_path ? "Method Not Allowed" : "Not Found", CX_STR(""));
        return;
    }
    turn.caller = front_caller_of(f, &turn.message->identity);
    if (turn.caller == SIZE_MAX || (f->member.config->callers[turn.caller].may & route->may) == 0) {
        f->counts.refused++;
        http_problem(request, turn.caller == SIZE_MAX ? 401 : 403, "/problems/caller",
                     turn.caller == SIZE_MAX ? "Nobody knows this caller"
                                             : "This caller may not do that",
                     CX_STR(""));
        return;
    }
    route->answer(&turn);
}

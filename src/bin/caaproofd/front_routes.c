/* Which path is what (docs/api.md). */
#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproofd/front.h"
#include "bin/caaproofd/http_prefer.h"

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
    bool wants_problem;
};

void
front_refuse(struct http_request *request, const struct problem *p, const char *detail)
{
    http_problem(request, (int)p->status, p->type, p->title, cx_str_of(detail));
}

/* An id that is none, or longer than the recorder takes from a front that is well, goes no further. */
static void
ask(const struct turn *t, enum op kind, cx_str text)
{
    struct op_ask ask = {
        .caller = t->front->member.config->callers[t->caller].name,
        .authorities = front_authorities_of(t->front, t->caller),
        .id = t->id,
        .text = text,
        .problem = t->wants_problem,
    };

    if (t->id.n != 0 && !intake_is_id(t->id)) {
        front_refuse(t->request, &problem_request, "this is no id of a check");
    } else {
        front_ask(t->front, kind, &ask, t->request);
    }
}

/* ---- waiting for a check over HTTP */

struct http_waiter {
    struct waiter waiter; /* first: a waiter is its http_waiter */
    struct front *front;
    size_t caller;
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

    if (waiter->lacks_problem && status == 200) { /* the log has what it is made of */
        const struct turn t = { .front = w->front,
                                .request = w->request,
                                .caller = w->caller,
                                .id = w->id,
                                .wants_problem = true };

        http_request_on_gone(w->request, NULL, NULL);
        ask(&t, OP_GET, CX_STR(""));
    } else {
        http_reply(w->request, (int)status,
                   status >= 400 ? "application/problem+json" : "application/json", body, NULL);
    }
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
        front_refuse(request, &problem_memory, "");
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
        front_refuse(t->request, &problem_memory, "");
        return NULL;
    }
    if (id.n != 0) {
        memcpy(copy, id.p, id.n);
    }
    w->id = (cx_str){ copy, id.n };
    w->waiter = (struct waiter){
        .done = on_done,
        .names_max = SIZE_MAX,
        .wants_problem = t->wants_problem,
    };
    w->front = t->front;
    w->caller = t->caller;
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

/* How long an answer is waited for: to the deadline, or what the client prefers, if that is less. */
static uint64_t
patience_ms(const struct turn *t, uint64_t deadline_ms)
{
    struct http_prefer prefer = http_prefer_read(t->message->fields, t->message->n_fields);
    uint64_t now = cx_time_now_ms(), left = deadline_ms > now ? deadline_ms - now : 0;

    if (prefer.has_wait && prefer.wait_s * 1000 < left) {
        return prefer.wait_s * 1000;
    }
    return prefer.respond_async && !prefer.has_wait ? 0 : left;
}

bool
front_is_type(const struct http_request *request, const char *type)
{
    cx_str given = http_request_message(request)->content_type;
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

    w = make_waiter(t, (cx_str){ NULL, 0 });
    if (w == NULL) {
        return;
    }
    if (!front_check(t->front, t->caller, body, &w->waiter, &problem)) {
        front_refuse(t->request, problem.problem, problem.detail);
        free_waiter(w);
        return;
    }
    w->id = w->waiter.inquiry->id; /* lives as long as w waits for it, or is copied before */
    wait_at_most(t, w, patience_ms(t, w->waiter.inquiry->deadline_ms));
}

/* "problem" of the query. */
static bool
read_wish(struct turn *t)
{
    cx_str text = { NULL, 0 };
    bool given = http_parameter(t->request, "problem", &text);

    t->wants_problem = cx_str_equal(text, CX_STR("1"));
    if (given && !t->wants_problem && !cx_str_equal(text, CX_STR("0"))) {
        front_refuse(t->request, &problem_request, "problem is 0 or 1");
        return false;
    }
    return true;
}

static void
post_checks(struct turn *t)
{
    if (!read_wish(t)) {
        return;
    }
    if (front_is_type(t->request, "application/x-ndjson")) {
        const struct batch_terms terms = { t->caller, t->wants_problem };

        front_batch(t->front, &terms, t->request);
    } else if (front_is_type(t->request, "application/json")) {
        check_one(t);
    } else {
        front_refuse(t->request, &problem_content_type,
                     "application/json, or application/x-ndjson for many");
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
get_check(struct turn *t)
{
    struct inquiry *q = front_inquiry_of_id(t->front, t->id);
    struct http_waiter *w;
    uint64_t ms;

    if (!read_wish(t)) {
        return;
    }
    if (!wait_of(t, &ms)) {
        front_refuse(t->request, &problem_request, "wait is a number of seconds, 3600 at most");
        return;
    }
    if (q == NULL) {
        ask(t, OP_GET, CX_STR(""));
        return;
    }
    if ((front_authorities_of(t->front, t->caller) >> q->authority & 1u) == 0) {
        front_refuse(t->request, &problem_forbidden, "it is checked for another authority");
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
        front_refuse(t->request, &problem_request, "{\"why\":\"...\"}: what was found, in a line");
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

/* The answer is on its way before the end begins. */
static void
post_drain(struct turn *t)
{
    struct front *f = t->front;

    http_reply(t->request, 202, "application/json", CX_STR("{\"state\":\"draining\"}"), NULL);
    member_say(&f->member, CONTROL_DRAIN_ASKED, 0, f->member.config->callers[t->caller].name.p);
}

static void
post_issuances(struct turn *t)
{
    front_post_issuance(t->front, t->caller, t->request);
}

static void
get_issuance(struct turn *t)
{
    front_get_issuance(t->front, t->caller, t->request);
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

static void
get_healthz(struct turn *t)
{
    front_say_health(t->front, t->request, false);
}

static void
get_readyz(struct turn *t)
{
    front_say_health(t->front, t->request, true);
}

/* ---- the table. {} stands for one segment, the id. */

static const struct route {
    const char *method;
    const char *path;
    unsigned may; /* what the caller must be allowed; 0: nothing, he need not be known */
    void (*answer)(struct turn *turn);
} routes[] = {
    { "POST", "/v1/checks", CONFIG_MAY_CHECK, post_checks },
    { "GET", "/v1/checks/{}", CONFIG_MAY_CHECK, get_check },
    { "POST", "/v1/checks/{}/override", CONFIG_MAY_CHECK, post_override },
    { "POST", "/v1/permits/{}/claim", CONFIG_MAY_CLAIM, post_claim },
    { "POST", "/v1/issuances", CONFIG_MAY_ISSUE, post_issuances },
    { "GET", "/v1/issuances/{}", CONFIG_MAY_ISSUE, get_issuance },
    { "GET", "/v1/issuances/{}/{}", CONFIG_MAY_ISSUE, get_issuance },
    { "POST", "/v1/acknowledgements", CONFIG_MAY_ACK, post_acknowledgements },
    { "POST", "/v1/stops", CONFIG_MAY_ACK, post_stops },
    { "POST", "/v1/drain", CONFIG_MAY_DRAIN, post_drain },
    { "GET", "/v1/status", CONFIG_MAY_METRICS, get_status },
    { "GET", "/metrics", CONFIG_MAY_METRICS, get_metrics },
    { "GET", "/healthz", 0, get_healthz },
    { "GET", "/readyz", 0, get_readyz },
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

/* HEAD is GET whose answer has no body: the server sees to that. */
static bool
fits_method(const char *method, cx_str given)
{
    return cx_str_equal(given, cx_str_of(method)) ||
           (cx_str_equal(given, CX_STR("HEAD")) && strcmp(method, "GET") == 0);
}

/* Appends the methods of that path to *ret_allow, if it is one of ours. */
static const struct route *
route_of(const struct http_message *m, cx_str *ret_id, struct cx_buf *ret_allow)
{
    const struct route *found = NULL;

    for (size_t i = 0; i < CX_COUNT(routes); i++) {
        cx_str id = { NULL, 0 };

        if (fits_path(routes[i].path, m->path, &id)) {
            cx_buf_printf(ret_allow, "%s%s, ", routes[i].method,
                          fits_method(routes[i].method, CX_STR("HEAD")) ? ", HEAD" : "");
            if (fits_method(routes[i].method, m->method)) {
                *ret_id = id;
                found = &routes[i];
            }
        }
    }
    return found;
}

static void
refuse_caller(const struct turn *t)
{
    t->front->counts.refused++;
    if (t->caller == SIZE_MAX) {
        http_set_field(t->request, "WWW-Authenticate", CX_STR("Bearer"));
        front_refuse(t->request, &problem_caller, "");
    } else {
        front_refuse(t->request, &problem_forbidden, "\"may\" of this caller does not have it");
    }
}

/* No route has this method: which it has instead, or that there is no such path. */
static void
refuse_method(const struct turn *t, struct cx_buf *allow)
{
    bool is_path = allow->n != 0;

    cx_buf_puts(allow, "OPTIONS");
    if (is_path) {
        http_set_field(t->request, "Allow", cx_buf_str(allow));
    }
    if (is_path && cx_str_equal(t->message->method, CX_STR("OPTIONS"))) {
        http_reply(t->request, 204, NULL, CX_STR(""), NULL);
    } else {
        http_problem(t->request, is_path ? 405 : 404, "about:blank",
                     is_path ? "Method Not Allowed" : "Not Found", CX_STR(""));
    }
}

void
front_handle(void *ctx, struct http_request *request)
{
    CX_AUTO(cx_buf_done) struct cx_buf allow = { .max = 128 };
    struct front *f = ctx;
    struct turn turn = { .front = f, .request = request, .message = http_request_message(request) };
    const struct route *route = route_of(turn.message, &turn.id, &allow);

    if (front_say_log(f, request, turn.message)) {
        return;
    }
    if (route == NULL) {
        refuse_method(&turn, &allow);
        return;
    }
    turn.caller = front_caller_of(f, &turn.message->identity);
    if (route->may != 0 && (turn.caller == SIZE_MAX ||
                            (f->member.config->callers[turn.caller].may & route->may) == 0)) {
        refuse_caller(&turn);
        return;
    }
    route->answer(&turn);
}

/* How it is: for monitoring, for load balancers, for people. */
#include "bin/caaproofd/front.h"
#include "bin/caaproofd/roles.h"
#include "resolve/cache.h"

#include <inttypes.h>

static int64_t
number_of(const struct cx_json *object, const char *member)
{
    int64_t n = 0;

    (void)cx_json_integer(cx_json_get(object, member), &n);
    return n;
}

static bool
is_stopped(const struct front *f, cx_str *ret_why)
{
    *ret_why = (cx_str){ NULL, 0 };
    return cx_json_string(cx_json_get(f->status, "stopped"), ret_why);
}

static void
put(struct cx_buf *buf, const char *name, const char *type, const char *help, uint64_t value)
{
    cx_buf_printf(buf, "# HELP caaproof_%s %s\n# TYPE caaproof_%s %s\ncaaproof_%s %" PRIu64 "\n",
                  name, help, name, type, name, value);
}

/* Of the recorder, as it said a second ago at most. */
static const struct {
    const char *member;
    const char *name;
    const char *help;
} counts[] = {
    { "started", "checks_started_total", "Checks that were begun." },
    { "finished", "checks_finished_total", "Checks with a verdict in the log." },
    { "permitted", "permits_total", "Permits given out." },
    { "denied", "checks_denied_total", "Checks that DNS denied." },
    { "failed", "checks_failed_total", "Checks that could not be decided." },
    { "late", "checks_late_total", "Positive checks that were complete after their deadline." },
    { "interrupted", "checks_interrupted_total", "Checks that ended without a verdict." },
    { "claimed", "claims_total", "Permits that were spent." },
    { "claims_refused", "claims_refused_total", "Permits that somebody wanted to spend in vain." },
    { "conflicts", "conflicts_total", "Request ids that were used for another request." },
    { "overrides", "overrides_refused_total", "Attempts to override a verdict." },
    { "shadow_differs", "shadow_disagreements_total",
      "Checks whose verdict is not the caller's own." },
};

static void
put_http(struct cx_buf *buf, const struct http_counters *c)
{
    put(buf, "http_connections_total", "counter", "Connections accepted.", c->connections);
    put(buf, "http_connections", "gauge", "Connections open.", c->open);
    put(buf, "http_requests_total", "counter", "Requests read.", c->requests);
    cx_buf_puts(buf, "# HELP caaproof_http_replies_total Replies by class of status.\n"
                     "# TYPE caaproof_http_replies_total counter\n");
    for (unsigned i = 2; i < 6; i++) {
        cx_buf_printf(buf, "caaproof_http_replies_total{class=\"%uxx\"} %" PRIu64 "\n", i,
                      c->replies[i]);
    }
    put(buf, "http_refused_total", "counter", "Connections and requests beyond limits.",
        c->refused_connections + c->refused_address + c->refused_large + c->refused_malformed +
            c->slow_requests + c->slow_replies);
    put(buf, "tls_failures_total", "counter", "Handshakes that failed.", c->tls_failures);
}

static void
put_cache(struct cx_buf *buf, struct cx_cache_stats s)
{
    put(buf, "cache_hits_total", "counter", "DNS questions answered from the cache.", s.hits);
    put(buf, "cache_misses_total", "counter", "DNS questions that went to a resolver.", s.misses);
    put(buf, "cache_entries", "gauge", "Answers in the cache.", s.entries);
    put(buf, "cache_octets", "gauge", "Memory of the cache.", s.bytes);
}

void
front_say_metrics(struct front *f, struct http_request *request)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 1 << 20 };
    const struct cx_json *said = cx_json_get(f->status, "counts");
    cx_str why;

    put(&buf, "recorder_up", "gauge", "The recorder is there.", f->status != NULL ? 1 : 0);
    put(&buf, "stopped", "gauge", "Nothing is permitted until a person acknowledges.",
        is_stopped(f, &why) ? 1 : 0);
    put(&buf, "checks_open", "gauge", "Checks under way.", f->places - f->n_free_inquiries);
    put(&buf, "callers_refused_total", "counter", "Requests of callers that may not.",
        f->counts.refused);
    put(&buf, "recorder_lost_total", "counter", "Times that the recorder was gone.",
        f->counts.recorder_lost);
    for (size_t i = 0; said != NULL && i < CX_COUNT(counts); i++) {
        put(&buf, counts[i].name, "counter", counts[i].help,
            (uint64_t)number_of(said, counts[i].member));
    }
    put_http(&buf, http_server_counters(f->server));
    put_cache(&buf, cx_cache_stats_of(&f->cache));
    if (cx_buf_ok(&buf)) {
        http_reply(request, 200, "text/plain; version=0.0.4", cx_buf_str(&buf), NULL);
    } else {
        http_problem(request, 503, "/problems/memory", "There is no memory", CX_STR(""));
    }
}

/* Healthy: this process runs. Ready: a check begun now can end in a permit. */
void
front_say_health(struct front *f, struct http_request *request, bool ready)
{
    cx_str why;

    if (!ready) {
        http_reply(request, 200, "text/plain", CX_STR("ok\n"), NULL);
    } else if (f->is_draining) {
        http_problem(request, 503, "/problems/draining", "This process is ending", CX_STR(""));
    } else if (f->status == NULL) {
        http_problem(request, 503, "/problems/recorder", "Nothing can be recorded now", CX_STR(""));
    } else if (is_stopped(f, &why)) {
        http_problem(request, 503, "/problems/stopped",
                     "Nothing is permitted until a person acknowledges", CX_STR(""));
    } else {
        http_reply(request, 200, "text/plain", CX_STR("ready\n"), NULL);
    }
}

void
front_say_status(struct front *f, struct http_request *request)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 1 << 20 };
    struct cx_json *o = cx_json_new_object();

    o = cx_json_whole(
        o, cx_json_set_text(o, "state", f->is_draining ? "draining" : "running") &&
               cx_json_set_number(o, "checks_open", f->places - f->n_free_inquiries) &&
               cx_json_set_text(o, "sandbox", f->member.sandbox) &&
               cx_json_set_text(o, "software", SOFTWARE) &&
               cx_json_set(o, "recorder",
                           f->status != NULL ? cx_json_copy(f->status) : cx_json_new_null()));
    if (cx_ok(cx_json_write(o, &buf))) {
        http_reply(request, 200, "application/json", cx_buf_str(&buf), NULL);
    } else {
        http_problem(request, 503, "/problems/memory", "There is no memory", CX_STR(""));
    }
    cx_json_free(o);
}

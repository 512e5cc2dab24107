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

/* The recorder can record nothing by its clock. */
static bool
is_clock_wrong(const struct front *f, cx_str *ret_why)
{
    *ret_why = (cx_str){ NULL, 0 };
    return cx_json_string(cx_json_get(f->status, "clock"), ret_why);
}

/* It says how it is each second: if it has not for so long, its disk keeps it, or something else. */
#define STALLED_MS 5000

static bool
is_stalled(const struct front *f)
{
    return f->status != NULL && cx_clock_us() / 1000 - f->status_ms > STALLED_MS;
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
    { "issuances", "issuances_total", "Certificates whose issuance was told." },
    { "issuances_without_permit", "issuances_without_permit_total",
      "Of them those without a good permit: an alarm." },
};

/* Of each witness and time-stamping authority, as the recorder said. */
static const struct {
    const char *member;
    const char *name;
    const char *type;
    const char *help;
} of_outsiders[] = {
    { "size", "attested_entries", "gauge", "Entries of the log that it attested." },
    { "behind", "attested_behind_entries", "gauge", "Entries that it has not attested yet." },
    { "attested", "attestations_total", "counter", "Checkpoints that it attested." },
    { "failures", "attestation_failures", "gauge", "Times in a row that it did not attest." },
    { "failures_ever", "attestation_failures_total", "counter", "Times that it did not attest." },
    { "forks", "attestation_forks_total", "counter",
      "Times that it said that it knows another log of this origin." },
};

static void
put_label(struct cx_buf *buf, const char *label, const struct cx_json *outsider)
{
    cx_str text = { NULL, 0 };

    (void)cx_json_string(cx_json_get(outsider, label), &text); /* else it is empty */
    cx_buf_printf(buf, "%s=\"", label);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\') {
            cx_buf_putc(buf, '\\');
        }
        cx_buf_putc(buf, text.p[i]);
    }
    cx_buf_putc(buf, '"');
}

static void
put_of_outsider(struct cx_buf *buf, const char *name, const struct cx_json *outsider, int64_t value)
{
    cx_buf_printf(buf, "caaproof_%s{", name);
    put_label(buf, "kind", outsider);
    cx_buf_putc(buf, ',');
    put_label(buf, "name", outsider);
    cx_buf_printf(buf, "} %" PRId64 "\n", value);
}

static void
put_head(struct cx_buf *buf, const char *name, const char *type, const char *help)
{
    cx_buf_printf(buf, "# HELP caaproof_%s %s\n# TYPE caaproof_%s %s\n", name, help, name, type);
}

static void
put_times(struct cx_buf *buf, const struct cx_json *outsiders)
{
    static const char name[] = "attested_seconds";

    put_head(buf, name, "gauge", "When it attested last, in seconds since 1970; absent: never.");
    for (size_t i = 0; i < cx_json_size(outsiders); i++) {
        const struct cx_json *outsider = cx_json_at(outsiders, i);
        cx_str text;
        cx_time time;

        if (cx_json_string(cx_json_get(outsider, "time"), &text) &&
            cx_ok(cx_time_parse(text, &time))) {
            put_of_outsider(buf, name, outsider, time);
        }
    }
}

static void
put_outsiders(struct cx_buf *buf, const struct cx_json *outsiders)
{
    if (outsiders == NULL || cx_json_size(outsiders) == 0) {
        return;
    }
    for (size_t k = 0; k < CX_COUNT(of_outsiders); k++) {
        put_head(buf, of_outsiders[k].name, of_outsiders[k].type, of_outsiders[k].help);
        for (size_t i = 0; i < cx_json_size(outsiders); i++) {
            const struct cx_json *outsider = cx_json_at(outsiders, i);

            put_of_outsider(buf, of_outsiders[k].name, outsider,
                            number_of(outsider, of_outsiders[k].member));
        }
    }
    put_times(buf, outsiders);
}

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

static void
put_canaries(struct cx_buf *buf, const struct front_canary_counts *c)
{
    if (c == NULL) {
        return;
    }
    put(buf, "canary_rounds_total", "counter", "Rounds of canaries.", c->rounds);
    put(buf, "canary_failures_total", "counter", "Canaries that were not as they must be.",
        c->failures);
    put(buf, "canary_failing", "gauge", "Not ready until a round of canaries is clean.",
        c->is_failing ? 1 : 0);
    put(buf, "canary_last_clean", "gauge", "When a round of canaries was clean, in seconds.",
        (uint64_t)c->last_clean);
}

void
front_say_metrics(struct front *f, struct http_request *request)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 1 << 20 };
    const struct cx_json *said = cx_json_get(f->status, "counts");
    cx_str why;

    put(&buf, "recorder_up", "gauge", "The recorder is there, and does not stall.",
        f->status != NULL && !is_stalled(f) ? 1 : 0);
    put(&buf, "stopped", "gauge", "Nothing is permitted until a person acknowledges.",
        is_stopped(f, &why) ? 1 : 0);
    put(&buf, "clock_wrong", "gauge", "The clock is behind the log: nothing can be recorded.",
        is_clock_wrong(f, &why) ? 1 : 0);
    put(&buf, "checks_open", "gauge", "Checks under way.", f->places - f->n_free_inquiries);
    put(&buf, "callers_refused_total", "counter", "Requests of callers that may not.",
        f->counts.refused);
    put(&buf, "recorder_lost_total", "counter", "Times that the recorder was gone.",
        f->counts.recorder_lost);
    for (size_t i = 0; said != NULL && i < CX_COUNT(counts); i++) {
        put(&buf, counts[i].name, "counter", counts[i].help,
            (uint64_t)number_of(said, counts[i].member));
    }
    put_outsiders(&buf, cx_json_get(f->status, "outsiders"));
    put_http(&buf, http_server_counters(f->server));
    put_cache(&buf, cx_cache_stats_of(&f->cache));
    put_canaries(&buf, front_canary_counts(f));
    if (cx_buf_ok(&buf)) {
        http_reply(request, 200, "text/plain; version=0.0.4", cx_buf_str(&buf), NULL);
    } else {
        front_refuse(request, &problem_memory, "");
    }
}

/* Healthy: this process runs. Ready: a check begun now can end in a permit. */
void
front_say_health(struct front *f, struct http_request *request, bool ready)
{
    const struct front_canary_counts *canaries = front_canary_counts(f);
    cx_str why;

    if (!ready) {
        http_reply(request, 200, "text/plain", CX_STR("ok\n"), NULL);
    } else if (f->is_draining) {
        front_refuse(request, &problem_draining, "");
    } else if (f->status == NULL) {
        front_refuse(request, &problem_recorder, "");
    } else if (is_stalled(f)) {
        front_refuse(request, &problem_recorder, "it does not answer");
    } else if (is_clock_wrong(f, &why)) {
        front_refuse(request, &problem_clock, "");
    } else if (is_stopped(f, &why)) {
        front_refuse(request, &problem_stopped, "");
    } else if (canaries != NULL && canaries->is_failing) {
        front_refuse(request, &problem_canary, "");
    } else {
        http_reply(request, 200, "text/plain", CX_STR("ready\n"), NULL);
    }
}

/* NULL when out of memory. */
static struct cx_json *
canaries_json(const struct front *f)
{
    const struct front_canary_counts *c = front_canary_counts(f);
    struct cx_json *o;

    if (c == NULL) {
        return cx_json_new_null();
    }
    o = cx_json_new_object();
    return cx_json_whole(
        o,
        cx_json_set(o, "failing", cx_json_new_bool(c->is_failing)) &&
            cx_json_set_number(o, "rounds", c->rounds) &&
            cx_json_set_number(o, "failures", c->failures) &&
            cx_json_set_moment(o, "last_clean", c->last_clean != 0 ? c->last_clean : CX_TIME_NONE));
}

void
front_say_status(struct front *f, struct http_request *request)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 1 << 20 };
    struct cx_json *o = cx_json_new_object();

    o = cx_json_whole(
        o, cx_json_set_text(o, "state", f->is_draining ? "draining" : "running") &&
               cx_json_set_number(o, "checks_open", f->places - f->n_free_inquiries) &&
               cx_json_set(o, "canaries", canaries_json(f)) &&
               cx_json_set_text(o, "sandbox", f->member.sandbox) &&
               cx_json_set_text(o, "software", SOFTWARE) &&
               cx_json_set(o, "recorder",
                           f->status != NULL ? cx_json_copy(f->status) : cx_json_new_null()));
    if (cx_ok(cx_json_write(o, &buf))) {
        http_reply(request, 200, "application/json", cx_buf_str(&buf), NULL);
    } else {
        front_refuse(request, &problem_memory, "");
    }
    cx_json_free(o);
}

#include "bin/caaproofd/attest.h"

#include "base/alloc.h"
#include "store/witnessed.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Failures in a row after which somebody is told: one is what networks do. */
#define FAILURES_TOLD 3

struct outsider {
    enum outsider_kind kind;
    const char *name;
    struct cx_note_key key; /* of a witness */
    uint64_t shard;         /* of what was attested last */
    uint64_t size;
    cx_time time; /* when, by our clock */
    uint64_t failures;
    uint64_t failures_ever;
    uint64_t attested;
    uint64_t forks;
    bool is_fork; /* it has not attested since it said so */
    char error[CX_OUTSIDER_TEXT_MAX + 1];
};

struct attest {
    struct attest_options options;
    struct outsider witnesses[CX_OUTSIDERS_MAX];
    struct outsider stamps[CX_OUTSIDERS_MAX];
    /* The checkpoint that the courier was given last: it speaks of no other. */
    uint64_t shard;
    uint64_t size;
    struct cx_buf note;
};

static void tell(const struct attest *a, enum config_level level, const char *fmt, ...)
    CX_PRINTF(3, 4);

static void
tell(const struct attest *a, enum config_level level, const char *fmt, ...)
{
    char text[2 * CX_NOTE_NAME_MAX + 2 * CX_OUTSIDER_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args); /* cut if it must be */
    va_end(args);
    a->options.tell(a->options.ctx, level, text);
}

static const char *
kind_text(const struct outsider *o)
{
    return o->kind == OUTSIDER_WITNESS ? "witness" : "time-stamping authority";
}

/* ---- what becomes of each */

static void
succeeded(const struct attest *a, struct outsider *o)
{
    if (o->failures >= FAILURES_TOLD || o->is_fork) {
        tell(a, CONFIG_LEVEL_NOTICE, "%s %s attests again, at %" PRIu64 " entries", kind_text(o),
             o->name, a->size);
    }
    o->shard = a->shard;
    o->size = a->size;
    o->time = cx_time_now();
    o->failures = 0;
    o->attested++;
    o->is_fork = false;
    o->error[0] = '\0';
}

static void
failed(const struct attest *a, struct outsider *o, cx_str why)
{
    o->failures++;
    o->failures_ever++;
    (void)snprintf(o->error, sizeof(o->error), "%.*s", (int)why.n, why.n != 0 ? why.p : "");
    if (o->failures == FAILURES_TOLD) {
        tell(a, CONFIG_LEVEL_WARNING, "%s %s failed %d times: %s", kind_text(o), o->name,
             FAILURES_TOLD, o->error);
    }
}

/* An alarm for a person, and no stop: whoever runs a witness, or stands before one, could end all issuance by a lie. That this log
 * is the one log of its key is held by the store's anchor; the witness's word means that somebody else has the key, or that a
 * store was set back, or that it lies, and only a person can find out which. */
static void
forked(const struct attest *a, struct outsider *o)
{
    o->forks++;
    if (!o->is_fork) {
        tell(a, CONFIG_LEVEL_ERR,
             "witness %s knows another log of this origin: find out who has its key, or set the "
             "store back",
             o->name);
    }
    o->is_fork = true;
}

/* A failure of ours to keep it is told of who gave it. */
static void
settle(const struct attest *a, struct outsider *o, cx_status s, const struct cx_detail *detail)
{
    if (cx_ok(s)) {
        succeeded(a, o);
    } else {
        failed(a, o, cx_str_of(detail->text[0] != '\0' ? detail->text : cx_status_text(s)));
    }
}

/* ---- frames of the courier */

static uint64_t
size_in(const struct outsider *o, uint64_t shard)
{
    return o->shard == shard ? o->size : 0;
}

static cx_status
take_ask(struct attest *a, struct cx_log *log, cx_span body, struct cx_buf *out,
         struct cx_detail *detail)
{
    struct courier_checkpoint said = { .witnesses = { .n = a->options.n_witnesses },
                                       .stamps = { .n = a->options.n_timestamps } };
    struct cx_commit latest;
    uint64_t from;

    CX_TRY(courier_get_ask(body, &from));
    CX_TRY(cx_log_latest(log, &latest, detail));
    if (from <= latest.size) {
        CX_TRY(cx_log_consistency(log, from, &said.path, detail));
    }
    a->shard = cx_log_shard(log);
    a->size = latest.size;
    cx_buf_clear(&a->note);
    cx_buf_put(&a->note, latest.checkpoint);
    CX_TRY(cx_buf_status(&a->note));
    said.size = a->size;
    said.note = cx_buf_str(&a->note);
    for (size_t i = 0; i < said.witnesses.n; i++) {
        said.witnesses.v[i] = size_in(&a->witnesses[i], a->shard);
    }
    for (size_t i = 0; i < said.stamps.n; i++) {
        said.stamps.v[i] = size_in(&a->stamps[i], a->shard);
    }
    courier_put_checkpoint(out, &said);
    return CX_SUCCESS;
}

/* It speaks of an outsider that there is, and of the checkpoint that it was given. */
static cx_status
check(const struct attest *a, size_t n, uint32_t place, uint64_t size)
{
    return place < n && a->size != 0 && size == a->size ? CX_SUCCESS : (cx_status){ CX_E_FRAME };
}

static struct cx_witnessed
witnessed(const struct attest *a, struct cx_log *log)
{
    return (struct cx_witnessed){ a->options.store, a->shard, a->size, cx_log_key(log),
                                  cx_buf_str(&a->note) };
}

static cx_status
take_cosigned(struct attest *a, struct cx_log *log, cx_span body)
{
    const struct cx_witnessed w = witnessed(a, log);
    struct cx_detail detail = { .text = "" };
    struct courier_cosigned op;
    struct outsider *o;
    uint64_t time_s;
    cx_status s;

    CX_TRY(courier_get_cosigned(body, &op));
    CX_TRY(check(a, a->options.n_witnesses, op.place, op.size));
    o = &a->witnesses[op.place];
    s = cx_witnessed_cosign(&w, &o->key, op.lines, &time_s, &detail);
    settle(a, o, s, &detail);
    return CX_SUCCESS;
}

static cx_status
take_stamped(struct attest *a, struct cx_log *log, cx_span body)
{
    const struct cx_witnessed w = witnessed(a, log);
    struct cx_detail detail = { .text = "" };
    struct cx_witnessed_stamp stamp;
    struct courier_stamped op;
    cx_time time;
    cx_status s;

    CX_TRY(courier_get_stamped(body, &op));
    CX_TRY(check(a, a->options.n_timestamps, op.place, op.size));
    stamp = (struct cx_witnessed_stamp){
        .request = cx_str_of_span(op.request),
        .response = cx_str_of_span(op.response),
        .roots = cx_str_of_span(a->options.roots(a->options.ctx, op.place)),
        .nonce = op.nonce,
        .place = op.place,
    };
    s = cx_witnessed_keep_stamp(&w, &stamp, &time, &detail);
    settle(a, &a->stamps[op.place], s, &detail);
    return CX_SUCCESS;
}

static cx_status
take_failed(struct attest *a, cx_span body)
{
    struct courier_failed op;
    bool is_witness;

    CX_TRY(courier_get_failed(body, &op));
    is_witness = op.kind == OUTSIDER_WITNESS;
    if (op.place >= (is_witness ? a->options.n_witnesses : a->options.n_timestamps) ||
        (op.is_fork && !is_witness)) {
        return (cx_status){ CX_E_FRAME };
    }
    failed(a, is_witness ? &a->witnesses[op.place] : &a->stamps[op.place], op.why);
    if (op.is_fork) {
        forked(a, &a->witnesses[op.place]);
    }
    return CX_SUCCESS;
}

cx_status
attest_frame(struct attest *a, struct cx_log *log, const struct op_frame *frame, struct cx_buf *out,
             struct cx_detail *detail)
{
    switch (frame->kind) {
    case COURIER_ASK:
        return take_ask(a, log, frame->body, out, detail);
    case COURIER_COSIGNED:
        return take_cosigned(a, log, frame->body);
    case COURIER_STAMPED:
        return take_stamped(a, log, frame->body);
    case COURIER_FAILED:
        return take_failed(a, frame->body);
    default:
        return (cx_status){ CX_E_FRAME };
    }
}

/* ---- life */

cx_status
attest_new(const struct attest_options *options, struct attest **ret, struct cx_detail *detail)
{
    struct attest *a = cx_alloc(1, sizeof(*a));

    if (a == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    a->options = *options;
    cx_buf_init(&a->note, CX_NOTE_OCTETS_MAX);
    for (size_t i = 0; i < options->n_witnesses; i++) {
        struct outsider *o = &a->witnesses[i];
        cx_status s = cx_note_key_parse(options->witnesses[i].key, &o->key, detail);

        if (!cx_ok(s)) {
            attest_free(a);
            return s;
        }
        o->kind = OUTSIDER_WITNESS;
        o->name = o->key.name;
        o->time = CX_TIME_NONE;
    }
    for (size_t i = 0; i < options->n_timestamps; i++) {
        a->stamps[i].kind = OUTSIDER_TSA;
        a->stamps[i].name = options->timestamps[i].url.p;
        a->stamps[i].time = CX_TIME_NONE;
    }
    *ret = a;
    return CX_SUCCESS;
}

void
attest_free(struct attest *a)
{
    if (a != NULL) {
        cx_buf_done(&a->note);
        cx_free(a);
    }
}

/* ---- status */

static struct cx_json *
outsider_json(const struct outsider *o, uint64_t shard, uint64_t size)
{
    struct cx_json *json = cx_json_new_object();
    uint64_t attested = size_in(o, shard);

    return cx_json_whole(
        json, cx_json_set_text(json, "kind", o->kind == OUTSIDER_WITNESS ? "witness" : "tsa") &&
                  cx_json_set(json, "name", cx_json_new_outside(cx_str_of(o->name))) &&
                  cx_json_set_number(json, "size", attested) &&
                  cx_json_set_number(json, "behind", size - attested) &&
                  cx_json_set_moment(json, "time", o->time) &&
                  cx_json_set_number(json, "attested", o->attested) &&
                  cx_json_set_number(json, "failures", o->failures) &&
                  cx_json_set_number(json, "failures_ever", o->failures_ever) &&
                  cx_json_set_number(json, "forks", o->forks) &&
                  cx_json_set(json, "forked", cx_json_new_bool(o->is_fork)) &&
                  cx_json_set(json, "error",
                              o->error[0] != '\0' ? cx_json_new_outside(cx_str_of(o->error))
                                                  : cx_json_new_null()));
}

struct cx_json *
attest_status(const struct attest *a, struct cx_log *log)
{
    struct cx_json *json = cx_json_new_array();
    struct cx_commit latest = { .size = 0 };
    struct cx_detail detail;
    bool done =
        cx_ok(cx_log_latest(log, &latest, &detail)); /* else the log failed: who waits ends */
    uint64_t shard = cx_log_shard(log);

    for (size_t i = 0; done && i < a->options.n_witnesses; i++) {
        done = cx_json_add(json, outsider_json(&a->witnesses[i], shard, latest.size));
    }
    for (size_t i = 0; done && i < a->options.n_timestamps; i++) {
        done = cx_json_add(json, outsider_json(&a->stamps[i], shard, latest.size));
    }
    return cx_json_whole(json, done);
}

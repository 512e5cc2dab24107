/* Files of dnstap: Frame Streams with one message a frame. Complete messages are grade B; questions alone are E.
 * Whole answers are what clients were told (CLIENT, FORWARDER, STUB, TOOL). What authoritative servers said (RESOLVER) counts only where it
 * stands for itself: authoritative, and at the very name. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/limits.h"
#include "dns/message.h"
#include "incident/archive_formats.h"
#include "incident/dnstap.pb-c.h"

#include <fstrm.h>
#include <stdio.h>

#define CONTENT_TYPE "protobuf:dnstap.Dnstap"

enum {
    TYPE_MESSAGE = 1,
    RESOLVER_RESPONSE = 4,
    CLIENT_RESPONSE = 6,
    FORWARDER_RESPONSE = 8,
    STUB_RESPONSE = 10,
    TOOL_RESPONSE = 12,
    PROTOCOL_UDP = 1,
};

/* A question that was seen, for the time of the response that comes later and need not say it. */
struct asked {
    uint64_t key;
    int64_t ms; /* 0: no entry */
};

struct dnstap {
    struct cx_input *input;
    struct fstrm_reader *reader;
    bool ended;
    bool cut; /* the file, not the reader, came to its end */
    cx_status io;
    struct cx_detail io_detail;
    struct asked *asked; /* CX_DNSTAP_ASKED of them */
    struct cx_reading reading;
};

/* ---- Frame Streams over an input */

static fstrm_res
read_octets(void *ctx, void *to, size_t n)
{
    struct dnstap *d = ctx;
    bool more = false;
    cx_span octets = { NULL, 0 };

    d->io = cx_input_take(d->input, n, &octets, &more, &d->io_detail);
    if (!cx_ok(d->io)) {
        return fstrm_res_failure;
    }
    d->cut = !more;
    if (!more) {
        return fstrm_res_failure;
    }
    if (n != 0) {
        memcpy(to, octets.p, n);
    }
    return fstrm_res_success;
}

static fstrm_res
nothing(void *ctx)
{
    (void)ctx;
    return fstrm_res_success;
}

static struct fstrm_rdwr *
rdwr_over(struct dnstap *d)
{
    struct fstrm_rdwr *rdwr = fstrm_rdwr_init(d);

    if (rdwr != NULL) {
        fstrm_rdwr_set_open(rdwr, nothing);
        fstrm_rdwr_set_close(rdwr, nothing);
        fstrm_rdwr_set_read(rdwr, read_octets);
    }
    return rdwr;
}

static cx_status
start(struct dnstap *d, struct cx_detail *detail)
{
    struct fstrm_rdwr *rdwr = rdwr_over(d);
    struct fstrm_reader_options *options = fstrm_reader_options_init();

    if (rdwr != NULL && options != NULL &&
        fstrm_reader_options_add_content_type(options, CONTENT_TYPE, sizeof(CONTENT_TYPE) - 1) ==
            fstrm_res_success &&
        fstrm_reader_options_set_max_frame_size(options, CX_DNSTAP_FRAME_MAX) ==
            fstrm_res_success) {
        d->reader = fstrm_reader_init(options, &rdwr);
    }
    fstrm_reader_options_destroy(&options);
    if (d->reader == NULL) {
        (void)fstrm_rdwr_destroy(&rdwr); /* only memory */
        return (cx_status){ CX_E_NOMEM };
    }
    if (fstrm_reader_open(d->reader) == fstrm_res_success) {
        return CX_SUCCESS;
    }
    return !cx_ok(d->io) ? d->io
                         : cx_fail(detail, CX_E_ARCHIVE,
                                   "not a Frame Stream with content type " CONTENT_TYPE);
}

/* ---- frames */

struct frame {
    const Caaproof__Dnstap__Message *m;
    bool response;
    struct cx_message dns;
    cx_span octets;
};

static cx_span
span_of(const ProtobufCBinaryData *data)
{
    return (cx_span){ data->data, data->len };
}

/* False for one that is about something else than CAA. */
static cx_status
read_message(const Caaproof__Dnstap__Message *m, struct frame *ret, bool *ret_caa,
             struct cx_detail *detail)
{
    bool has = m->type % 2 == 0 ? m->has_response_message : m->has_query_message;

    *ret = (struct frame){ .m = m, .response = m->type % 2 == 0 };
    *ret_caa = false;
    if (!has || m->type < RESOLVER_RESPONSE - 1 || m->type > TOOL_RESPONSE) {
        return CX_SUCCESS;
    }
    ret->octets = span_of(ret->response ? &m->response_message : &m->query_message);
    if (ret->octets.n > CX_MESSAGE_MAX || !cx_ok(cx_message_open(ret->octets, &ret->dns))) {
        return cx_fail(detail, CX_E_ARCHIVE, "a DNS message that cannot be read");
    }
    if (ret->dns.qr != ret->response) {
        return cx_fail(detail, CX_E_ARCHIVE, "a %s where a %s should be",
                       ret->dns.qr ? "response" : "query", ret->response ? "response" : "query");
    }
    *ret_caa = ret->dns.qtype == CX_TYPE_CAA && ret->dns.qclass == CX_CLASS_IN;
    return CX_SUCCESS;
}

static cx_status
ms_of(uint64_t seconds, uint32_t ns, int64_t *ret, struct cx_detail *detail)
{
    if (seconds == 0 || seconds > INT64_MAX / 1000 - 1 || ns > 999999999) {
        return cx_fail(detail, CX_E_ARCHIVE, "a time that is none");
    }
    *ret = (int64_t)seconds * 1000 + ns / 1000000;
    return CX_SUCCESS;
}

/* What a response has in common with its query. */
static uint64_t
key_of(const struct frame *f)
{
    const Caaproof__Dnstap__Message *m = f->m;
    uint64_t key = cx_hash(f->dns.id, cx_name_span(&f->dns.qname));

    key = cx_hash(key, span_of(&m->query_address));
    key = cx_hash(key, span_of(&m->response_address));
    return cx_hash(key ^ ((uint64_t)m->query_port << 32 | m->response_port) ^
                       (uint64_t)((m->type + 1) / 2) << 60,
                   (cx_span){ NULL, 0 });
}

static void
remember(struct dnstap *d, uint64_t key, int64_t ms)
{
    d->asked[key % CX_DNSTAP_ASKED] = (struct asked){ key, ms };
}

/* Asked no more than a lookup's deadline before: an older one had the same ID by chance. */
static bool
recall(struct dnstap *d, uint64_t key, int64_t answered, int64_t *ret)
{
    const struct asked *asked = &d->asked[key % CX_DNSTAP_ASKED];

    if (asked->key != key || asked->ms == 0 || asked->ms > answered ||
        answered - asked->ms > CX_DNSTAP_PAIR_MS) {
        return false;
    }
    *ret = asked->ms;
    return true;
}

static cx_status
take_query(struct dnstap *d, const struct frame *f, struct cx_observation *o,
           struct cx_detail *detail)
{
    CX_TRY(ms_of(f->m->query_time_sec, f->m->query_time_nsec, &o->time_ms, detail));
    remember(d, key_of(f), o->time_ms);
    o->clock = CX_CLOCK_ASKED;
    o->grade = CX_GRADE_E;
    return CX_SUCCESS;
}

static cx_status
take_response_time(struct dnstap *d, const struct frame *f, struct cx_observation *o,
                   struct cx_detail *detail)
{
    int64_t answered = 0;

    if (f->m->has_query_time_sec) {
        o->clock = CX_CLOCK_ASKED;
        return ms_of(f->m->query_time_sec, f->m->query_time_nsec, &o->time_ms, detail);
    }
    CX_TRY(ms_of(f->m->response_time_sec, f->m->response_time_nsec, &answered, detail));
    o->time_ms = answered;
    o->clock = recall(d, key_of(f), answered, &o->time_ms) ? CX_CLOCK_ASKED : CX_CLOCK_ANSWERED;
    return CX_SUCCESS;
}

/* A referral, a lame server, a chain that goes on elsewhere: no answer yet. Truncated: asked again by TCP. */
static bool
stands_for_itself(const struct frame *f, const struct cx_answer *answer)
{
    if (f->dns.tc && f->m->socket_protocol == PROTOCOL_UDP) {
        return false;
    }
    return f->m->type != RESOLVER_RESPONSE || cx_outcome_is_failure(answer->outcome) ||
           (f->dns.aa && answer->n_aliases == 0);
}

static cx_status
take_response(struct dnstap *d, const struct frame *f, struct cx_observation *o,
              struct cx_detail *detail)
{
    struct cx_question question = { o->name, CX_TYPE_CAA };
    struct cx_answer answer;

    CX_TRY(cx_answer_from_message(f->octets, &question, &d->reading.arena, &answer));
    if (!stands_for_itself(f, &answer)) {
        d->reading.n = 0;
        return CX_SUCCESS;
    }
    CX_TRY(take_response_time(d, f, o, detail));
    o->grade = CX_GRADE_B;
    o->outcome = answer.outcome;
    /* What the CA's own resolver said of it; the servers of a zone cannot know. */
    o->dnssec =
        f->m->type == CLIENT_RESPONSE && f->dns.ad ? CX_DNSSEC_SECURE : CX_DNSSEC_INDETERMINATE;
    o->has_ttl = answer.has_ttl;
    o->ttl = answer.ttl;
    o->records = answer.records;
    o->n_records = answer.n_records;
    o->aliases = answer.aliases;
    o->n_aliases = answer.n_aliases;
    return CX_SUCCESS;
}

static cx_status
take_frame(struct dnstap *d, const Caaproof__Dnstap__Frame *frame, struct cx_detail *detail)
{
    struct cx_observation *o;
    struct frame f;
    bool caa;
    cx_span identity;

    if (frame->type != TYPE_MESSAGE || frame->message == NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(read_message(frame->message, &f, &caa, detail));
    if (!caa) {
        return CX_SUCCESS;
    }
    CX_TRY(cx_reading_add(&d->reading, &o, detail));
    o->observed = CX_OBSERVED_ANSWER;
    o->precision_ms = 1;
    CX_TRY(cx_arena_copy(&d->reading.arena, cx_name_span(&f.dns.qname), &o->name));
    CX_TRY(cx_arena_copy(&d->reading.arena, span_of(&frame->identity), &identity));
    o->resolver = cx_str_of_span(identity);
    return f.response ? take_response(d, &f, o, detail) : take_query(d, &f, o, detail);
}

static void
free_frame(void *frame)
{
    caaproof__dnstap__frame__free_unpacked(frame, NULL);
}

static cx_status
read_frame(struct dnstap *d, cx_span octets, struct cx_detail *detail)
{
    Caaproof__Dnstap__Frame *frame = caaproof__dnstap__frame__unpack(NULL, octets.n, octets.p);
    cx_status status;

    if (frame == NULL) {
        return cx_fail(detail, CX_E_ARCHIVE, "a frame that is no dnstap message");
    }
    status = cx_arena_hold(&d->reading.arena, free_frame, frame);
    if (!cx_ok(status)) {
        free_frame(frame);
        return status;
    }
    return take_frame(d, frame, detail);
}

/* ---- the format */

static void
close(void *self)
{
    struct dnstap *d = self;

    if (d == NULL) {
        return;
    }
    if (d->reader != NULL) {
        (void)fstrm_reader_destroy(&d->reader); /* only memory */
    }
    cx_free(d->asked);
    cx_reading_done(&d->reading);
    cx_free(d);
}

static void
dnstap_cleanup(struct dnstap **d)
{
    close(*d);
}

static cx_status
open(const struct cx_archive_options *options, struct cx_input *input, void **ret,
     struct cx_detail *detail)
{
    CX_AUTO(dnstap_cleanup) struct dnstap *d = cx_alloc(1, sizeof(*d));

    if (d == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    d->input = input;
    CX_TRY(cx_reading_init(&d->reading, options, detail));
    d->asked = cx_alloc(CX_DNSTAP_ASKED, sizeof(*d->asked));
    if (d->asked == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(start(d, detail));
    *ret = CX_STEAL(d);
    return CX_SUCCESS;
}

/* The stream broke off: one more record, rejected, says so. */
static cx_status
broken(struct dnstap *d, struct cx_archive_record *ret, struct cx_detail *detail)
{
    struct cx_detail why = { .text = "" };
    cx_status status;

    d->ended = true;
    if (!cx_ok(d->io)) {
        *detail = d->io_detail;
        return d->io;
    }
    status = cx_fail(&why, CX_E_ARCHIVE,
                     d->cut ? "the file was cut: no STOP, what came behind is not in it"
                            : "the stream is broken: what comes behind cannot be read");
    return cx_reading_end(&d->reading, status, &why, ret);
}

static cx_status
next(void *self, struct cx_archive_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct dnstap *d = self;
    struct cx_detail why = { .text = "" };
    const uint8_t *p = NULL;
    size_t n = 0;
    fstrm_res res;
    cx_status status;

    cx_reading_begin(&d->reading);
    ret->line = cx_input_offset(d->input);
    res = d->ended ? fstrm_res_stop : fstrm_reader_read(d->reader, &p, &n);
    *ret_more = res != fstrm_res_stop;
    if (res == fstrm_res_stop) {
        d->ended = true;
        return CX_SUCCESS;
    }
    if (res != fstrm_res_success) {
        return broken(d, ret, detail);
    }
    ret->text = (cx_span){ p, n };
    status = read_frame(d, ret->text, &why);
    if (!cx_ok(cx_reading_end(&d->reading, status, &why, ret))) {
        *detail = why;
        return status;
    }
    return CX_SUCCESS;
}

/* START, or the READY of one who spoke to a socket, with that content type. */
static bool
looks_like(cx_span head)
{
    return head.n > 8 && memcmp(head.p, "\0\0\0\0", 4) == 0 &&
           cx_text_find(cx_str_of_span(head), CX_STR(CONTENT_TYPE)) < 64;
}

const struct cx_archive_format cx_archive_dnstap = {
    .name = "dnstap",
    .about = "dnstap files",
    .looks_like = looks_like,
    .open = open,
    .next = next,
    .close = close,
};

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
    bool ended;
    struct asked *asked; /* CX_DNSTAP_ASKED of them */
    struct cx_excerpt excerpt;
};

/* ---- Frame Streams. Frames are cut out here: libfstrm's reader (0.6.1) takes what is longer than its cap for the frame
 * before; its control frames are read by it. */

enum step {
    STEP_FRAME = 0,
    STEP_CONTROL,
    STEP_CUT,    /* the file ends before the stream does */
    STEP_BROKEN, /* a length that no frame has */
    STEP_BEHIND, /* octets behind STOP */
};

static cx_status
take_octets(struct dnstap *d, size_t n, cx_span *ret, enum step *ret_step, struct cx_detail *detail)
{
    bool more = false;

    CX_TRY(cx_input_take(d->input, n, ret, &more, detail));
    *ret_step = more ? *ret_step : STEP_CUT;
    return CX_SUCCESS;
}

static cx_status
take_length(struct dnstap *d, uint32_t *ret, enum step *ret_step, struct cx_detail *detail)
{
    cx_span octets = { NULL, 0 };
    struct cx_reader r;

    CX_TRY(take_octets(d, 4, &octets, ret_step, detail));
    r = cx_reader_of(octets);
    *ret = cx_rd_u32(&r);
    return CX_SUCCESS;
}

/* A data frame, or what a control frame has. */
static cx_status
next_frame(struct dnstap *d, cx_span *ret, enum step *ret_step, struct cx_detail *detail)
{
    uint32_t n = 0, most = CX_DNSTAP_FRAME_MAX;

    *ret_step = STEP_FRAME;
    CX_TRY(take_length(d, &n, ret_step, detail));
    if (*ret_step == STEP_FRAME && n == 0) {
        *ret_step = STEP_CONTROL;
        most = FSTRM_CONTROL_FRAME_LENGTH_MAX;
        CX_TRY(take_length(d, &n, ret_step, detail));
    }
    if (*ret_step == STEP_CUT || n > most) {
        *ret_step = *ret_step == STEP_CUT ? STEP_CUT : STEP_BROKEN;
        return CX_SUCCESS;
    }
    return take_octets(d, n, ret, ret_step, detail);
}

/* What kind of control frame it is; of a START only if its content is ours. */
static bool
control_type(cx_span octets, fstrm_control_type *ret)
{
    struct fstrm_control *control = fstrm_control_init();
    bool good = fstrm_control_decode(control, octets.p, octets.n, 0) == fstrm_res_success &&
                fstrm_control_get_type(control, ret) == fstrm_res_success;

    if (good && *ret == FSTRM_CONTROL_START) {
        good =
            fstrm_control_match_field_content_type(control, (const uint8_t *)CONTENT_TYPE,
                                                   sizeof(CONTENT_TYPE) - 1) == fstrm_res_success;
    }
    fstrm_control_destroy(&control);
    return good;
}

/* What was agreed upon over a socket comes before START, if it was written down too. */
static cx_status
start(struct dnstap *d, struct cx_detail *detail)
{
    fstrm_control_type type = FSTRM_CONTROL_READY;

    while (type == FSTRM_CONTROL_READY || type == FSTRM_CONTROL_ACCEPT) {
        cx_span octets = { NULL, 0 };
        enum step step;

        CX_TRY(next_frame(d, &octets, &step, detail));
        if (step != STEP_CONTROL || !control_type(octets, &type)) {
            type = FSTRM_CONTROL_STOP;
        }
    }
    return type == FSTRM_CONTROL_START
               ? CX_SUCCESS
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

/* Of one server of many a failure, a referral, the begin of a chain: no answer yet. Truncated: asked again by TCP. */
static bool
stands_for_itself(const struct frame *f, const struct cx_answer *answer)
{
    if (f->dns.tc && f->m->socket_protocol == PROTOCOL_UDP) {
        return false;
    }
    return f->m->type != RESOLVER_RESPONSE ||
           (f->dns.aa && answer->n_aliases == 0 && !cx_outcome_is_failure(answer->outcome));
}

static cx_status
take_response(struct dnstap *d, const struct frame *f, struct cx_observation *o,
              struct cx_detail *detail)
{
    struct cx_question question = { o->name, CX_TYPE_CAA };
    struct cx_answer answer;

    CX_TRY(cx_answer_from_message(f->octets, &question, &d->excerpt.arena, &answer));
    if (!stands_for_itself(f, &answer)) {
        d->excerpt.n = 0;
        return CX_SUCCESS;
    }
    CX_TRY(take_response_time(d, f, o, detail));
    o->grade = CX_GRADE_B;
    o->outcome = answer.outcome;
    /* What the CA's own resolver said of it; the servers of a zone cannot know. */
    o->dnssec =
        f->m->type == CLIENT_RESPONSE && f->dns.ad ? CX_DNSSEC_SECURE : CX_DNSSEC_INDETERMINATE;
    /* Others are what a resolver was told, and may validate then; with CD it passes on what it did not look at. */
    o->unvalidated = f->m->type != CLIENT_RESPONSE || f->dns.cd;
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
    CX_TRY(cx_excerpt_add(&d->excerpt, &o, detail));
    o->observed = CX_OBSERVED_ANSWER;
    o->precision_ms = 1;
    CX_TRY(cx_arena_copy(&d->excerpt.arena, cx_name_span(&f.dns.qname), &o->name));
    CX_TRY(cx_arena_copy(&d->excerpt.arena, span_of(&frame->identity), &identity));
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
    status = cx_arena_hold(&d->excerpt.arena, free_frame, frame);
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
    cx_free(d->asked);
    cx_excerpt_done(&d->excerpt);
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
    CX_TRY(cx_excerpt_init(&d->excerpt, options, detail));
    d->asked = cx_alloc(CX_DNSTAP_ASKED, sizeof(*d->asked));
    if (d->asked == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(start(d, detail));
    *ret = CX_STEAL(d);
    return CX_SUCCESS;
}

/* The next data frame; STOP and the end of what can be read are no frame. */
static cx_status
next_data(struct dnstap *d, cx_span *ret, enum step *ret_step, struct cx_detail *detail)
{
    fstrm_control_type type = FSTRM_CONTROL_STOP;
    cx_span behind = { NULL, 0 };

    do {
        CX_TRY(next_frame(d, ret, ret_step, detail));
        if (*ret_step == STEP_CONTROL && !control_type(*ret, &type)) {
            *ret_step = STEP_BROKEN;
        }
    } while (*ret_step == STEP_CONTROL && type != FSTRM_CONTROL_STOP);
    d->ended = *ret_step != STEP_FRAME;
    if (*ret_step == STEP_CONTROL) {
        CX_TRY(cx_input_peek(d->input, 1, &behind, detail));
        *ret_step = behind.n != 0 ? STEP_BEHIND : STEP_CONTROL;
    }
    return CX_SUCCESS;
}

static cx_status
next(void *self, struct cx_archive_record *ret, bool *ret_more, struct cx_detail *detail)
{
    struct dnstap *d = self;
    struct cx_detail why = { .text = "" };
    enum step step = STEP_CONTROL;
    cx_span octets = { NULL, 0 };
    cx_status status = CX_SUCCESS;

    cx_excerpt_begin(&d->excerpt);
    ret->line = cx_input_offset(d->input);
    if (!d->ended) {
        CX_TRY(next_data(d, &octets, &step, detail));
    }
    *ret_more = step != STEP_CONTROL;
    if (step == STEP_CONTROL) {
        return CX_SUCCESS;
    }
    if (step == STEP_FRAME) {
        status = read_frame(d, octets, &why);
    } else {
        status = cx_fail(
            &why, CX_E_ARCHIVE,
            step == STEP_CUT      ? "the file was cut: no STOP, what came behind is not in it"
            : step == STEP_BEHIND ? "something is behind STOP, and was not read: one stream a "
                                    "file is needed"
                                  : "the stream is broken: what comes behind cannot be "
                                    "read");
    }
    ret->text = octets;
    if (!cx_ok(cx_excerpt_end(&d->excerpt, status, &why, ret))) {
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

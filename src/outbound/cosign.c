#include "outbound/cosign.h"

#include "base/limits.h"
#include "outbound/http.h"

/* One exchange with one witness. */
struct exchange {
    const struct cx_cosign_options *options;
    const struct cx_cosign_source *source;
    struct cx_http *http;
    struct cx_buf body;
    struct cx_witness_request request;
    struct cx_cosigned *ret;
    struct cx_detail *detail;
};

static cx_status
refused(const struct exchange *e, const char *what, long status)
{
    return cx_fail(e->detail, CX_E_PEER, "witness %s: %s (HTTP status %ld)", e->options->key->name,
                   what, status);
}

static cx_status
forked(const struct exchange *e, const char *what, long status)
{
    e->ret->is_fork = true;
    return refused(e, what, status);
}

static cx_status
ask(struct exchange *e, uint64_t old_size, struct cx_http_reply *reply)
{
    CX_TRY(e->source->request(e->source->ctx, old_size, &e->request, &e->ret->size, e->detail));
    if (old_size > e->ret->size) {
        return forked(e, "it has seen a larger tree of this log: a fork, or a newer store",
                      CX_WITNESS_OTHER_SIZE);
    }
    cx_buf_clear(&e->body);
    cx_witness_request_write(&e->request, &e->body);
    CX_TRY(cx_buf_status(&e->body));
    cx_http_post(e->http, cx_buf_str(&e->body), reply);
    return reply->error[0] == '\0' ? CX_SUCCESS
                                   : cx_fail(e->detail, CX_E_PEER, "witness %s: %s",
                                             e->options->key->name, reply->error);
}

/* A note of our text with its lines alone: nothing but the witness's key counts. */
static cx_status
verify(const struct exchange *e, cx_str lines)
{
    struct cx_note_signer signer;
    struct cx_signed_note note;
    struct cx_arena arena;
    struct cx_buf buf;
    size_t n = 0;
    cx_status s;

    cx_arena_init(&arena, (size_t)1 << 20);
    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    cx_buf_put(&buf, cx_str_of_span(e->request.checkpoint));
    cx_buf_put(&buf, lines);
    s = cx_buf_status(&buf);
    if (cx_ok(s)) {
        s = cx_note_parse(cx_span_of_str(cx_buf_str(&buf)), &arena, &note, e->detail);
    }
    if (cx_ok(s)) {
        s = cx_note_verify(&note, e->options->key, 1, &signer, &n, e->detail);
    }
    cx_buf_done(&buf);
    cx_arena_done(&arena);
    return s;
}

static cx_status
take_lines(struct exchange *e, const struct cx_http_reply *reply, struct cx_buf *lines)
{
    cx_status s = verify(e, reply->body);

    if (s.code == CX_E_NOMEM) {
        return s;
    }
    if (!cx_ok(s)) {
        return refused(e, "a good cosignature is not in its answer", reply->status);
    }
    cx_buf_clear(lines);
    cx_buf_put(lines, reply->body);
    e->ret->lines = cx_buf_str(lines);
    e->ret->checkpoint = cx_str_of_span(e->request.checkpoint);
    return cx_buf_status(lines);
}

/* A witness says with 409 how far it is; then it is asked once more from there. */
static cx_status
exchange(struct exchange *e, struct cx_buf *lines)
{
    struct cx_http_reply reply;
    uint64_t size;

    CX_TRY(ask(e, e->options->old_size, &reply));
    if (reply.status == CX_WITNESS_OTHER_SIZE) {
        if (!cx_ok(cx_witness_size_parse(cx_span_of_str(reply.body), &size))) {
            return refused(e, "its size cannot be read", reply.status);
        }
        CX_TRY(ask(e, size, &reply));
    }
    switch (reply.status) {
    case CX_WITNESS_COSIGNS:
        return take_lines(e, &reply, lines);
    case CX_WITNESS_OTHER_SIZE: /* of v1.0.0: same size, other root */
    case CX_WITNESS_UNPROVED:
        return forked(e, "it knows another log of this origin: find out which is forged",
                      reply.status);
    case CX_WITNESS_UNSIGNED:
        return refused(e, "it does not trust the log's key", reply.status);
    case CX_WITNESS_UNKNOWN:
        return refused(e, "it does not know the log", reply.status);
    default:
        return refused(e, "it did not answer as agreed", reply.status);
    }
}

cx_status
cx_cosign(const struct cx_cosign_options *options, const struct cx_cosign_source *source,
          struct cx_buf *lines, struct cx_cosigned *ret, struct cx_detail *detail)
{
    const struct cx_http_options how = { .content_type = "text/plain",
                                         .timeout_ms = options->timeout_ms,
                                         .reply_max = CX_NOTE_OCTETS_MAX,
                                         .look_up = options->look_up };
    CX_AUTO(cx_buf_done) struct cx_buf url;
    struct exchange e = { .options = options, .source = source, .ret = ret, .detail = detail };
    size_t n = strlen(options->url);
    cx_status s;

    *ret = (struct cx_cosigned){ .is_fork = false };
    cx_buf_init(&url, 4096);
    cx_buf_printf(&url, "%s%sadd-checkpoint", options->url,
                  n != 0 && options->url[n - 1] == '/' ? "" : "/");
    cx_buf_putc(&url, '\0');
    CX_TRY(cx_buf_status(&url));
    CX_TRY(cx_http_open(options->what, url.p, &how, &e.http, detail));
    cx_buf_init(&e.body, CX_WITNESS_OCTETS_MAX);
    s = exchange(&e, lines);
    cx_buf_done(&e.body);
    cx_http_close(e.http);
    return s;
}

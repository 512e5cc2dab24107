/* The front's life: what the parent gives, its event loop, its end. */
#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/front.h"
#include "bin/caaproofd/roles.h"
#include "bin/caaproofd/sandbox.h"
#include "resolve/cache.h"
#include "resolve/workers.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a reply may wait for its client, and a stream for it. */
#define REPLY_MS 60000
/* How long the front waits for the parent to give it a recorder before it asks. */
#define WANT_MS       50
#define UNSENT_OCTETS ((size_t)1 << 20)

/* ---- the recorder */

static void
on_recorder_ended(void *ctx, cx_status why)
{
    struct front *f = ctx;

    member_log(&f->member, CONFIG_LEVEL_WARNING, "the recorder is gone (%s); another is wanted",
               cx_status_text(why));
    link_free(CX_STEAL(f->recorder));
    f->has_lost = true;
    event_active(f->lost, 0,
                 0); /* whoever waits is told from the loop: here anybody may be at work */
}

/* Only then may another be spoken to: the numbers of checks are free again. */
static void
tell_lost(struct front *f)
{
    if (f->has_lost) {
        f->has_lost = false;
        cx_answer_sender_forget(f->sender);
        front_recorder_lost(f);
    }
}

/* The parent gives the stream of a recorder that it starts; one that only broke is asked for, but not before a recorder that is
 * ending has ended. */
static void
on_lost(evutil_socket_t fd, short what, void *ctx)
{
    static const struct timeval soon = { 0, WANT_MS * 1000 };
    struct front *f = ctx;

    (void)fd, (void)what;
    tell_lost(f);
    (void)event_add(f->want, &soon);
}

static void
on_want(evutil_socket_t fd, short what, void *ctx)
{
    struct front *f = ctx;

    (void)fd, (void)what;
    if (f->recorder == NULL) {
        member_say(&f->member, CONTROL_WANT, control_number(ROLE_RECORDER, 0), "");
    }
}

/* All that was read from a link, or came in one turn of the loop, goes out at once. */
static void
on_pause(void *ctx)
{
    struct front *f = ctx;

    if (f->recorder != NULL) {
        link_send(f->recorder);
    }
}

static void
on_sending(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    on_pause(ctx);
}

void
front_send(struct front *f)
{
    event_active(f->sending, 0, 0);
}

static void
take_recorder(struct front *f, int fd)
{
    const struct link_calls calls = { front_frame, on_pause, on_recorder_ended, f };

    if (f->recorder !=
        NULL) { /* the parent gives both ends: the recorder has left the old one, too */
        on_recorder_ended(f, CX_SUCCESS);
    }
    tell_lost(f);
    if (!cx_ok(link_open(fd, f->base, &calls, &f->recorder))) {
        member_log(&f->member, CONFIG_LEVEL_ERR, "the recorder cannot be spoken to");
    }
}

/* ---- resolvers: the parent starts them */

static cx_status
start_resolver(void *ctx, unsigned i, int *ret_fd, struct cx_detail *detail)
{
    struct front *f = ctx;

    (void)detail;
    *ret_fd = member_take_fd(&f->member, ROLE_RESOLVER, i);
    if (*ret_fd < 0) {
        member_say(&f->member, CONTROL_WANT, control_number(ROLE_RESOLVER, i), "");
    }
    return CX_SUCCESS;
}

static void
lost_resolver(void *ctx, unsigned i, enum cx_worker_loss why)
{
    struct front *f = ctx;

    member_log(&f->member, CONFIG_LEVEL_WARNING, "resolver %u is gone (%s)", i,
               why == CX_WORKER_SILENT  ? "silent"
               : why == CX_WORKER_WRONG ? "not understood"
                                        : "ended");
}

static void
on_alarm(void *ctx, const char *text)
{
    struct front *f = ctx;

    member_log(&f->member, CONFIG_LEVEL_WARNING, "trust anchors: %s", text);
}

static cx_status
open_resolvers(struct front *f, struct cx_detail *detail)
{
    const struct config_resolver *c = f->member.config->resolver;
    const struct cx_workers_setup setup = {
        .n = member_resolvers(f->member.config),
        .host = { .start = start_resolver, .lost = lost_resolver, .ctx = f },
        .deadline_ms = (unsigned)c->question_time_ms,
        .alarm = on_alarm,
        .alarm_ctx = f,
    };
    const struct cx_cache_options cache = { .ceiling_s = (uint32_t)c->cache_ttl_s };

    CX_TRY(cx_workers_open(&setup, &f->resolvers, detail));
    f->workers = f->resolvers;
    CX_TRY(cx_workers_attach(&f->workers, f->base));
    return cx_cache_open(&cache, &f->resolvers, &f->cache, detail);
}

/* ---- the parent */

void
front_end_if_idle(struct front *f)
{
    if (f->is_idle && f->n_free_inquiries + f->own == f->places) { /* nobody waits for our own */
        f->is_idle = false;                                        /* once */
        member_say(&f->member, CONTROL_DRAINED, 0, "");
        (void)event_base_loopexit(f->base, NULL);
    }
}

static void
on_idle(void *ctx)
{
    struct front *f = ctx;

    f->is_idle = true;
    front_end_if_idle(f);
}

static void
drain(struct front *f)
{
    if (!f->is_draining) {
        f->is_draining = true;
        http_server_drain(f->server, on_idle, f);
    }
}

static void
take_message(struct front *f, const struct control_message *message)
{
    unsigned kind = message->number >> 16, place = message->number & 0xffff;

    if (message->kind == CONTROL_PEER && message->fd >= 0 && kind == ROLE_RECORDER) {
        take_recorder(f, message->fd);
    } else if (message->kind == CONTROL_PEER && message->fd >= 0 && kind == ROLE_RESOLVER) {
        if (!cx_ok(cx_workers_give(&f->workers, place, message->fd))) {
            member_log(&f->member, CONFIG_LEVEL_ERR, "resolver %u cannot be spoken to", place);
        }
    } else if (message->kind == CONTROL_DRAIN) {
        drain(f);
    } else if (message->fd >= 0) {
        (void)close(message->fd);
    }
}

static void
on_control(evutil_socket_t fd, short what, void *ctx)
{
    struct front *f = ctx;
    struct control_message message;
    struct control_in in;
    cx_status s = control_receive(fd, &in, &message);

    (void)what;
    if (cx_ok(s)) {
        take_message(f, &message);
    } else if (s.code != CX_E_LIMIT) { /* the parent has ended */
        (void)event_base_loopbreak(f->base);
    }
}

/* ---- the beginning */

static cx_status
open_tls(struct front *f, size_t i, struct cx_detail *detail)
{
    const struct tls_config config = {
        .chain_pem = member_file(&f->member, SECRET_CERTIFICATE, (unsigned)i),
        .key_pem = member_file(&f->member, SECRET_KEY, (unsigned)i),
        .client_ca_pem = member_file(&f->member, SECRET_CLIENT_CA, (unsigned)i),
    };

    return f->member.config->listen[i].tls == NULL ? CX_SUCCESS
                                                   : tls_context_new(&config, &f->tls[i], detail);
}

static cx_status
listen_all(struct front *f, struct cx_detail *detail)
{
    for (size_t i = 0; i < f->member.config->n_listen; i++) {
        int fd = member_take_fd(&f->member, 0, (unsigned)i);

        if (fd < 0) {
            return cx_fail(detail, CX_E_FRAME, "a listening socket was not given");
        }
        CX_TRY(http_server_listen(f->server, fd, f->tls[i], detail));
    }
    return CX_SUCCESS;
}

static cx_status
open_server(struct front *f, struct cx_detail *detail)
{
    const struct config_limits *l = f->member.config->limits;
    const struct http_config http = {
        .base = f->base,
        .limits = {
            .connections_max = l->connections,
            .connections_per_address_max = l->connections_per_address,
            .head_octets_max = l->header,
            .body_octets_max = l->body,
            .unsent_octets_max = UNSENT_OCTETS,
            .request_ms = (unsigned)l->request_time_ms,
            .idle_ms = (unsigned)l->idle_time_ms,
            .reply_ms = REPLY_MS,
        },
        .handler = front_handle,
        .ctx = f,
    };

    f->tls = cx_alloc(f->member.config->n_listen, sizeof(struct tls_context *));
    if (f->tls == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < f->member.config->n_listen; i++) {
        CX_TRY(open_tls(f, i, detail));
    }
    member_wipe_files(&f->member, true);
    return http_server_new(&http, &f->server, detail);
}

static cx_status
open_events(struct front *f)
{
    f->base = event_base_new();
    if (f->base == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    f->control = event_new(f->base, f->member.control, EV_READ | EV_PERSIST, on_control, f);
    f->lost = event_new(f->base, -1, 0, on_lost, f);
    f->want = event_new(f->base, -1, 0, on_want, f);
    f->sending = event_new(f->base, -1, 0, on_sending, f);
    f->sender = cx_answer_sender_new();
    return f->control != NULL && f->lost != NULL && f->want != NULL && f->sending != NULL &&
                   f->sender != NULL && event_add(f->control, NULL) == 0
               ? CX_SUCCESS
               : (cx_status){ CX_E_NOMEM };
}

/* Nothing is accepted before the sandbox is entered. */
static cx_status
begin(struct front *f, struct cx_detail *detail)
{
    struct sandbox_options sandbox = {
        .files = (unsigned)(f->member.config->limits->connections + MEMBER_FILES),
    };
    int fd;

    CX_TRY(open_events(f));
    CX_TRY(front_checks_init(f));
    CX_TRY(front_tiles_init(f));
    CX_TRY(open_server(f, detail));
    CX_TRY(open_resolvers(f, detail));
    CX_TRY(front_canaries_init(f));
    CX_TRY(member_enter_sandbox(&f->member, &sandbox, detail));
    fd = member_take_fd(&f->member, ROLE_RECORDER, 0);
    if (fd >= 0) {
        take_recorder(f, fd);
    }
    return listen_all(f, detail);
}

static void
end(struct front *f)
{
    if (f->server != NULL) {
        http_server_free(f->server);
    }
    cx_source_close(&f->cache);
    link_free(f->recorder);
    front_canaries_done(f);
    front_checks_done(f);
    front_tiles_done(f);
    cx_answer_sender_free(f->sender);
    cx_json_free(f->status);
    for (size_t i = 0; f->tls != NULL && i < f->member.config->n_listen; i++) {
        tls_context_free(f->tls[i]);
    }
    cx_free(f->tls);
    if (f->control != NULL) {
        event_free(f->control);
    }
    if (f->lost != NULL) {
        event_free(f->lost);
    }
    if (f->want != NULL) {
        event_free(f->want);
    }
    if (f->sending != NULL) {
        event_free(f->sending);
    }
    if (f->base != NULL) {
        event_base_free(f->base);
    }
    member_end(&f->member);
}

int
run_front(void)
{
    struct front f = { .exit = EXIT_SUCCESS };
    struct cx_detail detail = { .text = "" };
    cx_status s;

    (void)signal(SIGPIPE, SIG_IGN);
    s = member_begin(ROLE_FRONT, 0, &f.member, &detail);
    s = cx_ok(s) ? begin(&f, &detail) : s;
    if (cx_ok(s)) {
        member_say(&f.member, CONTROL_UP, 0, "");
        (void)event_base_dispatch(f.base);
    } else {
        member_log(&f.member, CONFIG_LEVEL_ERR, "the front cannot begin: %s", detail.text);
        f.exit = EXIT_FAILURE;
    }
    end(&f);
    return f.exit;
}

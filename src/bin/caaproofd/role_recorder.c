/* The recorder: the ledger on an event loop, with front and courier at the other ends of links. */
#include "base/limits.h"
#include "bin/caaproofd/attest.h"
#include "bin/caaproofd/ledger.h"
#include "bin/caaproofd/link.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/published.h"
#include "bin/caaproofd/roles.h"
#include "bin/caaproofd/sandbox.h"
#include "resolve/anchor.h"
#include "resolve/answer_receiver.h"
#include "resolve/frame.h"
#include "resolve/library.h"
#include "resolve/live.h"

#include <event2/event.h>

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct recorder {
    struct member member;
    struct cx_arena arena; /* of what options point to */
    struct ledger_options options;
    struct ledger *ledger;
    struct published *published;
    struct event_base *base;
    struct event *control;
    struct event *later; /* starts that wait for an entry */
    struct event *ticker;
    struct link *front; /* NULL: there is none now */
    struct cx_answer_receiver *receiver;
    size_t stop_told; /* octets of why it is stopped that the log was told; 0: it is not */
    struct attest *attest;
    struct link *courier; /* NULL: there is none now */
    int exit;
};

/* ---- the end */

static void
stop(struct recorder *r, const char *why, const struct cx_detail *detail)
{
    if (r->exit != EXIT_SUCCESS) { /* it is ending for another cause already */
        return;
    }
    member_log(&r->member, CONFIG_LEVEL_ERR, "%s: %s", why,
               detail->text[0] != '\0' ? detail->text : "no more is known");
    r->exit = EXIT_FAILURE;
    (void)event_base_loopbreak(r->base);
}

/* ---- turns */

static void
tell_status(struct recorder *r)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_OP_MAX };
    struct cx_json *status = ledger_status(r->ledger);

    status = cx_json_whole(
        status, cx_json_set(status, "outsiders", attest_status(r->attest, ledger_log(r->ledger))));

    if (r->front != NULL && cx_ok(cx_json_write(status, &text))) {
        op_put_status(link_out(r->front), cx_buf_str(&text));
    }
    cx_json_free(status);
}

/* Once for each change, when it is durable. */
static void
tell_stop(struct recorder *r)
{
    const char *why;
    bool is = ledger_stopped(r->ledger, &why);

    if (is && strlen(why) > r->stop_told) {
        member_log(&r->member, CONFIG_LEVEL_ERR,
                   "nothing is permitted until a person acknowledges: %s", why);
    } else if (!is && r->stop_told != 0) {
        member_log(&r->member, CONFIG_LEVEL_NOTICE, "permits are given again; acknowledged by %s",
                   why);
    }
    r->stop_told = is ? strlen(why) : 0;
}

/* What came is made durable; then its replies go out. */
static void
turn(struct recorder *r)
{
    static const struct timeval soon = { 0, CX_START_WAIT_MS * 1000 };
    CX_AUTO(cx_buf_done) struct cx_buf nobody = { .max = CX_OP_MAX };
    struct cx_detail detail = { .text = "" };
    bool more = false;
    cx_status s =
        ledger_turn(r->ledger, r->front != NULL ? link_out(r->front) : &nobody, &more, &detail);

    if (!cx_ok(s)) {
        stop(r, "the log failed", &detail);
        return;
    }
    tell_stop(r);
    if (more) {
        (void)event_add(r->later, &soon);
    }
}

static void
on_later(evutil_socket_t fd, short what, void *ctx)
{
    struct recorder *r = ctx;

    (void)fd, (void)what;
    turn(r);
    if (r->front != NULL) {
        link_send(r->front);
    }
}

static void
on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct recorder *r = ctx;

    (void)fd, (void)what;
    if (r->front != NULL) {
        tell_status(r);
        link_send(r->front);
    }
}

/* ---- frames of front */

static cx_status
take_given(struct recorder *r, cx_span body)
{
    const struct cx_answer *answer = NULL;
    struct cx_arena *arena;
    uint32_t seq;

    CX_TRY(cx_frame_get_id(body, &seq));
    arena = ledger_arena(r->ledger, seq);
    if (arena == NULL) {
        return (cx_status){ CX_E_FRAME };
    }
    CX_TRY(cx_answer_receiver_given(r->receiver, body, arena, &answer));
    return ledger_answer(r->ledger, seq, answer);
}

/* That it cannot be read now is no failure of the log, which is written by another way. */
static cx_status
take_tile(struct recorder *r, cx_span body)
{
    CX_AUTO(cx_buf_done) struct cx_buf octets = { .max = CX_NOTE_OCTETS_MAX };
    struct cx_detail detail = { .text = "" };
    bool found = false;
    struct op_tile op;
    cx_status s;

    CX_TRY(op_get_tile(body, &op));
    s = published_get(r->published, &op, cx_time_now_ms(), &octets, &found, &detail);
    if (!cx_ok(s)) {
        member_log(&r->member, CONFIG_LEVEL_WARNING, "the public log cannot be read: %s",
                   detail.text);
        cx_buf_clear(&octets);
    }
    op_put_octets(link_out(r->front), &(struct op_octets){ .seq = op.seq,
                                                           .status = !cx_ok(s) ? 503
                                                                     : found   ? 200
                                                                               : 404,
                                                           .octets = cx_buf_str(&octets) });
    return CX_SUCCESS;
}

static cx_status
take_op(struct recorder *r, const struct op_frame *frame, struct cx_detail *detail)
{
    struct cx_buf *out = link_out(r->front);
    struct op_start start;
    struct op_finish finish;
    struct op_ask ask;
    uint32_t seq;

    switch (frame->kind) {
    case OP_START:
        CX_TRY(op_get_start(frame->body, &start));
        return ledger_start(r->ledger, &start, out, detail);
    case OP_FINISH:
        CX_TRY(op_get_finish(frame->body, &finish));
        return ledger_finish(r->ledger, &finish, out, detail);
    case OP_ABANDON:
        CX_TRY(op_get_seq(frame->body, &seq));
        return ledger_abandon(r->ledger, seq, out, detail);
    case OP_TILE:
        return take_tile(r, frame->body);
    default:
        CX_TRY(op_get_ask(frame->body, &ask));
        return ledger_ask(r->ledger, (enum op)frame->kind, &ask, out, detail);
    }
}

static cx_status
on_frame(void *ctx, const struct op_frame *frame)
{
    struct recorder *r = ctx;
    struct cx_detail detail = { .text = "" };
    cx_status s;

    if (frame->kind == CX_FRAME_MATERIAL) {
        return cx_answer_receiver_material(r->receiver, frame->body);
    }
    if (frame->kind == CX_FRAME_GIVEN) {
        return take_given(r, frame->body);
    }
    if (frame->kind < OP_FIRST || frame->kind >= OP_STARTED) {
        return (cx_status){ CX_E_FRAME };
    }
    s = take_op(r, frame, &detail);
    if (!cx_ok(s) && cx_status_class(s) != CX_CLASS_MALFORMED) {
        stop(r, "the log failed", &detail);
    } else if (!cx_ok(s)) {
        member_log(&r->member, CONFIG_LEVEL_ERR, "front is let go: %s", detail.text);
    }
    return s;
}

static void
send_to_front(struct recorder *r)
{
    if (r->front != NULL) {
        link_send(r->front);
    }
}

/* What need not wait for the disk goes out before it is waited for. */
static void
on_pause(void *ctx)
{
    struct recorder *r = ctx;

    send_to_front(r);
    turn(r);
    send_to_front(r);
}

static void
on_front_ended(void *ctx, cx_status why)
{
    struct recorder *r = ctx;
    struct cx_detail detail = { .text = "" };

    (void)why;
    link_free(CX_STEAL(r->front));
    cx_answer_receiver_forget(r->receiver);
    if (!cx_ok(ledger_front_lost(r->ledger, &detail))) {
        stop(r, "the log failed", &detail);
        return;
    }
    turn(r);
}

/* ---- the courier */

static cx_status
on_courier_frame(void *ctx, const struct op_frame *frame)
{
    struct recorder *r = ctx;
    struct cx_detail detail = { .text = "" };
    cx_status s =
        attest_frame(r->attest, ledger_log(r->ledger), frame, link_out(r->courier), &detail);

    if (cx_status_class(s) == CX_CLASS_STORE || cx_status_class(s) == CX_CLASS_IO) {
        stop(r, "the log failed", &detail);
    } else if (!cx_ok(s)) {
        member_log(&r->member, CONFIG_LEVEL_ERR, "the courier is let go: %s", cx_status_text(s));
    }
    return s;
}

static void
on_courier_pause(void *ctx)
{
    struct recorder *r = ctx;

    link_send(r->courier);
}

/* It ends by that, and the parent starts another. */
static void
on_courier_ended(void *ctx, cx_status why)
{
    struct recorder *r = ctx;

    (void)why;
    link_free(CX_STEAL(r->courier));
}

static void
take_courier(struct recorder *r, int fd)
{
    const struct link_calls calls = { on_courier_frame, on_courier_pause, on_courier_ended, r };

    link_free(CX_STEAL(r->courier)); /* the parent knows that it has ended */
    if (!cx_ok(link_open(fd, r->base, &calls, &r->courier))) {
        member_log(&r->member, CONFIG_LEVEL_ERR, "the courier cannot be heard");
    }
}

static cx_span
roots_of(void *ctx, unsigned place)
{
    struct recorder *r = ctx;

    return member_file(&r->member, SECRET_TSA_ROOTS, place);
}

static void
tell_of_outsiders(void *ctx, enum config_level level, const char *text)
{
    struct recorder *r = ctx;

    member_log(&r->member, level, "%s", text);
}

static cx_status
open_attest(struct recorder *r, struct cx_detail *detail)
{
    const struct config *c = r->member.config;
    const struct attest_options options = {
        .store = r->options.store,
        .witnesses = c->witnesses,
        .n_witnesses = c->n_witnesses,
        .timestamps = c->timestamps,
        .n_timestamps = c->n_timestamps,
        .roots = roots_of,
        .tell = tell_of_outsiders,
        .ctx = r,
    };

    return attest_new(&options, &r->attest, detail);
}

/* ---- the parent */

static void
take_front(struct recorder *r, int fd)
{
    const struct link_calls calls = { on_frame, on_pause, on_front_ended, r };

    if (r->front != NULL) { /* the parent knows that it has ended */
        on_front_ended(r, CX_SUCCESS);
    }
    if (!cx_ok(link_open(fd, r->base, &calls, &r->front))) {
        member_log(&r->member, CONFIG_LEVEL_ERR, "front cannot be heard");
        return;
    }
    tell_status(r);
    link_send(r->front);
}

static void
on_control(evutil_socket_t fd, short what, void *ctx)
{
    struct recorder *r = ctx;
    struct control_message message;
    struct control_in in;
    cx_status s = control_receive(fd, &in, &message);

    (void)what;
    if (s.code == CX_E_LIMIT) {
        return;
    }
    if (!cx_ok(s)) { /* the parent has ended, and so do we: all that was answered is durable */
        (void)event_base_loopbreak(r->base);
        return;
    }
    if (message.kind == CONTROL_PEER && message.fd >= 0 && message.number >> 16 == ROLE_COURIER) {
        take_courier(r, message.fd);
    } else if (message.kind == CONTROL_PEER && message.fd >= 0) {
        take_front(r, message.fd);
    } else if (message.fd >= 0) {
        (void)close(message.fd);
    }
}

/* ---- the beginning */

static cx_status
list_anchors(struct recorder *r, const struct config *config, struct cx_detail *detail)
{
    struct cx_recorder_options *o = &r->options.recorder;
    struct cx_anchors anchors = { .n = 0 };
    cx_str *texts;
    size_t n = 0;
    cx_status s = cx_anchors_read(
        config->resolver->anchor.n != 0 ? config->resolver->anchor.p : NULL, &anchors, detail);

    CX_TRY(s);
    texts = cx_arena_get(&r->arena, anchors.n + 1, sizeof(*texts));
    s = texts == NULL ? (cx_status){ CX_E_NOMEM } : CX_SUCCESS;
    for (size_t i = 0; cx_ok(s) && i < anchors.n; i++) {
        if (cx_anchor_holds(&anchors.all[i], cx_time_now())) {
            s = cx_arena_text(&r->arena, cx_str_of(anchors.all[i].record), &texts[n++]);
        }
    }
    cx_anchors_done(&anchors);
    o->anchors = texts;
    o->n_anchors = n;
    return s;
}

static cx_status
describe_resolver(struct recorder *r, const struct config_resolver *c)
{
    CX_AUTO(cx_buf_done) struct cx_buf buf = { .max = 4096 };

    cx_buf_printf(&buf, "libunbound %s, linked with %s; %s%s; tap %s; proof %s; retry %s",
                  cx_live_version(), cx_library_crypto_text(cx_library_crypto()),
                  c->forward.n != 0 ? "behind " : "from the root",
                  c->forward.n != 0 ? c->forward.p : "", c->tap ? "on" : "off",
                  c->proof ? "on" : "off", c->retry ? "on" : "off");
    CX_TRY(cx_buf_status(&buf));
    return cx_arena_text(&r->arena, cx_buf_str(&buf), &r->options.recorder.resolver);
}

static cx_status
list_authorities(struct recorder *r, const struct config *config)
{
    struct ledger_authority *list =
        cx_arena_get(&r->arena, config->n_authorities + 1, sizeof(*list));

    if (list == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < config->n_authorities; i++) {
        const struct config_authority *a = &config->authorities[i];

        list[i] = (struct ledger_authority){
            .name = a->name.p,
            .key = *a->key,
            .defaults = a->request,
            .is_shadow = a->mode != CONFIG_MODE_ENFORCE,
            .needs_claim = a->claim == CONFIG_CLAIM_REQUIRED,
            .life_s = (uint32_t)(a->permit_life_s != CONFIG_NONE ? a->permit_life_s
                                                                 : config->permit_life_s),
        };
    }
    r->options.authorities = list;
    r->options.n_authorities = config->n_authorities;
    return CX_SUCCESS;
}

static cx_status
own_check(void *ctx, size_t authority, cx_time now, struct cx_detail *detail)
{
    const struct recorder *r = ctx;

    return config_own_check(&r->member.config->authorities[authority], now, detail);
}

static cx_status
fill_options(struct recorder *r, struct cx_detail *detail)
{
    const struct config *config = r->member.config;

    r->options.store = config->store.p;
    r->options.keys = config->keys.n != 0 ? config->keys.p : NULL;
    r->options.starts_max = config->limits->in_flight;
    r->options.canary = CX_STR(CONFIG_CANARY);
    r->options.own_check = own_check;
    r->options.own_ctx = r;
    r->options.deadline_max_ms = config->deadline->max_ms;
    r->options.recorder.software = CX_STR(SOFTWARE);
    r->options.recorder.live = true;
    r->options.recorder.messages = config->keep;
    CX_TRY(list_anchors(r, config, detail));
    CX_TRY(describe_resolver(r, config->resolver));
    return list_authorities(r, config);
}

static void
tell_opened(struct recorder *r, const struct cx_log_opened *opened)
{
    if (opened->behind_anchor) {
        member_log(&r->member, CONFIG_LEVEL_WARNING,
                   "the store is older than its anchor, which has %llu entries: its log is closed, "
                   "and shard %llu was begun; find out who set it back",
                   (unsigned long long)opened->anchor_size, (unsigned long long)opened->shard);
    }
    if (opened->uncertain != 0) {
        member_log(&r->member, CONFIG_LEVEL_WARNING,
                   "%llu entries were written before a crash and not signed for; they are kept",
                   (unsigned long long)opened->uncertain);
    }
}

static cx_status
open_events(struct recorder *r)
{
    static const struct timeval second = { 1, 0 };

    r->base = event_base_new();
    if (r->base == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    r->control = event_new(r->base, r->member.control, EV_READ | EV_PERSIST, on_control, r);
    r->later = event_new(r->base, -1, 0, on_later, r);
    r->ticker = event_new(r->base, -1, EV_PERSIST, on_tick, r);
    r->receiver = cx_answer_receiver_new();
    return r->control != NULL && r->later != NULL && r->ticker != NULL && r->receiver != NULL &&
                   event_add(r->control, NULL) == 0 && event_add(r->ticker, &second) == 0
               ? CX_SUCCESS
               : (cx_status){ CX_E_NOMEM };
}

/* A first start makes it. */
static cx_status
make_store(const struct config *c, struct cx_detail *detail)
{
    const struct cx_log_options options = { .keys = c->keys.n != 0 ? c->keys.p : NULL };
    CX_AUTO(cx_buf_done) struct cx_buf origin = { .max = 300 };
    char host[HOST_NAME_MAX + 1] = "localhost";

    if (access(c->store.p, F_OK) == 0) {
        return CX_SUCCESS;
    }
    (void)gethostname(host, sizeof(host) - 1);
    if (c->origin.n != 0) {
        cx_buf_put(&origin, c->origin);
    } else {
        cx_buf_printf(&origin, "%s/caaproof", host);
    }
    CX_TRY(cx_buf_status(&origin));
    return cx_log_create(c->store.p, cx_buf_str(&origin), &options, detail);
}

/* The store must be there before the sandbox: its folder is what is let through. */
static cx_status
begin(struct recorder *r, struct cx_detail *detail)
{
    struct cx_log_opened opened = { .shard = 0 };
    const char *folders[2];
    struct sandbox_options sandbox = { .write = folders, .n_write = 2 };
    CX_AUTO(cx_buf_done) struct cx_buf keys = { .max = 4096 };

    CX_TRY(member_begin(ROLE_RECORDER, 0, &r->member, detail));
    CX_TRY(make_store(r->member.config, detail));
    CX_TRY(fill_options(r, detail));
    cx_buf_printf(&keys, "%s.keys", r->options.store);
    cx_buf_putc(&keys, '\0');
    CX_TRY(cx_buf_status(&keys));
    folders[0] = r->options.store;
    folders[1] = r->options.keys != NULL ? r->options.keys : keys.p;
    CX_TRY(member_enter_sandbox(&r->member, &sandbox, detail));
    CX_TRY(ledger_open(&r->options, &r->ledger, &opened, detail));
    tell_opened(r, &opened);
    tell_stop(r);
    r->published = published_new(r->options.store);
    if (r->published == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    CX_TRY(open_attest(r, detail));
    return open_events(r);
}

static void
end(struct recorder *r)
{
    link_free(r->front);
    link_free(r->courier);
    attest_free(r->attest);
    cx_answer_receiver_free(r->receiver);
    published_free(r->published);
    ledger_close(r->ledger);
    if (r->control != NULL) {
        event_free(r->control);
    }
    if (r->later != NULL) {
        event_free(r->later);
    }
    if (r->ticker != NULL) {
        event_free(r->ticker);
    }
    if (r->base != NULL) {
        event_base_free(r->base);
    }
    cx_arena_done(&r->arena);
    member_end(&r->member);
}

int
run_recorder(void)
{
    struct recorder r = { .exit = EXIT_SUCCESS };
    struct cx_detail detail = { .text = "" };
    int fd;

    (void)signal(SIGPIPE, SIG_IGN);
    cx_arena_init(&r.arena, CX_CONFIG_PRINTED_MAX);
    if (!cx_ok(begin(&r, &detail))) {
        member_log(&r.member, CONFIG_LEVEL_ERR, "the recorder cannot begin: %s", detail.text);
        end(&r);
        return EXIT_FAILURE;
    }
    fd = member_take_fd(&r.member, ROLE_FRONT, 0);
    if (fd >= 0) {
        take_front(&r, fd);
    }
    fd = member_take_fd(&r.member, ROLE_COURIER, 0);
    if (fd >= 0) {
        take_courier(&r, fd);
    }
    member_say(&r.member, CONTROL_UP, 0, "");
    (void)event_base_dispatch(r.base);
    end(&r);
    return r.exit;
}

/* The courier: takes the log's checkpoints to witnesses and time-stamping authorities, and what they say to the recorder. It alone
 * meets what others answer over HTTP; it has no store and no key.
 * I1: nobody waits for it but itself: it blocks, on one thing after the other, each for a bounded time.
 * I2: it remembers nothing: what is missing, the recorder says. It lives as long as its stream to the recorder. */
#include "base/limits.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/ops.h"
#include "bin/caaproofd/roles.h"
#include "bin/caaproofd/sandbox.h"
#include "outbound/cosign.h"
#include "outbound/http.h"
#include "outbound/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK        65536
#define NAME_SERVERS "/etc/resolv.conf"

struct courier {
    struct member member;
    int recorder; /* -1: not yet */
    bool is_lost; /* the recorder is gone, or said what it must not */
    bool is_ended;
    bool has_name_servers; /* the file could be read at the beginning */
    struct cx_buf in;
    size_t taken; /* of in */
    struct cx_buf out;
    struct courier_checkpoint last; /* borrows in */
};

/* ---- the recorder */

static cx_status
lost(struct courier *c)
{
    c->is_lost = true;
    return (cx_status){ CX_E_IO };
}

static cx_status
say(struct courier *c)
{
    size_t at = 0;

    while (cx_buf_ok(&c->out) && at < c->out.n) {
        ssize_t n = write(c->recorder, c->out.p + at, c->out.n - at);

        if (n < 0 && errno != EINTR) {
            return lost(c);
        }
        at += n > 0 ? (size_t)n : 0;
    }
    CX_TRY(cx_buf_status(&c->out));
    cx_buf_clear(&c->out);
    return CX_SUCCESS;
}

/* The next frame, which lives until the next is heard. */
static cx_status
hear(struct courier *c, struct op_frame *ret)
{
    cx_buf_drop(&c->in, c->taken);
    c->taken = 0;
    for (;;) {
        bool more = true;
        char *to;
        ssize_t n;

        if (!cx_ok(op_frame_next(cx_span_of_str(cx_buf_str(&c->in)), ret, &more))) {
            return lost(c);
        }
        if (!more) {
            c->taken = ret->size;
            return CX_SUCCESS;
        }
        to = cx_buf_reserve(&c->in, CHUNK);
        n = to != NULL ? read(c->recorder, to, CHUNK) : 0;
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return lost(c);
        }
        cx_buf_grown(&c->in, n > 0 ? (size_t)n : 0);
    }
}

static cx_status
ask_recorder(struct courier *c, uint64_t from)
{
    struct op_frame frame;

    courier_put_ask(&c->out, from);
    CX_TRY(say(c));
    CX_TRY(hear(c, &frame));
    return frame.kind == COURIER_CHECKPOINT && cx_ok(courier_get_checkpoint(frame.body, &c->last))
               ? CX_SUCCESS
               : lost(c);
}

static cx_status
say_failed(struct courier *c, enum outsider_kind kind, size_t place, bool is_fork, cx_status why,
           const struct cx_detail *detail)
{
    const char *text = detail->text[0] != '\0' ? detail->text : cx_status_text(why);
    CX_AUTO(cx_buf_done) struct cx_buf escaped = { .max = 8 * sizeof(detail->text) };

    cx_buf_put_escaped(&escaped, cx_span_of_str(cx_str_of(text))); /* ASCII now */
    CX_TRY(cx_buf_status(&escaped));
    courier_put_failed(
        &c->out,
        &(struct courier_failed){
            kind,
            (uint32_t)place,
            is_fork,
            { escaped.p, escaped.n < CX_OUTSIDER_TEXT_MAX ? escaped.n : CX_OUTSIDER_TEXT_MAX } });
    return say(c);
}

/* ---- a round */

static cx_status
request(void *ctx, uint64_t old_size, struct cx_witness_request *ret, uint64_t *ret_size,
        struct cx_detail *detail)
{
    struct courier *c = ctx;

    (void)detail;
    CX_TRY(ask_recorder(c, old_size));
    *ret = (struct cx_witness_request){ old_size, c->last.path, cx_span_of_str(c->last.note) };
    *ret_size = c->last.size;
    return CX_SUCCESS;
}

static cx_status
go_to_witness(struct courier *c, size_t place)
{
    const struct config *config = c->member.config;
    const struct cx_cosign_source source = { request, c };
    CX_AUTO(cx_buf_done) struct cx_buf lines = { .max = CX_NOTE_OCTETS_MAX };
    struct cx_detail detail = { .text = "" };
    struct cx_cosigned cosigned;
    struct cx_note_key key;
    struct cx_cosign_options options = {
        .what = "url",
        .url = config->witnesses[place].url.p,
        .key = &key,
        .timeout_ms = (unsigned)config->courier->timeout_ms,
        .look_up = true,
        .old_size = c->last.witnesses.v[place],
    };
    cx_status s;

    CX_TRY(cx_note_key_parse(config->witnesses[place].key, &key, &detail));
    s = cx_cosign(&options, &source, &lines, &cosigned, &detail);
    if (c->is_lost) {
        return s;
    }
    if (!cx_ok(s)) {
        return say_failed(c, OUTSIDER_WITNESS, place, cosigned.is_fork, s, &detail);
    }
    courier_put_cosigned(
        &c->out, &(struct courier_cosigned){ (uint32_t)place, cosigned.size, cosigned.lines });
    return say(c);
}

/* What is stamped is the text, without signatures. */
static cx_status
stamp_text(struct courier *c, size_t place, struct cx_stamp *stamp, struct cx_detail *detail)
{
    const struct config *config = c->member.config;
    const struct cx_stamp_options options = {
        .what = "url",
        .url = config->timestamps[place].url.p,
        .roots = member_file(&c->member, SECRET_TSA_ROOTS, (unsigned)place),
        .timeout_ms = (unsigned)config->courier->timeout_ms,
        .look_up = true,
    };
    struct cx_signed_note note;
    struct cx_arena arena;
    cx_status s;

    cx_arena_init(&arena, (size_t)1 << 20);
    s = cx_note_parse(cx_span_of_str(c->last.note), &arena, &note, detail);
    if (cx_ok(s)) {
        s = cx_stamp(&options, note.text, stamp, detail);
    }
    cx_arena_done(&arena);
    return s;
}

static cx_status
go_to_authority(struct courier *c, size_t place)
{
    CX_AUTO(cx_stamp_done) struct cx_stamp stamp;
    struct cx_detail detail = { .text = "" };
    cx_status s;

    cx_stamp_init(&stamp);
    s = stamp_text(c, place, &stamp, &detail);
    if (!cx_ok(s)) {
        return say_failed(c, OUTSIDER_TSA, place, false, s, &detail);
    }
    courier_put_stamped(&c->out, &(struct courier_stamped){
                                     .place = (uint32_t)place,
                                     .size = c->last.size,
                                     .nonce = stamp.nonce,
                                     .request = cx_span_of_str(cx_buf_str(&stamp.request)),
                                     .response = cx_span_of_str(cx_buf_str(&stamp.response)),
                                 });
    return say(c);
}

/* Each is shown the newest checkpoint there is when its turn comes. */
static cx_status
go_round(struct courier *c)
{
    const struct config *config = c->member.config;

    for (size_t i = 0; i < config->n_witnesses; i++) {
        CX_TRY(ask_recorder(c, 0));
        if (i >= c->last.witnesses.n) {
            return lost(c);
        }
        if (c->last.witnesses.v[i] != c->last.size) {
            CX_TRY(go_to_witness(c, i));
        }
    }
    for (size_t i = 0; i < config->n_timestamps; i++) {
        CX_TRY(ask_recorder(c, 0));
        if (i >= c->last.stamps.n) {
            return lost(c);
        }
        if (c->last.stamps.v[i] != c->last.size) {
            CX_TRY(go_to_authority(c, i));
        }
    }
    return CX_SUCCESS;
}

/* ---- life */

static bool
can_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)close(fd); /* only read */
    }
    return fd >= 0;
}

static void
take_recorder(struct courier *c, int fd)
{
    if (c->recorder >= 0) { /* one is enough */
        (void)close(fd);
        return;
    }
    c->recorder = fd;
    if (fcntl(fd, F_SETFL, 0) != 0) { /* blocking */
        c->is_lost = true;
    }
}

static void
take_message(struct courier *c)
{
    struct control_message message;
    struct control_in in;

    if (!cx_ok(control_receive(c->member.control, &in, &message))) { /* the parent has ended */
        c->is_ended = true;
    } else if (message.kind == CONTROL_PEER && message.fd >= 0) {
        take_recorder(c, message.fd);
    } else if (message.fd >= 0) {
        (void)close(message.fd);
    }
}

/* Until that moment, or that something happens. The recorder says nothing unasked: it is readable when it is gone. */
static void
wait_until(struct courier *c, int64_t until_ms)
{
    struct pollfd fds[2] = { { c->member.control, POLLIN, 0 }, { c->recorder, POLLIN, 0 } };
    int64_t left = until_ms - cx_clock_us() / 1000;
    int n = poll(fds, 2, c->recorder < 0 ? -1 : left > 0 ? (int)left : 0);

    if (n > 0 && fds[1].revents != 0) {
        c->is_lost = true;
    }
    if (n > 0 && fds[0].revents != 0) {
        take_message(c);
    }
}

/* The sandbox knows the file that was there at the beginning (sandbox.h): where another took its place, a new courier is needed. */
static bool
is_cut_off(const struct courier *c)
{
    return c->has_name_servers && !can_read(NAME_SERVERS);
}

static void
live(struct courier *c)
{
    const int64_t interval_ms = (int64_t)c->member.config->courier->interval_s * 1000;
    int64_t next_ms = cx_clock_us() / 1000;

    while (!c->is_ended && !c->is_lost) {
        wait_until(c, next_ms);
        if (c->is_ended || c->is_lost || c->recorder < 0 || cx_clock_us() / 1000 < next_ms) {
            continue;
        }
        if (!cx_ok(go_round(c)) && !c->is_lost) {
            member_log(&c->member, CONFIG_LEVEL_WARNING, "no memory for a round");
        }
        if (is_cut_off(c)) {
            member_log(&c->member, CONFIG_LEVEL_NOTICE,
                       NAME_SERVERS " is another file now: a new courier is needed");
            return;
        }
        next_ms = cx_clock_us() / 1000 + interval_ms;
    }
}

/* What names are looked up by, and what servers are known by; those that are there. */
static cx_status
enter_sandbox(struct courier *c, struct cx_detail *detail)
{
    static const char *const wanted[] = {
        NAME_SERVERS,
        "/etc/nsswitch.conf",
        "/etc/hosts",
        "/etc/host.conf",
        "/etc/gai.conf",
        "/etc/ssl/certs",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
    };
    const char *paths[CX_COUNT(wanted)];
    struct sandbox_options options = { .read = paths };

    for (size_t i = 0; i < CX_COUNT(wanted); i++) {
        if (access(wanted[i], R_OK) == 0) {
            paths[options.n_read++] = wanted[i];
        }
    }
    c->has_name_servers = can_read(NAME_SERVERS);
    return member_enter_sandbox(&c->member, &options, detail);
}

static cx_status
begin(struct courier *c, struct cx_detail *detail)
{
    int fd;

    CX_TRY(member_begin(ROLE_COURIER, 0, &c->member, detail));
    CX_TRY(cx_http_ready(detail));
    CX_TRY(enter_sandbox(c, detail));
    fd = member_take_fd(&c->member, ROLE_RECORDER, 0);
    if (fd >= 0) {
        take_recorder(c, fd);
    }
    return CX_SUCCESS;
}

int
run_courier(void)
{
    struct courier c = { .recorder = -1 };
    struct cx_detail detail = { .text = "" };
    cx_status s;

    (void)signal(SIGPIPE, SIG_IGN);
    cx_buf_init(&c.in, CX_OP_MAX + 2 * (size_t)CHUNK);
    cx_buf_init(&c.out, CX_OP_MAX);
    s = begin(&c, &detail);
    if (cx_ok(s)) {
        live(&c);
    } else {
        member_log(&c.member, CONFIG_LEVEL_ERR, "the courier cannot begin: %s", detail.text);
    }
    if (c.recorder >= 0) {
        (void)close(c.recorder);
    }
    cx_buf_done(&c.in);
    cx_buf_done(&c.out);
    member_end(&c.member);
    return cx_ok(s) ? EXIT_SUCCESS : EXIT_FAILURE;
}

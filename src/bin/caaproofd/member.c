#include "bin/caaproofd/member.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what the parent gives */

/* A descriptor of a file in memory, read from its beginning. */
cx_status
member_read(int fd, struct cx_buf *buf)
{
    off_t at = 0;

    for (;;) {
        char *to = cx_buf_reserve(buf, 65536);
        ssize_t n;

        if (to == NULL) {
            return cx_buf_status(buf);
        }
        n = pread(fd, to, 65536, at);
        if (n < 0) {
            return (cx_status){ CX_E_IO };
        }
        if (n == 0) {
            return CX_SUCCESS;
        }
        cx_buf_grown(buf, (size_t)n);
        at += n;
    }
}

static cx_status
take_config(struct member *m, int fd, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_CONFIG_PRINTED_MAX };
    struct config_faults faults;
    struct config_input input = { .name = "configuration", .now = cx_time_now() };
    cx_status s;

    CX_TRY(member_read(fd, &text));
    input.text = cx_buf_str(&text);
    config_faults_init(&faults);
    s = config_read(&input, &m->config, &faults);
    if (!cx_ok(s)) {
        s = cx_fail(detail, s.code, "%.*s", (int)(faults.text.n < 200 ? faults.text.n : 200),
                    faults.text.n != 0 ? faults.text.p : "");
    }
    config_faults_done(&faults);
    return s;
}

static cx_status
take_file(struct member *m, const struct control_message *message)
{
    struct member_file *files = cx_realloc(m->files, m->n_files + 1, sizeof(*files));

    if (files == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    m->files = files;
    files[m->n_files] = (struct member_file){ (enum secret)(message->number >> 16),
                                              message->number & 0xffff,
                                              { .max = CX_CONFIG_PRINTED_MAX } };
    return member_read(message->fd, &files[m->n_files++].content);
}

static cx_status
keep_fd(struct member *m, unsigned kind, const struct control_message *message)
{
    struct member_fd *fds = cx_realloc(m->fds, m->n_fds + 1, sizeof(*fds));

    if (fds == NULL) {
        (void)close(message->fd);
        return (cx_status){ CX_E_NOMEM };
    }
    m->fds = fds;
    fds[m->n_fds++] = (struct member_fd){ kind, message->number & 0xffff, message->fd };
    return CX_SUCCESS;
}

static cx_status
take(struct member *m, const struct control_message *message, bool *ret_go,
     struct cx_detail *detail)
{
    cx_status s = { CX_E_FRAME };

    if (message->kind == CONTROL_GO && message->fd < 0) {
        *ret_go = true;
        return CX_SUCCESS;
    }
    if (message->fd < 0) {
        return s;
    }
    switch (message->kind) {
    case CONTROL_LISTENER:
        return keep_fd(m, 0, message);
    case CONTROL_PEER:
        return keep_fd(m, message->number >> 16, message);
    case CONTROL_CONFIG:
        s = m->config == NULL ? take_config(m, message->fd, detail) : s;
        break;
    case CONTROL_SECRET:
        s = take_file(m, message);
        break;
    case CONTROL_UNSET:
    case CONTROL_GO:
    case CONTROL_DRAIN:
    case CONTROL_WANT:
    case CONTROL_READY:
    case CONTROL_LOG:
    case CONTROL_DRAINED:
    case CONTROL_UP:
    case CONTROL_DRAIN_ASKED:
        break;
    }
    (void)close(message->fd);
    return s;
}

cx_status
member_begin(enum role role, unsigned place, struct member *ret, struct cx_detail *detail)
{
    struct control_in in;
    bool go = false;

    *ret = (struct member){ .role = role, .place = place, .control = MEMBER_CONTROL_FD };
    while (!go) {
        struct control_message message;

        CX_TRY(control_receive(ret->control, &in, &message));
        CX_TRY(take(ret, &message, &go, detail));
    }
    return ret->config != NULL ? CX_SUCCESS
                               : cx_fail(detail, CX_E_FRAME, "no configuration was given");
}

void
member_end(struct member *m)
{
    member_wipe_files(m, false);
    for (size_t i = 0; i < m->n_fds; i++) {
        if (m->fds[i].fd >= 0) {
            (void)close(m->fds[i].fd);
        }
    }
    cx_free(m->files);
    cx_free(m->fds);
    config_free(m->config);
    *m = (struct member){ .control = -1 };
}

int
member_take_fd(struct member *m, unsigned kind, unsigned place)
{
    for (size_t i = 0; i < m->n_fds; i++) {
        if (m->fds[i].fd >= 0 && m->fds[i].kind == kind && m->fds[i].place == place) {
            int fd = m->fds[i].fd;

            m->fds[i].fd = -1;
            return fd;
        }
    }
    return -1;
}

cx_span
member_file(const struct member *m, enum secret secret, unsigned place)
{
    for (size_t i = 0; i < m->n_files; i++) {
        if (m->files[i].secret == secret && m->files[i].place == place) {
            return cx_span_of_str(cx_buf_str(&m->files[i].content));
        }
    }
    return (cx_span){ NULL, 0 };
}

void
member_wipe_files(struct member *m, bool but_tokens)
{
    size_t left = 0;

    for (size_t i = 0; i < m->n_files; i++) {
        struct cx_buf *content = &m->files[i].content;

        if (but_tokens && m->files[i].secret == SECRET_TOKEN) {
            m->files[left++] = m->files[i];
            continue;
        }
        if (content->p != NULL) {
            explicit_bzero(content->p, content->room);
        }
        cx_buf_done(content);
    }
    m->n_files = left;
}

bool
member_has_courier(const struct config *config)
{
    return config->n_witnesses != 0 || config->n_timestamps != 0;
}

unsigned
member_resolvers(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = config->resolver->processes != 0 ? (unsigned)config->resolver->processes
                 : cores > 0                      ? (unsigned)cores
                                                  : 1;

    return n < CX_WORKERS_MAX ? n : CX_WORKERS_MAX;
}

/* ---- sandbox */

cx_status
member_enter_sandbox(struct member *m, struct sandbox_options *options, struct cx_detail *detail)
{
    struct sandbox_state state = { .landlock = false };
    char text[CONTROL_TEXT];

    options->degraded = m->config->sandbox == CONFIG_SANDBOX_DEGRADED;
    CX_TRY(sandbox_enter(m->role, options, &state, detail));
    (void)snprintf(m->sandbox, sizeof(m->sandbox), "%s%s",
                   state.missing[0] != '\0' ? "degraded: " : "enforced", state.missing);
    (void)snprintf(text, sizeof(text), "sandbox: landlock %s (ABI %d), seccomp %s%s%s",
                   state.landlock ? "on" : "off", state.landlock_abi, state.seccomp ? "on" : "off",
                   state.missing[0] != '\0' ? "; degraded: " : "", state.missing);
    member_say(m, CONTROL_READY, state.missing[0] != '\0' ? 1 : 0, text);
    return CX_SUCCESS;
}

/* ---- what is said */

void
member_say(struct member *m, enum control kind, uint32_t number, const char *text)
{
    const struct control_message message = { kind, number, cx_str_of(text), -1 };

    if (!cx_ok(control_send(m->control, &message))) {
        m->suppressed++;
    }
}

void
member_log(struct member *m, enum config_level level, const char *fmt, ...)
{
    char text[CONTROL_TEXT];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (m->suppressed != 0) {
        char lost[60];
        unsigned n = m->suppressed;

        m->suppressed = 0;
        (void)snprintf(lost, sizeof(lost), "%u lines were suppressed", n);
        member_say(m, CONTROL_LOG, CONFIG_LEVEL_WARNING, lost);
    }
    member_say(m, CONTROL_LOG, level, text);
}

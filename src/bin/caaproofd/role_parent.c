/* The parent: reads the configuration, opens what only it may open, starts the roles and starts them again. Bytes from outside
 * never reach it, but for the lines that roles say.
 * I1: a role that ends is started again, later each time (BACKOFF), until it has run for a while.
 * I2: who needs another role is given a new stream to it; what was under way between the two is the needing one's to end.
 * I3: a reload ends the front first, when all that it was asked is answered, and begins none before all roles have ended; meanwhile
 * connections wait at the listening sockets, which are the parent's. */
#include "base/alloc.h"
#include "bin/caaproofd/notify.h"
#include "bin/caaproofd/parent_priv.h"
#include "bin/caaproofd/roles.h"
#include "bin/caaproofd/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN_MS 120000
#define END_MS   10000

/* ---- what roles say */

static void end_all(struct parent *p);
static void begin_drain(struct parent *p, cx_str who);
static void begin_reload(struct parent *p);

static void
take_up(struct child *child)
{
    struct parent *p = child->parent;

    child->is_up = true;
    for (size_t i = 0; i < p->n_children; i++) { /* no check needs a courier */
        if (!p->children[i].is_up && p->children[i].role != ROLE_COURIER) {
            return;
        }
    }
    if (p->is_ready || p->is_draining || p->is_ending || p->reloading != RELOAD_NONE) {
        return;
    }
    p->is_ready = true;
    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "ready");
    notify_say(p->notify, "READY=1");
    if (p->reload_again) {
        begin_reload(p);
    }
}

static void
take_drained(struct child *child, const char *name)
{
    struct parent *p = child->parent;

    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, name, "drained");
    if (p->reloading == RELOAD_NONE) {
        end_all(p);
    } /* else its end is waited for */
}

static void
let_go(struct child *child, const char *name)
{
    logging_line(&child->parent->logging, CONFIG_LEVEL_ERR, name,
                 "said what no role may; it is ended");
    (void)kill(child->pid, SIGKILL);
}

static void
take_want(struct child *child, uint32_t number)
{
    struct child *wanted = child_of(child->parent, (enum role)(number >> 16), number & 0xffff);

    if (wanted == NULL || child->role != ROLE_FRONT) {
        return;
    }
    if (wanted->pid != 0 && wanted->role == ROLE_RECORDER) {
        child_connect(child, wanted);
    } else if (wanted->pid == 0 && !event_pending(wanted->again, EV_TIMEOUT, NULL)) {
        child_start(wanted);
    } /* else it is about to be started, or about to end: a resolver serves one stream in its life */
}

static void
take_message(struct child *child, const struct control_message *message)
{
    struct parent *p = child->parent;
    char name[40];

    (void)snprintf(name, sizeof(name), child->role == ROLE_RESOLVER ? "%s %u" : "%s",
                   role_name(child->role), child->place);
    if (child->role != ROLE_FRONT &&
        (message->kind == CONTROL_DRAINED || message->kind == CONTROL_DRAIN_ASKED)) {
        let_go(child, name);
        return;
    }
    switch (message->kind) {
    case CONTROL_LOG:
        logging_text(&p->logging, (enum config_level)message->number, name, message->text);
        break;
    case CONTROL_READY:
        logging_text(&p->logging, message->number != 0 ? CONFIG_LEVEL_WARNING : CONFIG_LEVEL_INFO,
                     name, message->text);
        break;
    case CONTROL_WANT:
        take_want(child, message->number);
        break;
    case CONTROL_DRAINED:
        take_drained(child, name);
        break;
    case CONTROL_UP:
        take_up(child);
        break;
    case CONTROL_DRAIN_ASKED:
        begin_drain(p, message->text);
        break;
    case CONTROL_UNSET:
    case CONTROL_CONFIG:
    case CONTROL_LISTENER:
    case CONTROL_SECRET:
    case CONTROL_PEER:
    case CONTROL_GO:
    case CONTROL_DRAIN:
        let_go(child, name);
        break;
    }
}

static bool
any_runs(const struct parent *p)
{
    for (size_t i = 0; i < p->n_children; i++) {
        if (p->children[i].pid != 0) {
            return true;
        }
    }
    return false;
}

static void go_on_reloading(struct parent *p);

static void
on_child(evutil_socket_t fd, short what, void *ctx)
{
    struct parent *p = ctx;
    int status;
    pid_t pid;

    (void)fd, (void)what;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < p->n_children; i++) {
            if (p->children[i].pid == pid) {
                child_bury(&p->children[i], status);
            }
        }
    }
    if (p->is_draining && !p->is_ending && p->front->pid == 0) {
        end_all(p); /* it could not end what was under way */
    } else if (p->is_ending && !any_runs(p)) {
        (void)event_base_loopexit(p->base, NULL);
    } else if (!p->is_ending && !p->is_draining) {
        go_on_reloading(p);
    }
}

/* ---- reload */

static void
set_deadline(struct parent *p, unsigned ms)
{
    const struct timeval time = { ms / 1000, 0 };

    (void)event_add(p->deadline, &time);
}

/* All have ended, and begin anew. */
static void
finish_reload(struct parent *p)
{
    (void)event_del(p->deadline);
    p->reloading = RELOAD_NONE;
    if (reload_apply(&p->reload, &p->config, &p->files)) {
        logging_init(&p->logging, p->config->log);
        logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "reloaded");
    } else {
        reload_done(&p->reload);
        logging_line(&p->logging, CONFIG_LEVEL_ERR, "parent", "not reloaded: there is no memory");
    }
    p->is_ready = false;
    for (size_t i = 0; i < p->n_children; i++) {
        p->children[i].backoff_ms = 0;
        child_start(&p->children[i]);
    }
}

static void
go_on_reloading(struct parent *p)
{
    if (p->reloading == RELOAD_DRAINS && p->front->pid == 0) {
        p->reloading = RELOAD_ENDS;
        for (size_t i = 0; i < p->n_children; i++) {
            child_end(&p->children[i]);
        }
        set_deadline(p, END_MS);
    }
    if (p->reloading == RELOAD_ENDS && !any_runs(p)) {
        finish_reload(p);
    }
}

static void
begin_reload(struct parent *p)
{
    p->reload_again = false;
    notify_reloading(p->notify);
    if (!reload_prepare(p->path, p->config, &p->logging, &p->reload)) {
        notify_say(p->notify, "READY=1");
        return;
    }
    p->reloading = RELOAD_DRAINS;
    (void)event_del(p->front->again);
    (void)child_tell(p->front, &(struct control_message){ CONTROL_DRAIN, 0, { NULL, 0 }, -1 });
    set_deadline(p, DRAIN_MS);
    go_on_reloading(p);
}

static void
on_reload(evutil_socket_t fd, short what, void *ctx)
{
    struct parent *p = ctx;

    (void)fd, (void)what;
    if (p->is_draining || p->is_ending) {
        return;
    }
    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "reloading %s", p->path);
    if (p->reloading != RELOAD_NONE) {
        p->reload_again = true;
    } else {
        begin_reload(p);
    }
}

static void
kill_all(struct parent *p)
{
    for (size_t i = 0; i < p->n_children; i++) {
        if (p->children[i].pid != 0) {
            (void)kill(p->children[i].pid, SIGKILL);
        }
    }
}

/* What a role does not end in time is ended, and its callers can ask again. */
static void
hurry_reload(struct parent *p)
{
    if (p->reloading == RELOAD_DRAINS) {
        logging_line(&p->logging, CONFIG_LEVEL_WARNING, "parent",
                     "draining took too long: what is still under way is let go");
        (void)kill(p->front->pid, SIGKILL);
        set_deadline(p, END_MS);
    } else {
        kill_all(p);
    }
}

/* ---- the end of all */

/* Their sockets close, and so they end; who does not is ended. */
static void
end_all(struct parent *p)
{
    static const struct timeval time = { END_MS / 1000, 0 };

    p->is_ending = true;
    for (size_t i = 0; i < p->n_children; i++) {
        child_end(&p->children[i]);
    }
    (void)event_add(p->deadline, &time);
    if (!any_runs(p)) {
        (void)event_base_loopexit(p->base, NULL);
    }
}

static void
on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct parent *p = ctx;

    (void)fd, (void)what;
    if (p->is_ending) {
        kill_all(p);
    } else if (p->is_draining) {
        logging_line(&p->logging, CONFIG_LEVEL_WARNING, "parent", "draining took too long");
        end_all(p);
    } else {
        hurry_reload(p);
    }
}

/* who: the caller that asked for it; empty: a signal. Whoever connects from now on is refused at once, and can turn to another. */
static void
begin_drain(struct parent *p, cx_str who)
{
    if (p->is_draining || p->is_ending) {
        return;
    }
    p->is_draining = true;
    p->reloading = RELOAD_NONE;
    reload_done(&p->reload);
    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "draining, as %.*s said",
                 who.n != 0 ? (int)who.n : 8, who.n != 0 ? who.p : "a signal");
    notify_say(p->notify, "STOPPING=1");
    files_stop_listening(&p->files);
    if (!child_tell(p->front, &(struct control_message){ CONTROL_DRAIN, 0, { NULL, 0 }, -1 })) {
        end_all(p);
        return;
    }
    set_deadline(p, DRAIN_MS);
}

static void
on_end(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    begin_drain(ctx, CX_STR(""));
}

/* ---- the beginning */

/* Another user's rights for good, if the configuration names one and we are root: roles are started with them. */
static cx_status
drop_rights(const struct config *config, struct cx_detail *detail)
{
    const struct passwd *user;

    if (config->user.n == 0 || geteuid() != 0) {
        return CX_SUCCESS;
    }
    errno = 0;
    user = getpwnam(config->user.p);
    if (user == NULL) {
        return cx_fail(detail, CX_E_USAGE, "user: there is no user %s", config->user.p);
    }
    if (setgroups(0, NULL) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) {
        return cx_fail(detail, CX_E_IO, "the rights of %s cannot be taken: %s", config->user.p,
                       strerror(errno));
    }
    return CX_SUCCESS;
}

static cx_status
make_children(struct parent *p)
{
    unsigned resolvers = member_resolvers(p->config);

    p->n_children = 2 + resolvers + (size_t)member_has_courier(p->config);
    p->children = cx_alloc(p->n_children, sizeof(*p->children));
    if (p->children == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    p->front = &p->children[1];
    for (size_t i = 0; i < p->n_children; i++) {
        bool is_resolver = i >= 2 && i < 2 + resolvers;

        CX_TRY(child_init(&p->children[i], p,
                          i == 0        ? ROLE_RECORDER
                          : i == 1      ? ROLE_FRONT
                          : is_resolver ? ROLE_RESOLVER
                                        : ROLE_COURIER,
                          is_resolver ? (unsigned)(i - 2) : 0));
    }
    return CX_SUCCESS;
}

static cx_status
open_events(struct parent *p)
{
    static const struct {
        int number;
        event_callback_fn call;
    } signals[] = {
        { SIGCHLD, on_child }, { SIGTERM, on_end }, { SIGINT, on_end }, { SIGHUP, on_reload }
    };

    p->base = event_base_new();
    if (p->base == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < CX_COUNT(signals); i++) {
        p->signals[i] =
            event_new(p->base, signals[i].number, EV_SIGNAL | EV_PERSIST, signals[i].call, p);
        if (p->signals[i] == NULL || event_add(p->signals[i], NULL) != 0) {
            return (cx_status){ CX_E_NOMEM };
        }
    }
    p->deadline = event_new(p->base, -1, 0, on_deadline, p);
    return p->deadline != NULL ? make_children(p) : (cx_status){ CX_E_NOMEM };
}

static int
load(struct parent *p)
{
    struct config_faults faults;
    cx_status s;

    config_faults_init(&faults);
    s = config_load(p->path, &p->config, &faults);
    if (!cx_ok(s)) {
        (void)fwrite(faults.text.p, 1, faults.text.n, stderr);
    }
    config_faults_done(&faults);
    return cx_ok(s) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
end_parent(struct parent *p)
{
    for (size_t i = 0; i < p->n_children; i++) {
        if (p->children[i].again != NULL) {
            event_free(p->children[i].again);
        }
    }
    for (size_t i = 0; i < CX_COUNT(p->signals); i++) {
        if (p->signals[i] != NULL) {
            event_free(p->signals[i]);
        }
    }
    if (p->deadline != NULL) {
        event_free(p->deadline);
    }
    if (p->base != NULL) {
        event_base_free(p->base);
    }
    if (p->notify >= 0) {
        (void)close(p->notify);
    }
    cx_free(p->children);
    reload_done(&p->reload);
    files_close(&p->files);
    config_free(p->config);
}

/* As many files as the front, which cannot have more than its parent. */
static cx_status
enter_sandbox(const struct parent *p, struct cx_detail *detail)
{
    const struct sandbox_options options = {
        .files = (unsigned)(p->config->limits->connections + MEMBER_FILES),
        .degraded = p->config->sandbox == CONFIG_SANDBOX_DEGRADED,
    };
    struct sandbox_state state;

    return sandbox_enter(ROLE_PARENT, &options, &state, detail);
}

static cx_status
begin(struct parent *p, struct cx_detail *detail)
{
    logging_init(&p->logging, p->config->log);
    p->notify = notify_open();
    CX_TRY(files_open(p->config, &p->files, detail));
    CX_TRY(drop_rights(p->config, detail));
    CX_TRY(enter_sandbox(p, detail));
    CX_TRY(open_events(p));
    for (size_t i = 0; i < p->n_children; i++) {
        child_start(&p->children[i]);
    }
    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "%s began", SOFTWARE);
    return CX_SUCCESS;
}

int
run_parent(const char *path)
{
    struct parent p = { .path = path, .hear = take_message, .exit = EXIT_SUCCESS, .notify = -1 };
    struct cx_detail detail = { .text = "" };

    if (load(&p) != EXIT_SUCCESS) {
        return EXIT_FAILURE;
    }
    if (cx_ok(begin(&p, &detail))) {
        (void)event_base_dispatch(p.base);
    } else {
        logging_line(&p.logging, CONFIG_LEVEL_ERR, "parent", "%s", detail.text);
        p.exit = EXIT_FAILURE;
    }
    end_parent(&p);
    return p.exit;
}

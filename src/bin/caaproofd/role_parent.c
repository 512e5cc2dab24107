/* The parent: reads the configuration, opens what only it may open, starts the roles and starts them again. Bytes from outside
 * never reach it, but for the lines that roles say.
 * I1: a role that ends is started again, later each time (BACKOFF), until it has run for a while.
 * I2: who needs another role is given a new stream to it; what was under way between the two is the needing one's to end. */
#include "base/alloc.h"
#include "bin/caaproofd/logging.h"
#include "bin/caaproofd/member.h"
#include "bin/caaproofd/parent_files.h"
#include "bin/caaproofd/roles.h"
#include "bin/caaproofd/sandbox.h"

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS  10000
#define FORGIVEN_MS      60000
#define DRAIN_MS         120000
#define END_MS           10000

struct parent;

/* One process, or the place of one. */
struct child {
    struct parent *parent;
    enum role role;
    unsigned place;
    pid_t pid; /* 0: not running */
    int control;
    struct event *readable;
    struct event *again;
    int64_t started_ms;
    unsigned backoff_ms;
};

struct parent {
    const char *path;
    struct config *config;
    struct files files; /* config, secrets and listening sockets, as descriptors */
    struct event_base *base;
    struct event *signals[4];
    struct child *children; /* the recorder, the front, resolvers, the courier if there is one */
    size_t n_children;
    struct logging logging;
    struct event *deadline; /* of the end */
    bool is_ending;
    int exit;
};

static int64_t
now_ms(void)
{
    return cx_clock_us() / 1000;
}

static struct child *
child_of(struct parent *p, enum role role, unsigned place)
{
    for (size_t i = 0; i < p->n_children; i++) {
        if (p->children[i].role == role && p->children[i].place == place) {
            return &p->children[i];
        }
    }
    return NULL;
}

/* ---- starting */

/* In the child: nothing but standard streams and the control socket stays open; the rest is close-on-exec. */
static void
become(const struct child *child, int control, pid_t parent)
{
    char name[] = "caaproofd", for_role[] = "--role", for_place[] = "--place";
    char role[32], place[16];
    char *const argv[] = { name, for_role, role, for_place, place, NULL };
    sigset_t none;

    (void)snprintf(role, sizeof(role), "%s", role_name(child->role));
    (void)snprintf(place, sizeof(place), "%u", child->place);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(control, MEMBER_CONTROL_FD) < 0 ||
        fcntl(MEMBER_CONTROL_FD, F_SETFD, 0) != 0) {
        _exit(EXIT_FAILURE);
    }
    (void)execv("/proc/self/exe", argv);
    _exit(EXIT_FAILURE);
}

static bool
tell(const struct child *child, const struct control_message *message)
{
    return child != NULL && child->pid != 0 && cx_ok(control_send(child->control, message));
}

/* A stream between two roles: one end each. */
static void
connect_roles(struct child *a, struct child *b)
{
    int fds[2];

    if (a->pid == 0 || b->pid == 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
        return; /* who starts later is connected then */
    }
    (void)tell(a, &(struct control_message){
                      CONTROL_PEER, control_number(b->role, b->place), { NULL, 0 }, fds[0] });
    (void)tell(b, &(struct control_message){
                      CONTROL_PEER, control_number(a->role, a->place), { NULL, 0 }, fds[1] });
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* Secrets are the front's; roots of time-stamps are those of who asks for them and of who keeps them. */
static bool
is_for(const struct given_file *file, enum role role)
{
    if (file->kind == CONTROL_CONFIG) {
        return true;
    }
    return file->kind == CONTROL_SECRET && file->number >> 16 == SECRET_TSA_ROOTS
               ? role == ROLE_COURIER || role == ROLE_RECORDER
               : role == ROLE_FRONT;
}

/* What the role needs before it begins. */
static bool
give_files(const struct parent *p, const struct child *child)
{
    for (size_t i = 0; i < p->files.n; i++) {
        const struct given_file *file = &p->files.all[i];

        if (is_for(file, child->role) &&
            !tell(child,
                  &(struct control_message){ file->kind, file->number, { NULL, 0 }, file->fd })) {
            return false;
        }
    }
    return true;
}

/* A resolver has the front's stream before it begins; the front and the courier get the recorder's, and it theirs, whenever
 * the other is there. */
static void
introduce(struct parent *p, struct child *child)
{
    struct child *front = child_of(p, ROLE_FRONT, 0), *recorder = child_of(p, ROLE_RECORDER, 0);
    struct child *courier = child_of(p, ROLE_COURIER, 0);

    switch (child->role) {
    case ROLE_RESOLVER:
        connect_roles(front, child);
        break;
    case ROLE_RECORDER:
        connect_roles(front, child);
        if (courier != NULL) {
            connect_roles(courier, child);
        }
        break;
    case ROLE_COURIER:
        connect_roles(child, recorder);
        break;
    case ROLE_FRONT:
        connect_roles(child, recorder);
        break;
    case ROLE_UNSET:
    case ROLE_PARENT:
    case ROLES:
        break;
    }
}

static void on_message(evutil_socket_t fd, short what, void *ctx);
static void start_later(struct child *child);

static void
start(struct child *child)
{
    struct parent *p = child->parent;
    pid_t parent = getpid();
    int fds[2];

    if (p->is_ending || child->pid != 0) {
        return;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        logging_line(&p->logging, CONFIG_LEVEL_ERR, "parent", "no socket for a role: %s",
                     strerror(errno));
        start_later(child);
        return;
    }
    child->pid = fork();
    if (child->pid == 0) {
        become(child, fds[1], parent);
    }
    (void)close(fds[1]);
    if (child->pid < 0) {
        child->pid = 0;
        (void)close(fds[0]);
        start_later(child);
        return;
    }
    child->control = fds[0];
    child->started_ms = now_ms();
    child->readable = event_new(p->base, fds[0], EV_READ | EV_PERSIST, on_message, child);
    if (child->readable == NULL || event_add(child->readable, NULL) != 0 || !give_files(p, child)) {
        (void)kill(child->pid, SIGKILL); /* its end starts it again */
        return;
    }
    introduce(p, child);
    (void)tell(child, &(struct control_message){ CONTROL_GO, 0, { NULL, 0 }, -1 });
}

static void
on_again(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    start(ctx);
}

static void
start_later(struct child *child)
{
    struct timeval time;

    if (now_ms() - child->started_ms > FORGIVEN_MS) {
        child->backoff_ms = 0;
    }
    child->backoff_ms = child->backoff_ms == 0                    ? BACKOFF_FIRST_MS
                        : 2 * child->backoff_ms < BACKOFF_LAST_MS ? 2 * child->backoff_ms
                                                                  : BACKOFF_LAST_MS;
    time = (struct timeval){ child->backoff_ms / 1000,
                             (suseconds_t)(child->backoff_ms % 1000) * 1000 };
    (void)event_add(child->again, &time);
}

/* ---- what roles say */

static void end_all(struct parent *p);

static void
take_want(struct child *child, uint32_t number)
{
    struct child *wanted = child_of(child->parent, (enum role)(number >> 16), number & 0xffff);

    if (wanted == NULL || child->role != ROLE_FRONT) {
        return;
    }
    if (wanted->pid != 0 && wanted->role == ROLE_RECORDER) {
        connect_roles(child, wanted);
    } else if (wanted->pid == 0 && !event_pending(wanted->again, EV_TIMEOUT, NULL)) {
        start(wanted);
    } /* else it is about to be started, or about to end: a resolver serves one stream in its life */
}

static void
take_message(struct child *child, const struct control_message *message)
{
    struct parent *p = child->parent;
    char name[40];

    (void)snprintf(name, sizeof(name), child->role == ROLE_RESOLVER ? "%s %u" : "%s",
                   role_name(child->role), child->place);
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
        logging_line(&p->logging, CONFIG_LEVEL_NOTICE, name, "drained");
        end_all(p);
        break;
    case CONTROL_UNSET:
    case CONTROL_CONFIG:
    case CONTROL_LISTENER:
    case CONTROL_SECRET:
    case CONTROL_PEER:
    case CONTROL_GO:
    case CONTROL_DRAIN:
    case CONTROL_RECONFIGURE:
        logging_line(&p->logging, CONFIG_LEVEL_ERR, name, "said what no role may; it is ended");
        (void)kill(child->pid, SIGKILL);
        break;
    }
}

static void
on_message(evutil_socket_t fd, short what, void *ctx)
{
    struct child *child = ctx;
    struct control_message message;
    struct control_in in;
    cx_status s = control_receive(fd, &in, &message);

    (void)what;
    if (cx_ok(s)) {
        take_message(child, &message);
        if (message.fd >= 0) {
            (void)close(message.fd);
        }
    } else if (s.code != CX_E_LIMIT) { /* it is ending: SIGCHLD says how */
        (void)event_del(child->readable);
    }
}

/* ---- the end of a role */

static void
describe_end(char *to, size_t size, int status)
{
    if (WIFSIGNALED(status)) {
        (void)snprintf(to, size, "ended by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    } else {
        (void)snprintf(to, size, "ended with status %d", WEXITSTATUS(status));
    }
}

/* end_all waits for no courier. */
static bool
was_told_to_end(const struct child *child, int status)
{
    return child->role == ROLE_COURIER && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
}

static void
bury(struct child *child, int status)
{
    struct parent *p = child->parent;
    char text[120], name[40];
    struct control_message message;
    struct control_in in;

    while (cx_ok(control_receive(child->control, &in, &message))) { /* its last words */
        take_message(child, &message);
        if (message.fd >= 0) {
            (void)close(message.fd);
        }
    }
    if (child->readable != NULL) {
        event_free(CX_STEAL(child->readable));
    }
    (void)close(child->control);
    child->pid = 0;
    (void)snprintf(name, sizeof(name), "%s %u", role_name(child->role), child->place);
    describe_end(text, sizeof(text), status);
    if (!p->is_ending) {
        logging_line(&p->logging, CONFIG_LEVEL_WARNING, name, "%s", text);
        start_later(child);
    } else if (status != 0 && !was_told_to_end(child, status)) {
        logging_line(&p->logging, CONFIG_LEVEL_WARNING, name, "%s", text);
        p->exit = EXIT_FAILURE;
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
                bury(&p->children[i], status);
            }
        }
    }
    if (p->is_ending && !any_runs(p)) {
        (void)event_base_loopexit(p->base, NULL);
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
        if (p->children[i].pid != 0) {
            (void)shutdown(p->children[i].control, SHUT_RDWR);
            if (p->children[i].role ==
                ROLE_COURIER) { /* may be waiting for others; has nothing to lose */
                (void)kill(p->children[i].pid, SIGTERM);
            }
        }
        (void)event_del(p->children[i].again);
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
    if (!p->is_ending) {
        logging_line(&p->logging, CONFIG_LEVEL_WARNING, "parent", "draining took too long");
        end_all(p);
        return;
    }
    for (size_t i = 0; i < p->n_children; i++) {
        if (p->children[i].pid != 0) {
            (void)kill(p->children[i].pid, SIGKILL);
        }
    }
}

static void
on_end(evutil_socket_t fd, short what, void *ctx)
{
    static const struct timeval time = { DRAIN_MS / 1000, 0 };
    struct parent *p = ctx;
    struct child *front = child_of(p, ROLE_FRONT, 0);

    (void)fd, (void)what;
    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "draining");
    if (!tell(front, &(struct control_message){ CONTROL_DRAIN, 0, { NULL, 0 }, -1 })) {
        end_all(p);
        return;
    }
    (void)event_add(p->deadline, &time);
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
    for (size_t i = 0; i < p->n_children; i++) {
        struct child *child = &p->children[i];

        child->parent = p;
        child->role = i == 0              ? ROLE_RECORDER
                      : i == 1            ? ROLE_FRONT
                      : i < 2 + resolvers ? ROLE_RESOLVER
                                          : ROLE_COURIER;
        child->place = child->role == ROLE_RESOLVER ? (unsigned)(i - 2) : 0;
        child->again = event_new(p->base, -1, 0, on_again, child);
        if (child->again == NULL) {
            return (cx_status){ CX_E_NOMEM };
        }
    }
    return CX_SUCCESS;
}

static cx_status
open_events(struct parent *p)
{
    static const struct {
        int number;
        event_callback_fn call;
    } signals[] = { { SIGCHLD, on_child }, { SIGTERM, on_end }, { SIGINT, on_end } };

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
    cx_free(p->children);
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
    CX_TRY(files_open(p->config, &p->files, detail));
    CX_TRY(drop_rights(p->config, detail));
    CX_TRY(enter_sandbox(p, detail));
    CX_TRY(open_events(p));
    for (size_t i = 0; i < p->n_children; i++) {
        start(&p->children[i]);
    }
    logging_line(&p->logging, CONFIG_LEVEL_NOTICE, "parent", "%s began", SOFTWARE);
    return CX_SUCCESS;
}

int
run_parent(const char *path)
{
    struct parent p = { .path = path, .exit = EXIT_SUCCESS };
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

#include "bin/caaproofd/parent_priv.h"

#include <errno.h>
#include <fcntl.h>
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

static int64_t
now_ms(void)
{
    return cx_clock_us() / 1000;
}

struct child *
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
    static const int handled[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
    sigset_t none;

    (void)snprintf(role, sizeof(role), "%s", role_name(child->role));
    (void)snprintf(place, sizeof(place), "%u", child->place);
    for (size_t i = 0; i < CX_COUNT(handled); i++) { /* libevent's would tell the parent's loop */
        (void)signal(handled[i], SIG_DFL);
    }
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

bool
child_tell(const struct child *child, const struct control_message *message)
{
    return child != NULL && child->pid != 0 && cx_ok(control_send(child->control, message));
}

void
child_connect(struct child *a, struct child *b)
{
    int fds[2];

    if (a->pid == 0 || b->pid == 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
        return; /* who starts later is connected then */
    }
    if (child_tell(b, &(struct control_message){ CONTROL_PEER,
                                                 control_number(a->role, a->place),
                                                 { NULL, 0 },
                                                 fds[1] })) { /* else it has ended */
        (void)child_tell(
            a, &(struct control_message){
                   CONTROL_PEER, control_number(b->role, b->place), { NULL, 0 }, fds[0] });
    }
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
            !child_tell(child, &(struct control_message){
                                   file->kind, file->number, { NULL, 0 }, file->fd })) {
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
        child_connect(front, child);
        break;
    case ROLE_RECORDER:
        child_connect(front, child);
        if (courier != NULL) {
            child_connect(courier, child);
        }
        break;
    case ROLE_COURIER:
        child_connect(child, recorder);
        break;
    case ROLE_FRONT:
        child_connect(child, recorder);
        break;
    case ROLE_UNSET:
    case ROLE_PARENT:
    case ROLES:
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
        child->parent->hear(child, &message);
        if (message.fd >= 0) {
            (void)close(message.fd);
        }
    } else if (s.code != CX_E_LIMIT) { /* it is ending: SIGCHLD says how */
        (void)event_del(child->readable);
    }
}

void
child_start(struct child *child)
{
    struct parent *p = child->parent;
    pid_t parent = getpid();
    sigset_t all, before;
    int fds[2];

    if (p->is_ending || p->reloading == RELOAD_ENDS || child->pid != 0) {
        return;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        logging_line(&p->logging, CONFIG_LEVEL_ERR, "parent", "no socket for a role: %s",
                     strerror(errno));
        child_start_later(child);
        return;
    }
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    child->pid = fork();
    if (child->pid == 0) {
        become(child, fds[1], parent);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)close(fds[1]);
    if (child->pid < 0) {
        child->pid = 0;
        (void)close(fds[0]);
        child_start_later(child);
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
    (void)child_tell(child, &(struct control_message){ CONTROL_GO, 0, { NULL, 0 }, -1 });
}

static void
on_again(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    child_start(ctx);
}

void
child_start_later(struct child *child)
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

/* Meant to end: not started again. Resolvers end well with the front only, of whose end we may hear later. */
static bool
is_reloaded(const struct child *child, int status)
{
    enum reloading reloading = child->parent->reloading;

    return reloading == RELOAD_ENDS ||
           (reloading == RELOAD_DRAINS &&
            (child->role == ROLE_FRONT || (child->role == ROLE_RESOLVER && status == 0)));
}

/* end_role waits for no courier. */
static bool
was_told_to_end(const struct child *child, int status)
{
    return child->role == ROLE_COURIER && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
}

void
child_bury(struct child *child, int status)
{
    struct parent *p = child->parent;
    char text[120], name[40];
    struct control_message message;
    struct control_in in;

    while (cx_ok(control_receive(child->control, &in, &message))) { /* its last words */
        p->hear(child, &message);
        if (message.fd >= 0) {
            (void)close(message.fd);
        }
    }
    if (child->readable != NULL) {
        event_free(CX_STEAL(child->readable));
    }
    (void)close(child->control);
    child->pid = 0;
    child->is_up = false;
    (void)snprintf(name, sizeof(name), "%s %u", role_name(child->role), child->place);
    describe_end(text, sizeof(text), status);
    if (!p->is_ending) {
        if (!is_reloaded(child, status) || (status != 0 && !was_told_to_end(child, status))) {
            logging_line(&p->logging, CONFIG_LEVEL_WARNING, name, "%s", text);
        }
        if (!is_reloaded(child, status)) {
            child_start_later(child);
        }
    } else if (status != 0 && !was_told_to_end(child, status)) {
        logging_line(&p->logging, CONFIG_LEVEL_WARNING, name, "%s", text);
        p->exit = EXIT_FAILURE;
    }
}

void
child_end(struct child *child)
{
    (void)event_del(child->again);
    if (child->pid == 0) {
        return;
    }
    (void)shutdown(child->control, SHUT_RDWR);
    if (child->role == ROLE_COURIER) {
        (void)kill(child->pid, SIGTERM);
    }
}

cx_status
child_init(struct child *child, struct parent *parent, enum role role, unsigned place)
{
    child->parent = parent;
    child->role = role;
    child->place = place;
    child->again = event_new(parent->base, -1, 0, on_again, child);
    return child->again != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

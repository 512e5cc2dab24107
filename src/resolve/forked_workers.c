#include "resolve/forked_workers.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "resolve/worker.h"
#include "resolve/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a process may take to end when its socket is closed. */
#define END_MS 2000

struct process {
    pid_t pid;
    int fd; /* our end of its socket, which is the source's; -1: there is no process */
    bool was_started;
    unsigned restarts;
    int64_t started_ms;
};

struct forked {
    struct cx_live_options options;
    struct process all[CX_WORKERS_MAX];
};

static int64_t
now_ms(void)
{
    return cx_clock_us() / 1000;
}

/* ---- in the process */

/* Neither our input, our output nor other processes' sockets stay open in it: readers of our output would wait for its
 * end as well. */
static bool
close_inherited(const struct forked *f)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (unsigned i = 0; i < CX_WORKERS_MAX; i++) {
        if (f->all[i].fd >= 0) {
            (void)close(f->all[i].fd);
        }
    }
    return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
           close(null) == 0;
}

static void
run_process(const struct forked *f, int fd, pid_t parent)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(EXIT_FAILURE); /* it ended before we could be told */
    }
    if (!close_inherited(f)) {
        _exit(EXIT_FAILURE);
    }
    _exit(cx_ok(cx_worker_run(fd, &f->options)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- the host */

static bool
set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static cx_status
fork_process(struct forked *f, struct process *process, struct cx_detail *detail)
{
    pid_t parent = getpid();
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        return cx_fail(detail, CX_E_IO, "no socket for a resolver process: %s", strerror(errno));
    }
    if (!set_nonblocking(fds[0]) || !set_nonblocking(fds[1])) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        return cx_fail(detail, CX_E_IO, "a socket cannot be set up: %s", strerror(errno));
    }
    process->pid = fork();
    if (process->pid == 0) {
        (void)close(fds[0]);
        run_process(f, fds[1], parent);
    }
    (void)close(fds[1]);
    if (process->pid < 0) {
        (void)close(fds[0]);
        return cx_fail(detail, CX_E_IO, "no resolver process: %s", strerror(errno));
    }
    process->fd = fds[0];
    process->started_ms = now_ms();
    return CX_SUCCESS;
}

static cx_status
forked_start(void *ctx, unsigned i, int *ret_fd, struct cx_detail *detail)
{
    struct forked *f = ctx;
    struct process *process = &f->all[i];

    if (process->was_started) {
        if (now_ms() - process->started_ms > CX_WORKER_FORGIVEN_MS) {
            process->restarts = 0;
        }
        if (process->restarts == CX_WORKER_RESTARTS) {
            return cx_fail(detail, CX_E_IO, "a resolver process ends again and again");
        }
        process->restarts++;
    }
    process->was_started = true;
    CX_TRY(fork_process(f, process, detail));
    *ret_fd = process->fd;
    return CX_SUCCESS;
}

/* Its socket is closed, so it ends by itself; one that does not is made to. */
static void
reap(struct process *process)
{
    int64_t until = now_ms() + END_MS;

    process->fd = -1;
    while (waitpid(process->pid, NULL, WNOHANG) == 0) {
        if (now_ms() >= until) {
            (void)kill(process->pid, SIGKILL);
            (void)waitpid(process->pid, NULL, 0);
            return;
        }
        (void)poll(NULL, 0, 1);
    }
}

static void
forked_lost(void *ctx, unsigned i, enum cx_worker_loss why)
{
    struct process *process = &((struct forked *)ctx)->all[i];

    if (why == CX_WORKER_SILENT) {
        (void)kill(process->pid, SIGKILL);
    }
    reap(process);
}

/* Their sockets were closed all at once, so that they end side by side. */
static void
forked_close(void *ctx)
{
    struct forked *f = ctx;

    for (unsigned i = 0; i < CX_WORKERS_MAX; i++) {
        if (f->all[i].fd >= 0) {
            reap(&f->all[i]);
        }
    }
    cx_free(f);
}

cx_status
cx_forked_workers_open(const struct cx_live_options *options, unsigned n, struct cx_source *ret,
                       struct cx_detail *detail)
{
    struct forked *f = cx_alloc(1, sizeof(*f));
    struct cx_workers_setup setup = {
        .n = n,
        .host = { forked_start, forked_lost, forked_close, f },
        .deadline_ms = options->deadline_ms,
        .alarm = options->alarm,
        .alarm_ctx = options->alarm_ctx,
    };
    struct cx_source source;
    cx_status s;

    if (f == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory");
    }
    f->options = *options;
    for (unsigned i = 0; i < CX_WORKERS_MAX; i++) {
        f->all[i].fd = -1;
    }
    s = cx_workers_open(&setup, &source, detail);
    if (!cx_ok(s)) {
        forked_close(f);
        return s;
    }
    s = cx_workers_hello(&source, detail);
    if (!cx_ok(s)) {
        cx_source_close(&source);
        return s;
    }
    *ret = source;
    return CX_SUCCESS;
}

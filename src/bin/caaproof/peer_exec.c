#include "base/buf.h"
#include "base/limits.h"
#include "bin/caaproof/peer.h"
#include "bin/caaproof/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 65536

/* The command, and how far the conversation is. */
struct talk {
    struct peer_run *run;
    pid_t pid;
    int to;       /* its standard input; -1 when closed */
    int from;     /* its standard output; -1 at its end */
    size_t asked; /* requests written whole */
    size_t at;    /* octets of the next one that are written, its line end included */
    size_t replied;
    size_t surplus; /* lines that nobody asked for */
    struct cx_buf in;
    char why[120]; /* why no further reply comes; empty while they do */
};

static cx_status
fail_errno(struct cx_detail *detail, const char *what)
{
    return cx_fail(detail, CX_E_IO, "%s: %s", what, strerror(errno));
}

/* Descriptors of the pipe ends that are ours do not block; no end leaks into the command. */
static cx_status
open_pipes(int in[2], int out[2], struct cx_detail *detail)
{
    if (pipe2(in, O_CLOEXEC) != 0) {
        return fail_errno(detail, "pipe");
    }
    if (pipe2(out, O_CLOEXEC) != 0) {
        cx_status s = fail_errno(detail, "pipe");

        close(in[0]);
        close(in[1]);
        return s;
    }
    (void)fcntl(in[1], F_SETFL, O_NONBLOCK); /* cannot fail on a pipe of ours */
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    return CX_SUCCESS;
}

/* In a process group of its own, so that it ends with all that it started; SIGPIPE as it usually is. */
static int
spawn(const char *command, int in, int out, pid_t *pid)
{
    char shell[] = "sh", flag[] = "-c";
    char *argv[] = { shell, flag, (char *)(uintptr_t)command, NULL }; /* not changed by spawn */
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int error;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        error = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static cx_status
start(struct talk *t, const char *command, struct cx_detail *detail)
{
    int in[2], out[2], error;

    CX_TRY(open_pipes(in, out, detail));
    error = spawn(command, in[0], out[1], &t->pid);
    close(in[0]);
    close(out[1]);
    t->to = in[1];
    t->from = out[0];
    if (error != 0) {
        close(t->to);
        close(t->from);
        return cx_fail(detail, CX_E_IO, "/bin/sh: %s", strerror(error));
    }
    return CX_SUCCESS;
}

static void
close_to(struct talk *t)
{
    if (t->to >= 0) {
        close(t->to);
        t->to = -1;
    }
}

/* Writes as much as the pipe takes. The reader may be gone: then its last replies are still read. */
static void
write_some(struct talk *t)
{
    while (t->asked < t->run->n) {
        cx_str request = t->run->requests[t->asked];
        bool end = t->at == request.n;
        ssize_t n = write(t->to, end ? "\n" : request.p + t->at, end ? 1 : request.n - t->at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            if (errno != EAGAIN) {
                close_to(t);
            }
            return;
        }
        t->at = end ? 0 : t->at + (size_t)n;
        t->asked += end ? 1 : 0;
    }
    close_to(t);
}

static void
take_lines(struct talk *t, bool last)
{
    size_t from = 0;

    while (from < t->in.n) {
        const char *end = memchr(t->in.p + from, '\n', t->in.n - from);
        cx_str line = { t->in.p + from,
                        end != NULL ? (size_t)(end - t->in.p) - from : t->in.n - from };

        if (end == NULL && !last) {
            break;
        }
        from += line.n + (end != NULL ? 1 : 0);
        line.n -= line.n != 0 && line.p[line.n - 1] == '\r' ? 1 : 0;
        if (line.n == 0) {
            continue;
        }
        if (t->replied < t->run->n) {
            t->run->replied(t->run->ctx, t->replied++, line, NULL);
        } else {
            t->surplus++;
        }
    }
    if (from != 0) {
        memmove(t->in.p, t->in.p + from, t->in.n - from);
        t->in.n -= from;
    }
}

/* One read; false when nothing more will come. */
static bool
read_some(struct talk *t)
{
    char *to = cx_buf_reserve(&t->in, CHUNK);
    ssize_t n;

    if (to == NULL) {
        (void)snprintf(t->why, sizeof(t->why), "a line of more than %u octets", CX_LINE_MAX);
        return false;
    }
    n = read(t->from, to, CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return true;
    }
    if (n <= 0) {
        take_lines(t, true);
        return false;
    }
    cx_buf_grown(&t->in, (size_t)n);
    take_lines(t, false);
    return true;
}

/* What is left of a limit, in milliseconds for poll. */
static int
left_ms(long long since, unsigned limit_s)
{
    long long left = since + (long long)limit_s * 1000 - monotonic_ms();

    return left <= 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static bool
within_limits(struct talk *t, long long begun, long long heard)
{
    if (left_ms(heard, t->run->timeout_s) == 0) {
        (void)snprintf(t->why, sizeof(t->why), "no answer for %u s", t->run->timeout_s);
        return false;
    }
    if (left_ms(begun, t->run->overall_s) == 0) {
        (void)snprintf(t->why, sizeof(t->why), "the whole run took more than %u s",
                       t->run->overall_s);
        return false;
    }
    return true;
}

/* Both directions at once: a command that answers early and one that reads to the end both work. */
static void
converse(struct talk *t)
{
    long long begun = monotonic_ms(), heard = begun;

    while (within_limits(t, begun, heard)) {
        struct pollfd fds[2] = { { .fd = t->from, .events = POLLIN },
                                 { .fd = t->to, .events = POLLOUT } };
        int silence = left_ms(heard, t->run->timeout_s);
        int rest = left_ms(begun, t->run->overall_s);

        if (poll(fds, 2, silence < rest ? silence : rest) < 0 && errno != EINTR) {
            return;
        }
        if (fds[1].revents != 0) {
            write_some(t);
        }
        if (fds[0].revents != 0) {
            heard = monotonic_ms();
            if (!read_some(t) || t->surplus > CX_SURPLUS_MAX) {
                return;
            }
        }
    }
}

/* Waits a moment for the command to end by itself, then ends it, with what it has left behind in its process group.
 * It is not reaped before that: until then nobody else can get the group's number. */
static int
collect(struct talk *t)
{
    int status = 0;

    close_to(t);
    close(t->from);
    for (int i = 0; i < 100; i++) {
        siginfo_t info = { .si_pid = 0 };

        if (waitid(P_PID, (id_t)t->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid == t->pid) {
            break;
        }
        if (t->why[0] != '\0' && i == 0) {
            (void)kill(-t->pid, SIGTERM); /* it may have ended meanwhile */
        }
        (void)poll(NULL, 0, 20);
    }
    (void)kill(-t->pid, SIGKILL);
    return waitpid(t->pid, &status, 0) == t->pid ? status : -1;
}

static void
explain_end(struct talk *t, int status)
{
    if (t->why[0] != '\0') {
        return;
    }
    if (status != -1 && WIFSIGNALED(status)) {
        (void)snprintf(t->why, sizeof(t->why), "the checker was ended by signal %d (%s)",
                       WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else if (status != -1 && WIFEXITED(status)) {
        (void)snprintf(t->why, sizeof(t->why), "the checker ended with exit status %d",
                       WEXITSTATUS(status));
    } else {
        (void)snprintf(t->why, sizeof(t->why), "the checker ended");
    }
}

static void
tell_the_rest(struct talk *t)
{
    struct peer_run *run = t->run;

    if (t->replied < run->n) {
        (void)snprintf(run->remark, sizeof(run->remark), "%s after %zu of %zu answers", t->why,
                       t->replied, run->n);
    } else if (t->surplus != 0) {
        (void)snprintf(run->remark, sizeof(run->remark),
                       "%zu more line%s than requests; one line must answer each", t->surplus,
                       t->surplus == 1 ? "" : "s");
    }
    while (t->replied < run->n) {
        run->replied(run->ctx, t->replied++, (cx_str){ NULL, 0 }, t->why);
    }
}

cx_status
peer_exec(const char *command, struct peer_run *run, struct cx_detail *detail)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    struct talk t = { .run = run, .to = -1, .from = -1 };
    cx_status s;

    (void)sigaction(SIGPIPE, &ignore, &before); /* cannot fail for this signal */
    s = start(&t, command, detail);
    if (cx_ok(s)) {
        cx_buf_init(&t.in, (size_t)CX_LINE_MAX + 2 * CHUNK);
        converse(&t);
        explain_end(&t, collect(&t));
        tell_the_rest(&t);
        cx_buf_done(&t.in);
    }
    (void)sigaction(SIGPIPE, &before, NULL);
    return s;
}

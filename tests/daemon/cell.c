#include "cell.h"

#include "main.h"

#include <errno.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static bool in_cell;

int
cell_teardown(void **state)
{
    (void)state;
    if (in_cell) {
        (void)fflush(NULL);
        _exit(1);
    }
    return 0;
}

void
cell_refused(bool failed, const char *what, const char *file, int line)
{
    if (!failed || (errno != EPERM && errno != EACCES)) {
        print_error("%s: %s\n", what, failed ? strerror(errno) : "is allowed");
        _fail(file, line);
    }
}

void
cell_folder(struct cell *cell)
{
    scratch_make(cell->folder);
    scratch_join(cell->path, cell->folder, "known");
    scratch_write(cell->path, "known");
}

static void
deny(scmp_filter_ctx filter, int error, const char *name)
{
    assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)error & 0xffff),
                                      seccomp_syscall_resolve_name(name), 0),
                     0);
}

void
cell_make_lack(enum cell_lack lack)
{
    scmp_filter_ctx filter;

    if (lack == LACK_NOTHING) {
        return;
    }
    filter = seccomp_init(SCMP_ACT_ALLOW);
    assert_non_null(filter);
    if (lack == LACK_LANDLOCK || lack == LACK_BOTH) {
        deny(filter, ENOSYS, "landlock_create_ruleset");
    }
    if (lack == LACK_SECCOMP || lack == LACK_BOTH) {
        deny(filter, ENOSYS, "seccomp");
        assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                                          SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0)),
                         0);
    }
    if (lack == LACK_FILTERS) {
        assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 1,
                                          SCMP_A0(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER, 0)),
                         0);
    }
    assert_int_equal(seccomp_load(filter), 0);
    seccomp_release(filter);
}

static void
enter(struct cell *cell)
{
    struct cx_detail detail = { .rule = NULL };

    cell_make_lack(cell->lack);
    cell->options.degraded = !cell->strict;
    SCRATCH_OK(sandbox_enter(cell->role, &cell->options, &cell->state, &detail));
    if (cell->lack == LACK_NOTHING) {
        assert_string_equal(cell->state.missing, "");
    }
    cell->inside(cell);
}

/* The folder is told to the test, which removes it: inside that would be forbidden. */
static int
run_as(const struct cell *cell, uid_t uid)
{
    int pipes[2], status;
    char folder[SCRATCH_PATH] = "";
    pid_t pid;

    (void)fflush(NULL);
    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct cell own = *cell;

        in_cell = true;
        (void)close(pipes[0]);
        if (uid != getuid()) {
            assert_true(setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
                        setresuid(uid, uid, uid) == 0);
            assert_int_equal(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0); /* as after execve */
        }
        if (own.before != NULL) {
            own.before(&own);
        }
        assert_int_equal(write(pipes[1], own.folder, sizeof(own.folder)), sizeof(own.folder));
        (void)close(pipes[1]);
        enter(&own);
        (void)fflush(NULL);
        _exit(0);
    }
    (void)close(pipes[1]);
    while (read(pipes[0], folder, sizeof(folder)) < 0 && errno == EINTR) {
    }
    (void)close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (folder[0] != '\0') {
        scratch_remove(folder);
    }
    return status;
}

static void
run(const struct cell *cell, bool killed)
{
    uid_t users[] = { getuid(), NOBODY };

    for (size_t i = 0; i < (getuid() == 0 && !cell->own_user ? CX_COUNT(users) : 1); i++) {
        int status = run_as(cell, users[i]);

        if (killed ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS
                   : !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail_msg("%s, user %u, %s: wait status %#x", role_name(cell->role), (unsigned)users[i],
                     cell->name != NULL ? cell->name : "", (unsigned)status);
        }
    }
}

void
cell_run(const struct cell *cell)
{
    run(cell, false);
}

void
cell_is_killed(const struct cell *cell)
{
    run(cell, true);
}

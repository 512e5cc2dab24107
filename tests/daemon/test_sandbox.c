/* What a role can no longer do. What it still must be able to do is in test_sandbox_work.c. */
#include "bin/caaproofd/sandbox.h"
#include "bin/caaproofd/sandbox_landlock.h"
#include "bin/caaproofd/sandbox_table.h"
#include "cell.h"
#include "main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 64

/* Not taken from sandbox.def, which could be wrong. */
static const struct {
    bool accepts, connects, binds, reads, writes, closed;
} may[ROLES] = {
    [ROLE_FRONT] = { .accepts = true, .closed = true },
    [ROLE_RESOLVER] = { .connects = true, .binds = true, .reads = true },
    [ROLE_RECORDER] = { .reads = true, .writes = true, .closed = true },
    [ROLE_COURIER] = { .connects = true, .reads = true },
};

static struct sockaddr_in
loopback(int fd)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(to);

    if (fd >= 0) {
        assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &n), 0);
    }
    return to;
}

static int
listener(void)
{
    struct sockaddr_in at = loopback(-1);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

/* fds: a listening socket, one that is in no state yet, one of UDP. */
static void
make_all(struct cell *cell)
{
    cell_folder(cell);
    cell->fds[0] = listener();
    cell->fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    cell->fds[2] = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(cell->fds[1] >= 0 && cell->fds[2] >= 0);
    cell->options.files = FILES;
    cell->paths[0] = cell->folder;
    if (may[cell->role].reads) {
        cell->options.read = cell->paths;
        cell->options.n_read = 1;
    }
}

/* ---- what none of them can */

static void *
nothing(void *ctx)
{
    return ctx;
}

/* Leaks are looked for in a process beside: sandbox_table.h. */
static void
starts_nothing(void)
{
    pthread_t thread;
    pid_t pid;

    if (SANDBOX_SANITIZED) {
        return;
    }
    pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_true(pid < 0 && (errno == EPERM || errno == EAGAIN));
    assert_true(pthread_create(&thread, NULL, nothing, NULL) != 0);
}

static void
has_no_sockets_but(enum role role, const struct cell *cell)
{
    static const int families[] = { AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG };
    int pair[2];

    for (size_t i = 0; i < CX_COUNT(families); i++) {
        CELL_REFUSED(socket(families[i], SOCK_DGRAM, 0));
        CELL_REFUSED(socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0));
    }
    CELL_REFUSED(socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
    CELL_REFUSED(socket(AF_INET, SOCK_STREAM, 262)); /* MPTCP */
    CELL_REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CELL_REFUSED(listen(cell->fds[1], 1));
    if (!may[role].connects) {
        struct sockaddr_in to = loopback(cell->fds[0]);

        CELL_REFUSED(socket(AF_INET, SOCK_STREAM, 0));
        CELL_REFUSED(socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0));
        CELL_REFUSED(connect(cell->fds[1], (const struct sockaddr *)&to, sizeof(to)));
    }
    if (!may[role].binds) {
        struct sockaddr_in at = loopback(-1);

        CELL_REFUSED(bind(cell->fds[1], (const struct sockaddr *)&at, sizeof(at)));
        CELL_REFUSED(bind(cell->fds[2], (const struct sockaddr *)&at, sizeof(at)));
    }
    if (!may[role].accepts) {
        CELL_REFUSED(accept(cell->fds[0], NULL, NULL));
    }
}

/* By Landlock too, where it is alone. */
static void
opens_nothing_outside(void)
{
    char path[] = "/tmp/caaproof-outside";

    CELL_REFUSED(open("/etc/passwd", O_RDONLY));
    CELL_REFUSED(open("/", O_RDONLY | O_DIRECTORY));
    CELL_REFUSED(open("/dev/null", O_RDWR));
    CELL_REFUSED(open("/tmp", O_TMPFILE | O_RDWR, 0600));
    CELL_REFUSED(open(path, O_WRONLY | O_CREAT, 0600));
    CELL_REFUSED(mkdir(path, 0700));
    CELL_REFUSED(symlink("/etc/passwd", path));
}

static void
changes_no_memory_to_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(page != MAP_FAILED);
    CELL_REFUSED(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    CELL_REFUSED(mmap(NULL, 4096, PROT_EXEC | PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                         MAP_FAILED
                     ? -1
                     : 0);
    assert_int_equal(munmap(page, 4096), 0);
}

static void
signals_nobody(void)
{
    CELL_REFUSED(kill(getppid(), 0));
    CELL_REFUSED((int)syscall(SYS_tgkill, getppid(), getppid(), 0));
    CELL_REFUSED((int)syscall(SYS_tkill, getppid(), 0));
}

static void
has_limits(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_true(limit.rlim_cur == 0 && limit.rlim_max == 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur == FILES && limit.rlim_max == FILES);
    limit.rlim_max = FILES * 2;
    CELL_REFUSED(setrlimit(RLIMIT_NOFILE, &limit));
}

static void
is_shut_in(const struct cell *cell)
{
    assert_true(cell->state.landlock && cell->state.seccomp && cell->state.landlock_abi >= 1);
    starts_nothing();
    has_no_sockets_but(cell->role, cell);
    opens_nothing_outside();
    changes_no_memory_to_code();
    has_limits();
    signals_nobody();
    CELL_REFUSED(setuid(0));
    CELL_REFUSED(chmod("/tmp", 01777));
}

TEST(roles_can_do_nothing_else)
{
    for (enum role role = ROLE_FRONT; role < ROLES; role++) {
        cell_run(&(struct cell){
            .role = role, .strict = true, .before = make_all, .inside = is_shut_in });
    }
}

/* ---- what ends them */

static const char *const hostile[] = {
#define X(names, why) names,
#include "bin/caaproofd/sandbox_hostile.def"
#undef X
};

static const char *const listed[] = {
#define X(term, names, why) names,
#include "bin/caaproofd/sandbox_calls.def"
#undef X
};

static void
make_call(const struct cell *cell)
{
    (void)syscall(cell->number, 0, 0, 0, 0, 0, 0);
}

static void
each_name(const char *names, void (*use)(const char *name, int number))
{
    while (*names != '\0') {
        size_t n = strcspn(names, " ");
        char name[40] = "";

        assert_true(n > 0 && n < sizeof(name));
        memcpy(name, names, n);
        use(name, seccomp_syscall_resolve_name(name));
        names += n + (size_t)(names[n] == ' ');
    }
}

/* A name that is written wrongly would be skipped in silence. Newer ones than libseccomp's would be too, and are none. */
static void
is_known(const char *name, int number)
{
    ROW_TRUE(number != __NR_SCMP_ERROR, name);
}

static void
is_fatal(const char *name, int number)
{
    if (number < 0 || (SANDBOX_SANITIZED && strcmp(name, "ptrace") == 0)) {
        return; /* none of this machine's */
    }
    for (enum role role = ROLE_FRONT; role < ROLES; role++) {
        cell_is_killed(&(struct cell){
            .role = role, .strict = true, .inside = make_call, .name = name, .number = number });
    }
}

TEST(names_of_calls_are_known)
{
    for (size_t i = 0; i < CX_COUNT(listed); i++) {
        each_name(listed[i], is_known);
    }
    for (size_t i = 0; i < CX_COUNT(hostile); i++) {
        each_name(hostile[i], is_known);
    }
}

TEST(hostile_calls_end_the_process)
{
    for (size_t i = 0; i < CX_COUNT(hostile); i++) {
        if (!SANDBOX_SANITIZED || strncmp(hostile[i], "ptrace", 6) != 0) {
            each_name(hostile[i], is_fatal);
        }
    }
}

static void
runs_a_program(const struct cell *cell)
{
    (void)cell;
    (void)execl("/bin/true", "true", (char *)NULL);
}

TEST(no_program_is_run)
{
    for (enum role role = ROLE_FRONT; role < ROLES; role++) {
        cell_is_killed(&(struct cell){ .role = role, .strict = true, .inside = runs_a_program });
    }
}

/* ---- privileges: seen where no list of system calls forbids to look */

static void
has_no_privileges(const struct cell *cell)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    assert_int_equal(syscall(SYS_capget, &header, data), 0);
    for (size_t i = 0; i < CX_COUNT(data); i++) {
        assert_true(data[i].effective == 0 && data[i].permitted == 0 && data[i].inheritable == 0);
    }
    for (unsigned long cap = 0; getuid() == 0 && cap <= CAP_LAST_CAP; cap++) {
        assert_true(prctl(PR_CAPBSET_READ, cap, 0, 0, 0) <= 0);
        assert_true(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) <= 0);
    }
    assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), !may[cell->role].closed);
}

TEST(no_privilege_is_kept)
{
    for (enum role role = ROLE_PARENT; role < ROLES; role++) {
        cell_run(&(struct cell){ .role = role, .lack = LACK_SECCOMP, .inside = has_no_privileges });
    }
}

/* ---- one layer at a time */

static void
landlock_alone(const struct cell *cell)
{
    struct sockaddr_in to = loopback(cell->fds[0]), at = loopback(-1);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(cell->state.landlock && !cell->state.seccomp);
    assert_non_null(strstr(cell->state.missing, "seccomp"));
    assert_null(strstr(cell->state.missing, "Landlock"));
    opens_nothing_outside();
    assert_true(fd >= 0);
    if (cell->state.landlock_abi >= 4) {
        assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)),
                         may[cell->role].connects ? 0 : -1);
        at.sin_port = htons(47053);
        CELL_REFUSED(bind(cell->fds[1], (const struct sockaddr *)&at, sizeof(at)));
    }
    if (cell->state.landlock_abi >= 6) {
        CELL_REFUSED(kill(getppid(), 0));
    }
}

static void
seccomp_alone(const struct cell *cell)
{
    int fd = open("/etc/passwd", O_RDONLY);

    assert_true(!cell->state.landlock && cell->state.seccomp && cell->state.landlock_abi == 0);
    assert_non_null(strstr(cell->state.missing, "Landlock"));
    assert_null(strstr(cell->state.missing, "seccomp"));
    /* Which is what Landlock is for. */
    assert_int_equal(fd >= 0, may[cell->role].reads || SANDBOX_SANITIZED);
    has_no_sockets_but(cell->role, cell);
    signals_nobody();
    if (!may[cell->role].writes) {
        CELL_REFUSED(open(cell->path, O_RDONLY | O_TRUNC));
        CELL_REFUSED(open(cell->path, O_RDWR));
        CELL_REFUSED(unlink(cell->path));
    }
}

static void
no_layer(const struct cell *cell)
{
    assert_true(!cell->state.landlock && !cell->state.seccomp);
    assert_non_null(strstr(cell->state.missing, "Landlock"));
    assert_non_null(strstr(cell->state.missing, "seccomp"));
    assert_true(strlen(cell->state.missing) + 1 < sizeof(cell->state.missing));
    assert_true(open("/etc/passwd", O_RDONLY) >= 0);
}

TEST(degraded_each_layer_holds_alone)
{
    for (enum role role = ROLE_FRONT; role < ROLES; role++) {
        struct cell cell = { .role = role, .before = make_all, .inside = landlock_alone };

        cell.lack = LACK_SECCOMP;
        cell_run(&cell);
        cell.lack = LACK_FILTERS;
        cell_run(&cell);
        cell.lack = LACK_LANDLOCK;
        cell.inside = seccomp_alone;
        cell_run(&cell);
        cell.lack = LACK_BOTH;
        cell.inside = no_layer;
        cell_run(&cell);
    }
}

/* ---- what is not entered */

struct refusal {
    enum role role;
    enum cell_lack lack;
    const char *read, *write;
    enum cx_class class;
    const char *says;
};

static const struct refusal *refusal; /* for the process that is about to be refused */

static void
is_refused(struct cell *cell)
{
    const char *read[] = { refusal->read }, *write[] = { refusal->write };
    struct sandbox_options options = { .read = read,
                                       .n_read = refusal->read != NULL,
                                       .write = write,
                                       .n_write = refusal->write != NULL };
    struct sandbox_state state = { .landlock_abi = -1 };
    struct cx_detail detail = { .rule = NULL };

    cell_make_lack(refusal->lack);
    SCRATCH_FAILS(sandbox_enter(refusal->role, &options, &state, &detail), refusal->class);
    assert_int_equal(state.landlock_abi, -1);
    if (strstr(detail.text, refusal->says) == NULL) {
        fail_msg("%s: not in \"%s\"", refusal->says, detail.text);
    }
    (void)cell;
    _exit(0);
}

TEST(what_is_missing_is_an_error_that_says_so)
{
    static const struct refusal table[] = {
        { ROLE_FRONT, LACK_LANDLOCK, NULL, NULL, CX_CLASS_IO, "Landlock is missing" },
        { ROLE_COURIER, LACK_BOTH, NULL, NULL, CX_CLASS_IO, "\"sandbox: degraded\"" },
        { ROLE_RESOLVER, LACK_SECCOMP, NULL, NULL, CX_CLASS_IO, "seccomp is missing" },
        { ROLE_RECORDER, LACK_FILTERS, NULL, NULL, CX_CLASS_IO, "\"sandbox: degraded\"" },
        { ROLE_RESOLVER, LACK_NOTHING, "/nowhere/x", NULL, CX_CLASS_IO, "/nowhere/x" },
        { ROLE_RECORDER, LACK_NOTHING, NULL, "/nowhere/y", CX_CLASS_IO, "/nowhere/y" },
        { ROLE_RECORDER, LACK_NOTHING, NULL, "/etc/passwd", CX_CLASS_USAGE, "not a folder" },
        { ROLE_FRONT, LACK_NOTHING, "/etc/passwd", NULL, CX_CLASS_USAGE, "front" },
        { ROLE_COURIER, LACK_NOTHING, NULL, "/tmp", CX_CLASS_USAGE, "courier" },
        { ROLE_UNSET, LACK_NOTHING, NULL, NULL, CX_CLASS_INTERNAL, "role" },
        { ROLES, LACK_NOTHING, NULL, NULL, CX_CLASS_INTERNAL, "role" },
    };

    for (size_t i = 0; i < CX_COUNT(table); i++) {
        refusal = &table[i];
        cell_run(&(struct cell){ .before = is_refused, .name = table[i].says });
    }
}

static void *
sleeps(void *ctx)
{
    (void)pause();
    return ctx;
}

static void
threads_are_refused(struct cell *cell)
{
    struct sandbox_options options = { .degraded = true };
    struct sandbox_state state;
    struct cx_detail detail = { .rule = NULL };
    pthread_t thread;

    (void)cell;
    assert_int_equal(pthread_create(&thread, NULL, sleeps, NULL), 0);
    SCRATCH_FAILS(sandbox_enter(ROLE_FRONT, &options, &state, &detail), CX_CLASS_INTERNAL);
    assert_non_null(strstr(detail.text, "threads"));
    _exit(0);
}

TEST(threads_would_stay_outside)
{
    cell_run(&(struct cell){ .before = threads_are_refused });
}

/* ---- older kernels */

/* Below the parent's sandbox, which leaves all of this to do. */
static void
older_landlock(const struct cell *cell)
{
    struct cx_detail detail = { .rule = NULL };
    const char *paths[] = { cell->path };
    struct sandbox_options options = { .read = paths, .n_read = 1 };
    char text[16];

    SCRATCH_OK(landlock_enter(ROLE_RESOLVER, &options, (int)cell->number, &detail));
    assert_int_equal(scratch_read(cell->path, text, sizeof(text)), 5);
    CELL_REFUSED(open(cell->path, O_RDWR));
    CELL_REFUSED(open(cell->folder, O_RDONLY | O_DIRECTORY));
    CELL_REFUSED(open("/etc/passwd", O_RDONLY));
    CELL_REFUSED(unlink(cell->path));
    if (cell->number >= 3) {
        CELL_REFUSED(truncate(cell->path, 0));
    }
}

TEST(every_version_of_landlock_holds_files)
{
    assert_true(landlock_abi() >= 1);
    for (int abi = 1; abi <= landlock_abi(); abi++) {
        cell_run(&(struct cell){ .role = ROLE_PARENT,
                                 .strict = true,
                                 .before = cell_folder,
                                 .inside = older_landlock,
                                 .number = abi,
                                 .name = "ABI" });
    }
}

/* ---- names */

TEST(roles_have_their_names)
{
    for (enum role role = ROLE_PARENT; role < ROLES; role++) {
        assert_int_equal(role_of_name(cx_str_of(role_name(role))), role);
    }
    assert_string_equal(role_name(ROLE_RECORDER), "recorder");
    assert_string_equal(role_name(ROLES), "unset");
    assert_int_equal(role_of_name(CX_STR("unset")), ROLE_UNSET);
    assert_int_equal(role_of_name(CX_STR("fron")), ROLE_UNSET);
    assert_int_equal(role_of_name(CX_STR("")), ROLE_UNSET);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CELL_TEST(roles_can_do_nothing_else),
        CELL_TEST(names_of_calls_are_known),
        CELL_TEST(hostile_calls_end_the_process),
        CELL_TEST(no_program_is_run),
        CELL_TEST(no_privilege_is_kept),
        CELL_TEST(degraded_each_layer_holds_alone),
        CELL_TEST(what_is_missing_is_an_error_that_says_so),
        CELL_TEST(threads_would_stay_outside),
        CELL_TEST(every_version_of_landlock_holds_files),
        CELL_TEST(roles_have_their_names),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "bin/caaproofd/sandbox_seccomp.h"

#include "bin/caaproofd/sandbox_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_MAX_CALL 32 /* the longest are about 25 */

/* A call that is allowed with some arguments only. A row more widens it: any of them is enough. */
struct narrow {
    enum sandbox_term term;
    const char *name;
    unsigned n;
    struct scmp_arg_cmp args[3];
};

#define IS(arg, value)                                                                             \
    {                                                                                              \
        arg, SCMP_CMP_EQ, value, 0                                                                 \
    }
#define BITS(arg, mask, value)                                                                     \
    {                                                                                              \
        arg, SCMP_CMP_MASKED_EQ, mask, value                                                       \
    }
#define SOCKET_KIND (~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK) & 0xffffffffu)
#define SOCKET(family, kind, protocol)                                                             \
    {                                                                                              \
        MAY_CONNECT, "socket", 3,                                                                  \
        {                                                                                          \
            IS(0, family), BITS(1, SOCKET_KIND, kind), IS(2, protocol)                             \
        }                                                                                          \
    }
/* clang-format off */
static const struct narrow narrowed[] = {
    /* Memory never becomes a program. */
    { HELD_BY_SECCOMP, "mmap", 1, { BITS(2, PROT_EXEC, 0) } },
    { HELD_BY_SECCOMP, "mprotect", 1, { BITS(2, PROT_EXEC, 0) } },
    /* How much there is to read; blocking or not; whether it is a terminal. Never TIOCSTI. */
    { HELD_BY_SECCOMP, "ioctl", 1, { IS(1, FIONREAD) } },
    { HELD_BY_SECCOMP, "ioctl", 1, { IS(1, FIONBIO) } },
    { HELD_BY_SECCOMP, "ioctl", 1, { IS(1, TCGETS) } },
    { HELD_BY_SECCOMP, "fcntl", 1, { IS(1, F_GETFD) } },
    { HELD_BY_SECCOMP, "fcntl", 1, { IS(1, F_SETFD) } },
    { HELD_BY_SECCOMP, "fcntl", 1, { IS(1, F_GETFL) } },
    { HELD_BY_SECCOMP, "fcntl", 1, { IS(1, F_SETFL) } },
    { HELD_BY_SECCOMP, "fcntl", 1, { IS(1, F_DUPFD_CLOEXEC) } },
    /* Limits are read, its own only. */
    { HELD_BY_SECCOMP, "prlimit64", 2, { IS(0, 0), IS(2, 0) } },
    { HELD_BY_SECCOMP, "getrlimit", 0, { { 0 } } },
    /* No raw sockets, none of the kernel's own, and no protocol that Landlock does not take for TCP. */
    SOCKET(AF_INET, SOCK_DGRAM, 0), SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
    SOCKET(AF_INET6, SOCK_DGRAM, 0), SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
    SOCKET(AF_INET, SOCK_STREAM, 0), SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
    SOCKET(AF_INET6, SOCK_STREAM, 0), SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
    /* Only to read: Landlock before ABI 3 lets O_RDONLY | O_TRUNC pass. */
    { MAY_READ, "open", 1, { BITS(1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) } },
    { MAY_READ, "openat", 1, { BITS(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) } },
    /* SQLite's locks. */
    { MAY_WRITE, "fcntl", 1, { IS(1, F_GETLK) } },
    { MAY_WRITE, "fcntl", 1, { IS(1, F_SETLK) } },
    { MAY_WRITE, "fcntl", 1, { IS(1, F_SETLKW) } },
};
/* clang-format on */

static const struct calls {
    enum sandbox_term term;
    const char *names;
} listed[] = {
#define X(term, names, why) { term, names },
#include "bin/caaproofd/sandbox_calls.def"
#undef X
};

static const char *const hostile[] = {
#define X(names, why) names,
#include "bin/caaproofd/sandbox_hostile.def"
#undef X
};

/* What the sanitizer's search for leaks does beside reading /proc (sandbox_table.h). */
static const char sanitizer[] = "clone ptrace wait4 waitid prctl gettid getdents";

static bool
has(enum role role, enum sandbox_term term)
{
    return sandbox_term_of(role, term) || (SANDBOX_SANITIZED && term == MAY_READ);
}

/* The next of names, which are parted by a blank; false at the end. */
static bool
next_name(const char **names, char ret[NAME_MAX_CALL])
{
    size_t n = strcspn(*names, " ");

    if (n == 0 || n >= NAME_MAX_CALL) {
        return false;
    }
    memcpy(ret, *names, n);
    ret[n] = '\0';
    *names += n + (size_t)((*names)[n] == ' ');
    return true;
}

/* Another machine's call, or one that is newer than libseccomp, is not a call that could be allowed; not allowing it is what
 * happens anyway. */
static int
add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned n,
    const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);

    return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(filter, action, number, n, args);
}

static int
add_names(scmp_filter_ctx filter, uint32_t action, const char *names)
{
    char name[NAME_MAX_CALL];
    int error = 0;

    while (error == 0 && next_name(&names, name)) {
        error = add(filter, action, name, 0, NULL);
    }
    return error;
}

static int
add_narrowed(scmp_filter_ctx filter, enum role role)
{
    /* Who aborts sends the signal itself. */
    struct scmp_arg_cmp own = IS(0, (scmp_datum_t)getpid());
    int error = add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &own);

    for (size_t i = 0; error == 0 && i < CX_COUNT(narrowed); i++) {
        if (has(role, narrowed[i].term)) {
            error = add(filter, SCMP_ACT_ALLOW, narrowed[i].name, narrowed[i].n, narrowed[i].args);
        }
    }
    return error;
}

static bool
is_of_sanitizer(const char *names)
{
    return SANDBOX_SANITIZED && strncmp(names, "ptrace ", strlen("ptrace ")) == 0;
}

static int
add_all(scmp_filter_ctx filter, enum role role)
{
    int error = add_narrowed(filter, role);

    for (size_t i = 0; error == 0 && i < CX_COUNT(listed); i++) {
        if (has(role, listed[i].term)) {
            error = add_names(filter, SCMP_ACT_ALLOW, listed[i].names);
        }
    }
    for (size_t i = 0; error == 0 && i < CX_COUNT(hostile); i++) {
        if (!is_of_sanitizer(hostile[i])) {
            error = add_names(filter, SCMP_ACT_KILL_PROCESS, hostile[i]);
        }
    }
    if (error == 0 && SANDBOX_SANITIZED) {
        error = add_names(filter, SCMP_ACT_ALLOW, sanitizer);
    }
    return error;
}

/* A call by the numbers of another machine (32 bits, x32) ends the process: the list is not about those. */
static int
set_up(scmp_filter_ctx filter, enum role role)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    if (error == 0) {
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    if (error == 0) {
        error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    }
    return error != 0 ? error : add_all(filter, role);
}

static void
release(scmp_filter_ctx *filter)
{
    if (*filter != NULL) {
        seccomp_release(*filter);
    }
}

/* Asked of the kernel, because libseccomp fails in many ways where it has nothing to work with. */
static int
kernel_lacks(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : errno;
}

static cx_status
load(enum role role, int *ret_errno, struct cx_detail *detail)
{
    CX_AUTO(release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error;

    if (filter == NULL) {
        return cx_fail(detail, CX_E_NOMEM, "out of memory for the list of system calls");
    }
    error = set_up(filter, role);
    if (error != 0) {
        return cx_fail(detail, error == -ENOMEM ? CX_E_NOMEM : CX_E_INTERNAL,
                       "the list of system calls cannot be made: %s", strerror(-error));
    }
    *ret_errno = -seccomp_load(filter);
    return CX_SUCCESS;
}

cx_status
seccomp_enter(enum role role, int *ret_errno, struct cx_detail *detail)
{
    *ret_errno = kernel_lacks();
    return *ret_errno != 0 ? CX_SUCCESS : load(role, ret_errno, detail);
}

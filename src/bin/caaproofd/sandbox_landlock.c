#include "bin/caaproofd/sandbox_landlock.h"

#include "bin/caaproofd/sandbox_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What linux/landlock.h of Debian 12 does not have yet, under names of our own. */
#define FS_TRUNCATE         (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV        (1ULL << 15) /* ABI 5 */
#define NET_BIND_TCP        (1ULL << 0)  /* ABI 4 */
#define NET_CONNECT_TCP     (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL        (1ULL << 1)
#define RULE_NET_PORT       2

struct ruleset {
    uint64_t fs;
    uint64_t net;    /* ABI 4 */
    uint64_t scoped; /* ABI 6 */
};

struct net_port {
    uint64_t allowed;
    uint64_t port;
};

/* All rights on files up to each ABI. */
#define FS_ABI_1 (LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1))
static const uint64_t fs_handled[LANDLOCK_ABI_NEWEST + 1] = {
    0,
    FS_ABI_1,
    FS_ABI_1 | LANDLOCK_ACCESS_FS_REFER,
    FS_ABI_1 | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE,
    FS_ABI_1 | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE,
    FS_ABI_1 | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV,
    FS_ABI_1 | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV,
};

/* Rights that files can have; the others are those of folders. */
#define FS_OF_FILES                                                                                \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* Without REFER: the store moves nothing from one folder to another, and the kernel's first ABI would not let it; so a key
 * does not move into the store either. */
#define FS_WRITE                                                                                   \
    (FS_READ | FS_TRUNCATE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |         \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)

int
landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 1) {
        return 0;
    }
    return abi < LANDLOCK_ABI_NEWEST ? (int)abi : LANDLOCK_ABI_NEWEST;
}

static void
close_fd(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd); /* nothing was written to it */
    }
}

static cx_status
create(enum role role, int abi, int *ret, struct cx_detail *detail)
{
    struct ruleset ruleset = { .fs = fs_handled[abi] };
    size_t size = abi >= 6 ? sizeof(ruleset) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);

    if (abi >= 4) {
        ruleset.net =
            NET_BIND_TCP | (sandbox_term_of(role, MAY_CONNECT) ? 0 : (uint64_t)NET_CONNECT_TCP);
    }
    if (abi >= 6) {
        ruleset.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
    }
    *ret = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    return *ret >= 0 ? CX_SUCCESS
                     : cx_fail(detail, CX_E_IO, "no Landlock ruleset: %s", strerror(errno));
}

struct allowed {
    int ruleset;
    uint64_t handled; /* what the kernel knows */
};

static cx_status
allow_path(const struct allowed *a, const char *path, uint64_t access, struct cx_detail *detail)
{
    CX_AUTO(close_fd) int fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr beneath = { .parent_fd = fd };
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        if ((access & LANDLOCK_ACCESS_FS_WRITE_FILE) != 0) {
            return cx_fail(detail, CX_E_USAGE, "%s: not a folder", path);
        }
        access &= FS_OF_FILES;
    }
    beneath.allowed_access = access & a->handled;
    if (syscall(SYS_landlock_add_rule, a->ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: no Landlock rule: %s", path, strerror(errno));
    }
    return CX_SUCCESS;
}

static cx_status
allow_paths(enum role role, const struct sandbox_options *options, const struct allowed *a,
            struct cx_detail *detail)
{
    if ((options->n_read != 0 && !sandbox_term_of(role, MAY_READ)) ||
        (options->n_write != 0 && !sandbox_term_of(role, MAY_WRITE))) {
        return cx_fail(detail, CX_E_USAGE, "a path for role %s, which may have none of its kind",
                       role_name(role));
    }
    for (size_t i = 0; i < options->n_read; i++) {
        CX_TRY(allow_path(a, options->read[i], FS_READ, detail));
    }
    for (size_t i = 0; i < options->n_write; i++) {
        CX_TRY(allow_path(a, options->write[i], FS_WRITE, detail));
    }
    if (SANDBOX_SANITIZED) {
        CX_TRY(allow_path(a, "/proc", FS_READ, detail));
        CX_TRY(allow_path(a, "/proc/self/exe", FS_READ, detail)); /* for traces of the stack */
    }
    return CX_SUCCESS;
}

/* Port 0, one of the kernel's choice: libunbound binds its end of TCP so when it is told an address to ask from. */
static cx_status
allow_ports(enum role role, int abi, const struct allowed *a, struct cx_detail *detail)
{
    struct net_port any = { .allowed = NET_BIND_TCP, .port = 0 };

    if (abi < 4 || !sandbox_term_of(role, MAY_BIND)) {
        return CX_SUCCESS;
    }
    if (syscall(SYS_landlock_add_rule, a->ruleset, RULE_NET_PORT, &any, 0) != 0) {
        return cx_fail(detail, CX_E_IO, "no Landlock rule for ports: %s", strerror(errno));
    }
    return CX_SUCCESS;
}

cx_status
landlock_enter(enum role role, const struct sandbox_options *options, int abi,
               struct cx_detail *detail)
{
    CX_AUTO(close_fd) int fd = -1;
    struct allowed a;

    CX_TRY(create(role, abi, &fd, detail));
    a = (struct allowed){ .ruleset = fd, .handled = fs_handled[abi] };
    CX_TRY(allow_paths(role, options, &a, detail));
    CX_TRY(allow_ports(role, abi, &a, detail));
    if (syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
        return cx_fail(detail, CX_E_IO, "Landlock was not entered: %s", strerror(errno));
    }
    return CX_SUCCESS;
}

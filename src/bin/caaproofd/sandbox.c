#include "bin/caaproofd/sandbox.h"

#include "base/json.h"
#include "bin/caaproofd/sandbox_landlock.h"
#include "bin/caaproofd/sandbox_seccomp.h"
#include "bin/caaproofd/sandbox_table.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const bool table[SANDBOX_TERMS][ROLES] = {
#define X(term, parent, front, resolver, recorder, courier, words)                                 \
    [term] = { false, parent, front, resolver, recorder, courier },
#include "bin/caaproofd/sandbox.def"
#undef X
};

bool
sandbox_term_of(enum role role, enum sandbox_term term)
{
    return table[term][role];
}

static cx_status
fail_errno(struct cx_detail *detail, const char *what)
{
    return cx_fail(detail, CX_E_IO, "%s: %s", what, strerror(errno));
}

/* Landlock holds the thread that calls it and those that it starts, not others. */
static cx_status
check_alone(struct cx_detail *detail)
{
    /* Changes nothing; the kernel refuses it to a process with threads. */
    if (unshare(CLONE_THREAD) != 0 && errno == EINVAL) {
        return cx_fail(detail, CX_E_INTERNAL, "a sandbox cannot be entered with threads running");
    }
    return CX_SUCCESS;
}

/* What libraries would open at their first use, and would do without in silence: OpenSSL without the machine's policy,
 * jansson's tables with a seed that can be guessed. */
static cx_status
ready_libraries(struct cx_detail *detail)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1) {
        return cx_fail(detail, CX_E_CRYPTO, "the configuration of OpenSSL cannot be read");
    }
    cx_json_seed();
    return CX_SUCCESS;
}

/* ---- limits */

static cx_status
limit(__rlimit_resource_t which, rlim_t value, const char *what, struct cx_detail *detail)
{
    struct rlimit limits = { .rlim_cur = value, .rlim_max = value };

    return setrlimit(which, &limits) == 0 ? CX_SUCCESS : fail_errno(detail, what);
}

/* The limit on processes does not bind root; the list of system calls does. */
static cx_status
set_limits(enum role role, unsigned files, struct cx_detail *detail)
{
    CX_TRY(limit(RLIMIT_CORE, 0, "no limit on cores", detail));
    if (files != 0) {
        CX_TRY(limit(RLIMIT_NOFILE, files, "no limit on open files", detail));
    }
    if (!sandbox_term_of(role, MAY_RUN) && !SANDBOX_SANITIZED) {
        CX_TRY(limit(RLIMIT_NPROC, 0, "no limit on processes", detail));
    }
    return CX_SUCCESS;
}

/* ---- privileges */

/* The bounding set matters to programs that are run; with no new privileges they gain nothing anyway, so that a user who
 * may not empty it loses nothing by that. */
static void
empty_bounding_set(void)
{
    for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }
}

static cx_status
drop_capabilities(struct cx_detail *detail)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    empty_bounding_set();
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
        syscall(SYS_capset, &header, data) != 0) {
        return fail_errno(detail, "capabilities cannot be dropped");
    }
    return CX_SUCCESS;
}

static cx_status
drop_privileges(enum role role, struct cx_detail *detail)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail_errno(detail, "new privileges cannot be refused");
    }
    CX_TRY(drop_capabilities(detail));
    if (sandbox_term_of(role, HELD_CLOSED) && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return fail_errno(detail, "memory cannot be closed to others");
    }
    return CX_SUCCESS;
}

/* ---- layers */

static cx_status
miss(bool degraded, const char *layer, int error, struct sandbox_state *state,
     struct cx_detail *detail)
{
    size_t n = strlen(state->missing);

    if (!degraded) {
        return cx_fail(detail, CX_E_IO,
                       "%s is missing (%s); \"sandbox: degraded\" would start without it", layer,
                       strerror(error));
    }
    /* Two layers with their reasons fit; what would not is cut, and still not empty. */
    (void)snprintf(state->missing + n, sizeof(state->missing) - n, "%s%s (%s)", n == 0 ? "" : ", ",
                   layer, strerror(error));
    return CX_SUCCESS;
}

static cx_status
enter_landlock(enum role role, const struct sandbox_options *options, struct sandbox_state *state,
               struct cx_detail *detail)
{
    int abi = landlock_abi();

    if (abi == 0) {
        return miss(options->degraded, "Landlock", errno, state, detail);
    }
    CX_TRY(landlock_enter(role, options, abi, detail));
    state->landlock = true;
    state->landlock_abi = abi;
    return CX_SUCCESS;
}

static cx_status
enter_seccomp(enum role role, const struct sandbox_options *options, struct sandbox_state *state,
              struct cx_detail *detail)
{
    int error;

    CX_TRY(seccomp_enter(role, &error, detail));
    if (error != 0) {
        return miss(options->degraded, "seccomp", error, state, detail);
    }
    state->seccomp = true;
    return CX_SUCCESS;
}

cx_status
sandbox_enter(enum role role, const struct sandbox_options *options, struct sandbox_state *ret,
              struct cx_detail *detail)
{
    struct sandbox_state state = { .landlock = false };

    if (role <= ROLE_UNSET || role >= ROLES) {
        return cx_fail(detail, CX_E_INTERNAL, "no such role");
    }
    CX_TRY(check_alone(detail));
    CX_TRY(ready_libraries(detail));
    CX_TRY(set_limits(role, options->files, detail));
    CX_TRY(drop_privileges(role, detail));
    if (sandbox_term_of(role, HELD_BY_LANDLOCK)) {
        CX_TRY(enter_landlock(role, options, &state, detail));
    }
    if (sandbox_term_of(role, HELD_BY_SECCOMP)) {
        CX_TRY(enter_seccomp(role, options, &state,
                             detail)); /* last: what was done before needs more */
    }
    *ret = state;
    return CX_SUCCESS;
}

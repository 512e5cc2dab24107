/* What a role gives up before it meets the first outside byte. One table, sandbox.def, says what each role keeps; what no row
 * of it allows, no role may.
 * I1: once entered, it is never left, and all that follows in the process is in it.
 * I2: success without degraded means that every layer of the role is in force. What is missing is never silent: it is an
 * error, or it is in sandbox_state.missing.
 * I3: a path that was not named cannot be opened, whoever owns the file. */
#ifndef CAAPROOFD_SANDBOX_H
#define CAAPROOFD_SANDBOX_H

#include "base/status.h"
#include "bin/caaproofd/role.h"

/* What a role is given. A path stands for what is there now: a file that will be replaced by another of its name needs its
 * folder here, which then is open with all that is in it. */
struct sandbox_options {
    const char *const
        *read; /* files and folders; all must be there. For roles that may read or write */
    size_t n_read;
    const char *const *write; /* folders. For roles that may write; they may read them too */
    size_t n_write;
    unsigned
        files; /* descriptors open at once; 0: as many as now. Those of the parent are the most for all */
    bool degraded; /* starts without a layer that this machine does not have */
};

/* What is in force: for the line at start, status and metrics. The parent has neither layer, and misses none. */
struct sandbox_state {
    bool landlock;
    bool seccomp;
    int landlock_abi;  /* of what is in force; 0: none */
    char missing[160]; /* empty: all that the role wants is there */
};

/* For a process with one thread, which has its sockets already; it reads openssl.cnf and seeds jansson beforehand, as neither
 * could be done afterwards. After a failure the process can only end. Classes: IO (a layer is missing, or a path cannot
 * be opened), USAGE (a path for a role that may not have one; no folder to write to), NOMEM, INTERNAL (threads). */
cx_status sandbox_enter(enum role role, const struct sandbox_options *options,
                        struct sandbox_state *ret, struct cx_detail *detail) CX_MUST;

#endif

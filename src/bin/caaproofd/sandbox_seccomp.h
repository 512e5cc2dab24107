/* seccomp, by libseccomp: the system calls of a role (sandbox_calls.def), and those that end it (sandbox_hostile.def). */
#ifndef CAAPROOFD_SANDBOX_SECCOMP_H
#define CAAPROOFD_SANDBOX_SECCOMP_H

#include "base/status.h"
#include "bin/caaproofd/role.h"

/* *ret_errno: 0, or why the kernel does not take it; then nothing is in force. Needs PR_SET_NO_NEW_PRIVS. Classes: NOMEM,
 * INTERNAL. */
cx_status seccomp_enter(enum role role, int *ret_errno, struct cx_detail *detail) CX_MUST;

#endif

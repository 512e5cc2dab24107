/* Landlock, by its system calls: rights on paths and, from ABI 4 on, on TCP ports. */
#ifndef CAAPROOFD_SANDBOX_LANDLOCK_H
#define CAAPROOFD_SANDBOX_LANDLOCK_H

#include "bin/caaproofd/sandbox.h"

/* The newest ABI that is used here, and what the kernel has: 0, with errno, if it has none. */
#define LANDLOCK_ABI_NEWEST 6
int landlock_abi(void);
/* As the role's rows of sandbox.def say. abi is what the kernel has, or less: then what came later is not restricted.
 * Needs PR_SET_NO_NEW_PRIVS. Classes: IO, USAGE. */
cx_status landlock_enter(enum role role, const struct sandbox_options *options, int abi,
                         struct cx_detail *detail) CX_MUST;

#endif

/* sandbox.def and sandbox_calls.def as C has them. */
#ifndef CAAPROOFD_SANDBOX_TABLE_H
#define CAAPROOFD_SANDBOX_TABLE_H

#include "bin/caaproofd/role.h"

#include <stdbool.h>

enum sandbox_term {
#define X(term, parent, front, resolver, recorder, courier, words) term,
#include "bin/caaproofd/sandbox.def"
#undef X
    SANDBOX_TERMS
};

bool sandbox_term_of(enum role role, enum sandbox_term term);

/* AddressSanitizer looks for leaks at the end from a task beside the process, which it starts, and which traces the process
 * and reads its maps. A build with it, which is for tests and never installed, allows that; nothing else differs. */
#if defined(__SANITIZE_ADDRESS__)
#    define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define SANDBOX_SANITIZED 1
#    endif
#endif
#ifndef SANDBOX_SANITIZED
#    define SANDBOX_SANITIZED 0
#endif

#endif

/* What callers are told who get no result: one table of types for front and recorder, problems.def. */
#ifndef CAAPROOFD_PROBLEMS_H
#define CAAPROOFD_PROBLEMS_H

#include "base/json.h"

struct problem {
    uint32_t status; /* of HTTP */
    const char *type;
    const char *title;
};

/* problem_conflict, problem_busy, ... */
#define X(name, type, status, title, meaning) extern const struct problem problem_##name;
#include "bin/caaproofd/problems.def"
#undef X

/* RFC 9457; text may have octets from outside, or be empty. NULL when out of memory. */
struct cx_json *problem_json(const struct problem *problem, const char *text);

#endif

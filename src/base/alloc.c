#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>

static size_t seen;
static size_t fail_at;

static bool
overflows(size_t count, size_t size)
{
    return size != 0 && count > SIZE_MAX / size;
}

static bool
injected_failure(void)
{
    seen++;
    return fail_at != 0 && seen == fail_at;
}

size_t
cx_alloc_fail_nth(size_t nth)
{
    size_t before = seen;

    seen = 0;
    fail_at = nth;
    return before;
}

void *
cx_alloc(size_t count, size_t size)
{
    return injected_failure() || overflows(count, size) ? NULL : calloc(count, size);
}

void *
cx_realloc(void *old, size_t count, size_t size)
{
    if (injected_failure() || overflows(count, size)) {
        return NULL;
    }
    return realloc(old, count * size);
}

void
cx_free(void *p)
{
    free(p);
}

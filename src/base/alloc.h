/* Heap memory, overflow-checked, zeroed; the only callers of malloc are here, so that faults can be injected. */
#ifndef CX_BASE_ALLOC_H
#define CX_BASE_ALLOC_H

#include "base/status.h"

/* NULL when out of memory or when count * size overflows. Freed with cx_free. */
void *cx_alloc(size_t count, size_t size) CX_MUST;
/* As realloc for an array; the old block stays valid on failure. New elements are not zeroed. */
void *cx_realloc(void *old, size_t count, size_t size) CX_MUST;
void cx_free(void *p);

/* Test hook: the nth allocation from now fails (0: none). Returns the allocations seen since the last call. */
size_t cx_alloc_fail_nth(size_t nth);

#endif

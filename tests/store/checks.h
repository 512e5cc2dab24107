/* What a check of a store finds, as text: one line a finding, "word shard/number", "word shard/number-last" for several,
 * "tile 1/0/7" with its level, remarks in parentheses, and behind a digest its first four octets. */
#ifndef CX_TESTS_STORE_CHECKS_H
#define CX_TESTS_STORE_CHECKS_H

#include "scratch.h"
#include "store/check.h"

struct test_check {
    char text[8192];
    size_t n;
    struct cx_store_totals totals;
};

/* keys may be NULL. */
void test_check_run(struct test_check *check, const char *store, const char *keys);
/* Fails the test unless exactly that is found. */
#define ASSERT_FINDINGS(store, want) test_findings((store), NULL, (want), __FILE__, __LINE__)
void test_findings(const char *store, const char *keys, const char *want, const char *file,
                   int line);

#endif

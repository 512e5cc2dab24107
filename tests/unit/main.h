/* What every unit test program has in common: TEST(name) begins a test, TEST_MAIN(table) runs the table; argv[1] is a
 * name filter ("value*"). */
#ifndef CX_TESTS_UNIT_MAIN_H
#define CX_TESTS_UNIT_MAIN_H

/* cmocka.h needs the others first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#define TEST(name) static void name(void **cx_state __attribute__((unused)))

#define TEST_MAIN(table)                                                                           \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc > 1) {                                                                            \
            cmocka_set_test_filter(argv[1]);                                                       \
        }                                                                                          \
        return cmocka_run_group_tests(table, NULL, NULL);                                          \
    }

/* Fails with the text that a table row describes itself by. */
#define ROW_TRUE(met, about)                                                                       \
    do {                                                                                           \
        if (!(met)) {                                                                              \
            fail_msg("%s: %s", about, #met);                                                       \
        }                                                                                          \
    } while (0)

#endif

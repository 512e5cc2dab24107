/* cmocka with the four headers that it needs before it. */
#ifndef CX_TESTS_LIVE_CMOCKA_MAIN_H
#define CX_TESTS_LIVE_CMOCKA_MAIN_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#endif

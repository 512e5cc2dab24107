/* cmocka with what its header expects before it, in the order that it needs. */
#ifndef CX_TESTS_UNIT_H
#define CX_TESTS_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#endif

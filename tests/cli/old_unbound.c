/* Loaded before libunbound, it makes of any a version that is too old. */
#include <unbound.h>

const char *
ub_version(void)
{
    return "1.16.2";
}

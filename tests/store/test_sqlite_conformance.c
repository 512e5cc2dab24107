#include "conformance.h"
#include "store/sqlite.h"

int
main(void)
{
    return conformance_run(cx_sqlite_open);
}

#include "bin/caaproofd/role.h"

static const char *const names[ROLES] = { "unset",    "parent",   "front",
                                          "resolver", "recorder", "courier" };

const char *
role_name(enum role role)
{
    return names[role < ROLES ? role : ROLE_UNSET];
}

enum role
role_of_name(cx_str name)
{
    for (enum role role = ROLE_PARENT; role < ROLES; role++) {
        if (cx_str_equal(name, cx_str_of(names[role]))) {
            return role;
        }
    }
    return ROLE_UNSET;
}

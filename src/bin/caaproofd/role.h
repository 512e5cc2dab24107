/* What a process of the daemon is for. Each role is a process of its own, with only what it needs (sandbox.def). */
#ifndef CAAPROOFD_ROLE_H
#define CAAPROOFD_ROLE_H

#include "base/span.h"

enum role {
    ROLE_UNSET = 0,
    ROLE_PARENT,   /* configuration, sockets, supervision; no outside bytes */
    ROLE_FRONT,    /* HTTP over TLS; holds the TLS key */
    ROLE_RESOLVER, /* DNS */
    ROLE_RECORDER, /* the store; holds the log's key */
    ROLE_COURIER,  /* all that is sent to others: witnesses, time-stamps, reports */
    ROLES          /* how many, with the first that is none */
};

/* "front"; "unset" for what is no role. */
const char *role_name(enum role role);
/* ROLE_UNSET: no such role. */
enum role role_of_name(cx_str name);

#endif

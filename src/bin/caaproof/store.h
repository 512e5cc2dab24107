/* The subcommands of caaproof store, and what they share. */
#ifndef CAAPROOF_STORE_H
#define CAAPROOF_STORE_H

#include "base/status.h"
#include "store/log.h"

struct store_command {
    const char *store;
    int n_operands; /* behind the store */
    char **operands;
    const char *origin;
    const char *log_keys;
    const char *reason;
    cx_time messages_before; /* CX_TIME_NONE: none */
    cx_time records_before;
    bool force;
    bool dry;
    bool json;
    int exit; /* of a command that succeeded */
    struct cx_detail detail;
};

/* Each returns the status; what it prints goes to standard output. */
cx_status store_check(struct store_command *c);
cx_status store_hold(struct store_command *c);
cx_status store_release(struct store_command *c);
cx_status store_retain(struct store_command *c);
cx_status store_backup(struct store_command *c);

#endif

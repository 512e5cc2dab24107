/* The subcommands of caaproof log, and what they share. */
#ifndef CAAPROOF_LOG_H
#define CAAPROOF_LOG_H

#include "base/status.h"
#include "store/log.h"
#include "store/witnessed.h"

struct log_command {
    const char *store;
    int n_operands; /* behind the store */
    char **operands;
    bool json;
    bool has_shard;
    unsigned long shard; /* 0 without has_shard: the last one */
    const char *out;     /* file; NULL: standard output */
    const char *witness; /* submission prefix */
    const char *witness_key;
    const char *tsa;
    const char *tsa_ca;
    unsigned long timeout_s;
    struct cx_log_reader *reader;
    struct cx_detail detail;
};

/* The shard that the command is about. Classes: USAGE. */
cx_status log_shard_of(struct log_command *c, const struct cx_log_shard_info **ret) CX_MUST;
/* A whole number from 0. Classes: USAGE. */
cx_status log_number(const char *text, const char *what, uint64_t *ret, struct cx_detail *detail)
    CX_MUST;
/* Its last checkpoint, as outsiders are shown it; borrowed from c and info. */
struct cx_witnessed log_witnessed(const struct log_command *c,
                                  const struct cx_log_shard_info *info);

/* Each returns the status; what it prints goes to standard output. */
cx_status log_checkpoint(struct log_command *c);
cx_status log_key(struct log_command *c);
cx_status log_prove(struct log_command *c);
cx_status log_consistency(struct log_command *c);
cx_status log_export(struct log_command *c);
cx_status log_status(struct log_command *c);
cx_status log_cosign(struct log_command *c);
cx_status log_timestamp(struct log_command *c);

#endif

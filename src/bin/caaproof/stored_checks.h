/* The recorded checks of a store, one after the other, as its commands list them. */
#ifndef CAAPROOF_STORED_CHECKS_H
#define CAAPROOF_STORED_CHECKS_H

#include "engine/stored.h"

struct stored_checks {
    struct cx_stored *stored;
    cx_time since; /* when they were recorded; CX_TIME_NONE: from the first */
    /* The record lives until it returns; the arena of the store may not be used by it. */
    cx_status (*take)(void *ctx, const struct cx_log_row *row, const struct cx_record *record);
    void *ctx;
    struct cx_detail *detail;
    uint64_t n;       /* checks of that time */
    uint64_t deleted; /* of these, whose records retention deleted: they are not taken */
};

/* Oldest first. Classes: those of cx_log_scan and take. */
cx_status stored_checks_scan(struct stored_checks *checks) CX_MUST;

/* "--since" of a command; false after a complaint. */
bool stored_checks_since(const char *value, cx_time *ret);

/* SHARD/INDEX  TIME  request ID: without line end. */
void stored_check_print(const struct cx_log_row *row, const struct cx_record *record);

#endif

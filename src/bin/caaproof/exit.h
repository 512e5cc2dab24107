/* Exit codes (man page, section EXIT STATUS). */
#ifndef CAAPROOF_EXIT_H
#define CAAPROOF_EXIT_H

#include "base/status.h"
#include "caa/verdict.h"

#include <sysexits.h>

enum {
    EXIT_DENY = 10,
    EXIT_FAIL = 11,
    EXIT_PERMIT_LF = 12,
    EXIT_NOT_CHECKED = 13
};

/* Verdicts that --accept turns into 0. */
struct accepted {
    bool lf;
    bool exempt;
    bool na;
};

int exit_of_verdict(enum cx_verdict verdict, const struct accepted *accepted);
int exit_of_status(cx_status status);
/* Flushes standard output. The given code, or EX_IOERR if anything written there was lost: a verdict that nobody could
 * read is none. */
int exit_with_output(int code);
/* "caaproof: text" on standard error; returns the exit code. */
int exit_with(cx_status status, const struct cx_detail *detail);

#endif

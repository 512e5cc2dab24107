/* What the daemon says of itself, for people. */
#ifndef CAAPROOF_DAEMON_H
#define CAAPROOF_DAEMON_H

#include "base/json.h"

/* Exit code of what is not a failure, but not as it should be either. */
#define EXIT_NOT_RUNNING 1

/* The answer to GET /v1/status, on standard output; returns the exit code: 0, or EXIT_NOT_RUNNING if nothing would be permitted. */
int daemon_print_status(const struct cx_json *status);
/* The same code without output. */
int daemon_exit_of(const struct cx_json *status);

#endif

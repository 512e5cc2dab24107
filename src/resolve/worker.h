/* What a resolver process does: answers the questions that come over a socket from the live DNS, until the other end is
 * closed (resolve/frame.h). */
#ifndef CX_RESOLVE_WORKER_H
#define CX_RESOLVE_WORKER_H

#include "resolve/live.h"

/* fd, which does not block, is taken over; SIGPIPE must be ignored. Says hello, whatever becomes of it.
 * Classes: those of cx_live_open, IO, INTERNAL. */
cx_status cx_worker_run(int fd, const struct cx_live_options *options) CX_MUST;

#endif

/* The live DNS resolved by processes of their own, each with a resolver and caches: more than one core at work, and no
 * DNS socket in the process that judges. Names under one registrable domain go to one process, so that its chain is
 * fetched once.
 * I1: a process that ends makes failures of its open questions (our own fault, R-FAIL-8), and is started again, at most
 * CX_WORKER_RESTARTS times in a row. So does one that answers nothing for some seconds longer than
 * the deadline of a question.
 * I2: what a process says about an answer is read again from its message (resolve/frame.h). */
#ifndef CX_RESOLVE_WORKERS_H
#define CX_RESOLVE_WORKERS_H

#include "resolve/live.h"

/* Forks n processes, and waits until each is ready to be asked. The texts in options must stay. Classes: those of
 * cx_live_open, IO. */
cx_status cx_workers_open(const struct cx_live_options *options, unsigned n, struct cx_source *ret,
                          struct cx_detail *detail) CX_MUST;

#endif

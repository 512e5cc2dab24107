/* Processes that resolve (resolve/workers.h), forked from this one.
 * I1: one that is lost is started again, at most CX_WORKER_RESTARTS times in a row.
 * I2: none stays when the source is closed, or when this process ends. */
#ifndef CX_RESOLVE_FORKED_WORKERS_H
#define CX_RESOLVE_FORKED_WORKERS_H

#include "resolve/live.h"

/* Forks n processes, and waits until each is ready to be asked. The texts in options must stay. Classes: those of
 * cx_live_open, IO. */
cx_status cx_forked_workers_open(const struct cx_live_options *options, unsigned n,
                                 struct cx_source *ret, struct cx_detail *detail) CX_MUST;

#endif

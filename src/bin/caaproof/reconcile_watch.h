/* reconcile that nobody watches, as under a timer: what it found for a monitoring system, and a program that tells somebody. */
#ifndef CAAPROOF_RECONCILE_WATCH_H
#define CAAPROOF_RECONCILE_WATCH_H

#include "bin/caaproof/reconcile_print.h"

struct reconcile_watch {
    const char *metrics; /* file; each may be NULL */
    const char *alarm;   /* program */
};

/* Replaces the file of metrics, in the text format of Prometheus. Not called after a failure: its moment then stands still, which is
 * what to watch. Classes: IO, NOMEM. */
cx_status reconcile_metrics(const struct reconcile_watch *watch,
                            const struct reconcile_print *print, struct cx_detail *detail) CX_MUST;

/* Runs the program with what is wrong as its one argument, and waits for it; s is how the run ended. Does nothing if all is well.
 * Classes: IO (it cannot be run, or failed). */
cx_status reconcile_alarm(const struct reconcile_watch *watch, const struct reconcile_print *print,
                          cx_status s, struct cx_detail *detail) CX_MUST;

#endif
